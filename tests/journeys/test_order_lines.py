"""Which things, how many, in which colour and size: said at once, corrected, split, taken out again."""

import pytest

from tests.house import House
from tests.journeys.ordering import ADDRESS, ordered, up_to_the_summary


async def test_children_count_no_pieces(house: House) -> None:
    kim = house.customer()
    assert "1 × AeroPix Mini" in await up_to_the_summary(kim, "eine rote aeropix mini für meine 2 kinder")


async def test_not_knowing_is_no_colour(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will die aeropix mini")
    assert "Weiß" in await kim.says("ich weiß nicht")  # asked again: red or white


async def test_of_a_number_and_its_correction_the_later_counts(house: House) -> None:
    kim = house.customer()
    assert "2 × AeroPix Mini" in await up_to_the_summary(kim, "10 rote minis, nein 2")


async def test_two_things_each_with_its_own_colour(house: House) -> None:
    kim = house.customer()
    summary = await up_to_the_summary(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    assert "AeroPix Mini in Rot" in summary
    assert "SitSense Office in Schwarz" in summary


async def test_only_one_of_two_is_cancelled_by_changing_the_order(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    offer = await kim.says("storniere nur den stuhl")
    assert "SitSense" not in offer
    assert "AeroPix Mini" in offer
    await kim.says("ja")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_insurance_is_added_at_the_summary_and_taken_out_again(house: House) -> None:
    kim = house.customer()
    before = await up_to_the_summary(kim)
    assert "Schutzpaket" not in before
    assert "Schutzpaket" in await kim.says("nehm die versicherung noch dazu")
    assert "Schutzpaket" not in await kim.says("ach nee, ohne versicherung")


async def test_one_more_thing_in_a_second_breath_comes_on_top(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("und 2 smarte schuhe größe 43 in blau")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "2 × StrideLab Run" in summary


@pytest.mark.parametrize("correction", ["nein, die 42 soll orange sein", "no, the 42 should be orange"])
async def test_a_size_is_no_number_of_chairs(house: House, correction: str) -> None:
    kim = house.customer()
    wish = "1 stridelab in 42 blau und 1 sitsense home in grau, an Emily Clarke, Am Markt 3, 99084 Erfurt, paypal"
    assert "1 × SitSense Home" in await kim.says(wish)
    summary = await kim.says(correction)
    assert "1 × SitSense Home" in summary
    assert "42, orange" in summary.lower()


async def test_each_size_keeps_its_own_colour(house: House) -> None:
    kim = house.customer()
    await kim.says("StrideLab Run in 43 blau für mich und in 42 orange für meine frau")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "Größe 43, Blau" in summary
    assert "Größe 42, Orange" in summary


async def test_numbers_of_colours_are_corrected_and_not_added(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim, "ich will 3 minis, 2 rote und eine weiße")
    summary = await kim.says("nee 2 weiße und eine rote")
    assert "2 × AeroPix Mini in Weiß" in summary
    assert "1 × AeroPix Mini in Rot" in summary
    assert "1.497 €" in summary


async def test_of_two_colours_one_is_cancelled(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "eine aeropix mini in rot und eine in weiß")
    offer = await kim.says("storniere nur die weiße")
    assert "998 €" not in offer.split("statt")[0]
    await kim.says("ja")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_only_the_one_that_is_not_kept_goes(house: House) -> None:
    kim = house.customer("kim", "en")
    await ordered(kim, "one aeropix mini in red and one sitsense home in grey please")
    await kim.says("cancel the chair please, keep the drone")
    await kim.says("yes")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_one_of_two_changes_its_colour(house: House) -> None:
    kim = house.customer("kim", "en")
    await up_to_the_summary(kim, "two red aeropix mini please")
    summary = await kim.says("make one of them white")
    assert "1 × AeroPix Mini in red" in summary
    assert "1 × AeroPix Mini in white" in summary


async def test_the_white_one_is_made_red(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim, "1 SitSense Office grau und 1 AeroPix Mini weiß")
    summary = await kim.says("mach aus der weißen drohne eine rote")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Weiß" not in summary


async def test_the_dearer_one_that_is_too_dear_goes(house: House) -> None:
    kim = house.customer()
    await kim.says("ich möchte die AeroPix Pro in schwarz")
    await kim.says("doch lieber die Mini, die Pro ist mir zu teuer")
    summary = await kim.says("rot")
    summary += await kim.says(ADDRESS)
    summary += await kim.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Pro" not in summary


async def test_one_more_pair_is_no_street(house: House) -> None:
    kim = house.customer()
    await kim.says("StrideLab Run blau 43")
    answer = await kim.says("und noch ein paar in orange 42")
    assert "Orange 42" not in answer


async def test_cancelling_the_insurance_keeps_what_is_insured(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "Schutzpaket" in await kim.says("nehm die versicherung noch dazu")
    summary = await kim.says("storniere die versicherung")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Schutzpaket" not in summary

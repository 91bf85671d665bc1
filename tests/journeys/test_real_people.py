"""What people do to an order: put it off, misplace numbers, bear colours as names, want only half of it gone."""

import pytest

from tests.house import Customer, House

ADDRESS = "Jonas Reuter, Lindenweg 12, 04107 Leipzig"


async def _up_to_the_summary(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> str:
    await kim.says(wish)
    await kim.says(ADDRESS)
    return await kim.says("paypal")


async def _ordered(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> None:
    await _up_to_the_summary(kim, wish)
    assert "NC-104201" in await kim.says("ja bitte bestellen")


@pytest.mark.parametrize(
    "words",
    [
        "ja warte",
        "alles klar, ich überlegs mir",
        "jein",
        "ja aber erst später",
        "ok hold on",
        "yes, maybe later",
        "ja nee doch nicht",
        "hm",
        "weiß noch nicht",
    ],
)
async def test_half_a_yes_orders_nothing_and_a_whole_one_still_does(house: House, words: str) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert await kim.says(words)
    assert house.shop.orders(kim.id) == []


async def test_who_is_given_time_can_still_say_yes(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "Zeit" in await kim.says("ja warte kurz")
    assert "NC-104201" in await kim.says("so, ja")


@pytest.mark.parametrize("words", ["ja, spricht nichts dagegen", "klar, kein problem", "yes, why not"])
async def test_no_objection_is_a_yes(house: House, words: str) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "NC-104201" in await kim.says(words)


@pytest.mark.parametrize("words", ["ja warte mal", "vielleicht doch nicht", "ok let me think"])
async def test_half_a_yes_cancels_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await _ordered(kim)
    await kim.says("storniere meine bestellung")
    await kim.says(words)
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["pending"]


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("Jonas Reuter, Lindenweg 12, 2. OG, 04107 Leipzig", "Lindenweg 12, 2. OG"),
        ("Jonas Reuter, Lindenweg 12, 3. Stock links, 04107 Leipzig", "Lindenweg 12, 3. Stock links"),
        ("Jonas Reuter, Lindenweg 12 Hinterhaus, 04107 Leipzig", "Lindenweg 12, Hinterhaus"),
        ("Jonas Reuter, Packstation 142, Postnummer 87654321, 04107 Leipzig", "Packstation 142, Postnummer 87654321"),
    ],
)
async def test_where_in_the_house_counts_no_pieces(house: House, address: str, street: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says(address)
    summary = await kim.says("paypal")
    assert "1 × AeroPix Mini" in summary
    assert f"Jonas Reuter, {street}, 04107 Leipzig" in summary


async def test_children_count_no_pieces(house: House) -> None:
    kim = house.customer()
    assert "1 × AeroPix Mini" in await _up_to_the_summary(kim, "eine rote aeropix mini für meine 2 kinder")


@pytest.mark.parametrize("name", ["Anna Weiß", "Peter Schwarz", "anna rot"])
async def test_a_name_may_be_a_colour(house: House, name: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    await kim.says(name)
    summary = await kim.says("paypal")
    assert "in Rot" in summary
    assert name.title() in summary


async def test_a_way_to_pay_is_no_name(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    await kim.says("paypal")
    summary = await kim.says("Jonas Reuter")
    assert "Jonas Reuter" in summary
    assert "PayPal" in summary


async def test_not_knowing_is_no_colour(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will die aeropix mini")
    assert "Weiß" in await kim.says("ich weiß nicht")  # asked again: red or white


async def test_of_a_number_and_its_correction_the_later_counts(house: House) -> None:
    kim = house.customer()
    assert "2 × AeroPix Mini" in await _up_to_the_summary(kim, "10 rote minis, nein 2")


async def test_two_things_each_with_its_own_colour(house: House) -> None:
    kim = house.customer()
    summary = await _up_to_the_summary(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    assert "AeroPix Mini in Rot" in summary
    assert "SitSense Office in Schwarz" in summary


async def test_only_one_of_two_is_cancelled_by_changing_the_order(house: House) -> None:
    kim = house.customer()
    await _ordered(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    offer = await kim.says("storniere nur den stuhl")
    assert "SitSense" not in offer
    assert "AeroPix Mini" in offer
    await kim.says("ja")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_a_postal_code_is_no_budget(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12")
    await kim.says("04107")
    await kim.says("Leipzig")
    await kim.says("Jonas Reuter")
    assert "Lindenweg 12, 04107 Leipzig" in await kim.says("paypal")


async def test_the_town_said_in_passing_is_not_asked_again(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will eine rote aeropix mini nach Dresden")
    await kim.says("Jonas Reuter, Lindenweg 12, 01069")
    assert "01069 Dresden" in await kim.says("paypal")


@pytest.mark.parametrize("words", ["office", "den günstigeren", "den teureren"])
async def test_which_of_two_is_told_in_a_word(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl bestellen")
    assert "SitSense" in await kim.says(words)
    assert "Farb" in kim.hears() or "Bezug" in kim.hears() or "welche" in kim.hears().lower()


@pytest.mark.parametrize("words", ["okay passt", "apple pay", "ka", "und jetzt?"])
async def test_every_answer_to_which_one_is_answered(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl bestellen")
    assert await kim.says(words)


async def test_a_spare_part_is_not_sold_as_the_whole(house: House) -> None:
    kim = house.customer()
    answer = await kim.says("ich brauche einen ersatzakku für meine aeropix mini")
    assert "+49" in answer
    assert "Farbe" not in answer


async def test_insurance_is_added_at_the_summary_and_taken_out_again(house: House) -> None:
    kim = house.customer()
    before = await _up_to_the_summary(kim)
    assert "Schutzpaket" not in before
    assert "Schutzpaket" in await kim.says("nehm die versicherung noch dazu")
    assert "Schutzpaket" not in await kim.says("ach nee, ohne versicherung")


async def test_a_question_about_returns_drops_no_order(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert await kim.says("kann ich das zurückgeben wenn es nicht gefällt?")
    assert "NC-104201" in await kim.says("ja")


async def test_where_nobody_delivers_is_said(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    assert "Österreich" in await kim.says("Mario Rossi, Via Roma 12, 00184 Rom, Italien")
    assert await kim.says(ADDRESS)
    assert "Leipzig" in await kim.says("paypal")


async def test_the_country_is_named_where_it_is_another(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Urs Keller, Seestrasse 12, 8002 Zürich")
    assert "8002 Zürich, Schweiz" in await kim.says("paypal")


async def test_what_is_not_sold_is_told_with_all_that_is(house: House) -> None:
    kim = house.customer()
    await kim.says("was habt ihr für drohnen?")
    assert "{" not in await kim.says("und ohne kaffeemaschine?")


async def test_one_more_thing_in_a_second_breath_comes_on_top(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("und 2 smarte schuhe größe 43 in blau")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "2 × StrideLab Run" in summary

"""What people ask and say beside the order, and which of several things they mean."""

import pytest

from tests.house import House
from tests.journeys.ordering import ordered, up_to_the_summary


@pytest.mark.parametrize("words", ["office", "den günstigeren", "den teureren"])
async def test_which_of_two_is_told_in_a_word(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl bestellen")
    assert "Welche Farbe soll SitSense" in await kim.says(words)


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


async def test_what_is_not_sold_is_told_with_all_that_is(house: House) -> None:
    kim = house.customer()
    await kim.says("was habt ihr für drohnen?")
    assert "{" not in await kim.says("und ohne kaffeemaschine?")


async def test_a_question_about_stock_orders_nothing_more(house: House) -> None:
    kim = house.customer("kim", "en")
    await up_to_the_summary(kim, "one sitsense home in grey please")
    assert "1 × AeroPix" not in await kim.says("and also tell me if you have a red mini")


async def test_the_cheapest_is_of_the_kind_that_was_spoken_of(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("what cars do you have?")
    answer = await kim.says("what's the cheapest?")
    assert "Voltano City" in answer
    assert "StrideLab" not in answer


@pytest.mark.parametrize(
    "question",
    [
        "was kostet der versand?",
        "liefert ihr in die schweiz?",
        "wie lange hab ich rückgaberecht?",
        "geht auch ratenzahlung?",
        "kann ich das abholen?",
        "do you ship to London?",
        "what is your return policy?",
    ],
)
async def test_questions_beside_the_products_are_answered_each_time(house: House, question: str) -> None:
    kim = house.customer()
    known = ("+49", "Österreich", "Austria", "PayPal", "14", "Versandkosten kommen keine dazu")
    for answer in (await kim.says(question), await kim.says(question)):
        assert any(word in answer for word in known)


async def test_two_questions_that_lack_a_product_are_both_answered(house: House) -> None:
    kim = house.customer()
    assert await kim.says("wie schwer ist das?")
    assert await kim.says("und was kostet es?")


async def test_who_wants_to_return_something_is_sold_nothing(house: House) -> None:
    kim = house.customer()
    await kim.says("euer stuhl wackelt wie sau ich will mein geld zurück")
    assert "Farbe" not in await kim.says("ICH WILL NICHTS BESTELLEN ich will zurückgeben!!")


async def test_an_order_under_way_is_told_with_its_colours(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "eine aeropix mini in rot und eine in weiß")
    answer = await kim.says("wo bleibt meine bestellung?")
    assert "in Rot" in answer
    assert "in Weiß" in answer


async def test_the_language_that_is_asked_for_is_the_last_one_named(house: House) -> None:
    kim = house.customer()
    assert "English" in await kim.says("Hallo, my german is not so good, können wir english?")
    assert "Deutsch" not in await kim.says("do you speak french?")

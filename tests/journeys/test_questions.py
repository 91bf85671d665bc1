"""What people ask and say beside the order, and which of several things they mean."""

import re

import pytest

from tests.house import Customer, House
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


@pytest.mark.parametrize("words", ["drohne", "drone", "hm drohnen vielleicht"])
async def test_who_only_names_a_thing_is_shown_it(house: House, words: str) -> None:
    kim = house.customer()
    assert "AeroPix Mini" in await kim.says(words)
    assert "AeroPix Cinema" in kim.hears()


@pytest.mark.parametrize(
    ("words", "product"),
    [("die kleine", "AeroPix Mini"), ("die mittlere", "AeroPix Pro"), ("the cheapest", "AeroPix Mini")],
)
async def test_pointing_to_one_of_those_shown_is_enough(house: House, words: str, product: str) -> None:
    kim = house.customer()
    await kim.says("welche drohnen habt ihr")
    assert product in (await kim.says(words)).splitlines()[0]


async def test_what_was_shown_to_an_unclear_word_is_spoken_of(house: House) -> None:
    kim = house.customer()
    await kim.says("drohne")
    await kim.says("die kleine")
    assert "Wohin" in await kim.says("die nehm ich in rot")


@pytest.mark.parametrize(
    ("wish", "product"),
    [
        ("mein rücken macht nicht mehr mit, was nimmt man da", "SitSense"),
        ("guten tag, ich bräuchte einen bequemen stuhl", "SitSense"),
        ("i'd like a comfy chair", "SitSense"),
        ("ich such ein rad für den weg zur arbeit", "Urbano"),
        ("looking for running shoes", "StrideLab"),
    ],
)
async def test_who_tells_a_need_is_shown_what_serves_it(house: House, wish: str, product: str) -> None:
    assert product in await house.customer().says(wish)


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("wie lange habt ihr offen", "8 bis 20"),
        ("bis wann seid ihr da", "8 bis 20"),
        ("habt ihr auch einen laden", "schicken alles nach Hause"),
        ("hab mein passwort vergessen", "kein Passwort"),
        ("was kostet versand", "Versandkosten kommen keine dazu"),
        ("forgot my password", "don't need a password"),
    ],
)
async def test_what_people_ask_of_any_shop_is_known(house: House, question: str, known: str) -> None:
    assert known in await house.customer().says(question)


@pytest.mark.parametrize("words", ["wart kurz…", "moment", "one sec"])
async def test_who_asks_to_wait_is_waited_for(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("welche drohnen habt ihr")
    assert re.search(r"ich warte|I'll wait", await kim.says(words))
    assert "Wohin" in await kim.says("die mini in rot nehm ich")


async def test_who_wants_to_be_called_sie_is(house: House) -> None:
    kim = house.customer()
    assert "per Sie" in await kim.says("hallo, bitte siezen sie mich")
    assert "möchten Sie" in await up_to_the_payment(kim)
    assert "per du" in await kim.says("duzen ist auch in ordnung")
    assert "möchtest du" in kim.hears()


async def up_to_the_payment(kim: Customer) -> str:
    await kim.says("ich nehme die aeropix mini in rot")
    return await kim.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig")


async def test_a_budget_between_two_sums_shows_what_lies_between(house: House) -> None:
    answer = await house.customer().says("ich möchte zwischen 500 und 600 euro ausgeben, was habt ihr da")
    assert "SitSense Home" in answer
    assert "StrideLab" not in answer
    assert "AeroPix Mini" not in answer


async def test_the_cheapest_of_those_shown_is_taken(house: House) -> None:
    kim = house.customer()
    await kim.says("ich hab 80 euro im monat, was geht da")
    answer = await kim.says("ok dann miete ich die günstigste")
    assert "Farbe" in answer
    assert "AeroPix Mini" in answer


async def test_a_wish_to_change_a_plan_that_nobody_has_means_the_thing_shown(house: House) -> None:
    kim = house.customer()
    await kim.says("was ist der unterschied zwischen den beiden stühlen")
    answer = await kim.says("die günstigere bitte")
    assert "SitSense Home" in answer
    assert "Abo" not in answer


async def test_a_price_is_asked_on_from_one_thing_to_the_next(house: House) -> None:
    kim = house.customer()
    assert "69 €" in await kim.says("was kostet die pro für 6 monate")
    assert "(12 Monate)" in await kim.says("und für ein jahr")
    assert "499 €" in await kim.says("und die mini")
    assert "Wohin" in await kim.says("ok die nehm ich in rot")


async def test_what_is_too_dear_is_answered_with_what_costs_less(house: House) -> None:
    kim = house.customer()
    await kim.says("welche drohnen habt ihr")
    answer = await kim.says("hm die pro ist mir zu teuer")
    assert "Günstiger ist AeroPix Mini" in answer
    assert "Pro" not in answer


async def test_who_insults_is_offered_a_person(house: House) -> None:
    kim = house.customer()
    assert "tut mir leid" in await kim.says("du bist so dumm")
    assert "+49" in await kim.presses("Mit einem Menschen sprechen")


@pytest.mark.parametrize("question", ["wie viele jahre hält der akku der mini", "is the mini for ten years old kids"])
async def test_years_of_something_else_are_no_term(house: House, question: str) -> None:
    assert not re.search(r"zur Miete|to rent", await house.customer().says(question))


async def test_what_is_wished_after_a_price_is_no_question(house: House) -> None:
    kim = house.customer()
    await kim.says("was kostet die mini")
    assert "Wohin" in await kim.says("und die in rot bitte")

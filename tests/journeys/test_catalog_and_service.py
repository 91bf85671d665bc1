"""Looking around, and the conversation itself."""

import pytest

from tests.house import House


async def test_a_budget_by_the_month_is_kept_and_said(house: House) -> None:
    kim = house.customer()
    answer = await kim.says("was kann ich mir für 80 euro im monat leisten?")
    assert "80 €" in answer
    assert "Voltano" not in answer


async def test_a_budget_for_nothing_is_answered_honestly(house: House) -> None:
    kim = house.customer("kim", "en")
    assert "€" in await kim.says("what can I get for 20 euros?")
    assert house.shop.orders(kim.id) == []


async def test_two_are_compared_side_by_side(house: House) -> None:
    answer = await house.customer().says("was ist der unterschied zwischen mini und pro?")
    assert "499" in answer
    assert "1.199" in answer


async def test_stock_is_told_per_colour(house: House) -> None:
    kim = house.customer()
    assert "ausverkauft" in await kim.says("habt ihr die aeropix mini in schwarz da?")


async def test_a_misspelt_product_is_known(house: House) -> None:
    assert "AeroPix Cinema" in await house.customer().says("was kostet die aeropics cinema?")


async def test_the_same_question_in_english_is_answered_in_english(house: House) -> None:
    assert "flight time" in await house.customer().says("how long does the aeropix pro fly?")


@pytest.mark.parametrize(
    "text", ["wie wird das wetter morgen?", "what's the capital of France?", "erzähl mir einen witz"]
)
async def test_what_the_shop_is_not_for_is_admitted_with_a_way_on(house: House, text: str) -> None:
    kim = house.customer()
    assert await kim.says(text)
    assert house.shop.rows("SELECT count(*) FROM orders") == [(0,)]


async def test_a_person_can_be_reached(house: House) -> None:
    assert "+49" in await house.customer().says("ich will mit einem menschen sprechen")


async def test_the_last_thing_is_said_again(house: House) -> None:
    kim = house.customer()
    first = await kim.says("hallo")
    assert await kim.says("kannst du das wiederholen?") == first


async def test_it_admits_to_be_a_program(house: House) -> None:
    assert "Programm" in await house.customer().says("bist du ein mensch oder eine maschine?")


async def test_who_has_no_order_is_told_so(house: House) -> None:
    assert "keine Bestellung" in await house.customer().says("wo ist mein paket?")


async def test_what_it_is_for_tells_the_kind(house: House) -> None:
    answer = await house.customer().says("ich such was zum fliegen für meinen sohn, hab so 600 euro")
    assert "AeroPix Mini" in answer
    assert "SitSense" not in answer
    assert "StrideLab" not in answer


async def test_a_fact_that_only_one_of_those_shown_has_tells_which_is_meant(house: House) -> None:
    kim = house.customer()
    await kim.says("was kann ich mir für 80 euro im monat leisten?")
    assert "Flugzeit" in await kim.says("und wie lang kann die drohne in der luft bleiben?")


async def test_who_answers_something_else_is_asked_for_the_model_without_all_cards_again(house: House) -> None:
    kim = house.customer()
    await kim.says("ich möchte eine drohne bestellen")
    answer = await kim.says("an Jonas Reuter, Lindenweg 12, 04107 Leipzig, mit paypal")
    assert "AeroPix Mini, AeroPix Pro oder AeroPix Cinema" in answer
    assert not any(reply.cards for reply in kim.replies())
    assert "Rot oder Weiß" in await kim.presses("AeroPix Mini")
    assert "Jonas Reuter" in await kim.says("rot")

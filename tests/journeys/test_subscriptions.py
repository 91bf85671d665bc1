"""A rented thing from the first day to the last: told, changed, swapped, paused, ended, all by talking."""

from datetime import timedelta

import pytest

import actions.base
from tests.house import Customer, House
from tests.journeys.ordering import ordered

RENTED = "ich will die aeropix mini in rot für 6 monate mieten"
PREMIUM = "ich möchte die aeropix mini in rot im premium-abo für 6 monate"


async def subscribed(house: House, kim: Customer, wish: str = RENTED) -> None:
    """The rented thing has arrived, so the subscription runs since today."""
    await ordered(kim, wish)
    await house.shop.deliver("NC-104201")


async def state(kim: Customer) -> list[tuple[str, int]]:
    """As the shop has it: status and term of each subscription."""
    found = await actions.base.shop().subscriptions(kim.id)
    return [(subscription.status, subscription.term_months) for subscription in found]


async def test_what_is_rented_is_told_with_its_price_and_its_end(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    answer = await kim.says("wie lange läuft eigentlich mein abo noch?")
    assert "AeroPix Mini" in answer
    assert "29 €" in answer
    assert "September" in answer


async def test_who_rents_nothing_is_told_so(house: House) -> None:
    kim = house.customer()
    assert "kein laufendes Abo" in await kim.says("was kostet mich mein abo im monat?")
    assert "kein laufendes Abo" in await kim.says("ich will mein abo kündigen")


async def test_a_subscription_ends_at_the_next_possible_day_after_a_yes(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("ich möchte das abo kündigen")
    assert "AeroPix Mini" in summary
    assert "September" in summary
    assert await state(kim) == [("active", 6)]
    assert "endet am" in await kim.says("ja")
    assert await state(kim) == [("ending", 6)]
    assert "schon gekündigt" in await kim.says("ich will mein abo kündigen")


async def test_who_rather_pauses_after_all_keeps_the_subscription(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("ich will mein abo kündigen")
    answer = await kim.says("oder lieber nur pausieren, bis ende mai")
    assert "31. Mai" in answer
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]
    assert "pausiert" in await kim.says("was ist mit meinem abo?")


async def test_a_pause_ends_early_when_wished(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("pausier mein abo bitte für zwei monate")
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]
    assert "ab sofort" in await kim.says("ich will doch wieder fliegen, bitte das abo weiterlaufen lassen")
    await kim.says("ja")
    assert await state(kim) == [("active", 6)]


async def test_an_impossible_pause_is_explained(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    assert "ersten Monat" in await kim.says("ich möchte mein abo für 4 wochen pausieren")
    house.shop.time.passes(timedelta(days=40))
    assert "90 Tage" in await kim.says("pausier mein abo für ein halbes jahr")
    assert await state(kim) == [("active", 6)]


async def test_a_longer_term_is_cheaper_and_said_to_be_so(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("kann ich meinen vertrag auf 12 monate verlängern?")
    assert "12 Monate" in summary
    assert "statt 29 €" in summary
    await kim.says("ja mach das")
    assert await state(kim) == [("active", 12)]


async def test_an_english_customer_books_insurance_onto_the_rental(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I want to rent the aeropix mini in white for 6 months")
    summary = await ann.says("can you add insurance to my drone rental?")
    assert "€6.90 a month" in summary
    assert "€35.90" in summary
    await ann.says("yes")
    assert "insurance" in await ann.says("what am I paying for my subscription?")


async def test_what_is_open_is_asked_once(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    assert "Bis wann" in await kim.says("ich muss mal pausieren mit der drohne")
    assert "AeroPix Mini von" in await kim.says("einen monat")
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]


async def test_a_standard_plan_swaps_for_good_and_names_the_new_price(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    assert "AeroPix Pro" in summary
    assert "69 €" in summary
    await kim.says("ja")
    assert house.shop.rows("SELECT product_id FROM subscriptions") == [("aeropix-pro",)]


async def test_a_premium_customer_has_another_model_at_the_weekend(house: House) -> None:
    """Refused for what is booked out, granted for another, and the old one is back on Monday."""
    kim, lea = house.customer("kim"), house.customer("lea")
    await subscribed(house, kim, PREMIUM)
    await lea.says(PREMIUM)
    await lea.says("Lea Sommer, Seestraße 8, 04109 Leipzig")
    await lea.says("paypal")
    await lea.says("ja")
    await house.shop.deliver("NC-104202")
    assert "AeroPix Cinema" in await kim.says("am wochenende hätte ich gern die cinema statt der mini")
    await kim.says("ja")
    refused = await lea.says("ich hätte am wochenende gern die cinema statt der mini")
    assert "ausgebucht" in refused
    assert "AeroPix Pro" in refused
    assert "AeroPix Pro" in await lea.says("dann die pro")
    await lea.says("ja")
    house.shop.time.passes(timedelta(days=7))
    assert "AeroPix Mini" in await kim.says("was hab ich gerade gemietet?")


@pytest.mark.parametrize("words", ["wie weit fliegt die cinema?", "hast du auch e-bikes?", "danke"])
async def test_a_question_in_the_midst_loses_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich will mein abo kündigen")
    assert "Soll ich kündigen" in await kim.says(words)
    await kim.says("ja")
    assert await state(kim) == [("ending", 6)]


async def test_a_strangers_subscription_is_not_found(house: House) -> None:
    kim, eve = house.customer("kim"), house.customer("eve")
    await subscribed(house, kim)
    assert "finde ich kein Abo" in await eve.says("kündige mein abo SB-200001")
    assert await state(kim) == [("active", 6)]

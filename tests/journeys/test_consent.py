"""What a yes is, and what only sounds like one: nothing is ordered or cancelled by half."""

import pytest

from tests.house import House
from tests.journeys.ordering import ordered, up_to_the_summary


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
async def test_half_a_yes_orders_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert await kim.says(words)
    assert house.shop.orders(kim.id) == []


async def test_who_is_given_time_can_still_say_yes(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "Zeit" in await kim.says("ja warte kurz")
    assert "NC-104201" in await kim.says("so, ja")


@pytest.mark.parametrize("words", ["ja, spricht nichts dagegen", "klar, kein problem", "yes, why not"])
async def test_no_objection_is_a_yes(house: House, words: str) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "NC-104201" in await kim.says(words)


@pytest.mark.parametrize("words", ["ja warte mal", "vielleicht doch nicht", "ok let me think"])
async def test_half_a_yes_cancels_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("storniere meine bestellung")
    await kim.says(words)
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["pending"]


async def test_a_question_about_returns_drops_no_order(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert await kim.says("kann ich das zurückgeben wenn es nicht gefällt?")
    assert "NC-104201" in await kim.says("ja")


async def test_who_asks_whether_it_could_be_cancelled_later_keeps_the_order(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "Ja, solange" in await kim.says("kann ich das später noch stornieren?")
    assert "NC-104201" in await kim.says("ja")


async def test_rather_not_is_no(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "nichts bestellt" in await kim.says("nein danke, doch lieber nicht")

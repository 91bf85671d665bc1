"""After the parcel has come: sent back, exchanged, the money followed, as long as the shop's rules allow."""

from datetime import timedelta

import pytest

import actions.base
from tests.house import Customer, House
from tests.journeys.ordering import ordered, up_to_the_summary

SHOES = "ich nehme den stridelab run in größe 42 in blau"


async def delivered(house: House, kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> None:
    """The first order has arrived, and is paid."""
    await ordered(kim, wish)
    await house.shop.pay("NC-104201")
    await house.shop.deliver("NC-104201")


def returns(house: House) -> list[tuple[object, ...]]:
    return house.shop.rows("SELECT kind, status FROM returns ORDER BY number")


async def test_what_was_delivered_is_sent_back_with_a_label_and_a_deadline(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    summary = await kim.says("die drohne gefällt mir doch nicht, die soll zurück")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "499 €" in summary
    assert returns(house) == []
    answer = await kim.says("ja")
    assert "RT-" in answer
    assert "http" in answer
    assert returns(house) == [("return", "requested")]


async def test_an_english_customer_returns_one_of_two(house: House) -> None:
    ann = house.customer("ann", "en")
    await delivered(house, ann, "I'd like two aeropix mini in white please")
    assert "1 × AeroPix Mini" in await ann.says("I want to send one of the drones back")
    await ann.says("yes please")
    assert house.shop.rows("SELECT quantity FROM return_lines") == [(1,)]


async def test_a_return_that_is_declined_registers_nothing(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("ich möchte die drohne zurückschicken")
    assert "bleibt alles" in await kim.says("nein, doch nicht")
    assert returns(house) == []


async def test_what_is_still_pending_is_offered_to_be_cancelled_instead(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("ich will die drohne zurückgeben")
    assert "Stornieren" in {button.title for button in kim.buttons()}
    assert returns(house) == []


async def test_after_the_period_nothing_goes_back_and_the_last_day_is_told(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    house.shop.time.passes(timedelta(days=15))
    answer = await kim.says("ich möchte die drohne zurückgeben")
    assert "Frist" in answer
    assert "16. März" in answer
    assert returns(house) == []


async def test_the_money_goes_onto_a_gift_card_if_wished_even_at_the_summary(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("die mini soll zurück")
    assert "Gutschein" in await kim.says("das geld bitte auf einen gutschein")
    await kim.says("ja")
    assert house.shop.rows("SELECT method FROM refunds") == [("gift_card",)]


async def test_shoes_are_exchanged_for_another_size(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim, SHOES)
    answer = await kim.says("die schuhe sind zu klein, ich brauche sie in 43")
    assert "43" in answer
    assert "kostet nichts" in answer
    await kim.says("ja")
    assert returns(house) == [("exchange", "requested")]


async def test_who_does_not_say_what_instead_is_asked_and_may_change_their_mind(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("kann ich die mini umtauschen?")
    assert "Weiß" in {button.title for button in kim.buttons()}
    assert "gegen Weiß" in await kim.says("weiß")
    summary = await kim.says("ach nein, dann lieber ganz zurückgeben")
    assert "499 €" in summary
    await kim.says("ja")
    assert returns(house) == [("return", "requested")]


async def test_the_refund_is_followed_until_it_is_booked(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("die mini geht zurück")
    await kim.says("ja")
    assert "sobald deine Rücksendung" in await kim.says("wann krieg ich mein geld wieder?")
    await house.shop.staff("returns/RT-300001/receive")
    assert "angekommen" in await kim.says("ist mein geld schon unterwegs?")
    await house.shop.staff("refunds/RF-400001/book")
    answer = await kim.says("und das geld?")
    assert "erstattet" in answer
    assert "499 €" in answer


async def test_a_strangers_order_cannot_be_returned(house: House) -> None:
    kim, eve = house.customer("kim"), house.customer("eve")
    await delivered(house, kim)
    assert "finde ich keine" in await eve.says("ich will die bestellung NC-104201 zurückgeben")
    assert returns(house) == []


async def test_only_what_is_left_goes_back(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("die mini geht zurück")
    await kim.says("ja")
    assert "schon alles" in await kim.says("ich möchte die mini nochmal zurückgeben")
    assert len(returns(house)) == 1


@pytest.mark.parametrize("words", ["wann ist weihnachten", "wie lange fliegt die pro?", "danke dir"])
async def test_small_talk_in_the_midst_of_a_return_loses_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("die mini soll zurück")
    assert "anmelden" in await kim.says(words)
    await kim.says("ja")
    assert returns(house) == [("return", "requested")]


async def test_friday_order_monday_return_tuesday_money(house: House) -> None:
    """Booked to the cent, and told in the customer's words on each day."""
    kim = house.customer()
    house.shop.time.passes(timedelta(days=4))
    await up_to_the_summary(kim, "ich nehme zwei aeropix mini in rot mit starterpaket")
    await kim.says("ja")
    await house.shop.pay("NC-104201")
    await house.shop.deliver("NC-104201")
    house.shop.time.passes(timedelta(days=3))
    await kim.says("eine der drohnen soll zurück")
    await kim.says("ja")
    await house.shop.staff("returns/RT-300001/receive")
    house.shop.time.passes(timedelta(days=1))
    await house.shop.staff("refunds/RF-400001/book")
    paid, back = 2 * (49_900 + 6_900), 49_900 + 6_900
    assert house.shop.rows("SELECT total_now_amount FROM orders") == [(paid,)]
    assert house.shop.rows("SELECT amount, status FROM refunds") == [(back, "refunded")]
    answer = await kim.says("wo ist mein geld?")
    assert "568 €" in answer
    assert "Dienstag, 10. März" in answer


async def test_the_way_back_is_kept_while_something_else_is_ordered(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim)
    await kim.says("ich will die mini zurückgeben")
    await kim.says("ich nehm eine aeropix pro in weiß")
    await kim.says("paypal")
    assert "Rücksendung" in await kim.says("ja")
    await kim.says("ja")
    assert returns(house) == [("return", "requested")]
    assert len(house.shop.orders(kim.id)) == 2


@pytest.mark.parametrize(
    "wish",
    ["ich will eine drohne zurückgeben", "eine der drei drohnen geht zurück", "i'd like to return one of the drones"],
)
async def test_one_of_several_is_one(house: House, wish: str) -> None:
    kim = house.customer()
    await ordered(kim, "3 aeropix mini in rot")
    await house.shop.deliver("NC-104201")
    summary = await kim.says(wish)
    assert "1 × AeroPix Mini" in summary
    assert "499" in summary


async def test_a_question_about_exchanging_changes_no_return(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "2 aeropix mini in rot")
    await house.shop.deliver("NC-104201")
    await kim.says("ich will eine drohne zurückgeben")
    await kim.says("kann ich die auch umtauschen?")
    assert "RT-300001" in await kim.says("ja")
    [found] = await actions.base.shop().returns(kim.id)
    assert found.kind == "return"


async def test_a_cancellation_cannot_be_undone_and_cancels_nothing_else(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("und noch ein sitsense office in schwarz bitte")
    await kim.says("paypal")
    await kim.says("ja")
    await kim.says("storniere den stuhl")
    await kim.says("ja")
    assert "nicht zurücknehmen" in await kim.says("ich will die stornierung zurücknehmen")
    assert sorted(order.status for order in await actions.base.shop().orders(kim.id)) == ["cancelled", "pending"]


@pytest.mark.parametrize("words", ["die schuhe passen nicht", "the shoes don't fit", "zu eng sind sie mir"])
async def test_what_does_not_fit_is_exchanged(house: House, words: str) -> None:
    kim = house.customer()
    await delivered(house, kim, SHOES)
    await kim.says(words)
    assert "43" in await kim.says("in 43")
    await kim.says("ja")
    assert returns(house) == [("exchange", "requested")]
    assert "RT-300001" in await kim.says("wann krieg ich die neuen?")


async def test_one_goes_back_and_the_other_is_exchanged_in_one_sentence(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim, "ich nehme die stridelab run in blau 42 und eine aeropix mini in rot")
    summary = await kim.says("die schuhe in 43 tauschen und die drohne zurückgeben")
    assert "StrideLab" in summary
    assert "AeroPix" not in summary
    following = await kim.says("ja")
    assert "AeroPix Mini" in following
    assert "499 € gehen" in following
    await kim.says("ja")
    assert returns(house) == [("exchange", "requested"), ("return", "requested")]


async def test_who_sends_back_and_asks_for_the_money_does_both(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim, SHOES)
    summary = await kim.says("ich will die schuhe zurückschicken und wann hab ich mein geld")
    assert "fünf bis sieben Werktage" in summary
    assert "Soll ich" in summary
    assert "Soll ich" in await kim.says("zu eng")
    await kim.says("ja")
    assert house.shop.rows("SELECT reason FROM returns") == [("does_not_fit",)]


async def test_who_asks_what_a_return_costs_has_sent_nothing_back(house: House) -> None:
    kim = house.customer()
    await delivered(house, kim, SHOES)
    answer = await kim.says("was kostet mich die rücksendung?")
    assert "kostet dich nichts" in answer
    assert "Soll ich" not in answer

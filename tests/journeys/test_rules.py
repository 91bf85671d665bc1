"""The retail rules, one class each: whoever tries to break them, by talking or by calling the shop directly, cannot."""

import asyncio
from datetime import timedelta

import pytest

import actions.base
from actions.backend.port import (
    Address,
    Backend,
    Item,
    NotAllowed,
    NotFound,
    OutOfStock,
    Payment,
    Piece,
    Refused,
    Rejected,
)
from tests.house import Customer, House
from tests.journeys.ordering import ordered, up_to_the_summary

NUMBER = "NC-104201"
PAYPAL = Payment(method="paypal")
ELSEWHERE = Address(name="Jonas Reuter", street="Seestraße 8", postal_code="20095", city="Hamburg")
RED, WHITE = "aeropix-mini-red", "aeropix-mini-white"


def shop() -> Backend:
    """The shop's own door, without anybody to talk to."""
    return actions.base.shop()


async def delivered(house: House, kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> None:
    await ordered(kim, wish)
    await house.shop.pay(NUMBER)
    await house.shop.deliver(NUMBER)


def lines(house: House) -> list[tuple[object, ...]]:
    return house.shop.rows("SELECT variant_id, quantity FROM order_lines ORDER BY position")


class TestOnlyWhatIsPendingIsChanged:
    @pytest.mark.parametrize(
        "words", ["bitte doch in weiß", "bitte zwei statt einer", "schickt es an Seestraße 8, 20095 Hamburg"]
    )
    async def test_by_talking(self, house: House, words: str) -> None:
        kim = house.customer()
        await ordered(kim)
        await house.shop.staff(f"orders/{NUMBER}/advance", to="shipped")
        assert "zu spät" in await kim.says(f"ändere meine bestellung NC-104201: {words}")
        assert lines(house) == [(RED, 1)]

    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await house.shop.staff(f"orders/{NUMBER}/advance", to="processed")
        for change in (
            {"items": [Item(variant_id=WHITE, quantity=1)]},
            {"address": ELSEWHERE},
            {"payment": Payment(method="invoice")},
        ):
            with pytest.raises(NotAllowed):
                await shop().change_order(kim.id, NUMBER, key=f"late-{list(change)}", **change)
        assert lines(house) == [(RED, 1)]


class TestItemsChangeWithinTheirProduct:
    async def test_by_talking(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        answer = await kim.says("ändere die bestellung bitte: statt der mini die pro")
        assert "kein anderes Produkt" in answer
        assert lines(house) == [(RED, 1)]

    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        with pytest.raises(Refused, match="product-not-in-order"):
            await shop().change_order(kim.id, NUMBER, items=[Item(variant_id="aeropix-pro-white", quantity=1)], key="k")
        assert lines(house) == [(RED, 1)]


class TestItemsChangeOnlyToWhatIsThere:
    async def test_by_talking(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        assert "ausverkauft" in await kim.says("ich hätte die mini aus meiner bestellung lieber in schwarz")
        assert lines(house) == [(RED, 1)]

    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        with pytest.raises(OutOfStock):
            await shop().change_order(
                kim.id, NUMBER, items=[Item(variant_id="aeropix-mini-black", quantity=1)], key="k"
            )
        assert lines(house) == [(RED, 1)]


class TestChangesAreTakenInOrder:
    """Items first, then the address, then the payment, which must suffice for the new total."""

    async def test_a_card_that_sufficed_for_one_does_not_for_two(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        card = await house.shop.staff("gift-cards", customer=kim.id, amount=60_000, currency="EUR")
        with pytest.raises(Refused, match="gift-card-insufficient"):
            await shop().change_order(
                kim.id,
                NUMBER,
                items=[Item(variant_id=RED, quantity=2)],
                address=ELSEWHERE,
                payment=Payment(method="gift_card", gift_card=card["code"]),
                key="k",
            )
        order = await shop().order(kim.id, NUMBER)
        assert (order.items[0].quantity, order.address.city, order.payment_method) == (1, "Leipzig", "paypal")

    async def test_several_things_change_in_one_conversation(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await kim.says("ändere meine bestellung auf zwei stück in weiß, an Seestraße 8, 20095 Hamburg, auf rechnung")
        await kim.says("ja")
        order = await shop().order(kim.id, NUMBER)
        assert (order.items[0].variant_id, order.items[0].quantity) == (WHITE, 2)
        assert (order.address.city, order.payment_method) == ("Hamburg", "invoice")


class TestADifferenceIsPaidOrRefunded:
    async def test_less_ordered_than_paid_comes_back(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim, "ich nehme zwei aeropix mini in rot")
        await house.shop.pay(NUMBER)
        await kim.says("ändere meine bestellung bitte auf nur eine drohne")
        await kim.says("ja")
        refunds = await shop().refunds(kim.id)
        assert [(refund.reason, refund.amount.amount, refund.method) for refund in refunds] == [
            ("change", 49_900, "paypal")
        ]

    async def test_more_ordered_than_paid_is_asked_for(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await house.shop.pay(NUMBER)
        await shop().change_order(kim.id, NUMBER, items=[Item(variant_id=RED, quantity=2)], key="k")
        payment = (await shop().order(kim.id, NUMBER)).payment
        assert payment is not None
        assert payment.status == "open"


class TestOnlyWhatIsPendingIsCancelled:
    async def test_by_talking(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await house.shop.staff(f"orders/{NUMBER}/advance", to="shipped")
        assert "zu spät" in await kim.says("storniere meine bestellung")
        assert house.shop.orders(kim.id)[0][1] == "shipped"

    async def test_directly_and_the_reason_is_kept(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await shop().cancel_order(kim.id, NUMBER, reason="ordered_by_mistake", key="a")
        assert house.shop.rows("SELECT cancel_reason FROM orders") == [("ordered_by_mistake",)]
        with pytest.raises(NotAllowed):
            await shop().cancel_order(kim.id, NUMBER, reason="other", key="b")

    async def test_a_reason_that_is_none_is_refused(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        with pytest.raises(Rejected):
            await shop().cancel_order(kim.id, NUMBER, reason="weil ich so will", key="a")


class TestOnlyWhatWasDeliveredGoesBack:
    async def test_by_talking(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await house.shop.staff(f"orders/{NUMBER}/advance", to="shipped")
        assert "noch gar nicht da" in await kim.says("ich möchte die mini zurückgeben")

    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        with pytest.raises(Refused, match="not-returnable") as refused:
            await shop().return_order(kim.id, NUMBER, [Piece(line=0, quantity=1)], "original", "other", key="k")
        assert refused.value.details["why"] == "not_delivered"


class TestTheReturnPeriodEnds:
    async def test_on_its_last_day_it_still_works(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        house.shop.time.passes(timedelta(days=14))
        assert (await shop().preview_return(kim.id, NUMBER, [Piece(line=0, quantity=1)], "original")).refund

    async def test_the_day_after_it_does_not_by_talking_or_directly(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        house.shop.time.passes(timedelta(days=15))
        assert "Frist" in await kim.says("ich möchte die drohne zurückgeben")
        with pytest.raises(Refused) as refused:
            await shop().exchange_items(kim.id, NUMBER, [Piece(line=0, quantity=1, variant_id=WHITE)], None, key="k")
        assert refused.value.details["why"] == "period_over"


class TestNoMoreGoesBackThanCame:
    async def test_many_at_once_return_each_piece_once(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim, "ich nehme zwei aeropix mini in rot")
        tries = [
            shop().return_order(kim.id, NUMBER, [Piece(line=0, quantity=1)], "original", "other", key=f"k{n}")
            for n in range(12)
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(not isinstance(one, BaseException) for one in done) == 2
        assert (await shop().order(kim.id, NUMBER)).items[0].returned == 2

    async def test_more_pieces_than_there_are_are_refused(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        with pytest.raises(Refused, match="not-returnable"):
            await shop().return_order(kim.id, NUMBER, [Piece(line=0, quantity=2)], "original", "other", key="k")


class TestExchangesStayWithinTheProduct:
    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        for variant, why in (("aeropix-pro-white", "other_product"), (RED, "same_variant")):
            with pytest.raises(Refused, match="not-exchangeable") as refused:
                await shop().exchange_items(
                    kim.id, NUMBER, [Piece(line=0, quantity=1, variant_id=variant)], None, key=why
                )
            assert refused.value.details["why"] == why
        piece = Piece(line=0, quantity=1, variant_id="aeropix-mini-black")
        with pytest.raises(OutOfStock):
            await shop().exchange_items(kim.id, NUMBER, [piece], None, key="sold-out")


class TestRefundsGoWhereTheMoneyCameFromOrToAGiftCard:
    async def test_a_gift_card_is_filled_as_soon_as_the_goods_are_back(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        await shop().return_order(kim.id, NUMBER, [Piece(line=0, quantity=1)], "gift_card", "other", key="k")
        await house.shop.staff("returns/RT-300001/receive")
        assert [(r.method, r.status, r.amount.amount) for r in await shop().refunds(kim.id)] == [
            ("gift_card", "refunded", 49_900)
        ]
        assert (await shop().customer(kim.id)).gift_cards[0].balance.amount == 49_900

    async def test_others_take_five_to_seven_working_days(self, house: House) -> None:
        kim = house.customer()
        await delivered(house, kim)
        await shop().return_order(kim.id, NUMBER, [Piece(line=0, quantity=1)], "original", "other", key="k")
        await house.shop.staff("returns/RT-300001/receive")
        refund = (await shop().refunds(kim.id))[0]
        assert (refund.method, refund.status) == ("paypal", "received")
        assert (refund.expected_from, refund.expected_until) == ("2026-03-09", "2026-03-11")


class TestAGiftCardMustSuffice:
    async def test_two_orders_at_once_spend_it_once(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        card = await house.shop.staff("gift-cards", customer=kim.id, amount=60_000, currency="EUR")
        payment = Payment(method="gift_card", gift_card=card["code"])
        tries = [
            shop().place_order(kim.id, [Item(variant_id=WHITE, quantity=1)], ELSEWHERE, payment, "de", key=f"k{n}")
            for n in range(8)
        ]
        done = await asyncio.gather(*tries, return_exceptions=True)
        assert sum(not isinstance(one, BaseException) for one in done) == 1
        assert (await shop().customer(kim.id)).gift_cards[0].balance.amount == 10_100

    async def test_somebody_elses_code_buys_nothing_for_a_stranger_who_guesses(self, house: House) -> None:
        kim, eve = house.customer("kim"), house.customer("eve")
        await ordered(kim)
        await up_to_the_summary(eve)
        await eve.says("mit gutschein GC-AAAA-AAAA")
        assert "finde ich nicht" in await eve.says("ja")
        assert house.shop.orders(eve.id) == []


class TestAnIbanIsChecked:
    async def test_by_talking(self, house: House) -> None:
        kim = house.customer()
        await up_to_the_summary(kim)
        assert "stimmt leider nicht" in await kim.says("lieber lastschrift von DE02 1203 0000 0000 2020 52")
        assert house.shop.orders(kim.id) == []

    async def test_directly(self, house: House) -> None:
        kim = house.customer()
        payment = Payment(method="direct_debit", iban="DE02120300000000202052")
        with pytest.raises(Rejected):
            await shop().place_order(kim.id, [Item(variant_id=RED, quantity=1)], ELSEWHERE, payment, "de", key="k")
        none = Payment(method="direct_debit")
        with pytest.raises(Refused, match="iban-missing"):
            await shop().place_order(kim.id, [Item(variant_id=RED, quantity=1)], ELSEWHERE, none, "de", key="l")


class TestAnInvoiceIsMadeOutOnce:
    async def test_other_details_correct_the_first_and_numbers_have_no_gap(self, house: House) -> None:
        kim = house.customer()
        await ordered(kim)
        await kim.says("ich brauche eine rechnung")
        await kim.says("schick mir die rechnung bitte noch mal")
        await kim.says("bitte die rechnung auf die Reuter Film GmbH")
        made = house.shop.rows("SELECT kind, COUNT(*) FROM invoices GROUP BY kind ORDER BY kind")
        assert made == [("credit_note", 1), ("invoice", 2)]


class TestOthersThingsAreNotFound:
    async def test_directly(self, house: House) -> None:
        kim, eve = house.customer("kim"), house.customer("eve")
        await delivered(house, kim)
        piece = Piece(line=0, quantity=1)
        for call in (
            shop().order(eve.id, NUMBER),
            shop().cancel_order(eve.id, NUMBER, reason="other", key="a"),
            shop().change_order(eve.id, NUMBER, address=ELSEWHERE, key="b"),
            shop().return_order(eve.id, NUMBER, [piece], "original", "other", key="c"),
            shop().preview_return(eve.id, NUMBER, [piece], "original"),
            shop().pay_order(eve.id, NUMBER, PAYPAL, key="d"),
            shop().issue_invoice(eve.id, NUMBER, key="e"),
        ):
            with pytest.raises(NotFound):
                await call
        assert await shop().refunds(eve.id) == []

    @pytest.mark.parametrize(
        "words",
        [
            "storniere NC-104201",
            "ich will NC-104201 zurückgeben",
            "die rechnung zu NC-104201 bitte",
            "wo ist NC-104201?",
        ],
    )
    async def test_by_talking(self, house: House, words: str) -> None:
        kim, eve = house.customer("kim"), house.customer("eve")
        await ordered(kim)
        assert "finde ich keine Bestellung" in await eve.says(words)
        assert house.shop.orders(kim.id)[0][1] == "pending"

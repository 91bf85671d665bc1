"""Cancelling and refunds: who gets what back, by which way, when, to the cent."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import (
    advanced,
    balances,
    booked,
    delivered,
    eur,
    gift_card,
    given_back,
    item,
    paid,
    placed,
    received,
    refunds_of,
    seen,
    stock_of,
)

MINI, PRO = 49900, 119900
IBAN = "DE89 3704 0044 0532 0130 00"
REASONS = [
    "no_longer_needed",
    "ordered_by_mistake",
    "found_elsewhere",
    "takes_too_long",
    "too_expensive",
    "other",
    "not_said",
]


async def cancelled(shop: ShopClient, number: str, **body: Any) -> Reply:
    return await shop.post(f"/v1/orders/{number}/cancellation", body)


async def book(shop: ShopClient, refund_id: str) -> Reply:
    """The staff says that the money has left."""
    return await shop.staff().post(f"/v1/operations/refunds/{refund_id}/book", {})


class TestCancellingOnlyWhilePending:
    """With a reason out of a few, and words if the customer likes."""

    @pytest.mark.parametrize("reason", REASONS)
    async def test_every_reason_is_kept(self, shop: ShopClient, reason: str) -> None:
        number = await placed(shop)
        order = (await cancelled(shop, number, reason=reason, note="zu spät für den Urlaub")).json
        assert (order["cancel_reason"], order["cancel_note"]) == (reason, "zu spät für den Urlaub")
        assert (order["changeable"], order["cancellable"]) == (False, False)

    @pytest.mark.parametrize("status", ["processed", "shipped", "delivered"])
    async def test_an_order_under_way_is_not_cancelled_and_nothing_is_refunded(
        self, shop: ShopClient, status: str
    ) -> None:
        await gift_card(shop, MINI)
        number = await placed(shop, payment_method="gift_card")
        await advanced(shop, number, status)
        reply = await cancelled(shop, number, reason="other")
        assert (reply.status, reply.slug, reply.json["order_status"]) == (409, "order-not-cancellable", status)
        assert (await refunds_of(shop), list((await balances(shop)).values())) == ([], [0])

    async def test_nobody_cancels_somebody_elses(self, shop: ShopClient) -> None:
        number = await paid(shop)
        assert (await cancelled(shop.acting_for("customer-2"), number)).slug == "order-not-found"
        assert (await seen(shop, number))["status"] == "pending"

    async def test_cancelled_ten_times_at_once_it_is_refunded_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        number = await placed(shop, payment_method="gift_card")
        replies = await asyncio.gather(*(cancelled(shop, number) for _ in range(10)))
        assert sorted(reply.status for reply in replies) == [200] + [409] * 9
        assert (await balances(shop), len(await refunds_of(shop))) == ({code: MINI}, 1)
        assert await stock_of(shop, "aeropix-mini-red") == 24


class TestCancelledOrdersAreRefunded:
    """What was paid, and nothing else; gift cards at once, the others in five to seven working days."""

    async def test_a_gift_card_has_it_at_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 60000)
        number = await placed(shop, payment_method="gift_card")
        order = (await cancelled(shop, number)).json
        assert (order["payment"]["status"], order["payment"]["amount"]) == ("refunded", eur(MINI))
        [refund] = await refunds_of(shop)
        assert (refund["reason"], refund["status"], refund["amount"]) == ("cancellation", "refunded", eur(MINI))
        assert (refund["expected_from"], refund["expected_until"]) == ("2026-03-02", "2026-03-02")
        assert refund["refunded_at"] == "2026-03-02T09:30:00Z"
        assert await balances(shop) == {code: 60000}

    @pytest.mark.parametrize(
        ("method", "more"), [("paypal", {}), ("card", {}), ("invoice", {}), ("direct_debit", {"iban": IBAN})]
    )
    async def test_the_others_have_it_in_five_to_seven_working_days(
        self, shop: ShopClient, clock: GivenClock, method: str, more: dict[str, str]
    ) -> None:
        clock.passes(timedelta(days=30))  # to the Wednesday before Easter
        number = await paid(shop, payment_method=method, **more)
        order = (await cancelled(shop, number)).json
        assert (order["payment"]["status"], order["payment"]["amount"]) == ("paid", eur(MINI))
        [refund] = await refunds_of(shop)
        assert (refund["method"], refund["status"], refund["amount"]) == (method, "requested", eur(MINI))
        assert (refund["expected_from"], refund["expected_until"]) == ("2026-04-10", "2026-04-14")
        assert (refund["received_at"], refund["refunded_at"]) == (None, None)

    @pytest.mark.parametrize(("method", "more"), [("paypal", {}), ("invoice", {}), ("direct_debit", {"iban": IBAN})])
    async def test_what_was_never_paid_is_not_refunded(
        self, shop: ShopClient, method: str, more: dict[str, str]
    ) -> None:
        number = await placed(shop, payment_method=method, **more)
        payment = (await cancelled(shop, number)).json["payment"]
        assert (payment["status"], payment["amount"], payment["url"]) == ("none", eur(0), None)
        assert await refunds_of(shop) == []

    async def test_what_was_paid_in_two_ways_goes_back_in_both(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 5000)
        number = await paid(shop, item("aeropix-pro-red"))
        change = {"items": [item("aeropix-pro-black")], "payment_method": "gift_card"}
        await shop.patch(f"/v1/orders/{number}", change)
        await cancelled(shop, number)
        back = {refund["method"]: (refund["amount"], refund["status"]) for refund in await refunds_of(shop)}
        assert back == {"paypal": (eur(PRO), "requested"), "gift_card": (eur(5000), "refunded")}
        assert await balances(shop) == {code: 5000}

    async def test_what_went_back_before_does_not_go_back_again(self, shop: ShopClient) -> None:
        number = await paid(shop, item(quantity=3))
        await shop.patch(f"/v1/orders/{number}", {"items": [item()]})
        await cancelled(shop, number)
        amounts = [(refund["reason"], refund["amount"]) for refund in await refunds_of(shop)]
        assert amounts == [("cancellation", eur(MINI)), ("change", eur(2 * MINI))]


class TestReturnsAreRefunded:
    """When the goods are back: the way the money came, or to a gift card."""

    async def test_the_days_count_from_receipt(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop, addons_of("starter-package"))
        entry = (await given_back(shop, number)).json
        refund = entry["refund"]
        assert (refund["status"], refund["amount"], refund["method"]) == ("requested", eur(MINI + 6900), "paypal")
        assert (refund["expected_from"], refund["expected_until"], refund["received_at"]) == (None, None, None)
        clock.passes(timedelta(days=4))  # a Friday
        refund = (await received(shop, entry["number"])).json["refund"]
        assert (refund["status"], refund["received_at"]) == ("received", "2026-03-06T09:30:00Z")
        assert (refund["expected_from"], refund["expected_until"]) == ("2026-03-13", "2026-03-17")
        clock.passes(timedelta(days=5))
        assert (await book(shop, refund["id"])).json["refunded_at"] == "2026-03-11T09:30:00Z"
        assert (await shop.get(f"/v1/returns/{entry['number']}")).json["status"] == "completed"
        assert await refunds_of(shop) == [(await shop.get(f"/v1/returns/{entry['number']}")).json["refund"]]

    async def test_an_original_gift_card_has_it_when_the_goods_are_back(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        await gift_card(shop, 1)
        number = await placed(shop, payment_method="gift_card", gift_card=code)
        await advanced(shop, number, "delivered")
        entry = (await given_back(shop, number)).json["number"]
        assert (await balances(shop))[code] == 0
        assert (await received(shop, entry)).json["status"] == "completed"
        assert (await balances(shop))[code] == MINI
        assert (await seen(shop, number))["payment"]["status"] == "refunded"

    async def test_a_gift_card_of_the_customers_is_topped_up(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 100)
        entry = (await given_back(shop, await delivered(shop), to="gift_card")).json
        assert (entry["refund"]["method"], await balances(shop)) == ("gift_card", {code: 100})
        refund = (await received(shop, entry["number"])).json["refund"]
        assert (refund["status"], refund["label"]) == ("refunded", f"Gift card …{code[-4:]}")
        assert await balances(shop) == {code: 100 + MINI}

    async def test_a_new_gift_card_is_made_if_there_is_none(self, shop: ShopClient) -> None:
        entry = (await given_back(shop, await delivered(shop), to="gift_card")).json["number"]
        assert await balances(shop) == {}
        await received(shop, entry)
        [(code, balance)] = (await balances(shop)).items()
        assert (code[:3], len(code), balance) == ("GC-", 12, MINI)

    async def test_a_part_is_refunded_to_the_cent(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=3, addons=["insurance"]))
        for _ in range(2):
            refund = (await received(shop, (await given_back(shop, number)).json["number"])).json["refund"]
            await book(shop, refund["id"])
        payment = (await seen(shop, number))["payment"]
        assert (payment["status"], payment["amount"]) == ("paid", eur(MINI + 3 * 690))

    @pytest.mark.parametrize("to", ["original", "gift_card"])
    async def test_what_was_not_paid_yet_is_no_longer_owed_and_makes_nobody_rich(
        self, shop: ShopClient, to: str
    ) -> None:
        number = await placed(shop, item(quantity=2), payment_method="invoice")
        await advanced(shop, number, "delivered")
        entry = (await given_back(shop, number, to=to)).json
        assert entry["difference"] == {"direction": "refund", "amount": eur(MINI)}
        assert (await seen(shop, number))["payment"]["amount"] == eur(2 * MINI)
        refund = (await received(shop, entry["number"])).json["refund"]
        assert (refund["method"], refund["status"], refund["amount"]) == ("invoice", "refunded", eur(MINI))
        payment = (await seen(shop, number))["payment"]
        assert (payment["status"], payment["amount"], await balances(shop)) == ("due", eur(MINI), {})

    async def test_paid_between_asking_and_arriving_it_goes_back_as_money(self, shop: ShopClient) -> None:
        number = await placed(shop, payment_method="invoice")
        await advanced(shop, number, "delivered")
        entry = (await given_back(shop, number)).json["number"]
        await booked(shop, number)
        refund = (await received(shop, entry)).json["refund"]
        assert (refund["method"], refund["status"]) == ("invoice", "received")

    async def test_paid_in_between_it_still_goes_to_the_gift_card_that_was_wished(self, shop: ShopClient) -> None:
        number = await placed(shop, payment_method="invoice")
        await advanced(shop, number, "delivered")
        entry = (await given_back(shop, number, to="gift_card")).json["number"]
        await booked(shop, number)
        assert (await received(shop, entry)).json["refund"]["method"] == "gift_card"
        assert list((await balances(shop)).values()) == [MINI]

    async def test_mended_between_asking_and_arriving_it_goes_back_the_new_way(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        number = await placed(shop)
        await advanced(shop, number, "delivered")
        entry = (await given_back(shop, number)).json["number"]
        await shop.post(f"/v1/orders/{number}/payment", {"payment_method": "gift_card"})
        await received(shop, entry)
        [refund] = await refunds_of(shop)
        assert (refund["method"], refund["status"], refund["amount"]) == ("gift_card", "refunded", eur(MINI))
        assert await balances(shop) == {code: MINI}


def addons_of(*addons: str) -> dict[str, Any]:
    return item(addons=list(addons))


class TestBooking:
    """The staff books each refund once, and not before the goods are back."""

    async def test_a_refund_waits_for_the_goods(self, shop: ShopClient) -> None:
        refund = (await given_back(shop, await delivered(shop))).json["refund"]["id"]
        reply = await book(shop, refund)
        assert (reply.status, reply.slug, reply.json["refund_status"]) == (409, "refund-not-bookable", "requested")

    async def test_it_is_booked_once(self, shop: ShopClient) -> None:
        await cancelled(shop, await paid(shop))
        [refund] = await refunds_of(shop)
        replies = await asyncio.gather(*(book(shop, refund["id"]) for _ in range(6)))
        assert sorted(reply.status for reply in replies) == [200] + [409] * 5
        assert (await refunds_of(shop))[0]["status"] == "refunded"

    async def test_a_booked_cancellation_shows_in_the_order(self, shop: ShopClient) -> None:
        number = await paid(shop)
        await cancelled(shop, number)
        await book(shop, (await refunds_of(shop))[0]["id"])
        assert (await seen(shop, number))["payment"]["status"] == "refunded"

    @pytest.mark.parametrize("refund_id", ["RF-999999", "400001", "RT-300001"])
    async def test_no_refund_is_no_refund(self, shop: ShopClient, refund_id: str) -> None:
        assert (await book(shop, refund_id)).slug == "refund-not-found"


class TestSeeingRefunds:
    """Only one's own, the newest first."""

    async def test_the_newest_comes_first_and_strangers_see_none(self, shop: ShopClient) -> None:
        for _ in range(3):
            await cancelled(shop, await paid(shop))
        assert [refund["id"] for refund in await refunds_of(shop)] == ["RF-400003", "RF-400002", "RF-400001"]
        assert await refunds_of(shop.acting_for("customer-2")) == []

"""Sending back: what was delivered, within its period, line by line, no piece twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from openapi_core import OpenAPI

from shop.settings import Settings
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock, running
from tests.shop.requests import (
    advanced,
    balances,
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

MINI, SHOES = 49900, 17900


def wanted(*lines: tuple[int, int], **more: Any) -> dict[str, Any]:
    items = [{"line": line, "quantity": quantity} for line, quantity in lines]
    return {"items": items, "refund_to": "original", "reason": "does_not_fit", **more}


class TestOnlyWhatWasDelivered:
    """Before, it is cancelled or waited for; afterwards it comes back."""

    @pytest.mark.parametrize("status", ["pending", "processed", "shipped"])
    async def test_what_has_not_arrived_does_not_come_back(self, shop: ShopClient, status: str) -> None:
        number = await paid(shop)
        if status != "pending":
            await advanced(shop, number, status)
        reply = await given_back(shop, number)
        assert (reply.status, reply.slug) == (409, "not-returnable")
        assert (reply.json["order_status"], reply.json["why"]) == (status, "not_delivered")
        assert reply.json["returnable_until"] is None
        assert (await refunds_of(shop), (await shop.get("/v1/returns")).json) == ([], {"items": []})

    async def test_nor_does_what_was_cancelled(self, shop: ShopClient) -> None:
        number = await paid(shop)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        assert (await given_back(shop, number)).json["why"] == "not_delivered"

    async def test_what_has_arrived_does(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        order = await seen(shop, number)
        assert (order["delivered_at"], order["returnable_until"]) == ("2026-03-02T09:30:00Z", "2026-03-16")
        reply = await given_back(shop, number)
        assert (reply.status, reply.json["number"], reply.json["status"]) == (201, "RT-300001", "requested")
        assert (reply.json["kind"], reply.json["send_by"]) == ("return", "2026-03-16")


class TestOnlyInThePeriod:
    """The last day counts whole, in German time; how many days there are is the operator's to say."""

    async def test_the_last_day_counts_to_its_end(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop)
        clock.passes(timedelta(days=14, hours=13, minutes=29))  # 22:59 in UTC, 23:59 in Germany
        assert (await given_back(shop, number)).status == 201

    async def test_the_next_day_is_too_late(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop)
        clock.passes(timedelta(days=14, hours=13, minutes=31))
        reply = await given_back(shop, number)
        assert (reply.slug, reply.json["why"]) == ("not-returnable", "period_over")
        assert reply.json["returnable_until"] == "2026-03-16"

    async def test_the_operator_may_give_more_days(
        self, settings: Settings, clock: GivenClock, openapi: OpenAPI
    ) -> None:
        async with running(settings.model_copy(update={"return_days": 30}), clock, openapi) as shop:
            number = await delivered(shop)
            assert (await seen(shop, number))["returnable_until"] == "2026-04-01"
            clock.passes(timedelta(days=29))
            assert (await given_back(shop, number)).status == 201


class TestLineByLine:
    """Any pieces of any lines; never more than are left."""

    async def test_a_part_of_a_line_and_the_rest_later(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=3))
        assert (await given_back(shop, number, 2)).json["difference"] == {
            "direction": "refund",
            "amount": eur(2 * MINI),
        }
        assert (await seen(shop, number))["items"][0]["returned"] == 2
        reply = await given_back(shop, number, 2)
        assert (reply.slug, reply.json["why"]) == ("not-returnable", "nothing_left")
        assert (await given_back(shop, number, 1)).status == 201
        assert (await seen(shop, number))["items"][0]["returned"] == 3

    async def test_several_lines_at_once(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(), item("urbano-e1-m-blue"), item("sitsense-home-sand", 2))
        reply = (await shop.post(f"/v1/orders/{number}/returns", wanted((2, 2), (0, 1)))).json
        assert [(line["line"], line["quantity"], line["amount"]) for line in reply["items"]] == [
            (2, 2, eur(2 * 54900)),
            (0, 1, eur(MINI)),
        ]
        assert [line["returned"] for line in (await seen(shop, number))["items"]] == [1, 0, 2]

    async def test_one_line_named_twice_is_counted_together(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=3))
        reply = await shop.post(f"/v1/orders/{number}/returns", wanted((0, 2), (0, 2)))
        assert reply.json["why"] == "nothing_left"
        assert (await shop.post(f"/v1/orders/{number}/returns", wanted((0, 2), (0, 1)))).status == 201

    async def test_one_line_too_many_and_nothing_comes_back(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(), item("urbano-e1-m-blue"))
        assert (await shop.post(f"/v1/orders/{number}/returns", wanted((0, 1), (1, 2)))).slug == "not-returnable"
        assert [line["returned"] for line in (await seen(shop, number))["items"]] == [0, 0]

    async def test_a_line_that_there_is_not_is_no_line(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        reply = await shop.post(f"/v1/orders/{number}/returns", wanted((0, 1), (7, 1)))
        assert (reply.status, reply.json["errors"][0]["path"]) == (400, "items.1.line")

    async def test_once_paid_add_ons_come_back_with_the_piece_and_monthly_ones_do_not(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2, addons=["insurance", "starter-package", "flight-lessons"]))
        assert (await given_back(shop, number)).json["items"][0]["amount"] == eur(MINI + 6900 + 8900)

    async def test_what_is_rented_is_no_return(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(term_months=6), item("urbano-e1-m-blue"))
        for lines in ([(0, 1)], [(1, 1), (0, 1)]):
            reply = await shop.post(f"/v1/orders/{number}/returns", wanted(*lines))
            assert (reply.slug, reply.json["why"]) == ("not-returnable", "rented")
        assert (await shop.post(f"/v1/orders/{number}/returns", wanted((1, 1)))).status == 201

    @pytest.mark.parametrize(
        "change",
        [
            {"items": []},
            {"items": [{"line": 0, "quantity": 0}]},
            {"items": [{"line": -1, "quantity": 1}]},
            {"items": [{"line": "0", "quantity": 1}]},
            {"items": [{"quantity": 1}]},
            {"refund_to": "cash"},
            {"refund_to": None},
            {"reason": "zu klein"},
            {"reason": None},
            {"colour": "red"},
        ],
    )
    async def test_a_return_that_makes_no_sense_is_refused(self, shop: ShopClient, change: dict[str, Any]) -> None:
        number = await delivered(shop)
        reply = await shop.refused("POST", f"/v1/orders/{number}/returns", wanted((0, 1)) | change)
        assert (reply.status, reply.slug) == (400, "invalid-request")


class TestNoPieceComesBackTwice:
    """However many ask at once."""

    async def test_asked_for_ten_times_at_once_it_comes_back_once(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        replies = await asyncio.gather(*(given_back(shop, number) for _ in range(10)))
        assert sorted(reply.status for reply in replies) == [201] + [409] * 9
        assert {reply.json["why"] for reply in replies if reply.status == 409} == {"nothing_left"}
        assert [refund["amount"] for refund in await refunds_of(shop)] == [eur(MINI)]

    async def test_returned_and_exchanged_at_once_it_is_one_of_both(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-mini-red"))
        swap = {"items": [{"line": 0, "quantity": 1, "variant_id": "aeropix-mini-white"}]}
        replies = await asyncio.gather(given_back(shop, number), shop.post(f"/v1/orders/{number}/exchanges", swap))
        assert sorted(reply.status for reply in replies) == [201, 409]
        assert (await seen(shop, number))["items"][0]["returned"] == 1

    async def test_received_ten_times_at_once_it_is_stocked_and_refunded_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        number = await delivered_by_gift_card(shop)
        stock = await stock_of(shop, "aeropix-mini-red")
        entry = (await given_back(shop, number)).json["number"]
        replies = await asyncio.gather(*(received(shop, entry) for _ in range(10)))
        assert sorted(reply.status for reply in replies) == [200] + [409] * 9
        assert {reply.slug for reply in replies if reply.status == 409} == {"return-not-receivable"}
        assert (await stock_of(shop, "aeropix-mini-red"), await balances(shop)) == (stock + 1, {code: MINI})


async def delivered_by_gift_card(shop: ShopClient) -> str:
    number = await placed(shop, payment_method="gift_card")
    await advanced(shop, number, "delivered")
    return number


class TestReceiving:
    """The staff takes it in: the stock is back, the days of the refund count."""

    async def test_the_stock_is_back_when_the_goods_are(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop, item(quantity=3))
        entry = (await given_back(shop, number, 2)).json["number"]
        assert await stock_of(shop, "aeropix-mini-red") == 21
        clock.passes(timedelta(days=3))
        reply = (await received(shop, entry)).json
        assert (reply["status"], reply["received_at"]) == ("received", "2026-03-05T09:30:00Z")
        assert await stock_of(shop, "aeropix-mini-red") == 23

    @pytest.mark.parametrize("number", ["RT-999999", "300001", "RT-", "RF-400001"])
    async def test_there_is_nothing_to_receive_of_no_return(self, shop: ShopClient, number: str) -> None:
        assert (await received(shop, number)).slug == "return-not-found"

    async def test_customers_cannot_receive(self, shop: ShopClient) -> None:
        entry = (await given_back(shop, await delivered(shop))).json["number"]
        assert (await shop.post(f"/v1/operations/returns/{entry}/receive", {})).status == 401


class TestSeeingReturns:
    """Only one's own, the newest first."""

    async def test_the_newest_comes_first(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=3))
        numbers = [(await given_back(shop, number)).json["number"] for _ in range(3)]
        listed = (await shop.get("/v1/returns")).json["items"]
        assert [entry["number"] for entry in listed] == numbers[::-1]
        assert (await shop.get(f"/v1/returns/{numbers[0]}")).json == listed[-1]

    async def test_somebody_elses_looks_like_none(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        entry = (await given_back(shop, number)).json["number"]
        stranger = shop.acting_for("customer-2")
        assert (await stranger.get("/v1/returns")).json == {"items": []}
        for path in (f"/v1/returns/{entry}", "/v1/returns/RT-999999", "/v1/returns/x"):
            reply = await stranger.get(path)
            assert (reply.status, reply.slug) == (404, "return-not-found")
        assert (await given_back(stranger, number)).slug == "order-not-found"
        assert (await seen(shop, number))["items"][0]["returned"] == 1


class TestQuotes:
    """What it would be, without being it; refused as the write would be."""

    async def test_a_quote_says_what_the_return_then_is(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2, addons=["starter-package"]))
        quote = (await shop.post("/v1/return-quotes", {"order_number": number, **wanted((0, 1))})).json
        real = (await shop.post(f"/v1/orders/{number}/returns", wanted((0, 1)))).json
        assert quote.items() >= {name: real[name] for name in ("kind", "send_by", "items", "difference")}.items()
        assert (
            quote["refund"].items() >= {name: real["refund"][name] for name in ("amount", "method", "reason")}.items()
        )
        assert not {"number", "label_url", "requested_at"} & set(quote)

    async def test_a_quote_changes_nothing(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        before = await seen(shop, number)
        for _ in range(3):
            assert (await shop.post("/v1/return-quotes", {"order_number": number, **wanted((0, 1))})).status == 200
        assert await seen(shop, number) == before
        assert (await shop.get("/v1/returns")).json == {"items": []}
        assert (await given_back(shop, number)).json["number"] == "RT-300001"

    async def test_a_quote_is_refused_as_the_return_is(self, shop: ShopClient) -> None:
        number = await paid(shop)
        quote = {"order_number": number, **wanted((0, 1))}
        assert (await shop.post("/v1/return-quotes", quote)).json["why"] == "not_delivered"
        await advanced(shop, number, "delivered")
        too_many = await shop.post("/v1/return-quotes", {"order_number": number, **wanted((0, 2))})
        assert too_many.json["why"] == "nothing_left"
        assert (await shop.acting_for("customer-2").post("/v1/return-quotes", quote)).slug == "order-not-found"
        assert (await shop.post("/v1/return-quotes", quote | {"order_number": "x"})).slug == "order-not-found"

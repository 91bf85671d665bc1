"""Whatever writes may safely be sent twice, at once or later, and is done once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import orjson
import pytest
from sqlalchemy import func, select

from shop.database import Database
from shop.idempotency import Writes
from shop.models import AnsweredWrite
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import VIENNA, advanced, balances, gift_card, item, order, placed, stock_of

WRITES = [
    ("PUT", "/v1/customers/me", {"language": "de"}),
    ("POST", "/v1/orders", order()),
    ("PATCH", "/v1/orders/NC-104201", {"payment_method": "card"}),
    ("POST", "/v1/orders/NC-104201/cancellation", {}),
    ("POST", "/v1/orders/NC-104201/payment", {"payment_method": "card"}),
    ("POST", "/v1/orders/NC-104201/returns", {"items": [{"line": 0, "quantity": 1}], "refund_to": "original"}),
    ("POST", "/v1/orders/NC-104201/exchanges", {"items": [{"line": 0, "quantity": 1, "variant_id": "x"}]}),
    ("POST", "/v1/orders/NC-104201/invoice", {}),
    ("POST", "/v1/operations/orders/NC-104201/advance", {"to": "shipped"}),
    ("POST", "/v1/operations/orders/NC-104201/promise", {"promised_date": "2026-03-10"}),
    ("POST", "/v1/operations/orders/NC-104201/payment/book", {}),
    ("POST", "/v1/operations/returns/RT-300001/receive", {}),
    ("POST", "/v1/operations/refunds/RF-400001/book", {}),
    ("POST", "/v1/operations/gift-cards", {"customer": "customer-1", "amount": 1, "currency": "EUR"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
async def test_a_write_without_a_proper_key_is_refused(shop: ShopClient, method: str, path: str, body: object) -> None:
    await placed(shop)
    caller = shop.staff() if "operations" in path else shop
    for key in (None, "", "two words", "x" * 256, "schlüssel"):
        headers = {} if key is None else {"Idempotency-Key": key}
        reply = await caller.send_malformed(method, path, raw=orjson.dumps(body), headers=headers)
        assert (reply.status, reply.slug) == (400, "idempotency-key-missing")


async def test_an_order_sent_twice_is_placed_once(shop: ShopClient) -> None:
    first = await shop.post("/v1/orders", order(item(quantity=2)), key="message-42")
    second = await shop.post("/v1/orders", order(item(quantity=2)), key="message-42")
    assert (first.replayed, second.replayed) == (False, True)
    assert (first.status, first.raw) == (second.status, second.raw)
    assert await stock_of(shop, "aeropix-mini-red") == 22


async def test_the_stored_answer_is_the_first_even_when_the_order_has_changed_since(shop: ShopClient) -> None:
    first = await shop.post("/v1/orders", order(), key="message-42")
    await shop.post(f"/v1/orders/{first.json['number']}/cancellation", {})
    again = await shop.post("/v1/orders", order(), key="message-42")
    assert again.raw == first.raw


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda shop, number: shop.patch(f"/v1/orders/{number}", {"items": [item(quantity=3)]}, key="k"), 200),
        (
            lambda shop, number: shop.post(
                f"/v1/orders/{number}/cancellation", {"reason": "other", "note": "x"}, key="k"
            ),
            200,
        ),
        (lambda shop, _: shop.put("/v1/customers/me", {"name": "Mia", "language": "de"}, key="k"), 200),
    ],
)
async def test_every_write_sent_twice_is_done_once(
    shop: ShopClient, call: Callable[[ShopClient, str], Awaitable[Reply]], code: int
) -> None:
    number = await placed(shop, item(quantity=1))
    first, second = await call(shop, number), await call(shop, number)
    assert (first.status, first.raw, second.replayed) == (code, second.raw, True)
    assert await stock_of(shop, "aeropix-mini-red") in {21, 23, 24}


async def test_what_costs_and_brings_money_is_done_once(shop: ShopClient) -> None:
    """Each sent twice under one key: the same answer, and the money moves once."""
    code = await gift_card(shop, 200000)
    pro = order(item("aeropix-pro-red"), payment_method="gift_card")
    swap = {"items": [{"line": 0, "quantity": 1, "variant_id": "aeropix-pro-black"}], "payment_method": "gift_card"}
    back = {"items": [{"line": 1, "quantity": 1}], "refund_to": "gift_card"}
    pro["items"].append(item("aeropix-mini-red"))
    number = (await twice(shop, "/v1/orders", pro)).json["number"]
    assert await balances(shop) == {code: 200000 - 119900 - 49900}
    await advanced(shop, number, "delivered")
    entry = (await twice(shop, f"/v1/orders/{number}/returns", back)).json["number"]
    await twice(shop.staff(), f"/v1/operations/returns/{entry}/receive", {})
    assert await balances(shop) == {code: 200000 - 119900}
    await twice(shop, f"/v1/orders/{number}/exchanges", swap)
    assert await balances(shop) == {code: 200000 - 124900}
    await twice(shop, f"/v1/orders/{number}/invoice", {})
    assert len((await shop.get(f"/v1/orders/{number}/invoices")).json["items"]) == 1
    card = {"customer": "customer-1", "amount": 1, "currency": "EUR"}
    await twice(shop.staff(), "/v1/operations/gift-cards", card)
    assert len(await balances(shop)) == 2


async def twice(shop: ShopClient, path: str, body: object) -> Reply:
    first, second = await shop.post(path, body, key=f"key-of-{path}"), await shop.post(path, body, key=f"key-of-{path}")
    assert (first.status < 300, second.raw, second.replayed) == (True, first.raw, True)
    return first


async def test_staff_sending_twice_sends_one_parcel(shop: ShopClient) -> None:
    path = f"/v1/operations/orders/{await placed(shop)}/advance"
    first = await shop.staff().post(path, {"to": "shipped"}, key="k")
    second = await shop.staff().post(path, {"to": "shipped"}, key="k")
    assert (first.raw, len(second.json["shipments"])) == (second.raw, 1)


async def test_a_refusal_is_stored_too(shop: ShopClient) -> None:
    wanted = item("aeropix-cinema-white")
    number = await placed(shop, wanted)
    refused = await shop.post("/v1/orders", order(wanted), key="message-42")
    await shop.post(f"/v1/orders/{number}/cancellation", {})
    again = await shop.post("/v1/orders", order(wanted), key="message-42")
    assert (refused.slug, again.replayed, again.raw) == ("out-of-stock", True, refused.raw)
    assert (await shop.post("/v1/orders", order(wanted), key="message-43")).status == 201


async def test_a_key_is_not_used_for_another_request(shop: ShopClient) -> None:
    number = (await shop.post("/v1/orders", order(), key="message-42")).json["number"]
    for reply in (
        await shop.post("/v1/orders", order(item(quantity=2)), key="message-42"),
        await shop.post("/v1/orders", order(address=VIENNA), key="message-42"),
        await shop.patch(f"/v1/orders/{number}", {"payment_method": "card"}, key="message-42"),
        await shop.post(f"/v1/orders/{number}/cancellation", {}, key="message-42"),
    ):
        assert (reply.status, reply.slug) == (422, "idempotency-key-reused")
    assert len((await shop.get("/v1/orders")).json["items"]) == 1


async def test_spaces_and_the_order_of_members_make_no_other_request(shop: ShopClient) -> None:
    headers = {"Idempotency-Key": "message-42"}
    spread = orjson.dumps(dict(reversed(order().items())), option=orjson.OPT_INDENT_2)
    first = await shop.send("POST", "/v1/orders", raw=orjson.dumps(order()), headers=headers)
    second = await shop.send("POST", "/v1/orders", raw=spread, headers=headers)
    assert (second.replayed, second.raw) == (True, first.raw)


async def test_leaving_out_and_clearing_are_different_requests(shop: ShopClient) -> None:
    await shop.put("/v1/customers/me", {"language": "de"}, key="message-42")
    reply = await shop.put("/v1/customers/me", {"language": "de", "name": None}, key="message-42")
    assert reply.slug == "idempotency-key-reused"


async def test_one_customers_key_never_meets_anothers(shop: ShopClient) -> None:
    first = await shop.post("/v1/orders", order(), key="message-42")
    other = await shop.acting_for("customer-2").post("/v1/orders", order(), key="message-42")
    assert (other.status, other.replayed) == (201, False)
    assert other.json["number"] != first.json["number"]


async def test_staffs_keys_never_meet_a_customers(shop: ShopClient) -> None:
    customer = shop.acting_for("operations")
    first = await customer.post("/v1/orders", order(), key="key-1")
    path = f"/v1/operations/orders/{first.json['number']}/advance"
    assert (await shop.staff().post(path, {"to": "processed"}, key="key-1")).status == 200


async def test_the_same_order_sent_at_once_many_times_is_placed_once(shop: ShopClient) -> None:
    replies = await asyncio.gather(*(shop.post("/v1/orders", order(), key="message-42") for _ in range(20)))
    assert {reply.raw for reply in replies} == {replies[0].raw}
    assert sorted(reply.replayed for reply in replies) == [False] + [True] * 19
    assert await stock_of(shop, "aeropix-mini-red") == 23


async def test_a_key_sent_at_once_with_two_requests_does_one(shop: ShopClient) -> None:
    bodies = [order(item(quantity=quantity)) for quantity in (1, 2)]
    replies = await asyncio.gather(*(shop.post("/v1/orders", body, key="message-42") for body in bodies))
    assert sorted(reply.status for reply in replies) == [201, 422]
    assert len((await shop.get("/v1/orders")).json["items"]) == 1


async def test_old_answers_are_forgotten(shop: ShopClient, database: Database, clock: GivenClock) -> None:
    await placed(shop)
    clock.passes(timedelta(days=20))
    await advanced(shop, "NC-104201", "processed")
    clock.passes(timedelta(days=11))
    await Writes(database, clock).forget_older_than(timedelta(days=30))
    async with database.reading() as session:
        assert list(await session.scalars(select(AnsweredWrite.scope))) == ["operations"]
        assert await session.scalar(select(func.count()).select_from(AnsweredWrite)) == 1

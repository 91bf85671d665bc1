"""From a yes to the parcel: placed once, seen by its owner alone, changed and cancelled while it is pending."""

import asyncio

import pytest

from tests.conformance.goods import (
    LEIPZIG,
    VIENNA,
    Goods,
    delivered,
    goods_of,
    item,
    money,
    order_of,
    placed,
    without_instance,
)
from tests.conformance.port_client import Answer, Json, PortClient

ORDERS = "/v1/orders"
NOBODYS = "NC-999999999"


async def stock_of(port: PortClient, variant: Json) -> int:
    return (await goods_of(port)).stock_of(variant["id"])


async def cancelled(port: PortClient, number: str, key: str | None = None) -> Answer:
    return await port.post(f"{ORDERS}/{number}/cancellation", {"reason": "no_longer_needed"}, key=key)


# --- placing


async def test_an_order_is_placed_as_quoted_and_takes_the_stock(port: PortClient, goods: Goods) -> None:
    first, second = goods.two_in_stock()
    items = [item(first, 2), item(second)]
    quote = (await port.post("/v1/quotes", {"items": items})).json
    order = await placed(port, *items)
    assert (order["status"], order["address"], order["payment_method"]) == ("pending", LEIPZIG, "invoice")
    assert [(line["variant_id"], line["quantity"]) for line in order["items"]] == [(first["id"], 2), (second["id"], 1)]
    assert (order["total_now"], order["total_monthly"]) == (quote["total_now"], quote["total_monthly"])
    assert order["promised_date"] >= order["placed_at"][:10]
    assert await stock_of(port, first) == first["stock"] - 2


async def test_a_rented_piece_is_ordered_with_its_term(port: PortClient, goods: Goods) -> None:
    _, variant, months = goods.to_rent()
    order = await placed(port, item(variant, term_months=months))
    assert order["items"][0]["term_months"] == months
    assert order["total_monthly"] == order["items"][0]["unit_price"]


async def test_the_address_of_the_last_order_comes_first(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    await placed(port, item(variant))
    await placed(port, item(variant), address=VIENNA)
    await placed(port, item(variant), address=LEIPZIG)
    assert (await port.get("/v1/customers/me")).json["addresses"] == [LEIPZIG, VIENNA]


@pytest.mark.parametrize("wrong", [{"postal_code": "0410"}, {"country": "FR"}, {"street": "  "}])
async def test_an_address_that_cannot_be_is_refused_as_such(port: PortClient, goods: Goods, wrong: Json) -> None:
    answer = await port.post(ORDERS, order_of(item(goods.in_stock()), address=LEIPZIG | wrong))
    assert (answer.status, answer.slug) == (400, "invalid-request")
    assert all(error["path"].startswith("address") for error in answer.json["errors"])
    assert (await port.get(ORDERS)).json["items"] == []


async def test_an_order_is_taken_whole_or_not_at_all(port: PortClient, goods: Goods) -> None:
    scarce = goods.scarce()
    plenty = next(variant for _, variant in goods.variants() if variant["id"] != scarce["id"])
    answer = await port.post(ORDERS, order_of(item(plenty), item(scarce, scarce["stock"] + 1)))
    assert (answer.status, answer.slug) == (409, "out-of-stock")
    assert (answer.json["variant_id"], answer.json["available"]) == (scarce["id"], scarce["stock"])
    assert await stock_of(port, plenty) == plenty["stock"]
    assert (await port.get(ORDERS)).json["items"] == []


# --- once


async def test_an_order_sent_twice_is_placed_once(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    first = await port.post(ORDERS, order_of(item(variant)), key="message-1")
    again = await port.post(ORDERS, order_of(item(variant)), key="message-1")
    assert (first.status, again.status, again.json) == (201, 201, first.json)
    assert (first.replayed, again.replayed) == (False, True)
    assert len((await port.get(ORDERS)).json["items"]) == 1
    assert await stock_of(port, variant) == variant["stock"] - 1


async def test_an_order_sent_many_times_at_once_is_placed_once(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    answers = await asyncio.gather(
        *(port.post(ORDERS, order_of(item(variant)), key="message-1") for _ in range(10)),
    )
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["number"] for answer in answers}) == 1
    assert await stock_of(port, variant) == variant["stock"] - 1


async def test_an_order_changed_since_is_still_the_answer_to_its_key(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    first = await port.post(ORDERS, order_of(item(variant)), key="message-1")
    await cancelled(port, first.json["number"])
    assert (await port.post(ORDERS, order_of(item(variant)), key="message-1")).json == first.json


async def test_a_key_is_not_used_for_another_request(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    await port.post(ORDERS, order_of(item(variant)), key="message-1")
    for other in (order_of(item(variant, 2)), order_of(item(variant), address=VIENNA)):
        answer = await port.post(ORDERS, other, key="message-1")
        assert (answer.status, answer.slug) == (422, "idempotency-key-reused")
    assert len((await port.get(ORDERS)).json["items"]) == 1


async def test_one_customers_key_never_meets_anothers(port: PortClient, goods: Goods) -> None:
    body = order_of(item(goods.in_stock()))
    first = await port.post(ORDERS, body, key="message-1")
    other = await port.somebody_else().post(ORDERS, body, key="message-1")
    assert (other.status, other.replayed) == (201, False)
    assert other.json["number"] != first.json["number"]


async def test_a_write_without_a_key_is_refused(port: PortClient, goods: Goods) -> None:
    answer = await port.send("POST", ORDERS, order_of(item(goods.in_stock())))
    assert (answer.status, answer.slug) == (400, "idempotency-key-missing")
    assert (await port.get(ORDERS)).json["items"] == []


# --- seeing


async def test_a_customer_sees_the_own_orders_newest_first(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    numbers = [(await placed(port, item(variant)))["number"] for _ in range(3)]
    await placed(port.somebody_else(), item(variant))
    assert [order["number"] for order in (await port.get(ORDERS)).json["items"]] == numbers[::-1]
    assert [order["number"] for order in (await port.get(ORDERS, limit=2)).json["items"]] == numbers[:0:-1]


async def test_an_order_is_the_same_wherever_it_is_seen(port: PortClient, goods: Goods) -> None:
    order = await placed(port, item(goods.in_stock()))
    alone = (await port.get(f"{ORDERS}/{order['number']}")).json
    assert (alone["number"], alone["items"], alone["total_now"]) == (
        order["number"],
        order["items"],
        order["total_now"],
    )
    assert (await port.get(ORDERS)).json["items"] == [alone]


@pytest.mark.parametrize("deed", ["see", "change", "cancel"])
async def test_somebody_elses_order_and_none_at_all_are_the_same(port: PortClient, goods: Goods, deed: str) -> None:
    order = await placed(port, item(goods.in_stock()))
    stranger = port.somebody_else()
    theirs, nobodys = [await _tried(stranger, deed, number) for number in (order["number"], NOBODYS)]
    assert (theirs.status, theirs.slug) == (404, "order-not-found")
    assert without_instance(theirs.json) == without_instance(nobodys.json)
    assert (await port.get(f"{ORDERS}/{order['number']}")).json["status"] == "pending"


async def _tried(port: PortClient, deed: str, number: str) -> Answer:
    if deed == "see":
        return await port.get(f"{ORDERS}/{number}")
    if deed == "change":
        return await port.patch(f"{ORDERS}/{number}", {"address": VIENNA})
    return await cancelled(port, number)


# --- changing


async def test_a_pending_order_is_changed_and_the_stock_follows(port: PortClient, goods: Goods) -> None:
    had, wanted = goods.siblings()
    number = (await placed(port, item(had, 2)))["number"]
    change = {"items": [item(wanted)], "address": VIENNA}
    changed = (await port.patch(f"{ORDERS}/{number}", change)).json
    assert [(line["variant_id"], line["quantity"]) for line in changed["items"]] == [(wanted["id"], 1)]
    assert (changed["address"], changed["total_now"]) == (VIENNA, wanted["price"])
    assert (await stock_of(port, had), await stock_of(port, wanted)) == (had["stock"], wanted["stock"] - 1)
    assert (await port.get(f"{ORDERS}/{number}")).json["items"] == changed["items"]


async def test_what_is_not_named_in_a_change_stays(port: PortClient, goods: Goods) -> None:
    order = await placed(port, item(goods.in_stock()))
    changed = (await port.patch(f"{ORDERS}/{order['number']}", {"address": VIENNA})).json
    assert (changed["items"], changed["payment_method"]) == (order["items"], order["payment_method"])


async def test_a_change_sent_twice_is_made_once(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    path = f"{ORDERS}/{(await placed(port, item(variant)))['number']}"
    first = await port.patch(path, {"items": [item(variant, 2)]}, key="message-2")
    again = await port.patch(path, {"items": [item(variant, 2)]}, key="message-2")
    assert (first.status, again.json, again.replayed) == (200, first.json, True)
    assert await stock_of(port, variant) == variant["stock"] - 2


async def test_a_change_to_more_than_there_is_leaves_the_order_as_it_was(port: PortClient, goods: Goods) -> None:
    scarce = goods.scarce()
    order = await placed(port, item(scarce))
    answer = await port.patch(f"{ORDERS}/{order['number']}", {"items": [item(scarce, scarce["stock"] + 1)]})
    assert (answer.status, answer.slug) == (409, "out-of-stock")
    assert (await port.get(f"{ORDERS}/{order['number']}")).json["items"] == order["items"]


async def test_a_change_of_nothing_is_refused(port: PortClient, goods: Goods) -> None:
    number = (await placed(port, item(goods.in_stock())))["number"]
    assert (await port.patch(f"{ORDERS}/{number}", {})).slug == "invalid-request"


# --- cancelling


async def test_a_pending_order_is_cancelled_and_the_stock_returns(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    number = (await placed(port, item(variant, 2)))["number"]
    first = await cancelled(port, number, key="message-2")
    again = await cancelled(port, number, key="message-2")
    assert (first.status, first.json["status"]) == (200, "cancelled")
    assert first.json["cancelled_at"] is not None
    assert (again.json, again.replayed) == (first.json, True)
    assert await stock_of(port, variant) == variant["stock"]


async def test_a_cancelled_order_is_neither_cancelled_nor_changed_again(port: PortClient, goods: Goods) -> None:
    number = (await placed(port, item(goods.in_stock())))["number"]
    await cancelled(port, number)
    again = await cancelled(port, number)
    change = await port.patch(f"{ORDERS}/{number}", {"address": VIENNA})
    assert (again.status, again.slug, again.json["order_status"]) == (409, "order-not-cancellable", "cancelled")
    assert (change.status, change.slug, change.json["order_status"]) == (409, "order-not-changeable", "cancelled")


# --- the shop's people


async def test_a_parcel_is_told_with_its_number_and_its_way(port: PortClient, goods: Goods) -> None:
    staff = port.staff()
    number = (await placed(port, item(goods.in_stock())))["number"]
    await staff.post(f"/v1/operations/orders/{number}/advance", {"to": "shipped"})
    order = (await port.get(f"{ORDERS}/{number}")).json
    assert order["status"] == "shipped"
    assert order["shipments"][0]["tracking_number"]
    assert [event["at"] for event in order["shipments"][0]["events"]] == sorted(
        event["at"] for event in order["shipments"][0]["events"]
    )


async def test_what_is_on_its_way_is_neither_changed_nor_cancelled(port: PortClient, goods: Goods) -> None:
    number = (await delivered(port, item(goods.in_stock())))["number"]
    change = await port.patch(f"{ORDERS}/{number}", {"address": VIENNA})
    cancel = await cancelled(port, number)
    assert (change.slug, change.json["order_status"]) == ("order-not-changeable", "delivered")
    assert (cancel.slug, cancel.json["order_status"]) == ("order-not-cancellable", "delivered")


async def test_the_assistants_secret_moves_no_order_on(port: PortClient, goods: Goods) -> None:
    number = (await placed(port, item(goods.in_stock())))["number"]
    answer = await port.acting_for(None).post(f"/v1/operations/orders/{number}/advance", {"to": "shipped"})
    assert answer.status in (401, 404)
    assert (await port.get(f"{ORDERS}/{number}")).json["status"] == "pending"


async def test_prices_are_kept_as_agreed(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    order = await placed(port, item(variant, 2))
    assert order["items"][0]["unit_price"] == variant["price"]
    assert order["items"][0]["total"] == money(2 * variant["price"]["amount"], variant["price"])

"""What arrived goes back for money, or for another variant."""

from typing import Any

import pytest

from tests.conformance.goods import Goods, delivered, goods_of, item, placed, without_instance
from tests.conformance.port_client import Answer, Json, PortClient

RETURNS = "/v1/returns"
NOBODYS = "NC-999999999"


@pytest.fixture(autouse=True)
async def _returns_are_known(port: PortClient) -> None:
    await port.get(RETURNS)


def _back(*pieces: Json, **more: Any) -> Json:
    return {"items": list(pieces), "refund_to": "original", "reason": "does_not_fit", **more}


def _of(order: Json, quantity: int = 1) -> Json:
    return {"line": order["items"][0]["line"], "quantity": quantity}


async def _returned(port: PortClient, order: Json, quantity: int = 1, key: str | None = None) -> Answer:
    return await port.post(f"/v1/orders/{order['number']}/returns", _back(_of(order, quantity)), key=key)


async def _exchanged(port: PortClient, order: Json, variant: Json, **more: Any) -> Answer:
    body = {"items": [_of(order) | {"variant_id": variant["id"]}], **more}
    return await port.post(f"/v1/orders/{order['number']}/exchanges", body)


async def test_what_has_not_arrived_cannot_go_back(port: PortClient, goods: Goods) -> None:
    answer = await _returned(port, await placed(port, item(goods.in_stock())))
    assert (answer.status, answer.slug) == (409, "not-returnable")
    assert (answer.json["why"], answer.json["order_status"]) == ("not_delivered", "pending")


async def test_what_a_return_would_be_is_said_and_nothing_is_done(port: PortClient, goods: Goods) -> None:
    order = await delivered(port, item(goods.in_stock(), 2))
    body = {"order_number": order["number"], **_back(_of(order))}
    quote = (await port.post("/v1/return-quotes", body)).json
    assert (quote["kind"], quote["order_number"]) == ("return", order["number"])
    assert [(back["quantity"], back["amount"]) for back in quote["items"]] == [(1, order["items"][0]["unit_price"])]
    assert (await port.get(RETURNS)).json["items"] == []
    assert (await port.get(f"/v1/orders/{order['number']}")).json["items"][0]["returned"] == 0


async def test_a_return_is_registered_once_with_a_label(port: PortClient, goods: Goods) -> None:
    order = await delivered(port, item(goods.in_stock(), 2))
    first = await _returned(port, order, key="message-2")
    again = await _returned(port, order, key="message-2")
    assert (first.status, first.json["kind"], first.json["status"]) == (201, "return", "requested")
    assert (again.json["number"], again.replayed) == (first.json["number"], True)
    label = await port.download(first.json["label_url"])
    assert (label.status, label.raw[:5]) == (200, b"%PDF-")
    assert [found["number"] for found in (await port.get(RETURNS)).json["items"]] == [first.json["number"]]
    assert (await port.get(f"{RETURNS}/{first.json['number']}")).json["order_number"] == order["number"]
    assert (await port.get(f"/v1/orders/{order['number']}")).json["items"][0]["returned"] == 1


async def test_no_more_goes_back_than_is_left(port: PortClient, goods: Goods) -> None:
    order = await delivered(port, item(goods.in_stock(), 2))
    assert (await _returned(port, order, 2)).status == 201
    answer = await _returned(port, order)
    assert (answer.status, answer.slug, answer.json["why"]) == (409, "not-returnable", "nothing_left")


async def test_what_is_rented_does_not_go_back_this_way(port: PortClient, goods: Goods) -> None:
    _, variant, months = goods.to_rent()
    order = await delivered(port, item(variant, term_months=months))
    answer = await _returned(port, order)
    assert (answer.slug, answer.json["why"]) == ("not-returnable", "rented")


async def test_somebody_elses_order_and_none_at_all_give_the_same_refusal(port: PortClient, goods: Goods) -> None:
    order = await delivered(port, item(goods.in_stock()))
    stranger = port.somebody_else()
    theirs, nobodys = await _returned(stranger, order), await _returned(stranger, order | {"number": NOBODYS})
    assert (theirs.status, theirs.slug) == (404, "order-not-found")
    assert without_instance(theirs.json) == without_instance(nobodys.json)


async def test_nobody_sees_another_customers_return(port: PortClient, goods: Goods) -> None:
    number = (await _returned(port, await delivered(port, item(goods.in_stock())))).json["number"]
    stranger = port.somebody_else()
    assert (await stranger.get(RETURNS)).json["items"] == []
    assert (await stranger.get(f"{RETURNS}/{number}")).slug == "return-not-found"


async def test_when_the_goods_are_back_so_is_the_stock(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    number = (await _returned(port, await delivered(port, item(variant)))).json["number"]
    assert (await goods_of(port)).stock_of(variant["id"]) == variant["stock"] - 1
    received = await port.staff().post(f"/v1/operations/returns/{number}/receive", {})
    assert (received.status, received.json["received_at"] is not None) == (200, True)
    assert (await goods_of(port)).stock_of(variant["id"]) == variant["stock"]


async def test_the_money_goes_to_a_gift_card_if_that_is_wished(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    card = {"customer": port.customer, "amount": variant["price"]["amount"], "currency": variant["price"]["currency"]}
    code = (await port.staff().post("/v1/operations/gift-cards", card)).json["code"]
    order = await delivered(port, item(variant), payment_method="gift_card", gift_card=code)
    answer = await port.post(f"/v1/orders/{order['number']}/returns", _back(_of(order), refund_to="gift_card"))
    await port.staff().post(f"/v1/operations/returns/{answer.json['number']}/receive", {})
    cards = (await port.get("/v1/customers/me")).json["gift_cards"]
    assert sum(card["balance"]["amount"] for card in cards) == variant["price"]["amount"]
    refund = (await port.get("/v1/refunds")).json["items"][0]
    assert (refund["return_number"], refund["status"]) == (answer.json["number"], "refunded")


async def test_an_exchange_reserves_the_other_variant_at_once(port: PortClient, goods: Goods) -> None:
    had, wanted = goods.siblings()
    order = await delivered(port, item(had))
    answer = await _exchanged(port, order, wanted, payment_method="invoice")
    assert (answer.status, answer.json["kind"]) == (201, "exchange")
    assert answer.json["items"][0]["to"]["variant_id"] == wanted["id"]
    assert answer.json["replacement"]["status"] == "reserved"
    assert (await goods_of(port)).stock_of(wanted["id"]) == wanted["stock"] - 1


async def test_an_exchange_is_previewed_with_its_difference(port: PortClient, goods: Goods) -> None:
    had, wanted = goods.siblings()
    order = await delivered(port, item(had))
    body = {"order_number": order["number"], "items": [_of(order) | {"variant_id": wanted["id"]}]}
    difference = (await port.post("/v1/exchange-quotes", body)).json["difference"]
    more = wanted["price"]["amount"] - had["price"]["amount"]
    assert difference["amount"]["amount"] == abs(more)
    assert difference["direction"] == ("pay" if more > 0 else "refund" if more < 0 else "none")
    assert (await goods_of(port)).stock_of(wanted["id"]) == wanted["stock"]


async def test_only_another_variant_of_the_same_product_is_an_exchange(port: PortClient, goods: Goods) -> None:
    had, other = goods.two_in_stock()
    order = await delivered(port, item(had))
    for variant, why in ((other, "other_product"), (had, "same_variant")):
        answer = await _exchanged(port, order, variant)
        assert (answer.status, answer.slug, answer.json["why"]) == (409, "not-exchangeable", why)

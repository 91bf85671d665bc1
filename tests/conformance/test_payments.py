"""How an order is paid, and what happens to the money when it is not wanted any more."""

import pytest

from tests.conformance.goods import Goods, item, money, order_of, placed
from tests.conformance.port_client import Answer, Json, PortClient

ORDERS = "/v1/orders"
IBAN = "DE89 3704 0044 0532 0130 00"
NO_IBAN = "DE88 3704 0044 0532 0130 00"


@pytest.fixture(autouse=True)
async def _payments_are_told(port: PortClient, goods: Goods) -> None:
    """An older backend's orders have no `payment`."""
    order = await placed(port.somebody_else(), item(goods.in_stock()))
    if "payment" not in order:
        pytest.skip("payments: this backend's orders do not say how they are paid")


async def _ordered(port: PortClient, variant: Json, method: str, **more: str) -> Answer:
    return await port.post(ORDERS, order_of(item(variant), payment_method=method, **more))


async def _gift_card(port: PortClient, balance: Json) -> str:
    card = {"customer": port.customer, "amount": balance["amount"], "currency": balance["currency"]}
    answer = await port.staff().post("/v1/operations/gift-cards", card)
    assert answer.status == 201, answer.raw
    return str(answer.json["code"])


async def test_an_invoice_is_due(port: PortClient, goods: Goods) -> None:
    order = await placed(port, item(goods.in_stock()))
    payment = order["payment"]
    assert (payment["method"], payment["status"], payment["amount"]) == ("invoice", "due", order["total_now"])


@pytest.mark.parametrize("method", ["paypal", "card"])
async def test_what_is_paid_on_a_page_is_open_and_says_where(port: PortClient, goods: Goods, method: str) -> None:
    payment = (await _ordered(port, goods.in_stock(), method)).json["payment"]
    assert (payment["method"], payment["status"]) == (method, "open")
    assert payment["url"]


async def test_a_debit_needs_an_account_and_keeps_it(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    without = await _ordered(port, variant, "direct_debit")
    assert (without.status, without.slug) == (409, "iban-missing")
    first = (await _ordered(port, variant, "direct_debit", iban=IBAN)).json["payment"]
    assert (first["status"], first["label"][-4:]) == ("due", "3000")
    assert (await _ordered(port, variant, "direct_debit")).json["payment"]["status"] == "due"
    assert (await port.get("/v1/customers/me")).json["iban_ending"].endswith("3000")


async def test_an_account_number_that_cannot_be_is_refused(port: PortClient, goods: Goods) -> None:
    answer = await _ordered(port, goods.in_stock(), "direct_debit", iban=NO_IBAN)
    assert (answer.status, answer.slug) == (400, "invalid-request")
    assert [error["path"] for error in answer.json["errors"]] == ["iban"]


async def test_an_account_number_is_never_told_again(port: PortClient, goods: Goods) -> None:
    answer = await _ordered(port, goods.in_stock(), "direct_debit", iban=IBAN)
    for said in (answer, await port.get("/v1/customers/me"), await port.get(ORDERS)):
        assert b"0532" not in said.raw.replace(b" ", b"")


async def test_an_unknown_gift_card_has_nothing_on_it(port: PortClient, goods: Goods) -> None:
    answer = await _ordered(port, goods.in_stock(), "gift_card", gift_card="GC-0000-0000")
    assert (answer.status, answer.slug, answer.json["balance"]["amount"]) == (409, "gift-card-insufficient", 0)


async def test_a_gift_card_pays_at_once_and_gets_it_back(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    code = await _gift_card(port, money(variant["price"]["amount"] + 100, variant["price"]))
    order = (await _ordered(port, variant, "gift_card", gift_card=code)).json
    assert order["payment"]["status"] == "paid"
    assert await _balance(port) == 100
    await port.post(f"{ORDERS}/{order['number']}/cancellation", {})
    assert await _balance(port) == variant["price"]["amount"] + 100


async def test_a_gift_card_with_too_little_says_how_much_it_has(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    code = await _gift_card(port, money(1, variant["price"]))
    answer = await _ordered(port, variant, "gift_card", gift_card=code)
    assert (answer.slug, answer.json["balance"]["amount"]) == ("gift-card-insufficient", 1)


async def test_somebody_elses_gift_card_is_worth_nothing_to_who_does_not_know_its_code(
    port: PortClient, goods: Goods
) -> None:
    variant = goods.in_stock()
    await _gift_card(port, variant["price"])
    answer = await _ordered(port.somebody_else(), variant, "gift_card")
    assert (answer.slug, answer.json["balance"]["amount"]) == ("gift-card-insufficient", 0)


async def _balance(port: PortClient) -> int:
    return sum(card["balance"]["amount"] for card in (await port.get("/v1/customers/me")).json["gift_cards"])


async def test_what_is_not_paid_yet_is_paid_in_another_way(port: PortClient, goods: Goods) -> None:
    order = (await _ordered(port, goods.in_stock(), "card")).json
    path = f"{ORDERS}/{order['number']}/payment"
    paid = await port.post(path, {"payment_method": "direct_debit", "iban": IBAN})
    assert (paid.status, paid.json["payment"]["method"], paid.json["payment"]["status"]) == (200, "direct_debit", "due")
    again = await port.post(path, {"payment_method": "card"})
    assert (again.status, again.slug, again.json["payment_status"]) == (409, "payment-not-open", "due")


async def test_nobody_pays_or_sees_the_bill_of_another(port: PortClient, goods: Goods) -> None:
    order = (await _ordered(port, goods.in_stock(), "card")).json
    answer = await port.somebody_else().post(f"{ORDERS}/{order['number']}/payment", {"payment_method": "invoice"})
    assert (answer.status, answer.slug) == (404, "order-not-found")


async def test_what_was_paid_for_a_cancelled_order_is_on_its_way_back(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    code = await _gift_card(port, variant["price"])
    order = (await _ordered(port, variant, "gift_card", gift_card=code)).json
    cancelled = (await port.post(f"{ORDERS}/{order['number']}/cancellation", {"reason": "too_expensive"})).json
    assert cancelled["payment"]["status"] == "refunded"
    refund = (await port.get("/v1/refunds")).json["items"][0]
    assert (refund["order_number"], refund["reason"], refund["status"]) == (order["number"], "cancellation", "refunded")
    assert refund["amount"] == order["total_now"]
    assert (await port.somebody_else().get("/v1/refunds")).json["items"] == []


async def test_nothing_comes_back_where_nothing_was_paid(port: PortClient, goods: Goods) -> None:
    order = await placed(port, item(goods.in_stock()))
    cancelled = (await port.post(f"{ORDERS}/{order['number']}/cancellation", {})).json
    assert cancelled["payment"]["status"] == "none"
    assert (await port.get("/v1/refunds")).json["items"] == []

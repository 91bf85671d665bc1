"""What it would cost: said before anybody says yes, and binding nobody."""

from typing import Any

import pytest

from tests.conformance.goods import Goods, goods_of, item, money
from tests.conformance.port_client import Json, PortClient


async def quoted(port: PortClient, *items: Json) -> Json:
    answer = await port.post("/v1/quotes", {"items": list(items)})
    assert answer.status == 200, answer.raw
    quote: Json = answer.json
    return quote


async def test_what_is_bought_is_due_now(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    quote = await quoted(port, item(variant, 2))
    line = quote["lines"][0]
    assert (line["unit_price"], line["term_months"], line["quantity"]) == (variant["price"], None, 2)
    assert line["total"] == quote["total_now"] == money(2 * variant["price"]["amount"], variant["price"])
    assert quote["total_monthly"] is None


async def test_lines_add_up(port: PortClient, goods: Goods) -> None:
    quote = await quoted(port, *(item(variant, 2) for variant in goods.two_in_stock()))
    assert sum(line["total"]["amount"] for line in quote["lines"]) == quote["total_now"]["amount"]


async def test_what_is_rented_costs_its_first_month_now_and_every_month_after(port: PortClient, goods: Goods) -> None:
    _, variant, months = goods.to_rent()
    quote = await quoted(port, item(variant, 2, term_months=months))
    line = quote["lines"][0]
    assert line["term_months"] == months
    assert quote["total_now"] == quote["total_monthly"] == money(2 * line["unit_price"]["amount"], line["unit_price"])
    prices = {price["months"]: price["monthly_price"] for price in variant.get("rental_prices", ())}
    assert line["unit_price"] == prices.get(months, variant["monthly_price"])


@pytest.mark.parametrize("monthly", [True, False])
async def test_an_add_on_is_paid_with_every_piece(port: PortClient, goods: Goods, monthly: bool) -> None:
    variant, addon = goods.with_addon(monthly=monthly)
    quote = await quoted(port, item(variant, 2, addons=[addon["id"]]))
    assert quote["total_now"]["amount"] == 2 * (variant["price"]["amount"] + addon["price"]["amount"])
    every_month = money(2 * addon["price"]["amount"], addon["price"])
    assert quote["total_monthly"] == (every_month if monthly else None)


async def test_more_than_there_is_is_not_refused_but_said(port: PortClient, goods: Goods) -> None:
    variant = goods.scarce()
    quote = await quoted(port, item(variant, variant["stock"] + 1))
    assert quote["lines"][0]["available"] == variant["stock"]


async def test_a_quote_takes_nothing(port: PortClient, goods: Goods) -> None:
    variant = goods.in_stock()
    await quoted(port, item(variant, 2))
    assert (await goods_of(port)).stock_of(variant["id"]) == variant["stock"]


async def test_a_variant_that_is_not_sold_is_not_found_by_name(port: PortClient) -> None:
    answer = await port.post("/v1/quotes", {"items": [{"variant_id": "conformance-no-such-thing", "quantity": 1}]})
    assert (answer.status, answer.slug) == (404, "variant-not-found")
    assert answer.json["variant_id"] == "conformance-no-such-thing"


@pytest.mark.parametrize(
    ("wrong", "slug", "path"),
    [
        ({"quantity": 0}, "invalid-request", "items.0.quantity"),
        ({"quantity": 100}, "quantity-too-large", "items.0.quantity"),
        ({"term_months": 119}, "invalid-request", "items.0.term_months"),
        ({"addons": ["conformance-no-such-thing"]}, "invalid-request", "items.0.addons.0"),
    ],
)
async def test_what_is_wrong_is_named(port: PortClient, goods: Goods, wrong: Json, slug: str, path: str) -> None:
    answer = await port.post("/v1/quotes", {"items": [item(goods.in_stock()) | wrong]})
    assert (answer.status, answer.slug) == (400, slug)
    assert path in [error["path"] for error in answer.json["errors"]]


async def test_nothing_at_all_has_no_price(port: PortClient) -> None:
    empty: dict[str, Any] = {"items": []}
    assert (await port.post("/v1/quotes", empty)).slug == "invalid-request"

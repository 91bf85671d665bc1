"""Renting: a plan for every family, what a month of each term costs, and who may order on which."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from shop.database import Database
from shop.models import Counter, Plan, Variant
from tests.shop.client import ShopClient
from tests.shop.requests import eur, item, order

FAMILIES = {
    "AeroPix": ["aeropix-mini", "aeropix-pro", "aeropix-cinema"],
    "Urbano": ["urbano-e1", "urbano-cargo"],
    "Voltano": ["voltano-city", "voltano-gt"],
    "SitSense": ["sitsense-office", "sitsense-home"],
    "StrideLab": ["stridelab-run"],
}


async def plans(shop: ShopClient) -> list[dict[str, Any]]:
    reply = await shop.get("/v1/plans")
    assert reply.status == 200
    return list(reply.json["items"])


async def quoted(shop: ShopClient, **more: Any) -> Any:
    return (await shop.post("/v1/quotes", {"items": [item(**more)]})).json


async def test_every_family_is_rented_on_a_standard_and_on_a_premium_plan(shop: ShopClient) -> None:
    listed = await plans(shop)
    assert {(plan["family"], plan["premium"]) for plan in listed} == {(f, p) for f in FAMILIES for p in (False, True)}
    assert all(plan["models"] == FAMILIES[plan["family"]] for plan in listed)


async def test_a_standard_plan_names_shares_and_a_premium_plan_prices(shop: ShopClient) -> None:
    standard, premium, *_ = await plans(shop)
    assert [(term["months"], term["percent"], term["monthly_price"]) for term in standard["terms"]] == [
        (1, 130, None),
        (3, 115, None),
        (6, 100, None),
        (12, 90, None),
        (24, 80, None),
    ]
    assert [term["percent"] for term in premium["terms"]] == [None] * 5


async def test_a_longer_term_is_cheaper_and_six_months_cost_the_monthly_price(shop: ShopClient) -> None:
    for product in (await shop.get("/v1/products")).json["items"]:
        for variant in product["variants"]:
            prices = {price["months"]: price["monthly_price"]["amount"] for price in variant["rental_prices"]}
            assert list(prices) == product["rental_terms"]
            assert sorted(prices.values(), reverse=True) == list(prices.values())
            assert prices[6] == variant["monthly_price"]["amount"]


async def test_a_premium_plan_costs_more_than_its_dearest_model(shop: ShopClient) -> None:
    """Otherwise nobody would rent that one on the standard plan."""
    products = {product["id"]: product for product in (await shop.get("/v1/products")).json["items"]}
    for plan in (plan for plan in await plans(shop) if plan["premium"]):
        for term in plan["terms"]:
            variants = [variant for model in plan["models"] for variant in products[model]["variants"]]
            prices = [
                p["monthly_price"]["amount"]
                for v in variants
                for p in v["rental_prices"]
                if p["months"] == term["months"]
            ]
            assert term["monthly_price"]["amount"] > max(prices)


@pytest.mark.parametrize(
    ("variant_id", "months", "amount"),
    [
        ("aeropix-mini-red", 1, 3770),
        ("aeropix-mini-red", 3, 3340),  # 33.35 is rounded up to whole 10 cents
        ("aeropix-mini-red", 6, 2900),
        ("aeropix-mini-red", 12, 2610),
        ("aeropix-mini-red", 24, 2320),
        ("stridelab-run-42-blue", 12, 1340),  # 13.41 is rounded down
    ],
)
async def test_an_order_costs_what_its_term_costs(shop: ShopClient, variant_id: str, months: int, amount: int) -> None:
    placed = (await shop.post("/v1/orders", order(item(variant_id, term_months=months)))).json
    assert placed["items"][0]["unit_price"] == placed["total_monthly"] == eur(amount)


async def test_a_monthly_price_in_odd_cents_stays_as_it_is_at_six_months(shop: ShopClient, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.id == "aeropix-mini-red").values(monthly_amount=2999))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert (await quoted(shop, term_months=6))["total_monthly"] == eur(2999)
    assert (await quoted(shop, term_months=12))["total_monthly"] == eur(2700)


async def test_a_premium_plan_has_one_price_for_every_model(shop: ShopClient) -> None:
    for variant_id in ("aeropix-mini-red", "aeropix-cinema-black"):
        quote = await quoted(shop, variant_id=variant_id, term_months=6, plan_id="aeropix-premium")
        assert (quote["total_monthly"], quote["lines"][0]["plan_id"]) == (eur(24900), "aeropix-premium")


async def test_naming_the_standard_plan_changes_nothing(shop: ShopClient) -> None:
    assert (await quoted(shop, term_months=12, plan_id="aeropix-standard"))["total_monthly"] == eur(2610)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"term_months": 6, "plan_id": "voltano-premium"}, "items.0.plan_id"),
        ({"term_months": 6, "plan_id": "aeropix-platinum"}, "items.0.plan_id"),
        ({"plan_id": "aeropix-premium"}, "items.0.term_months"),
        ({"term_months": 9, "plan_id": "aeropix-premium"}, "items.0.term_months"),
    ],
)
async def test_a_plan_that_the_product_does_not_have_is_refused(
    shop: ShopClient, more: dict[str, Any], path: str
) -> None:
    for reply in (
        await shop.post("/v1/quotes", {"items": [item(**more)]}),
        await shop.post("/v1/orders", order(item(**more))),
    ):
        assert (reply.status, reply.slug) == (400, "invalid-request")
        assert [error["path"] for error in reply.json["errors"]] == [path]


async def test_a_changed_order_keeps_the_agreed_price_of_its_plan_only(shop: ShopClient, database: Database) -> None:
    wanted = item(term_months=6, plan_id="aeropix-premium")
    number = (await shop.post("/v1/orders", order(wanted))).json["number"]
    again = await shop.patch(f"/v1/orders/{number}", {"items": [wanted, item(term_months=6)]})
    assert [line["unit_price"] for line in again.json["items"]] == [eur(24900), eur(2900)]


async def test_a_shop_that_has_made_no_plans_rents_at_the_monthly_price(shop: ShopClient, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(delete(Plan))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert await plans(shop) == []
    assert (await quoted(shop, term_months=24))["total_monthly"] == eur(2900)
    assert (await shop.post("/v1/orders", order(item(term_months=24)))).status == 201
    assert (await shop.get("/v1/subscriptions")).json["items"][0]["plan"]["id"] == "standard"

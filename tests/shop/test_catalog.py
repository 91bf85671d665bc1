"""Browsing: what there is, for how much, and how many are left."""

import pytest
from sqlalchemy import update

from shop.database import Database
from shop.models import Counter, Product, Variant
from tests.shop.client import ShopClient
from tests.shop.requests import item, order, placed, stock_of

EVERYTHING = [
    "aeropix-mini",
    "aeropix-pro",
    "aeropix-cinema",
    "urbano-e1",
    "urbano-cargo",
    "voltano-city",
    "voltano-gt",
    "sitsense-office",
    "sitsense-home",
    "stridelab-run",
]


async def ids(shop: ShopClient, **query: str | int) -> list[str]:
    reply = await shop.get("/v1/products", **query)
    assert reply.status == 200
    return [product["id"] for product in reply.json["items"]]


async def test_all_goods_are_listed_in_the_shops_order(shop: ShopClient) -> None:
    assert await ids(shop) == EVERYTHING


async def test_a_list_can_be_narrowed_to_a_kind(shop: ShopClient) -> None:
    assert await ids(shop, kind="e_bike") == ["urbano-e1", "urbano-cargo"]


async def test_a_kind_of_which_there_is_nothing_lists_nothing(shop: ShopClient) -> None:
    assert await ids(shop, kind="boat") == []


async def test_a_retailers_own_kind_has_a_name(shop: ShopClient, database: Database) -> None:
    boat = {"de": "Boot", "en": "boat"}
    async with database.writing() as session:
        await session.execute(update(Product).where(Product.id == "urbano-e1").values(kind="boat", kind_name=boat))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    products = {product["id"]: product for product in (await shop.get("/v1/products")).json["items"]}
    assert (products["urbano-e1"]["kind_name"], products["urbano-cargo"]["kind_name"]) == (boat, None)
    assert await ids(shop, kind="boat") == ["urbano-e1"]


async def test_nothing_above_the_budget_is_listed(shop: ShopClient) -> None:
    assert await ids(shop, max_price=54900) == ["aeropix-mini", "sitsense-home", "stridelab-run"]
    assert await ids(shop, kind="drone", max_price=49899) == []
    assert await ids(shop, kind="drone", max_price=49900) == ["aeropix-mini"]


async def test_nothing_above_the_monthly_budget_is_listed(shop: ShopClient) -> None:
    assert await ids(shop, max_monthly_price=2900) == ["aeropix-mini", "sitsense-home", "stridelab-run"]


async def test_what_is_only_sold_is_within_no_monthly_budget(shop: ShopClient, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Product).where(Product.id == "aeropix-mini").values(rental_terms=[]))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert await ids(shop, max_monthly_price=2900) == ["sitsense-home", "stridelab-run"]


async def test_both_budgets_must_be_met_by_one_variant(shop: ShopClient) -> None:
    assert await ids(shop, kind="car", max_price=2399000, max_monthly_price=29900) == ["voltano-city"]
    assert await ids(shop, kind="car", max_price=2399000, max_monthly_price=29899) == []


@pytest.mark.parametrize("query", [{"kind": "Boat!"}, {"kind": ""}, {"max_price": "cheap"}, {"max_price": "-1"}])
async def test_a_filter_that_makes_no_sense_is_refused(shop: ShopClient, query: dict[str, str]) -> None:
    reply = await shop.send_malformed("GET", "/v1/products", query=query)
    assert (reply.status, reply.slug) == (400, "invalid-request")
    assert reply.json["errors"][0]["path"] == f"query.{next(iter(query))}"


async def test_a_product_has_its_variants_parts_and_addons(shop: ShopClient) -> None:
    product = (await shop.get("/v1/products/aeropix-mini")).json
    assert [variant["stock"] for variant in product["variants"]] == [24, 41, 0]
    assert product["parts"][0]["name"] == {"de": "linker vorderer Flügel", "en": "left front wing"}
    assert [addon["id"] for addon in product["addons"]] == ["insurance", "flight-lessons", "starter-package"]
    assert product["variants"][0]["monthly_price"] == {"amount": 2900, "currency": "EUR"}


async def test_products_of_a_kind_can_be_compared_by_the_same_features(shop: ShopClient) -> None:
    by_kind: dict[str, set[tuple[str, ...]]] = {}
    for product in (await shop.get("/v1/products")).json["items"]:
        features = tuple(feature["id"] for feature in product["features"])
        by_kind.setdefault(product["kind"], set()).add(features)
    assert {kind: len(features) for kind, features in by_kind.items()} == dict.fromkeys(by_kind, 1)


async def test_every_variant_is_one_combination_of_the_products_options(shop: ShopClient) -> None:
    for product in (await shop.get("/v1/products")).json["items"]:
        possible = {option["id"]: {value["id"] for value in option["values"]} for option in product["options"]}
        chosen = [variant["options"] for variant in product["variants"]]
        assert all(options.keys() == possible.keys() for options in chosen)
        assert all(options[name] in possible[name] for options in chosen for name in options)
        assert len({tuple(options.items()) for options in chosen}) == len(chosen)


async def test_a_product_that_does_not_exist_is_not_found(shop: ShopClient) -> None:
    reply = await shop.get("/v1/products/aeropix-maxi")
    assert (reply.status, reply.slug) == (404, "product-not-found")


async def test_stock_is_fresh_after_an_order(shop: ShopClient) -> None:
    before = await stock_of(shop, "aeropix-pro-red")
    await placed(shop, item("aeropix-pro-red", 3))
    assert await stock_of(shop, "aeropix-pro-red") == before - 3


async def test_a_change_of_price_is_seen_by_a_running_shop(shop: ShopClient, database: Database) -> None:
    await shop.get("/v1/products")
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.id == "aeropix-mini-red").values(price_amount=44900))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    product = (await shop.get("/v1/products/aeropix-mini")).json
    assert product["variants"][0]["price"]["amount"] == 44900
    assert (await shop.post("/v1/orders", order())).json["total_now"]["amount"] == 44900


async def test_stock_alone_is_little_to_read_and_says_when_the_catalog_changed(
    shop: ShopClient, database: Database
) -> None:
    before = (await shop.get("/v1/stock")).json
    await placed(shop, item("aeropix-mini-red", 2))
    sold = (await shop.get("/v1/stock")).json
    assert sold["stock"]["aeropix-mini-red"] == before["stock"]["aeropix-mini-red"] - 2
    assert sold["revision"] == before["revision"]
    async with database.writing() as session:
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert (await shop.get("/v1/stock")).json["revision"] == before["revision"] + 1

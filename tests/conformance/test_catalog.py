"""What can be bought and rented."""

from tests.conformance.goods import Goods
from tests.conformance.port_client import PortClient

PRODUCTS_LOOKED_AT = 5


async def test_there_is_something_to_sell_and_its_ids_are_its_own(goods: Goods) -> None:
    assert goods.products
    ids = [product["id"] for product in goods.products]
    variants = [variant["id"] for _, variant in goods.variants()]
    assert len(set(ids)) == len(ids)
    assert len(set(variants)) == len(variants)


async def test_a_variant_is_told_by_its_options_and_has_no_others_than_its_product(goods: Goods) -> None:
    for product in goods.products:
        offered = {option["id"]: {value["id"] for value in option["values"]} for option in product["options"]}
        made = [tuple(sorted(variant["options"].items())) for variant in product["variants"]]
        assert len(set(made)) == len(made), product["id"]
        assert all(value in offered[option] for pairs in made for option, value in pairs), product["id"]


async def test_a_product_is_the_same_when_asked_for_alone(port: PortClient, goods: Goods) -> None:
    for product in goods.products[:PRODUCTS_LOOKED_AT]:
        alone = (await port.get(f"/v1/products/{product['id']}")).json
        assert (alone["id"], alone["name"]) == (product["id"], product["name"])
        assert [variant["id"] for variant in alone["variants"]] == [variant["id"] for variant in product["variants"]]


async def test_a_product_that_is_not_sold_is_not_found(port: PortClient) -> None:
    answer = await port.get("/v1/products/conformance-there-is-no-such-thing")
    assert (answer.status, answer.slug) == (404, "product-not-found")


async def test_a_kind_is_shown_alone(port: PortClient, goods: Goods) -> None:
    kind = goods.products[0]["kind"]
    found = (await port.get("/v1/products", kind=kind)).json["items"]
    assert [product["id"] for product in found] == [p["id"] for p in goods.products if p["kind"] == kind]


async def test_a_limit_shows_what_is_not_dearer(port: PortClient, goods: Goods) -> None:
    cheapest = min(variant["price"]["amount"] for _, variant in goods.variants())
    found = (await port.get("/v1/products", max_price=cheapest)).json["items"]
    assert found
    assert all(min(v["price"]["amount"] for v in product["variants"]) <= cheapest for product in found)
    assert cheapest == 0 or (await port.get("/v1/products", max_price=cheapest - 1)).json["items"] == []


async def test_the_months_for_which_a_product_is_rented_each_have_a_price(goods: Goods) -> None:
    for product, variant in goods.variants():
        if "rental_prices" in variant:
            months = [price["months"] for price in variant["rental_prices"]]
            assert sorted(months) == sorted(product["rental_terms"]), variant["id"]

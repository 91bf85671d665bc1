"""Whatever the backend sells: the suite takes what it needs from the catalog, and skips what it finds nothing for."""

from collections.abc import Iterator
from typing import Any, NoReturn

import pytest

from tests.conformance.port_client import Json, PortClient

MOST_OF_A_LINE = 99
LEIPZIG = {
    "name": "Jonas Reuter",
    "street": "Lindenweg 4",
    "postal_code": "04109",
    "city": "Leipzig",
    "country": "DE",
}
VIENNA = {
    "name": "Mia Reuter",
    "street": "Gumpendorfer Str. 12",
    "postal_code": "1060",
    "city": "Wien",
    "country": "AT",
}


class Goods:
    """The catalog as it is now."""

    def __init__(self, products: list[Json]) -> None:
        self.products = products

    def variants(self) -> Iterator[tuple[Json, Json]]:
        """(product, variant), that with the most pieces first."""
        pairs = [(product, variant) for product in self.products for variant in product["variants"]]
        return iter(sorted(pairs, key=lambda pair: -int(pair[1]["stock"])))

    def in_stock(self, pieces: int = 3) -> Json:
        """A variant of which so many can be had."""
        _, variant = next(self.variants())
        return variant if variant["stock"] >= pieces else _no(f"nothing of which {pieces} are in stock")

    def two_in_stock(self) -> tuple[Json, Json]:
        """Of two products, in one currency."""
        first, one = next(self.variants())
        for product, other in self.variants():
            is_other = product["id"] != first["id"] and other["price"]["currency"] == one["price"]["currency"]
            if is_other and other["stock"] >= 3:
                return one, other
        return _no("no two products in stock in one currency")

    def siblings(self) -> tuple[Json, Json]:
        """Two variants of one product, both in stock."""
        for product, variant in self.variants():
            others = [other for other in product["variants"] if other is not variant and other["stock"] >= 3]
            if others and variant["stock"] >= 3:
                return variant, others[0]
        return _no("no product with two variants in stock")

    def scarce(self) -> Json:
        """A variant of which one line can ask for more than there is."""
        for _, variant in self.variants():
            if 0 < variant["stock"] < MOST_OF_A_LINE:
                return variant
        return _no("nothing of which fewer than 99 are in stock")

    def to_rent(self) -> tuple[Json, Json, int]:
        """(product, variant, months)."""
        for product, variant in self.variants():
            if product["rental_terms"] and variant["stock"] >= 2:
                return product, variant, sorted(product["rental_terms"])[len(product["rental_terms"]) // 2]
        return _no("nothing is for rent")

    def with_addon(self, *, monthly: bool) -> tuple[Json, Json]:
        """(variant, add-on) of a product that has such a one."""
        for product, variant in self.variants():
            addons = [addon for addon in product["addons"] if addon["monthly"] is monthly]
            if addons and variant["stock"] >= 2:
                return variant, addons[0]
        return _no(f"no add-on that is paid {'every month' if monthly else 'once'}")

    def stock_of(self, variant_id: str) -> int:
        return next(int(variant["stock"]) for _, variant in self.variants() if variant["id"] == variant_id)


def _no(what: str) -> NoReturn:
    pytest.skip(f"the catalog has {what}")


async def goods_of(port: PortClient) -> Goods:
    return Goods((await port.get("/v1/products")).json["items"])


def item(variant: Json, quantity: int = 1, **more: Any) -> Json:
    return {"variant_id": variant["id"], "quantity": quantity, **more}


def order_of(*items: Json, **more: Any) -> Json:
    """To be paid on invoice, unless it is said otherwise."""
    return {"items": list(items), "address": LEIPZIG, "payment_method": "invoice", "language": "de", **more}


async def placed(port: PortClient, *items: Json, **more: Any) -> Json:
    """A new order."""
    answer = await port.post("/v1/orders", order_of(*items, **more))
    assert answer.status == 201, answer.raw
    order: Json = answer.json
    return order


async def delivered(port: PortClient, *items: Json, **more: Any) -> Json:
    """An order that has arrived."""
    staff = port.staff()
    number = (await placed(port, *items, **more))["number"]
    answer = await staff.post(f"/v1/operations/orders/{number}/advance", {"to": "delivered"})
    assert answer.status == 200, answer.raw
    order: Json = (await port.get(f"/v1/orders/{number}")).json
    return order


def money(amount: int, like: Json) -> Json:
    return {"amount": amount, "currency": like["currency"]}


def without_instance(problem: Json) -> Json:
    return {name: value for name, value in problem.items() if name != "instance"}

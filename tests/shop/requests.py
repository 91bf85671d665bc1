"""What customers of these tests ask for."""

from typing import Any

from tests.shop.client import Reply, ShopClient

ADDRESS = {
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


def item(variant_id: str = "aeropix-mini-red", quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"variant_id": variant_id, "quantity": quantity, **more}


def order(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    wanted = list(items) or [item()]
    return {"items": wanted, "address": ADDRESS, "payment_method": "paypal", "language": "de", **more}


async def placed(shop: ShopClient, *items: dict[str, Any]) -> str:
    """The number of a new order."""
    reply = await shop.post("/v1/orders", order(*items))
    assert reply.status == 201
    return str(reply.json["number"])


async def advanced(shop: ShopClient, number: str, to: str) -> Reply:
    return await shop.staff().post(f"/v1/operations/orders/{number}/advance", {"to": to})


async def stock_of(shop: ShopClient, variant_id: str) -> int:
    items = (await shop.get("/v1/products")).json["items"]
    return next(int(v["stock"]) for product in items for v in product["variants"] if v["id"] == variant_id)


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def rented(shop: ShopClient, variant_id: str = "aeropix-mini-red", months: int = 6, **more: Any) -> str:
    """The number of a subscription that began today."""
    number = await placed(shop, item(variant_id, term_months=months, **more))
    assert (await advanced(shop, number, "delivered")).status == 200
    return str((await shop.get("/v1/subscriptions")).json["items"][0]["number"])


async def seen(shop: ShopClient, number: str) -> Any:
    """The subscription as it stands."""
    reply = await shop.get(f"/v1/subscriptions/{number}")
    assert reply.status == 200
    return reply.json

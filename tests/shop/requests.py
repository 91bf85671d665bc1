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


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


async def placed(shop: ShopClient, *items: dict[str, Any], **more: Any) -> str:
    """The number of a new order."""
    reply = await shop.post("/v1/orders", order(*items, **more))
    assert reply.status == 201, reply.json
    return str(reply.json["number"])


async def seen(shop: ShopClient, number: str) -> Any:
    """The order as its owner sees it."""
    return (await shop.get(f"/v1/orders/{number}")).json


async def booked(shop: ShopClient, number: str, outcome: str = "paid") -> Reply:
    """What the staff says of the payment."""
    return await shop.staff().post(f"/v1/operations/orders/{number}/payment/book", {"outcome": outcome})


async def paid(shop: ShopClient, *items: dict[str, Any], **more: Any) -> str:
    """The number of an order that is paid for."""
    number = await placed(shop, *items, **more)
    assert (await booked(shop, number)).json["payment"]["status"] == "paid"
    return number


async def delivered(shop: ShopClient, *items: dict[str, Any], **more: Any) -> str:
    """The number of an order that is paid for and has arrived."""
    number = await paid(shop, *items, **more)
    await advanced(shop, number, "delivered")
    return number


async def gift_card(shop: ShopClient, amount: int, customer: str = "customer-1", currency: str = "EUR") -> str:
    """The code of a card that the staff gave."""
    body = {"customer": customer, "amount": amount, "currency": currency}
    return str((await shop.staff().post("/v1/operations/gift-cards", body)).json["code"])


async def balances(shop: ShopClient) -> dict[str, int]:
    """What is on each of the customer's gift cards."""
    cards = (await shop.get("/v1/customers/me")).json["gift_cards"]
    return {card["code"]: card["balance"]["amount"] for card in cards}


async def found(shop: ShopClient, email: str) -> list[str]:
    """Of whom the address is known to be."""
    return [customer["id"] for customer in (await shop.get("/v1/customers", email=email)).json["items"]]


async def refunds_of(shop: ShopClient) -> Any:
    return (await shop.get("/v1/refunds")).json["items"]


async def given_back(shop: ShopClient, number: str, quantity: int = 1, line: int = 0, to: str = "original") -> Reply:
    """A return is asked for."""
    body = {"items": [{"line": line, "quantity": quantity}], "refund_to": to, "reason": "changed_mind"}
    return await shop.post(f"/v1/orders/{number}/returns", body)


async def exchanged(shop: ShopClient, number: str, variant_id: str, quantity: int = 1, **more: Any) -> Reply:
    """An exchange of pieces of the first line is asked for."""
    body = {"items": [{"line": 0, "quantity": quantity, "variant_id": variant_id}], **more}
    return await shop.post(f"/v1/orders/{number}/exchanges", body)


async def received(shop: ShopClient, return_number: str) -> Reply:
    """The goods are back."""
    return await shop.staff().post(f"/v1/operations/returns/{return_number}/receive", {})


async def advanced(shop: ShopClient, number: str, to: str) -> Reply:
    return await shop.staff().post(f"/v1/operations/orders/{number}/advance", {"to": to})


async def stock_of(shop: ShopClient, variant_id: str) -> int:
    items = (await shop.get("/v1/products")).json["items"]
    return next(int(v["stock"]) for product in items for v in product["variants"] if v["id"] == variant_id)


async def rented(shop: ShopClient, variant_id: str = "aeropix-mini-red", months: int = 6, **more: Any) -> str:
    """The number of a subscription that began today."""
    number = await placed(shop, item(variant_id, term_months=months, **more))
    assert (await advanced(shop, number, "delivered")).status == 200
    return str((await shop.get("/v1/subscriptions")).json["items"][0]["number"])


async def stands(shop: ShopClient, number: str) -> Any:
    """The subscription as it stands."""
    reply = await shop.get(f"/v1/subscriptions/{number}")
    assert reply.status == 200
    return reply.json

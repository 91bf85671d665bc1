"""Ordering: quoted, placed, seen by its owner only, changed while pending, cancelled, sent."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from shop.database import Database
from shop.models import Addon, Counter, Customer, Product, Variant
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import ADDRESS, VIENNA, advanced, item, order, placed, stock_of


def eur(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


# --- quotes


async def test_a_quote_for_buying_names_what_is_due_now(shop: ShopClient) -> None:
    quote = (await shop.post("/v1/quotes", {"items": [item(quantity=2, addons=["starter-package"])]})).json
    assert (quote["total_now"], quote["total_monthly"]) == (eur(2 * (49900 + 6900)), None)
    assert quote["lines"][0]["unit_price"] == eur(49900)
    assert quote["lines"][0]["available"] == 24


async def test_a_quote_for_renting_names_the_first_and_every_month(shop: ShopClient) -> None:
    wanted = item(quantity=2, term_months=6, addons=["insurance", "flight-lessons"])
    quote = (await shop.post("/v1/quotes", {"items": [wanted]})).json
    assert quote["total_now"] == eur(2 * (2900 + 690 + 8900))
    assert quote["total_monthly"] == eur(2 * (2900 + 690))


async def test_a_quote_adds_bought_and_rented_lines(shop: ShopClient) -> None:
    items = [item("urbano-e1-m-blue"), item("sitsense-home-sand", term_months=12), item(addons=["insurance"])]
    quote = (await shop.post("/v1/quotes", {"items": items})).json
    assert [line["total"] for line in quote["lines"]] == [eur(239900), eur(2160), eur(49900 + 690)]
    assert quote["total_now"] == eur(239900 + 2160 + 49900 + 690)
    assert quote["total_monthly"] == eur(2160 + 690)


async def test_a_quote_for_more_than_there_is_says_how_many_there_are(shop: ShopClient) -> None:
    quote = (await shop.post("/v1/quotes", {"items": [item("aeropix-cinema-white", 5)]})).json
    assert quote["lines"][0]["available"] == 1


async def test_a_quote_takes_nothing(shop: ShopClient) -> None:
    await shop.post("/v1/quotes", {"items": [item(quantity=5)]})
    assert await stock_of(shop, "aeropix-mini-red") == 24


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (item(term_months=7), "items.0.term_months"),
        (item(addons=["insurance", "gift-wrapping"]), "items.0.addons.1"),
        (item("sitsense-home-sand", addons=["flight-lessons"]), "items.0.addons.0"),
    ],
)
async def test_what_a_product_does_not_offer_is_refused(shop: ShopClient, wanted: dict[str, Any], path: str) -> None:
    for reply in (
        await shop.post("/v1/quotes", {"items": [wanted]}),
        await shop.post("/v1/orders", order(wanted)),
    ):
        assert (reply.status, reply.slug) == (400, "invalid-request")
        assert [error["path"] for error in reply.json["errors"]] == [path]


async def test_a_variant_that_does_not_exist_is_not_found(shop: ShopClient) -> None:
    for reply in (
        await shop.post("/v1/quotes", {"items": [item("aeropix-mini-pink")]}),
        await shop.post("/v1/orders", order(item("aeropix-mini-pink"))),
    ):
        assert (reply.status, reply.slug, reply.json["variant_id"]) == (404, "variant-not-found", "aeropix-mini-pink")


async def test_goods_in_two_currencies_are_not_sold_together(shop: ShopClient, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
        await session.execute(update(Product).where(Product.id == "stridelab-run").values(currency="CHF"))
    reply = await shop.post("/v1/quotes", {"items": [item(), item("stridelab-run-42-blue")]})
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "items")


# --- placing


async def test_an_order_is_placed_as_quoted(shop: ShopClient) -> None:
    items = [item(quantity=2, term_months=6, addons=["insurance"]), item("urbano-e1-m-blue")]
    quote = (await shop.post("/v1/quotes", {"items": items})).json
    reply = await shop.post("/v1/orders", order(*items))
    assert reply.status == 201
    placed_order = reply.json
    for place, line in enumerate(quote["lines"]):
        del line["available"]
        line |= {"line": place, "returned": 0}
    assert placed_order["items"] == quote["lines"]
    assert placed_order["total_now"] == quote["total_now"]
    assert placed_order["total_monthly"] == quote["total_monthly"]
    assert placed_order["status"] == "pending"
    assert placed_order["placed_at"] == "2026-03-02T09:30:00Z"
    assert placed_order["promised_date"] == "2026-03-04"
    assert (placed_order["address"], placed_order["payment_method"]) == (ADDRESS, "paypal")
    assert (await shop.get(f"/v1/orders/{placed_order['number']}")).json == placed_order


async def test_order_numbers_count_up_and_a_refused_order_uses_none(shop: ShopClient) -> None:
    first = await placed(shop)
    refused = await shop.post("/v1/orders", order(item("aeropix-mini-black")))
    second = await placed(shop.acting_for("customer-2"))
    assert (first, refused.status, second) == ("NC-104201", 409, "NC-104202")


async def test_what_is_out_of_stock_is_refused_with_what_there_is(shop: ShopClient) -> None:
    reply = await shop.post("/v1/orders", order(item("aeropix-cinema-white", 2)))
    assert (reply.status, reply.slug) == (409, "out-of-stock")
    assert (reply.json["variant_id"], reply.json["available"]) == ("aeropix-cinema-white", 1)


async def test_an_order_is_taken_whole_or_not_at_all(shop: ShopClient) -> None:
    reply = await shop.post("/v1/orders", order(item(quantity=3), item("aeropix-mini-black")))
    assert reply.slug == "out-of-stock"
    assert await stock_of(shop, "aeropix-mini-red") == 24
    assert (await shop.get("/v1/orders")).json == {"items": []}
    assert (await shop.get("/v1/customers/me")).slug == "customer-not-found"


async def test_two_lines_of_one_variant_share_its_stock(shop: ShopClient) -> None:
    wanted = item("aeropix-pro-black", 4)
    assert (await shop.post("/v1/orders", order(wanted, wanted))).slug == "out-of-stock"
    assert (await shop.post("/v1/orders", order(wanted, item("aeropix-pro-black", 3, term_months=1)))).status == 201
    assert await stock_of(shop, "aeropix-pro-black") == 0


async def test_more_than_99_on_a_line_is_too_many(shop: ShopClient) -> None:
    reply = await shop.refused("POST", "/v1/orders", order(item(quantity=100)))
    assert (reply.status, reply.slug, reply.json["maximum"]) == (400, "quantity-too-large", 99)
    assert reply.json["errors"][0]["path"] == "items.0.quantity"


async def test_only_the_customers_own_ways_to_pay_are_taken(shop: ShopClient, database: Database) -> None:
    number = await placed(shop)
    async with database.writing() as session:
        await session.execute(update(Customer).values(payment_methods=["paypal", "card"]))
    for reply in (
        await shop.post("/v1/orders", order(payment_method="invoice")),
        await shop.patch(f"/v1/orders/{number}", {"payment_method": "invoice"}),
    ):
        assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "payment_method")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"items": []}, "items"),
        ({"items": [item()] * 21}, "items"),
        ({"items": [item(quantity=0)]}, "items.0.quantity"),
        ({"items": [item(quantity=True)]}, "items.0.quantity"),
        ({"items": [{"variant_id": "aeropix-mini-red", "quantity": "2"}]}, "items.0.quantity"),
        ({"items": [{"variant_id": "aeropix-mini-red"}]}, "items.0.quantity"),
        ({"items": [item("AeroPix Mini!")]}, "items.0.variant_id"),
        ({"items": [item(term_months=0)]}, "items.0.term_months"),
        ({"items": [item(addons=["insurance", "insurance"])]}, "items.0.addons"),
        ({"items": [item(colour="red")]}, "items.0.colour"),
        ({"address": ADDRESS | {"postal_code": "1060"}}, "address"),
        ({"address": VIENNA | {"postal_code": "10600"}}, "address"),
        ({"address": ADDRESS | {"country": "FR"}}, "address.country"),
        ({"address": ADDRESS | {"city": ""}}, "address.city"),
        ({"address": ADDRESS | {"street": "Weg 4\u0000"}}, "address.street"),
        ({"address": None}, "address"),
        ({"payment_method": "cash"}, "payment_method"),
        ({"language": "fr"}, "language"),
        ({"voucher": "SPRING"}, "voucher"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused(shop: ShopClient, change: dict[str, Any], path: str) -> None:
    reply = await shop.refused("POST", "/v1/orders", order() | change)
    assert (reply.status, reply.slug) == (400, "invalid-request")
    assert [error["path"] for error in reply.json["errors"]] == [path]


# --- seeing


async def test_a_customer_sees_the_newest_orders_first(shop: ShopClient) -> None:
    numbers = [await placed(shop) for _ in range(12)]
    await placed(shop.acting_for("customer-2"))

    async def listed(**query: int) -> list[str]:
        return [entry["number"] for entry in (await shop.get("/v1/orders", **query)).json["items"]]

    assert await listed() == numbers[:1:-1]
    assert await listed(limit=2) == numbers[:-3:-1]
    assert await listed(limit=100) == numbers[::-1]


@pytest.mark.parametrize("limit", ["0", "101", "ten", "-1", "9" * 30])
async def test_a_limit_that_makes_no_sense_is_refused(shop: ShopClient, limit: str) -> None:
    reply = await shop.send_malformed("GET", "/v1/orders", query={"limit": limit})
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "query.limit")


async def tried_on(shop: ShopClient, number: str) -> list[Reply]:
    """Everything that can be tried on an order."""
    path = f"/v1/orders/{number}"
    return [
        await shop.get(path),
        await shop.patch(path, {"payment_method": "card"}),
        await shop.post(f"{path}/cancellation", {}),
    ]


async def test_somebody_elses_order_looks_like_none_at_all(shop: ShopClient) -> None:
    number = await placed(shop)
    stranger = shop.acting_for("customer-2")
    tries = zip(await tried_on(stranger, number), await tried_on(stranger, "NC-999999"), strict=True)
    for theirs, nobodys in tries:
        assert (theirs.status, theirs.slug) == (404, "order-not-found")
        assert _without_instance(theirs.raw) == _without_instance(nobodys.raw)
        assert set(theirs.headers) == set(nobodys.headers)
    assert (await shop.get(f"/v1/orders/{number}")).json["status"] == "pending"
    assert (await shop.get(f"/v1/orders/{number}")).json["payment_method"] == "paypal"


def _without_instance(raw: bytes) -> bytes:
    instance = orjson.loads(raw)["instance"]
    return raw.replace(instance.encode(), b"")


@pytest.mark.parametrize("number", ["104201", "NC-", "nc-104201", "NC-1042 01", "NC-" + "9" * 40, "NC-१०४२०१", "%00"])
async def test_a_number_that_is_none_is_not_found(shop: ShopClient, number: str) -> None:
    await placed(shop)
    assert (await shop.get(f"/v1/orders/{number}")).slug == "order-not-found"


# --- changing


async def test_new_items_give_back_and_take_stock(shop: ShopClient) -> None:
    number = await placed(shop, item(quantity=5), item("urbano-e1-l-grey", 2))
    reply = await shop.patch(f"/v1/orders/{number}", {"items": [item(quantity=2), item("urbano-e1-m-blue")]})
    assert reply.status == 200
    assert [await stock_of(shop, v) for v in ("aeropix-mini-red", "urbano-e1-l-grey", "urbano-e1-m-blue")] == [
        22,
        8,
        21,
    ]
    assert reply.json["total_now"] == eur(2 * 49900 + 239900)
    assert (await shop.get(f"/v1/orders/{number}")).json == reply.json


async def test_an_order_may_keep_the_last_piece_that_it_has(shop: ShopClient) -> None:
    number = await placed(shop, item("aeropix-cinema-white"))
    changed = [item("aeropix-cinema-white", addons=["flight-lessons"])]
    assert (await shop.patch(f"/v1/orders/{number}", {"items": changed})).status == 200
    assert await stock_of(shop, "aeropix-cinema-white") == 0


async def test_a_change_to_what_is_out_of_stock_changes_nothing(shop: ShopClient) -> None:
    number = await placed(shop, item(quantity=5))
    before = (await shop.get(f"/v1/orders/{number}")).json
    change = {"items": [item("aeropix-mini-black"), item(quantity=1)], "address": VIENNA, "payment_method": "card"}
    assert (await shop.patch(f"/v1/orders/{number}", change)).slug == "out-of-stock"
    assert (await shop.get(f"/v1/orders/{number}")).json == before
    assert await stock_of(shop, "aeropix-mini-red") == 19
    assert (await shop.get("/v1/customers/me")).json["addresses"] == [ADDRESS]


async def test_a_new_address_is_kept_and_remembered(shop: ShopClient, clock: GivenClock) -> None:
    number = await placed(shop)
    clock.passes(timedelta(minutes=5))
    reply = await shop.patch(f"/v1/orders/{number}", {"address": VIENNA, "payment_method": "card"})
    assert (reply.json["address"], reply.json["payment_method"]) == (VIENNA, "card")
    assert (await shop.get("/v1/customers/me")).json["addresses"] == [VIENNA, ADDRESS]


async def test_agreed_prices_hold_when_the_catalogs_rise(shop: ShopClient, database: Database) -> None:
    number = await placed(shop, item(term_months=6, addons=["insurance"]))
    await _raise_prices(database)
    assert (await shop.get(f"/v1/orders/{number}")).json["total_now"] == eur(2900 + 690)
    wanted = [item(quantity=2, term_months=6, addons=["insurance", "flight-lessons"]), item()]
    lines = (await shop.patch(f"/v1/orders/{number}", {"items": wanted})).json["items"]
    assert [line["unit_price"]["amount"] for line in lines] == [2900, 99800]
    assert [addon["price"]["amount"] for addon in lines[0]["addons"]] == [690, 17800]


async def _raise_prices(database: Database) -> None:
    async with database.writing() as session:
        twice = {"price_amount": Variant.price_amount * 2, "monthly_amount": Variant.monthly_amount * 2}
        await session.execute(update(Variant).values(**twice))
        await session.execute(update(Addon).values(price_amount=Addon.price_amount * 2))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))


@pytest.mark.parametrize("body", [{}, {"items": None}, {"address": None}, {"status": "shipped"}, {"items": []}])
async def test_a_change_that_makes_no_sense_is_refused(shop: ShopClient, body: dict[str, Any]) -> None:
    number = await placed(shop)
    reply = await shop.refused("PATCH", f"/v1/orders/{number}", body)
    assert (reply.status, reply.slug) == (400, "invalid-request")


# --- cancelling


async def test_a_cancelled_order_gives_its_stock_back(shop: ShopClient, clock: GivenClock) -> None:
    number = await placed(shop, item(quantity=4))
    clock.passes(timedelta(hours=1))
    reply = await shop.post(f"/v1/orders/{number}/cancellation", {"reason": "takes_too_long", "note": "zu spät"})
    assert (reply.status, reply.json["status"]) == (200, "cancelled")
    assert (reply.json["cancelled_at"], reply.json["cancel_reason"]) == ("2026-03-02T10:30:00Z", "takes_too_long")
    assert reply.json["cancel_note"] == "zu spät"
    assert await stock_of(shop, "aeropix-mini-red") == 24


async def test_cancelling_needs_no_reason_and_no_body(shop: ShopClient) -> None:
    path = f"/v1/orders/{await placed(shop)}/cancellation"
    reply = await shop.send("POST", path, headers={"Idempotency-Key": "cancel-1"})
    assert (reply.json["status"], reply.json["cancel_reason"]) == ("cancelled", "not_said")


@pytest.mark.parametrize(
    "body",
    [
        {"reason": 5},
        {"reason": "zu spät"},
        {"reason": None},
        {"note": "x" * 501},
        {"note": "\u0000"},
        {"why": "late"},
        [],
    ],
)
async def test_a_cancellation_that_makes_no_sense_is_refused(shop: ShopClient, body: Any) -> None:
    reply = await shop.refused("POST", f"/v1/orders/{await placed(shop)}/cancellation", body)
    assert (reply.status, reply.slug) == (400, "invalid-request")


@pytest.mark.parametrize("status", ["processed", "shipped", "delivered", "cancelled"])
async def test_what_is_no_longer_pending_is_neither_changed_nor_cancelled(shop: ShopClient, status: str) -> None:
    number = await placed(shop, item(quantity=2))
    if status == "cancelled":
        await shop.post(f"/v1/orders/{number}/cancellation", {})
    else:
        await advanced(shop, number, status)
    stock = await stock_of(shop, "aeropix-mini-red")
    changed = await shop.patch(f"/v1/orders/{number}", {"items": [item()]})
    assert (changed.status, changed.slug) == (409, "order-not-changeable")
    cancelled = await shop.post(f"/v1/orders/{number}/cancellation", {})
    assert (cancelled.status, cancelled.slug) == (409, "order-not-cancellable")
    assert changed.json["order_status"] == cancelled.json["order_status"] == status
    assert await stock_of(shop, "aeropix-mini-red") == stock


# --- sending


async def test_a_shipped_order_can_be_tracked_to_the_door(shop: ShopClient, clock: GivenClock) -> None:
    number = await placed(shop)
    assert (await advanced(shop, number, "processed")).json["shipments"] == []
    clock.passes(timedelta(days=1))
    await advanced(shop, number, "shipped")
    shipment = (await shop.get(f"/v1/orders/{number}")).json["shipments"][0]
    assert (shipment["status"], shipment["shipped_at"]) == ("in_transit", "2026-03-03T09:30:00Z")
    assert shipment["promised_date"] == "2026-03-04"
    assert [event["code"] for event in shipment["events"]] == ["announced", "handed_over"]
    clock.passes(timedelta(days=1))
    await advanced(shop, number, "delivered")
    delivered = (await shop.get(f"/v1/orders/{number}")).json
    assert (delivered["status"], delivered["shipments"][0]["status"]) == ("delivered", "delivered")
    last = {"at": "2026-03-04T09:30:00Z", "code": "delivered", "city": "Leipzig"}
    assert delivered["shipments"][0]["events"][-1] == last


async def test_an_order_can_go_several_steps_at_once(shop: ShopClient) -> None:
    order_now = (await advanced(shop, await placed(shop), "delivered")).json
    codes = [event["code"] for event in order_now["shipments"][0]["events"]]
    assert codes == ["announced", "handed_over", "delivered"]


async def test_every_parcel_has_its_own_tracking_number(shop: ShopClient) -> None:
    orders = [(await advanced(shop, await placed(shop), "shipped")).json for _ in range(3)]
    assert len({entry["shipments"][0]["tracking_number"] for entry in orders}) == 3


async def test_an_order_never_goes_back(shop: ShopClient) -> None:
    number = await placed(shop)
    await advanced(shop, number, "shipped")
    for target in ("processed", "shipped"):
        reply = await advanced(shop, number, target)
        assert (reply.status, reply.slug, reply.json["order_status"]) == (409, "order-not-changeable", "shipped")


async def test_a_cancelled_order_is_not_sent(shop: ShopClient) -> None:
    number = await placed(shop)
    await shop.post(f"/v1/orders/{number}/cancellation", {})
    assert (await advanced(shop, number, "shipped")).json["order_status"] == "cancelled"


async def test_staff_is_told_when_there_is_no_such_order(shop: ShopClient) -> None:
    assert (await advanced(shop, "NC-999999", "shipped")).slug == "order-not-found"


@pytest.mark.parametrize("body", [{}, {"to": "pending"}, {"to": "cancelled"}, {"to": 1}])
async def test_staff_cannot_send_an_order_just_anywhere(shop: ShopClient, body: Any) -> None:
    path = f"/v1/operations/orders/{await placed(shop)}/advance"
    reply = await shop.staff().refused("POST", path, body)
    assert (reply.status, reply.slug) == (400, "invalid-request")

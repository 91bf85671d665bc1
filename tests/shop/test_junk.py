"""Found rather than invented: no input makes the shop fail, and the document and the shop agree on what is junk."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shop.client import Reply, ShopClient
from tests.shop.requests import ADDRESS, item, order, rented

# The running shop is shared by the examples: nothing here depends on what an earlier one left behind.
shared = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=80
)
some = settings(shared, max_examples=40)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
junk = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member and element of a body."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(place for key, child in inner for place in places(child, (*here, key)))]


def with_change(node: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The body with something else at one place."""
    if not place:
        return value
    changed = dict(node) if isinstance(node, dict) else list(node)
    changed[place[0]] = with_change(node[place[0]], place[1:], value)
    return changed


def spoiled(body: Any) -> st.SearchStrategy[Any]:
    """The body with junk at any place."""
    return st.builds(with_change, st.just(body), st.sampled_from(places(body)), junk)


ORDER = order(item(term_months=6, addons=["insurance"]), item("urbano-e1-m-blue", 2))
RECORD = {
    "language": "de",
    "company": {"name": "Reuter Luftbild GmbH", "vat_number": "DE136695976"},
    "phone": "0341 4800960",
    "form_of_address": "Sie",
    "consents": {"marketing": False, "outreach": True},
}
PIECE = {"line": 0, "quantity": 1}
COMPANY = {"name": "Reuter Luftbild GmbH", "vat_number": "DE136695976", "address": ADDRESS}
WRITES = [
    ("PUT", "/v1/customers/me", {"name": "Jonas", "email": "jonas.reuter@example.org", "language": "de"}),
    ("PUT", "/v1/customers/me", RECORD),
    ("POST", "/v1/customers/me/addresses", ADDRESS),
    ("DELETE", "/v1/customers/me/addresses", ADDRESS),
    ("POST", "/v1/orders", ORDER),
    ("POST", "/v1/customers/me/joins", {"customer": "telegram-100200300"}),
    ("POST", "/v1/customers/me/email-proofs", {"email": "jonas.reuter@example.org"}),
    ("POST", "/v1/quotes", {"items": ORDER["items"]}),
    ("PATCH", "/v1/orders/NC-104201", {"items": ORDER["items"], "address": ADDRESS}),
    ("POST", "/v1/orders/NC-104201/cancellation", {"reason": "takes_too_long", "note": "zu spät"}),
    (
        "PATCH",
        "/v1/subscriptions/SB-200001",
        {"plan_id": "aeropix-premium", "term_months": 12, "addons": ["insurance"]},
    ),
    ("POST", "/v1/subscriptions/SB-200001/pause", {"first": "2026-05-01", "until": "2026-05-31"}),
    ("POST", "/v1/subscriptions/SB-200001/swaps", {"product_id": "aeropix-pro", "first": "2026-03-07", "until": None}),
    ("POST", "/v1/orders/NC-104201/payment", {"payment_method": "direct_debit", "iban": "DE89 3704 0044 0532 0130 00"}),
    ("POST", "/v1/orders/NC-104201/payment", {"payment_method": "gift_card", "gift_card": "GC-7K2M-9QXT"}),
    ("POST", "/v1/return-quotes", {"order_number": "NC-104201", "items": [PIECE], "refund_to": "gift_card"}),
    (
        "POST",
        "/v1/exchange-quotes",
        {"order_number": "NC-104201", "items": [PIECE | {"variant_id": "urbano-e1-m-blue"}]},
    ),
    ("POST", "/v1/orders/NC-104201/invoice", {"name": "Jonas", "company": COMPANY}),
]


def keyed() -> dict[str, str]:
    """A new key for every example, so that each is looked at."""
    return {"Idempotency-Key": f"junk-{uuid4()}"}


def written(body: Any) -> bytes:
    """As JSON and a little more: Python writes NaN and any large number."""
    return json.dumps(body).encode()


def assert_no_failure(reply: Reply) -> None:
    assert reply.status < 500


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
@some
@given(data=st.data())
async def test_a_spoiled_body_never_makes_the_shop_fail(
    shop: ShopClient, method: str, path: str, body: Any, data: st.DataObject
) -> None:
    raw = written(data.draw(spoiled(body)))
    assert_no_failure(await shop.exchange(method, path, raw=raw, headers=keyed()))


@pytest.mark.parametrize(("method", "path", "body"), WRITES[:5])
@shared
@given(raw=st.binary(max_size=300))
async def test_bytes_of_any_kind_never_make_the_shop_fail(
    shop: ShopClient, method: str, path: str, body: Any, raw: bytes
) -> None:
    assert_no_failure(await shop.exchange(method, path, raw=raw, headers=keyed()))


@shared
@given(data=st.data())
async def test_the_shop_refuses_exactly_what_the_document_refuses(shop: ShopClient, data: st.DataObject) -> None:
    """A customer's change has no refusal but its form, so the two must agree on every one."""
    raw = written(data.draw(spoiled(WRITES[0][2])))
    reply = await shop.exchange("PUT", "/v1/customers/me", raw=raw, headers=keyed())
    assert (reply.status == 400) is not reply.request_fits


@shared
@given(query=st.dictionaries(st.sampled_from(["kind", "max_price", "max_monthly_price", "x"]), st.text(max_size=30)))
async def test_any_query_gets_products_or_a_refusal(shop: ShopClient, query: dict[str, str]) -> None:
    assert (await shop.exchange("GET", "/v1/products", query=query)).status in {200, 400}


@shared
@given(name=st.text(min_size=1, max_size=40).filter(lambda name: name.strip(".") != ""))
async def test_any_name_of_an_order_product_or_picture_is_not_found(shop: ShopClient, name: str) -> None:
    of_port = ("orders", "products", "subscriptions", "returns")
    for folder in (*(f"/v1/{goods}" for goods in of_port), "/images", "/documents", "/pay"):
        response = await shop.http.get(f"{folder}/{quote(name, safe='')}", headers=shop.headers())
        assert response.status == 404


@shared
@given(name=st.text(min_size=1, max_size=40).filter(lambda name: name.strip(".") != ""))
async def test_any_name_of_somebody_who_was_joined_is_not_found(shop: ShopClient, name: str) -> None:
    path = f"/v1/customers/me/joins/{quote(name, safe='')}"
    response = await shop.http.delete(path, headers=shop.headers() | keyed())
    assert response.status == 404


@shared
@given(query=st.dictionaries(st.sampled_from(["email", "x"]), st.text(max_size=30)))
async def test_any_address_gets_customers_or_a_refusal(shop: ShopClient, query: dict[str, str]) -> None:
    assert (await shop.exchange("GET", "/v1/customers", query=query)).status in {200, 400}


@settings(parent=shared, max_examples=20)
@given(first=st.dates().map(str), until=st.none() | st.dates().map(str), month=st.integers(1, 12))
async def test_any_days_of_a_subscription_get_an_answer(
    shop: ShopClient, first: str, until: str | None, month: int
) -> None:
    if not (await shop.get("/v1/subscriptions")).json["items"]:
        await rented(shop, plan_id="aeropix-premium")
    near = f"2026-{month:02}-28"
    for days in ({"first": first, "until": until}, {"first": near, "until": until}, {"first": first, "until": near}):
        for what, body in (("pause", days), ("swaps", {"product_id": "aeropix-pro", **days})):
            reply = await shop.exchange(
                "POST", f"/v1/subscriptions/SB-200001/{what}", raw=written(body), headers=keyed()
            )
            assert reply.status in {200, 400, 409}

"""The door: who may call, what is no request at all, and how every failure looks."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import orjson
import pytest
from aiohttp.web import Application
from openapi_core import OpenAPI
from sqlalchemy import make_url, text

from shop.database import Database
from shop.observe import JsonLines
from shop.problems import Problem
from shop.settings import Settings
from tests.shop.client import OPERATIONS_TOKEN, TOKEN, Reply, ShopClient, strict_document
from tests.shop.conftest import POSTGRES, GivenClock, running, settings_for
from tests.shop.requests import item, order, placed

HEADERS = {"Idempotency-Key": "key-a", "Content-Type": "application/json"}
PATHS = [
    ("GET", "/v1/products"),
    ("GET", "/v1/products/aeropix-mini"),
    ("GET", "/v1/customers/me"),
    ("PUT", "/v1/customers/me"),
    ("POST", "/v1/customers/me/addresses"),
    ("DELETE", "/v1/customers/me/addresses"),
    ("POST", "/v1/quotes"),
    ("GET", "/v1/orders"),
    ("POST", "/v1/orders"),
    ("GET", "/v1/orders/NC-104201"),
    ("PATCH", "/v1/orders/NC-104201"),
    ("POST", "/v1/orders/NC-104201/cancellation"),
    ("GET", "/v1/plans"),
    ("GET", "/v1/availability"),
    ("GET", "/v1/subscriptions"),
    ("PATCH", "/v1/subscriptions/SB-200001"),
    ("DELETE", "/v1/subscriptions/SB-200001/swaps"),
    ("DELETE", "/v1/subscriptions/SB-200001/swaps/1"),
    ("POST", "/v1/subscriptions/SB-200001/swap-previews"),
    ("POST", "/v1/orders/NC-104201/payment"),
    ("POST", "/v1/orders/NC-104201/returns"),
    ("POST", "/v1/orders/NC-104201/exchanges"),
    ("POST", "/v1/orders/NC-104201/invoice"),
    ("GET", "/v1/orders/NC-104201/invoices"),
    ("POST", "/v1/return-quotes"),
    ("POST", "/v1/exchange-quotes"),
    ("GET", "/v1/returns"),
    ("GET", "/v1/returns/RT-300001"),
    ("GET", "/v1/refunds"),
    ("POST", "/v1/operations/orders/NC-104201/advance"),
    ("POST", "/v1/operations/orders/NC-104201/promise"),
    ("POST", "/v1/operations/orders/NC-104201/payment/book"),
    ("POST", "/v1/operations/returns/RT-300001/receive"),
    ("POST", "/v1/operations/refunds/RF-400001/book"),
    ("POST", "/v1/operations/gift-cards"),
    ("GET", "/v1/unknown"),
]


def application(shop: ShopClient) -> Application:
    app = shop.http.app
    assert app is not None
    return app


async def test_the_service_says_that_it_works(shop: ShopClient) -> None:
    reply = await shop.with_token(None).acting_for(None).get("/v1/health")
    assert (reply.status, reply.json) == (200, {"status": "ok"})


async def test_the_document_is_served_to_anyone(shop: ShopClient) -> None:
    reply = await shop.with_token(None).get("/v1/openapi.yaml")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/yaml")
    assert reply.raw.startswith(b"openapi: 3.1")


async def test_the_document_names_the_routes_that_there_are(shop: ShopClient) -> None:
    routes = {
        (route.method, route.resource.canonical)
        for route in application(shop).router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    paths = strict_document()["paths"]
    assert routes == {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_the_document_names_the_problems_that_there_are() -> None:
    types = strict_document()["components"]["schemas"]["ProblemType"]["enum"]
    assert sorted(types) == sorted(f"urn:nochannel:problem:{kind.slug}" for kind in Problem.__subclasses__())


@pytest.mark.parametrize("token", [None, "", "wrong", TOKEN + "x", TOKEN[:-1], "größe"])
async def test_nobody_passes_without_the_secret(shop: ShopClient, token: str | None) -> None:
    for method, path in PATHS:
        reply = await shop.with_token(token).exchange(method, path, headers=HEADERS, raw=orjson.dumps(order()))
        assert (reply.status, reply.slug) == (401, "unauthorized")
        assert reply.headers["WWW-Authenticate"] == "Bearer"


async def test_the_two_secrets_do_not_stand_for_each_other(shop: ShopClient) -> None:
    number = await placed(shop)
    assistant = shop.acting_for(None)
    assert (await assistant.post(f"/v1/operations/orders/{number}/advance", {"to": "shipped"})).status == 401
    assert (await shop.with_token(OPERATIONS_TOKEN).get(f"/v1/orders/{number}")).status == 401


async def test_a_path_written_otherwise_opens_no_door(shop: ShopClient) -> None:
    stranger = shop.with_token(None)
    for path in ("/v1/%6frders", "/v1//orders", "/v1/./orders", "/images/../v1/orders", "/v1/orders/"):
        reply = await stranger.http.get(path, headers={"Nochannel-Customer": "customer-1"})
        assert reply.status == 401


async def test_without_an_operations_secret_there_are_no_operations(
    settings: Settings, clock: GivenClock, openapi: OpenAPI
) -> None:
    closed = settings.model_copy(update={"operations_token": None})
    async with running(closed, clock, openapi) as shop:
        number = await placed(shop)
        for caller in (shop.staff(), shop.acting_for(None)):
            reply = await caller.post(f"/v1/operations/orders/{number}/advance", {"to": "shipped"})
            assert (reply.status, reply.slug) == (404, "not-found")


async def test_an_unknown_address_is_not_found(shop: ShopClient) -> None:
    reply = await shop.exchange("GET", "/v1/unknown")
    assert (reply.status, reply.slug) == (404, "not-found")


async def test_a_method_that_an_address_does_not_take_is_refused(shop: ShopClient) -> None:
    reply = await shop.exchange("DELETE", "/v1/orders")
    assert (reply.status, reply.slug) == (405, "method-not-allowed")
    assert set(reply.headers["Allow"].split(",")) == {"GET", "HEAD", "POST"}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b"{}{}", b"[" * 5000, b'{"items": NaN}', b"\x00", b'"\\ud800"']
)
async def test_a_body_that_is_no_json_is_refused(shop: ShopClient, raw: bytes) -> None:
    reply = await shop.exchange("POST", "/v1/orders", raw=raw, headers=HEADERS)
    assert (reply.status, reply.slug) == (400, "invalid-request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_of_another_type_is_refused(shop: ShopClient, content_type: str) -> None:
    headers = HEADERS | {"Content-Type": content_type}
    reply = await shop.send_malformed("POST", "/v1/orders", raw=orjson.dumps(order()), headers=headers)
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "header.Content-Type")


async def test_ten_megabytes_are_too_much(shop: ShopClient) -> None:
    raw = orjson.dumps(order(voucher="x" * 10_000_000))
    reply = await shop.exchange("POST", "/v1/orders", raw=raw, headers=HEADERS)
    assert (reply.status, reply.slug) == (413, "request-too-large")


async def test_ten_megabytes_pressed_small_are_too_much(shop: ShopClient) -> None:
    raw = gzip.compress(orjson.dumps(order(voucher="x" * 10_000_000)))
    reply = await shop.exchange("POST", "/v1/orders", raw=raw, headers=HEADERS | {"Content-Encoding": "gzip"})
    assert (reply.status, reply.slug) == (413, "request-too-large")


async def test_a_body_that_is_not_pressed_as_it_says_is_refused(shop: ShopClient) -> None:
    headers = HEADERS | {"Content-Encoding": "gzip"}
    async with shop.http.post("/v1/orders", data=b"not gzip", headers=shop.headers() | headers) as response:
        assert response.status == 400


async def test_customer_data_is_not_cached_on_the_way(shop: ShopClient) -> None:
    for path in ("/v1/orders", "/v1/products"):
        assert (await shop.get(path)).headers["Cache-Control"] == "no-store"


# --- failures


async def raw_order(shop: ShopClient, key: str = "key-a") -> Reply:
    """An order whose answer may be one that the document does not promise."""
    headers = shop.headers() | {"Idempotency-Key": key}
    async with shop.http.post("/v1/orders", json=order(), headers=headers) as response:
        return Reply(response.status, await response.read(), response.headers, request_fits=True)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """The log as the operator sees it."""
    return "\n".join(JsonLines().format(record) for record in caplog.records if record.name == "shop")


async def test_a_defect_is_a_problem_and_its_log_has_no_customers_words(
    shop: ShopClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.writing() as session:
        await session.execute(text("ALTER TABLE addresses RENAME TO gone"))
    with caplog.at_level(logging.INFO):
        reply = await raw_order(shop)
    assert (reply.status, reply.slug) == (500, "internal-error")
    assert reply.json["instance"].removeprefix("urn:uuid:") in logged(caplog)
    assert not [word for word in ("Reuter", "Lindenweg", "Leipzig") if word in logged(caplog) + reply.raw.decode()]


async def test_a_database_that_does_not_answer_is_said_and_nothing_is_lost(
    settings: Settings, clock: GivenClock, openapi: OpenAPI, database: Database
) -> None:
    impatient = settings.model_copy(update={"database_wait_seconds": 0.2})
    async with running(impatient, clock, openapi) as shop:
        async with database.writing() as session:
            if not database.is_sqlite:
                await session.execute(text("LOCK TABLE variants IN ACCESS EXCLUSIVE MODE"))
            reply = await shop.post("/v1/orders", order(), key="key-a")
        assert (reply.status, reply.slug, reply.headers["Retry-After"]) == (503, "unavailable", "1")
        again = await shop.post("/v1/orders", order(), key="key-a")
        assert (again.status, again.replayed, again.json["number"]) == (201, False, "NC-104201")


@pytest.mark.skipif(POSTGRES is None, reason="SQLite has no server that could go away")
async def test_the_database_may_go_away_and_come_back(
    clock: GivenClock, openapi: OpenAPI, empty_postgres_url: str
) -> None:
    async with running(settings_for(empty_postgres_url), clock, openapi) as shop:
        await placed(shop)
        async with closed_to_all(empty_postgres_url):
            for reply in (await shop.get("/v1/orders"), await shop.post("/v1/orders", order(), key="key-a")):
                assert (reply.status, reply.slug) == (503, "unavailable")
        assert (await shop.post("/v1/orders", order(), key="key-a")).replayed is False
        assert len((await shop.get("/v1/orders")).json["items"]) == 2


@asynccontextmanager
async def closed_to_all(url: str) -> AsyncIterator[None]:
    """Cuts every connection to the database and lets none in."""
    assert POSTGRES is not None
    name = make_url(url).database
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        while await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name):
            await asyncio.sleep(0.01)  # a backend ends in its own time
        yield
    finally:
        await connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await connection.close()


async def test_a_request_is_logged_by_ids_and_durations(shop: ShopClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        await placed(shop, item())
        await shop.get("/v1/products/wo-ist-mein-paket")
    lines = [orjson.loads(line) for line in logged(caplog).splitlines() if '"request"' in line]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("POST", "/v1/orders", 201),
        ("GET", "/v1/products/{product_id}", 404),
    ]
    assert all(line["duration_ms"] > 0 and line["request_id"] for line in lines)
    assert not [word for word in ("Reuter", "paket", TOKEN, "customer-1") if word in logged(caplog)]

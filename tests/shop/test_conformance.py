"""The suite that a retailer holds an own backend against: the reference passes it, and what is wrong with a shop it finds."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import uuid4

from aiohttp import web
from aiohttp.test_utils import TestServer

from shop.app import build_app
from shop.clock import SystemClock
from tests.shop.client import OPERATIONS_TOKEN, TOKEN
from tests.shop.conftest import settings_for

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "conformance"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Defect = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]
PYTEST = (
    "-m", "pytest", "-q", "-o", "addopts=", "--confcutdir", "tests/conformance",
    "-p", "pytest_asyncio.plugin", "-p", "pytest_timeout", "-p", "no:cacheprovider",
)  # fmt: skip
QUICKLY = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def _with(request: web.Request, **headers: str) -> web.Request:
    return request.clone(headers={**request.headers, **{name.replace("_", "-"): v for name, v in headers.items()}})


async def _forgets_keys(request: web.Request, handler: Handler) -> web.StreamResponse:
    if "Idempotency-Key" in request.headers:
        request = _with(request, Idempotency_Key=f"key-{uuid4()}")
    return await handler(request)


async def _mixes_customers_up(request: web.Request, handler: Handler) -> web.StreamResponse:
    return await handler(_with(request, Nochannel_Customer="everybody"))


async def _reckons_in_floats(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if not request.path.startswith("/v1/quotes"):
        return response
    assert isinstance(response, web.Response)
    assert isinstance(response.body, bytes)
    quote = json.loads(response.body)
    if "total_now" in quote:
        quote["total_now"]["amount"] /= 100
    return web.json_response(quote, status=response.status, content_type=response.content_type)


async def _cancels_nothing(request: web.Request, handler: Handler) -> web.StreamResponse:
    return web.json_response({}, status=501) if request.path.endswith("/cancellation") else await handler(request)


async def _quotes_nothing(request: web.Request, handler: Handler) -> web.StreamResponse:
    return web.json_response({}, status=501) if request.path == "/v1/quotes" else await handler(request)


async def _held_against_the_suite(directory: Path, *promises: str, defects: Sequence[Defect] = ()) -> tuple[int, str]:
    """Exit code and what was printed; only of these promises about orders, if any are named."""
    app = build_app(settings_for(f"sqlite:///{directory / 'shop.db'}"), SystemClock())
    for defect in defects:
        app.middlewares.insert(0, web.middleware(defect))  # type: ignore[arg-type]
    async with TestServer(app) as server:
        environment = {
            **os.environ,
            **QUICKLY,
            "CONFORMANCE_URL": str(server.make_url("")),
            "CONFORMANCE_TOKEN": TOKEN,
            "CONFORMANCE_OPERATIONS_TOKEN": OPERATIONS_TOKEN,
            "CONFORMANCE_DOCUMENT": "",
        }
        which = [f"{SUITE / 'test_orders.py'}::{promise}" for promise in promises] or [str(SUITE)]
        suite = await asyncio.create_subprocess_exec(
            sys.executable, *PYTEST, *which, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await suite.communicate()
    assert suite.returncode is not None
    return suite.returncode, printed.decode()


async def test_the_embedded_shop_speaks_the_port(tmp_path: Path) -> None:
    code, printed = await _held_against_the_suite(tmp_path)
    assert code == 0, printed


async def test_what_is_wrong_with_a_shop_is_found(tmp_path: Path) -> None:
    code, printed = await _held_against_the_suite(
        tmp_path,
        "test_an_order_sent_twice_is_placed_once",
        "test_an_order_is_placed_as_quoted_and_takes_the_stock",
        "test_somebody_elses_order_and_none_at_all_are_the_same[see]",
        defects=(_forgets_keys, _reckons_in_floats, _mixes_customers_up),
    )
    assert code == 1
    assert "3 failed" in printed
    assert "POST /v1/quotes: the 200 answer does not fit the document: total_now.amount: 1897.0 is a float" in printed


async def test_what_a_shop_does_not_support_is_named_and_no_failure(tmp_path: Path) -> None:
    code, printed = await _held_against_the_suite(
        tmp_path, "test_a_pending_order_is_cancelled_and_the_stock_returns", defects=(_cancels_nothing,)
    )
    assert code == 0, printed
    assert "POST /v1/orders/{number}/cancellation: not supported by this backend (501) [1 promise]" in printed


async def test_without_quotes_a_shop_fails(tmp_path: Path) -> None:
    code, printed = await _held_against_the_suite(
        tmp_path, "test_an_order_is_placed_as_quoted_and_takes_the_stock", defects=(_quotes_nothing,)
    )
    assert code == 1
    assert "POST /v1/quotes: not supported by this backend (501), but without it there is no assistant" in printed

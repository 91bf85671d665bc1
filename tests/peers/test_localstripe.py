"""Payments against localstripe (PyPI, GPL-3): it has PaymentIntents and signed events, but neither Checkout nor their refunds."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from shop.app import PAYMENT_EVENTS, build_app
from shop.clock import SystemClock
from shop.settings import Settings
from tests.peers.processes import Peer, peers_packages, peers_python
from tests.shop.client import OPERATIONS_TOKEN, TOKEN, Http
from tests.shop.requests import order

KEY, WEBHOOK_SECRET = "sk_test_peers", "whsec_peers"
SERVE = "from aiohttp import web; from localstripe.server import app; web.run_app(app, host='127.0.0.1', port={port})"
GOOD_CARD, DECLINED_CARD = "4242424242424242", "4000000000000341"
HEARD_WITHIN_SECONDS = 10

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(120),
]


@pytest.fixture
def server(own_directory: Path, port: int) -> Iterator[str]:
    """localstripe on 127.0.0.1 only; its own command binds all addresses."""
    if not (peers_packages() / "localstripe").exists():
        pytest.skip("localstripe is not installed")
    command = [str(peers_python() / "python"), "-c", SERVE.format(port=port)]
    with Peer(command, port, own_directory / "localstripe.log"):
        yield f"http://127.0.0.1:{port}"


class Bank:
    """What a customer's browser and bank do at Stripe, done by its API."""

    def __init__(self, url: str, http: ClientSession) -> None:
        self._url = url
        self._http = http

    async def ask(self, path: str, **fields: str) -> Any:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._http.post(self._url + path, data=fields or {"x": "1"}, headers=headers) as response:
            return await response.json(content_type=None)

    async def pay(self, intent: str, card: str) -> None:
        fields = {"card[number]": card, "card[exp_month]": "12", "card[exp_year]": "2040", "card[cvc]": "123"}
        method = await self.ask("/v1/payment_methods", type="card", **fields)
        await self.ask(f"/v1/payment_intents/{intent}", payment_method=method["id"])
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._http.post(f"{self._url}/v1/payment_intents/{intent}/confirm", headers=headers) as response:
            assert response.status == (402 if card == DECLINED_CARD else 200)

    async def intents(self) -> list[Any]:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self._http.get(f"{self._url}/v1/payment_intents", headers=headers) as response:
            return list((await response.json(content_type=None))["data"])


@asynccontextmanager
async def shop_at(server: str, own_directory: Path) -> AsyncIterator[Http]:
    settings = Settings(
        token=SecretStr(TOKEN),
        operations_token=SecretStr(OPERATIONS_TOKEN),
        database_url=SecretStr(f"sqlite:///{own_directory / 'shop.db'}"),
        payment_provider="stripe",
        stripe_key=SecretStr(KEY),
        stripe_webhook_secret=SecretStr(WEBHOOK_SECRET),
        stripe_url=server,
        public_url="http://shop.example.org",
    )
    async with TestClient(TestServer(build_app(settings, SystemClock()))) as http:
        yield http


@pytest.fixture
async def shop(server: str, own_directory: Path) -> AsyncIterator[Http]:
    async with shop_at(server, own_directory) as http:
        yield http


@pytest.fixture
async def bank(server: str) -> AsyncIterator[Bank]:
    async with ClientSession() as http:
        yield Bank(server, http)


def headers(key: str = "key-1") -> dict[str, str]:
    return {"Authorization": f"Bearer {TOKEN}", "Nochannel-Customer": "customer-1", "Idempotency-Key": key}


async def ordered(shop: Http) -> Any:
    async with shop.post("/v1/orders", json=order(payment_method="card"), headers=headers()) as response:
        return await response.json()


async def payment_now(shop: Http, number: str) -> Any:
    async with shop.get(f"/v1/orders/{number}", headers=headers()) as response:
        return (await response.json())["payment"]


async def visit(shop: Http, url: str) -> str:
    async with shop.get(url.removeprefix("http://shop.example.org")) as response:
        assert response.status == 200
        return await response.text()


async def test_an_order_is_paid_there(shop: Http, bank: Bank) -> None:
    placed = await ordered(shop)
    await visit(shop, placed["payment"]["url"])
    [intent] = await bank.intents()
    assert (intent["amount"], intent["currency"]) == (49900, "eur")
    await bank.pay(intent["id"], GOOD_CARD)
    assert "Vielen Dank" in await visit(shop, placed["payment"]["url"])
    assert (await payment_now(shop, placed["number"]))["status"] == "paid"


async def test_a_card_that_is_declined_is_said_and_mended(shop: Http, bank: Bank) -> None:
    placed = await ordered(shop)
    await visit(shop, placed["payment"]["url"])
    [first] = await bank.intents()
    await bank.pay(first["id"], DECLINED_CARD)
    await visit(shop, placed["payment"]["url"])
    payment = await payment_now(shop, placed["number"])
    assert (payment["status"], payment["failure"]) == ("failed", "declined")
    [second] = [intent for intent in await bank.intents() if intent["id"] != first["id"]]
    await bank.pay(second["id"], GOOD_CARD)
    await visit(shop, placed["payment"]["url"])
    assert (await payment_now(shop, placed["number"]))["status"] == "paid"


async def test_its_signed_events_are_taken(shop: Http, bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    url = str(shop.make_url("/v1/payment-events/stripe"))
    await bank.ask("/_config/webhooks/shop", url=url, secret=WEBHOOK_SECRET)
    await bank.ask("/_config/webhooks/forger", url=url, secret="another")
    with caplog.at_level(logging.INFO, "shop"):
        await bank.ask("/v1/customers", email="jonas.reuter@example.org")
        async with asyncio.timeout(HEARD_WITHIN_SECONDS):
            while len(_heard(caplog)) < 2:
                await asyncio.sleep(0.05)
    assert _heard(caplog) == [204, 400]


def _heard(caplog: pytest.LogCaptureFixture) -> list[int]:
    lines = [getattr(record, "fields", {}) for record in caplog.records]
    return sorted(line["status"] for line in lines if line.get("route") == "/v1/payment-events/{provider}")


async def test_a_refund_is_made_there(shop: Http, bank: Bank) -> None:
    placed = await ordered(shop)
    await visit(shop, placed["payment"]["url"])
    [intent] = await bank.intents()
    await bank.pay(intent["id"], GOOD_CARD)
    await visit(shop, placed["payment"]["url"])
    await shop.post(f"/v1/orders/{placed['number']}/cancellation", headers=headers("key-2"))
    assert shop.app is not None
    await shop.app[PAYMENT_EVENTS].pay_out()
    async with shop.get("/v1/refunds", headers=headers()) as response:
        [refund] = (await response.json())["items"]
    assert (refund["status"], refund["amount"]["amount"]) == ("refunded", 49900)

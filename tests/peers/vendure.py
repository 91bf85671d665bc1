"""A Vendure server (npm, GPL-3) with its sample goods, and what its staff do there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import ClientSession
from pydantic import SecretStr

from actions.backend.vendure import VendureShop
from tests.peers.processes import Peer, free_port, peers_folder

SCRIPT = Path(__file__).with_name("vendure.cjs")
POPULATED_WITHIN_SECONDS = 180
STAFF_PASSWORD = "a-password-of-the-peers"
SECRET = "a-secret-of-the-peers"
METHODS = {"invoice": "standard-payment"}


def modules() -> Path:
    """Where deploy/test-peers.sh has put it."""
    return peers_folder() / "vendure" / "node_modules"


class Vendure:
    """A running one; its sample goods are sold in US dollars and named in English."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.url = f"{self.origin}/shop-api"

    def shop(self, **changes: Any) -> VendureShop:
        """The adapter, as a worker builds it."""
        options = {"url": self.url, "secret": SecretStr(SECRET), "methods": METHODS, **changes}
        return VendureShop(**options)


@contextmanager
def running(directory: Path) -> Iterator[Vendure]:
    database, port = directory / "vendure.sqlite", free_port()
    environment = {
        "NODE_PATH": str(modules()),
        "SUPERADMIN_PASSWORD": STAFF_PASSWORD,
        "VENDURE_DISABLE_TELEMETRY": "true",
    }
    _populate(database, environment, directory)
    serve = ["node", str(SCRIPT), "serve", str(port), str(database)]
    with Peer(serve, port, directory / "vendure.log", environment):
        yield Vendure(port)


def _populate(database: Path, environment: dict[str, str], directory: Path) -> None:
    command = ["node", str(SCRIPT), "populate", str(free_port()), str(database)]
    with (directory / "populate.log").open("wb") as log:
        subprocess.run(
            command,
            env={**os.environ, **environment},
            cwd=directory,
            stdout=log,
            stderr=log,
            timeout=POPULATED_WITHIN_SECONDS,
            check=True,
        )


LOGIN = """mutation ($password: String!) {
  login(username: "superadmin", password: $password) { __typename }
}"""
ORDER = "query ($id: ID!) { order(id: $id) { lines { id quantity } payments { id amount } } }"
SETTLE = "mutation ($id: ID!) { settlePayment(id: $id) { __typename } }"
PACK = "mutation ($input: FulfillOrderInput!) { addFulfillmentToOrder(input: $input) { ... on Fulfillment { id } } }"
SHIP = """mutation ($id: ID!, $state: String!) {
  transitionFulfillmentToState(id: $id, state: $state) { ... on Fulfillment { id state } }
}"""
REFUND = "mutation ($input: RefundOrderInput!) { refundOrder(input: $input) { ... on Refund { id } } }"
SETTLE_REFUND = """mutation ($id: ID!) {
  settleRefund(input: {id: $id, transactionId: "bank-1"}) { ... on Refund { id state } }
}"""
CANCEL = "mutation ($id: ID!) { cancelOrder(input: {orderId: $id}) { ... on Order { id state } } }"


class Staff:
    """The people at the shop, by Vendure's Admin API. Orders are named by Vendure's ids."""

    def __init__(self, vendure: Vendure) -> None:
        self._url = f"{vendure.origin}/admin-api"

    async def ships(self, order: str, carrier: str, tracking_number: str) -> None:
        """Takes the money and sends all of it in one parcel."""
        found = (await self._does(ORDER, id=order))["order"]
        await self._does(SETTLE, id=found["payments"][0]["id"])
        lines = [{"orderLineId": line["id"], "quantity": line["quantity"]} for line in found["lines"]]
        arguments = [{"name": "method", "value": carrier}, {"name": "trackingCode", "value": tracking_number}]
        handler = {"code": "manual-fulfillment", "arguments": arguments}
        packed = await self._does(PACK, input={"lines": lines, "handler": handler})
        parcel = packed["addFulfillmentToOrder"]["id"]
        await self._does(SHIP, id=parcel, state="Shipped")

    async def refunds(self, order: str, amount: int) -> str:
        """Promises it; the refund's id."""
        payment = (await self._does(ORDER, id=order))["order"]["payments"][0]["id"]
        money = {"lines": [], "shipping": 0, "adjustment": 0, "amount": amount, "paymentId": payment}
        return str((await self._does(REFUND, input=money))["refundOrder"]["id"])

    async def pays_back(self, refund: str) -> None:
        await self._does(SETTLE_REFUND, id=refund)

    async def cancels(self, order: str) -> None:
        await self._does(CANCEL, id=order)

    async def _does(self, deed: str, **variables: Any) -> Any:
        async with ClientSession() as session:
            async with session.post(
                self._url, json={"query": LOGIN, "variables": {"password": STAFF_PASSWORD}}
            ) as hello:
                headers = {"Authorization": f"Bearer {hello.headers['vendure-auth-token']}"}
            body = {"query": deed, "variables": variables}
            async with session.post(self._url, json=body, headers=headers) as answer:
                found = await answer.json()
        assert "errors" not in found, found
        return found["data"]

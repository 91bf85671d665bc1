"""The port over HTTP, as docs/port.md publishes it."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector
from pydantic import SecretStr

from actions.backend.port import (
    Address,
    BackendError,
    Customer,
    Item,
    KeyReused,
    NotAllowed,
    NotFound,
    Order,
    OutOfStock,
    Product,
    Quote,
    Rejected,
    Unavailable,
)

TIMEOUT = ClientTimeout(total=8, connect=2)
TRY_AGAIN_AFTER_SECONDS = (0.2, 0.8)
CATALOG_SECONDS = 2.0
"""For how long the catalog is taken as read: stock in an answer is at most so old; an order checks it anew."""


class HttpShop:
    """A shop at an address; `unix:///path` names a socket."""

    def __init__(self, url: str, token: SecretStr) -> None:
        self._socket = url.removeprefix("unix://") if url.startswith("unix://") else None
        self._base = "http://shop" if self._socket else url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self._opened: tuple[asyncio.AbstractEventLoop, ClientSession] | None = None
        self._catalog: tuple[float, tuple[Product, ...]] | None = None

    async def products(self) -> Sequence[Product]:
        """While the shop is away, the catalog as it was last: names and prices outlive an outage."""
        now = time.monotonic()
        if self._catalog is None or now - self._catalog[0] > CATALOG_SECONDS:
            try:
                found = await self._call("GET", "/v1/products")
            except Unavailable:
                if self._catalog is None:
                    raise
                return self._catalog[1]
            self._catalog = (now, tuple(Product.model_validate(product) for product in found["items"]))
        return self._catalog[1]

    async def quote(self, items: Sequence[Item]) -> Quote:
        return Quote.model_validate(await self._call("POST", "/v1/quotes", body={"items": _items(items)}))

    async def customer(self, customer: str) -> Customer:
        try:
            return Customer.model_validate(await self._call("GET", "/v1/customers/me", customer=customer))
        except NotFound:
            return Customer(id=customer)

    async def place_order(
        self, customer: str, items: Sequence[Item], address: Address, payment_method: str, language: str, *, key: str
    ) -> Order:
        body = {
            "items": _items(items),
            "address": address.model_dump(),
            "payment_method": payment_method,
            "language": language,
        }
        return Order.model_validate(await self._call("POST", "/v1/orders", customer=customer, body=body, key=key))

    async def orders(self, customer: str) -> Sequence[Order]:
        found = await self._call("GET", "/v1/orders?limit=10", customer=customer)
        return [Order.model_validate(order) for order in found["items"]]

    async def order(self, customer: str, number: str) -> Order:
        return Order.model_validate(await self._call("GET", f"/v1/orders/{number}", customer=customer))

    async def change_order(
        self,
        customer: str,
        number: str,
        *,
        items: Sequence[Item] | None = None,
        address: Address | None = None,
        payment_method: str | None = None,
        key: str,
    ) -> Order:
        body: dict[str, Any] = {}
        if items is not None:
            body["items"] = _items(items)
        if address is not None:
            body["address"] = address.model_dump()
        if payment_method is not None:
            body["payment_method"] = payment_method
        return Order.model_validate(
            await self._call("PATCH", f"/v1/orders/{number}", customer=customer, body=body, key=key)
        )

    async def cancel_order(self, customer: str, number: str, *, key: str) -> Order:
        path = f"/v1/orders/{number}/cancellation"
        return Order.model_validate(await self._call("POST", path, customer=customer, body={}, key=key))

    async def close(self) -> None:
        """Ends the connections of the present event loop."""
        if self._opened is not None:
            await self._opened[1].close()
            self._opened = None

    async def _call(
        self,
        method: str,
        path: str,
        *,
        customer: str | None = None,
        body: dict[str, Any] | None = None,
        key: str | None = None,
    ) -> Any:
        """Asks again when nothing came back; safe, since reads change nothing and writes carry their key."""
        headers = dict(self._headers)
        if customer:
            headers["Nochannel-Customer"] = customer
        if key:
            headers["Idempotency-Key"] = key
        for pause in (*TRY_AGAIN_AFTER_SECONDS, None):
            try:
                return await self._once(method, path, headers, body)
            except Unavailable:
                if pause is None:
                    raise
                await asyncio.sleep(pause)

    async def _once(self, method: str, path: str, headers: dict[str, str], body: dict[str, Any] | None) -> Any:
        try:
            async with self._session().request(method, self._base + path, headers=headers, json=body) as response:
                found = await response.json(content_type=None)
                status = response.status
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise Unavailable(type(error).__name__) from error
        if status >= 400:
            raise _refusal(status, found)
        return found

    def _session(self) -> ClientSession:
        """One per event loop: workers are forked before they have one."""
        loop = asyncio.get_running_loop()
        if self._opened is None or self._opened[0] is not loop:
            connector = UnixConnector(self._socket) if self._socket else None
            self._opened = (loop, ClientSession(connector=connector, timeout=TIMEOUT))
        return self._opened[1]


def _items(items: Sequence[Item]) -> list[dict[str, Any]]:
    return [item.model_dump() for item in items]


def _refusal(status: int, found: Any) -> BackendError:
    problem = found if isinstance(found, dict) else {}
    slug = str(problem.get("type", "")).rpartition(":")[2]
    if status >= 500 or status == 429:
        return Unavailable(slug)
    if slug == "out-of-stock":
        return OutOfStock(problem["variant_id"], problem["available"])
    if slug in ("order-not-changeable", "order-not-cancellable"):
        return NotAllowed(problem.get("order_status", ""))
    if slug == "idempotency-key-reused":
        return KeyReused(slug)
    return NotFound(slug) if status == 404 else Rejected(slug)

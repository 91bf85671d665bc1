"""The port over HTTP, as docs/port.md publishes it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector
from pydantic import SecretStr

from actions.backend.port import (
    Address,
    BackendError,
    Company,
    Customer,
    Free,
    Invoice,
    Item,
    KeyReused,
    KnownCustomer,
    NotAllowed,
    NotFound,
    NotSupported,
    Order,
    OutOfStock,
    Payment,
    Piece,
    Plan,
    Preview,
    Product,
    Quote,
    Refund,
    Refused,
    Rejected,
    Return,
    Subscription,
    SwapWish,
    Unavailable,
)

TIMEOUT = ClientTimeout(total=8, connect=2)
TRY_AGAIN_AFTER_SECONDS = (0.2, 0.8)
CATALOG_SECONDS = 2.0
"""For how long the catalog is taken as read: stock in an answer is at most so old; an order checks it anew."""

PLANS_SECONDS = 30.0


@dataclass(frozen=True)
class _Catalog:
    """Products as they were read, and the revision of everything about them but their stock."""

    read_at: float
    revision: int
    products: tuple[Product, ...]


class HttpShop:
    """A shop at an address; `unix:///path` names a socket."""

    def __init__(self, url: str, token: SecretStr) -> None:
        self._socket = url.removeprefix("unix://") if url.startswith("unix://") else None
        self._base = "http://shop" if self._socket else url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token.get_secret_value()}"}
        self._opened: tuple[asyncio.AbstractEventLoop, ClientSession] | None = None
        self._catalog: _Catalog | None = None
        self._plans: tuple[float, tuple[Plan, ...]] | None = None

    async def products(self) -> Sequence[Product]:
        """While the shop is away, the catalog as it was last: names and prices outlive an outage."""
        kept = self._catalog
        if kept is not None and time.monotonic() - kept.read_at <= CATALOG_SECONDS:
            return kept.products
        try:
            self._catalog = await self._read_catalog(kept)
        except Unavailable:
            if kept is None:
                raise
            return kept.products
        return self._catalog.products

    async def _read_catalog(self, kept: "_Catalog | None") -> "_Catalog":
        """The whole of it only when it changed; else what is left in stock, which is little to read."""
        now = time.monotonic()
        found = await self._call("GET", "/v1/stock")
        revision, stock = int(found["revision"]), dict(found["stock"])
        if kept is not None and kept.revision == revision:
            return _Catalog(now, revision, tuple(_with_stock(product, stock) for product in kept.products))
        products = (await self._call("GET", "/v1/products"))["items"]
        return _Catalog(now, revision, tuple(Product.model_validate(product) for product in products))

    async def quote(self, items: Sequence[Item]) -> Quote:
        return Quote.model_validate(await self._call("POST", "/v1/quotes", body={"items": _items(items)}))

    async def customer(self, customer: str) -> Customer:
        try:
            return Customer.model_validate(await self._call("GET", "/v1/customers/me", customer=customer))
        except NotFound:
            return Customer(id=customer)

    async def customers_with_email(self, email: str) -> Sequence[KnownCustomer]:
        try:
            found = await self._call("GET", f"/v1/customers?{urlencode({'email': email})}")
        except Rejected:  # nothing that can be an address
            return ()
        return [KnownCustomer.model_validate(known) for known in found["items"]]

    async def join_customers(self, customer: str, other: str, *, key: str) -> None:
        await self._write("POST", "/v1/customers/me/joins", customer, {"customer": other}, key)

    async def part_customers(self, customer: str, other: str, *, key: str) -> None:
        await self._write("DELETE", f"/v1/customers/me/joins/{quote(other, safe='')}", customer, None, key)

    async def prove_email(self, customer: str, email: str, *, key: str) -> None:
        await self._write("POST", "/v1/customers/me/email-proofs", customer, {"email": email}, key)

    async def place_order(
        self, customer: str, items: Sequence[Item], address: Address, payment: Payment, language: str, *, key: str
    ) -> Order:
        body = {"items": _items(items), "address": address.model_dump(), "language": language, **payment.body()}
        return Order.model_validate(await self._write("POST", "/v1/orders", customer, body, key))

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
        payment: Payment | None = None,
        key: str,
    ) -> Order:
        body: dict[str, Any] = {}
        if items is not None:
            body["items"] = _items(items)
        if address is not None:
            body["address"] = address.model_dump()
        if payment is not None:
            body.update(payment.body())
        return Order.model_validate(await self._write("PATCH", f"/v1/orders/{number}", customer, body, key))

    async def cancel_order(self, customer: str, number: str, *, reason: str, key: str) -> Order:
        path, body = f"/v1/orders/{number}/cancellation", {"reason": reason}
        return Order.model_validate(await self._write("POST", path, customer, body, key))

    async def pay_order(self, customer: str, number: str, payment: Payment, *, key: str) -> Order:
        path = f"/v1/orders/{number}/payment"
        return Order.model_validate(await self._write("POST", path, customer, payment.body(), key))

    async def preview_return(self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str) -> Return:
        body = {"order_number": number, "items": _pieces(pieces), "refund_to": refund_to, "reason": "not_said"}
        return Return.model_validate(await self._call("POST", "/v1/return-quotes", customer=customer, body=body))

    async def return_order(
        self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str, reason: str, *, key: str
    ) -> Return:
        body = {"items": _pieces(pieces), "refund_to": refund_to, "reason": reason}
        path = f"/v1/orders/{number}/returns"
        return Return.model_validate(await self._write("POST", path, customer, body, key))

    async def preview_exchange(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None
    ) -> Return:
        body = {"order_number": number, "items": _pieces(pieces), **(payment.body() if payment else {})}
        return Return.model_validate(await self._call("POST", "/v1/exchange-quotes", customer=customer, body=body))

    async def exchange_items(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None, *, key: str
    ) -> Return:
        body = {"items": _pieces(pieces), **(payment.body() if payment else {})}
        path = f"/v1/orders/{number}/exchanges"
        return Return.model_validate(await self._write("POST", path, customer, body, key))

    async def returns(self, customer: str) -> Sequence[Return]:
        found = await self._call("GET", "/v1/returns", customer=customer)
        return [Return.model_validate(one) for one in found["items"]]

    async def refunds(self, customer: str) -> Sequence[Refund]:
        found = await self._call("GET", "/v1/refunds", customer=customer)
        return [Refund.model_validate(refund) for refund in found["items"]]

    async def issue_invoice(self, customer: str, number: str, *, company: Company | None = None, key: str) -> Invoice:
        body = {"company": company.model_dump(exclude_none=True)} if company else {}
        return Invoice.model_validate(await self._write("POST", f"/v1/orders/{number}/invoice", customer, body, key))

    async def plans(self) -> Sequence[Plan]:
        if self._plans is None or time.monotonic() - self._plans[0] > PLANS_SECONDS:
            found = await self._call("GET", "/v1/plans")
            self._plans = (time.monotonic(), tuple(Plan.model_validate(plan) for plan in found["items"]))
        return self._plans[1]

    async def subscriptions(self, customer: str) -> Sequence[Subscription]:
        found = await self._call("GET", "/v1/subscriptions", customer=customer)
        return [Subscription.model_validate(subscription) for subscription in found["items"]]

    async def subscription(self, customer: str, number: str) -> Subscription:
        return Subscription.model_validate(await self._call("GET", f"/v1/subscriptions/{number}", customer=customer))

    async def preview_subscription(self, customer: str, number: str, change: Mapping[str, Any]) -> Preview:
        path = f"/v1/subscriptions/{number}/previews"
        return Preview.model_validate(await self._call("POST", path, customer=customer, body=dict(change)))

    async def change_subscription(
        self, customer: str, number: str, change: Mapping[str, Any], *, key: str
    ) -> Subscription:
        return await self._subscription("PATCH", number, "", customer, dict(change), key)

    async def pause_subscription(self, customer: str, number: str, first: str, until: str, *, key: str) -> Subscription:
        body = {"first": first, "until": until}
        return await self._subscription("POST", number, "/pause", customer, body, key)

    async def resume_subscription(self, customer: str, number: str, on: str | None, *, key: str) -> Subscription:
        return await self._subscription("POST", number, "/resume", customer, {"on": on} if on else {}, key)

    async def cancel_subscription(
        self, customer: str, number: str, reason: str, at_end: str, *, key: str
    ) -> Subscription:
        body = {"reason": reason, "at_end": at_end}
        return await self._subscription("POST", number, "/cancellation", customer, body, key)

    async def keep_subscription(self, customer: str, number: str, *, key: str) -> Subscription:
        return await self._subscription("DELETE", number, "/cancellation", customer, None, key)

    async def free_models(self, family: str, first: str, until: str | None, city: str | None) -> Sequence[Free]:
        asked = {"family": family, "first": first, "until": until, "city": city}
        query = urlencode({name: value for name, value in asked.items() if value})
        found = await self._call("GET", f"/v1/availability?{query}")
        return [Free.model_validate(free) for free in found["items"]]

    async def preview_swap(self, customer: str, number: str, wish: SwapWish) -> Preview | None:
        path, body = f"/v1/subscriptions/{number}/swap-previews", wish.model_dump(exclude_none=True)
        try:
            return Preview.model_validate(await self._call("POST", path, customer=customer, body=body))
        except (NotFound, NotSupported):
            return None

    async def swap_product(self, customer: str, number: str, wish: SwapWish, *, key: str) -> Subscription:
        body = wish.model_dump(exclude_none=True)
        return await self._subscription("POST", number, "/swaps", customer, body, key)

    async def end_swap(self, customer: str, number: str, swap_id: str | None, *, key: str) -> Subscription:
        deed = f"/swaps/{swap_id}" if swap_id else "/swaps"
        return await self._subscription("DELETE", number, deed, customer, None, key)

    async def _subscription(
        self, method: str, number: str, deed: str, customer: str, body: dict[str, Any] | None, key: str
    ) -> Subscription:
        path = f"/v1/subscriptions/{number}{deed}"
        return Subscription.model_validate(await self._write(method, path, customer, body, key))

    async def _write(self, method: str, path: str, customer: str, body: dict[str, Any] | None, key: str) -> Any:
        return await self._call(method, path, customer=customer, body=body, key=key)

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


def _with_stock(product: Product, stock: Mapping[str, int]) -> Product:
    """The same product if nothing of it was sold or came in."""
    if all(variant.stock == stock.get(variant.id, 0) for variant in product.variants):
        return product
    variants = (v.model_copy(update={"stock": stock.get(v.id, 0)}) for v in product.variants)
    return product.model_copy(update={"variants": tuple(variants)})


def _items(items: Sequence[Item]) -> list[dict[str, Any]]:
    return [item.model_dump(exclude_none=True) for item in items]


def _pieces(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    return [piece.model_dump(exclude_none=True) for piece in pieces]


def _refusal(status: int, found: Any) -> BackendError:
    problem = found if isinstance(found, dict) else {}
    slug = str(problem.get("type", "")).rpartition(":")[2]
    if status == 501:
        return NotSupported(slug)
    if status >= 500 or status == 429:
        return Unavailable(slug)
    if slug == "out-of-stock":
        return OutOfStock(problem["variant_id"], problem["available"])
    if slug in ("order-not-changeable", "order-not-cancellable"):
        return NotAllowed(problem.get("order_status", ""))
    if slug == "idempotency-key-reused":
        return KeyReused(slug)
    if status == 409:
        return Refused(slug, problem)
    return NotFound(slug) if status == 404 else Rejected(slug)

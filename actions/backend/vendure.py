"""Vendure behind the port: what its Shop API can do, and an honest NotSupported for the rest (docs/own_backend.md)."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from pydantic import SecretStr

from actions.backend.only_sells import OnlySells
from actions.backend.port import (
    Address,
    Customer,
    Item,
    KeyReused,
    NotAllowed,
    NotFound,
    NotSupported,
    Order,
    OutOfStock,
    Payment,
    Product,
    Quote,
    Refund,
    Refused,
    Rejected,
    Unavailable,
)
from actions.backend.vendure_api import Accounts, Data, ShopApi
from actions.backend.vendure_catalog import CATALOG, PAGE, products_of
from actions.backend.vendure_orders import (
    ADDRESS_CART,
    ARRANGE_PAYMENT,
    CUSTOMER,
    FILL_NEW_CART,
    FILL_OWN_CART,
    OWN_ORDERS,
    PAY,
    SHIP_CART,
    SHIPPING,
    address_input,
    address_of,
    customer_of,
    inputs_of,
    latest,
    number_of,
    order_of,
    pieces_in,
    quote_of,
    refunds_of,
    short_of,
    wanted,
    with_mark,
    with_number,
)

CATALOG_SECONDS = 15.0
"""For how long the catalog is taken as read; an order checks prices and stock anew."""
LOOK_AGAIN_AFTER_SECONDS = (0.5, 1.5)
"""After a payment to which no answer came."""
MAX_ORDERS = 10
MAX_ORDERS_WITH_REFUNDS = 50
PENDING = "pending"
SHORT = "INSUFFICIENT_STOCK_ERROR"
ANYWHERE = {"streetLine1": "-", "countryCode": "DE"}
"""Where a quote's cart is sent: nobody has said an address yet."""


class VendureShop(OnlySells):
    """A shop over its Shop API; it acts for each customer in an account made for them (Accounts says how, and why so).

    `methods` names the Vendure payment method that stands for each of ours; with others nothing can be paid here. `shipping` is
    the code of the shipping method; without it, the cheapest that the cart may have is taken.

    Writing once: Vendure has no idempotency keys. So a cart is marked with its key, in the order's custom field `nochannelKey`
    (unique), before it is paid, and an order with that mark is the answer to every repetition. It is paid only when it is closed
    to changes and holds just what was asked for: two attempts at once, in one cart, cannot order double.
    """

    def __init__(
        self,
        url: str,
        secret: SecretStr,
        methods: Mapping[str, str],
        *,
        channel: str = "",
        email_domain: str = "nochannel.invalid",
        shipping: str = "",
        kind_facet: str = "category",
    ) -> None:
        self._api = ShopApi(url, channel)
        self._accounts = Accounts(self._api, secret, email_domain)
        self._methods = methods
        self._shipping = shipping
        self._kind_facet = kind_facet
        self._catalog: tuple[float, tuple[Product, ...]] | None = None

    # --- the catalog

    async def products(self) -> Sequence[Product]:
        """While the shop is away, the catalog as it was last."""
        now = time.monotonic()
        if self._catalog is None or now - self._catalog[0] > CATALOG_SECONDS:
            try:
                self._catalog = (now, products_of(await self._all_products(), self._kind_facet))
            except Unavailable:
                if self._catalog is None:
                    raise
        return self._catalog[1]

    async def _all_products(self) -> list[Data]:
        found: list[Data] = []
        while True:
            page = (await self._api.read(CATALOG, {"skip": len(found), "take": PAGE}))["products"]
            found += page["items"]
            if not page["items"] or len(found) >= page["totalItems"]:
                return found

    # --- quotes

    async def quote(self, items: Sequence[Item]) -> Quote:
        """A cart of nobody's says what all of it comes to: its discounts and what sending costs are the shop's own matter."""
        pieces, catalog = wanted(items), await self.products()
        known = {variant.id for product in catalog for variant in product.variants}
        if not known >= set(pieces):
            raise NotFound("variant")
        answer = await self._api.ask(FILL_NEW_CART, {"items": inputs_of(pieces)})
        taken = pieces_in(answer.data["filled"]["order"])
        if short_of(pieces, taken) or answer.session is None:
            return quote_of(pieces, taken, None, "", catalog)
        await self._api.write(ADDRESS_CART, {"address": ANYWHERE}, answer.session)
        way = await self._way_to_ship(answer.session)
        shipped = _done((await self._api.write(SHIP_CART, {"shipping": [way["id"]]}, answer.session))["shipped"])
        return quote_of(pieces, taken, shipped, way["name"], catalog)

    async def _way_to_ship(self, session: str) -> Data:
        """Raises Rejected when nothing is sent there."""
        eligible = (await self._api.read(SHIPPING, session=session))["eligibleShippingMethods"]
        fitting = [way for way in eligible if way["code"] == self._shipping or not self._shipping]
        if not fitting:
            raise Rejected("no-shipping")
        return min(fitting, key=_price)

    # --- reading what is the customer's

    async def customer(self, customer: str) -> Customer:
        found = await self._own(customer, CUSTOMER)
        return customer_of(found, customer, self._methods) if found else Customer(id=customer)

    async def orders(self, customer: str) -> Sequence[Order]:
        return [order_of(found, self._methods) for found in await self._orders(customer, latest(MAX_ORDERS))]

    async def order(self, customer: str, number: str) -> Order:
        for found in await self._orders(customer, with_number(number)):
            if number_of(found) == number:
                return order_of(found, self._methods)
        raise NotFound(number)

    async def refunds(self, customer: str) -> Sequence[Refund]:
        orders = await self._orders(customer, latest(MAX_ORDERS_WITH_REFUNDS))
        refunds = [refund for found in orders for refund in refunds_of(found, self._methods)]
        return sorted(refunds, key=lambda refund: refund.requested_at or "", reverse=True)

    async def _orders(self, customer: str, options: Mapping[str, Any]) -> list[Data]:
        found = await self._own(customer, OWN_ORDERS, {"options": options})
        return list(found["orders"]["items"]) if found else []

    async def _own(self, customer: str, query: str, variables: Mapping[str, Any] | None = None) -> Data | None:
        """What Vendure knows of this customer; None if there is no account. A session that has ended is opened anew."""
        for _ in range(2):
            session = await self._accounts.session(customer)
            if session is None:
                return None
            found: Data | None = (await self._api.read(query, variables, session))["activeCustomer"]
            if found is not None:
                return found
            self._accounts.forget(customer)
        raise Unavailable("the session does not hold")

    # --- ordering

    async def place_order(
        self, customer: str, items: Sequence[Item], address: Address, payment: Payment, language: str, *, key: str
    ) -> Order:
        pieces, paid = wanted(items), self._payment_input(payment)
        mark = self._accounts.mark(customer, key)
        await self._accounts.opened(customer, address.name)
        before = await self._placed(customer, mark)
        if before is None:
            return order_of(await self._check_out(customer, pieces, address, paid, mark), self._methods)
        if pieces_in(before) != pieces or address_of(before["shippingAddress"] or {}) != address:
            raise KeyReused(number_of(before))
        return order_of(before, self._methods)

    def _payment_input(self, payment: Payment) -> Data:
        if payment.method not in self._methods or payment.gift_card:
            raise NotSupported(f"payment by {payment.method}")
        return {"method": self._methods[payment.method], "metadata": {"iban": payment.iban} if payment.iban else {}}

    async def _placed(self, customer: str, mark: str) -> Data | None:
        """The order that has this mark."""
        return next(iter(await self._orders(customer, with_mark(mark))), None)

    async def _check_out(self, customer: str, pieces: Counter[str], address: Address, paid: Data, mark: str) -> Data:
        """From an empty cart to the order. What an earlier attempt left in the cart is taken out."""
        session = await self._accounts.opened(customer, address.name)
        await self._fill(session, pieces, address, mark)
        way = await self._way_to_ship(session)
        arranged = _done((await self._api.write(ARRANGE_PAYMENT, {"shipping": [way["id"]]}, session))["arranged"])
        if pieces_in(arranged) != pieces:
            raise Unavailable("another attempt is at the same cart")
        try:
            order = _done((await self._api.write(PAY, {"payment": paid}, session))["paid"])
        except Unavailable:
            return await self._placed_after_all(customer, mark)
        return order if order["customFields"]["nochannelKey"] == mark else await self._placed_after_all(customer, mark)

    async def _fill(self, session: str, pieces: Counter[str], address: Address, mark: str) -> None:
        variables = {"items": inputs_of(pieces), "address": address_input(address), "mark": mark}
        done = await self._api.write(FILL_OWN_CART, variables, session)
        for step in ("emptied", "sent", "billed", "marked"):
            _done(done[step])
        for refusal in done["filled"]["errorResults"]:
            if refusal["errorCode"] != SHORT:
                _done(refusal)
        short = short_of(pieces, pieces_in(done["filled"]["order"]))
        if short:
            raise OutOfStock(*short)

    async def _placed_after_all(self, customer: str, mark: str) -> Data:
        """The payment's answer got lost, or another attempt was quicker: whether the order exists is looked up."""
        for pause in LOOK_AGAIN_AFTER_SECONDS:
            await asyncio.sleep(pause)
            placed = await self._placed(customer, mark)
            if placed is not None:
                return placed
        raise Unavailable("no answer to the payment")

    # --- what the Shop API leaves to the shop's staff

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
        await self._leave_to_staff(customer, number)

    async def cancel_order(self, customer: str, number: str, *, reason: str, key: str) -> Order:
        await self._leave_to_staff(customer, number)

    async def pay_order(self, customer: str, number: str, payment: Payment, *, key: str) -> Order:
        await self._leave_to_staff(customer, number)

    async def _leave_to_staff(self, customer: str, number: str) -> NoReturn:
        """Once an order is placed, Vendure lets only its administrators touch it. Too late for them is said as such."""
        order = await self.order(customer, number)
        if order.status != PENDING:
            raise NotAllowed(order.status)
        raise NotSupported("a placed order")

    async def close(self) -> None:
        """Ends the connections of the present event loop."""
        await self._api.close()


_REFUSED = frozenset({"PAYMENT_DECLINED_ERROR", "PAYMENT_FAILED_ERROR"})
_MEANWHILE = frozenset(
    {"NO_ACTIVE_ORDER_ERROR", "ORDER_PAYMENT_STATE_ERROR", "ORDER_MODIFICATION_ERROR", "ORDER_STATE_TRANSITION_ERROR"}
)
"""Something happened between two steps: another attempt at the same cart, or somebody else took the last piece."""


def _done(result: Data) -> Data:
    """What came of a step. Raises what its error result means."""
    code = result.get("errorCode")
    if code is None:
        return result
    if code in _MEANWHILE:
        raise Unavailable(code)
    if code in _REFUSED:
        raise Refused("payment-declined", {"code": code})
    raise NotSupported(code) if code == "INELIGIBLE_PAYMENT_METHOD_ERROR" else Rejected(code)


def _price(way: Data) -> int:
    price: int = way["priceWithTax"]
    return price

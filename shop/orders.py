"""Orders: quoted, placed, changed while pending, cancelled, and moved on by the shop's staff."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, day_or_none, json_answer, moment_or_none, moment_view
from shop.catalog import Catalog, QueryInt, Snapshot, Stock
from shop.clock import Clock
from shop.customers import AddressBody, Customers, Language
from shop.database import Database
from shop.delivery import local_day, promised_date
from shop.devices import deliver
from shop.idempotency import OPERATIONS_SCOPE, Work, Write, Writes, customer_scope, read_write
from shop.invoices import Invoices
from shop.joins import who_stays
from shop.links import Links
from shop.models import Json, Order, OrderLine, Shipment, ShipmentEvent, Variant
from shop.money import Money
from shop.order_rows import locked_orders, next_number, order_with, own_order, parse_number, whole_orders
from shop.payments.payments import Payments
from shop.payments.standing import order_payment_view
from shop.payments.wishes import MayPay, Pays
from shop.pricing import Item, Items, Line, LineAddon, agreed_or_new, price_items, totals_of
from shop.problems import OrderNotCancellable, OrderNotChangeable, ProductNotInOrder, invalid
from shop.records import PromiseChange
from shop.refunds import Cause
from shop.requests import Body, read_body, read_customer, read_optional_body, read_query
from shop.stock import Pieces, exchange, pieces

ORDER_NUMBER = "order_number"  # counters
TRACKING_NUMBER = "tracking_number"
CARRIER = "Paketblitz"
WAREHOUSE_CITY = "Leipzig"


class Status(StrEnum):
    """How far an order has come."""

    PENDING = "pending"
    PROCESSED = "processed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


CancelReason = Literal[
    "no_longer_needed", "ordered_by_mistake", "found_elsewhere", "takes_too_long", "too_expensive", "other", "not_said"
]
Parcel = Annotated[list[Annotated[int, Field(ge=0, le=99)]], Field(min_length=1, max_length=20)]  # positions of lines


def _iso_day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a day like 2026-03-02")
    return date.fromisoformat(value)


STEPS = (Status.PENDING, Status.PROCESSED, Status.SHIPPED, Status.DELIVERED)


class QuoteRequest(Body):
    """Items to be priced."""

    items: Items


class OrderRequest(Pays):
    """Items to be ordered."""

    items: Items
    address: AddressBody
    language: Language


class OrderChange(MayPay):
    """What is to be different; what is left out stays."""

    items: Items | None = None
    address: AddressBody | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "OrderChange":
        if not self.model_fields_set or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("needs items, address or payment_method, and none of them null")
        return self


class Cancellation(Body):
    """Why, and what the customer added."""

    reason: CancelReason = "not_said"
    note: Annotated[str, Field(max_length=500, pattern=r"^[^\u0000-\u001f\u007f]*$")] | None = None


class Advance(Body):
    """How far the order is to go; when it is sent, which lines go in which parcel (all in one if it is not said)."""

    to: Literal["processed", "shipped", "delivered"]
    parcels: Annotated[list[Parcel], Field(min_length=1, max_length=20)] | None = None

    @model_validator(mode="after")
    def _parcels_are_sent(self) -> "Advance":
        if self.parcels is not None and self.to != "shipped":
            raise ValueError("parcels go with to shipped only")
        return self


class NewPromise(Body):
    """The day by which an order arrives after all."""

    promised_date: Annotated[date, BeforeValidator(_iso_day)]


class OrderFilter(BaseModel):
    """How many orders are listed."""

    limit: Annotated[QueryInt, Field(ge=1, le=100)] = 10


class Rentals(Protocol):
    """Who is told what becomes of rented lines, within the transaction."""

    async def agreed(self, session: AsyncSession, order: Order) -> None: ...
    async def delivered(self, session: AsyncSession, order: Order) -> None: ...
    async def cancelled(self, session: AsyncSession, order: Order) -> None: ...


class Orders:
    """What can be done with orders; every method works within the session's transaction."""

    def __init__(
        self,
        catalog: Catalog,
        customers: Customers,
        payments: Payments,
        rentals: Rentals,
        invoices: Invoices,
        links: Links,
        return_days: int,
        clock: Clock,
    ) -> None:
        self._catalog = catalog
        self._customers = customers
        self._payments = payments
        self._rentals = rentals
        self._invoices = invoices
        self._links = links
        self._return_days = return_days
        self._clock = clock

    async def quote(self, session: AsyncSession, items: Sequence[Item]) -> Json:
        """What the items cost and whether they are there. Raises VariantNotFound, InvalidRequest."""
        snapshot, stock = await self._look(session, items)
        lines = price_items(snapshot, items)
        views = [line.view() | {"available": stock.get(line.variant_id, 0)} for line in lines]
        return {"lines": views, **_totals_view(lines)}

    async def place(self, session: AsyncSession, customer_id: str, request: OrderRequest) -> Json:
        """Raises VariantNotFound, InvalidRequest, OutOfStock, IbanMissing, GiftCardInsufficient."""
        snapshot, _ = await self._look(session, request.items)
        lines = price_items(snapshot, request.items)
        if not await self._customers.check_payment(session, customer_id, request.payment_method):
            await self._customers.ensure(session, customer_id, request.language)
        customer_id = await who_stays(session, customer_id)
        await exchange(session, returned=Pieces(), wanted=_pieces(lines))
        order = self._new(await next_number(session, ORDER_NUMBER), customer_id, request, lines)
        session.add(order)
        await session.flush()
        await self._rentals.agreed(session, order)
        await self._customers.remember(session, customer_id, request.address)
        await self._customers.keep_iban(session, customer_id, request.iban)
        await self._payments.begin(session, order, request.wish, order.total_now_amount)
        return self._view(order)

    async def listed(self, session: AsyncSession, customer_id: str, limit: int) -> list[Json]:
        """The customer's orders, newest first."""
        query = whole_orders().where(Order.customer_id == customer_id).order_by(Order.number.desc()).limit(limit)
        return [self._view(order) for order in await session.scalars(query)]

    async def view(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """Raises OrderNotFound."""
        return self._view(await own_order(session, whole_orders(), customer_id, number))

    async def change(self, session: AsyncSession, customer_id: str, number: str, change: OrderChange) -> Json:
        """Items, address and payment, in this order.

        Raises OrderNotFound, OrderNotChangeable, VariantNotFound, ProductNotInOrder, InvalidRequest, OutOfStock,
        IbanMissing, GiftCardInsufficient.
        """
        order = await own_order(session, locked_orders(), customer_id, number)
        if order.status != Status.PENDING:
            raise OrderNotChangeable(order.status)
        if change.items is not None:
            await self._replace_items(session, order, change.items)
        if change.address is not None:
            order.address = change.address.model_dump()
            await self._customers.remember(session, customer_id, change.address)
        await self._payments.accept(session, customer_id, change.wish)
        await self._payments.adjust(session, order, change.wish, Cause("change"))
        await self._invoices.follow(session, order)
        return self._view(order)

    async def cancel(self, session: AsyncSession, customer_id: str, number: str, cancellation: Cancellation) -> Json:
        """Raises OrderNotFound, OrderNotCancellable."""
        order = await own_order(session, locked_orders(), customer_id, number)
        if order.status != Status.PENDING:
            raise OrderNotCancellable(order.status)
        await exchange(session, returned=_pieces(order.lines), wanted=Pieces())
        order.status = Status.CANCELLED
        order.cancelled_at = self._clock.now()
        order.cancel_reason = cancellation.reason
        order.cancel_note = cancellation.note
        await self._rentals.cancelled(session, order)
        await self._payments.adjust(session, order, None, Cause("cancellation"))
        await self._invoices.follow(session, order)
        return self._view(order)

    async def pay_again(self, session: AsyncSession, customer_id: str, number: str, payment: Pays) -> Json:
        """Raises OrderNotFound, PaymentNotOpen, InvalidRequest, IbanMissing, GiftCardInsufficient."""
        order = await own_order(session, locked_orders(), customer_id, number)
        await self._payments.accept(session, customer_id, payment.wish)
        await self._payments.try_again(session, order, payment.wish)
        return self._view(order)

    async def advance(self, session: AsyncSession, number: str, advance: Advance) -> Json:
        """Goes through every step up to the target. Raises OrderNotFound, OrderNotChangeable, InvalidRequest."""
        order = await order_with(session, parse_number(number))
        for step in _steps_to(Status(order.status), Status(advance.to)):
            await self._reach(session, order, step, advance.parcels)
        return self._view(order)

    async def promise(self, session: AsyncSession, number: str, promise: NewPromise) -> Json:
        """Promises another day for what has not arrived. Raises OrderNotFound, OrderNotChangeable."""
        order = await order_with(session, parse_number(number))
        if order.status in (Status.DELIVERED, Status.CANCELLED):
            raise OrderNotChangeable(order.status)
        if promise.promised_date < local_day(self._clock.now()):
            raise invalid("promised_date", "is in the past")
        _promise(order, promise.promised_date, self._clock.now())
        return self._view(order)

    def _view(self, order: Order) -> Json:
        return order_view(order, self._links)

    async def _look(self, session: AsyncSession, items: Sequence[Item]) -> tuple[Snapshot, Stock]:
        return await self._catalog.look(session, Variant.id.in_([item.variant_id for item in items]))

    def _new(self, number: int, customer_id: str, request: OrderRequest, lines: Sequence[Line]) -> Order:
        now = self._clock.now()
        totals = totals_of(lines)
        return Order(
            number=number,
            customer_id=customer_id,
            status=Status.PENDING,
            placed_at=now,
            language=request.language,
            address=request.address.model_dump(),
            payment_method=request.payment_method,
            promised_date=promised_date(now),
            currency=totals.now.currency,
            total_now_amount=totals.now.amount,
            total_monthly_amount=_amount(totals.monthly),
            lines=_rows(lines),
            shipments=[],
            payments=[],
            refunds=[],
            promise_changes=[],
        )

    async def _replace_items(self, session: AsyncSession, order: Order, items: Sequence[Item]) -> None:
        snapshot, _ = await self._look(session, items)
        _check_products(snapshot, order, items)
        agreed = [_line(row, order.currency) for row in order.lines]
        lines = [agreed_or_new(line, agreed) for line in price_items(snapshot, items)]
        await exchange(session, returned=_pieces(order.lines), wanted=_pieces(lines))
        totals = totals_of(lines)
        order.lines.clear()
        await session.flush()  # the old rows must be gone before new ones take their places
        order.lines.extend(_rows(lines))
        order.currency = totals.now.currency
        order.total_now_amount = totals.now.amount
        order.total_monthly_amount = _amount(totals.monthly)
        order.promised_date = promised_date(self._clock.now())
        await self._rentals.agreed(session, order)

    async def _reach(
        self, session: AsyncSession, order: Order, step: Status, parcels: Sequence[Sequence[int]] | None
    ) -> None:
        order.status = step
        now = self._clock.now()
        if step is Status.SHIPPED:
            for lines in _parcels(order, parcels):
                number = await next_number(session, TRACKING_NUMBER)
                order.shipments.append(_shipment(order, number, lines, now))
        if step is Status.DELIVERED:
            order.delivered_at = now
            order.returnable_until = local_day(now) + timedelta(days=self._return_days)
            _deliver(order, now)
            await self._rentals.delivered(session, order)
            await deliver(session, order, local_day(now))


def _check_products(snapshot: Snapshot, order: Order, items: Sequence[Item]) -> None:
    ordered = {line.product_id for line in order.lines}
    for item in items:
        product = snapshot.product_with(item.variant_id)
        if product.id not in ordered:
            raise ProductNotInOrder(item.variant_id, product.id)


def _parcels(order: Order, wanted: Sequence[Sequence[int]] | None) -> Sequence[Sequence[int]]:
    all_lines = [line.position for line in order.lines]
    if wanted is None:
        return [all_lines]
    if sorted(line for parcel in wanted for line in parcel) != all_lines:
        raise invalid("parcels", "must hold each of the order's lines once")
    return wanted


def _promise(order: Order, day: date, now: datetime) -> None:
    place = len(order.promise_changes)
    order.promise_changes.append(PromiseChange(position=place, at=now, before=order.promised_date, after=day))
    order.promised_date = day
    for shipment in order.shipments:
        if shipment.status != "delivered":
            shipment.promised_date = day
            _add_event(shipment, now, "promise_changed", WAREHOUSE_CITY)


def _amount(money: Money | None) -> int | None:
    return None if money is None else money.amount


def _pieces(lines: Sequence[Line | OrderLine]) -> Pieces:
    return pieces((line.variant_id, line.quantity) for line in lines)


def _steps_to(status: Status, target: Status) -> Sequence[Status]:
    ahead = STEPS[STEPS.index(status) + 1 :] if status in STEPS else ()
    if target not in ahead:
        raise OrderNotChangeable(status)
    return ahead[: ahead.index(target) + 1]


def _shipment(order: Order, tracking_number: int, lines: Sequence[int], now: datetime) -> Shipment:
    return Shipment(
        tracking_number=f"PB{tracking_number}",
        carrier=CARRIER,
        status="in_transit",
        shipped_at=now,
        promised_date=order.promised_date,
        lines=list(lines),
        events=[
            ShipmentEvent(position=0, at=now, code="announced", city=WAREHOUSE_CITY),
            ShipmentEvent(position=1, at=now, code="handed_over", city=WAREHOUSE_CITY),
        ],
    )


def _deliver(order: Order, now: datetime) -> None:
    for shipment in order.shipments:
        shipment.status = "delivered"
        _add_event(shipment, now, "delivered", order.address["city"])


def _add_event(shipment: Shipment, now: datetime, code: str, city: str) -> None:
    shipment.events.append(ShipmentEvent(position=len(shipment.events), at=now, code=code, city=city))


def _rows(lines: Sequence[Line]) -> list[OrderLine]:
    return [_row(position, line) for position, line in enumerate(lines)]


def _row(position: int, line: Line) -> OrderLine:
    return OrderLine(
        position=position,
        variant_id=line.variant_id,
        product_id=line.product_id,
        product_name=line.product_name,
        options=dict(line.options),
        quantity=line.quantity,
        term_months=line.term_months,
        plan_id=line.plan_id,
        unit_amount=line.unit_price.amount,
        addons=[addon.view() for addon in line.addons],
        returned=0,
    )


def _line(row: OrderLine, currency: str) -> Line:
    return Line(
        variant_id=row.variant_id,
        product_id=row.product_id,
        product_name=row.product_name,
        options=row.options,
        quantity=row.quantity,
        term_months=row.term_months,
        plan_id=row.plan_id,
        unit_price=Money(row.unit_amount, currency),
        addons=tuple(_addon(addon) for addon in row.addons),
    )


def _addon(stored: Mapping[str, Any]) -> LineAddon:
    return LineAddon(id=stored["id"], name=stored["name"], price=Money(**stored["price"]), monthly=stored["monthly"])


def _totals_view(lines: Sequence[Line]) -> Json:
    totals = totals_of(lines)
    return {"total_now": totals.now.view(), "total_monthly": totals.monthly and totals.monthly.view()}


def order_view(order: Order, links: Links) -> Json:
    """The JSON of the port."""
    return {
        "number": f"NC-{order.number}",
        "status": order.status,
        "placed_at": moment_view(order.placed_at),
        "language": order.language,
        "items": [_line_view(row, order.currency) for row in order.lines],
        **_totals_view([_line(row, order.currency) for row in order.lines]),
        "address": order.address,
        "payment_method": order.payment_method,
        "payment": order_payment_view(order, links),
        "promised_date": order.promised_date.isoformat(),
        "promise_changes": [_promise_view(change) for change in order.promise_changes],
        "shipments": [_shipment_view(shipment) for shipment in order.shipments],
        "delivered_at": moment_or_none(order.delivered_at),
        "returnable_until": day_or_none(order.returnable_until),
        "changeable": order.status == Status.PENDING,
        "cancellable": order.status == Status.PENDING,
        "cancelled_at": moment_or_none(order.cancelled_at),
        "cancel_reason": order.cancel_reason,
        "cancel_note": order.cancel_note,
    }


def _line_view(row: OrderLine, currency: str) -> Json:
    return _line(row, currency).view() | {"line": row.position, "returned": row.returned}


def _promise_view(change: PromiseChange) -> Json:
    return {"at": moment_view(change.at), "before": change.before.isoformat(), "after": change.after.isoformat()}


def _shipment_view(shipment: Shipment) -> Json:
    return {
        "tracking_number": shipment.tracking_number,
        "carrier": shipment.carrier,
        "status": shipment.status,
        "shipped_at": moment_view(shipment.shipped_at),
        "lines": shipment.lines,
        "events": [_event_view(event) for event in shipment.events],
        "promised_date": shipment.promised_date.isoformat(),
    }


def _event_view(event: ShipmentEvent) -> Json:
    return {"at": moment_view(event.at), "code": event.code, "city": event.city}


class OrderRoutes:
    """Orders over HTTP."""

    def __init__(self, database: Database, orders: Orders, writes: Writes) -> None:
        self._database = database
        self._orders = orders
        self._writes = writes

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/quotes", self.quote),
            web.get("/v1/orders", self.list),
            web.post("/v1/orders", self.place),
            web.get("/v1/orders/{number}", self.get),
            web.patch("/v1/orders/{number}", self.change),
            web.post("/v1/orders/{number}/cancellation", self.cancel),
            web.post("/v1/orders/{number}/payment", self.pay_again),
            web.post("/v1/operations/orders/{number}/advance", self.advance),
            web.post("/v1/operations/orders/{number}/promise", self.promise),
        ]

    async def quote(self, request: web.Request) -> web.Response:
        wanted = await read_body(request, QuoteRequest)
        async with self._database.reading() as session:
            return json_answer(await self._orders.quote(session, wanted.items)).response()

    async def list(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        limit = read_query(request, OrderFilter).limit
        async with self._database.reading() as session:
            return json_answer({"items": await self._orders.listed(session, customer_id, limit)}).response()

    async def get(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        async with self._database.reading() as session:
            view = await self._orders.view(session, customer_id, request.match_info["number"])
        return json_answer(view).response()

    async def place(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        body = await read_body(request, OrderRequest)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.place(session, customer_id, body), 201)

        return await self._once(read_write(request, customer_scope(customer_id), body), work)

    async def change(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_body(request, OrderChange)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.change(session, customer_id, number, body))

        return await self._once(read_write(request, customer_scope(customer_id), body), work)

    async def cancel(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_optional_body(request, Cancellation)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.cancel(session, customer_id, number, body))

        return await self._once(read_write(request, customer_scope(customer_id), body), work)

    async def pay_again(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_body(request, Pays)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.pay_again(session, customer_id, number, body))

        return await self._once(read_write(request, customer_scope(customer_id), body), work)

    async def promise(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        body = await read_body(request, NewPromise)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.promise(session, number, body))

        return await self._once(read_write(request, OPERATIONS_SCOPE, body), work)

    async def advance(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        body = await read_body(request, Advance)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.advance(session, number, body))

        return await self._once(read_write(request, OPERATIONS_SCOPE, body), work)

    async def _once(self, write: Write, work: Work) -> web.Response:
        return (await self._writes.once(write, work)).response()

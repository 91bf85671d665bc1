"""Orders: quoted, placed, changed while pending, cancelled, and moved on by the shop's staff."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol

from aiohttp import web
from pydantic import BaseModel, Field, model_validator
from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.answers import Answer, json_answer
from shop.catalog import Catalog, QueryInt, Snapshot, Stock
from shop.clock import Clock
from shop.customers import AddressBody, Customers, Language, PaymentMethod
from shop.database import Database
from shop.delivery import promised_date
from shop.idempotency import OPERATIONS_SCOPE, Work, Write, Writes, customer_scope, read_write
from shop.models import Counter, Json, Order, OrderLine, Shipment, ShipmentEvent, Variant
from shop.money import Money
from shop.pricing import Item, Items, Line, LineAddon, agreed_or_new, price_items, totals_of
from shop.problems import OrderNotCancellable, OrderNotChangeable, OrderNotFound
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


STEPS = (Status.PENDING, Status.PROCESSED, Status.SHIPPED, Status.DELIVERED)


class QuoteRequest(Body):
    """Items to be priced."""

    items: Items


class OrderRequest(Body):
    """Items to be ordered."""

    items: Items
    address: AddressBody
    payment_method: PaymentMethod
    language: Language


class OrderChange(Body):
    """What is to be different; what is left out stays."""

    items: Items | None = None
    address: AddressBody | None = None
    payment_method: PaymentMethod | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "OrderChange":
        if not self.model_fields_set or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("needs items, address or payment_method, and none of them null")
        return self


class Cancellation(Body):
    """Why, in the customer's words, if they said."""

    reason: Annotated[str, Field(max_length=500, pattern=r"^[^\u0000-\u001f\u007f]*$")] | None = None


class Advance(Body):
    """How far the order is to go."""

    to: Literal["processed", "shipped", "delivered"]


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

    def __init__(self, catalog: Catalog, customers: Customers, rentals: Rentals, clock: Clock) -> None:
        self._catalog = catalog
        self._customers = customers
        self._rentals = rentals
        self._clock = clock

    async def quote(self, session: AsyncSession, items: Sequence[Item]) -> Json:
        """What the items cost and whether they are there. Raises VariantNotFound, InvalidRequest."""
        snapshot, stock = await self._look(session, items)
        lines = price_items(snapshot, items)
        views = [line.view() | {"available": stock.get(line.variant_id, 0)} for line in lines]
        return {"lines": views, **_totals_view(lines)}

    async def place(self, session: AsyncSession, customer_id: str, request: OrderRequest) -> Json:
        """Raises VariantNotFound, InvalidRequest, OutOfStock."""
        snapshot, _ = await self._look(session, request.items)
        lines = price_items(snapshot, request.items)
        if not await self._customers.check_payment(session, customer_id, request.payment_method):
            await self._customers.ensure(session, customer_id, request.language)
        await exchange(session, returned=Pieces(), wanted=_pieces(lines))
        order = self._new(await _next(session, ORDER_NUMBER), customer_id, request, lines)
        session.add(order)
        await self._rentals.agreed(session, order)
        await self._customers.remember(session, customer_id, request.address)
        return order_view(order)

    async def listed(self, session: AsyncSession, customer_id: str, limit: int) -> list[Json]:
        """The customer's orders, newest first."""
        query = _complete().where(Order.customer_id == customer_id).order_by(Order.number.desc()).limit(limit)
        return [order_view(order) for order in await session.scalars(query)]

    async def view(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """Raises OrderNotFound."""
        return order_view(await _own(session, _complete(), customer_id, number))

    async def change(self, session: AsyncSession, customer_id: str, number: str, change: OrderChange) -> Json:
        """Raises OrderNotFound, OrderNotChangeable, VariantNotFound, InvalidRequest, OutOfStock."""
        order = await _own(session, _locked(), customer_id, number)
        if order.status != Status.PENDING:
            raise OrderNotChangeable(order.status)
        if change.payment_method is not None:
            await self._customers.check_payment(session, customer_id, change.payment_method)
            order.payment_method = change.payment_method
        if change.items is not None:
            await self._replace_items(session, order, change.items)
        if change.address is not None:
            order.address = change.address.model_dump()
            await self._customers.remember(session, customer_id, change.address)
        return order_view(order)

    async def cancel(self, session: AsyncSession, customer_id: str, number: str, reason: str | None) -> Json:
        """Raises OrderNotFound, OrderNotCancellable."""
        order = await _own(session, _locked(), customer_id, number)
        if order.status != Status.PENDING:
            raise OrderNotCancellable(order.status)
        await exchange(session, returned=_pieces(order.lines), wanted=Pieces())
        order.status = Status.CANCELLED
        order.cancelled_at = self._clock.now()
        order.cancel_reason = reason
        await self._rentals.cancelled(session, order)
        return order_view(order)

    async def advance(self, session: AsyncSession, number: str, target: Status) -> Json:
        """Goes through every step up to the target. Raises OrderNotFound, OrderNotChangeable."""
        order = await _one(session, _locked().where(Order.number == parse_number(number)))
        for step in _steps_to(Status(order.status), target):
            await self._reach(session, order, step)
        return order_view(order)

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
        )

    async def _replace_items(self, session: AsyncSession, order: Order, items: Sequence[Item]) -> None:
        snapshot, _ = await self._look(session, items)
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

    async def _reach(self, session: AsyncSession, order: Order, step: Status) -> None:
        order.status = step
        now = self._clock.now()
        if step is Status.SHIPPED:
            order.shipments.append(_shipment(order, await _next(session, TRACKING_NUMBER), now))
        if step is Status.DELIVERED:
            _deliver(order, now)
            await self._rentals.delivered(session, order)


def parse_number(number: str) -> int:
    """NC-104233 as 104233. Raises OrderNotFound for anything else."""
    match = re.fullmatch(r"NC-([0-9]{6,12})", number)
    if match is None:
        raise OrderNotFound
    return int(match[1])


def _complete() -> Select[Order]:
    return select(Order).options(selectinload(Order.lines), selectinload(Order.shipments).selectinload(Shipment.events))


def _locked() -> Select[Order]:
    return _complete().with_for_update()


async def _own(session: AsyncSession, query: Select[Order], customer_id: str, number: str) -> Order:
    return await _one(session, query.where(Order.customer_id == customer_id, Order.number == parse_number(number)))


async def _one(session: AsyncSession, query: Select[Order]) -> Order:
    order = await session.scalar(query)
    if order is None:
        raise OrderNotFound
    return order


async def _next(session: AsyncSession, counter: str) -> int:
    # Counted within the transaction: a refused order uses up no number.
    query = update(Counter).where(Counter.name == counter).values(value=Counter.value + 1).returning(Counter.value)
    result = await session.execute(query.execution_options(synchronize_session=False))
    return result.scalar_one()


def _amount(money: Money | None) -> int | None:
    return None if money is None else money.amount


def _pieces(lines: Sequence[Line | OrderLine]) -> Pieces:
    return pieces((line.variant_id, line.quantity) for line in lines)


def _steps_to(status: Status, target: Status) -> Sequence[Status]:
    ahead = STEPS[STEPS.index(status) + 1 :] if status in STEPS else ()
    if target not in ahead:
        raise OrderNotChangeable(status)
    return ahead[: ahead.index(target) + 1]


def _shipment(order: Order, tracking_number: int, now: datetime) -> Shipment:
    return Shipment(
        tracking_number=f"PB{tracking_number}",
        carrier=CARRIER,
        status="in_transit",
        shipped_at=now,
        promised_date=order.promised_date,
        events=[
            ShipmentEvent(position=0, at=now, code="announced", city=WAREHOUSE_CITY),
            ShipmentEvent(position=1, at=now, code="handed_over", city=WAREHOUSE_CITY),
        ],
    )


def _deliver(order: Order, now: datetime) -> None:
    for shipment in order.shipments:
        shipment.status = "delivered"
        place = len(shipment.events)
        shipment.events.append(ShipmentEvent(position=place, at=now, code="delivered", city=order.address["city"]))


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


def order_view(order: Order) -> Json:
    """The JSON of the port."""
    lines = [_line(row, order.currency) for row in order.lines]
    return {
        "number": f"NC-{order.number}",
        "status": order.status,
        "placed_at": _moment(order.placed_at),
        "language": order.language,
        "items": [line.view() for line in lines],
        **_totals_view(lines),
        "address": order.address,
        "payment_method": order.payment_method,
        "promised_date": order.promised_date.isoformat(),
        "shipments": [_shipment_view(shipment) for shipment in order.shipments],
        "cancelled_at": order.cancelled_at and _moment(order.cancelled_at),
        "cancel_reason": order.cancel_reason,
    }


def _shipment_view(shipment: Shipment) -> Json:
    return {
        "tracking_number": shipment.tracking_number,
        "carrier": shipment.carrier,
        "status": shipment.status,
        "shipped_at": _moment(shipment.shipped_at),
        "events": [_event_view(event) for event in shipment.events],
        "promised_date": shipment.promised_date.isoformat(),
    }


def _event_view(event: ShipmentEvent) -> Json:
    return {"at": _moment(event.at), "code": event.code, "city": event.city}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


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
            web.post("/v1/operations/orders/{number}/advance", self.advance),
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
            return json_answer(await self._orders.cancel(session, customer_id, number, body.reason))

        return await self._once(read_write(request, customer_scope(customer_id), body), work)

    async def advance(self, request: web.Request) -> web.Response:
        number = request.match_info["number"]
        body = await read_body(request, Advance)

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await self._orders.advance(session, number, Status(body.to)))

        return await self._once(read_write(request, OPERATIONS_SCOPE, body), work)

    async def _once(self, write: Write, work: Work) -> web.Response:
        return (await self._writes.once(write, work)).response()

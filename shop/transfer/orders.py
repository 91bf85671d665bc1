"""Orders, from files and to files."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import EMPTY
from shop.delivery import local_day, promised_date
from shop.links import Links
from shop.models import Customer, Device, Json, Order, OrderLine, Shipment, ShipmentEvent
from shop.order_rows import next_numbers, whole_orders
from shop.orders import ORDER_NUMBER, STEPS, TRACKING_NUMBER, Status
from shop.payments.payments import TOKEN_BYTES
from shop.payments.standing import order_payment_view
from shop.pricing import totals_of
from shop.records import Payment, Refund, Return
from shop.refunds import REFUND_NUMBER
from shop.transfer.customers import address_body
from shop.transfer.faults import Refused
from shop.transfer.lines import addon_row, completed_item, line_of
from shop.transfer.rows import EventRow, ItemRow, OrderRow, ShipmentRow, known, number_of, numbered, order_name
from shop.transfer.store import (
    AT_ONCE,
    Change,
    Errors,
    Shared,
    Store,
    add_rows,
    found,
    in_parts,
    raise_counter,
    remove_rows,
    set_rows,
)

NO_LINKS = Links("", b"")  # a file has no links
MONEY = ("items", "currency", "payment_method", "payment_status")  # of an order
UNDER_WAY = (Status.PENDING, Status.PROCESSED, Status.SHIPPED)
PARCEL = re.compile(r"PB([0-9]{1,15})")  # as the shop numbers its own


class Orders(Store[OrderRow]):
    """An order goes forward only, and what was paid, changed or sent back in the shop stays as it is there."""

    kind = "orders"
    model = OrderRow

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._snapshot = EMPTY
        self._languages: dict[str, str] = {}  # of the customers that these rows name
        self._parcels: dict[str, str] = {}  # whose they are, by tracking number
        self._serials: dict[str, str] = {}
        self._touched: set[str] = set()
        self._refunded: list[Json] = []
        self._last_number = 0
        self._last_parcel = 0

    def names(self, data: Json) -> Iterator[tuple[str, str]]:
        with suppress(ValueError):
            yield self.kind, numbered("NC", data.get("number"))

    async def keys(self, session: AsyncSession) -> Sequence[str]:
        return [order_name(number) for number in await session.scalars(select(Order.number).order_by(Order.number))]

    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, OrderRow]:
        numbers = [number_of(key) for key in keys]
        orders = (await session.scalars(whole_orders().where(Order.number.in_(numbers)))).all()
        serials = await _serials(session, numbers)
        sent_back = set(await session.scalars(select(Return.order_number).where(Return.order_number.in_(numbers))))
        self._touched = {order_name(one.number) for one in orders if one.number in sent_back or _is_touched(one)}
        return {order_name(order.number): _order_row(order, serials) for order in orders}

    async def begin(self, session: AsyncSession) -> None:
        self._snapshot = await self.shared.snapshot(session)

    async def prepare(self, session: AsyncSession, rows: Sequence[OrderRow]) -> None:
        customers = [row.customer_id for row in rows]
        query = select(Customer.id, Customer.language)
        self._languages = {one["id"]: one["language"] async for one in found(session, query, Customer.id, customers)}
        await self._find_parcels(session, rows)
        await self._find_serials(session, rows)

    async def _find_parcels(self, session: AsyncSession, rows: Sequence[OrderRow]) -> None:
        numbers = [parcel.tracking_number for row in rows for parcel in row.shipments]
        query = select(Shipment.tracking_number, Shipment.order_number)
        async for parcel in found(session, query, Shipment.tracking_number, numbers):
            self._parcels[parcel["tracking_number"]] = order_name(parcel["order_number"])

    async def _find_serials(self, session: AsyncSession, rows: Sequence[OrderRow]) -> None:
        serials = [serial for row in rows for item in row.items for serial in item.serials]
        async for device in found(session, select(Device.serial, Device.order_number), Device.serial, serials):
            self._serials[device["serial"]] = order_name(device["order_number"])

    def completed(self, row: OrderRow, given: OrderRow, before: OrderRow | None, faults: Errors) -> OrderRow:
        self._skip_what_was_told(row)
        if row.customer_id not in self._languages:
            faults.append(("customer_id", "is no customer of the shop; import the customers first, or with the orders"))
        items = [self._item(row, given, place, faults) for place in range(len(row.items))]
        promised = row.promised_date or promised_date(row.placed_at)
        whole = row.model_copy(
            update={
                "language": row.language or self._languages.get(row.customer_id, "de"),
                "currency": row.currency or self._currency(row, faults),
                "promised_date": promised,
                "returnable_until": row.returnable_until or self._returnable_until(row),
                "cancel_reason": row.cancel_reason or ("not_said" if row.status == Status.CANCELLED else None),
                "items": items,
                "shipments": [_completed_parcel(parcel, promised, len(items)) for parcel in row.shipments],
            }
        )
        faults.extend(self._wrong_parcels(whole))
        faults.extend(self._taken_serials(whole))
        if before is not None:
            faults.extend(_wrong_turns(before, whole, is_touched=before.number in self._touched))
        return whole

    def _skip_what_was_told(self, row: OrderRow) -> None:
        names = [("customers", row.customer_id), *(("variants", item.variant_id) for item in row.items)]
        if any(name in self.shared.broken for name in names):
            raise Refused([])

    def _item(self, row: OrderRow, given: OrderRow, place: int, faults: Errors) -> ItemRow:
        item, path = row.items[place], f"items.{place}"
        product = self._snapshot.product_of.get(item.variant_id)
        if product is None and item.term_months is not None and row.status in UNDER_WAY:
            faults.append((f"{path}.variant_id", "is no variant of the catalog, so it cannot be rented out"))
        is_given = "items" in given.model_fields_set and "serials" in given.items[place].model_fields_set
        faults.extend((f"{path}.{name}", text) for name, text in _wrong_pieces(row, item, is_given))
        serials = sorted(item.serials) if is_given else sorted(item.serials)[: max(0, item.quantity - item.returned)]
        return completed_item(item, product, path, faults).model_copy(update={"serials": serials})

    def _currency(self, row: OrderRow, faults: Errors) -> str | None:
        products = (self._snapshot.product_of.get(item.variant_id) for item in row.items)
        currency = next((product.currency for product in products if product is not None), None)
        if currency is None:
            faults.append(("currency", "is missing, and the catalog has none of the variants; name it"))
        return currency

    def _returnable_until(self, row: OrderRow) -> date | None:
        if row.delivered_at is None:
            return None
        return local_day(row.delivered_at) + timedelta(days=self.shared.return_days)

    def _wrong_parcels(self, row: OrderRow) -> Iterator[tuple[str, str]]:
        for place, parcel in enumerate(row.shipments):
            owner = self._parcels.setdefault(parcel.tracking_number, row.number)
            if owner != row.number:
                yield f"shipments.{place}.tracking_number", f"is a parcel of {owner}; each order has its own"
            if not set(parcel.lines) <= set(range(len(row.items))):
                yield f"shipments.{place}.lines", f"are places in items, here 0 to {len(row.items) - 1}"
        numbers = [parcel.tracking_number for parcel in row.shipments]
        if len(set(numbers)) < len(numbers):
            yield "shipments", "names one tracking number twice"

    def _taken_serials(self, row: OrderRow) -> Iterator[tuple[str, str]]:
        for place, item in enumerate(row.items):
            for serial in item.serials:
                owner = self._serials.setdefault(serial, row.number)
                if owner != row.number:
                    yield f"items.{place}.serials", f"{serial} is a piece of {owner}; each piece has its own"
        serials = [serial for item in row.items for serial in item.serials]
        if len(set(serials)) < len(serials):
            yield "items", "name one serial number twice"

    async def save(self, session: AsyncSession, new: Sequence[OrderRow], changed: Sequence[Change[OrderRow]]) -> None:
        after = [change.after for change in changed]
        await add_rows(session, Order, [_order(row) for row in new])
        await set_rows(session, Order, "number", [_order(row) for row in after])
        for belonging in (OrderLine, Shipment):
            await remove_rows(session, belonging, "order_number", [number_of(row.number) for row in after])
        await self._save_lines(session, [*new, *after])
        await self._save_payments(session, new, changed)
        await self._save_pieces(session, new, changed)
        for row in [*new, *after]:
            self._note(row)

    async def _save_lines(self, session: AsyncSession, rows: Sequence[OrderRow]) -> None:
        await add_rows(session, OrderLine, [line for row in rows for line in _lines(row)])
        await add_rows(session, Shipment, [_parcel(row, parcel) for row in rows for parcel in row.shipments])
        parcels = [parcel for row in rows for parcel in row.shipments]
        await add_rows(session, ShipmentEvent, [event for parcel in parcels for event in _events(parcel)])

    async def _save_payments(
        self, session: AsyncSession, new: Sequence[OrderRow], changed: Sequence[Change[OrderRow]]
    ) -> None:
        anew = [change.after for change in changed if _money(change.before) != _money(change.after)]
        for belonging in (Refund, Payment):
            await remove_rows(session, belonging, "order_number", [number_of(row.number) for row in anew])
        await add_rows(session, Payment, [_payment(row) for row in [*new, *anew] if row.payment_status != "none"])
        self._refunded.extend(_refund(row) for row in [*new, *anew] if row.payment_status == "refunded")

    async def _save_pieces(
        self, session: AsyncSession, new: Sequence[OrderRow], changed: Sequence[Change[OrderRow]]
    ) -> None:
        moved = [change for change in changed if _pieces(change.before) != _pieces(change.after)]
        # By number, since an exchange has brought pieces that a file does not tell of.
        former = [serial for change in moved for item in change.before.items for serial in item.serials]
        await remove_rows(session, Device, "serial", former)
        rows = [*new, *(change.after for change in moved)]
        numbered = [piece for row in rows for piece in _numbered_pieces(row)]
        await add_rows(session, Device, numbered)
        self.shared.note_serials(piece["serial"] for piece in numbered)
        self.shared.unnumbered.extend(piece for row in rows for piece in _unnumbered_pieces(row))

    def _note(self, row: OrderRow) -> None:
        self._last_number = max(self._last_number, number_of(row.number))
        for parcel in row.shipments:
            match = PARCEL.fullmatch(parcel.tracking_number)
            self._last_parcel = max(self._last_parcel, int(match[1]) if match else 0)
        if any(item.term_months is not None for item in row.items):
            self.shared.rented.add(number_of(row.number))

    async def finish(self, session: AsyncSession) -> None:
        """New numbers come after those that were imported."""
        await raise_counter(session, ORDER_NUMBER, self._last_number)
        await raise_counter(session, TRACKING_NUMBER, self._last_parcel)
        for some in in_parts(self._refunded, AT_ONCE):
            await _add_refunds(session, some)


async def _add_refunds(session: AsyncSession, refunds: Sequence[Json]) -> None:
    numbers = await next_numbers(session, REFUND_NUMBER, len(refunds))
    query = select(Payment.order_number, Payment.id)
    orders = [refund["order_number"] for refund in refunds]
    payments = {one["order_number"]: one["id"] async for one in found(session, query, Payment.order_number, orders)}
    rows = zip(refunds, numbers, strict=True)
    await add_rows(
        session,
        Refund,
        [refund | {"number": number, "payment_id": payments[refund["order_number"]]} for refund, number in rows],
    )


# --- what is wrong


def _wrong_pieces(row: OrderRow, item: ItemRow, are_given: bool) -> Iterator[tuple[str, str]]:
    if item.returned > item.quantity:
        yield "returned", "is more than quantity"
    if item.returned and row.status != Status.DELIVERED:
        yield "returned", "goes with status delivered"
    if are_given and item.serials and not _is_had(row, item):
        yield "serials", "go with what was bought and delivered; a rented piece has its own in the subscriptions"
    elif are_given and len(item.serials) > item.quantity - item.returned:
        yield "serials", "are more than the pieces that the customer has; leave out those that came back"


def _is_had(row: OrderRow, item: ItemRow) -> bool:
    """Whether the customer has it, as their own."""
    return row.status == Status.DELIVERED and item.term_months is None


def _wrong_turns(before: OrderRow, after: OrderRow, is_touched: bool) -> Iterator[tuple[str, str]]:
    if after.customer_id != before.customer_id:
        yield "customer_id", "is not whose order this is in the shop; give your order another number"
    if _goes_back(before.status, after.status):
        yield (
            "status",
            f"is {before.status} in the shop, from where an import does not take it back; leave the order out",
        )
    for name in MONEY:
        if is_touched and _money(before)[name] != _money(after)[name]:
            yield name, "was paid, changed or sent back in the shop since; leave it out, or as the shop has it"


def _goes_back(before: str, after: str) -> bool:
    if Status.CANCELLED in (before, after):
        return after != before and before in (Status.CANCELLED, Status.DELIVERED)
    steps = [step.value for step in STEPS]
    return steps.index(after) < steps.index(before)


def _is_touched(order: Order) -> bool:
    """Whether more happened to its money than a file can tell."""
    return (
        len(order.payments) > 1
        or len(order.refunds) > 1
        or any(one.provider or one.gift_card_code or one.iban or one.failure for one in order.payments)
        or any(one.payment_id is None or one.refunded_at is None for one in order.refunds)
    )


def _money(row: OrderRow) -> Mapping[str, object]:
    items = [item.model_copy(update={"serials": []}) for item in row.items]
    return {name: getattr(row, name) for name in MONEY} | {"items": items}


def _pieces(row: OrderRow) -> tuple[object, ...]:
    return row.items, row.delivered_at


# --- to the tables


def _completed_parcel(parcel: ShipmentRow, promised: date, lines: int) -> ShipmentRow:
    return parcel.model_copy(
        update={"promised_date": parcel.promised_date or promised, "lines": parcel.lines or list(range(lines))}
    )


def _order(row: OrderRow) -> Json:
    simple = (
        *("customer_id", "status", "placed_at", "language", "currency", "payment_method", "promised_date"),
        *("delivered_at", "returnable_until", "cancelled_at", "cancel_reason", "cancel_note"),
    )
    totals = totals_of([line_of(item, row.currency or "") for item in row.items])
    return {name: getattr(row, name) for name in simple} | {
        "number": number_of(row.number),
        "address": row.address.model_dump(),
        "total_now_amount": totals.now.amount,
        "total_monthly_amount": None if totals.monthly is None else totals.monthly.amount,
    }


def _lines(row: OrderRow) -> Iterator[Json]:
    for position, item in enumerate(row.items):
        line = line_of(item, row.currency or "")
        yield {
            "order_number": number_of(row.number),
            "position": position,
            "variant_id": item.variant_id,
            "product_id": item.product_id,
            "product_name": item.product_name,
            "options": item.options,
            "quantity": item.quantity,
            "term_months": item.term_months,
            "plan_id": item.plan_id,
            "unit_amount": item.unit_price,
            "addons": [addon.view() for addon in line.addons],
            "returned": item.returned,
        }


def _parcel(row: OrderRow, parcel: ShipmentRow) -> Json:
    simple = ("tracking_number", "carrier", "status", "shipped_at", "promised_date", "lines")
    return {name: getattr(parcel, name) for name in simple} | {"order_number": number_of(row.number)}


def _events(parcel: ShipmentRow) -> Iterator[Json]:
    for position, event in enumerate(parcel.events):
        yield event.model_dump() | {"tracking_number": parcel.tracking_number, "position": position}


def _payment(row: OrderRow) -> Json:
    status = "paid" if row.payment_status == "refunded" else row.payment_status
    return {
        "order_number": number_of(row.number),
        "method": row.payment_method,
        "status": status,
        "currency": row.currency,
        "amount": totals_of([line_of(item, row.currency or "") for item in row.items]).now.amount,
        "token": secrets.token_urlsafe(TOKEN_BYTES) if status == "open" else None,
        "created_at": row.placed_at,
        "paid_at": row.placed_at if status == "paid" else None,
    }


def _refund(row: OrderRow) -> Json:
    at = row.cancelled_at or row.delivered_at or row.placed_at
    payment = _payment(row)
    return {
        "order_number": payment["order_number"],
        "reason": "cancellation" if row.status == Status.CANCELLED else "return",
        "method": row.payment_method,
        "status": "refunded",
        "currency": row.currency,
        "amount": payment["amount"],
        "requested_at": at,
        "received_at": at,
        "refunded_at": at,
    }


def _numbered_pieces(row: OrderRow) -> Iterator[Json]:
    for position, item in enumerate(row.items):
        yield from (_piece(row, position, item) | {"serial": serial} for serial in item.serials)


def _unnumbered_pieces(row: OrderRow) -> Iterator[Json]:
    for position, item in enumerate(row.items):
        if _is_had(row, item):
            missing = item.quantity - item.returned - len(item.serials)
            yield from [_piece(row, position, item)] * missing


def _piece(row: OrderRow, position: int, item: ItemRow) -> Json:
    return {
        "customer_id": row.customer_id,
        "product_id": item.product_id,
        "product_name": item.product_name,
        "variant_id": item.variant_id,
        "since": local_day(row.delivered_at or row.placed_at),
        "order_number": number_of(row.number),
        "line": position,
        "subscription_number": None,
    }


# --- from the tables

Serials = Mapping[tuple[int, int | None, str], Sequence[str]]  # by order, line and variant


async def _serials(session: AsyncSession, numbers: Sequence[int]) -> Serials:
    devices = await session.scalars(select(Device).where(Device.order_number.in_(numbers), Device.line.is_not(None)))
    by_line: dict[tuple[int, int | None, str], list[str]] = {}
    for device in devices:
        by_line.setdefault((device.order_number or 0, device.line, device.variant_id), []).append(device.serial)
    return by_line


def _order_row(order: Order, serials: Serials) -> OrderRow:
    status = order_payment_view(order, NO_LINKS)["status"]
    return known(
        OrderRow,
        number=order_name(order.number),
        customer_id=order.customer_id,
        status=Status(order.status),
        placed_at=_second(order.placed_at),
        language=order.language,
        currency=order.currency,
        payment_method=order.payment_method,
        payment_status="open" if status == "failed" else status,
        promised_date=order.promised_date,
        delivered_at=_second(order.delivered_at),
        returnable_until=order.returnable_until,
        cancelled_at=_second(order.cancelled_at),
        cancel_reason=order.cancel_reason,
        cancel_note=order.cancel_note,
        address=address_body(order.address),
        items=[_item_row(line, serials) for line in order.lines],
        shipments=[_parcel_row(parcel) for parcel in order.shipments],
    )


def _second(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)


def _item_row(line: OrderLine, serials: Serials) -> ItemRow:
    """What is on its way back is as if it were back."""
    pieces = sorted(serials.get((line.order_number, line.position, line.variant_id), ()))
    return known(
        ItemRow,
        variant_id=line.variant_id,
        quantity=line.quantity,
        unit_price=line.unit_amount,
        term_months=line.term_months,
        plan_id=line.plan_id,
        addons=[addon_row(addon) for addon in line.addons],
        returned=line.returned,
        serials=pieces[: line.quantity - line.returned],
        product_id=line.product_id,
        product_name=line.product_name,
        options=line.options,
    )


def _parcel_row(parcel: Shipment) -> ShipmentRow:
    return known(
        ShipmentRow,
        tracking_number=parcel.tracking_number,
        carrier=parcel.carrier,
        status=parcel.status,
        shipped_at=_second(parcel.shipped_at),
        promised_date=parcel.promised_date,
        lines=parcel.lines,
        events=[known(EventRow, at=_second(one.at), code=one.code, city=one.city) for one in parcel.events],
    )

"""Returns and exchanges, as customers ask for them and see them."""

import re
from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.answers import moment_or_none, moment_view
from shop.catalog import Catalog, Snapshot
from shop.clock import Clock
from shop.delivery import local_day
from shop.links import Links
from shop.models import Json, Order, Variant
from shop.money import Money
from shop.order_rows import locked_orders, next_number, own_order
from shop.payments.payments import Payments
from shop.payments.standing import PaymentStatus, payment_view, shares
from shop.payments.wishes import PaymentWish
from shop.problems import PaymentMethodMissing, ReturnNotFound
from shop.records import Payment, Refund, Return, ReturnLine
from shop.refunds import Cause, Refunds, refund_view
from shop.return_rules import (
    ExchangeItem,
    ExchangeRequest,
    ReturnItem,
    ReturnRequest,
    check_exchangeable,
    check_returnable,
    cost_in_exchange,
    cost_of_piece,
    line_of,
)
from shop.stock import Pieces, exchange, pieces

RETURN_NUMBER = "return_number"  # counters
SEND_WITHIN_DAYS = 14
LABEL_DAYS = SEND_WITHIN_DAYS + 1  # a label's link outlives the last day to send by
LISTED = 100


class ReturnStatus(StrEnum):
    """How far a return has come."""

    REQUESTED = "requested"
    RECEIVED = "received"
    COMPLETED = "completed"


class ReplacementStatus(StrEnum):
    """Where the new pieces of an exchange are."""

    RESERVED = "reserved"
    SHIPPED = "shipped"


class Returns:
    """What customers can do; every method works within the session's transaction."""

    def __init__(self, catalog: Catalog, payments: Payments, refunds: Refunds, links: Links, clock: Clock) -> None:
        self._catalog = catalog
        self._payments = payments
        self._refunds = refunds
        self._links = links
        self._clock = clock

    async def give_back(self, session: AsyncSession, customer_id: str, number: str, wanted: ReturnRequest) -> Return:
        """Raises OrderNotFound, InvalidRequest, NotReturnable."""
        order = await self._order(session, customer_id, number, wanted.items)
        entry = await self._new(session, order, "return", [_line(order, item) for item in wanted.items])
        entry.reason = wanted.reason
        entry.refund_to = wanted.refund_to
        wish = PaymentWish("gift_card") if wanted.refund_to == "gift_card" else None
        await self._settle(session, entry, wish)
        return entry

    async def swap(self, session: AsyncSession, customer_id: str, number: str, wanted: ExchangeRequest) -> Return:
        """Raises what `try_swap` raises, and PaymentMethodMissing."""
        entry = await self.try_swap(session, customer_id, number, wanted)
        if difference_of(entry) > 0 and wanted.wish is None:
            raise PaymentMethodMissing(Money(difference_of(entry), entry.order.currency))
        return entry

    async def try_swap(self, session: AsyncSession, customer_id: str, number: str, wanted: ExchangeRequest) -> Return:
        """Without a way to pay what it costs more, so that this can be learnt.

        Raises OrderNotFound, InvalidRequest, NotReturnable, VariantNotFound, NotExchangeable, OutOfStock, IbanMissing,
        GiftCardInsufficient.
        """
        order = await self._order(session, customer_id, number, wanted.items)
        snapshot, _ = await self._catalog.look(session, Variant.id.in_([item.variant_id for item in wanted.items]))
        check_exchangeable(snapshot, order, wanted.items)
        await exchange(session, returned=Pieces(), wanted=pieces((i.variant_id, i.quantity) for i in wanted.items))
        lines = [_exchange_line(snapshot, order, item) for item in wanted.items]
        entry = await self._new(session, order, "exchange", lines)
        entry.replacement_status = ReplacementStatus.RESERVED
        await self._payments.accept(session, customer_id, wanted.wish)
        await self._settle(session, entry, wanted.wish)
        return entry

    async def listed(self, session: AsyncSession, customer_id: str) -> list[Json]:
        """The customer's returns, newest first."""
        own = whole_returns().join(Return.order).where(Order.customer_id == customer_id)
        return [self.view(entry) for entry in await session.scalars(own.order_by(Return.number.desc()).limit(LISTED))]

    async def one(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """Raises ReturnNotFound."""
        own = whole_returns().join(Return.order).where(Order.customer_id == customer_id)
        return self.view(await one_return(session, own.where(Return.number == parse_return_number(number))))

    def view(self, entry: Return) -> Json:
        """The JSON of the port."""
        link = self._links.document(f"label:{entry.number}", self._clock.now() + timedelta(days=LABEL_DAYS))
        head = {"number": f"RT-{entry.number}", "requested_at": moment_view(entry.requested_at), "label_url": link}
        return head | return_view(entry, self._links)

    async def _order(self, session: AsyncSession, customer_id: str, number: str, items: Sequence[ReturnItem]) -> Order:
        order = await own_order(session, locked_orders(), customer_id, number)
        check_returnable(order, items, local_day(self._clock.now()))
        return order

    async def _new(self, session: AsyncSession, order: Order, kind: str, lines: Sequence[ReturnLine]) -> Return:
        entry = Return(
            number=await next_number(session, RETURN_NUMBER),
            kind=kind,
            status=ReturnStatus.REQUESTED,
            requested_at=self._clock.now(),
            send_by=local_day(self._clock.now()) + timedelta(days=SEND_WITHIN_DAYS),
            order=order,
            payments=[],
            refunds=[],
        )
        for position, line in enumerate(lines):
            line.position = position
            line_of(order, line.line).returned += line.quantity
        entry.lines = list(lines)
        session.add(entry)
        await session.flush()
        return entry

    async def _settle(self, session: AsyncSession, entry: Return, wish: PaymentWish | None) -> None:
        """A difference is paid as is wished, or goes back: as is wished, or the way it came."""
        difference = difference_of(entry)
        if difference > 0 and wish is not None:
            entry.payments.append(await self._payments.begin(session, entry.order, wish, difference, entry.number))
        if difference < 0:
            cause = Cause(entry.kind, entry.number)
            of = shares(entry.order, -difference)
            entry.refunds.extend(await self._refunds.promise(session, entry.order, of, cause, wish))


def parse_return_number(number: str) -> int:
    """RT-300001 as 300001. Raises ReturnNotFound for anything else."""
    match = re.fullmatch(r"RT-([0-9]{6,12})", number)
    if match is None:
        raise ReturnNotFound
    return int(match[1])


def whole_returns() -> Select[Return]:
    """Returns with all that belongs to them."""
    return select(Return).options(
        selectinload(Return.lines),
        selectinload(Return.payments),
        selectinload(Return.refunds),
        selectinload(Return.order).selectinload(Order.lines),
    )


async def one_return(session: AsyncSession, query: Select[Return]) -> Return:
    """Raises ReturnNotFound."""
    entry = await session.scalar(query)
    if entry is None:
        raise ReturnNotFound
    return entry


def difference_of(entry: Return) -> int:
    """What the customer has to pay; below zero, what they get back."""
    return sum((line.to_amount or 0) - line.amount for line in entry.lines)


def _line(order: Order, item: ReturnItem) -> ReturnLine:
    amount = cost_of_piece(line_of(order, item.line)) * item.quantity
    return ReturnLine(line=item.line, quantity=item.quantity, amount=amount)


def _exchange_line(snapshot: Snapshot, order: Order, item: ExchangeItem) -> ReturnLine:
    line = _line(order, item)
    line.to_variant_id = item.variant_id
    line.to_options = dict(snapshot.product_with(item.variant_id).variants[item.variant_id].options)
    line.to_amount = cost_in_exchange(snapshot, line_of(order, item.line), item.variant_id) * item.quantity
    return line


def return_view(entry: Return, links: Links) -> Json:
    """What a return says of itself, asked for or not."""
    return {
        "order_number": f"NC-{entry.order_number}",
        "kind": entry.kind,
        "reason": entry.reason,
        "status": entry.status,
        "received_at": moment_or_none(entry.received_at),
        "send_by": entry.send_by.isoformat(),
        "items": [_line_view(entry.order, line) for line in entry.lines],
        "difference": _difference_view(entry),
        "refund": _refund_view(entry.refunds),
        "payment": _payment_view(entry.payments, links),
        "replacement": _replacement_view(entry),
    }


def quote_view(entry: Return, links: Links) -> Json:
    """The same of what is only tried: nothing of it has a number, a moment or a page yet."""
    view = return_view(entry, links)
    if view["refund"] is not None:
        view["refund"] = {name: value for name, value in view["refund"].items() if name not in ("id", "requested_at")}
        view["refund"]["return_number"] = None
    if view["payment"] is not None:
        view["payment"]["url"] = None
    return view


def _line_view(order: Order, line: ReturnLine) -> Json:
    ordered = line_of(order, line.line)
    return {
        "line": line.line,
        "product_id": ordered.product_id,
        "product_name": ordered.product_name,
        "variant_id": ordered.variant_id,
        "options": ordered.options,
        "quantity": line.quantity,
        "amount": Money(line.amount, order.currency).view(),
        "to": _to_view(line, order.currency),
    }


def _to_view(line: ReturnLine, currency: str) -> Json | None:
    if line.to_variant_id is None or line.to_amount is None:
        return None
    amount = Money(line.to_amount, currency).view()
    return {"variant_id": line.to_variant_id, "options": line.to_options, "amount": amount}


def _difference_view(entry: Return) -> Json:
    difference = difference_of(entry)
    direction = "pay" if difference > 0 else "refund" if difference < 0 else "none"
    return {"direction": direction, "amount": Money(abs(difference), entry.order.currency).view()}


def _refund_view(refunds: Sequence[Refund]) -> Json | None:
    """The largest; where the money had come in several ways, all are in the customer's list of refunds."""
    return refund_view(max(refunds, key=lambda refund: refund.amount)) if refunds else None


def _payment_view(payments: Sequence[Payment], links: Links) -> Json | None:
    wanted = [payment for payment in payments if payment.status != PaymentStatus.WITHDRAWN]
    return payment_view(wanted[-1], links) if wanted else None


def _replacement_view(entry: Return) -> Json | None:
    if entry.replacement_status is None:
        return None
    return {"tracking_number": entry.replacement_tracking, "status": entry.replacement_status}

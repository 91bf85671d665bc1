"""The booking calendar: per model and city, never more pieces out on a day than there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import CatalogProduct, Snapshot
from shop.models import Booking, Fleet, Subscription
from shop.orders import WAREHOUSE_CITY
from shop.subscriptions.days import ONE_DAY, Span
from shop.subscriptions.problems import NotAvailable
from shop.subscriptions.state import span_of

CENTRAL_CITY = WAREHOUSE_CITY  # serves the towns that have no fleet of their own


@dataclass(frozen=True)
class Wanted:
    """A piece of a model for some days or for good, and where."""

    product: CatalogProduct
    variant_id: str
    span: Span
    city: str


async def free_pieces(
    session: AsyncSession, models: Sequence[CatalogProduct], span: Span, city: str | None
) -> Mapping[str, int]:
    """By product id, how many pieces are free on every day; without a city, in all cities together."""
    fleets = await _fleets(session, models, city)
    booked = await _booked(session, fleets, span)
    free = dict.fromkeys((model.id for model in models), 0)
    for fleet in fleets:
        free[fleet.product_id] += _free(fleet, booked, span)
    return free


async def book(session: AsyncSession, snapshot: Snapshot, subscription: Subscription, wanted: Wanted) -> None:
    """Takes a piece for the subscription. Raises NotAvailable."""
    fleet = await _held_fleet(session, wanted)
    if fleet is None or _free(fleet, await _booked(session, [fleet], wanted.span), wanted.span) < 1:
        raise NotAvailable(wanted.product.id, await _alternatives(session, snapshot, subscription, wanted))
    subscription.bookings.append(
        Booking(
            product_id=wanted.product.id,
            product_name=wanted.product.name,
            variant_id=wanted.variant_id,
            city=fleet.city,
            first=wanted.span.first,
            until=wanted.span.until,
            taken_over=False,
        )
    )


async def _alternatives(
    session: AsyncSession, snapshot: Snapshot, subscription: Subscription, wanted: Wanted
) -> list[str]:
    not_these = (wanted.product.id, subscription.product_id)
    others = [model for model in snapshot.models(wanted.product.family) if model.id not in not_these]
    free = await free_pieces(session, others, wanted.span, wanted.city)
    return [product_id for product_id, pieces in free.items() if pieces > 0]


async def _held_fleet(session: AsyncSession, wanted: Wanted) -> Fleet | None:
    """Held until the transaction ends: whoever wants a piece at the same moment waits here, and counts after us."""
    serving = await _fleets(session, [wanted.product], wanted.city)
    if not serving:
        return None
    query = select(Fleet).where(Fleet.product_id == wanted.product.id, Fleet.city == serving[0].city)
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))


async def _fleets(session: AsyncSession, models: Sequence[CatalogProduct], city: str | None) -> Sequence[Fleet]:
    all_fleets = (await session.scalars(select(Fleet).where(Fleet.product_id.in_([m.id for m in models])))).all()
    return all_fleets if city is None else [fleet for m in models for fleet in _serving(all_fleets, m.id, city)]


def _serving(fleets: Iterable[Fleet], product_id: str, city: str) -> Sequence[Fleet]:
    by_city = {fleet.city.casefold(): fleet for fleet in fleets if fleet.product_id == product_id}
    serving = by_city.get(city.strip().casefold()) or by_city.get(CENTRAL_CITY.casefold())
    return [serving] if serving is not None else []


async def _booked(session: AsyncSession, fleets: Sequence[Fleet], span: Span) -> Sequence[Booking]:
    query = select(Booking).where(
        Booking.product_id.in_({fleet.product_id for fleet in fleets}),
        or_(Booking.until.is_(None), Booking.until >= span.first),
    )
    if span.until is not None:
        query = query.where(Booking.first <= span.until)
    return (await session.scalars(query)).all()


def _free(fleet: Fleet, booked: Iterable[Booking], span: Span) -> int:
    here = [span_of(b) for b in booked if (b.product_id, b.city) == (fleet.product_id, fleet.city)]
    # Most are out on a day on which somebody's booking begins, or on the first.
    beginnings = {span.first} | {out.first for out in here if span.has(out.first)}
    return max(0, fleet.size - max(sum(out.has(day) for out in here) for day in beginnings))


def make_room(subscription: Subscription, span: Span) -> None:
    """Of the subscription's own swaps, those for other days stay: it has one piece at a time.

    A new swap for good takes the place of one for good that has not begun, one for some days that of others then.
    """
    for booking in list(subscription.bookings):
        if not booking.taken_over and _is_replaced(booking, span):
            end_before(subscription, booking, span.first)


def _is_replaced(booking: Booking, span: Span) -> bool:
    return span.until is None if booking.until is None else span.until is not None and span.meets(span_of(booking))


def end_before(subscription: Subscription, booking: Booking, day: date) -> None:
    """The booking ends the day before, or never was."""
    if booking.first >= day:
        subscription.bookings.remove(booking)
    else:
        booking.until = day - ONE_DAY

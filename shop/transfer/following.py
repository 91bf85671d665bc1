"""What follows from imported orders: subscriptions for what is still to be delivered, serial numbers for what was."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.clock import Clock
from shop.delivery import local_day
from shop.devices import DEVICE_NUMBER
from shop.models import Device, Json, Order, Subscription
from shop.order_rows import next_numbers, order_with
from shop.orders import Status
from shop.subscriptions.billing import Keeper
from shop.subscriptions.rentals import Rentals
from shop.subscriptions.store import of_order
from shop.transfer.orders import UNDER_WAY
from shop.transfer.store import AT_ONCE, Shared, add_rows, found, in_parts


class At:
    """A clock that stands."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


async def follow_orders(session: AsyncSession, shared: Shared) -> None:
    """What the subscriptions' own rows do not say already."""
    for number in sorted(await _concerned(session, shared.rented)):
        order = await order_with(session, number)
        await _follow(session, shared, order, await of_order(session, number))
        await session.flush()
        session.expunge_all()


async def _concerned(session: AsyncSession, rented: Iterable[int]) -> set[int]:
    """Orders that are to be delivered, or have subscriptions that have not begun."""
    to_come = select(Order.number).where(Order.status.in_(UNDER_WAY))
    not_begun = select(Subscription.order_number).where(
        Subscription.started_on.is_(None), Subscription.ended_on.is_(None)
    )
    concerned = {one["number"] async for one in found(session, to_come, Order.number, rented)}
    return concerned | {
        one["order_number"] async for one in found(session, not_begun, Subscription.order_number, rented)
    }


async def _follow(session: AsyncSession, shared: Shared, order: Order, subscriptions: Sequence[Subscription]) -> None:
    if order.status == Status.CANCELLED:
        _end(subscriptions, shared.clock)
    elif order.delivered_at is not None:
        keeper = Keeper(shared.catalog, At(order.delivered_at))
        for subscription in subscriptions:
            if subscription.started_on is None and subscription.ended_on is None:
                await keeper.start(session, subscription)
    elif not subscriptions:
        await Rentals(shared.catalog, Keeper(shared.catalog, shared.clock)).agreed(session, order)


def _end(subscriptions: Sequence[Subscription], clock: Clock) -> None:
    for subscription in subscriptions:
        if subscription.started_on is None and subscription.ended_on is None:
            subscription.ended_on = local_day(clock.now())


async def number_pieces(session: AsyncSession, pieces: Sequence[Json]) -> None:
    """Those that came without a serial number."""
    if pieces:
        numbers = await next_numbers(session, DEVICE_NUMBER, len(pieces))
        rows = [piece | {"serial": f"DV-{number}"} for piece, number in zip(pieces, numbers, strict=True)]
        for some in in_parts(rows, AT_ONCE):
            await add_rows(session, Device, some)

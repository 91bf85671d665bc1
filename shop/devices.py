"""Devices: one for each piece that a customer has, from its delivery until it goes back. Works within the session's transaction."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Booking, Device, Json, Order, OrderLine, Subscription
from shop.order_rows import next_numbers
from shop.records import Return, ReturnLine

DEVICE_NUMBER = "device_number"  # a counter


async def devices_of(session: AsyncSession, customer_id: str) -> Sequence[Device]:
    """The newest first."""
    query = select(Device).where(Device.customer_id == customer_id)
    return (await session.scalars(query.order_by(Device.since.desc(), Device.serial.desc()))).all()


async def deliver(session: AsyncSession, order: Order, day: date) -> None:
    """What was bought has arrived; of what is rented its subscription tells."""
    bought = [line for line in order.lines if line.term_months is None]
    await _add(session, [_bought(order, line, line.variant_id, day) for line in bought for _ in _kept(line)])


async def take_back(session: AsyncSession, order: Order, returned: Iterable[ReturnLine]) -> None:
    """Which of equal pieces came back nobody says: it is the newest numbers."""
    by_position = {line.position: line for line in order.lines}
    for entry in returned:
        query = select(Device).where(
            Device.order_number == order.number,
            Device.line == entry.line,
            Device.variant_id == by_position[entry.line].variant_id,
        )
        for device in await session.scalars(query.order_by(Device.serial.desc()).limit(entry.quantity)):
            await session.delete(device)


async def replace(session: AsyncSession, exchange: Return, day: date) -> None:
    """The new pieces of an exchange are on their way."""
    lines = {line.position: line for line in exchange.order.lines}
    new = [(lines[entry.line], entry.to_variant_id, entry.quantity) for entry in exchange.lines if entry.to_variant_id]
    await _add(
        session,
        [_bought(exchange.order, line, variant_id, day) for line, variant_id, quantity in new for _ in range(quantity)],
    )


async def follow(session: AsyncSession, subscription: Subscription) -> None:
    """After whatever its days brought."""
    has = is_with_customer(subscription)
    device = await session.scalar(select(Device).where(Device.subscription_number == subscription.number))
    if device is not None and (not has or device.variant_id != subscription.variant_id):
        await session.delete(device)
        device = None
    if has and device is None:
        await _add(session, [rented(subscription)])


def is_with_customer(subscription: Subscription) -> bool:
    """The piece of one that has begun, as long as it runs; for good if it was bought at the end."""
    return subscription.ended_on is None or subscription.at_end == "buy"


def rented(subscription: Subscription) -> Json:
    """All of the subscription's device but its serial."""
    return {
        "customer_id": subscription.customer_id,
        "product_id": subscription.product_id,
        "product_name": subscription.product_name,
        "variant_id": subscription.variant_id,
        "since": _since(subscription),
        "order_number": subscription.order_number,
        "line": None,
        "subscription_number": subscription.number,
    }


def _since(subscription: Subscription) -> date:
    own = [booking.first for booking in subscription.bookings if _is_own_piece(booking)]
    assert subscription.started_on is not None
    return max(own, default=subscription.started_on)


def _is_own_piece(booking: Booking) -> bool:
    return booking.taken_over and booking.until is None


def _kept(line: OrderLine) -> range:
    return range(line.quantity - line.returned)


def _bought(order: Order, line: OrderLine, variant_id: str, day: date) -> Json:
    return {
        "customer_id": order.customer_id,
        "product_id": line.product_id,
        "product_name": line.product_name,
        "variant_id": variant_id,
        "since": day,
        "order_number": order.number,
        "line": line.position,
        "subscription_number": None,
    }


async def _add(session: AsyncSession, pieces: Sequence[dict[str, Any]]) -> None:
    if pieces:
        numbers = await next_numbers(session, DEVICE_NUMBER, len(pieces))
        session.add_all(Device(serial=f"DV-{number}", **piece) for number, piece in zip(numbers, pieces, strict=True))


def device_view(device: Device) -> Json:
    """The JSON of the port."""
    return {
        "serial": device.serial,
        "product_id": device.product_id,
        "product_name": device.product_name,
        "variant_id": device.variant_id,
        "since": device.since.isoformat(),
        "order_number": device.order_number and f"NC-{device.order_number}",
        "subscription_number": device.subscription_number and f"SB-{device.subscription_number}",
    }

"""Subscriptions read from the database, whole, and locked by whoever changes them."""

import re

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.models import Subscription
from shop.order_rows import next_numbers
from shop.subscriptions.problems import SubscriptionNotFound

SUBSCRIPTION_NUMBER = "subscription_number"  # a counter


def parse_number(number: str) -> int:
    """SB-200001 as 200001. Raises SubscriptionNotFound for anything else."""
    match = re.fullmatch(r"SB-([0-9]{6,12})", number)
    if match is None:
        raise SubscriptionNotFound
    return int(match[1])


def complete() -> Select[Subscription]:
    """With all that belongs to a subscription."""
    return select(Subscription).options(
        selectinload(Subscription.order),
        selectinload(Subscription.pauses),
        selectinload(Subscription.bookings),
        selectinload(Subscription.charges),
    )


def locked() -> Select[Subscription]:
    """Held until the transaction ends."""
    return complete().with_for_update()


async def own(session: AsyncSession, query: Select[Subscription], customer_id: str, number: str) -> Subscription:
    """Raises SubscriptionNotFound."""
    whose = query.where(Subscription.customer_id == customer_id, Subscription.number == parse_number(number))
    subscription = await session.scalar(whose)
    if subscription is None:
        raise SubscriptionNotFound
    return subscription


async def of_order(session: AsyncSession, order_number: int) -> list[Subscription]:
    """Those of an order, in the order of their numbers, locked."""
    query = locked().where(Subscription.order_number == order_number).order_by(Subscription.number)
    return list(await session.scalars(query))


async def take_numbers(session: AsyncSession, count: int) -> range:
    """The next numbers; a transaction that is undone uses up none."""
    return await next_numbers(session, SUBSCRIPTION_NUMBER, count) if count else range(0)

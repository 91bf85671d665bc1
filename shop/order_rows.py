"""The way to an order: by its number, as its owner, whole, and locked for whoever changes it."""

import re

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.models import Counter, Order, Shipment
from shop.problems import OrderNotFound


def parse_number(number: str) -> int:
    """NC-104233 as 104233. Raises OrderNotFound for anything else."""
    match = re.fullmatch(r"NC-([0-9]{6,12})", number)
    if match is None:
        raise OrderNotFound
    return int(match[1])


def whole_orders() -> Select[Order]:
    """Orders with all that belongs to them."""
    return select(Order).options(
        selectinload(Order.lines),
        selectinload(Order.shipments).selectinload(Shipment.events),
        selectinload(Order.payments),
        selectinload(Order.refunds),
        selectinload(Order.promise_changes),
    )


def locked_orders() -> Select[Order]:
    """Whoever changes an order, its payments or its returns, locks its row first."""
    return whole_orders().with_for_update()


async def own_order(session: AsyncSession, query: Select[Order], customer_id: str, number: str) -> Order:
    """Raises OrderNotFound for somebody else's too."""
    return await one_order(session, query.where(Order.customer_id == customer_id, Order.number == parse_number(number)))


async def order_with(session: AsyncSession, number: int) -> Order:
    """Whoever's it is, locked. Raises OrderNotFound."""
    return await one_order(session, locked_orders().where(Order.number == number))


async def one_order(session: AsyncSession, query: Select[Order]) -> Order:
    """Raises OrderNotFound."""
    order = await session.scalar(query)
    if order is None:
        raise OrderNotFound
    return order


async def next_number(session: AsyncSession, counter: str) -> int:
    """Counted within the transaction: what is refused uses up no number."""
    return (await next_numbers(session, counter, 1))[0]


async def next_numbers(session: AsyncSession, counter: str, count: int) -> range:
    """As many in a row."""
    query = update(Counter).where(Counter.name == counter).values(value=Counter.value + count).returning(Counter.value)
    result = await session.execute(query.execution_options(synchronize_session=False))
    last = result.scalar_one()
    return range(last - count + 1, last + 1)

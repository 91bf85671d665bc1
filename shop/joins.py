"""Two customers who turn out to be one, and how they are two again."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, Table, Text, and_, cast, insert, inspect, not_, select, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shop.clock import Clock
from shop.idempotency import customer_scope
from shop.models import Address, AnsweredWrite, Base, Consent, Customer, CustomerJoin, Json, Order, Subscription
from shop.problems import JoinedOtherwise, JoinNotFound, invalid
from shop.records import Invoice
from shop.requests import CUSTOMER_PATTERN, Body

ANSWERS = Base.metadata.tables[AnsweredWrite.__tablename__]
STAY = frozenset({Consent.__tablename__})
"""What a customer agreed to is nobody else's word."""

EMAIL = ("email", "proven_email")
RECORD = (
    ("name",),
    EMAIL,
    ("phone",),
    ("company_name", "vat_number"),
    ("iban",),
    ("form_of_address",),
)
"""What the one who stays takes from the other's record where their own has nothing; what belongs together comes together."""


class JoinBody(Body):
    """Who is joined into the acting customer."""

    customer: Annotated[str, Field(pattern=CUSTOMER_PATTERN)]


def parse_joined(customer: str) -> str:
    """Who is to be parted. Raises JoinNotFound for what nobody can be called."""
    if not re.fullmatch(CUSTOMER_PATTERN, customer):
        raise JoinNotFound
    return customer


class Joins:
    """Every method works within the session's transaction, on customers that exist."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def join(self, session: AsyncSession, stays: str, other: str) -> None:
        """Moves all that is the other's, and keeps what it was; again, what the other did since.

        Raises InvalidRequest, JoinedOtherwise.
        Who was joined into the other before is joined into the one who stays, so that each can be parted by itself.
        """
        if stays == other:
            raise invalid("customer", "must be another customer than the acting one")
        await _lock(session, stays, other)
        if await _joined_into(session, stays) is not None or await _joined_into(session, other) not in (None, stays):
            raise JoinedOtherwise
        query = select(CustomerJoin).where(CustomerJoin.into_id == other).order_by(CustomerJoin.other_id)
        earlier = {join.other_id: join for join in await session.scalars(query)}
        await _lock(session, *earlier)
        for join in earlier.values():
            await _undo(session, join)
        for one in (other, *earlier):
            await self._do(session, stays, one)

    async def part(self, session: AsyncSession, stays: str, other: str) -> None:
        """Gives back what is still as it came, and what hangs on the orders that go. Raises JoinNotFound."""
        await _lock(session, stays, other)
        join = await session.get(CustomerJoin, other)
        if join is None or join.into_id != stays:
            raise JoinNotFound
        await _undo(session, join)

    async def _do(self, session: AsyncSession, stays: str, other: str) -> None:
        join = await session.get(CustomerJoin, other)
        if join is None:
            join = CustomerJoin(other_id=other, into_id=stays, moved={}, filled={}, taken={}, at=self._clock.now())
            session.add(join)
        ours, theirs = await _records(session, stays, other)
        taken = _emptied(theirs)
        join.taken = join.taken | taken
        join.filled = _fill(ours, taken) | join.filled
        await _share_answers(session, other, stays)
        moved = {table.name: await _move(session, table, other, stays) for table in tables_of_customers()}
        join.moved = {name: [*join.moved.get(name, ()), *keys] for name, keys in moved.items()}


async def who_stays(session: AsyncSession, customer_id: str) -> str:
    """Whom an order is for: its customer, unless they were joined while they ordered. A joining waits from here on."""
    row = select(Customer.id).where(Customer.id == customer_id)
    await session.execute(row.with_for_update(read=True, key_share=True))
    return await _joined_into(session, customer_id) or customer_id


def tables_of_customers() -> list[Table]:
    """All that belongs to one customer."""
    return [table for table in Base.metadata.sorted_tables if "customer_id" in table.c and table.name not in STAY]


async def _joined_into(session: AsyncSession, customer_id: str) -> str | None:
    return await session.scalar(select(CustomerJoin.into_id).where(CustomerJoin.other_id == customer_id))


async def _lock(session: AsyncSession, *customers: str) -> None:
    """Orders and subscriptions first, as whoever changes one does; all in an order of its own, so that nobody waits crosswise."""
    for kind in (Order, Subscription):
        theirs = select(kind.number).where(kind.customer_id.in_(customers))
        await session.execute(theirs.order_by(kind.number).with_for_update())
    await session.execute(select(Customer.id).where(Customer.id.in_(customers)).order_by(Customer.id).with_for_update())


async def _undo(session: AsyncSession, join: CustomerJoin) -> None:
    for name, keys in join.moved.items():
        table = Base.metadata.tables[name]
        await _move(session, table, join.into_id, join.other_id, _is_one_of(table, keys))
    for table in tables_of_customers():
        if (hangs := _hangs_on_what_is_of(join.other_id, table)) is not None:
            await _move(session, table, join.into_id, join.other_id, hangs)
    ours, theirs = await _records(session, join.into_id, join.other_id)
    for group in RECORD:
        if group[0] in join.filled and all(getattr(ours, member) == join.taken.get(member) for member in group):
            _set(ours, {member: join.filled[member] for member in group})
    _fill(theirs, join.taken)
    await session.delete(join)
    await session.flush()


async def _share_answers(session: AsyncSession, whose: str, to: str) -> None:
    """A write of the other's whose answer got lost is not done again when it is repeated by the one who stays."""
    scope, target = customer_scope(whose), customer_scope(to)
    known = select(AnsweredWrite.key).where(AnsweredWrite.scope == target)
    theirs = await session.execute(select(ANSWERS).where(AnsweredWrite.scope == scope, AnsweredWrite.key.not_in(known)))
    rows = [{**row, "scope": target} for row in theirs.mappings()]
    if rows:
        await session.execute(insert(ANSWERS), rows)


# --- rows


async def _move(
    session: AsyncSession, table: Table, whose: str, to: str, where: ColumnElement[bool] | None = None
) -> list[list[Any]]:
    """The primary keys of what went. An address that both have stays where it is."""
    fitting = and_(table.c.customer_id == whose, true() if where is None else where)
    if table.name == Address.__tablename__:
        fitting = and_(fitting, not_(_is_also_of(to)))
    query = update(table).where(fitting).values(customer_id=to).returning(*table.primary_key.columns)
    return [list(row) for row in await session.execute(query)]


def _is_one_of(table: Table, keys: Sequence[Sequence[Any]]) -> ColumnElement[bool]:
    return tuple_(*table.primary_key.columns).in_([tuple(key) for key in keys])


def _is_also_of(customer: str) -> ColumnElement[bool]:
    twin = aliased(Address)
    members = [
        column.key for column in inspect(Address).column_attrs if column.key not in ("id", "customer_id", "used_at")
    ]
    same = [getattr(twin, member) == getattr(Address, member) for member in members]
    return select(twin.id).where(twin.customer_id == customer, *same).exists()


def _hangs_on_what_is_of(customer: str, table: Table) -> ColumnElement[bool] | None:
    """Devices, subscriptions and invoices go with their order or subscription, whenever they were made."""
    if table.name == Order.__tablename__ or "order_number" not in table.c:
        return None
    of_orders: ColumnElement[bool] = table.c.order_number.in_(select(Order.number).where(Order.customer_id == customer))
    if table.name != Invoice.__tablename__:
        return of_orders
    names = select("SB-" + cast(Subscription.number, Text)).where(Subscription.customer_id == customer)
    return of_orders | table.c.subscription_number.in_(names)


# --- records


async def _records(session: AsyncSession, *customers: str) -> list[Customer]:
    """Of customers who are locked."""
    return [await session.get_one(Customer, one) for one in customers]


def _emptied(customer: Customer) -> Json:
    """What there was."""
    members = [member for group in RECORD for member in group]
    taken = {member: value for member in members if (value := getattr(customer, member)) is not None}
    _set(customer, dict.fromkeys(taken))
    return taken


def _fill(customer: Customer, taken: Json) -> Json:
    """What there was instead of what came: mostly nothing."""
    members = [member for group in RECORD if _gives_way(customer, group, taken) for member in group]
    before = {member: getattr(customer, member) for member in members}
    _set(customer, {member: taken.get(member) for member in members})
    return before


def _gives_way(customer: Customer, group: Sequence[str], taken: Json) -> bool:
    """What is missing; and an e-mail address that is not proven, to one that is."""
    is_proven_now = group == EMAIL and customer.proven_email is None and "proven_email" in taken
    return group[0] in taken and (getattr(customer, group[0]) is None or is_proven_now)


def _set(customer: Customer, members: Json) -> None:
    for member, value in members.items():
        setattr(customer, member, value)

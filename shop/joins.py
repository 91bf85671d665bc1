"""Two customers who turn out to be one, and how they are two again."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, Table, Update, and_, delete, inspect, not_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from shop.clock import Clock
from shop.models import Address, Base, Consent, Customer, CustomerJoin, Json
from shop.problems import JoinedOtherwise, JoinNotFound, invalid
from shop.requests import Body

STAY = frozenset({Consent.__tablename__})
"""What a customer agreed to is nobody else's word."""

FILLED = ("name", "email", "email_proven", "phone", "company_name", "vat_number", "iban", "form_of_address")
"""What the one who stays takes from the other's record where their own has nothing."""


class JoinBody(Body):
    """Who is joined into the acting customer."""

    customer: Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]


class Joins:
    """Every method works within the session's transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def join(self, session: AsyncSession, stays: str, other: str) -> None:
        """Moves all that is the other's, and keeps what it was. Raises InvalidRequest, JoinedOtherwise."""
        if stays == other:
            raise invalid("customer", "must be another customer than the acting one")
        known = await session.get(CustomerJoin, other, with_for_update=True)
        if known is not None and known.into_id == stays:
            return
        if known is not None:
            raise JoinedOtherwise
        both = {row.id: row for row in await session.scalars(_locked(stays, other))}
        theirs = both.get(other)
        filled = _fill(both[stays], theirs) if theirs is not None else {}
        moved = await _move(session, other, stays) if theirs is not None else {}
        await session.execute(update(CustomerJoin).where(CustomerJoin.into_id == other).values(into_id=stays))
        session.add(CustomerJoin(other_id=other, into_id=stays, moved=moved, filled=filled, at=self._clock.now()))

    async def part(self, session: AsyncSession, stays: str, other: str) -> None:
        """Gives back what is still as it came. Raises JoinNotFound."""
        join = await session.get(CustomerJoin, other, with_for_update=True)
        if join is None or join.into_id != stays:
            raise JoinNotFound
        await session.execute(_locked(stays, other))
        for name, keys in join.moved.items():
            await session.execute(_moving(Base.metadata.tables[name], keys, stays, other))
        ours = await session.get_one(Customer, stays)
        for member, value in join.filled.items():
            if getattr(ours, member) == value:
                setattr(ours, member, False if member == "email_proven" else None)
        await session.execute(delete(CustomerJoin).where(CustomerJoin.other_id == other))


def tables_of_customers() -> list[Table]:
    """All that belongs to one customer."""
    return [table for table in Base.metadata.sorted_tables if "customer_id" in table.c and table.name not in STAY]


def _locked(*customers: str) -> Any:
    """In an order of its own, so that two joins cannot wait for each other."""
    return select(Customer).where(Customer.id.in_(customers)).order_by(Customer.id).with_for_update()


def _fill(ours: Customer, theirs: Customer) -> Json:
    filled = {}
    for member in FILLED:
        is_about_email = member == "email_proven"
        if (is_about_email and "email" in filled) or (not is_about_email and getattr(ours, member) is None):
            value = getattr(theirs, member)
            if value:
                filled[member] = value
                setattr(ours, member, value)
    return filled


async def _move(session: AsyncSession, whose: str, to: str) -> Json:
    """What went, as primary keys by table. An address that both have stays where it is."""
    moved = {}
    for table in tables_of_customers():
        where = table.c.customer_id == whose
        if table.name == Address.__tablename__:
            where = and_(where, not_(_also_of(to)))
        found = await session.execute(select(*table.primary_key.columns).where(where))
        keys = [list(row) for row in found]
        if keys:
            moved[table.name] = keys
            await session.execute(_moving(table, keys, whose, to))
    return moved


def _also_of(customer: str) -> ColumnElement[bool]:
    twin = aliased(Address)
    members = [
        column.key for column in inspect(Address).column_attrs if column.key not in ("id", "customer_id", "used_at")
    ]
    same = [getattr(twin, member) == getattr(Address, member) for member in members]
    return select(twin.id).where(twin.customer_id == customer, *same).exists()


def _moving(table: Table, keys: Sequence[Sequence[Any]], whose: str, to: str) -> Update:
    is_one_of_them = tuple_(*table.primary_key.columns).in_([tuple(key) for key in keys])
    return update(table).where(table.c.customer_id == whose, is_one_of_them).values(customer_id=to)

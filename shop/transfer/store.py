"""What a kind of file needs: rows as the shop has them, rows made whole, rows written many at a time."""

import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import RowMapping, Select, Table, bindparam, delete, false, insert, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from shop.catalog import REVISION, Catalog, Snapshot
from shop.clock import Clock
from shop.models import Base, Counter, Json
from shop.transfer.faults import Refused
from shop.transfer.rows import RowT, merged

AT_ONCE = 5_000  # values in one query: databases have a limit
T = TypeVar("T")
Errors = list[tuple[str, str]]
"""Field and what is wrong with it."""


@dataclass(frozen=True)
class Change(Generic[RowT]):
    """A row that is different now."""

    before: RowT
    after: RowT


@dataclass
class Shared:
    """What the kinds of one import have in common."""

    clock: Clock
    return_days: int
    catalog: Catalog
    broken: set[tuple[str, str]] = field(default_factory=set)
    """What bad rows would have been: variants, customers and orders of which nobody needs to hear twice."""

    unnumbered: list[Json] = field(default_factory=list)
    """Delivered pieces that came without serial numbers."""

    rented: set[int] = field(default_factory=set)
    """Numbers of orders with something to rent."""

    last_device: int = 0
    """The largest number of a device that is numbered as the shop does it."""

    def note_serials(self, serials: Iterable[str]) -> None:
        """New devices are numbered beyond them."""
        numbers = (re.fullmatch(r"DV-([0-9]{1,15})", serial) for serial in serials)
        self.last_device = max([self.last_device, *(int(number[1]) for number in numbers if number is not None)])

    async def snapshot(self, session: AsyncSession) -> Snapshot:
        """The catalog with what was imported so far."""
        return (await self.catalog.look(session, false()))[0]


class Store(ABC, Generic[RowT]):
    """One kind. Works within the session's transaction; rows are known by their key, as it is written."""

    kind: ClassVar[str]
    model: type[RowT]

    def __init__(self, shared: Shared) -> None:
        self.shared = shared

    def key(self, row: RowT) -> str:
        """The first of the row's members."""
        return str(getattr(row, next(iter(self.model.model_fields))))

    def names(self, data: Json) -> Iterator[tuple[str, str]]:
        """By which other rows would refer to a row that is bad."""
        yield self.kind, str(data.get(next(iter(self.model.model_fields))))

    @abstractmethod
    async def keys(self, session: AsyncSession) -> Sequence[str]:
        """All there are, in the shop's order."""

    @abstractmethod
    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, RowT]:
        """Those that there are, whole, by key."""

    async def begin(self, session: AsyncSession) -> None:
        """Before the first row."""

    async def prepare(self, session: AsyncSession, rows: Sequence[RowT]) -> None:
        """Looks up what these rows refer to."""

    def whole(self, given: RowT, before: RowT | None) -> RowT:
        """With all that the row leaves out. Raises Refused."""
        faults: Errors = []
        row = self.completed(given if before is None else merged(before, given), given, before, faults)
        if faults:
            raise Refused(faults)
        return row

    @abstractmethod
    def completed(self, row: RowT, given: RowT, before: RowT | None, faults: Errors) -> RowT:
        """Of the row (as `given`, and with what was `before`) what is still missing; and what is wrong with it."""

    @abstractmethod
    async def save(self, session: AsyncSession, new: Sequence[RowT], changed: Sequence[Change[RowT]]) -> None:
        """Writes rows that are whole."""

    async def finish(self, session: AsyncSession) -> None:
        """After the last row."""


def table(model: type[Base]) -> Table:
    """For writing past the session, many rows at a time."""
    return cast(Table, model.__table__)


async def add_rows(session: AsyncSession, model: type[Base], rows: Sequence[Json]) -> None:
    """All of one shape."""
    if rows:
        await session.execute(insert(table(model)), rows)


async def set_rows(session: AsyncSession, model: type[Base], key: str, rows: Sequence[Json]) -> None:
    """All of one shape, each with its key."""
    if rows:
        columns = table(model).c
        values = {name: bindparam(f"new_{name}", type_=columns[name].type) for name in rows[0] if name != key}
        query = update(table(model)).where(columns[key] == bindparam("which")).values(values)
        await session.execute(query, [_bound(row, key) for row in rows])


def _bound(row: Json, key: str) -> Json:
    return {"which" if name == key else f"new_{name}": value for name, value in row.items()}


async def remove_rows(session: AsyncSession, model: type[Base], column: str, values: Iterable[Any]) -> None:
    """Those with one of the values."""
    for some in in_parts(list(values), AT_ONCE):
        await session.execute(delete(table(model)).where(table(model).c[column].in_(some)))


async def found(
    session: AsyncSession, query: Select[*tuple[Any, ...]], column: InstrumentedAttribute[T], values: Iterable[T]
) -> AsyncIterator[RowMapping]:
    """The query's rows with one of the values."""
    for some in in_parts(list(dict.fromkeys(values)), AT_ONCE):
        for row in (await session.execute(query.where(column.in_(some)))).mappings():
            yield row


def in_parts(values: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """So many at a time."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


async def raise_counter(session: AsyncSession, name: str, least: int) -> None:
    """What is numbered next comes after `least`."""
    query = update(Counter).where(Counter.name == name, Counter.value < least).values(value=least)
    await session.execute(query.execution_options(synchronize_session=False))


async def raise_revision(session: AsyncSession) -> None:
    """Whoever keeps the catalog reads it anew."""
    query = update(Counter).where(Counter.name == REVISION).values(value=Counter.value + 1)
    await session.execute(query.execution_options(synchronize_session=False))


def value_or(value: T | None, default: T) -> T:
    """What was given, zero included."""
    return default if value is None else value

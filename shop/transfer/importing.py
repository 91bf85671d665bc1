"""All files of one call, or nothing of them: read, checked, and written in one transaction."""

import re
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog
from shop.clock import Clock
from shop.database import Database
from shop.devices import DEVICE_NUMBER
from shop.observe import say
from shop.transfer.customers import Customers
from shop.transfer.faults import Faults, Place, Record, Refused
from shop.transfer.files import READERS, format_of, read
from shop.transfer.following import follow_orders, number_pieces
from shop.transfer.orders import Orders
from shop.transfer.products import CatalogStore, Plans, Products
from shop.transfer.rows import Row
from shop.transfer.store import Change, Shared, Store, raise_counter
from shop.transfer.subscriptions import Subscriptions

STORES: tuple[type[Store[Any]], ...] = (Plans, Products, Customers, Orders, Subscriptions)
"""In the order in which they refer to each other."""

KINDS = tuple(store.kind for store in STORES)
ROWS_AT_ONCE = 500
SAY_EVERY = 10_000  # rows


class ImportRefused(Exception):
    """Nothing was written; `lines` say what is to be mended."""

    def __init__(self, lines: Iterable[str]) -> None:
        super().__init__()
        self.lines = list(lines)


@dataclass
class Taken:
    """What became of the rows of a kind."""

    kind: str
    rows: int = 0
    new: int = 0
    changed: int = 0
    removed: int = 0
    seconds: float = 0.0

    @property
    def rows_per_second(self) -> int:
        return round(self.rows / max(self.seconds, 0.001))


def kind_of(path: Path) -> str:
    """products for products.jsonl, products-2.csv … Raises ValueError."""
    match = re.match(r"[a-z]+", path.name.lower())
    if match is None or match[0] not in KINDS or format_of(path) not in READERS:
        raise ValueError(f"{path.name}: a file is called {', '.join(KINDS)}, and ends with .jsonl or .csv")
    return match[0]


class Import:
    """One call's files."""

    def __init__(self, database: Database, clock: Clock, return_days: int) -> None:
        self._database = database
        self._faults = Faults()
        self._shared = Shared(clock, return_days, Catalog())

    async def run(self, paths: Sequence[Path], replace_catalog: bool = False) -> list[Taken]:
        """What became of them, by kind. Raises ImportRefused, and ValueError for a file of no kind."""
        files = {kind: [path for path in dict.fromkeys(paths) if kind_of(path) == kind] for kind in KINDS}
        async with self._database.writing() as session:
            taken = [one async for one in self._kinds(session, files, replace_catalog)]
            if self._faults.rows:
                raise ImportRefused(self._faults.lines())
            await raise_counter(session, DEVICE_NUMBER, self._shared.last_device)
            await follow_orders(session, self._shared)
            await number_pieces(session, self._shared.unnumbered)
        return taken

    async def _kinds(
        self, session: AsyncSession, files: dict[str, list[Path]], replace_catalog: bool
    ) -> AsyncIterator[Taken]:
        for store in (make(self._shared) for make in STORES):
            if files[store.kind]:
                intake = Intake(session, store, self._faults)
                await intake.take(files[store.kind])
                if replace_catalog and isinstance(store, CatalogStore):
                    intake.taken.removed = await store.remove_others(session, intake.keys)
                await store.finish(session)
                yield intake.taken


class Intake:
    """The files of one kind."""

    def __init__(self, session: AsyncSession, store: Store[Any], faults: Faults) -> None:
        self.taken = Taken(store.kind)
        self._began = time.perf_counter()
        self._session = session
        self._store = store
        self._faults = faults
        self._places: dict[str, Place] = {}

    @property
    def keys(self) -> Iterable[str]:
        """Those that were named."""
        return self._places.keys()

    async def take(self, paths: Iterable[Path]) -> None:
        """All of them, so many rows at a time."""
        await self._store.begin(self._session)
        for path in paths:
            records = read(path, self._store.model, self._faults)
            while some := list(islice(records, ROWS_AT_ONCE)):
                await self._take(some)
                self._count(len(some))

    async def _take(self, records: Sequence[Record]) -> None:
        rows = list(self._rows(records))
        before = await self._store.stored(self._session, [self._store.key(row) for _, row in rows])
        await self._store.prepare(self._session, [row for _, row in rows])
        new: list[Row] = []
        changed: list[Change[Row]] = []
        for row, former in self._whole(rows, before):
            if former is None:
                new.append(row)
            elif row != former:
                changed.append(Change(former, row))
        await self._store.save(self._session, new, changed)
        await self._session.flush()
        self._session.expunge_all()
        self.taken.new += len(new)
        self.taken.changed += len(changed)

    def _rows(self, records: Iterable[Record]) -> Iterator[tuple[Record, Row]]:
        for record in records:
            row = self._row(record)
            if row is None:
                self._store.shared.broken.update(self._store.names(record.data))
            elif self._is_first(record, self._store.key(row)):
                yield record, row

    def _row(self, record: Record) -> Row | None:
        for path, text in record.faults:
            self._faults.of_row(record, path, text)
        try:
            row: Row = self._store.model.model_validate(record.data, strict=False)
        except ValidationError as error:
            self._faults.of_form(record, error, self._store.model)
            return None
        return None if record.faults else row

    def _is_first(self, record: Record, key: str) -> bool:
        first = self._places.setdefault(key, record.place)
        if first != record.place:
            self._faults.of_row(record, "", f"{key} was on {first} already; keep one of them")
        return first == record.place

    def _whole(self, rows: Iterable[tuple[Record, Row]], before: dict[str, Row]) -> Iterator[tuple[Row, Row | None]]:
        for record, row in rows:
            former = before.get(self._store.key(row))
            try:
                yield self._store.whole(row, former), former
            except Refused as refused:
                self._store.shared.broken.update(self._store.names(record.data))
                for path, text in refused.faults:
                    self._faults.of_row(record, path, text)

    def _count(self, rows: int) -> None:
        before, self.taken.rows = self.taken.rows, self.taken.rows + rows
        self.taken.seconds = time.perf_counter() - self._began
        if before // SAY_EVERY < self.taken.rows // SAY_EVERY:
            taken = self.taken
            say("importing", kind=taken.kind, rows=taken.rows, rows_per_second=taken.rows_per_second)

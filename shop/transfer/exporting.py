"""The shop's own data as files that an import takes."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, TextIO

from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog
from shop.clock import Clock
from shop.database import Database
from shop.transfer.files import WRITERS
from shop.transfer.importing import ROWS_AT_ONCE, STORES
from shop.transfer.rows import Row
from shop.transfer.store import Shared, Store, in_parts


class Export:
    """One kind at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._shared = Shared(clock, 0, Catalog())

    async def run(self, kind: str, form: str, file: TextIO) -> int:
        """Writes all rows of the kind; says how many."""
        store = next(make for make in STORES if make.kind == kind)(self._shared)
        writer = WRITERS[form](file, store.model)
        written = 0
        async with self._database.reading() as session:
            async for rows in _rows(session, store):
                writer.write(rows)
                written += len(rows)
        return written


async def _rows(session: AsyncSession, store: Store[Any]) -> AsyncIterator[Sequence[Row]]:
    for keys in in_parts(await store.keys(session), ROWS_AT_ONCE):
        rows = await store.stored(session, keys)
        yield [rows[key] for key in keys if key in rows]
        session.expunge_all()

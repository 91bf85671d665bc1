"""The way to the database: SQLite by default, PostgreSQL by URL, one code for both."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, CursorResult, Table, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
READERS = 4  # SQLite connections; more do not read faster, one core does the work
WAIT_SECONDS = 10  # for a connection; then the shop says that it is unavailable
BUSY_MILLISECONDS = 10_000  # for another process's write

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # an order that was confirmed survives a power cut
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}",
)


def with_driver(url: str) -> URL:
    """The URL with the asynchronous driver that this code uses: postgresql://… becomes postgresql+asyncpg://…"""
    parsed = make_url(url)
    return parsed.set(drivername=DRIVERS.get(parsed.drivername, parsed.drivername))


class Database:
    """Hands out sessions: for reading, and for writing in one transaction that takes its lock at once.

    SQLite has a single writing connection, so that concurrent writers queue here, in order, instead of polling the
    file's lock; writers of other processes are waited for by SQLite itself.
    """

    def __init__(self, url: str) -> None:
        self._url = with_driver(url)
        self._reader = self._engine(READERS)
        self._writer = self._engine(1) if self.is_sqlite else self._reader
        if self.is_sqlite:
            _set_up_sqlite(self._reader, "BEGIN")
            _set_up_sqlite(self._writer, "BEGIN IMMEDIATE")
        self._read = async_sessionmaker(self._reader, expire_on_commit=False)
        self._write = async_sessionmaker(self._writer, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _engine(self, sqlite_connections: int) -> AsyncEngine:
        if self.is_sqlite:
            _make_folder(self._url)
            return _create_engine(self._url, sqlite_connections, 0)
        return _create_engine(self._url, 5, 10)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are not kept."""
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back by an exception."""
        async with self._write.begin() as session:
            yield session

    async def close(self) -> None:
        """Returns when all connections are closed."""
        await self._reader.dispose()
        await self._writer.dispose()


async def insert_if_absent(session: AsyncSession, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts the row unless its key is taken; says whether it did. Waits for a concurrent insert of the same key."""
    insert = sqlite.insert if _dialect(session) == "sqlite" else postgresql.insert
    result = await session.execute(insert(table).values(values).on_conflict_do_nothing())
    assert isinstance(result, CursorResult)
    return result.rowcount == 1


def _dialect(session: AsyncSession) -> str:
    return session.get_bind().dialect.name


def _create_engine(url: URL, size: int, overflow: int) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=overflow,
        pool_timeout=WAIT_SECONDS,
        pool_pre_ping=url.get_backend_name() != "sqlite",
        hide_parameters=True,  # errors never carry customers' words
    )


def _make_folder(url: URL) -> None:
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)


def _set_up_sqlite(engine: AsyncEngine, begin: str) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

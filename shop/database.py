"""The way to the database: SQLite by default, PostgreSQL by URL, one code for both."""

import sqlite3
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, event, literal, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
READERS = 4  # SQLite connections; more do not read faster, one core does the work
WAIT_SECONDS = 10.0  # for a connection, and for another's lock; then the shop says that it is unavailable

# PostgreSQL: connection lost, deadlock or lost race, out of resources, closed to connections, waited too long for a lock,
# being shut down.
PASSING_SQLSTATES = ("08", "40", "53", "55000", "55P03", "57P")
PASSING_SQLITE_CODES = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)

SQLITE_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # an order that was confirmed survives a power cut
    "PRAGMA foreign_keys = ON",
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

    def __init__(self, url: str, wait_seconds: float = WAIT_SECONDS) -> None:
        self._url = with_driver(url)
        self._wait_milliseconds = round(wait_seconds * 1000)
        self._reader = self._engine(READERS)
        self._writer = self._engine(1) if self.is_sqlite else self._reader
        if self.is_sqlite:
            _set_up_sqlite(self._reader, "BEGIN", self._wait_milliseconds)
            _set_up_sqlite(self._writer, "BEGIN IMMEDIATE", self._wait_milliseconds)
        self._read = async_sessionmaker(self._reader, expire_on_commit=False)
        self._write = async_sessionmaker(self._writer, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _engine(self, sqlite_connections: int) -> AsyncEngine:
        if not self.is_sqlite:
            settings = {"lock_timeout": str(self._wait_milliseconds)}
            return self._create(5, 10, pool_pre_ping=True, connect_args={"server_settings": settings})
        Path(self._url.database or "").parent.mkdir(parents=True, exist_ok=True)
        return self._create(sqlite_connections, 0)

    def _create(self, size: int, overflow: int, **more: Any) -> AsyncEngine:
        return create_async_engine(
            self._url,
            pool_size=size,
            max_overflow=overflow,
            pool_timeout=self._wait_milliseconds / 1000,
            hide_parameters=True,  # errors never carry customers' words
            **more,
        )

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are not kept."""
        async with self._read() as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back by an exception."""
        async with self._write.begin() as session:
            await session.connection()  # begins now, not at the first statement
            yield session

    @asynccontextmanager
    async def trying(self) -> AsyncIterator[AsyncSession]:
        """The same, but nothing of it is kept: what a write would do."""
        async with self._write() as session:
            await session.connection()
            yield session

    async def close(self) -> None:
        """Returns when all connections are closed."""
        await self._reader.dispose()
        await self._writer.dispose()


async def insert_if_absent(session: AsyncSession, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts the row unless its key is taken; says whether it did. Waits for a concurrent insert of the same key."""
    query = _insert(session, table).values(values).on_conflict_do_nothing().returning(literal(1))
    return await session.scalar(query) is not None


async def insert_or_set(
    session: AsyncSession, table: Table, key: Mapping[str, Any], changing: Mapping[str, Any]
) -> None:
    """Inserts the row, or sets what changes if its key is taken; `key` are the columns of a unique constraint."""
    query = _insert(session, table).values({**key, **changing})
    await session.execute(query.on_conflict_do_update(index_elements=list(key), set_=dict(changing)))


def _insert(session: AsyncSession, table: Table) -> postgresql.Insert | sqlite.Insert:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    return insert(table)


def _set_up_sqlite(engine: AsyncEngine, begin: str, wait_milliseconds: int) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        for pragma in (f"PRAGMA busy_timeout = {wait_milliseconds}", *SQLITE_PRAGMAS):
            cursor.execute(pragma)
        _write_ahead(cursor, wait_milliseconds)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _write_ahead(cursor: DBAPICursor, wait_milliseconds: int) -> None:
    """SQLite does not wait, as it does elsewhere, when two connections turn a new file to WAL at the same moment."""
    deadline = time.monotonic() + wait_milliseconds / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not _passes_on_sqlite(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or gave up, so that the same request may succeed later."""
    if isinstance(error, PoolTimeout | OSError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = getattr(error, "orig", error)
    return _passes_on_sqlite(cause) or str(getattr(cause, "sqlstate", "")).startswith(PASSING_SQLSTATES)


def _passes_on_sqlite(cause: BaseException) -> bool:
    # The low byte is the kind of error, the rest details it.
    return isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) & 0xFF in PASSING_SQLITE_CODES

"""A running shop on a database of its own: SQLite, and PostgreSQL too if TEST_POSTGRES_URL is set."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import orjson
import pytest
from aiohttp.test_utils import TestClient, TestServer
from openapi_core import Config, OpenAPI
from pydantic import SecretStr
from sqlalchemy import make_url

from shop.app import build_app, prepare
from shop.database import Database
from shop.settings import Settings
from tests.shop.client import OPERATIONS_TOKEN, TOKEN, ShopClient, strict_document

POSTGRES = os.environ.get("TEST_POSTGRES_URL")
BACKENDS = ["sqlite", "postgresql"] if POSTGRES else ["sqlite"]
A_MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

Running = Callable[[], AbstractAsyncContextManager[ShopClient]]


class GivenClock:
    """A clock that the test moves."""

    def __init__(self, moment: datetime = A_MONDAY) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def passes(self, time: timedelta) -> None:
        self.moment += time


@pytest.fixture(scope="session")
def openapi() -> OpenAPI:
    config = Config(extra_media_type_deserializers={"application/problem+json": orjson.loads})
    return OpenAPI.from_dict(strict_document(), config=config)


@pytest.fixture
def clock() -> GivenClock:
    return GivenClock()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A database of this test run's own on the given server."""
    assert POSTGRES is not None
    name = f"shop_{uuid4().hex}"
    # Nothing here pulls the plug, so commits need not wait for the disk.
    quick = f"ALTER DATABASE {name} SET synchronous_commit = off"
    asyncio.run(_on_postgres(POSTGRES, f"CREATE DATABASE {name}", quick))
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    asyncio.run(_on_postgres(POSTGRES, f"DROP DATABASE {name} WITH (FORCE)"))


async def _on_postgres(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    url: str = request.getfixturevalue("empty_postgres_url")
    return url


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    asyncio.run(_on_postgres(postgres_url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public"))
    return postgres_url


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


def settings_for(database_url: str) -> Settings:
    return Settings(
        token=SecretStr(TOKEN),
        operations_token=SecretStr(OPERATIONS_TOKEN),
        database_url=SecretStr(database_url),
        sample_data=True,
    )


@asynccontextmanager
async def running(settings: Settings, clock: GivenClock, openapi: OpenAPI) -> AsyncIterator[ShopClient]:
    """A shop from start to graceful stop."""
    async with TestClient(TestServer(build_app(settings, clock))) as http:
        yield ShopClient(http, openapi)


@pytest.fixture
def start(settings: Settings, clock: GivenClock, openapi: OpenAPI) -> Running:
    """Starts an instance on the test's database, once or more often."""
    return lambda: running(settings, clock, openapi)


@pytest.fixture(scope="session")
def filled_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and goods, which takes longer to make than to copy."""
    path = tmp_path_factory.mktemp("filled") / "shop.db"
    asyncio.run(_fill(Database(f"sqlite:///{path}")))
    return path


async def _fill(database: Database) -> None:
    await prepare(database, sample_data=True)
    await database.close()


@pytest.fixture
def prepared(database_url: str, filled_database: Path) -> None:
    """What a start would do first, copied."""
    if database_url.startswith("sqlite"):
        shutil.copy(filled_database, database_url.removeprefix("sqlite:///"))


@pytest.fixture
async def shop(prepared: None, start: Running) -> AsyncIterator[ShopClient]:
    async with start() as client:
        yield client


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's own way into the database."""
    database = Database(database_url)
    yield database
    await database.close()

"""A running shop on a database of its own: SQLite, and PostgreSQL too if TEST_POSTGRES_URL is set."""

import os
from collections.abc import AsyncIterator, Callable
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

from shop.app import build_app
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


@pytest.fixture(params=BACKENDS)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    """An empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'shop.db'}"
        return
    async with _postgres_database() as url:
        yield url


@asynccontextmanager
async def _postgres_database() -> AsyncIterator[str]:
    assert POSTGRES is not None
    name = f"shop_{uuid4().hex}"
    connection = await asyncpg.connect(POSTGRES)
    await connection.execute(f"CREATE DATABASE {name}")
    yield make_url(POSTGRES).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
def settings(database_url: str) -> Settings:
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


@pytest.fixture
async def shop(start: Running) -> AsyncIterator[ShopClient]:
    async with start() as client:
        yield client


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The test's own way into the database."""
    database = Database(database_url)
    yield database
    await database.close()

"""The whole house in one process: embedded Redis, embedded shop, real workers, and customers who speak."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot import embedded, logs, training
from bot.dialogue import tensorflow_stub

os.environ["RASA_TELEMETRY_ENABLED"] = "false"
_MODEL = training.train(Path("models"), force=False, say=print)
tensorflow_stub.before_rasa(_MODEL)

logs.configure("WARNING", "text")

from bot.app import load_assistant  # noqa: E402 - the stub must come before Rasa
from bot.conversation import consumer  # noqa: E402
from bot.dialogue.assistant import Assistant  # noqa: E402
from bot.redis_client import Client, connect  # noqa: E402
from bot.settings import Settings  # noqa: E402
from tests.house import House, ShopDoor  # noqa: E402

consumer.BLOCK_MILLISECONDS = 20  # hundreds of consumers are started and stopped here


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """asyncio's own loop: uvloop, as processes have it, waits for ever at its end for a connection that a test left open."""
    return asyncio.DefaultEventLoopPolicy()


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model of the present data."""
    return _MODEL


@pytest.fixture(scope="session")
def directory() -> Iterator[Path]:
    """A short path, because sockets' paths must be."""
    path = Path(tempfile.mkdtemp(prefix="nc"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(directory: Path) -> Iterator[str]:
    """The embedded server, one per test process."""
    server = subprocess.Popen(embedded.redis_command(directory), stdout=subprocess.DEVNULL)
    path = embedded.socket_path(directory, "redis")
    embedded.wait_for_socket(path)
    yield f"unix://{path}"
    server.terminate()
    server.wait(10)


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Client]:
    """An empty Redis."""
    client = connect(redis_server)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
def settings(redis_server: str) -> Settings:
    return Settings(
        redis_url=redis_server,
        shop_url="unix:///unused",
        shop_token=SecretStr("a-token-of-the-tests"),
        web_secret=SecretStr("a-secret-of-the-tests"),
        lock_seconds=2,
        shards=4,
    )


@pytest.fixture(scope="session")
def assistant(settings: Settings, model: Path) -> Assistant:
    """The trained model with its actions, loaded once per test process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa's own, about itself
        return load_assistant(settings, model)


@pytest.fixture(scope="session")
def stocked_database(directory: Path) -> Path:
    """A shop's database with the sample goods, copied for each test."""
    from shop.app import build_app
    from tests.house import shop_settings

    database = directory / "stocked.db"

    async def fill() -> None:
        runner = web.AppRunner(build_app(shop_settings(database), ShopDoor.clock()))
        await runner.setup()
        await runner.cleanup()

    asyncio.run(fill())
    return database


@pytest.fixture
async def shop_door(stocked_database: Path, directory: Path, tmp_path: Path) -> AsyncIterator[ShopDoor]:
    """A running shop of the test's own, and the way to look into its database."""
    database = tmp_path / "shop.db"
    shutil.copy(stocked_database, database)
    door = ShopDoor(database, directory / f"shop-{os.getpid()}.sock")
    await door.open()
    yield door
    await door.close()


@pytest.fixture
async def house(redis: Client, settings: Settings, assistant: Assistant, shop_door: ShopDoor) -> AsyncIterator[House]:
    """The assistant at work: inbox, one worker, outbox."""
    house = House(redis, settings, assistant, shop_door)
    await house.open()
    yield house
    await house.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that start whole installations take longest: begun first, they leave nobody idle at the end."""
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)

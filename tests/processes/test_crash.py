"""What must survive: a worker killed in mid-turn, Redis restarted, the shop away. Nobody unanswered, no order twice."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from bot import embedded
from tests.processes.installation import Caller, Installation, calling

pytestmark = [pytest.mark.processes, pytest.mark.timeout(240)]

CUSTOMERS = int(os.environ.get("CRASH_CUSTOMERS", "200"))
SHOP_AWAY_SECONDS = float(os.environ.get("CRASH_SHOP_SECONDS", "5"))


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path, because sockets' paths must be."""
    path = Path(tempfile.mkdtemp(prefix="nc"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def installation(directory: Path, model: Path) -> Iterator[Installation]:
    installation = Installation(directory, workers=2)
    installation.start()
    _stock_up(directory / "shop" / "shop.db")
    yield installation
    assert installation.stop() == 0


async def test_a_killed_worker_leaves_nobody_unanswered_and_no_order_twice(installation: Installation) -> None:
    await _everybody_orders(installation, lambda _: _kill(installation, "worker-0"))
    _assert_one_order_each(installation.data_dir / "shop" / "shop.db")


async def test_a_redis_restart_loses_no_message_and_no_order(installation: Installation) -> None:
    await _everybody_orders(installation, lambda _: _kill(installation, "redis"))
    _assert_one_order_each(installation.data_dir / "shop" / "shop.db")


async def test_while_the_shop_is_away_customers_are_told_and_orders_are_placed_once_it_is_back(
    directory: Path, model: Path
) -> None:
    shop = OwnShop(directory)
    shop.start()
    installation = Installation(directory, workers=2, environment=shop.address())
    installation.start()
    _stock_up(shop.database)
    try:
        told = await _everybody_orders(installation, shop.is_away_for_a_while)
    finally:
        assert installation.stop() == 0
        shop.stop()
    assert told, "nobody noticed that the shop was away: the test tested nothing"
    _assert_one_order_each(shop.database)


class OwnShop:
    """A shop that nobody starts again by itself."""

    TOKEN = "a-token-of-the-crash-tests"

    def __init__(self, directory: Path) -> None:
        self.database = directory / "own.db"
        self._socket = directory / "own.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def address(self) -> dict[str, str]:
        return {"SHOP_URL": f"unix://{self._socket}", "SHOP_TOKEN": self.TOKEN}

    def start(self) -> None:
        environment = {
            **os.environ, "SHOP_TOKEN": self.TOKEN, "SHOP_DATABASE_URL": f"sqlite:///{self.database}", "SHOP_SAMPLE_DATA": "true",
        }  # fmt: skip
        command = [sys.executable, "-m", "shop", "serve", "--unix-socket", str(self._socket)]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        embedded.wait_for_socket(self._socket)

    def stop(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    async def is_away_for_a_while(self, noticed: asyncio.Event) -> None:
        """As long as the test says, and until somebody has been told."""
        self.stop()
        await asyncio.sleep(SHOP_AWAY_SECONDS)
        await asyncio.wait_for(noticed.wait(), 60)
        await asyncio.to_thread(self.start)


async def _everybody_orders(installation: Installation, calamity: Callable[[asyncio.Event], Awaitable[None]]) -> bool:
    """Lets all customers order at once, with a calamity when a third has got through. Whether "not yet" was said."""
    done = 0
    struck, noticed = asyncio.Event(), asyncio.Event()

    async def order(number: int) -> None:
        nonlocal done
        caller = Caller(session, installation.url, f"customer-{number}")
        await _insist(caller, "ich möchte die aeropix mini in rot bestellen", "Wohin", noticed)
        await _insist(caller, "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "bezahlen", noticed)
        done += 1
        if done >= CUSTOMERS // 3:
            struck.set()
        await _insist(caller, "paypal", "Soll ich das so bestellen", noticed)
        await _insist(caller, "ja", "NC-", noticed)

    async def strike() -> None:
        await struck.wait()
        await calamity(noticed)

    async with calling() as session:
        await asyncio.gather(strike(), *(order(number) for number in range(CUSTOMERS)))
    return noticed.is_set()


async def _insist(caller: Caller, text: str, expected: str, noticed: asyncio.Event) -> None:
    """Says it again while the shop is away, which must be admitted."""
    deadline = time.monotonic() + SHOP_AWAY_SECONDS + 120
    while expected not in (answer := await caller.says(text)):
        assert "antwortet gerade nicht" in answer, answer
        assert time.monotonic() < deadline
        noticed.set()
        await asyncio.sleep(0.3)


async def _kill(installation: Installation, part: str) -> None:
    installation.part(part).send_signal(signal.SIGKILL)


def _stock_up(database: Path) -> None:
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute("UPDATE variants SET stock = 10000")


def _assert_one_order_each(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        found = connection.execute("SELECT customer_id, count(*) FROM orders GROUP BY customer_id").fetchall()
        sold = connection.execute("SELECT 10000 - stock FROM variants WHERE id = 'aeropix-mini-red'").fetchone()[0]
    assert len(found) == CUSTOMERS
    assert {count for _, count in found} == {1}
    assert sold == CUSTOMERS

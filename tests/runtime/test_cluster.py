"""The same code on a Redis Cluster: every script stays in one slot, and a stream is read per shard."""

import contextlib
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis as sync_redis

from bot import embedded
from bot.clock import SystemClock
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Commit, Lane, Ready
from bot.redis_client import connect
from bot.redis_keys import Keys
from tests.runtime.test_turn import Echo, Vendor, _deliveries, _says, _turns, until, working

# redis-py's cluster client leaves connections of its own discovery to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ALL_SLOTS = 16_384


@pytest.fixture(scope="module")
def cluster_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of one node: it refuses whatever touches two slots, as a large one does."""
    port = _free_port()
    directory: Path = tmp_path_factory.mktemp("cluster")
    command = [embedded.redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"]
    command += ["--dir", str(directory), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _form_cluster(port)
        yield f"redis+cluster://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


async def test_customers_are_answered_and_every_part_of_a_commit_stays_in_one_slot(cluster_url: str) -> None:
    redis, vendor = connect(cluster_url), Vendor()
    inbox = Inbox(Lane(redis, Keys(4), "in", SystemClock(), 2), seen_seconds=60, max_waiting=100)
    async with working(redis, {"w": ("in", _turns(redis, Echo())), "s": ("out", _deliveries(redis, vendor))}):
        for number in range(3):
            for customer in range(8):
                await inbox.accept(_says(f"c{customer}", number, f"c{customer}:{number}"))
        await until(lambda: len(vendor.got) == 24)
    for customer in range(8):
        own = [text for text in vendor.got if text.startswith(f"you said c{customer}:")]
        assert own == [f"you said c{customer}:{number}" for number in range(3)]
    await _commit_with_all_its_parts(Lane(redis, Keys(16), "in", SystemClock(), 2))
    await redis.aclose()


async def _commit_with_all_its_parts(lane: Lane) -> None:
    for number in range(20):
        name = f"whole-{number}"
        await lane.accept(name, b"hello", seen=lane.keys.seen(name, "1"), seen_seconds=60)
        claim = await lane.claim(Ready(lane.keys.shard_of(name), "0-1", name), "a:1")
        assert claim is not None
        full = Commit(
            [b"e"],
            [b"w"],
            {name: [b"d"], f"{name}>mail-x": [b"m"]},
            linked=["l"],
            unlinked=["u"],
            queued=[b"q"],
            answer=b"[]",
            answer_id="1",
            answer_to="gateway",
            failure="Oops",
        )
        following = await lane.commit(claim, full)
        assert following is not None
        assert following.item == b"q"
        assert await lane.move(following, "elsewhere") is None


def _form_cluster(port: int) -> None:
    deadline = time.monotonic() + 20
    with sync_redis.Redis(port=port) as client:
        while time.monotonic() < deadline:
            with contextlib.suppress(sync_redis.ConnectionError, sync_redis.ResponseError):
                if b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"):
                    return
                client.execute_command("CLUSTER", "ADDSLOTS", *range(ALL_SLOTS))
            time.sleep(0.1)
    raise TimeoutError("the cluster did not form")


def _free_port() -> int:
    """Free with the port that a node adds for its peers, 10,000 higher."""
    for port in random.sample(range(20_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as own, socket.socket() as for_peers:
            own.bind(("127.0.0.1", port))
            for_peers.bind(("127.0.0.1", port + 10_000))
            return port
    raise OSError("no free port")

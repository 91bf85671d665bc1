"""How many turns a worker answers when messages never stop: CPU of its process for each, in a mix as a shop has it."""

import asyncio
import multiprocessing
import sys
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

import psutil
import uvloop

from benchmarks.figures import tell
from benchmarks.loading import load
from benchmarks.visits import Visit, mix
from bot.clock import SystemClock
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.redis_client import Client, connect
from bot.redis_keys import Keys
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.dialogue.assistant import Assistant

WARM_UP_VISITS = 40
VISITS = 150
DRAINED_WITHIN_SECONDS = 120

PROFILE = "--profile"
"""`python -m benchmarks.worker --profile FILE`: where the time goes, for pstats; the figures are then of no use."""


def started(settings: Settings, assistant: "Assistant") -> BaseProcess:
    """A worker in a process of its own, forked as the supervisor does it."""
    process = multiprocessing.get_context("fork").Process(target=_work, args=(settings, assistant))
    process.start()
    return process


def _work(settings: Settings, assistant: "Assistant") -> None:
    from bot.app import work

    run: Callable[[], None] = lambda: uvloop.run(work(settings, assistant, 0))  # noqa: E731 - the profiler wants a function
    if PROFILE in sys.argv:
        import cProfile

        cProfile.runctx("run()", {"run": run}, {}, sys.argv[sys.argv.index(PROFILE) + 1])
    else:
        run()


async def fill(settings: Settings, visits: Sequence[Visit], label: str) -> None:
    """Puts every message of every visit into the inbox."""
    redis = connect(str(settings.redis_url))
    inbox = Inbox(Lane(redis, Keys(settings.shards), "in", SystemClock(), 60), settings.seen_seconds, max_waiting=0)
    for number, visit in enumerate(visits):
        for place, said in enumerate(visit):
            await inbox.accept(said.by(f"{label}-{number}", f"{label}-{number}-{place}", reply_to="benchmark"))
    await redis.aclose()


async def drained(settings: Settings) -> None:
    """Returns when the inbox is empty. Raises ValueError when a message was given up."""
    redis = connect(str(settings.redis_url))
    async with asyncio.timeout(DRAINED_WITHIN_SECONDS):
        while await _names(redis, "in:queue:*"):  # noqa: ASYNC110 - another process empties it
            await asyncio.sleep(0.05)
    if await _names(redis, "in:parked"):
        raise ValueError("turns failed; run with LOG_LEVEL=INFO to see why")
    await redis.aclose()


async def _names(redis: Client, kind: str) -> list[bytes]:
    return [key async for key in redis.scan_iter(match=f"nc:*:{kind}", count=1000)]


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def measure(settings: Settings, process: psutil.Process) -> None:
    visits = mix(VISITS, seed=2)
    turns = sum(map(len, visits))
    before = cpu_seconds(process)
    asyncio.run(fill(settings, visits, "measured"))
    asyncio.run(drained(settings))
    spent = cpu_seconds(process) - before
    tell("worker_cpu_per_turn", spent * 1000 / turns, "ms", turns=turns)
    tell(
        "turns_per_second_and_core", turns / spent, "1/s", turns=turns, of="worker process; Redis and shop not counted"
    )


def main() -> None:
    settings = Settings()
    worker = started(settings, load(settings))
    try:
        asyncio.run(fill(settings, mix(WARM_UP_VISITS, seed=1), "warm-up"))
        asyncio.run(drained(settings))
        measure(settings, psutil.Process(worker.pid))
    finally:
        worker.terminate()
        worker.join(20)


if __name__ == "__main__":
    main()

"""The same visits with Rasa as it comes: its default pipeline and policies, RedisTrackerStore, RedisLockStore.

In its favour: custom actions run in its own process, without the HTTP hop to an action server. Its NLU works on every
message, but what ours understood is put in place of its result, so that both walk the same dialogue.
"""

import asyncio
import hashlib
import os
import statistics
import subprocess
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from redis import Redis

import actions.base
from benchmarks.figures import Turns, tell
from benchmarks.ground import REDIS_PORT
from benchmarks.histories import CYCLE, HANDED_OVER, HandedOver, check_same, dialogue, repeated
from bot import logs
from bot.settings import Settings

if TYPE_CHECKING:
    from rasa.core.agent import Agent

CONFIG = Path(__file__).with_name("stock.yml")
KEPT_MODELS = Path(".nochannel/bench")
EPOCHS = 1
"""As in stock.yml."""

LONG, LONGEST = 1_000, 10_000
VISITS = {1: 6, CYCLE: 3, LONG: 1}
TURNS_AT_LONG = 5
"""One turn there takes seconds; at LONGEST it would be a quarter of a minute each, so that is extrapolated."""

WHO = "stock rasa 3.6.21"


class Stock:
    """Rasa's agent, and the given histories in its own store."""

    def __init__(self, agent: "Agent", redis: Redis, given: HandedOver) -> None:
        self._agent = agent
        self._redis = redis
        self._given = given

    async def visit(self, length: int, number: int, cost: Turns) -> None:
        """Raises ValueError when the bot said something else than ours, or when Rasa hid an error of its store."""
        account = f"stock-{length}-{number}"
        history = dialogue(account, self._history(length))
        known = len(orjson.loads(history)["events"])
        turns = TURNS_AT_LONG if length >= LONG else len(self._given.texts)
        self._redis.set(f"tracker:{account}", history)
        for turn in range(turns):
            await self._turn(account, turn, cost)
        events = orjson.loads(self._redis.getdel(f"tracker:{account}") or b"")["events"]
        said = [event["text"] for event in events[known:] if event["event"] == "bot"]
        check_same([self._given.said[: len(said)], said])

    def _history(self, length: int) -> list[bytes]:
        if length == 1:
            return [event.encode() for event in self._given.first]
        return repeated([event.encode() for event in self._given.cycle], length)

    async def _turn(self, account: str, turn: int, cost: Turns) -> None:
        from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

        text, understood = self._given.texts[turn], self._given.understood[turn]
        told: dict[str, Any] = {"parse_data": understood, "metadata": {"message_id": f"{account}-{turn}"}}
        with cost.one():
            await self._agent.parse_message(text)
            message = UserMessage(understood["text"], CollectingOutputChannel(), account, input_channel="rest", **told)
            await self._agent.handle_message(message)


async def measure(stock: Stock) -> None:
    await stock.visit(1, -1, Turns())  # the first turns of a process are slow
    costs = {length: Turns() for length in VISITS}
    for length, visits in VISITS.items():
        for number in range(visits):
            await stock.visit(length, number, costs[length])
        costs[length].tell(who=WHO, length=length, epochs=EPOCHS)
    at_cycle, at_long = (statistics.mean(costs[length].cpu) for length in (CYCLE, LONG))
    grown = at_long + (at_long - at_cycle) / (LONG - CYCLE) * (LONGEST - LONG)
    how = f"extrapolated, straight on from {CYCLE} and {LONG}: a turn would take too long to measure"
    await actions.base.shop().close()
    tell("turn_cpu_mean", grown, "ms", who=WHO, length=LONGEST, epochs=EPOCHS, measured=False, how=how)


def trained() -> Path:
    """The stock model of the present data, trained once. Raises CalledProcessError when Rasa refuses the data."""
    name = f"stock-{_fingerprint()}"
    model = KEPT_MODELS / f"{name}.tar.gz"
    if not model.exists():
        sys.stderr.write("training stock Rasa on the same data; some minutes, once\n")
        inputs = ["--config", str(CONFIG), "--domain", "domain.yml", "--data", "data"]
        outputs = ["--fixed-model-name", name, "--out", str(KEPT_MODELS)]
        subprocess.run(
            [sys.executable, "-m", "rasa", "train", *inputs, *outputs], check=True, stdout=subprocess.DEVNULL
        )
    return model


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for file in (CONFIG, Path("domain.yml"), *sorted(Path("data").rglob("*.yml"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def load(model: Path, port: int) -> "Agent":
    from rasa.core.agent import Agent
    from rasa.core.lock_store import RedisLockStore
    from rasa.core.tracker_store import RedisTrackerStore

    from bot.dialogue.action_endpoint import InProcessActions

    return Agent.load(
        model,
        tracker_store=RedisTrackerStore(None, host="127.0.0.1", port=port),
        lock_store=RedisLockStore(host="127.0.0.1", port=port),
        action_endpoint=InProcessActions("actions"),
    )


def main() -> None:
    warnings.simplefilter("ignore")  # Rasa's and TensorFlow's, about themselves
    settings = Settings()
    logs.configure(settings.log_level, settings.log_format)
    port = int(os.environ[REDIS_PORT])
    redis = Redis(host="127.0.0.1", port=port)
    given = HandedOver.found(redis.get(HANDED_OVER))
    asyncio.run(measure(Stock(load(trained(), port), redis, given)))


if __name__ == "__main__":
    main()

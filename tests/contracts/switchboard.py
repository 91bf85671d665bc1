"""The ground that every contract stands on: a gateway with one channel, workers that say what they are told, and time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.channels.base import Channel
from bot.channels.registry import CHANNELS, Parts
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries
from bot.conversation.turn import Turns
from bot.gateway import server
from bot.gateway.door import GatewayDoor
from bot.messages import Answer, Delivery, Incoming, Reply, State
from bot.redis_client import Client
from bot.redis_keys import Keys
from bot.settings import Settings

QUIET_WITHIN_SECONDS = 10
MAX_SEND_ATTEMPTS = 3
UNLIMITED = {"messages_per_minute": 100_000, "max_waiting": 0}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)


def settings(**changes: Any) -> Settings:
    """A development installation, whatever the environment says."""
    given: dict[str, Any] = {"shards": 4, "messages_per_minute": 20, "max_waiting": 5, "answer_seconds": 5.0}
    secret = SecretStr("a-secret-of-the-contracts")
    return Settings(_env_file=None, web_secret=secret, public_url="http://localhost:8080", **given | changes)


class GivenClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = 1_772_443_800.0

    def now(self) -> float:
        return self.moment

    def passes(self, seconds: float) -> None:
        self.moment += seconds


class Script:
    """A dialogue that answers every message with the same replies, and remembers what it heard."""

    def __init__(self) -> None:
        self.replies: Sequence[Reply] = (Reply(text="Gern."),)
        self.heard: list[Incoming] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    def known_version(self, name: str) -> str:
        return ""

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        await self.may_answer.wait()
        self.heard.append(incoming)
        return Answer(tuple(self.replies), ())

    def keep(self, name: str, version: str) -> None:
        return

    def forget(self, name: str) -> None:
        return

    def apology(self, incoming: Incoming) -> Reply:
        return Reply(text="Das hat nicht geklappt.")


class Shopless:
    """The rest of a gateway, of which channels need nothing."""

    async def problems(self) -> list[str]:
        return []

    async def gauges(self) -> dict[str, int]:
        return {}

    async def parse(self, text: str) -> dict[str, Any]:
        return {}

    async def tracker(self, conversation: str) -> dict[str, Any]:
        return {}


class Switchboard:
    """One gateway with one channel, over a real Redis."""

    def __init__(self, redis: Client, channel: str, settings: Settings) -> None:
        self.redis = redis
        self.settings = settings
        self.clock = GivenClock()
        self.dialogue = Script()
        self.keys = Keys(settings.shards)
        self.no_picture: Exception | None = None
        self.picture: bytes | str = PNG
        self._in, self.out = (Lane(redis, self.keys, name, self.clock, settings.lock_seconds) for name in ("in", "out"))
        self._inbox = Inbox(self._in, settings.seen_seconds, settings.max_waiting)
        self.door = GatewayDoor(
            redis, self.keys, self._inbox, self.clock, settings.messages_per_minute, settings.answer_seconds,
            settings.messages_per_minute_of_address,
        )  # fmt: skip
        self.channel = _built(channel, Parts(settings, redis, self.keys, self.door.ask, self._inbox, self._picture))
        rest = Shopless()
        app = server.build(self.door, [self.channel], rest, rest, settings.rest_token, settings.max_body_bytes)
        self.http = TestClient(TestServer(app))
        self._listening: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self.http.start_server()
        await self.channel.start(self.door)
        self._listening = asyncio.create_task(self.door.listen())

    async def close(self) -> None:
        await self.channel.stop()
        await self.http.close()
        await self.stop_listening()

    async def stop_listening(self) -> None:
        """From now on the gateway hears of no answer."""
        while self._listening and not self._listening.done():  # redis-py swallows a cancellation while it connects
            self._listening.cancel()
            await asyncio.wait([self._listening], timeout=0.1)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """A worker answers and an outbox delivers, as long as this lasts."""
        codes = Codes(self.redis, self.keys, self.settings.code_seconds)
        turns = Turns(self._in, self._inbox, codes, self.dialogue, self.settings.max_turn_attempts)
        deliveries = Deliveries(self.out, {self.channel.name: self.channel}, MAX_SEND_ATTEMPTS)
        consumers = [Consumer(self._in, turns, "worker"), Consumer(self.out, deliveries, "sender")]
        tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
        try:
            yield
        finally:
            self.dialogue.may_answer.set()
            for consumer in consumers:
                consumer.stop()
            await asyncio.gather(*tasks)

    async def deliver(self, account: str, *replies: Reply) -> None:
        """Puts replies into the outbox, as a turn's commit does."""
        for number, reply in enumerate(replies):
            delivery = Delivery(self.channel.name, account, f"given/{number}", reply)
            await self.out.accept(self.conversation(account), delivery.encode())

    def conversation(self, account: str) -> str:
        return conversation_of(self.channel.name, account)

    async def waiting(self, account: str) -> list[Incoming]:
        """Messages that were kept and not answered yet."""
        found = await self.redis.lrange(self.keys.queue("in", self.conversation(account)), 0, -1)
        return [Incoming.decode(raw) for raw in found]

    async def quiet(self, account: str) -> None:
        """Returns when nothing of the conversation waits or is worked on any more."""
        name = self.conversation(account)
        keys = [key for lane in ("in", "out") for key in (self.keys.queue(lane, name), self.keys.lock(lane, name))]
        async with asyncio.timeout(QUIET_WITHIN_SECONDS):
            while await self.redis.exists(*keys):
                await asyncio.sleep(0.002)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(QUIET_WITHIN_SECONDS):
            while not condition():
                await asyncio.sleep(0.002)

    async def postponed(self, account: str) -> float:
        """Returns when the conversation's next delivery is put off: for how many seconds from now."""
        name = self.conversation(account)
        later = self.keys.later("out", self.keys.shard_of(name))
        async with asyncio.timeout(QUIET_WITHIN_SECONDS):
            while (due := await self.redis.zscore(later, name) or 0.0) <= self.clock.now():
                await asyncio.sleep(0.002)
        return float(due) - self.clock.now()

    async def traces(self) -> list[str]:
        """Keys that a customer's message leaves."""
        return [key.decode() for key in await self.redis.keys("nc:*") if not key.endswith(b":ready")]

    async def parked(self) -> list[str]:
        """Errors of the deliveries that were given up, oldest first."""
        shards = [await self.out.parked(shard) for shard in range(self.keys.shards)]
        return [entry["error"] for shard in shards for entry in reversed(shard)]

    async def _picture(self, url: str) -> bytes | str:
        if self.no_picture:
            raise self.no_picture
        return self.picture


@contextlib.asynccontextmanager
async def cut_off(redis: Client) -> AsyncIterator[None]:
    """The client's connections break, and new ones find nobody."""
    pool = redis.connection_pool
    path = pool.connection_kwargs["path"]
    await _reconnected(pool, "/nowhere/redis.sock")
    yield
    await _reconnected(pool, path)


async def _reconnected(pool: Any, path: str) -> None:
    pool.connection_kwargs["path"] = path
    await pool.disconnect()
    pool.reset()


def _built(name: str, parts: Parts) -> Channel:
    channel = CHANNELS[name](parts)
    assert channel is not None, "the settings leave the channel off"
    return channel

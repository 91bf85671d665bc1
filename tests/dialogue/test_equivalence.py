"""A conversation whose window is compacted again and again goes on exactly as one that remembers everything."""

import os
import re
import shutil
from collections.abc import AsyncIterator, Iterable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Protocol, cast

import pytest
from pydantic import SecretStr
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

import actions.backend.http_shop
import actions.base
import actions.settings
from actions.backend.http_shop import HttpShop
from bot.clock import SystemClock
from bot.conversation.lane import Commit, Lane, Ready
from bot.dialogue.assistant import Assistant
from bot.dialogue.events import decode, encode
from bot.dialogue.output import ReplyCollector
from bot.dialogue.tracker import WindowTracker
from bot.dialogue.tracker_store import FlatTrackerStore
from bot.dialogue.window import Bounds, Compactor
from bot.messages import Incoming, Reply, State
from bot.redis_client import Client
from bot.redis_keys import Keys
from bot.settings import Settings
from tests.dialogue.script import conversation
from tests.house import TOKEN, ShopDoor

NAME = "rest-kim"
TURNS = 300
TURNS_WITH_PLAIN_RASA = 60
CACHE_LOST_EVERY = 7
LONGEST_WINDOW = 200
SPOKEN_TO: ContextVar[int] = ContextVar("shop_spoken_to")


class Side(Protocol):
    """One of two assistants that hear the same words."""

    async def hears(self, incoming: Incoming) -> tuple[Reply, ...]: ...

    async def tracker(self) -> DialogueStateTracker:
        """The conversation as the next turn will find it."""
        ...

    async def log(self) -> Sequence[Event]: ...


class Windowed:
    """Ours: through claim and commit in Redis, now and then with nothing in memory."""

    def __init__(self, redis: Client, settings: Settings, assistant: Assistant) -> None:
        self._redis = redis
        self._keys = Keys(settings.shards)
        self._lane = Lane(redis, self._keys, "in", SystemClock(), 30)
        self._assistant = assistant
        self._store = FlatTrackerStore(assistant.domain, redis=redis, shards=settings.shards)
        self.compactions = 0
        self.longest = 0

    def loses_its_memory(self) -> None:
        self._assistant.forget_all()

    async def hears(self, incoming: Incoming) -> tuple[Reply, ...]:
        await self._lane.accept(NAME, incoming.encode())
        claim = await self._lane.claim(await self._ready(), "a-token", self._assistant.known_version(NAME))
        assert claim is not None
        answer = await self._assistant.answer(NAME, incoming, State(claim.version, claim.window))
        assert await self._lane.commit(claim, Commit(answer.events, answer.window)) is None
        self._assistant.keep(NAME, str(int(claim.version) + 1))
        self.compactions += answer.window is not None
        self.longest = max(self.longest, await self._redis.llen(self._keys.window(NAME)))
        return answer.replies

    async def tracker(self) -> DialogueStateTracker:
        """Read from Redis; what is kept in memory must be the same."""
        found = await self._store.retrieve(NAME)
        assert found is not None
        assert list(map(encode, found.events)) == list(map(encode, self._assistant._kept[NAME].tracker.events))
        return found

    async def log(self) -> Sequence[Event]:
        return [decode(raw) for raw in await self._redis.lrange(self._keys.log(NAME), 0, -1)]

    async def _ready(self) -> Ready:
        shard = self._keys.shard_of(NAME)
        entries = await self._redis.xrange(self._keys.ready("in", shard))
        return Ready(shard, entries[-1][0].decode(), NAME)


class Unwindowed:
    """The same code without compaction: every turn sees the whole conversation."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = Assistant(assistant._agent)
        self._assistant._compactor = Compactor(assistant.domain, Bounds(0, 0, is_exact=False))
        self._version = 0

    async def hears(self, incoming: Incoming) -> tuple[Reply, ...]:
        answer = await self._assistant.answer(NAME, incoming, State(str(self._version), None))
        assert answer.window is None
        self._version += 1
        self._assistant.keep(NAME, str(self._version))
        return answer.replies

    async def tracker(self) -> DialogueStateTracker:
        return self._assistant._kept[NAME].tracker

    async def log(self) -> Sequence[Event]:
        return list(self._assistant._kept[NAME].tracker.events)


class PlainRasa:
    """Rasa's own tracker, restored from all events before every turn, as Rasa's own stores do it."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._events: list[bytes] = []

    async def hears(self, incoming: Incoming) -> tuple[Reply, ...]:
        collector = ReplyCollector(incoming.channel)
        plain = cast(WindowTracker, await self.tracker())  # which needs no more of it than Rasa's own can do
        wishes = await self._assistant._wishes(plain, incoming)
        after = await self._assistant._run(plain, incoming, wishes, collector)
        self._events = [encode(event) for event in after.events]
        return collector.replies(after.get_slot("language"))

    async def tracker(self) -> DialogueStateTracker:
        tracker = DialogueStateTracker(NAME, self._assistant.domain.slots)
        tracker.events.extend(await self.log())
        tracker.replay_events()
        return tracker

    async def log(self) -> Sequence[Event]:
        return [decode(raw) for raw in self._events]


class Shops:
    """Two equal shops, so that what one side orders does not change what the other is told."""

    def __init__(self, doors: Sequence[ShopDoor], token: SecretStr) -> None:
        self.doors = doors
        self._shops = [HttpShop(f"unix://{door.database}.sock", token) for door in doors]

    def present(self) -> HttpShop:
        return self._shops[SPOKEN_TO.get()]

    def enter(self, number: int) -> None:
        """Speaks to that shop from now on, and finds its stock as it is now."""
        SPOKEN_TO.set(number)
        self.present()._catalog = None

    async def close(self) -> None:
        for shop, door in zip(self._shops, self.doors, strict=True):
            await shop.close()
            await door.shut()


@pytest.fixture
async def shops(stocked_database: Path, directory: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shops]:
    databases = [directory / f"twin-{os.getpid()}-{number}.db" for number in range(2)]
    doors = [
        ShopDoor(Path(shutil.copy(stocked_database, database)), Path(f"{database}.sock")) for database in databases
    ]
    monkeypatch.setenv("SHOP_URL", "unix:///unused")
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    actions.settings.settings.cache_clear()
    shops = Shops(doors, SecretStr(TOKEN))
    monkeypatch.setattr(actions.base, "shop", shops.present)
    monkeypatch.setattr(actions.backend.http_shop, "CATALOG_SECONDS", 3600.0)
    for door in doors:
        await door.reopen()
    yield shops
    await shops.close()


async def converse(ours: Windowed, reference: Side, shops: Shops, seed: int, turns: int) -> None:
    """Says the same to both sides and compares them after every turn."""
    for number, (text, payload) in enumerate(conversation(seed, turns)):
        if number % CACHE_LOST_EVERY == 0:
            ours.loses_its_memory()
        incoming = Incoming("rest", "kim", f"message-{number}", text, payload=payload)
        heard = []
        for shop, side in enumerate((ours, reference)):
            shops.enter(shop)
            heard.append((linkless(await side.hears(incoming)), state_of(await side.tracker())))
        assert heard[0] == heard[1], f"turn {number} of seed {seed}: {text!r}"


def linkless(said: object) -> str:
    """In words, with every link alike: two shops sign theirs differently."""
    return re.sub(r"http://localhost:8080/[\w/-]+", "<link>", repr(said))


def state_of(tracker: DialogueStateTracker) -> dict[str, Any]:
    """All that the next turn depends on."""
    loop, message = tracker.active_loop, tracker.latest_message
    return {
        "slots": tracker.current_slot_values(),
        "loop": loop and (loop.name, loop.is_interrupted, loop.rejected, (loop.trigger_message or {}).get("text")),
        "latest action": tracker.latest_action,
        "latest message": message and (message.text, message.intent_name, message.entities),
        "paused": tracker.is_paused(),
        "followup": tracker.followup_action,
    }


def as_told(events: Iterable[Event]) -> list[str]:
    """What happened, whenever it happened."""
    stored = (decode(encode(event)).as_dict() for event in events)
    return [linkless({key: value for key, value in event.items() if key != "timestamp"}) for event in stored]


@pytest.mark.timeout(180)  # a quarter of a minute on a machine that does nothing else
async def test_a_long_conversation_goes_on_as_if_nothing_had_been_compacted(
    redis: Client, settings: Settings, assistant: Assistant, shops: Shops
) -> None:
    ours, reference = Windowed(redis, settings, assistant), Unwindowed(assistant)
    await converse(ours, reference, shops, seed=20, turns=TURNS)
    log = await ours.log()
    assert as_told(log) == as_told(await reference.log())
    assert ours.compactions >= TURNS // 20
    assert ours.longest < LONGEST_WINDOW < len(log) / 10
    orders = [door.orders(NAME) for door in shops.doors]
    assert orders[0] == orders[1] != []


async def test_our_tracker_answers_as_rasas_own(
    redis: Client, settings: Settings, assistant: Assistant, shops: Shops
) -> None:
    ours, reference = Windowed(redis, settings, assistant), PlainRasa(assistant)
    await converse(ours, reference, shops, seed=4, turns=TURNS_WITH_PLAIN_RASA)
    assert as_told(await ours.log()) == as_told(await reference.log())
    assert ours.compactions > 0

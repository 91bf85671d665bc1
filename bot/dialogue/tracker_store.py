"""Rasa's tracker store over our log and window, for Rasa's own commands (`rasa shell`, `rasa run`, `rasa export`).

The runtime's turns use `TurnTrackers` instead: they read with the claim and write with the commit.
"""

from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.events import decode, encode
from bot.dialogue.tracker import WindowTracker
from bot.dialogue.window import COMPACT_AT, Compactor
from bot.event_log import STORE_EVENTS
from bot.redis_client import Client, connect
from bot.redis_keys import Keys

STORE = (
    STORE_EVENTS
    + """
local log, window = KEYS[1], KEYS[2]
local old_version, new_version, new, kept = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if (redis.call('LINDEX', window, 0) or '0') ~= old_version then return 0 end
if new > 0 then store_events(log, window, new_version, 5, new, kept) end
return 1
"""
)
"""Appends events outside a turn (Rasa's own commands); refuses when somebody else wrote meanwhile."""

PRESENT: ContextVar[WindowTracker] = ContextVar("present_tracker")
"""The tracker of the turn that runs in this task."""


@dataclass(frozen=True)
class Stored:
    """How much of a tracker is in Redis: the window's version, and how many of the tracker's events it covers."""

    version: str
    events: int


class TurnTrackers(TrackerStore):
    """Hands the present turn's tracker to Rasa, and leaves the writing to the turn's commit."""

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return PRESENT.get()

    async def save(self, tracker: DialogueStateTracker) -> None:
        PRESENT.set(tracker)

    async def keys(self) -> Iterable[str]:
        return ()


class FlatTrackerStore(TrackerStore):
    """Costs the same at message 1 and at message 10,000.

    endpoints.yml: `tracker_store: {type: bot.dialogue.tracker_store.FlatTrackerStore, url: redis://…, shards: 16}`.
    """

    def __init__(
        self,
        domain: Domain | None,
        event_broker: EventBroker | None = None,
        host: str = "redis://localhost:6379/0",  # Rasa hands over endpoints.yml's `url` by this name
        shards: int = 16,
        redis: Client | None = None,
        **_: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._redis = redis or connect(host)
        self._keys = Keys(shards)
        self._store = self._redis.register_script(STORE)
        self.compactor: Compactor | None = None

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker over the window; None for a conversation that has not begun."""
        found: list[bytes] = await self._redis.lrange(self._keys.window(sender_id), 0, -1)
        if not found:
            return None
        tracker = WindowTracker.restored(sender_id, [decode(raw) for raw in found[1:]], self.domain.slots)
        tracker.stored = Stored(found[0].decode(), len(tracker.events))
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The whole conversation, from its first event."""
        found: list[bytes] = await self._redis.lrange(self._keys.log(conversation_id), 0, -1)
        if not found:
            return None
        return WindowTracker.restored(conversation_id, [decode(raw) for raw in found], self.domain.slots)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends what is new. Raises ConcurrentWrite when somebody else wrote since the tracker was read."""
        stored = getattr(tracker, "stored", Stored("0", 0))
        new = list(tracker.events)[stored.events :]
        if not new:
            return
        window = self._compacted(tracker)
        version = str(int(stored.version) + 1)
        args = [stored.version, version, len(new), -1 if window is None else len(window), *map(encode, new)]
        args += [encode(event) for event in window or ()]
        written = await self._store(
            keys=[self._keys.log(tracker.sender_id), self._keys.window(tracker.sender_id)], args=args
        )
        if not written:
            raise ConcurrentWrite(tracker.sender_id)
        tracker.stored = Stored(version, len(tracker.events))
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    async def keys(self) -> Iterable[str]:
        """Names of all conversations, found by SCAN."""
        pattern = "nc:{*}:log:*"
        return [key.decode().split(":log:", 1)[1] async for key in self._redis.scan_iter(match=pattern, count=1000)]

    def _compacted(self, tracker: DialogueStateTracker) -> list[Event] | None:
        if self.compactor is None or len(tracker.events) < COMPACT_AT:
            return None
        return self.compactor.compact(tracker.sender_id, list(tracker.events))


class ConcurrentWrite(Exception):
    """The conversation changed since it was read; read it again."""

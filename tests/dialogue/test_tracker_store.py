"""Rasa's own commands keep conversations in our log and window, and never write over somebody else's turn."""

from collections.abc import Sequence
from typing import Any

import pytest
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue.assistant import Assistant
from bot.dialogue.events import encode
from bot.dialogue.tracker_store import ConcurrentWrite, FlatTrackerStore
from bot.dialogue.window import COMPACT_AT, Bounds, Compactor
from bot.redis_client import Client
from bot.redis_keys import Keys
from tests.dialogue.dialogues import answer, dated, opening, question, session_start

NAME = "rest-kim"
SHARDS = 4


class Listener:
    """An event broker that keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def publish(self, event: dict[str, Any]) -> None:
        self.heard.append(event)


@pytest.fixture
async def store(redis: Client, assistant: Assistant) -> FlatTrackerStore:
    return FlatTrackerStore(assistant.domain, redis=redis, shards=SHARDS)


@pytest.fixture
async def compacting(store: FlatTrackerStore, assistant: Assistant) -> FlatTrackerStore:
    store.compactor = Compactor(assistant.domain, Bounds(rule_states=3, story_states=0))
    return store


async def happens(store: TrackerStore, *turns: list[Event]) -> DialogueStateTracker:
    """These turns, read and saved as Rasa does it."""
    tracker = await store.get_or_create_tracker(NAME, append_action_listen=False)
    for event in dated(turns):
        tracker.update(event)
    await store.save(tracker)
    return tracker


def told(events: Sequence[Event]) -> list[bytes]:
    return [encode(event) for event in events]


async def test_what_was_saved_is_found_again(store: FlatTrackerStore) -> None:
    saved = await happens(store, session_start(), question(), opening())
    found = await store.retrieve(NAME)
    assert found is not None
    assert told(found.events) == told(saved.events)
    assert found.current_slot_values() == saved.current_slot_values()
    assert found.active_loop == saved.active_loop


async def test_who_never_wrote_is_unknown(store: FlatTrackerStore) -> None:
    assert await store.retrieve("rest-nobody") is None
    assert await store.retrieve_full_tracker("rest-nobody") is None
    assert not await store.exists("rest-nobody")


async def test_a_new_conversation_that_says_nothing_leaves_nothing(store: FlatTrackerStore, redis: Client) -> None:
    await store.get_or_create_tracker(NAME, append_action_listen=False)
    assert await redis.keys("*") == []


async def test_only_what_is_new_is_appended(store: FlatTrackerStore, redis: Client) -> None:
    await happens(store, session_start(), question())
    length = await redis.llen(Keys(SHARDS).log(NAME))
    tracker = await happens(store, question())
    await store.save(tracker)  # nothing new: nothing is written
    assert await redis.llen(Keys(SHARDS).log(NAME)) == length + len(question())
    assert await redis.lindex(Keys(SHARDS).window(NAME), 0) == b"2"


async def test_the_whole_conversation_is_kept_when_the_window_is_short(compacting: FlatTrackerStore) -> None:
    turns = [session_start(), *(question() for _ in range(40)), opening(), answer()]
    for turn in turns:
        await happens(compacting, turn)
    window, whole = await compacting.retrieve(NAME), await compacting.retrieve_full_tracker(NAME)
    assert window is not None
    assert whole is not None
    assert [event.type_name for event in whole.events] == [event.type_name for turn in turns for event in turn]
    assert len(window.events) < COMPACT_AT * 1.5 < len(whole.events)
    assert window.current_slot_values() == whole.current_slot_values()


async def test_a_turn_between_reading_and_writing_is_not_written_over(store: FlatTrackerStore, redis: Client) -> None:
    await happens(store, session_start())
    late = await store.retrieve(NAME)
    assert late is not None
    await happens(store, question())
    before = await redis.lrange(Keys(SHARDS).log(NAME), 0, -1)
    late.update(dated([question("help", "utter_help")])[-1])
    with pytest.raises(ConcurrentWrite, match=NAME):
        await store.save(late)
    assert await redis.lrange(Keys(SHARDS).log(NAME), 0, -1) == before


async def test_two_who_begin_the_same_conversation_are_told_apart(store: FlatTrackerStore) -> None:
    one, other = (DialogueStateTracker(NAME, store.domain.slots) for _ in range(2))
    for tracker in (one, other):
        tracker.update(dated([session_start()])[0])
    await store.save(one)
    with pytest.raises(ConcurrentWrite):
        await store.save(other)


async def test_all_conversations_can_be_listed(store: FlatTrackerStore) -> None:
    names = {f"telegram-{number}" for number in range(30)} | {"web-a:log:b"}
    for name in names:
        tracker = DialogueStateTracker(name, store.domain.slots)
        tracker.update(dated([session_start()])[0])
        await store.save(tracker)
    assert set(await store.keys()) == names


async def test_an_event_broker_hears_each_event_once(redis: Client, assistant: Assistant) -> None:
    listener = Listener()
    store = FlatTrackerStore(assistant.domain, listener, redis=redis, shards=SHARDS)
    await happens(store, session_start(), question())
    await happens(store, question("help", "utter_help"))
    turns = [session_start(), question(), question("help", "utter_help")]
    assert [event["event"] for event in listener.heard] == [event.type_name for turn in turns for event in turn]
    assert {event["sender_id"] for event in listener.heard} == {NAME}


async def test_rasa_builds_it_from_endpoints_yml(redis_server: str, assistant: Assistant) -> None:
    endpoint = EndpointConfig(type="bot.dialogue.tracker_store.FlatTrackerStore", url=redis_server, shards=SHARDS)
    store = TrackerStore.create(endpoint, assistant.domain)
    assert isinstance(store, FlatTrackerStore)
    assert await store.retrieve("rest-nobody") is None
    await store._redis.aclose()

"""The dialogue of the house: Rasa's agent in this process, answering one message of one conversation at a time."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import Policy
from rasa.shared.core.constants import USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue.action_endpoint import FAILED_ACTIONS, InProcessActions
from bot.dialogue.events import decode, encode
from bot.dialogue.language import LANGUAGE_SLOT, LANGUAGES
from bot.dialogue.output import ReplyCollector
from bot.dialogue.processor import TurnProcessor
from bot.dialogue.tracker import WindowTracker
from bot.dialogue.tracker_store import PRESENT, TurnTrackers
from bot.dialogue.two_wishes import parts_of
from bot.dialogue.window import COMPACT_AT, Bounds, Compactor
from bot.messages import MAX_TEXT_LENGTH, SAID_AT, Answer, Incoming, Reply, State

KEPT_TRACKERS = 2_000
KEPT_PARSES = 5_000
PARSED_ONCE_UP_TO = 60
"""Characters up to which a text's understanding is remembered: short ones repeat, long ones do not."""

RESERVED_INTENTS = frozenset({USER_INTENT_RESTART, USER_INTENT_BACK, USER_INTENT_SESSION_START})
"""Rasa's own intents, which every domain has: they would wipe or rewind the conversation."""

NEXT_WISH_SLOT = "next_wish"
"""The words of a second wish, kept until the first is done."""

NOWHERE: Mapping[str, Sequence[int]] = {}

VOICE = "voice"
"""The `channel` of responses in domain.yml that are worded for the ear."""

_COMMAND = re.compile(r"\A[\s/]+")
_PAYLOAD = re.compile(r"/(?P<intent>[a-z_]+)(?P<entities>\{.*\})?\Z", re.DOTALL)


@dataclass(frozen=True)
class _Kept:
    version: str
    tracker: WindowTracker
    compact_at: int


class Assistant:
    """Answers as the trained model says. Holds no state that Redis does not have: its trackers are a cache."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._domain: Domain = agent.domain
        policies = [part for part in agent.processor.graph_runner.components if isinstance(part, Policy)]
        self._payload_intents = frozenset(self._domain.intents) - RESERVED_INTENTS
        self._compactor = Compactor(self._domain, Bounds.of(policies))
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._pending: dict[str, tuple[WindowTracker, int]] = {}
        self._parses: OrderedDict[str, bytes] = OrderedDict()

    @classmethod
    def load(cls, model: Path, actions: EndpointConfig, form_of_address: str = "du") -> "Assistant":
        """Raises rasa.exceptions.ModelNotFound when there is no model at that path."""
        agent = Agent(tracker_store=TurnTrackers(None), lock_store=InMemoryLockStore(), action_endpoint=actions)
        trackers = TurnTrackers(None)
        nlg = TemplatedNaturalLanguageGenerator({})
        agent.processor = TurnProcessor(
            model_path=str(model), tracker_store=trackers, lock_store=agent.lock_store, generator=nlg, action_endpoint=actions,
            form_of_address=form_of_address,
        )  # fmt: skip
        agent.domain = trackers.domain = agent.processor.domain
        nlg.responses = agent.domain.responses
        agent.tracker_store = trackers  # not the wrapper that hides a store's errors
        return cls(agent)

    async def close(self) -> None:
        """Ends what the actions in this process opened."""
        if isinstance(self._agent.action_endpoint, InProcessActions):
            await self._agent.action_endpoint.close()

    @property
    def domain(self) -> Domain:
        return self._domain

    def known_version(self, name: str) -> str:
        kept = self._kept.get(name)
        return kept.version if kept else ""

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        tracker, compact_at = self._tracker(name, state)
        known = len(tracker.events)
        collector = ReplyCollector(wording_of(incoming))
        tracker = await self._run(tracker, incoming, collector)
        events = list(tracker.events)
        window = self._compactor.compact(name, events) if len(events) >= compact_at else None
        after = WindowTracker.restored(name, window, self._domain.slots) if window else tracker.reloaded()
        if len(events) >= compact_at:
            compact_at = max(COMPACT_AT, len(after.events) + COMPACT_AT // 2)
        self._pending[name] = (after, compact_at)
        return Answer(
            collector.replies(tracker.get_slot(LANGUAGE_SLOT) or LANGUAGES[0]),
            [encode(event) for event in events[known:]],
            window and [encode(event) for event in window],
        )

    def keep(self, name: str, version: str) -> None:
        tracker, compact_at = self._pending.pop(name)
        self._kept[name] = _Kept(version, tracker, compact_at)
        self._kept.move_to_end(name)
        if len(self._kept) > KEPT_TRACKERS:
            self._kept.popitem(last=False)

    def forget(self, name: str) -> None:
        self._pending.pop(name, None)
        self._kept.pop(name, None)

    def forget_all(self) -> None:
        """Every conversation is read from Redis again."""
        self._pending.clear()
        self._kept.clear()

    def apology(self, incoming: Incoming) -> Reply:
        """The domain's own `utter_failed`, in the language that the channel hints at."""
        language = incoming.language or LANGUAGES[0]
        response = self._agent.processor.nlg.generate_from_slots(
            "utter_failed", {LANGUAGE_SLOT: language}, wording_of(incoming)
        )
        return Reply(text=response["text"], language=language)

    async def parse(self, text: str) -> dict[str, Any]:
        """What the NLU makes of a text, in the shape of Rasa's `/model/parse`."""
        parsed: dict[str, Any] = await self._agent.parse_message(text)
        return parsed

    def _tracker(self, name: str, state: State) -> tuple[WindowTracker, int]:
        kept = self._kept.pop(name, None)  # a turn that fails leaves nothing behind
        if kept and kept.version == state.version:
            return kept.tracker, kept.compact_at
        events = [decode(raw) for raw in state.window or ()]
        tracker = WindowTracker.restored(name, events, self._domain.slots) if events else self._new_tracker(name)
        return tracker, max(COMPACT_AT, len(events))

    def _new_tracker(self, name: str) -> WindowTracker:
        return WindowTracker(name, self._domain.slots)

    async def _run(self, tracker: WindowTracker, incoming: Incoming, collector: ReplyCollector) -> WindowTracker:
        PRESENT.set(tracker)
        failed: list[Exception] = []
        FAILED_ACTIONS.set(failed)
        for text, parsed in await self._wishes(tracker, incoming):
            await self._hear(text, parsed, incoming, collector)
        waiting = PRESENT.get().get_slot(NEXT_WISH_SLOT)
        if waiting and not PRESENT.get().active_loop_name:
            PRESENT.get().update(SlotSet(NEXT_WISH_SLOT, None), self._domain)
            await self._hear(waiting, await self._parsed(waiting), incoming, collector)
        if failed:
            raise failed[0]
        return PRESENT.get()

    async def _wishes(self, tracker: WindowTracker, incoming: Incoming) -> list[tuple[str, dict[str, Any]]]:
        """What is to be answered now: one message, or the two wishes of it. A second that opens a form waits for the first."""
        text = plain(incoming.text)
        from_payload = self._from_payload(incoming.payload, text, incoming.metadata.get(SAID_AT) or {})
        if from_payload:
            return [(text, from_payload)]
        two = await parts_of(text, self._parsed, in_form=bool(tracker.active_loop_name))
        if two is None:
            return [(text, await self._parsed(text))]
        first, second = two
        if first.is_answered_at_once or (first.is_answer and tracker.active_loop_name):
            return [(part.text, part.parsed) for part in two]
        PRESENT.get().update(SlotSet(NEXT_WISH_SLOT, second.text), self._domain)
        return [(first.text, first.parsed)]

    async def _hear(self, text: str, parsed: dict[str, Any], incoming: Incoming, collector: ReplyCollector) -> None:
        metadata = {"message_id": incoming.message_id, "channel": incoming.channel, "language": incoming.language}
        message = UserMessage(
            text=text,
            output_channel=collector,
            sender_id=PRESENT.get().sender_id,
            parse_data=parsed,
            input_channel=incoming.channel,
            message_id=incoming.message_id,
            metadata={**incoming.metadata, **metadata},
        )
        await self._agent.processor.handle_message(message)

    def _from_payload(
        self, payload: str | None, text: str, places: Mapping[str, Sequence[int]] = NOWHERE
    ) -> dict[str, Any] | None:
        """What a button means. None for a payload that this domain does not know: then its title is understood."""
        match = _PAYLOAD.match(payload or "")
        if match is None or match["intent"] not in self._payload_intents:
            return None
        try:
            values = orjson.loads(match["entities"] or "{}")
        except orjson.JSONDecodeError:
            return None
        intent = {"name": match["intent"], "confidence": 1.0}
        entities = [_mention(name, value, places.get(name, (0, 0))) for name, value in values.items()]
        return {"text": text, "intent": intent, "entities": entities, "intent_ranking": [intent]}

    async def _parsed(self, text: str) -> dict[str, Any]:
        known = self._parses.get(text)
        if known is not None:
            self._parses.move_to_end(text)
            return dict(orjson.loads(known))
        parsed = await self.parse(text)
        if len(text) <= PARSED_ONCE_UP_TO:
            self._parses[text] = orjson.dumps(parsed, option=orjson.OPT_SERIALIZE_NUMPY)
            if len(self._parses) > KEPT_PARSES:
                self._parses.popitem(last=False)
        return parsed


def _mention(entity: str, value: Any, place: Sequence[int]) -> dict[str, Any]:
    return {"entity": entity, "value": value, "start": place[0], "end": place[1]}


def wording_of(incoming: Incoming) -> str:
    """The channel whose variants of the responses are taken: all that speak share one wording."""
    return VOICE if incoming.voice else incoming.channel


def plain(text: str) -> str:
    """A person's words as Rasa may read them: of bearable length, and never an injected intent (`/restart`)."""
    return _COMMAND.sub("", text[:MAX_TEXT_LENGTH].replace("\x00", "")).strip()

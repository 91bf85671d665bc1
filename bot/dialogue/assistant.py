"""The dialogue of the house: Rasa's agent in this process, answering one message of one conversation at a time."""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.core.policies.policy import Policy
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.core.constants import USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue.action_endpoint import FAILED_ACTIONS, InProcessActions
from bot.dialogue.events import decode, encode
from bot.dialogue.language import LANGUAGE_SLOT, LANGUAGES
from bot.dialogue.linking import (
    CODE_QUESTIONS,
    LINKING_INTENT,
    NOBODY_ELSE,
    Reach,
    code_in,
    codes,
    elsewhere,
    for_actions,
    parted,
    token_in,
    with_links_shown,
)
from bot.dialogue.output import ReplyCollector
from bot.dialogue.processor import TurnProcessor
from bot.dialogue.tracker import WindowTracker
from bot.dialogue.tracker_store import PRESENT, TurnTrackers
from bot.dialogue.two_wishes import parts_of
from bot.dialogue.window import COMPACT_AT, Bounds, Compactor
from bot.messages import CODE, MAX_TEXT_LENGTH, SAID_AT, Answer, Elsewhere, Incoming, Reply, State
from bot.nlu.spoken import in_figures

KEPT_TRACKERS = 2_000
KEPT_PARSES = 5_000
PARSED_ONCE_UP_TO = 60
"""Characters up to which a text's understanding is remembered: short ones repeat, long ones do not."""

RESERVED_INTENTS = frozenset({USER_INTENT_RESTART, USER_INTENT_BACK, USER_INTENT_SESSION_START})
"""Rasa's own intents, which every domain has: they would wipe or rewind the conversation."""

NEXT_WISH_SLOT = "next_wish"
"""The words (or payloads) of wishes that wait until no goal is open, in order."""

NOWHERE: Mapping[str, Sequence[int]] = {}

VOICE = "voice"
"""The `channel` of responses in domain.yml that are worded for the ear."""

_COMMAND = re.compile(r"\A[\s/]+")
_PAYLOAD = re.compile(r"/(?P<intent>[a-z_]+)(?P<entities>\{.*\})?\Z", re.DOTALL)


@dataclass(frozen=True)
class Wishes:
    """What a message asks for: texts with what they mean, and the words of what has to wait."""

    now: list[tuple[str, dict[str, Any]]]
    later: str | None = None


@dataclass(frozen=True)
class _Kept:
    version: str
    tracker: WindowTracker
    compact_at: int


class Assistant:
    """Answers as the trained model says. Holds no state that Redis does not have: its trackers are a cache."""

    def __init__(self, agent: Agent, reach: Reach = NOBODY_ELSE) -> None:
        self._agent = agent
        self._reach = reach
        self._domain: Domain = agent.domain
        policies = [part for part in agent.processor.graph_runner.components if isinstance(part, Policy)]
        self._payload_intents = frozenset(self._domain.intents) - RESERVED_INTENTS
        self._compactor = Compactor(self._domain, Bounds.of(policies))
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._pending: dict[str, tuple[WindowTracker, int]] = {}
        self._parses: OrderedDict[str, bytes] = OrderedDict()

    @classmethod
    def load(
        cls, model: Path, actions: EndpointConfig, form_of_address: str = "du", reach: Reach = NOBODY_ELSE
    ) -> "Assistant":
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
        return cls(agent, reach)

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
        wishes = await self._wishes(tracker, incoming)
        if CODE not in incoming.metadata and (code := self._code_told(tracker, incoming, wishes)):
            self._kept[name] = _Kept(state.version, tracker, compact_at)
            return Answer((), (), code=code)
        collector = ReplyCollector(wording_of(incoming))
        about_accounts = for_actions(name, incoming, state, self._domain.slots, self._reach)
        incoming = replace(incoming, metadata={**incoming.metadata, **about_accounts})
        tracker = await self._run(tracker, incoming, wishes, collector)
        events = list(tracker.events)
        window = self._compactor.compact(name, events) if len(events) >= compact_at else None
        after = WindowTracker.restored(name, window, self._domain.slots) if window else tracker.reloaded()
        if len(events) >= compact_at:
            compact_at = max(COMPACT_AT, len(after.events) + COMPACT_AT // 2)
        self._pending[name] = (after, compact_at)
        language = tracker.get_slot(LANGUAGE_SLOT) or LANGUAGES[0]
        replies = collector.replies(language)
        shown: tuple[Elsewhere, ...] = ()
        if incoming.voice:
            replies, shown = with_links_shown(replies, state.accounts, state.account, self._reach)
        return Answer(
            replies,
            [encode(event) for event in events[known:]],
            window and [encode(event) for event in window],
            elsewhere=(*elsewhere(collector.asked, partial(self._said, tracker), language, self._reach), *shown),
            codes=codes(collector.asked),
            parted=parted(collector.asked),
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

    async def _run(
        self, tracker: WindowTracker, incoming: Incoming, wishes: Wishes, collector: ReplyCollector
    ) -> WindowTracker:
        PRESENT.set(tracker)
        failed: list[Exception] = []
        FAILED_ACTIONS.set(failed)
        if wishes.later:
            tracker.update(SlotSet(NEXT_WISH_SLOT, [wishes.later]), self._domain)
        if incoming.joined:
            await self._hear("", self._meant("", LINKING_INTENT), incoming, collector)
        if incoming.joined and CODE not in incoming.metadata:
            collector.forget()
            incoming = _plainly(incoming)
        if CODE not in incoming.metadata or not incoming.joined:
            for text, parsed in wishes.now:
                await self._hear(text, parsed, incoming, collector)
        while (waiting := PRESENT.get().get_slot(NEXT_WISH_SLOT)) and not PRESENT.get().active_loop_name and not failed:
            wish, *later = waiting
            PRESENT.get().update(SlotSet(NEXT_WISH_SLOT, later or None), self._domain)
            parsed = self._from_payload(wish, wish) or await self._parsed(wish)
            await self._hear(wish, parsed, _plainly(incoming), collector)
        if failed:
            raise failed[0]
        return PRESENT.get()

    async def _wishes(self, tracker: WindowTracker, incoming: Incoming) -> Wishes:
        """What is to be answered now: one message, or the two wishes of it. A second that opens a form waits for the first."""
        text = plain(incoming.text)
        from_payload = self._from_payload(incoming.payload, text, incoming.metadata.get(SAID_AT) or {})
        if CODE in incoming.metadata and tracker.get_slot("requested_slot") not in CODE_QUESTIONS:
            return Wishes([("", self._meant("", LINKING_INTENT))])
        if from_payload:
            return Wishes([(text, from_payload)])
        text = in_figures(text)  # not before a payload is read: it may say where its entities stand in the text
        if incoming.metadata.get("unreadable") and not text:  # what a model makes of no words is chance
            return Wishes([("", self._meant("", DEFAULT_NLU_FALLBACK_INTENT_NAME))])
        two = await parts_of(text, self._parsed, in_form=bool(tracker.active_loop_name))
        if two is None:
            return Wishes([(text, await self._parsed(text))])
        first, second = two
        if first.is_answered_at_once or (first.is_answer and tracker.active_loop_name):
            return Wishes([(part.text, part.parsed) for part in two])
        return Wishes([(first.text, first.parsed)], second.text)

    def _code_told(self, tracker: WindowTracker, incoming: Incoming, wishes: Wishes) -> str | None:
        """A one-time code in a message that is about linking, answers the question for one, or is nothing else."""
        text, parsed = wishes.now[0]
        if parsed["intent"]["name"] == LINKING_INTENT:
            given = next((found["value"] for found in parsed["entities"] if found["entity"] == CODE), None)
            if given:
                return str(given)
        if tracker.get_slot("requested_slot") in CODE_QUESTIONS:
            return code_in(text, is_asked_for=True)
        if token := token_in(text):
            return token
        is_about_linking = parsed["intent"]["name"] == LINKING_INTENT
        is_nothing_else = not _asks_for_digits(tracker) and re.sub(r"[\d\s.-]", "", text) == ""
        return code_in(text, is_asked_for=False) if is_about_linking or is_nothing_else else None

    def _said(self, tracker: WindowTracker, response: str, values: Mapping[str, Any], channel: str) -> str:
        slots = {**tracker.current_slot_values(), **values}
        said = self._agent.processor.nlg.generate_from_slots(response, slots, channel)
        return str(said["text"])

    async def _hear(self, text: str, parsed: dict[str, Any], incoming: Incoming, collector: ReplyCollector) -> None:
        account = incoming.metadata.get("account")
        message_id = f"{account}/{incoming.message_id}" if account else incoming.message_id
        metadata = {"message_id": message_id, "channel": incoming.channel, "language": incoming.language}
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
        entities = [_mention(name, value, places.get(name, (0, 0))) for name, value in values.items()]
        return self._meant(text, match["intent"], entities)

    @staticmethod
    def _meant(text: str, intent: str, entities: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
        sure = {"name": intent, "confidence": 1.0}
        return {"text": text, "intent": sure, "entities": list(entities), "intent_ranking": [sure]}

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


def _asks_for_digits(tracker: WindowTracker) -> bool:
    """Whether a number of an account or a card is what was asked for."""
    return bool(tracker.active_loop_name) and str(tracker.get_slot("requested_slot")).endswith("_account")


def _plainly(incoming: Incoming) -> Incoming:
    """Without what it told about accounts, which has been heard."""
    kept = {name: value for name, value in incoming.metadata.items() if name not in ("joined", CODE)}
    return replace(incoming, joined=None, metadata=kept)


def wording_of(incoming: Incoming) -> str:
    """The channel whose variants of the responses are taken: all that speak share one wording."""
    return VOICE if incoming.voice else incoming.channel


def plain(text: str) -> str:
    """A person's words as Rasa may read them: of bearable length, and never an injected intent (`/restart`)."""
    return _COMMAND.sub("", text[:MAX_TEXT_LENGTH].replace("\x00", "")).strip()

"""What a compacted window must still know, and how short it must be."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    LoopInterrupted,
    ReminderScheduled,
    SlotSet,
)

from bot.dialogue.assistant import Assistant
from bot.dialogue.tracker import WindowTracker
from bot.dialogue.window import COMPACT_AT, RAW_TURNS, Bounds, Compactor
from tests.dialogue.dialogues import (
    FORM,
    answer,
    closing,
    dated,
    dialogues,
    interruption,
    message,
    opening,
    question,
    session_start,
)

NAME = "rest-kim"
LOOK_BACK = 4
in_short = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def domain(assistant: Assistant) -> Domain:
    return assistant.domain


@pytest.fixture(scope="session")
def compactor(domain: Domain) -> Compactor:
    return Compactor(domain, Bounds(rule_states=LOOK_BACK, story_states=0))


def compacted(compactor: Compactor, events: list[Event]) -> WindowTracker:
    window = compactor.compact(NAME, events)
    assert window is not None
    assert len(window) < len(events)
    return restored(compactor, window)


def restored(compactor: Compactor, events: list[Event]) -> WindowTracker:
    return WindowTracker.restored(NAME, events, compactor.domain.slots)


def seen(compactor: Compactor, tracker: WindowTracker) -> dict[str, Any]:
    """What the next turn depends on."""
    state = tracker.current_state()
    state.pop("latest_event_time")
    return {**state, "states": tracker.past_states(compactor.domain)[-LOOK_BACK:]}


@given(events=dialogues(least=5), future=dialogues(least=1, most=3))
@in_short
def test_nothing_that_follows_can_tell_a_window_from_the_whole(
    compactor: Compactor, events: list[Event], future: list[Event]
) -> None:
    window = compactor.compact(NAME, events)
    if window is None:  # then the whole is short already
        assert len(events) < COMPACT_AT
        return
    for count in range(2, len(future) + 1):  # without the session start, after which all would be forgotten
        following = future[2:count]
        one, other = restored(compactor, [*events, *following]), restored(compactor, [*window, *following])
        assert seen(compactor, one) == seen(compactor, other)


@given(events=dialogues(least=20, most=40))
@in_short
def test_windows_stay_short_however_long_the_conversation(compactor: Compactor, events: list[Event]) -> None:
    window: list[Event] = []
    longest = 0
    for event in events:
        window.append(event)
        if isinstance(event, ActionExecuted) and event.action_name == "action_listen" and len(window) > COMPACT_AT:
            window = compactor.compact(NAME, window) or window
            longest = max(longest, len(window))
    assert longest < COMPACT_AT * 1.5


def test_the_last_turns_are_kept_as_they_were(compactor: Compactor) -> None:
    turns = [session_start(), *(question() for _ in range(20)), opening(), answer()]
    events = dated(turns)
    raw = list(itertools.chain.from_iterable(turns[-RAW_TURNS:]))
    assert list(compacted(compactor, events).events)[-len(raw) :] == raw


def test_a_short_conversation_is_left_alone(compactor: Compactor) -> None:
    assert compactor.compact(NAME, dated([session_start(), question()])) is None


def test_an_open_form_keeps_the_message_that_opened_it_and_its_question(compactor: Compactor) -> None:
    events = dated([session_start(), question(), opening(), *(interruption() for _ in range(15))])
    tracker = compacted(compactor, events)
    assert tracker.active_loop == restored(compactor, events).active_loop
    assert tracker.active_loop is not None
    assert tracker.active_loop.trigger_message["intent"]["name"] == "place_order"
    assert tracker.get_slot("requested_slot") == "order_address"


def test_a_rejected_and_interrupted_form_stays_so(compactor: Compactor) -> None:
    flags = [LoopInterrupted(True), ActionExecutionRejected(FORM)]
    events = dated(
        [session_start(), opening(), *(interruption() for _ in range(15)), flags, message("thanks"), message("help")]
    )
    loop = compacted(compactor, events).active_loop
    assert loop is not None
    assert (loop.is_interrupted, loop.rejected) == (
        restored(compactor, events).active_loop.is_interrupted,
        restored(compactor, events).active_loop.rejected,
    )
    assert loop.rejected


def test_an_ended_form_is_forgotten_but_for_its_values(compactor: Compactor) -> None:
    events = dated([session_start(), opening(), answer(), closing(), *(question() for _ in range(15))])
    tracker = compacted(compactor, events)
    assert not [event for event in tracker.events if isinstance(event, ActiveLoop)]
    assert tracker.get_slot("last_order") == "NC-104201"


def test_each_slot_is_kept_once(compactor: Compactor) -> None:
    changes = [[*question(), SlotSet("focus_products", f"product-{number}")] for number in range(30)]
    tracker = compacted(compactor, dated([session_start(), *changes, question(), question()]))
    values = [event.value for event in tracker.events if isinstance(event, SlotSet) and event.key == "focus_products"]
    assert values == ["product-29"]


def test_a_slot_that_was_emptied_stays_empty(compactor: Compactor) -> None:
    emptied = [*question(), SlotSet("form_of_address", None)]  # its initial value is another
    tracker = compacted(compactor, dated([session_start(), emptied, *(question() for _ in range(15))]))
    assert tracker.get_slot("form_of_address") is None


def test_a_paused_conversation_stays_paused(compactor: Compactor) -> None:
    events = dated([session_start(), [*question(), ConversationPaused()], *(message("thanks") for _ in range(30))])
    assert compacted(compactor, events).is_paused()


def test_reminders_are_kept_until_they_are_due(compactor: Compactor) -> None:
    now = datetime.now(UTC)
    due = ReminderScheduled("remind", now + timedelta(hours=1), name="due")
    past = ReminderScheduled("remind", now - timedelta(hours=1), name="past")
    events = dated([session_start(), [*question(), due, past], *(question() for _ in range(15))])
    tracker = compacted(compactor, events)
    assert [event.name for event in tracker.events if isinstance(event, ReminderScheduled)] == ["due"]


def test_the_last_words_of_the_bot_are_kept(compactor: Compactor) -> None:
    silent = [message("thanks") for _ in range(30)]
    tracker = compacted(compactor, dated([session_start(), question(action="utter_help"), *silent]))
    assert [event.text for event in tracker.events if isinstance(event, BotUttered)] == ["utter_help"]


def test_looking_back_in_time_finds_the_same_within_the_last_turns(compactor: Compactor) -> None:
    events = dated([session_start(), opening(), *(interruption() for _ in range(15)), answer(), answer()])
    window = compacted(compactor, events)
    for moment in (events[-1].timestamp, events[-1].timestamp - len(answer())):
        then, before = (tracker.travel_back_in_time(moment) for tracker in (window, restored(compactor, events)))
        assert then.current_slot_values() == before.current_slot_values()
        assert then.active_loop == before.active_loop
        assert then.events[-1] is before.events[-1]


def test_turns_that_rules_hide_do_not_push_out_what_stories_look_at(domain: Domain) -> None:
    compactor = Compactor(domain, Bounds(rule_states=2, story_states=4))
    visible = [*message("greet"), ActionExecuted("utter_greet"), BotUttered("hello")]
    hidden = [question() for _ in range(5)]
    events = dated([session_start(), *(question() for _ in range(20)), visible, visible, *hidden])
    tracker = compacted(compactor, events)
    seen_by_stories = [
        found.past_states(domain, omit_unset_slots=True, ignore_rule_only_turns=True)[-4:]
        for found in (tracker, restored(compactor, events))
    ]
    assert seen_by_stories[0] == seen_by_stories[1]
    assert any(state["user"].get("intent") == "greet" for state in seen_by_stories[0])


def test_without_an_end_to_looking_back_nothing_is_compacted(domain: Domain) -> None:
    endless = Compactor(domain, Bounds(rule_states=2, story_states=0, is_exact=False))
    assert endless.compact(NAME, dated([session_start(), *(question() for _ in range(50))])) is None


def test_bounds_are_those_of_the_trained_rules(assistant: Assistant) -> None:
    policies = [part for part in assistant._agent.processor.graph_runner.components if isinstance(part, Policy)]
    bounds = Bounds.of(policies)
    assert [type(policy) for policy in policies] == [RulePolicy]
    assert bounds.is_exact
    assert bounds.rule_states > 1
    assert bounds.story_states == 0


@pytest.mark.parametrize(("max_history", "expected"), [(5, Bounds(1, 7)), (None, Bounds(1, 0, is_exact=False))])
def test_bounds_of_a_policy_that_learns_from_stories(max_history: int | None, expected: Bounds) -> None:
    config = {**MemoizationPolicy.get_default_config(), "max_history": max_history}
    policy = MemoizationPolicy(config, None, None, ExecutionContext(GraphSchema({})))
    assert Bounds.of([policy]) == expected

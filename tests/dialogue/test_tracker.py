"""The window's tracker says what Rasa's own says, without replaying."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.assistant import Assistant
from bot.dialogue.tracker import WindowTracker
from tests.dialogue.dialogues import FORM, answer, closing, dated, dialogues, opening, question, session_start

NAME = "rest-kim"
in_short = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def domain(assistant: Assistant) -> Domain:
    return assistant.domain


def open_form(domain: Domain) -> WindowTracker:
    return WindowTracker.restored(NAME, dated([session_start(), question(), opening(), answer()]), domain.slots)


def rasas(events: list[Event], domain: Domain) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(NAME, events, domain.slots)


@given(events=dialogues(most=6), looks=st.sets(st.integers(0, 200)))
@in_short
def test_looks_on_the_way_do_not_change_what_is_seen_at_the_end(
    domain: Domain, events: list[Event], looks: set[int]
) -> None:
    ours = WindowTracker(NAME, domain.slots)
    for number, event in enumerate(events):
        ours.update(event, domain)
        if number in looks:
            theirs = rasas(events[: number + 1], domain)
            assert ours.applied_events() == theirs.applied_events()
            for omit_unset in (False, True):
                assert ours.past_states(domain, omit_unset) == theirs.past_states(domain, omit_unset)
            assert ours.past_states(domain, ignore_rule_only_turns=True) == theirs.past_states(
                domain, ignore_rule_only_turns=True
            )


@given(events=dialogues(most=6))
@in_short
def test_reloading_restores_what_the_store_would(domain: Domain, events: list[Event]) -> None:
    ours = WindowTracker(NAME, domain.slots)
    for event in events:
        ours.update(event, domain)
    ours.past_states(domain)
    reloaded, restored = ours.reloaded(), WindowTracker.restored(NAME, events, domain.slots)
    assert reloaded.current_state() == restored.current_state()
    for event in dated([question(), closing(), opening(), question()]):
        reloaded.update(event)
        restored.update(event)
        assert reloaded.past_states(domain) == restored.past_states(domain)


def test_a_copy_goes_its_own_way(domain: Domain) -> None:
    tracker = open_form(domain)
    before = tracker.current_state(), list(tracker.events), tracker.past_states(domain)
    copy = tracker.copy()
    copy.update_with_events([SlotSet("focus_products", "aeropix-pro"), ActiveLoop(None), BotUttered("!")], domain)
    copy.trigger_followup_action("action_repeat")
    assert (tracker.current_state(), list(tracker.events), tracker.past_states(domain)) == before
    assert copy.active_loop is None
    assert copy.get_slot("focus_products") == "aeropix-pro"


def test_a_flag_set_on_a_copy_stays_on_the_copy(domain: Domain) -> None:
    tracker = open_form(domain)
    copy = tracker.copy()
    copy.interrupt_loop(True)
    copy.reject_action(FORM)
    assert tracker.active_loop is not None
    assert (tracker.active_loop.is_interrupted, tracker.active_loop.rejected) == (False, False)


def test_who_changes_what_was_handed_out_changes_nothing(domain: Domain) -> None:
    tracker = open_form(domain)
    states, applied = tracker.past_states(domain), tracker.applied_events()
    states[-1].clear()
    states[-2]["user"]["intent"] = "spoiled"
    applied.clear()
    assert tracker.past_states(domain) == rasas(list(tracker.events), domain).past_states(domain)
    assert tracker.applied_events() == rasas(list(tracker.events), domain).applied_events()

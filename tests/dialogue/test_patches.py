"""What is changed in Rasa changes what it costs, not what it does."""

import copy
from typing import Any

import jsonschema
import pytest
import rasa
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.slots import AnySlot, BooleanSlot, CategoricalSlot

from bot.dialogue import patches

junk = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
kinds = st.sampled_from(["slot", "followup", "bot", "user", "no such event", None, 3])
events = st.dictionaries(st.sampled_from(["event", "name", "value", "timestamp", "metadata", "text"]), kinds | junk)
results = st.fixed_dictionaries(
    {},
    optional={
        "events": junk | st.lists(events | junk, max_size=3),
        "responses": junk | st.lists(st.dictionaries(junk, junk) | junk),
    },
)


def is_valid(result: dict[str, Any]) -> bool:
    return bool(jsonschema.Draft7Validator(RemoteAction.action_response_format_spec()).is_valid(result))


@given(result=results)
def test_what_is_let_through_unread_is_valid(result: dict[str, Any]) -> None:
    assert is_valid(result) or not patches._is_plain(result)


@pytest.mark.parametrize(
    "event",
    [
        {"event": "slot", "name": "language", "value": None},
        {"event": "followup", "name": "order_form", "timestamp": None},
    ],
)
def test_the_results_of_our_actions_are_let_through(event: dict[str, Any]) -> None:
    result = {"events": [event], "responses": [{"response": "utter_greet"}]}
    assert patches._is_plain(result)
    assert is_valid(result)


@pytest.mark.parametrize(
    "event", [{}, {"event": "slot"}, {"event": "slot", "name": 3, "value": 1}, {"event": "no such event"}]
)
def test_a_wrong_result_is_still_refused(event: dict[str, Any]) -> None:
    assert patches.apply()
    with pytest.raises(jsonschema.ValidationError):
        RemoteAction("action_of_somebody", None)._validate_action_result({"events": [event], "responses": []})


def test_a_copied_slot_is_a_slot_of_its_own() -> None:
    assert patches.apply()
    for slot in (
        AnySlot("a", []),
        BooleanSlot("b", [], initial_value=True),
        CategoricalSlot("c", [], values=["x", "y"]),
    ):
        twin = copy.copy(slot)
        assert type(twin) is type(slot)
        assert vars(twin) == vars(slot)
        twin.value = "y"
        assert slot.value == slot.initial_value
        assert not slot.has_been_set


def test_another_rasa_runs_unpatched(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.6.99")
    assert not patches.apply()
    assert "3.6.99" in caplog.text

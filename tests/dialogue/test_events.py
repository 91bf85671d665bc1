"""Every event that Rasa knows comes back from Redis as it went in."""

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.core import events as rasa_events
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.utils.common import all_subclasses

from bot.dialogue.events import KEPT_RANKING, decode, encode

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
names = st.text("abcdefghij_", min_size=1, max_size=20)
numbers = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
confidences = st.floats(0, 1)
entities = st.lists(
    st.fixed_dictionaries({"entity": names, "value": values, "start": st.integers(0, 99), "end": st.integers(0, 99)}),
    max_size=3,
)
intents = st.fixed_dictionaries({"name": names, "confidence": confidences})
parse_data = st.fixed_dictionaries(
    {
        "text": texts,
        "intent": intents,
        "entities": entities,
        "intent_ranking": st.lists(intents, max_size=KEPT_RANKING),
    },
    optional={"language": st.fixed_dictionaries({"name": st.sampled_from(["de", "en"]), "confidence": confidences})},
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
once = st.fixed_dictionaries({"timestamp": st.floats(1e9, 2e9), "metadata": st.dictionaries(names, values, max_size=2)})

FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "UserUttered": {"text": texts, "parse_data": parse_data, "input_channel": names, "message_id": names},
    "DefinePrevUserUtteredFeaturization": {"use_text_for_featurization": st.booleans()},
    "EntitiesAdded": {"entities": entities},
    "BotUttered": {"text": texts, "data": st.dictionaries(names, values, max_size=3)},
    "SlotSet": {"key": names, "value": values},
    "Restarted": {},
    "UserUtteranceReverted": {},
    "AllSlotsReset": {},
    "ReminderScheduled": {
        "intent": names,
        "trigger_date_time": moments,
        "name": names,
        "kill_on_user_message": st.booleans(),
    },
    "ReminderCancelled": {"name": names, "intent": names},
    "ActionReverted": {},
    "StoryExported": {},
    "FollowupAction": {"name": names},
    "ConversationPaused": {},
    "ConversationResumed": {},
    "ActionExecuted": {
        "action_name": names,
        "policy": names,
        "confidence": confidences,
        "hide_rule_turn": st.booleans(),
    },
    "AgentUttered": {"text": texts, "data": st.dictionaries(names, values, max_size=2)},
    "ActiveLoop": {"name": names | st.none()},
    "LegacyForm": {"name": names | st.none()},
    "LoopInterrupted": {"is_interrupted": st.booleans()},
    "LegacyFormValidation": {"validate": st.booleans()},
    "ActionExecutionRejected": {"action_name": names, "policy": names, "confidence": confidences},
    "SessionStarted": {},
}
ABSTRACT = {"AlwaysEqualEventMixin", "SkipEventInMDStoryMixin"}


def made(name: str) -> st.SearchStrategy[Event]:
    def make(fields: dict[str, Any], common: dict[str, Any]) -> Event:
        if name == "UserUttered":  # Rasa gives the parts of the understanding once more
            fields = {**fields, "intent": fields["parse_data"]["intent"], "entities": fields["parse_data"]["entities"]}
        event: Event = getattr(rasa_events, name)(**fields, **common)
        return event

    return st.builds(make, st.fixed_dictionaries(FIELDS[name]), once)


def test_no_event_of_rasa_is_left_out() -> None:
    known = {kind.__name__ for kind in all_subclasses(Event) if kind.__module__ == rasa_events.__name__}
    assert known - ABSTRACT == set(FIELDS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_an_event_comes_back_as_it_was(name: str) -> None:
    @given(event=made(name))
    @settings(max_examples=40, deadline=None)
    def comes_back(event: Event) -> None:
        again = decode(encode(event))
        assert isinstance(event, type(again))  # what older Rasas called differently comes back by its present name
        assert again.as_dict() == event.as_dict()
        assert again.timestamp == event.timestamp
        assert encode(again) == encode(event)

    comes_back()


def test_numbers_of_numpy_and_tuples_are_kept_as_json_has_them() -> None:
    event = rasa_events.SlotSet("answer", {"score": np.float32(0.5), "count": np.int64(3), "pair": (1, 2)})
    assert decode(encode(event)).as_dict()["value"] == {"score": 0.5, "count": 3, "pair": [1, 2]}


def test_of_many_guesses_the_best_are_kept() -> None:
    ranking = [{"name": f"intent_{number}", "confidence": 1 / (number + 2)} for number in range(22)]
    parsed = {"text": "hallo", "intent": ranking[0], "entities": [], "intent_ranking": ranking, "text_tokens": [(0, 5)]}
    event = UserUttered("hallo", ranking[0], [], parsed)
    kept = decode(encode(event)).parse_data
    assert kept["intent_ranking"] == ranking[:KEPT_RANKING]
    assert "text_tokens" not in kept
    assert event.parse_data["intent_ranking"] == ranking  # the turn that runs still has them all


def test_an_event_of_another_rasa_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="from_the_future"):
        decode(b'{"event": "from_the_future"}')


def test_a_number_that_json_does_not_have_becomes_nothing() -> None:
    assert decode(encode(rasa_events.SlotSet("answer", math.nan))).as_dict()["value"] is None

"""Dialogues as Rasa logs them, made by hand: what trackers and windows are tried on."""

from collections.abc import Callable, Sequence
from itertools import chain

from hypothesis import strategies as st
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    LoopInterrupted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)

Turn = list[Event]
FORM = "order_form"
OTHER_FORM = "cancel_form"
QUESTION = "requested_slot"


def session_start() -> Turn:
    return [ActionExecuted("action_session_start"), SessionStarted()]


def message(intent: str, text: str = "") -> Turn:
    parsed = {"intent": {"name": intent, "confidence": 1.0}, "entities": [], "text": text or intent}
    return [
        ActionExecuted("action_listen"),
        UserUttered(text or intent, parsed["intent"], [], parsed, input_channel="rest"),
        DefinePrevUserUtteredFeaturization(False),
    ]


def question(intent: str = "thanks", action: str = "utter_thanks") -> Turn:
    """A message that a rule answers."""
    return [*message(intent), ActionExecuted(action, hide_rule_turn=True), BotUttered(action)]


def fallback() -> Turn:
    """A message that nothing answers: Rasa takes it back."""
    return [*message("nlu_fallback"), ActionExecuted("action_default_fallback"), UserUtteranceReverted()]


def opening(form: str = FORM) -> Turn:
    return [
        *message("place_order"),
        ActionExecuted(form),
        ActiveLoop(form),
        SlotSet(QUESTION, "order_product"),
        BotUttered("?"),
    ]


def answer(form: str = FORM, value: str = "order_address") -> Turn:
    return [
        *message("place_order"),
        ActionExecuted(form),
        SlotSet("focus_products", value),
        SlotSet(QUESTION, value),
        BotUttered("?"),
    ]


def interruption(form: str = FORM) -> Turn:
    """A question in the midst of a form, which then asks again."""
    listening, user, *rest = message("thanks")
    asked_again = [LoopInterrupted(True), ActionExecuted(form), SlotSet(QUESTION, "order_address"), BotUttered("?")]
    return [
        listening,
        user,
        ActionExecutionRejected(form),
        *rest,
        ActionExecuted("utter_thanks"),
        BotUttered("!"),
        *asked_again,
    ]


def closing(form: str = FORM) -> Turn:
    done = [ActionExecuted("action_finish_order"), BotUttered("done"), SlotSet("last_order", "NC-104201")]
    return [*message("affirm"), ActionExecuted(form), SlotSet(QUESTION, None), ActiveLoop(None), *done]


OUTSIDE: Sequence[Callable[[], Turn]] = (question, fallback)
INSIDE: Sequence[Callable[[str], Turn]] = (answer, interruption, lambda _form: fallback())


def dated(turns: Sequence[Turn]) -> list[Event]:
    """All events in order, a second apart."""
    events = list(chain.from_iterable(turns))
    for second, event in enumerate(events):
        event.timestamp = 1_000_000.0 + second
    return events


@st.composite
def dialogues(draw: st.DrawFn, least: int = 4, most: int = 12) -> list[Event]:
    """Questions, fallbacks and forms, open or ended at the end, one of them perhaps interrupting the other."""
    stretches = draw(st.lists(_stretch(), min_size=least, max_size=most))
    return dated([session_start(), *chain.from_iterable(stretches)])


@st.composite
def _stretch(draw: st.DrawFn) -> list[Turn]:
    if draw(st.booleans()):
        return [make() for make in draw(st.lists(st.sampled_from(OUTSIDE), min_size=1, max_size=6))]
    form = draw(st.sampled_from((FORM, OTHER_FORM)))
    inside = [make(form) for make in draw(st.lists(st.sampled_from(INSIDE), max_size=6))]
    return [opening(form), *inside, *([closing(form)] if draw(st.booleans()) else [])]

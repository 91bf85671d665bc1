"""Two conversations of one customer become one: nothing is lost, nothing is asked twice."""

from typing import Any

from rasa_sdk.events import SlotSet

from actions.accounts import Joined
from actions.base import Event, Turn
from actions.forms import PASSING_FORMS, Draft
from actions.joins import JOINS_SLOT, Joins, tell_shop

LATER_COUNTS = frozenset(
    {"focus_products", "focus_options", "last_order", "last_subscription", "last_deed", "question_draft"}
)
"""What was spoken of last: that of the conversation that came, since its customer is the one who speaks."""

KEPT_APART = frozenset({"open_goals", "resumed_form", "next_wish"})


async def join(turn: Turn, joined: Joined) -> list[Event]:
    """Takes over what the conversation does not know itself, and tells the shop."""
    taken = {}
    for name, theirs in joined.slots.items():
        if name in KEPT_APART:
            continue
        value = _both(name, turn.slot(name), theirs)
        if value != turn.slot(name):
            taken[name] = value
    joins: Joins = {
        **(turn.slot(JOINS_SLOT) or {}),
        joined.name: {"taken": taken, "message": turn.heard.message_id, "in_shop": False},
    }
    events = [SlotSet(name, value) for name, value in taken.items()]
    return [*events, SlotSet(JOINS_SLOT, joins), *await tell_shop(turn, joins)]


def _both(name: str, ours: Any, theirs: Any) -> Any:
    if not ours or (name in LATER_COUNTS and theirs):
        return theirs
    if name == "order_draft" and theirs:
        return _both_orders(ours, theirs)
    return ours


def _both_orders(ours: Draft, theirs: Draft) -> Draft:
    """One order of all that was wanted; what both say of it is said by who speaks now."""
    lines = [line for line in theirs.get("lines") or [] if line not in (ours.get("lines") or [])]
    said = {key: value for key, value in theirs.items() if value not in (None, [], {})}
    return {**ours, **said, "lines": [*(ours.get("lines") or []), *lines], "shown": None, "key": None, "state": None}


def open_goals(turn: Turn, joined: Joined) -> list[str]:
    """Forms to be gone on with, the latest last: what the one who speaks was doing comes first."""
    ours, theirs = (list(goals or []) for goals in (turn.slot("open_goals"), joined.slots.get("open_goals")))
    if joined.form and joined.form not in PASSING_FORMS:
        theirs.append(joined.form)
    return [*(goal for goal in ours if goal not in theirs), *dict.fromkeys(theirs)]

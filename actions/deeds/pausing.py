"""A subscription rests for some days."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from dateutil.relativedelta import relativedelta

from actions import wording
from actions.backend.port import BackendError, Refused, Subscription
from actions.base import Button, Turn, answer_button
from actions.deeds.deed import Deed, day, details, says_impossible
from actions.forms import Draft
from actions.reading import days

SHORTEST_PAUSE_DAYS = 7


class Pause(Deed):
    """From a day until a day; without a first day from today. One that is planned already gives way."""

    refusals: ClassVar[Mapping[str, str]] = {"ending": "utter_pause_ending"}
    go_back = "utter_pause_can_end"

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        said = days.month_said(turn.heard.text, turn.today) or days.days_said(turn.heard.text, turn.today)
        if says_impossible(turn, said):
            return True
        if asked == "until" and said.until is None and said.first is not None:
            said = days.Days(None, said.first)
        found = {"first": said.first, "until": said.until}
        details(draft).update((name, day.isoformat()) for name, day in found.items() if day)
        return any(found.values())

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        details(draft).setdefault("first", turn.today.isoformat())
        return None if details(draft).get("until") else "until"

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        titles = [wording.months(count, turn.language) for count in (1, 2, 3)]
        turn.say(
            "utter_ask_pause_until",
            buttons=[answer_button(title) for title in titles],
            product=subscription.product_name,
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        limit, known = subscription.pause_limit, details(draft)
        if limit is None:
            return
        first, until = date.fromisoformat(known["first"]), date.fromisoformat(known["until"])
        if until < first:  # the first day was said after the last
            raise Refused("pause-not-allowed", {"why": "reversed"})
        possible = _after_first_month(subscription)
        why = limit.why_not
        if why == "in_first_month" and possible and first >= possible:
            why = None  # the pause begins later than it is asked for
        left = limit.left_days + _days_planned(turn, subscription)
        length = (until - first).days + 1
        why = why or ("too_short" if length < SHORTEST_PAUSE_DAYS else "too_long" if length > left else None)
        if why:
            members = {"left_days": left, "max_days": limit.max_days, "possible": possible}
            raise Refused("pause-not-allowed", {"why": why, **members})

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        if subscription.pause:
            turn.say("utter_pause_gives_way", **_pause_days(turn, subscription.pause.first, subscription.pause.until))
        after_term = _is_after_term(draft, subscription)
        turn.say(
            "utter_ask_pause_after_term_confirmed" if after_term else "utter_ask_pause_confirmed",
            buttons=buttons,
            product=subscription.product_name,
            **self._days(turn, draft),
        )

    def _days(self, turn: Turn, draft: Draft) -> dict[str, Any]:
        return _pause_days(turn, details(draft)["first"], details(draft)["until"])

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known = details(draft)
        return await turn.backend.pause_subscription(
            turn.customer, subscription.number, known["first"], known["until"], key=draft["key"]
        )

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        turn.say(
            "utter_paused_after_term" if _is_after_term(draft, subscription) else "utter_paused",
            product=subscription.product_name,
            term=day(turn, subscription.term_ends_on),
            **self._days(turn, draft),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if not isinstance(error, Refused) or error.slug != "pause-not-allowed":
            return await super().explain(turn, draft, error)
        why, left = str(error.details.get("why")), error.details.get("left_days") or 0
        details(draft).pop("until", None)
        if why == "reversed":
            turn.say("utter_days_reversed")
            return True
        possible = error.details.get("possible")
        turn.say(
            f"utter_pause_{why}",
            date=turn.day(possible.isoformat()) if possible else "",
            days=left,
            max=error.details.get("max_days") or 90,
            phone=turn.settings.service_phone,
        )
        return why in ("too_long", "too_short") and left > 0


def say_how_long(turn: Turn, subscription: Subscription) -> None:
    """Who asks how long it may rest."""
    limit = subscription.pause_limit
    turn.say(
        "utter_how_long_pause",
        product=subscription.product_name,
        days=limit.left_days if limit else 0,
        max=limit.max_days if limit else 90,
    )


def _pause_days(turn: Turn, first: str, until: str) -> dict[str, Any]:
    return {"first": turn.day(first), "until": turn.day(until)}


def _days_planned(turn: Turn, subscription: Subscription) -> int:
    """The shop counts those of a planned pause as used, though the new one takes its place."""
    pause = subscription.pause
    if pause is None or pause.first <= turn.today.isoformat():
        return 0
    return (date.fromisoformat(pause.until) - date.fromisoformat(pause.first)).days + 1


def _is_after_term(draft: Draft, subscription: Subscription) -> bool:
    """After its term it goes on by the month, and a pause then moves no end."""
    return bool(subscription.term_ends_on and details(draft)["first"] > subscription.term_ends_on)


def _after_first_month(subscription: Subscription) -> date | None:
    """The first day on which a pause may begin."""
    return date.fromisoformat(subscription.started_on) + relativedelta(months=1) if subscription.started_on else None

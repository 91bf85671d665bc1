"""What rested or was cancelled goes on after all."""

from collections.abc import Sequence
from typing import Any

from actions.backend.port import BackendError, Refused, Subscription
from actions.base import Button, Turn, button
from actions.deeds.deed import Deed, details, span
from actions.forms import Draft
from actions.reading import days, renting


class Resume(Deed):
    """After a pause, at once or on a day; instead of one that is planned; and who had cancelled goes on after all."""

    statuses = ("paused", "active", "ending")
    go_back = "utter_resume_can_change"

    def can_help(self, subscription: Subscription) -> bool:
        return subscription.status == "ending" or subscription.pause is not None

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        text = turn.heard.text
        known = details(draft)
        known.setdefault("keeps", subscription.status == "ending" and not renting.names_pause(text))
        known["had_swap_in_mind"] = known.get("had_swap_in_mind") or renting.takes_back_swap(text)
        day = days.day_said(text, turn.today)
        if day and day > turn.today and not _is_planned(turn, subscription):
            known["on"] = day.isoformat()
        return day is not None

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        if subscription.pause is None and not details(draft)["keeps"]:
            raise Refused("not-paused", {})

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        if details(draft)["keeps"]:
            turn.say("utter_ask_keep_confirmed", buttons=buttons, product=subscription.product_name)
            return
        response = "utter_ask_pause_off_confirmed" if _is_planned(turn, subscription) else "utter_ask_resume_confirmed"
        turn.say(response, buttons=buttons, **self._values(turn, draft, subscription))

    def _values(self, turn: Turn, draft: Draft, subscription: Subscription) -> dict[str, Any]:
        on = details(draft).get("on")
        day = turn.day(on) if on else ""
        first = turn.either(f"ab {day}", f"from {day}") if on else turn.either("ab sofort", "right away")
        pause = subscription.pause
        return {
            "product": subscription.product_name,
            "first": first,
            "monthly": turn.money(subscription.monthly_total),
            "days": span(turn, pause.first, pause.until) if pause else "",
        }

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known = details(draft)
        if known["keeps"]:
            return await turn.backend.keep_subscription(turn.customer, subscription.number, key=draft["key"])
        known["was_planned"] = _is_planned(turn, subscription)
        on = known.get("on")
        return await turn.backend.resume_subscription(turn.customer, subscription.number, on, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if known["keeps"]:
            turn.say("utter_kept", buttons=_about_swap(turn, draft, subscription), product=subscription.product_name)
            return
        response = "utter_pause_off" if known["was_planned"] else "utter_resumed"
        turn.say(response, **self._values(turn, draft, subscription))

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if isinstance(error, Refused) and error.slug == "not-paused":
            turn.say("utter_not_paused")
            return False
        return await super().explain(turn, draft, error)


def _is_planned(turn: Turn, subscription: Subscription) -> bool:
    """Whether its pause has not begun."""
    return subscription.pause is not None and subscription.pause.first > turn.today.isoformat()


def _about_swap(turn: Turn, draft: Draft, subscription: Subscription) -> list[Button]:
    """ "I only wanted to cancel the swap": that is the next step."""
    if not (details(draft)["had_swap_in_mind"] and subscription.booked_swaps):
        return []
    title = turn.either("Tausch zurücknehmen", "Take the swap back")
    return [button(title, "swap_product", order_number=subscription.number)]

"""A subscription ends: its piece goes back, or is bought."""

from collections.abc import Sequence

from actions.backend.port import Subscription
from actions.base import Button, Turn, button
from actions.deeds.addons import addon_named
from actions.deeds.deed import Deed, day, details, product_of
from actions.forms import Draft
from actions.reading import days, reasons, renting


class Cancel(Deed):
    """To the next possible date. Whoever has cancelled may still buy the piece instead of sending it back."""

    statuses = ("active", "paused", "ending")
    go_back = "utter_cancel_can_be_undone"

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        addon = addon_named(turn, await product_of(turn, subscription))
        if addon and any(booked.id == addon for booked in subscription.addons):
            draft.update(deed="book_addon", details={"addon": addon, "off": True})
            return True
        known = details(draft)
        before = dict(known)
        reason = reasons.cancelling(turn.heard.text)
        known["reason"] = reason if reason != reasons.NOT_SAID else known.get("reason", reason)
        known["at_end"] = "buy" if renting.buys(turn.heard.text) else known.get("at_end", "return")
        if subscription.status == "ending":
            self._say_if_done(turn, draft, subscription)
        else:
            self._say_when_possible(turn, subscription)
        return bool(known["at_end"] != before.get("at_end", "return"))

    def _say_if_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        """What is cancelled already can only be bought instead of being sent back."""
        if details(draft)["at_end"] == "return" or subscription.at_end == "buy":
            self.say_wrong_status(turn, subscription)
            draft["state"] = "nothing"

    def _say_when_possible(self, turn: Turn, subscription: Subscription) -> None:
        """The day of the end is the contract's: who wishes for another is told so."""
        if days.is_impossible(turn.heard.text):
            turn.say("utter_no_such_day")
            return
        wished = days.day_said(turn.heard.text, turn.today)
        earliest = subscription.earliest_end_on
        if wished and earliest and wished.isoformat() != earliest:
            turn.say("utter_end_only_then", date=turn.day(earliest))

    def other_ways(self, turn: Turn, subscription: Subscription) -> Sequence[Button]:
        limit = subscription.pause_limit
        can_pause = subscription.status == "active" and limit is not None and limit.why_not is None
        return [button(turn.either("Lieber pausieren", "Pause instead"), "pause_subscription")] if can_pause else []

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        buys = details(draft).get("at_end") == "buy"
        turn.say(
            "utter_ask_end_and_buy_confirmed" if buys else "utter_ask_end_confirmed",
            buttons=buttons,
            product=subscription.product_name,
            date=day(turn, subscription.earliest_end_on),
            price=turn.money(subscription.purchase_price) if subscription.purchase_price else "",
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known, key = details(draft), draft["key"]
        if subscription.status == "ending":  # the shop knows one cancellation: what becomes of the piece is part of it
            await turn.backend.keep_subscription(turn.customer, subscription.number, key=f"{key}-kept")
        reason, at_end = known.get("reason", reasons.NOT_SAID), known.get("at_end", "return")
        return await turn.backend.cancel_subscription(turn.customer, subscription.number, reason, at_end, key=key)

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        buys = subscription.at_end == "buy"
        turn.say(
            "utter_ended_and_bought" if buys else "utter_ended",
            product=subscription.product_name,
            date=day(turn, subscription.ends_on),
            price=turn.money(subscription.purchase_price) if subscription.purchase_price else "",
        )

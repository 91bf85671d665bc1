"""A swap is taken back, or ends today."""

from collections.abc import Sequence
from typing import Any

from actions.backend.port import BackendError, Refused, Subscription, Swap
from actions.base import Button, Turn, answer_button
from actions.deeds.deed import Deed, details, span
from actions.deeds.last_deed import LastDeed, last_deed
from actions.deeds.swapping import own_in_words
from actions.forms import Draft
from actions.reading import days
from actions.reading.products import place_named, products_named
from actions.reading.wishes import mentions_of_products


class UndoSwap(Deed):
    """Of several the one that the day or the model points to. What was swapped for good already is swapped again."""

    statuses = ("active", "paused", "ending")
    go_back = "utter_swap_can_be_undone"

    def can_help(self, subscription: Subscription) -> bool:
        return bool(subscription.booked_swaps)

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        booked = subscription.booked_swaps
        last = last_deed(turn)
        if last and last.number == subscription.number and _is_done(last, booked) and _is_meant(turn, last):
            self._swap_again(turn, draft, subscription, last)
            return True
        if details(draft).get("swap") and not _points(turn, booked):
            return False  # it is settled which
        meant = await self._meant(turn, booked)
        if not meant and booked:
            turn.say("utter_no_swap_then", swaps=_in_words(turn, booked))
        if len(meant) > 1 and last and last.number == subscription.number:
            meant = [swap for swap in meant if (swap.product_id, swap.first) == last.swap] or meant
        if len(meant) == 1:
            details(draft)["swap"] = meant[0].model_dump()
        return len(meant) == 1 or not meant

    def _swap_again(self, turn: Turn, draft: Draft, subscription: Subscription, last: LastDeed) -> None:
        """Honestly: it is done, but the former model can be had again."""
        turn.say("utter_swap_done_already", product=subscription.product_name)
        former: dict[str, Any] = {"product": last.swapped_from, "options": dict(last.options)}
        draft.update(deed="swap_product", details={**former, "first": turn.today.isoformat(), "until": None})

    async def _meant(self, turn: Turn, booked: Sequence[Swap]) -> list[Swap]:
        """By place, by model and by day; all, if nothing points to one."""
        place = _place(turn, booked)
        if place is not None:
            return [booked[place]]
        catalog = await turn.backend.products()
        mentions = [products_named(str(found["value"]), catalog) for found in mentions_of_products(turn.heard, catalog)]
        named = {product.id for products in mentions for product in products}
        meant = [swap for swap in booked if swap.product_id in named] or list(booked)
        said = days.days_said(turn.heard.text, turn.today)
        first, last = said.first or said.until, said.until or said.first
        if first is None or last is None:
            return meant
        return [swap for swap in meant if _is_out(swap, first.isoformat(), last.isoformat())]

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        return "swap" if len(subscription.booked_swaps) > 1 and not details(draft).get("swap") else None

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        titles = [_swap_in_words(turn, swap) for swap in subscription.booked_swaps]
        turn.say("utter_ask_which_swap", buttons=[answer_button(title) for title in titles])

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        booked = subscription.booked_swaps
        if not booked:
            raise Refused("not-swapped", {})
        details(draft).setdefault("swap", booked[0].model_dump())

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        swap = Swap.model_validate(details(draft)["swap"])
        runs = swap.first <= turn.today.isoformat()
        turn.say(
            "utter_ask_swap_end_confirmed" if runs else "utter_ask_swap_undo_confirmed",
            buttons=buttons,
            product=await own_in_words(turn, subscription),
            model=swap.product_name,
            days=span(turn, swap.first, swap.until),
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        swap_id = details(draft)["swap"].get("id")
        return await turn.backend.end_swap(turn.customer, subscription.number, swap_id, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        turn.say("utter_swap_undone", product=subscription.product_name)

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if isinstance(error, Refused) and error.slug == "not-swapped":
            turn.say("utter_no_swap_booked")
            return False
        return await super().explain(turn, draft, error)


def _is_done(last: LastDeed, booked: Sequence[Swap]) -> bool:
    """Whether what was swapped for good last has taken the former model's place."""
    return last.swapped_from is not None and last.swap not in {(swap.product_id, swap.first) for swap in booked}


def _is_meant(turn: Turn, last: LastDeed) -> bool:
    """Not if another day is named."""
    said = days.day_said(turn.heard.text, turn.today)
    return said is None or last.swap is None or said.isoformat() == last.swap[1]


def _points(turn: Turn, booked: Sequence[Swap]) -> bool:
    """Whether the message says which of them."""
    is_day = days.day_said(turn.heard.text, turn.today) is not None
    return is_day or _place(turn, booked) is not None or bool(turn.heard.all("product"))


def _place(turn: Turn, booked: Sequence[Swap]) -> int | None:
    """ "die zweite"; "am zweiten Dezember" is a day."""
    has_place = len(booked) > 1 and not turn.heard.all("date")
    return place_named(turn.heard.text, len(booked)) if has_place else None


def _is_out(swap: Swap, first: str, last: str) -> bool:
    return swap.first <= last and (swap.until or "9999") >= first


def say_swaps(turn: Turn, subscriptions: Sequence[Subscription]) -> None:
    """Who asks what is booked."""
    booked = [swap for subscription in subscriptions for swap in subscription.booked_swaps]
    turn.say("utter_swaps_booked" if booked else "utter_no_swap_booked", swaps=_in_words(turn, booked))


def _in_words(turn: Turn, booked: Sequence[Swap]) -> str:
    return turn.listed([_swap_in_words(turn, swap) for swap in booked])


def _swap_in_words(turn: Turn, swap: Swap) -> str:
    return f"{swap.product_name} {span(turn, swap.first, swap.until)}"

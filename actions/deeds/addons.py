"""Services on top of a rented piece: insurance, lessons, a starter package."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.backend.port import Addon, BackendError, Product, Refused, Subscription
from actions.base import Button, Turn, answer_button
from actions.deeds.deed import Deed, details, product_of
from actions.forms import Draft
from actions.reading import renting
from actions.reading.answers import is_question
from actions.reading.products import addon_mentions
from actions.reading.wishes import wishes

_OFF = re.compile(
    r"\b(?:ohne|\w*raus\w*|weg|wegnehm\w*|wieder ab\w*|absag\w*|kündig\w*|kuendig\w*|abbestell\w*|abwähl\w*|nicht mehr|without|drop|remove|cancel|no more|stop)\b",
    re.I,
)


class BookAddon(Deed):
    """Insurance, lessons, a starter package: booked on top, or taken off again."""

    statuses = ("active", "pending", "paused", "ending")
    go_back = "utter_addon_can_go"

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        product = await product_of(turn, subscription)
        addon = addon_named(turn, product)
        if is_question(turn.heard.text) and renting.asks_what_is_covered(turn.heard.text) and (asked or not addon):
            _describe(turn, [one for one in product.addons if addon in (None, one.id)])
            return True
        if addon is None:
            return False
        is_booked = any(booked.id == addon for booked in subscription.addons)
        details(draft).update(addon=addon, off=is_booked and bool(_OFF.search(turn.heard.text)))
        return True

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        return None if details(draft).get("addon") else "addon"

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        product = await product_of(turn, subscription)
        booked = {addon.id for addon in subscription.addons}
        offered = [addon for addon in product.addons if addon.id not in booked]
        titles = [turn.named(addon.name) for addon in offered]
        prices = [
            f"{turn.named(a.name)} ({turn.money(a.price)}{turn.either(' im Monat', ' a month') if a.monthly else ''})"
            for a in offered
        ]
        turn.say(
            "utter_ask_addon",
            buttons=[answer_button(title) for title in titles],
            product=product.name,
            addons=turn.listed(prices, choice=True),
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if not known.get("off") and any(addon.id == known["addon"] for addon in subscription.addons):
            raise Refused("addon-booked", {})
        if known.get("off") and not all(addon.monthly for addon in subscription.addons if addon.id == known["addon"]):
            raise Refused("addon-paid", {})
        await turn.backend.preview_subscription(turn.customer, subscription.number, self._change(draft, subscription))

    def _change(self, draft: Draft, subscription: Subscription) -> Mapping[str, Any]:
        known = details(draft)
        others = [addon.id for addon in subscription.addons if addon.id != known["addon"]]
        return {"addons": others if known.get("off") else [*others, known["addon"]]}

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        known = details(draft)
        change = self._change(draft, subscription)
        preview = await turn.backend.preview_subscription(turn.customer, subscription.number, change)
        product = await product_of(turn, subscription)
        addon = next(addon for addon in product.addons if addon.id == known["addon"])
        response = "utter_ask_addon_off_confirmed" if known.get("off") else "utter_ask_addon_confirmed"
        turn.say(
            response if addon.monthly or known.get("off") else "utter_ask_addon_once_confirmed",
            buttons=buttons,
            addon=turn.named(addon.name),
            description=turn.named(addon.description).rstrip("."),
            product=product.name,
            price=turn.money(addon.price),
            after=turn.money(preview.monthly_after),
            due=turn.money(preview.due_now),
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        change = self._change(draft, subscription)
        return await turn.backend.change_subscription(turn.customer, subscription.number, change, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        named = turn.listed([turn.named(addon.name) for addon in subscription.addons])
        turn.say(
            "utter_addon_booked" if named else "utter_addons_gone",
            product=subscription.product_name,
            addons=named,
            monthly=turn.money(subscription.monthly_total),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if isinstance(error, Refused) and error.slug == "addon-booked":
            turn.say("utter_addon_booked_already")
            return False
        if isinstance(error, Refused) and error.slug == "addon-paid":
            turn.say("utter_addon_paid_already")
            return False
        return await super().explain(turn, draft, error)


def _describe(turn: Turn, addons: Sequence[Addon]) -> None:
    for addon in addons:
        description = turn.named(addon.description).rstrip(".")
        turn.say("utter_addon_described", addon=turn.named(addon.name), description=description)


async def for_addon(turn: Turn) -> str:
    """What a wish for an add-on is about, when nothing is subscribed: a pending order, or a product to be ordered."""
    catalog = await turn.backend.products()
    orders = await turn.backend.orders(turn.customer)
    pending = {line.product_id for order in orders if order.status == "pending" for line in order.items}
    if any(addon_mentions(turn.heard.text, product) for product in catalog if product.id in pending):
        return "change"
    named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
    return "order" if len(named) == 1 and addon_mentions(turn.heard.text, named[0]) else "nothing"


def addon_named(turn: Turn, product: Product) -> str | None:
    value = turn.heard.first("addon")
    mentions = addon_mentions(turn.heard.text, product)
    if mentions:
        return mentions[0].addon.id
    return next((addon.id for addon in product.addons if addon.id == value), None)

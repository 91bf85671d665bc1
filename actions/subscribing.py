"""A running subscription: what is to be done with it (actions/subscription_deeds.py), to which one, and a yes."""

import re
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions.backend.port import BackendError, NotFound, Product, Subscription
from actions.base import Button, Event, GoalAction, Turn, answer_button, button, yes_no
from actions.forms import Draft, go_on
from actions.goal_form import FinishGoal, GoalForm, GoalQuestion, GoalSummary, human_button
from actions.reading.answers import is_question
from actions.reading.products import place_named
from actions.reading.wishes import wishes
from actions.showing import options_in_words
from actions.subscription_deeds import DEEDS, Deed, for_addon

OF_RENTED = {
    "cancel_order": "cancel_subscription",
    "return_order": "cancel_subscription",
    "change_order": "change_plan",
    "exchange_item": "swap_product",
    "check_availability": "swap_product",
}
"""What is meant of a rented thing by who speaks of it as of a bought one."""
RUNNING = ("pending", "active", "paused", "ending")
MAX_TOLD = 4
_NUMBER = re.compile(r"\bsb\s?-?\s?(\d{4,9})\b", re.I)
_POINTED = re.compile(r"\b(das|dieses|mein|es|it|that|this|the)\b", re.I)


def subscription_number_said(turn: Turn) -> str | None:
    """SB-200001, typed or from a button."""
    values = [str(found["value"]) for found in turn.heard.all("order_number")]
    match = next((match for text in (*values, turn.heard.text) if (match := _NUMBER.search(text))), None)
    return f"SB-{match[1]}" if match else None


async def running_subscriptions(turn: Turn) -> list[Subscription]:
    """The customer's own that have not ended, newest first."""
    return [found for found in await turn.backend.subscriptions(turn.customer) if found.status in RUNNING]


async def meant_among(turn: Turn, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """Those that the words point to: by number, product, place, or as the one spoken of last; all, if by nothing.

    Raises NotFound for a number that is not the customer's.
    """
    number = subscription_number_said(turn)
    if number:
        return [await turn.backend.subscription(turn.customer, number)]
    catalog = await turn.backend.products()
    named = {product.id for wish in wishes(turn.heard, catalog) for product in wish.products}
    with_product = [found for found in subscriptions if found.product_id in named]
    if with_product:
        return with_product
    place = place_named(turn.heard.text, len(subscriptions))
    if place is not None and len(subscriptions) > 1:
        return [subscriptions[place]]
    spoken_of = [found for found in subscriptions if found.number == turn.slot("last_subscription")]
    return spoken_of if spoken_of and _POINTED.search(turn.heard.text) else list(subscriptions)


class SubscriptionForm(GoalForm):
    """One form for all that can be done with a subscription, so that who changes their mind between them starts nothing anew."""

    form = "subscription_form"
    draft_slot = "subscription_draft"
    questions = ("subscription_number", "subscription_detail", "subscription_confirmed")
    intents = frozenset(DEEDS)

    async def begin(self, turn: Turn, draft: Draft) -> None:
        draft["deed"] = turn.heard.intent if turn.heard.intent in DEEDS else OF_RENTED[turn.heard.intent]
        subscriptions = await running_subscriptions(turn)
        if not subscriptions and not subscription_number_said(turn):
            await self._say_none(turn, draft)
            return
        try:
            await self._choose(turn, draft, subscriptions)
        except NotFound:
            turn.say("utter_subscription_not_found")
            draft["state"] = "nothing"

    async def _say_none(self, turn: Turn, draft: Draft) -> None:
        """Who has no subscription may mean the order being put together, or one that is pending."""
        draft["state"] = "nothing"
        if draft["deed"] == "book_addon":
            draft["state"] = await for_addon(turn)
        elif draft["deed"] == "swap_product":
            draft["state"] = "exchange" if await _has_orders(turn) else "nothing"
        if draft["state"] == "nothing":
            _say_no_subscription(turn)

    async def _choose(self, turn: Turn, draft: Draft, subscriptions: Sequence[Subscription]) -> None:
        """The subscription, if it is clear, and what is said of it besides."""
        deed = DEEDS[draft["deed"]]
        meant = await meant_among(turn, subscriptions)
        fitting = [found for found in meant if found.status in deed.statuses] or meant
        if len(fitting) != 1:
            draft["first"] = draft.get("first") or {"text": turn.heard.text, "entities": list(turn.heard.entities)}
            return
        draft["number"] = fitting[0].number
        if fitting[0].status not in deed.statuses:
            _say_wrong_status(turn, fitting[0], deed)
            draft["state"] = "nothing"
            return
        await deed.read(turn, draft, fitting[0], asked=None)

    async def read(self, turn: Turn, draft: Draft, question: str) -> bool:
        intent = turn.heard.intent
        if intent in DEEDS and intent != draft["deed"] and question != "subscription_number":
            return await self._change_deed(turn, draft, intent)
        if question == "subscription_number":
            await self._choose(turn, draft, await running_subscriptions(turn))
            return bool(draft.get("number"))
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        asked = draft.get("detail") if question == "subscription_detail" else None
        return await DEEDS[draft["deed"]].read(turn, draft, subscription, asked=asked)

    async def _change_deed(self, turn: Turn, draft: Draft, intent: str) -> bool:
        """ "ach, dann lieber pausieren": the same subscription, another deed."""
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        deed = DEEDS[intent]
        if subscription.status not in deed.statuses:
            _say_wrong_status(turn, subscription, deed)
            return True
        draft.update(deed=intent, details={}, detail=None)
        await deed.read(turn, draft, subscription, asked=None)
        return True

    async def missing(self, turn: Turn, draft: Draft) -> str | None:
        if not draft.get("number"):
            return "subscription_number"
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        draft["detail"] = await DEEDS[draft["deed"]].missing(turn, draft, subscription)
        return "subscription_detail" if draft["detail"] else None

    async def check(self, turn: Turn, draft: Draft) -> None:
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        await DEEDS[draft["deed"]].check(turn, draft, subscription)

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        return await DEEDS[draft["deed"]].explain(turn, draft, error)


def _say_no_subscription(turn: Turn) -> None:
    """Who only asks how it would be is told that."""
    general = is_question(turn.heard.text)
    turn.say("utter_about_subscriptions" if general else "utter_no_subscription", phone=turn.settings.service_phone)


async def _has_orders(turn: Turn) -> bool:
    return bool(await turn.backend.orders(turn.customer))


def _say_wrong_status(turn: Turn, subscription: Subscription, deed: Deed) -> None:
    turn.say(
        f"utter_subscription_is_{subscription.status}",
        buttons=[human_button(turn)] if subscription.status != "pending" else [],
        number=subscription.number,
        product=subscription.product_name,
        date=_day(turn, subscription.ends_on or (subscription.pause.until if subscription.pause else None)),
    )


def _day(turn: Turn, iso: str | None) -> str:
    return turn.day(iso) if iso else ""


class AskSubscriptionNumber(GoalAction):
    """Which of several?"""

    action_name = "action_ask_subscription_number"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        running = await running_subscriptions(turn)
        buttons = [answer_button(f"{found.number}: {named(turn, found, catalog)}"[:40]) for found in running[:5]]
        turn.say("utter_ask_which_subscription", buttons=buttons)
        return []


class AskSubscriptionDetail(GoalQuestion):
    """What the deed lacks: a day, a model, a term, an add-on."""

    action_name = "action_ask_subscription_detail"
    draft_slot = "subscription_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        await DEEDS[draft["deed"]].ask(turn, draft, subscription)


class AskSubscriptionConfirmed(GoalSummary):
    """Names the subscription, what changes and the money."""

    action_name = "action_ask_subscription_confirmed"
    draft_slot = "subscription_draft"

    async def say_summary(self, turn: Turn, draft: Draft) -> None:
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        deed = DEEDS[draft["deed"]]
        await deed.say_summary(turn, draft, subscription, [*yes_no(turn), *deed.other_ways(turn, subscription)])


class FinishSubscription(FinishGoal):
    """Does it, and says what is true from now on."""

    action_name = "action_finish_subscription"
    form = "subscription_form"
    draft_slot = "subscription_draft"

    async def act(self, turn: Turn) -> list[Event]:
        state = (turn.slot(self.draft_slot) or {}).get("state")
        if state in ELSEWHERE:
            return [SlotSet(self.draft_slot, None), FollowupAction(ELSEWHERE[state])]
        if state == "resumed":
            return [SlotSet(self.draft_slot, None), *go_on(turn)]
        return await super().act(turn)

    async def do(self, turn: Turn, draft: Draft) -> Sequence[Event]:
        deed = DEEDS[draft["deed"]]
        before = await turn.backend.subscription(turn.customer, draft["number"])
        after = await deed.do(turn, draft, before)
        deed.say_done(turn, draft, after)
        return [SlotSet("last_subscription", after.number)]

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        return await DEEDS[draft["deed"]].explain(turn, draft, error)


ELSEWHERE = {"change": "change_form", "order": "order_form", "exchange": "return_form"}
"""What the message was about after all."""


class SubscriptionStatus(GoalAction):
    """What is subscribed, until when, for how much, and when the next money is due."""

    action_name = "action_subscription_status"

    async def act(self, turn: Turn) -> list[Event]:
        try:
            meant = await meant_among(turn, await running_subscriptions(turn))
        except NotFound:
            turn.say("utter_subscription_not_found")
            return []
        if not meant:
            if turn.open_form != "order_form":  # which shows how things stand
                turn.say("utter_no_subscription", phone=turn.settings.service_phone)
            return []
        catalog = await turn.backend.products()
        for subscription in meant[:MAX_TOLD]:
            _tell(turn, subscription, catalog, ways=len(meant) == 1)
        return [SlotSet("last_subscription", meant[0].number)] if len(meant) == 1 else []


def _tell(turn: Turn, subscription: Subscription, catalog: Sequence[Product], *, ways: bool) -> None:
    turn.say(
        f"utter_subscription_{subscription.status}",
        buttons=_ways_on(turn, subscription) if ways and not turn.open_form else [],
        number=subscription.number,
        product=named(turn, subscription, catalog),
        plan=turn.named(subscription.plan.name),
        monthly=turn.money(subscription.monthly_total),
        term=_day(turn, subscription.term_ends_on),
        billing=_day(turn, subscription.next_billing_on),
        ends=_day(turn, subscription.ends_on),
        until=_day(turn, subscription.pause.until if subscription.pause else None),
    )
    if subscription.swap:
        turn.say(
            "utter_subscription_swap" if subscription.swap.until else "utter_subscription_swap_for_good",
            product=subscription.swap.product_name,
            first=_day(turn, subscription.swap.first),
            until=_day(turn, subscription.swap.until),
        )


def _ways_on(turn: Turn, subscription: Subscription) -> list[Button]:
    if subscription.status != "active":
        return []
    number = subscription.number
    return [
        button(turn.either("Pausieren", "Pause"), "pause_subscription", order_number=number),
        button(turn.either("Tarif ändern", "Change plan"), "change_plan", order_number=number),
        button(turn.either("Kündigen", "Cancel"), "cancel_subscription", order_number=number),
    ]


def named(turn: Turn, subscription: Subscription, catalog: Sequence[Product]) -> str:
    """ "AeroPix Mini in Rot mit Schutzpaket"."""
    product = next((product for product in catalog if product.id == subscription.product_id), None)
    options = options_in_words(turn, product, subscription.options) if product else ""
    addons = turn.listed([turn.named(addon.name) for addon in subscription.addons])
    return subscription.product_name + options + (turn.either(" mit ", " with ") + addons if addons else "")

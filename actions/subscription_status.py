"""What is subscribed, until when, for how much, when the next money is due, and what is planned."""

import re
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions.backend.port import Money, NotFound, Product, Subscription
from actions.base import Button, Event, GoalAction, Turn, button
from actions.deed_meant import calls_for_deed
from actions.deeds.deed import day, span
from actions.own_subscriptions import meant_among, named, running_subscriptions
from actions.reading import renting

MAX_TOLD = 4
_PAID = re.compile(r"\b(?:(?:be)?zahl\w*|überwies\w*|überweis\w*|abgebucht|pay|paid|charged)\b", re.I)


class SubscriptionStatus(GoalAction):
    """Tells of those that are meant; of several also the sum, if that is asked for."""

    action_name = "action_subscription_status"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.open_form is None and await calls_for_deed(turn):
            return [FollowupAction("subscription_form")]
        try:
            meant = await meant_among(turn, await running_subscriptions(turn))
        except NotFound:
            turn.say("utter_subscription_not_found")
            return []
        if not meant:
            if turn.open_form is None and _PAID.search(turn.heard.text) and await turn.backend.orders(turn.customer):
                return [FollowupAction("payment_form")]  # which tells how it stands with paying
            if turn.open_form != "order_form" or renting.names_subscription(
                turn.heard.text
            ):  # else it shows how things stand
                turn.say("utter_no_subscription", phone=turn.settings.service_phone)
            return []
        catalog = await turn.backend.products()
        for subscription in meant[:MAX_TOLD]:
            _tell(turn, subscription, catalog, ways=len(meant) == 1)
        if len(meant) > 1 and renting.asks_for_sum(turn.heard.text):
            _say_sum(turn, meant)
        return [SlotSet("last_subscription", meant[0].number)] if len(meant) == 1 else []


def _say_sum(turn: Turn, subscriptions: Sequence[Subscription]) -> None:
    paid = [found.monthly_total for found in subscriptions if found.status != "pending"]
    currencies = {money.currency for money in paid}
    if len(currencies) == 1:
        total = Money(amount=sum(money.amount for money in paid), currency=currencies.pop())
        turn.say("utter_subscriptions_sum", monthly=turn.money(total))


def _tell(turn: Turn, subscription: Subscription, catalog: Sequence[Product], *, ways: bool) -> None:
    pause = subscription.pause
    turn.say(
        f"utter_subscription_{subscription.status}",
        buttons=_ways_on(turn, subscription) if ways and not turn.open_form else [],
        number=subscription.number,
        product=named(turn, subscription, catalog),
        plan=turn.named(subscription.plan.name),
        monthly=turn.money(subscription.monthly_total),
        term=day(turn, subscription.term_ends_on),
        billing=day(turn, subscription.next_billing_on),
        ends=day(turn, subscription.ends_on),
        until=day(turn, pause.until if pause else None),
    )
    for swap in subscription.booked_swaps:
        turn.say(
            "utter_subscription_swap" if swap.until else "utter_subscription_swap_for_good",
            product=swap.product_name,
            first=turn.day(swap.first),
            days=span(turn, swap.first, swap.until),
        )
    if pause and subscription.status != "paused":
        turn.say("utter_subscription_pause", days=span(turn, pause.first, pause.until))


def _ways_on(turn: Turn, subscription: Subscription) -> list[Button]:
    if subscription.status != "active":
        return []
    number = subscription.number
    return [
        button(turn.either("Pausieren", "Pause"), "pause_subscription", order_number=number),
        button(turn.either("Tarif ändern", "Change plan"), "change_plan", order_number=number),
        button(turn.either("Kündigen", "Cancel"), "cancel_subscription", order_number=number),
    ]

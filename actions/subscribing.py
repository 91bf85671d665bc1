"""A running subscription: what is to be done with it (actions/deeds), to which one, and a yes."""

import textwrap
from collections.abc import Sequence
from dataclasses import replace

from rasa_sdk.events import FollowupAction, SlotSet

from actions.backend.port import BackendError, NotFound, Subscription
from actions.base import Event, GoalAction, Turn, answer_button, button, yes_no
from actions.deed_meant import DEEDS, OF_RENTED, deed_by_words, deed_meant
from actions.deeds import last_deed
from actions.deeds.addons import for_addon
from actions.deeds.deed import product_of
from actions.deeds.pausing import say_how_long
from actions.deeds.swap_undoing import say_swaps
from actions.forms import Draft, go_on
from actions.goal_form import FinishGoal, GoalForm, GoalQuestion, GoalSummary
from actions.own_orders import number_said
from actions.own_subscriptions import (
    meant_among,
    named,
    names_what_is_not_rented,
    running_subscriptions,
    subscription_number_said,
)
from actions.product_answers import picks_one_shown, say_premium
from actions.reading import answers, renting
from actions.reading.answers import is_question
from actions.reading.products import place_named

LONGEST_TITLE = 40
"""Characters of a button that names a subscription."""
OF_OPEN_DEED = frozenset({*OF_RENTED, "place_order", "start_subscription"}) - {"check_availability"}
"""What "M blue", "the black one" and "take it back" are taken for in the midst of a deed."""
OF_WHAT_IS_NAMED = ("cancel_subscription", "pause_subscription", "resume_subscription")
"""Deeds that name no other product than the one that they are about."""
TAKES_BACK = ("undo_swap", "resume_subscription", "cancel_subscription")
"""Deeds to which "take it back" is a yes rather than a no."""


class SubscriptionForm(GoalForm):
    """One form for all that can be done with a subscription, so that who changes their mind between them starts nothing anew."""

    form = "subscription_form"
    draft_slot = "subscription_draft"
    questions = ("subscription_number", "subscription_detail", "subscription_confirmed")
    intents = frozenset(DEEDS)

    async def begin(self, turn: Turn, draft: Draft) -> None:
        subscriptions = await running_subscriptions(turn)
        deed = await deed_meant(turn, subscriptions)
        if deed is None:  # handed over by a form that found nothing of its own
            draft["state"] = "nothing"
            return
        draft["deed"] = deed
        if not subscriptions and not subscription_number_said(turn):
            await self._say_none(turn, draft)
            return
        if await _answers_question(turn, draft, subscriptions) or await _says_not_rented(turn, draft, subscriptions):
            draft["state"] = "nothing"
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
        elif await picks_one_shown(turn):
            draft["state"] = "order"
        elif draft["deed"] == "swap_product":
            draft["state"] = "exchange" if await _has_orders(turn) else "nothing"
        if draft["state"] == "nothing":
            await _say_no_subscription(turn)

    async def _choose(self, turn: Turn, draft: Draft, subscriptions: Sequence[Subscription]) -> None:
        """The subscription, if it is clear, and what is said of it besides."""
        deed = DEEDS[draft["deed"]]
        meant = await meant_among(turn, [found for found in subscriptions if deed.can_help(found)] or subscriptions)
        fitting = [found for found in meant if found.status in deed.statuses] or meant
        if len(fitting) != 1:
            draft["first"] = draft.get("first") or {"text": turn.heard.text, "entities": list(turn.heard.entities)}
            return
        draft["number"] = fitting[0].number
        if fitting[0].status not in deed.statuses:
            deed.say_wrong_status(turn, fitting[0])
            draft["state"] = "nothing"
            return
        await self._read_all(turn, draft, fitting[0])

    async def _read_all(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        """What was said first, and what was said of it when it was asked which one."""
        answer, first = turn.heard, draft.get("first")
        if first:
            turn.heard = replace(answer, text=first["text"], entities=tuple(first["entities"]))
            await DEEDS[draft["deed"]].read(turn, draft, subscription, asked=None)
            turn.heard = answer
        only_chooses = first and (place_named(answer.text, 4) is not None or subscription_number_said(turn))
        if not only_chooses:
            await DEEDS[draft["deed"]].read(turn, draft, subscription, asked=None)

    async def read(self, turn: Turn, draft: Draft, question: str) -> bool:
        if question == "subscription_number":
            await self._choose(turn, draft, await running_subscriptions(turn))
            return bool(draft.get("number"))
        subscription = await turn.backend.subscription(turn.customer, draft["number"])
        deed = await self._other_deed(turn, draft, subscription, question)
        if deed:
            return await self._change_deed(turn, draft, subscription, deed)
        if self._answers_aside(turn, draft, subscription, question):
            return True
        asked = draft.get("detail") if question == "subscription_detail" else None
        found = await DEEDS[draft["deed"]].read(turn, draft, subscription, asked=asked)
        return found or await self._is_about(turn, subscription)

    async def _is_about(self, turn: Turn, subscription: Subscription) -> bool:
        """ "doch die Pro", said of the Pro that is being asked about: nothing new, and nothing else either."""
        is_of_open = turn.heard.intent in OF_OPEN_DEED and bool(turn.heard.all("product"))
        if not is_of_open or answers.names_deed(turn.heard.text):
            return False
        return not await names_what_is_not_rented(turn, [subscription])

    async def _other_deed(self, turn: Turn, draft: Draft, subscription: Subscription, question: str) -> str | None:
        """ "ach, dann lieber pausieren"; an answer that only sounds like another deed names none."""
        if renting.asks_what_is_booked(turn.heard.text):
            return None
        by_words = await deed_by_words(turn, [subscription], meanwhile=True)
        is_answer = question == "subscription_detail" and not renting.names_deed(turn.heard.text)
        is_guess = turn.heard.confidence < answers.SURE and not renting.names_deed(turn.heard.text)
        by_intent = turn.heard.intent in DEEDS and (bool(turn.heard.all("addon")) or not (is_answer or is_guess))
        deed = by_words or (turn.heard.intent if by_intent else None)
        is_same = deed == draft["deed"] or (deed == "swap_product" and draft["deed"] == "undo_swap")
        return None if is_same else deed

    async def _change_deed(self, turn: Turn, draft: Draft, subscription: Subscription, name: str) -> bool:
        """The same subscription, another deed."""
        deed = DEEDS[name]
        if subscription.status not in deed.statuses:
            deed.say_wrong_status(turn, subscription)
            return True
        draft.update(deed=name, details={}, detail=None)
        await deed.read(turn, draft, subscription, asked=None)
        return True

    def _answers_aside(self, turn: Turn, draft: Draft, subscription: Subscription, question: str) -> bool:
        """What is asked about the deed itself; the question, or the summary with its days and its price, then comes again."""
        text = turn.heard.text
        if renting.names_swap(text) and renting.asks_what_is_booked(text):
            say_swaps(turn, [subscription])
            return True
        if turn.heard.all("product") or answers.agrees(turn.heard):
            return False
        if renting.asks_to_go_back(text):
            turn.say(DEEDS[draft["deed"]].go_back)
            return True
        if renting.asks_what_follows(text):
            turn.say("utter_after_the_term")
            return True
        return question == self.questions[-1] and is_question(text) and renting.asks_for_summary(text)

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if not draft.get("deed"):  # gone back to after it was done
            draft["state"] = "nothing"
        return await super().next_question(turn, draft)

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

    async def _is_given_up(self, turn: Turn, question: str) -> bool:
        """No question of a deed can be answered with a no, except the last, which then ends it as well."""
        says_no = turn.heard.intent == "deny" or self._leaves_off(turn)
        corrects = turn.heard.all("product") and not renting.takes_back(turn.heard.text)
        is_no = says_no and not corrects and question != self.questions[-1]
        return is_no or await super()._is_given_up(turn, question)

    def _leaves_off(self, turn: Turn) -> bool:
        """ "cancel", "I changed my mind, don't cancel", said to a question: the deed, and not an order."""
        deed = (turn.slot(self.draft_slot) or {}).get("deed")
        is_about_order = turn.heard.intent == "cancel_order" and number_said(turn) is None
        return is_about_order and deed not in TAKES_BACK

    def is_taken_back(self, turn: Turn) -> bool:
        """ "cancel", "take that back", said to a summary of something else."""
        deed = (turn.slot(self.draft_slot) or {}).get("deed")
        is_about_other = renting.names_swap(turn.heard.text) or renting.names_subscription(turn.heard.text)
        return deed not in TAKES_BACK and renting.takes_back_that(turn.heard.text) and not is_about_other

    def _is_elsewhere(self, turn: Turn) -> bool:
        if turn.heard.intent in OF_OPEN_DEED and not turn.heard.all("product"):
            return number_said(turn, typed=False) is not None
        return super()._is_elsewhere(turn)


async def _answers_question(turn: Turn, draft: Draft, subscriptions: Sequence[Subscription]) -> bool:
    """Who only asks how it would be is told that."""
    text = turn.heard.text
    if draft["deed"] in ("swap_product", "undo_swap") and renting.asks_what_is_booked(text):
        say_swaps(turn, subscriptions)
        return True
    if draft["deed"] == "pause_subscription" and is_question(text) and renting.asks_how_long(text):
        for subscription in await meant_among(turn, subscriptions):
            say_how_long(turn, subscription)
        return True
    if draft["deed"] == "cancel_subscription" and _takes_back_nothing(turn):
        title = turn.either("Abo kündigen", "Cancel the subscription")
        turn.say("utter_what_to_take_back", buttons=[button(title, "cancel_subscription")])
        return True
    is_cancelled = any(found.status == "ending" for found in subscriptions)
    if draft["deed"] == "cancel_subscription" and not is_cancelled and _keeps(text):
        turn.say("utter_nothing_cancelled")
        return True
    if draft["deed"] == "change_plan" and renting.compares_plans(text):
        return await say_premium(turn, [await product_of(turn, found) for found in subscriptions])
    return False


def _takes_back_nothing(turn: Turn) -> bool:
    """ "take that back", when nothing was done that it could mean: no reason to end a subscription."""
    text = turn.heard.text
    is_of_order = turn.heard.intent in OF_RENTED and not turn.heard.all("product")
    return is_of_order and renting.takes_back_that(text) and not renting.names_subscription(text)


def _keeps(text: str) -> bool:
    """ "doch nicht kündigen"."""
    return renting.takes_back_cancellation(text) and not is_question(text)


async def _says_not_rented(turn: Turn, draft: Draft, subscriptions: Sequence[Subscription]) -> bool:
    """Nothing is ended because something else is named that the customer has not rented."""
    if draft["deed"] not in OF_WHAT_IS_NAMED or not await names_what_is_not_rented(turn, subscriptions):
        return False
    catalog = await turn.backend.products()
    rented = turn.listed([named(turn, found, catalog) for found in subscriptions])
    buying = renting.buys_at_end(turn.heard.text)
    turn.say("utter_about_buying_at_end" if buying else "utter_not_rented", rented=rented)
    return True


async def _say_no_subscription(turn: Turn) -> None:
    text = turn.heard.text
    if renting.compares_plans(text) and await say_premium(turn, []):
        return
    if renting.buys_at_end(text) and is_question(text):
        turn.say("utter_about_buying_at_end")
        return
    general = is_question(text)
    turn.say("utter_about_subscriptions" if general else "utter_no_subscription", phone=turn.settings.service_phone)


async def _has_orders(turn: Turn) -> bool:
    return bool(await turn.backend.orders(turn.customer))


class AskSubscriptionNumber(GoalAction):
    """Which of several?"""

    action_name = "action_ask_subscription_number"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        running = await running_subscriptions(turn)
        titles = [f"{found.number}: {named(turn, found, catalog)}" for found in running[:5]]
        buttons = [answer_button(textwrap.shorten(title, LONGEST_TITLE, placeholder=" …")) for title in titles]
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
        last = last_deed.noted(draft["deed"], draft.get("details") or {}, before)
        return [SlotSet("last_subscription", after.number), SlotSet(last_deed.SLOT, last)]

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        return await DEEDS[draft["deed"]].explain(turn, draft, error)


ELSEWHERE = {"change": "change_form", "order": "order_form", "exchange": "return_form"}
"""What the message was about after all."""

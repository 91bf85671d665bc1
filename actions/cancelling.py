"""Cancelling an order."""

from copy import deepcopy

from rasa_sdk.events import FollowupAction, SlotSet

from actions import order_draft, wording
from actions.accounts import ask_for_proof
from actions.backend.port import NotAllowed, NotFound, Order, Unavailable
from actions.base import Event, GoalAction, Turn, yes_no
from actions.deed_meant import calls_for_deed
from actions.forms import GOALS, QUESTIONS_OF_THEIR_OWN, Draft, Form, go_on, is_put_off, reopen
from actions.order_lines import Lines
from actions.own_orders import (
    AFTER_DELIVERY,
    answer_about_cancelling,
    choose_order,
    number_said,
    order_buttons,
    order_with,
    say_too_late,
)
from actions.reading import reasons
from actions.reading.answers import agrees, asks_for_sum, has_reservation, orders_deed, refuses
from actions.showing import lines_in_words


class CancelForm(Form):
    """Which order, and a yes to just that one."""

    form = "cancel_form"
    is_sensitive = True
    draft_slot = "cancel_draft"
    questions = ("cancel_order_number", "cancel_confirmed")

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        intent = turn.heard.intent
        draft["hint"] = None
        reason = reasons.cancelling(turn.heard.text)
        draft["reason"] = reason if reason != reasons.NOT_SAID else draft.get("reason", reason)
        if question is None and await calls_for_deed(turn):
            draft["state"] = "subscription"
            return True
        if answer_about_cancelling(turn):
            if question is None:
                draft["state"] = "nothing"
            return True
        if question == "cancel_confirmed" and asks_for_sum(turn.heard):
            return True
        if question == "cancel_confirmed" and is_put_off(turn.heard):
            draft["hint"] = "waiting"
            return True
        is_answer = question == "cancel_confirmed" and intent not in QUESTIONS_OF_THEIR_OWN
        if is_answer and await self._is_part(turn, draft["number"]):
            draft["state"] = "part"
            return True
        if question is not None and (intent in ("stop", "deny") or refuses(turn.heard.text)):
            draft["state"] = "dropped"
            return True
        if (
            question is None
            or number_said(turn)
            or (question == "cancel_order_number" and intent not in QUESTIONS_OF_THEIR_OWN)
        ):
            await self._choose(turn, draft)
            return True
        if question == "cancel_confirmed" and self._agrees(turn):
            self._confirm(turn, draft)
            return True
        return self._take_nothing(turn)

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        return "cancel_confirmed" if draft.get("number") else "cancel_order_number"

    async def _choose(self, turn: Turn, draft: Draft) -> None:
        try:
            await choose_order(turn, draft)
        except NotFound:
            turn.say("utter_order_not_found")
            draft["state"] = None if draft.get("number") or await order_buttons(turn, "cancel_order") else "nothing"
        if draft.get("number") and await self._is_part(turn, draft["number"]):
            draft["state"] = "part"

    async def _is_part(self, turn: Turn, number: str) -> bool:
        """Whether only some of the order's lines, or some pieces of them, are to go."""
        order, catalog = await order_with(turn, number), await turn.backend.products()
        lines = Lines(order_draft.of_order(order)["lines"], catalog, turn.language)
        return lines.drop(turn.heard) and bool(lines.lines)

    def _agrees(self, turn: Turn) -> bool:
        """A yes, or the wish once more."""
        said_again = turn.heard.intent == "cancel_order" and orders_deed(turn.heard.text)
        return (agrees(turn.heard) or said_again) and not has_reservation(turn.heard.text)

    def _confirm(self, turn: Turn, draft: Draft) -> None:
        if draft.get("shown") == draft["number"]:
            draft["state"] = "confirmed"
            draft["key"] = draft.get("key") or f"cancel-{turn.heard.message_id}"

    def _take_nothing(self, turn: Turn) -> bool:
        elsewhere = turn.heard.intent in (QUESTIONS_OF_THEIR_OWN | GOALS) - {"cancel_order"} or turn.heard.unreadable
        if not elsewhere and turn.heard.intent != "affirm":
            turn.say("utter_not_caught")
        return not elsewhere


class AskCancelOrderNumber(GoalAction):
    """Which of several orders?"""

    action_name = "action_ask_cancel_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_ask_which_order", buttons=await order_buttons(turn, "cancel_order"))
        return []


class AskCancelConfirmed(GoalAction):
    """Names the order and what it cost, and asks for a yes."""

    action_name = "action_ask_cancel_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot("cancel_draft"))
        if draft.get("hint") == "waiting":
            turn.say("utter_no_hurry", buttons=yes_no(turn))
        elif draft.get("tried"):
            turn.say("utter_ask_again", buttons=yes_no(turn))
        else:
            await self._say_summary(turn, draft["number"])
        return [SlotSet("cancel_draft", {**draft, "shown": draft["number"]})]

    async def _say_summary(self, turn: Turn, number: str) -> None:
        order = await order_with(turn, number)
        lines = lines_in_words(turn, order.items, await turn.backend.products())
        total = turn.money(order.total_now)
        turn.say("utter_ask_cancel_confirmed", buttons=yes_no(turn), number=number, lines=lines, total=total)


class FinishCancel(GoalAction):
    """Cancels, or leaves the order as it is."""

    action_name = "action_finish_cancel"

    def not_supported(self, turn: Turn) -> list[Event]:
        return [SlotSet("cancel_draft", None), *go_on(turn)]

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("cancel_draft") or {}
        if draft.get("state") == "unproven":
            return [SlotSet("cancel_draft", None), *ask_for_proof(turn)]
        if draft.get("state") in AFTER_DELIVERY:
            return [SlotSet("cancel_draft", None), FollowupAction(AFTER_DELIVERY[draft["state"]])]
        if draft.get("state") == "part":
            message = {key: turn.tracker.latest_message.get(key) for key in ("text", "entities")}
            first = {**message, "intent": {"name": "cancel_order"}}
            return [
                SlotSet("cancel_draft", None),
                SlotSet("change_draft", {"first": first}),
                FollowupAction("change_form"),
            ]
        try:
            await self._end(turn, draft)
        except NotAllowed as error:
            say_too_late(turn, draft["number"], error.status)
        except NotFound:
            turn.say("utter_order_not_found")
        except Unavailable:
            turn.say("utter_not_cancelled_yet")
            return [SlotSet("cancel_draft", {**draft, "state": None, "tried": True}), *reopen("cancel_form")]
        return [SlotSet("cancel_draft", None), *_forget_change(draft), *go_on(turn, without=_gone(draft))]

    async def _end(self, turn: Turn, draft: Draft) -> None:
        if draft.get("state") == "confirmed":
            reason = draft.get("reason", reasons.NOT_SAID)
            order = await turn.backend.cancel_order(turn.customer, draft["number"], reason=reason, key=draft["key"])
            turn.say("utter_order_cancelled_now", number=order.number)
            await self._say_refund(turn, order)
        elif draft.get("state") == "dropped":
            turn.say("utter_cancel_unsure" if draft.get("tried") else "utter_order_kept")

    async def _say_refund(self, turn: Turn, order: Order) -> None:
        """What was paid comes back."""
        for refund in await turn.backend.refunds(turn.customer):
            if refund.order_number == order.number and refund.reason == "cancellation":
                response = "utter_cancel_refunded" if refund.status == "refunded" else "utter_cancel_refund"
                way = wording.refunded(refund.method, turn.language)
                turn.say(response, amount=turn.money(refund.amount), way=way)


def _gone(draft: Draft) -> frozenset[str]:
    """Forms that are about an order which is no more."""
    return frozenset({"change_form"}) if draft.get("state") == "confirmed" else frozenset()


def _forget_change(draft: Draft) -> list[Event]:
    return [SlotSet("change_draft", None)] if _gone(draft) else []

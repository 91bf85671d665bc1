"""Ordering: from "ich nehm die Mini" to an order that is placed exactly once."""

import re
from copy import deepcopy

from rasa_sdk.events import FollowupAction, SlotSet

from actions import order_draft, service_topics
from actions.backend.port import KeyReused, Order, OutOfStock, Refused, Rejected, Unavailable
from actions.base import Event, GoalAction, Turn, button, response_of, yes_no
from actions.deed_meant import calls_for_deed
from actions.facts import facts
from actions.forms import GOALS, go_on, reopen
from actions.order_checks import say_short
from actions.order_draft import Draft
from actions.order_editing import OrderEditing
from actions.order_questions import OrderQuestion, change_buttons, stop_button
from actions.order_reading import SHORT
from actions.own_orders import answer_about_cancelling
from actions.paying import paid_in_words, payment_of, say_how_to_pay, say_payment_methods, say_payment_refused
from actions.product_answers import in_focus
from actions.reading import addresses, amounts, answers
from actions.reading.heard import span_of
from actions.reading.products import addon_mentions
from actions.reading.wishes import goes_on, wishes
from actions.showing import address_in_words, dated, lines_in_words
from actions.team import tell_parts

_OTHER_ORDER = re.compile(
    r"\b(letzte\w*|alte\w*(?=\s+(?:bestell|auftr|order))|andere\w*|vorige\w*|frühere\w*|gestern\w*|last|previous|other|old|earlier|yesterday\w*)\b",
    re.I,
)
_WHAT_FOR = re.compile(
    r"\b(?:für|fuer|zu|zur|zum|von|vom|for|to|of|fits?|my|our|mein\w*|unser\w*)\s+(?:(?:die|den|das|der|dem|mein\w*|unser\w*|the|my|our|a|ein\w*)\s+)*$",
    re.I,
)
""" "ein Akku für meine …": what comes now is owned, not ordered."""
_SOME = re.compile(
    r"\b(?:one|two|both|ein\w*|zwei|beide\w*)\s+(?:of|von|der)\b|\bdavon\b|\b(?:nur|only|just)\s+(?:die|den|das|the)\b",
    re.I,
)
""" "cancel one of the reds": a part of what is being ordered."""


OWN = frozenset({"place_order", "start_subscription", "change_order", "change_address", "book_addon"})
"""Goals that are about the order being put together, as long as there is one."""


ASKS_TOO = frozenset({"nlu_fallback", "start_subscription"})
"""What "wie weit fliegt die eigentlich?" and "kann ich die auch mieten?" are taken for."""
CORRECTIONS = frozenset({"change_plan", "swap_product", "exchange_item"})
"""Goals that sound like "doch ohne Premium", "lieber die Pro": in the midst of an order they are about that."""
_OWN_SUBSCRIPTION = re.compile(
    r"\b(?:(?:mein\w*|laufende\w*|my|our|unser\w*)\s+(?:\w+\s+)?(?:abo\w*|vertrag\w*|miet\w*|subscription\w*|contract\w*|rental\w*|plan))\b",
    re.I,
)


class OrderForm(OrderEditing):
    """Product, options, quantity, term, address, payment, and a yes."""

    form = "order_form"
    draft_slot = "order_draft"
    questions = (
        "order_product",
        "order_option",
        "order_quantity",
        "order_term",
        "order_address",
        "order_name",
        "order_payment",
        "order_account",
        "order_confirmed",
    )

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        part = await self.missing_part(turn, draft)
        if part == "address" and await self._recall_address(turn, draft):
            part = await self.missing_part(turn, draft)
        if part == "payment" and await self._recall_payment(turn, draft):
            part = await self.missing_part(turn, draft)
        return f"order_{part or 'confirmed'}"

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if await self._is_answered_beside(turn, question):
            self._leave(draft, question)
            return True
        elsewhere = await self._elsewhere(turn, draft, question)
        if elsewhere:
            draft["state"] = elsewhere
            return True
        if question is None and answers.asks_to_return_later(turn.heard.text):
            turn.say("utter_returns", phone=turn.settings.service_phone)
        return await super().take(turn, draft, question)

    async def _is_answered_beside(self, turn: Turn, question: str | None) -> bool:
        """Spare parts, and what people ask of a shop: said, and nothing is ordered by it."""
        if question is None and answers.asks_to_wait(turn.heard.text):
            turn.say("utter_take_your_time")
            return True
        if turn.heard.intent in ("place_order", "change_order", "order_spare_part") and turn.heard.all("part"):
            await tell_parts(turn)
            if not _names_what_to_buy(turn):
                return True
        is_question = answers.is_question(turn.heard.text) and not turn.heard.all("product")
        if is_question and not _orders_on_condition(turn) and service_topics.answered(turn):
            return True
        if is_question and answers.compares_payment(turn.heard.text):
            say_payment_methods(turn)
            return True
        if is_question and turn.heard.intent in ASKS_TOO and await _tells_of_what_is_ordered(turn):
            return True
        return question is not None and turn.heard.intent == "cancel_order" and answer_about_cancelling(turn)

    async def _elsewhere(self, turn: Turn, draft: Draft, question: str | None) -> str | None:
        """What the message is about, if it is not the order being put together: the `state` that leads there."""
        if draft.get("lines") or _orders_on_condition(turn):
            return "change" if question is None and self._is_about_last_order(turn) else None
        if question is None and answers.is_only_payment(turn.heard.text):
            say_payment_methods(turn)
            return "nothing"
        if answers.is_about_return(turn.heard.text):
            if turn.slot("last_order"):
                return "return"
            turn.say("utter_returns", phone=turn.settings.service_phone)
            return "nothing"
        if question is None and await calls_for_deed(turn):
            return "subscription"
        if question is None and _asks_on(turn):
            return "question"
        return "change" if question is None and self._is_about_last_order(turn) else None

    def _is_about_last_order(self, turn: Turn) -> bool:
        """Another address or name, and nothing to order, from somebody who has just ordered."""
        text = turn.heard.text
        if not turn.slot("last_order") or turn.heard.all("product"):
            return False
        is_new_address = "street" in addresses.address_said(text).parts
        is_changed = answers.aspect_named(text) in ("address", "name") and not answers.names_deed(text)
        return is_new_address or is_changed

    async def is_given_up(self, turn: Turn, draft: Draft) -> bool:
        """ "vergiss es"; and "storniere das" while nothing is ordered yet, unless only a part of it is meant."""
        if answers.is_rather_not(turn.heard.text):
            return True
        if turn.heard.intent != "cancel_order":
            return turn.heard.intent == "stop" and not turn.heard.all("city")  # "köln halt" answers "welcher Ort?"
        if _SOME.search(turn.heard.text):
            return False
        is_of_another = turn.heard.all("order_number") or _OTHER_ORDER.search(turn.heard.text)
        catalog = await turn.backend.products()
        lines = draft.get("lines") or ()
        if any(addon_mentions(turn.heard.text, order_draft.product_of(line, catalog)) for line in lines):
            return False
        named = {product.id for wish in wishes(turn.heard, catalog) for product in wish.products}
        ordered = {line["product"] for line in lines}
        return not is_of_another and (not named or bool(ordered and ordered <= named))

    def _leave(self, draft: Draft, question: str | None) -> None:
        """A message that was no order opens none; an order that goes on, does."""
        if question is None and not draft.get("lines"):
            draft["state"] = "nothing"

    def is_elsewhere(self, turn: Turn) -> bool:
        of_an_order = turn.heard.intent in OWN and bool(turn.heard.all("order_number"))
        is_correction = turn.heard.intent in CORRECTIONS and not _OWN_SUBSCRIPTION.search(turn.heard.text)
        of_another_goal = turn.heard.intent in GOALS - OWN and not is_correction
        return super().is_elsewhere(turn) or of_another_goal or of_an_order

    def refuse(self, turn: Turn, draft: Draft, *, summary: bool) -> None:
        if summary and draft.get("tried") == order_draft.contents(draft):
            draft["state"] = "dropped"  # the no was said to "shall I try again?"
        else:
            super().refuse(turn, draft, summary=summary)

    async def _return(self, turn: Turn, draft: Draft) -> list[Event]:
        """Who says goodbye before anything was chosen has ordered nothing, and is asked nothing more."""
        if turn.heard.intent == "goodbye" and not draft.get("lines"):
            return [SlotSet(self.draft_slot, {"state": "nothing"}), SlotSet("requested_slot", None)]
        return await super()._return(turn, draft)

    async def _recall_payment(self, turn: Turn, draft: Draft) -> bool:
        """As the last order was paid, unless a voucher did it or the payment failed; the summary names it."""
        if "payment" in draft:
            return False  # it was taken out
        try:
            orders = await turn.backend.orders(turn.customer)
        except Unavailable:
            return False
        last = next((order for order in orders if order.payment_method != "gift_card"), None)
        if last is not None and not (last.payment and last.payment.status == "failed"):
            draft["payment"] = last.payment_method
        return draft.get("payment") is not None

    async def _recall_address(self, turn: Turn, draft: Draft) -> bool:
        """Where the last order went; the summary names it, and it can be corrected."""
        if draft.get("address") or draft.get("asked_shop"):
            return False
        try:
            customer = await turn.backend.customer(turn.customer)
        except Unavailable:
            return False  # the address is asked for instead
        draft["asked_shop"] = True
        if customer.addresses:
            draft["address"] = customer.addresses[0].model_dump()
        return bool(customer.addresses)


def _asks_on(turn: Turn) -> bool:
    """ "und für ein Jahr?", "und die Mini?", after a price was told."""
    text = turn.heard.text
    was_told = any(response_of(said) == "utter_feature" for said in turn.said_before)
    is_of_other = bool(turn.heard.all("product")) or amounts.term_months(turn.heard) is not None
    is_wish = (
        bool(turn.heard.all("quantity")) or answers.names_deed(text) or re.search(r"\b(?:bitte|please)\b", text, re.I)
    )
    return was_told and goes_on(text) and turn.heard.length <= SHORT and is_of_other and not is_wish


async def _tells_of_what_is_ordered(turn: Turn) -> bool:
    """ "wie weit fliegt die eigentlich?", which could be asked of an owned one, too."""
    spoken_of = in_focus(turn, await turn.backend.products())
    told = {product.name: facts(turn, turn.heard.text, product) for product in spoken_of}
    for name, known in told.items():
        if known:
            turn.say("utter_feature", product=name, features=turn.listed(known))
    return any(told.values())


def _orders_on_condition(turn: Turn) -> bool:
    """ "dann nehme ich den, aber nur wenn ich ihn zurückgeben kann"."""
    return answers.names_deed(turn.heard.text) and answers.asks_to_return_later(turn.heard.text)


def _names_what_to_buy(turn: Turn) -> bool:
    """Whether a product is wanted beside the part: not in "ein Akku für die Mini"."""
    mentions = turn.heard.all("product")
    return any(not _WHAT_FOR.search(turn.heard.text[: span_of(mention)[0]]) for mention in mentions)


class AskOrderConfirmed(OrderQuestion):
    """The summary that a yes is asked for: what, how many, price, term, address, payment."""

    action_name = "action_ask_order_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot("order_draft") or {})
        await self.ask(turn, draft)
        return [SlotSet("order_draft", draft)]

    async def ask(self, turn: Turn, draft: Draft) -> None:
        if draft.get("hint") == "declined":
            turn.say("utter_ask_what_to_change", buttons=[*change_buttons(turn), stop_button(turn)])
            return
        contents = order_draft.contents(draft)
        if draft.get("hint") == "waiting" and draft.get("shown") == contents:
            turn.say("utter_no_hurry", buttons=yes_no(turn))
        elif draft.get("tried") == contents:
            turn.say("utter_ask_again", buttons=yes_no(turn))
        else:
            await self._say_summary(turn, draft)
        draft["shown"] = deepcopy(contents)

    async def _say_summary(self, turn: Turn, draft: Draft) -> None:
        catalog = await turn.backend.products()
        quote = await turn.backend.quote(order_draft.items(draft, catalog))
        turn.say(
            "utter_ask_order_confirmed" if quote.total_monthly is None else "utter_ask_rental_confirmed",
            buttons=yes_no(turn),
            lines=lines_in_words(turn, quote.lines, catalog),
            total=turn.money(quote.total_now),
            monthly=turn.money(quote.total_monthly) if quote.total_monthly else "",
            address=address_in_words(turn, order_draft.address(draft)),
            paid=paid_in_words(turn, draft),
        )


ELSEWHERE = {
    "question": "action_answer_product",
    "change": "change_form",
    "return": "return_form",
    "subscription": "subscription_form",
}
"""What the message was about after all."""


class FinishOrder(GoalAction):
    """Places the order that was confirmed, or lets go of the one that was dropped."""

    action_name = "action_finish_order"

    def not_supported(self, turn: Turn) -> list[Event]:
        return [SlotSet("order_draft", None), *go_on(turn)]

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot("order_draft") or {})
        if draft.get("state") == "nothing":
            return [SlotSet("order_draft", None), *go_on(turn)]
        if draft.get("state") in ELSEWHERE:
            return [SlotSet("order_draft", None), FollowupAction(ELSEWHERE[draft["state"]])]
        if draft.get("state") != "confirmed":
            turn.say("utter_order_dropped_unsure" if draft.get("tried") else "utter_order_dropped")
            return [SlotSet("order_draft", None), *go_on(turn)]
        try:
            order = await self._place(turn, draft)
        except Unavailable:
            return self._try_later(turn, draft)
        except OutOfStock as error:
            return await self._short(turn, draft, error)
        except Refused as error:
            if not say_payment_refused(turn, draft, error):
                turn.say("utter_order_rejected")
                draft.update(address={}, asked_shop=True)
            return _reopened({**draft, "key": None})
        except Rejected:
            turn.say("utter_order_rejected")
            return _reopened({**draft, "address": {}, "asked_shop": True, "key": None})
        return [SlotSet("order_draft", None), SlotSet("last_order", order.number), *go_on(turn)]

    async def _place(self, turn: Turn, draft: Draft) -> Order:
        wanted = order_draft.items(draft, await turn.backend.products())
        address = order_draft.address(draft)
        try:
            payment = payment_of(draft)
            order = await turn.backend.place_order(
                turn.customer, wanted, address, payment, turn.language, key=draft["key"]
            )
        except KeyReused:  # an earlier attempt had reached the shop after all, and the draft was changed since
            order = (await turn.backend.orders(turn.customer))[0]
            await self._say_placed(turn, order, "utter_order_placed_before")
            return order
        await self._say_placed(turn, order, "utter_order_placed")
        say_how_to_pay(turn, order)
        return order

    async def _say_placed(self, turn: Turn, order: Order, response: str) -> None:
        turn.say(
            dated(response, order),
            buttons=[button(turn.either("Wo ist sie?", "Track it"), "track_order", order_number=order.number)],
            number=order.number,
            lines=lines_in_words(turn, order.items, await turn.backend.products()),
            total=turn.money(order.total_now),
            date=turn.day(order.promised_date) if order.promised_date else "",
        )

    def _try_later(self, turn: Turn, draft: Draft) -> list[Event]:
        """Nobody knows whether it arrived: the next attempt carries the same key."""
        turn.say("utter_order_not_placed_yet")
        return _reopened({**draft, "tried": order_draft.contents(draft)})

    async def _short(self, turn: Turn, draft: Draft, error: OutOfStock) -> list[Event]:
        """Somebody was quicker: say so, and go on with what is left."""
        catalog = await turn.backend.products()
        for line in draft["lines"]:
            variant = order_draft.variant_of(line, catalog)
            if variant and variant.id == error.variant_id:
                say_short(turn, line, order_draft.product_of(line, catalog), error.available)
        lines = [line for line in draft["lines"] if line["quantity"] != 0]
        return _reopened({**draft, "lines": lines, "key": None})


def _reopened(draft: Draft) -> list[Event]:
    return [SlotSet("order_draft", {**draft, "state": None, "hint": None}), *reopen("order_form")]

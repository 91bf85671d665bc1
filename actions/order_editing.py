"""What the forms of a new order and of a changed one share: when an answer is one, and when a yes is a yes."""

import abc

from rasa_sdk.events import SlotSet

from actions import order_checks, order_draft
from actions.backend.port import Unavailable, Variant
from actions.base import Event, Turn
from actions.forms import QUESTIONS_OF_THEIR_OWN, Form, is_put_off
from actions.order_draft import Draft, Line
from actions.order_reading import SHORT, OrderReader
from actions.paying import needs_account
from actions.product_answers import FOCUS
from actions.reading import answers
from actions.reading.addresses import address_said
from actions.reading.products import addon_mentions
from actions.reading.wishes import names_premium, rented_apart
from actions.reading.words import vocabulary

MUMBLE = SHORT // 2
"""Words up to which nonsense in the midst of a form is a mumble rather than another matter."""


IN_ONE_QUESTION = ("product", "quantity", "term", "name", "payment", "account")
"""If such a part stays open, something else was said."""


NO_CORRECTIONS = vocabulary("return_order pause_subscription resume_subscription cancel_subscription")
"""Goals that nobody means by a word about the order at hand; "lieber in 43" sounds like an exchange, and is none."""


class OrderEditing(Form):
    """Reads products, options, quantities, terms, addresses and payment; corrections at any time, in any order."""

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        draft["hint"] = None
        part = question.partition("_")[2] if question else None
        if await self._ends(turn, draft, part):
            draft["state"] = "dropped"
            return True
        if self._says_billing_address(turn, draft, part):
            return True
        wishes_delivery = answers.wishes_delivery(turn.heard.text)
        if wishes_delivery:
            turn.say("utter_no_delivery_wishes")
        if part is not None and await self._tells_addon(turn, draft):
            return True
        if part == "confirmed" and answers.asks_for_sum(turn.heard):
            return True  # the summary says it
        if part is not None and turn.heard.intent in NO_CORRECTIONS and turn.heard.confidence >= answers.SURE:
            return False
        before = order_draft.contents(draft)
        found = await self.read(turn, draft, part)
        if found and part and await self._is_aside(turn, draft, part, before):
            turn.say("utter_noted")
        if wishes_delivery and part is not None and order_draft.contents(draft) == before:
            return True
        if part == "confirmed":
            return self._decide(turn, draft, found, changed=order_draft.contents(draft) != before)
        return found or part is None or self._take_nothing(turn, draft)

    def _says_billing_address(self, turn: Turn, draft: Draft, part: str | None) -> bool:
        is_about_it = answers.is_about_billing_address(turn.heard.text) and turn.heard.intent != "request_invoice"
        if is_about_it:
            turn.say("utter_billing_address")
        if is_about_it and part is None and not draft.get("lines"):
            draft["state"] = "nothing"
        return is_about_it

    async def _ends(self, turn: Turn, draft: Draft, part: str | None) -> bool:
        is_whatever = part == "option" and answers.is_whatever(turn.heard.text)
        return part is not None and not is_whatever and await self.is_given_up(turn, draft)

    async def _is_aside(self, turn: Turn, draft: Draft, part: str, before: Draft) -> bool:
        """Whether something was said that the open question did not ask for, which then comes again."""
        after = order_draft.contents(draft)
        if after == before or await self.missing_part(turn, draft) != part:
            return False
        if part == "address":
            return bool(after["address"] == before["address"])
        if part == "option":
            catalog = await turn.backend.products()
            return _chosen_of(order_draft.open_line(after, catalog)) == _chosen_of(
                order_draft.open_line(before, catalog)
            )
        return part in IN_ONE_QUESTION

    async def _tells_addon(self, turn: Turn, draft: Draft) -> bool:
        """Answers a question about an extra; who says "dazu" afterwards has it added."""
        catalog = await turn.backend.products()
        offered = draft.pop("offered_addon", None)
        if offered and answers.adds(turn.heard.text):
            for line in draft["lines"]:
                if offered in {addon.id for addon in order_draft.product_of(line, catalog).addons}:
                    line["addons"] = [*line["addons"], offered]
            return True
        mentions = [
            mention
            for line in draft.get("lines") or ()
            for mention in addon_mentions(turn.heard.text, order_draft.product_of(line, catalog))
            if mention.addon.id not in line["addons"]
        ]
        if not mentions or not answers.is_question(turn.heard.text):
            return False
        addon = mentions[0].addon
        draft["offered_addon"] = addon.id
        turn.say(
            "utter_addon_offer_monthly" if addon.monthly else "utter_addon_offer",
            addon=turn.named(addon.name),
            description=turn.named(addon.description).rstrip("."),
            price=turn.money(addon.price),
        )
        return True

    @abc.abstractmethod
    async def is_given_up(self, turn: Turn, draft: Draft) -> bool:
        """Whether the customer wants none of it any more."""

    def is_elsewhere(self, turn: Turn) -> bool:
        """Whether the message is for a rule or another form to answer."""
        return turn.heard.intent in QUESTIONS_OF_THEIR_OWN or bool(turn.heard.unreadable)

    def pieces_there(self, draft: Draft, line: Line, variant: Variant) -> int:
        """How many of it can be had."""
        return variant.stock

    def refuse(self, turn: Turn, draft: Draft, *, summary: bool) -> None:
        """What a no means: to a summary, that something shall be different."""
        if summary:
            draft.update(hint="declined", shown=None)
        else:
            turn.say("utter_how_to_stop")

    async def read(self, turn: Turn, draft: Draft, part: str | None) -> bool:
        """Puts what was said into the draft, and says what of it cannot be had."""
        catalog = await turn.backend.products()
        known = {product.id for product in catalog}
        draft["lines"] = [
            line for line in draft.get("lines") or () if line["product"] in known
        ]  # products may be dropped
        reader = OrderReader(turn, draft, catalog)
        text = turn.heard.text
        is_payment = answers.is_on_invoice(text) or answers.is_only_payment(text)
        is_address = {"street", "postal_code"} <= address_said(text).parts.keys()
        is_question = turn.heard.intent in QUESTIONS_OF_THEIR_OWN and not (is_payment or is_address)
        asks = part is not None and (is_question or answers.asks_for_stock(turn.heard.text))
        found = reader.read_answer(part) if asks else reader.read(part)
        await self._settle_plans(turn, draft)
        order_checks.check(turn, draft, catalog, lambda line, variant: self.pieces_there(draft, line, variant))
        return found

    async def _settle_plans(self, turn: Turn, draft: Draft) -> None:
        """Who begins a subscription rents; and "Premium" is a plan of the product's family, which is rented too."""
        lines = draft["lines"]
        for line in lines:
            if line["rent"] is None and turn.heard.intent == "start_subscription":
                line["rent"] = True
        if turn.heard.intent in QUESTIONS_OF_THEIR_OWN:
            return
        catalog = await turn.backend.products()
        apart = rented_apart(turn.heard, catalog)
        for line in lines:
            premium = names_premium(apart.get(line["product"], turn.heard))
            if premium is False:
                line["plan"] = None
            family = order_draft.product_of(line, catalog).family if premium else None
            plans = await turn.backend.plans() if premium else ()
            plan = next((plan for plan in plans if plan.premium and plan.family == family), None)
            if plan:
                line.update(rent=True, plan=plan.id)

    async def missing_part(self, turn: Turn, draft: Draft) -> str | None:
        """What must be known before a summary can be shown."""
        catalog = await turn.backend.products()
        open_parts = {
            "product": not draft.get("lines") or (draft.get("pending") or {}).get("products"),
            "option": order_draft.open_line(draft, catalog),
            "quantity": order_draft.open_quantity(draft),
            "term": order_draft.open_term(draft),
            "address": order_draft.missing_in_address(draft),
            "name": not (draft.get("address") or {}).get("name"),
            "payment": not draft.get("payment"),
            "account": await self._needs_account(turn, draft),
        }
        return next((part for part, is_open in open_parts.items() if is_open), None)

    async def _needs_account(self, turn: Turn, draft: Draft) -> bool:
        if draft.get("payment") not in ("direct_debit", "gift_card"):
            return False
        try:
            return needs_account(draft, await turn.backend.customer(turn.customer))
        except Unavailable:
            return not (draft.get("iban") or draft.get("gift_card"))

    def notes(self, draft: Draft) -> list[Event]:
        pending = (draft.get("pending") or {}).get("products")
        products = pending or [line["product"] for line in draft.get("lines") or ()]
        return [SlotSet(FOCUS, products)] if products else []

    def _decide(self, turn: Turn, draft: Draft, found: bool, *, changed: bool) -> bool:
        """What was said to a summary. Only a plain yes to just this summary is one."""
        if changed:
            return True
        if is_put_off(turn.heard):
            draft["hint"] = "waiting"
            return True
        agrees = answers.agrees(turn.heard)
        if agrees and not answers.has_reservation(turn.heard.text):
            if draft.get("shown") == order_draft.contents(draft):
                self._confirm(turn, draft)
            return True
        if agrees or turn.heard.intent == "deny":
            self.refuse(turn, draft, summary=True)
            return True
        return found or self._take_nothing(turn, draft)

    def _confirm(self, turn: Turn, draft: Draft) -> None:
        draft["state"] = "confirmed"
        draft["key"] = draft.get("key") or f"{self.form}-{turn.heard.message_id}"

    def _take_nothing(self, turn: Turn, draft: Draft) -> bool:
        """A message that answers nothing: for somebody else, or not understood; then the question is asked again."""
        is_mumble = turn.heard.intent == "out_of_scope" and turn.heard.length <= MUMBLE
        if self.is_elsewhere(turn) and not is_mumble:
            return False
        if turn.heard.intent == "deny" and draft.get("pending") and draft.get("lines"):
            draft["pending"] = None
        elif turn.heard.intent == "deny":
            self.refuse(turn, draft, summary=False)
        elif turn.heard.intent in ("change_order", "change_address"):
            draft.update(hint="declined", shown=None)  # asks what shall be different
        elif answers.puts_off(turn.heard.text):
            turn.say("utter_take_your_time")
        elif turn.heard.intent != "affirm" and not answers.says_go(turn.heard.text):
            turn.say("utter_not_caught")
        return True


def _chosen_of(line: Line | None) -> object:
    """What an answer to "which colour?" changes of a line."""
    return line and (line["product"], line["options"])

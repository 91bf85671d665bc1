"""Ordering, tracking, changing and cancelling orders."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from actions import order_draft, reading, wording
from actions.backend.port import (
    PAYMENT_METHODS,
    KeyReused,
    Line,
    NotAllowed,
    NotFound,
    Order,
    OutOfStock,
    Product,
    Rejected,
    Unavailable,
)
from actions.base import Button, Event, Form, GoalAction, Turn, go_on
from actions.catalog import card, options_in_words
from actions.order_draft import Draft

QUESTIONS_OF_THEIR_OWN = frozenset(
    "browse_catalog ask_product compare_products check_availability recommend_for_budget track_order greet goodbye thanks "
    "bot_challenge help repeat switch_language talk_to_human out_of_scope".split()
)
"""Intents that a rule answers in the midst of a form, which then comes back to its question."""

YES: Button = {"title": "", "payload": "/affirm"}
NO: Button = {"title": "", "payload": "/deny"}


class OrderForm(Form):
    """From "ich nehm die Mini" to a confirmed order: product, options, term, address, payment, yes."""

    form = "order_form"
    draft_slot = "order_draft"
    questions = ("order_product", "order_option", "order_term", "order_address", "order_name", "order_payment", "order_confirmed")

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        draft["declined"] = False
        if _is_given_up(turn, question):
            draft["state"] = "dropped"
            return True
        if question == "order_confirmed" and turn.heard.intent in ("affirm", "deny") and not _has_news(turn):
            self._decide(turn, draft)
            return True
        draft["summed"] = False
        only_plain = question is not None and turn.heard.intent in QUESTIONS_OF_THEIR_OWN
        taken = await self._take_answer(turn, draft, question, only_plain)
        if not only_plain:
            taken = await self._take_lines(turn, draft, question) or taken
            taken = self._take_delivery(turn, draft, question) or taken
        if taken or question is None:
            await self._check_stock(turn, draft)
            return True
        return self._take_vague(turn, draft)

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        catalog = await turn.backend.products()
        if not draft.get("lines"):
            return "order_product"
        if order_draft.open_line(draft, catalog):
            return "order_option"
        if order_draft.open_term(draft):
            return "order_term"
        await self._recall_address(turn, draft)
        if order_draft.missing_in_address(draft):
            return "order_address"
        if not draft["address"].get("name"):
            return "order_name"
        return "order_confirmed" if draft.get("payment") else "order_payment"

    def _decide(self, turn: Turn, draft: Draft) -> None:
        if turn.heard.intent == "deny":
            draft["declined"] = True
        elif draft.get("summed"):  # a yes to a summary that the shop's absence kept from being shown is none
            draft["state"] = "confirmed"
            draft.setdefault("key", f"order-{turn.heard.message_id}")

    async def _take_answer(self, turn: Turn, draft: Draft, question: str | None, only_plain: bool) -> bool:
        """The answer to what was asked, when the message is one, whatever the NLU took it for."""
        text = turn.heard.text
        if question == "order_option" and (not only_plain or turn.heard.words <= 3):
            return await self._take_options(turn, draft)
        if question == "order_address":
            return _merge_address(draft, reading.address_parts(text), complete_only=only_plain)
        if question == "order_name" and not only_plain and turn.heard.intent not in ("affirm", "deny"):
            return _merge_address(draft, {"name": reading.name_said(text) or ""})
        if question == "order_term" and not only_plain:
            return self._take_term(turn, draft)
        if question == "order_payment" and not only_plain:
            return self._take_payment(turn, draft)
        if question == "order_product" and not turn.heard.all("product") and not only_plain:
            return await self._take_product_words(turn, draft)
        return False

    async def _take_lines(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        """Products, options, quantities and terms, new or corrected."""
        catalog = await turn.backend.products()
        wishes = reading.wishes(turn.heard, catalog)
        taken = self._take_products(turn, draft, wishes, catalog)
        if not draft.get("lines") and question is None and not wishes:
            taken = self._take_focus(turn, draft, catalog) or taken
        if draft.get("lines") and question not in ("order_address", "order_name"):
            taken = self._take_quantity(turn, draft, wishes) or taken
            taken = await self._take_options(turn, draft) or taken
        return self._take_term(turn, draft) or taken

    def _take_products(self, turn: Turn, draft: Draft, wishes: Sequence[reading.Wish], catalog: Sequence[Product]) -> bool:
        clear = [wish for wish in wishes if len(wish.products) == 1]
        for wish in wishes:
            if len(wish.products) != 1 and not clear:
                _ask_among(turn, wish)
        if not clear:
            return False
        lines = [order_draft.new_line(wish.products[0], dict(wish.options), wish.quantity) for wish in clear]
        draft["lines"] = _merged(draft.get("lines") or [], lines, catalog, reading.is_addition(turn.heard.text))
        return True

    def _take_focus(self, turn: Turn, draft: Draft, catalog: Sequence[Product]) -> bool:
        """ "die nehm ich": the product that was spoken of last."""
        in_focus = [product for product in catalog if product.id == turn.slot("focus_product")]
        if in_focus and not turn.heard.all("product"):
            draft["lines"] = [order_draft.new_line(in_focus[0], {}, None)]
        return bool(in_focus)

    async def _take_product_words(self, turn: Turn, draft: Draft) -> bool:
        """An answer to "welches Produkt?" in which the NLU saw no product."""
        catalog = await turn.backend.products()
        found = reading.products_named(turn.heard.text, catalog) if turn.heard.words <= 6 else ()
        if len(found) == 1:
            draft["lines"] = [order_draft.new_line(found[0], reading.options_named(turn.heard.text, found[0]), None)]
        return len(found) == 1

    def _take_quantity(self, turn: Turn, draft: Draft, wishes: Sequence[reading.Wish]) -> bool:
        said = reading.quantity(turn.heard)
        number = said if said is not None else reading.bare_number(turn.heard.text)
        if number is None or any(wish.quantity is not None for wish in wishes):
            return _limited(turn, draft)
        draft["lines"][-1]["quantity"] = number
        _limited(turn, draft)
        return True

    async def _take_options(self, turn: Turn, draft: Draft) -> bool:
        catalog = await turn.backend.products()
        if not draft.get("lines"):
            return False
        line = order_draft.open_line(draft, catalog) or draft["lines"][-1]
        named = reading.options_named(turn.heard.text, order_draft.product_of(line, catalog))
        changed = {key: value for key, value in named.items() if line["options"].get(key) != value}
        line["options"] = {**line["options"], **changed}
        return bool(changed)

    def _take_term(self, turn: Turn, draft: Draft) -> bool:
        if not draft.get("lines"):
            return False
        term, rents = reading.term_months(turn.heard), reading.wants_rent(turn.heard.text)
        if term is None and turn.slot("requested_slot") == "order_term":
            term = reading.bare_number(turn.heard.text)
        if term is None and rents is None:
            return False
        for line in draft["lines"]:
            line["rent"] = True if term else rents
            line["term"] = term or (line["term"] if rents else None)
        return True

    def _take_delivery(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        """An address or a way to pay that was said unasked, or anew."""
        parts = reading.address_parts(turn.heard.text)
        taken = "postal_code" in parts and question != "order_address" and _merge_address(draft, parts)
        return self._take_payment(turn, draft) or taken

    def _take_payment(self, turn: Turn, draft: Draft) -> bool:
        method = reading.payment_method(turn.heard.text)
        if method is None or method == draft.get("payment"):
            return False
        draft["payment"] = method
        return True

    def _take_vague(self, turn: Turn, draft: Draft) -> bool:
        """ "ich will was ändern": said in the midst of an order, it is about this order, and asks what."""
        if turn.heard.intent == "change_order" and not turn.heard.all("order_number"):
            draft["declined"] = True
            return True
        return False

    async def _check_stock(self, turn: Turn, draft: Draft) -> None:
        """What cannot be had is said as soon as it is chosen, not after the address."""
        catalog = await turn.backend.products()
        for line in draft.get("lines", ()):
            product, variant = order_draft.product_of(line, catalog), order_draft.variant_of(line, catalog)
            self._check_term(turn, line, product)
            if variant and variant.stock < line["quantity"]:
                _say_short(turn, line, product, variant.stock)

    def _check_term(self, turn: Turn, line: dict[str, Any], product: Product) -> None:
        if line["rent"] and line["term"] and line["term"] not in product.rental_terms:
            terms = turn.listed([str(term) for term in product.rental_terms], choice=True)
            turn.say("utter_no_such_term", terms=terms, product=product.name)
            line["term"] = None

    async def _recall_address(self, turn: Turn, draft: Draft) -> None:
        """Where the last order went; the summary names it, and it can be corrected."""
        if draft.get("address") or draft.get("asked_shop"):
            return
        draft["asked_shop"] = True
        try:
            customer = await turn.backend.customer(turn.customer)
        except Unavailable:
            return  # then it is asked for
        if customer.addresses:
            draft["address"] = customer.addresses[0].model_dump()


class AskOrderProduct(GoalAction):
    """Which product? With cards, when the words fitted several."""

    action_name = "action_ask_order_product"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        unclear = [wish for wish in reading.wishes(turn.heard, catalog) if len(wish.products) > 1]
        if unclear:
            return []  # the form has just offered the choice
        known = not turn.heard.all("product")
        kinds = turn.listed([wording.kind(kind, turn.language) for kind in dict.fromkeys(product.kind for product in catalog)])
        turn.say("utter_ask_order_product" if known else "utter_unknown_product", kinds=kinds)
        return []


class AskOrderOption(GoalAction):
    """Which colour, which size? Only what is in stock is offered."""

    action_name = "action_ask_order_option"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        line = order_draft.open_line(turn.slot("order_draft"), catalog)
        if line is None:
            return []
        product = order_draft.product_of(line, catalog)
        names = [turn.named(value.name) for value in order_draft.values_in_stock(line, product)]
        option = turn.named(order_draft.open_option(line, product).name)
        buttons = [{"title": name, "payload": name} for name in names]
        choices = turn.listed(names, choice=True)
        turn.say("utter_ask_order_option", buttons=buttons, product=product.name, option=option, choices=choices)
        return []


class AskOrderTerm(GoalAction):
    """For how many months?"""

    action_name = "action_ask_order_term"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        line = order_draft.open_term(turn.slot("order_draft"))
        if line is None:
            return []
        product = order_draft.product_of(line, catalog)
        titles = [wording.months(term, turn.language) for term in product.rental_terms]
        turn.say("utter_ask_order_term", buttons=[{"title": title, "payload": title} for title in titles], product=product.name)
        return []


class AskOrderAddress(GoalAction):
    """Where to? Only for the parts that are missing."""

    action_name = "action_ask_order_address"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("order_draft") or {}
        missing = order_draft.missing_in_address(draft)
        if len(missing) == len(order_draft.ADDRESS_FIELDS):
            turn.say("utter_ask_order_address")
        elif "street" in missing:
            turn.say("utter_ask_order_street", city=draft["address"].get("city", ""))
        else:
            turn.say("utter_ask_order_city", street=draft["address"]["street"])
        return []


class AskOrderPayment(GoalAction):
    """How to pay?"""

    action_name = "action_ask_order_payment"

    async def act(self, turn: Turn) -> list[Event]:
        names = [wording.payment(method, turn.language) for method in PAYMENT_METHODS]
        turn.say("utter_ask_order_payment", buttons=[{"title": name, "payload": name} for name in names])
        return []


class AskOrderConfirmed(GoalAction):
    """The summary that a yes is asked for: what, how many, price, term, address, payment."""

    action_name = "action_ask_order_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("order_draft") or {}
        if draft.get("declined"):
            turn.say("utter_ask_what_to_change")
            return []
        if draft.get("retry"):
            turn.say("utter_ask_order_again", buttons=_yes_no(turn))
            return []
        catalog = await turn.backend.products()
        quote = await turn.backend.quote(order_draft.items(draft, catalog))
        address = order_draft.address(draft)
        turn.say(
            "utter_ask_order_confirmed" if quote.total_monthly is None else "utter_ask_rental_confirmed",
            buttons=_yes_no(turn),
            lines=turn.listed([line_in_words(turn, line, catalog) for line in quote.lines]),
            total=turn.money(quote.total_now),
            monthly=turn.money(quote.total_monthly) if quote.total_monthly else "",
            address=f"{address.name}, {address.street}, {address.postal_code} {address.city}",
            payment=wording.payment(draft["payment"], turn.language),
        )
        return [SlotSet("order_draft", {**draft, "summed": True})]


class FinishOrder(GoalAction):
    """Places the order that was confirmed, or lets go of the one that was dropped."""

    action_name = "action_finish_order"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("order_draft") or {}
        if draft.get("state") != "confirmed":
            turn.say("utter_order_dropped")
            return [SlotSet("order_draft", None), *go_on(turn)]
        try:
            order = await self._place(turn, draft)
        except Unavailable:
            return self._reopen(turn, {**draft, "retry": True}, "utter_order_not_placed_yet")
        except OutOfStock as error:
            return await self._short(turn, draft, error)
        except Rejected:
            return self._reopen(turn, {**draft, "address": {}, "asked_shop": True}, "utter_order_rejected")
        self._say_placed(turn, order)
        return [SlotSet("order_draft", None), SlotSet("last_order", order.number), *go_on(turn)]

    async def _place(self, turn: Turn, draft: Draft) -> Order:
        catalog = await turn.backend.products()
        wanted = order_draft.items(draft, catalog)
        address = order_draft.address(draft)
        try:
            return await turn.backend.place_order(
                turn.customer, wanted, address, draft["payment"], turn.language, key=draft["key"]
            )
        except KeyReused:  # the first attempt had reached the shop after all
            return (await turn.backend.orders(turn.customer))[0]

    def _say_placed(self, turn: Turn, order: Order) -> None:
        promised = wording.day(order.promised_date, turn.language) if order.promised_date else ""
        turn.say(
            "utter_order_placed",
            buttons=[{"title": turn.either("Wo ist sie?", "Track it"), "payload": f'/track_order{{"order_number": "{order.number}"}}'}],
            number=order.number,
            total=turn.money(order.total_now),
            date=promised,
        )

    def _reopen(self, turn: Turn, draft: Draft, response: str) -> list[Event]:
        turn.say(response)
        reopened = {**draft, "state": None}
        return [SlotSet("order_draft", reopened), SlotSet("resumed_form", "order_form"), FollowupAction("order_form")]

    async def _short(self, turn: Turn, draft: Draft, error: OutOfStock) -> list[Event]:
        """Somebody was quicker: say so, and go on with what is left."""
        catalog = await turn.backend.products()
        for line in draft["lines"]:
            variant = order_draft.variant_of(line, catalog)
            if variant and variant.id == error.variant_id:
                _say_short(turn, line, order_draft.product_of(line, catalog), error.available)
        reopened = {**draft, "state": None, "key": f"order-{turn.heard.message_id}-again"}
        return [SlotSet("order_draft", reopened), SlotSet("resumed_form", "order_form"), FollowupAction("order_form")]


class TrackOrder(GoalAction):
    """Where an order is: the one that is named, else the latest."""

    action_name = "action_track_order"

    async def act(self, turn: Turn) -> list[Event]:
        try:
            order = await _order_meant(turn)
        except NotFound:
            turn.say("utter_order_not_found")
            return []
        if order is None:
            turn.say("utter_no_orders")
            return []
        shipment = order.shipments[0] if order.shipments else None
        turn.say(
            f"utter_order_{order.status}",
            number=order.number,
            lines=turn.listed([line.product_name for line in order.items]),
            date=wording.day(order.promised_date, turn.language) if order.promised_date else "",
            carrier=shipment.carrier if shipment else "",
            tracking=shipment.tracking_number if shipment else "",
        )
        return [SlotSet("last_order", order.number)]


class CancelForm(Form):
    """Which order, and a yes."""

    form = "cancel_form"
    draft_slot = "cancel_draft"
    questions = ("cancel_order_number", "cancel_confirmed")

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if question == "cancel_confirmed" and turn.heard.intent in ("affirm", "deny"):
            draft["state"] = "confirmed" if turn.heard.intent == "affirm" else "dropped"
            draft["key"] = f"cancel-{turn.heard.message_id}"
            return True
        if question is not None and turn.heard.intent in ("stop", "deny"):
            draft["state"] = "dropped"
            return True
        if question is None or turn.heard.all("order_number"):
            await _choose_order(turn, draft)
            return True
        return False

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        return "cancel_confirmed" if draft.get("number") else "cancel_order_number"


class AskCancelOrderNumber(GoalAction):
    """Which of several orders?"""

    action_name = "action_ask_cancel_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_ask_which_order", buttons=await _order_buttons(turn, "cancel_order"))
        return []


class AskCancelConfirmed(GoalAction):
    """Names the order and what it cost, and asks for a yes."""

    action_name = "action_ask_cancel_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        order = await turn.backend.order(turn.customer, turn.slot("cancel_draft")["number"])
        catalog = await turn.backend.products()
        lines = turn.listed([line_in_words(turn, line, catalog) for line in order.items])
        turn.say("utter_ask_cancel_confirmed", buttons=_yes_no(turn), number=order.number, lines=lines, total=turn.money(order.total_now))
        return []


class FinishCancel(GoalAction):
    """Cancels, or leaves the order as it is."""

    action_name = "action_finish_cancel"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("cancel_draft") or {}
        try:
            await self._end(turn, draft)
        except NotAllowed as error:
            turn.say("utter_cannot_cancel", number=draft["number"], status=wording.status(error.status, turn.language))
        except NotFound:
            turn.say("utter_order_not_found")
        except Unavailable:
            turn.say("utter_not_cancelled_yet")
        return [SlotSet("cancel_draft", None), *go_on(turn)]

    async def _end(self, turn: Turn, draft: Draft) -> None:
        if draft.get("state") == "confirmed":
            order = await turn.backend.cancel_order(turn.customer, draft["number"], key=draft["key"])
            turn.say("utter_order_cancelled_now", number=order.number)
        elif draft.get("state") == "dropped":
            turn.say("utter_order_kept")


class ChangeForm(Form):
    """Changes an order that exists: quantity, variant, address; and a yes."""

    form = "change_form"
    draft_slot = "change_draft"
    questions = ("change_order_number", "change_what", "change_confirmed")

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        draft["declined"] = False
        if question is not None and (turn.heard.intent == "stop" or turn.heard.intent == "deny" and not _has_news(turn)):
            draft["state"] = "dropped"
            return True
        if question == "change_confirmed" and turn.heard.intent == "affirm" and not _has_news(turn):
            draft["state"], draft["key"] = "confirmed", f"change-{turn.heard.message_id}"
            return True
        chosen = question is None or bool(turn.heard.all("order_number"))
        if chosen and not draft.get("number"):
            await _choose_order(turn, draft)
        if draft.get("number") and not draft.get("state"):
            changed = await self._take_changes(turn, draft, question)
            return changed or chosen
        return chosen

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        if not draft.get("number"):
            return "change_order_number"
        return "change_confirmed" if draft.get("lines") or draft.get("address") else "change_what"

    async def _take_changes(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if question is not None and turn.heard.intent in QUESTIONS_OF_THEIR_OWN:
            return False
        order = await turn.backend.order(turn.customer, draft["number"])
        catalog = await turn.backend.products()
        lines = draft.get("lines") or [_line_of(line) for line in order.items]
        before = [dict(line, options=dict(line["options"])) for line in lines]
        self._change_lines(turn, lines, catalog)
        if lines != before:
            draft["lines"] = lines
        parts = reading.address_parts(turn.heard.text)
        if "postal_code" in parts and "street" in parts:
            draft["address"] = {**order.address.model_dump(), **parts}
        return lines != before or bool(draft.get("address"))

    def _change_lines(self, turn: Turn, lines: list[dict[str, Any]], catalog: Sequence[Product]) -> None:
        for wish in reading.wishes(turn.heard, catalog):
            if len(wish.products) == 1 and all(line["product"] != wish.products[0].id for line in lines):
                lines[-1] = {**order_draft.new_line(wish.products[0], _kept_options(lines[-1], wish.products[0]), lines[-1]["quantity"]),
                             "rent": lines[-1]["rent"], "term": lines[-1]["term"]}  # fmt: skip
        product = order_draft.product_of(lines[-1], catalog)
        lines[-1]["options"] = {**lines[-1]["options"], **reading.options_named(turn.heard.text, product)}
        number = reading.quantity(turn.heard)
        if number is not None and 0 < number <= order_draft.MAX_QUANTITY:
            lines[-1]["quantity"] = number
        if order_draft.variant_of(lines[-1], catalog) is None:
            lines[-1]["options"] = dict(next(v.options for v in product.variants if v.stock) if product.stock else product.variants[0].options)


class AskChangeOrderNumber(GoalAction):
    """Which of several orders?"""

    action_name = "action_ask_change_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_ask_which_order", buttons=await _order_buttons(turn, "change_order"))
        return []


class AskChangeConfirmed(GoalAction):
    """Says what the order would be then, and what it would cost."""

    action_name = "action_ask_change_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("change_draft")
        order = await turn.backend.order(turn.customer, draft["number"])
        catalog = await turn.backend.products()
        address = {**order.address.model_dump(), **(draft.get("address") or {})}
        quote = await turn.backend.quote(order_draft.items({"lines": draft.get("lines") or [_line_of(line) for line in order.items]}, catalog))
        turn.say(
            "utter_ask_change_confirmed",
            buttons=_yes_no(turn),
            number=order.number,
            lines=turn.listed([line_in_words(turn, line, catalog) for line in quote.lines]),
            total=turn.money(quote.total_now),
            before=turn.money(order.total_now),
            address=f"{address['name']}, {address['street']}, {address['postal_code']} {address['city']}",
        )
        return []


class FinishChange(GoalAction):
    """Changes the order, or leaves it as it is."""

    action_name = "action_finish_change"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("change_draft") or {}
        try:
            await self._end(turn, draft)
        except NotAllowed as error:
            turn.say("utter_cannot_change", number=draft["number"], status=wording.status(error.status, turn.language))
        except OutOfStock as error:
            turn.say("utter_change_short", available=error.available, number=draft["number"])
        except NotFound:
            turn.say("utter_order_not_found")
        except Unavailable:
            turn.say("utter_not_changed_yet")
        return [SlotSet("change_draft", None), *go_on(turn)]

    async def _end(self, turn: Turn, draft: Draft) -> None:
        if draft.get("state") == "dropped":
            turn.say("utter_order_kept")
        if draft.get("state") != "confirmed":
            return
        catalog = await turn.backend.products()
        order = await turn.backend.change_order(
            turn.customer,
            draft["number"],
            items=order_draft.items(draft, catalog) if draft.get("lines") else None,
            address=order_draft.address(draft) if draft.get("address") else None,
            key=draft["key"],
        )
        turn.say("utter_order_changed", number=order.number, total=turn.money(order.total_now))


def line_in_words(turn: Turn, line: Line, catalog: Sequence[Product]) -> str:
    """ "2 × AeroPix Mini in Rot (je 499 €)"."""
    product = next((product for product in catalog if product.id == line.product_id), None)
    options = options_in_words(turn, product, dict(line.options)) if product else ""
    price = turn.money(line.unit_price)
    if line.term_months:
        price = turn.either(f"{price} im Monat", f"{price} a month") + f", {wording.months(line.term_months, turn.language)}"
    each = turn.either("je ", "each ") if line.quantity > 1 else ""
    return f"{line.quantity} × {line.product_name}{options} ({each}{price})"


def _is_given_up(turn: Turn, question: str | None) -> bool:
    """ "vergiss es"; and "storniere das" while nothing is ordered yet."""
    if question is None:
        return False
    cancels_this = turn.heard.intent == "cancel_order" and not turn.heard.all("order_number")
    return turn.heard.intent == "stop" or cancels_this


def _has_news(turn: Turn) -> bool:
    """Whether a yes or no comes with something that changes what it is said to."""
    return bool(turn.heard.all("product") or turn.heard.all("quantity") or turn.heard.all("duration"))


def _merged(old: list[dict[str, Any]], new: list[dict[str, Any]], catalog: Sequence[Product], is_addition: bool) -> list[dict[str, Any]]:
    """New lines beside, or in place of, the old; a replaced line leaves its quantity, term and fitting options."""
    products = {line["product"] for line in new}
    if not old:
        return new
    if is_addition:
        return [line for line in old if line["product"] not in products] + new
    if len(new) > 1:
        return new
    line, last = new[0], next((line for line in old if line["product"] in products), old[-1])
    product = order_draft.product_of(line, catalog)
    line["options"] = {**_kept_options(last, product), **line["options"]}
    line["quantity"] = max(line["quantity"], last["quantity"]) if line["quantity"] == 1 else line["quantity"]
    line["rent"], line["term"] = last["rent"], last["term"]
    return [line if other is last else other for other in old]


def _kept_options(line: dict[str, Any], product: Product) -> dict[str, str]:
    """Those of the line's options that the other product has as well."""
    values = {option.id: {value.id for value in option.values} for option in product.options}
    return {key: value for key, value in line["options"].items() if value in values.get(key, ())}


def _limited(turn: Turn, draft: Draft) -> bool:
    """Impossible quantities are told and set to what is possible."""
    wrong = [line for line in draft["lines"] if not 1 <= line["quantity"] <= order_draft.MAX_QUANTITY]
    for line in wrong:
        line["quantity"] = min(max(line["quantity"], 1), order_draft.MAX_QUANTITY)
        turn.say("utter_impossible_quantity", maximum=order_draft.MAX_QUANTITY)
    return bool(wrong)


def _merge_address(draft: Draft, parts: dict[str, str], *, complete_only: bool = False) -> bool:
    if complete_only and not {"street", "postal_code"} <= parts.keys():
        return False
    useful = {key: value for key, value in parts.items() if value}
    if not set(useful) - {"country"}:
        return False
    draft["address"] = {"country": "DE", **(draft.get("address") or {}), **useful}
    return True


def _ask_among(turn: Turn, wish: reading.Wish) -> None:
    if wish.products:
        turn.say("utter_which_of_these", cards=[card(turn, product) for product in wish.products[:4]])


def _say_short(turn: Turn, line: dict[str, Any], product: Product, available: int) -> None:
    """Takes out of the line what cannot be had, and says so."""
    values = {"product": product.name, "variant": options_in_words(turn, product, line["options"])}
    if available:
        turn.say("utter_only_left", available=available, **values)
        line["quantity"] = available
    elif product.stock:
        turn.say("utter_variant_sold_out", **values)
        line["options"] = {}
    else:
        turn.say("utter_sold_out", **values)
        line["options"] = {}


def _yes_no(turn: Turn) -> list[Button]:
    return [{**YES, "title": turn.either("Ja", "Yes")}, {**NO, "title": turn.either("Nein", "No")}]


async def _order_meant(turn: Turn) -> Order | None:
    """Raises NotFound for a number that is not the customer's; None when they have no order."""
    number = turn.heard.first("order_number")
    if number:
        return await turn.backend.order(turn.customer, str(number))
    orders = await turn.backend.orders(turn.customer)
    return next(iter([order for order in orders if order.status != "cancelled"] or orders), None)


async def _choose_order(turn: Turn, draft: Draft) -> None:
    """The order that can be changed or cancelled; says so when there is none."""
    number = turn.heard.first("order_number")
    orders = await turn.backend.orders(turn.customer)
    if number:
        orders = [order for order in orders if order.number == str(number)]
    pending = [order for order in orders if order.status == "pending"]
    if len(pending) == 1:
        draft["number"] = pending[0].number
    elif not orders:
        turn.say("utter_order_not_found" if number else "utter_no_orders")
        draft["state"] = "nothing"
    elif not pending:
        turn.say("utter_too_late", number=orders[0].number, status=wording.status(orders[0].status, turn.language))
        draft["state"] = "nothing"


async def _order_buttons(turn: Turn, intent: str) -> list[Button]:
    orders = [order for order in await turn.backend.orders(turn.customer) if order.status == "pending"]
    return [
        {
            "title": f"{order.number}: {turn.listed([line.product_name for line in order.items])}"[:40],
            "payload": f'/{intent}{{"order_number": "{order.number}"}}',
        }
        for order in orders[:5]
    ]


def _line_of(line: Line) -> dict[str, Any]:
    return {
        "product": line.product_id,
        "options": dict(line.options),
        "quantity": line.quantity,
        "rent": bool(line.term_months),
        "term": line.term_months,
    }

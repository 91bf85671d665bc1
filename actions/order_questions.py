"""The questions of an order, new or changed, each asked only for what is missing."""

import abc
from collections.abc import Sequence

from actions import order_draft, wording
from actions.backend.port import PAYMENT_METHODS, Product
from actions.base import Button, Event, GoalAction, Turn, answer_button, button, response_of
from actions.order_draft import Draft
from actions.paying import ask_account
from actions.showing import cards, kind_buttons, kinds_in_words

WHICH = ("utter_which_of_these", "utter_which_of_these_again")
DRAFT_OF = {"order_form": "order_draft", "change_form": "change_draft"}


def draft_of(turn: Turn) -> Draft:
    """Of the form that is going on."""
    return turn.slot(DRAFT_OF.get(turn.open_form or "", "order_draft")) or {}


class OrderQuestion(GoalAction):
    """Asks about the draft of the form that is going on."""

    async def act(self, turn: Turn) -> list[Event]:
        await self.ask(turn, draft_of(turn))
        return []

    @abc.abstractmethod
    async def ask(self, turn: Turn, draft: Draft) -> None:
        """Says the question, with the choices as buttons."""


class AskOrderProduct(OrderQuestion):
    """Which product? With cards, when the words fitted several."""

    action_name = "action_ask_order_product"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        catalog = await turn.backend.products()
        pending = (draft.get("pending") or {}).get("products") or ()
        if pending:
            self._ask_which(turn, [product for product in catalog if product.id in pending])
            return
        response = "utter_unknown_product" if draft.get("hint") == "unknown" else "utter_ask_order_product"
        turn.say(response, buttons=kind_buttons(turn, catalog, "place_order"), kinds=kinds_in_words(turn, catalog))

    def _ask_which(self, turn: Turn, products: Sequence[Product]) -> None:
        """Cards at first; who has them on the screen already is asked in a sentence."""
        if not any(response_of(said) in WHICH for said in turn.said_before):
            turn.say("utter_which_of_these", cards=cards(turn, products))
            return
        names = [product.name for product in products]
        buttons = [answer_button(name) for name in names]
        turn.say("utter_which_of_these_again", buttons=buttons, products=turn.listed(names, choice=True))


class AskOrderOption(OrderQuestion):
    """Which colour, which size? Only what is in stock is offered."""

    action_name = "action_ask_order_option"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        catalog = await turn.backend.products()
        line = order_draft.open_line(draft, catalog)
        if line is None:
            return
        product = order_draft.product_of(line, catalog)
        names = [turn.named(value.name) for value in order_draft.values_in_stock(line, product)]
        option = turn.named(order_draft.open_option(line, product).name)
        turn.say(
            "utter_ask_order_option" if len(names) > 1 else "utter_ask_order_only_option",
            buttons=[answer_button(name) for name in names],
            product=product.name,
            option=option,
            choices=turn.listed(names, choice=True),
        )


class AskOrderQuantity(OrderQuestion):
    """How many?"""

    action_name = "action_ask_order_quantity"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        catalog = await turn.backend.products()
        line = order_draft.open_quantity(draft)
        if line is not None:
            turn.say("utter_ask_order_quantity", product=order_draft.product_of(line, catalog).name)


class AskOrderTerm(OrderQuestion):
    """For how many months?"""

    action_name = "action_ask_order_term"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        catalog = await turn.backend.products()
        line = order_draft.open_term(draft)
        if line is None:
            return
        product = order_draft.product_of(line, catalog)
        titles = [wording.months(term, turn.language) for term in product.rental_terms]
        turn.say("utter_ask_order_term", buttons=[answer_button(title) for title in titles], product=product.name)


class AskOrderAddress(OrderQuestion):
    """Where to? Only for the parts that are missing."""

    action_name = "action_ask_order_address"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        missing = set(order_draft.missing_in_address(draft))
        known = {"city": "", "street": "", "postal_code": "", "name": "", **(draft.get("address") or {})}
        if missing == set(order_draft.ADDRESS_FIELDS):
            turn.say("utter_ask_order_address" if not known["name"] else "utter_ask_order_address_of", **known)
        elif "street" in missing:
            turn.say("utter_ask_order_street", place=known["city"] or known["postal_code"])
        elif missing == {"postal_code"}:
            turn.say("utter_ask_order_postal_code", **known)
        else:
            turn.say("utter_ask_order_city" if "postal_code" in missing else "utter_ask_order_town", **known)


class AskOrderPayment(OrderQuestion):
    """How to pay?"""

    action_name = "action_ask_order_payment"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        names = [wording.payment(method, turn.language) for method in PAYMENT_METHODS]
        turn.say("utter_ask_order_payment", buttons=[answer_button(name) for name in names])


class AskOrderAccount(OrderQuestion):
    """The IBAN, or the code of a gift card."""

    action_name = "action_ask_order_account"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        ask_account(turn, draft)


def change_buttons(turn: Turn) -> list[Button]:
    """What can be different; each asks for it anew."""
    titles = (("Anzahl", "Quantity"), ("Farbe", "Colour"), ("Adresse", "Address"), ("Bezahlung", "Payment"))
    return [answer_button(turn.either(*title)) for title in titles]


def stop_button(turn: Turn) -> Button:
    return button(turn.either("Abbrechen", "Stop"), "stop")

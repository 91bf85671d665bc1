"""Changing an order that exists: quantity, colour, model, address, payment."""

from copy import deepcopy

from rasa_sdk.events import FollowupAction, SlotSet

from actions import order_draft, wording
from actions.accounts import ask_for_proof
from actions.backend.port import NotAllowed, NotFound, Order, OutOfStock, Refused, Rejected, Unavailable, Variant
from actions.base import Event, GoalAction, Turn, yes_no
from actions.forms import GOALS, go_on, reopen
from actions.order_draft import Draft, Line
from actions.order_editing import OrderEditing
from actions.order_questions import OrderQuestion, change_buttons, stop_button
from actions.own_orders import AFTER_DELIVERY, choose_order, order_buttons, order_with, say_too_late
from actions.paying import paid_in_words, payment_of, say_how_to_pay, say_payment_refused
from actions.reading.heard import Heard
from actions.reading.wishes import wishes
from actions.showing import address_in_words, lines_in_words, order_button


class ChangeForm(OrderEditing):
    """Which order, what shall be different, and a yes to what it would be then."""

    form = "change_form"
    is_sensitive = True
    draft_slot = "change_draft"
    questions = (
        "change_order_number",
        "change_what",
        "order_product",
        "order_option",
        "order_quantity",
        "order_term",
        "order_address",
        "order_name",
        "order_payment",
        "order_account",
        "change_confirmed",
    )

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if draft.get("number") and question is not None:
            return await self._take_change(turn, draft, question)
        if question is not None and turn.heard.intent in ("stop", "deny"):
            draft["state"] = "dropped"
            return True
        if question is not None and self.is_elsewhere(turn):
            return False
        await self._begin(turn, draft)
        return True

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        if not draft.get("number"):
            return "change_order_number"
        part = await self.missing_part(turn, draft)
        if part:
            return f"order_{part}"
        return "change_confirmed" if order_draft.contents(draft) != _before(draft) else "change_what"

    async def is_given_up(self, turn: Turn, _draft: Draft) -> bool:
        return turn.heard.intent == "stop"

    def is_elsewhere(self, turn: Turn) -> bool:
        return super().is_elsewhere(turn) or turn.heard.intent in GOALS - OWN

    def refuse(self, _turn: Turn, draft: Draft, *, summary: bool) -> None:
        draft["state"] = "dropped"

    def pieces_there(self, draft: Draft, line: Line, variant: Variant) -> int:
        """Those that the order holds already are there for it, too."""
        before = draft["before"]["lines"]
        held: int = sum(
            old["quantity"] for old in before if (old["product"], old["options"]) == (line["product"], line["options"])
        )
        return variant.stock + held

    async def _take_change(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        found = await super().take(turn, draft, question)
        await self._keep_products(turn, draft)
        self._keep_something(turn, draft)
        return found

    async def _keep_products(self, turn: Turn, draft: Draft) -> None:
        """Another product is another order: only make, number and services of what was ordered can change."""
        before = {line["product"] for line in draft["before"]["lines"]}
        others = {line["product"] for line in draft["lines"]} - before
        if not others:
            return
        catalog = await turn.backend.products()
        named = [product for product in catalog if product.id in others]
        products = turn.listed([product.name for product in named])
        turn.say("utter_other_product", buttons=[order_button(turn, product) for product in named], products=products)
        draft["lines"] = deepcopy(draft["before"]["lines"])

    def _keep_something(self, turn: Turn, draft: Draft) -> None:
        """An order of nothing would be a cancellation."""
        if not draft["lines"] and not draft.get("pending"):
            turn.say("utter_nothing_left")
            draft["lines"] = deepcopy(draft["before"]["lines"])

    async def _begin(self, turn: Turn, draft: Draft) -> None:
        """Chooses the order. What the first message said shall be different counts, once it is clear of which order."""
        first = draft.setdefault(
            "first", {key: turn.tracker.latest_message.get(key) for key in ("text", "intent", "entities")}
        )
        if await self._is_wish(turn):
            draft["state"] = "new"
            return
        try:
            await choose_order(turn, draft, typed=False)
        except NotFound:
            turn.say("utter_order_not_found")
            draft["state"] = None if await order_buttons(turn, "change_order") else "nothing"
        if draft.get("number"):
            await self._open(turn, draft, Heard.of(first))

    async def _open(self, turn: Turn, draft: Draft, first: Heard) -> None:
        order = await order_with(turn, draft["number"])
        catalog = {product.id for product in await turn.backend.products()}
        if any(line.product_id not in catalog for line in order.items):
            turn.say("utter_cannot_change")
            draft["state"] = "nothing"
            return
        draft.update(order_draft.of_order(order), before=order_draft.of_order(order))
        turn.heard = first
        await self.read(turn, draft, "what")
        await self._keep_products(turn, draft)
        self._keep_something(turn, draft)

    async def _is_wish(self, turn: Turn) -> bool:
        """ "doch lieber die Pro" from somebody who has no order to change is about a new one."""
        if turn.heard.all("order_number") or not wishes(turn.heard, await turn.backend.products()):
            return False
        return not await order_buttons(turn, "change_order")


OWN = frozenset({"change_order", "change_address", "place_order", "start_subscription", "book_addon"})
"""Goals that are about the order being changed, as long as there is one."""


def _before(draft: Draft) -> Draft:
    """The contents before the change."""
    return order_draft.contents(draft["before"])


class AskChangeOrderNumber(GoalAction):
    """Which of several orders?"""

    action_name = "action_ask_change_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        turn.say("utter_ask_which_order", buttons=await order_buttons(turn, "change_order"))
        return []


class AskChangeWhat(OrderQuestion):
    """What shall be different?"""

    action_name = "action_ask_change_what"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        turn.say("utter_ask_change_what", buttons=[*change_buttons(turn), stop_button(turn)], number=draft["number"])


class AskChangeConfirmed(GoalAction):
    """Says what the order would be then, and what it would cost."""

    action_name = "action_ask_change_confirmed"

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot("change_draft"))
        contents = order_draft.contents(draft)
        if draft.get("hint") == "waiting" and draft.get("shown") == contents:
            turn.say("utter_no_hurry", buttons=yes_no(turn))
        elif draft.get("tried") == contents:
            turn.say("utter_ask_again", buttons=yes_no(turn))
        else:
            await self._say_summary(turn, draft)
        return [SlotSet("change_draft", {**draft, "shown": deepcopy(contents)})]

    async def _say_summary(self, turn: Turn, draft: Draft) -> None:
        order = await order_with(turn, draft["number"])
        catalog = await turn.backend.products()
        quote = await turn.backend.quote(order_draft.items(draft, catalog))
        turn.say(
            "utter_ask_change_confirmed" if quote.total_now != order.total_now else "utter_ask_change_confirmed_same",
            buttons=yes_no(turn),
            number=order.number,
            lines=lines_in_words(turn, quote.lines, catalog),
            total=turn.money(quote.total_now),
            before=turn.money(order.total_now),
            address=address_in_words(turn, order_draft.address(draft)),
            paid=paid_in_words(turn, draft),
        )


class FinishChange(GoalAction):
    """Changes the order, or leaves it as it is."""

    action_name = "action_finish_change"

    def not_supported(self, turn: Turn) -> list[Event]:
        return [SlotSet("change_draft", None), *go_on(turn)]

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("change_draft") or {}
        if draft.get("state") == "unproven":
            return [SlotSet("change_draft", None), *ask_for_proof(turn)]
        if draft.get("state") in AFTER_DELIVERY:
            return [SlotSet("change_draft", None), FollowupAction(AFTER_DELIVERY[draft["state"]])]
        if draft.get("state") == "new":
            return [SlotSet("change_draft", None), FollowupAction("order_form")]
        try:
            await self._end(turn, draft)
        except NotAllowed as error:
            say_too_late(turn, draft["number"], error.status)
        except OutOfStock as error:
            turn.say(
                "utter_change_short", pieces=wording.pieces(error.available, turn.language), number=draft["number"]
            )
        except Refused as error:
            if not say_payment_refused(turn, draft, error):
                turn.say("utter_cannot_change")
        except (NotFound, Rejected):
            turn.say("utter_cannot_change")
        except Unavailable:
            turn.say("utter_not_changed_yet")
            tried = {**draft, "state": None, "tried": order_draft.contents(draft)}
            return [SlotSet("change_draft", tried), *reopen("change_form")]
        return [SlotSet("change_draft", None), *go_on(turn)]

    async def _end(self, turn: Turn, draft: Draft) -> None:
        if draft.get("state") == "dropped":
            turn.say("utter_change_unsure" if draft.get("tried") else "utter_order_kept")
        if draft.get("state") == "confirmed":
            order = await self._change(turn, draft)
            turn.say(
                "utter_order_changed",
                number=order.number,
                lines=lines_in_words(turn, order.items, await turn.backend.products()),
                address=address_in_words(turn, order.address),
                paid=wording.paid(order.payment_method, turn.language),
                total=turn.money(order.total_now),
            )
            say_how_to_pay(turn, order)

    async def _change(self, turn: Turn, draft: Draft) -> Order:
        """Only what is different is sent."""
        differs = {key for key, value in order_draft.contents(draft).items() if value != draft["before"].get(key)}
        catalog = await turn.backend.products()
        return await turn.backend.change_order(
            turn.customer,
            draft["number"],
            items=order_draft.items(draft, catalog) if "lines" in differs else None,
            address=order_draft.address(draft) if "address" in differs else None,
            payment=payment_of(draft) if differs & {"payment", "iban", "gift_card"} else None,
            key=draft["key"],
        )

"""The customer's own orders: which one is meant, and how they are offered for choice."""

import re
from collections.abc import Sequence

from actions import wording
from actions.backend.port import NotFound, Order
from actions.base import Button, Turn, button
from actions.forms import Draft
from actions.reading.answers import (
    asks_what_comes_back,
    asks_whether_possible,
    is_about_return,
    is_question,
    is_taken_back,
)
from actions.reading.products import place_named
from actions.reading.wishes import unwanted, wishes

PENDING = "pending"
"""The only status in which an order can be changed or cancelled."""
AFTER_DELIVERY = {"return": "return_form", "subscription": "subscription_form"}
"""Where it goes on with what has arrived."""
MAX_OFFERED = 5
_NUMBER = re.compile(r"NC-\d+")
_NUMBER_TYPED = re.compile(r"(?<!\d)(?:nc\s?-?\s?)?(\d{4,9})(?!\d)", re.I)
_YEAR = re.compile(r"(?<=[a-zä])\s+20\d\d\b|(?<=\d\.)\s?20\d\d\b", re.I)
"""Behind a month: "1 March 2028", "1.3.2028"."""
_POINTED = re.compile(
    r"\b(sie|diese|es|it|that|this)\b(?!\s+\w*(bestellung|order|auftrag))|\b(die|das)\W*(bitte)?\W*$", re.I
)


def number_said(turn: Turn, *, typed: bool = True) -> str | None:
    """The order number of the message; with `typed` also one that is too short or too long to be understood as one."""
    found = turn.heard.first("order_number")
    if found is None and typed:
        match = _NUMBER_TYPED.search(_YEAR.sub(" ", turn.heard.text))
        return f"NC-{match[1]}" if match else None
    return None if found is None else str(found)


async def order_with(turn: Turn, number: str) -> Order:
    """Raises NotFound for a number that is not the customer's, or none at all."""
    if not _NUMBER.fullmatch(number):
        raise NotFound(number)
    return await turn.backend.order(turn.customer, number)


async def choose_order(turn: Turn, draft: Draft, *, typed: bool = True) -> None:
    """Puts the number of an order that can still be changed into the draft, or says why there is none.

    What has arrived goes another way: `state` "return", or "subscription" if it is rented.
    """
    orders = await turn.backend.orders(turn.customer)
    number = number_said(turn, typed=typed)
    if number:
        orders = [await order_with(turn, number)]
    pending = [order for order in orders if order.status == PENDING]
    chosen = await named_among(turn, pending)
    if len(chosen) == 1:
        draft["number"] = chosen[0].number
    elif not pending:
        draft["state"] = _say_none(turn, orders)


def _say_none(turn: Turn, orders: Sequence[Order]) -> str:
    """What is to happen now."""
    if not orders:
        turn.say("utter_no_orders")
        return "nothing"
    order = next((order for order in orders if order.status != "cancelled"), orders[0])
    if order.status == "delivered" and is_rented(order):
        return "subscription"
    if order.status == "delivered":
        turn.say("utter_delivered_already", number=order.number)
        return "return"
    if order.status == "cancelled":
        turn.say("utter_cancelled_already", number=order.number)
    else:
        say_too_late(turn, order.number, order.status)
    return "nothing"


def is_rented(order: Order) -> bool:
    """Whether all of it is, so that it is a matter of subscriptions once it has arrived."""
    return all(line.term_months for line in order.items)


def say_too_late(turn: Turn, number: str, status: str) -> None:
    """The order is too far along to be changed or cancelled here."""
    human = button(turn.either("Mit einem Menschen sprechen", "Talk to a person"), "talk_to_human")
    turn.say("utter_too_late", buttons=[human], number=number, status=wording.status(status, turn.language))


def answer_about_cancelling(turn: Turn) -> bool:
    """Answers who only asks whether something can go back or be cancelled; False for a wish to cancel."""
    text = turn.heard.text
    if is_taken_back(text):
        turn.say("utter_cancelling_is_final")
        return True
    if asks_what_comes_back(text):
        turn.say("utter_money_after_cancelling")
        return True
    if is_about_return(text) and is_question(text):
        turn.say("utter_returns", phone=turn.settings.service_phone)
        return True
    if asks_whether_possible(text):
        turn.say("utter_cancel_possible")
        return True
    return False


async def named_among(turn: Turn, orders: Sequence[Order]) -> list[Order]:
    """Those that the words point to: by product, by place ("die zweite"), as the one spoken of last; all, if by nothing."""
    text = turn.heard.text
    catalog = await turn.backend.products()
    wished = {product.id for wish in wishes(turn.heard, catalog) for product in wish.products}
    products = set(unwanted(turn.heard, catalog)) or wished  # "statt der Mini die Pro" is about the order with the Mini
    with_product = [order for order in orders if products & {line.product_id for line in order.items}]
    if with_product:
        return with_product
    place = place_named(text, len(orders))
    if place is not None and len(orders) > 1:
        return [orders[place]]
    spoken_of = [order for order in orders if order.number == turn.slot("last_order")]
    return spoken_of if spoken_of and _POINTED.search(text) else list(orders)


async def order_buttons(turn: Turn, intent: str) -> list[Button]:
    orders = [order for order in await turn.backend.orders(turn.customer) if order.status == PENDING]
    return [button(_title(turn, order), intent, order_number=order.number) for order in orders[:MAX_OFFERED]]


def _title(turn: Turn, order: Order) -> str:
    return f"{order.number}: {products_in_words(turn, order)}"[:40]


def products_in_words(turn: Turn, order: Order) -> str:
    """ "2 × AeroPix Mini und StrideLab Run"."""
    return turn.listed(
        [f"{line.quantity} × {line.product_name}" if line.quantity > 1 else line.product_name for line in order.items]
    )

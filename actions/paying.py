"""How something is paid: the method, what it needs besides, and how an order gets paid after all."""

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet
from stdnum import iban as iban_numbers
from stdnum.exceptions import ValidationError

from actions import wording
from actions.backend.port import (
    PAYMENT_METHODS,
    BackendError,
    Customer,
    NotFound,
    Order,
    Payment,
    PaymentState,
    Refused,
)
from actions.base import Event, GoalAction, Turn, answer_button, yes_no
from actions.forms import Draft
from actions.goal_form import FinishGoal, GoalForm, GoalQuestion, GoalSummary, human_button, say_refusal
from actions.own_orders import number_said, order_with, products_in_words
from actions.reading import answers

UNPAID = ("open", "failed")
_IBAN = re.compile(r"\b[a-z]{2}\s?\d{2}(?:\s?[a-z0-9]{1,4}){2,8}(?![a-z0-9])", re.I)
_IBAN_START = re.compile(r"\b(?:DE|AT|CH|LI|LU|NL|FR|BE|GB|IT)\s?\d{2}", re.I)
SHORTEST_IBAN = 15
LEAST_IBAN_DIGITS = 10
_GIFT_CARD = re.compile(r"\bGC[\s-]*([A-Z0-9]{4})[\s-]*([A-Z0-9]{4})\b", re.I)


def read_payment(turn: Turn, draft: Draft, text: str, *, asked: bool = False) -> bool:
    """Method, account and gift card that the text names; a number that cannot be an IBAN is refused aloud.

    `asked` for the account, whatever begins like an IBAN is one, however short.
    """
    account, card = _account(text, asked=asked), _GIFT_CARD.search(text)
    if account == "":
        turn.say("utter_iban_invalid")
        return True
    method = "direct_debit" if account else "gift_card" if card else answers.payment_method(text)
    if method:
        draft["payment"] = method
    if account:
        draft["iban"] = account
    if card:
        draft["gift_card"] = f"GC-{card[1]}-{card[2]}".upper()
    return bool(method)


def names_account(text: str, *, asked: bool = False) -> bool:
    """Whether an IBAN (a wrong one, too) or the code of a gift card is in the text."""
    return _account(text, asked=asked) is not None or bool(_GIFT_CARD.search(text))


def names_valid_account(text: str) -> bool:
    """An IBAN that can be one."""
    return bool(_account(text))


def _account(text: str, *, asked: bool = False) -> str | None:
    """An IBAN; empty for what looks like one and cannot be one."""
    begun = _IBAN_START.search(text) if asked else None
    if begun:
        return _valid_iban(text[begun.start() :])
    found = next((match.group() for match in _IBAN.finditer(text) if _looks_like_iban(match.group())), None)
    return found and _valid_iban(found)


def _looks_like_iban(text: str) -> bool:
    """A VAT number and "it 24 months" are shorter, or have fewer digits."""
    is_long = len(text.replace(" ", "")) >= SHORTEST_IBAN and sum(map(str.isdigit, text)) >= LEAST_IBAN_DIGITS
    return is_long and bool(_IBAN_START.match(text))


def _valid_iban(text: str) -> str:
    """Words behind the number may look like more of it: the longest start that is one."""
    plain = re.sub(r"\s", "", text)
    for length in range(len(plain), SHORTEST_IBAN - 1, -1):
        try:
            return str(iban_numbers.validate(plain[:length]))
        except ValidationError:
            continue
    return ""


def needs_account(draft: Draft, customer: Customer) -> bool:
    """Whether the method chosen needs a number that is not known."""
    if draft.get("payment") == "direct_debit":
        return not (draft.get("iban") or customer.iban_ending)
    return draft.get("payment") == "gift_card" and not (draft.get("gift_card") or customer.gift_cards)


def payment_of(draft: Draft) -> Payment:
    method = draft["payment"]
    return Payment(
        method=method,
        iban=draft.get("iban") if method == "direct_debit" else None,
        gift_card=draft.get("gift_card") if method == "gift_card" else None,
    )


def paid_in_words(turn: Turn, draft: Draft) -> str:
    """ "per Lastschrift (Konto …3000)"."""
    words = wording.paid(draft["payment"], turn.language)
    if draft["payment"] == "direct_debit" and draft.get("iban"):
        return f"{words} ({turn.either('Konto', 'account')} …{draft['iban'][-4:]})"
    if draft["payment"] == "gift_card" and draft.get("gift_card"):
        return f"{words} {draft['gift_card']}"
    return words


def ask_account(turn: Turn, draft: Draft) -> None:
    turn.say("utter_ask_iban" if draft.get("payment") == "direct_debit" else "utter_ask_gift_card")


def say_payment_refused(turn: Turn, draft: Draft, error: BackendError) -> bool:
    """Whether it was about paying; then it is said, and forgotten from the draft."""
    if not isinstance(error, Refused) or error.slug not in ("gift-card-insufficient", "iban-missing"):
        return False
    if error.slug == "gift-card-insufficient":
        balance = error.details.get("balance") or {"amount": 0, "currency": "EUR"}
        in_words = wording.money(balance["amount"], balance["currency"], turn.language)
        turn.say("utter_gift_card_insufficient" if balance["amount"] else "utter_gift_card_unknown", balance=in_words)
        draft.update(payment=None, gift_card=None)
    else:
        draft["iban"] = None
    return True


def say_payment_methods(turn: Turn) -> None:
    """All that there are."""
    methods = [wording.payment(method, turn.language) for method in PAYMENT_METHODS]
    turn.say("utter_payment_methods", methods=turn.listed(methods, choice=True))


def say_how_to_pay(turn: Turn, order: Order) -> None:
    """The page to pay on, for what is paid there."""
    payment = order.payment
    if payment and payment.status in UNPAID and payment.url:
        turn.say("utter_pay_here", url=payment.url, total=turn.money(payment.amount), number=order.number)


PAYMENT_INTENTS = frozenset({"payment_problem"})


class PaymentForm(GoalForm):
    """Which order, how it shall be paid now, and a yes."""

    form = "payment_form"
    draft_slot = "payment_draft"
    questions = ("payment_order_number", "payment_method", "payment_account", "payment_confirmed")
    intents = PAYMENT_INTENTS

    async def begin(self, turn: Turn, draft: Draft) -> None:
        number = number_said(turn, typed=False)
        try:
            orders = [await order_with(turn, number)] if number else list(await turn.backend.orders(turn.customer))
        except NotFound:
            turn.say("utter_order_not_found")
            draft["state"] = "nothing"
            return
        unpaid = [order for order in orders if order.payment and order.payment.status in UNPAID]
        if len(unpaid) == 1:
            draft["number"] = unpaid[0].number
            self._say_what_failed(turn, unpaid[0])
            read_payment(turn, draft, turn.heard.text)
        elif not unpaid:
            _say_nothing_open(turn, orders)
            draft["state"] = "nothing"

    def _say_what_failed(self, turn: Turn, order: Order) -> None:
        payment = order.payment
        if payment and payment.status == "failed":
            why = wording.failure(payment.failure or "", turn.language)
            turn.say("utter_payment_failed", number=order.number, total=turn.money(payment.amount), why=why)
        elif payment:
            turn.say("utter_payment_open", number=order.number, total=turn.money(payment.amount))

    async def read(self, turn: Turn, draft: Draft, question: str) -> bool:
        if question == "payment_order_number":
            number = number_said(turn, typed=False)
            own = {order.number for order in await turn.backend.orders(turn.customer)}
            draft["number"] = number if number in own else None
            return bool(draft["number"])
        return read_payment(turn, draft, turn.heard.text)

    async def missing(self, turn: Turn, draft: Draft) -> str | None:
        if not draft.get("number"):
            return "payment_order_number"
        if not draft.get("payment"):
            return "payment_method"
        customer = await turn.backend.customer(turn.customer)
        return "payment_account" if needs_account(draft, customer) else None


def _say_nothing_open(turn: Turn, orders: Sequence[Order]) -> None:
    """Nothing is open here: what is known of the payments, and who can look further."""
    known = next((order for order in orders if order.payment and order.status != "cancelled"), None)
    if known is None or known.payment is None:
        turn.say("utter_payment_nothing_open", buttons=[human_button(turn)], phone=turn.settings.service_phone)
        return
    turn.say(
        "utter_payment_known",
        buttons=[human_button(turn)],
        number=known.number,
        state=payment_in_words(turn, known.payment),
        phone=turn.settings.service_phone,
    )


def payment_in_words(turn: Turn, payment: PaymentState) -> str:
    """ "499 € per PayPal, bezahlt"."""
    method = wording.paid(payment.method, turn.language)
    return f"{turn.money(payment.amount)} {method}, {wording.payment_status(payment.status, turn.language)}"


class AskPaymentOrderNumber(GoalAction):
    """Which of several unpaid orders?"""

    action_name = "action_ask_payment_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        orders = await turn.backend.orders(turn.customer)
        unpaid = [order for order in orders if order.payment and order.payment.status in UNPAID]
        buttons = [answer_button(f"{order.number}: {products_in_words(turn, order)}"[:40]) for order in unpaid[:5]]
        turn.say("utter_ask_which_order", buttons=buttons)
        return []


class AskPaymentMethod(GoalAction):
    """How shall it be paid now?"""

    action_name = "action_ask_payment_method"

    async def act(self, turn: Turn) -> list[Event]:
        names = [wording.payment(method, turn.language) for method in PAYMENT_METHODS]
        turn.say("utter_ask_payment_again", buttons=[answer_button(name) for name in names])
        return []


class AskPaymentAccount(GoalQuestion):
    """The IBAN or the code of a gift card."""

    action_name = "action_ask_payment_account"
    draft_slot = "payment_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        ask_account(turn, draft)


class AskPaymentConfirmed(GoalSummary):
    """Names the order, the sum and the way to pay."""

    action_name = "action_ask_payment_confirmed"
    draft_slot = "payment_draft"

    async def say_summary(self, turn: Turn, draft: Draft) -> None:
        order = await order_with(turn, draft["number"])
        amount = order.payment.amount if order.payment else order.total_now
        turn.say(
            "utter_ask_payment_confirmed",
            buttons=yes_no(turn),
            number=order.number,
            total=turn.money(amount),
            paid=paid_in_words(turn, draft),
        )


class FinishPayment(FinishGoal):
    """Has the shop collect it anew."""

    action_name = "action_finish_payment"
    form = "payment_form"
    draft_slot = "payment_draft"

    async def do(self, turn: Turn, draft: Draft) -> Sequence[Event]:
        order = await turn.backend.pay_order(turn.customer, draft["number"], payment_of(draft), key=draft["key"])
        if order.payment and order.payment.url and order.payment.status in UNPAID:
            say_how_to_pay(turn, order)
        elif order.payment:
            turn.say("utter_payment_mended", number=order.number, state=payment_in_words(turn, order.payment))
        return [SlotSet("last_order", order.number)]

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if say_payment_refused(turn, draft, error):
            return True
        say_refusal(turn)
        return False

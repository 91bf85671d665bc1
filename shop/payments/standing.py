"""How an order stands with its customer: what it costs, what came, what goes back. Reads only; amounts are minor units."""

from collections.abc import Iterable, Iterator, Sequence, Set
from enum import StrEnum

from shop.links import Links
from shop.models import Json, Order
from shop.money import Money
from shop.payments.gift_cards import ending
from shop.problems import PaymentNotOpen
from shop.records import Payment, Refund


class PaymentStatus(StrEnum):
    """How far a payment has come; withdrawn ones are no longer wanted, whatever became of them."""

    OPEN = "open"
    DUE = "due"
    PAID = "paid"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class RefundStatus(StrEnum):
    """How far a refund has come."""

    REQUESTED = "requested"
    RECEIVED = "received"
    REFUNDED = "refunded"


UNSETTLED = frozenset({PaymentStatus.OPEN, PaymentStatus.DUE, PaymentStatus.FAILED})
MENDABLE = frozenset({PaymentStatus.OPEN, PaymentStatus.FAILED})


Share = tuple[Payment, int]  # whose money, and how much of it


def own_payments(order: Order) -> list[Payment]:
    """Those for the order itself, not for what an exchange costs more."""
    return [payment for payment in order.payments if payment.return_number is None]


def unsettled(payments: Sequence[Payment]) -> Payment | None:
    """What is still to be paid; there is one at most."""
    return next((payment for payment in payments if payment.status in UNSETTLED), None)


def next_to_pay(order: Order, statuses: Set[str] = UNSETTLED) -> Payment:
    """The order's own payment, or that of an exchange, if it has one of these statuses. Raises PaymentNotOpen."""
    open_ones = [payment for payment in order.payments if payment.status in statuses and order.status != "cancelled"]
    if not open_ones:
        raise PaymentNotOpen(_status_of(order))
    return min(open_ones, key=lambda payment: payment.return_number is not None)


def _status_of(order: Order) -> str:
    wanted = [payment.status for payment in own_payments(order) if payment.status != PaymentStatus.WITHDRAWN]
    return wanted[-1] if wanted else "none"


def paid(payments: Sequence[Payment]) -> list[Payment]:
    """Those that came."""
    return [payment for payment in payments if payment.status == PaymentStatus.PAID]


def costs(order: Order) -> int:
    """What the order costs now: nothing if it is cancelled, and nothing for what came back before it was paid."""
    if order.status == "cancelled":
        return 0
    return order.total_now_amount - sum(refund.amount for refund in order.refunds if refund.payment_id is None)


def kept(order: Order) -> int:
    """What was paid for it, less what went or goes back because it costs less now; goods that came back left it even."""
    came = sum(payment.amount for payment in paid(own_payments(order)))
    return came - sum(refund.amount for refund in order.refunds if refund.return_number is None)


def left_of(order: Order, payment: Payment) -> int:
    """What of a payment is not promised back."""
    return payment.amount - sum(refund.amount for refund in order.refunds if refund.payment_id == payment.id)


def shares(order: Order, amount: int) -> Iterator[Share]:
    """Whose money goes back: first what is not paid yet, then what came in the order's present way, then the newest."""
    for payment in sorted(own_payments(order), key=lambda payment: _turn(order, payment)):
        share = min(amount, left_of(order, payment)) if payment.status != PaymentStatus.WITHDRAWN else 0
        if share > 0:
            amount -= share
            yield payment, share


def _turn(order: Order, payment: Payment) -> tuple[bool, bool, int]:
    return payment.status not in UNSETTLED, payment.method != order.payment_method, -payment.id


def order_payment_view(order: Order, links: Links) -> Json:
    """The JSON of the port."""
    open_one = unsettled(own_payments(order))
    if open_one is not None:
        return payment_view(open_one, links)
    came = paid(own_payments(order))
    if not came:
        return _summary(order, "none", 0, None)
    left = _left(order) or sum(payment.amount for payment in came) - _gone(order.refunds)
    if left > 0:
        return _summary(order, "paid", left, came[-1])
    return _summary(order, "refunded", _gone(refund for refund in order.refunds if refund.reason != "change"), came[-1])


def _left(order: Order) -> int:
    return kept(order) - _gone(refund for refund in order.refunds if refund.return_number is not None)


def _gone(refunds: Iterable[Refund]) -> int:
    """What went back of what had come."""
    refunded = (refund for refund in refunds if refund.status == RefundStatus.REFUNDED)
    return sum(refund.amount for refund in refunded if refund.payment_id is not None)


def _summary(order: Order, status: str, amount: int, last: Payment | None) -> Json:
    return {
        "method": order.payment_method,
        "status": status,
        "amount": Money(amount, order.currency).view(),
        "url": None,
        "failure": None,
        "label": None if last is None else label_of(last.gift_card_code, last.iban),
    }


def payment_view(payment: Payment, links: Links) -> Json:
    """One payment by itself: the JSON of the port."""
    return {
        "method": payment.method,
        "status": payment.status,
        "amount": Money(payment.amount, payment.currency).view(),
        "url": links.pay(payment.token) if payment.token and payment.status in MENDABLE else None,
        "failure": payment.failure,
        "label": label_of(payment.gift_card_code, payment.iban),
    }


def label_of(gift_card_code: str | None, iban: str | None) -> str | None:
    """What a human recognises of the card or the account."""
    if gift_card_code is not None:
        return f"Gift card {ending(gift_card_code)}"
    return None if iban is None else f"IBAN {ending(iban)}"

"""Payments of orders: begun, brought in line when an order changes, tried again, paid or failed."""

import secrets
from typing import cast

from sqlalchemy.ext.asyncio import AsyncSession

from shop.clock import Clock
from shop.customers import Customers
from shop.models import Order
from shop.money import Money
from shop.payments.gift_cards import GiftCards, normalised
from shop.payments.standing import (
    MENDABLE,
    UNSETTLED,
    PaymentStatus,
    costs,
    kept,
    next_to_pay,
    own_payments,
    paid,
    shares,
    unsettled,
)
from shop.payments.wishes import PaymentMethod, PaymentWish
from shop.records import Payment
from shop.refunds import Cause, Refunds

STATUS_AT_FIRST = {
    "invoice": PaymentStatus.DUE,
    "direct_debit": PaymentStatus.DUE,
    "paypal": PaymentStatus.OPEN,
    "card": PaymentStatus.OPEN,
    "gift_card": PaymentStatus.PAID,
}
TOKEN_BYTES = 24


class Payments:
    """Every method works within the session's transaction, on an order that is locked."""

    def __init__(self, customers: Customers, cards: GiftCards, refunds: Refunds, clock: Clock) -> None:
        self._customers = customers
        self._cards = cards
        self._refunds = refunds
        self._clock = clock

    async def accept(self, session: AsyncSession, customer_id: str, wish: PaymentWish | None) -> None:
        """Keeps what a wish tells of the customer. Raises InvalidRequest if they may not pay like this."""
        if wish is not None:
            await self._customers.check_payment(session, customer_id, wish.method)
            await self._customers.keep_iban(session, customer_id, wish.iban)

    async def begin(
        self, session: AsyncSession, order: Order, wish: PaymentWish, amount: int, return_number: int | None = None
    ) -> Payment:
        """A new payment; a gift card pays at once. Raises IbanMissing, GiftCardInsufficient."""
        payment = self._new(order, wish, amount)
        payment.return_number = return_number
        if wish.method == "direct_debit":
            payment.iban = await self._customers.iban_for(session, order.customer_id, wish.iban)
        if wish.method == "gift_card":
            payment.gift_card_code = await self._from_card(session, order, wish, amount)
        order.payments.append(payment)
        await session.flush()
        return payment

    async def adjust(self, session: AsyncSession, order: Order, wish: PaymentWish | None, cause: Cause) -> None:
        """Brings payments in line with what the order costs now: a difference is paid, or goes back, as is wished.

        A wish for another way without a difference pays anew, and what came goes back. Raises what `begin` raises.
        """
        rest = costs(order) - kept(order)
        if wish is not None and rest == 0 and _is_another_way(order, wish):
            await self._refunds.give_back(session, order, shares(order, kept(order)), cause)
            rest = costs(order)
        if wish is not None and rest == costs(order):
            order.payment_method = wish.method
        pending = unsettled(own_payments(order))
        if pending is None or pending.amount != rest or not _is_as_wished(pending, wish):
            await self._even_out(session, order, rest, pending, wish, cause)

    async def try_again(self, session: AsyncSession, order: Order, wish: PaymentWish) -> Payment:
        """For the order, or for an exchange that costs more. Raises PaymentNotOpen and what `begin` raises."""
        old = next_to_pay(order, MENDABLE)
        old.status = PaymentStatus.WITHDRAWN
        new = await self.begin(session, order, wish, old.amount, old.return_number)
        _hand_over(order, old, new)
        if old.return_number is None and old.amount == costs(order):
            order.payment_method = wish.method
        return new

    async def arrive(self, session: AsyncSession, order: Order, payment: Payment, amount: int | None = None) -> None:
        """The money is here, wanted or not: what is too much goes back."""
        payment.status = PaymentStatus.PAID
        payment.paid_at = self._clock.now()
        payment.failure = None
        payment.amount = payment.amount if amount is None else amount
        if payment.return_number is None:
            reason = "cancellation" if order.status == "cancelled" else "change"
            await self.adjust(session, order, None, Cause(reason))
        else:
            await self._settle_exchange(session, order, payment)

    def fail(self, payment: Payment, failure: str) -> None:
        """Says why the customer has to try again."""
        if payment.status in UNSETTLED:
            payment.status = PaymentStatus.FAILED
            payment.failure = failure

    def _new(self, order: Order, wish: PaymentWish, amount: int) -> Payment:
        status = STATUS_AT_FIRST[wish.method]
        return Payment(
            order_number=order.number,
            method=wish.method,
            status=status,
            currency=order.currency,
            amount=amount,
            token=secrets.token_urlsafe(TOKEN_BYTES) if status == PaymentStatus.OPEN else None,
            created_at=self._clock.now(),
            paid_at=self._clock.now() if status == PaymentStatus.PAID else None,
        )

    async def _from_card(self, session: AsyncSession, order: Order, wish: PaymentWish, amount: int) -> str:
        wanted = Money(amount, order.currency)
        return await self._cards.take(session, order.customer_id, wanted, wish.gift_card, rather=_card_of(order))

    async def _even_out(
        self,
        session: AsyncSession,
        order: Order,
        rest: int,
        pending: Payment | None,
        wish: PaymentWish | None,
        cause: Cause,
    ) -> None:
        if pending is not None:
            pending.status = PaymentStatus.WITHDRAWN
        if rest > 0:
            await self.begin(session, order, wish or _present_way(order, pending), rest)
        if rest < 0:
            await self._refunds.give_back(session, order, shares(order, -rest), cause, wish)
        if pending is not None:
            _hand_over(order, pending, _last_wanted(order))

    async def _settle_exchange(self, session: AsyncSession, order: Order, payment: Payment) -> None:
        others = [other for other in order.payments if other.return_number == payment.return_number]
        others.remove(payment)
        for other in others:
            if other.status in UNSETTLED:
                other.status = PaymentStatus.WITHDRAWN
        if paid(others):
            cause = Cause("exchange", payment.return_number)
            await self._refunds.give_back(session, order, [(payment, payment.amount)], cause)


def _last_wanted(order: Order) -> Payment | None:
    wanted = [payment for payment in own_payments(order) if payment.status != PaymentStatus.WITHDRAWN]
    return wanted[-1] if wanted else None


def _hand_over(order: Order, old: Payment, new: Payment | None) -> None:
    """What was promised back of a payment that is no longer wanted is promised of the one in its place."""
    for refund in order.refunds:
        if new is not None and refund.payment_id == old.id:
            refund.payment_id = new.id
            refund.method, refund.iban, refund.gift_card_code = new.method, new.iban, new.gift_card_code


def _is_another_way(order: Order, wish: PaymentWish) -> bool:
    if wish.method != order.payment_method:
        return True
    return wish.gift_card is not None and normalised(wish.gift_card) != _card_of(order)


def _is_as_wished(pending: Payment, wish: PaymentWish | None) -> bool:
    if wish is None:
        return True
    return pending.method == wish.method and wish.iban in (None, pending.iban) and pending.failure is None


def _present_way(order: Order, pending: Payment | None) -> PaymentWish:
    if pending is not None:
        return PaymentWish(cast(PaymentMethod, pending.method), pending.iban)
    return PaymentWish(cast(PaymentMethod, order.payment_method), _iban_of(order))


def _iban_of(order: Order) -> str | None:
    ibans = [payment.iban for payment in own_payments(order) if payment.iban is not None]
    return ibans[-1] if ibans else None


def _card_of(order: Order) -> str | None:
    codes = [payment.gift_card_code for payment in own_payments(order) if payment.gift_card_code is not None]
    return codes[-1] if codes else None

"""Refunds: promised when less is owed, paid when the goods are back or at once, shown with days and amounts to the cent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import day_or_none, json_answer, moment_or_none, moment_view
from shop.clock import Clock
from shop.customers import Customers
from shop.database import Database
from shop.delivery import local_day, working_days_after
from shop.models import Json, Order
from shop.money import Money
from shop.order_rows import next_number
from shop.payments.gift_cards import GiftCards
from shop.payments.standing import UNSETTLED, PaymentStatus, RefundStatus, Share, label_of
from shop.payments.wishes import PaymentWish
from shop.problems import RefundNotBookable, RefundNotFound
from shop.records import Payment, Refund
from shop.requests import read_customer

REFUND_NUMBER = "refund_number"  # counters
REFUND_WORKING_DAYS = (5, 7)  # from, until
LISTED = 100


@dataclass(frozen=True)
class Cause:
    """Why money goes back: return, exchange, cancellation or change; with the return's number if there is one."""

    reason: str
    return_number: int | None = None


@dataclass(frozen=True)
class Target:
    """Where to: the method, and the account or card if it is known already."""

    method: str
    iban: str | None = None
    gift_card_code: str | None = None


class Refunds:
    """Every method works within the session's transaction, on an order that is locked."""

    def __init__(self, customers: Customers, cards: GiftCards, clock: Clock) -> None:
        self._customers = customers
        self._cards = cards
        self._clock = clock

    async def promise(
        self, session: AsyncSession, order: Order, of: Iterable[Share], cause: Cause, wish: PaymentWish | None = None
    ) -> list[Refund]:
        """One refund per payment whose money it is: back the way it came, or as is wished.

        Raises IbanMissing, GiftCardInsufficient for a way back that there is not.
        """
        promised = [
            self._refund(order, payment, share, cause, await self._target(session, order, payment, wish))
            for payment, share in list(of)
        ]
        for refund in promised:
            refund.number = await next_number(session, REFUND_NUMBER)
        order.refunds.extend(promised)
        await session.flush()
        return promised

    async def give_back(
        self, session: AsyncSession, order: Order, of: Iterable[Share], cause: Cause, wish: PaymentWish | None = None
    ) -> None:
        """The same without waiting for goods: a gift card has it at once."""
        await self._pay_out(session, order, await self.promise(session, order, of, cause, wish))

    async def receive(
        self, session: AsyncSession, order: Order, refunds: Sequence[Refund], to_card: bool = False
    ) -> None:
        """The goods are back, so the days begin to count; `to_card` if what was paid is wished on a gift card."""
        for refund in refunds:
            refund.status = RefundStatus.RECEIVED
            refund.received_at = self._clock.now()
        await self._pay_out(session, order, refunds, to_card)

    def book(self, refund: Refund) -> None:
        """The money has left. Raises RefundNotBookable."""
        ready = RefundStatus.REQUESTED if refund.return_number is None else RefundStatus.RECEIVED
        if refund.status != ready:
            raise RefundNotBookable(refund.status)
        self._done(refund)

    async def _target(self, session: AsyncSession, order: Order, payment: Payment, wish: PaymentWish | None) -> Target:
        if wish is None or payment.status in UNSETTLED:
            return Target(payment.method, payment.iban, payment.gift_card_code)
        if wish.method == "direct_debit":
            account = await self._customers.iban_for(session, order.customer_id, wish.iban or payment.iban)
            return Target(wish.method, iban=account)
        if wish.method == "gift_card" and wish.gift_card is not None:
            card = await self._cards.own(session, order.customer_id, wish.gift_card, order.currency)
            return Target(wish.method, gift_card_code=card)
        return Target(wish.method, gift_card_code=payment.gift_card_code)

    def _refund(self, order: Order, payment: Payment, share: int, cause: Cause, target: Target) -> Refund:
        return Refund(
            order_number=order.number,
            return_number=cause.return_number,
            payment_id=payment.id,
            reason=cause.reason,
            method=target.method,
            status=RefundStatus.REQUESTED,
            currency=order.currency,
            amount=share,
            iban=target.iban,
            gift_card_code=target.gift_card_code,
            requested_at=self._clock.now(),
        )

    async def _pay_out(
        self, session: AsyncSession, order: Order, refunds: Sequence[Refund], to_card: bool = False
    ) -> None:
        by_id: Mapping[int | None, Payment] = {payment.id: payment for payment in order.payments}
        for refund in refunds:
            payment = by_id[refund.payment_id]
            if payment.status in UNSETTLED:
                self._let_off(refund, payment)
            elif to_card or refund.method == "gift_card":
                await self._to_card(session, order, refund)

    def _let_off(self, refund: Refund, payment: Payment) -> None:
        payment.amount -= refund.amount
        payment.provider_session = None  # it asked for more
        if payment.amount == 0:
            payment.status = PaymentStatus.WITHDRAWN
        refund.payment_id = None
        self._done(refund)

    async def _to_card(self, session: AsyncSession, order: Order, refund: Refund) -> None:
        amount = Money(refund.amount, refund.currency)
        refund.method = "gift_card"
        refund.gift_card_code = await self._cards.give(session, order.customer_id, amount, refund.gift_card_code)
        self._done(refund)

    def _done(self, refund: Refund) -> None:
        refund.status = RefundStatus.REFUNDED
        refund.refunded_at = self._clock.now()


def parse_refund_id(refund_id: str) -> int:
    """RF-400001 as 400001. Raises RefundNotFound for anything else."""
    match = re.fullmatch(r"RF-([0-9]{6,12})", refund_id)
    if match is None:
        raise RefundNotFound
    return int(match[1])


def refund_view(refund: Refund) -> Json:
    """The JSON of the port."""
    first, last = expected_days(refund)
    return {
        "id": f"RF-{refund.number}",
        "order_number": f"NC-{refund.order_number}",
        "return_number": refund.return_number and f"RT-{refund.return_number}",
        "reason": refund.reason,
        "amount": Money(refund.amount, refund.currency).view(),
        "method": refund.method,
        "label": label_of(refund.gift_card_code, refund.iban),
        "status": refund.status,
        "requested_at": moment_view(refund.requested_at),
        "received_at": moment_or_none(refund.received_at),
        "refunded_at": moment_or_none(refund.refunded_at),
        "expected_from": day_or_none(first),
        "expected_until": day_or_none(last),
    }


def expected_days(refund: Refund) -> tuple[date | None, date | None]:
    """From, until: five to seven working days; the day itself for what is done at once; none before the goods are back."""
    if refund.refunded_at is not None and is_at_once(refund):
        return (local_day(refund.refunded_at),) * 2
    counted_from = refund.requested_at if refund.return_number is None else refund.received_at
    if counted_from is None:
        return None, None
    first, last = (working_days_after(local_day(counted_from), days) for days in REFUND_WORKING_DAYS)
    return first, last


def is_at_once(refund: Refund) -> bool:
    """Whether nobody has to send money."""
    return refund.method == "gift_card" or refund.payment_id is None


class RefundRoutes:
    """What customers see of their refunds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/refunds", self.list)]

    async def list(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        query = select(Refund).join(Order).where(Order.customer_id == customer_id)
        async with self._database.reading() as session:
            refunds = await session.scalars(query.order_by(Refund.number.desc()).limit(LISTED))
            return json_answer({"items": [refund_view(refund) for refund in refunds]}).response()

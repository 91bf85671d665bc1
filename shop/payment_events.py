"""What payment providers tell, carried out once; and refunds that they are asked for."""

import logging
from collections.abc import Mapping

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.database import Database
from shop.models import Order
from shop.money import Money
from shop.observe import say
from shop.order_rows import order_with
from shop.payments.payments import Payments
from shop.payments.provider import (
    Failed,
    Outcome,
    Paid,
    PaymentProvider,
    ProviderRefused,
    ProviderUnavailable,
    Refunded,
    Repayment,
)
from shop.payments.standing import PaymentStatus, RefundStatus
from shop.problems import RefundNotBookable, RefundNotFound
from shop.records import Payment, Refund
from shop.refunds import parse_refund_id
from shop.settlement import Settlement

REFUSED = "refused"  # in the place of the provider's name for a refund: staff has to send the money


class PaymentEvents:
    """Events may come twice, late, in any order, and for what is not ours."""

    def __init__(
        self, database: Database, payments: Payments, settlement: Settlement, provider: PaymentProvider
    ) -> None:
        self._database = database
        self._payments = payments
        self._settlement = settlement
        self._provider = provider

    async def take(self, headers: Mapping[str, str], body: bytes) -> None:
        """An event as it came. Raises SignatureInvalid."""
        outcome = self._provider.read(headers, body)
        if outcome is not None:
            await self.carry_out(outcome)

    async def carry_out(self, outcome: Outcome) -> None:
        """In one transaction."""
        async with self._database.writing() as session:
            match outcome:
                case Paid():
                    await self._paid(session, outcome)
                case Failed():
                    await self._failed(session, outcome)
                case Refunded():
                    await self._refunded(session, outcome.refund_id)

    async def _paid(self, session: AsyncSession, told: Paid) -> None:
        found = await _locked(session, told.token)
        if found is not None and found[1].status != PaymentStatus.PAID:
            order, payment = found
            payment.provider = self._provider.name
            payment.provider_payment = told.payment
            await self._settlement.arrive(session, order, payment, told.amount)

    async def _failed(self, session: AsyncSession, told: Failed) -> None:
        found = await _locked(session, told.token)
        if found is not None and told.session in (None, found[1].provider_session):
            self._payments.fail(found[1], told.failure)

    async def _refunded(self, session: AsyncSession, refund_id: str) -> None:
        try:
            await self._settlement.book_refund(session, parse_refund_id(refund_id))
        except (RefundNotFound, RefundNotBookable):
            return  # told before, booked by staff, or another's

    async def pay_out(self) -> None:
        """Asks the provider for every refund of money that it collected; a refund that fails leaves the others alone."""
        for number in await self._unasked():
            try:
                await self._ask_for(number)
            except ProviderUnavailable as error:
                say("refund not asked for", logging.WARNING, error, refund=number)

    async def _unasked(self) -> list[int]:
        ready = or_(
            and_(Refund.return_number.is_(None), Refund.status == RefundStatus.REQUESTED),
            Refund.status == RefundStatus.RECEIVED,
        )
        query = select(Refund.number).join(Payment, Payment.id == Refund.payment_id)
        mine = and_(Payment.provider == self._provider.name, Payment.method == Refund.method)
        unasked = and_(Payment.provider_payment.is_not(None), Refund.provider_refund.is_(None))
        async with self._database.reading() as session:
            return list(await session.scalars(query.where(ready, mine, unasked).order_by(Refund.number)))

    async def _ask_for(self, number: int) -> None:
        """The provider is asked without a lock; it knows the refund by its number, so that twice is once."""
        async with self._database.reading() as session:
            repayment = await _repayment(session, number)
        try:
            receipt = await self._provider.refund(repayment)
        except ProviderRefused as error:
            say("refund refused", logging.ERROR, error, refund=number)
            return await self._keep(number, REFUSED)
        await self._keep(number, receipt.id)
        if receipt.done:
            await self.carry_out(Refunded(repayment.refund_id))

    async def _keep(self, number: int, name: str) -> None:
        async with self._database.writing() as session:
            await session.execute(update(Refund).where(Refund.number == number).values(provider_refund=name))


async def _locked(session: AsyncSession, token: str) -> tuple[Order, Payment] | None:
    order_number = await session.scalar(select(Payment.order_number).where(Payment.token == token))
    if order_number is None:
        return None
    order = await order_with(session, order_number)
    return order, next(payment for payment in order.payments if payment.token == token)


async def _repayment(session: AsyncSession, number: int) -> Repayment:
    query = select(Refund, Payment.provider_payment).join(Payment, Payment.id == Refund.payment_id)
    refund, payment = (await session.execute(query.where(Refund.number == number))).one()
    return Repayment(f"RF-{number}", str(payment), Money(refund.amount, refund.currency))

"""What follows when goods or money arrive: stock, refunds, replacements, and returns that are done."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.clock import Clock
from shop.delivery import local_day
from shop.devices import replace, take_back
from shop.invoices import Invoices
from shop.models import Order
from shop.order_rows import next_number, order_with
from shop.orders import TRACKING_NUMBER
from shop.payments.payments import Payments
from shop.payments.standing import MENDABLE, RefundStatus, next_to_pay
from shop.problems import RefundNotFound, ReturnNotFound, ReturnNotReceivable
from shop.records import Payment, Refund, Return
from shop.refunds import Refunds
from shop.return_rules import line_of
from shop.returns import ReplacementStatus, ReturnStatus, one_return, whole_returns
from shop.stock import Pieces, exchange, pieces


class Settlement:
    """Every method works within the session's transaction, on an order that is locked."""

    def __init__(self, payments: Payments, refunds: Refunds, invoices: Invoices, clock: Clock) -> None:
        self._payments = payments
        self._refunds = refunds
        self._invoices = invoices
        self._clock = clock

    async def receive(self, session: AsyncSession, number: int) -> Return:
        """The goods are back: on the shelf, refunded, replaced. Raises ReturnNotFound, ReturnNotReceivable."""
        order = await _order_of_return(session, number)
        entry = await _return(session, number)
        if entry.status != ReturnStatus.REQUESTED:
            raise ReturnNotReceivable(entry.status)
        entry.status = ReturnStatus.RECEIVED
        entry.received_at = self._clock.now()
        back = pieces((line_of(order, line.line).variant_id, line.quantity) for line in entry.lines)
        await exchange(session, returned=back, wanted=Pieces())
        await take_back(session, order, entry.lines)
        await self._send_replacement(session, entry)
        await self._refunds.receive(session, order, entry.refunds, to_card=entry.refund_to == "gift_card")
        await self._close_if_done(session, order, entry)
        return entry

    async def book_refund(self, session: AsyncSession, number: int) -> Refund:
        """The money has left. Raises RefundNotFound, RefundNotBookable."""
        order = await _order_of_refund(session, number)
        refund = next(refund for refund in order.refunds if refund.number == number)
        self._refunds.book(refund)
        if refund.return_number is not None:
            await self._close_if_done(session, order, await _return(session, refund.return_number))
        return refund

    async def book_payment(self, session: AsyncSession, order: Order, failure: str | None) -> None:
        """The money is here, or will not come as was agreed (`failure`). Raises PaymentNotOpen."""
        payment = next_to_pay(order)
        if failure is None:
            await self.arrive(session, order, payment)
        else:
            self._payments.fail(payment, failure)

    async def arrive(self, session: AsyncSession, order: Order, payment: Payment, amount: int | None = None) -> None:
        """The money is here; what waited for it goes on."""
        await self._payments.arrive(session, order, payment, amount)
        if payment.return_number is not None:
            entry = await _return(session, payment.return_number)
            await self._send_replacement(session, entry)
            await self._close_if_done(session, order, entry)

    async def _send_replacement(self, session: AsyncSession, entry: Return) -> None:
        """When the old pieces are back and nothing that the new ones cost more is open."""
        waits = entry.replacement_status == ReplacementStatus.RESERVED and entry.received_at is not None
        if waits and not any(payment.status in MENDABLE for payment in entry.payments):
            entry.replacement_tracking = f"PB{await next_number(session, TRACKING_NUMBER)}"
            entry.replacement_status = ReplacementStatus.SHIPPED
            await replace(session, entry, local_day(self._clock.now()))

    async def _close_if_done(self, session: AsyncSession, order: Order, entry: Return) -> None:
        refunded = all(refund.status == RefundStatus.REFUNDED for refund in entry.refunds)
        sent = entry.replacement_status != ReplacementStatus.RESERVED
        if entry.status == ReturnStatus.RECEIVED and refunded and sent:
            entry.status = ReturnStatus.COMPLETED
            await self._invoices.follow(session, order)


async def _return(session: AsyncSession, number: int) -> Return:
    return await one_return(session, whole_returns().where(Return.number == number))


async def _order_of_return(session: AsyncSession, number: int) -> Order:
    order_number = await session.scalar(select(Return.order_number).where(Return.number == number))
    if order_number is None:
        raise ReturnNotFound
    return await order_with(session, order_number)


async def _order_of_refund(session: AsyncSession, number: int) -> Order:
    order_number = await session.scalar(select(Refund.order_number).where(Refund.number == number))
    if order_number is None:
        raise RefundNotFound
    return await order_with(session, order_number)

"""Billing: each month once, when it begins; and whatever else a subscription's days bring."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from sqlalchemy import false, select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog, Snapshot
from shop.clock import Clock
from shop.database import Database
from shop.delivery import local_day
from shop.devices import follow
from shop.models import Booking, Charge, Subscription
from shop.money import Money
from shop.observe import say_failure
from shop.subscriptions import state
from shop.subscriptions.agreement import take_over
from shop.subscriptions.bookings import end_before
from shop.subscriptions.days import ONE_DAY
from shop.subscriptions.store import locked

MONTH, CHANGE, PURCHASE = "month", "change", "purchase"  # what a charge is for
WITH_ORDER, DUE = "with_order", "due"  # where its money comes from


class Invoicing(Protocol):
    """Who writes invoices."""

    async def of_charge(self, session: AsyncSession, subscription: Subscription, charge: Charge) -> str:
        """Issues the charge's invoice and says its number."""
        ...


class Keeper:
    """Brings a locked subscription up to a day: what began until then is billed, what ended is over.

    Whatever changes a subscription calls it first, so that a month is billed as it was agreed when it began, and again
    when it has changed it. Called twice it does nothing more.
    """

    def __init__(self, catalog: Catalog, clock: Clock, invoicing: Invoicing | None = None) -> None:
        self._catalog = catalog
        self._clock = clock
        self._invoicing = invoicing

    def today(self) -> date:
        """In German time."""
        return local_day(self._clock.now())

    async def keep(self, session: AsyncSession, subscription: Subscription, day: date) -> None:
        """Up to the day, included."""
        if subscription.started_on is None or subscription.ended_on is not None:
            return
        snapshot, _ = await self._catalog.look(session, false())
        last = min(day, state.ends_on(subscription) or day)
        await self._bill_months(session, snapshot, subscription, last)
        _take_over_swaps(snapshot, subscription, last)
        if last < day:
            await self._end(session, subscription, last)
        subscription.wakes_on = wakes_on(subscription)
        await follow(session, subscription)

    async def start(self, session: AsyncSession, subscription: Subscription) -> None:
        """Delivered today; the first month was paid with the order."""
        paid = Money(subscription.first_amount, subscription.currency)
        subscription.started_on = self.today()
        subscription.months_billed = 1
        first, until = subscription.started_on, state.months_of(subscription).until_of(0)
        subscription.charges.append(self._charge(MONTH, 0, first, until, paid, WITH_ORDER))
        await self.keep(session, subscription, subscription.started_on)

    async def charge_once(
        self, session: AsyncSession, subscription: Subscription, amount: Money, kind: str, day: date
    ) -> None:
        """What falls due on a day, besides the months."""
        if amount.amount > 0:
            await self._add(session, subscription, self._charge(kind, None, day, day, amount, DUE))

    async def _bill_months(
        self, session: AsyncSession, snapshot: Snapshot, subscription: Subscription, last: date
    ) -> None:
        months = state.months_of(subscription)
        while (first := months.first_of(subscription.months_billed)) <= last:
            month = subscription.months_billed
            if not state.is_rented_in(subscription, month):
                return
            _take_over_swaps(snapshot, subscription, first)
            _begin_added_term(subscription, month)
            amount = state.monthly_total(subscription)
            charge = self._charge(MONTH, month, first, months.until_of(month), amount, DUE)
            await self._add(session, subscription, charge)
            subscription.months_billed = month + 1

    def _charge(self, kind: str, month: int | None, first: date, until: date, amount: Money, status: str) -> Charge:
        return Charge(
            kind=kind,
            month=month,
            first=first,
            until=until,
            amount=amount.amount,
            status=status,
            invoice_number=None,
            billed_at=self._clock.now(),
        )

    async def _add(self, session: AsyncSession, subscription: Subscription, charge: Charge) -> None:
        subscription.charges.append(charge)
        await session.flush()
        if self._invoicing is not None:
            charge.invoice_number = await self._invoicing.of_charge(session, subscription, charge)

    async def _end(self, session: AsyncSession, subscription: Subscription, last: date) -> None:
        is_bought = subscription.at_end == "buy"
        price = state.purchase_price(subscription, last)
        if is_bought and price is not None:
            await self.charge_once(session, subscription, price, PURCHASE, last)
        subscription.ended_on = last
        for booking in list(subscription.bookings):
            if booking.until is None or booking.until > last:
                _give_back(subscription, booking, last, is_bought)


def _give_back(subscription: Subscription, booking: Booking, last: date, is_bought: bool) -> None:
    # What is bought leaves the fleet: its booking stays open.
    if not (is_bought and booking.taken_over):
        end_before(subscription, booking, last + ONE_DAY)


def _take_over_swaps(snapshot: Snapshot, subscription: Subscription, day: date) -> None:
    for booking in list(subscription.bookings):
        is_due = booking.until is None and not booking.taken_over and booking.first <= day
        if is_due and booking.variant_id in snapshot.product_of:
            _give_former_back(subscription, booking.first)
            take_over(subscription, booking.variant_id, snapshot.product_of[booking.variant_id])
            booking.taken_over = True


def _give_former_back(subscription: Subscription, day: date) -> None:
    for former in list(subscription.bookings):
        if former.taken_over and former.until is None:
            end_before(subscription, former, day)


def _begin_added_term(subscription: Subscription, month: int) -> None:
    if subscription.added_terms and month >= subscription.term_starts_month + subscription.term_months:
        term, *later = subscription.added_terms
        subscription.term_starts_month += subscription.term_months
        subscription.term_months = term["months"]
        subscription.monthly_amount = term["monthly_amount"]
        subscription.added_terms = later


def wakes_on(subscription: Subscription) -> date | None:
    """The next day on which there is something to do; None if there never will be."""
    if subscription.ended_on is not None:
        return None
    last = state.ends_on(subscription)
    days = [] if last is None else [last + ONE_DAY]
    if state.is_rented_in(subscription, subscription.months_billed):
        days.append(state.months_of(subscription).first_of(subscription.months_billed))
    days += [b.first for b in subscription.bookings if b.until is None and not b.taken_over]
    return min(days)


@dataclass(frozen=True)
class Billed:
    """How many subscriptions had something to do, and for how many it failed."""

    subscriptions: int
    failed: int


class Billing:
    """The daily work on all subscriptions; several may do it at once, and as often as they like."""

    def __init__(self, database: Database, keeper: Keeper) -> None:
        self._database = database
        self._keeper = keeper

    async def run(self, on: date | None = None) -> Billed:
        """Up to the day, or today. One that fails is logged and does not keep the others waiting."""
        day = on or self._keeper.today()
        numbers = await self._waiting(day)
        done = [await self._kept(number, day) for number in numbers]
        return Billed(subscriptions=sum(done), failed=len(done) - sum(done))

    async def _waiting(self, day: date) -> list[int]:
        query = select(Subscription.number).where(Subscription.wakes_on <= day).order_by(Subscription.number)
        async with self._database.reading() as session:
            return list(await session.scalars(query))

    async def _kept(self, number: int, day: date) -> bool:
        try:
            async with self._database.writing() as session:
                subscription = await session.scalar(locked().where(Subscription.number == number))
                if subscription is not None:
                    await self._keeper.keep(session, subscription, day)
        except Exception as error:
            say_failure(error, task="bill", subscription=number)
            return False
        return True

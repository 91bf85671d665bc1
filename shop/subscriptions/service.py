"""What customers do with their subscriptions."""

from datetime import date, timedelta

from sqlalchemy import false
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog, CatalogProduct, Snapshot
from shop.models import Booking, Json, Pause, Subscription
from shop.problems import invalid
from shop.subscriptions import state
from shop.subscriptions.agreement import (
    added_term,
    agree,
    agreement,
    agreement_with,
    check_offered,
    plan_of,
)
from shop.subscriptions.billing import CHANGE, Keeper
from shop.subscriptions.bookings import Wanted, book, end_before, free_pieces, make_room
from shop.subscriptions.days import ONE_DAY, Span, days_of
from shop.subscriptions.problems import (
    AlreadyEnding,
    NotEnding,
    NotPaused,
    NotSwapped,
    PauseNotAllowed,
    SubscriptionNotChangeable,
    SubscriptionPending,
    SwapBeyondEnd,
    SwapNotInPlan,
)
from shop.subscriptions.requests import (
    AvailabilityQuery,
    Extension,
    PauseRequest,
    SubscriptionCancellation,
    SubscriptionChange,
    SwapRequest,
)
from shop.subscriptions.state import Status
from shop.subscriptions.store import complete, locked, own
from shop.subscriptions.views import preview_view, subscription_view

AHEAD = timedelta(days=730)  # how far ahead days may be planned
LONGEST_MONTHS = 120  # all terms together


class Subscriptions:
    """Every method works within the session's transaction. All raise SubscriptionNotFound."""

    def __init__(self, catalog: Catalog, keeper: Keeper) -> None:
        self._catalog = catalog
        self._keeper = keeper

    # --- seen

    async def listed(self, session: AsyncSession, customer_id: str, limit: int) -> list[Json]:
        """The customer's subscriptions, newest first."""
        query = complete().where(Subscription.customer_id == customer_id).order_by(Subscription.number.desc())
        today = self._keeper.today()
        return [subscription_view(row, today) for row in await session.scalars(query.limit(limit))]

    async def view(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """One of the customer's subscriptions."""
        return subscription_view(await own(session, complete(), customer_id, number), self._keeper.today())

    async def available(self, session: AsyncSession, query: AvailabilityQuery) -> list[Json]:
        """The family's models that are free on all of these days. Raises InvalidRequest."""
        span = self._span(query.first or self._keeper.today(), query.until, "query.")
        snapshot = await self._snapshot(session)
        free = await free_pieces(session, snapshot.models(query.family), span, query.city)
        return [{"product_id": one, "variant_id": None, "free": pieces} for one, pieces in free.items() if pieces > 0]

    # --- changed

    async def preview(self, session: AsyncSession, customer_id: str, number: str, change: SubscriptionChange) -> Json:
        """What the change would come to. Raises what `change` raises."""
        subscription = await own(session, complete(), customer_id, number)
        today = self._keeper.today()
        _check_changeable(subscription, change, today)
        agreed = agreement(subscription, change, await self._product(session, subscription), today)
        return preview_view(subscription, agreed, state.next_billing_on(subscription, today))

    async def change(self, session: AsyncSession, customer_id: str, number: str, change: SubscriptionChange) -> Json:
        """Raises SubscriptionNotChangeable, PlanNotForProduct, TermTooShort, VariantNotFound, InvalidRequest."""
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        _check_changeable(subscription, change, today)
        product = await self._product(session, subscription)
        agreed = agreement(subscription, change, product, today)
        agree(subscription, agreed, product)
        if not subscription.premium:
            _end_swaps_for_some_days(subscription, today)
        await self._keeper.charge_once(session, subscription, agreed.due_now, CHANGE, today)
        return await self._left(session, subscription)

    async def extend(self, session: AsyncSession, customer_id: str, number: str, extension: Extension) -> Json:
        """Raises SubscriptionNotChangeable, InvalidRequest."""
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        _check_status(subscription, today, Status.ACTIVE, Status.ENDING)
        product = await self._product(session, subscription)
        plan, months = plan_of(subscription, product), extension.term_months
        check_offered(plan, months, product)
        term = added_term(product.rent(subscription.variant_id, plan, months), months)
        _add_term(subscription, term, state.months_begun(subscription, today))
        if subscription.ends_month is not None:
            subscription.ends_month = state.term_end_month(subscription)
        return await self._left(session, subscription)

    # --- paused

    async def pause(self, session: AsyncSession, customer_id: str, number: str, wanted: PauseRequest) -> Json:
        """Takes the place of a pause that is planned. Raises PauseNotAllowed, InvalidRequest."""
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        self._span(wanted.first, wanted.until)
        if state.status_on(subscription, today) != Status.ACTIVE:
            raise _not_allowed("not_active", subscription, today, today)
        _take_pause_back(subscription, today)
        _check_pause(subscription, wanted.first, wanted.until)
        subscription.pauses.append(Pause(first=wanted.first, until=wanted.until))
        return await self._left(session, subscription)

    async def resume(self, session: AsyncSession, customer_id: str, number: str, on: date | None) -> Json:
        """Goes on on that day, or today; a pause that has not begun by then never was. Raises NotPaused, InvalidRequest."""
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        pause = state.next_pause(subscription, today) if state.runs(subscription, today) else None
        if pause is None:
            raise NotPaused
        day = on or today
        if not today <= day <= pause.until + ONE_DAY:
            raise invalid("on", "must be from today to the day after the pause")
        if pause.first >= day:
            subscription.pauses.remove(pause)
        else:
            pause.until = day - ONE_DAY
        return await self._left(session, subscription)

    # --- cancelled

    async def cancel(
        self, session: AsyncSession, customer_id: str, number: str, cancellation: SubscriptionCancellation
    ) -> Json:
        """Raises SubscriptionPending, AlreadyEnding, SubscriptionNotChangeable."""
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        _check_cancellable(subscription, today)
        subscription.ends_month = state.earliest_end_month(subscription, today)
        subscription.cancelled_on = today
        subscription.cancel_reason = cancellation.reason
        subscription.at_end = cancellation.at_end
        _end_swaps_after(subscription, state.ends_on(subscription))
        return await self._left(session, subscription)

    async def go_on(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """Takes the cancellation back. Raises NotEnding."""
        subscription = await self._taken(session, customer_id, number)
        status = state.status_on(subscription, self._keeper.today())
        if status != Status.ENDING:
            raise NotEnding(status)
        subscription.ends_month = subscription.cancelled_on = None
        subscription.cancel_reason = subscription.at_end = None
        return await self._left(session, subscription)

    # --- swapped

    async def swap(self, session: AsyncSession, customer_id: str, number: str, wanted: SwapRequest) -> Json:
        """Raises SubscriptionNotChangeable, SwapBeyondEnd, SwapNotInPlan, NotAvailable, ProductNotFound, VariantNotFound, InvalidRequest."""
        subscription = await self._taken(session, customer_id, number)
        snapshot = await self._snapshot(session)
        piece = self._wanted(snapshot, subscription, wanted)
        make_room(subscription, piece.span)
        await session.flush()
        await book(session, snapshot, subscription, piece)
        await session.flush()  # which gives the booking its id
        return await self._left(session, subscription)

    async def preview_swap(self, session: AsyncSession, customer_id: str, number: str, wanted: SwapRequest) -> Json:
        """What it would cost from when on. Raises what `swap` raises, but asks for no piece."""
        subscription = await own(session, complete(), customer_id, number)
        piece = self._wanted(await self._snapshot(session), subscription, wanted)
        agreed = agreement_with(subscription, piece.variant_id, piece.product, for_good=piece.span.until is None)
        billed = state.billing_from(subscription, piece.span.first, self._keeper.today())
        return preview_view(subscription, agreed, billed)

    def _wanted(self, snapshot: Snapshot, subscription: Subscription, wanted: SwapRequest) -> Wanted:
        """What is asked for, if the subscription and its plan allow it."""
        span = self._span(wanted.first, wanted.until)
        _check_swappable(subscription, span, self._keeper.today())
        variant_id = _variant(snapshot, subscription, wanted)
        product = snapshot.product_with(variant_id)
        _check_plan(product, subscription, span)
        return Wanted(product, variant_id, span, wanted.city or subscription.order.address["city"])

    async def end_next_swap(self, session: AsyncSession, customer_id: str, number: str) -> Json:
        """The one that runs, or else the next one. Raises NotSwapped."""
        return await self._end_swap(session, customer_id, number, None)

    async def end_swap(self, session: AsyncSession, customer_id: str, number: str, swap_id: str) -> Json:
        """Raises NotSwapped, also if that swap is over or somebody else's."""
        return await self._end_swap(session, customer_id, number, swap_id)

    async def _end_swap(self, session: AsyncSession, customer_id: str, number: str, swap_id: str | None) -> Json:
        subscription = await self._taken(session, customer_id, number)
        today = self._keeper.today()
        booking = _swap_with(subscription, swap_id, today)
        if booking.first > today:
            subscription.bookings.remove(booking)
        else:
            booking.until = today
        return await self._left(session, subscription)

    # --- in common

    async def _taken(self, session: AsyncSession, customer_id: str, number: str) -> Subscription:
        """Held, and brought up to today."""
        subscription = await own(session, locked(), customer_id, number)
        await self._keeper.keep(session, subscription, self._keeper.today())
        return subscription

    async def _left(self, session: AsyncSession, subscription: Subscription) -> Json:
        await self._keeper.keep(session, subscription, self._keeper.today())
        return subscription_view(subscription, self._keeper.today())

    async def _snapshot(self, session: AsyncSession) -> Snapshot:
        snapshot, _ = await self._catalog.look(session, false())
        return snapshot

    async def _product(self, session: AsyncSession, subscription: Subscription) -> CatalogProduct:
        return (await self._snapshot(session)).product_with(subscription.variant_id)

    def _span(self, first: date, until: date | None, where: str = "") -> Span:
        today = self._keeper.today()
        if not today <= first <= today + AHEAD:
            raise invalid(f"{where}first", "must be today or later, within two years")
        if until is not None and not first <= until <= today + AHEAD:
            raise invalid(f"{where}until", "must not be before first, and within two years")
        return Span(first, until)


def _check_status(subscription: Subscription, today: date, *allowed: Status) -> None:
    status = state.status_on(subscription, today)
    if status not in allowed:
        raise SubscriptionNotChangeable(status)


def _check_changeable(subscription: Subscription, change: SubscriptionChange, today: date) -> None:
    """Add-ons may come and go until the end; plan and term are settled once it rests or is cancelled."""
    also = (Status.PAUSED, Status.ENDING) if change.model_fields_set == {"addons"} else ()
    _check_status(subscription, today, Status.ACTIVE, Status.PENDING, *also)


def _check_cancellable(subscription: Subscription, today: date) -> None:
    status = state.status_on(subscription, today)
    if status == Status.PENDING:
        raise SubscriptionPending(f"NC-{subscription.order_number}")
    if status == Status.ENDING:
        raise AlreadyEnding(str(state.ends_on(subscription)))
    if status == Status.ENDED:
        raise SubscriptionNotChangeable(status)


def _add_term(subscription: Subscription, term: Json, months_begun: int) -> None:
    if state.term_end_month(subscription) + term["months"] > months_begun + LONGEST_MONTHS:
        raise invalid("term_months", f"all terms together last {LONGEST_MONTHS} months at most")
    if months_begun > state.term_end_month(subscription):  # it goes on month by month: the term begins with the next
        subscription.term_starts_month = months_begun
        subscription.term_months = term["months"]
        subscription.monthly_amount = term["monthly_amount"]
    else:
        subscription.added_terms = [*subscription.added_terms, term]


# --- pauses


def _take_pause_back(subscription: Subscription, today: date) -> None:
    planned = state.next_pause(subscription, today)
    if planned is not None:
        subscription.pauses.remove(planned)


def _check_pause(subscription: Subscription, first: date, until: date) -> None:
    days = days_of(first, until)
    if days < state.PAUSE_MIN_DAYS:
        raise _not_allowed("too_short", subscription, first, until)
    if days > state.PAUSE_MAX_DAYS:
        raise _not_allowed("too_long", subscription, first, until)
    if state.is_in_first_month(subscription, first):
        raise _not_allowed("in_first_month", subscription, first, until)
    if not state.fits_pause_days(subscription, first, until):
        raise _not_allowed("used_up", subscription, first, until)


def _not_allowed(why: str, subscription: Subscription, first: date, until: date) -> PauseNotAllowed:
    left = state.pause_days_left(subscription, first, until)
    return PauseNotAllowed(why, state.PAUSE_MAX_DAYS, left)


# --- swaps


def _check_swappable(subscription: Subscription, span: Span, today: date) -> None:
    _check_status(subscription, today, Status.ACTIVE, Status.ENDING)
    last = state.ends_on(subscription)
    if last is not None and (span.until is None or span.until > last):
        raise SwapBeyondEnd(str(last))


def _swap_with(subscription: Subscription, swap_id: str | None, today: date) -> Booking:
    swaps = state.swaps_of(subscription, today) if state.runs(subscription, today) else []
    meant = swaps if swap_id is None else [booking for booking in swaps if str(booking.id) == swap_id]
    if not meant:
        raise NotSwapped
    return meant[0]


def _variant(snapshot: Snapshot, subscription: Subscription, wanted: SwapRequest) -> str:
    if wanted.variant_id is not None:
        if wanted.variant_id == subscription.variant_id:
            raise invalid("variant_id", "is what the subscription has already")
        return wanted.variant_id
    product = snapshot.product(wanted.product_id or "")
    if product.id == subscription.product_id:
        raise invalid("product_id", "is what the subscription has already; another variant of it has a variant_id")
    return _nearest(product, subscription)


def _nearest(product: CatalogProduct, subscription: Subscription) -> str:
    """The variant that has most in common with the subscription's own: its colour, its size."""

    def in_common(variant_id: str) -> int:
        return len(product.variants[variant_id].options.items() & subscription.options.items())

    return max(product.variants, key=in_common)


def _check_plan(product: CatalogProduct, subscription: Subscription, span: Span) -> None:
    if product.family != subscription.family:
        raise SwapNotInPlan("other_family")
    if span.until is not None and not subscription.premium:
        raise SwapNotInPlan("premium_only")


def _end_swaps_for_some_days(subscription: Subscription, today: date) -> None:
    """Only a premium plan has them."""
    for booking in list(subscription.bookings):
        if booking.until is not None and booking.until > today:
            end_before(subscription, booking, today + ONE_DAY)


def _end_swaps_after(subscription: Subscription, last: date | None) -> None:
    """What was planned for days after the end is given back; what is for good and begins before lasts until then."""
    for booking in list(subscription.bookings):
        if last is not None and not booking.taken_over and (booking.until or booking.first) > last:
            end_before(subscription, booking, last + ONE_DAY)

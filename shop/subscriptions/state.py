"""How a subscription stands on a day: all of it follows from its dates, so no status can be out of date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shop.models import Booking, Pause, Subscription
from shop.money import Money, total
from shop.pricing import LineAddon
from shop.subscriptions.days import Months, Span, contract_years, days_within

PAUSE_MIN_DAYS = 7
PAUSE_MAX_DAYS = 90  # at once, and in a year of the contract
RENT_TOWARDS_PURCHASE = 60  # percent of the rent that is taken off the price when new
LEAST_PURCHASE_SHARE = 10  # one tenth of the price when new is to be paid in any case
PURCHASE_STEP = 10  # minor units


class Status(StrEnum):
    """Where a subscription is between its order and its end."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDING = "ending"
    ENDED = "ended"


def status_on(subscription: Subscription, day: date) -> Status:
    """`day` is today."""
    last = ends_on(subscription)
    if subscription.ended_on is not None or (last is not None and last < day):
        return Status.ENDED
    if subscription.started_on is None:
        return Status.PENDING
    if subscription.ends_month is not None:
        return Status.ENDING
    return Status.PAUSED if running_pause(subscription, day) is not None else Status.ACTIVE


def runs(subscription: Subscription, day: date) -> bool:
    """Whether it has begun and not ended."""
    return status_on(subscription, day) not in (Status.PENDING, Status.ENDED)


# --- months


def months_of(subscription: Subscription) -> Months:
    """The months of a subscription that has begun."""
    assert subscription.started_on is not None
    return Months(subscription.started_on, [(pause.first, pause.until) for pause in pauses_of(subscription)])


def months_begun(subscription: Subscription, day: date) -> int:
    """How many there have been, with the running one; none before it begins.

    A month that is billed has begun, even if a pause from its first day on has put it off.
    """
    if subscription.started_on is None:
        return 0
    return max(subscription.months_billed, months_of(subscription).begun_by(day))


def term_end_month(subscription: Subscription) -> int:
    """The first month after the term and all that were added to it."""
    added = sum(term["months"] for term in subscription.added_terms)
    return int(subscription.term_starts_month + subscription.term_months + added)


def earliest_end_month(subscription: Subscription, day: date) -> int:
    """The first month that a cancellation of this day would save: after the term it goes on month by month."""
    return max(term_end_month(subscription), months_begun(subscription, day))


def term_ends_on(subscription: Subscription, months_more: int = 0) -> date | None:
    """The last day that was agreed, or that would be if the term had more months; None before it begins."""
    if subscription.started_on is None:
        return None
    return months_of(subscription).until_of(term_end_month(subscription) + months_more - 1)


def ends_on(subscription: Subscription) -> date | None:
    """The last day; None as long as it goes on."""
    if subscription.ended_on is not None or subscription.ends_month is None or subscription.cancelled_on is None:
        return subscription.ended_on
    return max(months_of(subscription).until_of(subscription.ends_month - 1), subscription.cancelled_on)


def earliest_end_on(subscription: Subscription, day: date) -> date | None:
    """The last day if it were cancelled now, or as it was cancelled; None if there is nothing to cancel."""
    if not runs(subscription, day):
        return None
    if subscription.ends_month is not None:
        return ends_on(subscription)
    return max(months_of(subscription).until_of(earliest_end_month(subscription, day) - 1), day)


def next_billing_on(subscription: Subscription, day: date) -> date | None:
    """When the next month begins, unless it ends before."""
    if not runs(subscription, day):
        return None
    following = months_begun(subscription, day)
    return months_of(subscription).first_of(following) if is_rented_in(subscription, following) else None


def billing_from(subscription: Subscription, first: date, day: date) -> date | None:
    """The next billing date that is not before `first`, or None if it ends before; seen from `day`."""
    if not runs(subscription, day):
        return None
    months = months_of(subscription)
    month = months_begun(subscription, day)
    while months.first_of(month) < first:
        month += 1
    return months.first_of(month) if is_rented_in(subscription, month) else None


def is_rented_in(subscription: Subscription, month: int) -> bool:
    """Whether the month is not beyond a cancellation."""
    return subscription.ends_month is None or month < subscription.ends_month


# --- money


def addons_of(subscription: Subscription) -> tuple[LineAddon, ...]:
    """The booked services."""
    return tuple(
        LineAddon(addon["id"], addon["name"], Money(**addon["price"]), addon["monthly"])
        for addon in subscription.addons
    )


def monthly_price(subscription: Subscription) -> Money:
    """The rent alone."""
    return Money(subscription.monthly_amount, subscription.currency)


def monthly_total(subscription: Subscription) -> Money:
    """The rent and what is booked by the month."""
    return with_addons(monthly_price(subscription), addons_of(subscription))


def with_addons(rent: Money, addons: Sequence[LineAddon]) -> Money:
    """What falls due every month."""
    return total((rent, *(addon.price for addon in addons if addon.monthly)), rent.currency)


def purchase_price(subscription: Subscription, day: date) -> Money | None:
    """What keeping the piece at the end costs: its price when new, less most of the rent until then."""
    if subscription.ended_on is not None:
        return None
    months = subscription.ends_month or earliest_end_month(subscription, day)
    new, rent = subscription.new_amount, subscription.monthly_amount * months
    amount = max(new - rent * RENT_TOWARDS_PURCHASE // 100, new * LEAST_PURCHASE_SHARE // 100)
    return Money(amount // PURCHASE_STEP * PURCHASE_STEP, subscription.currency)


# --- pauses


def pauses_of(subscription: Subscription) -> list[Pause]:
    """In the order of their days."""
    return sorted(subscription.pauses, key=lambda pause: pause.first)


def next_pause(subscription: Subscription, day: date) -> Pause | None:
    """The one that runs, or else the next one."""
    return next((pause for pause in pauses_of(subscription) if pause.until >= day), None)


def running_pause(subscription: Subscription, day: date) -> Pause | None:
    """The one that runs."""
    pause = next_pause(subscription, day)
    return pause if pause is not None and pause.first <= day else None


@dataclass(frozen=True)
class PauseLimit:
    """How long it may rest; `why_not` if it may not do so from this day on."""

    left_days: int
    why_not: str | None


def pause_limit(subscription: Subscription, day: date) -> PauseLimit:
    """As of a day, for a pause that begins then."""
    left = pause_days_left(subscription, day, day)
    match status_on(subscription, day):
        case Status.ENDING:
            return PauseLimit(left, "ending")
        case Status.ACTIVE:
            return PauseLimit(left, _why_no_pause(subscription, day, left))
        case _:
            return PauseLimit(left, "not_active")


def _why_no_pause(subscription: Subscription, day: date, left: int) -> str | None:
    if is_in_first_month(subscription, day):
        return "in_first_month"
    return "used_up" if left < PAUSE_MIN_DAYS else None


def is_in_first_month(subscription: Subscription, day: date) -> bool:
    """In which nothing may begin to rest."""
    return months_begun(subscription, day) <= 1


def pause_days_left(subscription: Subscription, first: date, until: date) -> int:
    """How many more days it may rest in that year of the contract, of those touched, which has the fewest left."""
    if subscription.started_on is None:
        return PAUSE_MAX_DAYS
    years = contract_years(subscription.started_on, first, until)
    return min(PAUSE_MAX_DAYS - _rested(subscription, year) for year in years)


def _rested(subscription: Subscription, year: tuple[date, date]) -> int:
    return sum(days_within((pause.first, pause.until), year) for pause in subscription.pauses)


def fits_pause_days(subscription: Subscription, first: date, until: date) -> bool:
    """Whether the days that are left suffice in every year of the contract that the pause touches."""
    assert subscription.started_on is not None
    years = contract_years(subscription.started_on, first, until)
    return all(_rested(subscription, year) + days_within((first, until), year) <= PAUSE_MAX_DAYS for year in years)


# --- swaps


def swaps_of(subscription: Subscription, day: date) -> list[Booking]:
    """What runs or is to come, in the order of its days; not what has become the subscription's own piece."""
    ahead = [booking for booking in subscription.bookings if not booking.taken_over and not _is_over(booking, day)]
    return sorted(ahead, key=lambda booking: booking.first)


def _is_over(booking: Booking, day: date) -> bool:
    return booking.until is not None and booking.until < day


def span_of(booking: Booking) -> Span:
    """The days for which it is booked."""
    return Span(booking.first, booking.until)

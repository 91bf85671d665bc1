"""Days and months as a subscription counts them; a span's `first` and `until` are both in it."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)
MONTHS_A_YEAR = 12


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where there is no such day."""
    years, month = divmod(day.month - 1 + months, MONTHS_A_YEAR)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Span:
    """Days in a row; without `until` for good."""

    first: date
    until: date | None

    def has(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day and (self.until is None or day <= self.until)

    def meets(self, other: "Span") -> bool:
        """Whether they have a day in common."""
        return self.has(other.first) or other.has(self.first)


def days_of(first: date, until: date) -> int:
    """How many days there are from the first to the last."""
    return (until - first).days + 1


@dataclass(frozen=True)
class Months:
    """The months of a subscription, numbered from 0, in which the days of pauses do not count.

    A pause begins later what was to begin in it or after it: the month that has begun goes on when the pause is over.
    """

    started_on: date
    pauses: Sequence[tuple[date, date]]  # in order, apart from each other

    def first_of(self, month: int) -> date:
        """The day on which the month begins."""
        return self._real(add_months(self.started_on, month))

    def until_of(self, month: int) -> date:
        """The month's last day."""
        return self._real(add_months(self.started_on, month + 1) - ONE_DAY)

    def begun_by(self, day: date) -> int:
        """How many have begun on that day or before."""
        return sum(1 for _ in self._firsts_up_to(day))

    def _firsts_up_to(self, day: date) -> Iterator[date]:
        month = 0
        while (first := self.first_of(month)) <= day:
            yield first
            month += 1

    def _real(self, day: date) -> date:
        for first, until in self.pauses:
            if first <= day:
                day += timedelta(days=days_of(first, until))
        return day


def contract_years(started_on: date, first: date, until: date) -> Iterator[tuple[date, date]]:
    """Those years of the contract, as their first and last day, which the days from first to until touch."""
    year = max(0, first.year - started_on.year - 1)
    while (begins := add_months(started_on, year * MONTHS_A_YEAR)) <= until:
        ends = add_months(started_on, (year + 1) * MONTHS_A_YEAR) - ONE_DAY
        if ends >= first:
            yield begins, ends
        year += 1


def days_within(span: tuple[date, date], year: tuple[date, date]) -> int:
    """How many days of the span are in the year."""
    return max(0, days_of(max(span[0], year[0]), min(span[1], year[1])))

"""Promises are exact: two working days, in German time."""

from datetime import UTC, date, datetime

import pytest

from shop.delivery import easter, is_working_day, promised_date


@pytest.mark.parametrize(
    ("ordered_at", "promised"),
    [
        ("2026-03-02T09:30", "2026-03-04"),  # Monday
        ("2026-03-05T09:30", "2026-03-09"),  # Thursday, over the weekend
        ("2026-03-06T09:30", "2026-03-10"),  # Friday
        ("2026-03-07T09:30", "2026-03-10"),  # Saturday
        ("2026-03-08T22:30", "2026-03-10"),  # Sunday, in Germany too
        ("2026-03-08T23:30", "2026-03-11"),  # Sunday in UTC, but Monday in Germany
        ("2026-07-05T22:30", "2026-07-08"),  # the same in summer, an hour earlier
        ("2026-04-02T09:30", "2026-04-08"),  # before Easter
        ("2026-12-23T09:30", "2026-12-28"),  # before Christmas
        ("2026-04-30T09:30", "2026-05-05"),  # before May Day
        ("2026-12-31T09:30", "2027-01-05"),  # before New Year
    ],
)
def test_what_is_in_stock_comes_in_two_working_days(ordered_at: str, promised: str) -> None:
    moment = datetime.fromisoformat(ordered_at).replace(tzinfo=UTC)
    assert promised_date(moment) == date.fromisoformat(promised)


@pytest.mark.parametrize("sunday", ["1961-04-02", "2000-04-23", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25"])
def test_easter_is_when_the_church_says(sunday: str) -> None:
    day = date.fromisoformat(sunday)
    assert easter(day.year) == day


def test_a_year_has_its_nine_holidays() -> None:
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    weekdays = [day for day in days if day.weekday() < 5]
    # Unity Day and the second day of Christmas 2026 are Saturdays.
    assert len([day for day in weekdays if not is_working_day(day)]) == 7

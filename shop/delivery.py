"""When a parcel arrives: working days in Germany, counted in German time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

WAREHOUSE_TIME = "Europe/Berlin"
DELIVERY_WORKING_DAYS = 2

# Public holidays of all German states: month and day, and days from Easter Sunday.
FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)})
EASTER_HOLIDAYS = frozenset({-2, 1, 39, 50})  # Good Friday, Easter Monday, Ascension, Whit Monday


def promised_date(ordered_at: datetime) -> date:
    """The day by which what is in stock arrives."""
    return working_days_after(local_day(ordered_at), DELIVERY_WORKING_DAYS)


def local_day(moment: datetime) -> date:
    """The day that it is then in Germany."""
    return moment.astimezone(ZoneInfo(WAREHOUSE_TIME)).date()


def working_days_after(day: date, count: int) -> date:
    """The working day that is so many later."""
    for _ in range(count):
        day = next_working_day(day)
    return day


def next_working_day(day: date) -> date:
    """The first after `day` that is neither at a weekend nor a holiday."""
    following = day + timedelta(days=1)
    while not is_working_day(following):
        following += timedelta(days=1)
    return following


def is_working_day(day: date) -> bool:
    """Monday to Friday, holidays of all German states excepted."""
    from_easter = (day - easter(day.year)).days
    return day.weekday() < 5 and (day.month, day.day) not in FIXED_HOLIDAYS and from_easter not in EASTER_HOLIDAYS


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Nature, 1876)."""
    century, in_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    golden = year % 19
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leaps, year_rest = divmod(in_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leaps - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)

"""What the words of a quantity, an amount of money or a length of time come to."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from bot.nlu.numbers import number_word, with_values
from bot.nlu.text import tokenise

CURRENCIES: Final = {
    **dict.fromkeys(
        (
            "€",
            "eur",
            "euro",
            "euros",
            "euronen",
            "tacken",
            "oecken",
            "maeuse",
            "kroeten",
            "piepen",
            "flocken",
            "steine",
        ),
        "EUR",
    ),
    **dict.fromkeys(("£", "gbp", "pound", "pounds", "quid", "pfund", "sterling"), "GBP"),
    **dict.fromkeys(("$", "usd", "dollar", "dollars", "buck", "bucks"), "USD"),
    **dict.fromkeys(("chf", "franken", "fraenkli", "fr", "sfr", "stutz", "stutzli", "francs"), "CHF"),
    **dict.fromkeys(("₹", "inr", "rupee", "rupees", "rs"), "INR"),
    **dict.fromkeys(("₦", "ngn", "naira"), "NGN"),
    **dict.fromkeys(("zl", "pln", "zloty", "zlotys"), "PLN"),
}
CENTS: Final = {"cent", "cents", "ct", "pence", "p", "rappen"}
DEFAULT_CURRENCY: Final = "EUR"
_DECIMAL_SIGNS = {"komma", "point"}
_LINKS = {"und", "and", ",", "."}

_DAYS = {
    **dict.fromkeys(("tag", "tage", "tagen", "tags", "day", "days", "nacht", "naechte", "night", "nights"), 1),
    **dict.fromkeys(("wochenende", "wochenenden", "weekend", "weekends", "we"), 2),
    **dict.fromkeys(("woche", "wochen", "week", "weeks", "wk", "wks", "woechig", "woechige"), 7),
    **dict.fromkeys(("fortnight", "fortnights"), 14),
}
_MONTHS = {
    **dict.fromkeys(
        ("monat", "monate", "monaten", "monats", "month", "months", "mth", "mths", "mon", "mo", "monatig"), 1
    ),
    **dict.fromkeys(("monatige", "monatiges", "monatigen", "monatiger"), 1),
    **dict.fromkeys(("quartal", "quartale", "quarter", "quarters", "vierteljahr"), 3),
    **dict.fromkeys(("halbjahr", "halbjahre", "semester"), 6),
    "dreivierteljahr": 9,
    **dict.fromkeys(("jahr", "jahre", "jahren", "jahres", "year", "years", "yr", "yrs", "jaehrig", "jaehrige"), 12),
}
_DAYS_PER_MONTH = 30
_COUNTS = {"beide": 2, "beiden": 2, "both": 2, "single": 1, "einzige": 1, "einzigen": 1, "once": 1, "twice": 2}
DURATION_UNITS: Final = {
    **{word: ("days", days) for word, days in _DAYS.items()},
    **{word: ("months", months) for word, months in _MONTHS.items()},
}
_COMPOUND = re.compile(rf"(\w+?)({'|'.join(sorted(DURATION_UNITS, key=len, reverse=True))})")


def quantity(text: str) -> int | None:
    """`zwei`, `2x`, `a dozen`, `zweimal`: how many; None where the words do not say it ("ein paar")."""
    words = [_once(word) for word in _folded(text)]
    if words[:2] == ["ein", "paar"]:
        return None
    counts = [_COUNTS.get(item) if isinstance(item, str) else item for item in with_values(words)]
    count = next((count for count in counts if count is not None), None)
    return int(count) if count is not None and count == int(count) else None


def _once(word: str) -> str:
    """`zweimal` counts like `zwei`."""
    number = word.removesuffix("mal")
    return number if number_word(number) is not None else word


def money(text: str) -> dict[str, int | str] | None:
    """`{"amount": 250000, "currency": "EUR"}` of `2.500 €`: minor units; EUR where no currency is named."""
    items = [item for item in with_values(_folded(text)) if item not in _LINKS]
    first = next((place for place, item in enumerate(items) if isinstance(item, Decimal)), None)
    if first is None:
        return None
    minor = (_major(items[first:]) * 100).to_integral_value(ROUND_HALF_UP)
    currency = next(
        (CURRENCIES[item] for item in items if isinstance(item, str) and item in CURRENCIES), DEFAULT_CURRENCY
    )
    return {"amount": int(minor), "currency": currency}


def _major(items: Sequence[Decimal | str]) -> Decimal:
    """The amount that begins here: `99 cent`, `12 euro 50`, `zwölf komma fünf`, or just the number."""
    amount, sign, more = [*items, "", ""][:3]
    assert isinstance(amount, Decimal)
    if sign in CENTS:
        return amount / 100
    if not isinstance(more, Decimal) or isinstance(sign, Decimal) or more >= 100:
        return amount
    if sign in _DECIMAL_SIGNS:
        return Decimal(f"{amount}.{more}")
    return amount + more / 100 if sign in CURRENCIES else amount


def duration(text: str) -> dict[str, int] | None:
    """`{"months": 6}` of `ein halbes jahr`, `{"days": 14}` of `zwei wochen`; None for hours and for "ein paar tage"."""
    words = [part for word in _folded(text) for part in _around_unit(word)]
    months, days = _months_and_days(with_values(words))
    if "paar" in words or "few" in words:
        return None
    if days or months != int(months):
        return {"days": int(days + months * _DAYS_PER_MONTH)}
    return {"months": int(months)} if months else None


def _months_and_days(items: Sequence[Decimal | str]) -> tuple[Decimal, Decimal]:
    """Sum of all units named, each times the number before it; "and a half" adds to the unit before."""
    lengths = {"months": Decimal(0), "days": Decimal(0)}
    count, last = None, None
    for item in items:
        if isinstance(item, Decimal):
            count = item
        elif unit := DURATION_UNITS.get(item):
            lengths[unit[0]] += (1 if count is None else count) * unit[1]
            count, last = None, unit
    if count == Decimal("0.5") and last:
        lengths[last[0]] += count * last[1]
    return lengths["months"], lengths["days"]


def _around_unit(word: str) -> Sequence[str]:
    """`sechsmonatig` is `sechs` and `monatig`."""
    match = None if word in DURATION_UNITS else _COMPOUND.fullmatch(word)
    return match.groups() if match and number_word(match[1]) is not None else (word,)


def _folded(text: str) -> list[str]:
    return [token.folded for token in tokenise(text)]

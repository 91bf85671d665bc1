"""How many, how long, how much."""

import re
from collections.abc import Sequence
from typing import Any

from actions.reading.heard import Heard, Span, span_of
from actions.reading.words import folded, vocabulary, words_of

NUMBER_WORDS = {
    word: number
    for number, words in (
        (0, "null zero"), (1, "eins one einmal"), (2, "zwei zwo two couple beide beiden both zweimal"), (3, "drei three dreimal"), (4, "vier four"),
        (5, "fuenf five"), (6, "sechs six"), (7, "sieben seven"), (8, "acht eight"), (9, "neun nine"), (10, "zehn ten"),
        (11, "elf eleven"), (12, "zwoelf twelve dozen dutzend"), (15, "fuenfzehn fifteen"), (20, "zwanzig twenty"),
        (24, "vierundzwanzig"), (30, "dreissig thirty"), (50, "fuenfzig fifty"), (100, "hundert hundred"), (1000, "tausend thousand"),
    )
    for word in words.split()
}  # fmt: skip
_ARTICLES = vocabulary("ein eine einen einer eines")
"""Say "one" only where a number was asked for."""
_DIGITS = re.compile(r"(-?\d{1,9})(x|mal|stueck|stk)?")
_NO_PIECES = vocabulary(
    "euro eur km kilometer meter m cm mm kg kilo gramm g minuten min stunden h sekunden uhr prozent monat monate monaten month months "
    "monatige monatig jahr jahre jahren year years tag tage tagen day days woche wochen weeks week k mp megapixel wh kwh ps kw zoll "
    "og obergeschoss stock etage stiege floor personen person leute kinder kindern kids children people toechter soehne jungs maedels "
    "mitarbeiter mitarbeiterinnen kollegen employees colleagues adults erwachsene sons daughters boys girls zimmer rooms"
)
"""Words after which a number does not count pieces."""
_FILLERS = vocabulary(
    "und and bitte nur doch dann lieber mal so ja nein nee ok okay also ach reicht genuegt stueck stk mir ich nehme nehm moechte haette gern "
    "gerne will insgesamt macht mach draus sollen es sein please just only then make it i want take yes no pieces piece total paar for von of"
)
"""Words beside a number that leave it alone."""
_BEFORE_SIZES = vocabulary(
    "groesse groessen size gr nummer nr number e apartment apt flat wohnung whg top tuer unit room zimmer"
)
_BEFORE_ONE = vocabulary("nur bloss lediglich")
"""Words that make an article count: "nur einen"."""
_STREET = re.compile(
    r"(?:\w(?:strasse|str|weg|allee|platz|gasse|ring|damm|ufer)|^(?:street|road|lane|avenue|strasse|str))$"
)
"""A word after which a number is that of a house."""
_CORRECTION = re.compile(
    r"\b(nein|nee|ne|nö|quatsch|halt|ach|moment|sorry|doch|lieber|besser|bzw|no|actually|i mean|make (?:it|that)|wait|scratch that|or rather)\b",
    re.I,
)
"""Of two numbers with one of these words between them, the later counts."""
_LOOK_BACK = 40
"""Characters before something that say what it is."""
_INSTEAD = re.compile(
    r"\b(statt|anstatt|anstelle|instead of|rather than|not|nicht|kein\w*|ohne|without|als|than)\s+"
    r"(?:(?:der|die|das|den|dem|ein\w*|the|a|von|of|in|mit|mehr)\s+)*$",
    re.I,
)
_RENT = re.compile(
    r"\b(ge|ver)?miet\w*|\b(aus)?leih\w*|\babo\w*|\bleas\w*|\brent\w*|\bhire\w*|\bsubscri\w*|\bmonatlich|\bmonthly",
    re.I,
)
_BUY = re.compile(r"\bkauf\w*|\bgekauft\b|\bbuy\w*|\bpurchase\w*|\bto own\b", re.I)
_MONTHLY = re.compile(r"monat|month|\bmtl\b|\bp\.?\s?m\.?\b", re.I)
_TERM = re.compile(r"\b(?P<count>[^\W_]{1,15}?)[\s-]{0,3}(?P<unit>monat|month|mon\b|jahr|year)", re.I)
_MONEY = re.compile(
    r"(?P<amount>\d{1,3}(?:[. ]\d{3})+|\d+)(?:,\d\d|\.\d\d)?\s*(?P<thousand>k|tsd|tausend)?\s*(?:€|euro|eur\b|quid|pounds)",
    re.I,
)


_BETWEEN_SUMS = re.compile(
    r"(?P<least>\d{1,3}(?:[. ]\d{3})+|\d+)\s*(?:€|euro|eur)?\s*(?:bis(?: zu)?|to|und|and|-|–)\s*(?P<most>\d{1,3}(?:[. ]\d{3})+|\d+)\s*(?:€|euro|eur\b|quid|pounds)",
    re.I,
)
""" "500 bis 700 Euro": so much may be spent at most."""


_NO_SUM = re.compile(r"(?<!\d)0\d{4}(?!\d)|\b[a-z]{2}\d{2}(?:\s?\d{4}){1,5}\b", re.I)
"""A postal code or an account."""


def as_number(value: Any) -> int | None:
    """3, "3", "3x", "drei" -> 3; None for what is no whole number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value == int(value) else None
    sign = "-" if str(value).strip().startswith("-") else ""
    words = folded(str(value)).split()
    digits = _DIGITS.fullmatch(sign + words[0]) if words else None
    return int(digits[1]) if digits else next((NUMBER_WORDS[word] for word in words if word in NUMBER_WORDS), None)


def is_replaced(text: str, at: int) -> bool:
    """Whether what stands there is what the customer does not want: "statt der …", "nicht die …", "lieber rot als …"."""
    return bool(_INSTEAD.search(text[max(0, at - _LOOK_BACK) : at]))


def quantity(heard: Heard, blocked: Sequence[Span] = ()) -> int | None:
    """How many; of "zwei statt einer" the two. `blocked` are places of numbers that count no pieces, such as sizes."""
    return quantity_within(heard, (0, len(heard.text)), blocked)


def quantity_within(heard: Heard, span: Span, blocked: Sequence[Span] = ()) -> int | None:
    """Of "zehn, nein, zwei" the two."""
    found = [*_understood(heard, blocked), *_counted(heard, blocked)]
    numbers = [(at, number) for at, number in found if span[0] <= at <= span[1] and not is_replaced(heard.text, at)]
    if not numbers:
        return None
    first = numbers[0]
    corrected = [
        (at, number) for at, number in numbers if at > first[0] and _CORRECTION.search(heard.text[first[0] : at])
    ]
    return max(corrected, default=first)[1]


def _understood(heard: Heard, blocked: Sequence[Span]) -> list[tuple[int, int]]:
    """(place, number) of the entities."""
    words = words_of(heard.text)
    found = []
    for entity in heard.all("quantity"):
        start, end = span_of(entity)
        before = next((word.folded for word in reversed(words) if word.end <= start), "")
        after = next((word.folded for word in words if word.start >= end), "")
        number = as_number(entity["value"])
        if number is not None and not _is_in(start, blocked) and _counts_pieces(before, after):
            found.append((start, number))
    return found


def _counts_pieces(before: str, after: str) -> bool:
    return after not in _NO_PIECES and before not in _BEFORE_SIZES and not _STREET.search(before)


def _counted(heard: Heard, blocked: Sequence[Span]) -> list[tuple[int, int]]:
    """(place, number) of the numbers that stand in the text and belong to nothing else."""
    others = [span_of(entity) for entity in heard.entities if entity["entity"] not in ("quantity", "product")]
    words = words_of(heard.text)
    found = []
    for index, word in enumerate(words):
        before = words[index - 1].folded if index else ""
        after = words[index + 1].folded if index + 1 < len(words) else ""
        if not _counts_pieces(before, after) or _is_in(word.start, [*others, *blocked]):
            continue
        number = as_number(_signed(heard.text, word.start) + word.folded)
        if number is None and before in _BEFORE_ONE and word.folded in _ARTICLES:
            number = 1
        if number is not None and not _is_price(heard.text[word.end :]):
            found.append((word.start, number))
    return found


def _signed(text: str, at: int) -> str:
    """The minus of "-3", which is none in "5-3" or "Pro -3"'s hyphen."""
    return "-" if re.search(r"(?:^|\s)-$", text[:at]) else ""


def _is_price(following: str) -> bool:
    return bool(re.match(r"\s*(?:€|[.,]\d)", following))


def _is_in(at: int, spans: Sequence[Span]) -> bool:
    return any(start <= at < end for start, end in spans)


def bare_number(text: str) -> int | None:
    """A message that is a number and nothing else of weight: "2", "zwei bitte", "doch nur eine", "make it 3"."""
    words = [word for word in folded(text).split() if word not in _FILLERS]
    number = _number_or_article(words[0]) if len(words) == 1 else None
    return -number if number and re.match(r"\s*-\d", text) else number


def _number_or_article(word: str) -> int | None:
    return 1 if word in _ARTICLES else as_number(word)


def wants_rent(text: str) -> bool | None:
    """True for renting, False for buying, None if it was not said."""
    rent, buy = _wanted(_RENT, text), _wanted(_BUY, text)
    return rent if rent != buy else None


def _wanted(pattern: re.Pattern[str], text: str) -> bool:
    return any(not is_replaced(text, match.start()) for match in pattern.finditer(text))


def term_months(heard: Heard) -> int | None:
    """The months of "6 monate" or "ein halbes Jahr"."""
    for found in heard.all("duration"):
        value = found["value"]
        if isinstance(value, dict) and value.get("months"):
            return int(value["months"])
    return _term_in(heard.text)


def _term_in(text: str) -> int | None:
    match = _TERM.search(text)
    count = _number_or_article(folded(match["count"])) if match else None
    if match is None or not count:
        return None
    return count * (12 if match["unit"].lower() in ("jahr", "year") else 1)


def budget(heard: Heard) -> tuple[int, bool] | None:
    """A sum in minor units, and whether it is meant per month."""
    if _NO_SUM.search(heard.text):
        return None
    understood = (_minor_units(found["value"]) for found in heard.all("money"))
    is_range = _BETWEEN_SUMS.search(heard.text) is not None
    amount = (None if is_range else next(filter(None, understood), None)) or _sum_in(heard.text)
    return (amount, is_monthly(heard.text)) if amount else None


def least(heard: Heard) -> int:
    """Of "zwischen 500 und 600 Euro" what it shall cost at least, in minor units; 0 if that was not said."""
    between = _BETWEEN_SUMS.search(heard.text)
    return min(int(re.sub(r"\D", "", between[side])) for side in ("least", "most")) * 100 if between else 0


def is_monthly(text: str) -> bool:
    return bool(_MONTHLY.search(text))


def _minor_units(value: Any) -> int:
    return int(value.get("amount") or 0) if isinstance(value, dict) else (as_number(value) or 0) * 100


def _sum_in(text: str) -> int | None:
    between = _BETWEEN_SUMS.search(text)
    if between:
        return max(int(re.sub(r"\D", "", between[side])) for side in ("least", "most")) * 100
    match = _MONEY.search(text)
    if match is None:
        return None
    return int(re.sub(r"\D", "", match["amount"])) * (100_000 if match["thousand"] else 100)

"""Numbers as people write and say them: figures, German compounds, English phrases."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_UNITS = {
    "null": 0, "eins": 1, "ein": 1, "eine": 1, "einen": 1, "einem": 1, "einer": 1, "eines": 1, "oans": 1, "zwei": 2, "zwo": 2,
    "zwoa": 2, "zwee": 2, "drei": 3, "dree": 3, "vier": 4, "fuenf": 5, "fuenef": 5, "fuemf": 5, "fuenfe": 5, "funf": 5,
    "sechs": 6, "sieben": 7, "siebn": 7, "acht": 8, "neun": 9, "neune": 9,
    "zero": 0, "oh": 0, "nought": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "niner": 9,
}  # fmt: skip
_TEENS = {
    "zehn": 10, "elf": 11, "zwoelf": 12, "dreizehn": 13, "vierzehn": 14, "fuenfzehn": 15, "fuffzehn": 15, "sechzehn": 16,
    "siebzehn": 17, "achtzehn": 18, "neunzehn": 19,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "zwanzig": 20, "zwanzg": 20, "dreissig": 30, "vierzig": 40, "fuenfzig": 50, "fuffzig": 50, "sechzig": 60, "siebzig": 70,
    "achtzig": 80, "neunzig": 90,
    "twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
SCALES = {
    "hundert": 100, "hundred": 100, "tausend": 1000, "thousand": 1000, "grand": 1000, "k": 1000, "mille": 1000, "dutzend": 12,
    "dozen": 12, "hunderter": 100, "hunni": 100, "tausender": 1000, "tenner": 10, "fiver": 5, "zehner": 10, "zwanziger": 20,
    "zwanni": 20, "fuenfziger": 50, "fuffi": 50, "fuffziger": 50, "couple": 2,
}  # fmt: skip
_PARTS = {
    "halb": "0.5", "halbe": "0.5", "halber": "0.5", "halbes": "0.5", "halben": "0.5", "half": "0.5", "anderthalb": "1.5",
    "viertel": "0.25", "dreiviertel": "0.75",
}  # fmt: skip
_ARTICLES = {"a", "an", "ein", "eine", "einen", "einem", "einer", "eines"}
_SMALL = {**_UNITS, **_TEENS, **_TENS}
_FIGURE = re.compile(r"\d+(?:[.,'’]\d+)*")
_WITH_TENS = re.compile(rf"({'|'.join(_UNITS)})und({'|'.join(_TENS)})")
_AND_A_HALF = re.compile(rf"({'|'.join(_UNITS)})einhalb")


@dataclass(frozen=True, slots=True)
class Number:
    """A number read from the beginning of some words, and how many of them it took."""

    value: Decimal
    length: int


def figure(text: str) -> Decimal | None:
    """`2.500`, `1,299.50`, `1'200`, `12,5`: the last sign parts off decimals unless three digits follow it."""
    if not _FIGURE.fullmatch(text):
        return None
    *groups, last = re.split(r"[.,'’]", text)
    if not groups or (len(last) == 3 and groups[0] != "0" and not _has_two_kinds_of_signs(text)):
        return Decimal("".join([*groups, last]))
    return Decimal("".join(groups) + "." + last)


def _has_two_kinds_of_signs(text: str) -> bool:
    """`1.299,500` has; then the last one can only be the decimal sign."""
    return len(set(re.sub(r"\d", "", text))) > 1


@lru_cache(maxsize=4096)
def number_word(word: str) -> Decimal | None:
    """The value of one folded word: `zwo`, `vierundzwanzig`, `zweitausendfuenfhundert`, `anderthalb`, `twelve`."""
    if word in _SMALL:
        return Decimal(_SMALL[word])
    if word in _PARTS:
        return Decimal(_PARTS[word])
    if match := _AND_A_HALF.fullmatch(word):
        return _UNITS[match[1]] + Decimal("0.5")
    if match := _WITH_TENS.fullmatch(word):
        return Decimal(_UNITS[match[1]] + _TENS[match[2]])
    return _compound(word, "tausend", 1000) or _compound(word, "hundert", 100)


def _compound(word: str, name: str, scale: int) -> Decimal | None:
    """`zweitausendfuenf` around its `tausend`; the bare scale word is left to `leading_number`."""
    before, found, after = word.partition(name)
    if not found or not (before or after):
        return None
    many = number_word(before) if before else Decimal(1)
    rest = number_word(after.removeprefix("und")) if after else Decimal(0)
    if many is None or rest is None or rest >= scale:
        return None
    return many * scale + rest


def with_values(words: Sequence[str]) -> list[Decimal | str]:
    """The words with every number in them replaced by its value."""
    items: list[Decimal | str] = []
    place = 0
    while place < len(words):
        number = leading_number(words[place:])
        items.append(words[place] if number is None else number.value)
        place += 1 if number is None else number.length
    return items


def leading_number(words: Sequence[str]) -> Number | None:
    """The number that these folded words begin with, taken as far as it goes; None if they begin with none."""
    if not words:
        return None
    if (value := figure(words[0])) is not None:
        return _scaled(value, 1, words)
    return _spoken(words)


def _spoken(words: Sequence[str]) -> Number | None:
    first = _first(words)
    if first is None:
        return None
    read = _scaled(first.value, first.length, words)
    while (more := _continued(read, words)) is not None:
        read = more
    return read


def _first(words: Sequence[str]) -> Number | None:
    """`zwanzig`, `hundert`, `a hundred`, `half a dozen`, `ein halbes`."""
    word, following = words[0], words[1] if len(words) > 1 else ""
    if word in _ARTICLES and following in SCALES:
        return Number(Decimal(1), 1)
    if word in _ARTICLES and following in _PARTS:
        return Number(Decimal(_PARTS[following]), 2)
    if word == "half" and following in _ARTICLES:
        return Number(Decimal("0.5"), 2)
    if word in SCALES and word not in {"k", "couple"}:
        return Number(Decimal(1), 0)
    value = number_word(word)
    return None if value is None else Number(value, 1)


def _scaled(value: Decimal, length: int, words: Sequence[str]) -> Number:
    """Multiply by the scale words that follow: `2 k`, `zwei tausend`, `two hundred thousand`, `a couple of hundred`."""
    while length < len(words):
        if words[length] in SCALES:
            value *= SCALES[words[length]]
        elif words[length] != "of" or not set(words[length + 1 : length + 2]) & SCALES.keys():
            break
        length += 1
    return Number(value, length)


def _continued(read: Number, words: Sequence[str]) -> Number | None:
    """`two thousand | five hundred`, `twenty | - | five`, `hundert | und | acht`; not `eins | null | vier`."""
    place = read.length
    while place < len(words) and words[place] in {"and", "und", "-"}:
        place += 1
    rest = words[place:]
    value = number_word(rest[0]) if rest else None
    if value is None:
        return None
    more = _scaled(value, 1, rest)
    if not _fits_behind(read.value, more.value):
        return None
    return Number(read.value + more.value, place + more.length)


def _fits_behind(value: Decimal, more: Decimal) -> bool:
    """Whether the first ends in enough zeros to take the second in: 20 takes 5, 2000 takes 500, 2 takes nothing."""
    if value < 20 or not more > 0 or value != value.to_integral_value():
        return False
    room = next(scale for scale in (1000, 100, 10, 1) if value % scale == 0)
    return more < room and not (room == 10 and more != more.to_integral_value())

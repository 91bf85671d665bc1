"""Order numbers in any form: `NC-104233`, `nc 104 233`, `n c eins null vier zwei doppel drei`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.nlu.amounts import CURRENCIES
from bot.nlu.numbers import figure, number_word
from bot.nlu.text import Token, tokenise

DIGITS: Final = 6
"""Digits of an order number; after an "NC" shorter and longer ones are taken too, and the shop will not know them."""

_PREFIXES = (
    ("nc",), ("n", "c"), ("n", ".", "c", "."), ("n", "-", "c"), ("en", "c"), ("en", "ce"), ("enn", "ce"), ("enn", "zeh"),
    ("en", "zeh"), ("en", "see"), ("en", "cee"), ("n", "see"), ("n", "zeh"), ("november", "charlie"), ("nordpol", "caesar"),
    ("nordpol", "charlie"), ("n", "wie", "nordpol", "c", "wie", "caesar"), ("ance",), ("encee",),
)  # fmt: skip
_JOINTS = {
    "-",
    "–",
    "—",
    "/",
    "#",
    ":",
    "minus",
    "strich",
    "bindestrich",
    "dash",
    "hyphen",
    "slash",
    "nummer",
    "number",
}
_TIMES = {
    "double": 2,
    "doppel": 2,
    "doppelt": 2,
    "zweimal": 2,
    "twice": 2,
    "triple": 3,
    "treble": 3,
    "dreifach": 3,
    "dreimal": 3,
}
_LETTERS = {"o": "0"}
_GROUPINGS = {(6,), (3, 3), (2, 2, 2), (2, 4), (4, 2), (1, 1, 1, 1, 1, 1)}
_UNITS = {"km", "kilometer", "meter", "mah", "gramm", "stueck"}


@dataclass(frozen=True)
class Run:
    """Digits read from consecutive tokens: the groups in which they came, and the place behind them."""

    groups: tuple[str, ...]
    after: int

    @property
    def digits(self) -> str:
        return "".join(self.groups)


@dataclass(frozen=True)
class Found:
    """Something of a fixed form, with its value and its offsets in the message."""

    start: int
    end: int
    value: str


def find_order_numbers(text: str) -> Iterator[Found]:
    """All order numbers of a message, in reading order."""
    tokens = tokenise(text)
    place = 0
    while place < len(tokens):
        prefix = _prefix_length(tokens, place)
        run = digits_from(tokens, place + prefix)
        if _is_order_number(tokens, run, prefixed=prefix > 0):
            yield Found(tokens[place].start, tokens[run.after - 1].end, f"NC-{run.digits}")
        place = max(run.after if run.digits else 0, place + 1)


def order_number(text: str) -> str | None:
    """The value of words already known to be an order number, however many digits it has."""
    tokens = tokenise(text)
    runs = (digits_from(tokens, place) for place in range(len(tokens)))
    digits = max((run.digits for run in runs), key=len, default="")
    return f"NC-{digits}" if digits else None


def _is_order_number(tokens: Sequence[Token], run: Run, *, prefixed: bool) -> bool:
    if prefixed:
        return DIGITS - 2 <= len(run.digits) <= DIGITS + 3
    following = tokens[run.after].folded if run.after < len(tokens) else ""
    grouping = tuple(len(group) for group in run.groups)
    return _is_grouping(grouping) and following not in CURRENCIES and following not in _UNITS


def _is_grouping(lengths: tuple[int, ...]) -> bool:
    """Six digits in the groups in which people say them, a doubled digit counting as two single ones."""
    return lengths in _GROUPINGS or (sum(lengths) == DIGITS and max(lengths) == 1)


def _prefix_length(tokens: Sequence[Token], place: int) -> int:
    """Tokens that an `NC` with its joint takes here; 0 if there is none."""
    words = tuple(token.folded for token in tokens[place : place + 8])
    length = max((len(prefix) for prefix in _PREFIXES if words[: len(prefix)] == prefix), default=0)
    while length and length < len(words) and words[length] in _JOINTS:
        length += 1
    return length


def digits_from(tokens: Sequence[Token], place: int) -> Run:
    """The longest run of figures and number words from here on."""
    groups: list[str] = []
    after = place
    while place < len(tokens) and (piece := _piece(tokens, place)):
        digits, place = piece
        groups += digits
        after = place
        if place < len(tokens) and tokens[place].folded in _JOINTS - {"#", ":"}:
            place += 1
    return Run(tuple(groups), after)


def _piece(tokens: Sequence[Token], place: int) -> tuple[list[str], int] | None:
    """One group of digits and the place behind it; a `double three` is two groups."""
    word = tokens[place].folded
    if (times := _TIMES.get(word)) and place + 1 < len(tokens):
        place += tokens[place + 1].folded == "die"
        digits = _group(tokens, place + 1)
        return (digits[0:1] * times, place + 2) if digits and len(digits[0]) == 1 else None
    digits = _group(tokens, place)
    return (digits, place + 1) if digits else None


def _group(tokens: Sequence[Token], place: int) -> list[str]:
    word = tokens[place].folded if place < len(tokens) else ""
    if word in _LETTERS:
        return [_LETTERS[word]]
    if figure(word) is not None:
        return ["".join(letter for letter in word if letter.isdigit())]
    value = number_word(word)
    return [str(value)] if value is not None and value == int(value) else []

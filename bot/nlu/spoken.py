"""Figures for numbers that are spoken digit by digit, or as a house's: "lindenweg zwölf null vier eins null sieben"."""

import re
from collections.abc import Iterator, Sequence

from bot.nlu.numbers import leading_number
from bot.nlu.order_numbers import digits_from
from bot.nlu.text import Token, tokenise

LEAST_DIGITS = 4
"""Digits in a row that make one number; fewer may be several."""
LEAST_OF_ACCOUNT = 12
"""Digits behind two letters that make an account."""
HIGHEST_HOUSE = 999
_STREET = re.compile(  # folded words behind which the number of a house is said
    r"\w+(?:weg|allee|platz|gasse|ring|damm|ufer|hof|markt|steig|pfad|berg|tal|wall|graben|zeile|kamp|stieg|bruecke|promenade|chaussee)"
    r"|\w*(?:strasse|str)|allee|gasse"
)
_AT = frozenset({"am", "alter", "alten", "neuer", "neuen"})
_PLACES = frozenset({"markt", "platz", "ring", "berg", "hof", "park", "anger", "damm", "ufer", "wall", "graben"})
""" "am Markt drei": such a word alone is a street only behind one of those."""


def in_figures(text: str) -> str:
    """The text with figures in place of such numbers; as it was where nothing is spoken so."""
    tokens = tokenise(text)
    written = text
    for start, end, figures in reversed(list(_spoken(tokens))):
        written = written[:start] + figures + written[end:]
    return written


def _spoken(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    """Where such numbers stand (offsets), and their figures."""
    place = 0
    while place < len(tokens):
        found = _house(tokens, place) or _row_of_digits(tokens, place)
        if found is None:
            place += 1
            continue
        first, after, figures = found
        yield tokens[first].start, tokens[after - 1].end, figures
        place = after


def _house(tokens: Sequence[Token], place: int) -> tuple[int, int, str] | None:
    """The number behind a street, which ends where a row of digits begins: "weg fünf null vier eins null sieben"."""
    if not _ends_street(tokens, place) or tokens[place].text[0].isdigit():
        return None
    number = leading_number([token.folded for token in tokens[place : place + 6]])
    if number is None or not number.length or number.value != int(number.value):
        return None
    is_house = 0 < number.value <= HIGHEST_HOUSE
    return (place, place + number.length, str(int(number.value))) if is_house else None


def _row_of_digits(tokens: Sequence[Token], place: int) -> tuple[int, int, str] | None:
    run = digits_from(tokens, place)
    if len(run.digits) < LEAST_DIGITS or any(len(group) > 1 for group in run.groups):
        return None
    land = tokens[max(0, place - 2) : place]
    if len(run.digits) >= LEAST_OF_ACCOUNT and len(land) == 2 and all(len(letter.folded) == 1 for letter in land):
        return place - 2, run.after, "".join(letter.text.upper() for letter in land) + run.digits
    return place, run.after, run.digits


def _ends_street(tokens: Sequence[Token], place: int) -> bool:
    before = [token.folded for token in tokens[max(0, place - 2) : place]]
    is_place = len(before) == 2 and before[0] in _AT and before[1] in _PLACES
    return is_place or bool(before and _STREET.fullmatch(before[-1]))

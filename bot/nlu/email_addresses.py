"""E-mail addresses, typed and spoken: `jonas.reuter@example.org`, `jonas punkt reuter ät example punkt org`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.nlu.numbers import number_word
from bot.nlu.order_numbers import Found
from bot.nlu.text import Token, tokenise

_AT = {"@", "at", "aet", "aett", "aed", "aedd", "klammeraffe", "affenschwanz"}
_JOINTS = {
    ".": ".", "punkt": ".", "dot": ".", "point": ".", "period": ".", "-": "-", "minus": "-", "strich": "-", "bindestrich": "-",
    "dash": "-", "hyphen": "-", "_": "_", "unterstrich": "_", "underscore": "_", "plus": "+", "+": "+",
}  # fmt: skip
_NO_NAMES = {
    "look", "me", "it", "is", "shop", "bought", "saw", "looked", "only", "was", "one", "im", "am", "are", "them", "us", "work",
    "mail", "email", "adresse", "address", "ist", "lautet",
}  # fmt: skip
_TYPED = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BRACKETS = {"(", "[", "{", "<", ")", "]", "}", ">"}


@dataclass(frozen=True)
class _Part:
    """What one side of the @ says, and the token at its far end."""

    value: str
    place: int


def find_emails(text: str) -> Iterator[Found]:
    """All addresses of a message, in reading order; values in lower case."""
    tokens = [token for token in tokenise(text) if token.text not in _BRACKETS]
    after = 0
    for place, token in enumerate(tokens):
        found = _typed(token) if "@" in token.text[1:] else _spoken(tokens, place) if token.folded in _AT else None
        if found and found.start >= after:
            after = found.end
            yield found


def _typed(token: Token) -> Found | None:
    match = _TYPED.fullmatch(token.text)
    return Found(token.start, token.end, token.text.lower()) if match else None


def _spoken(tokens: Sequence[Token], at: int) -> Found | None:
    name = _name(tokens, at)
    domain = _domain(tokens, at)
    if name is None or domain is None or _is_plain_speech(tokens, at, name):
        return None
    return Found(tokens[name.place].start, tokens[domain.place].end, f"{name.value}@{domain.value}")


def _is_plain_speech(tokens: Sequence[Token], at: int, name: _Part) -> bool:
    """ "look at amazon dot com" names no address."""
    return name.value in _NO_NAMES and tokens[at].folded == "at"


def _name(tokens: Sequence[Token], at: int) -> _Part | None:
    """What stands before the @, read from right to left."""
    place = at - 1
    value = _atom(tokens, place)
    if value is None:
        return None
    while (more := _earlier(tokens, place)) is not None:
        value = more.value + value
        place = more.place
    return _Part(value, place)


def _earlier(tokens: Sequence[Token], place: int) -> _Part | None:
    """What goes before the atom at `place`: a joint and its word, a spelled letter, a figure, a name before figures."""
    before = _atom(tokens, place - 1)
    joint = _JOINTS.get(tokens[place - 1].folded) if place > 0 else None
    if joint:
        further = _atom(tokens, place - 2)
        return None if further is None else _Part(further + joint, place - 2)
    if before is None or not _belong_together(tokens[place - 1], tokens[place]):
        return None
    return _Part(before, place - 1)


def _belong_together(left: Token, right: Token) -> bool:
    if left.end == right.start:
        return True
    short_left, short_right = _is_short(left), _is_short(right)
    return (short_left and short_right) or (_is_number(right) and left.folded not in _NO_NAMES)


def _domain(tokens: Sequence[Token], at: int) -> _Part | None:
    """What stands behind the @, from left to right; it must hold a dot and end in letters."""
    place = at + 1
    value = _atom(tokens, place)
    if value is None:
        return None
    while (more := _later(tokens, place)) is not None:
        value += more.value
        place = more.place
    return _Part(value, place) if re.search(r"\.[a-z]{2,}$", value) else None


def _later(tokens: Sequence[Token], place: int) -> _Part | None:
    following = tokens[place + 1 : place + 3]
    if len(following) == 2 and (joint := _JOINTS.get(following[0].folded)):
        further = _atom(tokens, place + 2)
        ends_sentence = not following[0].folded.isalpha() and following[0].end < following[1].start
        return None if further is None or ends_sentence else _Part(joint + further, place + 2)
    if following and (atom := _atom(tokens, place + 1)) and _is_spelled(tokens, place):
        return _Part(atom, place + 1)
    return None


def _is_spelled(tokens: Sequence[Token], place: int) -> bool:
    """Whether the next token goes on with this one: `g | m | x`, `web | 24`."""
    left, right = tokens[place], tokens[place + 1]
    return left.end == right.start or (len(left.folded) == 1 and len(right.folded) == 1)


def _atom(tokens: Sequence[Token], place: int) -> str | None:
    """A word, letter or number as it stands in an address; None for signs and joints."""
    if not 0 <= place < len(tokens):
        return None
    word = tokens[place].folded
    if word in _JOINTS or word in _AT or not word.isalnum():
        return None
    value = number_word(word)
    return word if value is None or value != int(value) else str(value)


def _is_number(token: Token) -> bool:
    return token.folded.isdigit() or number_word(token.folded) is not None


def _is_short(token: Token) -> bool:
    return len(token.folded) == 1 or _is_number(token)

"""One written form for all the ways in which people type, and tokens that remember where they stood."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 2_000
"""Characters that are read of one message; the wish of anything longer has been said by then."""

_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "’": "'", "`": "'", "´": "'"}
)
_EMOJI_WORDS = {
    "👍": "ok", "👌": "ok", "✅": "ok", "✔": "ok", "💪": "ok", "👎": "nein no", "❌": "nein no", "👋": "hallo hi",
    "🙏": "danke thanks", "🛑": "stop", "🤖": "bot", "📦": "paket parcel", "🛒": "bestellen order",
}  # fmt: skip
_EMOJI = str.maketrans({emoji: f" {words} " for emoji, words in _EMOJI_WORDS.items()})
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)
_MARK = re.compile(r"[\u0300-\u036f]")
_DIGIT = re.compile(r"\d")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SPELLED_UMLAUT = re.compile(
    r"(?<![aeioqu])([aou])e(?=[a-zß])(?![sd]\b)", re.IGNORECASE
)  # not neue, quer, shoes, valued
_UMLAUTS = {"a": "ä", "o": "ö", "u": "ü", "A": "Ä", "O": "Ö", "U": "Ü"}
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[?!]")
_TOKEN = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address is one token
    r"|\d+(?:[.,'’]\d+)*"  # so is 2.500 or 24.12
    r"|(?:[^\W\d_][\u0300-\u036f]*)+"
    r"|[^\s\w\ud800-\udfff]|_"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign; `start` and `end` are offsets in the message as it was typed."""

    text: str
    start: int
    end: int
    folded: str


def fold(text: str) -> str:
    """Lower case, umlauts and accents in one spelling; digits and repeated letters stay."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    return folded if folded.isascii() else _without_marks(folded)


def normalise(text: str) -> str:
    """What the classifiers read: folded, each digit as 0, `jaaa` as `ja`, signs and spaces tidied."""
    folded = fold(_INVISIBLE.sub("", text[:MAX_LENGTH].translate(_EMOJI)))
    return _REPEATED.sub(_once, _DIGIT.sub("0", folded))


def readable(text: str) -> str:
    """What the sentence encoder reads: proper German letters for `ae` and `ue`, each digit as 0, `jaaa` as `ja`."""
    tidy = _INVISIBLE.sub("", text[:MAX_LENGTH].translate(_EMOJI))
    return _SPELLED_UMLAUT.sub(_umlaut, _REPEATED.sub(_once, _DIGIT.sub("0", tidy)))


def words(text: str) -> list[str]:
    """The words of an already normalised text, question and exclamation marks among them."""
    return _WORD.findall(text)


def tokenise(text: str) -> list[Token]:
    """Tokens of a message as typed, at most of its first MAX_LENGTH characters."""
    return list(_tokens(text[:MAX_LENGTH]))


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        yield Token(match.group(), match.start(), match.end(), fold(match.group()))


def _without_marks(text: str) -> str:
    return unicodedata.normalize("NFC", _MARK.sub("", unicodedata.normalize("NFKD", text)))


def _umlaut(match: re.Match[str]) -> str:
    return _UMLAUTS[match.group(1)]


def _once(match: re.Match[str]) -> str:
    """`jaaa` is `ja`; figures keep their length, which tells an order number from a quantity."""
    letter = match.group(1)
    return match.group() if letter == "0" else letter

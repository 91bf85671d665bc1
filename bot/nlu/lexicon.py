"""Word lists that tell the entity extractor what a word may be: a product, a part, a month …"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from bot.nlu.text import Token, tokenise

FOLDER = Path(__file__).parent / "lexicons"

FAMILIES = ("aeropix", "urbano", "voltano", "sitsense", "stridelab")
"""Names that customers spell as they heard them."""
SHORTEST_END = 3
"""Letters that the second half of a compound has at least."""


class Lexicons:
    """All word lists; a list's name is its file's name. Phrases of several words are found as a whole."""

    def __init__(self, phrases: dict[tuple[str, ...], list[str]]) -> None:
        self._phrases = phrases
        self._longest = max((len(phrase) for phrase in phrases), default=0)

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Lexicons:
        phrases: dict[tuple[str, ...], list[str]] = {}
        for path in sorted(folder.glob("*.txt")):
            for phrase in _phrases_in(path):
                phrases.setdefault(phrase, []).append(path.stem)
        return cls(phrases)

    @classmethod
    def words(cls, *names: str) -> frozenset[str]:
        """All single words in these lists, phrases taken apart."""
        paths = (FOLDER / f"{name}.txt" for name in names)
        return frozenset(word for path in paths for phrase in _phrases_in(path) for word in phrase)

    def endings(self, word: str) -> list[str]:
        """The lists that know the end of a longer word: `ersatzfluegel` ends in a part, `mietrad` in a product."""
        ends = {(word[start:],) for start in range(2, len(word) - SHORTEST_END + 1)}
        return sorted({name for end in ends for name in self._phrases.get(end, ())})

    def membership(self, tokens: Sequence[Token]) -> list[set[str]]:
        """For each token the lists that it is in: `city`, or `B-city` and `I-city` for a phrase's first and later words."""
        found: list[set[str]] = [set() for _ in tokens]
        words = [token.folded for token in tokens]
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                for name in self._phrases.get(tuple(words[start:end]), ()):
                    _mark(found[start:end], name)
        return found


def _mark(places: list[set[str]], name: str) -> None:
    for number, place in enumerate(places):
        place.add(name if len(places) == 1 else f"{'I' if number else 'B'}-{name}")


def _phrases_in(path: Path) -> Iterator[tuple[str, ...]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = line.partition("#")[0].strip()
        if entry:
            yield tuple(token.folded for token in tokenise(entry))


@lru_cache(maxsize=8192)
def is_like_a_model(word: str) -> bool:
    """Whether a word is one of our families' names, or one with a slip or two: `voltanno`, `areopix`."""
    return any(abs(len(word) - len(name)) <= 2 and _slips(word, name) <= 2 for name in FAMILIES if len(word) > 4)


def _slips(word: str, name: str) -> int:
    """Letters to add, drop, change or swap with their neighbour (optimal string alignment distance)."""
    before: list[int] = []
    row = list(range(len(name) + 1))
    for i, letter in enumerate(word, 1):
        earlier, before, row = before, row, [i]
        for j, other in enumerate(name, 1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if earlier and j > 1 and letter == name[j - 2] and word[i - 2] == other:
                cost = min(cost, earlier[j - 2] + 1)
            row.append(cost)
    return row[-1]

"""Word lists that tell the entity extractor what a word may be: a product, a part, a month …"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from bot.nlu.text import Token, tokenise

Phrase = tuple[str, ...]
FOLDER = Path(__file__).parent / "lexicons"

FAMILIES = ("aeropix", "urbano", "voltano", "sitsense", "stridelab")
"""Names that customers spell as they heard them."""
SHORTEST_END = 3
"""Letters that the second half of a compound has at least."""


class Lexicons:
    """Word lists by name, each with its phrases of one or more words."""

    def __init__(self, lists: Mapping[str, Sequence[Phrase]]) -> None:
        self._lists = lists
        self._names: dict[Phrase, list[str]] = defaultdict(list)
        for name, phrases in lists.items():
            for phrase in dict.fromkeys(phrases):
                self._names[phrase].append(name)
        self._longest = max(map(len, self._names), default=0)

    @classmethod
    def read(cls, folder: Path = FOLDER) -> Lexicons:
        """The lists as they are written down: one file each, one phrase a line."""
        return cls({path.stem: list(_phrases_in(path)) for path in sorted(folder.glob("*.txt"))})

    def save(self, path: Path) -> None:
        """Into the model: weights fit only the lists with which they were trained."""
        path.write_text(json.dumps(self._lists, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Lexicons:
        lists = json.loads(path.read_text(encoding="utf-8"))
        return cls({name: [tuple(phrase) for phrase in phrases] for name, phrases in lists.items()})

    def words(self, *names: str) -> frozenset[str]:
        """All single words in these lists, phrases taken apart."""
        return frozenset(word for name in names for phrase in self._lists.get(name, ()) for word in phrase)

    def endings(self, word: str) -> list[str]:
        """The lists that know the end of a longer word: `ersatzfluegel` ends in a part, `mietrad` in a product."""
        ends = {(word[start:],) for start in range(2, len(word) - SHORTEST_END + 1)}
        return sorted({name for end in ends for name in self._names.get(end, ())})

    def membership(self, tokens: Sequence[Token]) -> list[set[str]]:
        """For each token the lists that it is in: `city`, or `B-city` and `I-city` for a phrase's first and later words."""
        found: list[set[str]] = [set() for _ in tokens]
        words = [token.folded for token in tokens]
        for start in range(len(words)):
            for end in range(start + 1, min(start + self._longest, len(words)) + 1):
                for name in self._names.get(tuple(words[start:end]), ()):
                    _mark(found[start:end], name)
        return found


def _mark(places: list[set[str]], name: str) -> None:
    for number, place in enumerate(places):
        place.add(name if len(places) == 1 else f"{'I' if number else 'B'}-{name}")


def _phrases_in(path: Path) -> Iterator[Phrase]:
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

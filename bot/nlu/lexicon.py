"""Word lists that tell the entity extractor what a word may be: a product, a part, a month …"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from bot.nlu.text import Token, tokenise

FOLDER = Path(__file__).parent / "lexicons"


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

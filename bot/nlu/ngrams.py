"""Word and character n-grams of a message, weighed by how telling they are (TF-IDF)."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from bot.nlu.net import Floats, Indices
from bot.nlu.text import normalise, words

LONGEST_WORD = 24
"""Characters of one word that are cut into n-grams: no German compound of ours is longer, and keyboard noise is."""


@dataclass(frozen=True)
class Shape:
    """Which n-grams are taken: words in a row, characters within a word; rarer ones than `min_count` are forgotten.

    With `counts_words` a message's length in words is told too.
    """

    words: int = 2
    shortest: int = 2
    longest: int = 5
    min_count: int = 2
    counts_words: bool = True


class NgramSpace:
    """The n-grams known from training, each with an index and a weight; turns a message into a sparse vector."""

    def __init__(self, shape: Shape, names: Sequence[str], idf: Floats) -> None:
        self.shape = shape
        self.names = list(names)
        self.idf = idf
        self._known = {
            name: (index, weight) for index, (name, weight) in enumerate(zip(names, idf.tolist(), strict=True))
        }

    def __len__(self) -> int:
        return len(self.names)

    @classmethod
    def fit(cls, texts: Sequence[str], shape: Shape = Shape()) -> "NgramSpace":
        """Learn the n-grams of these messages; the order of names is that of first appearance."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update({**Counter(_word_ngrams(text, shape)), **Counter(_character_ngrams(text, shape))}.keys())
        kept = [name for name, count in counts.items() if count >= shape.min_count]
        idf = [math.log((1 + len(texts)) / (1 + counts[name])) + 1 for name in kept]
        return cls(shape, kept, np.array(idf, dtype=np.float32))

    @classmethod
    def load(cls, path: Path) -> "NgramSpace":
        with np.load(path) as kept:
            names = kept["names"].tobytes().decode("utf-8").split("\n")
            return cls(Shape(*kept["shape"].tolist()), names, kept["idf"])

    def save(self, path: Path) -> None:
        """Names as one line each (no n-gram holds a line break), so that nothing needs unpickling."""
        names = np.frombuffer("\n".join(self.names).encode("utf-8"), dtype=np.uint8)
        np.savez_compressed(path, names=names, idf=self.idf, shape=np.array(astuple(self.shape)))

    def vector(self, text: str) -> tuple[Indices, Floats]:
        """Indices and weights of the known n-grams; the word block and the character block each have length 1."""
        indices: list[int] = []
        weights: list[float] = []
        for block in (_word_ngrams(text, self.shape), _character_ngrams(text, self.shape)):
            found = self._weighed(Counter(block))
            indices += found.keys()
            weights += found.values()
        return np.array(indices, dtype=np.int64), np.array(weights, dtype=np.float32)

    def _weighed(self, counts: Mapping[str, int]) -> dict[int, float]:
        known = self._known
        weighed = {}
        for name, count in counts.items():
            if entry := known.get(name):
                weighed[entry[0]] = entry[1] * (1.0 if count == 1 else 1.0 + math.log(count))
        length = math.sqrt(sum(weight * weight for weight in weighed.values())) or 1.0
        return {index: weight / length for index, weight in weighed.items()}


def _word_ngrams(text: str, shape: Shape) -> Iterator[str]:
    """`w:` n-grams with the message's bounds, and a token for its length."""
    sequence = ["^", *words(normalise(text)), "$"]
    if shape.counts_words:
        yield f"#{min(len(sequence) - 2, 12).bit_length()}"
    yield from (f"w:{word}" for word in sequence[1:-1])
    for size in range(2, shape.words + 1):
        for start in range(len(sequence) - size + 1):
            yield "w:" + " ".join(sequence[start : start + size])


def _character_ngrams(text: str, shape: Shape) -> Iterator[str]:
    for word in words(normalise(text)):
        bounded = f"<{word[:LONGEST_WORD]}>"
        for size in range(shape.shortest, min(shape.longest, len(bounded)) + 1):
            yield from (bounded[start : start + size] for start in range(len(bounded) - size + 1))

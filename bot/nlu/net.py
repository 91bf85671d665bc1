"""A small ensemble of embedding nets over n-grams: n-gram vectors summed, ReLU, softmax. NumPy alone."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.nlu.ngrams import Floats, Indices, NgramSpace, stacked

CLIP = 30.0


@dataclass(frozen=True)
class Recipe:
    """How the nets are trained; the values were chosen on held-back parts of our own examples."""

    units: int = 128
    members: int = 3
    epochs: int = 30
    batch: int = 64
    rate: float = 0.05
    ngram_dropout: float = 0.3
    unit_dropout: float = 0.5
    smoothing: float = 0.05
    seed: int = 7


@dataclass(frozen=True)
class Ensemble:
    """Trained weights. Shapes: n-grams x (members*units), members*units, members x units x labels, members x labels."""

    embeddings: Floats
    unit_bias: Floats
    outputs: Floats
    label_bias: Floats

    def logits(self, indices: Indices, weights: Floats) -> Floats:
        """Mean log-odds of the members, one per label."""
        units = np.maximum(weights @ self.embeddings[indices] + self.unit_bias, 0)
        by_member = units.reshape(len(self.outputs), 1, -1) @ self.outputs
        return (by_member[:, 0, :] + self.label_bias).mean(axis=0)  # type: ignore[no-any-return]

    def save(self, path: Path) -> None:
        """Half precision: half the size, the same answers."""
        np.savez_compressed(path, **{name: array.astype(np.float16) for name, array in vars(self).items()})

    @classmethod
    def load(cls, path: Path) -> "Ensemble":
        with np.load(path) as kept:
            return cls(**{name: kept[name].astype(np.float32) for name in kept.files})


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Examples:
    """Sparse rows (bounds, indices, values) with their labels."""

    bounds: Indices
    indices: Indices
    values: Floats
    labels: Indices

    @classmethod
    def of(cls, space: NgramSpace, texts: Sequence[str], labels: Sequence[int]) -> "Examples":
        return cls(*stacked(space.vector(text) for text in texts), np.array(labels, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.labels)


def train(examples: Examples, sizes: tuple[int, int], recipe: Recipe) -> Ensemble:
    """Train all members (`sizes`: known n-grams, labels); one thread each, so that two cores are used."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        members = list(threads.map(lambda number: _Member(sizes, recipe, number).fit(examples), range(recipe.members)))
    return Ensemble(
        np.concatenate([member.embeddings for member in members], axis=1),
        np.concatenate([member.unit_bias for member in members]),
        np.stack([member.outputs for member in members]),
        np.stack([member.label_bias for member in members]),
    )


class _Member:
    """One net while it learns: RMS-scaled gradient steps, one scale per n-gram."""

    def __init__(self, sizes: tuple[int, int], recipe: Recipe, number: int) -> None:
        ngrams, labels = sizes
        self.recipe = recipe
        self.random = np.random.default_rng([recipe.seed, number])
        self.embeddings: Floats = self.random.normal(0, 0.1, (ngrams, recipe.units)).astype(np.float32)
        self.unit_bias: Floats = np.zeros(recipe.units, dtype=np.float32)
        self.outputs: Floats = self.random.normal(0, recipe.units**-0.5, (recipe.units, labels)).astype(np.float32)
        self.label_bias: Floats = np.zeros(labels, dtype=np.float32)
        self._scales = {name: np.zeros(shape, dtype=np.float32) for name, shape in self._scale_shapes().items()}

    def _scale_shapes(self) -> Mapping[str, tuple[int, ...]]:
        return {
            "embeddings": (len(self.embeddings), 1),
            "unit_bias": self.unit_bias.shape,
            "outputs": self.outputs.shape,
            "label_bias": self.label_bias.shape,
        }

    def fit(self, examples: Examples) -> "_Member":
        for epoch in range(self.recipe.epochs):
            rate = self.recipe.rate * (1 - epoch / self.recipe.epochs)
            for rows in self._batches(len(examples)):
                self._learn(examples, rows, rate)
        return self

    def _batches(self, count: int) -> Iterator[Indices]:
        order = self.random.permutation(count)
        yield from (order[start : start + self.recipe.batch] for start in range(0, count, self.recipe.batch))

    def _learn(self, examples: Examples, rows: Indices, rate: float) -> None:
        from scipy.sparse import csr_matrix  # needed to train, not to answer

        bounds, indices, values = self._dropped(examples, rows)
        seen, columns = np.unique(indices, return_inverse=True)
        inputs = csr_matrix((values, columns, bounds), shape=(len(rows), len(seen)))
        mask = (
            self.random.random((len(rows), self.recipe.units), dtype=np.float32) >= self.recipe.unit_dropout
        ) / np.float32(1 - self.recipe.unit_dropout)
        before = inputs @ self.embeddings[seen] + self.unit_bias
        units = np.maximum(before, 0) * mask
        error = softmax(units @ self.outputs + self.label_bias) - self._targets(examples.labels[rows])
        error /= len(rows)
        to_units = (error @ self.outputs.T) * mask * (before > 0)
        self._step("outputs", units.T @ error, rate)
        self._step("label_bias", error.sum(axis=0), rate)
        self._step("unit_bias", to_units.sum(axis=0), rate)
        self._step_embeddings(seen, inputs.T @ to_units, rate)

    def _dropped(self, examples: Examples, rows: Indices) -> tuple[Indices, Indices, Floats]:
        """The rows of a batch with some of their n-grams left out."""
        starts, counts = examples.bounds[rows], np.diff(examples.bounds)[rows]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(bounds[-1]) + np.repeat(starts - bounds[:-1], counts)
        kept = self.random.random(len(places), dtype=np.float32) >= self.recipe.ngram_dropout
        bounds = np.concatenate([[0], np.cumsum(kept)])[bounds]
        values = examples.values[places[kept]] / np.float32(1 - self.recipe.ngram_dropout)
        return bounds, examples.indices[places[kept]], values

    def _targets(self, labels: Indices) -> Floats:
        count = len(self.label_bias)
        targets = np.full((len(labels), count), self.recipe.smoothing / count, dtype=np.float32)
        targets[np.arange(len(labels)), labels] += 1 - self.recipe.smoothing
        return targets

    def _step(self, name: str, gradient: NDArray[np.float32], rate: float) -> None:
        scale = self._scales[name]
        scale *= 0.99
        scale += 0.01 * gradient**2
        weights: Floats = getattr(self, name)
        weights -= 0.1 * rate * gradient / (np.sqrt(scale) + 1e-6)

    def _step_embeddings(self, seen: Indices, gradient: Floats, rate: float) -> None:
        scale = self._scales["embeddings"]
        scale[seen] = 0.9 * scale[seen] + 0.1 * (gradient**2).mean(axis=1, keepdims=True)
        self.embeddings[seen] -= rate * gradient / (np.sqrt(scale[seen]) + 1e-6)

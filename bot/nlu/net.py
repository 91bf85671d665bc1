"""Small feed-forward nets that learn intents: one hidden layer, strong dropout, several members whose votes are averaged.

The same net reads sparse n-grams (`SparseRows`) and dense sentence vectors (`DenseRows`). Answering needs NumPy alone.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """How a net is trained; the values in use were chosen on held-back parts of our own examples."""

    units: int
    members: int
    input_dropout: float
    rate: float
    epochs: int = 16
    unit_dropout: float = 0.5
    smoothing: float = 0.1
    batch: int = 256
    seed: int = 7


class Rows(Protocol):
    """Training examples as a net reads them."""

    @property
    def shape(self) -> tuple[int, int]:
        """Examples, inputs."""

    def batch(self, chosen: Indices, dropout: float, random: np.random.Generator) -> tuple[Any, Any]:
        """The inputs that occur (an index into them) and the chosen rows over these, some values dropped."""


@dataclass(frozen=True)
class SparseRows:
    """Rows of a sparse matrix: row bounds, column indices, values (CSR)."""

    bounds: Indices
    indices: Indices
    values: Floats
    width: int

    @classmethod
    def of(cls, vectors: Sequence[tuple[Indices, Floats]], width: int) -> "SparseRows":
        bounds = np.cumsum([0] + [len(indices) for indices, _ in vectors])
        return cls(bounds, np.concatenate([i for i, _ in vectors]), np.concatenate([v for _, v in vectors]), width)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.bounds) - 1, self.width

    def batch(self, chosen: Indices, dropout: float, random: np.random.Generator) -> tuple[Any, Any]:
        from scipy.sparse import csr_matrix  # needed to train, not to answer

        starts, counts = self.bounds[chosen], np.diff(self.bounds)[chosen]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        places = np.arange(bounds[-1]) + np.repeat(starts - bounds[:-1], counts)
        kept = random.random(len(places), dtype=np.float32) >= dropout
        bounds = np.concatenate([[0], np.cumsum(kept)])[bounds]
        seen, columns = np.unique(self.indices[places[kept]], return_inverse=True)
        values = self.values[places[kept]] / np.float32(1 - dropout)
        return seen, csr_matrix((values, columns, bounds), shape=(len(chosen), len(seen)))


@dataclass(frozen=True)
class DenseRows:
    """Rows of a dense matrix."""

    matrix: Floats

    @property
    def shape(self) -> tuple[int, int]:
        return self.matrix.shape[0], self.matrix.shape[1]

    def batch(self, chosen: Indices, dropout: float, random: np.random.Generator) -> tuple[Any, Any]:
        rows = self.matrix[chosen]
        return slice(None), rows * _mask(rows.shape, dropout, random)


@dataclass(frozen=True)
class Net:
    """Trained weights of all members.

    Shapes: inputs x (members * units), (members * units), members x units x labels, members x labels.
    """

    inputs: Floats
    unit_bias: Floats
    outputs: Floats
    label_bias: Floats

    def sparse_logits(self, indices: Indices, values: Floats) -> Floats:
        """Log-probabilities per label (up to a constant) of one sparse row."""
        return self._logits(values @ self.inputs[indices])

    def dense_logits(self, row: Floats) -> Floats:
        """The same of a dense row."""
        return self._logits(row @ self.inputs)

    def _logits(self, summed: Floats) -> Floats:
        units = np.maximum(summed + self.unit_bias, 0).reshape(len(self.outputs), 1, -1)
        votes = (units @ self.outputs)[:, 0, :] + self.label_bias
        return np.asarray(votes.mean(axis=0))

    def save(self, path: Path) -> None:
        np.savez_compressed(path, **vars(self))

    @classmethod
    def load(cls, path: Path) -> "Net":
        """Weights are kept in half precision and used in single, which is what processors are quick at."""
        with np.load(path) as kept:
            return cls(**{name: kept[name].astype(np.float32) for name in kept.files})

    def halved(self) -> "Net":
        """The same net in half precision: half the archive, the same answers."""
        return Net(**{name: array.astype(np.float16) for name, array in vars(self).items()})


def train(rows: Rows, labels: Indices, recipe: Recipe) -> Net:
    """Train all members, two at a time; deterministic by the recipe's seed."""
    with ThreadPoolExecutor(max_workers=2) as threads:
        grow: Callable[[int], _Member] = lambda number: _Member(rows, labels, recipe, number).grown()  # noqa: E731
        members = list(threads.map(grow, range(recipe.members)))
    return Net(
        np.concatenate([member.inputs for member in members], axis=1),
        np.concatenate([member.unit_bias for member in members]),
        np.stack([member.outputs for member in members]),
        np.stack([member.label_bias for member in members]),
    )


def softmax(logits: Floats) -> Floats:
    """Probabilities along the last axis."""
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))


class _Member:
    """One net while it learns, by gradient steps that are scaled per input (RMS)."""

    def __init__(self, rows: Rows, labels: Indices, recipe: Recipe, number: int) -> None:
        self.rows, self.labels, self.recipe = rows, labels, recipe
        self.random = np.random.default_rng([recipe.seed, number])
        count = int(labels.max()) + 1
        self.inputs = self._start((rows.shape[1], recipe.units), min(0.1, rows.shape[1] ** -0.5))
        self.unit_bias = np.zeros(recipe.units, dtype=np.float32)
        self.outputs = self._start((recipe.units, count), recipe.units**-0.5)
        self.label_bias = np.zeros(count, dtype=np.float32)
        self._scale = np.zeros((rows.shape[1], 1), dtype=np.float32)
        self._small = _Adam([self.unit_bias, self.outputs, self.label_bias])

    def _start(self, shape: tuple[int, int], spread: float) -> Floats:
        return self.random.normal(0, spread, shape).astype(np.float32)

    def grown(self) -> "_Member":
        """This member after all epochs; steps get smaller towards the end."""
        for epoch in range(self.recipe.epochs):
            for chosen in self._batches():
                self._learn(chosen, 1 - epoch / self.recipe.epochs)
        return self

    def _batches(self) -> Iterator[Indices]:
        order = self.random.permutation(len(self.labels))
        yield from (order[start : start + self.recipe.batch] for start in range(0, len(order), self.recipe.batch))

    def _learn(self, chosen: Indices, pace: float) -> None:
        seen, batch = self.rows.batch(chosen, self.recipe.input_dropout, self.random)
        before = batch @ self.inputs[seen] + self.unit_bias
        mask = _mask(before.shape, self.recipe.unit_dropout, self.random)
        units = np.maximum(before, 0) * mask
        error = (softmax(units @ self.outputs + self.label_bias) - self._targets(chosen)) / np.float32(len(chosen))
        to_units = (error @ self.outputs.T) * mask * (before > 0)
        self._small.step([to_units.sum(axis=0), units.T @ error, error.sum(axis=0)], pace)
        self._step_inputs(seen, batch.T @ to_units, pace)

    def _targets(self, chosen: Indices) -> Floats:
        count = len(self.label_bias)
        targets = np.full((len(chosen), count), self.recipe.smoothing / count, dtype=np.float32)
        targets[np.arange(len(chosen)), self.labels[chosen]] += 1 - self.recipe.smoothing
        return targets

    def _step_inputs(self, seen: Any, gradient: Floats, pace: float) -> None:
        self._scale[seen] = 0.9 * self._scale[seen] + 0.1 * (gradient**2).mean(axis=1, keepdims=True)
        self.inputs[seen] -= np.float32(self.recipe.rate * pace) * gradient / (np.sqrt(self._scale[seen]) + 1e-6)


class _Adam:
    """Adam for the small arrays, changed in place."""

    RATE, FIRST, SECOND = 0.003, 0.9, 0.999

    def __init__(self, arrays: Sequence[Floats]) -> None:
        self._arrays = arrays
        self._means = [np.zeros_like(array) for array in arrays]
        self._squares = [np.zeros_like(array) for array in arrays]
        self._steps = 0

    def step(self, gradients: Sequence[Floats], pace: float) -> None:
        self._steps += 1
        rate = self.RATE * pace * np.sqrt(1 - self.SECOND**self._steps) / (1 - self.FIRST**self._steps)
        for array, mean, square, gradient in zip(self._arrays, self._means, self._squares, gradients, strict=True):
            mean += (1 - self.FIRST) * (gradient - mean)
            square += (1 - self.SECOND) * (gradient**2 - square)
            array -= np.float32(rate) * mean / (np.sqrt(square) + 1e-8)


def _mask(shape: tuple[int, ...], dropout: float, random: np.random.Generator) -> Floats:
    """Zeros for what is dropped; the rest is raised so that sums stay what they were."""
    kept = random.random(shape, dtype=np.float32) >= dropout
    return np.asarray(kept / np.float32(1 - dropout), dtype=np.float32)

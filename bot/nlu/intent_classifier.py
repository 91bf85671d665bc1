"""Which intent a message has: the IntentNet component."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import TrainedComponent, in_reading_order
from bot.nlu.net import DenseRows, Floats, Indices, Net, Recipe, SparseRows, softmax, train
from bot.nlu.ngrams import NgramSpace
from bot.nlu.sentence_encoder import sentence_vector

RANKED = 10
"""Intents listed in a message's ranking."""
NGRAM_RECIPE = Recipe(units=64, members=2, input_dropout=0.65, rate=0.02)
VECTOR_RECIPE = Recipe(units=192, members=3, input_dropout=0.1, rate=0.01)
VECTOR_SCALE = 10.0
"""Sentence vectors have length 1, that is values around 0.04: too small for the net to learn from in few epochs."""
EVENNESS = 0.25
"""How far confidences are freed from the number of examples per intent, which says little about how often it is meant."""
HELD_BACK = 10
"""One example in so many is kept from a first training and calibrates the confidences of the second."""


@dataclass(frozen=True)
class Reading:
    """A message as the experts see it: its n-grams, and its sentence vector if there is an encoder."""

    ngrams: tuple[Indices, Floats]
    vector: Floats | None


@dataclass(frozen=True)
class Experts:
    """Two nets, one on n-grams (which know our words) and one on sentence vectors (which know the language)."""

    ngrams: Net
    vectors: Net | None
    shares: Floats
    weights: tuple[float, float] = (1.0, 1.0)

    @classmethod
    def trained(cls, space: NgramSpace, readings: Sequence[Reading], labels: Indices, seed: int) -> Experts:
        sparse = SparseRows.of([reading.ngrams for reading in readings], len(space))
        ngrams = train(sparse, labels, replace(NGRAM_RECIPE, seed=seed)).halved()
        shares = (np.bincount(labels) / len(labels)).astype(np.float32)
        vectors = [reading.vector for reading in readings if reading.vector is not None]
        if len(vectors) < len(readings):
            return cls(ngrams, None, shares)
        dense = DenseRows(np.stack(vectors) * np.float32(VECTOR_SCALE))
        return cls(ngrams, train(dense, labels, replace(VECTOR_RECIPE, seed=seed)).halved(), shares)

    def opinions(self, reading: Reading) -> tuple[Floats, Floats]:
        """Log-probabilities of both; the second's are zeros where there is no vector."""
        from_ngrams = _log_softmax(self.ngrams.sparse_logits(*reading.ngrams))
        if self.vectors is None or reading.vector is None:
            return from_ngrams, np.zeros_like(from_ngrams)
        return from_ngrams, _log_softmax(self.vectors.dense_logits(reading.vector * np.float32(VECTOR_SCALE)))

    def confidences(self, reading: Reading) -> Floats:
        """Probability per label: the product of the experts' opinions, each to the power of its weight."""
        return softmax(self._joined(*self.opinions(reading), self.weights))

    def _joined(self, from_ngrams: Floats, from_vectors: Floats, weights: tuple[float, float]) -> Floats:
        return np.asarray(from_ngrams * weights[0] + from_vectors * weights[1] - EVENNESS * np.log(self.shares))

    def calibrated(self, readings: Sequence[Reading], labels: Indices) -> tuple[float, float]:
        """The weights under which messages not trained on are likeliest: they balance the experts and their certainty."""
        opinions = [self.opinions(reading) for reading in readings]
        first, second = np.stack([one for one, _ in opinions]), np.stack([two for _, two in opinions])
        steps = np.arange(0.3, 2.01, 0.05)
        candidates = [(one, two) for one in steps for two in (steps if self.vectors else [0.0])]
        one, two = min(candidates, key=lambda weights: _surprise(self._joined(first, second, weights), labels))
        return float(one), float(two)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentNet(TrainedComponent, IntentClassifier):
    """Intent and ranking of a message, with confidences that mean what they say."""

    labels: Sequence[str] = ()
    space: NgramSpace
    experts: Experts

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"seed": 7}

    def learn(self, examples: list[Message]) -> None:
        ordered = in_reading_order(examples)
        if not ordered:
            return
        self.labels = sorted({example.get(INTENT) for example in ordered})
        self.space = NgramSpace.fit([example.get(TEXT) for example in ordered])
        readings = [self._reading(example) for example in ordered]
        numbers = np.array([self.labels.index(example.get(INTENT)) for example in ordered])
        held_back = np.array([crc32(example.get(TEXT).encode()) % HELD_BACK == 0 for example in ordered])
        weights = self._weights(readings, numbers, held_back)
        self.experts = replace(Experts.trained(self.space, readings, numbers, self.config["seed"]), weights=weights)

    def _weights(
        self, readings: Sequence[Reading], labels: Indices, held_back: np.ndarray[Any, Any]
    ) -> tuple[float, float]:
        """Weights of the experts, chosen on examples that a first training did not see."""
        learned, kept = np.flatnonzero(~held_back), np.flatnonzero(held_back)
        if not len(kept) or set(labels[learned]) != set(labels):
            return (1.0, 1.0)
        first = Experts.trained(
            self.space, [readings[place] for place in learned], labels[learned], self.config["seed"]
        )
        return first.calibrated([readings[place] for place in kept], labels[kept])

    def _reading(self, message: Message) -> Reading:
        return Reading(self.space.vector(message.get(TEXT) or ""), sentence_vector(message))

    def understand(self, message: Message) -> None:
        ranking = self._ranking(message) if self.labels else []
        message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:RANKED], add_to_output=True)

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        """All intents, the most likely first."""
        confidences = self.experts.confidences(self._reading(message))
        order = np.argsort(-confidences, kind="stable")
        return [{"name": self.labels[label], "confidence": float(confidences[label])} for label in order]

    def save(self, folder: Path) -> None:
        if not self.labels:
            return
        kept = {"labels": self.labels, "weights": self.experts.weights, "shares": self.experts.shares.tolist()}
        (folder / "intents.json").write_text(json.dumps(kept), encoding="utf-8")
        self.space.save(folder / "space.npz")
        self.experts.ngrams.save(folder / "ngrams.npz")
        if self.experts.vectors is not None:
            self.experts.vectors.save(folder / "vectors.npz")

    def restore(self, folder: Path) -> None:
        if not (folder / "intents.json").exists():
            return
        kept = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        self.labels = kept["labels"]
        self.space = NgramSpace.load(folder / "space.npz")
        vectors = folder / "vectors.npz"
        self.experts = Experts(
            Net.load(folder / "ngrams.npz"),
            Net.load(vectors) if vectors.exists() else None,
            np.array(kept["shares"], dtype=np.float32),
            tuple(kept["weights"]),
        )


def _log_softmax(logits: Floats) -> Floats:
    return np.asarray(np.log(softmax(logits) + 1e-9))


def _surprise(logits: Floats, labels: Indices) -> float:
    """Mean negative log-likelihood of the true labels."""
    return float(-_log_softmax(logits)[np.arange(len(labels)), labels].mean())

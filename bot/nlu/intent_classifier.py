"""Which intent a message has: the IntentNet component."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from bot.nlu.sentence_encoder import trained_vector, way_to_vector

RANKED = 10
"""Intents listed in a message's ranking."""
NGRAM_RECIPE = Recipe(units=128, members=2, input_dropout=0.5, rate=0.02)
VECTOR_RECIPE = Recipe(units=384, members=3, input_dropout=0.1, rate=0.01, unit_dropout=0.6)
VECTOR_SCALE = 10.0
"""Sentence vectors have length 1, that is values around 0.04: too small for the net to learn from in few epochs."""
EVENNESS = 0.6
"""How far confidences are freed from the number of examples per intent, which says nothing of how often it is meant."""
OUT_OF_SCOPE = "out_of_scope"
LEAN = 1.0
"""By how much (in log-odds) what is not the shop's is likelier than its examples say: there is no end to what people may say."""
SURE = 0.8
"""Confidence from which the n-grams' word is taken: on held-back messages the vectors change nothing above it."""
REHEARSAL = {"members": 1, "epochs": 10}
"""What the first training does with less than the recipes: its nets are only weighed, and then forgotten."""
HELD_BACK = 10
"""One example in so many is kept from a first training and calibrates the confidences of the second."""


@dataclass(frozen=True)
class Reading:
    """A message as the experts see it: its n-grams, and its sentence vector if there is an encoder."""

    ngrams: tuple[Indices, Floats]
    vector: Floats | None


Weights = tuple[float, float]
"""How much the word of each expert counts."""


@dataclass(frozen=True)
class Experts:
    """Two nets, one on n-grams (which know our words) and one on sentence vectors (which know the language).

    Where the first is sure, the second is not asked: it needs a vector, which costs ten times as much.
    """

    ngrams: Net
    vectors: Net | None
    leaning: Floats
    """Added to each label's log-odds."""
    weights: Weights = (1.0, 1.0)
    alone: float = 1.0

    @classmethod
    def trained(
        cls, space: NgramSpace, readings: Sequence[Reading], labels: Indices, leaning: Floats, seed: int, **changed: int
    ) -> Experts:
        """Experts that learned from these; `changed` are values of their recipes."""
        sparse = SparseRows.of([reading.ngrams for reading in readings], len(space))
        with ThreadPoolExecutor() as threads:
            ngrams = threads.submit(train, sparse, labels, replace(NGRAM_RECIPE, seed=seed, **changed))
            vectors = [reading.vector for reading in readings if reading.vector is not None]
            if len(vectors) < len(readings):
                return cls(ngrams.result().halved(), None, leaning)
            dense = DenseRows(np.stack(vectors) * np.float32(VECTOR_SCALE))
            of_vectors = train(dense, labels, replace(VECTOR_RECIPE, seed=seed, **changed))
            return cls(ngrams.result().halved(), of_vectors.halved(), leaning)

    def _opinions(self, reading: Reading) -> tuple[Floats, Floats]:
        """Log-probabilities of both; the second's are zeros where there is no vector."""
        from_ngrams = _log_softmax(self.ngrams.sparse_logits(*reading.ngrams))
        return from_ngrams, np.zeros_like(from_ngrams) if reading.vector is None else self._from_vector(reading.vector)

    def _from_vector(self, vector: Floats) -> Floats:
        assert self.vectors is not None
        return _log_softmax(self.vectors.dense_logits(vector * np.float32(VECTOR_SCALE)))

    def confidences(self, ngrams: tuple[Indices, Floats], way_to_vector: Callable[[], Floats] | None) -> Floats:
        """Probability per label: what n-grams say, and where they are unsure, the product of both experts' opinions."""
        from_ngrams = _log_softmax(self.ngrams.sparse_logits(*ngrams))
        confidences = softmax(self._joined(from_ngrams, np.zeros_like(from_ngrams), (self.alone, 0.0)))
        if self.vectors is None or way_to_vector is None or confidences.max() >= SURE:
            return confidences
        return softmax(self._joined(from_ngrams, self._from_vector(way_to_vector()), self.weights))

    def _joined(self, from_ngrams: Floats, from_vectors: Floats, weights: Weights) -> Floats:
        return np.asarray(from_ngrams * weights[0] + from_vectors * weights[1] + self.leaning)

    def calibrated(self, readings: Sequence[Reading], labels: Indices) -> Experts:
        """The same experts, weighed so that messages they were not trained on are likeliest."""
        opinions = [self._opinions(reading) for reading in readings]
        first, second = np.stack([one for one, _ in opinions]), np.stack([two for _, two in opinions])
        surprise: Callable[[Weights], float] = lambda weights: _surprise(self._joined(first, second, weights), labels)  # noqa: E731
        steps = [float(step) for step in np.arange(0.3, 2.01, 0.05)]
        alone, _ = min(((one, 0.0) for one in steps), key=surprise)
        both = min(((one, two) for one in steps for two in steps), key=surprise) if self.vectors else (alone, 0.0)
        return replace(self, weights=both, alone=alone)


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
        readings = [Reading(self.space.vector(example.get(TEXT)), trained_vector(example)) for example in ordered]
        numbers = np.array([self.labels.index(example.get(INTENT)) for example in ordered])
        held_back = np.array([crc32(example.get(TEXT).encode()) % HELD_BACK == 0 for example in ordered])
        leaning = self._leaning(numbers)
        experts = Experts.trained(self.space, readings, numbers, leaning, self.config["seed"])
        rehearsed = self._rehearsed(readings, numbers, leaning, held_back)
        self.experts = replace(experts, weights=rehearsed.weights, alone=rehearsed.alone) if rehearsed else experts

    def _leaning(self, numbers: Indices) -> Floats:
        shares = np.bincount(numbers) / len(numbers)
        lean = np.array([LEAN if label == OUT_OF_SCOPE else 0.0 for label in self.labels])
        return np.asarray(lean - EVENNESS * np.log(shares), dtype=np.float32)

    def _rehearsed(
        self, readings: Sequence[Reading], labels: Indices, leaning: Floats, held_back: np.ndarray[Any, Any]
    ) -> Experts | None:
        """Experts of a first, shorter training, weighed on the examples that it did not see; None if there are too few."""
        learned, kept = np.flatnonzero(~held_back), np.flatnonzero(held_back)
        if not len(kept) or set(labels[learned]) != set(labels):
            return None
        first = Experts.trained(
            self.space,
            [readings[place] for place in learned],
            labels[learned],
            leaning,
            self.config["seed"],
            **REHEARSAL,
        )
        return first.calibrated([readings[place] for place in kept], labels[kept])

    def understand(self, message: Message) -> None:
        ranking = self._ranking(message) if self.labels else []
        message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:RANKED], add_to_output=True)

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        """All intents, the most likely first."""
        ngrams = self.space.vector(message.get(TEXT) or "")
        confidences = self.experts.confidences(ngrams, way_to_vector(message))
        order = np.argsort(-confidences, kind="stable")
        return [{"name": self.labels[label], "confidence": float(confidences[label])} for label in order]

    def save(self, folder: Path) -> None:
        if not self.labels:
            return
        experts = self.experts
        kept = {
            "labels": self.labels, "weights": experts.weights, "alone": experts.alone, "leaning": experts.leaning.tolist()
        }  # fmt: skip
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
            np.array(kept["leaning"], dtype=np.float32),
            tuple(kept["weights"]),
            kept["alone"],
        )


def _log_softmax(logits: Floats) -> Floats:
    return np.asarray(np.log(softmax(logits) + 1e-9))


def _surprise(logits: Floats, labels: Indices) -> float:
    """Mean negative log-likelihood of the true labels."""
    return float(-_log_softmax(logits)[np.arange(len(labels)), labels].mean())

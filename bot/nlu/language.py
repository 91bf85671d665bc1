"""Which language a message is written in, and how sure that is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import TrainedComponent, in_reading_order, language_of
from bot.nlu.lexicon import Lexicons
from bot.nlu.net import Floats, SparseRows, softmax
from bot.nlu.ngrams import NgramSpace, Shape
from bot.nlu.text import tokenise

LANGUAGE = "language"
SHAPE = Shape(words=1, shortest=1, longest=4, counts_words=False)
NEUTRAL_LISTS = ("model", "city", "neutral")
LEARNED = 2
"""One example in so many is learned from: languages are told long before wishes are."""
STRENGTH = 1.5
"""Inverse of the regularisation; chosen on held-back messages."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LanguageDetector(TrainedComponent, IntentClassifier):
    """Adds {"language": {"name": "de", "confidence": 0.98}} to the parse result.

    A message that both languages could have ("ok", "2", "Pro") gets a confidence near one half, so that the caller
    stays with the language of the conversation.
    """

    names: Sequence[str] = ()
    neutral: frozenset[str]
    space: NgramSpace
    weights: Floats

    def learn(self, examples: list[Message]) -> None:
        known = [example for example in in_reading_order(examples) if language_of(example) and _is_learned(example)]
        names = sorted({str(language_of(example)) for example in known})
        if len(names) < 2:
            return
        self.names = names
        self.neutral = Lexicons.read().words(*NEUTRAL_LISTS)
        texts = [self._telling(example.get(TEXT)) for example in known]
        self.space = NgramSpace.fit(texts, SHAPE)
        self.weights = _logistic(self.space, texts, [names.index(str(language_of(example))) for example in known])

    def understand(self, message: Message) -> None:
        if self.names:
            confidences = self.confidences(message.get(TEXT) or "")
            name = max(confidences, key=lambda language: confidences[language])
            message.set(LANGUAGE, {"name": name, "confidence": confidences[name]}, add_to_output=True)

    def confidences(self, text: str) -> dict[str, float]:
        """How likely each language is."""
        indices, values = self.space.vector(self._telling(text))
        likely = softmax(values @ self.weights[indices])
        return dict(zip(self.names, likely.tolist(), strict=True))

    def _telling(self, text: str) -> str:
        """The words that tell a language: no figures, addresses, names of models and towns, no "ok"."""
        words = (token.folded for token in tokenise(text))
        return " ".join(word for word in words if word.isalpha() and word not in self.neutral)

    def save(self, folder: Path) -> None:
        if self.names:
            kept = {"names": list(self.names), "neutral": sorted(self.neutral)}
            (folder / "languages.json").write_text(json.dumps(kept), encoding="utf-8")
            self.space.save(folder / "space.npz")
            np.savez_compressed(folder / "weights.npz", weights=self.weights)

    def restore(self, folder: Path) -> None:
        if not (folder / "languages.json").exists():
            return
        kept = json.loads((folder / "languages.json").read_text(encoding="utf-8"))
        self.names, self.neutral = kept["names"], frozenset(kept["neutral"])
        self.space = NgramSpace.load(folder / "space.npz")
        self.weights = np.load(folder / "weights.npz")["weights"]


def _is_learned(example: Message) -> bool:
    """By its text, so that other examples that come or go change nothing of this one."""
    return crc32(example.get(TEXT).encode()) % LEARNED == 0


def _logistic(space: NgramSpace, texts: Sequence[str], labels: Sequence[int]) -> Floats:
    """Regression without intercept: a message without a telling n-gram is of neither language."""
    from scipy.sparse import csr_matrix  # needed to train, not to answer
    from sklearn.linear_model import LogisticRegression

    rows = SparseRows.of([space.vector(text) for text in texts], len(space))
    matrix = csr_matrix((rows.values, rows.indices, rows.bounds), shape=rows.shape)
    model = LogisticRegression(C=STRENGTH, fit_intercept=False, class_weight="balanced", max_iter=300)
    coefficients = model.fit(matrix, labels).coef_.astype(np.float32).T
    return np.hstack([0 * coefficients, coefficients]) if coefficients.shape[1] == 1 else np.asarray(coefficients)

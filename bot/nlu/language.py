"""Which language a message is written in, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import TrainedComponent, in_reading_order, language_of
from bot.nlu.net import softmax
from bot.nlu.ngrams import Floats, NgramSpace, Shape, stacked

LANGUAGE = "language"
SHAPE = Shape(words=1, shortest=1, longest=4)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LanguageDetector(TrainedComponent, IntentClassifier):
    """Adds {"language": {"name": "de", "confidence": 0.98}} to the parse result.

    A message that both languages could have ("ok", "2", "Pro") gets a confidence near one half, so that the caller
    stays with the language of the conversation.
    """

    names: list[str]
    space: NgramSpace
    weights: Floats | None = None

    def learn(self, examples: list[Message]) -> None:
        known = [example for example in in_reading_order(examples) if language_of(example)]
        self.names = sorted({str(language_of(example)) for example in known})
        if len(self.names) < 2:
            return
        texts = [example.get(TEXT) for example in known]
        self.space = NgramSpace.fit(texts, SHAPE)
        self.weights = _logistic(self.space, texts, [self.names.index(str(language_of(example))) for example in known])

    def understand(self, message: Message) -> None:
        confidences = self.confidences(message.get(TEXT) or "")
        if confidences:
            name = max(confidences, key=lambda language: confidences[language])
            message.set(LANGUAGE, {"name": name, "confidence": confidences[name]}, add_to_output=True)

    def confidences(self, text: str) -> dict[str, float]:
        """How likely each language is; empty when untrained."""
        if self.weights is None:
            return {}
        indices, values = self.space.vector(text)
        likely = softmax(values @ self.weights[indices])
        return dict(zip(self.names, likely.tolist(), strict=True))

    def save(self, folder: Path) -> None:
        if self.weights is None:
            return
        (folder / "languages.txt").write_text("\n".join(self.names), encoding="utf-8")
        self.space.save(folder / "ngrams.npz")
        np.savez(folder / "weights.npz", weights=self.weights)

    def restore(self, folder: Path) -> None:
        if not (folder / "languages.txt").exists():
            return
        self.names = (folder / "languages.txt").read_text(encoding="utf-8").split("\n")
        self.space = NgramSpace.load(folder / "ngrams.npz")
        self.weights = np.load(folder / "weights.npz")["weights"]


def _logistic(space: NgramSpace, texts: list[str], labels: list[int]) -> Floats:
    """Regression without intercept: a message without a telling n-gram is of neither language."""
    from scipy.sparse import csr_matrix  # needed to train, not to answer
    from sklearn.linear_model import LogisticRegression

    bounds, indices, values = stacked(space.vector(text) for text in texts)
    rows = csr_matrix((values, indices, bounds), shape=(len(texts), len(space)))
    model = LogisticRegression(
        C=10.0, fit_intercept=False, class_weight="balanced", multi_class="multinomial", max_iter=300
    )
    coefficients = model.fit(rows, labels).coef_.astype(np.float32).T
    return np.hstack([-coefficients, coefficients]) if coefficients.shape[1] == 1 else coefficients

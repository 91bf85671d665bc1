"""Which intent a message has: the IntentNet component."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import TrainedComponent, in_reading_order
from bot.nlu.net import Ensemble, Examples, Recipe, softmax, train
from bot.nlu.ngrams import NgramSpace

RANKED = 10
"""Intents listed in a message's ranking."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentNet(TrainedComponent, IntentClassifier):
    """Intent and ranking of a message, by an ensemble of small nets over its n-grams."""

    labels: list[str]
    space: NgramSpace
    ensemble: Ensemble | None = None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"epochs": Recipe.epochs, "seed": Recipe.seed}

    def learn(self, examples: list[Message]) -> None:
        ordered = in_reading_order(examples)
        self.labels = sorted({example.get(INTENT) for example in ordered})
        if len(self.labels) < 2:
            return
        texts = [example.get(TEXT) for example in ordered]
        self.space = NgramSpace.fit(texts)
        rows = Examples.of(self.space, texts, [self.labels.index(example.get(INTENT)) for example in ordered])
        recipe = Recipe(epochs=self.config["epochs"], seed=self.config["seed"])
        self.ensemble = train(rows, (len(self.space), len(self.labels)), recipe)

    def understand(self, message: Message) -> None:
        ranking = self.ranking(message.get(TEXT) or "")
        message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking[:RANKED], add_to_output=True)

    def ranking(self, text: str) -> list[dict[str, Any]]:
        """All intents, the most likely first, as {"name", "confidence"}; empty when untrained."""
        if self.ensemble is None:
            return []
        confidences = softmax(self.ensemble.logits(*self.space.vector(text)))
        order = np.argsort(-confidences, kind="stable")
        return [{"name": self.labels[label], "confidence": float(confidences[label])} for label in order]

    def save(self, folder: Path) -> None:
        if self.ensemble is None:
            return
        (folder / "labels.txt").write_text("\n".join(self.labels), encoding="utf-8")
        self.space.save(folder / "ngrams.npz")
        self.ensemble.save(folder / "net.npz")

    def restore(self, folder: Path) -> None:
        if not (folder / "labels.txt").exists():
            return
        self.labels = (folder / "labels.txt").read_text(encoding="utf-8").split("\n")
        self.space = NgramSpace.load(folder / "ngrams.npz")
        self.ensemble = Ensemble.load(folder / "net.npz")

"""When the assistant had better ask than guess."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class UnsureClassifier(GraphComponent, IntentClassifier):
    """Sets the intent nlu_fallback when the best intent is unlikely or hardly better than the second.

    The ranking stays as it is, without nlu_fallback in it, so that the dialogue can ask "A or B?".
    """

    def __init__(self, threshold: float, ambiguity_threshold: float) -> None:
        self._threshold = threshold
        self._ambiguity_threshold = ambiguity_threshold

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> UnsureClassifier:
        return cls(config["threshold"], config["ambiguity_threshold"])

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"threshold": 0.45, "ambiguity_threshold": 0.1}

    @classmethod
    def required_components(cls) -> list[type]:
        return [IntentClassifier]

    def process(self, messages: list[Message]) -> list[Message]:
        """Replace the intent of those messages that were not understood well enough."""
        for message in messages:
            if self._is_unsure(message.get(INTENT_RANKING_KEY) or []):
                best = message.get(INTENT)["confidence"]
                message.set(
                    INTENT, {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0 - best}, add_to_output=True
                )
        return messages

    def _is_unsure(self, ranking: list[dict[str, Any]]) -> bool:
        best, second = [*(entry["confidence"] for entry in ranking[:2]), 0.0, 0.0][:2]
        return bool(best < self._threshold or best - second < self._ambiguity_threshold)

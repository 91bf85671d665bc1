"""What our graph components share: how they are made, kept in the model archive and found again."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData


class TrainedComponent(GraphComponent):
    """A component that learns from the examples and keeps what it learned in a folder of the model archive."""

    def __init__(self, config: Mapping[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self.config = config
        self._storage = storage
        self._resource = resource

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """A component that has learned nothing yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """The component as it was after training; a ValueError if the archive does not hold it."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component.restore(folder)
        return component

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa trains again when our code or word lists changed, not only the component's own class."""
        return source_fingerprint()

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples and keep the result; answers with the resource, as Rasa wants it."""
        self.learn([example for example in training_data.training_examples if is_said(example)])
        with self._storage.write_to(self._resource) as folder:
            self.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add to each message what this component understands of it."""
        for message in messages:
            self.understand(message)
        return messages

    @abstractmethod
    def learn(self, examples: list[Message]) -> None:
        """Learn from annotated examples; with too few of them, stay untrained."""

    @abstractmethod
    def understand(self, message: Message) -> None:
        """Write what was understood into the message."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what was learned into an empty folder."""

    @abstractmethod
    def restore(self, folder: Path) -> None:
        """Read what `save` wrote."""


def is_said(example: Message) -> bool:
    """Whether this is an example of what customers say (and not, say, a response of the bot's)."""
    return bool(example.get(TEXT) and example.get(INTENT))


def language_of(example: Message) -> str | None:
    """The language that the example's intent block is marked with."""
    marks = (example.get(METADATA) or {}).get(METADATA_INTENT) or {}
    return marks.get("language") if isinstance(marks, Mapping) else None


def in_reading_order(examples: Iterable[Message]) -> list[Message]:
    """Examples in an order of their own, so that training does not depend on the order of files on a disk."""
    return sorted(examples, key=lambda example: (example.get(INTENT), example.get(TEXT)))


@cache
def source_fingerprint() -> str:
    """A digest of this package's code and word lists."""
    files = sorted(path for path in Path(__file__).parent.rglob("*") if path.suffix in {".py", ".txt"})
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()

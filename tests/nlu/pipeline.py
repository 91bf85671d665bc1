"""Our components as Rasa makes, keeps and loads them, taught with a part of the project's own examples."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.component import TrainedComponent

EVERY = 80
"""One example in so many is enough to see the components learn, keep and find again."""


@cache
def lessons() -> TrainingData:
    """Some hundred annotated messages of all intents in both languages."""
    blocks = [block for path in sorted(Path("data/nlu").rglob("*.yml")) for block in _blocks(path)]
    return RasaYAMLReader().reads(yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000))


def _blocks(path: Path) -> list[dict[str, Any]]:
    blocks = yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]
    return [{**block, "examples": "".join(block["examples"].splitlines(keepends=True)[::EVERY])} for block in blocks]


class Bench:
    """Makes components, and loads them again from what they kept."""

    def __init__(self, folder: Path) -> None:
        self._storage = LocalModelStorage.create(folder)
        self._context = ExecutionContext(GraphSchema({}))

    def created(self, kind: Any, **config: Any) -> Any:
        return kind.create(
            {**kind.get_default_config(), **config}, self._storage, Resource(kind.__name__), self._context
        )

    def trained(self, kind: Any, **config: Any) -> Any:
        component = self.created(kind, **config)
        component.train(lessons())
        return component

    def loaded(self, kind: Any, **config: Any) -> Any:
        return kind.load({**kind.get_default_config(), **config}, self._storage, Resource(kind.__name__), self._context)


def parsed(component: TrainedComponent, text: str, **known: Any) -> dict[str, Any]:
    """What the component adds to a message."""
    message = Message({"text": text, **known})
    component.process([message])
    return dict(message.as_dict(only_output_properties=True))

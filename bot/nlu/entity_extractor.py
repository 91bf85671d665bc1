"""Which things a message names: products, numbers, amounts, days …"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import crf
from bot.nlu.component import TrainedComponent, in_reading_order
from bot.nlu.crf import Annotated, Span, Tagger
from bot.nlu.lexicon import Lexicons
from bot.nlu.shop_entities import find, value_of


@dataclass(frozen=True)
class Entity:
    """A thing named in a message: its words as typed, and the value that code can use."""

    entity: str
    start: int
    end: int
    text: str
    value: Any


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class ShopEntityExtractor(TrainedComponent, EntityExtractorMixin):
    """Entities of a message: found by a trained field and by rules for what has a fixed form, with values that code can use."""

    tagger: Tagger | None = None

    def learn(self, examples: list[Message]) -> None:
        annotated = [_annotated(example) for example in in_reading_order(examples)]
        if any(example.spans for example in annotated):
            lexicons = Lexicons.read()
            self.tagger = Tagger(crf.train(annotated, lexicons), lexicons)

    def understand(self, message: Message) -> None:
        intent = (message.get(INTENT) or {}).get("name")
        entities = [self._entity(found) for found in self.entities(message.get(TEXT) or "", intent)]
        message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)

    def entities(self, text: str, intent: str | None) -> list[Entity]:
        """Entities in reading order, none overlapping: what has a fixed form comes before what the field suspects."""
        fixed = [
            Entity(form.entity, form.start, form.end, text[form.start : form.end], form.value) for form in find(text)
        ]
        spans = self.tagger.spans(text, intent) if self.tagger else []
        suspected = [_with_value(text, span) for span in spans if not any(_overlap(span, form) for form in fixed)]
        return sorted([*fixed, *suspected], key=lambda entity: entity.start)

    def _entity(self, found: Entity) -> dict[str, Any]:
        """The entity with the keys that Rasa gives it, and the words as typed."""
        return {
            "entity": found.entity,
            "start": found.start,
            "end": found.end,
            "value": found.value,
            "text": found.text,
            "extractor": self.name,
        }

    def save(self, folder: Path) -> None:
        if self.tagger is not None:
            (folder / "crf").write_bytes(self.tagger.weights)
            self.tagger.lexicons.save(folder / "lexicons.json")

    def restore(self, folder: Path) -> None:
        if (folder / "crf").exists():
            self.tagger = Tagger((folder / "crf").read_bytes(), Lexicons.load(folder / "lexicons.json"))


def _annotated(example: Message) -> Annotated:
    return Annotated(example.get(TEXT), example.get(INTENT), tuple(_spans(example.get(ENTITIES) or [])))


def _spans(entities: Iterable[Mapping[str, Any]]) -> Iterable[Span]:
    return (Span(entity["entity"], entity["start"], entity["end"]) for entity in entities)


def _with_value(text: str, span: Span) -> Entity:
    words = text[span.start : span.end]
    return Entity(span.entity, span.start, span.end, words, value_of(span.entity, words))


def _overlap(span: Span, form: Entity) -> bool:
    return span.start < form.end and form.start < span.end

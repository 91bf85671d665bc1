"""Which things a message names: products, numbers, amounts, days …"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
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
from bot.nlu.numbers import number_word
from bot.nlu.shop_entities import find, value_of
from bot.nlu.text import tokenise

MOST_COUNTED = 999
"""Larger numbers before a product are prices, years or parts of its name."""


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
        spans = [*spans, *_counts(text, spans)]
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


def _counts(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Numbers directly before a product that the field overlooked: "was kosten drei Minis"."""
    tokens = tokenise(text)
    for before, token in pairwise(tokens):
        is_product = any(span.entity == "product" and span.start == token.start for span in spans)
        is_taken = any(span.start < before.end and before.start < span.end for span in spans)
        if is_product and not is_taken and _is_count(before.folded):
            yield Span("quantity", before.start, before.end)


def _is_count(word: str) -> bool:
    """From two on: an article says "one" of things that nobody counts."""
    number = int(word) if word.isascii() and word.isdigit() else number_word(word)
    return number is not None and 2 <= number <= MOST_COUNTED


def _with_value(text: str, span: Span) -> Entity:
    words = text[span.start : span.end]
    return Entity(span.entity, span.start, span.end, words, value_of(span.entity, words))


def _overlap(span: Span, form: Entity) -> bool:
    return span.start < form.end and form.start < span.end

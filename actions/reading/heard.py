"""One message as Rasa understood it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

UNSURE = "nlu_fallback"

MAX_LENGTH = 1_000
"""Characters of a message that are searched for meaning: a letter with an address at its end."""
MAX_ENTITIES = 12
"""So many of its entities; who names more repeats himself."""

Span = tuple[int, int]
"""Where something stands in a text: first character, and the one behind it."""


@dataclass(frozen=True)
class Guess:
    """One intent that the message may have."""

    intent: str
    confidence: float


@dataclass(frozen=True)
class Heard:
    """`entities` stand in the order in which they were said; `unreadable` is the kind of what is not text ("photo"), else empty."""

    text: str
    intent: str
    entities: tuple[dict[str, Any], ...] = ()
    ranking: tuple[Guess, ...] = ()
    message_id: str = ""
    unreadable: str = ""

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Heard":
        """From a tracker's `latest_message`."""
        metadata = message.get("metadata") or {}
        return cls(
            text=(message.get("text") or "")[:MAX_LENGTH],
            intent=(message.get("intent") or {}).get("name") or "",
            entities=tuple(_in_order(message.get("entities") or ())),
            ranking=tuple(Guess(guess["name"], guess["confidence"]) for guess in message.get("intent_ranking") or ()),
            message_id=str(metadata.get("message_id") or message.get("message_id") or ""),
            unreadable=str(metadata.get("unreadable") or ""),
        )

    def all(self, entity: str) -> list[dict[str, Any]]:
        return [found for found in self.entities if found["entity"] == entity]

    def first(self, entity: str) -> Any:
        """The value of the first such entity; None if there is none."""
        found = self.all(entity)
        return found[0]["value"] if found else None

    @property
    def confidence(self) -> float:
        """Of the intent; that of a button is 1."""
        return next((guess.confidence for guess in self.ranking if guess.intent == self.intent), 0.0)

    @property
    def is_button(self) -> bool:
        """Whether a button was pressed, so that nothing had to be understood."""
        return [guess.confidence for guess in self.ranking] == [1.0]

    @property
    def length(self) -> int:
        """In words."""
        return len(self.text.split())

    def within(self, span: Span) -> "Heard":
        """Only what stands there; all offsets stay."""
        return self.without([(0, span[0]), (span[1], len(self.text))])

    def without(self, spans: Sequence[Span]) -> "Heard":
        """The same with blanks where the spans are, so that all offsets stay; what was understood within them is gone."""
        text = self.text
        for start, end in spans:
            text = text[:start] + " " * (end - start) + text[end:]
        return replace(
            self, text=text, entities=tuple(found for found in self.entities if not _is_within(found, spans))
        )


def _in_order(entities: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """As they were said, of the part that is read."""
    found = [entity for entity in entities if (entity.get("end") or 0) <= MAX_LENGTH]
    return sorted(found, key=lambda entity: entity.get("start") or 0)[:MAX_ENTITIES]


def span_of(entity: dict[str, Any]) -> Span:
    return entity.get("start") or 0, entity.get("end") or 0


def _is_within(entity: dict[str, Any], spans: Sequence[Span]) -> bool:
    start, end = span_of(entity)
    return any(first <= start < last and end <= last for first, last in spans)

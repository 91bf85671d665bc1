"""Rasa events to bytes and back, without Rasa's walk over all event classes for every event."""

from functools import cache
from typing import Any

import orjson
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.utils.common import all_subclasses

KEPT_RANKING = 5
"""So many guesses of the intent ranking are kept with a message."""


def encode(event: Event) -> bytes:
    fields = event.as_dict()
    if isinstance(event, UserUttered):
        _trim(fields)
    return orjson.dumps(fields, default=_plain)


def decode(raw: bytes) -> Event:
    """Raises ValueError for an event that this Rasa does not know."""
    fields = orjson.loads(raw)
    event = _class_of(fields["event"])._from_parameters(fields)
    if event is None:
        raise ValueError(f"not an event: {fields['event']}")
    return event


def _trim(fields: dict[str, Any]) -> None:
    parse_data = dict(fields.get("parse_data") or {})
    parse_data.pop("text_tokens", None)
    if "intent_ranking" in parse_data:
        parse_data["intent_ranking"] = parse_data["intent_ranking"][:KEPT_RANKING]
    fields["parse_data"] = parse_data


def _plain(value: Any) -> Any:
    """Numbers of numpy, sets and tuples, as JSON has them."""
    if hasattr(value, "item"):
        return value.item()
    return list(value)


@cache
def _class_of(type_name: str) -> type[Event]:
    kinds: list[type[Event]] = all_subclasses(Event)
    for kind in kinds:
        if kind.type_name == type_name:
            return kind
    raise ValueError(f"unknown event {type_name}")

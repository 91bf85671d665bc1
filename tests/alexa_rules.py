"""Alexa's published rules for interaction models of custom skills, as a list of what is wrong with one."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

MAX_MODEL_BYTES = 1_500_000
MAX_INTENTS = 250
MAX_VALUES = 50_000
MAX_VALUE_LENGTH = 140
MAX_SAMPLE_LENGTH = 200
NEEDED = frozenset(
    f"AMAZON.{name}Intent" for name in ("Help", "Stop", "Cancel", "NavigateHome", "Fallback", "Yes", "No", "Repeat")
)
BUILT_IN_TYPES = frozenset(
    f"AMAZON.{name}" for name in ("NUMBER", "DATE", "StreetName", "SearchQuery", "City", "DE_CITY")
)
GERMAN_ONLY = frozenset(["AMAZON.DE_CITY"])

_NAME = re.compile(r"[A-Za-z][A-Za-z_]*")
_BUILT_IN = re.compile(r"AMAZON\.[A-Za-z]+")
_SLOT = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*'?|(?:[^\W\d_]\.)+")
_VALUE = re.compile(r"[\w' .,&-]+")
_INVOCATION = re.compile(r"[a-zäöüß' .]{2,50}")
_SAID_TO_ALEXA = frozenset(
    ["alexa", "amazon", "echo", "computer", "skill", "app", "ask", "tell", "open", "launch", "start", "run", "load"]
)


def faults(document: dict[str, Any], language: str) -> list[str]:
    """Empty for a model that Alexa takes."""
    model = document["interactionModel"]["languageModel"]
    found = [*_size(document, model), *_invocation_name(model["invocationName"]), *_intents(model, language)]
    return [*found, *_types(model)]


def _size(document: dict[str, Any], model: dict[str, Any]) -> Iterator[str]:
    if len(json.dumps(document, ensure_ascii=False, indent=2).encode()) > MAX_MODEL_BYTES:
        yield "the model is too large"
    if len(model["intents"]) > MAX_INTENTS:
        yield "too many intents"
    values = [value for type_ in model["types"] for value in type_["values"]]
    if sum(1 + len(value["name"]["synonyms"]) for value in values) > MAX_VALUES:
        yield "too many values"


def _invocation_name(name: str) -> Iterator[str]:
    words = set(re.split(r"[ '.]+", name))
    if not _INVOCATION.fullmatch(name) or len(name.split()) < 2 or words & _SAID_TO_ALEXA:
        yield f"invocation name {name!r}"


def _intents(model: dict[str, Any], language: str) -> Iterator[str]:
    intents = model["intents"]
    names = [intent["name"] for intent in intents]
    yield from (f"intent {name} twice" for name in _doubles(name.lower() for name in names))
    yield from (f"no {name}" for name in sorted(NEEDED - set(names)))
    types = {type_["name"] for type_ in model["types"]}
    for intent in intents:
        yield from (f"{intent['name']}: {fault}" for fault in _intent(intent, types, language))
    samples = [sample for intent in intents for sample in _as_heard(intent)]
    yield from (f"sample {sample!r} twice" for sample in _doubles(samples))


def _intent(intent: dict[str, Any], types: set[str], language: str) -> Iterator[str]:
    name, slots = intent["name"], {slot["name"]: slot["type"] for slot in intent.get("slots", [])}
    if _BUILT_IN.fullmatch(name):
        return
    if not _NAME.fullmatch(name):
        yield "its name has other signs than letters and underscores"
    if not intent["samples"]:
        yield "no samples"
    if len(slots) != len(intent["slots"]):
        yield "a slot twice"
    used = {slot for sample in intent["samples"] for slot in _SLOT.findall(sample)}
    yield from (f"slot {slot} is in no sample" for slot in sorted(set(slots) - used))
    for slot, type_ in slots.items():
        if not _NAME.fullmatch(slot):
            yield f"slot {slot} has other signs than letters and underscores"
        if type_ not in types | BUILT_IN_TYPES or (type_ in GERMAN_ONLY and language != "de"):
            yield f"slot {slot} is of no type that there is"
    if sum(type_ == "AMAZON.SearchQuery" for type_ in slots.values()) > 1:
        yield "more than one phrase slot"
    for sample in intent["samples"]:
        yield from (f"sample {sample!r}: {fault}" for fault in _sample(sample, slots))


def _sample(sample: str, slots: dict[str, str]) -> Iterator[str]:
    used = _SLOT.findall(sample)
    words = _SLOT.sub(" ", sample).split()
    if not sample.strip() or len(sample) > MAX_SAMPLE_LENGTH or sample != " ".join(sample.split()):
        yield "empty, too long, or with odd spaces"
    if not all(_WORD.fullmatch(word) for word in words):
        yield "signs or figures that nobody says"
    if not set(used) <= set(slots):
        yield "a slot that is not declared"
    if len(set(used)) != len(used):
        yield "a slot twice"
    if "AMAZON.SearchQuery" in {slots.get(slot) for slot in used} and (len(used) > 1 or not words):
        yield "a phrase slot beside another, or without words around it"


def _as_heard(intent: dict[str, Any]) -> list[str]:
    """Alexa cannot tell two slots of one type apart."""
    slots = {slot["name"]: slot["type"] for slot in intent.get("slots", [])}
    return [_SLOT.sub(lambda slot: f"{{{slots.get(slot[1])}}}", sample.lower()) for sample in intent["samples"]]


def _types(model: dict[str, Any]) -> Iterator[str]:
    yield from (f"type {name} twice" for name in _doubles(type_["name"].lower() for type_ in model["types"]))
    for type_ in model["types"]:
        yield from (f"{type_['name']}: {fault}" for fault in _type(type_))


def _type(type_: dict[str, Any]) -> Iterator[str]:
    if not _NAME.fullmatch(type_["name"]):
        yield "its name has other signs than letters and underscores"
    if not type_["values"]:
        yield "no values"
    words = [word.lower() for value in type_["values"] for word in _words(value)]
    yield from (f"{word!r} twice" for word in _doubles(words))
    yield from (f"id {id} twice" for id in _doubles(value["id"] for value in type_["values"] if "id" in value))
    yield from (f"{word!r} is too long" for word in words if len(word) > MAX_VALUE_LENGTH)
    yield from (f"{word!r} has odd signs" for word in words if not _VALUE.fullmatch(word) or word != word.strip())


def _words(value: dict[str, Any]) -> list[str]:
    return [value["name"]["value"], *value["name"]["synonyms"]]


def _doubles(things: Any) -> list[str]:
    return [thing for thing, count in Counter(things).items() if count > 1]

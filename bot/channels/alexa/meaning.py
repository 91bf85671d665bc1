"""What an Alexa intent means here: the text that was probably said, and the payload that needs no more understanding."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import orjson
from babel.dates import format_date

from bot.channels.alexa import sentences
from bot.channels.alexa.request import Intent, Slot
from bot.channels.alexa.sentences import SLOTS
from bot.nlu.shop_entities import value_of

_LOCALE = {"de": "de_DE", "en": "en_GB"}
_LONGEST_SIZE = 4
_WEEK = re.compile(r"(?P<week>\d{4}-W\d{2})(?P<weekend>-WE)?")
_MONTH = re.compile(r"\d{4}-\d{2}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Meaning:
    """`said_at` tells for each entity of the payload where the text says it: its first character, and the one behind it."""

    text: str
    payload: str | None = None
    said_at: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def meaning_of(intent: Intent, language: str) -> Meaning:
    """A custom intent of ours is its Rasa intent; an answer and free speech are text, to be understood by whoever asked."""
    if intent.name.startswith("AMAZON."):
        return _plain(sentences.BUILT_IN.get(intent.name, "nlu_fallback"), language)
    carrier = sentences.phrase_intents(language).get(intent.name)
    if carrier is not None:
        phrase = intent.slots.get(sentences.PHRASE_SLOT)
        first = "" if carrier in sentences.UNSAID else carrier
        return Meaning(f"{first} {phrase.said if phrase else ''}".strip())
    if intent.name == sentences.ANSWER_INTENT:
        return Meaning(_answer(intent.slots, language))
    return _with_slots(sentences.rasa_intent(intent.name), intent.slots, language)


def _plain(rasa_intent: str, language: str) -> Meaning:
    return Meaning(sentences.SENTENCES.get(rasa_intent, {}).get(language, ""), f"/{rasa_intent}")


def _answer(slots: Mapping[str, Slot], language: str) -> str:
    """ "Lindenweg 12, 04107 Leipzig": a town that comes alone, or after its street, needs no "nach"."""
    words = [(name, value) for name, value, _ in _words(slots, language)]
    bare = {"city", "date", "duration", "addon", "money", "colour"} if len(words) == 1 else {"city"}
    phrases = [value if name in bare else SLOTS[name].words[language].format(value) for name, value in words]
    return " ".join(phrases).replace(" ,", ",")


def _with_slots(rasa_intent: str, slots: Mapping[str, Slot], language: str) -> Meaning:
    text = sentences.SENTENCES.get(rasa_intent, {}).get(language, "")
    values: dict[str, object] = {}
    places: dict[str, tuple[int, int]] = {}
    for name, words, value in _words(slots, language):
        before, _, after = SLOTS[name].words[language].partition("{}")
        start = len(text) + 1 + len(before)
        text = f"{text} {before}{words}{after}"
        if entity := SLOTS[name].entity:
            values[entity], places[entity] = value, (start, start + len(words))
    entities = orjson.dumps(values).decode() if values else ""
    return Meaning(text.rstrip(":"), f"/{rasa_intent}{entities}", places)


def _words(slots: Mapping[str, Slot], language: str) -> Iterator[tuple[str, str, object]]:
    """Slot, its value as words, and its value as Rasa's entities have it; in the order of the table."""
    for name, kind in SLOTS.items():
        if name in slots:
            words = _in_words(name, slots[name], language)
            yield name, words, slots[name].id or value_of(kind.entity or name, words)


def _in_words(name: str, slot: Slot, language: str) -> str:
    if name in ("date", "from_date", "until_date"):
        return _day(slot.said, language)
    if name == "order_number" and slot.said.isdigit():
        return f"NC-{slot.said}"
    if name == "size" and slot.id and len(slot.id) <= _LONGEST_SIZE:
        return slot.id.upper()  # its name is spelled for the ear: "dreiundvierzig"
    return slot.name or slot.said


def _day(said: str, language: str) -> str:
    """Alexa's days (2026-03-15, 2026-W11-WE, 2026-03) as people write them; anything else as it is."""
    try:
        if _DAY.fullmatch(said):
            return _written(date.fromisoformat(said), language)
        if week := _WEEK.fullmatch(said):
            monday = date.fromisoformat(f"{week['week']}-1")
            return _written(monday + timedelta(days=5 if week["weekend"] else 0), language)
        if _MONTH.fullmatch(said):
            return format_date(date.fromisoformat(f"{said}-01"), "LLLL y", locale=_LOCALE[language])
    except ValueError:
        pass
    return said


def _written(day: date, language: str) -> str:
    return format_date(day, "d. MMMM y" if language == "de" else "d MMMM y", locale=_LOCALE[language])

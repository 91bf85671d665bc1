"""Which language the conversation goes on in: detected, remembered, and switched on request."""

import re

from rasa.shared.core.events import SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

LANGUAGE_SLOT = "language"
ASKED_SLOT = "language_asked_for"
"""True once the customer has asked for a language: from then on only asking changes it."""

LANGUAGES = ("de", "en")
SWITCH_INTENT = "switch_language"

SURE_AT_FIRST = 0.6
SURE_OF_CHANGE = 0.9
"""Detector confidence from which one message alone changes the language; short neutral words stay below it."""

WORDS_TO_CHANGE = 3
"""Fewer foreign words ("ok", "sorry", "good morning") are no change of language."""

_NAMES_AND_NUMBERS = re.compile(r"\d{4,}|@")
"""Addresses, order numbers and e-mail addresses have no language of their own."""

_NAMED = {
    "de": ("deutsch", "german", "allemand", "tedesco"),
    "en": ("englisch", "english", "anglais", "inglese"),
}

_NOT_SPOKEN = re.compile(r"\b(?:franz|french|spani|ital|türk|tuerk|turk|poln|polish|russ|arab|chines|ukrain)", re.I)
"""Beginnings of the names of languages that are asked for, too."""


_FORM_OF_ADDRESS = re.compile(r"\b(?:siez\w*|duz\w*|geduzt|gesiezt|per (?:sie|du)|beim (?:sie|du))\b", re.I)
""" "bitte siezen Sie mich" is about how, and not in which language."""


def language_events(tracker: DialogueStateTracker) -> list[SlotSet]:
    """What the latest message changes about the language that the conversation goes on in."""
    current = tracker.get_slot(LANGUAGE_SLOT)
    message = tracker.latest_message
    if message is None:
        return []
    if message.intent_name == SWITCH_INTENT:
        return [SlotSet(LANGUAGE_SLOT, _wanted(message.text or "", current)), SlotSet(ASKED_SLOT, True)]
    language = _detected(message, current, bool(tracker.get_slot(ASKED_SLOT)))
    return [] if language == current else [SlotSet(LANGUAGE_SLOT, language)]


def _wanted(text: str, current: str | None) -> str:
    """The language that is named last ("my German is not so good, can we speak English?"), else the other one.

    Who asks for one that we do not speak stays with the present one.
    """
    words = text.lower()
    named = [(words.rfind(name), language) for language, names in _NAMED.items() for name in names if name in words]
    if named:
        return max(named)[1]
    if current is not None and (_NOT_SPOKEN.search(text) or _FORM_OF_ADDRESS.search(text)):
        return current
    return LANGUAGES[1] if current == LANGUAGES[0] else LANGUAGES[0]


def _detected(message: UserUttered, current: str | None, was_asked_for: bool) -> str:
    guess = message.parse_data.get("language") or {}
    name, confidence = guess.get("name"), guess.get("confidence", 0.0)
    if current is None:
        hint = message.metadata.get("language")
        return str((name if confidence >= SURE_AT_FIRST else None) or hint or LANGUAGES[0])
    text = message.text or ""
    is_telling = len(text.split()) >= WORDS_TO_CHANGE and not _NAMES_AND_NUMBERS.search(text)
    if is_telling and not was_asked_for and confidence >= SURE_OF_CHANGE:
        return str(name)
    return current

"""Which language the conversation goes on in: detected, remembered, and switched on request."""

from rasa.shared.core.trackers import DialogueStateTracker

LANGUAGE_SLOT = "language"
LANGUAGES = ("de", "en")
SWITCH_INTENT = "switch_language"

SURE_OF_LANGUAGE = 0.85
"""Detector confidence from which one message alone changes the language; short neutral words stay below it."""

WORDS_TO_SWITCH = 2
"""A single foreign word ("ok", "sorry", "super") is no change of language."""

_NAMED = {
    "de": ("deutsch", "german", "allemand", "tedesco"),
    "en": ("englisch", "english", "anglais", "inglese"),
}


def language_after(tracker: DialogueStateTracker) -> str:
    """The language to answer the latest message in."""
    current = tracker.get_slot(LANGUAGE_SLOT)
    message = tracker.latest_message
    if message is None:
        return current or LANGUAGES[0]
    if message.intent_name == SWITCH_INTENT:
        return _wanted(message.text or "", current)
    return _detected(message, current)


def _wanted(text: str, current: str | None) -> str:
    """The language that is named, else the other one."""
    words = text.lower()
    named = [language for language, names in _NAMED.items() if any(name in words for name in names)]
    if len(named) == 1:
        return named[0]
    return LANGUAGES[1] if current == LANGUAGES[0] else LANGUAGES[0]


def _detected(message: object, current: str | None) -> str:
    parse_data = getattr(message, "parse_data", None) or {}
    guess = parse_data.get("language") or {}
    hint = (getattr(message, "metadata", None) or {}).get("language")
    if current is None:
        likely = guess.get("name") if guess.get("confidence", 0) >= 0.6 else None
        return str(likely or hint or LANGUAGES[0])
    words = (getattr(message, "text", None) or "").split()
    if len(words) >= WORDS_TO_SWITCH and guess.get("confidence", 0) >= SURE_OF_LANGUAGE:
        return str(guess["name"])
    return current

"""The few sentences that are the skill's own, because no turn has said them: kept short, German with du and with Sie."""

from collections.abc import Mapping
from typing import Literal

Tone = Literal["du", "Sie"]

_WORDS: Mapping[str, Mapping[str, str]] = {
    "farewell": {"du": "Bis bald!", "Sie": "Auf Wiederhören!", "en": "Goodbye for now!"},
    "one_moment": {
        "du": "Einen Moment, ich schaue nach.",
        "Sie": "Einen Moment bitte, ich schaue nach.",
        "en": "One moment, I'm looking.",
    },
    "late": {
        "du": "Das dauert gerade länger als sonst. Ich bin noch dran. Sag gleich „weiter“, dann hörst du die Antwort.",
        "Sie": "Das dauert gerade länger als sonst. Ich bin noch dran. Sagen Sie gleich „weiter“, dann hören Sie die Antwort.",
        "en": 'This is taking longer than usual, and I\'m still on it. Say "next" in a moment to hear the answer.',
    },
    "answer_to_before": {
        "du": "Hier ist die Antwort von eben.",
        "Sie": "Hier ist die Antwort von eben.",
        "en": "Here is the answer from before.",
    },
    "nothing_said": {
        "du": "Was kann ich für dich tun?",
        "Sie": "Was kann ich für Sie tun?",
        "en": "What can I do for you?",
    },
}


def words(name: str, language: str, tone: Tone) -> str:
    return _WORDS[name]["en" if language == "en" else tone]

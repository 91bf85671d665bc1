"""What customers may call a skill, by Alexa's rules."""

import re
from collections.abc import Iterator

MAX_LENGTH = 50

_SIGNS = re.compile(r"[a-zäöüß]+(?:[ '.]+[a-zäöüß]+)*\.?")


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WAKE_WORDS = _vocabulary("alexa amazon echo computer ziggy skill app")
_LAUNCH_WORDS = _vocabulary(
    "run start play resume use launch ask open tell load begin enable "
    "starte öffne frag frage sag sage lade spiele aktiviere beginne nutze"
)
_SMALL_WORDS = _vocabulary(
    "the a an for to of about up by at off with from in on and my "
    "der die das ein eine für zu von mit bei am im an auf aus und mein"
)


def faults(name: str) -> Iterator[str]:
    """What is wrong with it, in words for an operator. One word alone is left to Alexa: a brand of one's own may be one."""
    words = re.split(r"[ '.]+", name.strip("."))
    if not 2 <= len(name) <= MAX_LENGTH or not _SIGNS.fullmatch(name):
        yield f"must be 2 to {MAX_LENGTH} small letters, spaces, apostrophes and full stops; numbers are spelled"
    if found := sorted(set(words) & (_WAKE_WORDS | _LAUNCH_WORDS)):
        yield f"must not contain {', '.join(found)}: that is what people say to Alexa"
    if len(words) == 2 and (found := sorted(set(words) & _SMALL_WORDS)):
        yield f"of two words none may be {', '.join(found)}"

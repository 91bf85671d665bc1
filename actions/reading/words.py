"""Words as they are compared: lower case, umlauts spelled out; and which words carry no name of anything."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

_ALIKE = 0.8
_WORD = re.compile(r"[^\W_]+")


def vocabulary(words: str) -> frozenset[str]:
    """A set of words, written as one text."""
    return frozenset(words.split())


FUNCTION_WORDS = vocabulary(
    """
    ich du er sie es wir ihr mich dich uns euch mir dir mein meine meinen dein deine deinen der die das den dem des ein eine einen
    einer eines kein keine keinen dies diese dieser dieses jener was wer wie wo wann warum wieso weshalb wohin welche welcher welches
    nicht nichts nie nein nee ne nö noe ja jo jep doch schon noch auch nur mal bitte danke gern gerne gut ok okay klar super und oder
    aber sondern denn weil wenn dann als ob dass mit ohne für fuer per bei von zu zum zur nach aus auf an in im am um über unter vor
    hinter ist sind war bin bist seid sein hat habe hab haben hast will willst wollen möchte moechte kann kannst können koennen soll
    sollen muss müssen wissen geht gehen macht machen mach sag sagen lieber eher statt gib nimm nehm nehme brauch brauche heißt heisst hier da
    dort jetzt heute morgen gestern moment guten tag abend bis bald wiedersehen deutsch englisch sprechen reden stopp stop halt warte weiter egal genau richtig falsch alles viel mehr ganz sehr so also ach
    hm äh ähm hallo hi hey moin servus tschüss ciao adresse name straße strasse nummer paket bestellung rechnung
    i you he she it we they me him her us them my your his our their the a an this that these those what who how where when why which
    not no yes yeah yep nope and or but if then than with without for by from to of on in at is are was were be been am do does did
    don have has had will would can could should must want need know think rather prefer instead please thanks thank sorry well just only also too here there
    now today tomorrow wait hold okay fine sure right wrong all some any much more very so oh um uh hello hey good bye night evening later cheers english german speak talk address street number order
    """
)
"""Words that are no part of a person's name or of a town's."""


@dataclass(frozen=True)
class Word:
    """A word of a text, folded, and where it stands."""

    folded: str
    start: int
    end: int


def folded(text: str) -> str:
    """`Größe, M!` -> `groesse m`."""
    return " ".join(word.folded for word in words_of(text))


def words_of(text: str) -> list[Word]:
    """In reading order; what is no letter and no figure separates them."""
    return [Word(_plain(match.group()), *match.span()) for match in _WORD.finditer(text) if _plain(match.group())]


@lru_cache(maxsize=8192)
def _plain(word: str) -> str:
    word = word.casefold()
    for umlaut, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        word = word.replace(umlaut, spelled)
    return unicodedata.normalize("NFKD", word).encode("ascii", "ignore").decode()


@lru_cache(maxsize=8192)
def alike(one: str, other: str) -> bool:
    """Whether one may be the other misspelt. Short words have too many neighbours for that."""
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 3:
        return False
    matcher = SequenceMatcher(None, one, other)
    return matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def said(word: str, words: Iterable[str]) -> bool:
    return any(word == other or alike(word, other) for other in words)

"""Sample utterances out of the training examples: few, speakable, plain, and each under one intent only."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.channels.alexa.slot_types import speakable
from bot.lint_examples import Example
from bot.nlu.amounts import CURRENCIES, quantity
from bot.nlu.shop_entities import value_of

SAMPLES_PER_INTENT = 40
ALIKE_PER_INTENT = 3
"""Samples that may begin with the same two words."""

MAX_WORDS = 9
MAX_SLOTS = 3
USUAL_FROM = 0.01
"""Share of an intent's examples in which a word stands; what is rarer is dialect, a slip, or says more than the intent."""

_PART = re.compile(r"\[([^\]]*)\]\(([^)]*)\)|([^\[]+|\[)")
_WORD = re.compile(r"(?!_)[^\W\d]+(?:'[^\W\d]+)?'?")


def _vocabulary(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ARTICLES = _vocabulary("ein eine einen einer eines einem a an one'")
_FROM = _vocabulary("ab von from")
_UNTIL = _vocabulary("bis until till til")
_SAYS_MORE = _vocabulary(
    "nicht nich nix kein keine keinen keiner keins statt anstatt ohne außer doch oder weder nie als sondern beide beiden alle allen noch "
    "auch nur nochmal wieder zweiten zweite erste ersten letzte letzten not no don't dont doesn't can't won't instead without except or "
    "neither never than rather but both all another also only again second first last "
    "paypal karte kreditkarte rechnung lastschrift gutschein gutscheinkarte card voucher invoice debit paket größe size rahmen preis preise price prices kostet cost costs"
)
"""Words that change or add to what the slots say: Alexa hands over the slots and not the words."""

_MAY_SAY = {
    "request_invoice": _vocabulary("rechnung invoice"),
    "track_order": _vocabulary("paket"),
    "payment_problem": _vocabulary("karte kreditkarte lastschrift card debit"),
    "compare_products": _vocabulary("oder or"),
    "bot_challenge": _vocabulary("oder or"),
}
"""Words of those that say nothing but the intent."""

_SAYS_NOTHING_ELSE = {
    "ask_product": re.compile(r"erzähl|mehr über|\binfos?\b|beschreib|vorstell|tell me|more about|\bdetails|describe"),
    "compare_products": re.compile(r"vergleich|unterschied|compare|difference|versus"),
    "switch_language": re.compile(r"englisch|english|deutsch|german"),
    "change_order": re.compile(r"änder|korrig|umbestell|anpass|change|edit|amend|modify|update"),
    "notification_settings": re.compile(r"benachrichtig|einstell|notif|settings|preferences"),
}
"""Intents whose examples mostly say more than intent and slots do: only those that do not. The rest comes as free speech."""

ALEXAS_OWN = _vocabulary("ja nein stop stopp hilfe abbrechen yes no help cancel weiter next")


@dataclass(frozen=True)
class _Candidate:
    intent: str
    words: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.words)

    @property
    def slots(self) -> tuple[str, ...]:
        return tuple(word[1:-1] for word in self.words if word.startswith("{"))


def samples(
    examples: Sequence[Example], language: str, slots: frozenset[str], colours: frozenset[str]
) -> dict[str, list[str]]:
    """Intent -> samples. Of the named slots only; words that are colours of the catalog become one."""
    own = [example for example in examples if example.language == language]
    usual = {intent: _usual_words(of) for intent, of in _by_intent(own).items()}
    converted = (_converted(example, slots, colours) for example in own)
    plain = [found for found in converted if found and _is_plain(found, usual[found.intent])]
    likeness = _Likeness(plain)
    by_intent: defaultdict[str, set[_Candidate]] = defaultdict(set)
    for candidate in _of_one_intent(plain):
        by_intent[candidate.intent].add(candidate)
    return {intent: _best(found, likeness) for intent, found in sorted(by_intent.items())}


def _by_intent(examples: Sequence[Example]) -> Mapping[str, Sequence[Example]]:
    blocks: defaultdict[str, list[Example]] = defaultdict(list)
    for example in examples:
        blocks[example.intent].append(example)
    return blocks


def _usual_words(examples: Sequence[Example]) -> frozenset[str]:
    counts = Counter(word for example in examples for word in set(speakable(example.text).split()))
    return frozenset(word for word, count in counts.items() if count >= max(3, USUAL_FROM * len(examples)))


def _converted(example: Example, slots: frozenset[str], colours: frozenset[str]) -> _Candidate | None:
    """None for an example that cannot be one of Alexa's."""
    words: list[str] = []
    for said, entity, literal in _PART.findall(example.line):
        if not entity:
            words += ["{colour}" if word in colours else word for word in speakable(literal).split()]
            continue
        slot = _slot(entity, said, words[-1] if words else "")
        if slot is None:
            return None
        words += slot
    candidate = _Candidate(example.intent, tuple(_with_second_product(words, example.intent)))
    is_known = all(slot in slots for slot in candidate.slots)
    return candidate if is_known and len(set(candidate.slots)) == len(candidate.slots) else None


def _slot(entity: str, said: str, before: str) -> list[str] | None:
    """The words of an annotation as slots; None where Alexa has none for it."""
    words = speakable(said).split()
    if entity == "email" or not words:
        return None
    if entity == "quantity":
        if set(words) <= _ARTICLES:
            return words
        return ["{quantity}"] if quantity(said) is not None else None
    if entity == "duration":
        return ["{duration}"] if isinstance(value_of("duration", said), dict) else None
    if entity == "date":
        return ["{from_date}" if before in _FROM else "{until_date}" if before in _UNTIL else "{date}"]
    if entity == "money":
        return ["{money}", words[-1]] if words[-1] in CURRENCIES and words[-1].startswith("euro") else ["{money}"]
    if entity == "order_number":
        return [*(["n.", "c."] if any(letter.isalpha() for letter in said) else []), "{order_number}"]
    return [f"{{{entity}}}"]


def _with_second_product(words: Sequence[str], intent: str) -> Iterator[str]:
    seen = False
    for word in words:
        yield "{other_product}" if word == "{product}" and seen and intent == "compare_products" else word
        seen = seen or word == "{product}"


def _is_plain(candidate: _Candidate, usual: frozenset[str]) -> bool:
    literal = [word for word in candidate.words if not word.startswith("{") and word not in ("n.", "c.")]
    if not literal or len(candidate.words) > MAX_WORDS or len(candidate.slots) > MAX_SLOTS:
        return False
    if candidate.text in ALEXAS_OWN or not all(_WORD.fullmatch(word) and word in usual for word in literal):
        return False
    if set(literal) & (_SAYS_MORE - _MAY_SAY.get(candidate.intent, frozenset())):
        return False
    needed = _SAYS_NOTHING_ELSE.get(candidate.intent)
    return needed is None or bool(needed.search(candidate.text))


def _of_one_intent(candidates: Sequence[_Candidate]) -> Iterator[_Candidate]:
    intents: defaultdict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        intents[candidate.text].add(candidate.intent)
    return (candidate for candidate in candidates if len(intents[candidate.text]) == 1)


class _Likeness:
    """How much the words of a sample speak for its intent and against all others."""

    def __init__(self, candidates: Sequence[_Candidate]) -> None:
        self._of: Mapping[str, Counter[str]] = defaultdict(Counter)
        self._all = Counter[str]()
        for candidate in candidates:
            self._of[candidate.intent].update(candidate.words)
            self._all.update(candidate.words)

    def __call__(self, candidate: _Candidate) -> float:
        """Mean logarithm of how much likelier each word is here than elsewhere."""
        own = self._of[candidate.intent]
        total, everywhere = sum(own.values()), sum(self._all.values())
        odds = [
            math.log((own[word] + 1) / (total + 1)) - math.log((self._all[word] + 1) / (everywhere + 1))
            for word in candidate.words
        ]
        return sum(odds) / len(odds)


def _best(candidates: set[_Candidate], likeness: _Likeness) -> list[str]:
    """The likeliest, of which few begin alike."""
    beginnings = Counter[tuple[str, ...]]()
    chosen: list[str] = []
    for candidate in sorted(candidates, key=lambda found: (-likeness(found), found.text)):
        beginning = candidate.words[:2]
        if beginnings[beginning] < ALIKE_PER_INTENT and len(chosen) < SAMPLES_PER_INTENT:
            beginnings[beginning] += 1
            chosen.append(candidate.text)
    return chosen

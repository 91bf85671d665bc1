"""What is wrong with the training examples: doubles, contradictions, forgotten annotations, too few, too obvious."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

ENTITIES: Final = frozenset(
    {"product", "order_number", "quantity", "money", "duration", "date", "part", "plan", "addon", "channel", "city", "email"}
)  # fmt: skip
CONVERSATION: Final = frozenset(
    {"greet", "goodbye", "thanks", "affirm", "deny", "bot_challenge", "help", "repeat", "stop", "switch_language"}
)
OUT_OF_SCOPE: Final = "out_of_scope"
LEAST: Final = 300
LEAST_OF_CONVERSATION: Final = 100
LEAST_OUT_OF_SCOPE: Final = 1_000
MOST_WITH_KEYWORD: Final = 0.6
MOST_ALIKE: Final = 0.1
"""Share of an intent's examples that may differ from another in a single word; short answers do."""
MOST_UNANNOTATED: Final = 0.03
WORDS_TO_BE_ALIKE: Final = 4

PRODUCT_NAMES: Final = re.compile(
    r"\b(?:aeropix(?: (?:mini|pro|cinema))?|urbano(?: (?:e1|cargo))?|voltano(?: (?:city|gt))?|sitsense(?: (?:office|home))?|stridelab(?: run)?)\b",
    re.I,
)
KEYWORDS: Final[Mapping[str, str]] = {
    "track_order": r"wo (?:ist|bleibt|steckt)|track|where(?:'s| is)|liefer|deliver",
    "cancel_order": r"storn|cancel",
    "change_order": r"änder|aender|chang",
    "change_address": r"adress|anschrift|address",
    "return_order": r"zurück|zurueck|retour|return|send (?:it|them|this) back|widerruf",
    "exchange_item": r"tausch|exchang|swap",
    "refund_status": r"erstatt|refund|geld zurück|money back",
    "request_invoice": r"rechnung|beleg|quittung|invoice|receipt|\bbill\b",
    "payment_problem": r"zahl|abgebucht|lastschrift|payment|charged|card",
    "start_subscription": r"\babo|miet|leih|rent|subscri|lease",
    "subscription_status": r"\babo|vertrag|miet|subscri|contract|rental",
    "swap_product": r"tausch|wechsel|swap|switch",
    "change_plan": r"tarif|laufzeit|\bplan\b|upgrade|\bterm\b",
    "pause_subscription": r"paus|aussetz|pause|suspend|hold",
    "resume_subscription": r"paus|fortsetz|resum|reactivat|unpause",
    "cancel_subscription": r"kündig|kuendig|cancel",
    "book_addon": r"buch|versicher|\badd\b|insur|lesson|paket",
    "report_damage": r"kaputt|defekt|schaden|broken|damage|crash",
    "order_spare_part": r"ersatz|spare|replacement",
    "device_status": r"status|akku|batter",
    "firmware_update": r"update|firmware|software|aktualis",
    "choose_update_channel": r"beta|update|kanal|channel",
    "check_coverage": r"versicher|garantie|abgedeckt|insur|warrant|cover",
    "link_channel": r"verbind|verknüpf|connect|link\b",
    "account_type": r"firma|firmen|konto|account|business|company",
    "export_data": r"daten|data",
    "delete_data": r"lösch|loesch|delet|eras",
    "notification_settings": r"benachrichtig|newsletter|notif",
    "complain": r"beschwer|complain|complaint",
    "give_feedback": r"feedback|lob\b|review|rezension",
}
"""The obvious word of an intent: most people do without."""

_ENTITY = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")


@dataclass(frozen=True)
class Example:
    """One line of data/nlu."""

    intent: str
    language: str
    line: str

    @property
    def text(self) -> str:
        return _ENTITY.sub(r"\1", self.line)

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(re.findall(r"\w+", self.text.lower()))


def read(folder: Path) -> list[Example]:
    """All examples below the folder. Raises yaml.YAMLError for a file that is not YAML."""
    return [example for path in sorted(folder.rglob("*.yml")) for example in _in_file(path)]


def _in_file(path: Path) -> Iterator[Example]:
    for block in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)["nlu"]:
        for line in block["examples"].splitlines():
            if line.startswith("- "):
                yield Example(block["intent"], block["metadata"]["language"], line[2:].strip())


def complaints(examples: Sequence[Example]) -> Iterator[str]:
    """One line for each thing to be mended."""
    yield from _unknown_entities(examples)
    yield from _doubles(examples)
    for (intent, language), block in sorted(_by_intent(examples).items()):
        yield from (f"{language} {intent}: {complaint}" for complaint in _of_intent(intent, block))
    yield from _unannotated(examples)


def _by_intent(examples: Iterable[Example]) -> dict[tuple[str, str], list[Example]]:
    blocks: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        blocks[example.intent, example.language].append(example)
    return blocks


def _unknown_entities(examples: Iterable[Example]) -> Iterator[str]:
    for example in examples:
        for _, entity in _ENTITY.findall(example.line):
            if entity not in ENTITIES:
                yield f"{example.language} {example.intent}: no such entity {entity!r} in {example.line!r}"


def _doubles(examples: Iterable[Example]) -> Iterator[str]:
    """The same words twice; under two intents they contradict each other."""
    known: dict[tuple[str, tuple[str, ...]], Example] = {}
    for example in examples:
        first = known.setdefault((example.language, example.words), example)
        if first is not example and example.words:
            kind = "double" if first.intent == example.intent else f"contradicts {first.intent}"
            yield f"{example.language} {example.intent}: {kind}: {example.line!r}"


def _of_intent(intent: str, block: Sequence[Example]) -> Iterator[str]:
    least = LEAST_OF_CONVERSATION if intent in CONVERSATION else LEAST_OUT_OF_SCOPE if intent == OUT_OF_SCOPE else LEAST
    if len(block) < least:
        yield f"{len(block)} examples, {least} are wanted"
    share = len(_alike(block)) / len(block)
    if share > MOST_ALIKE and intent not in CONVERSATION:
        yield f"{share:.0%} differ from another in one word"
    with_keyword = keyword_share(intent, block)
    if with_keyword > MOST_WITH_KEYWORD:
        yield f"{with_keyword:.0%} have the obvious word"


def keyword_share(intent: str, block: Sequence[Example]) -> float:
    """How many examples name their intent."""
    pattern = KEYWORDS.get(intent)
    return sum(bool(re.search(pattern, example.text, re.I)) for example in block) / len(block) if pattern else 0.0


def _alike(block: Sequence[Example]) -> set[Example]:
    """Examples that are another with one word exchanged, added or left out."""
    by_rest: dict[tuple[str, ...], list[Example]] = defaultdict(list)
    for example in block:
        words = example.words
        if len(words) >= WORDS_TO_BE_ALIKE:
            for rest in {words, *((*words[:at], *words[at + 1 :]) for at in range(len(words)))}:
                by_rest[rest].append(example)
    return {example for group in by_rest.values() if len(group) > 1 for example in group[1:]}


def _unannotated(examples: Iterable[Example]) -> Iterator[str]:
    """Names of our products outside an annotation."""
    forgotten: list[Example] = []
    named = 0
    for example in examples:
        named += bool(PRODUCT_NAMES.search(example.text))
        if PRODUCT_NAMES.search(_ENTITY.sub(" ", example.line)):
            forgotten.append(example)
    if named and len(forgotten) / named > MOST_UNANNOTATED:
        yield f"{len(forgotten)} of {named} product names are not annotated, such as in {forgotten[0].line!r}"


def table(examples: Sequence[Example]) -> Iterator[str]:
    """Examples and share with the obvious word, per intent and language."""
    blocks = _by_intent(examples)
    counts = Counter(example.intent for example in examples)
    for intent in sorted(counts):
        cells = [
            f"{len(block):6} {keyword_share(intent, block):5.0%}"
            for language in ("de", "en")
            if (block := blocks.get((intent, language)))
        ]
        yield f"{intent:24}{''.join(f'{cell:>16}' for cell in cells)}"

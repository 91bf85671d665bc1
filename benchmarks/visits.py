"""What customers say in the measurements: whole visits, in German and English, by text and by button."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.messages import Incoming


@dataclass(frozen=True)
class Said:
    """One message: typed, or a button pressed."""

    text: str
    payload: str | None = None

    def by(self, account: str, message_id: str, reply_to: str | None = None) -> Incoming:
        return Incoming("rest", account, message_id, self.text, self.payload, reply_to=reply_to)


Visit = Sequence[Said]


def _visit(*words: str) -> Visit:
    """`words` are texts; what begins with a slash is a button's payload."""
    return tuple(Said("", word) if word.startswith("/") else Said(word) for word in words)


GREETING = Said("hallo")

ORDER = _visit(
    "was habt ihr für drohnen?", "wie lange fliegt die mini?", "ich nehm zwei davon in rot",
    "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "paypal", "nein doch drei", "/affirm", "wo ist meine bestellung?",
    "danke dir",
)  # fmt: skip
"""Asks, orders by a form, corrects, confirms, tracks. All but the last word passes a custom action and the shop."""

GERMAN_ORDERS = (
    ORDER,
    _visit(
        "ich brauch laufschuhe", '/place_order{"product": "stridelab-run"}', "43", "blau",
        "Mia Kern, Am Markt 3, 28195 Bremen", "welche farben gibts noch?", "auf rechnung", "/affirm", "tschüss",
    ),
    _visit(
        "ich möchte eine aeropix pro mieten", "6 monate", "schwarz", "Tom Baum, Ringstraße 8, 50667 Köln", "paypal",
        "/deny", "doch lieber 12 monate", "/affirm", "wann kommt sie denn?", "danke",
    ),
)  # fmt: skip

ENGLISH_ORDERS = (
    _visit(
        "hello", "do you have e-bikes?", '/ask_product{"product": "urbano-e1"}', '/place_order{"product": "urbano-e1"}',
        "M", "Ann Lee, Hauptstraße 12, 10115 Berlin", "how heavy is it?", "credit card", "/affirm", "thanks",
    ),
)  # fmt: skip

END = _visit("/stop", "/stop", "tschüss")

SHARE_OF_ORDERS = 0.4
QUESTIONS_FROM = ("catalog", "service", "out_of_scope")
QUESTIONS_IN_A_VISIT = (2, 6)

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]+\)|\{[^}]+\})")


def mix(count: int, seed: int) -> list[Visit]:
    """Visits as a shop has them, in two languages: two of five order, the others ask this and that."""
    german, english = visits("de", GERMAN_ORDERS, seed), visits("en", ENGLISH_ORDERS, seed)
    chance = random.Random(seed)
    return [next(chance.choice((german, english))) for _ in range(count)]


def visits(language: str, orders: Sequence[Visit], seed: int) -> Iterator[Visit]:
    """One after the other, without end; no question twice until all were asked."""
    chance = random.Random(seed)
    questions = _questions(language)
    pool: list[str] = []
    while True:
        pool = pool if len(pool) > QUESTIONS_IN_A_VISIT[1] else chance.sample(questions, len(questions))
        if chance.random() < SHARE_OF_ORDERS:
            yield chance.choice(orders)
        else:
            yield [GREETING, *(Said(pool.pop()) for _ in range(chance.randint(*QUESTIONS_IN_A_VISIT)))]


def long_conversation(turns: int, seed: int) -> Visit:
    """Visit after visit of one German customer, so many turns in all; nothing is left open at the end."""
    said: list[Said] = []
    for visit in visits("de", GERMAN_ORDERS, seed):
        if len(said) + len(visit) + len(END) > turns:
            break
        said += visit
    return [*said, *[GREETING] * (turns - len(said) - len(END)), *END]


def _questions(language: str, data: Path = Path("data/nlu")) -> list[str]:
    """What customers ask that is no order, and that leaves the language as it is: the examples of the NLU data."""
    found = []
    for topic in QUESTIONS_FROM:
        blocks = yaml.safe_load((data / language / f"{topic}.yml").read_text(encoding="utf-8"))["nlu"]
        kept = [block["examples"] for block in blocks if block["intent"] != "switch_language"]
        found += [_plain(line) for examples in kept for line in examples.splitlines() if line.startswith("- ")]
    return found


def _plain(example: str) -> str:
    return _ANNOTATION.sub(r"\1", example[2:].strip())

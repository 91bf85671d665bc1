"""What customers say in the measurements: whole visits, in German and English, by text and by button."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

Visit = Sequence["Said"]


@dataclass(frozen=True)
class Said:
    """One message: typed, or a button pressed."""

    text: str
    payload: str | None = None


def _visit(*words: str) -> Visit:
    """`words` are texts; what begins with a slash is a button's payload."""
    return tuple(Said("", word) if word.startswith("/") else Said(word) for word in words)


GREETING = Said("hallo")

ORDER = _visit(
    "was habt ihr für drohnen?", "wie lange fliegt die mini?", "ich nehm zwei davon in rot",
    "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "paypal", "nein doch drei", "/affirm", "wo ist meine bestellung?", "danke dir",
)  # fmt: skip
"""Asks, orders by a form, corrects, confirms, tracks: half of it in the form, all but the last with the shop."""

ORDERS = (
    ORDER,
    _visit(
        "hello", "do you have e-bikes?", "/ask_product{\"product\": \"urbano-e1\"}", "/place_order{\"product\": \"urbano-e1\"}", "M",
        "Ann Lee, 12 High Street, 10115 Berlin", "how heavy is it?", "credit card", "/affirm", "thanks",
    ),
    _visit(
        "ich brauch laufschuhe", "/place_order{\"product\": \"stridelab-run\"}", "43", "schwarz",
        "Mia Kern, Am Markt 3, 28195 Bremen", "welche farben gibts noch?", "auf rechnung", "/affirm", "tschüss",
    ),
    _visit(
        "ich möchte eine aeropix pro mieten", "6 monate", "schwarz", "Tom Baum, Ringstraße 8, 50667 Köln", "lastschrift", "/deny",
        "doch lieber 12 monate", "/affirm", "storniere die bestellung", "/affirm",
    ),
)  # fmt: skip

QUESTIONS_FROM = ("catalog", "service", "out_of_scope")
QUESTIONS_IN_A_VISIT = (2, 6)
_ANNOTATION = re.compile(r"\[([^\]]+)\]\([^)]+\)|\[([^\]]+)\]\{[^}]+\}")


def questions(data: Path, language: str) -> list[str]:
    """What customers ask that is no order: the examples of the NLU data, each once."""
    found = []
    for topic in QUESTIONS_FROM:
        blocks = yaml.safe_load((data / language / f"{topic}.yml").read_text(encoding="utf-8"))["nlu"]
        found += [_plain(line) for block in blocks for line in block["examples"].splitlines() if line.startswith("- ")]
    return found


def _plain(example: str) -> str:
    return _ANNOTATION.sub(lambda match: match[1] or match[2], example[2:].strip())


def mix(count: int, seed: int, data: Path = Path("data/nlu")) -> list[Visit]:
    """Visits as a shop has them: two of five order, the others ask this and that; every question is asked once."""
    chance = random.Random(seed)
    pools = [chance.sample(pool, len(pool)) for pool in (questions(data, "de"), questions(data, "en"))]
    return [_some_visit(chance, pools) for _ in range(count)]


def _some_visit(chance: random.Random, pools: list[list[str]]) -> Visit:
    if chance.random() < 0.4:
        return chance.choice(ORDERS)
    pool = chance.choice(pools)
    return [GREETING, *(Said(pool.pop()) for _ in range(chance.randint(*QUESTIONS_IN_A_VISIT)))]

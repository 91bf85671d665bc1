"""Two wishes in one message: "storniert das und schickt mir die Rechnung vom letzten Mal" is served as two."""

import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

Parse = Callable[[str], Awaitable[dict[str, Any]]]
Parsed = dict[str, Any]

ANSWERED_AT_ONCE: Final = frozenset(
    {
        "ask_product", "check_availability", "compare_products", "track_order", "refund_status", "request_invoice",
        "subscription_status", "order_spare_part", "report_damage", "check_coverage", "talk_to_human",
    }
)  # fmt: skip
"""Wishes that need one answer and no question."""

TAKE_THEIR_TIME: Final = frozenset(
    {
        "cancel_order", "return_order", "exchange_item", "change_address", "payment_problem", "place_order", "start_subscription",
        "swap_product", "change_plan", "pause_subscription", "resume_subscription", "cancel_subscription", "book_addon",
    }
)  # fmt: skip
"""Wishes that open a form."""

ANSWERS: Final = frozenset({"affirm", "deny", "place_order"})
"""What answers an open question ("ja bitte bestellen"), with a wish behind it."""
MOST_WORDS_OF_AN_ANSWER: Final = 4

SURE: Final = 0.75
SURE_OF_BUYING: Final = 0.92
"""Confidence from which a part is a wish; who tells what they bought wishes nothing."""

LEAST_WORDS: Final = 2
MOST_WORDS: Final = 40
MOST_CUTS: Final = 6
"""Places at which a message is tried to be cut."""

TOLD_FOR_EACH_OTHER: Final = (
    {"report_damage", "order_spare_part", "check_coverage", "return_order", "exchange_item"},
    {"ask_product", "check_availability", "compare_products", "order_spare_part", "subscription_status", "check_coverage"},
    {"place_order", "check_availability", "ask_product", "start_subscription", "book_addon", "order_spare_part", "exchange_item"},
    {"return_order", "refund_status", "exchange_item", "cancel_order", "track_order", "payment_problem"},
    {"change_plan", "swap_product", "exchange_item", "subscription_status", "cancel_subscription", "pause_subscription"},
    {"start_subscription", "change_plan", "pause_subscription", "resume_subscription", "cancel_subscription", "return_order"},
    {"cancel_order", "cancel_subscription"}, {"check_coverage", "book_addon"}, {"track_order", "place_order"},
    {"change_address", "place_order"},
)  # fmt: skip
"""Of any two of a row, one is usually the story of the other: such a message has one wish."""

OF_EACH_THING: Final = frozenset({"return_order", "exchange_item", "track_order", "cancel_order"})
"""Unless each is about another thing: "die Schuhe tauschen und die Drohne zurückgeben"."""

NOT_TOLD: Final = ({"track_order", "refund_status"},)
"""Unless both are questions: "wo ist mein Paket, und wann kommt mein Geld?"."""

_WISH: Final = re.compile(
    r"\?|\b(?:bitte|möcht\w*|moecht\w*|will|würd\w*|wuerd\w*|hätt\w*|haett\w*|brauch\w*|wüsst\w*|schick\w*|send\w*|gib|gebt|mach\w*|storn\w*|kündig\w*|"
    r"kuendig\w*|pausier\w*|tausch\w*|umtausch\w*|zurückgeb\w*|zurueckgeb\w*|zurückschick\w*|zurueckschick\w*|buch\w*|bestell\w*|änder\w*|wo|wann|wie|was|kann|könn\w*|koenn\w*|soll\w*|please|want|wanna|like|need|cancel|return|exchange|swap|"
    r"change|pause|book|order|add|where|when|how|what|can|could|would|get me|give me|tell me)\b",
    re.I,
)
"""What a wish sounds like; a story does without."""

_QUESTION: Final = re.compile(r"\?|^(?:und |and )?(?:wo|wann|wie|was|where|when|how|what)\b", re.I)
_CUT: Final = re.compile(
    r"[.!?;]\s+|,?\s+(?:und|and|sowie|außerdem|ausserdem|dazu|plus|also|oh und|ach und|übrigens|by the way|btw)\s+|\s+\+\s+|,\s+",
    re.I,
)


@dataclass(frozen=True)
class Part:
    """One wish: its words and what was understood of them."""

    text: str
    parsed: Parsed

    @property
    def intent(self) -> str:
        return str(_best(self.parsed)["name"])

    @property
    def products(self) -> frozenset[str]:
        """What is named in it."""
        return frozenset(str(found["value"]) for found in self.parsed["entities"] if found["entity"] == "product")

    @property
    def is_answered_at_once(self) -> bool:
        return self.intent in ANSWERED_AT_ONCE

    @property
    def is_answer(self) -> bool:
        """To a question of an open form."""
        return self.intent in ANSWERS and len(self.text.split()) <= MOST_WORDS_OF_AN_ANSWER


async def parts_of(text: str, parse: Parse, *, in_form: bool) -> tuple[Part, Part] | None:
    """Both wishes, in the order in which they are served; None for a message with one."""
    if not LEAST_WORDS * 2 <= len(text.split()) <= MOST_WORDS:
        return None
    found = [
        both
        for left, right, is_parted in _cuts(text)
        if (both := await _both(left, right, parse, in_form=in_form))
        and (is_parted or not _is_yes_but(both, in_form=in_form))
    ]
    if not found:
        return None
    first, second = max(found, key=lambda both: _certainty(both[0]) * _certainty(both[1]))
    if in_form and first.is_answer:
        return first, second
    if not first.is_answered_at_once and second.is_answered_at_once:
        return second, first  # what needs no question comes first
    return first, second


def _cuts(text: str) -> Iterator[tuple[str, str, bool]]:
    """What stands before and behind each place, and whether more than a comma parts them."""
    for match in list(_CUT.finditer(text))[:MOST_CUTS]:
        left, right = text[: match.start()].strip(), text[match.end() :].strip()
        if right and len(right.split()) >= LEAST_WORDS:
            yield left, right, match.group().strip() != ","


async def _both(left: str, right: str, parse: Parse, *, in_form: bool) -> tuple[Part, Part] | None:
    first = Part(left, await parse(left))
    if not _is_wish(first, in_form=in_form):
        return None
    second = Part(right, await parse(right))
    if not _is_wish(second, in_form=False) or first.intent == second.intent:
        return None
    if in_form and not _is_beside_form(first, second):
        return None  # what answers a form has many parts: addresses, corrections
    if in_form and first.is_answer:
        return first, second
    return None if _is_one_story(first, second) else (first, second)


def _is_beside_form(first: Part, second: Part) -> bool:
    """An answer or a question, and a wish that needs none; or "wo ist die Drohne, und storniere den Stuhl"."""
    if second.is_answered_at_once:
        return first.is_answer or first.is_answered_at_once
    return first.is_answered_at_once and bool(_QUESTION.search(first.text))


def _is_yes_but(both: tuple[Part, Part], *, in_form: bool) -> bool:
    """ "ja, wann kommt das denn?" in one breath asks first, and has agreed to nothing."""
    return in_form and both[0].is_answer and bool(_QUESTION.search(both[1].text))


def _is_one_story(first: Part, second: Part) -> bool:
    pair = {first.intent, second.intent}
    if pair <= OF_EACH_THING and _differ(first.products, second.products):
        return False
    if pair in NOT_TOLD and all(_QUESTION.search(part.text) for part in (first, second)):
        return False
    return any(pair <= row for row in TOLD_FOR_EACH_OTHER)


def _differ(first: frozenset[str], second: frozenset[str]) -> bool:
    return bool(first and second) and not first & second


def _is_wish(part: Part, *, in_form: bool) -> bool:
    if in_form and part.is_answer:
        return _certainty(part) >= SURE
    if len(part.text.split()) < LEAST_WORDS or part.intent not in ANSWERED_AT_ONCE | TAKE_THEIR_TIME:
        return False
    if not _WISH.search(part.text):
        return False
    is_buying = part.intent in ("place_order", "start_subscription")
    return _certainty(part) >= (SURE_OF_BUYING if is_buying else SURE)


def _certainty(part: Part) -> float:
    return float(_best(part.parsed)["confidence"])


def _best(parsed: Parsed) -> dict[str, Any]:
    ranking = parsed.get("intent_ranking") or [parsed["intent"]]
    return dict(ranking[0])

"""What of a shop's entities has a form of its own: order numbers and addresses are found, amounts are given a value."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.nlu.amounts import duration, money, quantity
from bot.nlu.email_addresses import find_emails
from bot.nlu.order_numbers import Found, find_order_numbers, order_number

FINDERS: Final[Mapping[str, Callable[[str], Iterator[Found]]]] = {
    "email": find_emails,
    "order_number": find_order_numbers,
}
READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "quantity": quantity,
    "money": money,
    "duration": duration,
    "order_number": order_number,
}


@dataclass(frozen=True)
class FixedForm:
    """An entity found by its form alone."""

    entity: str
    start: int
    end: int
    value: str


def find(text: str) -> list[FixedForm]:
    """E-mail addresses and order numbers of a message; where two overlap, the address."""
    found: list[FixedForm] = []
    for entity, finder in FINDERS.items():
        for match in finder(text):
            if not any(match.start < other.end and other.start < match.end for other in found):
                found.append(FixedForm(entity, match.start, match.end, match.value))
    return sorted(found, key=lambda form: form.start)


def value_of(entity: str, words: str) -> Any:
    """The value that code can use; the words as typed where there is none to be had from them."""
    read = READERS.get(entity)
    value = read(words) if read else None
    return words if value is None else value

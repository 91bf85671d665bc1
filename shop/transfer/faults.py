"""What is wrong with a file, said so that it can be mended: which file, which line, which field, what to do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from shop.transfer.shapes import advice_of, field_at, shape_of

ROWS_SHOWN = 100

SENTENCES = {
    "missing": "is missing",
    "string_type": "must be text (in JSON, in quotes)",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "has a form that is not taken",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "list_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "too_short": "has too few entries",
    "too_long": "has too many entries",
}
BOUNDS = {"greater_than_equal": "must not be below {ge}", "less_than_equal": "must not be above {le}"}


@dataclass(frozen=True, order=True)
class Place:
    """Where something was read."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Record:
    """One row as it was read.

    `lines` are those of its lists' entries, where each has a line of its own; `faults` what was wrong with its very cells.
    """

    place: Place
    data: dict[str, Any]
    lines: dict[tuple[str, int], int] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)

    def place_of(self, steps: Sequence[str | int]) -> Place:
        """The line of an entry, or of the row."""
        entry = tuple(steps[:2])
        line = self.lines.get((str(entry[0]), int(entry[1]))) if len(entry) == 2 and isinstance(entry[1], int) else None
        return Place(self.place.file, line or self.place.line)


class Refused(Exception):
    """A row that cannot be taken, whatever its form; what is wrong, by field."""

    def __init__(self, faults: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.faults = list(faults)


class Faults:
    """Those of the first hundred bad rows, and the count of all bad rows."""

    def __init__(self) -> None:
        self.rows = 0
        self._last: Place | None = None
        self._files: dict[str, int] = {}  # in their order
        self._lines: list[tuple[int, int, str]] = []

    def add(self, row: Place, where: Place, path: str, text: str) -> None:
        """Of a row; those of one row come one after another."""
        if row != self._last:
            self.rows += 1
            self._last = row
        if self.rows <= ROWS_SHOWN:
            file = self._files.setdefault(where.file, len(self._files))
            self._lines.append((file, where.line, f"{where}: {path}: {text}" if path else f"{where}: {text}"))

    def of_file(self, place: Place, text: str) -> None:
        """Of a whole file, or of a line that holds no row."""
        self.add(place, place, "", text)

    def of_row(self, record: Record, path: str, text: str) -> None:
        """Of a field of a row."""
        steps = [int(step) if step.isdecimal() else step for step in path.split(".")]
        self.add(record.place, record.place_of(steps), path, text)

    def of_form(self, record: Record, error: ValidationError, model: type[BaseModel]) -> None:
        """All that the row's form has against it, each field once."""
        for path, text in dict(_told(error, model)).items():
            self.of_row(record, path, text)

    def lines(self) -> Iterator[str]:
        """For whoever has to mend the files."""
        for _, _, text in sorted(self._lines, key=lambda line: line[:2]):
            yield text
        if self.rows > ROWS_SHOWN:
            yield f"and {self.rows - ROWS_SHOWN} more bad rows"


def _told(error: ValidationError, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for detail in error.errors(include_url=False, include_input=False):
        steps = [step for step in detail["loc"] if not _is_alternative(step)]
        yield ".".join(str(step) for step in steps), _sentence(detail, steps, model)


def _is_alternative(step: str | int) -> bool:
    # Where a field may be of several types, its error is told for each of them.
    return step in ("bool", "int", "float", "str")


def _sentence(detail: ErrorDetails, steps: Sequence[str | int], model: type[BaseModel]) -> str:
    if detail["type"] == "extra_forbidden":
        return unknown(str(steps[-1]), _members_beside(steps, model))
    found = field_at(model, steps)
    advice = advice_of(found) if found is not None else ""
    return _complaint(detail) + (f"; {advice}" if advice else "")


def _complaint(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in BOUNDS:
        return BOUNDS[kind].format(**context)
    if kind in ("literal_error", "enum"):
        return f"must be {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    return SENTENCES.get(kind, detail["msg"])


def _members_beside(steps: Sequence[str | int], model: type[BaseModel]) -> list[str]:
    around = field_at(model, steps[:-1])
    inside = model if around is None else shape_of(around).model
    return list(inside.model_fields) if inside is not None else []


def unknown(name: str, known: Iterable[str]) -> str:
    """What to do about a name that means nothing here."""
    similar = get_close_matches(name, list(known), n=1)
    return "is not known here; remove it" + (f", or did you mean {similar[0]}?" if similar else "")

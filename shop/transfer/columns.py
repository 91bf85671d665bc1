"""CSV's columns: dotted names for members of objects, an entry of a list on each line, JSON where it goes deeper."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import BaseModel

from shop.transfer.shapes import Form, Shape, shape_of

LEFT_OUT = object()
"""A cell that says nothing."""


@dataclass(frozen=True)
class Column:
    """A column; with `of_entries`, of the entries of the list that its name begins with."""

    name: str
    path: tuple[str, ...]
    of_entries: bool
    shape: Shape

    @property
    def list_name(self) -> str:
        return self.path[0]

    def read(self, cell: str) -> Any:
        """The cell's value, or LEFT_OUT. Raises ValueError."""
        if not cell:
            return None if self.shape.nullable and len(self.path) == 1 else LEFT_OUT
        return READERS[self.shape.form](cell)

    def write(self, row: Mapping[str, Any]) -> str:
        """The cell for the member of a row, or of an entry."""
        value: Any = row
        for step in self.path[self.of_entries :]:
            value = None if value is None else value.get(step)
        return "" if value is None else WRITERS[self.shape.form](value)


def _read_json_or_text(cell: str) -> Any:
    return _json(cell) if cell[0] in "[{" else cell


def _read_values(cell: str) -> Any:
    return _json(cell) if cell[0] == "[" else cell.split()


def _json(cell: str) -> Any:
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is no JSON ({error.msg})") from None


def _read_scalar(cell: str) -> Any:
    try:
        value = orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell
    return cell if isinstance(value, list | dict | None) else value


def _write_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _write_value(value: Any) -> str:
    return _write_json(value) if isinstance(value, bool) else str(value)


def _write_scalar(value: Any) -> str:
    """Text that would be read as a number is put in quotes."""
    is_plain = isinstance(value, str) and _read_scalar(value) == value
    return value if is_plain else _write_json(value)


def _write_values(values: Sequence[Any]) -> str:
    words = [str(value) for value in values]
    is_plain = words and all(word.split() == [word] for word in words)
    return " ".join(words) if is_plain else _write_json(values)


READERS: Mapping[Form, Callable[[str], Any]] = {
    Form.VALUE: str,
    Form.SCALAR: _read_scalar,
    Form.OBJECT: _read_json_or_text,
    Form.OBJECTS: _read_values,
    Form.VALUES: _read_values,
    Form.TABLE: _read_json_or_text,
}
WRITERS: Mapping[Form, Callable[[Any], str]] = {
    Form.VALUE: _write_value,
    Form.SCALAR: _write_scalar,
    Form.OBJECT: _write_json,
    Form.OBJECTS: _write_json,
    Form.VALUES: _write_values,
    Form.TABLE: _write_json,
}
NAMED_FREELY = Shape(Form.VALUE)  # a member of a table


def columns(model: type[BaseModel]) -> list[Column]:
    """All that an export has, in the row's own order."""
    return list(_columns(model, (), of_entries=False))


def _columns(model: type[BaseModel], above: tuple[str, ...], of_entries: bool) -> Iterator[Column]:
    for name, field in model.model_fields.items():
        shape, path = shape_of(field), (*above, name)
        if shape.model is not None and (shape.form is Form.OBJECT or not above):
            yield from _columns(shape.model, path, of_entries or shape.form is Form.OBJECTS)
        else:
            yield Column(".".join(path), path, of_entries, shape)


def column(model: type[BaseModel], name: str) -> Column | None:
    """The column of a name as people may write it: whole objects too, and members of tables."""
    path = tuple(name.split("."))
    shapes = list(_shapes(model, path))
    if len(shapes) != len(path):
        return None
    of_entries = len(path) > 1 and shapes[0].form is Form.OBJECTS
    return Column(name, path, of_entries, shapes[-1])


def _shapes(model: type[BaseModel], path: Sequence[str]) -> Iterator[Shape]:
    """Of each step, as far as they lead; a list within a list is JSON in one cell."""
    inside: type[BaseModel] | None = model
    for depth, step in enumerate(path):
        if inside is None or step not in inside.model_fields:
            return
        shape = shape_of(inside.model_fields[step])
        yield shape
        if shape.form is Form.TABLE and len(path) == depth + 2:
            yield NAMED_FREELY
        inside = None if shape.form is Form.OBJECTS and depth > 0 else shape.model

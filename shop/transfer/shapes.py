"""What a member of a row is made of, learnt from the row's own types."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo


class Form(Enum):
    """How a member is built."""

    VALUE = auto()  # a text, a number, yes or no
    SCALAR = auto()  # any of these
    OBJECT = auto()
    OBJECTS = auto()  # a list of them
    VALUES = auto()  # a list of values
    TABLE = auto()  # names of its own, with values


@dataclass(frozen=True)
class Shape:
    """The form, of which model if it is built of one, and whether it may be null."""

    form: Form
    model: type[BaseModel] | None = None
    nullable: bool = False


def shape_of(field: FieldInfo) -> Shape:
    """Of a model's field."""
    kinds = list(_alternatives(field.annotation))
    form, model = _form([kind for kind in kinds if kind is not NoneType])
    return Shape(form, model, nullable=NoneType in kinds)


def _alternatives(annotation: Any) -> Iterable[Any]:
    bare = get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation
    if get_origin(bare) not in (Union, UnionType):
        return (bare,)
    return (kind for one in get_args(bare) for kind in _alternatives(one))


def _form(kinds: list[Any]) -> tuple[Form, type[BaseModel] | None]:
    if len(kinds) > 1:
        return Form.SCALAR, None
    kind = kinds[0]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return Form.OBJECT, kind
    if get_origin(kind) is dict:
        return Form.TABLE, None
    if get_origin(kind) is not list:
        return Form.VALUE, None
    form, model = _form(list(_alternatives(get_args(kind)[0])))
    return (Form.OBJECTS, model) if form is Form.OBJECT else (Form.VALUES, None)


def field_at(model: type[BaseModel], steps: Iterable[str | int]) -> FieldInfo | None:
    """The innermost field that the steps lead to: items, 0, quantity."""
    field, inside = None, model
    for step in steps:
        if isinstance(step, str) and inside is not None and step in inside.model_fields:
            field = inside.model_fields[step]
            inside = shape_of(field).model or NoModel
    return field


def advice_of(field: FieldInfo) -> str:
    """What to do about the field, where its type says it."""
    return field.description or next(_descriptions(field.annotation), "")


def _descriptions(annotation: Any) -> Iterator[str]:
    for part in (*getattr(annotation, "__metadata__", ()), *get_args(annotation)):
        if isinstance(part, FieldInfo) and part.description:
            yield part.description
        elif part is not annotation:
            yield from _descriptions(part)


class NoModel(BaseModel):
    """Stands for what has no members of its own."""

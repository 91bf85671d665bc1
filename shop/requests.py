"""What a request must carry, checked once at the door."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from shop.problems import FieldError, IdempotencyKeyMissing, InvalidRequest, Problem, QuantityTooLarge, invalid

MAX_QUANTITY = 99  # pieces per line

REQUEST_ID = web.RequestKey("request_id", str)  # the id of a request's log line
CUSTOMER = "Nochannel-Customer"
CUSTOMER_PATTERN = r"^[!-~]{1,128}$"
KEY = "Idempotency-Key"

# Text that people write: no control characters, and more than blanks.
NAME_PATTERN = r"^[^\u0000-\u001f\u007f]*[^\u0000-\u0020\u007f][^\u0000-\u001f\u007f]*$"
Name = Annotated[str, Field(max_length=100, pattern=NAME_PATTERN)]
PRODUCT_KEY_PATTERN = r"^[a-z0-9]+([-_][a-z0-9]+)*$"
ProductKey = Annotated[str, Field(max_length=80, pattern=PRODUCT_KEY_PATTERN)]


def iso_day(value: object) -> date:
    """2026-03-02 and nothing else: neither a moment nor a number is a day."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("must be a day like 2026-03-02")
    return date.fromisoformat(value)


class Body(BaseModel):
    """A request's body: unknown members are refused, and 2 is not "2"."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


BodyT = TypeVar("BodyT", bound=Body)
QueryT = TypeVar("QueryT", bound=BaseModel)


def instance_of(request: web.Request) -> str:
    """The name of this very request, in problems and in the log."""
    return f"urn:uuid:{request[REQUEST_ID]}"


def read_customer(request: web.Request) -> str:
    """The acting customer's id. Raises InvalidRequest."""
    customer_id = request.headers.get(CUSTOMER, "")
    if not re.fullmatch(CUSTOMER_PATTERN, customer_id):
        raise invalid(f"header.{CUSTOMER}", "must be 1 to 128 visible ASCII characters")
    return customer_id


def read_key(request: web.Request) -> str:
    """The write's idempotency key. Raises IdempotencyKeyMissing."""
    key = request.headers.get(KEY, "")
    if not re.fullmatch(r"[!-~]{1,255}", key):
        raise IdempotencyKeyMissing
    return key


def read_query(request: web.Request, model: type[QueryT]) -> QueryT:
    """The query parameters. Raises InvalidRequest."""
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise InvalidRequest(_field_errors(error.errors(), "query")) from None


async def read_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """The JSON body. Raises InvalidRequest, QuantityTooLarge."""
    return parse_body(request, await request.read(), model)


async def read_optional_body(request: web.Request, model: type[BodyT]) -> BodyT:
    """The JSON body; none at all is an empty object."""
    raw = await request.read()
    return parse_body(request, raw, model) if raw else model()


def parse_body(request: web.Request, raw: bytes, model: type[BodyT]) -> BodyT:
    """The body's bytes as the model. Raises InvalidRequest, QuantityTooLarge."""
    if request.content_type != "application/json":
        raise invalid("header.Content-Type", "must be application/json")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> Problem:
    details = error.errors(include_url=False, include_input=False)
    fields = _field_errors(details)
    if all(_is_too_many(detail) for detail in details):
        return QuantityTooLarge(fields, MAX_QUANTITY)
    return InvalidRequest(fields)


def _is_too_many(detail: ErrorDetails) -> bool:
    return detail["loc"][-1:] == ("quantity",) and detail["type"] == "less_than_equal"


def _field_errors(details: Iterable[ErrorDetails], *prefix: str) -> list[FieldError]:
    return [{"path": _path(prefix + detail["loc"]), "message": detail["msg"]} for detail in details]


def _path(steps: Iterable[int | str]) -> str:
    return ".".join(str(step) for step in steps) or "body"

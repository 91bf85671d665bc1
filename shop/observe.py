"""One line per request, and every failure as a problem: ids and durations, never a customer's words."""

import json
import logging
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler

from shop.answers import Answer
from shop.database import is_outage
from shop.problems import (
    PROBLEM_JSON,
    InternalError,
    MethodNotAllowed,
    NotFound,
    Problem,
    RequestTooLarge,
    Unavailable,
    invalid,
)
from shop.requests import REQUEST_ID, instance_of

log = logging.getLogger("shop")


class JsonLines(logging.Formatter):
    """A log record as one line of JSON; of an error its type and place, since its message may quote a customer."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info is not None and record.exc_info[1] is not None:
            line |= describe(record.exc_info[1])
        return json.dumps(line)


def describe(error: BaseException) -> Mapping[str, object]:
    """What may be said of an error."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "cause": type(error.__cause__).__name__ if error.__cause__ is not None else None,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]],
    }


def say(event: str, level: int = logging.INFO, error: BaseException | None = None, **fields: object) -> None:
    """Logs an event with its fields."""
    log.log(level, event, exc_info=error, extra={"fields": fields})


def say_failure(error: Exception, **fields: object) -> None:
    """Logs what should not happen: the database's absence, or a defect of ours."""
    say("outage" if is_outage(error) else "defect", logging.ERROR, error, **fields)


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The outermost middleware."""
    started = time.perf_counter()
    request[REQUEST_ID] = str(uuid4())
    response = await _answered(request, handler)
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["Server"] = "nochannel-shop"  # rather than the versions that it runs on
    say(
        "request",
        request_id=request[REQUEST_ID],
        method=request.method,
        route=_route(request),
        status=response.status,
        duration_ms=round((time.perf_counter() - started) * 1000, 2),
    )
    return response


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:
        return _problem_response(request, _problem_of(request, error))


def _problem_response(request: web.Request, problem: Problem) -> web.Response:
    response = Answer(problem.status, problem.body(instance_of(request)), PROBLEM_JSON).response()
    response.headers.update(problem.headers())
    return response


def _problem_of(request: web.Request, error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case web.HTTPNotFound():
            return NotFound()
        case web.HTTPMethodNotAllowed():
            return MethodNotAllowed(error.headers["Allow"])
        case web.HTTPRequestEntityTooLarge():
            return RequestTooLarge()
        case web.HTTPBadRequest() | web.RequestPayloadError():
            return invalid("body", "cannot be read")
    return _failure(request, error)


def _failure(request: web.Request, error: Exception) -> Problem:
    say_failure(error, request_id=request[REQUEST_ID], route=_route(request))
    return Unavailable() if is_outage(error) else InternalError()


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"

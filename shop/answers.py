"""What goes back: a status and bytes, kept as they are for a repeated request."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import orjson
from aiohttp import web

JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """The whole answer to a request; `replayed` if it is the stored one of an earlier request."""

    status: int
    body: bytes
    content_type: str = JSON
    replayed: bool = False

    def response(self) -> web.Response:
        """A new response of aiohttp; one cannot be sent twice."""
        headers = {"Idempotent-Replayed": "true"} if self.replayed else {}
        return web.Response(status=self.status, body=self.body, content_type=self.content_type, headers=headers)


def json_answer(view: Any, status: int = 200) -> Answer:
    """The view as JSON."""
    return Answer(status=status, body=orjson.dumps(view))


def moment_view(moment: datetime) -> str:
    """A moment as the port writes it: UTC, in whole seconds."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def moment_or_none(moment: datetime | None) -> str | None:
    """The same of what may not have happened yet."""
    return None if moment is None else moment_view(moment)


def day_or_none(day: date | None) -> str | None:
    """A day as the port writes it, if there is one."""
    return None if day is None else day.isoformat()

"""What goes back: a status and bytes, kept as they are for a repeated request."""

from dataclasses import dataclass
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

"""The development outbox: mails that nobody sends while developing, on a page. There is none in production."""

import html
import time
from collections.abc import Sequence

import orjson
from aiohttp import web

from bot.redis_client import Client

KEY = "nc:dev:outbox"
KEPT, KEPT_SECONDS = 100, 24 * 3600

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="3">
<title>Development outbox</title>
<link rel="stylesheet" href="/page.css">
<main>
<h1>Development outbox</h1>
<p>What customers would get by mail. This page exists only while developing.</p>
{messages}
</main>
</html>
"""
_MESSAGE = (
    "<article><header><b>{subject}</b><span>{kind} to {to}</span><time>{at}</time></header><pre>{body}</pre></article>"
)


class DevOutbox:
    """Keeps the latest messages, and shows them."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.get("/dev/outbox", self._show)]

    async def keep(self, kind: str, to: str, subject: str, body: str) -> None:
        at = time.strftime("%H:%M:%S")
        message = orjson.dumps({"kind": kind, "to": to, "subject": subject, "body": body, "at": at})
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.lpush(KEY, message)
            pipe.ltrim(KEY, 0, KEPT - 1)
            pipe.expire(KEY, KEPT_SECONDS)
            await pipe.execute()

    async def _show(self, request: web.Request) -> web.Response:
        messages = [orjson.loads(raw) for raw in await self._redis.lrange(KEY, 0, -1)]
        headers = {"Cache-Control": "no-store", "Content-Security-Policy": "default-src 'none'; style-src 'self'"}
        if request.query.get("format") == "json":
            return web.json_response({"messages": messages}, headers=headers)
        shown = [
            _MESSAGE.format(**{name: html.escape(value) for name, value in message.items()}) for message in messages
        ]
        page = _PAGE.format(messages="\n".join(shown) or "<p>Nothing yet.</p>")
        return web.Response(text=page, content_type="text/html", headers=headers)

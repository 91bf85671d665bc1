"""The other end of the chat's line, small enough to be misbehaved with: one visitor, one conversation."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, web

STATIC = Path(__file__).parents[2] / "bot" / "channels" / "web"
TOKEN = "visitor-1.signed"
# As strict as a page can be: an inline script, an eval or markup made from a string would be refused, and seen.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
OTHER_SHOP = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Another shop</title>
<style>button, p, textarea {{ display: none; font-size: 40px }}</style><h1>Another shop</h1>
<script type="module" src="{server}/widget.js" data-language="en" data-name="Another shop"></script></html>"""
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 6"><rect width="8" height="6" fill="#9cc"/></svg>'

Frame = dict[str, Any]
Answer = Callable[["FakeChat", Frame], Awaitable[None]]


class FakeChat:
    """Stores what arrives once per id, tells every open tab, and loses lines or confirmations when told to."""

    def __init__(self) -> None:
        self.entries: list[Frame] = []
        self.hellos: list[Frame] = []
        self.received: list[Frame] = []
        self.catalog: list[Frame] | None = [product("AeroPix Mini"), product("Urbano Cargo")]
        self.language = "de"
        self.is_up = True
        self.hears = True
        self.confirms = True
        self.answer: Answer | None = None
        self._lines: set[web.WebSocketResponse] = set()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_get("/ws/chat", self._line)
        app.router.add_get("/catalog.json", self._catalog)
        app.router.add_get("/picture.svg", self._picture)
        app.router.add_get("/other-shop", self._other_shop)
        app.router.add_static("/", STATIC)
        app.on_response_prepare.append(add_headers)
        return app

    async def say(self, text: str | None = None, **parts: Any) -> Frame:
        """The assistant says something, or a person: `sender="person"`."""
        return await self._store({"from": parts.pop("sender", "assistant"), "client_id": None, "text": text} | parts)

    async def tell(self, frame: Frame) -> None:
        for line in list(self._lines):
            await line.send_json(frame)

    async def drop_lines(self) -> None:
        for line in list(self._lines):
            await line.close(code=WSCloseCode.GOING_AWAY, drain=False)

    def texts(self, sender: str) -> list[str]:
        return [entry["text"] for entry in self.entries if entry["from"] == sender]

    async def _line(self, request: web.Request) -> web.WebSocketResponse:
        if not self.is_up:
            raise web.HTTPServiceUnavailable
        line = web.WebSocketResponse()
        await line.prepare(request)
        self._lines.add(line)
        async for message in line:
            await self._take(line, json.loads(message.data))
        self._lines.discard(line)
        return line

    async def _take(self, line: web.WebSocketResponse, frame: Frame) -> None:
        if frame["type"] == "hello":
            self.hellos.append(frame)
            await line.send_json(self._welcome(frame["last_id"]))
        else:
            self.received.append(frame)
            if self.hears:
                await self._keep(frame)

    async def _keep(self, frame: Frame) -> None:
        known = [entry for entry in self.entries if entry["client_id"] == frame["id"]]
        if known:
            await self._confirm(known[0])
            return
        await self._store({"from": "customer", "client_id": frame["id"], "text": frame["text"]})
        if self.answer is not None:
            await self.answer(self, frame)

    async def _store(self, entry: Frame) -> Frame:
        empty: Frame = {"at": datetime.now(UTC).isoformat(), "image": None, "buttons": [], "cards": []}
        stored = empty | entry | {"id": f"1717-{len(self.entries)}"}
        self.entries.append(stored)
        await self._confirm(stored)
        return stored

    async def _confirm(self, entry: Frame) -> None:
        if self.confirms:
            await self.tell({"type": "entry", "entry": entry})

    def _welcome(self, last_id: str | None) -> Frame:
        ids = [entry["id"] for entry in self.entries]
        start = ids.index(last_id) + 1 if last_id in ids else 0
        return {"type": "welcome", "token": TOKEN, "language": self.language, "history": self.entries[start:][-50:]}

    async def _page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(STATIC / "index.html")

    async def _catalog(self, _: web.Request) -> web.Response:
        if self.catalog is None:
            raise web.HTTPServiceUnavailable
        return web.json_response({"items": self.catalog})

    async def _picture(self, _: web.Request) -> web.Response:
        return web.Response(text=PICTURE, content_type="image/svg+xml")

    async def _other_shop(self, request: web.Request) -> web.Response:
        """Reached by another host name, and so another origin than the one the script comes from."""
        page = OTHER_SHOP.format(server=f"http://127.0.0.1:{request.url.port}")
        return web.Response(text=page, content_type="text/html")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Access-Control-Allow-Origin"] = "*"
    if request.path != "/other-shop":
        response.headers["Content-Security-Policy"] = POLICY


def product(name: str) -> Frame:
    return {
        "id": name.lower().replace(" ", "-"),
        "name": name,
        "tagline": "Klein genug für die Jackentasche",
        "image": "/picture.svg",
        "price": "ab 499,00 €",
        "monthly": "ab 29,00 € im Monat",
    }


def button(title: str, payload: str = "/affirm") -> Frame:
    return {"title": title, "payload": payload}


def card(title: str, *buttons: Frame) -> Frame:
    return {"title": title, "subtitle": "ab 29,00 € im Monat", "image": "/picture.svg", "buttons": list(buttons)}

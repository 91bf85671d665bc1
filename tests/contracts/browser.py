"""A browser's end of the web chat, without the browser: one tab of one visitor."""

import asyncio
import json
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.channels.visitors import Visitors
from tests.contracts.lines import Receipt, Shown
from tests.contracts.switchboard import Switchboard

HEARS_WITHIN_SECONDS = 5

Frame = dict[str, Any]


class Tab:
    """Greets, keeps what it is told, and may be closed and opened again."""

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.token: str | None = None
        self.welcome: Frame = {}
        self.frames: list[Frame] = []
        self._socket: ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def entries(self) -> list[Frame]:
        """What the page shows: what was there at the welcome, and what came since."""
        return [*self.welcome.get("history", []), *(frame["entry"] for frame in self.of_type("entry"))]

    @property
    def texts(self) -> list[str]:
        return [entry["text"] for entry in self.entries]

    @property
    def last_id(self) -> str:
        return str(self.entries[-1]["id"])

    @property
    def account(self) -> str:
        assert self.board.settings.web_secret is not None
        visitors = Visitors(self.board.settings.web_secret, self.board.redis, self.board.keys)
        account = visitors.visitor_of(self.welcome["token"])
        assert account is not None
        return account

    @property
    def closed_with(self) -> int | None:
        """The code that the line was closed with."""
        assert self._socket is not None
        return self._socket.close_code

    def of_type(self, kind: str) -> list[Frame]:
        return [frame for frame in self.frames if frame["type"] == kind]

    async def open(self, last_id: str | None = None, language: str = "de", customer_token: object = None) -> "Tab":
        """Connects and greets, with the token it had, and the site's word for who is signed in."""
        await self.connect()
        hello = {"type": "hello", "token": self.token, "language": language, "last_id": last_id}
        await self.send(hello if customer_token is None else {**hello, "customer_token": customer_token})
        await self.until(lambda: self.of_type("welcome"))
        self.welcome = self.of_type("welcome")[-1]
        self.token = self.welcome["token"]
        return self

    async def connect(self) -> None:
        self.frames = []
        self._socket = await self.board.http.ws_connect("/ws/chat")
        self._reading = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        if self._socket is not None and self._reading is not None:
            await self._socket.close()
            await self._reading

    async def send(self, frame: Any) -> None:
        await self.send_text(frame if isinstance(frame, str) else json.dumps(frame))

    async def send_text(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(text)

    async def send_bytes(self, raw: bytes) -> None:
        assert self._socket is not None
        await self._socket.send_bytes(raw)

    async def says(self, text: str, client_id: str, payload: str | None = None) -> Receipt:
        """Returns when the message was confirmed or refused."""
        more = {} if payload is None else {"payload": payload}
        known = len(self.of_type("error"))
        await self.send({"type": "message", "id": client_id, "text": text, **more})
        await self.until(lambda: self._has(client_id) or len(self.of_type("error")) > known)
        if self._has(client_id):
            return Receipt(200)
        error = self.of_type("error")[-1]
        return Receipt({"too_many": 429, "too_long": 413}.get(error["code"], 400), error.get("retry_after"))

    async def until(self, is_so: Any) -> None:
        async with asyncio.timeout(HEARS_WITHIN_SECONDS):
            while not is_so():
                await asyncio.sleep(0.002)

    async def until_closed(self) -> int | None:
        assert self._reading is not None
        async with asyncio.timeout(HEARS_WITHIN_SECONDS):
            await self._reading
        return self.closed_with

    async def until_it_knows_all(self) -> None:
        """Returns when the tab shows as much as the transcript has."""
        kept = await self.board.redis.xlen(self.board.keys.web(self.account))
        await self.until(lambda: len(self.entries) >= kept)

    async def sees(self) -> list[Shown]:
        await self.until_it_knows_all()
        return [shown for entry in self.entries for shown in _shown(entry)]

    def _has(self, client_id: str) -> bool:
        return any(entry["client_id"] == client_id for entry in self.entries)

    async def _read(self, socket: ClientWebSocketResponse) -> None:
        async for message in socket:
            assert message.type is WSMsgType.TEXT
            self.frames.append(json.loads(message.data))


def _shown(entry: Frame) -> list[Shown]:
    own = Shown(entry["text"] or "", bool(entry["image"]), _titles(entry))
    cards = [
        Shown(f"{card['title']} {card['subtitle']}", bool(card["image"]), _titles(card)) for card in entry["cards"]
    ]
    return [own, *cards]


def _titles(part: Frame) -> tuple[str, ...]:
    return tuple(button["title"] for button in part["buttons"])

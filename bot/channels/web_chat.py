"""`web`: the page and the embeddable widget, over WebSocket."""

import asyncio
import logging
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from aiohttp import WSCloseCode, WSMsgType, web
from redis.exceptions import RedisError

from bot.channels.base import Abilities, Door, Forbidden, TooMany
from bot.channels.customer_tokens import BadToken, CustomerTokens, SignedIn
from bot.channels.visitors import Visitors
from bot.channels.web_transcript import ASKED, SPOKEN, Entry, Transcript
from bot.conversation.lane import Accepted
from bot.messages import PROOF_FROM, PROVEN_AT, PROVEN_CUSTOMER, Delivery, Incoming

log = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "web"
MAX_TEXT = 2_000
MAX_FRAME = 16_384
HEARTBEAT_SECONDS = 25.0
HELLO_WITHIN_SECONDS = 10.0
_STREAM_ID = re.compile(r"\d{1,15}-\d{1,10}\Z")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")


@dataclass(eq=False)
class _Tab:
    """One open WebSocket."""

    socket: web.WebSocketResponse
    account: str
    language: str
    last_id: str = "0-0"
    signed_in: SignedIn | None = None
    sending: asyncio.Lock = field(default_factory=asyncio.Lock)


class WebChat:
    """The browser's channel. Everything shown is in the transcript; sockets only follow it."""

    name = "web"
    abilities = Abilities(buttons=True, cards=True, images=True, push=True)

    def __init__(
        self,
        transcript: Transcript,
        visitors: Visitors,
        tokens: CustomerTokens,
        origins: Sequence[str],
        is_forwarded: bool = False,
    ) -> None:
        """`is_forwarded`: a proxy in front says whose address it is."""
        self._transcript = transcript
        self._visitors = visitors
        self._tokens = tokens
        self._is_forwarded = is_forwarded
        self._origins = frozenset(origin.rstrip("/") for origin in origins)
        self._tabs: defaultdict[str, set[_Tab]] = defaultdict(set)
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def chat(request: web.Request) -> web.WebSocketResponse:
            return await self._chat(request, door)

        return [web.get("/ws/chat", chat)]

    async def start(self, door: Door) -> None:
        self._keep(asyncio.create_task(self._transcript.listen(self._changed)))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        for tab in [tab for tabs in self._tabs.values() for tab in tabs]:
            await tab.socket.close(code=WSCloseCode.GOING_AWAY)

    async def send(self, delivery: Delivery) -> None:
        await self._transcript.add_reply(delivery)

    async def _chat(self, request: web.Request, door: Door) -> web.WebSocketResponse:
        self._check_origin(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_FRAME)
        await socket.prepare(request)
        try:
            await self._talk(socket, door, self._address(request))
        except (RedisError, OSError) as error:
            log.warning("web: a line is closed, redis is away: %s", type(error).__name__)
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
        return socket

    def _address(self, request: web.Request) -> str:
        forwarded = request.headers.get("X-Forwarded-For", "") if self._is_forwarded else ""
        return forwarded.rpartition(",")[2].strip()[:64] or request.remote or ""

    async def _talk(self, socket: web.WebSocketResponse, door: Door, address: str) -> None:
        tab = await self._welcome(socket)
        if tab is None:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        self._tabs[tab.account].add(tab)
        try:
            await self._follow(tab)
            async for message in socket:
                await self._frame(tab, _frame_of(message), door, address)
        finally:
            self._forget(tab)

    def _check_origin(self, request: web.Request) -> None:
        """Pages of strangers must not speak in a visitor's name. Raises Forbidden."""
        origin = request.headers.get("Origin", "").rstrip("/")
        own = {f"{scheme}://{request.host}" for scheme in ("http", "https")}
        if origin and origin not in own | self._origins:
            raise Forbidden("this origin is not in WEB_ORIGINS")

    async def _welcome(self, socket: web.WebSocketResponse) -> _Tab | None:
        """Answers the first frame. None when that is no greeting, or none comes."""
        try:
            hello = _frame_of(await socket.receive(timeout=HELLO_WITHIN_SECONDS))
        except TimeoutError:
            return None
        if hello.get("type") != "hello":
            return None
        signed_in = await self._signed_in(socket, hello.get("customer_token"))
        account = await self._visitors.known(hello.get("token"), signed_in.customer if signed_in else None)
        language = "en" if hello.get("language") == "en" else "de"
        last_id = hello.get("last_id")
        known = last_id if isinstance(last_id, str) and _STREAM_ID.match(last_id) else None
        history = await (self._transcript.after(account, known) if known else self._transcript.recent(account))
        spoken = [entry["language"] for entry in history if entry.get("language")]
        tab = _Tab(
            socket,
            account,
            spoken[-1] if spoken else language,
            history[-1]["id"] if history else known or "0-0",
            signed_in,
        )
        token = self._visitors.token_of(account)
        await _send(tab, {"type": "welcome", "token": token, "language": tab.language, "history": history})
        return tab

    async def _signed_in(self, socket: web.WebSocketResponse, token: object) -> SignedIn | None:
        """A token that is not to be relied on is named to the developer; the visitor goes on as nobody known."""
        if token is None:
            return None
        try:
            return self._tokens.verify(token)
        except BadToken as error:
            log.warning("web: a customer token was refused: %s", error)
            refused = {"type": "error", "code": "customer_token", "message": str(error), "id": None}
            await socket.send_str(orjson.dumps(refused).decode())
            return None

    async def _frame(self, tab: _Tab, frame: dict[str, Any], door: Door, address: str) -> None:
        refusal = _refusal(frame)
        if refusal:
            await _send(tab, {"type": "error", "code": refusal, "message": _SAID[refusal], "id": frame.get("id")})
            return
        await self._typing(tab.account, on=True)  # before the answer can come, which ends it
        try:
            accepted = await door.accept(_incoming(tab, frame), address)
        except TooMany as error:
            await self._typing(tab.account, on=False)
            await _send(tab, _too_many(error, frame["id"]))
            return
        if accepted is Accepted.DUPLICATE:
            await self._typing(tab.account, on=False)
        await self._transcript.add_customer(tab.account, frame["id"], frame["text"])

    def _changed(self, account: str | None) -> None:
        accounts = list(self._tabs) if account is None else [account]
        for tab in [tab for name in accounts for tab in self._tabs.get(name, ())]:
            self._keep(asyncio.create_task(self._follow(tab)))

    async def _follow(self, tab: _Tab) -> None:
        """Sends a tab what is new in its transcript."""
        async with tab.sending:
            try:
                entries = await self._transcript.after(tab.account, tab.last_id)
            except (RedisError, OSError):
                return  # the next notice, or the one after a reconnect, brings it
            for entry in entries:
                await self._show(tab, entry)
                tab.last_id = entry["id"]

    async def _show(self, tab: _Tab, entry: Entry) -> None:
        if entry["from"] != "customer":
            await _send(tab, {"type": "typing", "on": False})
            await self._settle_language(tab, entry)
        await _send(tab, {"type": "entry", "entry": entry})

    async def _settle_language(self, tab: _Tab, entry: Entry) -> None:
        language = entry.get("language")
        if language and language != tab.language:
            tab.language = language
            await _send(tab, {"type": "language", "language": language})

    async def _typing(self, account: str, on: bool) -> None:
        for tab in list(self._tabs.get(account, ())):
            await _send(tab, {"type": "typing", "on": on})

    def _forget(self, tab: _Tab) -> None:
        self._tabs[tab.account].discard(tab)
        if not self._tabs[tab.account]:
            del self._tabs[tab.account]

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _incoming(tab: _Tab, frame: dict[str, Any]) -> Incoming:
    asked = {"id": frame["id"], "text": frame["text"]}
    payload, metadata = frame.get("payload"), {ASKED: asked, **_proof(tab.signed_in)}
    if frame.get("spoken"):
        metadata[SPOKEN] = True
    return Incoming("web", tab.account, frame["id"], frame["text"], payload, tab.language, metadata=metadata)


def _proof(signed_in: SignedIn | None) -> dict[str, Any]:
    if signed_in is None:
        return {}
    proof = {PROVEN_CUSTOMER: signed_in.customer, PROOF_FROM: signed_in.known_from}
    return proof | ({PROVEN_AT: signed_in.at} if signed_in.at else {})


def _too_many(error: TooMany, client_id: str) -> dict[str, Any]:
    said = {"code": "too_many", "message": error.detail, "retry_after": error.retry_after}
    return {"type": "error", "id": client_id, **said}


_SAID = {"bad_frame": "not a message of this protocol", "too_long": f"at most {MAX_TEXT} characters"}


def _refusal(frame: dict[str, Any]) -> str | None:
    """Why a frame is no message of this protocol; None when it is one."""
    text, client_id, payload = frame.get("text"), frame.get("id"), frame.get("payload")
    is_message = frame.get("type") == "message" and isinstance(text, str) and isinstance(client_id, str)
    is_message = is_message and isinstance(frame.get("spoken", False), bool)
    if not is_message or not _CLIENT_ID.match(str(client_id)) or not (payload is None or isinstance(payload, str)):
        return "bad_frame"
    return "too_long" if len(str(text)) > MAX_TEXT or len(payload or "") > MAX_TEXT else None


def _frame_of(message: Any) -> dict[str, Any]:
    """A text frame's object; anything else is an empty one."""
    if message.type is not WSMsgType.TEXT:
        return {}
    try:
        frame = orjson.loads(message.data)
    except orjson.JSONDecodeError:
        return {}
    return frame if isinstance(frame, dict) else {}


async def _send(tab: _Tab, frame: dict[str, Any]) -> None:
    if not tab.socket.closed:
        try:
            await tab.socket.send_str(orjson.dumps(frame).decode())
        except ConnectionError:
            return  # it will reconnect and ask for what it missed

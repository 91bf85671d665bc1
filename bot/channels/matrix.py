"""`matrix`: an application service of a Matrix homeserver. Transactions in, client-server API out."""

import hmac
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, web
from pydantic import SecretStr

from bot.channels.base import Abilities, Door, Forbidden, Malformed, Unauthorized
from bot.channels.kept import Progress
from bot.channels.numbered import Choices, rendered
from bot.channels.pieces import split
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Delivery, Incoming
from bot.redis_client import Client

log = logging.getLogger(__name__)

MAX_TEXT = 8_000
"""Of a body; an event may have 65,536 bytes in all."""

MAX_ID_LENGTH = 255
ROOM = "room"
UNREADABLE = {
    "m.image": "photo",
    "m.audio": "voice",
    "m.video": "video",
    "m.file": "document",
    "m.location": "location",
}
SAID = frozenset({"m.text", "m.emote"})

Body = dict[str, Any]


@dataclass(frozen=True)
class Heard:
    """An event that concerns us: a message, or (`invited`) a room to enter."""

    room: str
    incoming: Incoming | None = None

    @property
    def invited(self) -> bool:
        return self.incoming is None


class MatrixChannel:
    """Rooms with one customer each. The account is the customer's Matrix id."""

    name = "matrix"
    abilities = Abilities(push=True, images=True)

    def __init__(
        self, homeserver_url: str, as_token: SecretStr, hs_token: SecretStr | None, user: str, redis: Client
    ) -> None:
        """`user` is the assistant's own Matrix id, as in the registration."""
        self._url = homeserver_url.rstrip("/")
        self._as_token = as_token
        self._hs_token = hs_token
        self._user = user
        self._redis = redis
        self._choices = Choices(redis, self.name)
        self._progress = Progress(redis, self.name)
        self._session: ClientSession | None = None

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def transaction(request: web.Request) -> web.Response:
            self.verify(request.headers.get("Authorization", ""))
            for heard in parse(await request.read(), self._user):
                await self._take(heard, door)
            return web.json_response({})

        return [web.put("/_matrix/app/v1/transactions/{id}", transaction)]

    def verify(self, given: str) -> None:
        """Raises Unauthorized, Forbidden unless the homeserver called, which alone knows the token."""
        expected = self._hs_token.get_secret_value() if self._hs_token else ""
        scheme, _, token = given.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthorized("the homeserver's token is missing")
        if not expected or not hmac.compare_digest(token.encode(errors="backslashreplace"), expected.encode()):
            raise Forbidden("the homeserver's token is wrong")

    async def start(self, door: Door) -> None:
        self._session = ClientSession(timeout=ClientTimeout(total=15))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, delivery: Delivery) -> None:
        room = delivery.metadata.get(ROOM) or await self._room_of(delivery.account)
        text, choices = rendered(delivery.reply)
        pieces = [(number, piece) for number, piece in enumerate(split(text, MAX_TEXT))]

        async def send_piece(numbered: tuple[int, str]) -> None:
            number, piece = numbered
            key = sha256(f"{delivery.account}/{delivery.delivery_id}/{number}".encode()).hexdigest()
            path = f"rooms/{quote(str(room), safe='')}/send/m.room.message/{key}"
            await self._call("PUT", path, {"msgtype": "m.text", "body": piece})

        await self._progress.send(delivery, pieces, send_piece)
        await self._choices.offered(delivery.account, text, choices)

    async def _take(self, heard: Heard, door: Door) -> None:
        if heard.incoming is None:
            await self._enter(heard.room)
            return
        incoming = heard.incoming
        if incoming.metadata.get("unreadable") == "encrypted" and not await self._is_first(heard.room):
            return
        await self._redis.set(_key("room", incoming.account), heard.room)
        await door.accept(await self._choices.meant(incoming))

    async def _enter(self, room: str) -> None:
        """The homeserver is told to come again when it cannot let us in now; a room that is gone is no loss."""
        try:
            await self._call("POST", f"join/{quote(room, safe='')}", {})
        except Undeliverable as error:
            log.info("matrix: a room was not entered: %s", error)

    async def _is_first(self, room: str) -> bool:
        """Of an encrypted room's messages; more than one honest sentence helps nobody."""
        return bool(await self._redis.set(_key("encrypted", room), 1, nx=True, ex=24 * 3600))

    async def _room_of(self, account: str) -> str:
        """Where the customer spoke last, or a new room."""
        if known := await self._redis.get(_key("room", account)):
            return str(known.decode())
        made = await self._call(
            "POST", "createRoom", {"preset": "trusted_private_chat", "is_direct": True, "invite": [account]}
        )
        room = str(made["room_id"])
        await self._redis.set(_key("room", account), room)
        return room

    async def _call(self, method: str, path: str, body: Body) -> Body:
        """Raises TryAgain, Undeliverable."""
        if self._session is None:
            raise TryAgain("matrix is not started")
        url = f"{self._url}/_matrix/client/v3/{path}?user_id={quote(self._user, safe='')}"
        headers = {"Authorization": f"Bearer {self._as_token.get_secret_value()}"}
        try:
            async with self._session.request(method, url, json=body, headers=headers) as response:
                answer = _object(await response.read())
                if response.status == 429 or response.status >= 500:
                    raise TryAgain(f"status {response.status}", _seconds(answer, response.headers.get("Retry-After")))
                if response.status >= 400:
                    raise Undeliverable(f"status {response.status}, {str(answer.get('errcode'))[:40]}")
                return answer
        except (ClientError, OSError, TimeoutError) as error:
            raise TryAgain(type(error).__name__) from None


def parse(body: bytes, own_user: str) -> list[Heard]:
    """What concerns us of a transaction, in order. Raises Malformed."""
    try:
        return list(_heard(orjson.loads(body)["events"], own_user))
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        raise Malformed("the body must be a transaction of a homeserver") from None


def _heard(events: Sequence[Body], own_user: str) -> Iterator[Heard]:
    if not isinstance(events, list):
        raise Malformed("events must be a list")
    for event in events:
        kind, content, sender, room = event["type"], event["content"], event["sender"], event["room_id"]
        if not all(isinstance(field, str) for field in (kind, sender, room)) or not isinstance(content, dict):
            raise Malformed("type, sender, room_id and content are not what Matrix has")
        if kind == "m.room.member":
            if event.get("state_key") == own_user and content.get("membership") == "invite":
                yield Heard(room)
        elif sender != own_user and kind in ("m.room.message", "m.room.encrypted"):
            incoming = _message(event["event_id"], sender, room, kind, content)
            if incoming:
                yield Heard(room, incoming)


def _message(event_id: Any, sender: str, room: str, kind: str, content: Body) -> Incoming | None:
    """None for edits, and for what other machines say (m.notice)."""
    relation = content.get("m.relates_to")
    if isinstance(relation, dict) and relation.get("rel_type") == "m.replace":
        return None
    text, msgtype = content.get("body", ""), content.get("msgtype", "")
    if not all(isinstance(field, str) for field in (event_id, text, msgtype)):
        raise Malformed("event_id, body and msgtype must be strings")
    if not 0 < len(event_id) <= MAX_ID_LENGTH or not 0 < len(sender) <= MAX_ID_LENGTH or len(room) > MAX_ID_LENGTH:
        raise Malformed("an id is empty or too long")
    unreadable = "encrypted" if kind == "m.room.encrypted" else UNREADABLE.get(msgtype)
    if unreadable:
        return Incoming("matrix", sender, event_id, "", metadata={ROOM: room, "unreadable": unreadable})
    return Incoming("matrix", sender, event_id, text, metadata={ROOM: room}) if msgtype in SAID else None


def _object(body: bytes) -> Body:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _seconds(answer: Body, header: str | None) -> float | None:
    """A homeserver's wish for patience, in either of its two ways."""
    if header and header.isdigit():
        return float(header)
    milliseconds = answer.get("retry_after_ms")
    return milliseconds / 1000 if isinstance(milliseconds, int | float) else None


def _key(kind: str, name: str) -> str:
    return f"nc:matrix:{kind}:{name}"

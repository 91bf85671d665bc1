"""`rest`: Rasa's own request and answer shapes, for curl and for clients of the Rasa ecosystem."""

import hmac
import re
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
from aiohttp import web
from pydantic import SecretStr

from bot.channels.base import Abilities, Door, Malformed, Unauthorized
from bot.conversation.identity import conversation_of
from bot.conversation.outbox import Undeliverable
from bot.messages import Button, Delivery, Incoming, Reply

MAX_ID_LENGTH = 200
MAX_CUSTOMER_LENGTH = 128
"""The shop's limit for a customer's id, which is the conversation's name."""

Ask = Callable[[Incoming], Awaitable[tuple[Reply, ...]]]
"""Accepts a message and waits for its answer. Raises TooLate."""


class RestChannel:
    """POST /webhooks/rest/webhook {"sender", "message"} -> [{"recipient_id", "text", …}]."""

    name = "rest"
    abilities = Abilities(buttons=True, images=True)

    def __init__(self, ask: Ask, token: SecretStr | None) -> None:
        self._ask = ask
        self._token = token

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        return [web.get("/webhooks/rest/", self._ok), web.post("/webhooks/rest/webhook", self._webhook)]

    async def start(self, door: Door) -> None:
        return

    async def stop(self) -> None:
        return

    async def send(self, delivery: Delivery) -> None:
        """Answers go back in the same response; there is nobody to send anything to later."""
        raise Undeliverable("rest cannot be sent to")

    async def _ok(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _webhook(self, request: web.Request) -> web.Response:
        check_token(request, self._token)
        incoming = parse(await request.read(), request.headers.get("Idempotency-Key"))
        replies = await self._ask(incoming)
        return web.json_response(render(incoming.account, replies))


def check_token(request: web.Request, token: SecretStr | None) -> None:
    """Bearer token, as header or (as Rasa's server has it) in the query. Raises Unauthorized."""
    if token is None:
        return
    given = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or request.query.get("token", "")
    expected = token.get_secret_value()
    if not expected or not hmac.compare_digest(given.encode(errors="backslashreplace"), expected.encode()):
        raise Unauthorized("send the REST_TOKEN as `Authorization: Bearer …`")


def parse(body: bytes, message_id: str | None) -> Incoming:
    """`message_id` as the request's header says, which goes before the body's. Raises Malformed."""
    fields = _object(body)
    text = fields.get("message")
    if not isinstance(text, str):
        raise Malformed("`message` must be a string")
    return Incoming(
        channel="rest",
        account=_sender(fields.get("sender", "default")),
        message_id=_message_id(fields.get("message_id") if message_id is None else message_id),
        text=text,
        payload=_payload(text),
        language=_language(fields),
    )


def render(recipient: str, replies: Sequence[Reply]) -> list[dict[str, Any]]:
    """What Rasa's CollectingOutputChannel would answer: texts and images one by one, cards as text with buttons."""
    return [message for reply in replies for message in _messages(recipient, reply)]


def _messages(recipient: str, reply: Reply) -> list[dict[str, Any]]:
    messages = [_message(recipient, reply.text, reply.buttons)] if reply.text else []
    if reply.image:
        messages.append({"recipient_id": recipient, "image": reply.image})
    for card in reply.cards:
        if card.image:
            messages.append({"recipient_id": recipient, "image": card.image})
        messages.append(_message(recipient, f"{card.title}: {card.subtitle}".rstrip(": "), card.buttons))
    return messages


def _message(recipient: str, text: str, buttons: Sequence[Button]) -> dict[str, Any]:
    message: dict[str, Any] = {"recipient_id": recipient, "text": text}
    if buttons:
        message["buttons"] = [{"title": button.title, "payload": button.payload} for button in buttons]
    return message


def _object(body: bytes) -> dict[str, Any]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Malformed("the body must be JSON") from None
    if not isinstance(fields, dict):
        raise Malformed("the body must be a JSON object")
    return fields


def _sender(given: Any) -> str:
    if not isinstance(given, str) or not given or len(conversation_of("rest", given)) > MAX_CUSTOMER_LENGTH:
        raise Malformed("`sender` must be a string of 1 to 120 letters or digits; other characters count several times")
    return given


def _message_id(given: Any) -> str:
    """A repetition is known by it; who sends none is never repeated."""
    if given is None:
        return uuid.uuid4().hex
    if not isinstance(given, str) or not 0 < len(given) <= MAX_ID_LENGTH or not given.isprintable():
        raise Malformed(f"`message_id` must be a string of 1 to {MAX_ID_LENGTH} printable characters")
    return given


def _payload(text: str) -> str | None:
    """Clients of this channel send a button's payload as the message."""
    return text if re.match(r"/[a-z_]+(\{.*\})?\Z", text, re.DOTALL) else None


def _language(fields: dict[str, Any]) -> str | None:
    metadata = fields.get("metadata")
    language = metadata.get("language") if isinstance(metadata, dict) else None
    return language if language in ("de", "en") else None

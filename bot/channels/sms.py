"""`sms`: texts through Twilio. Choices are numbered, because a text has no buttons."""

import re
from collections.abc import Sequence
from functools import partial

import orjson
from aiohttp import web

from bot.channels.base import Abilities, Door
from bot.channels.kept import Progress
from bot.channels.pieces import split
from bot.channels.twilio import TwilioApi, TwilioWebhook, named
from bot.messages import Button, Delivery, Incoming, Reply
from bot.redis_client import Client

MAX_TEXT = 1_600
CHOICES_SECONDS = 24 * 3600
NOTHING = "<Response/>"
"""The answer comes as a text of its own."""

_NUMBER = re.compile(r"\s*(\d{1,2})[.)]?\s*\Z")


class SmsChannel:
    """Texts to the shop's number. The account is the customer's number."""

    name = "sms"
    abilities = Abilities(push=True)

    def __init__(self, webhook: TwilioWebhook, api: TwilioApi, redis: Client) -> None:
        self._proof = webhook
        self._api = api
        self._redis = redis
        self._progress = Progress(redis, self.name)

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def webhook(request: web.Request) -> web.Response:
            fields = await self._proof.form(request)
            account, message_id = named(fields, "From", "MessageSid")
            await door.accept(await self._incoming(account, message_id, fields.get("Body", ""), fields.get("NumMedia")))
            return web.Response(text=NOTHING, content_type="application/xml")

        return [web.post("/webhooks/sms", webhook)]

    async def start(self, door: Door) -> None:
        await self._api.start()

    async def stop(self) -> None:
        await self._api.stop()

    async def send(self, delivery: Delivery) -> None:
        text, choices = rendered(delivery.reply)
        await self._progress.send(delivery, split(text, MAX_TEXT), partial(self._send_piece, delivery.account))
        key = _key(delivery.account)
        if choices:
            kept = orjson.dumps([[button.title, button.payload] for button in choices])
            await self._redis.set(key, kept, ex=CHOICES_SECONDS)
        elif text.rstrip().endswith("?"):
            await self._redis.delete(key)  # a number answers this question, and no earlier one

    async def _send_piece(self, account: str, piece: str) -> None:
        await self._api.post("Messages", account, Body=piece)

    async def _incoming(self, account: str, message_id: str, text: str, media: str | None) -> Incoming:
        number = _NUMBER.match(text)
        if number and (kept := await self._redis.get(_key(account))):
            choices = orjson.loads(kept)
            if 1 <= int(number[1]) <= len(choices):
                title, payload = choices[int(number[1]) - 1]
                return Incoming(self.name, account, message_id, title, payload=payload)
        metadata = {"unreadable": "photo"} if not text.strip() and media not in (None, "0") else {}
        return Incoming(self.name, account, message_id, text, metadata=metadata)


def rendered(reply: Reply) -> tuple[str, list[Button]]:
    """A reply in words, with the choices that its numbers stand for."""
    choices: list[Button] = []
    lines = [*_lines(reply.text or "", reply.image, reply.buttons, choices)]
    for card in reply.cards:
        lines += _lines(f"{card.title}\n{card.subtitle}".strip(), card.image, card.buttons, choices)
    return "\n".join(lines), choices


def _lines(text: str, image: str | None, buttons: Sequence[Button], choices: list[Button]) -> list[str]:
    """Numbers go on from card to card."""
    lines = [line for line in (text, image) if line]
    for button in buttons:
        choices.append(button)
        lines.append(f"{len(choices)}: {button.title}")
    return lines


def _key(account: str) -> str:
    return f"nc:sms:choices:{account}"

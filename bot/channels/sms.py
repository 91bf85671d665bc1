"""`sms`: texts through Twilio. Choices are numbered, because a text has no buttons."""

from collections.abc import Sequence
from functools import partial

from aiohttp import web

from bot.channels.base import Abilities, Door
from bot.channels.kept import Progress
from bot.channels.numbered import Choices, rendered
from bot.channels.pieces import split
from bot.channels.twilio import Fields, TwilioApi, TwilioWebhook, named
from bot.messages import Delivery, Incoming
from bot.redis_client import Client

MAX_TEXT = 1_600
NOTHING = "<Response/>"
"""The answer comes as a text of its own."""


class SmsChannel:
    """Texts to the shop's number. The account is the customer's number."""

    name = "sms"
    abilities = Abilities(push=True)

    def __init__(self, webhook: TwilioWebhook, api: TwilioApi, redis: Client) -> None:
        self._proof = webhook
        self._api = api
        self._choices = Choices(redis, self.name)
        self._progress = Progress(redis, self.name)

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def webhook(request: web.Request) -> web.Response:
            fields = await self._proof.form(request)
            await door.accept(await self._choices.meant(parse(fields)))
            return web.Response(text=NOTHING, content_type="application/xml")

        return [web.post("/webhooks/sms", webhook)]

    async def start(self, door: Door) -> None:
        await self._api.start()

    async def stop(self) -> None:
        await self._api.stop()

    async def send(self, delivery: Delivery) -> None:
        text, choices = rendered(delivery.reply)
        await self._progress.send(delivery, split(text, MAX_TEXT), partial(self._send_piece, delivery.account))
        await self._choices.offered(delivery.account, text, choices)

    async def _send_piece(self, account: str, piece: str) -> None:
        await self._api.post("Messages", account, Body=piece)


def parse(fields: Fields) -> Incoming:
    """Raises Malformed."""
    account, message_id = named(fields, "From", "MessageSid")
    text, media = fields.get("Body", ""), fields.get("NumMedia")
    metadata = {"unreadable": "photo"} if not text.strip() and media not in (None, "0") else {}
    return Incoming("sms", account, message_id, text, metadata=metadata)

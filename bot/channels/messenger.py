"""`messenger` and `instagram`: Meta's messaging of pages. Signed webhook in, Graph API out, where both are the same."""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from aiohttp import ClientError, web

from bot.channels.base import Abilities, Door, Malformed
from bot.channels.kept import Payloads, Progress
from bot.channels.meta import SIGNATURE, Graph, MetaWebhook
from bot.channels.pieces import split
from bot.channels.references import meant_by
from bot.messages import Button, Card, Delivery, Incoming, Reply
from bot.redis_client import Client

log = logging.getLogger(__name__)

MAX_TEXT = {"messenger": 2_000, "instagram": 1_000}
MAX_QUICK_REPLIES, MAX_TITLE, MAX_PAYLOAD = 13, 20, 1_000
MAX_ELEMENTS, MAX_CARD_BUTTONS, MAX_CARD_TEXT = 10, 3, 80
MAX_ID_LENGTH = 200
NO_WORDS = "👇"
UNREADABLE = {"image": "photo", "video": "video", "audio": "voice", "file": "document", "location": "location"}

OBJECTS = {"messenger": "page", "instagram": "instagram"}

Body = dict[str, Any]
Picture = Callable[[str], Awaitable[bytes | str]]


@dataclass(frozen=True)
class Part:
    """What one call carries: a text with quick replies, a picture, or cards side by side."""

    text: str = ""
    image: str | None = None
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()


class MessengerChannel:
    """Chats with the shop's page. The account is the customer's id for this page."""

    name = "messenger"
    abilities = Abilities(buttons=True, cards=True, images=True, push=True, reply_window_hours=24)

    def __init__(self, webhook: MetaWebhook, graph: Graph, redis: Client, picture: Picture) -> None:
        self._proof = webhook
        self._graph = graph
        self._payloads = Payloads(redis, self.name)
        self._progress = Progress(redis, self.name)
        self._picture = picture

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def challenge(request: web.Request) -> web.Response:
            return self._proof.challenge(request)

        async def webhook(request: web.Request) -> web.Response:
            body = await request.read()
            self._proof.verify(body, request.headers.get(SIGNATURE, ""))
            for incoming in parse(body, self.name):
                payload = incoming.payload and await self._payloads.meant(incoming.payload)
                await door.accept(replace(incoming, payload=payload))
            return web.json_response({"ok": True})

        path = f"/webhooks/{self.name}"
        return [web.get(path, challenge, allow_head=False), web.post(path, webhook)]

    async def start(self, door: Door) -> None:
        await self._graph.start()

    async def stop(self) -> None:
        await self._graph.stop()

    async def send(self, delivery: Delivery) -> None:
        send_part = partial(self._send_part, delivery.account)
        await self._progress.send(delivery, parts(delivery.reply, MAX_TEXT[self.name]), send_part)

    async def _send_part(self, account: str, part: Part) -> None:
        message: Body
        if part.cards:
            elements = [await self._element(card) for card in part.cards]
            template = {"template_type": "generic", "elements": elements}
            message = {"attachment": {"type": "template", "payload": template}}
        elif part.image:
            address = await self._address(part.image)
            if address is None:
                return
            message = {"attachment": {"type": "image", "payload": {"url": address}}}
        else:
            message = {"text": part.text}
        if part.buttons:
            message["quick_replies"] = [await self._quick_reply(button) for button in part.buttons]
        recipient = {"id": account}
        await self._graph.call(
            "me/messages", {"recipient": recipient, "messaging_type": "RESPONSE", "message": message}
        )

    async def _quick_reply(self, button: Button) -> Body:
        payload = await self._payloads.carried(button.payload, MAX_PAYLOAD)
        return {"content_type": "text", "title": button.title, "payload": payload}

    async def _element(self, card: Card) -> Body:
        element: Body = {"title": card.title, "buttons": [await self._postback(button) for button in card.buttons]}
        if not card.buttons:
            del element["buttons"]
        if card.subtitle:
            element["subtitle"] = card.subtitle
        if card.image and (address := await self._address(card.image)):
            element["image_url"] = address
        return element

    async def _postback(self, button: Button) -> Body:
        payload = await self._payloads.carried(button.payload, MAX_PAYLOAD)
        return {"type": "postback", "title": button.title, "payload": payload}

    async def _address(self, image: str) -> str | None:
        """Meta loads pictures itself: one that only this house can reach is left out."""
        try:
            picture = await self._picture(image)
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("%s: a picture was left out: %s", self.name, type(error).__name__)
            return None
        if isinstance(picture, bytes):
            log.warning("%s: a picture was left out: PUBLIC_URL must be reachable from outside", self.name)
            return None
        return picture


class InstagramChannel(MessengerChannel):
    """Direct messages to the shop's Instagram account."""

    name = "instagram"


def parse(body: bytes, name: str) -> list[Incoming]:
    """What was said to our page, in order; receipts, echoes and what a person has taken over are none. Raises Malformed."""
    try:
        update = orjson.loads(body)
        if update["object"] != OBJECTS[name]:
            raise Malformed(f"the body must be an update of {name}")
        return list(_said(update, name))
    except (orjson.JSONDecodeError, AttributeError, IndexError, KeyError, TypeError):
        raise Malformed(f"the body must be an update of {name}") from None


def _said(update: Body, name: str) -> Iterator[Incoming]:
    for entry in update["entry"]:
        for event in entry.get("messaging") or ():  # `standby` is what a person answers
            text, payload, message_id = "", None, f"{event['timestamp']}"
            metadata: Body = {}
            if "postback" in event:
                postback = event["postback"]
                text, payload = postback.get("title") or "", postback.get("payload")
                message_id = postback.get("mid") or message_id
                payload = _referred(postback.get("referral")) or payload
            elif "referral" in event:
                payload = _referred(event["referral"]) or "/greet"
            elif "message" in event and not event["message"].get("is_echo"):
                message = event["message"]
                text, message_id = message.get("text") or "", message["mid"]
                payload = (message.get("quick_reply") or {}).get("payload") or _referred(message.get("referral"))
                if not text and payload is None:
                    if not message.get("attachments"):  # deleted, or a kind that the page does not see
                        continue
                    attachment = message["attachments"][0]
                    metadata["unreadable"] = UNREADABLE.get(attachment["type"], "unsupported")
            else:
                continue
            yield _incoming(name, event["sender"]["id"], message_id, text, payload, metadata)


def _incoming(name: str, account: Any, message_id: Any, text: Any, payload: Any, metadata: Body) -> Incoming:
    if not all(isinstance(field, str) for field in (account, message_id, text)) or not isinstance(payload, str | None):
        raise Malformed("sender, mid, text and payload must be strings")
    if not 0 < len(account) <= MAX_ID_LENGTH or not 0 < len(message_id) <= MAX_ID_LENGTH:
        raise Malformed("sender or mid is empty or too long")
    return Incoming(name, account, message_id, text, payload=payload, metadata=metadata)


def _referred(referral: Any) -> str | None:
    """Where the customer came from: an ad for a product, a link that names one, or a link that carries a code."""
    if not isinstance(referral, dict):
        return None
    product = (referral.get("ads_context_data") or {}).get("product_id")
    return meant_by(str(product or referral.get("ref") or ""))


def parts(reply: Reply, max_text: int) -> list[Part]:
    """A reply as calls, in order; quick replies stand under the last text of what they belong to."""
    pictures = [Part(image=reply.image)] if reply.image else []
    texts = _texts(reply.text or "", reply.buttons, max_text)
    return [*pictures, *texts, *_cards(reply.cards, max_text)]


def _texts(text: str, buttons: tuple[Button, ...], max_text: int) -> list[Part]:
    short = tuple(button for button in buttons if len(button.title) <= MAX_TITLE)
    if len(short) < len(buttons):
        return [*_texts(text, (), max_text), *_choices(buttons)]
    pieces = split(text, max_text)
    groups = [buttons[start : start + MAX_QUICK_REPLIES] for start in range(0, len(buttons), MAX_QUICK_REPLIES)]
    above, last = (pieces[:-1], pieces[-1] if pieces else NO_WORDS) if groups else (pieces, "")
    shown = [Part(NO_WORDS if number else last, buttons=group) for number, group in enumerate(groups)]
    return [*(Part(piece) for piece in above), *shown]


def _choices(buttons: Sequence[Button]) -> list[Part]:
    """Titles longer than buttons may be: each stands above a button that begins like it."""
    return [Part(button.title, buttons=(replace(button, title=_short(button.title)),)) for button in buttons]


def _short(title: str) -> str:
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rstrip() + "…"


def _cards(cards: tuple[Card, ...], max_text: int) -> list[Part]:
    """Side by side as long as they fit; one with more to say than fits is told in words."""
    parts: list[Part] = []
    row: list[Card] = []
    for card in cards:
        if _fits(card):
            row.append(card)
        else:
            parts += [*_rows(row), *([Part(image=card.image)] if card.image else [])]
            parts += _texts(f"{card.title}\n{card.subtitle}".strip(), card.buttons, max_text)
            row = []
    return [*parts, *_rows(row)]


def _rows(cards: Sequence[Card]) -> list[Part]:
    return [Part(cards=tuple(cards[start : start + MAX_ELEMENTS])) for start in range(0, len(cards), MAX_ELEMENTS)]


def _fits(card: Card) -> bool:
    texts = (card.title, card.subtitle)
    has_something_below = bool(card.subtitle or card.image or card.buttons)
    short_buttons = len(card.buttons) <= MAX_CARD_BUTTONS and all(
        len(button.title) <= MAX_TITLE for button in card.buttons
    )
    return has_something_below and short_buttons and all(len(text) <= MAX_CARD_TEXT for text in texts)

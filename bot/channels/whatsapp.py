"""`whatsapp`: the Cloud API. Signed webhook in, Graph API out; outside the 24 hours an approved template invites to write."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
from aiohttp import ClientError, web

from bot.channels.base import Abilities, Door, Malformed
from bot.channels.kept import Payloads, Progress
from bot.channels.meta import SIGNATURE, Graph, MetaWebhook
from bot.channels.pieces import split
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Button, Delivery, Document, Incoming, Reply
from bot.redis_client import Client

log = logging.getLogger(__name__)

MAX_TEXT, MAX_BODY, MAX_CAPTION = 4_096, 1_024, 1_024
MAX_BUTTONS, MAX_BUTTON_TITLE, MAX_BUTTON_ID = 3, 20, 256
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION, MAX_ROW_ID = 10, 24, 72, 200
CHOOSE = {"de": "Auswählen", "en": "Choose"}
NO_WORDS = "👇"

WINDOW_SECONDS = 24 * 3600
"""After a customer's message, WhatsApp lets us write freely for so long."""

KEPT_SECONDS = 30 * 24 * 3600
MEDIA_SECONDS = 25 * 24 * 3600
"""Less than Meta keeps an uploaded picture."""

UNREADABLE = {
    "audio": "voice", "image": "photo", "video": "video", "document": "document", "sticker": "sticker", "location": "location",
    "contacts": "contact", "order": "order", "unsupported": "unsupported",
}  # fmt: skip
"""What people send that is not text, by WhatsApp's word, and ours."""

NOT_SAID = frozenset({"reaction", "system"})
MAX_ID_LENGTH = 200

Body = dict[str, Any]
Picture = Callable[[str], Awaitable[bytes | str]]


@dataclass(frozen=True)
class Part:
    """What one call carries: a text, a picture with its caption, either above buttons, or a paper."""

    text: str = ""
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    document: Document | None = None


class WhatsAppChannel:
    """Chats with the shop's number. The account is the customer's number, or Meta's id of who hides it."""

    name = "whatsapp"
    abilities = Abilities(buttons=True, cards=True, images=True, documents=True, push=True, reply_window_hours=24)

    def __init__(
        self,
        webhook: MetaWebhook,
        graph: Graph,
        phone_id: str,
        templates: Mapping[str, str],
        redis: Client,
        picture: Picture,
    ) -> None:
        """`templates`: names of approved ones, by language."""
        self._proof = webhook
        self._graph = graph
        self._phone_id = phone_id
        self._templates = templates
        self._redis = redis
        self._payloads = Payloads(redis, self.name)
        self._progress = Progress(redis, self.name)
        self._picture = picture
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def challenge(request: web.Request) -> web.Response:
            return self._proof.challenge(request)

        async def webhook(request: web.Request) -> web.Response:
            body = await request.read()
            self._proof.verify(body, request.headers.get(SIGNATURE, ""))
            for message in parse(body, self._phone_id):
                await self._take(message, door)
            return web.json_response({"ok": True})

        return [
            web.get("/webhooks/whatsapp", challenge, allow_head=False),
            web.post("/webhooks/whatsapp", webhook),
        ]

    async def start(self, door: Door) -> None:
        await self._graph.start()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        await self._graph.stop()

    async def send(self, delivery: Delivery) -> None:
        if await self._redis.exists(_key("heard", delivery.account)):
            await self._send(delivery)
        else:
            await self._invite(delivery)

    async def _send(self, delivery: Delivery) -> None:
        send_part = partial(self._send_part, delivery.account, delivery.reply.language)
        await self._progress.send(delivery, parts(delivery.reply), send_part)

    async def _send_part(self, account: str, language: str, part: Part) -> None:
        if part.document:
            await self._send_document(account, part.document)
            return
        await self._call(account, await self._message(part, language))

    async def _message(self, part: Part, language: str) -> Body:
        image = await self._image(part) if part.image else None
        if part.buttons:
            return {"type": "interactive", "interactive": await self._interactive(part, image, language)}
        if image:
            caption = {"caption": part.text} if part.text else {}
            return {"type": "image", "image": {**image, **caption}}
        return {"type": "text", "text": {"body": part.text, "preview_url": "https://" in part.text}}

    async def _interactive(self, part: Part, image: Body | None, language: str) -> Body:
        body = {"body": {"text": part.text or NO_WORDS}}
        if _are_short(part.buttons):
            header = {"header": {"type": "image", "image": image}} if image else {}
            keys = [await self._payloads.carried(button.payload, MAX_BUTTON_ID) for button in part.buttons]
            buttons = [
                {"type": "reply", "reply": {"id": key, "title": button.title}}
                for key, button in zip(keys, part.buttons, strict=True)
            ]
            return {"type": "button", **header, **body, "action": {"buttons": buttons}}
        rows = [await self._row(button) for button in part.buttons]
        sections = [{"title": CHOOSE[language], "rows": rows}]
        return {"type": "list", **body, "action": {"button": CHOOSE[language], "sections": sections}}

    async def _row(self, button: Button) -> Body:
        """A title that is too long stands whole in the smaller line below."""
        row = {"id": await self._payloads.carried(button.payload, MAX_ROW_ID), "title": button.title}
        if len(button.title) > MAX_ROW_TITLE:
            row |= {"title": button.title[: MAX_ROW_TITLE - 1] + "…", "description": button.title[:MAX_ROW_DESCRIPTION]}
        return row

    async def _image(self, part: Part) -> Body | None:
        """None when there is no such picture, and the words must do. Raises TryAgain when there are none."""
        kept = f"nc:whatsapp:media:{sha256((part.image or '').encode()).hexdigest()[:32]}"
        if known := await self._redis.get(kept):
            return {"id": known.decode()}
        try:
            picture = await self._picture(part.image or "")
        except (ClientError, OSError, TimeoutError) as error:
            if not part.text:
                raise TryAgain("the picture does not load") from None
            log.warning("whatsapp: a picture was left out: %s", type(error).__name__)
            return None
        if isinstance(picture, str):
            return {"link": picture}
        uploaded = await self._graph.upload(f"{self._phone_id}/media", picture, "image/png")
        await self._redis.set(kept, uploaded, ex=MEDIA_SECONDS)
        return {"id": uploaded}

    async def _send_document(self, account: str, document: Document) -> None:
        """The text before it has its link, so a file that cannot be had now is no loss."""
        try:
            file = await self._picture(document.url)
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("whatsapp: a document was left out: %s", type(error).__name__)
            return
        media = (
            {"link": file}
            if isinstance(file, str)
            else {"id": await self._graph.upload(f"{self._phone_id}/media", file, "application/pdf")}
        )
        await self._call(account, {"type": "document", "document": {**media, "filename": f"{document.title}.pdf"}})

    async def _call(self, account: str, message: Body) -> None:
        to = {"to": account} if account.isdigit() else {"recipient": account}
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **to, **message}
        await self._graph.call(f"{self._phone_id}/messages", body)

    async def _invite(self, delivery: Delivery) -> None:
        """Outside the window: keeps the reply until the customer writes, and sends a template that invites to. Raises Undeliverable."""
        language = delivery.reply.language
        template = self._templates.get(language)
        if not template:
            raise Undeliverable("the 24 hours are over, and there is no template")
        if await self._redis.set(_key("invited", delivery.account), 1, ex=WINDOW_SECONDS, nx=True):
            try:
                name = {"name": template, "language": {"code": language, "policy": "deterministic"}}
                await self._call(delivery.account, {"type": "template", "template": name})
            except TryAgain:
                await self._redis.delete(_key("invited", delivery.account))
                raise
        kept = _key("kept", delivery.account)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.rpush(kept, delivery.encode())
            pipe.expire(kept, KEPT_SECONDS)
            await pipe.execute()

    async def _take(self, message: "Message", door: Door) -> None:
        incoming = message.incoming
        if message.hidden_as:
            incoming = replace(incoming, account=await self._known_as(message.hidden_as, incoming.account))
        if incoming.payload:
            incoming = replace(incoming, payload=await self._payloads.meant(incoming.payload))
        await self._redis.set(_key("heard", incoming.account), 1, ex=WINDOW_SECONDS)
        await self._redis.delete(_key("invited", incoming.account))
        await door.accept(incoming)
        if await self._redis.exists(_key("kept", incoming.account)):
            self._keep(self._catch_up(incoming.account))

    async def _known_as(self, user_id: str, account: str) -> str:
        """One account for who is seen with a number at one time, and only by Meta's id at another."""
        key = _key("user", user_id)
        if account != user_id:
            await self._redis.set(key, account)
            return account
        known = await self._redis.get(key)
        return known.decode() if known else user_id

    async def _catch_up(self, account: str) -> None:
        """Sends what was kept while the window was closed; what fails waits for the next message."""
        kept = _key("kept", account)
        while raw := await self._redis.lpop(kept):
            try:
                await self._send(Delivery.decode(raw))
            except TryAgain as error:
                await self._redis.lpush(kept, raw)
                log.warning("whatsapp: what was kept waits on: %s", error)
                return
            except Undeliverable as error:
                log.error("whatsapp: what was kept is lost: %s", error)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


@dataclass(frozen=True)
class Message:
    """One that was sent to us. `hidden_as` is Meta's id of the customer, where it says one."""

    incoming: Incoming
    hidden_as: str = ""


def parse(body: bytes, phone_id: str) -> list[Message]:
    """What was said to our number, in order; statuses are logged. Raises Malformed."""
    try:
        update = orjson.loads(body)
        if update["object"] != "whatsapp_business_account":
            raise Malformed("the body must be an update of WhatsApp")
        return list(_messages(update, phone_id))
    except (orjson.JSONDecodeError, AttributeError, IndexError, KeyError, TypeError):
        raise Malformed("the body must be an update of WhatsApp") from None


def _messages(update: Body, phone_id: str) -> Iterator[Message]:
    for entry in update["entry"]:
        for change in entry["changes"]:
            value = change["value"]
            if change["field"] == "messages" and value["metadata"]["phone_number_id"] == phone_id:
                _log_failures(value.get("statuses") or ())
                users = {contact.get("wa_id"): contact.get("user_id") for contact in value.get("contacts") or ()}
                for message in value.get("messages") or ():
                    if message["type"] not in NOT_SAID:
                        yield _message(message, users)


def _message(message: Body, users: Mapping[Any, Any]) -> Message:
    phone, user_id = message.get("from") or "", message.get("from_user_id") or users.get(message.get("from")) or ""
    text, payload = _said(message)
    kind = UNREADABLE.get(message["type"], "unsupported") if not text and payload is None else None
    media = message.get(message["type"])
    metadata: Body = {"unreadable": kind} if kind and message["type"] != "text" else {}
    if isinstance(media, dict) and isinstance(media.get("id"), str) and message["type"] not in ("text", "interactive"):
        metadata["media"] = {"kind": UNREADABLE.get(message["type"]), "id": media["id"]}
    fields = (phone, user_id, message["id"], text)
    if not all(isinstance(field, str) for field in fields) or not isinstance(payload, str | None):
        raise Malformed("from, id, text and payload must be strings")
    account = phone or user_id
    if not 0 < len(account) <= MAX_ID_LENGTH or not 0 < len(message["id"]) <= MAX_ID_LENGTH:
        raise Malformed("from or id is empty or too long")
    return Message(Incoming("whatsapp", account, message["id"], text, payload=payload, metadata=metadata), user_id)


def _said(message: Body) -> tuple[str, str | None]:
    """Words, and what a pressed button means."""
    match message["type"]:
        case "text":
            return message["text"]["body"], None
        case "interactive":
            chosen = message["interactive"][message["interactive"]["type"]]
            return chosen.get("description") or chosen["title"], chosen["id"]
        case "button":  # of a template
            return message["button"]["text"], None
        case kind:
            media = message.get(kind)
            return (media.get("caption") or "", None) if isinstance(media, dict) else ("", None)


def _log_failures(statuses: Sequence[Body]) -> None:
    for status in statuses:
        if status.get("status") == "failed":
            codes = [error.get("code") for error in status.get("errors") or ()]
            log.error("whatsapp: message=%s was not delivered: codes %s", str(status.get("id"))[:100], str(codes)[:100])


def parts(reply: Reply) -> list[Part]:
    """A reply as calls, in order; buttons hang on the last call of what they belong to."""
    cards = [
        part
        for card in reply.cards
        for part in _parts(f"{card.title}\n{card.subtitle}".strip(), card.image, card.buttons)
    ]
    papers = [Part(document=reply.document)] if reply.document else []
    return [*_parts(reply.text or "", reply.image, reply.buttons), *papers, *cards]


def _parts(text: str, image: str | None, buttons: tuple[Button, ...]) -> list[Part]:
    if image and len(text) <= MAX_CAPTION and (not buttons or (_are_short(buttons) and text)):
        return [Part(text, image, buttons)]
    pieces = split(text, MAX_BODY if buttons else MAX_TEXT)
    above, last = (pieces[:-1], pieces[-1]) if buttons and pieces else (pieces, "")
    pictures = [Part(image=image)] if image else []
    groups = [buttons[start : start + MAX_ROWS] for start in range(0, len(buttons), MAX_ROWS)]
    chosen = [Part(NO_WORDS if number else last, buttons=group) for number, group in enumerate(groups)]
    return [*pictures, *(Part(piece) for piece in above), *chosen]


def _are_short(buttons: Sequence[Button]) -> bool:
    return len(buttons) <= MAX_BUTTONS and all(len(button.title) <= MAX_BUTTON_TITLE for button in buttons)


def _key(kind: str, account: str) -> str:
    return f"nc:whatsapp:{kind}:{account}"

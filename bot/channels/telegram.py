"""`telegram`: webhook or long polling in, Bot API out. Types and sending by python-telegram-bot."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import orjson
from aiohttp import ClientError, web
from pydantic import SecretStr
from telegram import Bot, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, ChatMigrated, InvalidToken, RetryAfter, TelegramError
from telegram.error import Forbidden as BotForbidden
from telegram.request import HTTPXRequest

from bot.channels.base import Abilities, Door, Forbidden, Malformed, Refused
from bot.channels.kept import Payloads, Progress
from bot.channels.pieces import split, units
from bot.channels.references import meant_by
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Button, Card, Delivery, Document, Incoming, Reply
from bot.redis_client import Client

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
UPDATES = ["message", "edited_message", "callback_query"]
MAX_CALLBACK_BYTES = 64
MAX_CAPTION = 1_024
MAX_MESSAGE = 4_096
ROW_CHARACTERS = 28
"""Buttons share a row as long as their titles fit a phone's width."""

MAX_ROW_BUTTONS = 8
NO_WORDS = "👇"
"""Telegram shows no buttons without a text above them."""

POLL_SECONDS = 25
POLL_AGAIN_SECONDS = 3.0
STOP_SECONDS = 1.0
COMMANDS = {"/start": "/greet", "/help": "/help", "/hilfe": "/help", "/stop": "/stop"}
UNREADABLE = (
    "voice", "audio", "photo", "video", "video_note", "animation", "document", "sticker", "contact", "venue", "location",
    "poll", "dice", "story",
)  # fmt: skip
"""What people send that is not text."""

_NOT_AN_UPDATE = (ArithmeticError, AttributeError, LookupError, OSError, RecursionError, TypeError, ValueError)
"""What python-telegram-bot raises for JSON that has the shape of no update."""

Picture = Callable[[str], Awaitable[bytes | str]]
"""Makes a picture sendable: its address if Telegram can reach it, else its bytes."""


@dataclass(frozen=True)
class Part:
    """What one call of the Bot API carries: a text, a picture with its caption, or a paper."""

    text: str = ""
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    document: Document | None = None


class TelegramChannel:
    """Private chats with the shop's bot. The account is the chat's id."""

    name = "telegram"
    abilities = Abilities(buttons=True, cards=True, images=True, documents=True, push=True)

    def __init__(
        self,
        token: SecretStr,
        secret: SecretStr | None,
        api_url: str,
        redis: Client,
        picture: Picture,
        webhook_url: str | None,
    ) -> None:
        """`webhook_url` None means long polling."""
        self._requests = (HTTPXRequest(1, read_timeout=POLL_SECONDS + 10), HTTPXRequest(32, read_timeout=10))
        self._bot = _bot(token, api_url, *self._requests)
        self._secret = secret
        self._payloads = Payloads(redis, self.name)
        self._progress = Progress(redis, self.name)
        self._picture = picture
        self._webhook_url = webhook_url
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def webhook(request: web.Request) -> web.Response:
            self.verify(request.headers.get(SECRET_HEADER, ""))
            await self._take(parse_update(await request.read()), door)
            return web.json_response({"ok": True})

        return [web.post("/webhooks/telegram", webhook)] if self._webhook_url else []

    def verify(self, given: str) -> None:
        """Raises Forbidden unless Telegram sent the secret that we registered the webhook with."""
        expected = self._secret.get_secret_value() if self._secret else ""
        if not expected or not hmac.compare_digest(given.encode(errors="backslashreplace"), expected.encode()):
            raise Forbidden("the secret token is missing or wrong")

    async def start(self, door: Door) -> None:
        """Registers the webhook, or polls; tries again while Telegram does not answer."""
        if self._webhook_url and not self._secret:
            log.error("telegram: the webhook needs TELEGRAM_SECRET; nothing is accepted without it")
            return
        self._keep(self._register() if self._webhook_url else self._poll(door))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)
        await asyncio.gather(*(request.shutdown() for request in self._requests))

    async def send(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except RetryAfter as error:
            raise TryAgain("telegram asks for patience", float(error._retry_after.total_seconds())) from None
        except (BotForbidden, ChatMigrated, BadRequest) as error:
            raise Undeliverable(type(error).__name__) from None
        except TelegramError as error:
            raise TryAgain(type(error).__name__) from None

    async def _send(self, delivery: Delivery) -> None:
        send_part = partial(self._send_part, int(delivery.account))
        await self._progress.send(delivery, parts(delivery.reply), send_part)

    async def _send_part(self, chat: int, part: Part) -> None:
        if part.document:
            await self._send_document(chat, part.document)
            return
        keyboard = await self._keyboard(part.buttons)
        if part.image and await self._send_photo(chat, part, keyboard):
            return
        await self._bot.send_message(chat, part.text, reply_markup=keyboard)

    async def _send_document(self, chat: int, document: Document) -> None:
        """The text before it has its link, so a file that cannot be had now is no loss."""
        try:
            file = await self._picture(document.url)
            await self._bot.send_document(chat, file, filename=f"{document.title}.pdf")
        except (ClientError, OSError, TimeoutError, BadRequest) as error:
            log.warning("telegram: a document was left out: %s", type(error).__name__)

    async def _send_photo(self, chat: int, part: Part, keyboard: InlineKeyboardMarkup | None) -> bool:
        """False when there is no such picture, and the words must do. Raises TryAgain when there are none."""
        try:
            photo = await self._picture(part.image or "")
            await self._bot.send_photo(chat, photo, caption=part.text or None, reply_markup=keyboard)
        except (ClientError, OSError, TimeoutError, BadRequest) as error:
            if not part.text:
                raise error if isinstance(error, BadRequest) else TryAgain("the picture does not load") from None
            log.warning("telegram: a picture was left out: %s", type(error).__name__)
            return False
        return True

    async def _keyboard(self, buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
        if not buttons:
            return None
        return InlineKeyboardMarkup([[await self._key(button) for button in row] for row in rows(buttons)])

    async def _key(self, button: Button) -> InlineKeyboardButton:
        data = await self._payloads.carried(button.payload, MAX_CALLBACK_BYTES)
        return InlineKeyboardButton(button.title, callback_data=data)

    async def _take(self, update: Update, door: Door) -> None:
        incoming = parse(update)
        if incoming is None:
            return
        if incoming.payload:
            incoming = replace(incoming, payload=await self._payloads.meant(incoming.payload))
        await door.accept(incoming)
        if update.callback_query:
            self._keep(self._calm(update.callback_query))

    async def _calm(self, query: CallbackQuery) -> None:
        """Ends the button's spinner. The message is safe by then; an error here is only a spinner."""
        try:
            await self._bot.answer_callback_query(query.id)
        except TelegramError as error:
            log.info("telegram: callback not answered: %s", type(error).__name__)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _register(self) -> None:
        secret = self._secret.get_secret_value() if self._secret else None
        await self._insist(
            lambda: self._bot.set_webhook(self._webhook_url or "", secret_token=secret, allowed_updates=UPDATES)
        )

    async def _insist(self, call: Callable[[], Awaitable[object]]) -> bool:
        """Calls again until Telegram takes it. False when it never will."""
        while True:
            try:
                await call()
                return True
            except InvalidToken:
                log.error("telegram: TELEGRAM_TOKEN is not accepted; take the one that BotFather gave")
                return False
            except TelegramError as error:
                log.warning("telegram: webhook not set or removed yet: %s", type(error).__name__)
                await asyncio.sleep(POLL_AGAIN_SECONDS)

    async def _poll(self, door: Door) -> None:
        if not await self._insist(self._bot.delete_webhook):  # Telegram lets nobody poll while a webhook is set
            return
        offset: int | None = None
        while True:
            try:
                updates = await self._bot.get_updates(offset=offset, timeout=POLL_SECONDS, allowed_updates=UPDATES)
                for update in updates:
                    await self._take_polled(update, door)
                    offset = update.update_id + 1  # only now: an update that was not kept comes again
            except Exception as error:
                log.warning("telegram: polling again after %s", type(error).__name__)
                await asyncio.sleep(POLL_AGAIN_SECONDS)

    async def _take_polled(self, update: Update, door: Door) -> None:
        try:
            await self._take(update, door)
        except Refused as refused:
            log.warning("telegram update=%d refused: %s", update.update_id, refused.slug)


def parse_update(body: bytes) -> Update:
    """Raises Malformed for what is no update."""
    try:
        update = Update.de_json(orjson.loads(body), None)
        if type(update.update_id) is int:
            return update
    except _NOT_AN_UPDATE:
        pass
    raise Malformed("the body must be a Telegram update")


def parse(update: Update) -> Incoming | None:
    """What was said in a private chat, by text, edit or button; None for what is not for us. Raises Malformed."""
    try:
        incoming = _pressed(update, update.callback_query) if update.callback_query else _said(update)
    except _NOT_AN_UPDATE:
        raise Malformed("the update's fields are not what Telegram sends") from None
    if incoming and not (isinstance(incoming.text, str) and isinstance(incoming.payload, str | None)):
        raise Malformed("text and callback data must be strings")
    return incoming


def _said(update: Update) -> Incoming | None:
    message = update.message or update.edited_message
    if message is None or message.chat.type != "private":
        return None
    text = message.text or message.caption or ""
    kind = None if text else next((kind for kind in UNREADABLE if getattr(message, kind)), None)
    if not text and (kind is None or update.edited_message):  # a pinned message, a live location that moves on
        return None
    return Incoming(
        channel="telegram",
        account=str(int(message.chat.id)),
        message_id=str(update.update_id),
        text=text,
        payload=_command(text) if text.startswith("/") else None,
        language=_language(message.from_user.language_code if message.from_user else None),
        metadata=({"unreadable": kind} if kind else {}) | _media(message),
    )


def _command(text: str) -> str | None:
    """A link into the chat says behind /start where it comes from."""
    command, _, reference = text.partition(" ")
    known = COMMANDS.get(command.split("@")[0].lower())
    return (meant_by(reference.strip()) or known) if known == COMMANDS["/start"] else known


def _media(message: Message) -> dict[str, Any]:
    """Where a picture of a damage, or a paper, can be found again."""
    file = message.photo[-1] if message.photo else message.document
    return {"media": {"kind": "photo" if message.photo else "document", "id": file.file_id}} if file else {}


def _pressed(update: Update, query: CallbackQuery) -> Incoming | None:
    chat = query.message.chat if query.message else None
    if chat is None or chat.type != "private" or not query.data:
        return None
    return Incoming(
        channel="telegram",
        account=str(int(chat.id)),
        message_id=str(update.update_id),
        text=_title(query.message, query.data),
        payload=query.data,
        language=_language(query.from_user.language_code),
    )


def _title(message: Any, data: str) -> str:
    """What the pressed button said, read from the message that it belongs to; its data where that is too old to be shown."""
    keyboard = message.reply_markup if isinstance(message, Message) else None
    buttons = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    words = "" if data.startswith(("/", "#")) else data
    return next((button.text for button in buttons if button.callback_data == data), words)


def _language(code: str | None) -> str | None:
    return {"de": "de", "en": "en"}.get((code or "")[:2])


def rows(buttons: Sequence[Button]) -> list[list[Button]]:
    """Buttons in rows that a phone shows without cutting."""
    result: list[list[Button]] = []
    for button in buttons:
        width = sum(len(other.title) + 2 for other in result[-1]) if result else ROW_CHARACTERS
        if result and width + len(button.title) <= ROW_CHARACTERS and len(result[-1]) < MAX_ROW_BUTTONS:
            result[-1].append(button)
        else:
            result.append([button])
    return result


def parts(reply: Reply) -> list[Part]:
    """A reply as calls of the Bot API, in order; buttons hang on the last call of what they belong to."""
    cards = [part for card in reply.cards for part in _parts(_words(card), card.image, card.buttons)]
    papers = [Part(document=reply.document)] if reply.document else []
    return [*_parts(reply.text or "", reply.image, reply.buttons), *papers, *cards]


def _words(card: Card) -> str:
    return f"{card.title}\n{card.subtitle}".strip()


def _parts(text: str, image: str | None, buttons: tuple[Button, ...]) -> list[Part]:
    if image and units(text) <= MAX_CAPTION:
        return [Part(text, image, buttons)]
    words = text if text.strip() or not buttons else NO_WORDS
    pieces = split(words, MAX_MESSAGE)
    pictures = [Part(image=image)] if image else []
    return [
        *pictures,
        *(Part(piece) for piece in pieces[:-1]),
        *(Part(piece, buttons=buttons) for piece in pieces[-1:]),
    ]


def _bot(token: SecretStr, api_url: str, polling: HTTPXRequest, sending: HTTPXRequest) -> Bot:
    url = api_url.rstrip("/")
    return Bot(
        token.get_secret_value(),
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=sending,
        get_updates_request=polling,
    )

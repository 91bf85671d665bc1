"""`telegram`: webhook or long polling in, Bot API out. Types and sending by python-telegram-bot."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import Any

import orjson
from aiohttp import web
from pydantic import SecretStr
from redis.asyncio import Redis
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden as BotForbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.base import Abilities, Door, Forbidden, Malformed, Refused
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Button, Card, Delivery, Incoming

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - a header's name
UPDATES = ["message", "edited_message", "callback_query"]
MAX_CALLBACK_BYTES = 64
MAX_CAPTION = 1_024
MAX_MESSAGE = 4_096
ROW_CHARACTERS = 28
"""Buttons share a row as long as their titles fit a phone's width."""

PAYLOAD_SECONDS = 30 * 24 * 3600
POLL_SECONDS = 25
POLL_AGAIN_SECONDS = 3.0
COMMANDS = {"/start": "/greet", "/help": "/help", "/hilfe": "/help", "/stop": "/stop"}

Picture = Callable[[str], Awaitable[bytes | str]]
"""Makes a picture sendable: its address if Telegram can reach it, else its bytes."""


class TelegramChannel:
    """Private chats with the shop's bot. The account is the chat's id."""

    name = "telegram"
    abilities = Abilities(buttons=True, cards=True, images=True, documents=True, push=True)

    def __init__(
        self, token: SecretStr, secret: SecretStr | None, api_url: str, redis: Redis, picture: Picture, webhook_url: str | None
    ) -> None:
        """`webhook_url` None means long polling."""
        self._bot = _bot(token, api_url)
        self._secret = secret
        self._redis = redis
        self._picture = picture
        self._webhook_url = webhook_url
        self._task: asyncio.Task[None] | None = None

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        async def webhook(request: web.Request) -> web.Response:
            self.verify(request.headers.get(SECRET_HEADER, ""))
            await self._take(parse_update(await request.read()), door)
            return web.json_response({"ok": True})

        return [web.post("/webhooks/telegram", webhook)] if self._webhook_url else []

    def verify(self, given: str) -> None:
        """Raises Forbidden unless Telegram sent the secret that we registered the webhook with."""
        expected = self._secret.get_secret_value() if self._secret else ""
        if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
            raise Forbidden("the secret token is missing or wrong")

    async def start(self, door: Door) -> None:
        """Registers the webhook, or polls; tries again while Telegram does not answer."""
        self._task = asyncio.create_task(self._insist_on_webhook() if self._webhook_url else self._poll(door))

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def send(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except RetryAfter as error:
            raise TryAgain("telegram asks for patience", float(error._retry_after.total_seconds())) from None
        except (BotForbidden, ChatMigrated) as error:
            raise Undeliverable(type(error).__name__) from None
        except BadRequest as error:
            raise Undeliverable("BadRequest") from error
        except TelegramError as error:
            raise TryAgain(type(error).__name__) from None

    async def _send(self, delivery: Delivery) -> None:
        chat, reply = int(delivery.account), delivery.reply
        keyboard = await self._keyboard(reply.buttons)
        if reply.image:
            caption = reply.text if reply.text and len(reply.text) <= MAX_CAPTION else None
            await self._bot.send_photo(chat, await self._picture(reply.image), caption=caption, reply_markup=keyboard)
        if reply.text and not (reply.image and len(reply.text) <= MAX_CAPTION):
            await self._bot.send_message(chat, reply.text[:MAX_MESSAGE], reply_markup=None if reply.image else keyboard)
        for card in reply.cards:
            await self._send_card(chat, card)

    async def _send_card(self, chat: int, card: Card) -> None:
        text = f"{card.title}\n{card.subtitle}".strip()[:MAX_CAPTION]
        keyboard = await self._keyboard(card.buttons)
        if card.image:
            await self._bot.send_photo(chat, await self._picture(card.image), caption=text, reply_markup=keyboard)
        else:
            await self._bot.send_message(chat, text, reply_markup=keyboard)

    async def _keyboard(self, buttons: Sequence[Button]) -> InlineKeyboardMarkup | None:
        if not buttons:
            return None
        return InlineKeyboardMarkup([[await self._key(button) for button in row] for row in rows(buttons)])

    async def _key(self, button: Button) -> InlineKeyboardButton:
        """Telegram carries 64 bytes with a button; a longer payload is kept here and carried by its hash."""
        data = button.payload
        if len(data.encode()) > MAX_CALLBACK_BYTES:
            data = "#" + sha256(data.encode()).hexdigest()[:32]
            await self._redis.set(_payload_key(data), button.payload, ex=PAYLOAD_SECONDS)
        return InlineKeyboardButton(button.title, callback_data=data)

    async def _take(self, update: Update, door: Door) -> None:
        incoming = parse(update)
        if incoming is None:
            return
        if incoming.payload and incoming.payload.startswith("#"):
            incoming = await self._with_payload(incoming)
        await door.accept(incoming)
        if update.callback_query:
            await self._calm(update)

    async def _with_payload(self, incoming: Incoming) -> Incoming:
        from dataclasses import replace

        kept = await self._redis.get(_payload_key(incoming.payload or ""))
        return replace(incoming, payload=kept.decode() if kept else None)

    async def _calm(self, update: Update) -> None:
        """Ends the button's spinner. The message is safe by then; an error here is only a spinner."""
        try:
            await self._bot.answer_callback_query(update.callback_query.id)  # type: ignore[union-attr]
        except TelegramError as error:
            log.info("telegram update=%d callback not answered: %s", update.update_id, type(error).__name__)

    async def _insist_on_webhook(self) -> None:
        while True:
            try:
                secret = self._secret.get_secret_value() if self._secret else None
                await self._bot.set_webhook(self._webhook_url or "", secret_token=secret, allowed_updates=UPDATES)
                return
            except InvalidToken:
                log.error("telegram: TELEGRAM_TOKEN is not accepted; take the one that BotFather gave")
                return
            except TelegramError as error:
                log.warning("telegram: webhook not registered yet: %s", type(error).__name__)
                await asyncio.sleep(POLL_AGAIN_SECONDS)

    async def _poll(self, door: Door) -> None:
        offset: int | None = None
        while True:
            try:
                updates = await self._bot.get_updates(offset=offset, timeout=POLL_SECONDS, allowed_updates=UPDATES)
                for update in updates:
                    await self._take_polled(update, door)
                    offset = update.update_id + 1  # only now: an update that was not kept comes again
            except InvalidToken:
                log.error("telegram: TELEGRAM_TOKEN is not accepted; take the one that BotFather gave")
                return
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
        fields: Any = orjson.loads(body)
        update = Update.de_json(fields, None)
        if isinstance(update.update_id, int):
            return update
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError):
        pass
    raise Malformed("the body must be a Telegram update")


def parse(update: Update) -> Incoming | None:
    """What was said in a private chat, by text, edit or button; None for what is not for us."""
    if update.callback_query:
        return _pressed(update)
    message = update.message or update.edited_message
    if message is None or message.chat.type != "private":
        return None
    text = message.text or message.caption or ""
    return Incoming(
        channel="telegram",
        account=str(message.chat.id),
        message_id=str(update.update_id),
        text=text,
        payload=COMMANDS.get(text.split(maxsplit=1)[0].split("@")[0]) if text.startswith("/") else None,
        language=_language(message.from_user and message.from_user.language_code),
        metadata=_metadata(message),
    )


def _pressed(update: Update) -> Incoming | None:
    query = update.callback_query
    chat = query.message.chat if query and query.message else None
    if query is None or chat is None or chat.type != "private" or not query.data:
        return None
    return Incoming(
        channel="telegram",
        account=str(chat.id),
        message_id=str(update.update_id),
        text=_title(query.message, query.data),
        payload=query.data,
        language=_language(query.from_user.language_code),
    )


def _title(message: Any, data: str) -> str:
    """What the pressed button said, read from the message that it belongs to."""
    keyboard = message.reply_markup if isinstance(message, Message) else None
    buttons = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    return next((button.text for button in buttons if button.callback_data == data), "")


def _metadata(message: Message) -> dict[str, Any]:
    kind = next((kind for kind in ("voice", "audio", "photo", "video", "document", "sticker", "location") if getattr(message, kind)), None)
    return {"unreadable": kind} if kind and not (message.text or message.caption) else {}


def _language(code: str | None) -> str | None:
    return {"de": "de", "en": "en"}.get((code or "")[:2])


def rows(buttons: Sequence[Button]) -> list[list[Button]]:
    """Buttons in rows that a phone shows without cutting."""
    result: list[list[Button]] = []
    for button in buttons:
        width = sum(len(other.title) + 2 for other in result[-1]) if result else ROW_CHARACTERS
        if result and width + len(button.title) <= ROW_CHARACTERS:
            result[-1].append(button)
        else:
            result.append([button])
    return result


def _payload_key(data: str) -> str:
    return f"nc:telegram:payload:{data}"


def _bot(token: SecretStr, api_url: str) -> Bot:
    request = HTTPXRequest(connection_pool_size=32, read_timeout=10)
    return Bot(
        token.get_secret_value(),
        base_url=f"{api_url.rstrip('/')}/bot",
        base_file_url=f"{api_url.rstrip('/')}/file/bot",
        request=request,
        get_updates_request=HTTPXRequest(connection_pool_size=1, read_timeout=POLL_SECONDS + 10),
    )

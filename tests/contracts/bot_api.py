"""Telegram's Bot API, small: keeps its limits and its ways to refuse, and shows what a customer would see."""

import asyncio
import itertools
import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.pieces import units
from tests.contracts.lines import Shown
from tests.contracts.trouble import Troubles

TOKEN = "7104488213:AAF-a-token-of-the-contracts"
BOT = {"id": 7104488213, "is_bot": True, "first_name": "Nochannel", "username": "nochannel_bot"}
PICTURES = (b"\x89PNG", b"\xff\xd8\xff")

Fields = dict[str, Any]
Refusal = tuple[int, str, Fields]


class FakeBotApi:
    """The methods that the channel uses. Messages of ours are `sent`; `updates` are what a poller gets."""

    def __init__(self) -> None:
        self.sent: defaultdict[str, list[Fields]] = defaultdict(list)
        self.calls: list[tuple[str, Fields]] = []
        self.webhook: Fields | None = None
        self.updates: list[Fields] = []
        self.has_pictures = True
        self._troubles: Troubles[Refusal] = Troubles()
        self._blocked: set[str] = set()
        self._numbers = itertools.count(1000)
        self._arrived = asyncio.Event()
        self._methods: dict[str, Callable[[Fields], Any]] = {
            "sendMessage": self._send_message,
            "sendPhoto": self._send_photo,
            "sendDocument": self._send_document,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "answerCallbackQuery": lambda fields: True,
        }
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/bot{token}/getUpdates", self._get_updates)
        app.router.add_post("/bot{token}/{method}", self._call)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def fail(self, status: int, *, retry_after: int | None = None, after: int = 0) -> None:
        parameters = {"parameters": {"retry_after": retry_after}} if retry_after else {}
        self._troubles.refuse((status, "Something is wrong here", parameters), after)

    def hang_up(self) -> None:
        self._troubles.drop()

    def block(self, account: str) -> None:
        self._blocked.add(account)

    def shown(self, account: str) -> list[Shown]:
        return [
            Shown(
                message.get("text") or message.get("caption") or "",
                "photo" in message,
                tuple(button["text"] for button in keys(message)),
            )
            for message in self.sent[account]
        ]

    def count(self, method: str) -> int:
        return sum(1 for name, _ in self.calls if name == method)

    def push(self, *updates: Fields) -> None:
        self.updates.extend(updates)
        self._arrived.set()

    async def called(self, method: str, times: int = 1) -> None:
        """Returns when the method was called so often."""
        async with asyncio.timeout(5):
            while self.count(method) < times:
                await asyncio.sleep(0.002)

    async def _call(self, request: web.Request) -> web.Response:
        method, fields = request.match_info["method"], await _fields(request)
        if request.match_info["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        self.calls.append((method, fields))
        trouble = self._troubles.next(request) if method.startswith("send") else None
        try:
            if trouble:
                raise _Refused(*trouble)
            return web.json_response({"ok": True, "result": self._methods[method](fields)})
        except _Refused as refused:
            return _refused(*refused.args)

    async def _get_updates(self, request: web.Request) -> web.Response:
        fields = await _fields(request)
        self.calls.append(("getUpdates", fields))
        if self.webhook:
            return _refused(409, "Conflict: can't use getUpdates method while webhook is active")
        self.updates = [update for update in self.updates if update["update_id"] >= int(fields.get("offset", 0))]
        if not self.updates:
            self._arrived.clear()
            await self._arrived.wait()
        return web.json_response({"ok": True, "result": self.updates})

    def _send_message(self, fields: Fields) -> Fields:
        text = fields.get("text", "").strip()
        _refuse_if(not text, "Bad Request: message text is empty")
        _refuse_if(units(text) > 4096, "Bad Request: message is too long")
        return self._keep(fields, {"text": fields["text"]})

    def _send_photo(self, fields: Fields) -> Fields:
        photo, caption = fields["photo"], fields.get("caption", "")
        is_picture = isinstance(photo, bytes) and photo.startswith(PICTURES)
        is_reachable = isinstance(photo, str) and photo.startswith("https://")
        _refuse_if(not (is_picture or is_reachable), "Bad Request: wrong file identifier/HTTP URL specified")
        _refuse_if(not self.has_pictures, "Bad Request: failed to get HTTP URL content")
        _refuse_if(units(caption) > 1024, "Bad Request: message caption is too long")
        size = {"file_id": "AgACAgIAAx", "file_unique_id": "AQADx", "width": 640, "height": 480}
        return self._keep(fields, {"photo": [size], "caption": caption, "_photo": photo})

    def _send_document(self, fields: Fields) -> Fields:
        document = fields["document"]
        is_file = isinstance(document, bytes) and document.startswith(b"%PDF")
        is_reachable = isinstance(document, str) and document.startswith("https://")
        _refuse_if(not (is_file or is_reachable), "Bad Request: wrong file identifier/HTTP URL specified")
        return self._keep(fields, {"document": {"file_id": "BQACx", "file_unique_id": "AgADx"}, "_document": document})

    def _keep(self, fields: Fields, content: Fields) -> Fields:
        account = str(fields["chat_id"])
        _refuse_if(account in self._blocked, "Forbidden: bot was blocked by the user", 403)
        markup = _keyboard(fields.get("reply_markup"))
        chat = {"id": int(account), "type": "private", "first_name": "Kim"}
        message = {"message_id": next(self._numbers), "from": BOT, "chat": chat, "date": 1772443800, **content}
        self.sent[account].append(message | ({"reply_markup": markup} if markup else {}))
        return {name: value for name, value in self.sent[account][-1].items() if not name.startswith("_")}

    def _set_webhook(self, fields: Fields) -> bool:
        self.webhook = fields
        return True

    def _delete_webhook(self, fields: Fields) -> bool:
        self.webhook = None
        return True


class _Refused(Exception):
    """Status, description, further fields."""


def keys(message: Fields) -> list[Fields]:
    """The buttons under a message."""
    return [button for row in message.get("reply_markup", {}).get("inline_keyboard", []) for button in row]


def _keyboard(raw: str | None) -> Fields:
    markup: Fields = json.loads(raw or "{}")
    for button in keys({"reply_markup": markup}):
        _refuse_if(not button["text"], "Bad Request: text buttons are unallowed in the inline keyboard")
        _refuse_if(not 1 <= len(button["callback_data"].encode()) <= 64, "Bad Request: BUTTON_DATA_INVALID")
    _refuse_if(any(len(row) > 8 for row in markup.get("inline_keyboard", [])), "Bad Request: too many buttons in a row")
    return markup


async def _fields(request: web.Request) -> Fields:
    form = await request.post()
    return {name: value.file.read() if isinstance(value, web.FileField) else value for name, value in form.items()}


def _refuse_if(wrong: bool, description: str, status: int = 400) -> None:
    if wrong:
        raise _Refused(status, description)


def _refused(status: int, description: str, more: Fields | None = None) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description, **(more or {})}
    return web.json_response(body, status=status)

"""Meta's Graph API, small: keeps the limits of WhatsApp and of Messenger, and shows what a customer would see."""

import itertools
import json
from collections import defaultdict
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.pieces import units
from tests.contracts.lines import Shown
from tests.contracts.trouble import Troubles

TOKEN = "EAAG-a-token-of-the-contracts"
PHONE_ID = "106540352242922"
MEDIA = "1037543291543636"

Fields = dict[str, Any]
Refusal = tuple[int, int, str | None]
"""Status, Meta's code, Retry-After."""


class FakeGraph:
    """`POST /{phone}/messages`, `/{phone}/media` and `/me/messages`. What was taken is `sent`, by account."""

    def __init__(self, max_text: int = 2_000) -> None:
        self.sent: defaultdict[str, list[Fields]] = defaultdict(list)
        self.uploads = 0
        self._max_text = max_text
        self._troubles: Troubles[Refusal] = Troubles()
        self._blocked: set[str] = set()
        self._numbers = itertools.count(1)
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post(f"/v23.0/{PHONE_ID}/messages", self._whatsapp)
        app.router.add_post(f"/v23.0/{PHONE_ID}/media", self._media)
        app.router.add_post("/v23.0/me/messages", self._page)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/v23.0"))

    def fail(self, status: int, *, retry_after: int | None = None, after: int = 0, code: int | None = None) -> None:
        codes = {429: 130429}
        refusal = (status, code or codes.get(status, 131016), str(retry_after) if retry_after else None)
        self._troubles.refuse(refusal, after)

    def hang_up(self) -> None:
        self._troubles.drop()

    def block(self, account: str) -> None:
        self._blocked.add(account)

    def shown(self, account: str) -> list[Shown]:
        return [shown for message in self.sent[account] for shown in _shown(message)]

    async def _whatsapp(self, request: web.Request) -> web.Response:
        return await self._call(request, _check_whatsapp, lambda fields: fields.get("to") or fields["recipient"])

    async def _page(self, request: web.Request) -> web.Response:
        return await self._call(request, self._check_page, lambda fields: fields["recipient"]["id"])

    async def _media(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        if form["messaging_product"] != "whatsapp" or not isinstance(file, web.FileField) or not file.file.read():
            return _refused(400, 100)
        self.uploads += 1
        return web.json_response({"id": MEDIA})

    async def _call(self, request: web.Request, check: Any, account_of: Any) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refused(401, 190)
        fields = json.loads(await request.read())
        trouble = self._troubles.next(request)
        if trouble:
            return _refused(*trouble)
        try:
            check(fields)
        except (AssertionError, KeyError, TypeError):
            return _refused(400, 100)
        account = account_of(fields)
        if account in self._blocked:
            return _refused(400, 131026)
        self.sent[account].append(fields)
        taken = {
            "messages": [{"id": f"wamid.{next(self._numbers)}"}],
            "contacts": [{"input": account, "wa_id": account}],
        }
        return web.json_response({"messaging_product": "whatsapp", **taken})

    def _check_page(self, fields: Fields) -> None:
        assert fields["messaging_type"] in ("RESPONSE", "UPDATE", "MESSAGE_TAG")
        message = fields["message"]
        assert ("text" in message) != ("attachment" in message)
        assert 0 < units(message.get("text", "x")) <= self._max_text
        replies = message.get("quick_replies", [])
        assert len(replies) <= 13
        for reply in replies:
            assert reply["content_type"] == "text"
            assert 0 < len(reply["title"]) <= 20
            assert 0 < len(reply["payload"]) <= 1_000
        if "attachment" in message and message["attachment"]["type"] == "template":
            payload = message["attachment"]["payload"]
            assert payload["template_type"] == "generic"
            assert 1 <= len(payload["elements"]) <= 10
            for element in payload["elements"]:
                _check_element(element)


def _check_element(element: Fields) -> None:
    assert 0 < len(element["title"]) <= 80
    assert len(element.get("subtitle", "")) <= 80
    assert set(element) - {"title"}, "an element needs more than a title"
    assert element.get("image_url", "https://").startswith("https://")
    buttons = element.get("buttons")
    assert buttons is None or 1 <= len(buttons) <= 3
    for button in buttons or ():
        assert button["type"] == "postback"
        assert 0 < len(button["title"]) <= 20
        assert 0 < len(button["payload"]) <= 1_000


def _check_whatsapp(fields: Fields) -> None:
    assert fields["messaging_product"] == "whatsapp"
    assert fields["recipient_type"] == "individual"
    kind = fields["type"]
    content = fields[kind]
    match kind:
        case "text":
            assert 0 < units(content["body"]) <= 4_096
        case "image":
            _check_media(content)
            assert units(content.get("caption", "")) <= 1_024
        case "document":
            _check_media(content)
            assert content["filename"].endswith(".pdf")
        case "interactive":
            _check_interactive(content)
        case "template":
            assert content["name"]
            assert content["language"] == {"code": content["language"]["code"], "policy": "deterministic"}
        case _:
            raise AssertionError(kind)


def _check_media(media: Fields) -> None:
    assert ("link" in media) != ("id" in media)
    assert media.get("link", "https://").startswith("https://")
    assert media.get("id", MEDIA) == MEDIA


def _check_interactive(content: Fields) -> None:
    assert 0 < units(content["body"]["text"]) <= 1_024
    action = content["action"]
    if "header" in content:
        assert content["type"] == "button"
        _check_media(content["header"]["image"])
    if content["type"] == "button":
        assert 1 <= len(action["buttons"]) <= 3
        for button in action["buttons"]:
            assert 0 < len(button["reply"]["title"]) <= 20
            assert 0 < len(button["reply"]["id"]) <= 256
        assert len({button["reply"]["title"] for button in action["buttons"]}) == len(action["buttons"])
    else:
        assert content["type"] == "list"
        assert 0 < len(action["button"]) <= 20
        rows = [row for section in action["sections"] for row in section["rows"]]
        assert 1 <= len(rows) <= 10
        for row in rows:
            assert 0 < len(row["title"]) <= 24
            assert len(row.get("description", "")) <= 72
            assert 0 < len(row["id"]) <= 200


def choices(message: Fields) -> list[tuple[str, Fields]]:
    """What can be pressed under a message: what a customer reads there, and what Meta then sends."""
    content = message.get("interactive")
    if content and content["type"] == "button":
        return [
            (b["reply"]["title"], {"type": "button_reply", "button_reply": b["reply"]})
            for b in content["action"]["buttons"]
        ]
    if content:
        rows = [row for section in content["action"]["sections"] for row in section["rows"]]
        return [(row.get("description") or row["title"], {"type": "list_reply", "list_reply": row}) for row in rows]
    inner = message.get("message") or {}
    replies = inner.get("quick_replies") or []
    if len(replies) == 1 and replies[0]["title"].endswith("…"):  # the words above it begin like it and say it whole
        return [(inner["text"], replies[0])]
    return [(reply["title"], reply) for reply in replies]


def _shown(message: Fields) -> list[Shown]:
    titles = tuple(title for title, _ in choices(message))
    if "message" in message:
        return _shown_on_page(message["message"], titles)
    kind = message["type"]
    if kind == "interactive":
        content = message["interactive"]
        return [Shown(content["body"]["text"], "header" in content, titles)]
    if kind == "image":
        return [Shown(message["image"].get("caption", ""), True)]
    if kind == "document":
        return [Shown(f"file {message['document']['filename']}")]
    return [Shown(message["text"]["body"])] if kind == "text" else [Shown(f"template {message['template']['name']}")]


def _shown_on_page(message: Fields, titles: tuple[str, ...]) -> list[Shown]:
    attachment = message.get("attachment")
    if attachment is None:
        return [Shown(message["text"], False, titles)]
    if attachment["type"] == "image":
        return [Shown("", True, titles)]
    return [
        Shown(
            f"{element['title']}\n{element.get('subtitle', '')}".strip(),
            "image_url" in element,
            tuple(button["title"] for button in element.get("buttons", ())),
        )
        for element in attachment["payload"]["elements"]
    ]


def _refused(status: int, code: int, retry_after: str | None = None) -> web.Response:
    error = {"message": f"(#{code}) something of the customer's words", "type": "OAuthException", "code": code}
    headers = {"Retry-After": retry_after} if retry_after else {}
    return web.json_response({"error": error}, status=status, headers=headers)

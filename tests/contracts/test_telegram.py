"""`telegram`: the contracts, and what only Telegram has."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from telegram import TelegramObject, Update

from bot.channels import telegram
from bot.channels.telegram import SECRET_HEADER
from bot.messages import Button, Card, Document, Reply
from bot.settings import Settings
from tests.contracts.bot_api import TOKEN, FakeBotApi, keys
from tests.contracts.channel import CARDS, LONG_PAYLOAD, PICTURE, ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import PNG, UNLIMITED, Switchboard, settings
from tests.contracts.vendor import VendorContract
from tests.contracts.webhook import WebhookContract

SECRET = "a-webhook-secret_of-the-contracts"
PAYLOADS = Path(__file__).parents[1] / "payloads" / "telegram"
KIM = "519820471"
NOT_FOR_US = (
    "group_text", "button_in_a_group", "button_of_an_inline_message", "button_of_a_game", "channel_post", "reaction",
    "added_to_a_group", "blocked_by_the_customer", "pinned_message", "auto_delete_timer_changed", "live_location_that_moved",
)  # fmt: skip
UNREADABLE = ("voice", "photo", "video", "video_note", "document", "sticker", "location", "contact", "dice")

# python-telegram-bot warns, at every 429, about an attribute that its own constructor reads
pytestmark = pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")


def payload(name: str) -> dict[str, Any]:
    """An update as Telegram sends it."""
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


class TelegramLine:
    """Kim, in a private chat with the bot."""

    account = KIM
    other_account = "610033224"

    def __init__(self, board: Switchboard, vendor: FakeBotApi) -> None:
        self.board = board
        self.vendor = vendor

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.delivers(self._update(text, message_id))

    async def delivers(self, update: dict[str, Any]) -> Receipt:
        """Telegram's own call."""
        headers = {SECRET_HEADER: SECRET}
        async with self.board.http.post("/webhooks/telegram", json=update, headers=headers) as response:
            retry_after = response.headers.get("Retry-After")
            return Receipt(response.status, int(retry_after) if retry_after else None)

    async def presses(self, title: str) -> Receipt:
        message, key = next(
            (message, key)
            for message in self.vendor.sent[self.account]
            for key in keys(message)
            if key["text"] == title
        )
        update = payload("button")
        shown = {name: value for name, value in message.items() if not name.startswith("_")}
        update["callback_query"] |= {"message": shown, "data": key["callback_data"]}
        return await self.delivers(update)

    async def sees(self) -> list[Shown]:
        return self.vendor.shown(self.account)

    def call(self, text: str, message_id: str) -> Call:
        return Call("/webhooks/telegram", json.dumps(self._update(text, message_id)).encode(), {SECRET_HEADER: SECRET})

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        secrets = {"none": {}, "empty": "", "wrong": "x" * len(SECRET), "shorter": SECRET[:-1], "longer": SECRET + "x"}
        return {
            why: Call(genuine.path, genuine.body, {SECRET_HEADER: secret} if isinstance(secret, str) else {})
            for why, secret in secrets.items()
        }

    def malformed(self) -> Sequence[bytes]:
        message = payload("text")["message"]
        spoiled: list[Any] = [
            {},
            {"update_id": "1", "message": message},
            {"update_id": True, "message": message},
            {"update_id": 1, "message": "hallo"},
            {"update_id": 1, "message": {**message, "date": 10**20}},
            {"update_id": 1, "message": {**message, "text": ["hallo"]}},
            {"update_id": 1, "message": {**message, "chat": {"id": {}, "type": "private"}}},
            {"update_id": 1, "message": {**message, "from": {**message["from"], "language_code": 5}}},
            {"update_id": 1, "callback_query": {**payload("button")["callback_query"], "data": {"a": 1}}},
        ]
        return [json.dumps(body).encode() for body in [*spoiled, _nested(900)]]

    def _update(self, text: str, message_id: str) -> dict[str, Any]:
        update = payload("text")
        update["update_id"] += int(message_id)
        update["message"]["text"] = text
        return update


def _nested(depth: int) -> dict[str, Any]:
    """Answers to answers to answers, more than Python can follow."""
    message: dict[str, Any] = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "hallo"}
    inner = message
    for _ in range(depth):
        inner = {**message, "reply_to_message": inner}
    return {"update_id": 1, "message": inner}


def telegram_settings(vendor: FakeBotApi, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "telegram_token": SecretStr(TOKEN),
        "telegram_secret": SecretStr(SECRET),
        "telegram_mode": "webhook",
        "telegram_api_url": vendor.url,
    }
    return settings(**given | changes)


@pytest.fixture
async def vendor(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeBotApi]:
    monkeypatch.setattr(telegram, "POLL_AGAIN_SECONDS", 0.01)
    api = FakeBotApi()
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


@pytest.fixture
async def line(open_switchboard: Open, vendor: FakeBotApi) -> TelegramLine:
    return TelegramLine(await open_switchboard("telegram", telegram_settings(vendor)), vendor)


@pytest.fixture
async def webhook(open_switchboard: Open, vendor: FakeBotApi) -> TelegramLine:
    """Of a customer who may do a lot."""
    return TelegramLine(await open_switchboard("telegram", telegram_settings(vendor, **UNLIMITED)), vendor)


class TestTelegram(ChannelContract, WebhookContract, VendorContract):
    """All three contracts."""


@pytest.mark.parametrize("name", [path.stem for path in PAYLOADS.glob("*.json")])
def test_our_payloads_have_no_field_that_telegram_has_not(name: str) -> None:
    assert _unknown_fields(Update.de_json(payload(name), None)) == []


async def test_the_webhook_is_registered_with_its_secret(line: TelegramLine) -> None:
    await line.vendor.called("setWebhook")
    [(_, fields)] = line.vendor.calls
    assert fields["url"] == "http://localhost:8080/webhooks/telegram"
    assert fields["secret_token"] == SECRET
    assert json.loads(fields["allowed_updates"]) == ["message", "edited_message", "callback_query"]


async def test_without_a_secret_nothing_is_registered_and_nothing_accepted(
    open_switchboard: Open, vendor: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    board = await open_switchboard("telegram", telegram_settings(vendor, telegram_secret=None))
    line = TelegramLine(board, vendor)
    assert (await line.says("hallo", "1")).status == 403
    async with board.http.post("/webhooks/telegram", json=payload("text"), headers={SECRET_HEADER: ""}) as response:
        assert response.status == 403
    assert vendor.calls == []
    assert "TELEGRAM_SECRET" in caplog.text


async def test_an_edit_is_answered_as_a_new_message(line: TelegramLine) -> None:
    async with line.board.working():
        await line.delivers(payload("text"))
        await line.delivers(payload("edited_text"))
        await line.board.quiet(KIM)
    assert [heard.text for heard in line.board.dialogue.heard] == [
        "was habt ihr für drohnen?",
        "was habt ihr für e-bikes?",
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("start", "/greet"),
        ("start_deep_link", '/ask_product{"product": "aeropix-mini"}'),
        ("start_with_a_code", '/link_channel{"code": "Zm9vYmFyYmF6cXV4cXV1eA"}'),
        ("help", "/help"),
        ("unknown_command", None),
    ],
)
async def test_commands_mean_intents(line: TelegramLine, name: str, meant: str | None) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.payload == meant


@pytest.mark.parametrize(
    ("name", "language"), [("text", "de"), ("text_english", "en"), ("text_without_language", None), ("button", "de")]
)
async def test_the_phones_language_is_a_hint(line: TelegramLine, name: str, language: str | None) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.language == language


@pytest.mark.parametrize("name", NOT_FOR_US)
async def test_what_is_not_said_to_us_in_private_is_left_alone(line: TelegramLine, name: str) -> None:
    assert (await line.delivers(payload(name))).status == 200
    assert await line.board.traces() == []


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_named(line: TelegramLine, name: str) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.metadata["unreadable"]) == ("", name)
    assert ("media" in incoming.metadata) is (name in ("photo", "document"))


async def test_a_caption_is_read(line: TelegramLine) -> None:
    await line.delivers(payload("photo_with_caption"))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.text == "mein flügel ist gebrochen"
    assert "unreadable" not in incoming.metadata
    assert incoming.metadata["media"]["kind"] == "photo"


async def test_a_pressed_button_is_told_by_its_title_and_stops_spinning(line: TelegramLine) -> None:
    await line.delivers(payload("button"))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.text == "Mini"
    await line.vendor.called("answerCallbackQuery")
    assert ("answerCallbackQuery", {"callback_query_id": "2232611723581432197"}) in line.vendor.calls


async def test_a_button_under_a_message_that_telegram_forgot_still_works(line: TelegramLine) -> None:
    await line.delivers(payload("button_of_an_old_message"))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.payload) == ("", "/affirm")


async def test_words_behind_a_forgotten_button_are_what_was_said(line: TelegramLine) -> None:
    update = payload("button_of_an_old_message")
    update["callback_query"]["data"] = "Rot"
    await line.delivers(update)
    [incoming] = await line.board.waiting(KIM)
    assert incoming.text == "Rot"


async def test_a_long_payload_that_we_forgot_is_understood_by_its_title(line: TelegramLine) -> None:
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Welche?", buttons=(Button("Die schwarze", LONG_PAYLOAD),)))
        await line.board.quiet(KIM)
    await line.board.redis.flushall()
    await line.presses("Die schwarze")
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.payload) == ("Die schwarze", None)


async def test_pictures_that_only_we_can_reach_are_uploaded(line: TelegramLine) -> None:
    async with line.board.working():
        await line.board.deliver(KIM, Reply(cards=CARDS[:1]))
        await line.board.quiet(KIM)
    [message] = line.vendor.sent[KIM]
    assert message["_photo"] == PNG
    assert message["caption"] == "AeroPix Mini\nab 499,00 €"


@pytest.mark.parametrize("trouble", [aiohttp.ClientError(), TimeoutError(), OSError(), None])
async def test_without_its_picture_a_card_is_shown_in_words(line: TelegramLine, trouble: Exception | None) -> None:
    line.board.no_picture = trouble
    line.vendor.has_pictures = trouble is not None
    async with line.board.working():
        await line.board.deliver(KIM, Reply(cards=CARDS[:1]), Reply(text="Welche?"))
        await line.board.quiet(KIM)
    assert line.vendor.shown(KIM) == [Shown("AeroPix Mini\nab 499,00 €", False, ("Nehmen",)), Shown("Welche?")]


async def test_a_picture_without_words_waits_for_the_shop(line: TelegramLine) -> None:
    line.board.no_picture = aiohttp.ClientError()
    async with line.board.working():
        await line.board.deliver(KIM, Reply(image=PICTURE))
        await line.board.postponed(KIM)
        line.board.no_picture = None
        line.board.clock.passes(1)
        await line.board.quiet(KIM)
    assert line.vendor.shown(KIM) == [Shown(has_picture=True)]


async def test_buttons_without_words_are_shown(line: TelegramLine) -> None:
    async with line.board.working():
        await line.board.deliver(KIM, Reply(buttons=(Button("Ja", "/affirm"),)), Reply(cards=(Card("AeroPix"),)))
        await line.board.quiet(KIM)
    assert [shown.buttons for shown in line.vendor.shown(KIM)] == [("Ja",), ()]


async def test_polling_takes_each_update_once_and_in_order(open_switchboard: Open, vendor: FakeBotApi) -> None:
    vendor.webhook = {"url": "https://an-earlier-life.example"}  # Telegram lets nobody poll while a webhook is set
    board = await open_switchboard("telegram", telegram_settings(vendor, telegram_mode="polling", telegram_secret=None))
    async with board.working():
        vendor.push(payload("start"), payload("group_text"))
        await vendor.called("getUpdates", 2)
        vendor.push(payload("text_english"))
        await vendor.called("getUpdates", 3)
        await board.quiet(KIM)
    assert [heard.text for heard in board.dialogue.heard] == ["/start", "which drones do you have?"]
    assert vendor.webhook is None
    polls = [fields for method, fields in vendor.calls if method == "getUpdates"]
    assert polls[-1]["offset"] == str(payload("text_english")["update_id"] + 1)
    async with board.http.post("/webhooks/telegram", json=payload("text"), headers={SECRET_HEADER: ""}) as response:
        assert response.status == 404


async def test_a_token_that_telegram_does_not_know_is_said_and_not_tried_for_ever(
    open_switchboard: Open, vendor: FakeBotApi, caplog: pytest.LogCaptureFixture
) -> None:
    await open_switchboard("telegram", telegram_settings(vendor, telegram_token=SecretStr("1:wrong")))
    async with asyncio.timeout(5):
        while "TELEGRAM_TOKEN is not accepted" not in caplog.text:
            await asyncio.sleep(0.002)
    assert "1:wrong" not in caplog.text


def _unknown_fields(part: object) -> list[str]:
    """Names that python-telegram-bot, which knows the Bot API, does not know."""
    if isinstance(part, TelegramObject):
        inner = [name for slot in vars_of(part) for name in _unknown_fields(getattr(part, slot, None))]
        return [*part.api_kwargs, *inner]
    return [name for item in part for name in _unknown_fields(item)] if isinstance(part, list | tuple) else []


def vars_of(part: TelegramObject) -> list[str]:
    return [slot for kind in type(part).__mro__ for slot in getattr(kind, "__slots__", ()) if not slot.startswith("_")]


INVOICE = Reply(text="Hier ist die Rechnung.", document=Document("2026-000001", "http://localhost:8080/documents/abc"))


async def test_a_paper_comes_as_a_file_behind_its_words(line: TelegramLine) -> None:
    line.board.picture = b"%PDF-1.7 the invoice"
    async with line.board.working():
        await line.board.deliver(KIM, INVOICE)
        await line.board.quiet(KIM)
    text, file = line.vendor.sent[KIM]
    assert text["text"] == "Hier ist die Rechnung."
    assert file["_document"] == b"%PDF-1.7 the invoice"


async def test_a_paper_that_cannot_be_had_costs_no_words(line: TelegramLine) -> None:
    line.board.no_picture = aiohttp.ClientError()
    async with line.board.working():
        await line.board.deliver(KIM, INVOICE, Reply(text="Noch etwas?"))
        await line.board.quiet(KIM)
    assert [shown.text for shown in await line.sees()] == ["Hier ist die Rechnung.", "Noch etwas?"]

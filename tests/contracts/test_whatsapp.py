"""`whatsapp`: the contracts, and what only WhatsApp has."""

import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.meta import SIGNATURE
from bot.messages import Button, Document, Reply
from bot.settings import Settings
from tests.contracts.channel import ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.graph_api import PHONE_ID, TOKEN, FakeGraph, choices
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.vendor import VendorContract
from tests.contracts.webhook import WebhookContract

APP_SECRET, VERIFY_TOKEN = "an-app-secret-of-the-contracts", "a-word-of-our-own"
PAYLOADS = Path(__file__).parents[1] / "payloads" / "whatsapp"
PATH = "/webhooks/whatsapp"
KIM, HIDDEN = "491701234567", "DE.13491208655302741918"


def payload(name: str) -> dict[str, Any]:
    """An update as Meta sends it."""
    update: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return update


def message_of(update: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = update["entry"][0]["changes"][0]["value"]["messages"][0]
    return message


def signature(body: bytes, secret: str = APP_SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()


class WhatsAppLine:
    """Kim, in a chat with the shop's number."""

    account = KIM
    other_account = "491707654321"

    def __init__(self, board: Switchboard, vendor: FakeGraph) -> None:
        self.board = board
        self.vendor = vendor

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.delivers(self._update(text, message_id))

    async def delivers(self, update: dict[str, Any]) -> Receipt:
        call = self.signed(json.dumps(update).encode())
        async with self.board.http.post(call.path, data=call.body, headers=call.headers) as response:
            retry_after = response.headers.get("Retry-After")
            return Receipt(response.status, int(retry_after) if retry_after else None)

    async def presses(self, title: str) -> Receipt:
        pressed = next(
            meant for message in self.vendor.sent[self.account] for said, meant in choices(message) if said == title
        )
        update = payload("button_reply")
        message_of(update)["interactive"] = pressed
        return await self.delivers(update)

    async def sees(self) -> list[Shown]:
        return self.vendor.shown(self.account)

    def signed(self, body: bytes) -> Call:
        return Call(PATH, body, {SIGNATURE: signature(body)})

    def call(self, text: str, message_id: str) -> Call:
        return self.signed(json.dumps(self._update(text, message_id)).encode())

    def forged(self) -> Mapping[str, Call]:
        body = self.call("hallo", "1").body
        signatures = {
            "none": None,
            "empty": "",
            "of another body": signature(b"{}"),
            "with another secret": signature(body, "x" * 20),
            "without its name": signature(body).removeprefix("sha256="),
            "cut": signature(body)[:-1],
        }
        return {
            why: Call(PATH, body, {SIGNATURE: given} if given is not None else {}) for why, given in signatures.items()
        }

    def malformed(self) -> Sequence[bytes]:
        spoiled: list[Any] = [
            {},
            {"object": "page", "entry": []},
            {"object": "whatsapp_business_account", "entry": [1]},
        ]
        changes: list[dict[str, Any]] = [
            {"from": 5},
            {"id": None},
            {"id": ""},
            {"from": "9" * 300},
            {"text": "hallo"},
            {"text": {"body": 5}},
            {"type": []},
        ]
        for change in changes:
            update = payload("text")
            message_of(update).update(change)
            spoiled.append(update)
        return [json.dumps(body).encode() for body in spoiled]

    def _update(self, text: str, message_id: str) -> dict[str, Any]:
        update = payload("text")
        message_of(update)["id"] += message_id
        message_of(update)["text"]["body"] = text
        return update


def whatsapp_settings(vendor: FakeGraph, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "meta_app_secret": SecretStr(APP_SECRET),
        "meta_verify_token": SecretStr(VERIFY_TOKEN),
        "meta_api_url": vendor.url,
        "whatsapp_token": SecretStr(TOKEN),
        "whatsapp_phone_id": PHONE_ID,
    }
    return settings(**given | changes)


@pytest.fixture
async def vendor() -> AsyncIterator[FakeGraph]:
    api = FakeGraph()
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


@pytest.fixture
async def line(open_switchboard: Open, vendor: FakeGraph) -> WhatsAppLine:
    """Of customers who wrote today."""
    line = WhatsAppLine(await open_switchboard("whatsapp", whatsapp_settings(vendor)), vendor)
    for account in (line.account, line.other_account):
        await line.board.redis.set(f"nc:whatsapp:heard:{account}", 1, ex=3600)
    return line


@pytest.fixture
async def webhook(open_switchboard: Open, vendor: FakeGraph) -> WhatsAppLine:
    """Of a customer who may do a lot."""
    return WhatsAppLine(await open_switchboard("whatsapp", whatsapp_settings(vendor, **UNLIMITED)), vendor)


class TestWhatsApp(ChannelContract, WebhookContract, VendorContract):
    """All three contracts."""


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}, 200),
        ({"hub.mode": "subscribe", "hub.verify_token": "wrong", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "subscribe", "hub.challenge": "1158201444"}, 403),
        ({"hub.mode": "unsubscribe", "hub.verify_token": VERIFY_TOKEN}, 403),
        ({}, 403),
    ],
)
async def test_the_webhook_answers_metas_question(line: WhatsAppLine, query: dict[str, str], status: int) -> None:
    async with line.board.http.get(PATH, params=query) as response:
        assert response.status == status
        assert (await response.text() == "1158201444") is (status == 200)


async def test_without_an_app_secret_nothing_is_accepted(open_switchboard: Open, vendor: FakeGraph) -> None:
    board = await open_switchboard("whatsapp", whatsapp_settings(vendor, meta_app_secret=None, meta_verify_token=None))
    line = WhatsAppLine(board, vendor)
    assert (await line.says("hallo", "1")).status == 403
    body = line.call("hallo", "1").body
    async with board.http.post(PATH, data=body, headers={SIGNATURE: signature(body, "")}) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("button_reply", "Ja", "/affirm"),
        ("list_reply", "ab 499 €", '/ask_product{"product": "aeropix-mini"}'),
        ("template_button", "Ja, gern", None),
        ("image_with_caption", "der propeller ist gebrochen", None),
    ],
)
async def test_words_and_choices(line: WhatsAppLine, name: str, text: str, meant: str | None) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.payload) == (text, meant)
    assert "unreadable" not in incoming.metadata


@pytest.mark.parametrize(
    ("name", "kind"),
    [("image", "photo"), ("voice", "voice"), ("video", "video"), ("document", "document"), ("sticker", "sticker"),
     ("location", "location"), ("contacts", "contact"), ("unsupported", "unsupported")],
)  # fmt: skip
async def test_what_cannot_be_read_is_named(line: WhatsAppLine, name: str, kind: str) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.metadata["unreadable"]) == ("", kind)


async def test_a_picture_can_be_found_again(line: WhatsAppLine) -> None:
    await line.delivers(payload("image_with_caption"))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.metadata["media"] == {"kind": "photo", "id": "1013859600285442"}


@pytest.mark.parametrize("name", ["reaction", "delivered", "failed"])
async def test_what_is_not_said_is_no_message(line: WhatsAppLine, name: str, caplog: pytest.LogCaptureFixture) -> None:
    assert (await line.delivers(payload(name))).status == 200
    assert await line.board.waiting(KIM) == []
    assert ("131047" in caplog.text) is (name == "failed")


async def test_messages_to_another_number_are_not_ours(line: WhatsAppLine) -> None:
    update = payload("text")
    update["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "999"
    assert (await line.delivers(update)).status == 200
    assert await line.board.waiting(KIM) == []


async def test_several_messages_of_one_update_are_kept_in_order(line: WhatsAppLine) -> None:
    update = payload("text")
    messages = update["entry"][0]["changes"][0]["value"]["messages"]
    messages.append({**messages[0], "id": "wamid.second", "text": {"body": "und stühle?"}})
    await line.delivers(update)
    assert [incoming.text for incoming in await line.board.waiting(KIM)] == ["was habt ihr für drohnen?", "und stühle?"]


async def test_who_hides_the_number_is_answered_by_metas_id(line: WhatsAppLine) -> None:
    async with line.board.working():
        await line.delivers(payload("text_without_number"))
        await line.board.quiet(HIDDEN)
    [sent] = line.vendor.sent[HIDDEN]
    assert "to" not in sent


async def test_who_hides_the_number_later_stays_the_same_customer(line: WhatsAppLine) -> None:
    async with line.board.working():
        await line.delivers(payload("text"))
        update = payload("text_without_number")
        message_of(update)["id"] = "wamid.later"
        await line.delivers(update)
        await line.board.quiet(KIM)
    assert [heard.account for heard in line.board.dialogue.heard] == [KIM, KIM]


async def test_a_picture_is_uploaded_once(line: WhatsAppLine) -> None:
    picture = Reply(text="So sieht sie aus.", image="http://localhost:8080/images/aeropix-mini.png")
    async with line.board.working():
        await line.board.deliver(KIM, picture, picture)
        await line.board.quiet(KIM)
    assert line.vendor.uploads == 1
    assert [shown.has_picture for shown in await line.sees()] == [True, True]


async def test_after_a_day_the_reply_is_kept_and_a_template_invites(open_switchboard: Open, vendor: FakeGraph) -> None:
    templates = {"whatsapp_template_de": "neuigkeit", "whatsapp_template_en": "news"}
    line = WhatsAppLine(await open_switchboard("whatsapp", whatsapp_settings(vendor, **templates)), vendor)
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Dein Paket kommt morgen."), Reply(text="Und noch etwas."))
        await line.board.quiet(KIM)
        assert [shown.text for shown in await line.sees()] == ["template neuigkeit"]
        await line.says("ja?", "1")
        await line.board.quiet(KIM)
        await line.board.until(lambda: len(vendor.sent[KIM]) == 4)
    assert sorted(shown.text for shown in (await line.sees())[1:]) == [
        "Dein Paket kommt morgen.",
        "Gern.",
        "Und noch etwas.",
    ]


async def test_without_a_template_it_is_parked_with_the_reason(open_switchboard: Open, vendor: FakeGraph) -> None:
    line = WhatsAppLine(await open_switchboard("whatsapp", whatsapp_settings(vendor)), vendor)
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Dein Paket kommt morgen."))
        await line.board.quiet(KIM)
    [error] = await line.board.parked()
    assert "24 hours" in error


async def test_four_choices_become_a_list(line: WhatsAppLine) -> None:
    four = tuple(Button(title, "/affirm") for title in ("Eins", "Zwei", "Drei", "Vier"))
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Welche?", buttons=four))
        await line.board.quiet(KIM)
    [sent] = line.vendor.sent[KIM]
    assert sent["interactive"]["type"] == "list"


async def test_the_vendors_words_about_ours_are_not_told_on(
    line: WhatsAppLine, caplog: pytest.LogCaptureFixture
) -> None:
    line.vendor.fail(400, code=131009)
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Gern."))
        await line.board.quiet(KIM)
    assert await line.board.parked() == ["Undeliverable: status 400, code 131009"]
    assert "customer's words" not in caplog.text


@pytest.mark.parametrize("content", [b"%PDF-1.7 the invoice", "https://shop.example/documents/abc"])
async def test_a_paper_comes_as_a_file_behind_its_words(line: WhatsAppLine, content: bytes | str) -> None:
    line.board.picture = content
    paper = Document("2026-000001", "http://localhost:8080/documents/abc")
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Hier ist die Rechnung.", document=paper))
        await line.board.quiet(KIM)
    assert [shown.text for shown in await line.sees()] == ["Hier ist die Rechnung.", "file 2026-000001.pdf"]
    assert line.vendor.uploads == isinstance(content, bytes)

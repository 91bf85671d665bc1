"""`messenger` and `instagram`: the contracts, and what only Meta's pages have."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.meta import SIGNATURE
from bot.messages import Card, Reply
from tests.contracts.channel import ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.graph_api import TOKEN, FakeGraph, choices
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.test_whatsapp import APP_SECRET, VERIFY_TOKEN, signature
from tests.contracts.vendor import VendorContract
from tests.contracts.webhook import WebhookContract

PAYLOADS = Path(__file__).parents[1] / "payloads"
KIM = "6543219870123456"
MAX_TEXT = {"messenger": 2_000, "instagram": 1_000}
PICTURE = "https://shop.example/images/aeropix-mini.png"


class PageLine:
    """Kim, in a chat with the shop's page."""

    account = KIM
    other_account = "7654321098765432"

    def __init__(self, name: str, board: Switchboard, vendor: FakeGraph) -> None:
        self.name = name
        self.path = f"/webhooks/{name}"
        self.board = board
        self.vendor = vendor
        board.picture = PICTURE

    def payload(self, name: str) -> dict[str, Any]:
        """An update as Meta sends it."""
        update: dict[str, Any] = json.loads((PAYLOADS / self.name / f"{name}.json").read_text())
        return update

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
        update = self.payload("quick_reply")
        message = event_of(update)["message"]
        message.update(text=pressed["title"], quick_reply={"payload": pressed["payload"]})
        return await self.delivers(update)

    async def sees(self) -> list[Shown]:
        return self.vendor.shown(self.account)

    def signed(self, body: bytes) -> Call:
        return Call(self.path, body, {SIGNATURE: signature(body)})

    def call(self, text: str, message_id: str) -> Call:
        return self.signed(json.dumps(self._update(text, message_id)).encode())

    def forged(self) -> Mapping[str, Call]:
        body = self.call("hallo", "1").body
        signatures = {
            "none": None,
            "empty": "",
            "of another body": signature(b"{}"),
            "other": signature(body, "x" * 20),
        }
        return {
            why: Call(self.path, body, {SIGNATURE: given} if given is not None else {})
            for why, given in signatures.items()
        }

    def malformed(self) -> Sequence[bytes]:
        spoiled: list[Any] = [
            {},
            {"object": "user", "entry": []},
            {"object": self.payload("text")["object"], "entry": [1]},
        ]
        changes: list[dict[str, Any]] = [
            {"sender": {}},
            {"sender": {"id": 5}},
            {"message": {"text": "hallo"}},
            {"message": 5},
            {"message": {"mid": "", "text": "a"}},
        ]
        for change in changes:
            update = self.payload("text")
            event_of(update).update(change)
            spoiled.append(update)
        return [json.dumps(body).encode() for body in spoiled]

    def _update(self, text: str, message_id: str) -> dict[str, Any]:
        update = self.payload("text")
        event_of(update)["message"] = {"mid": f"m_{message_id}", "text": text}
        return update


def event_of(update: dict[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = update["entry"][0]["messaging"][0]
    return event


@pytest.fixture(params=["messenger", "instagram"])
def channel(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def vendor(channel: str) -> AsyncIterator[FakeGraph]:
    api = FakeGraph(MAX_TEXT[channel])
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


async def _line(open_switchboard: Open, channel: str, vendor: FakeGraph, **changes: Any) -> PageLine:
    given: dict[str, Any] = {
        "meta_app_secret": SecretStr(APP_SECRET),
        "meta_verify_token": SecretStr(VERIFY_TOKEN),
        "meta_api_url": vendor.url,
        f"{channel}_token": SecretStr(TOKEN),
    }
    return PageLine(channel, await open_switchboard(channel, settings(**given | changes)), vendor)


@pytest.fixture
async def line(open_switchboard: Open, channel: str, vendor: FakeGraph) -> PageLine:
    return await _line(open_switchboard, channel, vendor)


@pytest.fixture
async def webhook(open_switchboard: Open, channel: str, vendor: FakeGraph) -> PageLine:
    """Of a customer who may do a lot."""
    return await _line(open_switchboard, channel, vendor, **UNLIMITED)


class TestPages(ChannelContract, WebhookContract, VendorContract):
    """All three contracts, for both."""


async def test_the_webhook_answers_metas_question(line: PageLine) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    async with line.board.http.get(line.path, params=query) as response:
        assert (response.status, await response.text()) == (200, "1158201444")
    async with line.board.http.get(line.path, params=query | {"hub.verify_token": "wrong"}) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("quick_reply", "Ja", "/affirm"),
        ("postback", "Nehmen", "/affirm"),
        ("referral", "", '/ask_product{"product": "aeropix-mini"}'),
        ("referral_of_an_ad", "hallo", '/ask_product{"product": "aeropix-pro"}'),
    ],
)
async def test_choices_and_where_the_customer_came_from(line: PageLine, name: str, text: str, meant: str) -> None:
    await line.delivers(line.payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.payload) == (text, meant)


async def test_a_link_with_a_code_links(line: PageLine, channel: str) -> None:
    if channel == "instagram":
        pytest.skip("Instagram has no links that carry a reference into a postback")
    await line.delivers(line.payload("get_started_from_link"))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.payload == '/link_channel{"code": "Zm9vYmFyYmF6cXV4cXV1eA"}'


@pytest.mark.parametrize("ref", ["../../x", '"}', "a b", "link-", 'link-"}'])
async def test_a_reference_of_somebody_elses_making_starts_afresh(line: PageLine, ref: str) -> None:
    update = line.payload("referral")
    event_of(update)["referral"]["ref"] = ref
    await line.delivers(update)
    [incoming] = await line.board.waiting(KIM)
    assert incoming.payload == "/greet"


@pytest.mark.parametrize(("name", "kind"), [("image", "photo"), ("voice", "voice")])
async def test_what_cannot_be_read_is_named(line: PageLine, name: str, kind: str) -> None:
    await line.delivers(line.payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert incoming.metadata == {"unreadable": kind}


@pytest.mark.parametrize("name", ["echo", "read", "reaction", "standby", "pass_thread_control"])
async def test_what_is_not_said_to_us_is_left_alone(line: PageLine, name: str) -> None:
    """Among it: what is written while a person has the conversation."""
    assert (await line.delivers(line.payload(name))).status == 200
    assert await line.board.traces() == []


async def test_cards_stand_side_by_side(line: PageLine) -> None:
    cards = tuple(Card(f"Drohne {number}", "ab 499 €", PICTURE) for number in range(12))
    async with line.board.working():
        await line.board.deliver(KIM, Reply(cards=cards))
        await line.board.quiet(KIM)
    counts = [len(sent["message"]["attachment"]["payload"]["elements"]) for sent in line.vendor.sent[KIM]]
    assert counts == [10, 2]


async def test_a_picture_that_only_this_house_can_reach_is_left_out(line: PageLine) -> None:
    line.board.picture = b"\x89PNG"
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="So sieht sie aus.", image=PICTURE))
        await line.board.quiet(KIM)
    assert [shown.text for shown in await line.sees()] == ["So sieht sie aus."]

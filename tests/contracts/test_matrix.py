"""`matrix`: the contracts, and what only Matrix has."""

import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.messages import Reply
from bot.settings import Settings
from tests.contracts.channel import LONG_TEXT, ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.trouble import Troubles
from tests.contracts.twilio_api import shown_of
from tests.contracts.vendor import VendorContract
from tests.contracts.webhook import WebhookContract

AS_TOKEN, HS_TOKEN = "an-as-token-of-the-contracts", "an-hs-token-of-the-contracts"
PAYLOADS = Path(__file__).parents[1] / "payloads" / "matrix"
KIM, MIA, US = "@kim:example.org", "@mia:example.org", "@shop:example.org"
ROOM = "!mefcnGnLtLxDxWAaVh:example.org"

Refusal = tuple[int, dict[str, Any]]


def payload(name: str) -> dict[str, Any]:
    """A transaction as a homeserver sends it."""
    transaction: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return transaction


class FakeHomeserver:
    """The client-server API, as far as an application service uses it; `rooms` are of those who are in them with us."""

    def __init__(self) -> None:
        self.rooms: dict[str, str] = {ROOM: KIM}
        self.sent: defaultdict[str, dict[str, str]] = defaultdict(dict)
        self.entered: list[str] = []
        self._troubles: Troubles[Refusal] = Troubles()
        self._blocked: set[str] = set()
        self._numbers = itertools.count(1)
        app = web.Application()
        app.router.add_put("/_matrix/client/v3/rooms/{room}/send/m.room.message/{txn}", self._send)
        app.router.add_post("/_matrix/client/v3/join/{room}", self._join)
        app.router.add_post("/_matrix/client/v3/createRoom", self._create)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def fail(self, status: int, *, retry_after: int | None = None, after: int = 0) -> None:
        limited = {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1000 * (retry_after or 0)}
        self._troubles.refuse((status, limited if retry_after else {"errcode": "M_UNKNOWN"}), after)

    def hang_up(self) -> None:
        """Twice, because an HTTP client may try a PUT once more by itself."""
        self._troubles.drop(times=2)

    def block(self, account: str) -> None:
        self._blocked.add(account)

    def shown(self, account: str) -> list[Shown]:
        return [shown for text in self.sent[account].values() for shown in shown_of(text)]

    async def _send(self, request: web.Request) -> web.Response:
        content = await request.json()
        trouble = self._troubles.next(request)
        if trouble:
            return web.json_response(trouble[1], status=trouble[0])
        account = self.rooms.get(request.match_info["room"])
        if not _is_ours(request) or account is None or account in self._blocked:
            return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)
        if content["msgtype"] != "m.text" or not 0 < len(content["body"]) <= 20_000:
            return web.json_response({"errcode": "M_BAD_JSON"}, status=400)
        self.sent[account].setdefault(request.match_info["txn"], content["body"])
        return web.json_response({"event_id": f"${next(self._numbers)}"})

    async def _join(self, request: web.Request) -> web.Response:
        if not _is_ours(request):
            return web.json_response({"errcode": "M_FORBIDDEN"}, status=403)
        self.entered.append(request.match_info["room"])
        return web.json_response({"room_id": request.match_info["room"]})

    async def _create(self, request: web.Request) -> web.Response:
        [account] = (await request.json())["invite"]
        room = f"!{next(self._numbers)}:example.org"
        self.rooms[room] = account
        return web.json_response({"room_id": room})


def _is_ours(request: web.Request) -> bool:
    return request.headers.get("Authorization") == f"Bearer {AS_TOKEN}" and request.query.get("user_id") == US


class MatrixLine:
    """Kim, in a room with the shop."""

    account = KIM
    other_account = MIA

    def __init__(self, board: Switchboard, vendor: FakeHomeserver) -> None:
        self.board = board
        self.vendor = vendor
        self._transactions = itertools.count(1)

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.delivers(self._transaction(text, message_id))

    async def delivers(self, transaction: dict[str, Any]) -> Receipt:
        call = self.call_with(json.dumps(transaction).encode())
        async with self.board.http.put(call.path, data=call.body, headers=call.headers) as response:
            retry_after = response.headers.get("Retry-After")
            return Receipt(response.status, int(retry_after) if retry_after else None)

    async def presses(self, title: str) -> Receipt:
        """Answers with the number in front of it."""
        lines = [line for text in self.vendor.sent[self.account].values() for line in text.splitlines()]
        numbers = [line.partition(":")[0] for line in lines if line.endswith(f": {title}")]
        return await self.says(numbers[-1], "99")

    async def sees(self) -> list[Shown]:
        return self.vendor.shown(self.account)

    def call(self, text: str, message_id: str) -> Call:
        return self.call_with(json.dumps(self._transaction(text, message_id)).encode())

    def call_with(self, body: bytes) -> Call:
        path = f"/_matrix/app/v1/transactions/{next(self._transactions)}"
        return Call(path, body, {"Authorization": f"Bearer {HS_TOKEN}"}, "PUT")

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        tokens = {"none": {}, "empty": {"Authorization": ""}, "another": {"Authorization": f"Bearer {HS_TOKEN}x"},
                  "another scheme": {"Authorization": f"Basic {HS_TOKEN}"}, "no token": {"Authorization": "Bearer "},
                  "the other of the two": {"Authorization": f"Bearer {AS_TOKEN}"}}  # fmt: skip
        return {why: replace(genuine, headers=headers) for why, headers in tokens.items()}

    def malformed(self) -> Sequence[bytes]:
        spoiled: list[Any] = [{}, {"events": "none"}, {"events": [5]}, {"events": [{}]}]
        changes: list[dict[str, Any]] = [
            {"sender": 5},
            {"sender": ""},
            {"room_id": {}},
            {"event_id": ""},
            {"content": "hallo"},
            {"content": {"body": 5, "msgtype": "m.text"}},
        ]
        for change in changes:
            transaction = payload("text")
            transaction["events"][0] |= change
            spoiled.append(transaction)
        return [json.dumps(body).encode() for body in spoiled]

    def _transaction(self, text: str, message_id: str) -> dict[str, Any]:
        transaction = payload("text")
        transaction["events"][0]["event_id"] += message_id
        transaction["events"][0]["content"]["body"] = text
        return transaction


def matrix_settings(vendor: FakeHomeserver, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "matrix_homeserver_url": vendor.url,
        "matrix_as_token": SecretStr(AS_TOKEN),
        "matrix_hs_token": SecretStr(HS_TOKEN),
        "matrix_user": US,
    }
    return settings(**given | changes)


@pytest.fixture
async def vendor() -> AsyncIterator[FakeHomeserver]:
    api = FakeHomeserver()
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


@pytest.fixture
async def line(open_switchboard: Open, vendor: FakeHomeserver) -> MatrixLine:
    line = MatrixLine(await open_switchboard("matrix", matrix_settings(vendor)), vendor)
    await line.board.redis.set(f"nc:matrix:room:{KIM}", ROOM)
    return line


@pytest.fixture
async def webhook(open_switchboard: Open, vendor: FakeHomeserver) -> MatrixLine:
    """Of a customer who may do a lot."""
    return MatrixLine(await open_switchboard("matrix", matrix_settings(vendor, **UNLIMITED)), vendor)


class TestMatrix(ChannelContract, WebhookContract, VendorContract):
    """All three contracts."""

    async def test_a_reply_that_failed_half_way_goes_on_where_it_stopped(self, line: MatrixLine) -> None:  # type: ignore[override]
        """Only what is longer than an event may be comes in several."""
        line.vendor.fail(503, after=2)
        async with line.board.working():
            await line.board.deliver(KIM, Reply(text=LONG_TEXT))
            await line.board.postponed(KIM)
            line.board.clock.passes(1)
            await line.board.quiet(KIM)
        assert "".join("".join(shown.text.split()) for shown in await line.sees()) == "".join(LONG_TEXT.split())


async def test_an_invitation_is_accepted(line: MatrixLine) -> None:
    await line.delivers(payload("invitation"))
    assert line.vendor.entered == [ROOM]
    assert await line.board.waiting(KIM) == []


@pytest.mark.parametrize("name", ["notice", "edit", "reaction", "our_own", "somebody_else_invited"])
async def test_what_is_not_said_to_us_is_left_alone(webhook: MatrixLine, name: str) -> None:
    assert (await webhook.delivers(payload(name))).status == 200
    assert await webhook.board.traces() == []


@pytest.mark.parametrize(("name", "kind"), [("image", "photo"), ("voice", "voice"), ("file", "document")])
async def test_what_cannot_be_read_is_named(line: MatrixLine, name: str, kind: str) -> None:
    await line.delivers(payload(name))
    [incoming] = await line.board.waiting(KIM)
    assert (incoming.text, incoming.metadata["unreadable"]) == ("", kind)


async def test_that_a_room_is_encrypted_is_said_once(line: MatrixLine) -> None:
    for number in range(3):
        transaction = payload("encrypted")
        transaction["events"][0]["event_id"] += str(number)
        await line.delivers(transaction)
    [incoming] = await line.board.waiting(KIM)
    assert incoming.metadata["unreadable"] == "encrypted"


async def test_a_transaction_that_comes_again_is_the_same(line: MatrixLine) -> None:
    async with line.board.working():
        for _ in range(2):
            await line.delivers(payload("text"))
        await line.board.quiet(KIM)
    assert len(line.board.dialogue.heard) == 1


async def test_the_answer_goes_to_the_room_that_asked(line: MatrixLine) -> None:
    transaction = payload("text")
    transaction["events"][0]["room_id"] = "!another:example.org"
    line.vendor.rooms = {"!another:example.org": KIM}
    async with line.board.working():
        await line.delivers(transaction)
        await line.board.quiet(KIM)
    assert [shown.text for shown in await line.sees()] == ["Gern."]


async def test_who_never_wrote_is_invited_to_a_room(line: MatrixLine) -> None:
    async with line.board.working():
        await line.board.deliver(MIA, Reply(text="Dein Paket kommt."), Reply(text="Heute."))
        await line.board.quiet(MIA)
    assert [shown.text for shown in line.vendor.shown(MIA)] == ["Dein Paket kommt.", "Heute."]
    assert len([room for room, account in line.vendor.rooms.items() if account == MIA]) == 1

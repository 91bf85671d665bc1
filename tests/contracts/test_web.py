"""`web`: the contract, and the promises of a line that breaks, of two tabs, and of a page that strangers can copy."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError
from hypothesis import given
from hypothesis import strategies as st

from bot import embedded
from bot.channels import web_chat, web_transcript
from bot.channels.web_transcript import ASKED, SHOWN_ENTRIES
from bot.messages import Delivery, Reply
from tests.contracts.browser import Tab
from tests.contracts.channel import ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.lines import Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.webhook import junk, shared

OpenTab = Callable[..., Awaitable[Tab]]


class WebLine:
    """A visitor with one tab."""

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.board = tab.board
        self.account = tab.account

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.tab.says(text, f"client-{message_id:>08}")

    async def presses(self, title: str) -> Receipt:
        async with asyncio.timeout(5):
            while not (payloads := self._payloads(title)):
                await asyncio.sleep(0.01)  # the tab follows its transcript
        return await self.tab.says(title, "client-of-a-button", payloads[0])

    def _payloads(self, title: str) -> list[str]:
        buttons = [button for entry in self.tab.entries for button in entry["buttons"]]
        return [button["payload"] for button in buttons if button["title"] == title]

    async def sees(self) -> list[Shown]:
        return await self.tab.sees()


@pytest.fixture
async def board(open_switchboard: Open) -> Switchboard:
    return await open_switchboard("web", settings(web_origins=("https://shop.example",)))


@pytest.fixture
async def open_tab(board: Switchboard) -> AsyncIterator[OpenTab]:
    """Opens tabs, of the visitor with that token or of a new one."""
    tabs: list[Tab] = []

    async def open_one(token: str | None = None, last_id: str | None = None, language: str = "de") -> Tab:
        tab = Tab(board)
        tab.token = token
        tabs.append(tab)
        return await tab.open(last_id, language)

    yield open_one
    for tab in tabs:
        await tab.close()


@pytest.fixture
async def tab(open_tab: OpenTab) -> Tab:
    return await open_tab()


@pytest.fixture
def line(tab: Tab) -> WebLine:
    return WebLine(tab)


class TestWeb(ChannelContract):
    """The contract; there is no vendor between us and the visitor."""


async def test_a_visitor_is_known_again_and_sees_what_was_said(tab: Tab, open_tab: OpenTab) -> None:
    await _converse(tab, 1)
    again = await open_tab(tab.token)
    assert again.account == tab.account
    assert again.texts == ["nummer 0", "Gern."]


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token.replace("v1.", "v2."),
        lambda token: "v1.somebody-else." + token.split(".")[2],
        lambda token: token.rsplit(".", 1)[0] + ".",
        lambda token: "v1..",
        lambda token: "ü" * 40,
        lambda token: {"token": token},
        lambda token: 5,
    ],
)
async def test_a_forged_token_is_a_new_visitor(tab: Tab, board: Switchboard, forge: Callable[[str], Any]) -> None:
    await _converse(tab, 1)
    stranger = Tab(board)
    stranger.token = forge(str(tab.token))
    await stranger.open()
    assert stranger.account != tab.account
    assert stranger.entries == []
    await stranger.close()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "https://shop.example.evil.example", "https://shop.example:444"]
)
async def test_a_strangers_page_may_not_speak_for_a_visitor(board: Switchboard, origin: str) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await board.http.ws_connect("/ws/chat", origin=origin)
    assert refused.value.status == 403


@pytest.mark.parametrize("origin", ["https://shop.example", "own", None])
async def test_the_shops_pages_and_our_own_may(board: Switchboard, origin: str | None) -> None:
    own = f"http://127.0.0.1:{board.http.port}"
    socket = await board.http.ws_connect("/ws/chat", origin=own if origin == "own" else origin)
    await socket.send_json({"type": "hello", "token": None, "language": "de", "last_id": None})
    assert (await socket.receive_json())["type"] == "welcome"
    await socket.close()


async def test_who_is_no_browser_is_told_so(board: Switchboard) -> None:
    response = await board.http.get("/ws/chat")
    assert response.status == 400
    assert response.content_type == "application/problem+json"


async def test_a_reconnect_brings_exactly_what_was_missed(tab: Tab, board: Switchboard) -> None:
    await _converse(tab, 2)
    last_id = tab.last_id
    await tab.close()
    async with board.working():
        await board.deliver(tab.account, Reply(text="Dein Paket ist da."), Reply(text="Viel Spaß!"))
        await board.quiet(tab.account)
    await tab.open(last_id)
    assert tab.texts == ["Dein Paket ist da.", "Viel Spaß!"]
    await tab.close()
    await tab.open(tab.last_id)
    assert tab.texts == []


@pytest.mark.parametrize("last_id", ["", "0", "x-y", "1-1; DROP", "9" * 30 + "-0", ["1-1"], 5, {}])
async def test_a_last_id_that_is_none_brings_the_latest(tab: Tab, open_tab: OpenTab, last_id: Any) -> None:
    await _converse(tab, 1)
    again = await open_tab(tab.token, last_id=last_id)
    assert again.texts == ["nummer 0", "Gern."]


async def test_a_new_tab_shows_the_latest_of_a_long_conversation(open_switchboard: Open) -> None:
    board = await open_switchboard("web", settings(**UNLIMITED))
    tab = await Tab(board).open()
    await _converse(tab, SHOWN_ENTRIES)
    again = Tab(board)
    again.token = tab.token
    await again.open()
    assert again.entries == tab.entries[-SHOWN_ENTRIES:]
    for one in (tab, again):
        await one.close()


async def test_two_tabs_show_the_same(tab: Tab, open_tab: OpenTab) -> None:
    other = await open_tab(tab.token)
    await _converse(tab, 2)
    await _converse(other, 2, first=2)
    for one in (tab, other):
        await one.until_it_knows_all()
    assert tab.entries == other.entries
    assert [frame["on"] for frame in other.of_type("typing")] == [True, False] * 4


async def test_the_same_message_from_two_tabs_is_answered_once(tab: Tab, open_tab: OpenTab, board: Switchboard) -> None:
    other = await open_tab(tab.token)
    async with board.working():
        await asyncio.gather(*(one.says("hallo", "client-00000001") for one in (tab, other)))
        await board.quiet(tab.account)
    assert len(board.dialogue.heard) == 1
    await other.until_it_knows_all()
    assert other.texts == ["hallo", "Gern."]


async def test_what_one_visitor_says_no_other_sees(tab: Tab, open_tab: OpenTab) -> None:
    stranger = await open_tab()
    await _converse(tab, 1)
    await _converse(stranger, 1, first=7)
    assert stranger.texts == ["nummer 7", "Gern."]


async def test_an_answer_never_stands_before_its_question(tab: Tab, board: Switchboard) -> None:
    """The gateway may be slow, or dead, between keeping a message and writing it into the transcript."""
    asked = {ASKED: {"id": "client-00000001", "text": "hallo"}}
    await board.channel.send(Delivery("web", tab.account, "client-00000001/0", Reply(text="Gern."), asked))
    await tab.says("hallo", "client-00000001")
    await tab.until_it_knows_all()
    assert tab.texts == ["hallo", "Gern."]


async def test_a_reply_sent_twice_is_shown_once(tab: Tab, board: Switchboard) -> None:
    delivery = Delivery("web", tab.account, "given/0", Reply(text="Gern."))
    for _ in range(2):
        await board.channel.send(delivery)
    await tab.until_it_knows_all()
    assert tab.texts == ["Gern."]


async def test_typing_ends_with_the_answer(tab: Tab) -> None:
    await _converse(tab, 3)
    assert [frame["on"] for frame in tab.of_type("typing")] == [True, False] * 3


async def test_typing_ends_with_a_refusal(tab: Tab, board: Switchboard) -> None:
    allowed = board.settings.max_waiting
    receipts = [await tab.says("hallo", f"client-{number:>08}") for number in range(allowed + 1)]
    assert [receipt.status for receipt in receipts] == [200] * allowed + [429]
    await tab.until(lambda: not tab.of_type("typing")[-1]["on"])
    assert "hallo" * allowed == "".join(tab.texts)


async def test_the_language_of_the_conversation_stays(tab: Tab, open_tab: OpenTab, board: Switchboard) -> None:
    board.dialogue.replies = (Reply(text="Sure.", language="en"),)
    await _converse(tab, 1)
    assert tab.of_type("language") == [{"type": "language", "language": "en"}]
    assert (await open_tab(tab.token)).welcome["language"] == "en"


@pytest.mark.parametrize(("asked", "given"), [("en", "en"), ("de", "de"), ("fr", "de"), (["en"], "de"), (None, "de")])
async def test_the_pages_language_is_taken_when_we_speak_it(open_tab: OpenTab, asked: Any, given: str) -> None:
    tab = await open_tab(language=asked)
    assert tab.welcome["language"] == given


@pytest.mark.parametrize(
    "frame",
    [
        "", "hallo", "[]", "null", "{}", '{"type": "hello"}', '{"type": "message"}', '{"type": "message", "id": "1", "text": "x"}',
        '{"type": "message", "id": "client-00000001", "text": null}', '{"type": "message", "id": 12345678, "text": "hallo"}',
        '{"type": "message", "id": "client-00000001", "text": "hallo", "payload": {}}', "[" * 10_000,
        '{"type": "message", "id": "../../../../etc", "text": "hallo"}', '{"type": "typing", "on": true}',
    ],
)  # fmt: skip
async def test_a_frame_of_no_protocol_is_refused_and_the_line_goes_on(tab: Tab, frame: str) -> None:
    await tab.send_text(frame)
    await tab.until(lambda: tab.of_type("error"))
    assert tab.of_type("error")[0]["code"] == "bad_frame"
    assert (await tab.says("hallo", "client-00000002")).status == 200


async def test_bytes_are_refused_and_the_line_goes_on(tab: Tab) -> None:
    await tab.send_bytes(b"\x00\xff")
    await tab.until(lambda: tab.of_type("error"))
    assert (await tab.says("hallo", "client-00000002")).status == 200


async def test_a_text_that_is_too_long_is_refused_with_its_id(tab: Tab, board: Switchboard) -> None:
    assert await tab.says("a" * 2_001, "client-00000001") == Receipt(413)
    assert tab.of_type("error")[0]["id"] == "client-00000001"
    assert await board.waiting(tab.account) == []


async def test_an_oversized_frame_ends_the_line_and_nothing_else(tab: Tab, open_tab: OpenTab) -> None:
    await tab.send({"type": "message", "id": "client-00000001", "text": "a" * 20_000})
    assert await tab.until_closed() == 1009
    again = await open_tab(tab.token)
    assert (await again.says("hallo", "client-00000002")).status == 200


async def test_who_does_not_greet_is_not_let_in(board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
    rude = Tab(board)
    await rude.connect()
    await rude.send({"type": "message", "id": "client-00000001", "text": "hallo"})
    assert await rude.until_closed() == 1008
    monkeypatch.setattr(web_chat, "HELLO_WITHIN_SECONDS", 0.01)
    await rude.connect()
    assert await rude.until_closed() == 1008
    assert await board.traces() == []


@shared
@given(frame=junk | st.fixed_dictionaries({"type": st.just("message"), "id": junk, "text": junk, "payload": junk}))
async def test_no_frame_ends_the_line(tab: Tab, frame: Any) -> None:
    errors = len(tab.of_type("error"))
    await tab.send(json.dumps(frame))
    await tab.until(lambda: len(tab.of_type("error")) > errors)


class OwnRedis:
    """A server that can be killed and comes back with what it had."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.url = f"unix://{embedded.socket_path(directory, 'redis')}"
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(embedded.redis_command(self._directory), stdout=subprocess.DEVNULL)
        embedded.wait_for_socket(embedded.socket_path(self._directory, "redis"))

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)


@pytest.fixture
def own_redis() -> Iterator[OwnRedis]:
    with tempfile.TemporaryDirectory(prefix="nc") as directory:  # a short path, because sockets' paths must be
        server = OwnRedis(Path(directory))
        yield server
        server.kill()


@pytest.fixture
async def frail(own_redis: OwnRedis, open_switchboard: Open, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tab]:
    """A tab of a gateway whose Redis the test may kill."""
    monkeypatch.setattr(web_transcript, "LISTEN_AGAIN_SECONDS", 0.05)
    tab = Tab(await open_switchboard("web", settings(lock_seconds=1), own_redis.url))
    yield await tab.open()
    await tab.close()


async def test_a_killed_redis_costs_a_reconnect_and_no_message(frail: Tab, own_redis: OwnRedis) -> None:
    await _converse(frail, 1)
    own_redis.kill()
    await frail.send({"type": "message", "id": "client-00000009", "text": "bist du noch da?"})
    assert await frail.until_closed() == 1013
    own_redis.start()
    await frail.open(frail.last_id)
    async with frail.board.working():
        assert (await frail.says("bist du noch da?", "client-00000009")).status == 200
        await frail.board.quiet(frail.account)
    await frail.until(lambda: len(frail.entries) == 2)
    assert frail.texts == ["bist du noch da?", "Gern."]
    assert [heard.text for heard in frail.board.dialogue.heard] == ["nummer 0", "bist du noch da?"]


async def _converse(tab: Tab, count: int, first: int = 0) -> None:
    """Says so many things and gets an answer to each."""
    async with tab.board.working():
        for number in range(first, first + count):
            await tab.says(f"nummer {number}", f"client-{number:>08}")
            await tab.board.quiet(tab.account)
    await tab.until_it_knows_all()


async def test_who_spoke_is_answered_in_spoken_words_too(tab: Tab) -> None:
    tab.board.dialogue.replies = (Reply(text="Das sind 1.299,90 € für NC-104201."),)
    async with tab.board.working():
        await tab.send({"type": "message", "id": "client-spoken-1", "text": "was kostet das", "spoken": True})
        await tab.until(lambda: len(tab.entries) == 2)
        await tab.says("und jetzt?", "client-written-2")
        await tab.until(lambda: len(tab.entries) == 4)
    assert "Euro" in tab.entries[1]["speech"]
    assert "NC-" not in tab.entries[1]["speech"]
    assert tab.entries[1]["text"] == "Das sind 1.299,90 € für NC-104201."
    assert "speech" not in tab.entries[3]


async def test_spoken_is_yes_or_no(tab: Tab) -> None:
    await tab.send({"type": "message", "id": "client-spoken-3", "text": "hallo", "spoken": "loud"})
    await tab.until(lambda: tab.of_type("error"))
    assert tab.of_type("error")[-1]["code"] == "bad_frame"


async def test_new_visitors_of_one_address_share_a_limit(open_switchboard: Open) -> None:
    given = settings(messages_per_minute_of_address=3, forwarded_for=True)
    board = await open_switchboard("web", given)
    refused = []
    async with board.working():
        for number in range(5):
            tab = await Tab(board).open()
            await tab.send({"type": "message", "id": f"client-visitor-{number}", "text": "hallo"})
            await tab.until(lambda tab=tab: tab.entries or tab.of_type("error"))
            refused.append([frame["code"] for frame in tab.of_type("error")])
            await tab.close()
    assert refused == [[], [], [], ["too_many"], ["too_many"]]

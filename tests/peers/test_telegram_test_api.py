"""Telegram by polling, against telegram-test-api (npm, MIT), another fake by other people."""

import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers.conftest import Start
from tests.peers.journey import Bystander, Shop, order_from_browsing_to_cancellation
from tests.peers.processes import Peer, peers_folder
from tests.peers.telegram import Repaired

pytestmark = [
    pytest.mark.processes,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not shutil.which("node"), reason="there is no node"),
]

TOKEN = "7104488213:AAF-a-token-of-the-peers"
KIM = 519820471


@pytest.fixture
def server(own_directory: Path, port: int) -> Iterator[str]:
    """telegram-test-api; it keeps everything in memory."""
    script = Path(__file__).with_name("telegram_test_api.cjs")
    modules = peers_folder() / "npm" / "node_modules"
    if not modules.exists():
        pytest.skip("telegram-test-api is not installed")
    with Peer(["node", str(script), str(port)], port, own_directory / "node.log", {"NODE_PATH": str(modules)}):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def telegram(server: str) -> AsyncIterator[Repaired]:
    between = Repaired(server)
    await between.open()
    yield between
    await between.close()


class Customer:
    """Kim, by the HTTP interface that telegram-test-api's own client uses."""

    def __init__(self, telegram: Repaired, bystander: Bystander) -> None:
        self._telegram = telegram
        self._bystander = bystander
        self._sent = 0
        self._keys: dict[str, str] = {}

    async def says(self, text: str) -> str:
        return await self._sends("sendMessage", {**_message(), "text": text})

    async def presses(self, title: str) -> str:
        message = _message()
        return await self._sends("sendCallback", {**message, "message": message, "data": self._keys[title]})

    async def _sends(self, method: str, fields: dict[str, Any]) -> str:
        await self._asks(method, {"botToken": TOKEN, **fields})
        self._sent += 1
        await self._telegram.until_taken(self._sent)
        await self._bystander.until_quiet(KIM)
        return "\n".join(
            self._read(message) for message in await self._asks("getUpdates", {"token": TOKEN, "chatId": KIM})
        )

    def _read(self, answer: dict[str, Any]) -> str:
        keyboard = answer["message"].get("reply_markup", {}).get("inline_keyboard", [])
        self._keys |= {key["text"]: key["callback_data"] for row in keyboard for key in row}
        return str(answer["message"]["text"])

    async def _asks(self, method: str, fields: dict[str, Any]) -> Any:
        async with self._telegram.session.post(f"{self._telegram.other}/{method}", json=fields) as response:
            return (await response.json())["result"]


def _message() -> dict[str, Any]:
    person = {"id": KIM, "is_bot": False, "first_name": "Kim", "language_code": "de"}
    return {"from": person, "chat": {"id": KIM, "first_name": "Kim", "type": "private"}, "date": int(time.time())}


async def test_an_order_by_polling(start: Start, telegram: Repaired, shop: Shop, bystander: Bystander) -> None:
    start(TELEGRAM_TOKEN=TOKEN, TELEGRAM_MODE="polling", TELEGRAM_API_URL=telegram.url)
    kim = Customer(telegram, bystander)
    await order_from_browsing_to_cancellation(kim, shop, f"telegram-{KIM}")
    assert telegram.pictures


async def test_what_was_written_while_the_assistant_was_away_is_answered_once(
    start: Start, telegram: Repaired, bystander: Bystander, own_directory: Path
) -> None:
    installation = start(TELEGRAM_TOKEN=TOKEN, TELEGRAM_MODE="polling", TELEGRAM_API_URL=telegram.url)
    kim = Customer(telegram, bystander)
    assert await kim.says("hallo")
    installation.stop()
    await kim._asks("sendMessage", {"botToken": TOKEN, **_message(), "text": "seid ihr noch da?"})
    installation.start()
    await telegram.until_taken(2)
    await bystander.until_quiet(KIM)
    assert await kim._asks("getUpdates", {"token": TOKEN, "chatId": KIM})

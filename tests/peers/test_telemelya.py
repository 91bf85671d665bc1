"""Telegram by webhook, against telemelya (PyPI, MIT): a fake Bot API server with a test client of its own."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot import embedded
from tests.peers.conftest import Start
from tests.peers.journey import Bystander, Shop, order_from_browsing_to_cancellation
from tests.peers.processes import Peer, free_port, peers_packages, peers_python
from tests.peers.telegram import SecretAdded

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

TOKEN = "7104488213:AAF-a-token-of-the-peers"
SECRET = "a-webhook-secret-of-the-peers"
KIM = 519820471


@pytest.fixture
def server(own_directory: Path, port: int) -> Iterator[str]:
    """telemelya, with the Redis and the S3 that it keeps its messages and pictures in."""
    redis, s3 = free_port(), free_port()
    python = peers_python()
    here = {
        "MOCK_SERVER_HOST": "127.0.0.1",
        "MOCK_SERVER_PORT": str(port),
        "MOCK_SERVER_URL": f"http://127.0.0.1:{port}",
        "REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "MINIO_ENDPOINT": f"127.0.0.1:{s3}",
    }
    store = [
        embedded.redis_binary(),
        "--bind",
        "127.0.0.1",
        "--port",
        str(redis),
        "--save",
        "",
        "--dir",
        str(own_directory),
    ]
    with ExitStack() as peers:
        peers.enter_context(Peer(store, redis, own_directory / "redis.log"))
        peers.enter_context(
            Peer([str(python / "moto_server"), "-H", "127.0.0.1", "-p", str(s3)], s3, own_directory / "s3.log")
        )
        peers.enter_context(Peer([str(python / "telemelya-server")], port, own_directory / "telemelya.log", here))
        yield here["MOCK_SERVER_URL"]


@pytest.fixture
async def telegram(server: str) -> AsyncIterator[SecretAdded]:
    between = SecretAdded(server)
    await between.open()
    yield between
    await between.close()


class Customer:
    """Kim, by telemelya's own test client."""

    def __init__(self, server: str, bystander: Bystander) -> None:
        sys.path.append(str(peers_packages()))  # behind ours: only what we do not have comes from there
        from telemelya.client import TelegramTestClient

        self.client: Any = TelegramTestClient(server, api_key="unused", bot_token=TOKEN)
        self._bystander = bystander
        self._heard = 0

    async def says(self, text: str) -> str:
        return await self._after(lambda: self.client.send_message(KIM, text))

    async def presses(self, title: str) -> str:
        message, data = next(
            (answer["message_id"], key["callback_data"])
            for answer in reversed(self.client.get_responses())
            for row in (answer.get("reply_markup") or {}).get("inline_keyboard", [])
            for key in row
            if key["text"] == title
        )
        return await self._after(lambda: self.client.send_callback_query(KIM, data, message))

    async def _after(self, action: Any) -> str:
        self._heard = len(await asyncio.to_thread(self.client.get_responses))
        sent = await asyncio.to_thread(action)
        assert sent["delivery"]["status_code"] == 200
        await self._bystander.until_quiet(KIM)
        answers = (await asyncio.to_thread(self.client.get_responses))[self._heard :]
        return "\n".join(str(answer.get("text") or answer.get("caption") or "") for answer in answers)


async def test_an_order_by_webhook(
    start: Start, telegram: SecretAdded, server: str, shop: Shop, bystander: Bystander
) -> None:
    installation = start(
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_SECRET=SECRET,
        TELEGRAM_MODE="webhook",
        TELEGRAM_API_URL=telegram.url,
        PUBLIC_URL=telegram.url,
    )
    telegram.assistant = installation.url
    async with asyncio.timeout(10):
        while not telegram.secret:
            await asyncio.sleep(0.05)
    assert telegram.secret == SECRET
    kim = Customer(server, bystander)
    await order_from_browsing_to_cancellation(kim, shop, f"telegram-{KIM}")
    answers = await asyncio.to_thread(kim.client.get_responses)
    pictures = [answer["file_id"] for answer in answers if answer["method"] == "sendPhoto"]
    assert pictures
    assert kim.client.get_media(pictures[0]).startswith(b"\x89PNG")
    assert sum(answer["method"] == "answerCallbackQuery" for answer in answers) == 3
    kim.client.close()


async def test_who_does_not_know_the_secret_is_not_heard(start: Start, telegram: SecretAdded, shop: Shop) -> None:
    installation = start(
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_SECRET=SECRET,
        TELEGRAM_MODE="webhook",
        TELEGRAM_API_URL=telegram.url,
        PUBLIC_URL=telegram.url,
    )
    telegram.assistant = installation.url
    update = {
        "update_id": 1,
        "message": {"message_id": 1, "date": 1, "chat": {"id": KIM, "type": "private"}, "text": "ja"},
    }
    async with ClientSession() as session:
        async with session.post(f"{installation.url}/webhooks/telegram", json=update) as response:
            assert response.status == 403
        telegram.secret = "another"
        async with session.post(f"{telegram.url}/webhooks/telegram", json=update) as response:
            assert response.status == 403

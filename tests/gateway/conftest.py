"""The gateway as an operator's installation has it: all channels, a worker with the trained model, a running shop."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from pydantic import SecretStr

from bot.app import Gateway
from bot.clock import SystemClock
from bot.conversation import consumer
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.conversation.turn import Turns
from bot.dialogue.assistant import Assistant
from bot.redis_client import Client
from bot.redis_keys import Keys
from bot.settings import Settings
from tests.contracts.alexa_device import SKILL_ID
from tests.house import TOKEN as SHOP_TOKEN
from tests.house import ShopDoor

REST_TOKEN = "a-rest-token-of-the-tests"
TELEGRAM_SECRET = "a-telegram-secret-of-the-tests"
PROOF = {"Authorization": f"Bearer {REST_TOKEN}", "X-Telegram-Bot-Api-Secret-Token": TELEGRAM_SECRET}


class Running:
    """A gateway that answers HTTP, and a worker that can be sent away."""

    def __init__(self, settings: Settings, assistant: Assistant, redis: Client, shop: ShopDoor) -> None:
        self.shop = shop
        self.redis = redis
        self.keys = Keys(settings.shards)
        self.gateway = Gateway(settings, assistant)
        self.http = TestClient(TestServer(self.gateway.app))
        lane = Lane(redis, self.keys, "in", SystemClock(), settings.lock_seconds)
        inbox = Inbox(lane, settings.seen_seconds, settings.max_waiting)
        codes = Codes(redis, self.keys, settings.code_seconds)
        turns = Turns(lane, inbox, codes, assistant, settings.max_turn_attempts)
        self._worker = Consumer(lane, turns, "test-worker")
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        await self.http.start_server()
        self._tasks = [asyncio.create_task(self._worker.run()), asyncio.create_task(self.gateway.door.listen())]
        await self.until_ready()

    async def close(self) -> None:
        await self.send_worker_away()
        while not self._tasks[1].done():  # redis-py may swallow a cancellation
            self._tasks[1].cancel()
            await asyncio.wait(self._tasks, timeout=0.1)
        for channel in self.gateway.channels.values():
            await channel.stop()
        await self.http.close()
        await self.gateway._shop.close()
        await self.gateway._redis.aclose()

    async def send_worker_away(self) -> None:
        self._worker.stop()
        await self._tasks[0]

    async def until_ready(self) -> None:
        async with asyncio.timeout(10):
            while (await self.http.get("/health/ready")).status != 200:
                await asyncio.sleep(0.01)

    async def get(self, path: str) -> ClientResponse:
        return await self.http.get(path, headers=PROOF)

    async def says(self, text: str, sender: str = "kim") -> str:
        """All that `rest` answers, as one text."""
        body = {"sender": sender, "message": text}
        async with self.http.post("/webhooks/rest/webhook", json=body, headers=PROOF) as response:
            assert response.status == 200, await response.text()
            return "\n".join(message.get("text", "") for message in await response.json())


def installation() -> dict[str, Any]:
    """What an operator has set."""
    return {
        "shop_url": os.environ["SHOP_URL"],
        "shop_token": SecretStr(SHOP_TOKEN),
        "rest_token": SecretStr(REST_TOKEN),
        "telegram_token": SecretStr("7104488213:AAF-a-token-of-the-tests"),
        "telegram_secret": SecretStr(TELEGRAM_SECRET),
        "telegram_mode": "webhook",
        "telegram_api_url": "http://127.0.0.1:9",  # nobody is there, and nothing here needs anybody
        "alexa_skill_id": SKILL_ID,
        "messages_per_minute": 100_000,
    }


@pytest.fixture
async def running(
    redis: Client, settings: Settings, assistant: Assistant, shop_door: ShopDoor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """Everything is there and ready."""
    monkeypatch.setattr(consumer, "BLOCK_MILLISECONDS", 20)
    running = Running(settings.model_copy(update=installation()), assistant, redis, shop_door)
    await running.open()
    yield running
    await running.close()
    assistant.forget_all()

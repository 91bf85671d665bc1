"""Opens switchboards, and closes them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.conversation import consumer
from bot.redis_client import Client, connect
from bot.settings import Settings
from tests.contracts.switchboard import Switchboard

Open = Callable[..., Awaitable[Switchboard]]
"""Opens a gateway with the named channel, with these settings, over the test's Redis or one at a URL."""


@pytest.fixture
async def open_switchboard(redis: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Any number of gateways over one Redis; consumers stop at once instead of after a second."""
    monkeypatch.setattr(consumer, "BLOCK_MILLISECONDS", 20)
    monkeypatch.setattr(consumer, "PROMOTE_EVERY_SECONDS", 0.01)
    opened: list[Switchboard] = []

    async def open_one(channel: str, settings: Settings, redis_url: str | None = None) -> Switchboard:
        switchboard = Switchboard(connect(redis_url) if redis_url else redis, channel, settings)
        opened.append(switchboard)
        await switchboard.open()
        return switchboard

    yield open_one
    for switchboard in opened:
        await switchboard.close()
        if switchboard.redis is not redis:
            await switchboard.redis.aclose()

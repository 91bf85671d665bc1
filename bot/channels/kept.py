"""What channels keep in Redis for a while: payloads that a vendor's buttons cannot carry, and how far a delivery has come."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from typing import TypeVar

from bot.messages import Delivery
from bot.redis_client import Client

PAYLOAD_SECONDS = 30 * 24 * 3600
PROGRESS_SECONDS = 24 * 3600

PartT = TypeVar("PartT")


class Payloads:
    """Buttons carry so many bytes; a longer payload is kept here, and carried by its hash."""

    def __init__(self, redis: Client, channel: str) -> None:
        self._redis = redis
        self._channel = channel

    async def carried(self, payload: str, max_bytes: int) -> str:
        """What a button carries."""
        if len(payload.encode()) <= max_bytes:
            return payload
        data = "#" + sha256(payload.encode()).hexdigest()[:32]
        await self._redis.set(self._key(data), payload, ex=PAYLOAD_SECONDS)
        return data

    async def meant(self, data: str) -> str | None:
        """What a button meant; None when it is too old to be known."""
        if not data.startswith("#"):
            return data
        kept = await self._redis.get(self._key(data))
        return kept.decode() if kept else None

    def _key(self, data: str) -> str:
        return f"nc:{self._channel}:payload:{data}"


class Progress:
    """A delivery that failed half way goes on behind what the vendor already has."""

    def __init__(self, redis: Client, channel: str) -> None:
        self._redis = redis
        self._channel = channel

    async def send(self, delivery: Delivery, parts: Sequence[PartT], send: Callable[[PartT], Awaitable[None]]) -> None:
        """Every part once, in order, whatever was sent before."""
        key = f"nc:{self._channel}:sent:{delivery.account}:{delivery.delivery_id}"
        sent = int(await self._redis.get(key) or 0) if len(parts) > 1 else 0
        for number, part in enumerate(parts[sent:], sent + 1):
            await send(part)
            if number < len(parts):
                await self._redis.set(key, number, ex=PROGRESS_SECONDS)

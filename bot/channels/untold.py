"""Messages whose answer came too late to be told: it is told at the customer's next request."""

from bot.messages import Incoming
from bot.redis_client import Client
from bot.redis_keys import Keys

KEPT_SECONDS = 540
"""Less than an answer itself is kept."""


class Untold:
    """At most one for each account of a channel that answers in the same response."""

    def __init__(self, redis: Client, keys: Keys, channel: str) -> None:
        self._redis = redis
        self._keys = keys
        self._channel = channel

    async def of(self, account: str) -> Incoming | None:
        kept = await self._redis.get(self._keys.untold(self._channel, account))
        return Incoming.decode(kept) if kept else None

    async def keep(self, incoming: Incoming) -> None:
        await self._redis.set(self._keys.untold(self._channel, incoming.account), incoming.encode(), ex=KEPT_SECONDS)

    async def told(self, account: str) -> None:
        await self._redis.delete(self._keys.untold(self._channel, account))

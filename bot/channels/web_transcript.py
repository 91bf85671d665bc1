"""What a visitor of the web chat has said and seen, kept so that every tab and every reload shows the same."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.messages import Incoming, Reply
from bot.redis_keys import WEB_CHANNEL, Keys

log = logging.getLogger(__name__)

KEPT_ENTRIES = 500
KEPT_SECONDS = 90 * 24 * 3600
SHOWN_ENTRIES = 50
LISTEN_AGAIN_SECONDS = 1.0

Entry = dict[str, Any]


class Transcript:
    """Entries of one visitor, in order; appended once each, however often an append is tried."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys

    async def add_customer(self, incoming: Incoming) -> None:
        await self._add_once(incoming.account, {"from": "customer", "client_id": incoming.message_id, "text": incoming.text})

    async def add_reply(self, account: str, delivery_id: str, reply: Reply) -> None:
        fields = reply.as_dict()
        entry = {key: fields[key] for key in ("text", "image", "buttons", "cards", "language")}
        await self._add_once(account, {"from": "assistant", "delivery_id": delivery_id, **entry})

    async def recent(self, account: str) -> list[Entry]:
        found = await self._redis.xrevrange(self._keys.web(account), count=SHOWN_ENTRIES)
        return [_entry(*item) for item in reversed(found)]

    async def after(self, account: str, last_id: str) -> list[Entry]:
        """Entries since `last_id` (exclusive), which must have the form of a stream id."""
        found = await self._redis.xrange(self._keys.web(account), min=f"({last_id}")
        return [_entry(*item) for item in found]

    async def _add_once(self, account: str, entry: Entry) -> None:
        """Only one process at a time adds the same entry: the gateway that took the message, or the outbox under its lock."""
        key = self._keys.web(account)
        mark = "client_id" if entry["from"] == "customer" else "delivery_id"
        recent = await self._redis.xrevrange(key, count=SHOWN_ENTRIES)
        if any(_content(fields).get(mark) == entry[mark] for _, fields in recent):
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.xadd(key, {"entry": orjson.dumps(entry)}, maxlen=KEPT_ENTRIES, approximate=True)
            pipe.expire(key, KEPT_SECONDS)
            await pipe.execute()
        await self._redis.publish(WEB_CHANNEL, account)

    async def listen(self, changed: Callable[[str | None], None]) -> None:
        """Calls `changed` with each account that has something new; with None when notices may have been missed."""
        while True:
            try:
                await self._listen_once(changed)
            except (RedisError, OSError) as error:
                log.warning("web: redis is away: %s", type(error).__name__)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    async def _listen_once(self, changed: Callable[[str | None], None]) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(WEB_CHANNEL)
            changed(None)
            async for message in pubsub.listen():
                changed(message["data"].decode())


def _content(fields: dict[bytes, bytes]) -> Entry:
    entry: Entry = orjson.loads(fields[b"entry"])
    return entry


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    """As the page reads it."""
    content = _content(fields)
    milliseconds = int(entry_id.split(b"-")[0])
    return {
        "id": entry_id.decode(),
        "at": datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(),
        "from": content["from"],
        "client_id": content.get("client_id"),
        "text": content.get("text"),
        "image": content.get("image"),
        "buttons": content.get("buttons") or [],
        "cards": content.get("cards") or [],
        "language": content.get("language"),
    }

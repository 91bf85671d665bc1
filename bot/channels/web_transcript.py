"""What a visitor of the web chat has said and seen, kept so that every tab and every reload shows the same."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from redis.exceptions import RedisError

from bot.channels.speech import Screen, spoken
from bot.messages import Delivery
from bot.redis_client import Client
from bot.redis_keys import WEB_CHANNEL, Keys

log = logging.getLogger(__name__)

KEPT_ENTRIES = 500
KEPT_SECONDS = 90 * 24 * 3600
SHOWN_ENTRIES = 50
ASKED = "asked"
"""Where a message's metadata carries its id and text to the replies."""

SPOKEN = "spoken"
"""In a message's metadata: it was spoken, so the answer is to be said aloud as well as shown."""

LISTEN_AGAIN_SECONDS = 1.0

Entry = dict[str, Any]

_ADD_ONCE = """
local transcript, key, entry, looked_at, kept, seconds = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
for _, found in ipairs(redis.call('XREVRANGE', transcript, '+', '-', 'COUNT', looked_at)) do
  if found[2][1] == 'key' and found[2][2] == key then return 0 end
end
redis.call('XADD', transcript, 'MAXLEN', '~', kept, '*', 'key', key, 'entry', entry)
redis.call('EXPIRE', transcript, seconds)
redis.call('PUBLISH', ARGV[6], ARGV[7])
return 1
"""


class Transcript:
    """Entries of one visitor, in order; appended once each, however often an append is tried."""

    def __init__(self, redis: Client, keys: Keys) -> None:
        self._redis = redis
        self._keys = keys
        self._script = redis.register_script(_ADD_ONCE)

    async def add_customer(self, account: str, client_id: str, text: str) -> None:
        entry = {"from": "customer", "client_id": client_id, "text": text}
        await self._add_once(account, f"customer:{client_id}", entry)

    async def add_reply(self, delivery: Delivery) -> None:
        """Behind what it answers, even if the gateway that took the message has not come to write that down."""
        asked = delivery.metadata.get(ASKED)
        if asked:
            await self.add_customer(delivery.account, asked["id"], asked["text"])
        fields = delivery.reply.as_dict()
        entry = {key: fields[key] for key in ("text", "image", "buttons", "cards", "language")}
        if delivery.metadata.get(SPOKEN):
            entry["speech"] = spoken(delivery.reply, Screen.BESIDE)
        await self._add_once(delivery.account, f"reply:{delivery.delivery_id}", {"from": "assistant", **entry})

    async def recent(self, account: str) -> list[Entry]:
        found = await self._redis.xrevrange(self._keys.web(account), count=SHOWN_ENTRIES)
        return [_entry(*item) for item in reversed(found)]

    async def after(self, account: str, last_id: str) -> list[Entry]:
        """Entries since `last_id` (exclusive), which must have the form of a stream id."""
        found = await self._redis.xrange(self._keys.web(account), min=f"({last_id}")
        return [_entry(*item) for item in found]

    async def _add_once(self, account: str, key: str, entry: Entry) -> None:
        args = [key, orjson.dumps(entry), SHOWN_ENTRIES, KEPT_ENTRIES, KEPT_SECONDS, WEB_CHANNEL, account]
        await self._script(keys=[self._keys.web(account)], args=args)

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


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> Entry:
    """As the page reads it."""
    content: Entry = orjson.loads(fields[b"entry"])
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
        **({"speech": content["speech"]} if "speech" in content else {}),
    }

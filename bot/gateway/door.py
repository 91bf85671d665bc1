"""Lets verified messages in: not too fast, not too many, each once; and waits for answers that go back at once."""

import asyncio
import logging
import time
import uuid
from dataclasses import replace

import orjson
from redis.exceptions import RedisError

from bot.channels.base import Refused, TooLate, TooMany
from bot.clock import Clock
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox, message_key
from bot.conversation.lane import Accepted
from bot.messages import Incoming, Reply
from bot.metrics import ACCEPT_SECONDS, ACCEPTED
from bot.redis_client import Client
from bot.redis_keys import Keys

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 1.0
"""An answer's notice may be lost with a connection; then the answer itself is looked for this often."""


class AnswerGone(Refused):
    """The message was answered, so long ago that the answer is not kept any more."""

    status = 410
    slug = "answer-gone"


class GatewayDoor:
    """One per gateway process."""

    def __init__(
        self,
        redis: Client,
        keys: Keys,
        inbox: Inbox,
        clock: Clock,
        messages_per_minute: int,
        answer_seconds: float,
        messages_per_minute_of_address: int = 0,
    ) -> None:
        """`messages_per_minute_of_address` 0 means as many as come."""
        self._redis = redis
        self._keys = keys
        self._inbox = inbox
        self._clock = clock
        self._messages_per_minute = messages_per_minute
        self._messages_per_minute_of_address = messages_per_minute_of_address
        self._answer_seconds = answer_seconds
        self._gateway = uuid.uuid4().hex[:12]
        self._waiting: dict[str, asyncio.Event] = {}

    async def accept(self, incoming: Incoming, address: str = "") -> Accepted:
        """Raises TooMany."""
        began = time.perf_counter()
        await self._check_rate(incoming.channel, incoming.account, self._messages_per_minute)
        if address and self._messages_per_minute_of_address:
            kind = f"{incoming.channel}-address"
            await self._check_rate(kind, address.replace(":", "_"), self._messages_per_minute_of_address)
        accepted = await self._inbox.accept(replace(incoming, received_at=self._clock.now()))
        ACCEPTED.labels(incoming.channel, accepted.name.lower()).inc()
        ACCEPT_SECONDS.labels(incoming.channel).observe(time.perf_counter() - began)
        if accepted is Accepted.FULL:
            raise TooMany("too many messages of this conversation wait for an answer", retry_after=10)
        return accepted

    async def ask(self, incoming: Incoming) -> tuple[Reply, ...]:
        """Accepts a message and holds the line for its answer; a repeated one gets the answer it got.

        Raises TooMany, TooLate, AnswerGone.
        """
        asked = message_key(incoming)
        arrived = self._waiting.setdefault(asked, asyncio.Event())
        try:
            accepted = await self.accept(replace(incoming, reply_to=self._gateway))
            if accepted is Accepted.DUPLICATE and not await self._may_come(incoming):
                raise AnswerGone("this message_id was answered before; send a new one")
            return await asyncio.wait_for(self._answer(incoming, arrived), self._answer_seconds)
        except TimeoutError:
            raise TooLate("the answer is not ready; ask again with the same message_id", retry_after=5) from None
        finally:
            self._waiting.pop(asked, None)

    async def listen(self) -> None:
        """Hears which answers have arrived; runs as long as the gateway does."""
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError) as error:
                log.warning("answers: redis is away: %s", type(error).__name__)
                await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _listen_once(self) -> None:
        async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
            await pubsub.subscribe(self._keys.answers(self._gateway))
            async for message in pubsub.listen():
                arrived = self._waiting.get(self._keys.asked(message["data"].decode()))
                if arrived:
                    arrived.set()

    async def _answer(self, incoming: Incoming, arrived: asyncio.Event) -> tuple[Reply, ...]:
        while True:
            found = await self._found(incoming)
            if found is not None:
                return tuple(Reply.from_dict(reply) for reply in orjson.loads(found))
            await _set_or_passed(arrived, LOOK_AGAIN_SECONDS)

    async def _found(self, incoming: Incoming) -> bytes | None:
        """Where the account belongs now; if it joined that just now, an earlier answer is where it belonged before."""
        account = conversation_of(incoming.channel, incoming.account)
        name = await self._inbox.home_of(account)
        for place in dict.fromkeys((name, account)):
            found: bytes | None = await self._redis.get(self._keys.answer(place, message_key(incoming)))
            if found is not None:
                return found
        return None

    async def _may_come(self, incoming: Incoming) -> bool:
        """Looked at in this order: a commit writes the answer in the same moment as it empties the queue."""
        name = await self._inbox.home_of(conversation_of(incoming.channel, incoming.account))
        waits = await self._redis.exists(self._keys.queue("in", name))
        return bool(waits or await self._found(incoming) is not None)

    async def _check_rate(self, channel: str, account: str, limit: int) -> None:
        key = self._keys.rate(channel, account)
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(key, 0, ex=60, nx=True)
            pipe.incr(key)
            pipe.ttl(key)
            _, sent, seconds_left = await pipe.execute()
        if sent > limit:
            ACCEPTED.labels(channel, "too_many").inc()
            raise TooMany("too many messages in a minute", retry_after=max(1, seconds_left))


async def _set_or_passed(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return

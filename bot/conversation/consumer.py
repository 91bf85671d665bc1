"""Reads ready streams and works on what it claims: in order per conversation, many conversations side by side."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from redis.exceptions import RedisError, ResponseError

from bot.conversation.lane import Claim, Lane, LockLost, Ready
from bot.redis_keys import GROUP

log = logging.getLogger(__name__)

BLOCK_MILLISECONDS = 1_000
"""How long a read waits for something to come, which is also how long a stop may take."""
PROMOTE_EVERY_SECONDS = 0.2
PAUSE_AFTER_ERROR_SECONDS = 0.5


class Handler(Protocol):
    """What is done with a claim; returns the next one of the same conversation, if any."""

    def known_version(self, name: str) -> str:
        """The version of the conversation's events that is already at hand; empty when none is."""
        ...

    async def handle(self, claim: Claim) -> Claim | None: ...


class Consumer:
    """One member of a lane's consumer group.

    `name` must be the same again after a restart of the same process slot and belong to nobody else alive: what the
    former life left unfinished under it is taken up at once instead of after the lock's expiry.
    """

    def __init__(self, lane: Lane, handler: Handler, name: str, at_once: int = 16) -> None:
        self.lane = lane
        self.handler = handler
        self.name = name
        self._free = asyncio.Semaphore(at_once)
        self._at_once = at_once
        self._held: dict[str, Claim] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._prefix = f"{name}:{uuid.uuid4().hex[:12]}:"

    async def run(self) -> None:
        """Works until `stop` is called, then finishes what it has begun."""
        await self._until_it_works(self._make_groups)
        await self._until_it_works(self._take_up_former_life)
        duties = [self._read(shards) for shards in self._readable_together()]
        duties += [
            self._repeat(self._renew, self.lane.lock_seconds / 3),
            self._repeat(self._promote, PROMOTE_EVERY_SECONDS),
            self._repeat(self._reclaim, self.lane.lock_seconds / 2),
        ]
        await asyncio.gather(*duties)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def stop(self) -> None:
        self._stopping.set()

    async def _until_it_works(self, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            try:
                return await step()
            except (RedisError, OSError) as error:
                await self._after(error)

    async def _make_groups(self) -> None:
        for shard in range(self.lane.keys.shards):
            await self._make_group(shard)

    async def _make_group(self, shard: int) -> None:
        try:
            await self.lane.redis.xgroup_create(
                self.lane.keys.ready(self.lane.lane, shard), GROUP, id="0", mkstream=True
            )
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def _readable_together(self) -> list[Sequence[int]]:
        """One read may cover all shards of a single Redis; on a Cluster each stream lives in a slot of its own."""
        shards = range(self.lane.keys.shards)
        is_cluster = hasattr(self.lane.redis, "get_node_from_key")
        return [[shard] for shard in shards] if is_cluster else [shards]

    async def _read(self, shards: Sequence[int]) -> None:
        streams: dict[Any, Any] = {self.lane.keys.ready(self.lane.lane, shard): ">" for shard in shards}
        while not self._stopping.is_set():
            await self._wait_for_room()
            try:
                found = await self.lane.redis.xreadgroup(GROUP, self.name, streams, count=1, block=BLOCK_MILLISECONDS)
            except (RedisError, OSError) as error:
                await self._after(error)
                await self._until_it_works(self._make_groups)
                continue
            for stream, entries in _pairs(found):
                for entry_id, fields in entries:
                    self._begin(_ready(stream, entry_id, fields))

    async def _wait_for_room(self) -> None:
        async with self._free:
            return

    async def _take_up_former_life(self) -> None:
        for shard in range(self.lane.keys.shards):
            stream = self.lane.keys.ready(self.lane.lane, shard)
            found = await self.lane.redis.xreadgroup(GROUP, self.name, {stream: "0"}, count=10_000)
            for _, entries in _pairs(found):
                for entry_id, fields in entries:
                    await self._begin_or_acknowledge(stream, shard, entry_id, fields)

    async def _begin_or_acknowledge(self, stream: str, shard: int, entry_id: bytes, fields: dict[bytes, bytes]) -> None:
        if not fields:  # deleted from the stream, yet still pending
            await self.lane.redis.xack(stream, GROUP, entry_id)
            return
        self._begin(Ready(shard, entry_id.decode(), fields[b"name"].decode(), reclaimed=True))

    def _begin(self, ready: Ready) -> None:
        task = asyncio.create_task(self._work(ready))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, ready: Ready) -> None:
        async with self._free:
            try:
                claim = await self._claim(ready)
                while claim is not None:
                    self._held[claim.token] = claim
                    claim = await self.handler.handle(claim)
            except LockLost:
                log.warning(
                    "lane=%s conversation=%s lost its lock; its turn was left to another worker",
                    self.lane.lane,
                    ready.name,
                )
            except (RedisError, OSError) as error:
                log.error("lane=%s conversation=%s redis failed: %s", self.lane.lane, ready.name, type(error).__name__)
            except Exception:
                log.exception("lane=%s conversation=%s failed outside its turn", self.lane.lane, ready.name)
            finally:
                self._held.pop(self._token(ready), None)

    async def _claim(self, ready: Ready) -> Claim | None:
        known = self.handler.known_version(ready.name)
        return await self.lane.claim(
            ready, self._token(ready), known, former_life=f"{self.name}:", this_life=self._prefix
        )

    def _token(self, ready: Ready) -> str:
        return self._prefix + ready.entry_id

    async def _renew(self) -> None:
        if self._held:
            await self.lane.renew(list(self._held.values()))

    async def _promote(self) -> None:
        for shard in range(self.lane.keys.shards):
            await self.lane.promote(shard)

    async def _reclaim(self) -> None:
        for shard in range(self.lane.keys.shards):
            await self._reclaim_in(shard)

    async def _reclaim_in(self, shard: int) -> None:
        stream = self.lane.keys.ready(self.lane.lane, shard)
        idle_ms = int(self.lane.lock_seconds * 1_200)
        # Redis 6.2 answers two items, Redis 7 three
        found: Any = await self.lane.redis.execute_command(
            "XAUTOCLAIM", stream, GROUP, self.name, idle_ms, "0-0", "COUNT", self._at_once
        )
        for entry in found[1]:
            if entry:
                entry_id, fields = entry[0], entry[1]
                await self._begin_or_acknowledge(stream, shard, entry_id, _fields(fields))

    async def _repeat(self, duty: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Does a duty again and again; a Redis that is away costs a pause, not the duty."""
        while not self._stopping.is_set():
            await self._until_it_works(duty)
            await self._pause(seconds)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    async def _after(self, error: Exception) -> None:
        log.warning("lane=%s consumer=%s redis is away: %s", self.lane.lane, self.name, type(error).__name__)
        await self._pause(PAUSE_AFTER_ERROR_SECONDS)


def _pairs(found: Any) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
    """XREADGROUP's answer: a list of pairs in RESP2, a dictionary of nested lists in RESP3."""
    if isinstance(found, dict):
        return [(stream, [entry for batch in batches for entry in batch]) for stream, batches in found.items()]
    return [(stream, entries) for stream, entries in found or []]


def _fields(raw: Any) -> dict[bytes, bytes]:
    if isinstance(raw, dict):
        return raw
    return dict(zip(raw[::2], raw[1::2], strict=True)) if raw else {}


def _ready(stream: bytes, entry_id: bytes, fields: dict[bytes, bytes]) -> Ready:
    shard = int(stream[stream.index(b"{") + 1 : stream.index(b"}")])
    return Ready(shard, entry_id.decode(), fields[b"name"].decode())

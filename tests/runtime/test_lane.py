"""The queue-and-ready structure: each item once, in order, by one worker at a time, and never forgotten."""

import asyncio

import pytest

from bot.conversation.lane import Accepted, Claim, Commit, Lane, LockLost, Ready
from bot.redis_client import Client
from bot.redis_keys import GROUP, Keys

NAME = "rest-kim"


class GivenClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> GivenClock:
    return GivenClock()


@pytest.fixture
async def lane(redis: Client, clock: GivenClock) -> Lane:
    lane = Lane(redis, Keys(4), "in", clock, lock_seconds=5)
    for shard in range(4):
        await redis.xgroup_create(lane.keys.ready("in", shard), GROUP, id="0", mkstream=True)
    return lane


async def _next_ready(lane: Lane, consumer: str = "one") -> Ready | None:
    streams = {lane.keys.ready("in", shard): ">" for shard in range(4)}
    found = await lane.redis.xreadgroup(GROUP, consumer, streams, count=1)
    for stream, entries in found or []:
        shard = int(stream.split(b"{")[1].split(b"}")[0])
        return Ready(shard, entries[0][0].decode(), entries[0][1][b"name"].decode())
    return None


async def _claim(lane: Lane, token: str = "a:1") -> Claim:
    ready = await _next_ready(lane)
    assert ready is not None
    claim = await lane.claim(ready, token)
    assert claim is not None
    return claim


async def test_a_message_delivered_twice_is_kept_once(lane: Lane) -> None:
    seen = lane.keys.seen(NAME, "42")
    assert await lane.accept(NAME, b"hello", seen=seen, seen_seconds=60) is Accepted.NEW
    assert await lane.accept(NAME, b"hello", seen=seen, seen_seconds=60) is Accepted.DUPLICATE
    assert await lane.redis.llen(lane.keys.queue("in", NAME)) == 1


async def test_a_full_queue_refuses_and_remembers_nothing_of_the_message(lane: Lane) -> None:
    seen = lane.keys.seen(NAME, "2")
    await lane.accept(NAME, b"first", max_waiting=1)
    assert await lane.accept(NAME, b"second", seen=seen, seen_seconds=60, max_waiting=1) is Accepted.FULL
    assert not await lane.redis.exists(seen)


async def test_messages_of_one_conversation_come_in_order_to_one_holder(lane: Lane) -> None:
    for item in (b"first", b"second", b"third"):
        await lane.accept(NAME, item)
    claim: Claim | None = await _claim(lane)
    heard = []
    while claim:
        heard.append(claim.item)
        claim = await lane.commit(claim, Commit())
    assert heard == [b"first", b"second", b"third"]


async def test_while_one_holds_a_conversation_another_gets_nothing(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    await lane.accept(NAME, b"second")
    held = await _claim(lane, "a:1")
    other = await _next_ready(lane, "two")
    assert other is not None
    assert await lane.claim(other, "b:1") is None
    following = await lane.commit(held, Commit())
    assert following is not None
    assert following.item == b"second"
    assert await lane.commit(following, Commit()) is None
    assert await _pending(lane) == 0


async def test_a_worker_that_lost_its_lock_cannot_commit(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    claim = await _claim(lane)
    await lane.redis.set(lane.keys.lock("in", NAME), "somebody:else")
    with pytest.raises(LockLost):
        await lane.commit(claim, Commit(events=[b"{}"], deliveries={NAME: [b"reply"]}))
    assert not await lane.redis.exists(lane.keys.log(NAME), lane.keys.queue("out", NAME))


async def test_a_commit_repeated_after_a_lost_answer_changes_nothing_twice(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    await lane.accept(NAME, b"second")
    claim = await _claim(lane)
    commit = Commit(events=[b"{}"], deliveries={NAME: [b"reply"]})
    await lane.commit(claim, commit)
    with pytest.raises(LockLost):
        await lane.commit(claim, commit)
    assert await lane.redis.llen(lane.keys.log(NAME)) == 1
    assert await lane.redis.llen(lane.keys.queue("out", NAME)) == 1


async def test_a_turn_becomes_real_as_a_whole(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    claim = await _claim(lane)
    await lane.commit(claim, Commit(events=[b"one", b"two"], deliveries={NAME: [b"hello", b"there"]}))
    assert await lane.redis.lrange(lane.keys.log(NAME), 0, -1) == [b"one", b"two"]
    assert await lane.redis.lrange(lane.keys.window(NAME), 0, -1) == [b"1", b"one", b"two"]
    assert await lane.redis.lrange(lane.keys.queue("out", NAME), 0, -1) == [b"hello", b"there"]
    assert not await lane.redis.exists(lane.keys.queue("in", NAME), lane.keys.lock("in", NAME))


async def test_a_compacted_window_replaces_the_old_one_and_the_log_keeps_all(lane: Lane) -> None:
    for item in (b"first", b"second"):
        await lane.accept(NAME, item)
    claim = await lane.commit(await _claim(lane), Commit(events=[b"one", b"two"]))
    assert claim is not None
    await lane.commit(claim, Commit(events=[b"three"], window=[b"short"]))
    assert await lane.redis.lrange(lane.keys.window(NAME), 0, -1) == [b"2", b"short"]
    assert await lane.redis.lrange(lane.keys.log(NAME), 0, -1) == [b"one", b"two", b"three"]


async def test_who_knows_the_version_is_not_sent_the_window(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    await lane.commit(await _claim(lane), Commit(events=[b"one"]))
    await lane.accept(NAME, b"second")
    ready = await _next_ready(lane)
    assert ready is not None
    claim = await lane.claim(ready, "a:2", known_version="1")
    assert claim is not None
    assert (claim.version, claim.window) == ("1", None)


async def test_what_is_postponed_waits_and_blocks_what_came_after_it(lane: Lane, clock: GivenClock) -> None:
    await lane.accept(NAME, b"first")
    await lane.postpone(await _claim(lane), 30)
    await lane.accept(NAME, b"second")
    early = await _next_ready(lane)
    assert early is not None
    assert await lane.claim(early, "a:2") is None
    assert await lane.promote(early.shard) == 0
    clock.seconds += 31
    assert await lane.promote(early.shard) == 1
    claim = await _claim(lane, "a:3")
    assert (claim.item, claim.tries) == (b"first", 2)


async def test_what_is_given_up_is_parked_with_its_error_and_the_queue_goes_on(lane: Lane) -> None:
    await lane.accept(NAME, b"poison")
    await lane.accept(NAME, b"second")
    following = await lane.commit(await _claim(lane), Commit(failure="ValueError", deliveries={NAME: [b"sorry"]}))
    assert following is not None
    assert (following.item, following.tries) == (b"second", 1)
    parked = await lane.parked(lane.keys.shard_of(NAME))
    assert [(entry["name"], entry["error"]) for entry in parked] == [(NAME, "ValueError")]


async def test_a_name_taken_over_while_its_holder_lives_stays_pending(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    held = await _claim(lane, "a:1")
    taken_over = Ready(held.ready.shard, held.ready.entry_id, NAME, reclaimed=True)
    assert await lane.claim(taken_over, "b:1", former_life="b:", this_life="b:2:") is None
    assert await _pending(lane) == 1


async def test_a_successor_takes_the_lock_that_its_dead_predecessor_left(lane: Lane) -> None:
    await lane.accept(NAME, b"first")
    held = await _claim(lane, "worker:old:1")
    taken_over = Ready(held.ready.shard, held.ready.entry_id, NAME, reclaimed=True)
    claim = await lane.claim(taken_over, "worker:new:1", former_life="worker:", this_life="worker:new:")
    assert claim is not None
    assert claim.tries == 2
    with pytest.raises(LockLost):
        await lane.commit(held, Commit())


async def test_fifty_at_once_let_one_in(lane: Lane) -> None:
    for _ in range(50):
        await lane.accept(NAME, b"x")
    readies = [ready for ready in [await _next_ready(lane) for _ in range(50)] if ready]
    claims = await asyncio.gather(*(lane.claim(ready, f"a:{number}") for number, ready in enumerate(readies)))
    assert len([claim for claim in claims if claim]) == 1


async def _pending(lane: Lane) -> int:
    shard = lane.keys.shard_of(NAME)
    return int((await lane.redis.xpending(lane.keys.ready("in", shard), GROUP))["pending"])

"""What was given up can be tried again by the operator."""

from pathlib import Path

from bot.clock import SystemClock
from bot.conversation.lane import Lane, Ready
from bot.redis_client import Client
from bot.redis_keys import GROUP, Keys

SCRIPT = (Path(__file__).parents[2] / "deploy" / "parked_again.lua").read_text()
NAME = "telegram-42"


async def test_what_was_parked_is_delivered_after_all_and_parked_no_more(redis: Client) -> None:
    lane = Lane(redis, Keys(4), "out", SystemClock(), lock_seconds=5)
    shard = lane.keys.shard_of(NAME)
    await redis.xgroup_create(lane.keys.ready("out", shard), GROUP, mkstream=True)
    for item in (b"first", b"second"):
        await lane.accept(NAME, item)
    claim = await lane.claim(await _ready(lane, shard), "a:1")
    while claim:
        claim = await lane.finish(claim, failure="TimedOut")
    assert await redis.xlen(lane.keys.parked("out", shard)) == 2

    assert await redis.eval(SCRIPT, 2, lane.keys.parked("out", shard), lane.keys.ready("out", shard)) == 2

    claim = await lane.claim(await _ready(lane, shard), "a:2")
    heard = []
    while claim:
        heard.append(claim.item)
        claim = await lane.finish(claim)
    assert heard == [b"first", b"second"]
    assert await redis.xlen(lane.keys.parked("out", shard)) == 0


async def _ready(lane: Lane, shard: int) -> Ready:
    found = await lane.redis.xreadgroup(GROUP, "one", {lane.keys.ready("out", shard): ">"}, count=1)
    entry_id, fields = found[0][1][0]
    return Ready(shard, entry_id.decode(), fields[b"name"].decode())

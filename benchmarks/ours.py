"""What a turn costs at four lengths of conversation: claim, answer and commit, with Redis and the running shop."""

import asyncio
import itertools

import actions.base
from benchmarks.figures import Turns
from benchmarks.histories import CYCLE, LENGTHS, HandedOver, Raw, check_same, repeated
from benchmarks.loading import load
from benchmarks.visits import GREETING, ORDER, Said, Visit, long_conversation
from bot.clock import SystemClock
from bot.conversation.codes import Codes
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane, Ready
from bot.conversation.turn import Dialogue
from bot.conversation.turn import Turns as Answering
from bot.redis_client import Client, connect
from bot.redis_keys import Keys
from bot.settings import Settings

ROUNDS = 12
WARM_UP_ROUNDS = 2
EVENTS_AT_ONCE = 1_000


class Worker:
    """Takes one message after the other, as a worker does, and waits for nobody."""

    def __init__(self, redis: Client, settings: Settings, dialogue: Dialogue) -> None:
        self.redis = redis
        self.keys = Keys(settings.shards)
        self._lane = Lane(redis, self.keys, "in", SystemClock(), 60)
        self._inbox = Inbox(self._lane, seen_seconds=0, max_waiting=0)
        codes = Codes(redis, self.keys, settings.code_seconds)
        self._answering = Answering(self._lane, self._inbox, codes, dialogue, max_attempts=1)
        self._numbers = itertools.count()

    async def visit(self, account: str, visit: Visit, cost: Turns) -> None:
        for said in visit:
            await self._turn(account, said, cost)

    async def log(self, account: str) -> list[Raw]:
        found: list[Raw] = await self.redis.lrange(self.keys.log(conversation_of("rest", account)), 0, -1)
        return found

    async def _turn(self, account: str, said: Said, cost: Turns) -> None:
        """Raises ValueError when the turn was not committed."""
        message_id = f"message-{next(self._numbers)}"
        await self._inbox.accept(said.by(account, message_id, reply_to="benchmark"))
        ready = await self._ready(conversation_of("rest", account))
        with cost.one():
            claim = await self._lane.claim(ready, message_id, self._answering.known_version(ready.name))
            following = claim and await self._answering.handle(claim)
        if claim is None or following or await self.redis.xlen(self.keys.parked("in", ready.shard)):
            raise ValueError(f"{message_id} of {account} was not answered; LOG_LEVEL=INFO says why")

    async def _ready(self, name: str) -> Ready:
        shard = self.keys.shard_of(name)
        newest = await self.redis.xrevrange(self.keys.ready("in", shard), count=1)
        return Ready(shard, newest[0][0].decode(), name)


class Seeds:
    """Conversations of every length, from which each visit gets its own copy, with a customer who has no orders yet."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    async def grow(self) -> list[Raw]:
        """Answers with the events of the real conversation of CYCLE turns."""
        await self._worker.visit("seed-1", [GREETING], Turns())
        await self._worker.visit(f"seed-{CYCLE}", long_conversation(CYCLE, seed=3), Turns())
        cycle = await self._worker.log(f"seed-{CYCLE}")
        for turns in (length for length in LENGTHS if length > CYCLE):
            await self._repeat(cycle, turns)
        return cycle

    async def plant(self, length: int, account: str) -> None:
        for source, target in self._pairs(f"seed-{length}", account):
            await self._worker.redis.copy(source, target)

    async def uproot(self, account: str) -> None:
        for key, _ in self._pairs(account, account):
            await self._worker.redis.unlink(key)

    async def _repeat(self, cycle: list[Raw], turns: int) -> None:
        """The log repeats itself; the window depends on its end only, so it is the same."""
        (_, log), (window, target) = self._pairs(f"seed-{CYCLE}", f"seed-{turns}")
        events = repeated(cycle, turns)
        for start in range(0, len(events), EVENTS_AT_ONCE):
            await self._worker.redis.rpush(log, *events[start : start + EVENTS_AT_ONCE])
        await self._worker.redis.copy(window, target)

    def _pairs(self, source: str, target: str) -> list[tuple[str, str]]:
        names = [conversation_of("rest", account) for account in (source, target)]
        keys = self._worker.keys
        return [(keys.log(names[0]), keys.log(names[1])), (keys.window(names[0]), keys.window(names[1]))]


async def measure(settings: Settings, dialogue: Dialogue) -> None:
    """Visits at all lengths side by side, so that what else the machine does troubles them alike."""
    redis = connect(str(settings.redis_url))
    worker = Worker(redis, settings, dialogue)
    seeds = Seeds(worker)
    cycle = await seeds.grow()
    costs = {length: Turns() for length in LENGTHS}
    visits = []
    for number in range(-WARM_UP_ROUNDS, ROUNDS):
        for length, cost in costs.items():
            account = f"visitor-{length}-{number}"
            await seeds.plant(length, account)
            await worker.visit(account, ORDER, cost if number >= 0 else Turns())
            visits.append(HandedOver.of(await worker.log("seed-1"), cycle, await worker.log(account), ORDER))
            await seeds.uproot(account)
            dialogue.forget(conversation_of("rest", account))
    for length, cost in costs.items():
        cost.tell(who="nochannel", length=length)
    check_same([visit.said for visit in visits])
    await visits[-1].leave(redis)
    await redis.aclose()
    await actions.base.shop().close()


def main() -> None:
    settings = Settings()
    assistant = load(settings)
    asyncio.run(measure(settings, assistant))


if __name__ == "__main__":
    main()

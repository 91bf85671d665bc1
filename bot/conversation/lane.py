"""The queue-and-ready structure that messages come in by and replies go out by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, cast

from bot.clock import Clock
from bot.conversation import scripts
from bot.redis_client import Client
from bot.redis_keys import GROUP, Keys
from bot.redis_keys import Lane as LaneName


class Accepted(Enum):
    """What became of a message at the door."""

    NEW = 1
    DUPLICATE = 0
    FULL = -1


@dataclass(frozen=True)
class Moved:
    """The conversation is part of another one by now."""

    into: str


@dataclass(frozen=True)
class Ready:
    """A name read from a ready stream. `reclaimed`: taken over from another consumer, or from our own former life."""

    shard: int
    entry_id: str
    name: str
    reclaimed: bool = False


@dataclass(frozen=True)
class Claim:
    """The right to work on the head of one conversation's queue, until the lock runs out.

    `window` is None when the reader already has the events of `version`. `accounts` are the linked ones and since when;
    `moved_to` is the conversation that this one has become part of.
    """

    ready: Ready
    token: str
    item: bytes
    tries: int
    version: str = "0"
    window: tuple[bytes, ...] | None = None
    accounts: Mapping[str, float] = field(default_factory=dict)
    moved_to: str = ""

    @property
    def name(self) -> str:
        return self.ready.name


@dataclass(frozen=True)
class Commit:
    """All that a turn changes. `window` replaces the old one; None appends the new events to it.

    `deliveries` by the name of the queue that they wait in. `linked` accounts are the conversation's from now on, `unlinked`
    ones no longer, nor `parted` ones, which come back only by a newer proof. `queued` is what the conversation itself has to do next, after all that waits.
    """

    events: Sequence[bytes] = ()
    window: Sequence[bytes] | None = None
    deliveries: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    linked: Sequence[str] = ()
    unlinked: Sequence[str] = ()
    parted: Sequence[str] = ()
    queued: Sequence[bytes] = ()
    answer: bytes | None = None
    answer_id: str = ""
    answer_to: str = ""
    failure: str = ""


class Lane:
    """One of the two lanes (`in`, `out`) over all shards."""

    def __init__(self, redis: Client, keys: Keys, lane: LaneName, clock: Clock, lock_seconds: float) -> None:
        self.redis = redis
        self.keys = keys
        self.lane = lane
        self.clock = clock
        self.lock_seconds = lock_seconds
        self._lock_ms = str(int(lock_seconds * 1000))
        self._accept = redis.register_script(scripts.ACCEPT)
        self._claim = redis.register_script(scripts.CLAIM)
        self._commit = redis.register_script(scripts.COMMIT)
        self._finish = redis.register_script(scripts.FINISH)
        self._move = redis.register_script(scripts.MOVE)
        self._postpone = redis.register_script(scripts.POSTPONE)
        self._promote = redis.register_script(scripts.PROMOTE)
        self._renew = redis.register_script(scripts.RENEW)

    async def accept(
        self, name: str, item: bytes, *, seen: str = "", seen_seconds: int = 0, max_waiting: int = 0
    ) -> Accepted | Moved:
        """Queues an item once. `seen` is the key that remembers its id, `max_waiting` refuses when so many wait (0: never)."""
        queue = self.keys.queue(self.lane, name)
        keys = [queue, self.keys.ready(self.lane, self.keys.shard_of(name)), self.keys.home(name), seen or queue]
        outcome = await self._accept(keys=keys, args=[item, name, seen_seconds, max_waiting])
        return Moved(outcome.decode()) if isinstance(outcome, bytes) else Accepted(outcome)

    async def claim(
        self, ready: Ready, token: str, known_version: str = "", *, former_life: str = "", this_life: str = ""
    ) -> Claim | None:
        """Takes a conversation, or None when somebody has it, nothing waits, or its head is not due yet.

        A lock whose token begins with `former_life`, yet not with `this_life`, was left by a dead process of this place.
        """
        args = self._arguments(ready, token)
        args += [known_version, former_life, this_life, "1" if ready.reclaimed else "0", repr(self.clock.now())]
        result = await self._claim(keys=[*self._lane_keys(ready), self.keys.window(ready.name)], args=args)
        if result[0] != b"next":
            return None
        window = tuple(result[6]) if len(result) > 6 else None
        found = Claim(ready, token, b"", 0, result[5].decode(), window)
        return _with_head(found, result)

    async def commit(self, claim: Claim, commit: Commit) -> Claim | None:
        """Makes a turn real and hands over the next one. Raises LockLost when the turn belongs to somebody else by now."""
        version = int(claim.version)
        new_version = str(version + 1 if commit.events else version)
        deliveries = [argument for name, items in commit.deliveries.items() for argument in (name, len(items), *items)]
        result = await self._commit(
            keys=[*self._lane_keys(claim.ready), *self._commit_keys(claim, commit)],
            args=[
                *self._arguments(claim.ready, claim.token),
                claim.version,
                new_version,
                len(commit.events),
                -1 if commit.window is None else len(commit.window),
                commit.answer or b"",
                self.keys.answers(commit.answer_to),
                commit.failure,
                len(commit.linked),
                len(commit.unlinked),
                len(commit.parted),
                len(commit.queued),
                repr(self.clock.now()),
                *commit.linked,
                *commit.unlinked,
                *commit.parted,
                *commit.queued,
                *deliveries,
                *commit.events,
                *(commit.window or ()),
            ],
        )
        following = self._following(claim, result)
        return following and replace(following, version=new_version)

    async def finish(self, claim: Claim, failure: str = "") -> Claim | None:
        """Takes the head off its queue, parked when there is a failure to tell, and hands over the next."""
        parked = self.keys.parked(self.lane, claim.ready.shard)
        args = [*self._arguments(claim.ready, claim.token), failure]
        return self._following(claim, await self._finish(keys=[*self._lane_keys(claim.ready), parked], args=args))

    async def move(self, claim: Claim, into: str) -> Claim | None:
        """Makes the conversation part of another, and hands over what is to be sent on."""
        args = [*self._arguments(claim.ready, claim.token), into]
        return self._following(claim, await self._move(keys=self._lane_keys(claim.ready), args=args))

    async def moved_to(self, name: str) -> str | None:
        """The conversation that one has become part of, if any."""
        found = await self.redis.get(self.keys.home(name))
        return found.decode() if found else None

    async def set_home(self, account: str, name: str | None) -> None:
        """Where an account's messages go: None for its own conversation."""
        key = self.keys.home(account)
        await (self.redis.delete(key) if name is None else self.redis.set(key, name))

    async def accounts(self, name: str) -> Mapping[str, float]:
        """Accounts linked to a conversation, and since when (seconds since the epoch)."""
        found = await self.redis.hgetall(self.keys.accounts(name))
        return {account.decode(): float(at) for account, at in found.items()}

    async def parted_at(self, name: str, account: str) -> float | None:
        """When an account was parted from a conversation (seconds since the epoch), unless it is linked again or never was."""
        found = await self.redis.hget(self.keys.parted(name), account)
        return float(found) if found else None

    async def window(self, name: str) -> tuple[bytes, ...]:
        """The events of a conversation's window."""
        return tuple(await self.redis.lrange(self.keys.window(name), 1, -1))

    async def postpone(self, claim: Claim, seconds: float) -> None:
        """Lets the conversation go and tries its head again in so many seconds."""
        args = [*self._arguments(claim.ready, claim.token), repr(self.clock.now() + seconds)]
        await self._postpone(keys=self._lane_keys(claim.ready), args=args)

    async def promote(self, shard: int) -> int:
        """Makes those ready whose time has come; how many."""
        keys = [self.keys.later(self.lane, shard), self.keys.ready(self.lane, shard)]
        return cast(int, await self._promote(keys=keys, args=[repr(self.clock.now())]))

    async def renew(self, claims: Iterable[Claim]) -> None:
        """Keeps the locks of running work from expiring."""
        by_shard: dict[int, list[Claim]] = {}
        for claim in claims:
            by_shard.setdefault(claim.ready.shard, []).append(claim)
        for held in by_shard.values():
            locks = [self.keys.lock(self.lane, claim.name) for claim in held]
            await self._renew(keys=locks, args=[self._lock_ms, *(claim.token for claim in held)])

    async def parked(self, shard: int, count: int = 100) -> list[dict[str, str]]:
        """What was given up in a shard: name, error, and when (ms since the epoch); newest first, without the words."""
        entries = await self.redis.xrevrange(self.keys.parked(self.lane, shard), count=count)
        return [
            {
                "name": fields[b"name"].decode(),
                "error": fields[b"error"].decode(),
                "at_ms": entry_id.decode().split("-")[0],
            }
            for entry_id, fields in entries
        ]

    def _lane_keys(self, ready: Ready) -> list[str]:
        name = ready.name
        return [
            self.keys.lock(self.lane, name),
            self.keys.queue(self.lane, name),
            self.keys.tries(self.lane, name),
            self.keys.ready(self.lane, ready.shard),
            self.keys.later(self.lane, ready.shard),
            self.keys.accounts(name),
            self.keys.home(name),
        ]

    def _commit_keys(self, claim: Claim, commit: Commit) -> list[str]:
        name = claim.name
        return [
            self.keys.log(name),
            self.keys.window(name),
            self.keys.parked(self.lane, claim.ready.shard),
            self.keys.ready("out", claim.ready.shard),
            self.keys.answer(name, commit.answer_id),
            self.keys.parted(name),
            *(self.keys.queue("out", towards) for towards in commit.deliveries),
        ]

    def _arguments(self, ready: Ready, token: str) -> list[Any]:
        return [token, self._lock_ms, ready.entry_id, GROUP, ready.name]

    @staticmethod
    def _following(claim: Claim, result: list[Any]) -> Claim | None:
        if result[0] == b"lost":
            raise LockLost(claim.name)
        if result[0] == b"done":
            return None
        return replace(_with_head(claim, result), window=None)


def _with_head(claim: Claim, result: list[Any]) -> Claim:
    """From a script's answer: item, tries, where it moved to, and accounts as Redis lists a hash."""
    names, times = result[4][::2], result[4][1::2]
    accounts = {name.decode(): float(at) for name, at in zip(names, times, strict=True)}
    return replace(claim, item=result[1], tries=int(result[2]), moved_to=result[3].decode(), accounts=accounts)


class LockLost(Exception):
    """Another worker has the conversation by now; what this one did must not be committed."""

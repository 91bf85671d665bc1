"""One turn: a message, what the assistant makes of it, and the commit that makes it real."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

import orjson
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.conversation.lane import Claim, Commit, Lane
from bot.messages import Answer, Delivery, Incoming, Reply, State
from bot.metrics import ANSWER_SECONDS, TURN_SECONDS, TURNS

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)
COMMIT_AGAIN_AFTER_SECONDS = 0.2


class Dialogue(Protocol):
    """Understands and answers. Changes nothing that lasts: the turn commits."""

    def known_version(self, name: str) -> str:
        """Version of the conversation's state that is kept in memory; empty when none is."""
        ...

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer: ...

    def keep(self, name: str, version: str) -> None:
        """The last answer was committed as this version."""
        ...

    def forget(self, name: str) -> None:
        """The last answer was not committed."""
        ...

    def apology(self, incoming: Incoming) -> Reply:
        """An honest sentence for a message that cannot be answered."""
        ...


class Turns:
    """Answers what is claimed from the `in` lane."""

    def __init__(self, lane: Lane, dialogue: Dialogue, max_attempts: int) -> None:
        self._lane = lane
        self._dialogue = dialogue
        self._max_attempts = max_attempts

    def known_version(self, name: str) -> str:
        return self._dialogue.known_version(name)

    async def handle(self, claim: Claim) -> Claim | None:
        with TURN_SECONDS.time():
            return await self._handle(claim)

    async def _handle(self, claim: Claim) -> Claim | None:
        incoming = Incoming.decode(claim.item)
        if claim.tries > self._max_attempts:
            return await self._give_up(claim, incoming, "WorkerDied")
        try:
            answer = await self._dialogue.answer(claim.name, incoming, State(claim.version, claim.window))
        except Exception as error:
            return await self._failed(claim, incoming, error)
        following = await self._commit(claim, self._changes(incoming, answer))
        TURNS.labels("answered").inc()
        ANSWER_SECONDS.observe(max(0.0, self._lane.clock.now() - incoming.received_at))
        return following

    async def _failed(self, claim: Claim, incoming: Incoming, error: Exception) -> Claim | None:
        self._dialogue.forget(claim.name)
        TURNS.labels("failed").inc()
        log.error(
            "conversation=%s message=%s attempt=%d turn failed: %s",
            claim.name, incoming.message_id, claim.tries, _where(error),
        )  # fmt: skip
        if claim.tries >= self._max_attempts:
            return await self._give_up(claim, incoming, type(error).__name__)
        await self._lane.postpone(claim, RETRY_AFTER_SECONDS[min(claim.tries, len(RETRY_AFTER_SECONDS)) - 1])
        return None

    async def _give_up(self, claim: Claim, incoming: Incoming, error: str) -> Claim | None:
        log.error("conversation=%s message=%s parked: %s", claim.name, incoming.message_id, error)
        TURNS.labels("parked").inc()
        apology = Answer((self._dialogue.apology(incoming),), ())
        return await self._commit(claim, self._changes(incoming, apology, failure=error))

    async def _commit(self, claim: Claim, commit: Commit) -> Claim | None:
        try:
            following = await self._insist(claim, commit)
        except Exception:
            self._dialogue.forget(claim.name)
            raise
        if commit.events:
            self._dialogue.keep(claim.name, str(int(claim.version) + 1))
        return following

    async def _insist(self, claim: Claim, commit: Commit) -> Claim | None:
        """A commit whose answer got lost is sent again: the script refuses what was already done."""
        deadline = asyncio.get_running_loop().time() + self._lane.lock_seconds
        while True:
            try:
                return await self._lane.commit(claim, commit)
            except (RedisConnectionError, RedisTimeoutError, OSError):
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(COMMIT_AGAIN_AFTER_SECONDS)

    def _changes(self, incoming: Incoming, answer: Answer, failure: str = "") -> Commit:
        if incoming.reply_to:
            replies = orjson.dumps([reply.as_dict() for reply in answer.replies])
            return Commit(
                answer.events, answer.window, answer=replies,
                answer_id=incoming.message_id, answer_to=incoming.reply_to, failure=failure,
            )  # fmt: skip
        return Commit(answer.events, answer.window, deliveries=_deliveries(incoming, answer.replies), failure=failure)


def _deliveries(incoming: Incoming, replies: Sequence[Reply]) -> list[bytes]:
    return [
        Delivery(
            incoming.channel, incoming.account, f"{incoming.message_id}/{number}", reply, incoming.metadata
        ).encode()
        for number, reply in enumerate(replies)
    ]


def _where(error: Exception) -> str:
    """Type and place of an error, without its message: that may hold a customer's words."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"

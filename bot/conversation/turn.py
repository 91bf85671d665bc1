"""One turn: a message, who it shows to be speaking, what the assistant makes of it, and the commit that makes it real."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import orjson
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.conversation.codes import Codes, TooManyCodes, TooManyGuesses, WrongCode
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox, message_key
from bot.conversation.joining import Joining, KnownOtherwise
from bot.conversation.lane import Claim, Commit, Lane
from bot.messages import (
    CODE,
    PROOF_FROM,
    PROVEN_AT,
    PROVEN_CUSTOMER,
    Answer,
    CodeVerdict,
    Delivery,
    Incoming,
    Move,
    Part,
    Reply,
    State,
    item_of,
)
from bot.metrics import ANSWER_SECONDS, TURN_SECONDS, TURNS
from bot.redis_keys import TOWARDS

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0)
COMMIT_AGAIN_AFTER_SECONDS = 0.2


class Dialogue(Protocol):
    """Understands and answers. Changes nothing that lasts: the turn commits."""

    def known_version(self, name: str) -> str:
        """Version of the conversation's state that is kept in memory; empty when none is."""
        ...

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        """What is to be said and kept; or the code that is to be proved before, if the message tells one."""
        ...

    def keep(self, name: str, version: str) -> None:
        """The last answer was committed as this version."""
        ...

    def forget(self, name: str) -> None:
        """The last answer was not committed."""
        ...

    def apology(self, incoming: Incoming) -> Reply:
        """An honest sentence for a message that cannot be answered."""
        ...


class DialogueFailed(Exception):
    """The message could not be answered; `error` says why."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class Turns:
    """Answers what is claimed from the `in` lane."""

    def __init__(self, lane: Lane, inbox: Inbox, codes: Codes, dialogue: Dialogue, max_attempts: int) -> None:
        self._lane = lane
        self._inbox = inbox
        self._codes = codes
        self._joining = Joining(lane, inbox)
        self._dialogue = dialogue
        self._max_attempts = max_attempts

    def known_version(self, name: str) -> str:
        return self._dialogue.known_version(name)

    async def handle(self, claim: Claim) -> Claim | None:
        with TURN_SECONDS.time():
            return await self._handle(claim)

    async def _handle(self, claim: Claim) -> Claim | None:
        if claim.moved_to:
            return await self._joining.send_on(claim)
        match item_of(claim.item):
            case Move() as move:
                return await self._joining.move(claim, move)
            case Part() as part:
                return await self._joining.part(claim, part)
            case Incoming() as incoming if not _belongs_here(claim, incoming):
                return await self._joining.send_home(claim, incoming)
            case Incoming() as incoming:
                return await self._hear(claim, incoming)

    async def _hear(self, claim: Claim, incoming: Incoming) -> Claim | None:
        if claim.tries > self._max_attempts:
            return await self._give_up(claim, incoming, "WorkerDied")
        try:
            return await self._identified(claim, incoming)
        except DialogueFailed as failed:
            return await self._failed(claim, incoming, failed.error)

    async def _identified(self, claim: Claim, incoming: Incoming) -> Claim | None:
        """Where the message shows whose it is, its conversation and the customer's become one before it is answered."""
        customer = incoming.metadata.get(PROVEN_CUSTOMER)
        if customer and customer != claim.name:
            belongs_to = await self._inbox.home_of(customer)
            if belongs_to != claim.name:
                if not await self._has_parted(incoming, customer):
                    return await self._signed_in(claim, incoming, belongs_to)
                incoming = _unproven(incoming)
        answer = await self._answer(claim, incoming)
        if answer.code is not None:
            return await self._told_code(claim, incoming, answer.code)
        following = await self._commit(claim, self._changes(claim, incoming, answer))
        TURNS.labels("answered").inc()
        ANSWER_SECONDS.observe(max(0.0, self._lane.clock.now() - incoming.received_at))
        return following

    async def _has_parted(self, incoming: Incoming, customer: str) -> bool:
        return await self._inbox.has_parted(_account(incoming), customer, incoming.metadata.get(PROOF_FROM, 0.0))

    async def _signed_in(self, claim: Claim, incoming: Incoming, customer: str) -> Claim | None:
        try:
            return await self._joining.join(claim, customer, incoming, is_customer=True)
        except KnownOtherwise:  # somebody else at the same device
            return await self._joining.switch(claim, incoming, customer)

    async def _told_code(self, claim: Claim, incoming: Incoming, code: str) -> Claim | None:
        verdict: CodeVerdict = "right"
        try:
            proof = await self._codes.redeem(
                code,
                account=_account(incoming),
                conversation=claim.name,
                use=message_key(incoming),
            )
            proved = _judged(incoming, "right")
            belongs_to = await self._inbox.home_of(proof.proves)
            if belongs_to != claim.name:
                return await self._joining.join(claim, belongs_to, proved, is_customer=proof.is_customer)
        except WrongCode:
            verdict = "wrong"
        except TooManyGuesses:
            verdict = "too_many"
        except KnownOtherwise:
            verdict = "known_otherwise"
        return await self._identified(claim, _judged(incoming, verdict))

    async def _answer(self, claim: Claim, incoming: Incoming) -> Answer:
        try:
            return await self._with_codes(await self._asked(claim, incoming))
        except TooManyCodes:
            self._dialogue.forget(claim.name)
            claim = replace(claim, window=await self._lane.window(claim.name))
            return await self._asked(claim, _judged(incoming, "too_many"))

    async def _asked(self, claim: Claim, incoming: Incoming) -> Answer:
        try:
            state = State(claim.version, claim.window, _account(incoming), claim.accounts)
            return await self._dialogue.answer(claim.name, incoming, state)
        except Exception as error:
            raise DialogueFailed(error) from error

    async def _with_codes(self, answer: Answer) -> Answer:
        """With real codes in the place of their marks. Raises TooManyCodes."""
        for wish in answer.codes:
            code = await (self._codes.issue_token if wish.is_long else self._codes.issue)(
                wish.proves, told_by=wish.told_by, is_customer=wish.is_customer
            )
            answer = replace(
                answer,
                replies=tuple(_filled(reply, wish.mark, code) for reply in answer.replies),
                elsewhere=tuple(replace(one, reply=_filled(one.reply, wish.mark, code)) for one in answer.elsewhere),
            )
        return answer

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
        return await self._commit(claim, self._changes(claim, incoming, apology, failure=error))

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

    def _changes(self, claim: Claim, incoming: Incoming, answer: Answer, failure: str = "") -> Commit:
        deliveries = _elsewhere(claim.name, incoming, answer)
        if not incoming.reply_to:
            to_asker = _towards(claim.name, _account(incoming))
            deliveries[to_asker] = [*_deliveries(incoming, answer.replies), *deliveries.get(to_asker, ())]
        return Commit(
            answer.events,
            answer.window,
            {name: items for name, items in deliveries.items() if items},
            linked=_linked(claim.name, incoming),
            parted=answer.parted,
            queued=[Part(account).encode() for account in answer.parted],
            answer=orjson.dumps([reply.as_dict() for reply in answer.replies]) if incoming.reply_to else None,
            answer_id=message_key(incoming),
            answer_to=incoming.reply_to or "",
            failure=failure,
        )


def _belongs_here(claim: Claim, incoming: Incoming) -> bool:
    account = _account(incoming)
    return account == claim.name or account in claim.accounts or incoming.joined is not None


def _account(incoming: Incoming) -> str:
    return conversation_of(incoming.channel, incoming.account)


def _unproven(incoming: Incoming) -> Incoming:
    said = {name: value for name, value in incoming.metadata.items() if name not in (PROVEN_CUSTOMER, PROVEN_AT)}
    return replace(incoming, metadata=said)


def _judged(incoming: Incoming, verdict: CodeVerdict) -> Incoming:
    return replace(incoming, metadata={**incoming.metadata, CODE: verdict})


def _linked(name: str, incoming: Incoming) -> tuple[str, ...]:
    """Accounts that belong to the conversation from now on; its own, if it is one, is among those from the first link on."""
    joined = incoming.joined
    if joined is None:
        return ()
    return joined.accounts if joined.into_customer else (name, *joined.accounts)


def _filled(reply: Reply, mark: str, code: str) -> Reply:
    return replace(reply, text=reply.text and reply.text.replace(mark, code))


def _towards(name: str, account: str) -> str:
    return name if name == account else f"{name}{TOWARDS}{account}"


def _deliveries(incoming: Incoming, replies: Sequence[Reply]) -> list[bytes]:
    return [
        Delivery(
            incoming.channel, incoming.account, f"{incoming.message_id}/{number}", reply, incoming.metadata
        ).encode()
        for number, reply in enumerate(replies)
    ]


def _elsewhere(name: str, incoming: Incoming, answer: Answer) -> dict[str, list[bytes]]:
    """By the queue that they wait in."""
    found: defaultdict[str, list[bytes]] = defaultdict(list)
    for number, to in enumerate(answer.elsewhere):
        delivery_id = f"{message_key(incoming)}/elsewhere/{number}"
        delivery = Delivery(to.channel, to.account, delivery_id, to.reply)
        found[_towards(name, conversation_of(to.channel, to.account))].append(delivery.encode())
    return dict(found)


def _where(error: Exception) -> str:
    """Type and place of an error, without its message: that may hold a customer's words."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"

"""The door: a verified, parsed message is kept once, and answered later."""

from bot.conversation.identity import conversation_of
from bot.conversation.lane import Accepted, Lane, Moved
from bot.messages import Incoming, Item

MAX_MOVES = 8
"""Conversations that a message may be sent on through: two or three in a long life."""


class Inbox:
    """Takes messages in. When `accept` has returned, the message survives whatever happens next."""

    def __init__(self, lane: Lane, seen_seconds: int, max_waiting: int) -> None:
        self._lane = lane
        self._seen_seconds = seen_seconds
        self._max_waiting = max_waiting

    async def accept(self, incoming: Incoming) -> Accepted:
        """Into the conversation that its account belongs to."""
        account = conversation_of(incoming.channel, incoming.account)
        return await self._put(account, incoming, _said_by(incoming), self._max_waiting)

    async def send_on(self, name: str, item: Item, item_id: str = "") -> None:
        """Into that conversation, or the one it is part of by now, however much waits there. An id is taken once."""
        await self._put(name, item, item_id or _said_by(item), max_waiting=0)

    async def home_of(self, name: str) -> str:
        """The conversation that an account or a conversation is part of by now."""
        for _ in range(MAX_MOVES):
            into = await self._lane.moved_to(name)
            if into is None:
                return name
            name = into
        raise MovesInCircles(name)

    async def has_parted(self, account: str, customer: str, proof_from: float) -> bool:
        """Whether an account was parted from a customer since its proof to be theirs exists (seconds since the epoch)."""
        parted_at = await self._lane.parted_at(await self.home_of(customer), account)
        return parted_at is not None and proof_from <= parted_at

    async def _put(self, name: str, item: Item, item_id: str, max_waiting: int) -> Accepted:
        for _ in range(MAX_MOVES):
            outcome = await self._lane.accept(
                name,
                item.encode(),
                seen=self._lane.keys.seen(name, item_id),
                seen_seconds=self._seen_seconds,
                max_waiting=max_waiting,
            )
            if not isinstance(outcome, Moved):
                return outcome
            name = outcome.into
        raise MovesInCircles(name)


class MovesInCircles(Exception):
    """Conversations that are part of each other: Redis was changed by hand."""


def _said_by(item: Item) -> str:
    """An id that no two accounts share."""
    if not isinstance(item, Incoming):
        raise ValueError("only a message has an id of its own")
    return message_key(item)


def message_key(incoming: Incoming) -> str:
    """By which a message is told from all others, whichever conversation it waits in."""
    return f"{conversation_of(incoming.channel, incoming.account)}/{incoming.message_id}"

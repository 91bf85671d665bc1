"""The door: a verified, parsed message is kept once, and answered later."""

from bot.conversation.identity import conversation_of
from bot.conversation.lane import Accepted, Lane
from bot.messages import Incoming


class Inbox:
    """Takes messages in. When `accept` has returned, the message survives whatever happens next."""

    def __init__(self, lane: Lane, seen_seconds: int, max_waiting: int) -> None:
        self._lane = lane
        self._seen_seconds = seen_seconds
        self._max_waiting = max_waiting

    async def accept(self, incoming: Incoming) -> Accepted:
        name = conversation_of(incoming.channel, incoming.account)
        return await self._lane.accept(
            name,
            incoming.encode(),
            seen=self._lane.keys.seen(name, incoming.message_id),
            seen_seconds=self._seen_seconds,
            max_waiting=self._max_waiting,
        )

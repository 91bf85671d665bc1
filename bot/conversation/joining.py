"""How conversations become one, and an account gets its own back.

Each step happens under the lock of one conversation and may be done twice: a crash between two of them leaves the item that
asks for them at the head of its queue. Conversations always move towards a known customer's, or else towards the name that
comes first, so that two that move at the same time cannot move into each other.
"""

from dataclasses import replace
from typing import assert_never

from bot.conversation.identity import conversation_of, is_known_customer
from bot.conversation.inbox import Inbox, message_key
from bot.conversation.lane import Claim, Commit, Lane
from bot.messages import CODE, Incoming, Item, Joined, Move, Part, item_of


class Joining:
    """Moves conversations into each other. Every method ends with the claim's head done, and returns the next."""

    def __init__(self, lane: Lane, inbox: Inbox) -> None:
        self._lane = lane
        self._inbox = inbox

    async def send_on(self, claim: Claim) -> Claim | None:
        """What waits in a conversation that has moved."""
        await self._inbox.send_on(claim.moved_to, item := item_of(claim.item), _passing(claim, item))
        return await self._lane.finish(claim)

    async def send_home(self, claim: Claim, incoming: Incoming) -> Claim | None:
        """A message of an account that is not this conversation's any more."""
        await self._inbox.send_on(
            conversation_of(incoming.channel, incoming.account), incoming, f"{claim.name}/{message_key(incoming)}"
        )
        return await self._lane.finish(claim)

    async def join(self, claim: Claim, other: str, message: Incoming, *, is_customer: bool) -> Claim | None:
        """Makes one of this conversation and another, which then answers the message. Raises KnownOtherwise.

        `is_customer`: the other is known to be a customer of the shop.
        """
        here = is_known_customer(claim.name, claim.accounts)
        there = is_customer or is_known_customer(other, await self._lane.accounts(other))
        if here and there:
            raise KnownOtherwise
        if (not here, claim.name) < (not there, other):
            move = Move(claim.name, message, into_customer=here)
            await self._inbox.send_on(other, move, f"move/{claim.name}/{message_key(message)}")
            return await self._lane.finish(claim)
        return await self._move(claim, Move(other, message, into_customer=there))

    async def move(self, claim: Claim, move: Move) -> Claim | None:
        """As another conversation's customer asked for, unless things have changed since."""
        into = await self._inbox.home_of(move.into)
        try:
            if into != claim.name:
                return await self.join(claim, into, move.message, is_customer=move.into_customer)
        except KnownOtherwise:
            refused = {**move.message.metadata, CODE: "known_otherwise"}
            move = replace(move, message=replace(move.message, metadata=refused))
        await self._inbox.send_on(into, move.message, f"back/{claim.name}/{message_key(move.message)}")
        return await self._lane.finish(claim)

    async def switch(self, claim: Claim, message: Incoming, customer: str) -> Claim | None:
        """Takes the message's account to another customer, with nothing of what this conversation knows."""
        account = conversation_of(message.channel, message.account)
        joined = Joined(account, (account,), (), into_customer=True)
        await self._inbox.send_on(customer, replace(message, joined=joined), f"switched/{message_key(message)}")
        await self._lane.set_home(account, customer)
        return await self._lane.commit(claim, Commit(unlinked=(account,)))

    async def part(self, claim: Claim, part: Part) -> Claim | None:
        """Its messages go to its own conversation again, which is as it was before."""
        await self._lane.set_home(part.account, None)
        return await self._lane.finish(claim)

    async def _move(self, claim: Claim, move: Move) -> Claim | None:
        accounts = {claim.name, *claim.accounts}
        window = tuple(event.decode() for event in await self._lane.window(claim.name))
        joined = Joined(claim.name, tuple(sorted(accounts)), window, move.into_customer)
        await self._inbox.send_on(
            move.into, replace(move.message, joined=joined), f"joined/{message_key(move.message)}"
        )
        for account in accounts - {claim.name}:
            await self._lane.set_home(account, move.into)
        return await self._lane.move(claim, move.into)


class KnownOtherwise(Exception):
    """Both conversations belong to known customers; people who are two are not made one."""


def _passing(claim: Claim, item: Item) -> str:
    match item:
        case Incoming():
            return message_key(item)
        case Move():
            return f"{claim.name}/move/{message_key(item.message)}"
        case Part():
            return f"{claim.name}/part/{item.account}/{claim.ready.entry_id}"
        case _:
            assert_never(item)

"""Which conversations became part of this one, and what the shop has to know of it."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rasa_sdk.events import SlotSet

from actions.backend.port import NotAllowed, NotFound, NotSupported, Refused, Unavailable

if TYPE_CHECKING:
    from actions.base import Event, Turn

log = logging.getLogger(__name__)

JOINS_SLOT = "joins"

Joins = dict[str, dict[str, Any]]
"""By the name of the conversation that came: what was `taken` from it, the id of the `message` that it came with, and whether
the shop knows (`in_shop`)."""


async def tell_shop(turn: "Turn", joins: Joins | None = None) -> "list[Event]":
    """Has the shop join what it has not joined yet; while it does not answer, the next turn tries again."""
    joins = joins or turn.slot(JOINS_SLOT) or {}
    waiting = [name for name, join in joins.items() if not join["in_shop"]]
    if not waiting:
        return []
    for name in waiting:
        try:
            await turn.backend.join_customers(turn.customer, name, key=f"join-{name}-{joins[name]['message']}")
        except (NotSupported, Refused, NotAllowed) as error:
            log.warning("conversation=%s joined=%s the shop does not join them: %s", turn.customer, name, error)
        except Unavailable:
            return []
    return [SlotSet(JOINS_SLOT, {name: {**join, "in_shop": True} for name, join in joins.items()})]


async def separate(turn: "Turn", account: str) -> "list[Event]":
    """Forgets what was taken from an account's conversation, as far as it is still as it came. Raises Unavailable."""
    joins: Joins = dict(turn.slot(JOINS_SLOT) or {})
    join: Mapping[str, Any] | None = joins.pop(account, None)
    if join is None:
        return []
    if join["in_shop"]:
        try:
            await turn.backend.part_customers(turn.customer, account, key=f"part-{account}-{turn.heard.message_id}")
        except (NotFound, NotSupported):
            log.info("conversation=%s parted=%s the shop had nothing to separate", turn.customer, account)
    theirs = [SlotSet(name, None) for name, value in join["taken"].items() if turn.slot(name) == value]
    return [*theirs, SlotSet(JOINS_SLOT, joins)]

"""What was done last with a subscription in this conversation, so that "take that back" means something."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from actions.backend.port import Subscription
from actions.base import Turn

SLOT = "last_deed"


class LastDeed(BaseModel):
    """`swap` says which one was booked, `swapped_from` and `options` what it took the place of."""

    deed: str
    number: str
    swap: tuple[str, str] | None = None
    swapped_from: str | None = None
    options: Mapping[str, str] = {}


def last_deed(turn: Turn) -> LastDeed | None:
    kept = turn.slot(SLOT)
    return LastDeed.model_validate(kept) if kept else None


def noted(deed: str, details: Mapping[str, Any], before: Subscription) -> dict[str, Any]:
    """As the slot keeps it."""
    last = LastDeed(deed=deed, number=before.number)
    if deed == "swap_product":
        for_good = details.get("until") is None
        last.swap = (details["product"], details["first"])
        last.swapped_from = before.product_id if for_good else None
        last.options = before.options if for_good else {}
    return last.model_dump(mode="json")

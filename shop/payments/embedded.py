"""The provider that comes along: a page with two buttons, for trying things out. No money moves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import orjson
from pydantic import BaseModel, ValidationError

from shop.clock import Clock
from shop.payments.provider import Failed, Outcome, Paid, Receipt, Repayment, Session, Wanted
from shop.payments.signatures import check_signature, signature
from shop.problems import SignatureInvalid

SIGNATURE = "Test-Signature"


class _Event(BaseModel):
    payment: str
    outcome: Literal["paid", "declined"]


@dataclass(frozen=True)
class Signed:
    """An event as it is sent."""

    headers: Mapping[str, str]
    body: bytes


class EmbeddedProvider:
    """Its events are signed like anybody's; `press` is what its buttons do."""

    name = "test"

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    async def create(self, wanted: Wanted) -> Session:
        return Session(f"test-{wanted.token}", None)

    async def look(self, session_id: str) -> Session | Outcome | None:
        return Session(session_id, None)

    async def refund(self, repayment: Repayment) -> Receipt:
        """Staff says when it has left."""
        return Receipt(f"test-{repayment.refund_id}", done=False)

    def press(self, token: str, outcome: Literal["paid", "declined"]) -> Signed:
        """The event of a button."""
        body = orjson.dumps({"payment": token, "outcome": outcome})
        return Signed({SIGNATURE: signature(self._key, body, self._clock.now())}, body)

    def read(self, headers: Mapping[str, str], body: bytes) -> Outcome | None:
        check_signature(headers.get(SIGNATURE, ""), self._key, body, self._clock.now())
        try:
            event = _Event.model_validate_json(body)
        except ValidationError:
            raise SignatureInvalid from None
        if event.outcome == "paid":
            return Paid(event.payment, f"test-{event.payment}", None)
        return Failed(event.payment, None, event.outcome)

    async def close(self) -> None:
        pass

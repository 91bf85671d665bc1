"""The port to whoever collects money on a page: what is asked of them, and what they tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from shop.money import Money


@dataclass(frozen=True)
class Wanted:
    """A payment that is to be collected."""

    token: str  # our name for it
    amount: Money
    method: str
    title: str
    language: str
    page: str  # where the customer comes back to
    before: str | None  # an earlier session for the same, if that has ended


@dataclass(frozen=True)
class Session:
    """Where a payment is collected: at the provider's `url`, or on our own page if there is none."""

    id: str
    url: str | None


@dataclass(frozen=True)
class Paid:
    """The money is there. `payment` is the provider's name for it."""

    token: str
    payment: str
    amount: int | None  # minor units, if the provider says


@dataclass(frozen=True)
class Failed:
    """It will not come through this session. `failure`: declined, insufficient_funds, expired or cancelled."""

    token: str
    session: str | None
    failure: str


@dataclass(frozen=True)
class Refunded:
    """The money has left for the customer."""

    refund_id: str


Outcome = Paid | Failed | Refunded


@dataclass(frozen=True)
class Repayment:
    """Money that is to go back the way it came."""

    refund_id: str
    payment: str  # the provider's name for the money that had come
    amount: Money


@dataclass(frozen=True)
class Receipt:
    """The provider's name for a refund; `done` if the money has left already."""

    id: str
    done: bool


class ProviderUnavailable(Exception):
    """No answer, or one that says "not now": the same may be asked again."""


class ProviderRefused(Exception):
    """The provider will not do this, however often it is asked."""


class PaymentProvider(Protocol):
    """Whatever is asked twice happens once."""

    name: str

    async def create(self, wanted: Wanted) -> Session:
        """Raises ProviderUnavailable, ProviderRefused."""
        ...

    async def look(self, session_id: str) -> Session | Outcome | None:
        """What became of a session whose event may have been lost; None if it cannot be said. Raises as `create` does."""
        ...

    async def refund(self, repayment: Repayment) -> Receipt:
        """Raises ProviderUnavailable, ProviderRefused."""
        ...

    def read(self, headers: Mapping[str, str], body: bytes) -> Outcome | None:
        """What an event tells; None if nothing that concerns us. Raises SignatureInvalid."""
        ...

    async def close(self) -> None:
        """Ends connections."""
        ...

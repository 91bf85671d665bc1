"""What a contract must know of a channel: how its customers speak and see, how its vendor calls and fails."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from tests.contracts.switchboard import Switchboard


@dataclass(frozen=True)
class Receipt:
    """How the gateway took a message. `retry_after` in seconds."""

    status: int
    retry_after: int | None = None


@dataclass(frozen=True)
class Shown:
    """One thing that a customer sees, in the vendor's own portions."""

    text: str = ""
    has_picture: bool = False
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """A request to a webhook."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"


class Line(Protocol):
    """One customer on one channel."""

    board: Switchboard
    account: str

    async def says(self, text: str, message_id: str) -> Receipt:
        """`message_id` is any number; the line spells it as its vendor does."""
        ...

    async def presses(self, title: str) -> Receipt:
        """The button with that title, among those shown."""
        ...

    async def sees(self) -> list[Shown]:
        """Everything that was shown so far. The switchboard is quiet."""
        ...


class Webhook(Protocol):
    """A line that begins with HTTP requests to our gateway."""

    board: Switchboard
    account: str

    def call(self, text: str, message_id: str) -> Call:
        """As the vendor makes it."""
        ...

    def forged(self) -> Mapping[str, Call]:
        """Calls that do not come from the vendor, by what is wrong with them."""
        ...

    def malformed(self) -> Sequence[bytes]:
        """Bodies that the vendor's format does not have."""
        ...


@runtime_checkable
class Signing(Protocol):
    """A webhook whose proof covers the body."""

    def signed(self, body: bytes) -> Call: ...


class Vendor(Protocol):
    """The other end of a line that we send to."""

    def fail(self, status: int, *, retry_after: int | None = None, after: int = 0) -> None:
        """Refuses one call, after so many that go well."""
        ...

    def hang_up(self) -> None:
        """Drops the connection of one call without an answer."""
        ...

    def block(self, account: str) -> None:
        """From now on this customer takes nothing from us."""
        ...

    def shown(self, account: str) -> list[Shown]: ...

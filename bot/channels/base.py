"""What it means to be a channel, and what every channel is given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from bot.conversation.lane import Accepted
from bot.messages import Delivery, Incoming


@dataclass(frozen=True)
class Abilities:
    """What a channel can show or do; what it cannot is said in words, or goes to another channel."""

    text: bool = True
    speech: bool = False
    buttons: bool = False
    cards: bool = False
    images: bool = False
    documents: bool = False
    payment: bool = False
    push: bool = False
    reply_window_hours: int | None = None


class Door(Protocol):
    """What a channel may do with what it has verified and parsed."""

    async def accept(self, incoming: Incoming, address: str = "") -> Accepted:
        """Keeps a message. Raises TooMany when the account, or the network address, sends too fast or too much waits.

        `address` is given by channels whose accounts cost nothing to make.
        """
        ...


class Channel(Protocol):
    """A way to reach customers. One instance per process that needs it; `send` may run in another process than the routes."""

    name: str
    abilities: Abilities

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        """Where vendors and customers reach the channel."""
        ...

    async def start(self, door: Door) -> None:
        """Whatever must run beside the routes: polling, subscriptions."""
        ...

    async def stop(self) -> None: ...

    async def send(self, delivery: Delivery) -> None:
        """Hands a reply to the vendor. Raises outbox.TryAgain or outbox.Undeliverable."""
        ...


class Refused(Exception):
    """A request that is not let in. Subclasses say why, in words for a developer; never what a customer wrote."""

    status = 400
    slug = "invalid-request"

    def __init__(self, detail: str, retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.retry_after = retry_after


class Malformed(Refused):
    """The request is not what the channel's format says."""


class Forbidden(Refused):
    """No valid proof that the request comes from the vendor."""

    status = 403
    slug = "forbidden"


class Unauthorized(Refused):
    """No valid token."""

    status = 401
    slug = "unauthorized"


class TooMany(Refused):
    """Too fast, or too much that waits already."""

    status = 429
    slug = "too-many-messages"


class TooLate(Refused):
    """The answer did not come in time; it is kept, and the same message id asks for it again."""

    status = 504
    slug = "answer-not-ready"

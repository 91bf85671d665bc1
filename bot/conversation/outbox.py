"""The way out: replies go to the vendors in order, again after an error, and never disappear silently."""

import logging
import random
from collections.abc import Mapping
from typing import Protocol

from bot.conversation.lane import Claim, Lane
from bot.messages import Delivery
from bot.metrics import DELIVERIES

log = logging.getLogger(__name__)

FIRST_RETRY_SECONDS = 0.5
LONGEST_RETRY_SECONDS = 300.0


class Sender(Protocol):
    """What the outbox needs of a channel."""

    async def send(self, delivery: Delivery) -> None:
        """Hands replies to the vendor. Raises TryAgain or Undeliverable."""
        ...


class TryAgain(Exception):
    """The vendor cannot take it now. `after_seconds` is the vendor's own Retry-After, when it gave one."""

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class Undeliverable(Exception):
    """The vendor will never take it: blocked by the customer, account gone, window closed."""


class Deliveries:
    """Delivers what is claimed from the `out` lane."""

    def __init__(self, lane: Lane, senders: Mapping[str, Sender], max_attempts: int) -> None:
        self._lane = lane
        self._senders = senders
        self._max_attempts = max_attempts

    def known_version(self, name: str) -> str:
        return ""

    async def handle(self, claim: Claim) -> Claim | None:
        delivery = Delivery.decode(claim.item)
        if claim.tries > self._max_attempts:
            return await self._park(claim, delivery, "TooManyAttempts")
        try:
            await self._sender(delivery).send(delivery)
        except Undeliverable as error:
            return await self._park(claim, delivery, f"Undeliverable: {error}")
        except Exception as error:
            return await self._again(claim, delivery, error)
        DELIVERIES.labels(delivery.channel, "delivered").inc()
        return await self._lane.finish(claim)

    def _sender(self, delivery: Delivery) -> Sender:
        try:
            return self._senders[delivery.channel]
        except KeyError:
            raise TryAgain(f"channel {delivery.channel} is off") from None

    async def _again(self, claim: Claim, delivery: Delivery, error: Exception) -> Claim | None:
        reason = str(error) if isinstance(error, TryAgain) else type(error).__name__
        if claim.tries >= self._max_attempts:
            return await self._park(claim, delivery, reason)
        seconds = retry_after(claim.tries, error)
        DELIVERIES.labels(delivery.channel, "again").inc()
        log.warning(
            "conversation=%s delivery=%s channel=%s attempt=%d again in %.1f s: %s",
            claim.name, delivery.delivery_id, delivery.channel, claim.tries, seconds, reason,
        )  # fmt: skip
        await self._lane.postpone(claim, seconds)
        return None

    async def _park(self, claim: Claim, delivery: Delivery, reason: str) -> Claim | None:
        log.error(
            "conversation=%s delivery=%s channel=%s parked: %s",
            claim.name,
            delivery.delivery_id,
            delivery.channel,
            reason,
        )
        DELIVERIES.labels(delivery.channel, "parked").inc()
        return await self._lane.finish(claim, failure=reason)


def retry_after(tries: int, error: Exception) -> float:
    """Seconds until the next attempt: what the vendor asks for, else doubling with jitter."""
    if isinstance(error, TryAgain) and error.after_seconds is not None:
        return error.after_seconds
    return min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** (tries - 1)) * random.uniform(0.8, 1.2)  # noqa: S311

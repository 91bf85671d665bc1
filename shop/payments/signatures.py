"""Signed events: a moment and an HMAC over it and the body, as Stripe publishes it (t=…,v1=…)."""

import hashlib
import hmac
from datetime import datetime

from shop.problems import SignatureInvalid

TOLERANCE_SECONDS = 300  # older ones may be replayed by somebody who listened


def signature(key: bytes, body: bytes, moment: datetime) -> str:
    """The header's value."""
    seconds = int(moment.timestamp())
    return f"t={seconds},v1={_digest(key, str(seconds), body)}"


def check_signature(header: str, key: bytes, body: bytes, now: datetime) -> None:
    """Raises SignatureInvalid."""
    parts = [part.partition("=") for part in header.split(",")]
    moments = [value for name, _, value in parts if name.strip() == "t"]
    if len(moments) != 1 or not _is_recent(moments[0], now):
        raise SignatureInvalid
    expected = _digest(key, moments[0], body).encode()
    given = [value.strip().encode(errors="surrogateescape") for name, _, value in parts if name.strip() == "v1"]
    if not any(hmac.compare_digest(candidate, expected) for candidate in given):
        raise SignatureInvalid


def _is_recent(moment: str, now: datetime) -> bool:
    return moment.isascii() and moment.isdigit() and abs(now.timestamp() - int(moment[:12])) <= TOLERANCE_SECONDS


def _digest(key: bytes, moment: str, body: bytes) -> str:
    return hmac.new(key, moment.encode() + b"." + body, hashlib.sha256).hexdigest()

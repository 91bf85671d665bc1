"""Links that customers open without a secret: to a payment's page, and to documents, signed and for a time only."""

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from shop.problems import LinkExpired, NotFound

SIGNATURE_BYTES = 32


def derived_key(secret: str, purpose: str) -> bytes:
    """A key for one purpose: what is signed with it means nothing elsewhere."""
    return hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)


@dataclass(frozen=True)
class Links:
    """Makes and reads them; `base` is where the shop is reached from outside."""

    base: str
    key: bytes

    def pay(self, token: str) -> str:
        """To the page of a payment."""
        return f"{self.base}/pay/{token}"

    def document(self, name: str, until: datetime) -> str:
        """To a document (`invoice:2026-000123`), valid until then."""
        said = f"{int(until.timestamp())}:{name}".encode()
        return f"{self.base}/documents/{_text(self._signature(said) + said)}"

    def named_by(self, token: str, now: datetime) -> str:
        """The document's name. Raises NotFound for what was not signed here, LinkExpired for what was, too long ago."""
        raw = _bytes(token)
        signature, said = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(said)):
            raise NotFound
        until, _, name = said.decode().partition(":")
        if now > datetime.fromtimestamp(int(until), UTC):
            raise LinkExpired
        return name

    def _signature(self, said: bytes) -> bytes:
        return hmac.digest(self.key, said, hashlib.sha256)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise NotFound from None
    if _text(raw) != text:  # one document has one link: no second way to write it
        raise NotFound
    return raw

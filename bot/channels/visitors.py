"""Signed tokens by which the web chat knows a visitor again. A token names a visitor; it proves nothing about a customer."""

import base64
import hmac
import secrets
from hashlib import sha256

from pydantic import SecretStr

_VERSION = "v1"


class Visitors:
    """Makes and checks tokens `v1.<visitor>.<signature>`."""

    def __init__(self, secret: SecretStr) -> None:
        self._key = secret.get_secret_value().encode()

    def new(self) -> str:
        return secrets.token_urlsafe(18)

    def token_of(self, visitor: str) -> str:
        return f"{_VERSION}.{visitor}.{self._signature(visitor)}"

    def visitor_of(self, token: object) -> str | None:
        """The visitor of a token that we signed; None for anything else."""
        parts = token.split(".") if isinstance(token, str) and token.isascii() else []
        if len(parts) != 3 or parts[0] != _VERSION:
            return None
        return parts[1] if hmac.compare_digest(parts[2], self._signature(parts[1])) else None

    def _signature(self, visitor: str) -> str:
        digest = hmac.new(self._key, f"{_VERSION}.{visitor}".encode(), sha256).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

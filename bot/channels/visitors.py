"""Signed tokens by which the web chat knows a visitor again. A token names a visitor; it proves nothing about a customer."""

import base64
import hmac
import secrets
from hashlib import sha256

from pydantic import SecretStr

from bot.redis_client import Client
from bot.redis_keys import Keys

_VERSION = "v1"
KEPT_SECONDS = 90 * 24 * 3600
"""As long as what a visitor saw."""


class Visitors:
    """Makes and checks tokens `v1.<visitor>.<signature>`."""

    def __init__(self, secret: SecretStr, redis: Client, keys: Keys) -> None:
        self._key = secret.get_secret_value().encode()
        self._redis = redis
        self._keys = keys

    async def known(self, token: object, customer: str | None) -> str:
        """The visitor of a token, or a new one: also where somebody else is signed in by now, or nobody any more."""
        visitor = self.visitor_of(token)
        if visitor is None:
            visitor = self.new()
        else:
            before = await self._redis.get(self._keys.web_customer(visitor))
            if before is not None and before.decode() != customer:
                visitor = self.new()
        if customer is not None:
            await self._redis.set(self._keys.web_customer(visitor), customer, ex=KEPT_SECONDS)
        return visitor

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

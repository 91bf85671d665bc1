"""What an OAuth client (Alexa) was granted: codes and tokens, in Redis as digests alone."""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

import orjson

from bot.redis_client import Client

CODE_SECONDS = 300
ACCESS_SECONDS = 3_600
REFRESH_SECONDS = 90 * 24 * 3600
GRACE_SECONDS = 60
"""So soon after its use a refresh token may come again: its answer got lost."""


@dataclass(frozen=True)
class Granted:
    """An authorization that a customer gave: for whom it is, and what its code must be redeemed with."""

    customer: str
    redirect_uri: str
    challenge: str


@dataclass(frozen=True)
class Tokens:
    """What the client gets; `expires_in` in seconds."""

    access: str
    refresh: str
    expires_in: int = ACCESS_SECONDS


class Grants:
    """Codes are used once; a refresh token that is used twice ends all that came of its authorization."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis

    async def code(self, granted: Granted) -> str:
        code = secrets.token_urlsafe(32)
        await self._redis.set(_key("code", code), orjson.dumps(granted), ex=CODE_SECONDS)
        return code

    async def redeem(self, code: str, redirect_uri: str, verifier: str) -> Tokens | None:
        """None for a code that is unknown, used, too old, or somebody else's."""
        kept = await self._redis.getdel(_key("code", code))
        if kept is None:
            return None
        granted = Granted(**orjson.loads(kept))
        if granted.redirect_uri != redirect_uri or not hmac.compare_digest(challenge_of(verifier), granted.challenge):
            return None
        return await self._issue(granted.customer, secrets.token_hex(16))

    async def refresh(self, token: str) -> Tokens | None:
        """None for a token that is unknown, too old, revoked or used before."""
        kept = await self._redis.getdel(_key("refresh", token))
        if kept is None:
            return await self._refresh_again(token)
        grant = orjson.loads(kept)
        if await self._is_revoked(grant["family"]):
            return None
        spent = orjson.dumps({**grant, "at": time.time()})
        await self._redis.set(_key("spent", token), spent, ex=REFRESH_SECONDS)
        return await self._issue(grant["customer"], grant["family"])

    async def revoke(self, token: str) -> None:
        """With all that came of the same authorization."""
        for kind in ("access", "refresh", "spent"):
            kept = await self._redis.get(_key(kind, token))
            if kept is not None:
                await self._revoke(orjson.loads(kept)["family"])

    async def customer_of_token(self, token: str) -> str | None:
        """Whose access token it is; None when it is not valid (any more)."""
        kept = await self._redis.get(_key("access", token))
        if kept is None:
            return None
        grant = orjson.loads(kept)
        return None if await self._is_revoked(grant["family"]) else str(grant["customer"])

    async def _refresh_again(self, token: str) -> Tokens | None:
        spent = await self._redis.get(_key("spent", token))
        if spent is None:
            return None
        grant = orjson.loads(spent)
        if time.time() - grant["at"] <= GRACE_SECONDS and not await self._is_revoked(grant["family"]):
            return await self._issue(grant["customer"], grant["family"])
        await self._revoke(grant["family"])
        return None

    async def _issue(self, customer: str, family: str) -> Tokens:
        tokens = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        grant = orjson.dumps({"customer": customer, "family": family})
        await self._redis.set(_key("access", tokens.access), grant, ex=ACCESS_SECONDS)
        await self._redis.set(_key("refresh", tokens.refresh), grant, ex=REFRESH_SECONDS)
        return tokens

    async def _revoke(self, family: str) -> None:
        await self._redis.set(_key("revoked", family), 1, ex=REFRESH_SECONDS)

    async def _is_revoked(self, family: str) -> bool:
        return bool(await self._redis.exists(_key("revoked", family)))


def challenge_of(verifier: str) -> str:
    """PKCE, S256 (RFC 7636)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _key(kind: str, token: str) -> str:
    return f"nc:oauth:{kind}:{sha256(token.encode()).hexdigest()}"

"""What an OAuth client (Alexa) was granted: codes and tokens, in Redis as digests alone."""

import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

import orjson

from bot.conversation.inbox import Inbox
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


@dataclass(frozen=True)
class Grant:
    """What a token stands for: the customer, the authorization that it came of, and when they gave it (seconds since the epoch)."""

    customer: str
    family: str
    given_at: float


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
        return await self._issue(Grant(granted.customer, secrets.token_hex(16), time.time()))

    async def refresh(self, token: str) -> Tokens | None:
        """None for a token that is unknown, too old, revoked or used before."""
        kept = await self._redis.getdel(_key("refresh", token))
        if kept is None:
            return await self._refresh_again(token)
        grant = Grant(**orjson.loads(kept))
        if await self._is_revoked(grant.family):
            return None
        spent = orjson.dumps({"grant": grant, "at": time.time()})
        await self._redis.set(_key("spent", token), spent, ex=REFRESH_SECONDS)
        return await self._issue(grant)

    async def revoke(self, token: str) -> None:
        """With all that came of the same authorization."""
        for kind in ("access", "refresh", "spent"):
            kept = await self._redis.get(_key(kind, token))
            if kept is not None:
                found = orjson.loads(kept)
                await self.end(Grant(**found.get("grant", found)))

    async def end(self, grant: Grant) -> None:
        """No token of this authorization is valid any more."""
        await self._redis.set(_key("revoked", grant.family), 1, ex=REFRESH_SECONDS)

    async def of_token(self, token: str) -> Grant | None:
        """None when the access token is not valid (any more)."""
        kept = await self._redis.get(_key("access", token))
        if kept is None:
            return None
        grant = Grant(**orjson.loads(kept))
        return None if await self._is_revoked(grant.family) else grant

    async def _refresh_again(self, token: str) -> Tokens | None:
        spent = await self._redis.get(_key("spent", token))
        if spent is None:
            return None
        found = orjson.loads(spent)
        grant = Grant(**found["grant"])
        if time.time() - found["at"] <= GRACE_SECONDS and not await self._is_revoked(grant.family):
            return await self._issue(grant)
        await self.end(grant)
        return None

    async def _issue(self, grant: Grant) -> Tokens:
        tokens = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        await self._redis.set(_key("access", tokens.access), orjson.dumps(grant), ex=ACCESS_SECONDS)
        await self._redis.set(_key("refresh", tokens.refresh), orjson.dumps(grant), ex=REFRESH_SECONDS)
        return tokens

    async def _is_revoked(self, family: str) -> bool:
        return bool(await self._redis.exists(_key("revoked", family)))


class LinkedAccounts:
    """Accounts by the access tokens that come with them. To part one from its customer, anywhere, ends what it was granted."""

    def __init__(self, grants: Grants, inbox: Inbox) -> None:
        self._grants = grants
        self._inbox = inbox

    async def grant(self, account: str, token: str) -> Grant | None:
        """What the account (by name) was granted, as long as it counts."""
        grant = await self._grants.of_token(token)
        if grant is not None and await self._inbox.has_parted(account, grant.customer, grant.given_at):
            await self._grants.end(grant)
            return None
        return grant


def challenge_of(verifier: str) -> str:
    """PKCE, S256 (RFC 7636)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _key(kind: str, token: str) -> str:
    return f"nc:oauth:{kind}:{sha256(token.encode()).hexdigest()}"

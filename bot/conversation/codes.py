"""One-time codes: shown or sent in one place and told in another, they prove that both belong to one customer."""

import secrets
from dataclasses import dataclass
from hashlib import sha256

import orjson

from bot.metrics import CODES
from bot.redis_client import Client
from bot.redis_keys import Keys

SHORT_DIGITS, LONG_DIGITS = 6, 8
"""Of a code that counts in one conversation alone, and of one that counts anywhere: the latter can be guessed from everywhere."""

TOKEN_BYTES = 16
GROUP = 3, 4
"""Digits that are written together."""

GUESSES, GUESSES_WITHIN_SECONDS = 5, 900
"""Wrong codes that one account may tell; after that the right one is refused as well."""

ALL_GUESSES, ALL_GUESSES_WITHIN_SECONDS = 100, 60
"""Wrong codes that all accounts together may tell, of the kind that counts anywhere."""

ISSUED, ISSUED_WITHIN_SECONDS = 8, 900
"""Codes that are made for one conversation."""

ANYWHERE = ""

COUNTED = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('TTL', KEYS[1])}
"""
"""Counts, and says for how long the count is kept."""

REDEEM = """
local found = redis.call('HMGET', KEYS[1], 'proof', 'use')
if not found[1] then return false end
if found[2] and found[2] ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'use', ARGV[1])
return found[1]
"""
"""Uses a code up for one message, which may ask again."""


@dataclass(frozen=True)
class Proof:
    """The account that told the code belongs to the customer of conversation `proves`; `is_customer` if it is a known one."""

    proves: str
    is_customer: bool


class WrongCode(Exception):
    """Unknown, expired, used, or told where it does not count: nobody learns which."""


class TooManyGuesses(Exception):
    """Wrong codes too often; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"again in {retry_after} s")
        self.retry_after = retry_after


class TooManyCodes(Exception):
    """More codes for one conversation than anybody needs."""


class Codes:
    """Makes and takes codes. Redis holds digests alone, each for `seconds`."""

    def __init__(self, redis: Client, keys: Keys, seconds: int) -> None:
        self._redis = redis
        self._keys = keys
        self._seconds = seconds
        self._count = redis.register_script(COUNTED)
        self._redeem = redis.register_script(REDEEM)

    async def issue(self, proves: str, *, told_by: str | None = None, is_customer: bool = False) -> str:
        """A new code, as it is written. With `told_by`, it counts from that conversation alone. Raises TooManyCodes."""
        length = SHORT_DIGITS if told_by else LONG_DIGITS
        digits = str(
            secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1)
        )  # a voice assistant loses zeros in front
        await self._keep(digits, Proof(proves, is_customer), told_by)
        group = GROUP[told_by is None]
        return " ".join(digits[start : start + group] for start in range(0, length, group))

    async def issue_token(self, proves: str, *, told_by: str | None = None, is_customer: bool = False) -> str:
        """A code for links, which nobody types: letters, digits, `-` and `_`. Raises TooManyCodes."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        await self._keep(token, Proof(proves, is_customer), told_by)
        return token

    async def redeem(self, code: str, *, account: str, conversation: str, use: str) -> Proof:
        """What a code proves that `account` told in `conversation`. Once; the same `use` (a message) may ask again.

        `code` is digits alone, or a link's token. Raises WrongCode, TooManyGuesses.
        """
        await self._check(self._keys.guesses(account), GUESSES)
        for scope in (conversation, ANYWHERE):
            if scope is ANYWHERE:
                await self._check(self._keys.guesses(ANYWHERE), ALL_GUESSES)
            found = await self._redeem(keys=[self._key(code, scope)], args=[use])
            if found:
                CODES.labels("right").inc()
                return Proof(**orjson.loads(found))
        await self._count(keys=[self._keys.guesses(account)], args=[GUESSES_WITHIN_SECONDS])
        await self._count(keys=[self._keys.guesses(ANYWHERE)], args=[ALL_GUESSES_WITHIN_SECONDS])
        CODES.labels("wrong").inc()
        raise WrongCode

    async def _check(self, key: str, limit: int) -> None:
        guessed, left = await self._redis.get(key), await self._redis.ttl(key)
        if guessed is not None and int(guessed) >= limit:
            CODES.labels("too_many").inc()
            raise TooManyGuesses(max(1, left))

    async def _keep(self, code: str, proof: Proof, told_by: str | None) -> None:
        made, _ = await self._count(keys=[self._keys.codes_made(proof.proves)], args=[ISSUED_WITHIN_SECONDS])
        if made > ISSUED:
            raise TooManyCodes
        key = self._key(code, told_by or ANYWHERE)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(key)
            pipe.hset(key, "proof", orjson.dumps(proof))
            pipe.expire(key, self._seconds)
            await pipe.execute()
        CODES.labels("made").inc()

    def _key(self, code: str, scope: str) -> str:
        return self._keys.code(sha256(f"{scope}\n{code}".encode()).hexdigest())

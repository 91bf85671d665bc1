"""What phone and SMS share: the proof of Twilio's webhooks, and the REST API that calls and texts go out through."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, encode_basic_auth, web
from pydantic import SecretStr

from bot.channels.base import Forbidden, Malformed
from bot.conversation.outbox import TryAgain, Undeliverable

SIGNATURE = "X-Twilio-Signature"
MAX_FIELDS = 200
MAX_ID_LENGTH = 100

PASSING = frozenset({20003, 20429, 30001, 30022})
"""Codes of errors that pass, or that the operator mends: wrong credentials, too many requests, a full queue."""

HIDDEN = frozenset({"", "anonymous", "unavailable", "restricted", "unknown", "+266696687", "+86282452253", "+2562533"})
"""What stands in the place of a number that the caller does not show: words, and what they are on a phone's keys."""

Fields = Mapping[str, str]


class TwilioWebhook:
    """Requests that carry a signature over the address (as Twilio has it) and the form."""

    def __init__(self, auth_token: SecretStr | None, own_url: str) -> None:
        self._auth_token = auth_token
        self._own_url = own_url

    async def form(self, request: web.Request) -> Fields:
        """The fields of a genuine request. Raises Forbidden, Malformed."""
        fields = _fields(await request.read())
        self.verify(request.path_qs, fields, request.headers.get(SIGNATURE, ""))
        return fields

    def verify(self, path: str, fields: Fields, given: str) -> None:
        """Raises Forbidden unless Twilio signed this."""
        token = self._auth_token.get_secret_value() if self._auth_token else ""
        signed = self._own_url + path + "".join(name + fields[name] for name in sorted(fields))
        expected = b64encode(hmac.new(token.encode(), signed.encode(errors="replace"), sha1).digest())
        if not token or not hmac.compare_digest(given.encode(errors="backslashreplace"), expected):
            raise Forbidden("the signature is missing or wrong; it covers PUBLIC_URL as Twilio calls it")


def _fields(body: bytes) -> Fields:
    """Raises Malformed."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the body must be a form as Twilio sends it") from None


def named(fields: Fields, *names: str) -> list[str]:
    """Fields that must be there. Raises Malformed."""
    found = [fields.get(name, "") for name in names]
    if not all(0 < len(value) <= MAX_ID_LENGTH for value in found):
        raise Malformed(f"{' and '.join(names)} must be there")
    return found


class TwilioApi:
    """Calls and texts of one account. Raises TryAgain and Undeliverable, whose reason is Twilio's code."""

    def __init__(self, url: str, account: str, auth_token: SecretStr | None, number: str) -> None:
        self._url = f"{url.rstrip('/')}/2010-04-01/Accounts/{account}"
        self._account = account
        self._auth_token = auth_token
        self._number = number
        self._session: ClientSession | None = None

    async def start(self) -> None:
        self._session = ClientSession(timeout=ClientTimeout(total=15))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def post(self, resource: str, to: str, **fields: str) -> None:
        """`resource` is "Messages" or "Calls"."""
        if self._session is None:
            raise TryAgain("the channel is not started")
        token = self._auth_token.get_secret_value() if self._auth_token else ""
        headers = {"Authorization": encode_basic_auth(self._account, token)}
        form = {"To": to, "From": self._number, **fields}
        try:
            async with self._session.post(f"{self._url}/{resource}.json", data=form, headers=headers) as response:
                if response.status >= 400:
                    raise _refusal(response.status, await response.read(), response.headers.get("Retry-After"))
        except (ClientError, OSError, TimeoutError) as error:
            raise TryAgain(type(error).__name__) from None


def _refusal(status: int, body: bytes, retry_after: str | None) -> TryAgain | Undeliverable:
    """Twilio's messages quote numbers, so only the codes are told on."""
    code = _code(body)
    reason = f"status {status}, code {code}"
    if status == 429 or status >= 500 or code in PASSING:
        return TryAgain(reason, float(retry_after) if retry_after and retry_after.isdigit() else None)
    return Undeliverable(reason)


def _code(body: bytes) -> Any:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return answer.get("code") if isinstance(answer, dict) else None

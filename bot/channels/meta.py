"""What Meta's channels share: the proof of their webhooks, and the Graph API that they are answered through."""

import hmac
import logging
from hashlib import sha256
from typing import Any

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout, FormData, web
from pydantic import SecretStr

from bot.channels.base import Forbidden
from bot.conversation.outbox import TryAgain, Undeliverable

log = logging.getLogger(__name__)

SIGNATURE = "X-Hub-Signature-256"
USER_AGENT = "Nochannel/1.0.0"
"""Meta's document has a pattern for it, which that of the HTTP library does not fit."""

PASSING = frozenset(
    {1, 2, 4, 17, 32, 190, 341, 368, 613, 80007, 130429, 131000, 131016, 131048, 131056, 133004, 133016}
)
"""Codes of errors that pass, or that the operator mends (a token that has run out): the reply waits."""

Body = dict[str, Any]


class MetaWebhook:
    """One app's webhooks: asked once whether they are ours, then called with a signature over the body."""

    def __init__(self, app_secret: SecretStr | None, verify_token: SecretStr | None) -> None:
        self._app_secret = app_secret
        self._verify_token = verify_token

    def challenge(self, request: web.Request) -> web.Response:
        """Meta's question when the webhook is registered. Raises Forbidden."""
        query = request.query
        if query.get("hub.mode") != "subscribe" or not _same(query.get("hub.verify_token", ""), self._verify_token):
            raise Forbidden("hub.verify_token is not META_VERIFY_TOKEN")
        return web.Response(text=query.get("hub.challenge", ""))

    def verify(self, body: bytes, given: str) -> None:
        """Raises Forbidden unless Meta signed the body with the app's secret."""
        secret = self._app_secret.get_secret_value() if self._app_secret else ""
        expected = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
        if not secret or not hmac.compare_digest(given.encode(errors="backslashreplace"), expected.encode()):
            raise Forbidden("the signature is missing or wrong")


def _same(given: str, secret: SecretStr | None) -> bool:
    expected = secret.get_secret_value() if secret else ""
    return bool(expected) and hmac.compare_digest(given.encode(errors="backslashreplace"), expected.encode())


class Graph:
    """Calls for one phone number or page. Raises TryAgain and Undeliverable, whose reason is Meta's code."""

    def __init__(self, url: str, token: SecretStr) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._session: ClientSession | None = None

    async def start(self) -> None:
        self._session = ClientSession(timeout=ClientTimeout(total=15), headers={"User-Agent": USER_AGENT})

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, path: str, body: Body) -> Body:
        return await self._post(path, json=body)

    async def upload(self, path: str, content: bytes, kind: str) -> str:
        """The id of a file (`kind` is its media type) at Meta's, where it is kept for 30 days."""
        form = FormData({"messaging_product": "whatsapp", "type": kind})
        form.add_field("file", content, filename=f"file.{kind.rpartition('/')[2]}", content_type=kind)
        return str((await self._post(path, data=form))["id"])

    async def _post(self, path: str, **content: Any) -> Body:
        if self._session is None:
            raise TryAgain("the channel is not started")
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            async with self._session.post(f"{self._url}/{path}", headers=headers, **content) as response:
                answer = _object(await response.read())
                if response.status >= 400:
                    raise _refusal(response.status, answer.get("error"), response.headers.get("Retry-After"))
                return answer
        except (ClientError, OSError, TimeoutError) as error:
            raise TryAgain(type(error).__name__) from None


def _refusal(status: int, error: Any, retry_after: str | None) -> TryAgain | Undeliverable:
    """Meta's messages may quote ours, so only the codes are told on."""
    error = error if isinstance(error, dict) else {}
    code, subcode = error.get("code"), error.get("error_subcode")
    reason = f"status {status}, code {code}" + (f", subcode {subcode}" if subcode else "")
    if status == 429 or status >= 500 or code in PASSING:
        return TryAgain(reason, float(retry_after) if retry_after and retry_after.isdigit() else None)
    return Undeliverable(reason)


def _object(body: bytes) -> Body:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}

"""Vendure's GraphQL Shop API (3.x): how it is asked, and under which account a customer of ours acts there."""

import asyncio
import hmac
import logging
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import SecretStr

from actions.backend.port import BackendError, NotFound, Rejected, Unavailable

log = logging.getLogger(__name__)

TIMEOUT = ClientTimeout(total=20, connect=2)
"""Long, because a payment's provider answers within it: a payment that is given up too early may still go through."""
TRY_AGAIN_AFTER_SECONDS = (0.2, 0.8)
SESSION_HEADER = "vendure-auth-token"
CHANNEL_HEADER = "vendure-token"
MAX_SESSIONS = 10_000
DO_NOT_FIT = frozenset({"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"})
"""The shop is set up otherwise than docs/own_backend.md says: no customer can help that."""
OF_THE_REQUEST = frozenset({"USER_INPUT_ERROR", "BAD_USER_INPUT"})

Data = dict[str, Any]

LOGIN = """mutation ($email: String!, $password: String!) {
  login(username: $email, password: $password) { __typename ... on ErrorResult { errorCode } }
}"""
REGISTER = """mutation ($input: RegisterCustomerInput!) {
  registerCustomerAccount(input: $input) { __typename ... on ErrorResult { errorCode } }
}"""


class Answer(NamedTuple):
    """`session` is given when this request opened one."""

    data: Data
    session: str | None


class ShopApi:
    """One shop's API; `channel` is the token of one of its sales channels, empty for the default one."""

    def __init__(self, url: str, channel: str = "") -> None:
        self._url = url
        self._headers = {CHANNEL_HEADER: channel} if channel else {}
        self._opened: tuple[asyncio.AbstractEventLoop, ClientSession] | None = None

    async def read(self, query: str, variables: Mapping[str, Any] | None = None, session: str | None = None) -> Data:
        """Asks again when nothing came back."""
        for pause in (*TRY_AGAIN_AFTER_SECONDS, None):
            try:
                return (await self.ask(query, variables, session)).data
            except Unavailable:
                if pause is None:
                    raise
                await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def write(self, mutation: str, variables: Mapping[str, Any], session: str) -> Data:
        """Asks once: whether it happened after all is seen where the key is looked for."""
        return (await self.ask(mutation, variables, session)).data

    async def ask(self, text: str, variables: Mapping[str, Any] | None = None, session: str | None = None) -> Answer:
        """Raises what the answer's errors mean."""
        headers = {**self._headers, **({"Authorization": f"Bearer {session}"} if session else {})}
        body = {"query": text, "variables": dict(variables or {})}
        try:
            async with self._session().post(self._url, json=body, headers=headers) as response:
                status, opened = response.status, response.headers.get(SESSION_HEADER)
                found = await response.json(content_type=None)
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            raise Unavailable(type(error).__name__) from error
        if not isinstance(found, dict) or status == 429 or status >= 500:
            raise Unavailable(f"status {status}")
        if found.get("errors"):
            raise _error(found["errors"])
        return Answer(found["data"], opened)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened[1].close()
            self._opened = None

    def _session(self) -> ClientSession:
        """One per event loop: workers are forked before they have one."""
        loop = asyncio.get_running_loop()
        if self._opened is None or self._opened[0] is not loop:
            self._opened = (loop, ClientSession(timeout=TIMEOUT))
        return self._opened[1]


def _error(errors: list[Data]) -> BackendError:
    """By its code: the message may repeat what the customer wrote."""
    code = str((errors[0].get("extensions") or {}).get("code", ""))
    if code == "ENTITY_NOT_FOUND":
        return NotFound(code)
    if code in OF_THE_REQUEST:
        return Rejected(code)
    if code in DO_NOT_FIT:
        log.error("shop=vendure code=%s: its schema is not the one that docs/own_backend.md asks for", code)
    return Unavailable(code or "error")


class Accounts:
    """For every customer id an account in Vendure, and the session in which this process acts for it.

    The account's address and password are HMACs of the id with a secret of ours. So all workers, after any restart, come to
    the same account with nothing kept anywhere, and nobody who knows an id (a Telegram number is no secret) can take the
    address first or log in. Sessions are only remembered to save logins. A lost secret loses the accounts.
    """

    def __init__(self, api: ShopApi, secret: SecretStr, domain: str) -> None:
        self._api = api
        self._secret = secret.get_secret_value().encode()
        self._domain = domain
        self._sessions: OrderedDict[str, str] = OrderedDict()

    async def session(self, customer: str) -> str | None:
        """None when the customer has no account yet: who only looks around gets none."""
        if customer in self._sessions:
            self._sessions.move_to_end(customer)
            return self._sessions[customer]
        return await self._login(customer)

    async def opened(self, customer: str, name: str) -> str:
        """A session, in an account made for it if need be. Raises Unavailable when the shop lets none in."""
        session = await self.session(customer)
        if session is None:
            await self._register(customer, name)
            session = await self._login(customer)
        if session is None:
            raise Unavailable("no login after the registration")
        return session

    def forget(self, customer: str) -> None:
        """The session has ended over there."""
        self._sessions.pop(customer, None)

    def mark(self, customer: str, key: str) -> str:
        """By which an order is known to be the one of this key; nobody can guess another customer's."""
        return self._hmac("key", f"{customer} {key}")

    def email(self, customer: str) -> str:
        return f"{self._hmac('email', customer)[:32]}@{self._domain}"

    def _password(self, customer: str) -> str:
        return self._hmac("password", customer)

    def _hmac(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose} {text}".encode(), sha256).hexdigest()

    async def _login(self, customer: str) -> str | None:
        answer = await self._api.ask(LOGIN, {"email": self.email(customer), "password": self._password(customer)})
        result = answer.data["login"]
        if result.get("errorCode") == "INVALID_CREDENTIALS_ERROR":
            return None
        _must_have_worked(result)
        if answer.session is None:
            log.error(
                "shop=vendure: no %s in the answer to a login; authOptions.tokenMethod needs bearer", SESSION_HEADER
            )
            raise Unavailable("no session")
        self._keep(customer, answer.session)
        return answer.session

    def _keep(self, customer: str, session: str) -> None:
        self._sessions[customer] = session
        while len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)

    async def _register(self, customer: str, name: str) -> None:
        first, _, last = name.rpartition(" ")
        account = {
            "emailAddress": self.email(customer),
            "password": self._password(customer),
            "firstName": first,
            "lastName": last,
        }
        answer = await self._api.ask(REGISTER, {"input": account})
        _must_have_worked(answer.data["registerCustomerAccount"])


def _must_have_worked(result: Data) -> None:
    """NOT_VERIFIED_ERROR, for one, is how the shop is set up, and nothing that a customer can help."""
    if "errorCode" in result:
        log.error("shop=vendure code=%s: no account can be used; see docs/own_backend.md", result["errorCode"])
        raise Unavailable(result["errorCode"])

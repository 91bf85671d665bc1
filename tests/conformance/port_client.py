"""Speaks the port to any backend, and holds every answer against the published document."""

import re
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self
from uuid import uuid4

import orjson
import pytest
import yaml
from aiohttp import ClientSession
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.templating.paths.exceptions import PathError
from openapi_core.testing import MockRequest, MockResponse

DOCUMENT = Path(__file__).parents[2] / "shop" / "openapi.yaml"
HOST = "http://shop"
PROBLEM = "urn:nochannel:problem:"
NOT_SUPPORTED = 501
INDISPENSABLE = frozenset(
    {"GET /v1/products", "POST /v1/quotes", "POST /v1/orders", "GET /v1/orders", "GET /v1/orders/{number}"}
)
"""Without these there is nothing to talk about; everything else a backend may leave to people."""
SINCE_THE_FIRST_VERSION = re.compile(
    r"/v1/(health|products(/\w+)?|customers/me|quotes|orders(/\{number\}(/cancellation)?)?|operations/orders/\{number\}/advance)"
)
"""Where a 404 for the route itself is a defect, and not an older version of the port."""

Json = dict[str, Any]


def openapi_of(document: Path) -> OpenAPI:
    """Members that the document does not name are a backend's own affair."""
    config = Config(extra_media_type_deserializers={"application/problem+json": orjson.loads})
    return OpenAPI.from_dict(yaml.safe_load(document.read_text(encoding="utf-8")), config=config)


@dataclass(frozen=True)
class Answer:
    """What the backend said."""

    status: int
    raw: bytes
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def slug(self) -> str:
        """Which problem it is; empty for what is none."""
        try:
            return str(self.json["type"]).removeprefix(PROBLEM)
        except (ValueError, KeyError, TypeError):
            return ""

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotent-Replayed") == "true"


class PortClient:
    """Acts for one customer; a write gets a key of its own unless one is given."""

    def __init__(self, session: ClientSession, url: str, token: str, operations_token: str, openapi: OpenAPI) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._token: str | None = token
        self._operations_token = operations_token
        self._openapi = openapi
        self.customer: str | None = new_customer()

    def acting_for(self, customer: str | None) -> Self:
        other = copy(self)
        other.customer = customer
        return other

    def somebody_else(self) -> Self:
        return self.acting_for(new_customer())

    def with_token(self, token: str | None) -> Self:
        other = copy(self)
        other._token = token
        return other

    def staff(self) -> Self:
        """The shop's people. Skips what cannot be tried without them."""
        if not self._operations_token:
            pytest.skip("needs OPERATIONS_TOKEN: only the shop's people can move an order on")
        return self.acting_for(None).with_token(self._operations_token)

    async def get(self, path: str, **query: str | int) -> Answer:
        return await self.send("GET", path, query={name: str(value) for name, value in query.items()})

    async def post(self, path: str, body: Json, key: str | None = None) -> Answer:
        return await self.send("POST", path, body, key=key or new_key())

    async def put(self, path: str, body: Json, key: str | None = None) -> Answer:
        return await self.send("PUT", path, body, key=key or new_key())

    async def patch(self, path: str, body: Json, key: str | None = None) -> Answer:
        return await self.send("PATCH", path, body, key=key or new_key())

    async def delete(self, path: str, key: str | None = None) -> Answer:
        return await self.send("DELETE", path, key=key or new_key())

    async def send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        query: Mapping[str, str] | None = None,
        key: str | None = None,
    ) -> Answer:
        """Skips the test when the backend says that it has no such thing; fails it when the answer does not fit."""
        raw, headers = (orjson.dumps(body) if body is not None else b""), self._headers(body is not None, key)
        async with self._session.request(
            method, self._url + path, params=query, data=raw or None, headers=headers, allow_redirects=False
        ) as response:
            answer = Answer(response.status, await response.read(), dict(response.headers))
            content_type = response.content_type
        name = f"{method} {_template(path)}"
        self._skip_what_is_not_there(name, answer)
        request = MockRequest(HOST, method, path, args=dict(query or {}), headers=headers, data=raw or None)
        self._must_fit(name, request, answer, content_type)
        return answer

    async def download(self, url: str) -> Answer:
        """What a link shows to whoever has it."""
        async with self._session.get(url if "://" in url else self._url + url) as response:
            return Answer(response.status, await response.read(), dict(response.headers))

    def _headers(self, has_body: bool, key: str | None) -> dict[str, str]:
        said = {
            "Content-Type": "application/json" if has_body else None,
            "Authorization": f"Bearer {self._token}" if self._token else None,
            "Nochannel-Customer": self.customer,
            "Idempotency-Key": key,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _skip_what_is_not_there(self, name: str, answer: Answer) -> None:
        if answer.status == NOT_SUPPORTED:
            _not_there(name, "not supported by this backend (501)")
        is_new = not SINCE_THE_FIRST_VERSION.fullmatch(name.partition(" ")[2])
        if answer.status == 404 and is_new and answer.slug in ("", "not-found"):
            _not_there(name, "unknown to this backend (404)")

    def _must_fit(self, name: str, request: MockRequest, answer: Answer, content_type: str) -> None:
        told = MockResponse(answer.raw, answer.status, dict(answer.headers), content_type)
        try:
            self._openapi.validate_response(request, told)
        except PathError:
            pytest.skip(f"{name}: not described in the document that answers are held against")
        except OpenAPIError as error:
            _does_not_fit(name, answer, _reasons(error))
        if content_type.endswith("json") and (floats := list(_floats_of_money(answer.json))):
            _does_not_fit(name, answer, floats)


def _does_not_fit(name: str, answer: Answer, reasons: list[str]) -> NoReturn:
    why = "; ".join(reasons)
    pytest.fail(f"{name}: the {answer.status} answer does not fit the document: {why}", pytrace=False)


def _floats_of_money(node: Any, place: str = "") -> Iterator[str]:
    """JSON Schema takes 1897.0 for an integer; who reads it as money must not."""
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in members:
        here = f"{place}.{name}".lstrip(".")
        if name == "amount" and isinstance(value, float):
            yield f"{here}: {value} is a float"
        yield from _floats_of_money(value, here)


def _not_there(name: str, why: str) -> NoReturn:
    if name in INDISPENSABLE:
        pytest.fail(f"{name}: {why}, but without it there is no assistant", pytrace=False)
    pytest.skip(f"{name}: {why}")


def _template(path: str) -> str:
    """ "/v1/orders/NC-104201/returns" is the operation "/v1/orders/{number}/returns"."""
    numbered = re.sub(r"/(?:NC|RT|RF|SB)-\w+", "/{number}", path)
    named = re.sub(r"(?<=/v1/customers/me/joins/)[^/]+", "{customer}", numbered)
    return re.sub(r"(?<=/v1/products/)[^/]+", "{product_id}", named)


def _reasons(error: BaseException) -> list[str]:
    """The innermost: where in the answer, and what is wrong there."""
    details = getattr(error.__cause__, "schema_errors", None)
    if details:
        return [f"{'.'.join(map(str, detail.absolute_path)) or 'body'}: {detail.message[:200]}" for detail in details]
    return [str(error.__cause__ or error)[:400]]


def new_customer() -> str:
    return f"conformance-{uuid4().hex}"


def new_key() -> str:
    return f"key-{uuid4().hex}"

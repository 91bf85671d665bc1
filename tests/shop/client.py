"""A client of the shop that holds every request and every response against the published document."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Self, cast
from uuid import uuid4

import orjson
import yaml
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

DOCUMENT = Path(__file__).parents[2] / "shop" / "openapi.yaml"
HOST = "http://shop"
TOKEN = "the-assistant's-secret"
OPERATIONS_TOKEN = "the-staff's-secret"

Http = TestClient[Request, Application]


def strict_document() -> dict[str, Any]:
    """The published document, in which a member that it does not name is an error in answers too."""
    document = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    _tighten(document)
    return cast(dict[str, Any], document)


def _tighten(node: Any) -> None:
    if isinstance(node, list):
        for child in node:
            _tighten(child)
    if isinstance(node, dict):
        if node.get("type") == "object":
            node.setdefault("additionalProperties", False)
        # JSON Schema's $ is the very end; Python's also matches before a last line break.
        if isinstance(node.get("pattern"), str):
            node["pattern"] = node["pattern"].removesuffix("$") + r"\Z"
        for child in node.values():
            _tighten(child)


@dataclass(frozen=True)
class Reply:
    """What the shop answered."""

    status: int
    raw: bytes
    headers: Mapping[str, str]
    request_fits: bool  # whether the document takes the request

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)

    @property
    def slug(self) -> str:
        """Which problem it is."""
        return str(self.json["type"]).removeprefix("urn:nochannel:problem:")

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotent-Replayed") == "true"


class ShopClient:
    """Speaks for one customer; a write gets a new idempotency key unless one is given."""

    def __init__(self, http: Http, openapi: OpenAPI) -> None:
        self.http = http
        self.openapi = openapi
        self._customer: str | None = "customer-1"
        self._token: str | None = TOKEN

    def acting_for(self, customer: str | None) -> Self:
        """The same client for another customer."""
        other = copy(self)
        other._customer = customer
        return other

    def with_token(self, token: str | None) -> Self:
        """The same client with another secret."""
        other = copy(self)
        other._token = token
        return other

    def staff(self) -> Self:
        """The shop's own staff."""
        return self.acting_for(None).with_token(OPERATIONS_TOKEN)

    async def get(self, path: str, **query: str | int) -> Reply:
        return await self.send("GET", path, query={name: str(value) for name, value in query.items()})

    async def put(self, path: str, body: Any, key: str | None = None) -> Reply:
        return await self.send("PUT", path, raw=orjson.dumps(body), headers=self._key(key))

    async def patch(self, path: str, body: Any, key: str | None = None) -> Reply:
        return await self.send("PATCH", path, raw=orjson.dumps(body), headers=self._key(key))

    async def post(self, path: str, body: Any, key: str | None = None) -> Reply:
        return await self.send("POST", path, raw=orjson.dumps(body), headers=self._key(key))

    async def delete(self, path: str, body: Any = None, key: str | None = None) -> Reply:
        raw = b"" if body is None else orjson.dumps(body)
        return await self.send("DELETE", path, raw=raw, headers=self._key(key))

    async def refused(self, method: str, path: str, body: Any) -> Reply:
        """A request that neither the document nor the shop takes."""
        return await self.send_malformed(method, path, raw=orjson.dumps(body), headers=self._key(None))

    async def send_malformed(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        raw: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Insists that the document does not take the request."""
        reply = await self.exchange(method, path, query, raw, headers)
        assert not reply.request_fits, "the document takes this request"
        return reply

    async def send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        raw: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Insists that the document takes the request."""
        reply = await self.exchange(method, path, query, raw, headers)
        assert reply.request_fits, "the document does not take this request"
        return reply

    async def exchange(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        raw: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Sends what may or may not fit the document; the answer must."""
        all_headers = self.headers(raw) | dict(headers or {})
        request = MockRequest(HOST, method, path, args=dict(query or {}), headers=all_headers, data=raw or None)
        request.content_type = all_headers.get("Content-Type", "application/json")
        body = BytesIO(raw) if raw else None
        async with self.http.request(method, path, params=query, data=body, headers=all_headers) as response:
            answer = await response.read()
            self._check(request, response, answer)
            return Reply(response.status, answer, response.headers, self._takes(request))

    def headers(self, raw: bytes = b"") -> dict[str, str]:
        """Who speaks, and what the body is."""
        headers: dict[str, str] = {"Content-Type": "application/json"} if raw else {}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if self._customer is not None:
            headers["Nochannel-Customer"] = self._customer
        return headers

    def _key(self, key: str | None) -> dict[str, str]:
        return {"Idempotency-Key": key or f"key-{uuid4()}"}

    def _takes(self, request: MockRequest) -> bool:
        try:
            self.openapi.validate_request(request)
        except (OpenAPIError, RecursionError):
            return False
        return True

    def _check(self, request: MockRequest, response: ClientResponse, answer: bytes) -> None:
        told = MockResponse(answer, response.status, dict(response.headers), response.content_type)
        if response.status == 405 or "unknown" in request.path:
            # No operation, so none that could describe its answers; they are problems like all others.
            request, told.status_code = MockRequest(HOST, "GET", "/v1/products/any"), 404
        self.openapi.validate_response(request, told)

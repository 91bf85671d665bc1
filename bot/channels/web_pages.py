"""The demo shop page, the widget's files, and the shop's pictures beside them."""

from collections.abc import Sequence
from typing import Any, Protocol

from aiohttp import ClientError, ClientSession, web

from bot.channels.base import Malformed, Refused
from bot.channels.web_chat import STATIC

_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_POLICY = (
    "default-src 'self'; img-src 'self' {own_url} https: data:; connect-src 'self' ws: wss:; style-src 'self'; script-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)

_PICTURE_HEADERS = ("Cache-Control", "Content-Security-Policy", "X-Content-Type-Options")
"""What the shop says of its pictures; an SVG opened by itself must run and load nothing here either."""


_PASSED_TO_SHOP = frozenset({"content-type", "accept-language", "stripe-signature"})
_PASSED_FROM_SHOP = (*_PICTURE_HEADERS, "Content-Type", "Content-Disposition", "Location", "Referrer-Policy")


class Window(Protocol):
    """What the page shows of the shop."""

    base_url: str

    async def products(self, language: str) -> list[dict[str, Any]]:
        """In a language: id, name, tagline, image, price, monthly."""
        ...

    def session(self) -> ClientSession: ...


class ShopAway(Refused):
    """The shop does not answer; the page says so."""

    status = 503
    slug = "shop-unavailable"


class Pages:
    """Static files with a strict content security policy; `/images/…`, `/documents/…` and `/pay/…` come from the shop."""

    def __init__(self, shop: Window, own_url: str) -> None:
        self._shop = shop
        self._policy = _POLICY.format(own_url=own_url)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/", self._index),
            web.get("/catalog.json", self._products),
            web.get("/images/{name:[a-z0-9-]+\\.(svg|png)}", self._image),
            web.get("/documents/{token}", self._from_shop),
            web.get("/pay/{token}", self._from_shop),
            web.post("/pay/{token}", self._from_shop),
            web.post("/v1/payment-events/{provider}", self._from_shop),
            web.get("/{path:(chat/)?[a-z0-9_.-]+\\.(js|css|svg|html|png)}", self._file),
        ]

    async def _index(self, request: web.Request) -> web.StreamResponse:
        return self._static("index.html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        return self._static(request.match_info["path"])

    async def _products(self, request: web.Request) -> web.Response:
        language = request.query.get("language", "de")
        if language not in ("de", "en"):
            raise Malformed("`language` must be de or en")
        try:
            return web.json_response({"items": await self._shop.products(language)})
        except (ClientError, OSError, TimeoutError) as error:
            raise ShopAway("the shop does not answer", retry_after=5) from error

    async def _image(self, request: web.Request) -> web.Response:
        try:
            async with self._shop.session().get(f"{self._shop.base_url}/images/{request.match_info['name']}") as found:
                if found.status != 200:
                    raise web.HTTPNotFound
                headers = {name: found.headers[name] for name in _PICTURE_HEADERS if name in found.headers}
                return web.Response(body=await found.read(), content_type=found.content_type, headers=headers)
        except (ClientError, OSError, TimeoutError) as error:
            raise ShopAway("the shop does not answer", retry_after=5) from error

    async def _from_shop(self, request: web.Request) -> web.Response:
        """What the shop shows to whoever has the link: papers, the page to pay on, the payment provider's calls."""
        headers = {name: value for name, value in request.headers.items() if name.lower() in _PASSED_TO_SHOP}
        url = f"{self._shop.base_url}{request.path_qs}"
        try:
            async with self._shop.session().request(
                request.method, url, headers=headers, data=await request.read(), allow_redirects=False
            ) as found:
                passed = {name: found.headers[name] for name in _PASSED_FROM_SHOP if name in found.headers}
                return web.Response(status=found.status, body=await found.read(), headers=passed)
        except (ClientError, OSError, TimeoutError) as error:
            raise ShopAway("the shop does not answer", retry_after=5) from error

    def _static(self, path: str) -> web.StreamResponse:
        file = (STATIC / path).resolve()
        if not file.is_relative_to(STATIC) or not file.is_file():
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": self._policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-cache",
            "Access-Control-Allow-Origin": "*",
            "Content-Type": f"{_TYPES[file.suffix]}; charset=utf-8" if file.suffix != ".png" else "image/png",
        }
        return web.FileResponse(file, headers=headers)

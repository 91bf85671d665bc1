"""Product pictures, as SVG for pages and PNG for messengers."""

import re
from pathlib import Path

from aiohttp import web

from shop.problems import NotFound

FOLDER = Path(__file__).parent / "images"
HEADERS = {
    "Cache-Control": "public, max-age=86400",
    # An SVG opened by itself must run and load nothing.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


NO_PICTURE = "no-picture.png"


def picture_of(product_id: str) -> str:
    """The name of the product's picture, or of a neutral one for a product that came without."""
    name = f"{product_id}.png"
    return name if (FOLDER / name).is_file() else NO_PICTURE


class ImageRoutes:
    """Pictures over HTTP."""

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/images/{name}", self.get)]

    async def get(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        path = FOLDER / name
        if not re.fullmatch(r"[a-z0-9-]+\.(svg|png)", name) or not path.is_file():
            raise NotFound
        return web.FileResponse(path, headers=HEADERS)

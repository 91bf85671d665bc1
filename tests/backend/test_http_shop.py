"""The port over HTTP, with the embedded shop at its other end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from actions.backend.http_shop import HttpShop
from actions.backend.port import SwapWish
from shop.app import build_app
from tests.backend.contract import BackendContract, Build
from tests.shop.client import TOKEN
from tests.shop.conftest import GivenClock, settings_for


class TestHttpShop(BackendContract):
    @pytest.fixture
    async def build(self, tmp_path: Path) -> AsyncIterator[Build]:
        app = build_app(settings_for(f"sqlite:///{tmp_path / 'shop.db'}"), GivenClock())
        shops: list[HttpShop] = []
        async with TestServer(app) as server:

            def build() -> HttpShop:
                shops.append(HttpShop(str(server.make_url("")), SecretStr(TOKEN)))
                return shops[-1]

            yield build
            for shop in shops:
                await shop.close()


async def test_a_shop_that_previews_no_swaps_leaves_their_price_to_be_reckoned() -> None:
    async def unknown(_request: web.Request) -> web.Response:
        problem = {"type": "urn:nochannel:problem:not-found", "title": "Not found", "status": 404}
        return web.json_response(problem, status=404)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", unknown)
    async with TestServer(app) as server:
        shop = HttpShop(str(server.make_url("")), SecretStr(TOKEN))
        wish = SwapWish(product_id="aeropix-pro", first="2026-03-07")
        assert await shop.preview_swap("customer-1", "SB-200001", wish) is None
        await shop.close()

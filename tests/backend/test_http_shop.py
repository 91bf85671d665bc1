"""The port over HTTP, with the embedded shop at its other end."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from actions.backend.http_shop import HttpShop
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

"""With a shop that does not speak the port (SHOP_KIND), which only the actions speak to."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.cli import _with_shop
from bot.settings import Settings
from bot.shop_window import NoWindow


def settings(**given: Any) -> Settings:
    """Of production, with all secrets but the shop's."""
    given |= {"rest_token": SecretStr("a-token"), "web_secret": SecretStr("a-secret")}
    return Settings.model_validate({"environment": "production", "shop_token": None, "shop_url": None, **given})


def test_production_needs_the_ports_token_for_the_port_only() -> None:
    assert settings().missing_secrets() == ["SHOP_TOKEN"]
    assert settings(shop_kind="vendure").missing_secrets() == []


def test_no_embedded_shop_is_started_beside_another(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class NothingIsStarted:
        def start(self, parts: Any) -> None:
            raise AssertionError(parts)

    monkeypatch.setenv("PUBLIC_URL", "https://chat.example.org")
    known = _with_shop(settings(shop_kind="vendure", data_dir=tmp_path), NothingIsStarted())  # type: ignore[arg-type]
    assert known.shop_url is None


async def test_the_page_shows_no_goods_and_pictures_keep_their_address() -> None:
    window = NoWindow("https://chat.example.org")
    assert await window.products("de") == []
    assert await window.picture("https://cdn.example.org/mouse.jpg") == "https://cdn.example.org/mouse.jpg"
    await window.answers()
    await window.close()

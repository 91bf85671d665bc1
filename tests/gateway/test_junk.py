"""Whatever anybody sends to the gateway: an answer below 500, and nobody's words in the log."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.switchboard import cut_off
from tests.contracts.webhook import junk, shared
from tests.gateway.conftest import PROOF, Running
from tests.gateway.test_operations import post_paths

SECRET_WORD = "geheimwort"
ADDRESSES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="?#"), max_size=30)


@shared
@given(body=st.binary(max_size=300))
async def test_bytes_of_any_kind_never_make_a_webhook_fail(running: Running, body: bytes) -> None:
    await _send_everywhere(running, body)


@shared
@given(body=st.dictionaries(st.sampled_from(["message", "text", "sender", "update_id", "metadata"]), junk))
async def test_json_of_any_kind_never_makes_a_webhook_fail(running: Running, body: dict[str, Any]) -> None:
    await _send_everywhere(running, json.dumps(body).encode())


@shared
@given(path=ADDRESSES)
async def test_any_address_gets_an_answer(running: Running, path: str) -> None:
    for start in ("/", "/images/", "/chat/", "/conversations/", "/webhooks/"):
        address = running.http.make_url("/").with_path(start + path)
        async with running.http.session.get(address, headers=PROOF) as response:
            assert response.status < 500


@pytest.mark.parametrize(
    "path",
    [
        "/images/..%2fv1%2fhealth", "/images/%2e%2e/v1/health", "/images/x%3Fy=1.png", "/images/..%252f..%252fetc%252fpasswd",
        "/chat/..%2f..%2ftelegram.py", "/..%2f..%2fsettings.py", "/chat/%2e%2e/%2e%2e/base.py", "/.env", "/web_chat.py",
        "/catalog.json/x", "/webhooks/nobody", "/v1/orders",
    ],
)  # fmt: skip
async def test_nothing_but_the_page_is_served(running: Running, path: str) -> None:
    response = await running.http.get(path, headers=PROOF)
    assert response.status == 404
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize(("language", "status"), [("de", 200), ("en", 200), ("fr", 400), ("", 400), ("../de", 400)])
async def test_the_catalog_speaks_two_languages(running: Running, language: str, status: int) -> None:
    response = await running.http.get("/catalog.json", params={"language": language})
    assert response.status == status


async def test_a_shop_that_is_away_is_said_to_be(running: Running) -> None:
    await running.shop.shut()
    for path in ("/catalog.json", "/images/aeropix-mini.svg"):
        response = await running.http.get(path)
        assert response.status == 503
        assert int(response.headers["Retry-After"]) >= 1
    await running.shop.reopen()
    picture = await running.http.get("/images/aeropix-mini.svg")
    assert (picture.status, picture.content_type) == (200, "image/svg+xml")
    assert "default-src 'none'" in picture.headers["Content-Security-Policy"]


async def test_the_log_has_nobodys_words(running: Running, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    await running.says(f"was kostet {SECRET_WORD}?")
    async with cut_off(running.gateway._redis):
        response = await running.http.post("/webhooks/rest/webhook", json={"message": SECRET_WORD}, headers=PROOF)
        assert response.status == 503
    for body in (f'{{"message": "{SECRET_WORD}', f'{{"message": ["{SECRET_WORD}"]}}'):
        await _send_everywhere(running, body.encode())
    assert "path=/webhooks/rest/webhook failed" in caplog.text
    assert SECRET_WORD not in caplog.text


async def _send_everywhere(running: Running, body: bytes) -> None:
    for path in post_paths(running.gateway):
        async with running.http.post(path, data=body, headers=PROOF) as response:
            assert response.status < 500, path

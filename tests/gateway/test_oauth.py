"""Account linking for Alexa: a customer signs in by a mailed code, Alexa gets tokens, and every other way is shut."""

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
import pytest
from aiohttp import ClientResponse, ClientSession, CookieJar
from pydantic import SecretStr

from bot.channels import oauth_grants
from bot.channels.dev_outbox import KEY
from bot.channels.oauth_grants import challenge_of
from bot.clock import SystemClock
from bot.conversation import consumer
from bot.conversation.consumer import Consumer
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries
from bot.dialogue.assistant import Assistant
from bot.messages import PROVEN_CUSTOMER, Incoming
from bot.redis_client import Client
from bot.settings import Settings
from tests.contracts.alexa_device import payload
from tests.gateway.conftest import Running, installation
from tests.gateway.test_alexa import trust_our_root
from tests.house import ShopDoor
from tests.signing import chain

CLIENT, SECRET = "alexa", "a-client-secret-of-the-tests"
REDIRECT = "https://layla.amazon.com/api/skill/link/M2AAAAAAAAAAAA"
EMAIL = "kim@example.org"
VERIFIER = secrets.token_urlsafe(48)


class Browser:
    """A customer's browser, and the mail beside it."""

    def __init__(self, running: Running, language: str = "de") -> None:
        self.running = running
        self.http = ClientSession(running.http.make_url("/"), cookie_jar=CookieJar(unsafe=True))
        self._language = language
        self.form = ""

    async def asks(self, **changes: str | None) -> ClientResponse:
        """As Alexa's app opens the page."""
        query = {
            "client_id": CLIENT, "redirect_uri": REDIRECT, "response_type": "code", "state": "a-state", "scope": "orders",
            "code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256", **changes,
        }  # fmt: skip
        given = {name: value for name, value in query.items() if value is not None}
        return await self._page("get", f"/oauth/authorize?{urlencode(given)}")

    async def sends(self, **fields: str) -> ClientResponse:
        return await self._page("post", "/oauth/authorize", data={"form": self.form, **fields})

    async def _page(self, method: str, path: str, **more: Any) -> ClientResponse:
        headers = {"Accept-Language": self._language}
        response = await self.http.request(method, path, headers=headers, allow_redirects=False, **more)
        found = re.search(r'name="form" value="([0-9a-f]+)"', await response.text())
        self.form = found[1] if found else self.form
        return response

    async def mailed(self, *, more_than: int = 0) -> str:
        """The code of the last mail, once there are more than so many."""
        async with asyncio.timeout(5):
            while await self.running.redis.llen(KEY) <= more_than:
                await asyncio.sleep(0.01)
        kept = await self.running.redis.lrange(KEY, 0, 0)
        found = re.search(r"\d{3} \d{3}", orjson.loads(kept[0])["body"])
        assert found
        return found[0]

    async def authorized(self) -> str:
        """The authorization code, after all steps."""
        await self.asks()
        before = await self.running.redis.llen(KEY)
        await self.sends(email=EMAIL)
        return back(await self.sends(code=await self.mailed(more_than=before)))["code"]

    async def token(self, auth: tuple[str, str] | None = (CLIENT, SECRET), **fields: str) -> tuple[int, dict[str, Any]]:
        form = {**fields, **({"client_id": auth[0], "client_secret": auth[1]} if auth else {})}
        async with self.http.post("/oauth/token", data=form) as response:
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, await response.json()

    async def redeems(self, code: str, **changes: str) -> tuple[int, dict[str, Any]]:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
        return await self.token((CLIENT, SECRET), **form | changes)

    async def refreshes(self, token: str) -> tuple[int, dict[str, Any]]:
        return await self.token(grant_type="refresh_token", refresh_token=token)


def back(response: ClientResponse) -> dict[str, str]:
    """What the customer is sent back to the app with."""
    assert response.status == 303
    address = urlsplit(response.headers["Location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT
    return dict(parse_qsl(address.query))


@pytest.fixture
async def linking(
    redis: Client, settings: Settings, assistant: Assistant, shop_door: ShopDoor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """An installation that links Alexa, whose shop knows one customer by mail."""
    monkeypatch.setattr(consumer, "BLOCK_MILLISECONDS", 20)
    trust_our_root(monkeypatch)
    changes: dict[str, Any] = {
        **installation(),
        "oauth_client_id": CLIENT,
        "oauth_client_secret": SecretStr(SECRET),
        "oauth_redirect_uris": (REDIRECT,),
    }
    running = Running(settings.model_copy(update=changes), assistant, redis, shop_door)
    await running.open()
    out = Lane(redis, running.keys, "out", SystemClock(), settings.lock_seconds)
    sender = Consumer(out, Deliveries(out, running.gateway.channels, 3), "test-sender")
    sending = asyncio.create_task(sender.run())
    shop_door.write(
        "INSERT INTO customers (id, email, proven_email, language, payment_methods, created_at) "
        f"VALUES ('K-1001', '{EMAIL}', '{EMAIL}', 'de', '[]', '2026-01-01')"
    )
    yield running
    sender.stop()
    await sending
    await running.close()
    assistant.forget_all()


@pytest.fixture
async def browser(linking: Running) -> AsyncIterator[Browser]:
    browser = Browser(linking)
    yield browser
    await browser.http.close()


async def test_a_customer_signs_in_and_alexa_speaks_for_them(browser: Browser) -> None:
    page = await browser.asks()
    assert page.status == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "Nenn uns die Adresse" in await page.text()
    assert "Wenn wir kim@example.org kennen" in await (await browser.sends(email=EMAIL)).text()
    sent_back = back(await browser.sends(code=await browser.mailed()))
    assert sent_back["state"] == "a-state"
    status, tokens = await browser.redeems(sent_back["code"])
    assert (status, tokens["token_type"], tokens["expires_in"]) == (200, "Bearer", 3600)
    await _alexa_says(browser, tokens["access_token"])
    [account] = await browser.running.redis.hkeys(browser.running.keys.accounts("K-1001"))
    assert account.startswith(b"alexa-")


async def _alexa_says(browser: Browser, token: str, request: int = 0) -> None:
    envelope = payload("launch", 1)
    envelope["request"]["requestId"] += f".{request}"
    envelope["context"]["System"]["user"]["accessToken"] = token
    body = orjson.dumps(envelope)
    async with browser.http.post("/webhooks/alexa", data=body, headers=chain().headers(body)) as response:
        assert response.status == 200, await response.text()


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "other"},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": REDIRECT + "/x"},
        {"redirect_uri": None},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_alexas(browser: Browser, change: dict[str, Any]) -> None:
    page = await browser.asks(**change)
    assert page.status == 400
    assert "Location" not in page.headers
    assert "Set-Cookie" not in page.headers


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
    ],
)
async def test_what_is_missing_is_told_to_alexa(browser: Browser, change: dict[str, Any], error: str) -> None:
    sent_back = back(await browser.asks(**change))
    assert (sent_back["error"], sent_back["state"]) == (error, "a-state")


async def test_an_unknown_address_looks_like_a_known_one(browser: Browser) -> None:
    await browser.asks()
    page = await (await browser.sends(email="nobody@example.org")).text()
    assert "Wenn wir nobody@example.org kennen" in page
    assert await browser.running.redis.llen(KEY) == 0
    assert (await browser.sends(code="123456")).status == 400


async def test_a_form_of_another_page_is_refused(browser: Browser) -> None:
    await browser.asks()
    browser.form = "0" * 64
    assert (await browser.sends(email=EMAIL)).status == 403
    assert await browser.running.redis.llen(KEY) == 0


async def test_without_the_cookie_a_form_is_nothing(browser: Browser) -> None:
    await browser.asks()
    browser.http.cookie_jar.clear()
    assert (await browser.sends(email=EMAIL)).status == 403


async def test_a_code_counts_only_where_it_was_asked_for(browser: Browser) -> None:
    await browser.asks()
    await browser.sends(email=EMAIL)
    code = await browser.mailed()
    other = Browser(browser.running)
    await other.asks()
    assert (await other.sends(code=code)).status == 400
    await other.http.close()
    assert "code" in back(await browser.sends(code=code))


async def test_guessing_ends_after_five(browser: Browser) -> None:
    await browser.asks()
    await browser.sends(email=EMAIL)
    code = await browser.mailed()
    for number in range(5):
        assert (await browser.sends(code=f"10000{number}")).status == 400
    assert (await browser.sends(code=code)).status == 429


async def test_who_changes_their_mind_goes_back(browser: Browser) -> None:
    await browser.asks()
    assert back(await browser.sends(cancel="1"))["error"] == "access_denied"


async def test_words_of_the_address_line_are_no_markup(browser: Browser) -> None:
    await browser.asks()
    page = await (await browser.sends(email="<script>alert(1)</script>@example.org")).text()
    assert "<script>" not in page


async def test_an_authorization_counts_once_for_its_client_its_address_and_its_verifier(browser: Browser) -> None:
    code = await browser.authorized()
    assert await browser.redeems("another-code") == (400, {"error": "invalid_grant"})
    assert (await browser.redeems(code))[0] == 200
    assert await browser.redeems(code) == (400, {"error": "invalid_grant"})


@pytest.mark.parametrize(
    "change", [{"redirect_uri": "https://evil.example/"}, {"code_verifier": "x" * 60}, {"code_verifier": ""}]
)
async def test_a_stolen_authorization_is_worth_nothing(browser: Browser, change: dict[str, str]) -> None:
    code = await browser.authorized()
    assert await browser.redeems(code, **change) == (400, {"error": "invalid_grant"})
    assert await browser.redeems(code) == (400, {"error": "invalid_grant"})  # and is gone


@pytest.mark.parametrize("auth", [None, (CLIENT, "wrong"), ("other", SECRET), (CLIENT, "")])
async def test_who_is_not_the_client_gets_no_tokens(browser: Browser, auth: tuple[str, str] | None) -> None:
    status, answer = await browser.token(auth, grant_type="refresh_token", refresh_token="x")
    assert (status, answer) == (401, {"error": "invalid_client"})


async def test_a_refresh_token_is_used_once_and_a_second_use_ends_all(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants = oauth_grants.Grants(browser.running.redis)
    _, first = await browser.redeems(await browser.authorized())
    _, second = await browser.refreshes(first["refresh_token"])
    found = await grants.of_token(second["access_token"])
    assert found
    assert found.customer == "K-1001"
    assert (await browser.refreshes(first["refresh_token"]))[0] == 200  # its answer may have got lost
    monkeypatch.setattr(oauth_grants, "GRACE_SECONDS", -1)
    assert await browser.refreshes(first["refresh_token"]) == (400, {"error": "invalid_grant"})
    assert await grants.of_token(second["access_token"]) is None
    assert await browser.refreshes(second["refresh_token"]) == (400, {"error": "invalid_grant"})


async def test_a_revoked_link_is_over(browser: Browser) -> None:
    grants = oauth_grants.Grants(browser.running.redis)
    _, tokens = await browser.redeems(await browser.authorized())
    async with browser.http.post(
        "/oauth/revoke", data={"client_id": CLIENT, "client_secret": SECRET, "token": tokens["refresh_token"]}
    ) as response:
        assert response.status == 200
    assert await grants.of_token(tokens["access_token"]) is None


async def test_who_is_parted_in_conversation_is_linked_by_no_token_from_before(browser: Browser) -> None:
    """Alexa keeps her tokens, and sends them with every request."""
    _, tokens = await browser.redeems(await browser.authorized())
    await _alexa_says(browser, tokens["access_token"])
    keys, redis = browser.running.keys, browser.running.redis
    [account] = await redis.hkeys(keys.accounts("K-1001"))
    asked = Incoming(
        "rest", "kim", "message-1", "trenn alexa bitte wieder", reply_to="tests", metadata={PROVEN_CUSTOMER: "K-1001"}
    )
    replies = await browser.running.gateway.door.ask(asked)
    assert "getrennt" in str(replies[0].text)
    await _alexa_says(browser, tokens["access_token"], request=1)
    assert await redis.hkeys(keys.accounts("K-1001")) == [b"rest-kim"]
    assert await browser.refreshes(tokens["refresh_token"]) == (400, {"error": "invalid_grant"})
    _, new = await browser.redeems(await browser.authorized())
    await _alexa_says(browser, new["access_token"], request=2)
    assert account in await redis.hkeys(keys.accounts("K-1001"))


async def test_an_unknown_token_leaves_alexa_unlinked(browser: Browser) -> None:
    await _alexa_says(browser, "not-a-token")
    assert await browser.running.redis.hkeys(browser.running.keys.accounts("K-1001")) == []


async def test_redis_knows_no_token_in_clear(browser: Browser) -> None:
    _, tokens = await browser.redeems(await browser.authorized())
    for key in await browser.running.redis.keys("nc:oauth:*"):
        assert tokens["access_token"].encode() not in key + (await browser.running.redis.get(key) or b"")


@pytest.mark.parametrize("path", ["/oauth/authorize", "/oauth/token", "/oauth/revoke"])
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"=" * 5_000, b"a=" + b"x" * 10_000, b'{"grant_type": "refresh_token"}']
)
async def test_junk_does_no_harm(browser: Browser, path: str, body: bytes) -> None:
    async with browser.http.post(path, data=body) as response:
        assert 400 <= response.status < 500

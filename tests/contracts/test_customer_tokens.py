"""The site's signed word for who is signed in: what is let through, what is not, and what the browser's owner sees of others."""

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import SecretStr

from bot.channels.customer_tokens import BadToken, CustomerTokens, SignedIn
from bot.messages import PROOF_FROM, PROVEN_AT, PROVEN_CUSTOMER
from tests.contracts.browser import Tab
from tests.contracts.conftest import Open
from tests.contracts.switchboard import Switchboard, settings

SECRET = "a-secret-that-the-site-and-we-share-0123456789"


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    given = {"sub": "K-1001", "aud": "nochannel", "iat": now, "exp": now + 300, **changes}
    return {name: value for name, value in given.items() if value is not None}


def signed(secret: Any = SECRET, algorithm: str = "HS256", **changes: Any) -> str:
    return jwt.encode(claims(**changes), secret, algorithm=algorithm)


def unsigned() -> str:
    parts = [{"alg": "none", "typ": "JWT"}, claims()]
    head, body = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)
    return f"{head}.{body}."


def test_a_token_says_who_is_signed_in_and_since_when() -> None:
    tokens = CustomerTokens(SecretStr(SECRET), "")
    found = tokens.verify(signed())
    assert (found.customer, found.at) == ("K-1001", None)
    assert abs(found.known_from - time.time()) < 60
    assert tokens.verify(signed(auth_time=1_772_443_800)) == SignedIn("K-1001", 1_772_443_800.0, 1_772_443_800.0)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_site_may_keep_its_key_to_itself(algorithm: str) -> None:
    key = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    tokens = CustomerTokens(None, public)
    assert tokens.verify(signed(key, algorithm)).customer == "K-1001"
    with pytest.raises(BadToken):
        tokens.verify(signed())
    confused = signed("x" * 40)  # nobody may sign with what everybody can read
    with pytest.raises(BadToken):
        tokens.verify(confused)


NOW = int(time.time())
WRONG = {
    "another key": signed("another-secret-of-the-same-length-0123456789"),
    "no signature": unsigned(),
    "cut": signed()[:-2],
    "expired": signed(exp=NOW - 120, iat=NOW - 300),
    "no end": signed(exp=None),
    "too long": signed(exp=NOW + 7_200),
    "from the future": signed(iat=NOW + 600, exp=NOW + 900),
    "for somebody else": signed(aud="another-service"),
    "for nobody": signed(aud=None),
    "no customer": signed(sub=None),
    "empty customer": signed(sub=""),
    "a customer with a blank": signed(sub="K 1"),
    "a customer that is too long": signed(sub="K" * 129),
    "no text": 5,
    "no token": "hello",
    "nothing": "",
}


@pytest.mark.parametrize("why", WRONG)
def test_a_token_that_proves_nothing_is_refused(why: str) -> None:
    with pytest.raises(BadToken) as refused:
        CustomerTokens(SecretStr(SECRET), "").verify(WRONG[why])
    assert SECRET not in str(refused.value)


def test_without_a_key_no_token_counts() -> None:
    with pytest.raises(BadToken, match="WEB_TOKEN_SECRET"):
        CustomerTokens(None, "").verify(signed())


@pytest.fixture
async def board(open_switchboard: Open) -> Switchboard:
    return await open_switchboard("web", settings(web_token_secret=SecretStr(SECRET)))


@pytest.fixture
async def tab(board: Switchboard) -> AsyncIterator[Tab]:
    tab = Tab(board)
    yield tab
    await tab.close()


async def says(tab: Tab, number: int = 1) -> dict[str, Any]:
    async with tab.board.working():
        await tab.says("hallo", f"client-{number:>08}")
        await tab.board.quiet(tab.account)
    return dict(tab.board.dialogue.heard[-1].metadata)


async def test_messages_carry_who_is_signed_in(tab: Tab) -> None:
    await tab.open(customer_token=signed(auth_time=1_772_443_800))
    metadata = await says(tab)
    assert (metadata[PROVEN_CUSTOMER], metadata[PROVEN_AT]) == ("K-1001", 1_772_443_800.0)
    assert metadata[PROOF_FROM] == 1_772_443_800.0


async def test_a_visitor_who_signs_in_goes_on_where_they_were(tab: Tab) -> None:
    await tab.open()
    assert PROVEN_CUSTOMER not in await says(tab)
    before = tab.account
    await tab.close()
    await tab.open(customer_token=signed())
    assert tab.account == before
    assert tab.texts == ["hallo", "Gern."]
    assert (await says(tab, 2))[PROVEN_CUSTOMER] == "K-1001"


@pytest.mark.parametrize("token", [signed(sub="K-2002"), None], ids=["somebody else", "nobody any more"])
async def test_who_comes_next_to_the_browser_sees_nothing_of_who_was_there(tab: Tab, token: str | None) -> None:
    await tab.open(customer_token=signed())
    await says(tab)
    before = tab.account
    await tab.close()
    await tab.open(customer_token=token)
    assert tab.account != before
    assert tab.texts == []


async def test_a_refused_token_is_explained_to_the_developer_and_the_chat_goes_on(tab: Tab) -> None:
    await tab.open(customer_token=WRONG["expired"])
    [error] = tab.of_type("error")
    assert error["code"] == "customer_token"
    assert "fetch a new one" in error["message"]
    assert PROVEN_CUSTOMER not in await says(tab)

"""A customer who speaks with Alexa, in front of the whole house: signed requests, trained model, running shop."""

import json
import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from bot.channels import registry
from bot.channels.alexa.request import account_of
from bot.channels.base import Channel
from bot.channels.registry import Parts
from bot.conversation.identity import conversation_of
from tests.contracts.alexa_device import SKILL_ID, USER_ID, checked, payload, signatures
from tests.gateway.conftest import Running
from tests.signing import chain

MINI = ("aeropix mini", "aeropix-mini", "AeroPix Mini")
RED = ("rote", "red", "Rot")
CUSTOMER = conversation_of("alexa", account_of(USER_ID))


@pytest.fixture
def _our_root(monkeypatch: pytest.MonkeyPatch) -> None:
    trust_our_root(monkeypatch)


def trust_our_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of the world's authorities."""

    def build(parts: Parts) -> Channel | None:
        return registry.alexa_skill(parts, SKILL_ID, signatures())

    monkeypatch.setitem(registry.CHANNELS, "alexa", build)


class Kim:
    """Speaks to a device in German or English."""

    def __init__(self, running: Running, locale: str = "de-DE") -> None:
        self._running = running
        self._locale = locale
        self._count = 0
        self.last: dict[str, Any] = {}

    async def opens(self) -> str:
        return await self._sends("launch", {})

    async def intends(self, intent: str, **slots: str | tuple[str, str, str]) -> str:
        """Slots as they were heard, or heard and resolved to an id and a name."""
        filled = {name: _slot(name, value) for name, value in slots.items()}
        return await self._sends("phrase", {"intent": {"name": intent, "confirmationStatus": "NONE", "slots": filled}})

    async def touches(self, title: str) -> str:
        shown = self.last["response"]["directives"][0]["datasources"]["answer"]["parts"]
        part = next(part for part in shown if part.get("title") == title)
        return await self._sends("touch", {"arguments": ["press", part["payload"], part["title"]]})

    async def _sends(self, name: str, changes: dict[str, Any]) -> str:
        self._count += 1
        envelope = payload(name, self._count)
        envelope["request"] |= {"locale": self._locale, **changes}
        body = json.dumps(envelope).encode()
        async with self._running.http.post("/webhooks/alexa", data=body, headers=chain().headers(body)) as response:
            assert response.status == 200, await response.text()
            self.last = await response.json()
        checked(self.last)
        speech = ElementTree.fromstring(self.last["response"]["outputSpeech"]["ssml"])
        return " ".join("".join(sentence.itertext()) for sentence in speech.iter("s"))


def _slot(name: str, value: str | tuple[str, str, str]) -> dict[str, Any]:
    if isinstance(value, str):
        return {"name": name, "value": value}
    said, id, known_as = value
    match = {"status": {"code": "ER_SUCCESS_MATCH"}, "values": [{"value": {"name": known_as, "id": id}}]}
    return {"name": name, "value": said, "resolutions": {"resolutionsPerAuthority": [match]}}


@pytest.fixture
def kim(_our_root: None, running: Running) -> Kim:
    return Kim(running)


@pytest.fixture
def ann(_our_root: None, running: Running) -> Kim:
    return Kim(running, "en-GB")


def orders(running: Running) -> list[tuple[str, str, int]]:
    return running.shop.orders(CUSTOMER)


async def test_a_whole_order_by_intents_and_slots(kim: Kim, running: Running) -> None:
    assert "Hallo" in await kim.opens()
    assert "Farbe" in await kim.intends("PlaceOrderIntent", quantity="2", product=MINI)
    await kim.intends("AnswerIntent", colour=RED)
    await kim.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await kim.intends("PhraseMeinNameIstIntent", phrase="jonas reuter")
    summary = await kim.intends("AnswerIntent", payment=("paypal", "paypal", "PayPal"))
    assert "zweimal AeroPix Mini in Rot" in summary
    assert "Lindenweg 12" in summary or "lindenweg 12" in summary
    assert "dreimal AeroPix Mini in Rot" in await kim.intends("PhraseNeinIntent", phrase="doch drei")
    assert orders(running) == []
    done = await kim.intends("AMAZON.YesIntent")
    [(number, status, _)] = orders(running)
    assert status == "pending"
    assert number in kim.last["response"]["card"].get("content", kim.last["response"]["card"].get("text", ""))
    assert number not in done
    assert "Bestellung" in await kim.intends("TrackOrderIntent")
    await kim.intends("CancelOrderIntent", order_number=number.removeprefix("NC-"))
    await kim.intends("AMAZON.YesIntent")
    assert [status for _, status, _ in orders(running)] == ["cancelled"]


@pytest.mark.parametrize(
    "intent", ["PlaceOrderIntent", "StartSubscriptionIntent", "GreetIntent", "ThanksIntent", "AMAZON.FallbackIntent"]
)
async def test_nothing_is_ordered_without_alexas_own_yes(kim: Kim, running: Running, intent: str) -> None:
    """Whatever else Alexa may have taken somebody's words for."""
    await kim.intends("PlaceOrderIntent", quantity="2", product=MINI, colour=RED)
    await kim.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await kim.intends("PhraseMeinNameIstIntent", phrase="jonas reuter")
    assert "Soll ich das so bestellen?" in await kim.intends("AnswerIntent", payment=("paypal", "paypal", "PayPal"))
    await kim.intends(intent)
    assert orders(running) == []


async def test_nothing_is_cancelled_without_alexas_own_yes(kim: Kim, running: Running) -> None:
    await kim.intends("PlaceOrderIntent", quantity="2", product=MINI, colour=RED)
    await kim.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await kim.intends("PhraseMeinNameIstIntent", phrase="jonas reuter")
    await kim.intends("AnswerIntent", payment=("paypal", "paypal", "PayPal"))
    await kim.intends("AMAZON.YesIntent")
    for _ in range(2):
        await kim.intends("CancelOrderIntent")
        assert [status for _, status, _ in orders(running)] == ["pending"]


async def test_an_english_order_in_one_breath_and_a_touch(ann: Kim, running: Running) -> None:
    asked = await ann.intends("PlaceOrderIntent", quantity="1", product=MINI, colour=("red", "red", "red"))
    assert "Where shall it go?" in asked
    await ann.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await ann.intends("PhraseMyNameIsIntent", phrase="ann lee")
    await ann.touches("PayPal")
    await ann.touches("Yes")
    assert [status for _, status, _ in orders(running)] == ["pending"]


async def test_renting_for_a_term_that_was_said(kim: Kim) -> None:
    assert "Wohin" in await kim.intends("StartSubscriptionIntent", product=MINI, colour=RED, duration="sechs monate")
    await kim.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await kim.intends("PhraseIchHeisseIntent", phrase="jonas reuter")
    assert "6 Monate" in await kim.intends("AnswerIntent", payment=("paypal", "paypal", "PayPal"))


async def test_free_speech_is_understood_by_the_shop(kim: Kim) -> None:
    assert "31 Minuten" in await kim.intends("PhraseWieIntent", phrase="lange fliegt die aeropix mini")
    assert "AeroPix" in await kim.intends("PhraseWasIntent", phrase="habt ihr für drohnen")


async def test_stop_ends_and_the_order_waits_where_it_was(kim: Kim) -> None:
    await kim.intends("PlaceOrderIntent", product=MINI)
    assert await kim.intends("AMAZON.StopIntent") == "Bis bald!"
    assert "Farbe" in await kim.opens()


async def test_cancel_gives_up_what_was_begun(kim: Kim) -> None:
    await kim.intends("PlaceOrderIntent", product=MINI)
    given_up = await kim.intends("AMAZON.CancelIntent")
    assert "Farbe" not in given_up
    assert "Farbe" not in await kim.opens()


async def test_what_alexa_did_not_understand_is_asked_again_and_the_question_stays(kim: Kim) -> None:
    await kim.intends("PlaceOrderIntent", product=MINI)
    again = await kim.intends("AMAZON.FallbackIntent")
    assert "Farbe" in again
    assert not re.search(r"[{}/]", again)


async def test_repeat_says_it_again(kim: Kim) -> None:
    first = await kim.intends("BrowseCatalogIntent")
    assert await kim.intends("AMAZON.RepeatIntent") == first

"""`alexa`: the contracts, and what only Alexa has."""

import asyncio
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestServer

from bot.channels import registry
from bot.channels.alexa import channel as alexa_channel
from bot.channels.alexa.channel import TOLERATED_SECONDS, AlexaChannel
from bot.channels.alexa.request import account_of
from bot.channels.alexa.signature import CHAIN_URL_HEADER, SIGNATURE_HEADER
from bot.channels.base import Channel
from bot.channels.oauth_grants import Grant
from bot.channels.registry import Parts
from bot.messages import PROVEN_CUSTOMER, Button, Card, Reply
from tests.contracts.alexa_device import (
    SKILL_ID,
    USER_ID,
    checked,
    parts,
    payload,
    seen,
    signatures,
)
from tests.contracts.channel import CARDS, ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.webhook import WebhookContract, assert_problem
from tests.signing import chain

PATH = "/webhooks/alexa"
YES_NO = (Button("Ja", "/affirm"), Button("Nein", "/deny"))


class AlexaLine:
    """Kim, in front of a device with a screen."""

    account = account_of(USER_ID)

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.answers: dict[str, dict[str, Any]] = {}

    async def sends(self, envelope: dict[str, Any]) -> ClientResponse:
        call = self.signed(json.dumps(envelope).encode())
        return await self.board.http.post(call.path, data=call.body, headers=call.headers)

    async def hears(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """The whole answer, if it is one that Alexa takes."""
        response = await self.sends(envelope)
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        checked(answer)
        return answer

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self._keeps(message_id, _phrase(text, message_id))

    async def presses(self, title: str) -> Receipt:
        part = next(part for answer in self.answers.values() for part in parts(answer) if part.get("title") == title)
        envelope = payload("touch", 77)
        envelope["request"]["arguments"] = ["press", part["payload"], part["title"]]
        return await self._keeps("press", envelope)

    async def sees(self) -> list[Shown]:
        return [shown for answer in self.answers.values() for shown in seen(answer)]

    def call(self, text: str, message_id: str) -> Call:
        return self.signed(json.dumps(_phrase(text, message_id)).encode())

    def signed(self, body: bytes) -> Call:
        return Call(PATH, body, chain().headers(body))

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        body, headers = genuine.body, dict(genuine.headers)
        another = json.dumps(payload("place_order", 1)).encode()
        other_skill = payload("yes", 1)
        other_skill["context"]["System"]["application"]["applicationId"] = f"{SKILL_ID[:-1]}5"
        return {
            "nothing": Call(PATH, body),
            "no signature": Call(PATH, body, {CHAIN_URL_HEADER: headers[CHAIN_URL_HEADER]}),
            "no certificates": Call(PATH, body, {SIGNATURE_HEADER: headers[SIGNATURE_HEADER]}),
            "another body": Call(PATH, another, headers),
            "no Base64": Call(PATH, body, {**headers, SIGNATURE_HEADER: "*"}),
            "certificates elsewhere": Call(PATH, body, {**headers, CHAIN_URL_HEADER: "https://s3.example/echo.api/a"}),
            "stale": self.signed(json.dumps(_at(payload("yes", 1), -TOLERATED_SECONDS - 5)).encode()),
            "of the future": self.signed(json.dumps(_at(payload("yes", 1), TOLERATED_SECONDS + 5)).encode()),
            "for another skill": self.signed(json.dumps(other_skill).encode()),
            "the old signature": Call(PATH, body, {**headers, SIGNATURE_HEADER: "", "Signature": headers[SIGNATURE_HEADER]}),
        }  # fmt: skip

    def malformed(self) -> Sequence[bytes]:
        genuine = payload("place_order", 1)
        spoiled: list[Any] = [
            {},
            {**genuine, "context": None},
            {**genuine, "context": {"System": []}},
            {**genuine, "request": "yes"},
            {**genuine, "request": {**genuine["request"], "requestId": ""}},
            {**genuine, "request": {**genuine["request"], "requestId": "1\n2"}},
            {**genuine, "request": {**genuine["request"], "timestamp": "yesterday"}},
            {**genuine, "request": {**genuine["request"], "timestamp": "2026-03-02T09:30:00"}},
            {**genuine, "request": {**genuine["request"], "intent": None}},
            {**genuine, "request": {**genuine["request"], "intent": {"name": 5}}},
            {**genuine, "request": {**genuine["request"], "intent": {"name": "X", "slots": {"a": {"value": 1}}}}},
            {**genuine, "session": []},
        ]
        return [b'{"request": "\\ud800"}', *(json.dumps(body).encode() for body in spoiled)]

    async def _keeps(self, name: str, envelope: dict[str, Any]) -> Receipt:
        response = await self.sends(envelope)
        if response.status == 200:
            self.answers[name] = await response.json()
            checked(self.answers[name])
        retry_after = response.headers.get("Retry-After")
        return Receipt(response.status, int(retry_after) if retry_after else None)


def _phrase(text: str, number: str) -> dict[str, Any]:
    """Free speech that begins with "was"; what has no such beginning comes as an answer's name of a town."""
    envelope = payload("phrase", number)
    carrier, _, rest = text.partition(" ")
    if carrier == "was":
        envelope["request"]["intent"] |= {
            "name": "PhraseWasIntent",
            "slots": {"phrase": {"name": "phrase", "value": rest}},
        }
    else:
        envelope["request"]["intent"] |= {"name": "AnswerIntent", "slots": {"city": {"name": "city", "value": text}}}
    return envelope


def _at(envelope: dict[str, Any], seconds_from_now: float) -> dict[str, Any]:
    moment = datetime.now(UTC) + timedelta(seconds=seconds_from_now)
    envelope["request"]["timestamp"] = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return envelope


class GivenLinks:
    """Knows one token."""

    async def grant(self, account: str, token: str) -> Grant | None:
        return Grant("customer-1", "family-1", 1.0) if token == "an-access-token-of-the-payloads" else None


@pytest.fixture
def _our_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """The channel as the registry builds it, with our root in place of the world's."""

    def build(parts: Parts) -> Channel | None:
        return registry.alexa_skill(parts, SKILL_ID, signatures())

    monkeypatch.setitem(registry.CHANNELS, "alexa", build)


@pytest.fixture
async def line(open_switchboard: Open, _our_root: None) -> AlexaLine:
    return AlexaLine(await open_switchboard("alexa", settings(alexa_skill_id=SKILL_ID)))


@pytest.fixture
async def webhook(open_switchboard: Open, _our_root: None) -> AsyncIterator[AlexaLine]:
    """Of a customer who may say a lot; somebody answers, because the line is held until then."""
    line = AlexaLine(await open_switchboard("alexa", settings(alexa_skill_id=SKILL_ID, **UNLIMITED)))
    async with line.board.working():
        yield line


@pytest.fixture
async def working(line: AlexaLine) -> AsyncIterator[AlexaLine]:
    """With somebody who answers."""
    async with line.board.working():
        yield line


@pytest.fixture
async def linking(working: AlexaLine) -> AlexaLine:
    """Accounts can be linked."""
    channel = working.board.channel
    assert isinstance(channel, AlexaChannel)
    channel._links = GivenLinks()
    return working


@pytest.fixture
def hasty(line: AlexaLine, monkeypatch: pytest.MonkeyPatch) -> AlexaLine:
    """Alexa has little patience, and the answer takes long."""
    monkeypatch.setattr(alexa_channel, "ANSWER_WITHIN_SECONDS", 0.1)
    line.board.dialogue.may_answer.clear()
    return line


class TestAlexa(ChannelContract, WebhookContract):
    """Both contracts; answers go back in the response, so there is no vendor to fail."""

    refusals = (400,)


def said(answer: dict[str, Any]) -> str:
    return _words(answer["response"]["outputSpeech"]["ssml"])


def _words(ssml: str) -> str:
    return " ".join("".join(sentence.itertext()) for sentence in ElementTree.fromstring(ssml).iter("s"))


def heard(line: AlexaLine) -> list[tuple[str, str | None]]:
    return [(message.text, message.payload) for message in line.board.dialogue.heard]


async def test_an_order_is_understood_by_alexa_and_not_again(working: AlexaLine) -> None:
    await working.hears(payload("place_order"))
    [message] = working.board.dialogue.heard
    assert message.text == "Ich möchte gerne bei euch etwas bestellen: 2 AeroPix Mini in Rot"
    assert message.payload == '/place_order{"quantity":2,"product":"aeropix-mini"}'
    places = message.metadata["said_at"]
    assert {name: message.text[start:end] for name, (start, end) in places.items()} == {
        "quantity": "2",
        "product": "AeroPix Mini",
    }
    assert (message.language, message.voice) == ("de", True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("launch", ("Hallo", "/greet")),
        ("english", ("Hello", "/greet")),
        ("phrase", ("ich möchte zwei rote drohnen bestellen", None)),
        ("nickname", ("Ich möchte gerne bei euch etwas bestellen: lastenrad", '/place_order{"product":"lastenrad"}')),
        (
            "unknown_product",
            ("Ich möchte gerne bei euch etwas bestellen: flugtaxi", '/place_order{"product":"flugtaxi"}'),
        ),
        ("not_understood", ("", None)),
        ("answer_address", ("lindenweg 12, 04107 leipzig", None)),
        ("pause", ("Ich möchte mein Abo pausieren bis 1. Mai 2026", '/pause_subscription{"date":"1. Mai 2026"}')),
        ("track_order", ("Wo ist meine Bestellung NC-104201", '/track_order{"order_number":"NC-104201"}')),
        ("yes", ("Ja", "/affirm")),
        ("fallback", ("", "/nlu_fallback")),
        ("touch", ("Ja", "/affirm")),
        ("recognised_speaker", ("Hilfe", "/help")),
    ],
)
async def test_what_is_said_arrives_as_it_is_meant(
    working: AlexaLine, name: str, expected: tuple[str, str | None]
) -> None:
    await working.hears(payload(name))
    assert heard(working) == [expected]


async def test_the_account_is_the_alexa_user_whoever_is_recognised(working: AlexaLine) -> None:
    for number, name in enumerate(("yes", "recognised_speaker")):
        await working.hears(payload(name, number))
    assert {message.account for message in working.board.dialogue.heard} == {working.account}


@pytest.mark.parametrize("name", ["session_ended", "session_ended_by_error", "exception", "skill_enabled"])
async def test_what_nobody_said_is_answered_with_nothing(
    line: AlexaLine, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await line.hears(payload(name))
    assert answer["response"] == {}
    assert await line.board.traces() == []
    assert ("reports an error: INVALID_RESPONSE" in caplog.text) == (name in ("session_ended_by_error", "exception"))


async def test_an_event_of_a_button_that_is_not_ours_means_nothing(line: AlexaLine) -> None:
    envelope = payload("touch")
    envelope["request"]["arguments"] = [{"something": 1}, "/affirm"]
    assert (await line.hears(envelope))["response"] == {}


async def test_a_sentence_for_no_skill_is_declined(line: AlexaLine) -> None:
    answer = await line.hears(payload("can_fulfill"))
    assert answer["response"] == {"canFulfillIntent": {"canFulfill": "NO"}}
    assert await line.board.traces() == []


@pytest.mark.parametrize("intent", ["AMAZON.StopIntent", "AMAZON.NavigateHomeIntent", "GoodbyeIntent"])
async def test_stop_and_goodbye_end_the_session_and_leave_the_conversation_as_it_is(
    line: AlexaLine, intent: str
) -> None:
    envelope = payload("stop")
    envelope["request"]["intent"]["name"] = intent
    answer = await line.hears(envelope)
    assert (said(answer), answer["response"]["shouldEndSession"]) == ("Bis bald!", True)
    assert await line.board.traces() == []


async def test_a_question_keeps_the_session_open_and_is_asked_again(working: AlexaLine) -> None:
    working.board.dialogue.replies = (Reply(text="Gern."), Reply(text="Soll ich das bestellen?", buttons=YES_NO))
    answer = await working.hears(payload("yes"))
    assert said(answer) == "Gern. Soll ich das bestellen?"
    assert answer["response"]["shouldEndSession"] is False
    assert _words(answer["response"]["reprompt"]["outputSpeech"]["ssml"]) == "Soll ich das bestellen?"


async def test_where_nothing_is_asked_the_session_ends(working: AlexaLine) -> None:
    answer = await working.hears(payload("track_order"))
    assert (said(answer), answer["response"]["shouldEndSession"]) == ("Gern.", True)
    assert "reprompt" not in answer["response"]


async def test_nothing_to_say_is_a_question_of_the_skills_own(working: AlexaLine) -> None:
    working.board.dialogue.replies = ()
    answer = await working.hears(payload("yes"))
    assert said(answer) == "Was kann ich für dich tun?"
    assert answer["response"]["shouldEndSession"] is False


async def test_the_card_has_the_text_with_its_link_and_the_picture(working: AlexaLine) -> None:
    cards = (Card("AeroPix Mini", "ab 499 €", "https://shop.example/images/aeropix-mini.png"), Card("Kurs"))
    working.board.dialogue.replies = (Reply(text="Hier: https://shop.example/i/1"), Reply(cards=cards))
    answer = await working.hears(payload("yes"))
    assert "https" not in said(answer)
    picture = "https://shop.example/images/aeropix-mini.png"
    assert answer["response"]["card"] == {
        "type": "Standard",
        "title": "No Channel",
        "text": "Hier: https://shop.example/i/1\nAeroPix Mini: ab 499 €\nKurs",
        "image": {"smallImageUrl": picture, "largeImageUrl": picture},
    }


async def test_without_a_screen_there_is_none_shown(working: AlexaLine) -> None:
    working.board.dialogue.replies = (Reply(text="Three kinds.", cards=CARDS, language="en"),)
    answer = await working.hears(payload("english"))
    assert "directives" not in answer["response"]
    assert answer["response"]["card"]["type"] == "Simple"


async def test_another_language_is_spoken_as_that(working: AlexaLine) -> None:
    working.board.dialogue.replies = (Reply(text="Sure, English from now on.", language="en"),)
    answer = await working.hears(payload("yes"))
    assert answer["response"]["outputSpeech"]["ssml"] == (
        '<speak><lang xml:lang="en-US"><s>Sure, English from now on.</s></lang></speak>'
    )


async def test_the_rest_of_a_long_list_is_named_when_asked_for(working: AlexaLine) -> None:
    working.board.dialogue.replies = (Reply(text="Es gibt:\n- Rot\n- Weiß\n- Schwarz\n- Blau\n- Grün"),)
    first = await working.hears(payload("yes", 1))
    assert said(first).endswith("Soll ich sie nennen?")
    yes = payload("yes", 2)
    yes["session"]["attributes"] = first["sessionAttributes"]
    second = await working.hears(yes)
    assert said(second) == "Blau. Grün."
    assert second["sessionAttributes"] == {}
    assert len(heard(working)) == 1


async def test_a_yes_answers_the_shops_question_and_not_the_lists(working: AlexaLine) -> None:
    listed = "Es gibt:\n- Rot\n- Weiß\n- Schwarz\n- Blau\n- Grün"
    working.board.dialogue.replies = (Reply(text=listed), Reply(text="Soll ich das bestellen?", buttons=YES_NO))
    first = await working.hears(payload("yes", 1))
    assert first["sessionAttributes"] == {}


async def test_an_offer_to_go_on_with_a_list_may_follow_another_question(working: AlexaLine) -> None:
    working.board.dialogue.replies = (Reply(text="Wohin? Ich brauche A, B, C, D und E."),)
    first = await working.hears(payload("yes", 1))
    assert said(first).endswith("Soll ich sie nennen?")
    assert first["sessionAttributes"]["more"] == ["D", "E"]


async def test_a_yes_to_the_only_thing_offered_does_it(working: AlexaLine) -> None:
    call = Button("Mit einem Menschen sprechen", "/talk_to_human")
    working.board.dialogue.replies = (Reply(text="Dabei hilft dir unser Team.", buttons=(call,)),)
    first = await working.hears(payload("yes", 1))
    assert said(first).endswith("Mit einem Menschen sprechen?")
    yes = payload("yes", 2)
    yes["session"]["attributes"] = first["sessionAttributes"]
    await working.hears(yes)
    assert heard(working)[-1] == (call.title, call.payload)


@pytest.mark.parametrize(
    "attributes", [{"yes": 1}, {"yes": {}}, {"yes": {"title": 1, "payload": "/affirm"}}, {"more": [1]}]
)
async def test_attributes_that_are_not_ours_mean_nothing(working: AlexaLine, attributes: dict[str, Any]) -> None:
    yes = payload("yes")
    yes["session"]["attributes"] = attributes
    await working.hears(yes)
    assert heard(working) == [("Ja", "/affirm")]


async def test_a_request_sent_again_gets_the_answer_that_it_got(working: AlexaLine) -> None:
    first = await working.hears(payload("yes", 1))
    working.board.dialogue.replies = (Reply(text="Etwas anderes."),)
    assert await working.hears(payload("yes", 1)) == first
    assert len(heard(working)) == 1


async def test_a_late_answer_is_told_at_the_next_request_and_a_yes_before_it_counts_for_nothing(
    hasty: AlexaLine,
) -> None:
    async with hasty.board.working():
        late = await hasty.hears(payload("place_order", 1))
        assert said(late).startswith("Das dauert gerade länger als sonst.")
        assert late["response"]["shouldEndSession"] is False
        still = await hasty.hears(payload("yes", 2))
        assert said(still) == said(late)
        hasty.board.dialogue.replies = (Reply(text="Soll ich das bestellen?", buttons=YES_NO),)
        hasty.board.dialogue.may_answer.set()
        await hasty.board.quiet(hasty.account)
        told = await hasty.hears(payload("yes", 3))
        assert said(told) == "Hier ist die Antwort von eben. Soll ich das bestellen?"
        assert [payload for _, payload in heard(hasty)] == ['/place_order{"quantity":2,"product":"aeropix-mini"}']
        await hasty.hears(payload("yes", 4))
    assert heard(hasty)[-1] == ("Ja", "/affirm")


async def test_the_same_late_request_sent_again_is_answered_without_an_apology(hasty: AlexaLine) -> None:
    async with hasty.board.working():
        await hasty.hears(payload("yes", 1))
        hasty.board.dialogue.may_answer.set()
        await hasty.board.quiet(hasty.account)
        assert said(await hasty.hears(payload("yes", 1))) == "Gern."


class Directives:
    """Alexa's API for what is said before the answer."""

    def __init__(self) -> None:
        self.said: list[tuple[str | None, dict[str, Any]]] = []
        self.status = 204
        self.server = TestServer(self._app())

    def _app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/v1/directives", self._take)])
        return app

    async def _take(self, request: web.Request) -> web.Response:
        self.said.append((request.headers.get("Authorization"), await request.json()))
        return web.Response(status=self.status)


@pytest.fixture
async def directives(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Directives]:
    monkeypatch.setattr(alexa_channel, "PROGRESS_AFTER_SECONDS", 0.02)
    directives = Directives()
    await directives.server.start_server()
    yield directives
    await directives.server.close()


@pytest.mark.parametrize("status", [204, 400, 500])
async def test_whoever_waits_for_long_is_told_that_somebody_looks(
    line: AlexaLine, directives: Directives, status: int
) -> None:
    directives.status = status
    envelope = payload("track_order")
    envelope["context"]["System"] |= {"apiEndpoint": str(directives.server.make_url("")).rstrip("/")}
    line.board.dialogue.may_answer.clear()
    async with line.board.working():
        waiting = asyncio.create_task(line.hears(envelope))
        async with asyncio.timeout(5):
            while not directives.said:
                await asyncio.sleep(0.005)
        line.board.dialogue.may_answer.set()
        assert said(await waiting) == "Gern."
    [(token, body)] = directives.said
    assert token == f"Bearer {envelope['context']['System']['apiAccessToken']}"
    assert body == {
        "header": {"requestId": envelope["request"]["requestId"]},
        "directive": {"type": "VoicePlayer.Speak", "speech": "Einen Moment, ich schaue nach."},
    }


async def test_an_api_that_is_not_there_keeps_nobody_from_the_answer(
    line: AlexaLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alexa_channel, "PROGRESS_AFTER_SECONDS", 0.02)
    for number, endpoint in enumerate(("http://127.0.0.1:9", "nowhere", "http://[")):
        envelope = payload("track_order", number)
        envelope["context"]["System"]["apiEndpoint"] = endpoint
        line.board.dialogue.may_answer.clear()
        async with line.board.working():
            waiting = asyncio.create_task(line.hears(envelope))
            await asyncio.sleep(0.1)
            line.board.dialogue.may_answer.set()
            assert said(await waiting) == "Gern."


async def test_a_quick_answer_needs_nothing_before_it(working: AlexaLine, directives: Directives) -> None:
    envelope = payload("track_order")
    envelope["context"]["System"]["apiEndpoint"] = str(directives.server.make_url("")).rstrip("/")
    await working.hears(envelope)
    assert directives.said == []


async def test_a_linked_account_says_whose_it_is(linking: AlexaLine) -> None:
    await linking.hears(payload("linked", 1))
    await linking.hears(payload("yes", 2))
    assert [message.metadata.get(PROVEN_CUSTOMER) for message in linking.board.dialogue.heard] == ["customer-1", None]


async def test_where_a_link_is_needed_the_app_asks_for_it(linking: AlexaLine) -> None:
    link = Reply(text="Dafür muss ich wissen, wer du bist.", buttons=(Button("Verbinden", "/link_channel"),))
    linking.board.dialogue.replies = (link,)
    assert (await linking.hears(payload("yes", 1)))["response"]["card"] == {"type": "LinkAccount"}
    assert (await linking.hears(payload("linked", 2)))["response"]["card"]["type"] == "Simple"
    linking.board.dialogue.replies = (Reply(text="Gern."),)
    assert (await linking.hears(payload("yes", 3)))["response"]["card"]["type"] == "Simple"


async def test_a_token_that_is_not_valid_any_more_is_none(linking: AlexaLine) -> None:
    envelope = payload("linked")
    envelope["context"]["System"]["user"]["accessToken"] = "an-old-one"
    await linking.hears(envelope)
    assert PROVEN_CUSTOMER not in linking.board.dialogue.heard[0].metadata


async def test_the_log_has_nobodys_words(hasty: AlexaLine, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="bot")
    async with hasty.board.working():
        await hasty.says("geheimwort", "1")
    assert "geheimwort" not in caplog.text


async def test_there_is_nobody_to_send_to_later(working: AlexaLine) -> None:
    await working.board.deliver(working.account, Reply(text="Eins."))
    await working.board.quiet(working.account)
    assert await working.board.parked() == ["Undeliverable: alexa cannot be sent to"]


def test_without_a_skill_id_alexa_is_off() -> None:
    """The builder looks at nothing else."""
    parts_ = Parts(settings(), None, None, None, None, None)  # type: ignore[arg-type]
    assert registry.alexa(parts_) is None


async def test_the_world_does_not_trust_our_root(open_switchboard: Open) -> None:
    """As the registry builds the channel, with no root injected: our own chain is a stranger's."""
    board = await open_switchboard("alexa", settings(alexa_skill_id=SKILL_ID))
    channel = board.channel
    assert isinstance(channel, AlexaChannel)
    channel._signatures._fetch = signatures()._fetch
    response = await AlexaLine(board).sends(payload("yes"))
    assert response.status == 400
    await assert_problem(response)

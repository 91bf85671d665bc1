"""`phone`: the contracts, and what only calls have."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from xml.etree import ElementTree

import pytest

from bot.channels import phone
from bot.channels.phone import PATH
from bot.messages import Button, Reply
from tests.contracts.channel import CHOICE, ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.form_webhook import FormWebhookContract
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard
from tests.contracts.test_sms import twilio_settings
from tests.contracts.twilio_api import ACCOUNT, NUMBER, SIGNATURE, FakeTwilio, form, signed

KIM = "+491701234567"
CALL = "CA0123456789abcdef0123456789abcdef"
PERSON = "+4940999999"
YES_NO = (Button("Ja", "/affirm"), Button("Nein", "/deny"))


class PhoneLine:
    """Kim, on the phone."""

    account = KIM

    def __init__(self, board: Switchboard, vendor: FakeTwilio) -> None:
        self.board = board
        self.vendor = vendor
        self.answers: list[ElementTree.Element] = []
        self.caller = KIM

    @property
    def genuine(self) -> str:
        return json.dumps(self._fields(SpeechResult="hallo"))

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.speaks(f"{PATH}?turn={int(message_id) + 1}&language=de", SpeechResult=text, Confidence="0.92")

    async def speaks(self, path: str, **fields: str) -> Receipt:
        call = signed(path, form(self._fields(**fields)))
        async with self.board.http.post(call.path, data=call.body, headers=call.headers) as response:
            retry_after = response.headers.get("Retry-After")
            if response.status == 200:
                assert response.content_type == "application/xml"
                self.answers.append(ElementTree.fromstring(await response.text()))
            return Receipt(response.status, int(retry_after) if retry_after else None)

    async def rings(self) -> Receipt:
        return await self.speaks(PATH, CallStatus="ringing")

    async def goes_on(self, **fields: str) -> Receipt:
        """As the last answer asked Twilio to."""
        last = self.answers[-1]
        gather, redirect = last.find("Gather"), last.find("Redirect")
        path = gather.get("action") if gather is not None else redirect.text if redirect is not None else None
        assert path
        return await self.speaks(path, **fields)

    async def presses(self, title: str) -> Receipt:
        """The digit of the choice."""
        titles = [button.title for button in CHOICE]
        return await self.goes_on(Digits=str(titles.index(title) + 1))

    async def sees(self) -> list[Shown]:
        """A request that Twilio repeats is heard once."""
        said = {ElementTree.tostring(answer): heard(answer) for answer in self.answers}
        return [Shown(words) for words in said.values()]

    def signed(self, body: bytes) -> Call:
        return signed(PATH, body)

    def call(self, text: str, message_id: str) -> Call:
        return signed(f"{PATH}?turn={int(message_id)}&language=de", form(self._fields(SpeechResult=text)))

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        proofs = {
            "none": None,
            "empty": "",
            "with another token": signed(genuine.path, genuine.body, "x" * 20).headers[SIGNATURE],
            "of another turn": self.call("hallo", "2").headers[SIGNATURE],
            "of other words": self.call("storniere alles", "1").headers[SIGNATURE],
        }
        return {
            why: Call(genuine.path, genuine.body, {} if proof is None else {SIGNATURE: proof})
            for why, proof in proofs.items()
        }

    def malformed(self) -> Sequence[bytes]:
        genuine = self._fields(SpeechResult="hallo")
        spoiled: list[dict[str, str]] = [{**genuine, "CallSid": ""}, {**genuine, "From": "9" * 200}]
        return [form({"SpeechResult": "hallo"}), *map(form, spoiled)]

    def _fields(self, **more: str) -> dict[str, str]:
        return {
            "CallSid": CALL, "AccountSid": ACCOUNT, "From": self.caller, "To": NUMBER, "CallStatus": "in-progress",
            "ApiVersion": "2010-04-01", "Direction": "inbound", **more,
        }  # fmt: skip


def heard(answer: ElementTree.Element) -> str:
    return " ".join(text.strip() for say in answer.iter("Say") for text in say.itertext())


@pytest.fixture
async def vendor() -> AsyncIterator[FakeTwilio]:
    api = FakeTwilio()
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


@pytest.fixture
async def line(open_switchboard: Open, vendor: FakeTwilio) -> PhoneLine:
    return PhoneLine(await open_switchboard("phone", twilio_settings(vendor, phone_person=PERSON)), vendor)


@pytest.fixture
async def webhook(open_switchboard: Open, vendor: FakeTwilio) -> AsyncIterator[PhoneLine]:
    """Of a customer who may say a lot; somebody answers, because the line is held until then."""
    line = PhoneLine(await open_switchboard("phone", twilio_settings(vendor, **UNLIMITED)), vendor)
    async with line.board.working():
        yield line


@pytest.fixture
async def working(line: PhoneLine) -> AsyncIterator[PhoneLine]:
    """With somebody who answers."""
    async with line.board.working():
        yield line


class TestPhone(ChannelContract, FormWebhookContract):
    """Both contracts; answers go back in the response, so there is no vendor to fail. What is said whole is speech's own test."""

    @pytest.mark.parametrize("kind", ["text"])
    async def test_every_kind_of_reply_is_shown_whole(self, line: PhoneLine, kind: str) -> None:  # type: ignore[override]
        await super().test_every_kind_of_reply_is_shown_whole(line, kind)


async def test_a_call_is_answered_with_a_greeting_and_listens(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Hallo! Was kann ich für dich tun?"),)
    await working.rings()
    [message] = working.board.dialogue.heard
    assert (message.payload, message.voice, message.language) == ("/greet", True, "de")
    gather = working.answers[0].find("Gather")
    assert gather is not None
    assert gather.attrib | {"action": ""} == {
        "input": "speech dtmf", "action": "", "method": "POST", "language": "de-DE", "speechTimeout": "auto",
        "timeout": "6", "bargeIn": "true", "actionOnEmptyResult": "true",
    }  # fmt: skip
    [say] = gather.iter("Say")
    assert (say.get("language"), say.get("voice")) == ("de-DE", "Polly.Vicki-Neural")


async def test_the_voice_follows_the_conversations_language(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Which colour would you like?", language="en"),)
    await working.rings()
    await working.goes_on(SpeechResult="english please")
    gather = working.answers[-1].find("Gather")
    assert gather is not None
    assert gather.get("language") == "en-US"
    await working.goes_on(SpeechResult="red")
    assert working.board.dialogue.heard[-1].language == "en"


async def test_a_repeated_request_is_answered_alike_and_heard_once(working: PhoneLine) -> None:
    await working.rings()
    await working.rings()
    assert len(working.board.dialogue.heard) == 1
    assert ElementTree.tostring(working.answers[0]) == ElementTree.tostring(working.answers[1])


async def test_a_digit_means_what_was_offered(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Passt das so?", buttons=YES_NO),)
    await working.rings()
    await working.goes_on(Digits="2")
    assert (working.board.dialogue.heard[-1].text, working.board.dialogue.heard[-1].payload) == ("Nein", "/deny")


async def test_digits_that_are_no_choice_are_what_was_said(working: PhoneLine) -> None:
    await working.rings()
    await working.goes_on(Digits="104233")
    assert (working.board.dialogue.heard[-1].text, working.board.dialogue.heard[-1].payload) == ("104233", None)


async def test_who_keeps_silent_is_asked_twice_and_then_wished_well(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Passt das so?", buttons=YES_NO),)
    await working.rings()
    for _ in range(3):
        await working.goes_on(SpeechResult="")
    first, second, last = working.answers[1:]
    assert "Bist du noch dran?" in heard(first)
    assert "für Ja" in heard(first)
    assert "Was kann ich für dich tun?" in heard(second)
    assert last.find("Hangup") is not None
    assert len(working.board.dialogue.heard) == 1


async def test_who_speaks_after_a_silence_is_heard(working: PhoneLine) -> None:
    await working.rings()
    await working.goes_on(SpeechResult="")
    await working.goes_on(SpeechResult="ich nehme die mini")
    assert working.board.dialogue.heard[-1].text == "ich nehme die mini"
    gather = working.answers[-1].find("Gather")
    assert gather is not None
    assert "silences=0" in (gather.get("action") or "")


async def test_an_answer_that_takes_long_comes_after_one_moment(
    line: PhoneLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phone, "ANSWER_WITHIN_SECONDS", 0.1)
    line.board.dialogue.may_answer.clear()
    async with line.board.working():
        await line.rings()
        assert "Moment" in heard(line.answers[0])
        line.board.dialogue.may_answer.set()
        monkeypatch.setattr(phone, "ANSWER_WITHIN_SECONDS", 5)
        await line.goes_on()
    assert "Gern." in heard(line.answers[1])
    assert len(line.board.dialogue.heard) == 1


async def test_who_wants_a_person_is_put_through(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Einen Menschen erreichst du so.", response="utter_talk_to_human"),)
    await working.rings()
    dial = working.answers[0].find("Dial")
    assert dial is not None
    assert dial.text == PERSON


async def test_who_says_goodbye_is_let_go(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Bis bald!", response="utter_goodbye"),)
    await working.rings()
    assert working.answers[0].find("Hangup") is not None
    assert working.answers[0].find("Gather") is None


@pytest.mark.parametrize("caller", ["anonymous", "+266696687", ""])
async def test_who_hides_the_number_is_known_for_one_call(working: PhoneLine, caller: str) -> None:
    working.caller = caller
    await working.rings()
    assert working.board.dialogue.heard[0].account == CALL


async def test_that_a_call_has_ended_is_no_message(working: PhoneLine) -> None:
    call = signed(f"{PATH}/status", form(working._fields(CallStatus="completed")))
    async with working.board.http.post(call.path, data=call.body, headers=call.headers) as response:
        assert response.status == 204
    assert working.board.dialogue.heard == []


async def test_we_call_to_say_something(line: PhoneLine) -> None:
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Dein Paket kommt heute. Passt das?"))
        await line.board.quiet(KIM)
        [placed] = line.vendor.sent[KIM]
        line.answers.append(ElementTree.fromstring(placed["Twiml"]))
        gather = line.answers[0].find("Gather")
        assert gather is not None
        action = str(gather.get("action"))
        assert action.startswith("http://localhost:8080/webhooks/phone?")
        gather.set("action", action.removeprefix("http://localhost:8080"))
        await line.goes_on(SpeechResult="ja")
    assert "Dein Paket kommt heute." in heard(line.answers[0])
    assert line.board.dialogue.heard[-1].text == "ja"


@pytest.mark.parametrize(("status", "is_kept"), [(429, True), (503, True), (400, False)])
async def test_a_call_that_is_not_placed_waits_or_is_parked(line: PhoneLine, status: int, is_kept: bool) -> None:
    line.vendor.fail(status)
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Dein Paket kommt heute."))
        if is_kept:
            await line.board.postponed(KIM)
            line.board.clock.passes(400)
        await line.board.quiet(KIM)
    assert len(line.vendor.sent[KIM]) == is_kept
    assert len(await line.board.parked()) == (not is_kept)


async def test_many_calls_at_once_are_told_apart(working: PhoneLine) -> None:
    others = [PhoneLine(working.board, working.vendor) for _ in range(5)]
    for number, other in enumerate(others):
        other.caller = f"+4917000000{number}"
    await asyncio.gather(*(other.rings() for other in others))
    assert {message.account for message in working.board.dialogue.heard} == {other.caller for other in others}


async def test_a_link_is_texted_and_said_to_be(working: PhoneLine) -> None:
    working.board.dialogue.replies = (Reply(text="Die Rechnung ist da: https://shop.example/documents/abc"),)
    await working.rings()
    assert "SMS" in heard(working.answers[0])
    assert "https" not in heard(working.answers[0])
    assert [sent["Body"] for sent in working.vendor.sent[KIM]] == ["https://shop.example/documents/abc"]


async def test_a_link_that_another_channel_shows_is_said_to_be_there(working: PhoneLine) -> None:
    shown = Reply(text="Die Rechnung ist da: https://shop.example/documents/abc", shown_on="WhatsApp")
    working.board.dialogue.replies = (shown,)
    await working.rings()
    assert "an WhatsApp geschickt" in heard(working.answers[0])
    assert working.vendor.sent[KIM] == []


async def test_who_hides_the_number_is_told_where_the_link_is(working: PhoneLine) -> None:
    working.caller = "anonymous"
    working.board.dialogue.replies = (Reply(text="Die Rechnung ist da: https://shop.example/documents/abc"),)
    await working.rings()
    assert "im Chat auf unserer Seite" in heard(working.answers[0])

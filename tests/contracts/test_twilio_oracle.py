"""Twilio's own library as judge: its signatures and ours agree, and it could have written our answers to calls."""

import inspect
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator
from twilio.twiml import TwiML
from twilio.twiml.voice_response import Dial, Gather, Hangup, Redirect, Say, VoiceResponse

from bot.channels.base import Forbidden
from bot.channels.twilio import TwilioWebhook
from bot.messages import Button, Reply
from tests.contracts.channel import REPLIES
from tests.contracts.test_phone import PhoneLine, line, vendor, working
from tests.contracts.twilio_api import OWN_URL, SIGNATURE, TOKEN, form, signed

FORMS: dict[str, Mapping[str, str]] = {
    "a call": {"CallSid": "CA1", "From": "+491701234567", "CallStatus": "ringing"},
    "speech": {
        "CallSid": "CA1",
        "From": "+491701234567",
        "SpeechResult": "zwei rote für Müller & Söhne",
        "Confidence": "0.9",
    },
    "a text": {"MessageSid": "SM1", "From": "+491701234567", "Body": "1+1=2 & 100 % 🚁\nzweite Zeile"},
    "an empty field": {"MessageSid": "SM1", "From": "+491701234567", "Body": "", "NumMedia": "0"},
}
PATHS = ("/webhooks/phone", "/webhooks/phone?turn=3&silences=0&language=de", "/webhooks/sms")
ELEMENTS: dict[str, type[TwiML]] = {
    "Say": Say, "Gather": Gather, "Dial": Dial, "Hangup": Hangup, "Redirect": Redirect, "Response": VoiceResponse,
}  # fmt: skip
CHILDREN_OF_SAY = {"s", "break", "say-as", "lang", "emphasis", "p", "phoneme", "prosody", "sub", "w"}

judge = RequestValidator(TOKEN)

__all__ = ["line", "vendor", "working"]  # fixtures


@pytest.mark.parametrize("fields", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("path", PATHS)
def test_what_twilio_signs_we_believe_and_what_we_sign_for_tests_it_would(path: str, fields: dict[str, str]) -> None:
    webhook = TwilioWebhook(SecretStr(TOKEN), OWN_URL)
    genuine = judge.compute_signature(OWN_URL + path, fields)
    webhook.verify(path, fields, genuine)
    assert judge.validate(OWN_URL + path, fields, signed(path, form(fields)).headers[SIGNATURE])
    for spoiled in (genuine[1:] + genuine[:1], judge.compute_signature(OWN_URL + path + "x", fields)):
        with pytest.raises(Forbidden):
            webhook.verify(path, fields, spoiled)


SAID: dict[str, tuple[Reply, ...]] = {
    **{kind: (reply,) for kind, reply in REPLIES.items()},
    "a question with choices": (
        Reply(text="Passt das so?", buttons=(Button("Ja", "/affirm"), Button("Nein", "/deny"))),
    ),
    "a goodbye": (Reply(text="Bis bald!", response="utter_goodbye"),),
    "a transfer": (Reply(text="So erreichst du jemanden.", response="utter_talk_to_human"),),
    "English": (Reply(text="Order NC-104201 & co. < is on its way.", language="en"),),
}


@pytest.mark.parametrize("kind", SAID)
async def test_twilios_own_classes_could_have_written_our_answers(working: PhoneLine, kind: str) -> None:
    working.board.dialogue.replies = SAID[kind]
    await working.rings()
    await working.goes_on(SpeechResult="") if working.answers[0].find("Gather") is not None else None
    for answer in working.answers:
        ours, theirs = ElementTree.tostring(answer), str(_rebuilt(answer))
        assert ElementTree.canonicalize(ours) == ElementTree.canonicalize(theirs)


def _rebuilt(element: ElementTree.Element) -> TwiML:
    """The same, made by Twilio's classes; an attribute that they do not name is a mistake of ours."""
    kind = ELEMENTS[element.tag]
    given: dict[str, Any] = {_snake(name): value for name, value in element.attrib.items()}
    maker = getattr(VoiceResponse, element.tag.lower(), None)
    known = set(inspect.signature(maker).parameters) if maker else set()
    assert set(given) <= known, f"{element.tag} has no {set(given) - known}"
    if element.tag == "Say":
        assert {child.tag for child in element.iter() if child is not element} <= CHILDREN_OF_SAY
        said = kind(**given)
        for child in element:
            said.append(_Verbatim(child))
        return said
    rebuilt = kind(element.text, **given) if element.text else kind(**given)
    for child in element:
        rebuilt.append(_rebuilt(child))
    return rebuilt


class _Verbatim(TwiML):  # type: ignore[misc]
    """SSML inside <Say>, as it is."""

    def __init__(self, element: ElementTree.Element) -> None:
        super().__init__()
        self._element = element

    def xml(self) -> ElementTree.Element:
        return self._element


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)

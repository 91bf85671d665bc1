"""`phone`: calls through Twilio Programmable Voice. What is heard comes as text, what is said goes back as TwiML."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlencode
from xml.etree import ElementTree

import orjson
from aiohttp import web

from bot.channels.base import Abilities, Door, TooLate
from bot.channels.rest import Ask
from bot.channels.speech import Screen, Speech, speech
from bot.channels.twilio import HIDDEN, Fields, TwilioApi, TwilioWebhook, named
from bot.channels.untold import Untold
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Delivery, Incoming, Reply
from bot.redis_client import Client

log = logging.getLogger(__name__)

PATH = "/webhooks/phone"
ANSWER_WITHIN_SECONDS = 9.0
"""Twilio waits for fifteen; a caller hears silence meanwhile."""

LISTENS_SECONDS = 6
SILENCES = 2
"""So often a silent caller is asked again, before the call ends."""

MAX_SILENT_DIGITS = 3
CHOICES_SECONDS = 3_600
LOCALES = {"de": "de-DE", "en": "en-US"}
ENDS, TRANSFERS = "utter_goodbye", "utter_talk_to_human"
"""Responses of the domain after which a call ends, or goes on to a person."""

Tone = Literal["du", "Sie"]

_WORDS = {
    "late": {"du": "Einen Moment noch.", "Sie": "Einen Moment noch, bitte.", "en": "Just a moment."},
    "silent": {"du": "Bist du noch dran?", "Sie": "Sind Sie noch dran?", "en": "Are you still there?"},
    "silent again": {
        "du": "Ich höre dich gerade nicht. Was kann ich für dich tun?",
        "Sie": "Ich höre Sie gerade nicht. Was kann ich für Sie tun?",
        "en": "I can't hear you right now. What can I do for you?",
    },
    "gone": {
        "du": "Ich höre leider nichts mehr. Ruf gern wieder an, ich weiß dann, wo wir waren. Tschüss!",
        "Sie": "Ich höre leider nichts mehr. Rufen Sie gern wieder an, ich weiß dann, wo wir waren. Auf Wiederhören!",
        "en": "I can't hear anything any more. Do call again, I'll know where we were. Goodbye!",
    },
    "transfer": {"du": "Ich verbinde dich.", "Sie": "Ich verbinde Sie.", "en": "I'm putting you through."},
    "press": {"du": "Du kannst auch die {digit} drücken für {title}.", "Sie": "Sie können auch die {digit} drücken für {title}.", "en": "You can also press {digit} for {title}."},
}  # fmt: skip
_HELLO = {"de": "Hallo", "en": "Hello"}


@dataclass(frozen=True)
class Moment:
    """Where a call is: how many answers were given, how often in a row the caller was silent, and the language."""

    turn: int = 0
    silences: int = 0
    language: str = "de"

    @classmethod
    def of(cls, query: Fields, language: str) -> "Moment":
        """From the address that we gave Twilio, and Twilio signed."""
        turn, silences = (
            int(given) if (given := query.get(name, "")).isdecimal() else 0 for name in ("turn", "silences")
        )
        given = query.get("language", language)
        return cls(turn, silences, given if given in LOCALES else language)

    @property
    def address(self) -> str:
        query = {"turn": self.turn, "silences": self.silences, "language": self.language}
        return f"{PATH}?{urlencode(query)}"


@dataclass(frozen=True)
class Voices:
    """How the house speaks on the phone: a voice of Twilio's for each language, how people are addressed, and the first language."""

    german: str
    english: str
    tone: Tone
    first: str = "de"

    def of(self, language: str) -> str:
        return self.english if language == "en" else self.german

    def words(self, name: str, language: str) -> str:
        return _WORDS[name]["en" if language == "en" else self.tone]


class PhoneChannel:
    """Calls to the shop's number. The account is the caller's number; who hides it is known for one call alone."""

    name = "phone"
    abilities = Abilities(speech=True, push=True)

    def __init__(
        self,
        ask: Ask,
        webhook: TwilioWebhook,
        api: TwilioApi,
        untold: Untold,
        redis: Client,
        voices: Voices,
        own_url: str,
        person: str,
    ) -> None:
        """`person` is the number that a caller is put through to; empty for nobody."""
        self._ask = ask
        self._proof = webhook
        self._api = api
        self._untold = untold
        self._redis = redis
        self._voices = voices
        self._own_url = own_url
        self._person = person

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        return [web.post(PATH, self._webhook), web.post(f"{PATH}/status", self._status)]

    async def start(self, door: Door) -> None:
        await self._api.start()

    async def stop(self) -> None:
        await self._api.stop()

    async def send(self, delivery: Delivery) -> None:
        """Calls, says it, and listens."""
        said = speech((delivery.reply,))
        response = ElementTree.Element("Response")
        self._listen(response, said, Moment(1, 0, said.language), self._own_url)
        await self._api.post("Calls", delivery.account, Twiml=_text(response))

    async def _status(self, request: web.Request) -> web.Response:
        """That a call has ended is nothing to be answered."""
        named(await self._proof.form(request), "CallSid")
        return web.Response(status=204)

    async def _webhook(self, request: web.Request) -> web.Response:
        fields = await self._proof.form(request)
        call, account = named(fields, "CallSid", "CallSid")
        if fields.get("From", "") not in HIDDEN:
            [account] = named(fields, "From")
        moment = Moment.of(request.query, self._voices.first)
        owed = await self._untold.of(account)
        if owed is None and moment.turn and not _is_heard(fields):
            return await self._after_silence(call, moment)
        incoming = owed or await self._incoming(call, account, moment, fields)
        replies = await self._replies(incoming)
        if replies is None:
            await self._untold.keep(incoming)
            return self._one_moment(moment)
        if owed:
            await self._untold.told(account)
        return await self._answered(call, account, moment, replies)

    async def _incoming(self, call: str, account: str, moment: Moment, fields: Fields) -> Incoming:
        digits, text = fields.get("Digits", ""), fields.get("SpeechResult", "")
        incoming = Incoming(
            self.name, account, f"{call}-{moment.turn}", text or digits, language=moment.language, voice=True
        )
        if not moment.turn:
            return replace(incoming, text=_HELLO[moment.language], payload="/greet")
        kept = await self._redis.get(_key(call)) if digits and not text else None
        choices = orjson.loads(kept) if kept else []
        if digits.isdecimal() and 1 <= int(digits) <= len(choices):
            title, payload = choices[int(digits) - 1]
            return replace(incoming, text=title, payload=payload)
        return incoming

    async def _replies(self, incoming: Incoming) -> tuple[Reply, ...] | None:
        """None when they are not ready in time; they are kept, and the same message asks for them again."""
        try:
            return await asyncio.wait_for(self._ask(incoming), ANSWER_WITHIN_SECONDS)
        except (TimeoutError, TooLate):
            return None

    async def _screen(self, account: str, replies: Sequence[Reply]) -> Screen:
        """Where a link is shown that no other channel of the customer's shows: in a text, if the caller's number is known."""
        links = [link for reply in replies if not reply.shown_on for link in speech((reply,)).links]
        if not links or not account.startswith("+"):
            return Screen.ELSEWHERE
        try:
            await self._api.post("Messages", account, Body="\n".join(links))
        except (TryAgain, Undeliverable) as error:
            log.warning("phone: a link was not texted: %s", error)
            return Screen.ELSEWHERE
        return Screen.SMS

    async def _answered(self, call: str, account: str, moment: Moment, replies: Sequence[Reply]) -> web.Response:
        said = speech(replies, await self._screen(account, replies))
        responses = {reply.response for reply in replies}
        response = ElementTree.Element("Response")
        if TRANSFERS in responses and self._person:
            self._say(response, self._voices.words("transfer", said.language), said.language)
            ElementTree.SubElement(response, "Dial").text = self._person
        elif ENDS in responses and not said.is_question:
            self._say_speech(response, said)
            ElementTree.SubElement(response, "Hangup")
        else:
            choices = [[choice.title, choice.payload] for choice in said.choices]
            await self._redis.set(_key(call), orjson.dumps(choices), ex=CHOICES_SECONDS)
            self._listen(response, said, Moment(moment.turn + 1, 0, said.language))
        return _response(response)

    async def _after_silence(self, call: str, moment: Moment) -> web.Response:
        response = ElementTree.Element("Response")
        language = moment.language
        if moment.silences >= SILENCES:
            self._say(response, self._voices.words("gone", language), language)
            ElementTree.SubElement(response, "Hangup")
            return _response(response)
        words = [self._voices.words("silent again" if moment.silences else "silent", language)]
        kept = await self._redis.get(_key(call))
        choices = orjson.loads(kept) if kept else []
        if len(choices) <= MAX_SILENT_DIGITS:
            press = self._voices.words("press", language)
            words += [press.format(digit=digit, title=title) for digit, (title, _) in enumerate(choices, 1)]
        said = speech([Reply(text=text, language=language) for text in words])
        self._listen(response, said, replace(moment, silences=moment.silences + 1))
        return _response(response)

    def _one_moment(self, moment: Moment) -> web.Response:
        response = ElementTree.Element("Response")
        self._say(response, self._voices.words("late", moment.language), moment.language)
        ElementTree.SubElement(response, "Redirect", method="POST").text = moment.address
        return _response(response)

    def _listen(self, response: ElementTree.Element, said: Speech, moment: Moment, base: str = "") -> None:
        """Says it, and takes what is said or typed meanwhile or afterwards."""
        gather = ElementTree.SubElement(
            response,
            "Gather",
            input="speech dtmf",
            action=base + moment.address,
            method="POST",
            language=LOCALES[said.language],
            speechTimeout="auto",
            timeout=str(LISTENS_SECONDS),
            bargeIn="true",
            actionOnEmptyResult="true",
        )
        self._say_speech(gather, said)

    def _say(self, parent: ElementTree.Element, text: str, language: str) -> None:
        self._say_speech(parent, speech((Reply(text=text, language=language),)))

    def _say_speech(self, parent: ElementTree.Element, said: Speech) -> None:
        say = ElementTree.fromstring(f"<Say>{said.ssml_body}</Say>")  # noqa: S314 - made by ourselves
        say.set("language", LOCALES[said.language])
        say.set("voice", self._voices.of(said.language))
        parent.append(say)


def _is_heard(fields: Fields) -> bool:
    return bool(fields.get("SpeechResult", "").strip() or fields.get("Digits", "").strip())


def _text(response: ElementTree.Element) -> str:
    return ElementTree.tostring(response, encoding="unicode")


def _response(response: ElementTree.Element) -> web.Response:
    return web.Response(text=_text(response), content_type="application/xml")


def _key(call: str) -> str:
    return f"nc:phone:choices:{call}"

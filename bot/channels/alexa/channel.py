"""`alexa`: one webhook; whatever is answered goes back in the same response, in time for Alexa."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from bot.channels.alexa import response as say
from bot.channels.alexa.meaning import Meaning, meaning_of
from bot.channels.alexa.request import DirectivesApi, Request, parse
from bot.channels.alexa.response import Body, Listener
from bot.channels.alexa.screen import PRESS
from bot.channels.alexa.sentences import STOPS
from bot.channels.alexa.signature import Signatures, Untrusted
from bot.channels.alexa.words import Tone, words
from bot.channels.base import Abilities, Door, TooLate
from bot.channels.oauth_grants import Grant
from bot.channels.rest import Ask
from bot.channels.untold import Untold
from bot.clock import Clock
from bot.conversation.identity import conversation_of
from bot.conversation.outbox import Undeliverable
from bot.messages import PROOF_FROM, PROVEN_CUSTOMER, SAID_AT, Delivery, Incoming, Reply

log = logging.getLogger(__name__)

TOLERATED_SECONDS = 150
"""Age of a request; an older one may be somebody's recording."""

ANSWER_WITHIN_SECONDS = 7.0
"""Alexa waits for eight."""

PROGRESS_AFTER_SECONDS = 2.0
PROGRESS_WITHIN_SECONDS = 1.0

_LINK = "/link_channel"
_YES = "AMAZON.YesIntent"
_GO_ON = (_YES, "AMAZON.NextIntent", "AMAZON.MoreIntent")


class AccountLinks(Protocol):
    """Accounts that were linked in the Alexa app (OAuth)."""

    async def grant(self, account: str, token: str) -> Grant | None:
        """What this account (by name) was granted with an access token; None when that does not count (any more)."""
        ...


class AlexaChannel:
    """One customer is one Alexa user of the skill."""

    name = "alexa"
    abilities = Abilities(speech=True, buttons=True, cards=True, images=True)

    def __init__(
        self,
        ask: Ask,
        signatures: Signatures,
        untold: Untold,
        clock: Clock,
        skill_id: str,
        title: str,
        tone: Tone,
        links: AccountLinks | None = None,
    ) -> None:
        self._ask = ask
        self._signatures = signatures
        self._untold = untold
        self._clock = clock
        self._skill_id = skill_id
        self._title = title
        self._tone = tone
        self._links = links
        self._session: ClientSession | None = None

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        return [web.post("/webhooks/alexa", self._webhook)]

    async def start(self, door: Door) -> None:
        self._session = ClientSession(timeout=ClientTimeout(total=PROGRESS_WITHIN_SECONDS))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, delivery: Delivery) -> None:
        """A skill speaks only when it is spoken to."""
        raise Undeliverable("alexa cannot be sent to")

    async def _webhook(self, http: web.Request) -> web.Response:
        body = await http.read()
        await self._signatures.check(body, http.headers)
        request = parse(body)
        self._check(request)
        return web.json_response(await self._answer(request))

    def _check(self, request: Request) -> None:
        """Raises Untrusted for a request of another skill, or of another time."""
        if request.application != self._skill_id:
            raise Untrusted("the request is for another skill")
        if abs(self._clock.now() - request.at.timestamp()) > TOLERATED_SECONDS:
            raise Untrusted("the request is too old, or a clock is wrong")

    async def _answer(self, request: Request) -> Body:
        listener = Listener(request.language, self._tone, self._title, request.has_screen)
        if request.error is not None:
            log.warning("request=%s alexa reports an error: %s", request.id, request.error)
        if request.kind == "CanFulfillIntentRequest":
            return say.CANNOT_FULFILL
        if request.intent and request.intent.name in STOPS:
            return say.plainly("farewell", listener, ends=True)
        if request.intent and request.intent.name in _GO_ON and (more := _more(request)):
            return say.next_of_more(more, str(request.attributes.get("language")), listener)
        meaning = _meaning(request)
        return await self._converse(request, meaning, listener) if meaning else say.NOTHING

    async def _converse(self, request: Request, meaning: Meaning, listener: Listener) -> Body:
        """An answer that is still owed comes first, and alone: whoever has not heard a question cannot answer it."""
        incoming, is_linked = await self._incoming(request, meaning)
        owed = await self._untold.of(request.account)
        replies = await self._replies(owed or incoming, request, listener)
        if replies is None:
            await self._untold.keep(owed or incoming)
            return say.plainly("late", listener)
        if owed:
            await self._untold.told(request.account)
        is_late = owed is not None and owed.message_id != incoming.message_id
        wants_link = self._links is not None and not is_linked and _offers_link(replies)
        return say.answered(replies, listener, is_late=is_late, link_account=wants_link)

    async def _incoming(self, request: Request, meaning: Meaning) -> tuple[Incoming, bool]:
        """The message, and whether its account is linked."""
        grant = None
        if self._links and request.access_token:
            grant = await self._links.grant(conversation_of(self.name, request.account), request.access_token)
        metadata: dict[str, Any] = {SAID_AT: meaning.said_at} if meaning.said_at else {}
        if grant is not None:
            metadata |= {PROVEN_CUSTOMER: grant.customer, PROOF_FROM: grant.given_at}
        incoming = Incoming(
            channel=self.name, account=request.account, message_id=request.id, text=meaning.text, payload=meaning.payload,
            language=request.language, voice=True, metadata=metadata,
        )  # fmt: skip
        return incoming, grant is not None

    async def _replies(self, incoming: Incoming, request: Request, listener: Listener) -> tuple[Reply, ...] | None:
        """None when they are not ready in time; they are kept, and the same message asks for them again."""
        asking = asyncio.ensure_future(self._ask(incoming))
        try:
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                await asyncio.wait({asking}, timeout=PROGRESS_AFTER_SECONDS)
                if not asking.done() and request.api:
                    await self._say_meanwhile(request.id, request.api, listener)
                return await asking
        except (TimeoutError, TooLate):
            return None
        finally:
            asking.cancel()

    async def _say_meanwhile(self, request_id: str, api: DirectivesApi, listener: Listener) -> None:
        """A progressive response. The answer does not depend on it."""
        if self._session is None:
            return
        speak = {"type": "VoicePlayer.Speak", "speech": words("one_moment", listener.language, listener.tone)}
        body = {"header": {"requestId": request_id}, "directive": speak}
        url, headers = f"{api.endpoint}/v1/directives", {"Authorization": f"Bearer {api.token}"}
        try:
            async with self._session.post(url, json=body, headers=headers, allow_redirects=False) as response:
                if response.status >= 300:
                    log.info("request=%s progressive response refused: %d", request_id, response.status)
        except (ClientError, OSError, TimeoutError, ValueError) as error:
            log.info("request=%s progressive response failed: %s", request_id, type(error).__name__)


def _meaning(request: Request) -> Meaning | None:
    """None for what nobody said to us."""
    if request.kind == "LaunchRequest":
        return Meaning({"de": "Hallo", "en": "Hello"}[request.language], "/greet")
    if request.intent and request.intent.name == _YES and (choice := _offered(request)):
        return choice
    if request.kind == "IntentRequest" and request.intent:
        return meaning_of(request.intent, request.language)
    if request.kind == "Alexa.Presentation.APL.UserEvent" and request.pressed[:1] == (PRESS,):
        _, payload, title = (*request.pressed, "", "")[:3]
        return Meaning(title or payload, payload)
    return None


def _more(request: Request) -> list[str]:
    """What the last answer offered to name."""
    more, language = request.attributes.get("more"), request.attributes.get("language")
    is_ours = isinstance(more, list) and all(isinstance(thing, str) for thing in more) and language in ("de", "en")
    return more if is_ours and isinstance(more, list) else []


def _offered(request: Request) -> Meaning | None:
    """The only thing that the last answer offered to do, in a question that the shop does not know of."""
    choice = request.attributes.get("yes")
    if not isinstance(choice, dict):
        return None
    title, payload = choice.get("title"), choice.get("payload")
    return Meaning(title, payload) if isinstance(title, str) and isinstance(payload, str) else None


def _offers_link(replies: Sequence[Reply]) -> bool:
    return any(button.payload.partition("{")[0] == _LINK for reply in replies for button in reply.buttons)

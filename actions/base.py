"""What all actions share: who is speaking, which shop, which language."""

import abc
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache, cached_property
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.accounts import PROVEN_SLOT, Accounts
from actions.backend.choice import chosen
from actions.backend.port import Backend, Money, NotSupported, Product, Unavailable
from actions.joins import tell_shop
from actions.reading.heard import Guess, Heard
from actions.settings import ActionSettings, settings

log = logging.getLogger(__name__)

Event = dict[str, Any]
Button = dict[str, str]
Card = dict[str, Any]
Document = dict[str, str]
"""`title` and `url` of a paper."""

UNAVAILABLE = "utter_shop_unavailable"
TEAM_NEEDED = "utter_team_needed"

CLARIFIES = frozenset({"utter_clarify", "utter_clarify_one"})
"""Questions back to an unclear message: their answer says how it was meant."""


@cache
def shop() -> Backend:
    """The shop of this process; built at the first action."""
    return chosen(settings())


def today() -> date:
    """The day it is in the shop's town."""
    return datetime.now(ZoneInfo(settings().timezone)).date()


class Turn:
    """One action's view of the conversation: what was heard, and how to speak."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, backend: Backend) -> None:
        self.tracker = tracker
        self.backend = backend
        self.heard = self._heard()
        self.customer: str = tracker.sender_id
        self.language = "en" if tracker.get_slot("language") == "en" else "de"
        self.accounts = Accounts.of(tracker.latest_message, tracker.get_slot(PROVEN_SLOT))
        self._dispatcher = dispatcher

    def _heard(self) -> Heard:
        """The latest message; if it only says what an earlier, unclear one was meant to be, that one, now clear."""
        latest = Heard.of(self.tracker.latest_message)
        before = self.said_before[-1:]
        offered = intents_offered(before[0]) if before and response_of(before[0]) in CLARIFIES else []
        is_yes = len(offered) == 1 and latest.intent == "affirm"
        if not is_yes and not (latest.is_button and latest.intent in offered):
            return latest
        unclear = [event for event in self.tracker.events if event.get("event") == "user"][-2]
        intent = offered[0] if is_yes else latest.intent
        return replace(
            Heard.of({**unclear.get("parse_data", {}), "text": unclear.get("text")}),
            intent=intent,
            ranking=(Guess(intent, 1.0),),
            message_id=latest.message_id,
        )

    @property
    def today(self) -> date:
        """The day, where the shop is."""
        return today()

    @property
    def settings(self) -> ActionSettings:
        return settings()

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    @cached_property
    def open_form(self) -> str | None:
        """The form that is going on."""
        return (self.tracker.active_loop or {}).get("name")

    @cached_property
    def since_message(self) -> list[Event]:
        """What happened since the customer's message."""
        events = self.tracker.events
        last = max((index for index, event in enumerate(events) if event.get("event") == "user"), default=-1)
        return list(events[last + 1 :])

    @cached_property
    def said_before(self) -> list[Event]:
        """What was answered to the customer's message before this one."""
        events = self.tracker.events
        users = [index for index, event in enumerate(events) if event.get("event") == "user"]
        if len(users) < 2:
            return []
        return [event for event in events[users[-2] : users[-1]] if event.get("event") == "bot"]

    def say(
        self,
        response: str,
        buttons: Sequence[Button] = (),
        cards: Sequence[Card] = (),
        document: Document | None = None,
        **values: Any,
    ) -> None:
        """A response of domain.yml, filled with values; buttons, cards and a paper beside it."""
        extra: dict[str, Any] = {"elements": list(cards)} if cards else {}
        if document:
            extra["attachment"] = document
        self._dispatcher.utter_message(response=response, buttons=list(buttons) or None, **extra, **values)

    def say_again(self, text: str | None, data: dict[str, Any]) -> None:
        """What was said before, with its buttons, cards and picture."""
        fields = {key: data[key] for key in ("buttons", "elements", "image") if key in data}
        self._dispatcher.utter_message(text=text, **fields)

    def request(self, of_runtime: dict[str, Any]) -> None:
        """Something of the runtime beyond saying something here (bot/dialogue/linking.py)."""
        self._dispatcher.utter_message(json_message=of_runtime)

    def has_said(self, response: str) -> bool:
        """Whether this turn said it already."""
        return response in (response_of(event) for event in self.since_message if event.get("event") == "bot")

    def money(self, money: Money) -> str:
        return wording.money(money.amount, money.currency, self.language)

    def day(self, iso: str) -> str:
        """With its year, unless that goes without saying."""
        return wording.day(iso, self.language, this_year=self.today.year)

    def listed(self, things: Sequence[str], *, choice: bool = False) -> str:
        return wording.listed(things, self.language, choice=choice)

    def named(self, words: Mapping[str, str]) -> str:
        """The word of a catalog's wording in the conversation's language."""
        return words[self.language]

    def image(self, product: Product) -> str | None:
        """At the shop's own address, or through ours for a shop that names only a path. Messengers show PNG everywhere."""
        if "://" in product.image_url:
            return product.image_url
        return f"{self.settings.public_url}/images/{product.id}.png" if product.image_url else None

    def either(self, german: str, english: str) -> str:
        """The title of a button: too small for a response of its own. German without du and Sie."""
        return english if self.language == "en" else german


class GoalAction(Action, abc.ABC):
    """An action of ours. A shop that does not answer is told honestly, wherever it happens."""

    action_name: ClassVar[str]

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        turn = Turn(dispatcher, tracker, shop())
        try:
            return [*await tell_shop(turn), *await self.act(turn)]
        except Unavailable as error:
            log.warning("conversation=%s action=%s shop unavailable: %s", tracker.sender_id, self.action_name, error)
            if not turn.has_said(UNAVAILABLE):
                turn.say(UNAVAILABLE)
            return self.unavailable(turn)
        except NotSupported as error:
            log.info("conversation=%s action=%s not supported: %s", tracker.sender_id, self.action_name, error)
            if not turn.has_said(TEAM_NEEDED):
                human = button(turn.either("Mit einem Menschen sprechen", "Talk to a person"), "talk_to_human")
                turn.say(TEAM_NEEDED, buttons=[human], phone=turn.settings.service_phone)
            return self.not_supported(turn)

    @abc.abstractmethod
    async def act(self, turn: Turn) -> list[Event]:
        """Says what is to be said; returns what changes."""

    def unavailable(self, _turn: Turn) -> list[Event]:
        """What changes when the shop did not answer."""
        return []

    def not_supported(self, _turn: Turn) -> list[Event]:
        """What changes when this shop cannot do that at all."""
        return []


def intents_offered(said: Event) -> list[str]:
    """By the buttons of something said."""
    buttons = (said.get("data") or {}).get("buttons") or ()
    return [payload.removeprefix("/").partition("{")[0] for payload in (b["payload"] for b in buttons)]


def response_of(said: Event) -> str:
    """The response of domain.yml that something said is; empty for what was said again."""
    return str((said.get("metadata") or {}).get("utter_action") or "")


def button(title: str, intent: str, **entities: str) -> Button:
    """A choice that needs no understanding: what it says, and the intent with its entities."""
    details = json.dumps(entities, ensure_ascii=False) if entities else ""
    return {"title": title[:1].upper() + title[1:], "payload": f"/{intent}{details}"}


def answer_button(title: str) -> Button:
    """A choice that answers the open question with its own words."""
    return {"title": title[:1].upper() + title[1:], "payload": title}


def yes_no(turn: Turn) -> list[Button]:
    return [button(turn.either("Ja", "Yes"), "affirm"), button(turn.either("Nein", "No"), "deny")]

"""What all actions share: who is speaking, which shop, which language; and what forms of ours do with an answer."""

import abc
import copy
import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.backend.http_shop import HttpShop
from actions.backend.port import Backend, Money, Product, Unavailable
from actions.reading import Heard
from actions.settings import ActionSettings, settings

log = logging.getLogger(__name__)

Event = dict[str, Any]
"""As rasa_sdk's helpers make them and Rasa reads them."""

Button = dict[str, str]


@cache
def shop() -> Backend:
    """The shop of this process; built at the first action, from SHOP_URL and SHOP_TOKEN."""
    return HttpShop(settings().shop_url, settings().shop_token)


class Turn:
    """One action's view of the conversation: what was heard, and how to speak."""

    def __init__(self, dispatcher: CollectingDispatcher, tracker: Tracker, backend: Backend) -> None:
        self.tracker = tracker
        self.backend = backend
        self.heard = Heard.of(tracker.latest_message)
        self.customer: str = tracker.sender_id
        self.language = "en" if tracker.get_slot("language") == "en" else "de"
        self._dispatcher = dispatcher

    @property
    def settings(self) -> ActionSettings:
        return settings()

    def say(self, response: str, buttons: Sequence[Button] = (), cards: Sequence[dict[str, Any]] = (), **values: Any) -> None:
        """A response of domain.yml, filled with values; buttons and cards beside it."""
        extra: dict[str, Any] = {"elements": list(cards)} if cards else {}
        self._dispatcher.utter_message(response=response, buttons=list(buttons) or None, **extra, **values)

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def say_again(self, text: str | None, data: dict[str, Any]) -> None:
        """What was said before, with its buttons, cards and picture."""
        fields = {key: data[key] for key in ("buttons", "elements", "image") if key in data}
        self._dispatcher.utter_message(text=text, **fields)

    def money(self, money: Money) -> str:
        return wording.money(money.amount, money.currency, self.language)

    def listed(self, things: Sequence[str], *, choice: bool = False) -> str:
        return wording.listed(things, self.language, choice=choice)

    def named(self, words: Mapping[str, str]) -> str:
        """The word of a catalog's wording in the conversation's language."""
        return words[self.language]

    def image(self, product: Product) -> str:
        """Messengers show PNG everywhere, SVG hardly anywhere."""
        return f"{self.settings.public_url}/images/{product.id}.png"

    def either(self, german: str, english: str) -> str:
        """The title of a button: too small for a response of its own."""
        return english if self.language == "en" else german


class GoalAction(Action, abc.ABC):
    """An action of ours. A shop that does not answer is told honestly, wherever it happens."""

    action_name: ClassVar[str]

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        turn = Turn(dispatcher, tracker, shop())
        try:
            return await self.act(turn)
        except Unavailable as error:
            log.warning("conversation=%s action=%s shop unavailable: %s", tracker.sender_id, self.action_name, error)
            turn.say("utter_shop_unavailable")
            return []

    @abc.abstractmethod
    async def act(self, turn: Turn) -> list[Event]:
        """Says what is to be said; returns what changes."""


class Form(GoalAction, abc.ABC):
    """Decides what an answer means for a form of ours, and what is asked next.

    A form keeps what it knows in one slot, its draft (a dictionary), because a goal is more than a row of slots: an order
    has lines, each with a product, options and a quantity. The names of its questions are the form's `required_slots`
    in domain.yml, each asked by `action_ask_<question>` or `utter_ask_<question>`.
    """

    form: ClassVar[str]
    draft_slot: ClassVar[str]
    questions: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "form"):
            cls.action_name = f"validate_{cls.form}"

    async def act(self, turn: Turn) -> list[Event]:
        draft = copy.deepcopy(turn.slot(self.draft_slot) or {})
        question = self._open_question(turn)
        if self._returns_from_interruption(turn):
            return [SlotSet("requested_slot", await self.next_question(turn, draft))]
        events = self._remember_interrupted(turn) if question is None else []
        try:
            if not await self.take(turn, draft, question):
                return [SlotSet("requested_slot", question)]  # nothing was set: Rasa lets a rule answer, then comes back
            following = await self.next_question(turn, draft)
        except Unavailable as error:
            return [*events, *self._kept(turn, draft, question, error)]
        return [*events, SlotSet(self.draft_slot, draft), SlotSet("requested_slot", following)]

    def _kept(self, turn: Turn, draft: dict[str, Any], question: str | None, error: Unavailable) -> list[Event]:
        """The shop is away in the midst of the form: what was said is kept, and the form stays where it is."""
        log.warning("conversation=%s form=%s shop unavailable: %s", turn.customer, self.form, error)
        turn.say("utter_shop_unavailable")
        return [SlotSet(self.draft_slot, draft), SlotSet("requested_slot", question)]

    @abc.abstractmethod
    async def take(self, turn: Turn, draft: dict[str, Any], question: str | None) -> bool:
        """Puts what was said into the draft. False when the message is none for this form.

        `question` is what was asked last; None when the message opens the form, which it always may.
        """

    @abc.abstractmethod
    async def next_question(self, turn: Turn, draft: dict[str, Any]) -> str | None:
        """What is asked next; None when the form is done."""

    def _open_question(self, turn: Turn) -> str | None:
        """What this form asked last; another form's question, still in the slot when forms change, is none of ours."""
        asked = turn.slot("requested_slot")
        return asked if asked in self.questions and not self._opens_now(turn) else None

    def _opens_now(self, turn: Turn) -> bool:
        """Whether the form was opened by this very message."""
        return any(event.get("event") == "active_loop" and event.get("name") == self.form for event in _since_user(turn))

    def _returns_from_interruption(self, turn: Turn) -> bool:
        """Whether a rule has already answered the message, so that the form only asks again."""
        rejected = any(
            event.get("event") == "action_execution_rejected" and event.get("name") == self.form for event in _since_user(turn)
        )
        return rejected or bool(turn.slot("resumed_form") == self.form and self._opens_now(turn))

    def _remember_interrupted(self, turn: Turn) -> list[Event]:
        """The form that was open when this one began is kept, to be gone on with afterwards."""
        interrupted = _form_before(turn, self.form)
        if interrupted is None:
            return []
        open_goals = [form for form in turn.slot("open_goals") or [] if form not in (interrupted, self.form)]
        return [SlotSet("open_goals", [*open_goals, interrupted])]


def go_on(turn: Turn) -> list[Event]:
    """After a form's end: the form that it interrupted is taken up again, if there is one."""
    open_goals = list(turn.slot("open_goals") or [])
    if not open_goals:
        return [SlotSet("resumed_form", None)]
    form = open_goals.pop()
    turn.say("utter_back_to_" + form)
    return [SlotSet("open_goals", open_goals), SlotSet("resumed_form", form), FollowupAction(form)]


def _since_user(turn: Turn) -> list[Event]:
    events = turn.tracker.events
    for index in range(len(events) - 1, -1, -1):
        if events[index].get("event") == "user":
            return list(events[index + 1 :])
    return list(events)


def _form_before(turn: Turn, form: str) -> str | None:
    """The form that was active when `form` was opened."""
    loops = [event.get("name") for event in turn.tracker.events if event.get("event") == "active_loop"]
    while loops and loops[-1] == form:
        loops.pop()
    return loops[-1] if loops else None



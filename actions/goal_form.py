"""What forms about one thing of the customer's share: a proof, which one, what is missing, a summary, a yes, and the deed."""

import abc
from collections.abc import Sequence
from copy import deepcopy
from typing import ClassVar

from rasa_sdk.events import SlotSet

from actions.accounts import ask_for_proof
from actions.backend.port import (
    BackendError,
    NotAllowed,
    NotFound,
    NotSupported,
    OutOfStock,
    Refused,
    Rejected,
    Unavailable,
)
from actions.base import Button, Event, GoalAction, Turn, button, yes_no
from actions.forms import GOALS, QUESTIONS_OF_THEIR_OWN, Draft, Form, go_on, is_put_off, reopen
from actions.reading import answers

BUYING = frozenset({"place_order", "start_subscription"})
KEPT_APART = frozenset({"state", "hint", "shown", "key", "tried", "first"})
"""What a draft keeps for the dialogue's sake; a yes is said to the rest."""


REFUSALS = (Refused, OutOfStock, NotAllowed, NotFound, Rejected, NotSupported)
"""Answers of the shop that another try does not change."""


def contents(draft: Draft) -> Draft:
    """What a yes would be said to."""
    return deepcopy({key: value for key, value in draft.items() if key not in KEPT_APART})


class GoalForm(Form):
    """The first question of `questions` asks which one; the last is the yes."""

    is_sensitive = True
    intents: ClassVar[frozenset[str]]
    """Intents that open this form, or change their mind within it."""

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if question is None or not contents(draft):
            draft.clear()
            await self.begin(turn, draft)
            return True
        draft["hint"] = None
        if await self._is_given_up(turn, question):
            draft["state"] = "dropped"
            return True
        if question == self.questions[-1] and answers.asks_for_sum(turn.heard):
            return True  # the summary says it
        if self._is_new_order(turn):
            return False
        before = contents(draft)
        found = await self.read(turn, draft, question)
        if question == self.questions[-1]:
            return self._decide(turn, draft, found, changed=contents(draft) != before)
        return found or self._take_nothing(turn)

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        if draft.get("state"):
            return None
        missing = await self.missing(turn, draft)
        if missing:
            return missing
        try:
            await self.check(turn, draft)
        except REFUSALS as error:
            if not await self.explain(turn, draft, error):
                draft["state"] = "nothing"
            return await self.missing(turn, draft) if not draft.get("state") else None
        return await self.missing(turn, draft) or self.questions[-1]

    @abc.abstractmethod
    async def missing(self, turn: Turn, draft: Draft) -> str | None:
        """The question for what must be known before a summary can be shown."""

    async def check(self, turn: Turn, draft: Draft) -> None:
        """Asks the shop whether it would do it; raises what the shop refuses with."""

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        """Says why not; True when the draft was emptied of what was wrong, so that the form goes on."""
        say_refusal(turn)
        return False

    @abc.abstractmethod
    async def begin(self, turn: Turn, draft: Draft) -> None:
        """Takes up what the first message said; sets `state` "nothing" when there is nothing to be done."""

    @abc.abstractmethod
    async def read(self, turn: Turn, draft: Draft, question: str) -> bool:
        """Puts an answer, or a correction of any earlier one, into the draft. Whether it found anything."""

    async def _is_given_up(self, turn: Turn, question: str) -> bool:
        if answers.is_rather_not(turn.heard.text) or turn.heard.intent == "stop":
            return True
        if question == self.questions[-1] and (answers.refuses(turn.heard.text) or self.is_taken_back(turn)):
            return True
        return turn.heard.intent == "deny" and question == self.questions[0]

    def _is_new_order(self, turn: Turn) -> bool:
        """ "moment, ich will noch eine Mini bestellen": in the midst of something else."""
        buys = turn.heard.intent in BUYING and turn.heard.confidence >= answers.SURE
        return buys and bool(turn.heard.all("product")) and answers.names_deed(turn.heard.text)

    def is_taken_back(self, turn: Turn) -> bool:
        """Whether what is being asked about shall not be done, in words of its own."""
        return False

    def _decide(self, turn: Turn, draft: Draft, found: bool, *, changed: bool) -> bool:
        """What was said to a summary. Only a plain yes to just this summary is one."""
        if changed:
            return True
        if is_put_off(turn.heard):
            draft["hint"] = "waiting"
            return True
        if self._agrees(turn):
            if draft.get("shown") == contents(draft):
                draft["state"] = "confirmed"
                draft["key"] = draft.get("key") or f"{self.form}-{turn.heard.message_id}"
            return True
        if turn.heard.intent == "deny":
            draft["state"] = "dropped"
            return True
        return found or self._take_nothing(turn)

    def _agrees(self, turn: Turn) -> bool:
        """A yes, or the wish once more."""
        text = turn.heard.text
        said_again = turn.heard.intent in self.intents and answers.orders_deed(text)
        return (answers.agrees(turn.heard) or said_again) and not answers.has_reservation(text)

    def _take_nothing(self, turn: Turn) -> bool:
        """A message that answers nothing: for somebody else, or not understood; then the question is asked again."""
        if self._is_elsewhere(turn):
            return False
        if turn.heard.intent != "affirm":
            turn.say("utter_not_caught")
        return True

    def _is_elsewhere(self, turn: Turn) -> bool:
        other = turn.heard.intent in (QUESTIONS_OF_THEIR_OWN | GOALS) - self.intents
        return other or bool(turn.heard.unreadable)


class GoalQuestion(GoalAction):
    """Asks for something that the draft lacks."""

    draft_slot: ClassVar[str]

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot(self.draft_slot) or {})
        await self.ask(turn, draft)
        return [SlotSet(self.draft_slot, draft)]

    @abc.abstractmethod
    async def ask(self, turn: Turn, draft: Draft) -> None: ...


class GoalSummary(GoalQuestion):
    """Names what would be done and what it costs, and asks for a yes; notes in the draft what was shown."""

    async def ask(self, turn: Turn, draft: Draft) -> None:
        now = contents(draft)
        if draft.get("hint") == "waiting" and draft.get("shown") == now:
            turn.say("utter_no_hurry", buttons=yes_no(turn))
        elif draft.get("tried") == now:
            turn.say("utter_ask_again", buttons=yes_no(turn))
        else:
            await self.say_summary(turn, draft)
        draft["shown"] = contents(draft)

    @abc.abstractmethod
    async def say_summary(self, turn: Turn, draft: Draft) -> None: ...


class FinishGoal(GoalAction):
    """Does what was confirmed, once; a refusal is explained, an outage keeps the yes open."""

    form: ClassVar[str]
    draft_slot: ClassVar[str]

    async def act(self, turn: Turn) -> list[Event]:
        draft = deepcopy(turn.slot(self.draft_slot) or {})
        notes: Sequence[Event] = ()
        try:
            if draft.get("state") == "confirmed":
                notes = await self.do(turn, draft)
            elif draft.get("state") == "unproven":
                return [SlotSet(self.draft_slot, None), *ask_for_proof(turn)]
            elif draft.get("state") == "dropped":
                turn.say("utter_left_as_it_is")
        except Unavailable:
            turn.say("utter_not_done_yet")
            again = {**draft, "state": None, "tried": contents(draft)}
            return [SlotSet(self.draft_slot, again), *reopen(self.form)]
        except REFUSALS as error:
            if await self.explain(turn, draft, error):
                again = {**draft, "state": None, "key": None, "shown": None}
                return [SlotSet(self.draft_slot, again), *reopen(self.form)]
        return [*notes, SlotSet(self.draft_slot, None), *go_on(turn)]

    @abc.abstractmethod
    async def do(self, turn: Turn, draft: Draft) -> Sequence[Event]:
        """Does it with the draft's key, and says so."""

    @abc.abstractmethod
    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        """As the form's."""


def say_refusal(turn: Turn) -> None:
    """For what has no words of its own: a person can help."""
    turn.say("utter_team_needed", buttons=[human_button(turn)], phone=turn.settings.service_phone)


def human_button(turn: Turn) -> Button:
    return button(turn.either("Mit einem Menschen sprechen", "Talk to a person"), "talk_to_human")

"""What forms of ours do with an answer, and how one that was interrupted is gone on with."""

import abc
from collections.abc import Sequence
from copy import deepcopy
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from actions.accounts import must_prove
from actions.base import Event, GoalAction, Turn
from actions.reading import answers
from actions.reading.heard import Heard
from actions.reading.words import vocabulary

QUESTIONS_OF_THEIR_OWN = vocabulary(
    "browse_catalog ask_product compare_products check_availability recommend_for_budget track_order greet goodbye thanks "
    "bot_challenge help repeat switch_language talk_to_human out_of_scope refund_status request_invoice subscription_status "
    "report_damage order_spare_part device_status firmware_update choose_update_channel check_coverage account_type "
    "export_data delete_data notification_settings complain give_feedback"
)
"""Intents that a rule answers in the midst of a form, which then comes back to its question."""

GOALS = vocabulary(
    "place_order start_subscription change_order change_address cancel_order return_order exchange_item payment_problem swap_product "
    "change_plan pause_subscription resume_subscription cancel_subscription book_addon link_channel"
)
"""Intents that open a form of their own; the one that was open is taken up again afterwards."""

Draft = dict[str, Any]
"""What a form knows so far. `state` is set when it is done: "confirmed", "dropped", "nothing" (there is nothing to do), or
"unproven" (it will begin when the customer has proved to be the one)."""


FEW_WORDS = 7
"""Of a message that says nothing else."""


def switch_form_of_address(turn: Turn) -> list[Event]:
    """Does so, and says it, if the message asks for du or Sie."""
    form = answers.form_of_address(turn.heard.text)
    if form is None:
        return []
    turn.say("utter_form_of_address_switched", form=form)
    return [SlotSet("form_of_address_asked_for", form), SlotSet("form_of_address", form)]


class Form(GoalAction, abc.ABC):
    """Decides what an answer means for a form, and what is asked next.

    A form keeps what it knows in one slot, its draft, because a goal is more than a row of slots: an order has lines, each
    with a product, options and a quantity. The names of its questions are the form's `required_slots` in domain.yml, each
    asked by `action_ask_<question>` or `utter_ask_<question>`.
    """

    form: ClassVar[str]
    draft_slot: ClassVar[str]
    questions: ClassVar[tuple[str, ...]]
    is_sensitive: ClassVar[bool] = False
    """Begins only for who has proved lately to be the customer."""
    insists: ClassVar[bool] = True
    """Comes back to its question when the customer asked or did something else meanwhile; other forms end then."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if hasattr(cls, "form"):
            cls.action_name = f"validate_{cls.form}"

    async def act(self, turn: Turn) -> list[Event]:
        draft = self.draft(turn)
        question = self._open_question(turn)
        if question is not None and turn.heard.length <= FEW_WORDS and (switched := switch_form_of_address(turn)):
            return [*switched, SlotSet(self.draft_slot, draft), SlotSet("requested_slot", question)]
        if self._returns_from_interruption(turn):
            return [*self._no_longer_waits(turn), *await self._return(turn, draft)]
        events = self._remember_interrupted(turn) if question is None else []
        if question is None and self.is_sensitive and must_prove(turn):
            return [*events, SlotSet(self.draft_slot, {"state": "unproven"}), SlotSet("requested_slot", None)]
        if not await self.take(turn, draft, question):
            return [SlotSet("requested_slot", question)]  # nothing was set: Rasa lets a rule answer, then comes back
        following = await self.next_question(turn, draft)
        return [*events, SlotSet(self.draft_slot, draft), *self.notes(draft), SlotSet("requested_slot", following)]

    @abc.abstractmethod
    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        """Puts what was said into the draft. False when the message is for a rule to answer.

        `question` is what was asked last; None when the message opens the form, which it always may.
        """

    @abc.abstractmethod
    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        """What is asked next; None when the form is done."""

    def notes(self, _draft: Draft) -> list[Event]:
        """What the conversation remembers of the draft beyond the form."""
        return []

    def draft(self, turn: Turn) -> Draft:
        return deepcopy(turn.slot(self.draft_slot) or {})

    def unavailable(self, turn: Turn) -> list[Event]:
        """The shop cannot be asked: the question stays open, and what was known stays known."""
        question = self._open_question(turn) or self.questions[0]
        return [SlotSet(self.draft_slot, self.draft(turn)), SlotSet("requested_slot", question)]

    def not_supported(self, _turn: Turn) -> list[Event]:
        """This shop cannot do that: the form is done, with nothing to do."""
        return [SlotSet(self.draft_slot, {"state": "nothing"}), SlotSet("requested_slot", None)]

    async def _return(self, turn: Turn, draft: Draft) -> list[Event]:
        if self.insists:
            return [SlotSet("requested_slot", await self.next_question(turn, draft))]
        return [SlotSet(self.draft_slot, None), SlotSet("requested_slot", None)]

    def _open_question(self, turn: Turn) -> str | None:
        """What this form asked last; another form's question, still in the slot when forms change, is none of ours."""
        asked = turn.slot("requested_slot")
        return asked if asked in self.questions and not self._opens_now(turn) else None

    def _opens_now(self, turn: Turn) -> bool:
        """Whether the form was opened by this very message."""
        return any(
            event.get("event") == "active_loop" and event.get("name") == self.form for event in turn.since_message
        )

    def _returns_from_interruption(self, turn: Turn) -> bool:
        """Whether a rule has already answered the message, so that the form only asks again."""
        return any(_is_rejection(event, self.form) or _is_resumption(event, self.form) for event in turn.since_message)

    def _no_longer_waits(self, turn: Turn) -> list[Event]:
        """A form that another one handed over to is not to be gone on with once more."""
        open_goals = turn.slot("open_goals") or []
        if self.form not in open_goals:
            return []
        return [SlotSet("open_goals", [form for form in open_goals if form != self.form])]

    def _remember_interrupted(self, turn: Turn) -> list[Event]:
        """The form that was open when this one began is kept, to be gone on with afterwards."""
        interrupted = _form_before(turn, self.form)
        open_goals = [form for form in turn.slot("open_goals") or [] if form not in (interrupted, self.form)]
        if interrupted is not None and interrupted not in PASSING_FORMS:
            open_goals.append(interrupted)
        return [SlotSet("open_goals", open_goals)]


PASSING_FORMS = frozenset({"question_form", "link_form", "proof_form"})
"""Forms that do not insist, and are not gone on with."""


NO_ANSWER = vocabulary(
    "cancel_order change_order pause_subscription give_feedback help out_of_scope nlu_fallback goodbye thanks"
)
"""What "alright, I'll think about it" is easily taken for."""


def is_put_off(heard: Heard) -> bool:
    """Whether somebody who was asked "shall I …?" wants to think first: "ja warte", "ok, maybe later"."""
    if heard.all("product"):
        return False  # "moment, ich will noch eine Mini" is a wish of its own
    sounds_like_yes = heard.intent in ("affirm", "place_order", "start_subscription") and answers.wavers(heard.text)
    return sounds_like_yes or (heard.intent in NO_ANSWER and answers.puts_off(heard.text))


def go_on(turn: Turn, waiting: Sequence[str] | None = None, without: frozenset[str] = frozenset()) -> list[Event]:
    """After a form's end: the form that it interrupted is taken up again, if there is one (and it is none of `without`).

    `waiting` are the interrupted ones, the latest last, if they are others than the conversation remembers.
    """
    remembered = turn.slot("open_goals") or []
    open_goals = [form for form in (remembered if waiting is None else waiting) if form not in without]
    if not open_goals:
        return [SlotSet("open_goals", [])] if remembered else []
    form = open_goals.pop()
    turn.say("utter_back_to_" + form)
    return [SlotSet("open_goals", open_goals), SlotSet("resumed_form", form), FollowupAction(form)]


def reopen(form: str) -> list[Event]:
    """The form that has just ended goes on after all, and asks again."""
    return [SlotSet("resumed_form", form), FollowupAction(form)]


def _is_rejection(event: Event, form: str) -> bool:
    return bool(event.get("event") == "action_execution_rejected" and event.get("name") == form)


def _is_resumption(event: Event, form: str) -> bool:
    return bool(event.get("event") == "slot" and event.get("name") == "resumed_form" and event.get("value") == form)


def _form_before(turn: Turn, form: str) -> str | None:
    """The form that was active when `form` was opened."""
    loops = [event.get("name") for event in turn.tracker.events if event.get("event") == "active_loop"]
    while loops and loops[-1] == form:
        loops.pop()
    return loops[-1] if loops else None

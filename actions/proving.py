"""A recent proof of who is speaking, before anything sensitive: asked for once, then the wish is gone on with."""

import re

from rasa_sdk.events import SlotSet

from actions import accounts
from actions.accounts import WISHES_SLOT, Account
from actions.base import Event, GoalAction, Turn
from actions.forms import Draft, Form, go_on
from actions.goal_form import say_refusal
from actions.linking import REFUSED

_AGAIN = re.compile(
    r"\b(?:nochmal|noch mal|neue[nr]?|abgelaufen|nicht (?:an)?gekommen|nichts (?:da|gekommen)|again|resend|new|expired)\b",
    re.I,
)


class ProofForm(Form):
    """Sends a code to where only the customer is, and takes it."""

    form = "proof_form"
    draft_slot = "proof_draft"
    questions = ("proof_code",)

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        verdict = turn.accounts.verdict
        if question is None or _AGAIN.search(turn.heard.text):
            draft.clear()
            await self._send(turn, draft)
        elif verdict == "right":
            draft["state"] = "proven"
        elif verdict:
            turn.say(REFUSED[verdict])
            draft.update(said="refused", state=None if verdict == "wrong" else "dropped")
        elif turn.heard.intent in ("deny", "stop"):
            draft["state"] = "dropped"
            turn.say("utter_left_as_it_is")
        else:
            return False
        return True

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        return None if draft.get("state") else "proof_code"

    def _remember_interrupted(self, turn: Turn) -> list[Event]:
        """What was interrupted is remembered by the goal that this proof is for."""
        return []

    async def _send(self, turn: Turn, draft: Draft) -> None:
        customer = await turn.backend.customer(turn.customer)
        code = accounts.make_code(turn, turn.customer, here_only=True, is_customer=True)
        elsewhere = _another_screen(turn)
        if customer.email and customer.email_proven:
            accounts.mail(turn, customer.email, "utter_mail_proof", code=code)
            draft.update(way="utter_proof_mailed", where=_masked(customer.email))
        elif elsewhere:
            accounts.tell(turn, elsewhere, "utter_proof_code", code=code)
            draft.update(way="utter_proof_told", where=elsewhere.title(turn.language))
        else:
            say_refusal(turn)
            draft["state"] = "dropped"


class AskProofCode(GoalAction):
    """Where the code went."""

    action_name = "action_ask_proof_code"

    async def act(self, turn: Turn) -> list[Event]:
        draft = dict(turn.slot(ProofForm.draft_slot) or {})
        if draft.get("said"):
            return [SlotSet(ProofForm.draft_slot, {**draft, "said": None})]
        turn.say(draft["way"], where=draft["where"])
        return []


class FinishProof(GoalAction):
    """The wish is next, which the runtime hears again; without a proof it is not."""

    action_name = "action_finish_proof"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot(ProofForm.draft_slot) or {}
        if draft.get("state") == "proven":
            turn.say("utter_proof_thanks")
            return [SlotSet(ProofForm.draft_slot, None), accounts.proof_event(turn)]
        waiting = list(turn.slot(WISHES_SLOT) or [])
        return [SlotSet(ProofForm.draft_slot, None), SlotSet(WISHES_SLOT, waiting[1:]), *go_on(turn)]


def _another_screen(turn: Turn) -> Account | None:
    return next((account for account in turn.accounts.others if account.push and account.screen), None)


def _masked(address: str) -> str:
    """ "k…@example.org": enough to know it by."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"

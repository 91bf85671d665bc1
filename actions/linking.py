"""One customer on several channels: a code shown here and told there, a code by mail, and separating again."""

import re

from rasa_sdk.events import SlotSet

from actions import accounts, joining, joins
from actions.accounts import Account, Joined
from actions.base import Button, Event, GoalAction, Turn, button
from actions.forms import Draft, Form, go_on
from actions.reading import answers
from actions.reading.channels import channel_named

_PARTS = re.compile(
    r"\b(?:trenn|entkoppel|entkoppl|abkoppel|abkoppl|disconnect|unlink|unpair|abmeld|verbindung (?:auf)?l[öo]s|nicht ich|war ich nicht|wasn'?t me)",
    re.I,
)
_CONNECTS = re.compile(
    r"\b(?:code|pin|qr|verbind|verknüpf|verknuepf|koppel|koppl|kopple|connect|link|pair|einricht|set ?up)", re.I
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NO_CODE = re.compile(
    r"\b(?:nochmal|noch mal|neue[nr]?|abgelaufen|nicht (?:an)?gekommen|nichts da|again|resend|new|expired|no mail)\b",
    re.I,
)

REFUSED = {
    "wrong": "utter_code_wrong",
    "too_many": "utter_code_too_many",
    "known_otherwise": "utter_link_known_otherwise",
}


class LinkForm(Form):
    """Shows a code, and takes one. Ends when the customer speaks of something else."""

    form = "link_form"
    draft_slot = "link_draft"
    questions = ("link_code",)
    insists = False

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        known = turn.accounts
        if known.joined:
            draft["state"] = "joined"
            return True
        if known.verdict:
            self._judged(turn, draft, known.verdict)
            return True
        if turn.heard.intent in ("deny", "stop"):
            draft["state"] = "dropped"
            return True
        if question is None or turn.heard.intent == "link_channel" or _EMAIL.search(turn.heard.text):
            await self._begin(turn, draft)
            return True
        if _NO_CODE.search(turn.heard.text) or answers.agrees(turn.heard):
            draft["said"] = None
            return True
        return False

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        return None if draft.get("state") else "link_code"

    def notes(self, draft: Draft) -> list[Event]:
        return list(draft.pop("events", []))

    async def _begin(self, turn: Turn, draft: Draft) -> None:
        text = turn.heard.text
        to_part = turn.heard.first("part_account")
        if to_part or _PARTS.search(text):
            await _part(turn, draft, to_part)
            return
        email = _EMAIL.search(text)
        if email:
            await _mail_code(turn, email.group())
            draft["said"] = "mailed"
            return
        target = None if _CONNECTS.search(text) else _shown_on(turn)
        if target:
            accounts.pass_on(turn, target)
            turn.say("utter_link_shown", channel=target.title(turn.language))
            draft["state"] = "shown"

    def _judged(self, turn: Turn, draft: Draft, verdict: str) -> None:
        if verdict == "right":
            turn.say("utter_link_already")
            draft["state"] = "done"
        else:
            turn.say(REFUSED[verdict])
            draft.update(said="refused", state=None if verdict == "wrong" else "done")


class AskLinkCode(GoalAction):
    """The code of this conversation, once; what was said instead of it is said already."""

    action_name = "action_ask_link_code"

    async def act(self, turn: Turn) -> list[Event]:
        draft = dict(turn.slot(LinkForm.draft_slot) or {})
        if draft.get("said"):
            return [SlotSet(LinkForm.draft_slot, {**draft, "said": None})]
        turn.say("utter_link_code", code=accounts.make_code(turn, turn.customer), links=_links(turn))
        return []


class FinishLink(GoalAction):
    """Goes on where either conversation was; who has the other account is told, and may say that it was a mistake."""

    action_name = "action_finish_link"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot(LinkForm.draft_slot) or {}
        joined = turn.accounts.joined
        if draft.get("state") == "joined" and joined:
            return [SlotSet(LinkForm.draft_slot, None), *await self._joined(turn, joined)]
        if draft.get("state") == "dropped":
            turn.say("utter_left_as_it_is")
        return [SlotSet(LinkForm.draft_slot, None), *go_on(turn)]

    async def _joined(self, turn: Turn, joined: Joined) -> list[Event]:
        events = await joining.join(turn, joined)
        if turn.accounts.verdict == "right":
            events.append(accounts.proof_event(turn))
            turn.say("utter_link_done")
            _tell_others(turn)
        return [*events, *go_on(turn, joining.open_goals(turn, joined))]


def _tell_others(turn: Turn) -> None:
    present = next((account for account in turn.accounts.all if account.name == turn.accounts.present), None)
    if present is None:
        return
    for account in turn.accounts.others:
        if account.push and account.screen:
            undo = _part_button(turn, present, turn.either("Das war ich nicht", "That wasn't me"))
            accounts.tell(turn, account, "utter_link_notice", [undo], channel=present.title(turn.language))


async def _mail_code(turn: Turn, address: str) -> None:
    """Nobody learns here whether the shop knows an address."""
    known = await turn.backend.customers_with_email(address)
    if len(known) == 1:
        code = accounts.make_code(turn, known[0].id, here_only=True, is_customer=True)
        accounts.mail(turn, address, "utter_mail_code", code=code)
    turn.say("utter_link_mailed", email=address)


def _shown_on(turn: Turn) -> Account | None:
    """The linked account to go on with: the channel that is named, else one that the customer carries along."""
    can_show = [account for account in turn.accounts.others if account.push and account.screen]
    channel = channel_named(turn.heard)
    fitting = [account for account in can_show if account.channel == (channel or account.channel)]
    return min(fitting, key=lambda account: account.channel == "web", default=None)


async def _part(turn: Turn, draft: Draft, name: str | None) -> None:
    account = _to_part(turn, name)
    if account is None:
        choices = [_part_button(turn, other, other.title(turn.language)) for other in turn.accounts.others]
        turn.say("utter_link_part_which" if choices else "utter_link_nothing_to_part", buttons=choices)
        draft.update(state="done")
        return
    draft["events"] = await joins.separate(turn, account.name)
    accounts.part(turn, account)
    is_here = account.name == turn.accounts.present
    turn.say("utter_link_parted_here" if is_here else "utter_link_parted", channel=account.title(turn.language))
    draft["state"] = "done"


def _to_part(turn: Turn, name: str | None) -> Account | None:
    """The account that is named by a button or by its channel, or the only other, or the only one; a conversation's own cannot
    leave it: then the one that speaks does."""
    channel = channel_named(turn.heard)
    if name:
        candidates = [account for account in turn.accounts.all if account.name == name]
    elif channel:
        candidates = [account for account in turn.accounts.all if account.channel == channel]
    else:
        candidates = list(turn.accounts.others or turn.accounts.all)
    if len(candidates) != 1:
        return None
    if candidates[0].name != turn.customer:
        return candidates[0]
    return next((account for account in turn.accounts.all if account.name == turn.accounts.present), None)


def _part_button(turn: Turn, account: Account, title: str) -> Button:
    return button(title, "link_channel", part_account=account.name)


def _links(turn: Turn) -> str:
    """Links that carry the code by themselves, for the channels that have such."""
    bot, phone = turn.settings.telegram_bot_name, turn.settings.whatsapp_phone
    links = [f"https://t.me/{bot}?start=link-"] if bot else []
    links += [f"https://wa.me/{phone}?text=link-"] if phone else []
    if not links:
        return ""
    token = accounts.make_token(turn)
    return "\n" + "\n".join(link + token for link in links)

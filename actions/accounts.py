"""The accounts that a customer is known by on the channels: which there are, who has proved to be one, and what they are told.

The runtime says in a message's metadata what an action may know of them, and takes what it asks for in custom messages; both are
described in bot/dialogue/linking.py.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rasa_sdk.events import FollowupAction, SlotSet

if TYPE_CHECKING:
    from actions.base import Button, Event, Turn

CODE_MARK = "⟦code⟧"
LINK_MARK = "⟦token⟧"
"""Where the runtime puts a one-time code, or the long one of a link, that it makes."""

PROVEN_SLOT = "proven"
"""By account: when it was last proved to be the customer's."""

WISHES_SLOT = "next_wish"

NAMES = {
    "alexa": "Alexa", "instagram": "Instagram", "matrix": "Matrix", "messenger": "Messenger", "phone": "Telefon", "rest": "API",
    "sms": "SMS", "telegram": "Telegram", "web": "Web-Chat", "whatsapp": "WhatsApp",
}  # fmt: skip
ENGLISH_NAMES = {"phone": "phone", "sms": "text message", "web": "web chat"}


@dataclass(frozen=True)
class Account:
    """One linked account. `push`: it can be written to unasked. `screen`: it shows things."""

    name: str
    channel: str
    push: bool
    screen: bool

    def title(self, language: str) -> str:
        """What its channel is called."""
        german = NAMES.get(self.channel, self.channel.title())
        return ENGLISH_NAMES.get(self.channel, german) if language == "en" else german


@dataclass(frozen=True)
class Joined:
    """What the conversation had come to that has become part of this one; `form` was open in it."""

    name: str
    into_customer: bool
    form: str | None
    slots: Mapping[str, Any]


@dataclass(frozen=True)
class Accounts:
    """As the latest message's metadata has them; `all` is empty for who has only one."""

    present: str = ""
    all: tuple[Account, ...] = ()
    verdict: str | None = None
    signed_in_at: float | None = None
    joined: Joined | None = None
    proven: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, message: Mapping[str, Any], proven: Mapping[str, float] | None) -> "Accounts":
        """From a tracker's `latest_message` and the slot of proofs."""
        metadata = message.get("metadata") or {}
        joined = metadata.get("joined")
        return cls(
            present=str(metadata.get("account") or ""),
            all=tuple(Account(**account) for account in metadata.get("accounts") or ()),
            verdict=metadata.get("code"),
            signed_in_at=metadata.get("proven_at"),
            joined=Joined(**joined) if joined else None,
            proven=proven or {},
        )

    @property
    def others(self) -> Sequence[Account]:
        """All but the one that speaks."""
        return [account for account in self.all if account.name != self.present]

    def proved_at(self) -> float:
        """When the account that speaks was last proved to be the customer's, in seconds since the epoch; 0 for never."""
        return max(self.proven.get(self.present, 0.0), self.signed_in_at or 0.0)


def now() -> float:
    """Seconds since the epoch."""
    return datetime.now(UTC).timestamp()


def must_prove(turn: "Turn") -> bool:
    """Whether what is sensitive needs a proof first: of who is linked to others, and gave none lately."""
    accounts = turn.accounts
    return bool(accounts.all) and now() - accounts.proved_at() > turn.settings.proof_minutes * 60


def ask_for_proof(turn: "Turn") -> "list[Event]":
    """Instead of a sensitive goal, whose wish is heard again once it is proved who has it."""
    waiting = list(turn.slot(WISHES_SLOT) or [])
    return [SlotSet(WISHES_SLOT, [_wish(turn), *waiting]), FollowupAction("proof_form")]


def _wish(turn: "Turn") -> str:
    """The message's words, or the payload of its button."""
    if not turn.heard.is_button:
        return turn.heard.text
    values = {entity["entity"]: entity["value"] for entity in turn.heard.entities}
    return f"/{turn.heard.intent}" + (json.dumps(values, ensure_ascii=False) if values else "")


def proof_event(turn: "Turn") -> "Event":
    """The account that speaks is the customer's, as of now."""
    event: Event = SlotSet(PROVEN_SLOT, {**turn.accounts.proven, turn.accounts.present: now()})
    return event


def tell(turn: "Turn", account: Account, response: str, buttons: "Sequence[Button]" = (), **values: Any) -> None:
    """Says something to another account of the customer's."""
    turn.request({"tell": {"to": account.name, "response": response, "values": values, "buttons": list(buttons)}})


def pass_on(turn: "Turn", account: Account) -> None:
    """Says to another account what was said here last."""
    for said in turn.said_before:
        if said.get("text"):
            buttons = (said.get("data") or {}).get("buttons") or []
            turn.request({"tell": {"to": account.name, "text": said["text"], "buttons": buttons}})


def mail(turn: "Turn", address: str, response: str, **values: Any) -> None:
    turn.request({"tell": {"mail": address, "response": response, "values": values}})


def make_code(turn: "Turn", proves: str, *, here_only: bool = False, is_customer: bool = False) -> str:
    """A mark to be said, in whose place the runtime puts the code."""
    told_by = turn.customer if here_only else None
    turn.request({"code": {"mark": CODE_MARK, "proves": proves, "told_by": told_by, "is_customer": is_customer}})
    return CODE_MARK


def make_token(turn: "Turn") -> str:
    """The same for a link that leads into this conversation."""
    turn.request({"code": {"mark": LINK_MARK, "proves": turn.customer, "is_long": True}})
    return LINK_MARK


def part(turn: "Turn", account: Account) -> None:
    """Gives an account its own conversation back."""
    turn.request({"part": account.name})

"""The words that every room shares: what comes in, what goes out. Imports nothing of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

MAX_TEXT_LENGTH = 4_000
"""Characters of one message that are read; what is longer is cut at the door (no vendor's limit is above 4,096)."""

PROVEN_CUSTOMER = "proven_customer"
"""In a message's metadata: the shop's customer whom the channel has seen proof of (a signed token, a linked account)."""

PROVEN_AT = "proven_at"
"""Beside it: when the customer signed in, in seconds since the epoch; absent when the proof does not say."""

PROOF_FROM = "proof_from"
"""Beside it: since when the proof exists; an account that was parted from the customer after that is theirs no more."""

CODE = "code"
"""In a message's metadata: what became of the one-time code that it tells, a `CodeVerdict`."""

CodeVerdict = Literal["right", "wrong", "too_many", "known_otherwise"]
"""`known_otherwise`: the conversation is another known customer's already."""

SAID_AT = "said_at"
"""In a message's metadata: where its text says the payload's entities (name -> start, end), from channels that understand by themselves."""


@dataclass(frozen=True)
class Joined:
    """What came with a conversation that moved into another: its accounts, by name, and its window of events.

    `into_customer`: the other is known to be a customer of the shop, and not just an account.
    """

    name: str
    accounts: tuple[str, ...]
    window: tuple[str, ...]
    into_customer: bool


@dataclass(frozen=True)
class Incoming:
    """One thing a person (or a device) said to us, on any channel.

    `payload` is what a button carries: a Rasa intent such as `/affirm` or `/ask_product{"product": "aeropix-mini"}`;
    it is understood without the NLU. `language` is a hint of the channel's ("de", "en"), not a decision.
    `voice` says that the answer will be heard and not read: responses are taken in their `channel: voice` wording.
    `reply_to` names the gateway that holds the line for the answer, for channels that answer in the same response.
    `joined` comes with the message that made its conversation move into this one.
    """

    channel: str
    account: str
    message_id: str
    text: str
    payload: str | None = None
    language: str | None = None
    received_at: float = 0.0
    voice: bool = False
    reply_to: str | None = None
    joined: Joined | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> "Incoming":
        return cls.from_dict(orjson.loads(raw))

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> "Incoming":
        joined = fields.get("joined")
        return cls(**{**fields, "joined": joined and Joined(**joined)})


@dataclass(frozen=True)
class Move:
    """To a conversation: it is to move into another one, which then answers `message`."""

    into: str
    message: Incoming
    into_customer: bool

    def encode(self) -> bytes:
        return orjson.dumps({"task": "move", **asdict(self)})


@dataclass(frozen=True)
class Part:
    """To a conversation: an account is not its customer's any more, and has its own conversation back."""

    account: str

    def encode(self) -> bytes:
        return orjson.dumps({"task": "part", **asdict(self)})


Item = Incoming | Move | Part
"""What may wait in a conversation's queue."""


def item_of(raw: bytes) -> Item:
    fields = orjson.loads(raw)
    match fields.pop("task", None):
        case "move":
            return Move(**{**fields, "message": Incoming.from_dict(fields["message"])})
        case "part":
            return Part(**fields)
        case _:
            return Incoming.from_dict(fields)


@dataclass(frozen=True)
class Button:
    """A choice offered: what it says and what pressing it means."""

    title: str
    payload: str


@dataclass(frozen=True)
class Card:
    """A product (or order) shown with its picture and choices."""

    title: str
    subtitle: str = ""
    image: str | None = None
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Document:
    """A paper behind a link: an invoice, a label. Channels that can hand it over as a file."""

    title: str
    url: str


@dataclass(frozen=True)
class Reply:
    """One thing we say. A channel shows what it can and speaks the rest.

    A `document` is named by its link in the text, too. `response` is its name in domain.yml, if it has one. `shown_on` names the channel where its link is shown, for who only hears this.
    """

    text: str | None = None
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    cards: tuple[Card, ...] = ()
    document: Document | None = None
    language: str = "de"
    response: str | None = None
    shown_on: str | None = None

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Reply":
        return cls(
            text=raw.get("text"),
            image=raw.get("image"),
            buttons=_buttons(raw.get("buttons", ())),
            cards=tuple(_card(card) for card in raw.get("cards", ())),
            document=Document(**raw["document"]) if raw.get("document") else None,
            language=raw.get("language", "de"),
            response=raw.get("response"),
            shown_on=raw.get("shown_on"),
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Delivery:
    """One reply on its way to one account.

    `delivery_id` is made from the id of the message that it answers, the same at every attempt. `metadata` is the
    message's own: what the channel noted to find its way back.
    """

    channel: str
    account: str
    delivery_id: str
    reply: Reply
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> "Delivery":
        fields = orjson.loads(raw)
        fields["reply"] = Reply.from_dict(fields["reply"])
        return cls(**fields)


@dataclass(frozen=True)
class State:
    """What a conversation has come to: the version of its events, and the events of its window unless at hand already.

    `account` is the name of the one that speaks. `accounts` are those that were linked, by name, with the time (seconds since
    the epoch); none as long as there is one account.
    """

    version: str
    window: Sequence[bytes] | None
    account: str = ""
    accounts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CodeWish:
    """A one-time code that is to be made, and put where `mark` stands in what is said.

    `proves` is the conversation to which whoever tells the code belongs; `is_customer`, if that is a known customer's. A code
    `told_by` a conversation counts from there alone. A long one is for links, which nobody has to type.
    """

    mark: str
    proves: str
    told_by: str | None = None
    is_customer: bool = False
    is_long: bool = False


@dataclass(frozen=True)
class Elsewhere:
    """A reply that goes to another account than the one that asked."""

    channel: str
    account: str
    reply: Reply


@dataclass(frozen=True)
class Answer:
    """What a turn wants: to say `replies`, to append `events`, and perhaps to replace the window.

    With `code`, the message tells a one-time code: it is to be answered again with the code's verdict in its metadata, and
    nothing else of this answer counts.
    """

    replies: tuple[Reply, ...]
    events: Sequence[bytes]
    window: Sequence[bytes] | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    codes: tuple[CodeWish, ...] = ()
    parted: tuple[str, ...] = ()
    code: str | None = None


def _buttons(raw: Any) -> tuple[Button, ...]:
    return tuple(Button(title=str(button["title"]), payload=str(button["payload"])) for button in raw)


def _card(raw: Mapping[str, Any]) -> Card:
    return Card(
        title=str(raw["title"]),
        subtitle=str(raw.get("subtitle") or ""),
        image=raw.get("image"),
        buttons=_buttons(raw.get("buttons", ())),
    )

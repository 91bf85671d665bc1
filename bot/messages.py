"""The words that every room shares: what comes in, what goes out. Imports nothing of ours."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

MAX_TEXT_LENGTH = 4_000
"""Characters of one message that are read; what is longer is cut at the door (no vendor's limit is above 4,096)."""

SAID_AT = "said_at"
"""In a message's metadata: where its text says the payload's entities (name -> start, end), from channels that understand by themselves."""


@dataclass(frozen=True)
class Incoming:
    """One thing a person (or a device) said to us, on any channel.

    `payload` is what a button carries: a Rasa intent such as `/affirm` or `/ask_product{"product": "aeropix-mini"}`;
    it is understood without the NLU. `language` is a hint of the channel's ("de", "en"), not a decision.
    `voice` says that the answer will be heard and not read: responses are taken in their `channel: voice` wording.
    `reply_to` names the gateway that holds the line for the answer, for channels that answer in the same response.
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
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def decode(cls, raw: bytes) -> "Incoming":
        return cls(**orjson.loads(raw))


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
class Reply:
    """One thing we say. A channel shows what it can and speaks the rest."""

    text: str | None = None
    image: str | None = None
    buttons: tuple[Button, ...] = ()
    cards: tuple[Card, ...] = ()
    language: str = "de"

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Reply":
        return cls(
            text=raw.get("text"),
            image=raw.get("image"),
            buttons=_buttons(raw.get("buttons", ())),
            cards=tuple(_card(card) for card in raw.get("cards", ())),
            language=raw.get("language", "de"),
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
    """What a conversation has come to: the version of its events, and the events of its window unless at hand already."""

    version: str
    window: Sequence[bytes] | None


@dataclass(frozen=True)
class Answer:
    """What a turn wants: to say `replies`, to append `events`, and perhaps to replace the window."""

    replies: tuple[Reply, ...]
    events: Sequence[bytes]
    window: Sequence[bytes] | None = None


def _buttons(raw: Any) -> tuple[Button, ...]:
    return tuple(Button(title=str(button["title"]), payload=str(button["payload"])) for button in raw)


def _card(raw: Mapping[str, Any]) -> Card:
    return Card(
        title=str(raw["title"]),
        subtitle=str(raw.get("subtitle") or ""),
        image=raw.get("image"),
        buttons=_buttons(raw.get("buttons", ())),
    )

"""Long conversations made from a real one, for our store and for Rasa's: the same events, again and again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from benchmarks.visits import Visit
from bot.redis_client import Client

LENGTHS = (1, 100, 1_000, 10_000)
CYCLE = 100
"""Turns of the real conversation that the longer ones repeat."""

Raw = bytes
"""An event as our log keeps it."""


_ORDER_NUMBER = re.compile(r"NC-\d+")

HANDED_OVER = "benchmark:handed-over"
"""Redis key under which our part of the benchmark leaves what stock Rasa is to be given."""


@dataclass(frozen=True)
class HandedOver:
    """The same for both: histories of 1 and CYCLE turns, and a visit with what was understood and answered.

    `understood` is Rasa's parse data, one per message; `said` are the bot's words in the whole visit.
    """

    first: list[str]
    cycle: list[str]
    texts: list[str]
    understood: list[dict[str, Any]]
    said: list[str]

    @classmethod
    def of(cls, first: Sequence[Raw], cycle: Sequence[Raw], visited: Sequence[Raw], visit: Visit) -> "HandedOver":
        """`visited` are the events of a conversation that ended with the visit."""
        events = [orjson.loads(event) for event in visited]
        starts = [index for index, event in enumerate(events) if event["event"] == "user"][-len(visit) :]
        return cls(
            first=[event.decode() for event in first],
            cycle=[event.decode() for event in cycle],
            texts=[said.payload or said.text for said in visit],
            understood=[events[index]["parse_data"] for index in starts],
            said=[event["text"] for event in events[starts[0] :] if event["event"] == "bot"],
        )

    async def leave(self, redis: Client) -> None:
        await redis.set(HANDED_OVER, orjson.dumps(self))

    @classmethod
    def found(cls, raw: Any) -> "HandedOver":
        """Raises LookupError when our part has not run before."""
        if not isinstance(raw, bytes):
            raise LookupError("stock repeats what `ours` did: name both, `python -m benchmarks ours stock`")
        return cls(**orjson.loads(raw))


def repeated(cycle: Sequence[Raw], turns: int) -> list[Raw]:
    """The events of a conversation of so many turns. `cycle` is that of one of CYCLE turns, which ends in no form."""
    session, body = _parts(cycle)
    return [*session, *(list(body) * (turns // CYCLE))]


def dialogue(name: str, events: Sequence[Raw]) -> bytes:
    """As Rasa's RedisTrackerStore keeps it; times go up, as they do in life.

    Begins with the session start. What our channels' metadata puts before it makes that store compare every event with
    every other at every turn; Rasa's own channels send none.
    """
    told: list[dict[str, Any]] = [orjson.loads(event) for event in events]
    told = told[next(index for index, event in enumerate(told) if event["event"] == "action") :]
    began = told[-1]["timestamp"] - len(told)
    for number, event in enumerate(told):
        event["timestamp"] = began + number
    return orjson.dumps({"name": name, "events": told})


def _parts(cycle: Sequence[Raw]) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """The start of the session, and what follows from the first message on."""
    first = next(index for index, event in enumerate(cycle) if orjson.loads(event)["event"] == "user")
    return cycle[:first], cycle[first:]


def check_same(visits: Sequence[Sequence[str]]) -> None:
    """Raises ValueError unless all were told the same, but for the numbers of their orders."""
    told = [[_ORDER_NUMBER.sub("NC-…", text) for text in visit] for visit in visits]
    different = next((visit for visit in told if visit != told[0]), None)
    if different:
        raise ValueError(
            f"the same visit was answered differently, so costs cannot be compared: {told[0]} and {different}"
        )

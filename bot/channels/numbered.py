"""Choices for channels without buttons: numbered in words, and answered by their number."""

import re
from collections.abc import Sequence
from dataclasses import replace

import orjson

from bot.messages import Button, Incoming, Reply
from bot.redis_client import Client

CHOICES_SECONDS = 24 * 3600

_NUMBER = re.compile(r"\s*(\d{1,2})[.)]?\s*\Z")


class Choices:
    """What the numbers mean that a customer saw last."""

    def __init__(self, redis: Client, channel: str) -> None:
        self._redis = redis
        self._channel = channel

    async def offered(self, account: str, text: str, choices: Sequence[Button]) -> None:
        """A question without choices ends those before it: a number answers the question then."""
        key = self._key(account)
        if choices:
            kept = orjson.dumps([[button.title, button.payload] for button in choices])
            await self._redis.set(key, kept, ex=CHOICES_SECONDS)
        elif text.rstrip().endswith("?"):
            await self._redis.delete(key)

    async def meant(self, incoming: Incoming) -> Incoming:
        """The message as the choice whose number it is, if it is one."""
        number = _NUMBER.match(incoming.text)
        kept = await self._redis.get(self._key(incoming.account)) if number else None
        choices = orjson.loads(kept) if kept else []
        if number is None or not 1 <= int(number[1]) <= len(choices):
            return incoming
        title, payload = choices[int(number[1]) - 1]
        return replace(incoming, text=title, payload=payload)

    def _key(self, account: str) -> str:
        return f"nc:{self._channel}:choices:{account}"


def rendered(reply: Reply) -> tuple[str, list[Button]]:
    """A reply in words, with the choices that its numbers stand for; pictures by their address."""
    choices: list[Button] = []
    lines = [*_lines(reply.text or "", reply.image, reply.buttons, choices)]
    for card in reply.cards:
        lines += _lines(f"{card.title}\n{card.subtitle}".strip(), card.image, card.buttons, choices)
    return "\n".join(lines), choices


def _lines(text: str, image: str | None, buttons: Sequence[Button], choices: list[Button]) -> list[str]:
    """Numbers go on from card to card."""
    lines = [line for line in (text, image) if line]
    for button in buttons:
        choices.append(button)
        lines.append(f"{len(choices)}: {button.title}")
    return lines

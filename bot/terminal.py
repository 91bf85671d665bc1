"""A conversation in the terminal, with the model and the actions of the real assistant and its state in memory."""

import asyncio
import sys
import uuid

from rich.console import Console

from bot.dialogue.assistant import Assistant
from bot.messages import Button, Incoming, Reply, State

HINT = {
    "de": "Schreib los. Zahlen drücken Knöpfe, Strg-D beendet.",
    "en": "Just type. Numbers press buttons, Ctrl-D ends.",
}


class Terminal:
    """Reads lines, shows replies; numbers press the buttons that were shown last."""

    def __init__(self, assistant: Assistant, console: Console, language: str, verbose: bool) -> None:
        self._assistant = assistant
        self._console = console
        self._language = language
        self._verbose = verbose
        self._account = uuid.uuid4().hex[:8]
        self._buttons: list[Button] = []
        self._events: list[bytes] = []
        self._version = 0

    async def talk(self) -> None:
        self._console.print(f"[dim]{HINT.get(self._language, HINT['de'])}[/dim]")
        while (line := await asyncio.to_thread(_read_line)) is not None:
            if line:
                await self._say(line)
        await self._assistant.close()

    async def _say(self, line: str) -> None:
        incoming = self._incoming(line)
        if self._verbose and incoming.payload is None:
            await self._show_understanding(line)
        name = f"terminal-{self._account}"
        answer = await self._assistant.answer(name, incoming, State(str(self._version), self._events))
        self._version += 1
        self._assistant.keep(name, str(self._version))
        self._events = list(answer.window) if answer.window is not None else [*self._events, *answer.events]
        self._buttons = []
        for reply in answer.replies:
            self._show(reply)

    def _incoming(self, line: str) -> Incoming:
        message_id = uuid.uuid4().hex
        if line.isdigit() and 0 < int(line) <= len(self._buttons):
            button = self._buttons[int(line) - 1]
            return Incoming("terminal", self._account, message_id, button.title, button.payload, self._language)
        return Incoming("terminal", self._account, message_id, line, language=self._language)

    async def _show_understanding(self, line: str) -> None:
        parsed = await self._assistant.parse(line)
        entities = ", ".join(f"{found['entity']}={found['value']!r}" for found in parsed["entities"]) or "-"
        intent = parsed["intent"]
        self._console.print(f"  {intent['name']} {intent['confidence']:.2f} | {entities}", style="cyan", markup=False)

    def _show(self, reply: Reply) -> None:
        if reply.text:
            self._console.print(reply.text, style="bold green", markup=False)
        if reply.image:
            self._console.print(f"[picture] {reply.image}", style="dim", markup=False)
        self._offer(reply.buttons)
        for card in reply.cards:
            self._console.print(f"* {card.title}: {card.subtitle}", style="green", markup=False)
            self._offer(card.buttons)

    def _offer(self, buttons: tuple[Button, ...]) -> None:
        for button in buttons:
            self._buttons.append(button)
            self._console.print(f"    {len(self._buttons)}  {button.title}", style="yellow", markup=False)


def _read_line() -> str | None:
    """A line without its end; None at the end of input."""
    try:
        return input("> " if sys.stdin.isatty() else "").strip()
    except (EOFError, KeyboardInterrupt):
        return None

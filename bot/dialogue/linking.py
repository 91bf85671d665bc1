"""What actions are told of a customer's accounts, and what they may ask for beyond saying something here.

To an action, the latest message's metadata has `account` (who speaks), `accounts` (all that are linked), `code` (what became of a
one-time code in the message) and `joined` (what a conversation that has become part of this one had come to). An action asks by
a custom message, `dispatcher.utter_message(json_message=…)`, with one of:

- `{"tell": {"to": account name, "response": name, "values": {…}, "buttons": […]}}`, or with `text` in place of `response`;
- `{"tell": {"mail": address, …}}`, the same by mail;
- `{"code": {…}}`, the fields of a `CodeWish`, whose mark may stand in anything that is said;
- `{"part": account name}`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa.shared.core.slots import Slot

from bot.dialogue.events import decode
from bot.dialogue.tracker import WindowTracker
from bot.messages import CODE, Button, CodeWish, Elsewhere, Incoming, Joined, Reply, State

Said = Callable[[str, Mapping[str, Any], str], str]
"""The text of a response with its values, in the wording of a channel."""

LINKING_INTENT = "link_channel"
CODE_QUESTIONS = frozenset({"link_code", "proof_code"})
"""Questions that a code answers."""

NOT_CARRIED = frozenset(
    {
        "language",
        "form_of_address",
        "form_of_address_asked_for",
        "requested_slot",
        "session_started_metadata",
        "proven",
        "joins",
    }
)
"""Slots of a conversation that stay behind when it moves into another."""

SHORT, LONG = 6, 8
_TOKEN = re.compile(r"\blink-([\w-]{20,64})(?![\w-])")
_DIGITS = re.compile(r"(?<![\w+])\d(?:[ .\-]{0,3}\d){5,7}(?!\w)")
_SPOKEN = {
    word: digit
    for digit, words in enumerate(
        ("null zero oh", "eins one ein", "zwei zwo two", "drei three", "vier four", "fünf fuenf five", "sechs six", "sieben seven",
         "acht eight", "neun nine")
    )
    for word in words.split()
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+|\d")
_LINK = re.compile(r"https?://\S")


def code_in(text: str, *, is_asked_for: bool) -> str | None:
    """The one-time code that a text tells; as long as nobody asked for one, only the long kind."""
    if token := token_in(text):
        return token
    for found in _DIGITS.finditer(text):
        digits = re.sub(r"\D", "", found.group())
        if len(digits) == LONG or (is_asked_for and len(digits) == SHORT):
            return digits
    spoken = "".join(_spoken_digits(text)) if is_asked_for else ""
    return spoken if len(spoken) in (SHORT, LONG) else None


def token_in(text: str) -> str | None:
    """The code of a link that the customer came by."""
    found = _TOKEN.search(text)
    return found[1] if found else None


def _spoken_digits(text: str) -> Iterable[str]:
    for word in _WORD.findall(text.lower()):
        if word.isdigit():
            yield word
        elif word in _SPOKEN:
            yield str(_SPOKEN[word])


def for_actions(name: str, incoming: Incoming, state: State, slots: Sequence[Slot], reach: "Reach") -> dict[str, Any]:
    """The metadata about accounts; empty for a customer who has one account and tells no code."""
    accounts = set(state.accounts)
    if incoming.joined:
        accounts |= set(incoming.joined.accounts) | (set() if incoming.joined.into_customer else {name})
    found: dict[str, Any] = {}
    if accounts:
        found["accounts"] = [reach.described(account) for account in sorted(accounts)]
    if accounts or CODE in incoming.metadata:
        found["account"] = state.account
    if incoming.joined:
        found["joined"] = _described(incoming.joined, slots)
    return found


def _described(joined: Joined, slots: Sequence[Slot]) -> dict[str, Any]:
    events = [decode(event.encode()) for event in joined.window]
    tracker = WindowTracker.restored(joined.name, events, slots)
    values = {name: slot.value for name, slot in tracker.slots.items() if slot.value is not None}
    return {
        "name": joined.name,
        "into_customer": joined.into_customer,
        "form": tracker.active_loop_name,
        "slots": {name: value for name, value in values.items() if name not in NOT_CARRIED},
    }


NO_TITLES: Mapping[str, str] = {}


class Reach:
    """Which accounts can be written to unasked, and which can show something."""

    def __init__(
        self,
        push: frozenset[str],
        screen: frozenset[str],
        account_of: Callable[[str], tuple[str, str]],
        titles: Mapping[str, str] = NO_TITLES,
    ) -> None:
        """`titles`: what customers call a channel, where that is not its name with a capital."""
        self._push = push
        self._screen = screen
        self._titles = titles
        self.account_of = account_of

    def screen_among(self, accounts: Iterable[str], present: str) -> tuple[str, str] | None:
        """Another account that shows what is only heard here, and what its channel is called; the page comes last."""
        able = [name for name in accounts if name != present and self.account_of(name)[0] in self._push & self._screen]
        chosen = min(able, key=lambda name: (self.account_of(name)[0] == "web", name), default=None)
        if chosen is None:
            return None
        channel = self.account_of(chosen)[0]
        return chosen, self._titles.get(channel, channel.title())

    def described(self, account: str) -> dict[str, Any]:
        channel, _ = self.account_of(account)
        return {"name": account, "channel": channel, "push": channel in self._push, "screen": channel in self._screen}


NOBODY_ELSE = Reach(frozenset(), frozenset(), lambda name: ("", name))


def elsewhere(asked: Iterable[Mapping[str, Any]], said: Said, language: str, reach: Reach) -> tuple[Elsewhere, ...]:
    """What is to be told to other accounts, in their wording."""
    return tuple(_told(custom["tell"], said, language, reach) for custom in asked if "tell" in custom)


def _told(tell: Mapping[str, Any], said: Said, language: str, reach: Reach) -> Elsewhere:
    channel, account = ("mail", tell["mail"]) if "mail" in tell else reach.account_of(tell["to"])
    text = said(tell["response"], tell.get("values") or {}, channel) if "response" in tell else tell["text"]
    buttons = tuple(Button(button["title"], button["payload"]) for button in tell.get("buttons") or ())
    return Elsewhere(channel, account, Reply(text=text, buttons=buttons, language=language))


def with_links_shown(
    replies: tuple[Reply, ...], accounts: Iterable[str], present: str, reach: Reach
) -> tuple[tuple[Reply, ...], tuple[Elsewhere, ...]]:
    """What is only heard, and what of it must be seen and goes to another of the customer's accounts."""
    screen = reach.screen_among(accounts, present)
    if screen is None or not any(_LINK.search(reply.text or "") for reply in replies):
        return replies, ()
    name, title = screen
    shown = tuple(Elsewhere(*reach.account_of(name), reply) for reply in replies if _LINK.search(reply.text or ""))
    return tuple(
        replace(reply, shown_on=title) if _LINK.search(reply.text or "") else reply for reply in replies
    ), shown


def codes(asked: Iterable[Mapping[str, Any]]) -> tuple[CodeWish, ...]:
    return tuple(CodeWish(**custom["code"]) for custom in asked if "code" in custom)


def parted(asked: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(custom["part"] for custom in asked if "part" in custom)

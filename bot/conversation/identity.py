"""Whose conversation a message belongs to."""

import re
from collections.abc import Mapping

_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")
_SPELLED = re.compile(r"~([0-9a-f]+)~")


def conversation_of(channel: str, account: str) -> str:
    """An account's name: of its own conversation, and of the customer whom the shop knows by it until it is linked.

    Characters that mean something in a Redis key or a URL are spelled as their code point, so that no two accounts
    share a conversation.
    """
    return f"{channel}-{_UNSAFE.sub(lambda match: f'~{ord(match.group()):x}~', account)}"


def account_of(name: str) -> tuple[str, str]:
    """The channel and the account that a name was made of."""
    channel, _, account = name.partition("-")
    return channel, _SPELLED.sub(lambda match: chr(int(match.group(1), 16)), account)


def is_known_customer(name: str, accounts: Mapping[str, float]) -> bool:
    """Whether a conversation is that of one of the shop's customers, and not just of accounts that found each other."""
    return bool(accounts) and name not in accounts

"""Whose conversation a message belongs to."""

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_.@+-]")


def conversation_of(channel: str, account: str) -> str:
    """The conversation of an account, which is also the id of the customer whom the shop knows by it.

    Characters that mean something in a Redis key or a URL are spelled as their code point, so that no two accounts
    share a conversation.
    """
    return f"{channel}-{_UNSAFE.sub(lambda match: f'~{ord(match.group()):x}~', account)}"

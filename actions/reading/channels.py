"""Which channel a message names."""

import re

from actions.reading.heard import Heard

_NAMES = {
    "whatsapp": r"whats?\s*app|whatsapp|\bwa\b",
    "telegram": r"telegram|\btele\b",
    "messenger": r"messenger|facebook",
    "instagram": r"insta",
    "alexa": r"alexa|echo",
    "sms": r"\bsms\b|text message",
    "matrix": r"matrix|element",
    "web": r"web|browser|laptop|rechner|\bpc\b|computer",
    "phone": r"anruf|phone call|call me|telefonisch",
}
_CHANNELS = {channel: re.compile(pattern, re.I) for channel, pattern in _NAMES.items()}


def channel_named(heard: Heard) -> str | None:
    """By the name that channels have in this project; None when none is named, or just "my phone"."""
    return next((channel for channel, pattern in _CHANNELS.items() if pattern.search(heard.text)), None)

"""What a link into a channel carries: t.me/…?start=…, m.me/…?ref=…."""

import re

_CODE = re.compile(r"link-([\w-]{10,64})\Z")
_PRODUCT = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*\Z")


def meant_by(reference: str) -> str | None:
    """The payload: a one-time code that links the account, or a product to begin with; None for neither."""
    if code := _CODE.match(reference):
        return f'/link_channel{{"code": "{code[1]}"}}'
    return f'/ask_product{{"product": "{reference}"}}' if _PRODUCT.match(reference) else None

"""Long texts in pieces, because every vendor has a limit and nothing said may be cut off."""

SEAMS = ("\n\n", "\n", ". ", " ")
"""Where a text is parted, the best place first."""


def units(text: str) -> int:
    """Length in UTF-16 code units, as vendors count: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> list[str]:
    """Pieces of at most `limit` (2 or more) UTF-16 units, in order; only white space at the seams is lost. Empty for no words."""
    pieces = []
    rest = text.strip()
    while units(rest) > limit:
        head = _head(rest, limit)
        cut = _seam(head)
        pieces.append(head[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces


def _head(text: str, limit: int) -> str:
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def _seam(head: str) -> int:
    """After the last good place in the second half; at the very end when there is none."""
    for seam in SEAMS:
        at = head.rfind(seam, len(head) // 2)
        if at > 0:
            return at + len(seam.rstrip() or seam)
    return len(head)

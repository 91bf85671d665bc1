"""Long texts in pieces: nothing is lost, and no piece is too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.pieces import split, units


@given(text=st.text(max_size=400), limit=st.integers(2, 60))
def test_every_character_is_in_a_piece_that_is_short_enough(text: str, limit: int) -> None:
    pieces = split(text, limit)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert all(0 < units(piece) <= limit for piece in pieces)
    assert all(piece == piece.strip() for piece in pieces)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        (" \n ", []),
        ("Gern.", ["Gern."]),
        ("Erster Absatz.\n\nZweiter Absatz. Und noch ein Satz.", ["Erster Absatz.", "Zweiter Absatz.", "Und noch ein Satz."]),
        ("eins zwei drei vier fünf", ["eins zwei drei vier", "fünf"]),
        ("ohneeineneinzigenzwischenraum", ["ohneeineneinzigenzwi", "schenraum"]),
        ("🚁" * 11, ["🚁" * 10, "🚁"]),
    ],
)  # fmt: skip
def test_a_text_is_parted_where_a_reader_would(text: str, pieces: list[str]) -> None:
    assert split(text, 20) == pieces

"""Whoever sends something that is not text is told what to do instead, and loses nothing that was begun."""

import pytest

from tests.house import House


@pytest.mark.parametrize(
    ("kind", "words", "english"),
    [
        ("voice", "Sprachnachrichten", "listen to voice messages"),
        ("photo", "beschädigt", "damaged"),
        ("video_note", "Video", "video"),
        ("document", "Dateien", "open files"),
        ("location", "die ganze Adresse", "full address"),
        ("contact", "Kontakte", "contacts"),
        ("sticker", "in Worten", "in words"),
        ("encrypted", "verschlüsselt", "encrypted"),
        ("something new", "als Text", "as text"),
    ],
)
async def test_what_is_not_text_is_answered_by_its_kind(house: House, kind: str, words: str, english: str) -> None:
    media = {"unreadable": kind}
    assert words in await house.customer("kim").says("", metadata=media)
    assert english in await house.customer("alex", language="en").says("", metadata=media)


async def test_what_was_asked_is_asked_again(house: House) -> None:
    kim = house.customer()
    asked = (await kim.says("ich nehme die aeropix mini in rot")).splitlines()[-1]
    answer = await kim.says("", metadata={"unreadable": "location"})
    assert "die ganze Adresse" in answer
    assert asked in answer
    assert "Lindenweg 12" in await kim.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig, mit paypal")

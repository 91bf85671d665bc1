"""Numbers that are said digit by digit, or behind a street, are written in figures before anything is understood."""

import pytest

from bot.nlu.spoken import in_figures


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("null vier eins null sieben", "04107"),
        ("oh four one oh nine", "04109"),
        ("an jonas reuter lindenweg zwölf in leipzig", "an jonas reuter lindenweg 12 in leipzig"),
        ("lindenweg fünf null vier eins null sieben leipzig", "lindenweg 5 04107 leipzig"),
        ("hauptstraße einundzwanzig b", "hauptstraße 21 b"),
        ("schillerstraße twenty five in leipzig", "schillerstraße 25 in leipzig"),
        ("am markt drei", "am markt 3"),
        ("drei eins drei vier nein moment null vier eins null sieben", "3134 nein moment 04107"),
        (
            "d e acht neun drei sieben null vier doppel null vier vier null fünf drei zwei null eins drei null null null",
            "DE89370400440532013000",
        ),
        ("n c eins null vier zwei doppel drei", "n c 104233"),
    ],
)
def test_what_is_spoken_is_written_in_figures(said: str, written: str) -> None:
    assert in_figures(said) == written


@pytest.mark.parametrize(
    "text",
    [
        "zwei minis und drei stühle bitte",
        "on my way two of them broke",
        "eins, zwei, drei, vier",
        "eine von den beiden",
        "lindenweg 12, 04107 leipzig",
        "auf dem weg zwei platten gehabt",
        "ich brauche zwölf monate",
        "",
        "?!",
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert in_figures(text) == text

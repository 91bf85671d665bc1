"""What a voice says of a reply, and how it pronounces what was written for the eye."""

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.speech import Screen, of_more, speech, spoken, ssml
from bot.messages import Button, Card, Reply


def choices(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title, title) for title in titles)


YES_NO = (Button("Ja", "/affirm"), Button("Nein", "/deny"))


@pytest.mark.parametrize(
    ("language", "written", "heard"),
    [
        ("de", "Das macht 499 €.", "Das macht 499 Euro."),
        ("de", "Das macht 23,20 € im Monat.", "Das macht 23 Euro 20 im Monat."),
        ("de", "Das macht 23.990\u00a0€.", "Das macht 23990 Euro."),
        ("de", "Noch 0,90 €, dann 1 €.", "Noch 90 Cent, dann ein Euro."),
        ("de", "Das sind 12,50 CHF.", "Das sind 12 Franken 50."),
        ("en", "That's €1,499.90.", "That's 1499 euros 90."),
        ("en", "That's €1 or US$20.", "That's one euro or 20 dollars."),
        ("de", "Sie kommt am 2. Dezember.", "Sie kommt am zweiten Dezember."),
        ("de", "Sie kommt am Freitag, 27. November.", "Sie kommt am Freitag, dem siebenundzwanzigsten November."),
        ("de", "Bis Montag, 30. November 2027.", "Bis Montag, den dreißigsten November 2027."),
        ("de", "Bis 3.3.2027.", "Bis zum dritten März 2027."),
        ("de", "Ab 2026-12-02.", "Ab dem zweiten Dezember 2026."),
        ("en", "It arrives on 2 December.", "It arrives on the second of December."),
        ("en", "Until Friday, 27 November 2027.", "Until Friday, the twenty-seventh of November 2027."),
        ("de", "Um 14:30 Uhr und 9:00 Uhr.", "Um 14 Uhr 30 und 9 Uhr."),
        ("en", "At 14:30, 9:00 and 8:05.", "At 2 30 p m, 9 a m and 8 oh 5 a m."),
        ("de", "Bestellung NC-104201", "Bestellung N C, eins null vier, zwei null eins."),
        ("en", "Subscription SB-200001", "Subscription S B, two zero zero, zero zero one."),
        ("de", "USt-IdNr. DE123456789", "Umsatzsteuer-Nummer D E, eins zwei drei, vier fünf sechs, sieben acht neun."),
        ("de", "Code GC-AB4K-9XYZ", "Code G C, A B, vier, K, neun, X Y Z."),
        ("de", "Rechnung 2026-00017", "Rechnung zwei null, zwei sechs, null null null eins sieben."),
        ("de", "IBAN DE89 3704 0044 0532 0130 00",
         "IBAN D E, acht neun, drei sieben, null vier, null null, vier vier, null fünf, drei zwei, null eins, drei null, null null."),
        ("de", "Ruf +49 40 1234567 an.", "Ruf null vier null, eins zwei drei, vier fünf, sechs sieben an."),
        ("en", "Call +49 40 1234567.", "Call plus four nine, four zero, one two three, four five, six seven."),
        ("de", "an jonas.reuter@example.org", "an jonas Punkt reuter ät example Punkt org."),
        ("de", "2 × AeroPix Mini", "zweimal AeroPix Mini."),
        ("en", "2 × AeroPix Mini", "2 times AeroPix Mini."),
        ("de", "Reichweite 6,5 km, 54 km/h, 245 g", "Reichweite 6 Komma fünf Kilometer, 54 Kilometer pro Stunde, 245 Gramm."),
        ("en", "range 6.5 km, 80 %, 20 °C", "range 6 point five kilometres, 80 percent, 20 degrees."),
        ("de", "Sitzhöhe 41-54 cm, 8–20 Uhr", "Sitzhöhe 41 bis 54 Zentimeter, 8 bis 20 Uhr."),
        ("de", "z. B. inkl. Akku, ca. 3 kg", "zum Beispiel inklusive Akku, etwa 3 Kilo."),
        ("en", "e.g. incl. battery", "for example including battery."),
        ("de", "AeroPix Mini (rot) ist da.", "AeroPix Mini, rot, ist da."),
        ("de", "Das ist da (in Rot).", "Das ist da, in Rot."),
        ("de", "37,70 € (1 Monat)", "37 Euro 70 für einen Monat."),
        ("de", "Größe XL, Urbano E1", "Größe X L, Urbano E 1."),
        ("de", "**Wichtig**: sag „Mensch“ & fertig 🎉", "Wichtig: sag Mensch und fertig."),
        ("de", "Anna Weiß, Lange Str. 5a, 04107 Leipzig", "Anna Weiß, Lange Straße 5a, null vier eins null sieben Leipzig."),
        ("en", "in 8001 Zürich, Bahnhofstr. 2", "in 8001 Zürich, Bahnhofstraße 2."),
    ],
)  # fmt: skip
def test_what_is_written_is_said_as_people_say_it(language: str, written: str, heard: str) -> None:
    assert spoken(Reply(text=written, language=language)) == heard


def test_a_link_is_never_read_but_where_to_find_it_is_said() -> None:
    reply = Reply(text="Hier ist dein Etikett: https://shop.example.org/d/x?y=1\nSchick es bis Montag ab. Noch etwas?")
    assert spoken(reply) == (
        "Hier ist dein Etikett. Schick es bis Montag ab. "
        "Den Link kann ich nicht vorlesen, den gibt es im Chat auf unserer Seite. Noch etwas?"
    )
    assert "kommt als SMS" in spoken(reply, Screen.SMS)
    assert speech((reply,)).links == ("https://shop.example.org/d/x?y=1",)


def test_of_a_long_list_three_are_said_and_the_rest_when_asked() -> None:
    said = speech((Reply(text="Es gibt:\n- Rot\n- Weiß\n- Schwarz\n- Blau\n- Grün"),))
    assert said.text == "Es gibt: Rot. Weiß. Schwarz. Und noch zwei weitere. Soll ich sie nennen?"
    assert of_more(said.more, "de").text == "Blau. Grün."


def test_a_list_in_a_sentence_is_short_too() -> None:
    said = speech((Reply(text="We have drones, e-bikes, cars, chairs and shoes.", language="en"),))
    assert said.text == "We have drones, e-bikes, cars and two more. Shall I name them?"
    assert of_more(said.more, "en").text == "Chairs and shoes."


def test_what_a_yes_is_said_to_is_said_whole() -> None:
    text = "Das wären 2 × A, 1 × B, 1 × C, 1 × D und 1 × E, zusammen 9 €. Soll ich das so bestellen?"
    assert "einmal D und einmal E" in spoken(Reply(text=text, buttons=YES_NO))


def test_sizes_in_a_row_are_a_range() -> None:
    sizes = [str(size) for size in range(38, 47)]
    reply = Reply(text=f"Welche Größe: {', '.join(sizes[:-1])} oder 46?", buttons=choices(*sizes))
    assert spoken(reply) == "Welche Größe: 38 bis 46?"


def test_choices_are_said_unless_the_text_names_them() -> None:
    assert spoken(Reply(text="Welche Farbe?", buttons=choices("Rot", "Weiß"))) == "Welche Farbe: Rot oder Weiß?"
    assert spoken(Reply(text="Rot oder Weiß?", buttons=choices("Rot", "Weiß"))) == "Rot oder Weiß?"
    assert spoken(Reply(text="Er ist da.", buttons=choices("Bestellen"))) == "Er ist da. Bestellen?"
    assert spoken(Reply(text="Soll ich?", buttons=YES_NO)) == "Soll ich?"


def test_of_many_choices_three_are_said() -> None:
    reply = Reply(text="Which one?", buttons=choices("A", "B", "C", "D", "E"), language="en")
    assert spoken(reply) == "Which one: A, B, C and two more?"


def test_a_card_is_one_sentence_and_the_question_comes_last() -> None:
    cards = tuple(Card(name, "Klein. Ab 499 €.") for name in ("Mini", "Pro", "Max", "GT"))
    assert spoken(Reply(text="Welches Modell?", cards=cards)) == (
        "Mini: Klein, Ab 499 Euro. Pro: Klein, Ab 499 Euro. Max: Klein, Ab 499 Euro. Und noch etwas. Welches Modell?"
    )


def test_several_replies_are_one_speech() -> None:
    said = speech((Reply(text="Alles klar."), Reply(text="Welche Farbe?", buttons=choices("Rot", "Weiß"))))
    assert said.text == "Alles klar. Welche Farbe: Rot oder Weiß?"
    assert [choice.title for choice in said.choices] == ["Rot", "Weiß"]


def test_ssml_has_pauses_where_something_is_spelled() -> None:
    heard = ssml(Reply(text="Bestellung NC-104201 & <b>mehr</b>."))
    assert heard.count("<break") == 2
    assert "".join(ElementTree.fromstring(heard).itertext()) == "Bestellung N C eins null vier zwei null eins und mehr."


@given(st.text(), st.sampled_from(["de", "en"]))
def test_whatever_is_written_ssml_is_well_formed(text: str, language: str) -> None:
    printable = "".join(sign for sign in text if sign.isprintable())
    ElementTree.fromstring(ssml(Reply(text=printable, language=language)))

"""Every response of the domain as a voice says it: nothing in it that only an eye understands."""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain

from bot.channels.pronunciation import CLOSE, OPEN
from bot.channels.speech import MAX_LISTED, Screen, speech, spoken, ssml
from bot.dialogue.assistant import VOICE
from bot.messages import Button, Card, Reply

ADDRESS = "Anna Weiß, Lange Str. 5a, 10115 Berlin"
LINK = "https://shop.example.org/documents/aW52b2ljZTox?until=1800000000&signature=Zm9v"
VALUES: dict[str, dict[str, str]] = {
    "de": {
        "addon": "Schutzpaket", "addons": "Schutzpaket (6,90 € im Monat) oder Flugstunden (49 €)", "address": ADDRESS,
        "after": "35,90 €", "amount": "1.499 €", "balance": "12,50 €", "before": "29 €", "billing": "Dienstag, 1. Dezember",
        "bought": "499 €", "budget": "80 €", "carrier": "Paketblitz", "change": "AeroPix Premium, 12 Monate",
        "choices": "38, 39, 40, 41, 42, 43, 44, 45 oder 46", "city": "Leipzig", "code": "4829 1374", "links": "\nhttps://t.me/shop_bot?start=link-Zm9vYmFy", "where": "WhatsApp", "channel": "Telegram", "company": "Reuter & Söhne GmbH, DE123456789",
        "comparison": "AeroPix Mini: 499 €; Flugzeit 31 Minuten; Reichweite 6 km\nAeroPix Pro: 1.299,90 €; Flugzeit 46 Minuten; Reichweite 12,5 km",
        "date": "Freitag, 27. November", "days": "von Freitag, 4. Dezember bis Sonntag, 6. Dezember",
        "description": "Ersatzteile kosten nach einem Unfall nichts (z. B. Flügel), ca. 3 Tage Bearbeitung",
        "difference": "30 €", "due": "49 €", "email": "service@example.org", "end": "20", "ends": "Montag, 30. November 2027",
        "extras": "Schutzpaket, Starterpaket und Flugstunden",
        "features": "Flugzeit 31 Minuten, Video 4K, 30 fps, Gewicht 245 g, Sitzhöhe 41-54 cm, Schnellladen 10 bis 80 % 32 Minuten",
        "first": "Freitag, 27. November", "form": "Sie", "in_stock": " (Größe S, M oder XL, Blau oder Grau)", "invoice": "2026-00017",
        "kinds": "Drohnen, E-Bikes, Elektroautos, smarte Stühle und smarte Schuhe", "label": LINK,
        "lines": "2 × AeroPix Mini in Rot (je 499 €) und 1 × Urbano E1 in Größe M, Blau (23,20 € im Monat, 6 Monate) mit Schutzpaket (6,90 € im Monat)",
        "max": "90", "maximum": "20", "methods": "PayPal, Kreditkarte, Lastschrift, Rechnung oder Gutschein", "model": "AeroPix Cinema",
        "money": "499 € kommen auf die Karte zurück", "monthly": "23,20 €", "months": "6, 12 oder 24", "number": "NC-104201",
        "on": "Montag, 30. November", "option": "Größe", "others": "Größe S, M oder L, Blau oder Grau", "paid": "per PayPal",
        "parts": "linker vorderer Flügel (39 €), rechter vorderer Flügel (39 €), Propellersatz (4 Stück) (19 €), Akku (59 €) und Kameramodul (129 €)",
        "phone": "+49 40 1234567", "pieces": "2 Stück", "place": "04107 Leipzig", "plan": "AeroPix Premium", "postal_code": "04107",
        "present": "AeroPix Standard, 6 Monate", "price": "499 € oder ab 23,20 € im Monat",
        "prices": "37,70 € (1 Monat), 33,40 € (3 Monate), 29 € (6 Monate), 26,10 € (12 Monate) und 23,20 € (24 Monate)",
        "product": "AeroPix Mini", "products": "AeroPix Mini, AeroPix Pro oder AeroPix Cinema", "rented": "348 €",
        "second": "eine Bestellung ändern", "start": "8", "state": "1.499 € per Kreditkarte, bezahlt", "status": "in Vorbereitung",
        "street": "Lindenweg 12", "term": "Mittwoch, 26. Mai 2027", "terms": "1, 3, 6, 12 oder 24", "time": "12 Monate",
        "swaps": "AeroPix Pro am Donnerstag, 3. Dezember und AeroPix Cinema von Samstag, 5. Dezember bis Dienstag, 8. Dezember",
        "total": "998,90 €", "tracking": "PB90000000017", "until": "Sonntag, 6. Dezember", "url": LINK, "values": "S, M, L oder XL", "variant": " in Größe M, Rot",
        "way": "auf die Karte", "why": "das Konto war nicht gedeckt",
    },
    "en": {
        "addon": "insurance package", "addons": "insurance package (€6.90 a month) or flight lessons (€49)", "address": ADDRESS,
        "after": "€35.90", "amount": "€1,499", "balance": "€12.50", "before": "€29", "billing": "Tuesday, 1 December",
        "bought": "€499", "budget": "€80", "carrier": "Paketblitz", "change": "AeroPix Premium, 12 months",
        "choices": "38, 39, 40, 41, 42, 43, 44, 45 or 46", "city": "Leipzig", "code": "4829 1374", "links": "\nhttps://t.me/shop_bot?start=link-Zm9vYmFy", "where": "WhatsApp", "channel": "Telegram", "company": "Reuter & Söhne GmbH, DE123456789",
        "comparison": "AeroPix Mini: €499; flight time 31 minutes; range 6 km\nAeroPix Pro: €1,299.90; flight time 46 minutes; range 12.5 km",
        "date": "Friday, 27 November", "days": "from Friday, 4 December to Sunday, 6 December",
        "description": "spare parts are free after an accident (e.g. wings), approx. 3 days",
        "difference": "€30", "due": "€49", "email": "service@example.org", "end": "20", "ends": "Monday, 30 November 2027",
        "extras": "insurance package, starter package and flight lessons",
        "features": "flight time 31 minutes, video 4K, 30 fps, weight 245 g, seat height 41-54 cm, fast charging 10 to 80 % 32 minutes",
        "form": "Sie", "first": "Friday, 27 November", "in_stock": " (size S, M or XL, blue or grey)", "invoice": "2026-00017",
        "kinds": "drones, e-bikes, electric cars, smart chairs and smart shoes", "label": LINK,
        "lines": "2 × AeroPix Mini in red (each €499) and 1 × Urbano E1 in size M, blue (€23.20 a month, 6 months) with insurance package (€6.90 a month)",
        "max": "90", "maximum": "20", "methods": "PayPal, card, direct debit, invoice or gift card", "model": "AeroPix Cinema",
        "money": "€499 come back to the card", "monthly": "€23.20", "months": "6, 12 or 24", "number": "NC-104201",
        "on": "Monday, 30 November", "option": "size", "others": "size S, M or L, blue or grey", "paid": "by PayPal",
        "parts": "left front wing (€39), right front wing (€39), propeller set (4 pieces) (€19), battery (€59) and camera module (€129)",
        "phone": "+49 40 1234567", "pieces": "2", "place": "04107 Leipzig", "plan": "AeroPix Premium", "postal_code": "04107",
        "present": "AeroPix Standard, 6 months", "price": "€499 or from €23.20 a month",
        "prices": "€37.70 (1 month), €33.40 (3 months), €29 (6 months), €26.10 (12 months) and €23.20 (24 months)",
        "product": "AeroPix Mini", "products": "AeroPix Mini, AeroPix Pro or AeroPix Cinema", "rented": "€348",
        "second": "change an order", "start": "8", "state": "€1,499 by card, paid", "status": "being prepared",
        "street": "Lindenweg 12", "term": "Wednesday, 26 May 2027", "terms": "1, 3, 6, 12 or 24", "time": "12 months",
        "swaps": "AeroPix Pro on Thursday, 3 December and AeroPix Cinema from Saturday, 5 December to Tuesday, 8 December",
        "total": "€998.90", "tracking": "PB90000000017", "until": "Sunday, 6 December", "url": LINK, "values": "S, M, L or XL", "variant": " in size M, red",
        "way": "to the card", "why": "there was not enough money in the account",
    },
}  # fmt: skip
"""What the actions put in the places of a response, by the place's name; the trickiest of what occurs."""

OTHERWISE: Mapping[str, Mapping[str, dict[str, str]]] = {
    "utter_clarify": {"de": {"first": "wissen, wo eine Bestellung ist"}, "en": {"first": "track an order"}},
    "utter_clarify_one": {"de": {"first": "wissen, wo eine Bestellung ist"}, "en": {"first": "track an order"}},
    "utter_pause_too_long": {"de": {"days": "12"}, "en": {"days": "12"}},
    "utter_refund_requested": {"de": {"number": "RT-300001"}, "en": {"number": "RT-300001"}},
    "utter_subscription_active": {"de": {"number": "SB-200001"}, "en": {"number": "SB-200001"}},
}
YES_NO = (Button("Ja", "/affirm"), Button("Nein", "/deny"))
FORMS = (("de", "du"), ("de", "Sie"), ("en", "du"))
DOMAIN = Domain.load(Path("domain.yml"))
NLG = TemplatedNaturalLanguageGenerator(DOMAIN.responses)
TITLES = {
    "de": ("Rot", "Weiß", "NC-104201: 2 × AeroPix Mini", "24 Monate", "Wo ist sie?"),
    "en": ("Red", "White", "NC-104201: 2 × AeroPix Mini", "24 months", "Track it"),
}

MANGLED = {
    "markup": r"[*_`<>#\[\]{}|~]",
    "a link or an address": r"https?:|www\.|@|\.(?:org|example|com|de)\b|/",
    "a sign": r"[×€$£%&+=•·→°„“”\"();…–—]",
    "a raw id": r"\b[A-Z]{2,3}-?\d|\b[a-z]+(?:-[a-z]+)+-\w+\b|\butter_|\d-\d",
    "a number that no voice reads well": r"\d[.,]\d|\d{6,}|\b0\d|\b\d{5}\b(?! (?:Euro|euros))",
    "an abbreviation": r"\b(?:z\. ?B|inkl|ca|bzw|Nr|Str|e\.g|incl|approx|km|kg|cm|mm|fps|kWh)\b",
    "a pause doubled": r",\s*,|,\s*[.?!]|\s[,.?!]|[.?!]\s*[.,]",
    "a list marker": r"(?:^|\n)\s*(?:[-*•]|\d+[.)])\s",
    "a word for hands and eyes": r"\b(?:tipp\w*|klick\w*|unten|oben|Knopf|tap|click|button|below|above)\b|\b[Ss]chreib\w* einfach|\bjust write\b|\bSchau mal\b|\bSchauen Sie,",
}  # fmt: skip
"""What no voice may meet."""


def replies() -> Iterator[tuple[str, str, str, Reply]]:
    """Every response in every form, filled."""
    for name, (language, form) in itertools.product(DOMAIN.responses, FORMS):
        values = VALUES[language] | OTHERWISE.get(name, {}).get(language, {})
        response = NLG.generate_from_slots(name, {"language": language, "form_of_address": form}, VOICE, **values)
        buttons = YES_NO if "_confirmed" in name else ()
        yield name, language, form, Reply(text=response["text"], buttons=buttons, language=language)


ALL = list(replies())


@pytest.mark.parametrize(
    "reply", [pytest.param(reply, id=f"{name}-{form}-{language}") for name, language, form, reply in ALL]
)
def test_every_response_can_be_said(reply: Reply) -> None:
    said = spoken(reply)
    assert said
    assert {what: found[0] for what, pattern in MANGLED.items() if (found := re.search(pattern, said))} == {}, said
    assert "?" not in said or said.endswith("?"), said
    assert said.count("?") <= 1, said
    assert reply.buttons or longest_list(reply) <= MAX_LISTED + 1, said  # a clause before the list counts as a thing


def longest_list(reply: Reply) -> int:
    """The most things that are named one after the other; the pauses within a number part no list."""
    thing = rf"(?:(?! (?:und|oder|and|or) )[^,.:!?{OPEN}{CLOSE}])+"
    lists = re.compile(rf"(?:{thing}, )+{thing} (?:und|oder|and|or) (?!noch|\w+ more|weitere|more){thing}")
    sentences = speech((reply,)).sentences
    return max((found[0].count(",") + 2 for text in sentences for found in lists.finditer(text)), default=0)


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_response_is_said_in_the_language_of_the_conversation(language: str) -> None:
    """A voice variant in German alone would be said to the English."""
    for name, of, _, reply in ALL:
        if of == language and any(variation.get("channel") == VOICE for variation in DOMAIN.responses[name]):
            others = {other.text for named, language_of, _, other in ALL if named == name and language_of != of}
            assert reply.text not in others, name


@pytest.mark.parametrize("language", ["de", "en"])
def test_choices_and_cards_can_be_said_with_every_response(language: str) -> None:
    buttons = tuple(Button(title, title) for title in TITLES[language])
    cards = tuple(
        Card(f"AeroPix {name}", VALUES[language]["price"], buttons=buttons) for name in ("Mini", "Pro", "Max", "GT")
    )
    for name, of, _, reply in ALL:
        if of == language:
            said = spoken(Reply(text=reply.text, buttons=buttons, cards=cards, language=language), Screen.SMS)
            found = {what: match[0] for what, pattern in MANGLED.items() if (match := re.search(pattern, said))}
            assert found == {}, (name, said)
            assert said.endswith("?"), (name, said)


def test_no_placeholder_is_without_an_example() -> None:
    for name, variations in DOMAIN.responses.items():
        places = {place for variation in variations for place in re.findall(r"\{(\w+)\}", variation["text"])}
        assert places <= VALUES["de"].keys() & VALUES["en"].keys(), name


def test_a_link_is_told_but_not_read() -> None:
    with_link = [reply for _, _, _, reply in ALL if LINK in (reply.text or "")]
    assert with_link
    for reply in with_link:
        assert "shop.example" not in ssml(reply)
        assert re.search(r"\b[Ll]ink\b", spoken(reply))

"""The interaction models: by Alexa's rules, out of the project's own examples and catalog, and read back as they were written."""

import copy
import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels.alexa import sentences
from bot.channels.alexa.invocation import faults as faults_of_name
from bot.channels.alexa.meaning import meaning_of
from bot.channels.alexa.model import LOCALES, interaction_model
from bot.channels.alexa.request import Intent, Slot
from bot.channels.alexa.sentences import CARRIERS, SENTENCES, SLOTS, intent_name, phrase_intents, rasa_intent
from bot.dialogue.assistant import Assistant
from bot.lint_examples import read
from bot.settings import Settings
from tests.alexa_rules import faults

Model = dict[str, Any]


@cache
def domain_intents() -> list[str]:
    found = yaml.load(Path("domain.yml").read_text(), yaml.CSafeLoader)["intents"]
    return [next(iter(intent)) if isinstance(intent, dict) else intent for intent in found]


@cache
def sample_goods() -> list[dict[str, Any]]:
    """As the embedded shop sells them."""
    files = [file for file in sorted(Path("shop/sample_data").glob("*.json")) if file.stem != "plans"]
    return [product for file in files for product in json.loads(file.read_text())["products"]]


@cache
def model(locale: str) -> Model:
    return interaction_model(locale, "no channel", domain_intents(), read(Path("data/nlu")), sample_goods())


def language_model(locale: str) -> Model:
    found: Model = model(locale)["interactionModel"]["languageModel"]
    return found


def samples(locale: str, intent: str) -> list[str]:
    return next(entry["samples"] for entry in language_model(locale)["intents"] if entry["name"] == intent)


def values(locale: str, type_: str) -> dict[str, dict[str, Any]]:
    found = next(entry["values"] for entry in language_model(locale)["types"] if entry["name"] == type_)
    return {value["name"]["value"]: value for value in found}


@pytest.mark.parametrize("locale", LOCALES)
def test_alexa_takes_the_model(locale: str) -> None:
    assert faults(model(locale), LOCALES[locale]) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_alexa_takes_the_model_of_a_shop_without_goods_of_its_own(locale: str) -> None:
    bare = interaction_model(locale, "no channel", domain_intents(), read(Path("data/nlu")), ())
    assert faults(bare, LOCALES[locale]) == []


def _spoil(change: Callable[[Model], Any]) -> Model:
    spoiled = copy.deepcopy(model("de-DE"))
    change(spoiled["interactionModel"]["languageModel"])
    return spoiled


def _order(model_: Model) -> Model:
    found: Model = next(intent for intent in model_["intents"] if intent["name"] == "PlaceOrderIntent")
    return found


SPOILED: Mapping[str, Callable[[Model], Any]] = {
    "invocation name": lambda m: m.update(invocationName="alexa laden"),
    "no AMAZON.StopIntent": lambda m: m["intents"].remove({"name": "AMAZON.StopIntent", "samples": []}),
    "letters and underscores": lambda m: _order(m).update(name="PlaceOrder2Intent"),
    "intent placeorderintent twice": lambda m: m["intents"].append({**_order(m), "samples": ["neu"], "slots": []}),
    "signs or figures": lambda m: _order(m)["samples"].append("bestell 2 davon!"),
    "not declared": lambda m: _order(m)["samples"].append("bestell {ding}"),
    "a slot twice": lambda m: _order(m)["samples"].append("bestell {product} und {product}"),
    "'kaufen' twice": lambda m: m["intents"][-1]["samples"].append("kaufen"),
    "is in no sample": lambda m: _order(m)["slots"].append({"name": "date", "type": "AMAZON.DATE"}),
    "of no type that there is": lambda m: _order(m)["slots"][0].update(type="NOTHING"),
    "without words around it": lambda m: m["intents"][-1]["samples"].append("{phrase}"),
    "'rot' twice": lambda m: _type(m, "COLOUR")["values"][-1]["name"]["synonyms"].append("rot"),
    "no values": lambda m: _type(m, "COLOUR").update(values=[]),
    "too many values": lambda m: _type(m, "COLOUR")["values"][0]["name"]["synonyms"].extend(["x"] * 50_000),
    "the model is too large": lambda m: _order(m)["samples"].append("x" * 1_500_000),
    "too many intents": lambda m: m["intents"].extend([_order(m)] * 250),
}


def _type(model_: Model, name: str) -> Model:
    found: Model = next(type_ for type_ in model_["types"] if type_["name"] == name)
    return found


@pytest.mark.parametrize("fault", SPOILED)
def test_the_rules_find_what_is_wrong(fault: str) -> None:
    assert any(fault in found for found in faults(_spoil(SPOILED[fault]), "de"))


@pytest.mark.parametrize("locale", LOCALES)
def test_every_intent_of_the_domain_can_be_said(locale: str) -> None:
    there = {entry["name"] for entry in language_model(locale)["intents"]}
    meant = {*sentences.BUILT_IN.values(), "out_of_scope"}
    assert [intent for intent in domain_intents() if intent_name(intent) not in there and intent not in meant] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_the_samples_are_the_projects_own_examples(locale: str) -> None:
    """Few of them are written beside; the rest are lines of data/nlu without their annotations."""
    lines = {re.sub(r"\[([^\]]*)\]\(\w+\)", "{}", example.line.lower()) for example in read(Path("data/nlu"))}
    spoken = {" ".join(re.sub(r"[^\w{}' ]|_", " ", line.replace("’", "'")).split()) for line in lines}
    checked = samples(locale, "CancelSubscriptionIntent")
    assert len(checked) >= 20
    assert [text for text in checked if re.sub(r"\{\w+\}", "{}", text) not in spoken] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_no_sample_says_what_would_be_lost(locale: str) -> None:
    lost = {"nicht", "kein", "keine", "statt", "ohne", "not", "without", "instead", "paypal"}
    for intent in domain_intents():
        if any(entry["name"] == intent_name(intent) for entry in language_model(locale)["intents"]):
            assert [text for text in samples(locale, intent_name(intent)) if lost & set(text.split())] == []


def test_products_are_heard_by_name_and_nickname_and_come_back_with_their_id() -> None:
    mini = values("de-DE", "PRODUCT")["AeroPix Mini"]
    assert mini["id"] == "aeropix-mini"
    assert {"mini", "drohne mini"} <= set(mini["name"]["synonyms"])
    assert "lastenrad" in values("de-DE", "PRODUCT")


def test_colours_and_sizes_are_the_catalogs() -> None:
    red = values("de-DE", "COLOUR")["Rot"]
    assert (red["id"], {"rote", "roten", "rotes"} <= set(red["name"]["synonyms"])) == ("red", True)
    assert values("de-DE", "SIZE")["dreiundvierzig"]["id"] == "43"
    assert values("en-GB", "SIZE")["forty-three"]["id"] == "43"


def test_terms_parts_and_ways_to_pay_are_there() -> None:
    assert {"sechs monate", "ein halbes jahr", "zwei wochen"} <= set(values("de-DE", "DURATION"))
    assert {"six months", "half a year"} <= set(values("en-US", "DURATION"))
    assert "Akku" in values("de-DE", "PART")
    assert values("de-DE", "PAYMENT")["Rechnung"]["id"] == "invoice"


@pytest.mark.parametrize("language", ["de", "en"])
def test_names_of_intents_lead_back_to_rasas(language: str) -> None:
    assert [rasa_intent(intent_name(intent)) for intent in domain_intents()] == domain_intents()
    assert len(phrase_intents(language)) == len(CARRIERS[language])


@pytest.mark.parametrize("locale", LOCALES)
def test_every_sample_is_read_back_as_its_intent(locale: str) -> None:
    """Whatever slots a sample has, they are in the text, and the text says the payload's entities where it claims to."""
    language = LOCALES[locale]
    for entry in language_model(locale)["intents"]:
        for sample in entry["samples"]:
            slots = {name: _slot(name) for name in re.findall(r"\{(\w+)\}", sample)}
            meaning = meaning_of(Intent(entry["name"], slots), language)
            assert meaning.text, sample
            assert all(_in_text(name) in meaning.text for name in slots), (sample, meaning.text)
            payload = json.loads(
                (meaning.payload or "").partition("{")[1] + (meaning.payload or "").partition("{")[2] or "{}"
            )
            assert {SLOTS[name].entity for name in slots if name in SLOTS} - {None} >= set(payload)
            said = {name: meaning.text[start:end] for name, (start, end) in meaning.said_at.items()}
            assert set(said) == (set(payload) if meaning.payload else set())


GIVEN = {"date": "2026-05-04", "from_date": "2026-05-04", "until_date": "2026-05-04", "money": "80", "quantity": "2",
         "number": "2", "order_number": "104201", "duration": "sechs monate", "house_number": "12"}  # fmt: skip


def _slot(name: str) -> Slot:
    return Slot(GIVEN.get(name, "etwas"))


def _in_text(name: str) -> str:
    return "2026" if "date" in name else GIVEN.get(name, "etwas")


@pytest.mark.parametrize(
    ("slot", "language", "expected"),
    [
        ("2026-03-15", "de", "am 15. März 2026"),
        ("2026-03-15", "en", "on 15 March 2026"),
        ("2026-W11-WE", "de", "am 14. März 2026"),
        ("2026-W11", "de", "am 9. März 2026"),
        ("2026-03", "en", "on March 2026"),
        ("2026-13-45", "de", "am 2026-13-45"),
        ("2026-W99", "de", "am 2026-W99"),
        ("PRESENT_REF", "de", "am PRESENT_REF"),
    ],
)
def test_days_are_said_as_people_write_them(slot: str, language: str, expected: str) -> None:
    meaning = meaning_of(Intent("SwapProductIntent", {"date": Slot(slot)}), language)
    assert meaning.text.endswith(expected)


@pytest.mark.parametrize("language", ["de", "en"])
async def test_the_sentences_mean_their_intents_to_rasa_too(assistant: Assistant, language: str) -> None:
    """So that a text which somebody reads again says what the payload says."""
    understood = {
        intent: (await assistant.parse(wordings[language].rstrip(":")))["intent"]["name"]
        for intent, wordings in SENTENCES.items()
    }
    assert {intent: found for intent, found in understood.items() if found != intent} == {}


@pytest.mark.parametrize(
    "name", ["no channel", "drohnen laden", "mira's shop", "mein kleiner laden", "n. c. shop", "dronomat"]
)
def test_good_names_for_a_skill(name: str) -> None:
    assert list(faults_of_name(name)) == []


@pytest.mark.parametrize(
    "name",
    ["", "x", "No Channel", "shop 24", "alexa shop", "öffne laden", "der laden", "ask the shop", "shop!", "a" * 51],
)
def test_names_that_alexa_refuses(name: str) -> None:
    assert list(faults_of_name(name)) != []


def test_the_name_that_the_settings_give_is_a_good_one() -> None:
    assert list(faults_of_name(Settings.model_fields["alexa_invocation_name"].default)) == []

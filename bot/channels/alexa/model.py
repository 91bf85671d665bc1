"""The interaction model that is pasted into Alexa's developer console: intents, their samples, slots and values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.channels.alexa import sentences
from bot.channels.alexa.samples import samples
from bot.channels.alexa.sentences import ANSWER_INTENT, BUILT_IN, PHRASE_SLOT, STOPPED_BY_ALEXA, WITHOUT_SAMPLES
from bot.channels.alexa.slot_types import SEARCH, Product, Value, custom_types, slot_types
from bot.lint_examples import Example

LOCALES: Final = {"de-DE": "de", "en-US": "en", "en-GB": "en"}

_SLOT = re.compile(r"\{(\w+)\}")

ANSWERS: Final[Mapping[str, Sequence[str]]] = {
    "de": (
        "{number}", "{number} stück", "{number} bitte", "nur {number}", "{number} davon", "{product}", "{product} bitte",
        "{quantity} {product}", "{quantity} {product} in {colour}", "{product} in {colour}", "{colour}", "in {colour}", "{colour} bitte",
        "{colour} für {duration}", "{size}", "größe {size}", "{colour} in größe {size}", "{duration}", "für {duration}", "{date}",
        "am {date}", "ab {from_date}", "bis {until_date}", "{part}", "{addon}", "mit {addon}", "{plan}", "{channel}", "{city}",
        "{street} {house_number}", "{street} {house_number} in {city}", "{street} {house_number} in {postal_code} {city}",
        "{postal_code} {city}", "{payment}", "per {payment}", "mit {payment}", "n. c. {order_number}", "bestellnummer {order_number}",
        "{money} euro",
    ),
    "en": (
        "{number}", "{number} of them", "{number} please", "{number} pieces", "{product}", "{product} please", "{quantity} {product}",
        "{quantity} {product} in {colour}", "{product} in {colour}", "{colour}", "in {colour}", "{colour} please",
        "{colour} for {duration}", "{size}", "size {size}", "{colour} in size {size}", "{duration}", "for {duration}", "{date}",
        "on {date}", "from {from_date}", "until {until_date}", "{part}", "{addon}", "with {addon}", "{plan}", "{channel}", "{city}",
        "{house_number} {street}", "{house_number} {street} in {city}", "{street} {house_number}", "{street} {house_number} in {city}",
        "{street} {house_number} in {postal_code} {city}", "{postal_code} {city}", "{payment}", "by {payment}", "with {payment}",
        "n. c. {order_number}", "order number {order_number}", "{money} euros",
    ),
}  # fmt: skip
"""What people answer to a question of ours."""

MORE_SAMPLES: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "de": {
        "place_order": ("ich bestelle {quantity} {product} in {colour} in größe {size}", "bestell {product} in größe {size}"),
        "start_subscription": ("ich miete {product} in {colour} für {duration}",),
        "track_order": ("wo ist bestellung n. c. {order_number}",),
        "cancel_order": ("storniere bestellung n. c. {order_number}",),
        "ask_product": ("erzähl mir mehr über {product}", "erzähl mir mehr über die {product}", "ich möchte mehr über {product} wissen"),
        "compare_products": ("vergleiche {product} mit {other_product}",),
    },
    "en": {
        "place_order": ("i order {quantity} {product} in {colour} in size {size}", "order {product} in size {size}"),
        "start_subscription": ("rent {product} in {colour} for {duration}",),
        "track_order": ("where is order n. c. {order_number}",),
        "cancel_order": ("cancel order n. c. {order_number}",),
        "ask_product": ("tell me more about {product}", "tell me more about the {product}", "i want to know more about {product}"),
        "compare_products": ("compare {product} with {other_product}",),
    },
}  # fmt: skip
"""Beside those that the examples give."""


def interaction_model(
    locale: str, invocation_name: str, intents: Sequence[str], examples: Sequence[Example], products: Sequence[Product]
) -> dict[str, Any]:
    """For one of LOCALES: `intents` as domain.yml names them, `products` as the shop's API has them."""
    language = LOCALES[locale]
    values = custom_types(language, examples, products)
    types = {slot: type_ for slot, type_ in slot_types(language).items() if "." in type_ or type_ in values}
    colours = frozenset(word.lower() for value in values.get("COLOUR", ()) for word in (value.name, *value.synonyms))
    found = samples(examples, language, frozenset(types), colours)
    own = [intent for intent in intents if intent not in WITHOUT_SAMPLES]
    entries = [
        *({"name": name, "samples": []} for name in sorted({*BUILT_IN, *STOPPED_BY_ALEXA})),
        *_of_rasa(own, found, language, types),
        _entry(ANSWER_INTENT, _with_known_slots(ANSWERS[language], types), types),
        *_phrases(language),
    ]
    used = {slot["type"] for entry in entries for slot in entry.get("slots", ())}
    language_model = {
        "invocationName": invocation_name,
        "intents": entries,
        "types": [_type(name, of) for name, of in values.items() if name in used],
    }
    return {"interactionModel": {"languageModel": language_model}}


def _of_rasa(
    intents: Sequence[str], found: Mapping[str, Sequence[str]], language: str, types: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """One for each of Rasa's intents that has something to say; what another has too is left to free speech."""
    taken = {_heard_as(sample, types) for sample in _with_known_slots(ANSWERS[language], types)}
    for intent in intents:
        if sentences.rasa_intent(sentences.intent_name(intent)) != intent:
            continue
        wanted = [*_with_known_slots(MORE_SAMPLES[language].get(intent, ()), types), *found.get(intent, ())]
        own = list(
            {heard: sample for sample in reversed(wanted) if (heard := _heard_as(sample, types)) not in taken}.values()
        )[::-1]
        taken.update(_heard_as(sample, types) for sample in own)
        if own:
            yield _entry(sentences.intent_name(intent), own, types)


def _heard_as(sample: str, types: Mapping[str, str]) -> str:
    """Alexa cannot tell two slots of one type apart."""
    return _SLOT.sub(lambda slot: f"{{{types[slot[1]]}}}", sample)


def _phrases(language: str) -> Iterator[dict[str, Any]]:
    for name, carrier in sentences.phrase_intents(language).items():
        yield _entry(name, [f"{carrier} {{{PHRASE_SLOT}}}"], {PHRASE_SLOT: SEARCH})


def _with_known_slots(texts: Sequence[str], types: Mapping[str, str]) -> list[str]:
    return [text for text in texts if all(slot in types for slot in _SLOT.findall(text))]


def _entry(name: str, texts: Sequence[str], types: Mapping[str, str]) -> dict[str, Any]:
    used = dict.fromkeys(slot for text in texts for slot in _SLOT.findall(text))
    return {
        "name": name,
        "slots": [{"name": slot, "type": types[slot]} for slot in used],
        "samples": list(texts),
    }


def _type(name: str, values: Sequence[Value]) -> dict[str, Any]:
    return {"name": name, "values": [value.as_dict() for value in values]}

"""The values that Alexa's slots can have: the catalog's, and what people call things in the examples."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from num2words import num2words

from bot.lint_examples import Example

NUMBER, DATE, STREET, SEARCH = "AMAZON.NUMBER", "AMAZON.DATE", "AMAZON.StreetName", "AMAZON.SearchQuery"
CITY = {"de": "AMAZON.DE_CITY", "en": "AMAZON.City"}
MAX_VALUE_LENGTH = 140
LEAST_MENTIONS = 3
MOST_OF_A_KIND = 200

_ENTITY = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_ENDINGS = ("e", "en", "er", "es", "em")
_MONTHS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18, 24, 36)
_PAYMENTS = {
    "de": {
        "paypal": ("PayPal", ("pay pal",)),
        "card": ("Kreditkarte", ("karte", "visa", "mastercard", "debitkarte")),
        "invoice": ("Rechnung", ("auf rechnung",)),
        "direct_debit": ("Lastschrift", ("bankeinzug", "sepa lastschrift", "einzug")),
        "gift_card": ("Gutschein", ("geschenkkarte", "gutscheinkarte")),
    },
    "en": {
        "paypal": ("PayPal", ("pay pal",)),
        "card": ("credit card", ("card", "visa", "mastercard", "debit card")),
        "invoice": ("invoice", ("bill",)),
        "direct_debit": ("direct debit", ("bank transfer by direct debit",)),
        "gift_card": ("gift card", ("voucher", "gift voucher")),
    },
}

Product = Mapping[str, Any]
"""As the shop's API has it (docs/port.md)."""


@dataclass(frozen=True)
class Value:
    """`id` comes back when Alexa heard the name or one of the synonyms."""

    name: str
    id: str | None = None
    synonyms: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        name: dict[str, Any] = {"value": self.name, "synonyms": list(self.synonyms)}
        return {**({"id": self.id} if self.id else {}), "name": name}


def slot_types(language: str) -> dict[str, str]:
    """Slot -> type."""
    custom = ("product", "part", "plan", "addon", "channel", "colour", "size", "duration", "payment")
    return {
        **{slot: slot.upper() for slot in custom},
        **dict.fromkeys(("quantity", "number", "money", "order_number", "house_number", "postal_code"), NUMBER),
        **dict.fromkeys(("date", "from_date", "until_date"), DATE),
        "other_product": "PRODUCT",
        "street": STREET,
        "city": CITY[language],
    }


def custom_types(language: str, examples: Sequence[Example], products: Sequence[Product]) -> dict[str, list[Value]]:
    """Type -> its values; a type without any is left out."""
    said = mentions(examples, language)
    parts = [part for product in products for part in product.get("parts", ())]
    addons = [addon for product in products for addon in product.get("addons", ())]
    values = {
        "PRODUCT": _products(products, said["product"]),
        "PART": [*_named(parts, language), *_plain(said["part"])],
        "PLAN": _plain(said["plan"]),
        "ADDON": [*_named(addons, language), *_plain(said["addon"])],
        "CHANNEL": _plain(said["channel"]),
        "COLOUR": _colours(products, language),
        "SIZE": _sizes(products, language),
        "DURATION": _durations(language),
        "PAYMENT": [Value(name, id, synonyms) for id, (name, synonyms) in _PAYMENTS[language].items()],
    }
    return {name: distinct for name, found in values.items() if (distinct := _without_doubles(found))}


def mentions(examples: Iterable[Example], language: str) -> Mapping[str, Counter[str]]:
    """Entity -> the words by which the examples call it."""
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        if example.language == language:
            for words, entity in _ENTITY.findall(example.line):
                counted[entity][speakable(words)] += 1
    return counted


def speakable(words: str) -> str:
    """In small letters, without signs that nobody says."""
    return " ".join(re.sub(r"[^\w' ]|_", " ", words.lower().replace("’", "'")).split())


def _products(products: Sequence[Product], said: Counter[str]) -> list[Value]:
    """Each product with its nicknames; and whatever else people call what is sold, to be understood by the shop."""
    own = {str(product["id"]): _own_words(product) for product in products}
    nicknames: defaultdict[str, list[str]] = defaultdict(list)
    others = Counter[str]()
    for words, count in said.items():
        meant = [id for id, names in own.items() if names and names <= set(words.split())]
        if len(meant) == 1 and count >= LEAST_MENTIONS:
            nicknames[meant[0]].append(words)
        elif not meant:
            others[words] = count
    named = [
        Value(product["name"], product["id"], (" ".join(sorted(own[product["id"]])), *nicknames[product["id"]]))
        for product in products
    ]
    return [*named, *_plain(others)]


def _own_words(product: Product) -> frozenset[str]:
    """Those that only this model of its family has."""
    family = set(speakable(product["family"]).split())
    return frozenset(speakable(product["name"]).split()) - family


def _plain(said: Counter[str]) -> list[Value]:
    return [Value(words) for words, count in said.most_common(MOST_OF_A_KIND) if count >= LEAST_MENTIONS and words]


def _named(things: Iterable[Mapping[str, Any]], language: str) -> list[Value]:
    """Without what stands in brackets."""
    return [Value(thing["name"][language].partition("(")[0].strip(), thing["id"]) for thing in things]


def _option_values(products: Sequence[Product], *, colours: bool) -> list[Mapping[str, Any]]:
    options = [option for product in products for option in product["options"] if (option["id"] == "colour") == colours]
    return [value for option in options for value in option["values"]]


def _colours(products: Sequence[Product], language: str) -> list[Value]:
    """German colours with their endings: "die rote"."""
    return [_colour(value, language) for value in _option_values(products, colours=True)]


def _colour(value: Mapping[str, Any], language: str) -> Value:
    name = value["name"][language]
    is_bare = language == "de" and name.isalpha() and not name.lower().endswith("e")
    return Value(name, value["id"], tuple(name.lower() + ending for ending in _ENDINGS) if is_bare else ())


def _sizes(products: Sequence[Product], language: str) -> list[Value]:
    values = _option_values(products, colours=False)
    return [
        Value(spelled(value["name"][language], language), value["id"], (value["name"][language],)) for value in values
    ]


def spelled(words: str, language: str) -> str:
    """Numbers as words, because Alexa hears no figures."""
    return re.sub(r"\d+", lambda number: num2words(int(number[0]), lang=language), words)


def _durations(language: str) -> list[Value]:
    units = (("monat", "monate"), ("jahr", "jahre"), ("woche", "wochen"), ("tag", "tage"))
    if language == "en":
        units = (("month", "months"), ("year", "years"), ("week", "weeks"), ("day", "days"))
    counts: Sequence[Sequence[int]] = (_MONTHS, (1, 2), (1, 2, 3, 4), (1, 2, 3, 4, 5, 7, 10))
    values = [_counted(count, unit, language) for unit, of in zip(units, counts, strict=True) for count in of]
    return [*values, Value("ein halbes jahr") if language == "de" else Value("half a year")]


def _counted(count: int, unit: tuple[str, str], language: str) -> Value:
    if count > 1:
        return Value(f"{num2words(count, lang=language)} {unit[1]}")
    one, other = {"de": ("eine" if unit[0] == "woche" else "ein", "einen"), "en": ("one", "a")}[language]
    return Value(f"{one} {unit[0]}", None, (f"{other} {unit[0]}",))


def _without_doubles(values: Iterable[Value]) -> list[Value]:
    """Each name and synonym once in a type, where it stands first."""
    taken: set[str] = set()
    distinct = []
    for value in values:
        if value.name.lower() in taken or not 0 < len(value.name) <= MAX_VALUE_LENGTH:
            continue
        taken.add(value.name.lower())
        synonyms = [word for word in dict.fromkeys(map(str.lower, value.synonyms)) if word and word not in taken]
        taken.update(synonyms)
        distinct.append(Value(value.name, value.id, tuple(synonyms)))
    return distinct

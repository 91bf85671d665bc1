"""What is asked of a product: its features by the words that people use for them, its prices, colours, parts and services."""

import re
from collections.abc import Iterable, Sequence

from actions.backend.port import Addon, Feature, Part, Product
from actions.base import Turn
from actions.reading.answers import OPTION_WORDS
from actions.reading.words import folded, vocabulary
from actions.showing import choices, feature, price_words

WORDS = {
    "flight_time": "flugzeit flugdauer luft fliegt fliegen flieg flight fly flies airtime",
    "range": "reichweite weit kilometer range far miles distance radius",
    "camera": "kamera megapixel camera foto fotos photo photos bilder pictures aufloesung resolution",
    "video": "video videos film filmen filming 4k 8k footage",
    "weight": "gewicht schwer wiegt wiegen weight heavy weigh weighs light leicht",
    "top_speed": "schnell geschwindigkeit tempo speed fast quick kmh spitze",
    "wind_limit": "wind windig sturm windy storm",
    "charging_time": "laden ladezeit aufladen charge charging laedt aufgeladen",
    "noise": "laut lautstaerke leise geraeusch loud noise quiet noisy",
    "licence": "fuehrerschein lizenz licence license permit drohnenfuehrerschein",
    "obstacle_avoidance": "hindernis hindernisse obstacle obstacles sensor sensoren baum tree",
    "battery": "akku batterie battery kapazitaet capacity",
    "battery_life": "akku akkulaufzeit batterie battery haelt lasts",
    "torque": "drehmoment torque kraft motor berg bergauf hill hills",
    "load": "zuladung gesamtgewicht tragen traegt load carry payload",
    "children": "kind kinder kids child children",
    "theft_tracking": "diebstahl gestohlen geklaut theft stolen tracking gps",
    "power": "motor leistung ps power horsepower kw",
    "acceleration": "beschleunigung beschleunigt acceleration sprint hundert",
    "fast_charging": "schnellladen schnelllader laden charge charging",
    "consumption": "verbrauch verbraucht consumption efficiency",
    "boot": "kofferraum trunk boot luggage gepaeck",
    "seats": "sitze sitzplaetze sitzer personen seats people",
    "length": "laenge length parken parking",
    "tow_bar": "anhaenger anhaengerkupplung tow towing trailer",
    "posture_sensors": "sensor sensoren haltung posture sensors",
    "max_load": "belastbar kilo gewicht tragkraft load heavy",
    "seat_height": "sitzhoehe hoehe height tall",
    "heating": "heizung beheizt heating heated",
    "headrest": "kopfstuetze headrest",
    "waterproof": "wasserdicht regen nass waterproof rain wet",
    "lifespan": "haltbar haltbarkeit halten lifespan last durable",
    "warranty": "garantie warranty guarantee",
}
_SIDES = vocabulary(
    "linker linke linken rechter rechte rechten left right vorderer vordere vorderen hinterer hintere hinteren front rear"
)
_PLURAL = 2
"""Letters that a noun may have more than its name in the catalog."""
_PRICE = re.compile(
    r"\b(kost\w*|preis\w*|teuer|price\w*|costs?|how much|wie ?viel)\b(?!\s+(wieg|pass|lad|passt|fit))", re.I
)
_RENT = re.compile(
    r"\b(miet\w*|leih\w*|abo\w*|monatlich\w*|im monat|rent\w*|hire|lease|monthly|per month|a month)\b", re.I
)
_SUPERLATIVE = re.compile(r"\b(am (?!anfang)\w+sten|\w+ste[nr]?|beste\w*|best|most|\w{3,}est)\b", re.I)


def asked(text: str, product: Product) -> list[Feature]:
    """Features that the text speaks of, by their names and by the words that people use for them."""
    words = set(folded(text).split())
    return [known for known in product.features if _is_asked(known, words)]


def _is_asked(known: Feature, words: set[str]) -> bool:
    names = {word for name in known.name.values() for word in folded(name).split() if len(word) > 3}
    return bool(words & (names | set(WORDS.get(known.id, "").split())))


def facts(turn: Turn, text: str, product: Product) -> list[str]:
    """What is asked, answered in a few words each; empty when the whole product is asked about."""
    parts = [_priced(turn, part) for part in _mentioned(product.parts, text)]
    addons = [_priced(turn, addon) for addon in _mentioned(product.addons, text)]
    told = [*_options(turn, text, product), *(feature(turn, known) for known in asked(text, product)), *parts, *addons]
    return [*told, *_prices(turn, text, product, only=not told)]


def _prices(turn: Turn, text: str, product: Product, *, only: bool) -> list[str]:
    if _RENT.search(text):
        terms = turn.listed([str(term) for term in product.rental_terms], choice=True)
        monthly = turn.money(product.monthly_price)
        return [
            turn.either(
                f"zur Miete {monthly} im Monat, für {terms} Monate", f"to rent {monthly} a month, for {terms} months"
            )
        ]
    return [price_words(turn, product)] if only and _PRICE.search(text) else []


def _options(turn: Turn, text: str, product: Product) -> list[str]:
    options = [
        option
        for option in product.options
        if re.search(rf"\b(?:{OPTION_WORDS.get(option.id, option.id)})\b", text, re.I)
    ]
    named = [(turn.named(option.name), turn.listed(choices(turn, option, product.variants))) for option in options]
    return [f"{name[:1].upper()}{name[1:]} {values}" for name, values in named]


def _mentioned(things: Sequence[Part] | Sequence[Addon], text: str) -> list[Part | Addon]:
    """Those of which every telling word is said: "linker vorderer Flügel"; all wings for "Flügel"."""
    words = folded(text).split()
    return [thing for thing in things if any(_is_named(folded(name), words) for name in thing.name.values())]


def _is_named(name: str, words: Sequence[str]) -> bool:
    """By its noun, and not by its opposite: "linker Flügel" is not the right one."""
    *qualities, noun = name.split(" mit ")[0].split(" fuer ")[0].split()
    asked_sides, own_sides = _SIDES & set(words), _SIDES & set(qualities)
    is_named = any(word.startswith(noun) and len(word) - len(noun) <= _PLURAL for word in words)
    return is_named and (not own_sides or asked_sides <= own_sides)


def _priced(turn: Turn, thing: Part | Addon) -> str:
    monthly = turn.either(" im Monat", " a month") if isinstance(thing, Addon) and thing.monthly else ""
    return f"{turn.named(thing.name)} {turn.money(thing.price)}{monthly}"


def best(text: str, products: Sequence[Product]) -> Product | None:
    """The one that leads in what was asked, when the leader was asked for: "welche fliegt am längsten?"."""
    if not _SUPERLATIVE.search(text):
        return None
    known = next((known for product in products for known in asked(text, product) if known.better), None)
    values = {product.id: _value(product, known.id) for product in products} if known else {}
    there = [product for product in products if values.get(product.id) is not None]
    if known is None or not there:
        return None
    choose = max if known.better == "higher" else min
    return choose(there, key=lambda product: values[product.id] or 0)


def _value(product: Product, feature_id: str) -> float | None:
    value = next((known.value for known in product.features if known.id == feature_id), None)
    return float(value) if isinstance(value, int | float) else None


def differing(product: Product, others: Iterable[Product]) -> list[Feature]:
    """The product's features in which the compared ones differ."""
    values = {(known.id, str(known.value)) for other in others for known in other.features}
    return [known for known in product.features if sum(feature_id == known.id for feature_id, _ in values) > 1]

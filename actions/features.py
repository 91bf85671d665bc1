"""Features by the words that people use for them: which are asked about, who leads in them, in which products differ."""

import re
from collections.abc import Iterable, Sequence

from actions.backend.port import Feature, Product
from actions.reading.words import folded

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
_DEGREE = re.compile(
    r"\b(am (?!anfang)\w+sten|\w+ste[nr]?|beste\w*|\w{3,}er|best|better|most|more|\w{3,}est|weiter|mehr)\b", re.I
)


_WHICH = re.compile(r"\b(welche\w*|which|was davon)\b", re.I)
_DEGREE_ENDING = re.compile(r"(?:er|ere[rs]?|ste[nr]?|est)$")


def asked(text: str, product: Product) -> list[Feature]:
    """Features that the text speaks of, by their names and by the words that people use for them."""
    words = {form for word in folded(text).split() for form in (word, _DEGREE_ENDING.sub("", word))}
    return [known for known in product.features if _is_asked(known, words)]


def _is_asked(known: Feature, words: set[str]) -> bool:
    """A feature that we have no words for is found by its own name."""
    names = " ".join(word for name in known.name.values() for word in folded(name).split() if len(word) > 3)
    return bool(words & set(WORDS.get(known.id, names).split()))


def best(text: str, products: Sequence[Product]) -> Product | None:
    """The one that leads in what was asked: "welche fliegt am längsten?"; or the only one to have it: "which has heating?"."""
    known = next((known for product in products for known in asked(text, product) if known.better), None)
    values = {product.id: _value(product, known.id) for product in products} if known else {}
    there = [product for product in products if values.get(product.id) is not None]
    if known is None or not there:
        return None
    if isinstance(known.value, bool):
        having = [product for product in there if values[product.id]]
        return having[0] if len(having) == 1 and _WHICH.search(text) else None
    choose = max if known.better == "higher" else min
    return choose(there, key=lambda product: values[product.id] or 0) if _DEGREE.search(text) else None


def _value(product: Product, feature_id: str) -> float | None:
    value = next((known.value for known in product.features if known.id == feature_id), None)
    return float(value) if isinstance(value, int | float) else None


def differing(product: Product, others: Iterable[Product]) -> list[Feature]:
    """The product's features in which the compared ones differ."""
    values = {(known.id, str(known.value)) for other in others for known in other.features}
    return [known for known in product.features if sum(feature_id == known.id for feature_id, _ in values) > 1]

"""`python -m benchmarks.big_shop FOLDER`: a large invented shop as files for `python -m shop import FOLDER/*`.

1,000 products of 20 kinds, 10,000 customers, 50,000 orders and the subscriptions that came of them. The same every time,
on every machine: nothing in it depends on today, so that two runs can be compared.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

Row = dict[str, Any]
Wording = dict[str, str]

SEED = 20_261
LAST_DAY = datetime(2026, 10, 31, 18, 0, tzinfo=UTC)  # of the newest order
YEARS = 2  # that the orders are spread over
FIRST_ORDER, FIRST_SUBSCRIPTION, FIRST_PARCEL = 1_000_001, 1_000_001, 7_000_000_001
MODELS_PER_FAMILY = 10
TERMS = (1, 3, 6, 12, 24)


@dataclass(frozen=True)
class Size:
    """How many rows there are."""

    products: int = 1_000
    customers: int = 10_000
    orders: int = 50_000


@dataclass(frozen=True)
class Kind:
    """Goods of one sort: names, euros from and to, sizes if it has any, and features as (id, de, en, unit, from, to)."""

    id: str
    de: str
    en: str
    euros: tuple[int, int]
    features: tuple[tuple[str, str, str, str | None, int, int], ...]
    sizes: tuple[str, ...] = ()


WEIGHT = ("weight", "Gewicht", "weight", "kg", 1, 30)
WARRANTY = ("warranty", "Garantie", "warranty", "years", 2, 10)
BATTERY = ("battery_life", "Akkulaufzeit", "battery life", "h", 4, 60)
POWER = ("power", "Leistung", "power", "W", 20, 2_000)
NOISE = ("noise", "Lautstärke", "noise", "dB", 30, 75)
LOAD = ("max_load", "Belastbar bis", "carries up to", "kg", 20, 180)
WATER = ("water_column", "Wassersäule", "water column", "mm", 1_000, 20_000)
CLOTHES = ("s", "m", "l", "xl")

KINDS = (
    Kind("kayak", "Kajak", "kayak", (400, 2_400), (WEIGHT, LOAD, WARRANTY)),
    Kind("tent", "Zelt", "tent", (90, 900), (WEIGHT, WATER, WARRANTY)),
    Kind("backpack", "Rucksack", "backpack", (50, 300), (WEIGHT, WATER, WARRANTY), ("s", "m", "l")),
    Kind("headphones", "Kopfhörer", "headphones", (40, 600), (BATTERY, WEIGHT, WARRANTY)),
    Kind("speaker", "Lautsprecher", "speaker", (60, 1_500), (POWER, WEIGHT, WARRANTY)),
    Kind("coffee_machine", "Kaffeemaschine", "coffee machine", (120, 2_200), (POWER, NOISE, WARRANTY)),
    Kind("blender", "Standmixer", "blender", (50, 500), (POWER, NOISE, WARRANTY)),
    Kind("desk", "Schreibtisch", "desk", (200, 1_400), (LOAD, WEIGHT, WARRANTY)),
    Kind("floor_lamp", "Stehlampe", "floor lamp", (60, 700), (POWER, WEIGHT, WARRANTY)),
    Kind("sofa", "Sofa", "sofa", (500, 3_500), (LOAD, WEIGHT, WARRANTY)),
    Kind("telescope", "Teleskop", "telescope", (150, 2_800), (WEIGHT, LOAD, WARRANTY)),
    Kind("projector", "Beamer", "projector", (250, 2_500), (NOISE, POWER, WARRANTY)),
    Kind("robot_vacuum", "Saugroboter", "robot vacuum", (200, 1_300), (BATTERY, NOISE, WARRANTY)),
    Kind("e_scooter", "E-Roller", "e-scooter", (300, 1_600), (BATTERY, LOAD, WARRANTY)),
    Kind("treadmill", "Laufband", "treadmill", (500, 3_000), (POWER, LOAD, WARRANTY)),
    Kind("rowing_machine", "Rudergerät", "rowing machine", (400, 2_200), (WEIGHT, LOAD, WARRANTY)),
    Kind("suitcase", "Koffer", "suitcase", (80, 500), (WEIGHT, LOAD, WARRANTY), ("s", "m", "l")),
    Kind("jacket", "Jacke", "jacket", (90, 600), (WATER, WEIGHT, WARRANTY), CLOTHES),
    Kind("helmet", "Helm", "helmet", (50, 350), (WEIGHT, WATER, WARRANTY), ("s", "m", "l")),
    Kind("camera", "Kamera", "camera", (300, 3_900), (BATTERY, WEIGHT, WARRANTY)),
)
COLOURS = (
    ("red", "Rot", "red"),
    ("blue", "Blau", "blue"),
    ("green", "Grün", "green"),
    ("black", "Schwarz", "black"),
    ("white", "Weiß", "white"),
    ("grey", "Grau", "grey"),
    ("orange", "Orange", "orange"),
    ("sand", "Sand", "sand"),
)
BEGINNINGS = (
    "Bren Corv Dael Fenn Grun Hask Ilm Jolm Kelv Lorm Mund Nask Olv Pern Quor Rusk Selm Tarv Ulm Vask Wern Ysk Zalm"
)
ENDINGS = "ovik andro ellux imond orath uvane iskor equa undel avint otral ephir umbra aktos elvin"
MODELS = (
    "Ridge Harbour Summit Comet Meadow Ember Tide Willow Quartz Falcon Maple Breeze Canyon Glacier Lantern Orchard Pebble "
    "Raven Thistle Walnut Zephyr Aurora Basalt Clover Fjord Garnet Heron Juniper Kestrel Lichen Magnet Nimbus Opal Prairie"
)
FIRST_NAMES = (
    "Anna Ben Clara David Emma Finn Greta Hannes Ida Jonas Katharina Leon Mia Noah Olivia Paul Rosa Simon Thea Urs Vera Willi "
    "Yara Zoe Aylin Bogdan Chiara Dilan Elif Farid Giulia Hamza Ivana Jakub Kemal Lena Milan Nora Omar Pia"
)
LAST_NAMES = (
    "Abel Bauer Conrad Dietz Ebert Frank Graf Huber Illing Jahn Kern Lang Maurer Nagel Ott Peters Quandt Reuter Sommer Thiel "
    "Ulrich Vogt Winter Yilmaz Zeller Aksoy Bianchi Costa Demir Eder Fuchs Gruber Hofer Ivanov Jansen Kowalski Lehner Moser"
)
STREETS = (
    "Lindenweg Ahornstraße Bahnhofstraße Schillerstraße Gartenweg Am Markt Ringstraße Mühlgasse Seestraße Kirchplatz"
)
PLACES = (
    ("10115", "Berlin", "DE"),
    ("20095", "Hamburg", "DE"),
    ("80331", "München", "DE"),
    ("50667", "Köln", "DE"),
    ("60311", "Frankfurt am Main", "DE"),
    ("04109", "Leipzig", "DE"),
    ("28195", "Bremen", "DE"),
    ("90402", "Nürnberg", "DE"),
    ("1010", "Wien", "AT"),
    ("8010", "Graz", "AT"),
    ("8001", "Zürich", "CH"),
    ("3011", "Bern", "CH"),
)
INSURANCE = {
    "id": "insurance",
    "name": {"de": "Schutzpaket", "en": "insurance package"},
    "description": {"de": "Was auch geschieht, es wird ersetzt.", "en": "Whatever happens, it is replaced."},
    "monthly": True,
}
METHODS = ("paypal", "card", "invoice", "direct_debit")


def main(arguments: Sequence[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("python -m benchmarks.big_shop FOLDER\n")
        return 2
    write(Path(arguments[0]), Size())
    return 0


def write(folder: Path, size: Size) -> list[Path]:
    """The four files, in the order in which they refer to each other."""
    folder.mkdir(parents=True, exist_ok=True)
    goods = list(products(size.products))
    people = list(customers(size.customers))
    rentals: list[Row] = []
    files = {
        "products": goods,
        "customers": people,
        "orders": orders(size.orders, goods, people, rentals),
        "subscriptions": rentals,  # which are known when the orders are written
    }
    return [_write(folder / f"{kind}.jsonl", rows) for kind, rows in files.items()]


def _write(path: Path, rows: Iterable[Row]) -> Path:
    with path.open("wb") as file:
        file.writelines(orjson.dumps(row) + b"\n" for row in rows)
    return path


# --- products


def products(count: int) -> Iterator[Row]:
    """Ten models to a family, five families to a kind."""
    random = Random(SEED)
    families = [first + last for first in BEGINNINGS.split() for last in ENDINGS.split()]
    chosen = random.sample(families, -(-count // MODELS_PER_FAMILY))
    for place in range(count):
        family = chosen[place // MODELS_PER_FAMILY]
        kind = KINDS[place // MODELS_PER_FAMILY % len(KINDS)]
        if place % MODELS_PER_FAMILY == 0:
            models = random.sample(MODELS.split(), MODELS_PER_FAMILY)
        yield _product(random, kind, family, models[place % MODELS_PER_FAMILY])


def _product(random: Random, kind: Kind, family: str, model: str) -> Row:
    key = f"{family}-{model}".lower()
    euros = random.randint(*kind.euros) // 10 * 10 + 9
    colours = random.sample(COLOURS, random.randint(2, 4))
    is_rented, years = random.random() < 0.7, random.randint(3, 40)
    return {
        "id": key,
        "kind": kind.id,
        "kind_name": {"de": kind.de, "en": kind.en},
        "family": family,
        "name": f"{family} {model}",
        "currency": "EUR",
        "tagline": {"de": f"{kind.de}, wie er sein soll", "en": f"The {kind.en} as it should be"},
        "description": {
            "de": f"{family} {model}: {kind.de} mit {years} Jahren Erfahrung darin.",
            "en": f"{family} {model}: a {kind.en} with {years} years of experience in it.",
        },
        "rental_terms": list(TERMS) if is_rented else [],
        "options": list(_options(kind, colours)),
        "features": [_feature(random, *feature) for feature in kind.features],
        "variants": list(_variants(random, key, kind, colours, euros)),
        "parts": [_part(key, place, euros) for place in range(random.randint(0, 2))],
        "addons": [INSURANCE | {"price": max(190, euros)}] if is_rented else [],
        "fleet": {"Leipzig": random.randint(1, 5)} if is_rented else {},
    }


def _options(kind: Kind, colours: Sequence[tuple[str, str, str]]) -> Iterator[Row]:
    if kind.sizes:
        sizes = [{"id": size, "name": _same(size.upper())} for size in kind.sizes]
        yield {"id": "size", "name": {"de": "Größe", "en": "size"}, "values": sizes}
    values = [{"id": colour, "name": {"de": de, "en": en}} for colour, de, en in colours]
    yield {"id": "colour", "name": {"de": "Farbe", "en": "colour"}, "values": values}


def _same(name: str) -> Wording:
    return {"de": name, "en": name}


def _feature(random: Random, key: str, de: str, en: str, unit: str | None, least: int, most: int) -> Row:
    better = "lower" if key in ("weight", "noise") else "higher"
    return {
        "id": key,
        "name": {"de": de, "en": en},
        "value": random.randint(least, most),
        "unit": unit,
        "better": better,
    }


def _variants(
    random: Random, key: str, kind: Kind, colours: Sequence[tuple[str, str, str]], euros: int
) -> Iterator[Row]:
    for size in kind.sizes or ("",):
        for colour, _, _ in colours:
            yield {
                "id": "-".join(part for part in (key, size, colour) if part),
                "options": ({"size": size} if size else {}) | {"colour": colour},
                "price": euros * 100,
                "monthly_price": max(290, euros * 5 // 10 * 10),
                "stock": random.randint(1, 60) if random.random() < 0.95 else 0,
            }


def _part(key: str, place: int, euros: int) -> Row:
    name = ({"de": "Akku", "en": "battery"}, {"de": "Tragetasche", "en": "carrying bag"})[place]
    return {"id": f"{key}-part-{place + 1}", "name": name, "price": max(500, euros * 8)}


# --- customers


def customers(count: int) -> Iterator[Row]:
    """Some with a phone number of those that are kept free for films, some companies."""
    random = Random(SEED + 1)
    first_names, last_names = FIRST_NAMES.split(), LAST_NAMES.split()
    for number in range(1, count + 1):
        first, last = random.choice(first_names), random.choice(last_names)
        since = LAST_DAY - timedelta(days=random.randint(1, YEARS * 365), seconds=number)
        yield {
            "id": f"customer-{number:06}",
            "name": f"{first} {last}",
            "company": {"name": f"{last} & {random.choice(last_names)} GmbH"} if random.random() < 0.1 else None,
            "email": f"{first}.{last}.{number}@example.org".lower(),
            "phone": f"+493023125{random.randint(0, 999):03}" if random.random() < 0.3 else None,
            "language": "de" if random.random() < 0.85 else "en",
            "form_of_address": random.choice(("du", "Sie", None)),
            "consents": {"outreach": {"given": True, "at": _time(since)}} if random.random() < 0.4 else {},
            "addresses": [_address(random, f"{first} {last}") for _ in range(random.choice((1, 1, 1, 2)))],
            "created_at": _time(since),
        }


def _address(random: Random, name: str) -> Row:
    postal_code, city, country = random.choice(PLACES)
    street = f"{random.choice(STREETS.split())} {random.randint(1, 120)}"
    return {"name": name, "street": street, "postal_code": postal_code, "city": city, "country": country}


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


# --- orders


def orders(count: int, goods: Sequence[Row], people: Sequence[Row], rentals: list[Row]) -> Iterator[Row]:
    """From the oldest to the newest; what is rented out is added to the rentals."""
    random = Random(SEED + 2)
    between = timedelta(days=YEARS * 365) / count
    for place in range(count):
        placed_at = LAST_DAY - between * (count - 1 - place)
        row = _order(random, place, placed_at, random.choice(people), goods)
        rentals.extend(_rentals(row, len(rentals)))
        yield row


def _order(random: Random, place: int, placed_at: datetime, customer: Row, goods: Sequence[Row]) -> Row:
    status, method = _status(random, placed_at), random.choice(METHODS)
    delivered_at = placed_at + timedelta(days=2, hours=random.randint(0, 9))
    items = [_item(random, random.choice(goods)) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    is_due = method in ("invoice", "direct_debit") and status != "delivered"
    row = {
        "number": f"NC-{FIRST_ORDER + place}",
        "customer_id": customer["id"],
        "status": status,
        "placed_at": _time(placed_at),
        "payment_method": method,
        "payment_status": "refunded" if status == "cancelled" else "due" if is_due else "paid",
        "address": customer["addresses"][0],
        "items": items,
    }
    if status == "delivered":
        row["delivered_at"] = _time(delivered_at)
    if status == "cancelled":
        row |= {"cancelled_at": _time(placed_at + timedelta(hours=3)), "cancel_reason": "no_longer_needed"}
    if status in ("shipped", "delivered"):
        row["shipments"] = [_parcel(place, status, placed_at, delivered_at, row["address"]["city"])]
    return row


def _status(random: Random, placed_at: datetime) -> str:
    if random.random() < 0.03:
        return "cancelled"
    age = LAST_DAY - placed_at
    if age > timedelta(days=4):
        return "delivered"
    return "shipped" if age > timedelta(days=2) else "processed" if age > timedelta(days=1) else "pending"


def _item(random: Random, product: Row) -> Row:
    item: Row = {"variant_id": random.choice(product["variants"])["id"], "quantity": random.choice((1, 1, 1, 1, 2))}
    if product["rental_terms"] and random.random() < 0.15:
        item |= {"quantity": 1, "term_months": random.choice(TERMS), "addons": random.choice(([], ["insurance"]))}
    return item


def _parcel(place: int, status: str, placed_at: datetime, delivered_at: datetime, city: str) -> Row:
    shipped_at = placed_at + timedelta(hours=20)
    events = [{"at": _time(shipped_at), "code": "handed_over", "city": "Leipzig"}]
    if status == "delivered":
        events.append({"at": _time(delivered_at), "code": "delivered", "city": city})
    return {
        "tracking_number": f"PB{FIRST_PARCEL + place}",
        "carrier": "Paketblitz",
        "status": "delivered" if status == "delivered" else "in_transit",
        "shipped_at": _time(shipped_at),
        "events": events,
    }


def _rentals(order: Row, before: int) -> Iterator[Row]:
    """A subscription for each rented piece that was delivered; what is still under way gets its own from the shop."""
    rented = [item for item in order["items"] if "term_months" in item and order["status"] == "delivered"]
    for place, item in enumerate(rented):
        yield {
            "number": f"SB-{FIRST_SUBSCRIPTION + before + place}",
            "order_number": order["number"],
            "variant_id": item["variant_id"],
            "term_months": item["term_months"],
            "addons": item["addons"],
            "started_on": order["delivered_at"][:10],
        }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

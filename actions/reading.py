"""What a message means, held against the catalog: products, options, amounts, addresses, payment."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from actions.backend.port import PaymentMethod, Product, Variant

UNSURE = "nlu_fallback"
_ALIKE = 0.8

KIND_WORDS = {
    "drone": "drohne drohnen drone drones copter quadcopter multicopter kopter flieger fluggeraet quadrocopter",
    "e_bike": "ebike ebikes e-bike e-bikes bike bikes fahrrad fahrraeder rad raeder pedelec pedelecs bicycle bicycles elektrofahrrad velo",
    "car": "auto autos wagen car cars eauto e-auto elektroauto elektroautos karre ev evs vehicle",
    "chair": "stuhl stuehle sessel chair chairs schreibtischstuhl sitz seat stuehlen",
    "shoe": "schuh schuhe schuhen laufschuh laufschuhe sneaker sneakers shoe shoes trainers turnschuhe laufschuhen",
}
NICKNAMES = {
    "lastenrad": "urbano-cargo", "cargobike": "urbano-cargo", "cargo bike": "urbano-cargo", "lastenfahrrad": "urbano-cargo",
    "buerostuhl": "sitsense-office", "office chair": "sitsense-office", "desk chair": "sitsense-office",
    "stadtauto": "voltano-city", "city car": "voltano-city", "filmdrohne": "aeropix-cinema",
}  # fmt: skip
_KIND_OF = {word: kind for kind, words in KIND_WORDS.items() for word in words.split()}

_PAYMENT_WORDS: dict[PaymentMethod, str] = {
    "paypal": r"pay\s?pal|päipäl|peipel",
    "card": r"kredit\w*|karte|card|visa|master\s?card|amex",
    "direct_debit": r"lastschrift|bankeinzug|abbuch\w*|einzug|debit|iban|konto",
    "invoice": r"rechnung|invoice|bill|überweisung|ueberweisung|bank transfer",
}
_RENT = re.compile(r"\b(ge)?miet\w*|\bleih\w*|\bausleih\w*|\babo\w*|\bleas\w*|\brent\w*|\bhire\w*|\bsubscri\w*|\bmonatlich|\bmonthly|\bper month", re.I)
_BUY = re.compile(r"\bkauf\w*|\bbuy\b|\bpurchase\w*|\bbehalten\b|\bto own\b", re.I)
_MONTHLY = re.compile(r"monat|month|\bmtl\b|\bp\.?m\.?\b", re.I)
_MORE = re.compile(r"\b(noch|dazu|zus[aä]tzlich|ausserdem|außerdem|auch|obendrauf|plus|as well|another|also|too|add|on top)\b", re.I)
_INSTEAD = re.compile(r"\b(statt|anstatt|anstelle|instead of|rather than|not|nicht|kein\w*)\s+(der|die|das|den|dem|the|von|of)?\s*$", re.I)
_STREET = re.compile(
    r"(?P<street>[^\W\d_][\w.\-' ]*?[^\W\d_.]\.?\s?\d{1,4}\s?[a-z]?(?:\s?[-/]\s?\d{1,4})?)(?=\s*(?:,|;|\n|$|\bin\b|\d{4,5}\b))", re.I
)
_STREET_EN = re.compile(r"(?P<street>\b\d{1,4}[a-z]?\s+[^\W\d_][\w.\-' ]+?)(?=\s*(?:,|;|\n|$|\bin\b|\d{4,5}\b))", re.I)
_POSTAL = re.compile(r"(?:\b(?P<land>D|DE|A|AT|CH)[- ])?\b(?P<code>\d{5}|\d{4})\b\s*(?P<city>[^\W\d_][^\d,;\n]*)?", re.I)
_CITY_FIRST = re.compile(r"(?P<city>[^\W\d_][\w.\- ]*?)[\s,]+(?P<code>\d{5})\b")
_SMALL_TALK = re.compile(
    r"^(bitte|also|ja|gern|gerne|klar|okay|ok|please|yes|sure|well|hm+|äh+m?|uh+m?)\b[\s,.:]*|"
    r"\b(bitte )?(nach|an|to|zu|deliver(ed)? to|ship(ped)? to|send( it| them)? to|schick\w*( (es|sie|das))?( bitte)?( an| nach)?|liefer\w*( (es|sie|das))?( bitte)?( an| nach)?|"
    r"(meine |die )?adresse (ist|lautet|wäre)|(my |the )?address is|ich (heiße|heisse|bin)|mein name ist|my name is|i'?m|auf den namen|der name ist|name( is|:)?)\b[\s:,]*",
    re.I,
)
_NUMBER_WORDS = {
    word: number
    for number, words in enumerate(
        "null zero|ein eine einen einer eins one a an|zwei zwo two couple beide both|drei three|vier four|fuenf fünf five|sechs six|sieben seven|"
        "acht eight|neun nine|zehn ten|elf eleven|zwoelf zwölf twelve dozen dutzend".split("|")
    )
    for word in words.split()
}


@dataclass(frozen=True)
class Heard:
    """One message as Rasa understood it. `entities` in the order in which they were said."""

    text: str
    intent: str
    entities: tuple[dict[str, Any], ...]
    ranking: tuple[str, ...]
    message_id: str
    metadata: dict[str, Any]

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Heard":
        """From a tracker's `latest_message`."""
        metadata = message.get("metadata") or {}
        entities = sorted(message.get("entities") or (), key=lambda entity: entity.get("start") or 0)
        return cls(
            text=message.get("text") or "",
            intent=(message.get("intent") or {}).get("name") or "",
            entities=tuple(entities),
            ranking=tuple(guess["name"] for guess in message.get("intent_ranking") or ()),
            message_id=str(metadata.get("message_id") or message.get("message_id") or ""),
            metadata=metadata,
        )

    def all(self, entity: str) -> list[dict[str, Any]]:
        return [found for found in self.entities if found["entity"] == entity]

    def first(self, entity: str) -> Any:
        """The value of the first such entity; None if there is none."""
        found = self.all(entity)
        return found[0]["value"] if found else None

    @property
    def words(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True)
class Wish:
    """A product that was asked for, with what was said about it. Several products when the words fit several."""

    products: tuple[Product, ...]
    said: str
    options: dict[str, str]
    quantity: int | None


def folded(text: str) -> str:
    """Lower case, umlauts spelled out, no punctuation: what is compared."""
    text = text.casefold()
    for umlaut, spelled in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(umlaut, spelled)
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.sub(r"[^a-z0-9]+", " ", plain).split())


def products_named(words: str, catalog: Sequence[Product]) -> tuple[Product, ...]:
    """The products that these words can mean: one if they are clear, several for a family or a kind, none if unknown."""
    by_id = {product.id: product for product in catalog}
    if words in by_id:
        return (by_id[words],)
    text = folded(words)
    for nickname, product_id in NICKNAMES.items():
        if nickname in text and product_id in by_id:
            return (by_id[product_id],)
    scored = [(_likeness(text, product), product) for product in catalog]
    best = max((score for score, _ in scored), default=0)
    if best > 0:
        return tuple(product for score, product in scored if score == best)
    kind = kind_named(words)
    return tuple(product for product in catalog if product.kind == kind)


def kind_named(words: str) -> str | None:
    """The kind of product that is spoken of, compounds such as "Kameradrohne" included."""
    for word in [*folded(words).split(), folded(words).replace(" ", "")]:
        for known, kind in _KIND_OF.items():
            if word == known or (len(known) >= 5 and word.endswith(known)) or _alike(word, known):
                return kind
    return None


def _likeness(text: str, product: Product) -> int:
    """2 for the model's own word, 1 for the family's; 0 if neither was said."""
    words = text.split()
    family = folded(product.family)
    own = [word for word in folded(product.name).split() if word not in family.split()]
    joined = "".join(words)
    own_said = all(_said(word, words) or (len(word) > 2 and joined.endswith(word) and joined.startswith(family[:4])) for word in own)
    family_said = any(_said(part, words) for part in family.split()) or joined.startswith(family)
    return (2 if own and own_said else 0) + (1 if family_said else 0)


def _said(word: str, words: Iterable[str]) -> bool:
    return any(word == other or _alike(word, other) for other in words)


def _alike(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 4 and SequenceMatcher(None, one, other).ratio() >= _ALIKE


def options_named(text: str, product: Product) -> dict[str, str]:
    """Option id -> value id for those of the product's options that the text names, in either language."""
    words = folded(text).split()
    found = {}
    for option in product.options:
        for value in option.values:
            names = {folded(name) for name in (*value.name.values(), value.id)}
            if any(_names_value(name, words) for name in names):
                found[option.id] = value.id
    return found


def _names_value(name: str, words: Sequence[str]) -> bool:
    """German adjectives take endings: "die rote", "in schwarzem"."""
    parts = name.split()
    if len(parts) > 1:
        return " ".join(parts) in " ".join(words)
    endings = ("", "e", "en", "er", "es", "em") if len(name) >= 3 else ("",)
    return any(word == name + ending for word in words for ending in endings)


def variant_of(product: Product, options: dict[str, str]) -> Variant | None:
    """The variant that the options settle on; None while a choice is open."""
    fitting = [variant for variant in product.variants if all(variant.options.get(key) == value for key, value in options.items())]
    return fitting[0] if len(fitting) == 1 else None


def wishes(heard: Heard, catalog: Sequence[Product]) -> list[Wish]:
    """The products of a message, each with the quantity and options said next to it; what is to be replaced is left out."""
    named = [found for found in heard.all("product") if not _is_replaced(heard, found)]
    spans = [_span(heard, index, named) for index in range(len(named))]
    result = []
    for found, (start, end) in zip(named, spans, strict=True):
        said = str(found.get("text") or found["value"])
        products = products_named(str(found["value"]), catalog) or products_named(said, catalog)
        options = options_named(heard.text[start:end], products[0]) if len(products) == 1 else {}
        result.append(Wish(products, said, options, _quantity_in(heard, start, end)))
    return _without_repeats(result)


def _is_replaced(heard: Heard, found: dict[str, Any]) -> bool:
    return bool(_INSTEAD.search(heard.text[: found.get("start") or 0]))


def _span(heard: Heard, index: int, named: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """The stretch of text that belongs to one mention: from the mention before to the mention after."""
    start = (named[index - 1].get("end") or 0) if index else 0
    end = (named[index + 1].get("start") or 0) if index + 1 < len(named) else len(heard.text)
    return start, max(start, end)


def _without_repeats(found: list[Wish]) -> list[Wish]:
    """ "die Drohne, also die AeroPix Mini" is one wish: a mention within which a clearer one fits is dropped."""
    clear = [wish for wish in found if len(wish.products) == 1]
    kept = []
    for wish in found:
        is_vague = len(wish.products) != 1
        is_said_clearer = any(other.products[0] in wish.products for other in clear)
        is_same = any(other.products == wish.products for other in kept)
        if not (is_vague and is_said_clearer) and not is_same:
            kept.append(wish)
    return kept


def quantity(heard: Heard) -> int | None:
    """How many; of "zwei statt einer" the first."""
    return _quantity_in(heard, 0, len(heard.text))


def _quantity_in(heard: Heard, start: int, end: int) -> int | None:
    for found in heard.all("quantity"):
        at = found.get("start") or 0
        if start <= at <= end and not _INSTEAD.search(heard.text[:at]):
            number = as_number(found["value"])
            if number is not None:
                return number
    return None


def as_number(value: Any) -> int | None:
    """3, "3", "3x", "drei" -> 3; None for what is no number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return int(value) if value == int(value) else None
    words = folded(str(value)).split()
    digits = re.fullmatch(r"(-?\d{1,9})(x|mal|stueck)?", words[0]) if words else None
    if digits:
        return int(digits[1])
    return next((_NUMBER_WORDS[word] for word in words if word in _NUMBER_WORDS), None)


def bare_number(text: str) -> int | None:
    """A message that is a number and little else: "2", "zwei bitte", "make it 3"."""
    words = folded(text).split()
    numbers = [number for word in words if (number := as_number(word)) is not None]
    return numbers[0] if len(words) <= 4 and len(numbers) == 1 else None


def wants_rent(text: str) -> bool | None:
    """True for renting, False for buying, None if it was not said."""
    if _RENT.search(text):
        return True
    return False if _BUY.search(text) else None


def term_months(heard: Heard) -> int | None:
    """The months of a duration such as "ein halbes Jahr"."""
    for found in heard.all("duration"):
        value = found["value"]
        if isinstance(value, dict) and value.get("months"):
            return int(value["months"])
    return None


def budget(heard: Heard) -> tuple[int, bool] | None:
    """A sum in minor units, and whether it is meant per month."""
    for found in heard.all("money"):
        value = found["value"]
        amount = value.get("amount") if isinstance(value, dict) else (as_number(value) or 0) * 100
        if amount:
            return int(amount), bool(_MONTHLY.search(heard.text))
    return None


def is_addition(text: str) -> bool:
    """Whether a product comes on top of what was chosen, rather than instead of it."""
    return bool(_MORE.search(text))


def payment_method(text: str) -> PaymentMethod | None:
    for method, pattern in _PAYMENT_WORDS.items():
        if re.search(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            return method
    return None


def address_parts(text: str) -> dict[str, str]:
    """Name, street, postal_code, city, country: those that the text gives."""
    text = _SMALL_TALK.sub("", text.strip()).strip(" ,.;\n")
    parts = _postal(text)
    rest = text
    if "postal_code" in parts:
        rest = text[: text.find(parts["postal_code"])].strip(" ,;\n-")
        if parts.pop("city_first", ""):
            rest = rest[: rest.rfind(parts["city"])].strip(" ,;\n-")
    street = _STREET.search(rest) or _STREET_EN.search(rest)
    if street:
        parts["street"] = _tidy(street["street"].rpartition("\n")[2].rpartition(",")[2])
        name = rest[: rest.find(parts["street"].split()[0])].strip(" ,;\n")
        if is_name(name):
            parts["name"] = _tidy(name)
    return parts


def _postal(text: str) -> dict[str, str]:
    found = _POSTAL.search(text)
    if found and len(found["code"]) == 5 or found and found["city"]:
        parts = {"postal_code": found["code"], "country": _country(found, text)}
        if found["city"]:
            parts["city"] = _tidy(re.split(r"\b(?:bitte|danke|und|please|thanks|and)\b", found["city"], flags=re.IGNORECASE)[0])
            return parts
        before = _CITY_FIRST.search(text)
        return {**parts, "city": _tidy(before["city"].rpartition(",")[2]), "city_first": "yes"} if before else parts
    return {}


def _country(found: re.Match[str], text: str) -> str:
    if found["land"] and found["land"].upper()[0] in "AC":
        return {"A": "AT", "C": "CH"}[found["land"].upper()[0]]
    if len(found["code"]) == 4:
        return "CH" if re.search(r"schweiz|switzerland|suisse|\bCH\b", text) else "AT"
    return "DE"


def is_name(text: str) -> bool:
    """Whether this can be a person's name: two to five words of letters."""
    words = text.split()
    return 2 <= len(words) <= 5 and all(re.fullmatch(r"[^\W\d_][\w.'-]*", word) for word in words)


def name_said(text: str) -> str | None:
    """The name in an answer to "Auf welchen Namen?": "ich bin Jonas Reuter" -> "Jonas Reuter"."""
    plain = _SMALL_TALK.sub("", _SMALL_TALK.sub("", text.strip())).strip(" ,.;!")
    words = plain.split()
    return _tidy(plain) if 1 <= len(words) <= 5 and all(re.fullmatch(r"[^\W\d_][\w.'-]*", word) for word in words) else None


def _tidy(words: str) -> str:
    """As one writes it: people type addresses in lower case."""
    words = " ".join(words.split()).strip(" ,.;-")
    return words.title() if words == words.lower() else words

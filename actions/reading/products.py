"""Which products words mean, and which of their options."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from actions.backend.port import Addon, OptionValue, Product, Variant
from actions.reading.amounts import is_replaced
from actions.reading.heard import Span
from actions.reading.names import Names, candidates
from actions.reading.words import Word, alike, folded, said, vocabulary, words_of

KIND_WORDS = {
    "drone": "drohne drohnen drone drones copter quadcopter multicopter kopter flieger fluggeraet quadrocopter",
    "e_bike": "ebike ebikes bike bikes fahrrad fahrraeder rad raeder pedelec pedelecs bicycle bicycles elektrofahrrad velo",
    "car": "auto autos wagen car cars eauto elektroauto elektroautos karre ev evs vehicle vehicles",
    "chair": "stuhl stuehle sessel chair chairs schreibtischstuhl sitz seat stuehlen",
    "shoe": "schuh schuhe schuhen laufschuh laufschuhe sneaker sneakers shoe shoes trainers turnschuhe laufschuhen",
}
PURPOSES = {
    "drone": r"flieg\w*|fly|flying|flies|abheben|in die luft|(?:von oben|aus der luft) (?:film|fotograf)\w*|aerial\w*",
    "e_bike": r"radeln|strampeln|radfahr\w*|in die pedale|pedal\w*|zwei räder|two wheels|cycl(?:e|ing)",
    "car": r"vier räder|four wheels|autofahr\w*|führerschein|driving|driver'?s licen[cs]e",
    "chair": r"(?:zum )?sitzen|sitzgelegenheit|rücken(?:schmerz\w*)?|ruecken\w*|bandscheibe\w*|sit (?:on|in)|sitting|back ?(?:pain|ache)|my back",
    "shoe": r"(?:zum )?(?:joggen|laufen)|jogging|lauftraining|marathon\w*|running|(?:an den|für die) füße?n?",
}
"""What people want to do, where they name no thing to do it with."""
NICKNAMES = {
    "lastenrad": "urbano-cargo", "cargobike": "urbano-cargo", "cargo bike": "urbano-cargo", "lastenfahrrad": "urbano-cargo",
    "buerostuhl": "sitsense-office", "office chair": "sitsense-office", "desk chair": "sitsense-office",
    "stadtauto": "voltano-city", "city car": "voltano-city", "filmdrohne": "aeropix-cinema",
}  # fmt: skip
ADDON_WORDS = {
    "insurance": vocabulary(
        "versicherung versichert schutz schutzpaket schutzbrief versicherungspaket insurance insured"
    ),
    "flight-lessons": vocabulary("flugstunde flugstunden flugunterricht flugkurs unterricht lesson lessons training"),
    "starter-package": vocabulary("starterpaket startpaket starterset einsteigerpaket starter"),
}
"""What people call the add-ons of the sample catalog; others are known by their name."""
COLOURS = vocabulary(
    "rot red blau blue gruen green gelb yellow schwarz black weiss white grau grey gray silber silver gold golden braun brown beige "
    "pink rosa lila violett purple tuerkis turquoise orange sand oliv olive bunt magenta bordeaux navy"
)
"""What people ask for by colour, whether or not a product has it."""
_KIND_OF = {word: kind for kind, words in KIND_WORDS.items() for word in words.split()}
SIZE_WORDS = {
    "s": ("small", "klein"),
    "m": ("medium", "mittel", "mittlere"),
    "l": ("large", "gross"),
    "xl": ("extra large",),
}
_KNOWS = re.compile(
    r"\b(?:ich|wer|man|du|sie|wir|keiner)\s+wei(?:ß|ss)\b|\bwei(?:ß|ss)\s+(?:ich|nicht|net|ned|noch|leider|gar|es|man|jemand)\b",
    re.I,
)
""" "ich weiß nicht" names no colour."""
MAX_MENTIONS = 12
"""So many colours and sizes of one message count."""
_OR = re.compile(r"\W{1,3}(?:oder|or)(?:\W+(?:in|die|der|das|the)){0,3}\W{1,3}", re.I)
_ENDINGS = ("", "e", "en", "er", "es", "em", "ne", "nen")
_COLOUR_FORMS = frozenset(colour + ending for colour in COLOURS for ending in _ENDINGS)
_SIZE = re.compile(r"\b(?:größe|groesse|grösse|size|gr\.?)\s+(?P<size>\d{2}|x{0,2}[sml])\b", re.I)
_ORDINALS = (
    vocabulary("erste ersten erster erstes first"),
    vocabulary("zweite zweiten zweiter zweites second"),
    vocabulary("dritte dritten dritter drittes third"),
    vocabulary("vierte vierten vierter viertes fourth"),
)
_MIDDLE = vocabulary("mittlere mittleren mittlerer mittleres middle")
_LAST = vocabulary("letzte letzten letzter letztes last")
_CHEAPEST = re.compile(r"\b(billig|günstig|guenstig)\w*|\bpreiswert\w*|\bcheap\w*|\bleast expensive", re.I)
_DEAREST = re.compile(r"\bteue?r\w*|\bbeste[mnrs]?\b|\bbest\b|\bmost expensive|\bpriciest", re.I)
_SMALLEST = re.compile(r"\bklein\w*|\bleicht\w*|\bsmall\w*|\blittle\b|\blight\w*", re.I)
_LARGEST = re.compile(r"\b(gro(ß|ss)(e[nrs]?)?|gr(ö|oe)(ß|ss)(er|te)\w*|big\w*|large\w*)\b", re.I)


@dataclass(frozen=True)
class OptionMention:
    """An option's value where a text names it."""

    option: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class AddonMention:
    """An add-on where a text names it."""

    addon: Addon
    start: int
    end: int


def products_named(words: str, catalog: Sequence[Product]) -> tuple[Product, ...]:
    """The products that these words can mean: one if they are clear, several for a family or a kind, none if unknown."""
    names = Names.of(catalog)
    place = names.place_of(words)
    if place is not None:
        return (catalog[place],)
    text = folded(words)
    for nickname, product_id in NICKNAMES.items():
        place = names.place_of(product_id) if nickname in text else None
        if place is not None:
            return (catalog[place],)
    scored = [(_likeness(text, product), product) for product in candidates(text, catalog)]
    best = max((score for score, _ in scored), default=0)
    if best > 0:
        return tuple(product for score, product in scored if score == best)
    kinds = {kind_named(words), text.replace(" ", "_"), *names.kinds_in(text)}
    return tuple(product for product in catalog if product.kind in kinds)


def products_for(text: str, catalog: Sequence[Product]) -> list[Product]:
    """Of the only kind that serves what the text wants to do: "was zum fliegen"; none when it says nothing of that."""
    kinds = [kind for kind, words in PURPOSES.items() if re.search(rf"\b(?:{words})\b", text, re.I)]
    return [product for product in catalog if [product.kind] == kinds]


def kind_named(words: str) -> str | None:
    """The kind of product that is spoken of, compounds such as "Kameradrohne" included."""
    candidates = [*folded(words).split(), folded(words).replace(" ", "")]
    for fits in (str.__eq__, _is_compound, alike):
        for word in candidates:
            kind = next((kind for known, kind in _KIND_OF.items() if fits(word, known)), None)
            if kind:
                return kind
    return None


def _is_compound(word: str, known: str) -> bool:
    return len(known) >= 5 and word.endswith(known)


def _likeness(text: str, product: Product) -> int:
    """2 for the model's own word, 1 for the family's; 0 if neither was said."""
    words = text.split()
    family = folded(product.family)
    own = [word for word in folded(product.name).split() if word not in family.split()]
    joined = "".join(words)
    own_said = all(said(word, words) or _is_joined(joined, word, family) for word in own)
    family_said = any(said(part, words) for part in family.split()) or joined.startswith(family)
    return (2 if own and own_said else 0) + (1 if family_said else 0)


def _is_joined(joined: str, own: str, family: str) -> bool:
    """ "aeropixpro"."""
    return len(own) > 1 and joined.endswith(own) and joined.startswith(family[:4])


def pick(text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    """Those of the products at hand that an answer means: by name, by their order, or as the cheapest, the smallest …"""
    plain = folded(text)
    named = [product for product in candidates(plain, products) if _likeness(plain, product) >= 2]
    if named or not products:
        return tuple(named)
    place = place_named(text, len(products))
    return _by_degree(text, products) if place is None else (products[place],)


def place_named(text: str, count: int) -> int | None:
    """ "die zweite" of so many is at 1, and so is "the middle one" of three."""
    words = set(folded(text).split())
    if count % 2 and words & _MIDDLE:
        return count // 2
    place = next((place for place, ordinals in enumerate(_ORDINALS[:count]) if words & ordinals), None)
    return count - 1 if place is None and count and words & _LAST else place


def _by_degree(text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    if _CHEAPEST.search(text):
        return (min(products, key=_price),)
    if _DEAREST.search(text):
        return (max(products, key=_price),)
    weights = {product.id: weight for product in products if (weight := _weight(product)) is not None}
    if len(weights) < len(products) or len({product.kind for product in products}) > 1:
        return ()
    if _SMALLEST.search(text):
        return (min(products, key=lambda product: weights[product.id]),)
    return (max(products, key=lambda product: weights[product.id]),) if _LARGEST.search(text) else ()


def is_about_cheapest(text: str) -> bool:
    return bool(_CHEAPEST.search(text))


def _price(product: Product) -> int:
    return product.price.amount


def _weight(product: Product) -> float | None:
    """For saying which is the small one. Products of one kind have it in the same unit."""
    value = next((feature.value for feature in product.features if feature.id == "weight"), None)
    return float(value) if isinstance(value, int | float) else None


def option_mentions(text: str, product: Product, span: Span | None = None) -> list[OptionMention]:
    """Where the text, or that stretch of it, names values of the product's options; not those that are to be replaced."""
    start, end = span or (0, len(text))
    words = [word for word in _words_without_knowing(text) if start <= word.start and word.end <= end]
    found = [
        OptionMention(option.id, value.id, *span)
        for option in product.options
        for value in option.values
        for span in _places(value, words, text)
    ]
    wanted = sorted(
        (mention for mention in found if not is_replaced(text, mention.start)), key=lambda mention: mention.start
    )
    return _without_alternatives(wanted[:MAX_MENTIONS], text)


def _words_without_knowing(text: str) -> list[Word]:
    known = [match.span() for match in _KNOWS.finditer(text)]
    return [word for word in words_of(text) if not any(start <= word.start < end for start, end in known)]


def addon_mentions(text: str, product: Product) -> list[AddonMention]:
    """Each add-on of the product that the text names, once."""
    words = words_of(text)
    return [
        AddonMention(addon, place.start, place.end)
        for addon in product.addons
        if (place := next((word for word in words if word.folded in _addon_words(addon)), None))
    ]


def _addon_words(addon: Addon) -> frozenset[str]:
    own = frozenset(word for name in addon.name.values() for word in folded(name).split() if len(word) >= 5)
    return ADDON_WORDS.get(addon.id, own)


def _places(value: OptionValue, words: Sequence[Word], text: str) -> list[Span]:
    names = {folded(name) for name in (*value.name.values(), value.id, *SIZE_WORDS.get(value.id, ()))}
    return [span for name in names for span in _places_of(name, words, text)]


def _places_of(name: str, words: Sequence[Word], text: str) -> list[Span]:
    """German adjectives take endings: "die rote", "in schwarzem". A size's letter must stand alone and look like one."""
    parts = name.split()
    if len(parts) > 1:
        runs = [words[at : at + len(parts)] for at in range(len(words))]
        return [(run[0].start, run[-1].end) for run in runs if [word.folded for word in run] == parts]
    if len(name) == 1:
        return [
            (word.start, word.end) for word in words if word.folded == name and _is_letter_of_size(word, words, text)
        ]
    forms = {name + ending for ending in _ENDINGS} if name.isalpha() and len(name) >= 3 else {name}
    return [(word.start, word.end) for word in words if word.folded in forms]


def _is_letter_of_size(word: Word, words: Sequence[Word], text: str) -> bool:
    is_contraction = word.start > 0 and text[word.start - 1] in "'’`"
    return not is_contraction and (text[word.start].isupper() or len(words) <= 4 or bool(_SIZE.search(text)))


def _without_alternatives(mentions: Sequence[OptionMention], text: str) -> list[OptionMention]:
    """ "rot oder weiß" decides nothing."""
    return [mention for mention in mentions if not any(_are_alternatives(mention, other, text) for other in mentions)]


def _are_alternatives(one: OptionMention, other: OptionMention, text: str) -> bool:
    first, second = sorted((one, other), key=lambda mention: mention.start)
    is_choice = one.option == other.option and one.value != other.value
    return is_choice and bool(_OR.fullmatch(text[first.end : second.start]))


def options_named(text: str, product: Product) -> dict[str, str]:
    """Option id -> value id; of "die rote, ach nein, die weiße" the last."""
    return {mention.option: mention.value for mention in option_mentions(text, product)}


def is_colour(word: str) -> bool:
    """A single word that is one: "black" answers no question for a name."""
    return folded(word) in _COLOUR_FORMS


def names_what_is_not_offered(text: str, product: Product) -> bool:
    """Whether the text asks for a colour or a size that this product does not come in."""
    return names_colour_not_offered(text, product) or _is_other_size(text, product, options_named(text, product))


def names_colour_not_offered(text: str, product: Product) -> bool:
    """Whether the text asks for another colour than those that there are."""
    colours = [
        word
        for word in _words_without_knowing(text)
        if word.folded in _COLOUR_FORMS and not is_replaced(text, word.start)
    ]
    return _has(product, "colour") and "colour" not in options_named(text, product) and bool(colours)


def _is_other_size(text: str, product: Product, named: dict[str, str]) -> bool:
    return _has(product, "size") and "size" not in named and bool(_SIZE.search(text))


def _has(product: Product, option: str) -> bool:
    return any(known.id == option for known in product.options)


def variant_of(product: Product, options: dict[str, str]) -> Variant | None:
    """The variant that the options settle on; None while a choice is open."""
    fitting = [
        variant
        for variant in product.variants
        if all(variant.options.get(key) == value for key, value in options.items())
    ]
    return fitting[0] if len(fitting) == 1 else None

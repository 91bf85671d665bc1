"""What a question about a product comes to: its features, colours, prices, parts and services, in a few words each."""

import re
from collections.abc import Sequence

from actions import features
from actions.backend.port import Addon, Part, Product
from actions.base import Turn
from actions.reading.answers import OPTION_WORDS
from actions.reading.products import addon_mentions
from actions.reading.words import folded, vocabulary
from actions.showing import choices, feature, price_words, rent_by_term, terms_in_words

MAX_OFFERED = 6
_PRICE = re.compile(r"\b(kost\w*|preis\w*|teuer|price\w*|costs?|how much|wie ?viel)\b(?!\s+(wieg|pass|lad|fit))", re.I)
_RENT = re.compile(
    r"\b(miet\w*|leih\w*|abo\w*|monatlich\w*|im monat|rent\w*|hire|lease|monthly|per month|a month)\b"
    r"|\b(?:für|fuer|for) (?:\w+ ){0,2}(?:monate?|jahre?|months?|years?)\b(?! alte?\w*| old)",
    re.I,
)
_SIDES = vocabulary(
    "linker linke linken rechter rechte rechten left right vorderer vordere vorderen hinterer hintere hinteren front rear"
)
_ENDING = 2
"""Letters that a word may have more than the noun in the catalog."""


def facts(turn: Turn, text: str, product: Product) -> list[str]:
    """Empty when the whole product is asked about."""
    known = [feature(turn, asked) for asked in features.asked(text, product)]
    told = [*_options(turn, text, product), *known, *_extras(turn, text, product)]
    return [*told, *_prices(turn, text, product, only=not told)]


def extras_offered(turn: Turn, product: Product) -> str:
    """What there is beside the product itself, for somebody who asked for a part or a service that there is not."""
    things: list[Part | Addon] = [*product.addons, *product.parts]
    return turn.listed([_priced(turn, thing) for thing in things[:MAX_OFFERED]])


def parts_in_words(turn: Turn, text: str, product: Product) -> str:
    """The product's parts that the text names, with prices; all of them when it names none that there is."""
    return turn.listed([_priced(turn, part) for part in _parts(text, product) or product.parts[:MAX_OFFERED]])


def _extras(turn: Turn, text: str, product: Product) -> list[str]:
    named: list[Part | Addon] = [*_parts(text, product), *(found.addon for found in addon_mentions(text, product))]
    return [_priced(turn, thing) for thing in named]


def _parts(text: str, product: Product) -> list[Part]:
    words = folded(text).split()
    return [part for part in product.parts if any(_is_named(folded(name), words) for name in part.name.values())]


def _is_named(name: str, words: Sequence[str]) -> bool:
    """By its noun, alone or in a compound, and not by its opposite: "linker Flügel" is not the right one."""
    *qualities, noun = name.split(" mit ")[0].split(" 5 ")[0].split()
    asked_sides, own_sides = _SIDES & set(words), _SIDES & set(qualities)
    is_named = any(
        word.endswith(noun) or (word.startswith(noun) and len(word) - len(noun) <= _ENDING) for word in words
    )
    return is_named and (not own_sides or asked_sides <= own_sides)


def _priced(turn: Turn, thing: Part | Addon) -> str:
    monthly = turn.either(" im Monat", " a month") if isinstance(thing, Addon) and thing.monthly else ""
    return f"{turn.named(thing.name)} {turn.money(thing.price)}{monthly}"


def _prices(turn: Turn, text: str, product: Product, *, only: bool) -> list[str]:
    if _RENT.search(text):
        return [_rent(turn, product)]
    return [price_words(turn, product)] if only and _PRICE.search(text) else []


def _rent(turn: Turn, product: Product) -> str:
    if not product.rental_terms:
        return turn.either(f"nur zu kaufen, {price_words(turn, product)}", f"only sold, {price_words(turn, product)}")
    prices = rent_by_term(product)
    if prices:
        by_term = terms_in_words(turn, prices)
        return turn.either(f"zur Miete im Monat {by_term}", f"to rent a month {by_term}")
    terms = turn.listed([str(term) for term in product.rental_terms], choice=True)
    monthly = turn.money(product.monthly_price)
    return turn.either(
        f"zur Miete {monthly} im Monat, für {terms} Monate", f"to rent {monthly} a month, for {terms} months"
    )


def _options(turn: Turn, text: str, product: Product) -> list[str]:
    """ "Farbe Rot, Weiß und Schwarz"."""
    asked = [
        option
        for option in product.options
        if re.search(rf"\b(?:{OPTION_WORDS.get(option.id, option.id)})\b", text, re.I)
    ]
    named = [(turn.named(option.name), turn.listed(choices(turn, option, product.variants))) for option in asked]
    return [f"{name[:1].upper()}{name[1:]} {values}" for name, values in named]

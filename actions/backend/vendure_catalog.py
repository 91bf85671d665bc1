"""Vendure's products in the shapes of the port. Its catalog has one language here; that is said in both."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from actions.backend.port import Feature, Money, Option, OptionValue, Product, Variant, Wording

PAGE = 100
"""What Vendure's `shopListQueryLimit` allows unless it is changed."""
CATALOG = """query ($skip: Int!, $take: Int!) {
  products(options: {skip: $skip, take: $take, sort: {id: ASC}}) {
    totalItems
    items {
      slug name description
      featuredAsset { preview }
      collections { slug }
      facetValues { code name facet { code name } }
      optionGroups { name options { code name } }
      variants { id priceWithTax currencyCode stockLevel options { code name group { name } } }
    }
  }
}"""
STOCK_IN_WORDS = {"OUT_OF_STOCK": 0, "LOW_STOCK": 1, "IN_STOCK": 99}
"""What is certain; the order itself finds out. A StockDisplayStrategy that gives numbers is better (docs/own_backend.md)."""
OUR_OPTION = {"color": "colour", "farbe": "colour", "größe": "size", "groesse": "size"}
"""Options that the assistant has words for, by other names of theirs."""
MAX_TAGLINE = 120

Found = Mapping[str, Any]
"""An object of a GraphQL answer."""


def products_of(found: Sequence[Found], kind_facet: str) -> tuple[Product, ...]:
    """Without those that have no variant: they cannot be ordered."""
    sold = [product for product in found if product["variants"]]
    families = families_of([product["name"] for product in sold])
    return tuple(product_of(product, families[product["name"]], kind_facet) for product in sold)


def product_of(found: Found, family: str, kind_facet: str) -> Product:
    description = plain(found["description"])
    return Product(
        id=found["slug"],
        kind=kind_of(found, kind_facet),
        family=family,
        name=found["name"],
        tagline=both(tagline_of(description) or found["name"]),
        description=both(description or found["name"]),
        image_url=(found["featuredAsset"] or {}).get("preview", ""),
        options=tuple(option_of(group) for group in found["optionGroups"]),
        features=tuple(features_of(found["facetValues"], kind_facet)),
        variants=tuple(variant_of(variant) for variant in found["variants"]),
        parts=(),
        addons=(),
        rental_terms=(),
    )


def variant_of(found: Found) -> Variant:
    """Nothing is rented there: `monthly_price` is what it costs, and no product has a term to rent it for."""
    price = Money(amount=found["priceWithTax"], currency=found["currencyCode"])
    return Variant(
        id=found["id"],
        options=options_of(found["options"]),
        price=price,
        monthly_price=price,
        stock=stock_of(found["stockLevel"]),
    )


def stock_of(level: str) -> int:
    """Vendure says it in a word, or in a number where the shop has chosen that."""
    return STOCK_IN_WORDS[level] if level in STOCK_IN_WORDS else max(0, int(float(level)))


def options_of(found: Iterable[Found]) -> dict[str, str]:
    """Option id -> value id."""
    return {option_id(option["group"]["name"]): value_id(option, option["group"]["name"]) for option in found}


def option_of(group: Found) -> Option:
    name = group["name"]
    values = tuple(OptionValue(id=value_id(v, name), name=both(value_name(v, name))) for v in group["options"])
    return Option(id=option_id(name), name=both(name), values=values)


def option_id(name: str) -> str:
    """By its name: its code may carry the product's ("laptop-screen-size")."""
    return OUR_OPTION.get(name.lower(), slug(name))


def value_id(value: Found, option: str) -> str:
    """ "size-42" of the option "size" is "42"."""
    code: str = value["code"]
    return code.removeprefix(f"{slug(option)}-")


def value_name(value: Found, option: str) -> str:
    """ "Size 42" is answered with "42"."""
    name: str = value["name"]
    starts = name.lower().startswith(f"{option.lower()} ")
    return name[len(option) :].strip() if starts else name


def kind_of(found: Found, kind_facet: str) -> str:
    """The last, because narrowest, of its categories."""
    facets = [value["code"] for value in found["facetValues"] if value["facet"]["code"] == kind_facet]
    collections = [collection["slug"] for collection in found["collections"]]
    return str([*(facets or collections or ["other"])][-1]).replace("-", "_")


def features_of(values: Sequence[Found], kind_facet: str) -> Iterator[Feature]:
    """Facets are words that a product is filed under: "brand: Apple", "colour: blue, pink"."""
    facets = {value["facet"]["code"]: value["facet"]["name"] for value in values}
    for code, name in facets.items():
        if code != kind_facet:
            named = dict.fromkeys(value["name"] for value in values if value["facet"]["code"] == code)
            yield Feature(id=code.replace("-", "_"), name=both(name), value=", ".join(named))


def families_of(names: Sequence[str]) -> dict[str, str]:
    """What several products' names share ("AeroPix", "Running Shoe"): said alone, it means all of them. Else the last word."""
    shared = Counter(end for name in names for end in _ends(name.split()))
    return {
        name: next((end for end in _ends(name.split()) if shared[end] > 1), name.split()[-1])
        for name in dict.fromkeys(names)
    }


def _ends(words: Sequence[str]) -> list[str]:
    """Of two or more words, the longest first: a noun stands at the end, a brand at the beginning."""
    lengths = range(len(words) - 1, 0, -1)
    return [*(" ".join(words[-length:]) for length in lengths), *(" ".join(words[:length]) for length in lengths)]


def plain(html: str) -> str:
    """Descriptions are written in an editor that makes HTML."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def tagline_of(description: str) -> str:
    """The first sentence, or as much of it as a card has room for."""
    sentence = re.split(r"(?<=[.!?])\s", description, maxsplit=1)[0]
    return sentence if len(sentence) <= MAX_TAGLINE else f"{sentence[:MAX_TAGLINE].rpartition(' ')[0]} …"


def both(text: str) -> Wording:
    return {"de": text, "en": text}


def slug(text: str) -> str:
    return re.sub(r"\W+", "-", text.lower()).strip("-")

"""Names of products, ready to be looked up in a text: a shop may sell thousands, and each message is searched for them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from rapidfuzz import fuzz, process

from actions.backend.port import Product
from actions.reading.words import Word, alike, folded, said

FEW = 20
"""So many products are looked at one by one."""
PERHAPS = 70
"""Likeness, in per cent, from which two words are compared in earnest."""
KEPT = 32
"""Catalogs whose names are remembered: today's, those of a moment ago, and the few goods that a customer is choosing from."""
LATEST = 4
"""Whole catalogs that are known again without reading their names."""

_known: dict[tuple[str, ...], "Names"] = {}
_latest: list[tuple[Sequence[Product], "Names"]] = []


class Names:
    """Of one catalog. Products whose names did not change share it, whatever became of their stock."""

    def __init__(self, catalog: Sequence[Product]) -> None:
        self._with_word: dict[str, set[int]] = defaultdict(set)
        self._full: dict[str, list[tuple[list[str], str]]] = defaultdict(list)
        self._families: dict[str, set[int]] = defaultdict(set)
        for place, product in enumerate(catalog):
            name, family = folded(product.name).split(), folded(product.family)
            for word in (*name, *family.split()):
                self._with_word[word].add(place)
            self._full[name[0] if name else ""].append((name, product.id))
            self._families[family].add(place)
        self._places = {product.id: place for place, product in enumerate(catalog)}
        self._words = list(self._with_word)
        self._kinds = {
            product.kind: {
                word for name in product.kind_name.values() for word in folded(name).split() if len(word) > 2
            }
            for product in catalog
            if product.kind_name
        }

    @classmethod
    def of(cls, catalog: Sequence[Product]) -> "Names":
        names = next((names for known, names in _latest if known is catalog), None)
        if names is None:
            names = cls._with_names_of(catalog)
            if len(catalog) > FEW:
                _latest.append((catalog, names))
                del _latest[:-LATEST]
        return names

    @classmethod
    def _with_names_of(cls, catalog: Sequence[Product]) -> "Names":
        key = tuple(name for product in catalog for name in (product.id, product.name))
        if key not in _known:
            while len(_known) >= KEPT:
                _known.pop(next(iter(_known)))
            _known[key] = cls(catalog)
        return _known[key]

    def place_of(self, product_id: str) -> int | None:
        """In the catalog."""
        return self._places.get(product_id)

    def perhaps_in(self, text: str) -> set[int]:
        """Places in the catalog of the products of which a word may be said in the folded text."""
        words = text.split()
        found = {place for word in self._said(words) for place in self._with_word[word]}
        joined = "".join(words)
        for family, places in self._families.items():
            if joined.startswith(family[:4]):
                found |= places
        return found

    def kinds_in(self, text: str) -> set[str]:
        """Kinds of the retailer's own that the folded text calls by name."""
        words = text.split()
        return {kind for kind, names in self._kinds.items() if any(said(name, words) for name in names)}

    def _said(self, words: Sequence[str]) -> Iterator[str]:
        if not words or not self._words:
            return
        likeness = process.cdist(words, self._words, scorer=fuzz.ratio, score_cutoff=PERHAPS, dtype=np.uint8)
        for row, column in zip(*np.nonzero(likeness), strict=True):
            word, known = words[row], self._words[column]
            if word == known or alike(word, known):
                yield known

    def full_names_in(self, words: Sequence[Word]) -> Iterator[tuple[str, int, int]]:
        """(product's id, first and last word's place) where a product's whole name stands."""
        for at, word in enumerate(words):
            for name, product_id in self._full.get(word.folded, ()):
                if [other.folded for other in words[at : at + len(name)]] == name:
                    yield product_id, at, at + len(name) - 1


def candidates(text: str, products: Sequence[Product]) -> Sequence[Product]:
    """Those that the folded text may name, in their order."""
    if len(products) <= FEW:
        return products
    places = Names.of(products).perhaps_in(text)
    return [products[place] for place in sorted(places)]

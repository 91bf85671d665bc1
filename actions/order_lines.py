"""The lines of an order while a message changes them: products, options, quantities, terms, new or corrected."""

import re
from collections.abc import Callable, Iterable, Sequence

from actions.backend.port import Product
from actions.order_draft import Line, new_line, open_quantity, product_of, variant_of
from actions.reading import amounts
from actions.reading.amounts import is_replaced
from actions.reading.heard import Heard
from actions.reading.products import addon_mentions, option_mentions, options_named
from actions.reading.wishes import (
    Portion,
    Wish,
    goes_on,
    is_addition,
    is_all,
    is_cancelled,
    is_taken_out,
    kept,
    left_out,
    portions,
    rented_apart,
    unwanted,
    wishes,
)

Asked = tuple[Product, Portion]
"""A product, and how many of it in which make."""

_MADE_INTO = re.compile(r"\b(?:mach\w*|aus|make|turn|änder\w*|change|tausch\w*|swap|switch)\b", re.I)
_ONLY_THE = re.compile(r"\b(?:nur(?: noch)?|only|just|blo(?:ß|ss))\s+(?:die|den|das|the)\b", re.I)
_ONE_OF = re.compile(
    r"\b(?P<count>one|two|three|ein\w*|zwei|drei|\d{1,2})\s+(?:of (?:them|those|the|these)|davon|von (?:denen|den|ihnen)|der)\b",
    re.I,
)
_ANOTHER = re.compile(r"\b(?:ander\w*|other|different)\b", re.I)
_EVERY = re.compile(r"\b(beide\w*|alle\w*|both|all|every)\b", re.I)


class Lines:
    """Each `take_…` says whether it found anything."""

    def __init__(self, lines: Sequence[Line], catalog: Sequence[Product], language: str) -> None:
        self.lines = list(lines)
        self._catalog = catalog
        self._language = language

    def take(self, heard: Heard, *, counts: bool) -> bool:
        """Everything that is said of products; numbers only if they may count pieces (`counts`) or were understood so."""
        if self.lines and self._recolour(heard):
            return True
        if heard.intent == "cancel_order":
            return self._drop_addons(heard) or self.drop(heard)
        wished = self.take_products(heard)
        has_addons = self.take_addons(heard)
        if wished or not self.lines:
            return wished
        if is_addition(heard.text, self._language) and self._take_more(heard):
            return True
        if not has_addons and (self._keep_only(heard) or self._take_out(heard) or self._split_off(heard)):
            return True
        if self.take_split(heard):
            return True
        chosen = self.take_options(heard)
        return self.take_quantity(heard, counts=counts) or chosen or has_addons

    def _take_out(self, heard: Heard) -> bool:
        """ "die rote doch nicht": of several lines the one that has just this colour."""
        named = [line for line in self.lines if self._is_named(heard, line)]
        if len(self.lines) < 2 or len(named) != 1 or not is_taken_out(heard.text):
            return False
        self.lines = [line for line in self.lines if line is not named[0]]
        return True

    def take_products(self, heard: Heard) -> bool:
        clear = [wish for wish in map(self._among_lines(heard), wishes(heard, self._catalog)) if wish.product]
        gone = [product_id for product_id in unwanted(heard, self._catalog) if self._has(product_id)]
        if not clear or (gone and not any(self._says_new(wish) for wish in clear)):
            self.lines = [line for line in self.lines if line["product"] not in gone]
            return bool(gone)
        self._put(heard, clear, gone)
        return True

    def _says_new(self, wish: Wish) -> bool:
        """Whether it is more than the name of something that was chosen."""
        more = any(portion.options or portion.quantity for portion in wish.portions)
        return more or not any(self._has(product.id) for product in wish.products)

    def _among_lines(self, heard: Heard) -> Callable[[Wish], Wish]:
        """ "die Stühle in Rot" means the one chair that was chosen."""

        def clearer(wish: Wish) -> Wish:
            chosen = {product.id: product for product in wish.products if self._has(product.id)}
            is_more = is_addition(heard.text, self._language) or _ANOTHER.search(heard.text)
            return wish.of(next(iter(chosen.values())), heard) if len(chosen) == 1 and not is_more else wish

        return clearer

    def take_addons(self, heard: Heard) -> bool:
        """ "mit Versicherung", "die Versicherung doch nicht": for every line that can have it."""
        found = False
        stretches = {wish.product.id: wish.span for wish in wishes(heard, self._catalog) if wish.product}
        for line in self.lines:
            for mention in addon_mentions(heard.text, self._product(line)):
                beside = [product for product, (start, end) in stretches.items() if start <= mention.start < end]
                if len(stretches) > 1 and beside and line["product"] not in beside:
                    continue  # "… und die Pro mit Versicherung" insures the Pro alone
                found = True
                others = [addon for addon in line["addons"] if addon != mention.addon.id]
                before, after = heard.text[: mention.start], heard.text[mention.end :]
                is_out = is_replaced(heard.text, mention.start) or is_taken_out(after) or is_cancelled(before)
                line["addons"] = others if is_out else [*others, mention.addon.id]
        return found

    def put(self, asked: Sequence[Asked], *, adds: bool) -> None:
        """Beside the present lines, or in their place."""
        if adds:
            self._add(self._succeeding(product, portion, None) for product, portion in asked)
        else:
            self._exchange(self.lines, asked)

    def take_split(self, heard: Heard) -> bool:
        """ "eine rote und zwei weiße": in place of all lines of the product."""
        line = self._line_meant(heard)
        product = self._product(line)
        split = portions(heard, product, (0, len(heard.text)))
        if len(split) < 2:
            return False
        same = [other for other in self.lines if other["product"] == line["product"]]
        common = dict(set.intersection(*(set(other["options"].items()) for other in same)))
        self._exchange(same, [(product, Portion({**common, **made.options}, made.quantity)) for made in split])
        return True

    def take_options(self, heard: Heard) -> bool:
        if not self.lines:
            return False
        line = self._line_meant(heard)
        found = False
        for target in self.lines if _EVERY.search(heard.text) else [line]:
            named = options_named(heard.text, self._product(target))
            target["options"] = {**target["options"], **named}
            found = found or bool(named)
        return found

    def take_quantity(self, heard: Heard, *, counts: bool) -> bool:
        if not self.lines:
            return False
        line = self._line_meant(heard)
        number = self._number(heard, self._product(line), counts=counts)
        if number is not None:
            line["quantity"] = number
        return number is not None

    def take_term(self, heard: Heard, *, asked: bool) -> bool:
        """Renting or buying, and for how long; for all lines, unless it is said of each apart."""
        term, rents = amounts.term_months(heard), amounts.wants_rent(heard.text)
        if term is None and asked:
            term = amounts.bare_number(heard.text) or self._term_offered(heard.text)
        if not self.lines or (term is None and rents is None):
            return False
        apart = rented_apart(heard, self._catalog)
        for line in self.lines:
            own = amounts.term_months(apart[line["product"]]) if line["product"] in apart else term
            line["rent"] = True if own else rents
            line["term"] = own or (line["term"] if rents else None)
        return True

    def _term_offered(self, text: str) -> int | None:
        """ "ok 6, ohne Premium": of the numbers said the one for which it can be rented."""
        terms = {term for line in self.lines for term in self._product(line).rental_terms}
        return next((number for word in text.split() if (number := amounts.as_number(word)) in terms), None)

    def drop(self, heard: Heard) -> bool:
        """ "storniere nur den Stuhl", "eine der beiden Minis", "die weiße", "eine davon". Whether anything went."""
        before = [dict(line) for line in self.lines]
        stay = kept(heard, self._catalog)
        gone = left_out(heard, self._catalog) - stay
        if gone or (stay and is_all(heard.text)):
            self.lines = [
                line for line in self.lines if (line["product"] not in gone if gone else line["product"] in stay)
            ]
            return self.lines != before
        wished = [
            wish for wish in wishes(heard, self._catalog) if not {product.id for product in wish.products} <= stay
        ]
        if not wished and not heard.all("product"):
            self._drop_pieces(heard)
        unwanted_portions = [(wish, portion) for wish in wished for portion in wish.portions]
        for wish, portion in unwanted_portions:
            for line in self._lines_of(wish, portion):
                _take_from(line, portion.quantity)
        self.lines = [line for line in self.lines if line["quantity"] != 0]
        return self.lines != before

    def _drop_pieces(self, heard: Heard) -> None:
        """Without a product: of the lines with that colour, or of the only one."""
        named = [line for line in self.lines if self._is_named(heard, line)]
        meant = named or (self.lines if len(self.lines) == 1 else [])
        number = amounts.quantity(heard) or (1 if _ONE_OF.search(heard.text) else None)
        for line in meant if named or number else []:
            _take_from(line, number)

    def _drop_addons(self, heard: Heard) -> bool:
        """ "storniere die Versicherung": and not what is insured."""
        before = [line["addons"] for line in self.lines]
        for line in self.lines:
            gone = {mention.addon.id for mention in addon_mentions(heard.text, self._product(line))}
            line["addons"] = [addon for addon in line["addons"] if addon not in gone]
        return [line["addons"] for line in self.lines] != before

    def _recolour(self, heard: Heard) -> bool:
        """ "mach aus der weißen eine rote": the line that has the first becomes the second."""
        if not _MADE_INTO.search(heard.text):
            return False
        for line in self.lines:
            mentions = option_mentions(heard.text, self._product(line))
            if len(mentions) == 2 and mentions[0].option == mentions[1].option:
                first, second = mentions
                if line["options"].get(first.option) == first.value != second.value:
                    line["options"] = {**line["options"], second.option: second.value}
                    return True
        return False

    def _keep_only(self, heard: Heard) -> bool:
        """ "nur die rote": of several lines of a product, those that are as named."""
        text = heard.text[match.end() :] if (match := _ONLY_THE.search(heard.text)) else ""
        named = [line for line in self.lines if options_named(text, self._product(line))]
        meant = [line for line in named if options_named(text, self._product(line)).items() <= line["options"].items()]
        if not meant or len(meant) == len(named):
            return False
        self.lines = [line for line in self.lines if line in meant or line not in named]
        return True

    def _split_off(self, heard: Heard) -> bool:
        """ "make one of them grey": so many of a line's pieces, while the others stay as they are."""
        match = _ONE_OF.search(heard.text)
        line = self._line_meant(heard) if match else None
        named = options_named(heard.text, self._product(line)) if line else {}
        number = amounts.as_number(match["count"]) or 1 if match else 0
        if line is None or not named or (line["quantity"] or 1) <= number or named.items() <= line["options"].items():
            return False
        line["quantity"] -= number
        self._add([{**line, "options": {**line["options"], **named}, "quantity": number}])
        return True

    def _lines_of(self, wish: Wish, portion: Portion) -> list[Line]:
        """Those with a product that the wish can mean; of several colours the one that was named."""
        named = [line for line in self.lines if line["product"] in {product.id for product in wish.products}]
        return [line for line in named if portion.options.items() <= line["options"].items()] or named

    def _put(self, heard: Heard, clear: Sequence[Wish], gone: Sequence[str]) -> None:
        """Clear wishes beside the present lines, or in place of those that they correct."""
        asked = [(product, portion) for wish in clear for product in wish.products for portion in wish.portions]
        if gone:
            self._exchange([line for line in self.lines if line["product"] in gone], asked)
        elif self.lines and (is_addition(heard.text, self._language) or self._goes_on(heard, asked)):
            self.put(asked, adds=True)
        elif self.lines and len(clear) == 1:
            self._correct(asked, only=is_all(heard.text) and all(portion.quantity is None for _, portion in asked))
        else:
            self.put(asked, adds=False)

    def _goes_on(self, heard: Heard, asked: Sequence[Asked]) -> bool:
        """ "und zwei Schuhe" adds to a chair; "und die Mini in Weiß" speaks of the Mini that is there."""
        return goes_on(heard.text) and not any(self._has(product.id) for product, _ in asked)

    def _correct(self, asked: Sequence[Asked], *, only: bool) -> None:
        """ "doch die Pro", "die Mini lieber in Weiß", "nur die Mini"."""
        product, portion = asked[0]
        same = [line for line in self.lines if line["product"] == product.id]
        exact = [line for line in same if portion.options and line["options"] == portion.options]
        if only and same:
            self.lines = same
        self._exchange(same if same and len(asked) > 1 else [(exact or same or self.lines)[-1]], asked)

    def _exchange(self, old: Sequence[Line], asked: Sequence[Asked]) -> None:
        """New lines in the place of old ones; a single one takes over what still fits of its only predecessor."""
        place = next((index for index, line in enumerate(self.lines) if line in old), 0)
        kept = [line for line in self.lines if line not in old]
        predecessor = old[0] if len(old) == len(asked) == 1 else None
        made = [self._succeeding(product, portion, predecessor) for product, portion in asked]
        terms = {"rent": old[0]["rent"], "term": old[0]["term"]} if old else {}
        self.lines = [*kept[:place], *({**line, **terms} for line in made), *kept[place:]]

    def _succeeding(self, product: Product, portion: Portion, old: Line | None) -> Line:
        if old is None:
            return new_line(product, dict(portion.options), portion.quantity)
        values = {option.id: {value.id for value in option.values} for option in product.options}
        options = {key: value for key, value in old["options"].items() if value in values.get(key, ())}
        quantity = old["quantity"] if portion.quantity is None else portion.quantity
        addons = old["addons"] if old["product"] == product.id else []
        return {**new_line(product, {**options, **portion.options}, quantity), "addons": addons}

    def _add(self, made: Iterable[Line]) -> None:
        for line in made:
            same = next((other for other in self.lines if _is_same(line, other)), None)
            if same:
                same["quantity"] = (same["quantity"] or 0) + line["quantity"]
            else:
                self.lines.append(line)

    def _take_more(self, heard: Heard) -> bool:
        """ "noch eine dazu", "noch zwei in Weiß": of the product that was chosen last."""
        line = self.lines[-1]
        product = self._product(line)
        options = options_named(heard.text, product)
        number = self._number(heard, product, counts=True) or amounts.bare_number(heard.text)
        if number is None and not options:
            return False
        self._add([{**line, "options": {**line["options"], **options}, "quantity": number or 1}])
        return True

    def _number(self, heard: Heard, product: Product, *, counts: bool) -> int | None:
        sizes = [(found.start, found.end) for found in option_mentions(heard.text, product)]
        if not counts and not heard.all("quantity"):
            return None
        number = amounts.quantity(heard, sizes)
        return number if number is not None or sizes else amounts.bare_number(heard.text) if counts else None

    def _line_meant(self, heard: Heard) -> Line:
        """Of several lines the one that a question is open about, or that has just this colour; else the last."""
        unsettled = [line for line in self.lines if variant_of(line, self._catalog) is None]
        of_this_kind = [line for line in self.lines if self._is_named(heard, line)]
        uncounted = open_quantity({"lines": self.lines})
        sharing = [line for line in self.lines if option_mentions(heard.text, self._product(line))]
        if len(self.lines) > 1 and len(sharing) == 1 and not uncounted:
            return sharing[0]  # only this one comes in such a colour or size
        if unsettled or uncounted:
            return unsettled[0] if unsettled else uncounted or self.lines[-1]
        return of_this_kind[-1] if len(self.lines) > 1 and len(of_this_kind) == 1 else self.lines[-1]

    def _is_named(self, heard: Heard, line: Line) -> bool:
        named = options_named(heard.text, self._product(line))
        return bool(named) and all(line["options"].get(key) == value for key, value in named.items())

    def _has(self, product_id: str) -> bool:
        return any(line["product"] == product_id for line in self.lines)

    def _product(self, line: Line) -> Product:
        return product_of(line, self._catalog)


def _take_from(line: Line, number: int | None) -> None:
    """So many pieces less; all of them when no number was said."""
    held = line["quantity"] or 1
    line["quantity"] = max(0, held - (number or held))


def _is_same(one: Line, other: Line) -> bool:
    return (one["product"], one["options"]) == (other["product"], other["options"])

"""The products that a message asks for, each with the quantity and the options said beside it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from actions.backend.port import Product
from actions.reading.amounts import as_number, is_replaced, quantity_within, term_months
from actions.reading.heard import Heard, Span, span_of
from actions.reading.names import Names
from actions.reading.products import OptionMention, option_mentions, products_named
from actions.reading.words import words_of

_BETWEEN = re.compile(r"(?:\b(?:und|and|sowie|plus|dazu|noch)\b|[,;&+])", re.I)
_MORE = {
    "de": re.compile(r"\b(noch|dazu|zus[aä]tzlich|au(ß|ss)erdem|auch|obendrauf|plus|extra|weitere\w*)\b", re.I),
    "en": re.compile(r"\b(another|also|too|add|plus|as well|on top|in addition|extra|more)\b", re.I),
}
_CHANGED = re.compile(
    r"\b(?:(?:ver)?änder\w*|aender\w*|chang\w*|wechsel\w*|umstell\w*|tausch\w*|switch\w*|statt|instead)\b", re.I
)
_A_SECOND = re.compile(r"\b(?:und|and)\s+(?:noch\s+)?(?:ein\w*|a)\s+(?:zweite\w*|second|weitere\w*)\b", re.I)
_KEEP = re.compile(
    r"\b(?:keep|keeping|behalt\w*|lass\w*|except|außer|but not|aber nicht|not)\s+(?:the|die|den|das|my|mein\w*)?\s*$",
    re.I,
)
_STAYS = re.compile(r"^\W*(?:will ich |möchte ich |soll\w* )?(?:behalt\w*|bleib\w*|stays?)\b", re.I)
_TOO_DEAR = re.compile(r"^\W*(?:ist|sind|war|is|are|was)\b[^,.;]{0,20}\b(?:zu|too)\b", re.I)
_AND = re.compile(r"\W*(?:und|and|plus)\b(?!\W+(?:zwar|doch|lieber|rather|instead))", re.I)
_ONLY = re.compile(r"\b(nur|only|just|blo(ß|ss)|lediglich)\b", re.I)
_AFTERWARDS_OUT = re.compile(
    r"^\W*(?:doch|dann|lieber|bitte|\s)*\b(nicht|weg|raus|streichen|l(ö|oe)schen|not|out|away|off)\b", re.I
)
_OUT = re.compile(r"\b(remove|drop|delete|take|streich\w*|nimm|entfern\w*|l(ö|oe)sch\w*)\s+(?:\w+\s+){0,2}$", re.I)
_NOT_AT_END = re.compile(r"\b(nicht( mehr)?|not)\W*$", re.I)
_TAKEN_OUT = re.compile(r"\b(raus|heraus|weg|out|off|remove|drop|delete|streich\w*|entfern\w*|l(ö|oe)sch\w*)\b", re.I)


_CANCELS = re.compile(r"\b(?:stornier\w*|cancel\w*|k(?:ü|ue)ndig\w*)\W+(?:\w+\W+){0,2}\Z", re.I)
_PREMIUM = re.compile(r"\bpremium\w*", re.I)
_NO_PREMIUM = re.compile(
    r"\b(?:no|not|never|without|don'?t|ohne|kein\w*|nicht)(?:\s+(?:want\w*|need\w*|have|take|with|the|an?|any|das|den|die|im|in|mit|als))*\s+$",
    re.I,
)
_STANDARD = re.compile(r"\b(?:standard\w*|normale[ns]?|basis|basic|regular)\b", re.I)


def names_premium(heard: Heard) -> bool | None:
    """True for "im Premium-Abo", False for "ohne Premium" and "Standard", None where neither is said."""
    found = list(_PREMIUM.finditer(heard.text))
    if found:
        start = found[-1].start()
        is_refused = is_replaced(heard.text, start) or _NO_PREMIUM.search(heard.text[:start])
        return not is_refused and not is_taken_out(heard.text)
    return False if _STANDARD.search(heard.text) else None


@dataclass(frozen=True)
class Portion:
    """So many of one product in this make; None where it was not said."""

    options: dict[str, str]
    quantity: int | None


@dataclass(frozen=True)
class Wish:
    """Something asked for. Several products when the words fit several, none when they fit nothing we sell.

    `span` is the stretch of the message that speaks of it.
    """

    products: tuple[Product, ...]
    said: str
    portions: tuple[Portion, ...]
    span: Span

    @property
    def product(self) -> Product | None:
        """The one that is meant, if that is clear."""
        return self.products[0] if len(self.products) == 1 else None

    def of(self, product: Product, heard: Heard) -> "Wish":
        """The same, once it is known which product is meant."""
        return replace(self, products=(product,), portions=portions(heard, product, self.span))


def wishes(heard: Heard, catalog: Sequence[Product]) -> list[Wish]:
    """What is to be had; what is to be replaced or left out is not among it."""
    named = mentions_of_products(heard, catalog)
    found = [
        _wish(heard, mention, _span(heard.text, index, named), catalog)
        for index, mention in enumerate(named)
        if not _is_unwanted(heard.text, mention)
    ]
    return _without_repeats(found)


def rented_apart(heard: Heard, catalog: Sequence[Product]) -> dict[str, Heard]:
    """Of "die Mini für 6 Monate und das Lastenrad für 12" what is said of each product, by its id; empty where one term is for all."""
    stretches = {wish.product.id: heard.within(wish.span) for wish in wishes(heard, catalog) if wish.product}
    return stretches if sum(term_months(said) is not None for said in stretches.values()) > 1 else {}


def mentions_of_products(heard: Heard, catalog: Sequence[Product]) -> list[dict[str, Any]]:
    """As the NLU found them; and products called by their full name, which need no understanding."""
    found = heard.all("product")
    words = words_of(heard.text)
    for product_id, first, last in Names.of(catalog).full_names_in(words):
        if not _overlaps(words[first].start, found):
            found.append(
                {"entity": "product", "value": product_id, "start": words[first].start, "end": words[last].end}
            )
    return sorted(found, key=lambda mention: span_of(mention)[0])


def _overlaps(at: int, found: Sequence[dict[str, Any]]) -> bool:
    return any(start <= at < end for start, end in map(span_of, found))


def unwanted(heard: Heard, catalog: Sequence[Product]) -> list[str]:
    """Ids of the products that are to be replaced or left out: "statt der Pro", "die Pro doch nicht"."""
    mentions = [mention for mention in mentions_of_products(heard, catalog) if _is_unwanted(heard.text, mention)]
    return [product.id for mention in mentions for product in _meant_by(mention, catalog)]


def too_dear(heard: Heard, catalog: Sequence[Product]) -> list[str]:
    """Ids of the products whose price is too high: "die Pro ist mir zu teuer"."""
    mentions = [
        mention
        for mention in mentions_of_products(heard, catalog)
        if _TOO_DEAR.search(_BETWEEN.split(heard.text[span_of(mention)[1] :])[0])
    ]
    return [product.id for mention in mentions for product in _meant_by(mention, catalog)]


def left_out(heard: Heard, catalog: Sequence[Product]) -> set[str]:
    """Ids of the products that are said to go: "das Auto doch nicht", "Stuhl weg"."""
    text = heard.text
    gone = [
        mention
        for mention in mentions_of_products(heard, catalog)
        if _AFTERWARDS_OUT.search(_BETWEEN.split(text[span_of(mention)[1] :])[0])
    ]
    return {product.id for mention in gone for product in _meant_by(mention, catalog)}


def kept(heard: Heard, catalog: Sequence[Product]) -> set[str]:
    """Ids of the products that are to stay: "cancel the chair, keep the drone"."""
    text = heard.text
    stay = [
        mention
        for mention in mentions_of_products(heard, catalog)
        if _KEEP.search(text[: span_of(mention)[0]]) or _STAYS.search(_BETWEEN.split(text[span_of(mention)[1] :])[0])
    ]
    return {product.id for mention in stay for product in _meant_by(mention, catalog)}


def is_addition(text: str, language: str) -> bool:
    """Whether a product comes on top of what was chosen, rather than instead of it."""
    return bool(_MORE[language].search(text) and not _CHANGED.search(text)) or bool(_A_SECOND.search(text))


def goes_on(text: str) -> bool:
    """ "und zwei Schuhe in 43": one more thing, said in a second breath."""
    return bool(_AND.match(text))


def is_taken_out(text: str) -> bool:
    """ "nimm … raus", "drop …", "… doch nicht"."""
    return bool(_TAKEN_OUT.search(text) or _NOT_AT_END.search(text))


def is_cancelled(before: str) -> bool:
    """Whether what follows shall not be had: "storniere die …", "cancel the …"."""
    return bool(_CANCELS.search(before))


def is_all(text: str) -> bool:
    """ "nur die Mini": whatever else was chosen is not wanted any more."""
    return bool(_ONLY.search(text))


def portions(heard: Heard, product: Product, span: Span) -> tuple[Portion, ...]:
    """One portion; several for "eine rote und zwei weiße"."""
    mentions = option_mentions(heard.text, product, span)
    sizes = [(found.start, found.end) for found in mentions]
    total = quantity_within(heard, span, sizes)
    split = _split_by(mentions)
    if not split:
        return (Portion({found.option: found.value for found in mentions}, total),)
    counted = [_portion(heard, mentions, mention, start, sizes) for start, mention in _stretches(span[0], split)]
    counts_all = _last_number(heard.text[span[0] : split[0].start]) in (None, 1)
    if counts_all and total == len(counted) == sum(portion.quantity in (None, 1, total) for portion in counted):
        return tuple(replace(portion, quantity=1) for portion in counted)  # "zwei, eine in Rot und eine in Weiß"
    if (
        total is not None
        and total > 1
        and all(portion.quantity is None for portion in counted)
        and total != len(counted)
    ):
        return (Portion({}, total),)  # "vier, rot und weiß" does not say how many of each
    return tuple(counted)


def _last_number(text: str) -> int | None:
    """The number that stands right before something: in "2 weiße" it counts these alone."""
    words = text.split()
    return as_number(words[-1]) if words else None


def _split_by(mentions: Sequence[OptionMention]) -> list[OptionMention]:
    """The mentions of the option that is named with several values, and of two such with the most."""
    options = list(dict.fromkeys(found.option for found in mentions))
    ways = [[found for found in mentions if found.option == option] for option in options]
    most = max(ways, key=lambda same: len({found.value for found in same}), default=[])
    return most if len({found.value for found in most}) > 1 else []


def _stretches(start: int, mentions: Sequence[OptionMention]) -> list[tuple[int, OptionMention]]:
    starts = [start, *(found.end for found in mentions[:-1])]
    return list(zip(starts, mentions, strict=True))


def _portion(
    heard: Heard, mentions: Sequence[OptionMention], own: OptionMention, start: int, sizes: Sequence[Span]
) -> Portion:
    others = {option: _beside(own, mentions, option) for option in {found.option for found in mentions} - {own.option}}
    near = _after_pause(heard.text, start, own.start)
    return Portion({**others, own.option: own.value}, quantity_within(heard, (near, own.start), sizes))


def _beside(own: OptionMention, mentions: Sequence[OptionMention], option: str) -> str:
    """The value of another option that goes with this one: of as many, that in the same place; else the nearest."""
    same = [found for found in mentions if found.option == own.option]
    others = [found for found in mentions if found.option == option]
    if len(same) == len(others):
        return others[same.index(own)].value
    return min(others, key=lambda found: abs(found.start - own.start)).value


def _after_pause(text: str, start: int, end: int) -> int:
    """Behind the last comma or colon of the stretch: "2 Minis, eine rot" means one in red."""
    pause = max(text.rfind(mark, start, end) for mark in ",;:")
    return max(start, pause + 1)


def _wish(heard: Heard, mention: dict[str, Any], span: Span, catalog: Sequence[Product]) -> Wish:
    products = _meant_by(mention, catalog)
    made = portions(heard, products[0], span) if len(products) == 1 else (Portion({}, quantity_within(heard, span)),)
    return Wish(products, str(mention.get("text") or mention["value"]), made, span)


def _meant_by(mention: dict[str, Any], catalog: Sequence[Product]) -> tuple[Product, ...]:
    return products_named(str(mention["value"]), catalog)


def _is_unwanted(text: str, mention: dict[str, Any]) -> bool:
    start, end = span_of(mention)
    if is_replaced(text, start):
        return True
    clause = _BETWEEN.split(text[end:])[0]
    return bool(_AFTERWARDS_OUT.search(clause) or _TOO_DEAR.search(clause)) or bool(
        _OUT.search(text[:start]) and _TAKEN_OUT.search(text)
    )


def _span(text: str, index: int, named: Sequence[dict[str, Any]]) -> Span:
    """The stretch of text that belongs to one mention; between two mentions, the last pause divides."""
    start = _border(text, named[index - 1], named[index]) if index else 0
    end = _border(text, named[index], named[index + 1]) if index + 1 < len(named) else len(text)
    return start, max(start, end)


def _border(text: str, one: dict[str, Any], other: dict[str, Any]) -> int:
    first, last = span_of(one)[1], span_of(other)[0]
    pauses = list(_BETWEEN.finditer(text, first, max(first, last)))
    if pauses:
        return pauses[-1].start()
    between = words_of(text[first:last])
    return last if between and between[0].folded in ("in", "mit", "with") else first


def _without_repeats(found: Sequence[Wish]) -> list[Wish]:
    """ "die Drohne, also die AeroPix Mini" is one wish: a mention within which a clearer one fits is dropped."""
    kept: list[Wish] = []
    for wish in (_with_number_of_general(wish, found) for wish in found):
        if not _is_said_clearer(wish, found) and not any(_is_same(wish, other) for other in kept):
            kept.append(wish)
    return kept


def _with_number_of_general(wish: Wish, found: Sequence[Wish]) -> Wish:
    """In "3 Stühle, und zwar SitSense Office" the number stands beside the general word."""
    [first, *others] = wish.portions
    general = [other for other in found if wish.product in other.products and other.product is None]
    numbers = [portion.quantity for other in general for portion in other.portions if portion.quantity]
    if others or first.quantity is not None or not numbers or wish.product is None:
        return wish
    return replace(wish, portions=(replace(first, quantity=numbers[0]),))


def _is_said_clearer(wish: Wish, found: Sequence[Wish]) -> bool:
    return wish.product is None and any(other.product in wish.products for other in found if other.product)


def _is_same(wish: Wish, earlier: Wish) -> bool:
    """Named again without anything new."""
    says_more = any(portion.options and portion not in earlier.portions for portion in wish.portions)
    return wish.products == earlier.products and not says_more

"""What cannot be ordered: said as soon as it is chosen, and taken out of the lines, so that it is asked for anew."""

from collections.abc import Callable, Sequence
from typing import Any

from actions import order_draft, wording
from actions.backend.port import Product, Variant
from actions.base import Turn
from actions.order_draft import Draft, Line
from actions.showing import options_in_words

PiecesThere = Callable[[Line, Variant], int]
"""How many pieces of a line's variant can be had."""


def check(turn: Turn, draft: Draft, catalog: Sequence[Product], pieces_there: PiecesThere) -> None:
    """Terms, quantities, stock; what is sold out altogether leaves the draft."""
    for line in draft["lines"]:
        product = order_draft.product_of(line, catalog)
        _check_term(turn, line, product)
        _check_quantity(turn, line)
        variant = order_draft.variant_of(line, catalog)
        there = pieces_there(line, variant) if variant else product.stock
        if there < (line["quantity"] or 1) and (variant or not there):
            say_short(turn, line, product, there)
    draft["lines"] = [line for line in draft["lines"] if line["quantity"] != 0]


def _check_term(turn: Turn, line: Line, product: Product) -> None:
    if line["rent"] and not product.rental_terms:
        turn.say("utter_only_sold", product=product.name)
        line["rent"], line["term"] = False, None
    if line["rent"] and line["term"] and line["term"] not in product.rental_terms:
        terms = turn.listed([str(term) for term in product.rental_terms], choice=True)
        turn.say("utter_no_such_term", terms=terms, product=product.name)
        line["term"] = None


def _check_quantity(turn: Turn, line: Line) -> None:
    if line["quantity"] is not None and not 1 <= line["quantity"] <= order_draft.MAX_QUANTITY:
        turn.say("utter_impossible_quantity", maximum=order_draft.MAX_QUANTITY)
        line["quantity"] = None


def say_short(turn: Turn, line: Line, product: Product, available: int) -> None:
    """Takes out of the line what cannot be had, and says so; a quantity of 0 is no line any more."""
    values: dict[str, Any] = {"product": product.name, "variant": options_in_words(turn, product, line["options"])}
    if available:
        turn.say("utter_only_left", pieces=wording.pieces(available, turn.language), **values)
        line["quantity"] = available
    elif product.stock:
        turn.say("utter_variant_sold_out", **values)
        line["options"] = _options_left(line, product)
    else:
        turn.say("utter_sold_out", product=product.name)
        line["quantity"] = 0


def _options_left(line: Line, product: Product) -> dict[str, str]:
    """Of the chosen options, from the first on, those with which something is still to be had."""
    left: dict[str, str] = {}
    for option in product.options:
        tried = {**left, option.id: line["options"].get(option.id, "")}
        if any(v.stock and all(v.options.get(key) == value for key, value in tried.items()) for v in product.variants):
            left = tried
    return left

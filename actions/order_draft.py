"""An order being put together: plain dictionaries, because that is what a slot keeps, and what the lines of it mean."""

from collections.abc import Sequence
from typing import Any

from actions import reading
from actions.backend.port import Address, Item, Product, Variant

MAX_QUANTITY = 99
ADDRESS_FIELDS = ("street", "postal_code", "city")

Draft = dict[str, Any]
"""`lines`: [{product, options, quantity, rent, term}]; `address`: its known parts; `payment`; `state`; `key`."""

Line = dict[str, Any]


def new_line(product: Product, options: dict[str, str], quantity: int | None) -> Line:
    return {"product": product.id, "options": options, "quantity": quantity or 1, "rent": None, "term": None}


def product_of(line: Line, catalog: Sequence[Product]) -> Product:
    return next(product for product in catalog if product.id == line["product"])


def variant_of(line: Line, catalog: Sequence[Product]) -> Variant | None:
    """None while an option is open."""
    return reading.variant_of(product_of(line, catalog), line["options"])


def open_line(draft: Draft, catalog: Sequence[Product]) -> Line | None:
    """The first line of which an option is open."""
    return next((line for line in draft.get("lines", ()) if variant_of(line, catalog) is None), None)


def open_term(draft: Draft) -> Line | None:
    """The first line that is to be rented for a time not yet said."""
    return next((line for line in draft.get("lines", ()) if line["rent"] and not line["term"]), None)


def open_option(line: Line, product: Product) -> Any:
    """The option to be chosen next: the first that is open and that still matters."""
    fitting = [v for v in product.variants if all(v.options.get(key) == value for key, value in line["options"].items())]
    for option in product.options:
        if option.id not in line["options"] and len({variant.options.get(option.id) for variant in fitting}) > 1:
            return option
    return product.options[0]


def values_in_stock(line: Line, product: Product) -> list[Any]:
    """Values of the open option with which something is in stock; all of them when nothing is."""
    option = open_option(line, product)
    fitting = [v for v in product.variants if all(v.options.get(key) == value for key, value in line["options"].items())]
    there = {variant.options.get(option.id) for variant in fitting if variant.stock}
    return [value for value in option.values if value.id in there] or list(option.values)


def items(draft: Draft, catalog: Sequence[Product]) -> list[Item]:
    """What the shop is asked for. Raises ValueError while an option is open."""
    result = []
    for line in draft["lines"]:
        variant = variant_of(line, catalog)
        if variant is None:
            raise ValueError(f"{line['product']} has open options")
        term = line["term"] if line["rent"] else None
        result.append(Item(variant_id=variant.id, quantity=line["quantity"], term_months=term))
    return result


def missing_in_address(draft: Draft) -> list[str]:
    address = draft.get("address") or {}
    return [field for field in ADDRESS_FIELDS if not address.get(field)]


def address(draft: Draft) -> Address:
    return Address.model_validate(draft["address"])

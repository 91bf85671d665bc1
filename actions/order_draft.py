"""An order being put together or changed: plain dictionaries, because that is what a slot keeps, and what they mean."""

import re
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from actions.backend.port import Address, Item, Order, Product, Variant
from actions.backend.port import Line as OrderLine
from actions.reading.addresses import is_swiss
from actions.reading.products import variant_of as variant_with

MAX_QUANTITY = 99
ADDRESS_FIELDS = ("street", "postal_code", "city")

Draft = dict[str, Any]
"""`lines`; `address`: its known parts; `payment`; `shown`: the contents of the summary that a yes is asked for; `hint`: what
the next question takes up; `pending`: a product not yet chosen (order_products.py); `key`: makes the order happen once;
`tried`: contents of an attempt to which no answer came; `state` once the form is done."""

Line = dict[str, Any]
"""{product, options, quantity, rent, term, addons, plan}; `quantity` and `term` are None while they are to be asked."""


def new_line(product: Product, options: dict[str, str], quantity: int | None) -> Line:
    quantity = 1 if quantity is None else quantity
    return {
        "product": product.id,
        "options": options,
        "quantity": quantity,
        "rent": None,
        "term": None,
        "addons": [],
        "plan": None,
    }


def line_of(line: OrderLine) -> Line:
    """A line of an order that exists."""
    return {
        "product": line.product_id,
        "options": dict(line.options),
        "quantity": line.quantity,
        "rent": bool(line.term_months),
        "term": line.term_months,
        "addons": [addon.id for addon in line.addons],
        "plan": line.plan_id,
    }


def of_order(order: Order) -> Draft:
    """What the order is at present."""
    return {
        "lines": [line_of(line) for line in order.items],
        "address": order.address.model_dump(),
        "payment": order.payment_method,
    }


def contents(draft: Draft) -> Draft:
    """What a yes would be said to."""
    return deepcopy({key: draft.get(key) for key in ("lines", "address", "payment", "iban", "gift_card")})


def product_of(line: Line, catalog: Sequence[Product]) -> Product:
    """Raises LookupError for a product that has left the catalog."""
    found = next((product for product in catalog if product.id == line["product"]), None)
    if found is None:
        raise LookupError(line["product"])
    return found


def variant_of(line: Line, catalog: Sequence[Product]) -> Variant | None:
    """None while an option is open."""
    return variant_with(product_of(line, catalog), line["options"])


def fitting_variants(line: Line, product: Product) -> list[Variant]:
    """Those that the options chosen so far leave."""
    return [v for v in product.variants if all(v.options.get(key) == value for key, value in line["options"].items())]


def open_line(draft: Draft, catalog: Sequence[Product]) -> Line | None:
    """The first line of which an option is open."""
    return next((line for line in draft.get("lines", ()) if variant_of(line, catalog) is None), None)


def open_quantity(draft: Draft) -> Line | None:
    """The first line of which it is not known how many."""
    return next((line for line in draft.get("lines", ()) if line["quantity"] is None), None)


def open_term(draft: Draft) -> Line | None:
    """The first line that is to be rented for a time not yet said."""
    return next((line for line in draft.get("lines", ()) if line["rent"] and not line["term"]), None)


def open_option(line: Line, product: Product) -> Any:
    """The option to be chosen next: the first that is open and that still matters."""
    fitting = fitting_variants(line, product)
    for option in product.options:
        if option.id not in line["options"] and len({variant.options.get(option.id) for variant in fitting}) > 1:
            return option
    return product.options[0]


def values_in_stock(line: Line, product: Product) -> list[Any]:
    """Values of the open option with which something is in stock; all of them when nothing is."""
    option = open_option(line, product)
    there = {variant.options.get(option.id) for variant in fitting_variants(line, product) if variant.stock}
    return [value for value in option.values if value.id in there] or list(option.values)


def items(draft: Draft, catalog: Sequence[Product]) -> list[Item]:
    """What the shop is asked for. Raises ValueError while an option is open."""
    return [_item(line, variant_of(line, catalog)) for line in draft["lines"]]


def _item(line: Line, variant: Variant | None) -> Item:
    if variant is None:
        raise ValueError(f"{line['product']} has open options")
    term = line["term"] if line["rent"] else None
    plan = line.get("plan") if line["rent"] else None
    addons = tuple(line["addons"])
    return Item(variant_id=variant.id, quantity=line["quantity"], term_months=term, addons=addons, plan_id=plan)


def missing_in_address(draft: Draft) -> list[str]:
    address = draft.get("address") or {}
    return [field for field in ADDRESS_FIELDS if not address.get(field)]


def merge_address(draft: Draft, parts: dict[str, str]) -> None:
    """New parts in place of the old; who names another town no longer means the old street."""
    known = dict(draft.get("address") or {"country": "DE"})
    moves = "city" in parts and known.get("city") not in (None, parts["city"])
    if moves or "street" in parts:
        known.pop("street", None)
        known.pop("within", None)
    number = parts.get("house_number")
    if number and known.get("street"):
        known["street"] = re.sub(r"\s*\d+\s*[a-z]?(?=,|$)", f" {number}", known["street"], count=1)
    known.update((key, value) for key, value in parts.items() if key != "house_number")
    if known.get("country") == "AT" and is_swiss(known.get("city", "")):
        known["country"] = "CH"
    draft["address"] = known


def forget(draft: Draft, aspect: str) -> bool:
    """Takes out what was known of that, so that it is asked anew. Whether there was anything of it."""
    lines: Sequence[Line] = draft.get("lines") or []
    known = draft.get("address") or {}
    if aspect == "address":
        draft.update(address={key: value for key, value in known.items() if key == "name"}, asked_shop=True)
    elif aspect == "name":
        draft["address"] = {key: value for key, value in known.items() if key != "name"}
    elif aspect == "payment":
        draft["payment"] = None
    elif aspect == "product":
        draft["lines"] = []
    elif lines and aspect in ("quantity", "term"):
        lines[-1][aspect] = None
    else:
        return bool(lines) and lines[-1]["options"].pop(aspect, None) is not None
    return True


def address(draft: Draft) -> Address:
    """As the shop takes it: the floor and the like stand behind the street."""
    known = draft["address"]
    street = f"{known['street']}, {known['within']}" if known.get("within") else known["street"]
    return Address.model_validate({**known, "street": street})

"""What things cost: line items priced from the catalog, and their totals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field, field_validator

from shop.catalog import CatalogAddon, CatalogProduct, Snapshot
from shop.models import Json
from shop.money import Money, total
from shop.problems import FieldError, InvalidRequest, invalid
from shop.requests import MAX_QUANTITY, Body, ProductKey


class Item(Body):
    """What the customer wants on one line; `term_months` is None if it is bought, `plan_id` on the standard plan."""

    variant_id: ProductKey
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
    term_months: Annotated[int, Field(ge=1, le=120)] | None = None
    plan_id: ProductKey | None = None
    addons: Annotated[tuple[ProductKey, ...], Field(max_length=10)] = ()

    @field_validator("addons")
    @classmethod
    def _once_each(cls, addons: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(addons)) < len(addons):
            raise ValueError("an add-on is booked once per line")
        return addons


Items = Annotated[list[Item], Field(min_length=1, max_length=20)]


@dataclass(frozen=True)
class LineAddon:
    """A booked service with its price for one piece."""

    id: str
    name: Mapping[str, str]
    price: Money
    monthly: bool

    def view(self) -> Json:
        """The JSON of the port, and of the order's stored line."""
        return {"id": self.id, "name": self.name, "price": self.price.view(), "monthly": self.monthly}


@dataclass(frozen=True)
class Line:
    """A priced line item; the unit price is monthly if it is rented."""

    variant_id: str
    product_id: str
    product_name: str
    options: Mapping[str, str]
    quantity: int
    term_months: int | None
    plan_id: str | None
    unit_price: Money
    addons: tuple[LineAddon, ...]

    @property
    def total(self) -> Money:
        """Due now, for all pieces with their add-ons: the price, or the first month."""
        return total((self.unit_price, *(addon.price for addon in self.addons)), self.currency) * self.quantity

    @property
    def monthly(self) -> tuple[Money, ...]:
        """What falls due every month, for one piece."""
        rent = () if self.term_months is None else (self.unit_price,)
        return rent + tuple(addon.price for addon in self.addons if addon.monthly)

    @property
    def currency(self) -> str:
        return self.unit_price.currency

    def view(self) -> Json:
        """The JSON of the port."""
        return {
            "variant_id": self.variant_id,
            "product_id": self.product_id,
            "product_name": self.product_name,
            "options": self.options,
            "quantity": self.quantity,
            "term_months": self.term_months,
            "plan_id": self.plan_id,
            "unit_price": self.unit_price.view(),
            "addons": [addon.view() for addon in self.addons],
            "total": self.total.view(),
        }


@dataclass(frozen=True)
class Totals:
    """What is due now, and every month (None if nothing is)."""

    now: Money
    monthly: Money | None


def totals_of(lines: Sequence[Line]) -> Totals:
    """Of one line or more in one currency."""
    currency = lines[0].currency
    monthly = [price * line.quantity for line in lines for price in line.monthly]
    return Totals(
        now=total((line.total for line in lines), currency),
        monthly=total(monthly, currency) if monthly else None,
    )


def agreed_or_new(line: Line, agreed: Sequence[Line]) -> Line:
    """The line at the price agreed before for the same variant, term and plan; its new add-ons cost what they cost now."""
    for old in agreed:
        if (old.variant_id, old.term_months, old.plan_id) == (line.variant_id, line.term_months, line.plan_id):
            known = {addon.id: addon for addon in old.addons}
            addons = tuple(known.get(addon.id, addon) for addon in line.addons)
            return replace(line, unit_price=old.unit_price, addons=addons)
    return line


def price_items(snapshot: Snapshot, items: Sequence[Item]) -> tuple[Line, ...]:
    """Raises VariantNotFound, and InvalidRequest for terms and add-ons that a product does not have."""
    products = [snapshot.product_with(item.variant_id) for item in items]
    _check_offers(items, products)
    if len({product.currency for product in products}) > 1:
        raise invalid("items", "all must be in one currency")
    return tuple(_price(item, product) for item, product in zip(items, products, strict=True))


def _check_offers(items: Sequence[Item], products: Sequence[CatalogProduct]) -> None:
    pairs = enumerate(zip(items, products, strict=True))
    errors = [error for place, (item, product) in pairs for error in _offer_errors(place, item, product)]
    if errors:
        raise InvalidRequest(errors)


def _offer_errors(place: int, item: Item, product: CatalogProduct) -> Iterable[FieldError]:
    plan = product.plan(item.plan_id)
    if plan is None:
        yield {"path": f"items.{place}.plan_id", "message": "is not one of the product's plans"}
    elif item.plan_id is not None and item.term_months is None:
        yield {"path": f"items.{place}.term_months", "message": "a plan needs a term"}
    elif item.term_months is not None and item.term_months not in product.terms_on(plan):
        yield {"path": f"items.{place}.term_months", "message": "is not one of the rental terms"}
    for index, addon in enumerate(item.addons):
        if addon not in product.addons:
            yield {"path": f"items.{place}.addons.{index}", "message": "is not one of the product's add-ons"}


def _price(item: Item, product: CatalogProduct) -> Line:
    variant = product.variants[item.variant_id]
    return Line(
        variant_id=variant.id,
        product_id=product.id,
        product_name=product.name,
        options=variant.options,
        quantity=item.quantity,
        term_months=item.term_months,
        plan_id=item.plan_id,
        unit_price=_unit_price(item, product),
        addons=tuple(_line_addon(product.addons[addon]) for addon in item.addons),
    )


def _unit_price(item: Item, product: CatalogProduct) -> Money:
    if item.term_months is None:
        return product.variants[item.variant_id].price
    return product.rent(item.variant_id, product.plan(item.plan_id) or product.standard_plan, item.term_months)


def _line_addon(addon: CatalogAddon) -> LineAddon:
    return LineAddon(id=addon.id, name=addon.name, price=addon.price, monthly=addon.monthly)

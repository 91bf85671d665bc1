"""An order's lines in a file: made whole from the catalog, or complete by themselves if they tell of what is no longer sold."""

from collections.abc import Sequence

from shop.catalog import CatalogProduct
from shop.models import Json
from shop.money import Money
from shop.pricing import Line, LineAddon
from shop.transfer.rows import BookedAddonRow, ItemRow, Wording, known
from shop.transfer.store import Errors, value_or

NOT_IN_CATALOG = (
    "is no variant of the catalog; import its product first, or, if it is no longer sold, "
    "name {missing} here as it was then"
)


def completed_item(item: ItemRow, product: CatalogProduct | None, path: str, faults: Errors) -> ItemRow:
    """With product, options, price and add-ons."""
    if product is None:
        _check_complete(item, path, faults)
        return item.model_copy(update={"addons": completed_addons(item.addons, None, path, faults)})
    return item.model_copy(
        update={
            "product_id": item.product_id or product.id,
            "product_name": item.product_name or product.name,
            "options": value_or(item.options, dict(product.variants[item.variant_id].options)),
            "unit_price": value_or(item.unit_price, price_of(item, product, path, faults)),
            "addons": completed_addons(item.addons, product, path, faults),
        }
    )


def _check_complete(item: ItemRow, path: str, faults: Errors) -> None:
    needed = ("product_id", "product_name", "options", "unit_price")
    missing = [name for name in needed if getattr(item, name) is None]
    if missing:
        faults.append((f"{path}.variant_id", NOT_IN_CATALOG.format(missing=", ".join(missing))))


def price_of(item: ItemRow, product: CatalogProduct, path: str, faults: Errors) -> int:
    """What it costs now, if the row does not say what it cost."""
    plan = product.plan(item.plan_id)
    if plan is None:
        faults.append((f"{path}.plan_id", "is not one of the product's plans; import the plan first"))
    if item.plan_id is not None and item.term_months is None:
        faults.append((f"{path}.term_months", "is missing: a plan needs a term"))
    if item.term_months is None or plan is None:
        return product.variants[item.variant_id].price.amount
    terms = product.terms_on(plan)
    if item.unit_price is None and item.term_months not in terms:
        offered = ", ".join(str(months) for months in terms) or "none"
        faults.append(
            (f"{path}.term_months", f"is not one of the product's rental terms ({offered}); or name unit_price")
        )
    return product.rent(item.variant_id, plan, item.term_months).amount


def completed_addons(
    addons: Sequence[BookedAddonRow], product: CatalogProduct | None, path: str, faults: Errors
) -> list[BookedAddonRow]:
    """With what they are called and cost."""
    return [_addon(addon, product, f"{path}.addons.{place}", faults) for place, addon in enumerate(addons)]


def _addon(addon: BookedAddonRow, product: CatalogProduct | None, path: str, faults: Errors) -> BookedAddonRow:
    if None not in (addon.name, addon.price, addon.monthly):
        return addon
    offered = product.addons.get(addon.id) if product is not None else None
    if offered is None:
        faults.append((path, "is none of the product's add-ons; or name its name, price and monthly here"))
        return addon
    return known(
        BookedAddonRow,
        id=addon.id,
        name=addon.name or known(Wording, **offered.name),
        price=value_or(addon.price, offered.price.amount),
        monthly=value_or(addon.monthly, offered.monthly),
    )


def line_of(item: ItemRow, currency: str) -> Line:
    """Of an item that is whole."""
    return Line(
        variant_id=item.variant_id,
        product_id=item.product_id or "",
        product_name=item.product_name or "",
        options=item.options or {},
        quantity=item.quantity,
        term_months=item.term_months,
        plan_id=item.plan_id,
        unit_price=Money(item.unit_price or 0, currency),
        addons=tuple(line_addon(addon, currency) for addon in item.addons),
    )


def line_addon(addon: BookedAddonRow, currency: str) -> LineAddon:
    """Of an add-on that is whole."""
    name = addon.name.model_dump() if addon.name is not None else {}
    return LineAddon(id=addon.id, name=name, price=Money(addon.price or 0, currency), monthly=bool(addon.monthly))


def addon_row(addon: Json) -> BookedAddonRow:
    """As it is kept."""
    name = known(Wording, **addon["name"])
    return known(BookedAddonRow, id=addon["id"], name=name, price=addon["price"]["amount"], monthly=addon["monthly"])

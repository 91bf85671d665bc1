"""Products and plans, from files and to files."""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.models import Addon, Fleet, Json, Part, Plan, Product, Variant
from shop.transfer.rows import (
    AddonRow,
    FeatureRow,
    OptionRow,
    OptionValueRow,
    PartRow,
    PlanRow,
    PlanTermRow,
    ProductRow,
    RowT,
    VariantRow,
    Wording,
    known,
)
from shop.transfer.store import (
    Change,
    Errors,
    Shared,
    Store,
    add_rows,
    found,
    raise_revision,
    remove_rows,
    set_rows,
    value_or,
)


class CatalogStore(Store[RowT]):
    """Keeps the order of the files, and has the catalog read anew when it has changed."""

    entries: ClassVar[type[Product] | type[Plan]]

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self.has_changed = False
        self._position = -1

    async def keys(self, session: AsyncSession) -> Sequence[str]:
        query = select(self.entries.id).order_by(self.entries.position, self.entries.id)
        return (await session.scalars(query)).all()

    async def begin(self, session: AsyncSession) -> None:
        self._position = value_or(await session.scalar(select(func.max(self.entries.position))), -1)

    async def remove_others(self, session: AsyncSession, keys: Iterable[str]) -> int:
        """What is not among these leaves the catalog; says how many. Orders of it stay."""
        kept = set(keys)
        others = [key for key in await self.keys(session) if key not in kept]
        await remove_rows(session, self.entries, "id", others)
        self.has_changed = self.has_changed or bool(others)
        return len(others)

    async def finish(self, session: AsyncSession) -> None:
        if self.has_changed:
            await raise_revision(session)

    def placed(self, rows: Iterable[Json]) -> list[Json]:
        """Behind those that there are."""
        placed = [row | {"position": position} for position, row in enumerate(rows, self._position + 1)]
        self._position += len(placed)
        return placed


class Products(CatalogStore[ProductRow]):
    """A product's row has its variants, parts, add-ons and fleet; what is no longer in it leaves the catalog."""

    kind = "products"
    model = ProductRow
    entries = Product

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._variants: dict[str, str] = {}  # whose they are
        self._parts: dict[str, str] = {}

    def names(self, data: Json) -> Iterator[tuple[str, str]]:
        yield from super().names(data)
        variants = data.get("variants")
        for variant in variants if isinstance(variants, list) else ():
            if isinstance(variant, dict):
                yield "variants", str(variant.get("id"))

    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, ProductRow]:
        everything = (Product.variants, Product.parts, Product.addons, Product.fleets)
        query = select(Product).where(Product.id.in_(keys)).options(*(selectinload(part) for part in everything))
        return {product.id: _product_row(product) for product in await session.scalars(query)}

    async def prepare(self, session: AsyncSession, rows: Sequence[ProductRow]) -> None:
        variants = [variant.id for row in rows for variant in row.variants]
        parts = [part.id for row in rows for part in row.parts]
        async for variant in found(session, select(Variant.id, Variant.product_id), Variant.id, variants):
            self._variants[variant["id"]] = variant["product_id"]
        async for part in found(session, select(Part.id, Part.product_id), Part.id, parts):
            self._parts[part["id"]] = part["product_id"]

    def completed(self, row: ProductRow, given: ProductRow, before: ProductRow | None, faults: Errors) -> ProductRow:
        whole = row.model_copy(update={"variants": [_with_amounts(row, place, faults) for place in _places(row)]})
        if "options" not in given.model_fields_set:
            whole = whole.model_copy(update={"options": _options_of(whole)})
        faults.extend(_wrong_options(whole))
        faults.extend(_said_twice(whole))
        faults.extend(_others(whole.id, "variants", whole.variants, self._variants))
        faults.extend(_others(whole.id, "parts", whole.parts, self._parts))
        return whole

    async def save(
        self, session: AsyncSession, new: Sequence[ProductRow], changed: Sequence[Change[ProductRow]]
    ) -> None:
        self.has_changed = self.has_changed or bool(new) or any(_is_more_than_stock(change) for change in changed)
        rows = [*new, *(change.after for change in changed)]
        await add_rows(session, Product, self.placed(_product(row) for row in new))
        await set_rows(session, Product, "id", [_product(change.after) for change in changed])
        for belonging in (Variant, Part, Addon, Fleet):
            await remove_rows(session, belonging, "product_id", [change.after.id for change in changed])
        await add_rows(session, Variant, [variant for row in rows for variant in _variants(row)])
        await add_rows(session, Part, [part for row in rows for part in _parts(row)])
        await add_rows(session, Addon, [addon for row in rows for addon in _addons(row)])
        await add_rows(session, Fleet, [fleet for row in rows for fleet in _fleets(row)])

    async def remove_others(self, session: AsyncSession, keys: Iterable[str]) -> int:
        """A family that has no product any more needs no plan."""
        removed = await super().remove_others(session, keys)
        await session.execute(delete(Plan).where(Plan.family.not_in(select(Product.family))))
        return removed


def _places(row: ProductRow) -> range:
    return range(len(row.variants))


def _with_amounts(row: ProductRow, place: int, faults: Errors) -> VariantRow:
    """What is only sold costs nothing a month; what nobody counted is not there."""
    variant = row.variants[place]
    if variant.monthly_price is None and row.rental_terms:
        faults.append((f"variants.{place}.monthly_price", "is missing of a product that has rental_terms"))
    amounts = {"monthly_price": value_or(variant.monthly_price, 0), "stock": value_or(variant.stock, 0)}
    return variant.model_copy(update=amounts)


def _options_of(row: ProductRow) -> list[OptionRow]:
    """Those that there are, with what the variants have besides, named as it is written."""
    options = {option.id: option for option in row.options}
    for variant in row.variants:
        for option_id, value in variant.options.items():
            options[option_id] = _with_value(options.get(option_id) or _option(option_id), value)
    return list(options.values())


def _option(option_id: str) -> OptionRow:
    return known(OptionRow, id=option_id, name=_as_written(option_id), values=[])


def _with_value(option: OptionRow, value: str) -> OptionRow:
    if any(one.id == value for one in option.values):
        return option
    new = known(OptionValueRow, id=value, name=_as_written(value))
    return option.model_copy(update={"values": [*option.values, new]})


def _as_written(key: str) -> Wording:
    words = key.replace("_", " ").replace("-", " ")
    return known(Wording, de=words, en=words)


def _wrong_options(row: ProductRow) -> Iterator[tuple[str, str]]:
    possible = {option.id: {value.id for value in option.values} for option in row.options}
    chosen: set[frozenset[tuple[str, str]]] = set()
    for place, variant in enumerate(row.variants):
        path = f"variants.{place}.options"
        if variant.options.keys() != possible.keys():
            yield path, f"must name a value of each of the product's options: {', '.join(possible) or 'it has none'}"
        for option_id, value in variant.options.items():
            if value not in possible.get(option_id, {value}):
                yield f"{path}.{option_id}", "is not among the values of the product's option; add it there"
        if frozenset(variant.options.items()) in chosen:
            yield path, "are those of another variant too; each variant has its own"
        chosen.add(frozenset(variant.options.items()))


def _said_twice(row: ProductRow) -> Iterator[tuple[str, str]]:
    for name in ("options", "features", "variants", "parts", "addons"):
        ids = [entry.id for entry in getattr(row, name)]
        for place, entry_id in enumerate(ids):
            if entry_id in ids[:place]:
                yield f"{name}.{place}.id", "is said twice of this product"


def _others(
    product_id: str, name: str, entries: Sequence[VariantRow | PartRow], owners: dict[str, str]
) -> Iterator[tuple[str, str]]:
    for place, entry in enumerate(entries):
        owner = owners.setdefault(entry.id, product_id)
        if owner != product_id:
            yield f"{name}.{place}.id", f"is taken by the product {owner}; each needs its own"


def _is_more_than_stock(change: Change[ProductRow]) -> bool:
    return _without_stock(change.before) != _without_stock(change.after)


def _without_stock(row: ProductRow) -> ProductRow:
    return row.model_copy(update={"variants": [one.model_copy(update={"stock": 0}) for one in row.variants]})


# --- to the tables


def _product(row: ProductRow) -> Json:
    simple = ("id", "kind", "family", "name", "currency", "image_url", "rental_terms")
    said = row.model_dump(include={"kind_name", "tagline", "description", "options", "features"})
    return {name: getattr(row, name) for name in simple} | said


def _variants(row: ProductRow) -> Iterator[Json]:
    for position, variant in enumerate(row.variants):
        yield {
            "id": variant.id,
            "product_id": row.id,
            "position": position,
            "options": variant.options,
            "price_amount": variant.price,
            "monthly_amount": variant.monthly_price,
            "stock": variant.stock,
        }


def _parts(row: ProductRow) -> Iterator[Json]:
    for position, part in enumerate(row.parts):
        name = part.name.model_dump()
        yield {
            "id": part.id,
            "product_id": row.id,
            "position": position,
            "name": name,
            "price_amount": part.price,
        }


def _addons(row: ProductRow) -> Iterator[Json]:
    for position, addon in enumerate(row.addons):
        yield {
            "product_id": row.id,
            "id": addon.id,
            "position": position,
            "name": addon.name.model_dump(),
            "description": addon.description.model_dump(),
            "price_amount": addon.price,
            "monthly": addon.monthly,
        }


def _fleets(row: ProductRow) -> Iterator[Json]:
    return ({"product_id": row.id, "city": city, "size": size} for city, size in row.fleet.items())


# --- from the tables


def wording(said: dict[str, str]) -> Wording:
    """As it is kept."""
    return known(Wording, de=said["de"], en=said["en"])


def _product_row(product: Product) -> ProductRow:
    return known(
        ProductRow,
        id=product.id,
        kind=product.kind,
        kind_name=wording(product.kind_name) if product.kind_name else None,
        family=product.family,
        name=product.name,
        currency=product.currency,
        tagline=wording(product.tagline),
        description=wording(product.description),
        image_url=product.image_url,
        rental_terms=product.rental_terms,
        options=[_option_row(option) for option in product.options],
        features=[_feature_row(feature) for feature in product.features],
        variants=[_variant_row(variant) for variant in product.variants],
        parts=[_part_row(part) for part in product.parts],
        addons=[_addon_row(addon) for addon in product.addons],
        fleet={fleet.city: fleet.size for fleet in sorted(product.fleets, key=lambda fleet: fleet.city)},
    )


def _option_row(option: Json) -> OptionRow:
    values = [known(OptionValueRow, id=value["id"], name=wording(value["name"])) for value in option["values"]]
    return known(OptionRow, id=option["id"], name=wording(option["name"]), values=values)


def _feature_row(feature: Json) -> FeatureRow:
    return known(FeatureRow, **feature | {"name": wording(feature["name"])})


def _variant_row(variant: Variant) -> VariantRow:
    return known(
        VariantRow,
        id=variant.id,
        options=variant.options,
        price=variant.price_amount,
        monthly_price=variant.monthly_amount,
        stock=variant.stock,
    )


def _part_row(part: Part) -> PartRow:
    return known(PartRow, id=part.id, name=wording(part.name), price=part.price_amount)


def _addon_row(addon: Addon) -> AddonRow:
    return known(
        AddonRow,
        id=addon.id,
        name=wording(addon.name),
        description=wording(addon.description),
        price=addon.price_amount,
        monthly=addon.monthly,
    )


# --- plans


class Plans(CatalogStore[PlanRow]):
    """How families are rented; a family without a plan costs the same for every term."""

    kind = "plans"
    model = PlanRow
    entries = Plan

    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, PlanRow]:
        return {plan.id: _plan_row(plan) for plan in await session.scalars(select(Plan).where(Plan.id.in_(keys)))}

    def completed(self, row: PlanRow, given: PlanRow, before: PlanRow | None, faults: Errors) -> PlanRow:
        return row

    async def save(self, session: AsyncSession, new: Sequence[PlanRow], changed: Sequence[Change[PlanRow]]) -> None:
        self.has_changed = self.has_changed or bool(new or changed)
        await add_rows(session, Plan, self.placed(_plan(row) for row in new))
        await set_rows(session, Plan, "id", [_plan(change.after) for change in changed])


def _plan(row: PlanRow) -> Json:
    return row.model_dump(exclude={"terms"}) | {"terms": [term.model_dump(exclude_none=True) for term in row.terms]}


def _plan_row(plan: Plan) -> PlanRow:
    terms = [_plan_term_row(term) for term in plan.terms]
    return known(
        PlanRow,
        id=plan.id,
        family=plan.family,
        kind=plan.kind,
        currency=plan.currency,
        premium=plan.premium,
        name=wording(plan.name),
        description=wording(plan.description),
        terms=terms,
    )


def _plan_term_row(term: Json) -> PlanTermRow:
    return known(
        PlanTermRow, months=term["months"], percent=term.get("percent"), monthly_price=term.get("monthly_price")
    )

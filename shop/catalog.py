"""The catalog: products to look at and compare, with fresh stock."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field
from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from shop.answers import json_answer
from shop.database import Database
from shop.images import picture_of
from shop.models import Addon, Counter, Json, Part, Product, Variant
from shop.money import Money
from shop.plans import CatalogPlan, load_plans, standard_plan
from shop.problems import ProductNotFound, VariantNotFound
from shop.requests import PRODUCT_KEY_PATTERN, ProductKey, read_query

REVISION = "catalog_revision"  # a counter that grows whenever the catalog's tables change

Stock = Mapping[str, int]


@dataclass(frozen=True)
class CatalogVariant:
    """What can be ordered, without its stock."""

    id: str
    options: Mapping[str, str]
    price: Money
    monthly_price: Money


@dataclass(frozen=True)
class CatalogAddon:
    """A service that can be booked with a product."""

    id: str
    name: Mapping[str, str]
    price: Money
    monthly: bool


@dataclass(frozen=True)
class CatalogProduct:
    """A product as kept in memory; `view` is its JSON without stock."""

    id: str
    kind: str
    family: str
    name: str
    currency: str
    rental_terms: tuple[int, ...]
    plans: Mapping[str, CatalogPlan]
    standard_plan: CatalogPlan
    variants: Mapping[str, CatalogVariant]
    addons: Mapping[str, CatalogAddon]
    view: Json

    def plan(self, plan_id: str | None) -> CatalogPlan | None:
        """The one asked for, if the product is rented on it; without an id the standard one."""
        return self.standard_plan if plan_id in (None, self.standard_plan.id) else self.plans.get(plan_id or "")

    def terms_on(self, plan: CatalogPlan) -> Sequence[int]:
        """The months for which the product is rented on the plan."""
        return tuple(plan.terms) if plan.premium else self.rental_terms

    def rent(self, variant_id: str, plan: CatalogPlan, months: int) -> Money:
        """What a month costs."""
        return plan.monthly_price(self.variants[variant_id].monthly_price, months)

    def view_with(self, stock: Stock) -> Json:
        """The JSON of the port."""
        variants = [variant | {"stock": stock.get(variant["id"], 0)} for variant in self.view["variants"]]
        return self.view | {"variants": variants}


@dataclass(frozen=True)
class Snapshot:
    """The whole catalog at one revision."""

    revision: int
    products: Mapping[str, CatalogProduct]
    product_of: Mapping[str, CatalogProduct]  # by variant id
    plans: Sequence[CatalogPlan]

    def models(self, family: str) -> Sequence[CatalogProduct]:
        """The family's products."""
        return [product for product in self.products.values() if product.family == family]

    def product(self, product_id: str) -> CatalogProduct:
        """Raises ProductNotFound."""
        try:
            return self.products[product_id]
        except KeyError:
            raise ProductNotFound from None

    def product_with(self, variant_id: str) -> CatalogProduct:
        """The product that a variant belongs to. Raises VariantNotFound."""
        try:
            return self.product_of[variant_id]
        except KeyError:
            raise VariantNotFound(variant_id) from None


EMPTY = Snapshot(revision=-1, products=MappingProxyType({}), product_of=MappingProxyType({}), plans=())


class Catalog:
    """Keeps the catalog in memory and reads its revision and the stock fresh, in one query."""

    def __init__(self, image_base: str = "") -> None:
        self._image_base = image_base.rstrip("/")
        self._snapshot = EMPTY

    async def look(self, session: AsyncSession, which: ColumnElement[bool]) -> tuple[Snapshot, Stock]:
        """The present catalog, and the stock of the variants that `which` picks."""
        revision, stock = await _stock(session, which)
        snapshot = self._snapshot
        if revision != snapshot.revision:
            self._snapshot = snapshot = await _load(session, revision, self._image_base)
        return snapshot, stock


async def _stock(session: AsyncSession, which: ColumnElement[bool]) -> tuple[int, Stock]:
    query = select(Counter.value, Variant.id, Variant.stock).outerjoin(Variant, which).where(Counter.name == REVISION)
    rows = (await session.execute(query)).all()
    # An outer join's row without a variant has no id, whatever the column's type says.
    return rows[0].value, {row.id: row.stock for row in rows if row.id is not None}


async def _load(session: AsyncSession, revision: int, image_base: str) -> Snapshot:
    everything = (selectinload(Product.variants), selectinload(Product.parts), selectinload(Product.addons))
    rows = await session.scalars(select(Product).options(*everything).order_by(Product.position))
    plans = await load_plans(session)
    products = [_product(row, plans, image_base) for row in rows]
    return Snapshot(
        revision=revision,
        products={product.id: product for product in products},
        product_of={variant_id: product for product in products for variant_id in product.variants},
        plans=plans,
    )


def _product(row: Product, plans: Sequence[CatalogPlan], image_base: str) -> CatalogProduct:
    standard = standard_plan(plans, row.family, row.kind, row.rental_terms)
    return CatalogProduct(
        id=row.id,
        kind=row.kind,
        family=row.family,
        name=row.name,
        currency=row.currency,
        rental_terms=tuple(row.rental_terms),
        plans={plan.id: plan for plan in plans if plan.family == row.family},
        standard_plan=standard,
        variants={variant.id: _variant(variant, row.currency) for variant in row.variants},
        addons={addon.id: _addon(addon, row.currency) for addon in row.addons},
        view=_view(row, standard, image_base),
    )


def _variant(row: Variant, currency: str) -> CatalogVariant:
    return CatalogVariant(
        id=row.id,
        options=row.options,
        price=Money(row.price_amount, currency),
        monthly_price=Money(row.monthly_amount, currency),
    )


def _addon(row: Addon, currency: str) -> CatalogAddon:
    return CatalogAddon(id=row.id, name=row.name, price=Money(row.price_amount, currency), monthly=row.monthly)


def _view(row: Product, standard: CatalogPlan, image_base: str) -> Json:
    return {
        "id": row.id,
        "kind": row.kind,
        "kind_name": row.kind_name,
        "family": row.family,
        "name": row.name,
        "tagline": row.tagline,
        "description": row.description,
        "image_url": row.image_url or f"{image_base}/images/{picture_of(row.id)}",
        "options": row.options,
        "features": row.features,
        "variants": [_variant_view(variant, row, standard) for variant in row.variants],
        "parts": [_part_view(part, row.currency) for part in row.parts],
        "addons": [_addon_view(addon, row.currency) for addon in row.addons],
        "rental_terms": row.rental_terms,
    }


def _variant_view(row: Variant, product: Product, standard: CatalogPlan) -> Json:
    monthly = Money(row.monthly_amount, product.currency)
    prices = {months: standard.monthly_price(monthly, months) for months in product.rental_terms}
    return {
        "id": row.id,
        "options": row.options,
        "price": Money(row.price_amount, product.currency).view(),
        "monthly_price": monthly.view(),
        "rental_prices": [{"months": months, "monthly_price": price.view()} for months, price in prices.items()],
    }


def _part_view(row: Part, currency: str) -> Json:
    return {"id": row.id, "name": row.name, "price": Money(row.price_amount, currency).view()}


def _addon_view(row: Addon, currency: str) -> Json:
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "price": Money(row.price_amount, currency).view(),
        "monthly": row.monthly,
    }


def _digits(value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,13}", value):
        raise ValueError("must be a whole number")
    return int(value)


QueryInt = Annotated[int, BeforeValidator(_digits)]


class ProductFilter(BaseModel):
    """What a list of products is narrowed by; amounts in minor units."""

    kind: ProductKey | None = None
    max_price: Annotated[QueryInt, Field(le=10**12)] | None = None
    max_monthly_price: Annotated[QueryInt, Field(le=10**12)] | None = None

    def takes(self, product: CatalogProduct) -> bool:
        """Whether the product is of the kind and has a variant within both limits."""
        if self.kind is not None and product.kind != self.kind:
            return False
        if self.max_monthly_price is not None and not product.rental_terms:
            return False  # it is only sold
        return any(self._affords(variant) for variant in product.variants.values())

    def _affords(self, variant: CatalogVariant) -> bool:
        return _within(variant.price, self.max_price) and _within(variant.monthly_price, self.max_monthly_price)


def _within(price: Money, limit: int | None) -> bool:
    return limit is None or price.amount <= limit


class CatalogRoutes:
    """The catalog over HTTP."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/products", self.list),
            web.get("/v1/products/{product_id}", self.get),
            web.get("/v1/stock", self.stock),
            web.get("/v1/plans", self.plans),
        ]

    async def list(self, request: web.Request) -> web.Response:
        wanted = read_query(request, ProductFilter)
        async with self._database.reading() as session:
            snapshot, stock = await self._catalog.look(session, true())
        products = [product for product in snapshot.products.values() if wanted.takes(product)]
        return json_answer({"items": [product.view_with(stock) for product in products]}).response()

    async def stock(self, _request: web.Request) -> web.Response:
        async with self._database.reading() as session:
            revision, stock = await _stock(session, true())
        return json_answer({"revision": revision, "stock": stock}).response()

    async def get(self, request: web.Request) -> web.Response:
        product_id = request.match_info["product_id"]
        if not re.fullmatch(PRODUCT_KEY_PATTERN, product_id):
            raise ProductNotFound  # and never asked of the database, which takes not every character
        async with self._database.reading() as session:
            snapshot, stock = await self._catalog.look(session, Variant.product_id == product_id)
        return json_answer(snapshot.product(product_id).view_with(stock)).response()

    async def plans(self, _request: web.Request) -> web.Response:
        async with self._database.reading() as session:
            snapshot, _ = await self._catalog.look(session, false())
        views = [plan.view([model.id for model in snapshot.models(plan.family)]) for plan in snapshot.plans]
        return json_answer({"items": views}).response()

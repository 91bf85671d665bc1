"""Plans: how long a family's products are rented, and what a month of it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Json, Plan
from shop.money import Money

WHOLE_PRICE = 100  # percent
STEP = 10  # a shortened or lengthened term's price is rounded to this many minor units
STANDARD_NAME = {"de": "Standard", "en": "Standard"}


@dataclass(frozen=True)
class PlanTerm:
    """A term's price: a percentage of the product's own monthly price, or an amount whatever the product."""

    percent: int | None
    monthly_price: Money | None

    def price(self, of_product: Money) -> Money:
        """What a month costs."""
        if self.monthly_price is not None:
            return self.monthly_price
        if self.percent is None or self.percent == WHOLE_PRICE:
            return of_product
        return Money(_percent(of_product.amount, self.percent), of_product.currency)


AT_WHOLE_PRICE = PlanTerm(percent=WHOLE_PRICE, monthly_price=None)


@dataclass(frozen=True)
class CatalogPlan:
    """A plan as kept in memory, its terms by months."""

    id: str
    family: str
    kind: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    premium: bool
    terms: Mapping[int, PlanTerm]

    def monthly_price(self, of_product: Money, months: int) -> Money:
        """What a month costs if it is rented for so long; what the plan does not name costs the whole price."""
        return self.terms.get(months, AT_WHOLE_PRICE).price(of_product)

    def view(self, models: Sequence[str]) -> Json:
        """The JSON of the port."""
        return {
            "id": self.id,
            "family": self.family,
            "kind": self.kind,
            "name": self.name,
            "description": self.description,
            "premium": self.premium,
            "terms": [_term_view(months, term) for months, term in self.terms.items()],
            "models": list(models),
        }


def _percent(amount: int, percent: int) -> int:
    # Rounded half up, in whole numbers.
    return (amount * percent + WHOLE_PRICE * STEP // 2) // (WHOLE_PRICE * STEP) * STEP


def _term_view(months: int, term: PlanTerm) -> Json:
    return {
        "months": months,
        "percent": term.percent,
        "monthly_price": term.monthly_price and term.monthly_price.view(),
    }


async def load_plans(session: AsyncSession) -> list[CatalogPlan]:
    """All plans in the shop's own order."""
    return [_plan(row) for row in await session.scalars(select(Plan).order_by(Plan.position))]


def _plan(row: Plan) -> CatalogPlan:
    return CatalogPlan(
        id=row.id,
        family=row.family,
        kind=row.kind,
        name=row.name,
        description=row.description,
        premium=row.premium,
        terms={term["months"]: _term(term, row.currency) for term in row.terms},
    )


def _term(stored: Json, currency: str) -> PlanTerm:
    amount = stored.get("monthly_price")
    return PlanTerm(stored.get("percent"), None if amount is None else Money(amount, currency))


def standard_plan(plans: Sequence[CatalogPlan], family: str, kind: str, rental_terms: Sequence[int]) -> CatalogPlan:
    """The family's own, or one on which every term costs the same, for a shop that has made none."""
    own = (plan for plan in plans if plan.family == family and not plan.premium)
    return next(own, None) or _plain_plan(family, kind, rental_terms)


def _plain_plan(family: str, kind: str, rental_terms: Sequence[int]) -> CatalogPlan:
    terms = dict.fromkeys(rental_terms, AT_WHOLE_PRICE)
    return CatalogPlan("standard", family, kind, STANDARD_NAME, STANDARD_NAME, premium=False, terms=terms)

"""What a change of plan, term or add-ons comes to, reckoned without changing anything."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from shop.catalog import CatalogAddon, CatalogProduct
from shop.models import Json, Subscription
from shop.money import Money, total
from shop.plans import CatalogPlan
from shop.pricing import LineAddon
from shop.problems import FieldError, InvalidRequest, invalid
from shop.subscriptions import state
from shop.subscriptions.problems import PlanNotForProduct, TermTooShort
from shop.subscriptions.requests import SubscriptionChange


@dataclass(frozen=True)
class Agreement:
    """What is agreed after a change, and what the change itself costs."""

    plan: CatalogPlan
    term_months: int
    monthly_price: Money
    addons: tuple[LineAddon, ...]
    due_now: Money

    @property
    def monthly_total(self) -> Money:
        """From the next billing date on."""
        return state.with_addons(self.monthly_price, self.addons)


def agreement(subscription: Subscription, change: SubscriptionChange, product: CatalogProduct, day: date) -> Agreement:
    """Raises PlanNotForProduct, TermTooShort, InvalidRequest for terms and add-ons that there are not."""
    plan = _plan(subscription, change, product)
    months = change.term_months or subscription.term_months
    _check_term(subscription, plan, months, product, day)
    rent = _rent(subscription, plan, months, product)
    addons = _addons(subscription, change.addons, product)
    shortened = _difference_of_a_shorter_term(subscription, months, rent, day)
    new = (addon.price for addon in _new_once(subscription, addons))
    return Agreement(plan, months, rent, addons, total((shortened, *new), rent.currency))


def plan_of(subscription: Subscription, product: CatalogProduct) -> CatalogPlan:
    """The plan as the catalog has it now."""
    return product.plan(subscription.plan_id) or product.standard_plan


def _plan(subscription: Subscription, change: SubscriptionChange, product: CatalogProduct) -> CatalogPlan:
    if change.plan_id is None:
        return plan_of(subscription, product)
    plan = product.plan(change.plan_id)
    if plan is None:
        raise PlanNotForProduct
    return plan


def check_offered(plan: CatalogPlan, months: int, product: CatalogProduct) -> None:
    """Raises InvalidRequest."""
    if months not in product.terms_on(plan):
        raise invalid("term_months", "is not one of the plan's terms")


def _check_term(subscription: Subscription, plan: CatalogPlan, months: int, product: CatalogProduct, day: date) -> None:
    if months == subscription.term_months and plan.id == subscription.plan_id:
        return
    check_offered(plan, months, product)
    run = _months_run(subscription, day)
    if months < run and months != subscription.term_months:
        raise TermTooShort(min((term for term in product.terms_on(plan) if term >= run), default=run))


def _months_run(subscription: Subscription, day: date) -> int:
    """How many months of the present term have begun."""
    return max(0, state.months_begun(subscription, day) - subscription.term_starts_month)


def _rent(subscription: Subscription, plan: CatalogPlan, months: int, product: CatalogProduct) -> Money:
    if (plan.id, months) == (subscription.plan_id, subscription.term_months):
        return state.monthly_price(subscription)  # as agreed, whatever the catalog says now
    return product.rent(subscription.variant_id, plan, months)


def _difference_of_a_shorter_term(subscription: Subscription, months: int, rent: Money, day: date) -> Money:
    """The months that have begun cost what they would have cost with the shorter term from the start."""
    dearer = max(0, rent.amount - subscription.monthly_amount)
    run = _months_run(subscription, day) if months < subscription.term_months else 0
    return Money(dearer * run, rent.currency)


def _addons(subscription: Subscription, wanted: Sequence[str] | None, product: CatalogProduct) -> tuple[LineAddon, ...]:
    """What is booked keeps its price; what was paid once stays, asked for or not."""
    booked = {addon.id: addon for addon in state.addons_of(subscription)}
    if wanted is None:
        return tuple(booked.values())
    _check_addons(wanted, [*booked, *product.addons])
    paid = [addon_id for addon_id, addon in booked.items() if not addon.monthly and addon_id not in wanted]
    return tuple(booked.get(addon_id) or line_addon(product.addons[addon_id]) for addon_id in (*paid, *wanted))


def _check_addons(wanted: Sequence[str], offered: Sequence[str]) -> None:
    errors: list[FieldError] = [
        {"path": f"addons.{place}", "message": "is not one of the product's add-ons"}
        for place, addon_id in enumerate(wanted)
        if addon_id not in offered
    ]
    if errors:
        raise InvalidRequest(errors)


def line_addon(addon: CatalogAddon) -> LineAddon:
    """As it costs now."""
    return LineAddon(id=addon.id, name=addon.name, price=addon.price, monthly=addon.monthly)


def _new_once(subscription: Subscription, addons: Iterable[LineAddon]) -> list[LineAddon]:
    booked = {addon.id for addon in state.addons_of(subscription)}
    return [addon for addon in addons if not addon.monthly and addon.id not in booked]


def agree(subscription: Subscription, agreed: Agreement, product: CatalogProduct) -> None:
    """Writes it down; terms that were added follow the plan."""
    if agreed.plan.id != subscription.plan_id:
        subscription.added_terms = priced_terms(subscription.added_terms, subscription.variant_id, agreed.plan, product)
    subscription.plan_id = agreed.plan.id
    subscription.plan_name = dict(agreed.plan.name)
    subscription.premium = agreed.plan.premium
    subscription.term_months = agreed.term_months
    subscription.monthly_amount = agreed.monthly_price.amount
    subscription.addons = [addon.view() for addon in agreed.addons]


def priced_terms(terms: Iterable[Json], variant_id: str, plan: CatalogPlan, product: CatalogProduct) -> list[Json]:
    """The same terms at the prices of a plan and a variant."""
    return [added_term(product.rent(variant_id, plan, term["months"]), term["months"]) for term in terms]


def added_term(rent: Money, months: int) -> Json:
    """As the subscription keeps it."""
    return {"months": months, "monthly_amount": rent.amount}


def agreement_with(
    subscription: Subscription, variant_id: str, product: CatalogProduct, *, for_good: bool
) -> Agreement:
    """With another model as the subscription's own, at its own price; services cost what they cost with it.

    One for some days changes nothing that is agreed.
    """
    plan, months = plan_of(subscription, product), subscription.term_months
    nothing = Money(0, subscription.currency)
    if not for_good:
        return Agreement(plan, months, state.monthly_price(subscription), state.addons_of(subscription), nothing)
    is_same_price = subscription.premium  # on which every model costs the same
    rent = state.monthly_price(subscription) if is_same_price else product.rent(variant_id, plan, months)
    return Agreement(plan, months, rent, tuple(_addons_with(subscription, product)), nothing)


def take_over(subscription: Subscription, variant_id: str, product: CatalogProduct) -> None:
    """Another model becomes the subscription's own."""
    agreed = agreement_with(subscription, variant_id, product, for_good=True)
    if not subscription.premium:
        subscription.added_terms = priced_terms(subscription.added_terms, variant_id, agreed.plan, product)
    subscription.monthly_amount = agreed.monthly_price.amount
    subscription.product_id = product.id
    subscription.product_name = product.name
    subscription.variant_id = variant_id
    subscription.options = dict(product.variants[variant_id].options)
    subscription.new_amount = product.variants[variant_id].price.amount
    subscription.addons = [addon.view() for addon in agreed.addons]


def _addons_with(subscription: Subscription, product: CatalogProduct) -> Iterable[LineAddon]:
    """What was paid once stays as it is; what is paid by the month is the new model's, if it has it."""
    for addon in state.addons_of(subscription):
        if not addon.monthly:
            yield addon
        elif addon.id in product.addons:
            yield line_addon(product.addons[addon.id])

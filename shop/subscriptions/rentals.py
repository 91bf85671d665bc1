"""What orders do to subscriptions: one for each rented piece, from the order on."""

from collections.abc import Sequence

from sqlalchemy import false
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog, CatalogProduct
from shop.models import Order, OrderLine, Subscription
from shop.plans import CatalogPlan
from shop.subscriptions.billing import Keeper
from shop.subscriptions.store import of_order, take_numbers


class Rentals:
    """Works within the transaction that changes the order."""

    def __init__(self, catalog: Catalog, keeper: Keeper) -> None:
        self._catalog = catalog
        self._keeper = keeper

    async def agreed(self, session: AsyncSession, order: Order) -> None:
        """The order's lines are new: what is rented as before stays, the rest comes and goes."""
        await session.flush()
        wanted = _rented(order)
        former = await of_order(session, order.number)
        if not wanted and not former:
            return
        snapshot, _ = await self._catalog.look(session, false())
        subscriptions = [_taken(former, line, snapshot.product_with(line.variant_id)) for line in wanted]
        for superfluous in former:
            await session.delete(superfluous)
        await _number(session, subscriptions)
        for line, subscription in zip(wanted, subscriptions, strict=True):
            _agree(subscription, line)
            subscription.customer_id, subscription.order_number = order.customer_id, order.number
        session.add_all(subscriptions)

    async def delivered(self, session: AsyncSession, order: Order) -> None:
        """They begin."""
        for subscription in await of_order(session, order.number):
            await self._keeper.start(session, subscription)

    async def cancelled(self, session: AsyncSession, order: Order) -> None:
        """They end without having begun."""
        for subscription in await of_order(session, order.number):
            subscription.ended_on = self._keeper.today()


def _rented(order: Order) -> list[OrderLine]:
    """A line for each rented piece."""
    return [line for line in order.lines if line.term_months is not None for _ in range(line.quantity)]


def _taken(former: list[Subscription], line: OrderLine, product: CatalogProduct) -> Subscription:
    """One of the former that is the same, which is then no longer there to be taken, or a new one."""
    plan = product.plan(line.plan_id) or product.standard_plan
    same = (line.variant_id, line.term_months, plan.id)
    for subscription in former:
        if (subscription.variant_id, subscription.term_months, subscription.plan_id) == same:
            former.remove(subscription)
            return subscription
    return _new(product, plan, line)


def _new(product: CatalogProduct, plan: CatalogPlan, line: OrderLine) -> Subscription:
    return Subscription(
        family=product.family,
        plan_id=plan.id,
        plan_name=plan.name,
        premium=plan.premium,
        product_id=product.id,
        product_name=product.name,
        variant_id=line.variant_id,
        options=line.options,
        currency=product.currency,
        new_amount=product.variants[line.variant_id].price.amount,
        term_months=line.term_months,
        term_starts_month=0,
        added_terms=[],
        months_billed=0,
    )


def _agree(subscription: Subscription, line: OrderLine) -> None:
    monthly = sum(addon["price"]["amount"] for addon in line.addons if addon["monthly"])
    subscription.monthly_amount = line.unit_amount
    subscription.first_amount = line.unit_amount + monthly
    subscription.addons = line.addons


async def _number(session: AsyncSession, subscriptions: Sequence[Subscription]) -> None:
    new = [subscription for subscription in subscriptions if subscription.number is None]
    for subscription, number in zip(new, await take_numbers(session, len(new)), strict=True):
        subscription.number = number

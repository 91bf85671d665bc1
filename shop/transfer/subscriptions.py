"""Subscriptions, from files and to files."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import EMPTY, CatalogProduct
from shop.delivery import local_day
from shop.devices import is_with_customer, rented
from shop.models import Booking, Device, Json, Order, Pause, Subscription
from shop.subscriptions.billing import wakes_on
from shop.subscriptions.days import Months
from shop.subscriptions.store import SUBSCRIPTION_NUMBER, complete
from shop.transfer.faults import Refused
from shop.transfer.lines import NOT_IN_CATALOG, addon_row, completed_addons, line_addon
from shop.transfer.products import wording
from shop.transfer.rows import (
    AddedTermRow,
    PauseRow,
    SubscriptionRow,
    SwapRow,
    known,
    number_of,
    order_name,
)
from shop.transfer.store import Change, Errors, Shared, Store, found, raise_counter, value_or

OF_OLD = (
    "product_id",
    "product_name",
    "options",
    "family",
    "plan_id",
    "plan_name",
    "premium",
    "monthly_price",
    "new_price",
    "currency",
)
"""What a row has to say of a product that is no longer sold."""


class Subscriptions(Store[SubscriptionRow]):
    """One for each rented piece; what was billed before stays where it was billed."""

    kind = "subscriptions"
    model = SubscriptionRow

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._snapshot = EMPTY
        self._customers: dict[str, str] = {}  # of the orders that these rows name
        self._serials: dict[str, str] = {}  # whose they are
        self._last_number = 0

    async def keys(self, session: AsyncSession) -> Sequence[str]:
        numbers = await session.scalars(select(Subscription.number).order_by(Subscription.number))
        return [subscription_name(number) for number in numbers]

    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, SubscriptionRow]:
        numbers = [number_of(key) for key in keys]
        rows = (await session.scalars(complete().where(Subscription.number.in_(numbers)))).all()
        query = select(Device.subscription_number, Device.serial).where(Device.subscription_number.in_(numbers))
        serials = {one.subscription_number: one.serial for one in await session.execute(query)}
        return {subscription_name(row.number): _subscription_row(row, serials.get(row.number)) for row in rows}

    async def begin(self, session: AsyncSession) -> None:
        self._snapshot = await self.shared.snapshot(session)

    async def prepare(self, session: AsyncSession, rows: Sequence[SubscriptionRow]) -> None:
        orders = [number_of(row.order_number) for row in rows]
        query = select(Order.number, Order.customer_id)
        self._customers = {
            order_name(order["number"]): order["customer_id"]
            async for order in found(session, query, Order.number, orders)
        }
        serials = [row.serial for row in rows if row.serial is not None]
        owners = select(Device.serial, Device.subscription_number)
        async for device in found(session, owners, Device.serial, serials):
            self._serials[device["serial"]] = subscription_name(device["subscription_number"] or 0)

    def completed(
        self, row: SubscriptionRow, given: SubscriptionRow, before: SubscriptionRow | None, faults: Errors
    ) -> SubscriptionRow:
        self._skip_what_was_told(row)
        if row.order_number not in self._customers:
            faults.append(
                ("order_number", "is no order of the shop; import the orders first, or with the subscriptions")
            )
        whole = self._from_catalog(row, faults)
        whole = _with_months(whole, local_day(self.shared.clock.now()))
        serial = whole.serial if _is_had(whole) or "serial" in given.model_fields_set else None
        whole = whole.model_copy(update={"serial": serial})
        faults.extend(self._wrong_serial(whole))
        faults.extend(self._unknown_swaps(whole))
        if before is not None and before.order_number != row.order_number:
            faults.append(("order_number", "is not the order of this subscription; give yours another number"))
        return whole

    def _skip_what_was_told(self, row: SubscriptionRow) -> None:
        if {("orders", row.order_number), ("variants", row.variant_id)} & self.shared.broken:
            raise Refused([])

    def _from_catalog(self, row: SubscriptionRow, faults: Errors) -> SubscriptionRow:
        product = self._snapshot.product_of.get(row.variant_id)
        addons = completed_addons(row.addons, product, "", faults)
        if product is not None:
            return _with_product(row, product, faults).model_copy(update={"addons": addons})
        missing = [name for name in OF_OLD if getattr(row, name) is None]
        if missing:
            faults.append(("variant_id", NOT_IN_CATALOG.format(missing=", ".join(missing))))
        return row.model_copy(update={"addons": addons})

    def _wrong_serial(self, row: SubscriptionRow) -> Iterator[tuple[str, str]]:
        if row.serial is not None and not _is_had(row):
            yield "serial", "goes with a piece that the customer has: started_on said, and not ended with a return"
        if row.serial is not None and self._serials.setdefault(row.serial, row.number) != row.number:
            yield "serial", "is another piece's; each piece has its own"

    def _unknown_swaps(self, row: SubscriptionRow) -> Iterator[tuple[str, str]]:
        for place, swap in enumerate(row.swaps):
            if swap.variant_id not in self._snapshot.product_of:
                yield f"swaps.{place}.variant_id", "is no variant of the catalog; import its product first"

    async def save(
        self, session: AsyncSession, new: Sequence[SubscriptionRow], changed: Sequence[Change[SubscriptionRow]]
    ) -> None:
        for row in new:
            subscription = Subscription(number=number_of(row.number), charges=[], **self._members(row))
            session.add(subscription)
            await self._settle(session, subscription, row.serial)
        by_number = await self._loaded(session, [change.after for change in changed])
        for change in changed:
            subscription = by_number[number_of(change.after.number)]
            for member, value in self._members(change.after).items():
                setattr(subscription, member, value)
            await self._take_piece(session, change.before.serial)
            await self._settle(session, subscription, change.after.serial)
        self._last_number = max([self._last_number, *(number_of(row.number) for row in new)])

    async def _loaded(self, session: AsyncSession, rows: Sequence[SubscriptionRow]) -> dict[int, Subscription]:
        query = complete().where(Subscription.number.in_([number_of(row.number) for row in rows]))
        return {subscription.number: subscription for subscription in await session.scalars(query)}

    async def _take_piece(self, session: AsyncSession, serial: str | None) -> None:
        device = None if serial is None else await session.get(Device, serial)
        if device is not None:
            await session.delete(device)
            await session.flush()

    async def _settle(self, session: AsyncSession, subscription: Subscription, serial: str | None) -> None:
        """What there is to do for it, and which piece it is."""
        has_begun = subscription.started_on is not None
        subscription.wakes_on = wakes_on(subscription) if has_begun else None
        await session.flush()
        if serial is not None:
            session.add(Device(serial=serial, **rented(subscription)))
            self.shared.note_serials([serial])
        elif has_begun and is_with_customer(subscription):
            self.shared.unnumbered.append(rented(subscription))

    def _members(self, row: SubscriptionRow) -> Json:
        simple = (
            *("family", "plan_id", "premium", "product_id", "product_name", "variant_id", "options", "currency"),
            *("first_amount", "term_months", "term_starts_month", "started_on", "months_billed"),
            *("cancelled_on", "cancel_reason", "at_end", "ends_month", "ended_on"),
        )
        return {name: getattr(row, name) for name in simple} | {
            "customer_id": self._customers[row.order_number],
            "order_number": number_of(row.order_number),
            "plan_name": row.plan_name and row.plan_name.model_dump(),
            "new_amount": row.new_price,
            "monthly_amount": row.monthly_price,
            "addons": [line_addon(addon, row.currency or "").view() for addon in row.addons],
            "added_terms": [{"months": one.months, "monthly_amount": one.monthly_price} for one in row.added_terms],
            "pauses": [Pause(first=pause.first, until=pause.until) for pause in row.pauses],
            "bookings": [self._booking(swap) for swap in row.swaps],
        }

    def _booking(self, swap: SwapRow) -> Booking:
        product = self._snapshot.product_of[swap.variant_id]
        return Booking(
            product_id=product.id,
            product_name=product.name,
            variant_id=swap.variant_id,
            city=swap.city,
            first=swap.first,
            until=swap.until,
            taken_over=swap.taken_over,
        )

    async def finish(self, session: AsyncSession) -> None:
        await raise_counter(session, SUBSCRIPTION_NUMBER, self._last_number)


def subscription_name(number: int) -> str:
    """200001 as SB-200001."""
    return f"SB-{number}"


def _is_had(row: SubscriptionRow) -> bool:
    """Whether the customer has its piece."""
    return row.started_on is not None and (row.ended_on is None or row.at_end == "buy")


def _with_product(row: SubscriptionRow, product: CatalogProduct, faults: Errors) -> SubscriptionRow:
    plan = product.plan(row.plan_id)
    if plan is None and None in (row.plan_name, row.premium, row.monthly_price):
        faults.append(("plan_id", "is not one of the product's plans; import the plan first"))
    plan = plan or product.standard_plan
    variant = product.variants[row.variant_id]
    if row.monthly_price is None and row.term_months not in product.terms_on(plan):
        offered = ", ".join(str(months) for months in product.terms_on(plan)) or "none"
        faults.append(("term_months", f"is not one of the product's rental terms ({offered}); or name monthly_price"))
    return row.model_copy(
        update={
            "product_id": row.product_id or product.id,
            "product_name": row.product_name or product.name,
            "options": value_or(row.options, dict(variant.options)),
            "family": row.family or product.family,
            "plan_id": row.plan_id or plan.id,
            "plan_name": row.plan_name or wording(dict(plan.name)),
            "premium": value_or(row.premium, plan.premium),
            "currency": row.currency or product.currency,
            "new_price": value_or(row.new_price, variant.price.amount),
            "monthly_price": value_or(row.monthly_price, product.rent(row.variant_id, plan, row.term_months).amount),
        }
    )


def _with_months(row: SubscriptionRow, today: date) -> SubscriptionRow:
    """What it cost first, and how much was billed: all that has begun, if the row does not say."""
    addons = sum(addon.price or 0 for addon in row.addons if addon.monthly)
    return row.model_copy(
        update={
            "first_amount": value_or(row.first_amount, (row.monthly_price or 0) + addons),
            "months_billed": value_or(row.months_billed, _months_begun(row, today)),
            "cancel_reason": row.cancel_reason or ("not_said" if row.cancelled_on is not None else None),
        }
    )


def _months_begun(row: SubscriptionRow, today: date) -> int:
    if row.started_on is None:
        return 0
    pauses = sorted((pause.first, pause.until) for pause in row.pauses)
    return Months(row.started_on, pauses).begun_by(min(today, row.ended_on or today))


def _subscription_row(subscription: Subscription, serial: str | None) -> SubscriptionRow:
    same = (
        *("term_months", "first_amount", "currency", "term_starts_month", "started_on", "months_billed"),
        *("cancelled_on", "cancel_reason", "at_end", "ends_month", "ended_on"),
        *("product_id", "product_name", "variant_id", "options", "family", "plan_id", "premium"),
    )
    return known(
        SubscriptionRow,
        number=subscription_name(subscription.number),
        order_number=order_name(subscription.order_number),
        plan_name=wording(subscription.plan_name),
        monthly_price=subscription.monthly_amount,
        new_price=subscription.new_amount,
        addons=[addon_row(addon) for addon in subscription.addons],
        added_terms=[
            known(AddedTermRow, months=term["months"], monthly_price=term["monthly_amount"])
            for term in subscription.added_terms
        ],
        pauses=[known(PauseRow, first=pause.first, until=pause.until) for pause in subscription.pauses],
        swaps=[_swap_row(booking) for booking in subscription.bookings],
        serial=serial,
        **{name: getattr(subscription, name) for name in same},
    )


def _swap_row(booking: Booking) -> SwapRow:
    return known(
        SwapRow,
        variant_id=booking.variant_id,
        city=booking.city,
        first=booking.first,
        until=booking.until,
        taken_over=booking.taken_over,
    )

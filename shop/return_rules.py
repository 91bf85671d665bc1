"""What may come back: the bodies that ask for it, and the rules that every one of them is held against."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from shop.catalog import Snapshot
from shop.models import Order, OrderLine
from shop.payments.wishes import MayPay
from shop.problems import FieldError, InvalidRequest, NotExchangeable, NotReturnable
from shop.requests import MAX_QUANTITY, Body, ProductKey
from shop.stock import Pieces

ReturnReason = Literal["does_not_fit", "not_as_described", "damaged", "changed_mind", "wrong_item", "other", "not_said"]
OrderNumber = Annotated[str, Field(max_length=20)]


class ReturnItem(Body):
    """Pieces of one of the order's lines."""

    line: Annotated[int, Field(ge=0, le=99)]
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class ExchangeItem(ReturnItem):
    """The same, and the variant that the customer wants for them."""

    variant_id: ProductKey


class ReturnRequest(Body):
    """What goes back, for money."""

    items: Annotated[list[ReturnItem], Field(min_length=1, max_length=20)]
    refund_to: Literal["original", "gift_card"]
    reason: ReturnReason = "not_said"


class ExchangeRequest(MayPay):
    """What goes back, for other pieces; how a difference is paid, or paid back."""

    items: Annotated[list[ExchangeItem], Field(min_length=1, max_length=20)]


class ReturnQuoteRequest(ReturnRequest):
    """The same before it is asked for."""

    order_number: OrderNumber


class ExchangeQuoteRequest(ExchangeRequest):
    """The same before it is asked for."""

    order_number: OrderNumber


def line_of(order: Order, position: int) -> OrderLine:
    """The order's line that is known to be there."""
    return next(line for line in order.lines if line.position == position)


def check_returnable(order: Order, items: Sequence[ReturnItem], today: date) -> None:
    """Raises InvalidRequest for lines that there are not, NotReturnable."""
    errors = list(_unknown_lines(order, items))
    if errors:
        raise InvalidRequest(errors)
    why = _why_not(order, items, today)
    if why is not None:
        raise NotReturnable(order.status, why, order.returnable_until)


def _unknown_lines(order: Order, items: Sequence[ReturnItem]) -> Iterable[FieldError]:
    known = {line.position for line in order.lines}
    for place, item in enumerate(items):
        if item.line not in known:
            yield {"path": f"items.{place}.line", "message": "is not one of the order's lines"}


def _why_not(order: Order, items: Sequence[ReturnItem], today: date) -> str | None:
    if order.status != "delivered" or order.returnable_until is None:
        return "not_delivered"
    if any(line_of(order, item.line).term_months is not None for item in items):
        return "rented"
    if today > order.returnable_until:
        return "period_over"
    return None if _are_left(order, items) else "nothing_left"


def _are_left(order: Order, items: Sequence[ReturnItem]) -> bool:
    wanted: Pieces = Pieces()
    for item in items:
        wanted[str(item.line)] += item.quantity
    return all(wanted[str(line.position)] <= line.quantity - line.returned for line in order.lines)


def check_exchangeable(snapshot: Snapshot, order: Order, items: Sequence[ExchangeItem]) -> None:
    """Raises VariantNotFound, NotExchangeable."""
    for item in items:
        line = line_of(order, item.line)
        if snapshot.product_with(item.variant_id).id != line.product_id:
            raise NotExchangeable(item.variant_id, "other_product")
        if item.variant_id == line.variant_id:
            raise NotExchangeable(item.variant_id, "same_variant")


def cost_of_piece(line: OrderLine) -> int:
    """What one piece had cost, with its add-ons that were paid once."""
    return line.unit_amount + cost_of_addons(line)


def cost_of_addons(line: OrderLine) -> int:
    """Of one piece, without those that are paid every month."""
    return sum(addon["price"]["amount"] for addon in line.addons if not addon["monthly"])


def cost_in_exchange(snapshot: Snapshot, line: OrderLine, variant_id: str) -> int:
    """What a piece of another variant costs with the same add-ons; the agreed price where both cost the same today."""
    variants = snapshot.product_with(variant_id).variants
    before, after = variants.get(line.variant_id), variants[variant_id]
    unit = line.unit_amount if before is not None and before.price == after.price else after.price.amount
    return unit + cost_of_addons(line)

"""The JSON of the port for subscriptions."""

from datetime import date

from shop.models import Booking, Charge, Json, Pause, Subscription
from shop.money import Money, MoneyView
from shop.subscriptions import state
from shop.subscriptions.agreement import Agreement

BILLED_SHOWN = 3


def subscription_view(subscription: Subscription, day: date) -> Json:
    """As it stands on a day."""
    return {
        "number": f"SB-{subscription.number}",
        "status": state.status_on(subscription, day),
        "plan": {"id": subscription.plan_id, "name": subscription.plan_name, "premium": subscription.premium},
        "product_id": subscription.product_id,
        "product_name": subscription.product_name,
        "variant_id": subscription.variant_id,
        "options": subscription.options,
        "order_number": f"NC-{subscription.order_number}",
        "term_months": subscription.term_months,
        "added_terms": [_term_view(term, subscription.currency) for term in subscription.added_terms],
        **_money_view(subscription),
        **_days_view(subscription, day),
        "at_end": subscription.at_end,
        "purchase_price": _price_view(state.purchase_price(subscription, day)),
        "pause": _pause_view(state.next_pause(subscription, day)),
        "pause_limit": _limit_view(subscription, day),
        **_swaps_view(subscription, day),
        "payment_method": subscription.order.payment_method,
        "billed": [
            _charge_view(charge, subscription.currency) for charge in subscription.charges[: -BILLED_SHOWN - 1 : -1]
        ],
    }


def _money_view(subscription: Subscription) -> Json:
    return {
        "monthly_price": state.monthly_price(subscription).view(),
        "addons": subscription.addons,
        "monthly_total": state.monthly_total(subscription).view(),
    }


def _days_view(subscription: Subscription, day: date) -> Json:
    return {
        "started_on": iso(subscription.started_on),
        "term_ends_on": iso(state.term_ends_on(subscription)),
        "next_billing_on": iso(state.next_billing_on(subscription, day)),
        "earliest_end_on": iso(state.earliest_end_on(subscription, day)),
        "ends_on": iso(state.ends_on(subscription)),
    }


def _term_view(term: Json, currency: str) -> Json:
    return {"months": term["months"], "monthly_price": Money(term["monthly_amount"], currency).view()}


def _price_view(price: Money | None) -> MoneyView | None:
    return None if price is None else price.view()


def _pause_view(pause: Pause | None) -> Json | None:
    return None if pause is None else {"first": iso(pause.first), "until": iso(pause.until)}


def _limit_view(subscription: Subscription, day: date) -> Json:
    limit = state.pause_limit(subscription, day)
    return {"max_days": state.PAUSE_MAX_DAYS, "left_days": limit.left_days, "why_not": limit.why_not}


def _swaps_view(subscription: Subscription, day: date) -> Json:
    swaps = [_swap_view(booking) for booking in state.swaps_of(subscription, day)]
    return {"swap": swaps[0] if swaps else None, "swaps": swaps}


def _swap_view(booking: Booking) -> Json:
    return {
        "id": str(booking.id),
        "variant_id": booking.variant_id,
        "product_id": booking.product_id,
        "product_name": booking.product_name,
        "first": iso(booking.first),
        "until": iso(booking.until),
    }


def _charge_view(charge: Charge, currency: str) -> Json:
    return {
        "first": iso(charge.first),
        "until": iso(charge.until),
        "amount": Money(charge.amount, currency).view(),
        "invoice_number": charge.invoice_number,
        "status": charge.status,
    }


def preview_view(subscription: Subscription, agreed: Agreement, billed_on: date | None) -> Json:
    """What would be agreed, and when it is first billed."""
    return {
        "monthly_before": state.monthly_total(subscription).view(),
        "monthly_after": agreed.monthly_total.view(),
        "due_now": agreed.due_now.view(),
        "effective_on": iso(billed_on),
        "term_ends_on": iso(state.term_ends_on(subscription, agreed.term_months - subscription.term_months)),
        "addons": [addon.view() for addon in agreed.addons],
        "refusal": None,
    }


def iso(day: date | None) -> str | None:
    """A day as the port shows it."""
    return None if day is None else day.isoformat()

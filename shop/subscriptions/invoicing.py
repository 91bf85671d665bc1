"""An invoice for every charge of a subscription but the month that its order has in its total."""

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from shop.invoice_lines import InvoiceLine, recipient_lines
from shop.invoices import Draft, Invoices
from shop.models import Charge, Subscription
from shop.subscriptions import state
from shop.subscriptions.billing import CHANGE, MONTH

WORDS = {
    "rent": {"de": "{name}, Miete {first} bis {until}", "en": "{name}, rent from {first} to {until}"},
    "change": {"de": "{name}, Änderung", "en": "{name}, change"},
    "purchase": {"de": "{name}, Kauf nach der Miete", "en": "{name}, bought after renting"},
}


class ChargeInvoices:
    """Works within the transaction that bills."""

    def __init__(self, invoices: Invoices) -> None:
        self._invoices = invoices

    async def of_charge(self, session: AsyncSession, subscription: Subscription, charge: Charge) -> str:
        order = subscription.order
        draft = Draft(
            customer_id=subscription.customer_id,
            language=order.language,
            currency=subscription.currency,
            recipient=recipient_lines(order.address, {}, order.language),
            lines=list(_lines(subscription, charge)),
            subscription_number=f"SB-{subscription.number}",
        )
        return (await self._invoices.issue(session, draft)).number


def _lines(subscription: Subscription, charge: Charge) -> Iterable[InvoiceLine]:
    language = subscription.order.language
    if charge.kind != MONTH:
        yield InvoiceLine(
            "0", _text("change" if charge.kind == CHANGE else "purchase", subscription, charge), 1, charge.amount
        )
        return
    yield InvoiceLine("0", _text("rent", subscription, charge), 1, subscription.monthly_amount)
    for addon in state.addons_of(subscription):
        if addon.monthly:
            yield InvoiceLine(addon.id, addon.name[language], 1, addon.price.amount)


def _text(key: str, subscription: Subscription, charge: Charge) -> str:
    form = WORDS[key][subscription.order.language]
    return form.format(name=subscription.product_name, first=charge.first, until=charge.until)

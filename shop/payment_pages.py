"""The page where a payment is made: the embedded provider's own, or the way to another's and back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.database import Database
from shop.links import Links
from shop.models import Order
from shop.money import Money
from shop.paper import money_text
from shop.payment_events import PaymentEvents
from shop.payments.embedded import ButtonOutcome, EmbeddedProvider
from shop.payments.provider import PaymentProvider, ProviderRefused, ProviderUnavailable, Session, Wanted
from shop.payments.standing import MENDABLE, PaymentStatus
from shop.problems import NotFound, invalid
from shop.records import Payment

FORM = "application/x-www-form-urlencoded"
PRESSED: Mapping[bytes, ButtonOutcome] = {b"outcome=paid": "paid", b"outcome=declined": "declined"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Referrer-Policy": "no-referrer",
}
TEXTS = {
    "test": {
        "de": "Das ist eine Testseite: Es fließt kein Geld.",
        "en": "This is a test page: no money moves.",
    },
    "failed": {
        "de": "Die Zahlung hat nicht geklappt. Ein neuer Versuch geht gleich hier.",
        "en": "The payment did not work. You can try again right here.",
    },
    "paid": {
        "de": "Bezahlt. Vielen Dank! Diese Seite kann geschlossen werden.",
        "en": "Paid. Thank you! You can close this page.",
    },
    "closed": {"de": "Diese Zahlung wird nicht mehr gebraucht.", "en": "This payment is no longer needed."},
    "confirming": {
        "de": "Die Zahlung wird bestätigt. Das dauert manchmal einen Moment.",
        "en": "The payment is being confirmed. This sometimes takes a moment.",
    },
    "cancelled": {"de": "Noch ist nichts bezahlt.", "en": "Nothing has been paid yet."},
    "unavailable": {
        "de": "Der Zahlungsdienst antwortet gerade nicht. Bitte gleich noch einmal versuchen.",
        "en": "The payment service does not answer at the moment. Please try again shortly.",
    },
    "refused": {
        "de": "So lässt sich hier gerade nicht bezahlen. Bitte im Chat eine andere Zahlungsart wählen.",
        "en": "This way to pay does not work at the moment. Please choose another in the chat.",
    },
    "pay": {"de": "Bezahlen", "en": "Pay"},
    "decline": {"de": "Ablehnen", "en": "Decline"},
    "again": {"de": "Weiter zur Zahlung", "en": "Go on to the payment"},
    "reload": {"de": "Neu laden", "en": "Reload"},
    "order": {"de": "Bestellung {number}", "en": "Order {number}"},
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f2f4f6;color:#141820}"
    "main{max-width:26rem;margin:12vh auto;padding:2rem;background:#fff;border-radius:1rem}"
    "h1{font-size:1.1rem;margin:0}b{display:block;font-size:2rem;margin:.5rem 0 1rem}"
    "button,a{display:inline-block;font:inherit;padding:.6rem 1.4rem;margin:.5rem .5rem 0 0;border-radius:.6rem;"
    "border:1px solid #141820;background:#fff;color:#141820;text-decoration:none}"
    "button[value=paid],a{background:#141820;color:#fff}"
)


@dataclass(frozen=True)
class _Shown:
    """What the page is about."""

    payment: Payment
    language: str

    @property
    def is_open(self) -> bool:
        return self.payment.status in MENDABLE

    def text(self, name: str) -> str:
        return TEXTS[name][self.language]


class PaymentRoutes:
    """For customers who have the link, and for the provider's events."""

    def __init__(self, database: Database, events: PaymentEvents, provider: PaymentProvider, links: Links) -> None:
        self._database = database
        self._events = events
        self._provider = provider
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/pay/{token}", self.show),
            web.post("/pay/{token}", self.press),
            web.post("/v1/payment-events/{provider}", self.take_event),
        ]

    async def show(self, request: web.Request) -> web.Response:
        shown = await self._find(request.match_info["token"])
        try:
            return await self._shown(shown, request.query.get("back"))
        except ProviderUnavailable:
            return _page(shown, "unavailable", _link(shown, "reload"), status=503)
        except ProviderRefused:
            return _page(shown, "refused", status=503)

    async def press(self, request: web.Request) -> web.Response:
        token = request.match_info["token"]
        if not isinstance(self._provider, EmbeddedProvider):
            raise NotFound
        await self._find(token)
        if request.content_type != FORM:
            raise invalid("header.Content-Type", f"must be {FORM}")
        outcome = PRESSED.get(await request.read())
        if outcome is None:
            raise invalid("outcome", "must be paid or declined")
        event = self._provider.press(token, outcome)
        await self._events.take(event.headers, event.body)
        return web.Response(status=303, headers={"Location": f"./{token}"})

    async def take_event(self, request: web.Request) -> web.Response:
        if request.match_info["provider"] != self._provider.name:
            raise NotFound
        await self._events.take(request.headers, await request.read())
        return web.Response(status=204)

    async def _shown(self, shown: _Shown, back: str | None) -> web.Response:
        session = await self._session_now(shown) if shown.is_open else None
        if session is None:
            shown = await self._find(str(shown.payment.token))
        if not shown.is_open:
            return (
                _page(shown, "paid")
                if shown.payment.status == PaymentStatus.PAID
                else _page(shown, "closed", status=410)
            )
        if back is not None:
            return _page(shown, *_coming_back(shown, back))
        return await self._go(shown, session or await self._new_session(shown))

    async def _session_now(self, shown: _Shown) -> Session | None:
        """The one that is open; its outcome is carried out if it has ended, in case its event was lost."""
        payment = shown.payment
        if payment.provider != self._provider.name or payment.provider_session is None:
            return None
        found = await self._provider.look(payment.provider_session)
        if isinstance(found, Session) or found is None:
            return found
        await self._events.carry_out(found)
        return None

    async def _new_session(self, shown: _Shown) -> Session:
        session = await self._provider.create(self._wanted(shown))
        async with self._database.writing() as database:
            query = update(Payment).where(Payment.id == shown.payment.id, Payment.status.in_(MENDABLE))
            kept = {"provider": self._provider.name, "provider_session": session.id}
            await database.execute(query.values(kept).execution_options(synchronize_session=False))
        return session

    def _wanted(self, shown: _Shown) -> Wanted:
        payment, token = shown.payment, str(shown.payment.token)
        return Wanted(
            token=token,
            amount=Money(payment.amount, payment.currency),
            method=payment.method,
            title=f"NC-{payment.order_number}",
            language=shown.language,
            page=self._links.pay(token),
            before=payment.provider_session,
        )

    async def _go(self, shown: _Shown, session: Session) -> web.Response:
        if session.url is not None:
            return web.Response(status=303, headers={"Location": session.url})
        if isinstance(self._provider, EmbeddedProvider):
            return _page(shown, "failed" if shown.payment.status == PaymentStatus.FAILED else "test", _buttons(shown))
        return _page(shown, "confirming", _link(shown, "reload"))

    async def _find(self, token: str) -> _Shown:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", token):
            raise NotFound  # and never asked of the database, which takes not every character
        async with self._database.reading() as session:
            return await _find(session, token)


async def _find(session: AsyncSession, token: str) -> _Shown:
    query = select(Payment, Order.language).join(Order, Order.number == Payment.order_number)
    row = (await session.execute(query.where(Payment.token == token))).one_or_none()
    if row is None:
        raise NotFound
    return _Shown(*row)


def _coming_back(shown: _Shown, back: str) -> tuple[str, str]:
    if back == "paid":
        return "confirming", _link(shown, "reload", "?back=paid")
    return "cancelled", _link(shown, "again")


def _page(shown: _Shown, text: str, more: str = "", status: int = 200) -> web.Response:
    amount = money_text(shown.payment.amount, shown.payment.currency, shown.language)
    title = escape(shown.text("order").format(number=f"NC-{shown.payment.order_number}"))
    body = (
        f'<!doctype html><html lang="{shown.language}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        f"<main><h1>{title}</h1><b>{escape(amount)}</b><p>{escape(shown.text(text))}</p>{more}</main></html>"
    )
    return web.Response(text=body, content_type="text/html", status=status, headers=HEADERS)


def _buttons(shown: _Shown) -> str:
    outcomes = (("paid", "pay"), ("declined", "decline"))
    buttons = (
        f'<button name="outcome" value="{value}">{escape(shown.text(name))}</button>' for value, name in outcomes
    )
    return f'<form method="post">{"".join(buttons)}</form>'


def _link(shown: _Shown, text: str, query: str = "") -> str:
    return f'<a href="./{shown.payment.token}{query}">{escape(shown.text(text))}</a>'

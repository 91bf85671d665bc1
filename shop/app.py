"""Builds the shop's service and connects its parts."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from sqlalchemy import text

from shop.access import guard
from shop.answers import json_answer
from shop.catalog import Catalog, CatalogRoutes
from shop.clock import Clock
from shop.customers import CustomerRoutes, Customers
from shop.database import Database
from shop.documents import DocumentRoutes
from shop.idempotency import Writes
from shop.images import ImageRoutes
from shop.invoice_routes import InvoiceRoutes
from shop.invoices import Invoices
from shop.joins import Joins
from shop.links import Links, derived_key
from shop.observe import observed, say_failure
from shop.operations import OperationsRoutes
from shop.orders import OrderRoutes, Orders
from shop.paper import Seller
from shop.payment_events import PaymentEvents
from shop.payment_pages import PaymentRoutes
from shop.payments.embedded import EmbeddedProvider
from shop.payments.gift_cards import GiftCards
from shop.payments.payments import Payments
from shop.payments.provider import PaymentProvider
from shop.payments.stripe import Stripe
from shop.refunds import RefundRoutes, Refunds
from shop.return_routes import ReturnRoutes
from shop.returns import Returns
from shop.sample_data import fill_if_empty
from shop.schema import upgrade
from shop.settings import Settings
from shop.settlement import Settlement
from shop.subscriptions.billing import Billing, Keeper
from shop.subscriptions.invoicing import ChargeInvoices
from shop.subscriptions.rentals import Rentals
from shop.subscriptions.routes import SubscriptionRoutes
from shop.subscriptions.service import Subscriptions

DOCUMENT = Path(__file__).parent / "openapi.yaml"
FORGET_EVERY = timedelta(hours=1)
REFUND_EVERY = timedelta(minutes=1)
JOB_ENDS_SECONDS = 5  # what a job gets to end when the shop stops
BILL_EVERY = timedelta(hours=1)  # so that a day's work is done soon after midnight, whenever the shop was started

DATABASE = web.AppKey("database", Database)  # for the command line
ORDERS = web.AppKey("orders", Orders)
SETTLEMENT = web.AppKey("settlement", Settlement)

PAYMENT_EVENTS = web.AppKey("payment_events", PaymentEvents)

Context = Callable[[web.Application], AsyncIterator[None]]
Job = Callable[[], Awaitable[object]]


def build_app(settings: Settings, clock: Clock) -> web.Application:
    """The service, ready to be run; it opens its database when it starts."""
    database = Database(settings.database_url.get_secret_value(), settings.database_wait_seconds)
    writes = Writes(database, clock)
    catalog = Catalog(settings.public_url)
    customers = Customers(clock)
    links = Links(settings.public_url.rstrip("/"), derived_key(settings.token.get_secret_value(), "documents"))
    cards = GiftCards(clock)
    refunds = Refunds(customers, cards, clock)
    payments = Payments(customers, cards, refunds, clock)
    invoices = Invoices(catalog, links, settings.link_days, clock)
    keeper = Keeper(catalog, clock, ChargeInvoices(invoices))
    rentals = Rentals(catalog, keeper)
    orders = Orders(catalog, customers, payments, rentals, invoices, links, settings.return_days, clock)
    returns = Returns(catalog, payments, refunds, links, clock)
    settlement = Settlement(payments, refunds, invoices, clock)
    subscriptions = Subscriptions(catalog, keeper)
    provider = payment_provider(settings, clock)
    events = PaymentEvents(database, payments, settlement, provider)
    app = web.Application(middlewares=[observed, guard(settings)], client_max_size=settings.max_body_bytes)
    app[DATABASE], app[ORDERS], app[SETTLEMENT] = database, orders, settlement
    app.add_routes(ServiceRoutes(database).routes())
    app.add_routes(ImageRoutes().routes())
    app.add_routes(CatalogRoutes(database, catalog).routes())
    app.add_routes(CustomerRoutes(database, customers, Joins(clock), writes).routes())
    app.add_routes(OrderRoutes(database, orders, writes).routes())
    app.add_routes(ReturnRoutes(database, returns, writes, links).routes())
    app.add_routes(RefundRoutes(database).routes())
    app.add_routes(SubscriptionRoutes(database, subscriptions, writes).routes())
    app.add_routes(InvoiceRoutes(database, invoices, writes).routes())
    app.add_routes(DocumentRoutes(database, catalog, links, _seller(settings), clock).routes())
    app.add_routes(PaymentRoutes(database, events, provider, links).routes())
    app.add_routes(OperationsRoutes(customers, cards, returns, settlement, writes, links).routes())
    app[PAYMENT_EVENTS] = events
    app.cleanup_ctx.append(_database(database, settings))
    app.cleanup_ctx.append(_closing(provider))
    app.cleanup_ctx.append(_regularly("forget", FORGET_EVERY, _forgetting(writes, settings)))
    app.cleanup_ctx.append(_regularly("refund", REFUND_EVERY, events.pay_out))
    app.cleanup_ctx.append(_regularly("bill", BILL_EVERY, Billing(database, keeper).run))
    return app


def payment_provider(settings: Settings, clock: Clock) -> PaymentProvider:
    """Whom the operator chose."""
    stripe = settings.payment_provider == "stripe"
    if stripe and settings.stripe_key is not None and settings.stripe_webhook_secret is not None:
        return Stripe(settings.stripe_key, settings.stripe_webhook_secret, settings.stripe_url, clock)
    return EmbeddedProvider(derived_key(settings.token.get_secret_value(), "payment events"), clock)


def _closing(provider: PaymentProvider) -> Context:
    async def closing(_app: web.Application) -> AsyncIterator[None]:
        yield
        await provider.close()

    return closing


def _seller(settings: Settings) -> Seller:
    return Seller(
        name=settings.seller_name,
        street=settings.seller_street,
        city=settings.seller_city,
        country=settings.seller_country,
        email=settings.seller_email,
        vat_number=settings.seller_vat_number,
        iban=settings.seller_iban,
    )


def _database(database: Database, settings: Settings) -> Context:
    async def opened(_app: web.Application) -> AsyncIterator[None]:
        await prepare(database, settings.wants_sample_data)
        yield
        await database.close()

    return opened


async def prepare(database: Database, sample_data: bool) -> None:
    """Tables, and goods in an empty shop; safe when several instances start at once."""
    async with database.writing() as session:
        await upgrade(session)
        if sample_data:
            await fill_if_empty(session)


def _forgetting(writes: Writes, settings: Settings) -> Job:
    return lambda: writes.forget_older_than(timedelta(days=settings.idempotency_days))


def _regularly(task: str, every: timedelta, job: Job) -> Context:
    async def running(_app: web.Application) -> AsyncIterator[None]:
        stop = asyncio.Event()
        runner = asyncio.create_task(_repeat(task, every, job, stop))
        yield
        stop.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(runner, JOB_ENDS_SECONDS)

    return running


async def _repeat(task: str, every: timedelta, job: Job, stop: asyncio.Event) -> None:
    """What is under way when the shop stops is ended, since the database is still there."""
    while not stop.is_set():
        try:
            await job()
        except Exception as error:
            say_failure(error, task=task)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every.total_seconds())


class ServiceRoutes:
    """Whether the shop works, and what can be asked of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._document = DOCUMENT.read_bytes()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/health", self.health), web.get("/v1/openapi.yaml", self.document)]

    async def health(self, _request: web.Request) -> web.Response:
        async with self._database.reading() as session:
            await session.execute(text("SELECT 1"))
        return json_answer({"status": "ok"}).response()

    async def document(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._document, content_type="application/yaml")

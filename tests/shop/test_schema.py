"""The data outlives the program: migrations, restarts, new goods."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from openapi_core import OpenAPI
from pydantic import SecretStr, ValidationError
from sqlalchemy import Connection, inspect, make_url, select, text
from sqlalchemy.exc import DBAPIError

from shop.app import prepare
from shop.database import Database, with_driver
from shop.models import Base, Customer
from shop.order_rows import whole_orders
from shop.sample_data import fill
from shop.schema import configuration
from shop.settings import Settings
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock, Running, running
from tests.shop.requests import item, placed, stock_of


async def tables(database: Database) -> set[str]:
    async with database.reading() as session:
        connection = await session.connection()
        return set(await connection.run_sync(lambda plain: inspect(plain).get_table_names()))


async def downgrade(database: Database, revision: str = "base") -> None:
    async with database.writing() as session:
        connection = await session.connection()
        await connection.run_sync(lambda plain: command.downgrade(configuration(plain), revision))


async def test_migrations_go_up_and_down_and_up_again(database: Database) -> None:
    await prepare(database, sample_data=True)
    assert await tables(database) == set(Base.metadata.tables) | {"alembic_version"}
    await downgrade(database)
    assert await tables(database) == {"alembic_version"}
    await prepare(database, sample_data=True)
    assert await tables(database) == set(Base.metadata.tables) | {"alembic_version"}


async def test_an_older_shops_orders_are_taken_over(database: Database) -> None:
    await prepare_at(database, "0001")
    async with database.writing() as session:
        for statement in OLDER_SHOP:
            await session.execute(text(statement))
    await prepare(database, sample_data=False)
    async with database.reading() as session:
        orders = {order.number: order for order in await session.scalars(whole_orders())}
        methods = await session.scalar(select(Customer.payment_methods).where(Customer.id == "customer-1"))
    assert methods == ["invoice", "paypal", "card", "direct_debit", "gift_card"]
    delivered, cancelled = orders[104201], orders[104202]
    assert delivered.delivered_at == datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    assert delivered.returnable_until == date(2026, 3, 18)  # fourteen days, as it was agreed
    assert delivered.shipments[0].lines == [0, 1]
    assert [(payment.method, payment.status, payment.amount) for payment in delivered.payments] == [
        ("paypal", "paid", 900)
    ]
    assert (cancelled.cancel_reason, cancelled.cancel_note, cancelled.payments) == ("other", "zu spät", [])
    await downgrade(database, "0001")
    async with database.reading() as session:
        reasons = await session.scalars(text("SELECT cancel_reason FROM orders ORDER BY number"))
        assert reasons.all() == [None, "zu spät"]


async def prepare_at(database: Database, revision: str) -> None:
    async with database.writing() as session:
        connection = await session.connection()
        await connection.run_sync(lambda plain: command.upgrade(configuration(plain), revision))


ORDER_COLUMNS = (
    "number, customer_id, status, placed_at, language, address, payment_method, promised_date, currency,"
    " total_now_amount, cancelled_at, cancel_reason"
)
LINE_COLUMNS = "order_number, position, variant_id, product_id, product_name, options, quantity, unit_amount, addons"
OLDER_SHOP = (
    "INSERT INTO customers (id, language, payment_methods, created_at) VALUES"
    """ ('customer-1', 'de', '["invoice", "paypal", "card", "direct_debit"]', '2026-03-02 09:30:00+00:00')""",
    f"INSERT INTO orders ({ORDER_COLUMNS}) VALUES"
    " (104201, 'customer-1', 'delivered', '2026-03-02 09:30:00+00:00', 'de', '{}', 'paypal', '2026-03-04', 'EUR', 900,"
    " NULL, NULL), (104202, 'customer-1', 'cancelled', '2026-03-02 09:30:00+00:00', 'de', '{}', 'card', '2026-03-04', 'EUR',"
    " 900, '2026-03-02 09:40:00+00:00', 'zu spät')",
    f"INSERT INTO order_lines ({LINE_COLUMNS}) VALUES"
    " (104201, 0, 'a', 'a', 'A', '{}', 2, 400, '[]'), (104201, 1, 'b', 'b', 'B', '{}', 1, 100, '[]')",
    "INSERT INTO shipments (tracking_number, order_number, carrier, status, shipped_at, promised_date) VALUES"
    " ('PB1', 104201, 'Paketblitz', 'delivered', '2026-03-03 09:30:00+00:00', '2026-03-04')",
    "INSERT INTO shipment_events (tracking_number, position, at, code, city) VALUES"
    " ('PB1', 0, '2026-03-04 22:30:00+00:00', 'delivered', 'Leipzig')",
)


async def test_migrations_make_what_the_models_say(database: Database) -> None:
    def differences(plain: Connection) -> list[object]:
        context = MigrationContext.configure(plain, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))

    await prepare(database, sample_data=False)
    async with database.reading() as session:
        assert await (await session.connection()).run_sync(differences) == []


async def test_migrations_started_at_once_run_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(4)]
    await asyncio.gather(*(prepare(database, sample_data=True) for database in databases))
    assert "orders" in await tables(databases[0])
    for database in databases:
        await database.close()


async def test_a_migration_that_fails_leaves_nothing_behind(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_session: object) -> bool:
        raise RuntimeError

    monkeypatch.setattr("shop.app.fill_if_empty", broken)
    with pytest.raises(RuntimeError):
        await prepare(database, sample_data=True)
    assert await tables(database) == set()


async def test_a_restart_keeps_orders_stock_and_stored_answers(start: Running) -> None:
    async with start() as shop:
        number = await placed(shop, item(quantity=4))
        before = (await shop.get(f"/v1/orders/{number}")).json
        change = await shop.patch(f"/v1/orders/{number}", {"payment_method": "card"}, key="kept")
        assert (change.json["payment_method"], change.json["items"]) == ("card", before["items"])
    async with start() as shop:
        assert (await shop.get(f"/v1/orders/{number}")).json == change.json
        assert await stock_of(shop, "aeropix-mini-red") == 20
        again = await shop.patch(f"/v1/orders/{number}", {"payment_method": "card"}, key="kept")
        assert (again.replayed, again.raw) == (True, change.raw)
        assert await placed(shop) == "NC-104202"


async def test_a_shop_without_sample_data_is_empty(settings: Settings, clock: GivenClock, openapi: OpenAPI) -> None:
    empty = settings.model_copy(update={"sample_data": False})
    async with running(empty, clock, openapi) as shop:
        assert (await shop.get("/v1/products")).json == {"items": []}


async def test_seeding_anew_restores_the_goods_and_keeps_the_orders(shop: ShopClient, database: Database) -> None:
    number = await placed(shop, item(quantity=4))
    async with database.writing() as session:
        await fill(session)
    assert await stock_of(shop, "aeropix-mini-red") == 24
    assert (await shop.get(f"/v1/orders/{number}")).json["items"][0]["quantity"] == 4


async def test_an_error_of_the_database_does_not_quote_customers(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(DBAPIError) as failure:
            await session.execute(text("SELECT :street FROM nowhere"), {"street": "Lindenweg 4"})
    assert "Lindenweg" not in str(failure.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg"])
def test_a_postgresql_url_gets_the_driver_that_is_used(scheme: str) -> None:
    url = with_driver(f"{scheme}://shop:secret@db.example/shop?ssl=require")
    assert url == make_url("postgresql+asyncpg://shop:secret@db.example/shop?ssl=require")


@pytest.mark.parametrize(
    ("url", "decided", "wanted"),
    [
        ("sqlite:///shop.db", None, True),
        ("sqlite:///shop.db", False, False),
        ("postgresql://db.example/shop", None, False),
        ("postgresql://db.example/shop", True, True),
    ],
)
def test_sample_goods_go_into_the_embedded_database_or_where_they_are_wanted(
    url: str, decided: bool | None, wanted: bool
) -> None:
    settings = Settings(token=SecretStr("secret"), database_url=SecretStr(url), sample_data=decided)
    assert settings.wants_sample_data is wanted


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "mysql://db.example/shop", "shop.db"])
def test_a_database_that_cannot_be_used_is_refused_by_name_only(url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(token=SecretStr("secret"), database_url=SecretStr(url))
    assert "db.example" not in str(refused.value)

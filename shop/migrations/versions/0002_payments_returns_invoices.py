"""Payments, gift cards, returns, refunds, invoices; orders that say when they were delivered and what came back."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# In the order of their foreign keys.
TABLES = ("gift_cards", "returns", "return_lines", "payments", "refunds", "promise_changes", "invoices")
NEW_COLUMNS = {
    "customers": (sa.Column("iban", sa.Text(), nullable=True),),
    "orders": (
        sa.Column("cancel_note", sa.Text(), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returnable_until", sa.Date(), nullable=True),
    ),
    "shipments": (sa.Column("lines", sa.JSON(), server_default="[]", nullable=False),),
}
COUNTERS = {"return_number": 300000, "refund_number": 400000}
RETURN_DAYS = 14  # as it was agreed when these orders were delivered
OLD_METHODS = ["invoice", "paypal", "card", "direct_debit"]

counters = sa.table("counters", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger()))
customers = sa.table("customers", sa.column("id", sa.Text()), sa.column("payment_methods", sa.JSON()))
orders = sa.table(
    "orders",
    sa.column("number", sa.BigInteger()),
    sa.column("status", sa.Text()),
    sa.column("placed_at", sa.DateTime(timezone=True)),
    sa.column("payment_method", sa.Text()),
    sa.column("currency", sa.Text()),
    sa.column("total_now_amount", sa.BigInteger()),
    sa.column("cancel_reason", sa.Text()),
    sa.column("cancel_note", sa.Text()),
    sa.column("delivered_at", sa.DateTime(timezone=True)),
    sa.column("returnable_until", sa.Date()),
)
order_lines = sa.table("order_lines", sa.column("order_number", sa.BigInteger()), sa.column("position", sa.Integer()))
shipments = sa.table(
    "shipments",
    sa.column("tracking_number", sa.Text()),
    sa.column("order_number", sa.BigInteger()),
    sa.column("lines", sa.JSON()),
)
shipment_events = sa.table(
    "shipment_events",
    sa.column("tracking_number", sa.Text()),
    sa.column("at", sa.DateTime(timezone=True)),
    sa.column("code", sa.Text()),
)
payments = sa.table(
    "payments",
    sa.column("order_number", sa.BigInteger()),
    sa.column("method", sa.Text()),
    sa.column("status", sa.Text()),
    sa.column("currency", sa.Text()),
    sa.column("amount", sa.BigInteger()),
    sa.column("created_at", sa.DateTime(timezone=True)),
    sa.column("paid_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    add_columns()
    create_gift_cards()
    create_returns()
    create_payments()
    create_refunds()
    create_promise_changes()
    create_invoices()
    op.bulk_insert(counters, [{"name": name, "value": value} for name, value in COUNTERS.items()])
    offer_gift_cards()
    tell_reasons_from_notes()
    say_what_parcels_hold()
    say_when_orders_arrived()
    say_how_orders_are_paid()


def downgrade() -> None:
    put_notes_back()
    stop_offering_gift_cards()
    op.execute(counters.delete().where(counters.c.name.in_(COUNTERS)))
    for table in reversed(TABLES):
        op.drop_table(table)
    drop_columns()


def add_columns() -> None:
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column.copy())
    # Written out, since SQLite takes a check only together with its column.
    op.execute(
        "ALTER TABLE order_lines ADD COLUMN returned INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_order_lines_returned_within_quantity CHECK (returned BETWEEN 0 AND quantity)"
    )


def drop_columns() -> None:
    op.drop_column("order_lines", "returned")
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)


def create_gift_cards() -> None:
    op.create_table(
        "gift_cards",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("balance_amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("balance_amount >= 0", name=op.f("ck_gift_cards_balance_not_negative")),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_gift_cards_customers")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_gift_cards")),
    )
    op.create_index(op.f("ix_gift_cards_customer_id"), "gift_cards", ["customer_id"])


def create_returns() -> None:
    op.create_table(
        "returns",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("refund_to", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_by", sa.Date(), nullable=False),
        sa.Column("replacement_status", sa.Text(), nullable=True),
        sa.Column("replacement_tracking", sa.Text(), nullable=True),
        of_the_order("returns"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_returns")),
    )
    op.create_index(op.f("ix_returns_order_number"), "returns", ["order_number"])
    op.create_table(
        "return_lines",
        sa.Column("return_number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("to_variant_id", sa.Text(), nullable=True),
        sa.Column("to_options", sa.JSON(), nullable=True),
        sa.Column("to_amount", sa.BigInteger(), nullable=True),
        of_the_return("return_lines"),
        sa.PrimaryKeyConstraint("return_number", "position", name=op.f("pk_return_lines")),
    )


def of_the_order(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["order_number"], ["orders.number"], name=op.f(f"fk_{table}_orders"), ondelete="CASCADE"
    )


def of_the_return(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["return_number"], ["returns.number"], name=op.f(f"fk_{table}_returns"), ondelete="CASCADE"
    )


def on_the_gift_card(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["gift_card_code"], ["gift_cards.code"], name=op.f(f"fk_{table}_gift_cards"))


def create_payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("return_number", sa.BigInteger(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("gift_card_code", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=True),
        sa.Column("provider_session", sa.Text(), nullable=True),
        sa.Column("provider_payment", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payments_amount_not_negative")),
        of_the_order("payments"),
        of_the_return("payments"),
        on_the_gift_card("payments"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("token", name=op.f("uq_payments_token")),
    )
    op.create_index(op.f("ix_payments_order_number"), "payments", ["order_number"])
    op.create_index(op.f("ix_payments_return_number"), "payments", ["return_number"])


def create_refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("return_number", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=True),
        sa.Column("gift_card_code", sa.Text(), nullable=True),
        sa.Column("provider_refund", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refunded_at", sa.DateTime(timezone=True), nullable=True),
        of_the_order("refunds"),
        of_the_return("refunds"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payments")),
        on_the_gift_card("refunds"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_refunds")),
    )
    for column in ("order_number", "return_number", "payment_id"):
        op.create_index(op.f(f"ix_refunds_{column}"), "refunds", [column])


def create_promise_changes() -> None:
    op.create_table(
        "promise_changes",
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("before", sa.Date(), nullable=False),
        sa.Column("after", sa.Date(), nullable=False),
        of_the_order("promise_changes"),
        sa.PrimaryKeyConstraint("order_number", "position", name=op.f("pk_promise_changes")),
    )


def create_invoices() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=True),
        sa.Column("subscription_number", sa.Text(), nullable=True),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_amount", sa.BigInteger(), nullable=False),
        sa.Column("vat_percent", sa.Integer(), nullable=False),
        sa.Column("vat_amount", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.JSON(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_invoices_customers")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_invoices_orders")),
        sa.ForeignKeyConstraint(["corrects"], ["invoices.number"], name=op.f("fk_invoices_invoices")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
        sa.UniqueConstraint("number", name=op.f("uq_invoices_number")),
    )
    for column in ("customer_id", "order_number", "subscription_number"):
        op.create_index(op.f(f"ix_invoices_{column}"), "invoices", [column])


def offer_gift_cards() -> None:
    """To those who may pay in every other way."""
    _set_methods(lambda methods: [*methods, "gift_card"] if sorted(methods) == sorted(OLD_METHODS) else methods)


def stop_offering_gift_cards() -> None:
    _set_methods(lambda methods: [method for method in methods if method != "gift_card"])


def _set_methods(changed: Callable[[list[str]], list[str]]) -> None:
    connection = op.get_bind()
    for customer_id, methods in connection.execute(sa.select(customers)).all():
        query = customers.update().where(customers.c.id == customer_id)
        connection.execute(query.values(payment_methods=changed(methods)))


def tell_reasons_from_notes() -> None:
    """What customers wrote becomes a note; the reason is one of a few now."""
    op.execute(orders.update().values(cancel_note=orders.c.cancel_reason))
    code = sa.case((orders.c.cancel_note.is_(None), "not_said"), else_="other")
    op.execute(orders.update().where(orders.c.status == "cancelled").values(cancel_reason=code))


def put_notes_back() -> None:
    op.execute(orders.update().values(cancel_reason=orders.c.cancel_note))


def say_what_parcels_hold() -> None:
    """All there was: until now an order went in one parcel."""
    connection = op.get_bind()
    lines: defaultdict[int, list[int]] = defaultdict(list)
    for order_number, position in connection.execute(sa.select(order_lines).order_by(order_lines.c.position)):
        lines[order_number].append(position)
    for tracking_number, order_number in connection.execute(
        sa.select(shipments.c.tracking_number, shipments.c.order_number)
    ).all():
        query = shipments.update().where(shipments.c.tracking_number == tracking_number)
        connection.execute(query.values(lines=lines[order_number]))


def say_when_orders_arrived() -> None:
    connection = op.get_bind()
    arrived = (
        sa.select(shipments.c.order_number, sa.func.max(shipment_events.c.at))
        .join_from(shipments, shipment_events, shipments.c.tracking_number == shipment_events.c.tracking_number)
        .where(shipment_events.c.code == "delivered")
        .group_by(shipments.c.order_number)
    )
    for number, at in connection.execute(arrived).all():
        last = _local_day(at) + timedelta(days=RETURN_DAYS)
        query = orders.update().where(orders.c.number == number)
        connection.execute(query.values(delivered_at=at, returnable_until=last))


def _local_day(moment: datetime) -> date:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo("Europe/Berlin")).date()


def say_how_orders_are_paid() -> None:
    """Until now PayPal and cards counted as paid, invoices and debits as collected later."""
    at_once = orders.c.payment_method.in_(("paypal", "card"))
    rows = sa.select(
        orders.c.number,
        orders.c.payment_method,
        sa.case((at_once, "paid"), else_="due"),
        orders.c.currency,
        orders.c.total_now_amount,
        orders.c.placed_at,
        sa.case((at_once, orders.c.placed_at), else_=None),
    ).where(orders.c.status != "cancelled")
    op.execute(payments.insert().from_select([column.name for column in payments.c], rows))

"""Companies, forms of address, phones, consents and devices; kinds of products that have names, pictures kept elsewhere."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_COLUMNS = {
    "products": (
        sa.Column("kind_name", sa.JSON(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
    ),
    "customers": (
        sa.Column("company_name", sa.Text(), nullable=True),
        sa.Column("vat_number", sa.Text(), nullable=True),
        sa.Column("form_of_address", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
    ),
}
COUNTER, BEFORE_THE_FIRST = "device_number", 500_000

counters = sa.table("counters", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger()))
orders = sa.table(
    "orders",
    sa.column("number", sa.BigInteger()),
    sa.column("customer_id", sa.Text()),
    sa.column("delivered_at", sa.DateTime(timezone=True)),
)
order_lines = sa.table(
    "order_lines",
    sa.column("order_number", sa.BigInteger()),
    sa.column("position", sa.Integer()),
    sa.column("product_id", sa.Text()),
    sa.column("product_name", sa.Text()),
    sa.column("variant_id", sa.Text()),
    sa.column("quantity", sa.Integer()),
    sa.column("returned", sa.Integer()),
    sa.column("term_months", sa.Integer()),
)
subscriptions = sa.table(
    "subscriptions",
    sa.column("number", sa.BigInteger()),
    sa.column("customer_id", sa.Text()),
    sa.column("order_number", sa.BigInteger()),
    sa.column("product_id", sa.Text()),
    sa.column("product_name", sa.Text()),
    sa.column("variant_id", sa.Text()),
    sa.column("started_on", sa.Date()),
    sa.column("ended_on", sa.Date()),
    sa.column("at_end", sa.Text()),
)


def upgrade() -> None:
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, column.copy())
    create_consents()
    number_the_pieces_that_customers_have(create_devices())


def downgrade() -> None:
    op.execute(counters.delete().where(counters.c.name == COUNTER))
    op.drop_table("devices")
    op.drop_table("consents")
    for table, columns in NEW_COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)


def create_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name=op.f("fk_consents_customers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "purpose", "at", name=op.f("pk_consents")),
    )


def create_devices() -> sa.Table:
    devices = op.create_table(
        "devices",
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=True),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("subscription_number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_devices_customers")),
        sa.ForeignKeyConstraint(
            ["order_number"], ["orders.number"], name=op.f("fk_devices_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["subscription_number"],
            ["subscriptions.number"],
            name=op.f("fk_devices_subscriptions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_customer_id"), "devices", ["customer_id"])
    op.create_index(op.f("ix_devices_order_number_line"), "devices", ["order_number", "line"])
    op.create_index(op.f("ix_devices_subscription_number"), "devices", ["subscription_number"])
    return devices


def number_the_pieces_that_customers_have(devices: sa.Table) -> None:
    """Until now nobody asked which piece it was."""
    pieces = enumerate([*bought_pieces(), *rented_pieces()], BEFORE_THE_FIRST + 1)
    rows = [piece | {"serial": f"DV-{number}"} for number, piece in pieces]
    op.bulk_insert(devices, rows)
    op.bulk_insert(counters, [{"name": COUNTER, "value": BEFORE_THE_FIRST + len(rows)}])


def bought_pieces() -> Iterator[dict[str, Any]]:
    query = (
        sa.select(orders.c.customer_id, orders.c.delivered_at, order_lines)
        .join_from(orders, order_lines, orders.c.number == order_lines.c.order_number)
        .where(orders.c.delivered_at.is_not(None), order_lines.c.term_months.is_(None))
        .order_by(order_lines.c.order_number, order_lines.c.position)
    )
    for row in op.get_bind().execute(query).mappings():
        piece = of_product(row) | {"since": local_day(row["delivered_at"]), "line": row["position"]}
        yield from [piece | {"subscription_number": None}] * (row["quantity"] - row["returned"])


def rented_pieces() -> Iterator[dict[str, Any]]:
    kept = sa.or_(subscriptions.c.ended_on.is_(None), subscriptions.c.at_end == "buy")
    query = sa.select(subscriptions).where(subscriptions.c.started_on.is_not(None), kept)
    for row in op.get_bind().execute(query.order_by(subscriptions.c.number)).mappings():
        yield of_product(row) | {"since": row["started_on"], "line": None, "subscription_number": row["number"]}


def of_product(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("customer_id", "order_number", "product_id", "product_name", "variant_id")}


def local_day(moment: datetime) -> date:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return aware.astimezone(ZoneInfo("Europe/Berlin")).date()

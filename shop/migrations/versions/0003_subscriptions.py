"""Plans, fleets, subscriptions with their pauses, bookings and charges."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

# In the order of their foreign keys.
TABLES = ("plans", "fleets", "subscriptions", "pauses", "bookings", "charges")
COUNTERS = sa.table("counters", sa.column("name", sa.Text()), sa.column("value", sa.BigInteger()))
COUNTER = {"name": "subscription_number", "value": 200_000}


def upgrade() -> None:
    create_plans()
    create_subscriptions()
    create_days()
    op.add_column("order_lines", sa.Column("plan_id", sa.Text(), nullable=True))
    op.bulk_insert(COUNTERS, [COUNTER])


def downgrade() -> None:
    op.execute(COUNTERS.delete().where(COUNTERS.c.name == COUNTER["name"]))
    op.drop_column("order_lines", "plan_id")
    for table in reversed(TABLES):
        op.drop_table(table)


def create_plans() -> None:
    op.create_table(
        "plans",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("premium", sa.Boolean(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("description", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
    )
    op.create_table(
        "fleets",
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("size >= 0", name=op.f("ck_fleets_size_not_negative")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_fleets_products"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("product_id", "city", name=op.f("pk_fleets")),
    )


def create_subscriptions() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("plan_id", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.JSON(), nullable=False),
        sa.Column("premium", sa.Boolean(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("new_amount", sa.BigInteger(), nullable=False),
        sa.Column("monthly_amount", sa.BigInteger(), nullable=False),
        sa.Column("first_amount", sa.BigInteger(), nullable=False),
        sa.Column("addons", sa.JSON(), nullable=False),
        sa.Column("term_months", sa.Integer(), nullable=False),
        sa.Column("term_starts_month", sa.Integer(), nullable=False),
        sa.Column("added_terms", sa.JSON(), nullable=False),
        sa.Column("started_on", sa.Date(), nullable=True),
        sa.Column("months_billed", sa.Integer(), nullable=False),
        sa.Column("cancelled_on", sa.Date(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("at_end", sa.Text(), nullable=True),
        sa.Column("ends_month", sa.Integer(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("wakes_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_subscriptions_customers")),
        sa.ForeignKeyConstraint(["order_number"], ["orders.number"], name=op.f("fk_subscriptions_orders")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_subscriptions")),
    )
    op.create_index(op.f("ix_subscriptions_customer_id_number"), "subscriptions", ["customer_id", "number"])
    op.create_index(op.f("ix_subscriptions_order_number"), "subscriptions", ["order_number"])
    op.create_index(op.f("ix_subscriptions_wakes_on"), "subscriptions", ["wakes_on"])


def create_days() -> None:
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_number", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        of_subscription("pauses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index(op.f("ix_pauses_subscription_number"), "pauses", ["subscription_number"])
    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_number", sa.BigInteger(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("variant_id", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("taken_over", sa.Boolean(), nullable=False),
        of_subscription("bookings"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
    )
    op.create_index(op.f("ix_bookings_subscription_number"), "bookings", ["subscription_number"])
    op.create_index(op.f("ix_bookings_product_id_city"), "bookings", ["product_id", "city"])
    op.create_table(
        "charges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("invoice_number", sa.Text(), nullable=True),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        of_subscription("charges"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charges")),
        sa.UniqueConstraint("subscription_number", "month", name=op.f("uq_charges_once")),
    )


def of_subscription(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["subscription_number"],
        ["subscriptions.number"],
        name=op.f(f"fk_{table}_subscriptions"),
        ondelete="CASCADE",
    )

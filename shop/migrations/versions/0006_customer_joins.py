"""Customers who turned out to be one; e-mail addresses that are known to be theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

customers = sa.table("customers", sa.column("email", sa.Text()), sa.column("proven_email", sa.Text()))


def upgrade() -> None:
    op.add_column("customers", sa.Column("proven_email", sa.Text(), nullable=True))
    # until now only the retailer's own files brought addresses
    op.execute(customers.update().values(proven_email=sa.func.lower(customers.c.email)))
    op.create_index(op.f("ix_customers_proven_email"), "customers", ["proven_email"])
    op.create_table(
        "customer_joins",
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("into_id", sa.Text(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("filled", sa.JSON(), nullable=False),
        sa.Column("taken", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["into_id"], ["customers.id"], name=op.f("fk_customer_joins_customers"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("other_id", name=op.f("pk_customer_joins")),
    )
    op.create_index(op.f("ix_customer_joins_into_id"), "customer_joins", ["into_id"])


def downgrade() -> None:
    op.drop_table("customer_joins")
    op.drop_index(op.f("ix_customers_proven_email"), "customers")
    op.drop_column("customers", "proven_email")

"""Proven e-mail addresses as they are looked for; the records of customers who were joined, kept for when they are parted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

customers = sa.table(
    "customers",
    sa.column("email", sa.Text()),
    sa.column("email_proven", sa.Boolean()),
    sa.column("proven_email", sa.Text()),
)


def upgrade() -> None:
    op.add_column("customer_joins", sa.Column("taken", sa.JSON(), server_default="{}", nullable=False))
    op.add_column("customers", sa.Column("proven_email", sa.Text(), nullable=True))
    proven = customers.update().where(customers.c.email_proven)
    op.execute(proven.values(proven_email=sa.func.lower(customers.c.email)))
    op.create_index(op.f("ix_customers_proven_email"), "customers", ["proven_email"])
    op.drop_column("customers", "email_proven")


def downgrade() -> None:
    op.add_column("customers", sa.Column("email_proven", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(customers.update().where(customers.c.proven_email.is_not(None)).values(email_proven=True))
    op.drop_index(op.f("ix_customers_proven_email"), "customers")
    op.drop_column("customers", "proven_email")
    op.drop_column("customer_joins", "taken")

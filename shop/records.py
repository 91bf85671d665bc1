"""What the shop remembers of money, and of goods that come back: tables of payments, refunds, returns, invoices."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.models import Base, Json, Order


class GiftCard(Base):
    """Money that a customer holds with the shop, under a code."""

    __tablename__ = "gift_cards"
    __table_args__ = (CheckConstraint("balance_amount >= 0", name="balance_not_negative"),)

    code: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    currency: Mapped[str]
    balance_amount: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]


class Return(Base):
    """Pieces that come back, for money or for other pieces; the number is shown as RT-300001."""

    __tablename__ = "returns"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    reason: Mapped[str | None]
    refund_to: Mapped[str | None]
    status: Mapped[str]
    requested_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    send_by: Mapped[date]
    replacement_status: Mapped[str | None]
    replacement_tracking: Mapped[str | None]
    order: Mapped[Order] = relationship(lazy="raise")
    lines: Mapped[list["ReturnLine"]] = relationship(
        order_by="ReturnLine.position", cascade="all, delete-orphan", lazy="raise"
    )
    payments: Mapped[list["Payment"]] = relationship(order_by="Payment.id", lazy="raise")
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.number", lazy="raise")


class ReturnLine(Base):
    """Pieces of one of the order's lines, and what they are exchanged for; amounts are for all of them."""

    __tablename__ = "return_lines"

    return_number: Mapped[int] = mapped_column(ForeignKey("returns.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    line: Mapped[int]
    quantity: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInteger)
    to_variant_id: Mapped[str | None]
    to_options: Mapped[dict[str, str] | None]
    to_amount: Mapped[int | None] = mapped_column(BigInteger)


class Payment(Base):
    """One try to pay for an order, or for what an exchange costs more."""

    __tablename__ = "payments"
    __table_args__ = (CheckConstraint("amount >= 0", name="amount_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), index=True)
    return_number: Mapped[int | None] = mapped_column(ForeignKey("returns.number", ondelete="CASCADE"), index=True)
    method: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    failure: Mapped[str | None]
    iban: Mapped[str | None]
    gift_card_code: Mapped[str | None] = mapped_column(ForeignKey("gift_cards.code"))
    token: Mapped[str | None] = mapped_column(unique=True)  # of the page where it is paid
    provider: Mapped[str | None]
    provider_session: Mapped[str | None]  # the provider's name for what the customer pays at
    provider_payment: Mapped[str | None]  # the provider's name for the money that came
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class Refund(Base):
    """Money that goes back; the number is shown as RF-400001.

    `payment_id` says whose money it is; none if the goods had not been paid and nothing is to be paid for them any more.
    """

    __tablename__ = "refunds"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), index=True)
    return_number: Mapped[int | None] = mapped_column(ForeignKey("returns.number", ondelete="CASCADE"), index=True)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), index=True)
    reason: Mapped[str]
    method: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    iban: Mapped[str | None]
    gift_card_code: Mapped[str | None] = mapped_column(ForeignKey("gift_cards.code"))
    provider_refund: Mapped[str | None]
    requested_at: Mapped[datetime]
    received_at: Mapped[datetime | None]
    refunded_at: Mapped[datetime | None]


class PromiseChange(Base):
    """The day of delivery was promised anew."""

    __tablename__ = "promise_changes"

    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    before: Mapped[date]
    after: Mapped[date]


class Invoice(Base):
    """An invoice or a credit note as it was issued; it never changes."""

    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    order_number: Mapped[int | None] = mapped_column(ForeignKey("orders.number"), index=True)
    subscription_number: Mapped[str | None] = mapped_column(index=True)
    corrects: Mapped[str | None] = mapped_column(ForeignKey("invoices.number"))
    issued_at: Mapped[datetime]
    language: Mapped[str]
    currency: Mapped[str]
    total_amount: Mapped[int] = mapped_column(BigInteger)
    vat_percent: Mapped[int]
    vat_amount: Mapped[int] = mapped_column(BigInteger)
    recipient: Mapped[list[str]]
    details: Mapped[Json]
    lines: Mapped[list[Json]]

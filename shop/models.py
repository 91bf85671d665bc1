"""What the shop remembers: tables of catalog, customers, their devices, orders and answered writes."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    MetaData,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from shop.records import Payment, PromiseChange, Refund

Json: TypeAlias = dict[str, Any]

CONSTRAINT_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment with its time zone, on databases that forget the zone too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """All tables; amounts of money are minor units."""

    metadata = MetaData(naming_convention=CONSTRAINT_NAMES)
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to say it
        Json: JSON(),
        list[Json]: JSON(),
        list[int]: JSON(),
        list[str]: JSON(),
        dict[str, str]: JSON(),
        datetime: UtcDateTime(),
        str: Text(),
    }


class Counter(Base):
    """Numbers that only grow: of orders, parcels and devices, the catalog's revision."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)


class Product(Base):
    """Something to buy or rent, in one or more variants."""

    __tablename__ = "products"

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    kind: Mapped[str]
    kind_name: Mapped[dict[str, str] | None]  # how a kind is called that is the retailer's own
    family: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    tagline: Mapped[dict[str, str]]
    description: Mapped[dict[str, str]]
    image_url: Mapped[str | None]  # of a picture that is kept elsewhere
    options: Mapped[list[Json]]
    features: Mapped[list[Json]]
    rental_terms: Mapped[list[int]]
    variants: Mapped[list["Variant"]] = relationship(order_by="Variant.position", lazy="raise")
    parts: Mapped[list["Part"]] = relationship(order_by="Part.position", lazy="raise")
    addons: Mapped[list["Addon"]] = relationship(order_by="Addon.position", lazy="raise")
    fleets: Mapped[list["Fleet"]] = relationship(lazy="raise")


class Variant(Base):
    """What is ordered: one combination of a product's options, with its price and stock."""

    __tablename__ = "variants"
    __table_args__ = (CheckConstraint("stock >= 0", name="stock_not_negative"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    options: Mapped[dict[str, str]]
    price_amount: Mapped[int] = mapped_column(BigInteger)
    monthly_amount: Mapped[int] = mapped_column(BigInteger)
    stock: Mapped[int]


class Part(Base):
    """A spare part of a product."""

    __tablename__ = "parts"

    id: Mapped[str] = mapped_column(primary_key=True)
    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    name: Mapped[dict[str, str]]
    price_amount: Mapped[int] = mapped_column(BigInteger)


class Addon(Base):
    """A service that is booked with a product, paid once or every month."""

    __tablename__ = "addons"

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    name: Mapped[dict[str, str]]
    description: Mapped[dict[str, str]]
    price_amount: Mapped[int] = mapped_column(BigInteger)
    monthly: Mapped[bool]


class Plan(Base):
    """How a family's products are rented; `terms` have months, and a percentage or an amount per month."""

    __tablename__ = "plans"

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    family: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str]
    premium: Mapped[bool]
    name: Mapped[dict[str, str]]
    description: Mapped[dict[str, str]]
    terms: Mapped[list[Json]]


class Fleet(Base):
    """How many pieces of a product a city has for swapping."""

    __tablename__ = "fleets"
    __table_args__ = (CheckConstraint("size >= 0", name="size_not_negative"),)

    product_id: Mapped[str] = mapped_column(ForeignKey("products.id", ondelete="CASCADE"), primary_key=True)
    city: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int]


class Customer(Base):
    """Who orders; the id is the caller's, opaque here."""

    __tablename__ = "customers"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]
    proven_email: Mapped[str | None] = mapped_column(index=True)  # in small letters, once it is known to be theirs
    language: Mapped[str]
    company_name: Mapped[str | None]  # a private customer has none
    vat_number: Mapped[str | None]
    form_of_address: Mapped[str | None]
    phone: Mapped[str | None]  # E.164
    payment_methods: Mapped[list[str]]
    iban: Mapped[str | None]
    created_at: Mapped[datetime]


class CustomerJoin(Base):
    """A customer (`other_id`) who turned out to be another.

    `moved`: the primary keys of what came with them, by table; `taken`: what their record said; `filled`: what the record of the
    one who stays had said instead of what it took from there, mostly nothing.
    """

    __tablename__ = "customer_joins"

    other_id: Mapped[str] = mapped_column(primary_key=True)
    into_id: Mapped[str] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    moved: Mapped[Json]
    filled: Mapped[Json]
    taken: Mapped[Json]
    at: Mapped[datetime]


class Consent(Base):
    """What a customer said about one purpose, and when; what was said last counts."""

    __tablename__ = "consents"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    given: Mapped[bool]


class Address(Base):
    """Where a customer has things sent."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("customer_id", "name", "street", "postal_code", "city", "country", name="uq_addresses_once"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    name: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    country: Mapped[str]
    used_at: Mapped[datetime]


class Order(Base):
    """What was agreed, and how far it has come; the number is shown as NC-104201."""

    __tablename__ = "orders"
    __table_args__ = (Index(None, "customer_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    status: Mapped[str]
    placed_at: Mapped[datetime]
    language: Mapped[str]
    address: Mapped[dict[str, str]]
    payment_method: Mapped[str]
    promised_date: Mapped[date]
    currency: Mapped[str]
    total_now_amount: Mapped[int] = mapped_column(BigInteger)
    total_monthly_amount: Mapped[int | None] = mapped_column(BigInteger)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    cancel_note: Mapped[str | None]
    delivered_at: Mapped[datetime | None]
    returnable_until: Mapped[date | None]
    lines: Mapped[list["OrderLine"]] = relationship(
        order_by="OrderLine.position", cascade="all, delete-orphan", lazy="raise"
    )
    shipments: Mapped[list["Shipment"]] = relationship(
        order_by="Shipment.shipped_at, Shipment.tracking_number", cascade="all, delete-orphan", lazy="raise"
    )
    payments: Mapped[list["Payment"]] = relationship(order_by="Payment.id", lazy="raise")
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.number", lazy="raise")
    promise_changes: Mapped[list["PromiseChange"]] = relationship(order_by="PromiseChange.position", lazy="raise")


class OrderLine(Base):
    """One line item with its price as agreed; it outlives the catalog's variant."""

    __tablename__ = "order_lines"
    __table_args__ = (CheckConstraint("returned BETWEEN 0 AND quantity", name="returned_within_quantity"),)

    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[str]
    product_id: Mapped[str]
    product_name: Mapped[str]
    options: Mapped[dict[str, str]]
    quantity: Mapped[int]
    term_months: Mapped[int | None]
    plan_id: Mapped[str | None]
    unit_amount: Mapped[int] = mapped_column(BigInteger)
    addons: Mapped[list[Json]]
    returned: Mapped[int] = mapped_column(default=0, server_default="0")  # or on the way back


class Shipment(Base):
    """A parcel on its way."""

    __tablename__ = "shipments"

    tracking_number: Mapped[str] = mapped_column(primary_key=True)
    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"), index=True)
    carrier: Mapped[str]
    status: Mapped[str]
    shipped_at: Mapped[datetime]
    promised_date: Mapped[date]
    lines: Mapped[list[int]] = mapped_column(server_default="[]")  # positions of the order's lines
    events: Mapped[list["ShipmentEvent"]] = relationship(
        order_by="ShipmentEvent.position", cascade="all, delete-orphan", lazy="raise"
    )


class ShipmentEvent(Base):
    """Something that happened to a parcel."""

    __tablename__ = "shipment_events"

    tracking_number: Mapped[str] = mapped_column(
        ForeignKey("shipments.tracking_number", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    code: Mapped[str]
    city: Mapped[str]


class Device(Base):
    """A piece that a customer has: bought with a line of an order, or rented."""

    __tablename__ = "devices"
    __table_args__ = (Index(None, "order_number", "line"),)

    serial: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    product_id: Mapped[str]
    product_name: Mapped[str]
    variant_id: Mapped[str]
    since: Mapped[date]
    order_number: Mapped[int | None] = mapped_column(ForeignKey("orders.number", ondelete="CASCADE"))
    line: Mapped[int | None]  # of the order, if it was bought
    subscription_number: Mapped[int | None] = mapped_column(
        ForeignKey("subscriptions.number", ondelete="CASCADE"), index=True
    )


class AnsweredWrite(Base):
    """A write and its whole answer, kept so that the same request gets the same answer."""

    __tablename__ = "answered_writes"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[str]
    status: Mapped[int]
    content_type: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(index=True)


class Subscription(Base):
    """One rented piece, from its order to its end; the number is shown as SB-200001.

    Months are counted from the start: the first is 0. Days on which nothing is paid (pauses) are left out in counting.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (Index(None, "customer_id", "number"),)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number"), index=True)
    family: Mapped[str]
    plan_id: Mapped[str]
    plan_name: Mapped[dict[str, str]]
    premium: Mapped[bool]
    product_id: Mapped[str]
    product_name: Mapped[str]
    variant_id: Mapped[str]
    options: Mapped[dict[str, str]]
    currency: Mapped[str]
    new_amount: Mapped[int] = mapped_column(BigInteger)  # what the piece costs when it is bought new
    monthly_amount: Mapped[int] = mapped_column(BigInteger)
    first_amount: Mapped[int] = mapped_column(BigInteger)  # the first month, which the order has in its total
    addons: Mapped[list[Json]]
    term_months: Mapped[int]
    term_starts_month: Mapped[int]
    added_terms: Mapped[list[Json]]  # what follows the present term: months and monthly_amount
    started_on: Mapped[date | None]
    months_billed: Mapped[int]
    cancelled_on: Mapped[date | None]
    cancel_reason: Mapped[str | None]
    at_end: Mapped[str | None]
    ends_month: Mapped[int | None]  # the first that is no longer rented
    ended_on: Mapped[date | None]
    wakes_on: Mapped[date | None] = mapped_column(index=True)  # when there is something to do for it
    order: Mapped[Order] = relationship(lazy="raise")
    pauses: Mapped[list["Pause"]] = relationship(order_by="Pause.first", cascade="all, delete-orphan", lazy="raise")
    bookings: Mapped[list["Booking"]] = relationship(
        order_by="Booking.first", cascade="all, delete-orphan", lazy="raise"
    )
    charges: Mapped[list["Charge"]] = relationship(order_by="Charge.id", cascade="all, delete-orphan", lazy="raise")


class Pause(Base):
    """Days, both included, on which a subscription rests."""

    __tablename__ = "pauses"

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_number: Mapped[int] = mapped_column(ForeignKey("subscriptions.number", ondelete="CASCADE"), index=True)
    first: Mapped[date]
    until: Mapped[date]


class Booking(Base):
    """A piece of a city's fleet that is out with a subscription; without `until` for good."""

    __tablename__ = "bookings"
    __table_args__ = (Index(None, "product_id", "city"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_number: Mapped[int] = mapped_column(ForeignKey("subscriptions.number", ondelete="CASCADE"), index=True)
    product_id: Mapped[str]
    product_name: Mapped[str]
    variant_id: Mapped[str]
    city: Mapped[str]
    first: Mapped[date]
    until: Mapped[date | None]
    taken_over: Mapped[bool]  # it has become the subscription's own piece


class Charge(Base):
    """What a subscription cost for some days: a month (counted, each once), a change, or the piece itself."""

    __tablename__ = "charges"
    __table_args__ = (UniqueConstraint("subscription_number", "month", name="uq_charges_once"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subscription_number: Mapped[int] = mapped_column(ForeignKey("subscriptions.number", ondelete="CASCADE"))
    kind: Mapped[str]
    month: Mapped[int | None]
    first: Mapped[date]
    until: Mapped[date]
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    invoice_number: Mapped[str | None]
    billed_at: Mapped[datetime]

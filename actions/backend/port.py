"""What the actions ask of a shop, what comes back, and what can go wrong (docs/port.md)."""

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict

PaymentMethod = Literal["invoice", "paypal", "card", "direct_debit"]
PAYMENT_METHODS: tuple[PaymentMethod, ...] = ("paypal", "card", "direct_debit", "invoice")
Wording = Mapping[str, str]
"""The same said in "de" and in "en"."""


class _Shape(BaseModel):
    """Fields that a newer shop adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Money(_Shape):
    """`amount` in minor units: 49900 EUR is 499.00 euros."""

    amount: int
    currency: str


class OptionValue(_Shape):
    id: str
    name: Wording


class Option(_Shape):
    id: str
    name: Wording
    values: tuple[OptionValue, ...]


class Feature(_Shape):
    """`better` says which way most people like it; None if that depends."""

    id: str
    name: Wording
    value: bool | float | int | str
    unit: str | None = None
    better: Literal["higher", "lower"] | None = None


class Variant(_Shape):
    id: str
    options: Mapping[str, str]
    price: Money
    monthly_price: Money
    stock: int


class Part(_Shape):
    id: str
    name: Wording
    price: Money


class Addon(_Shape):
    id: str
    name: Wording
    description: Wording
    price: Money
    monthly: bool


class Product(_Shape):
    id: str
    kind: str
    family: str
    name: str
    tagline: Wording
    description: Wording
    image_url: str
    options: tuple[Option, ...]
    features: tuple[Feature, ...]
    variants: tuple[Variant, ...]
    parts: tuple[Part, ...]
    addons: tuple[Addon, ...]
    rental_terms: tuple[int, ...]

    @property
    def price(self) -> Money:
        """Of the cheapest variant."""
        return min((variant.price for variant in self.variants), key=lambda money: money.amount)

    @property
    def monthly_price(self) -> Money:
        """Of the cheapest variant."""
        return min((variant.monthly_price for variant in self.variants), key=lambda money: money.amount)

    @property
    def stock(self) -> int:
        return sum(variant.stock for variant in self.variants)


class Address(_Shape):
    """Where to. `street` with the house number; `country` DE, AT or CH."""

    name: str
    street: str
    postal_code: str
    city: str
    country: str = "DE"


class Customer(_Shape):
    """`addresses`: the one used last comes first."""

    id: str
    name: str | None = None
    addresses: tuple[Address, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()


class Item(_Shape):
    """What a customer wants of one variant. `term_months` None is bought, else rented for so long."""

    variant_id: str
    quantity: int
    term_months: int | None = None
    addons: tuple[str, ...] = ()


class LineAddon(_Shape):
    id: str
    name: Wording
    price: Money
    monthly: bool


class Line(_Shape):
    """An item with what it costs. `available` is None on an order that exists."""

    variant_id: str
    product_id: str
    product_name: str
    options: Mapping[str, str]
    quantity: int
    term_months: int | None
    unit_price: Money
    addons: tuple[LineAddon, ...]
    total: Money
    available: int | None = None


class Quote(_Shape):
    lines: tuple[Line, ...]
    total_now: Money
    total_monthly: Money | None


class Shipment(_Shape):
    tracking_number: str
    carrier: str
    status: str
    promised_date: str | None = None


class Order(_Shape):
    """`status`: pending, processed, shipped, delivered or cancelled; dates as ISO 8601, UTC."""

    number: str
    status: str
    placed_at: str
    items: tuple[Line, ...]
    total_now: Money
    total_monthly: Money | None
    address: Address
    payment_method: str
    promised_date: str | None
    shipments: tuple[Shipment, ...] = ()


class Backend(Protocol):
    """A shop. `customer` is the acting customer's id: what is not theirs is not found. `key` makes a write happen once."""

    async def products(self) -> Sequence[Product]:
        """The catalog; as it was read last while the shop does not answer."""
        ...

    async def quote(self, items: Sequence[Item]) -> Quote: ...

    async def customer(self, customer: str) -> Customer:
        """An empty one for a customer whom the shop does not know yet."""
        ...

    async def place_order(
        self, customer: str, items: Sequence[Item], address: Address, payment_method: str, language: str, *, key: str
    ) -> Order: ...

    async def orders(self, customer: str) -> Sequence[Order]:
        """The customer's own, newest first."""
        ...

    async def order(self, customer: str, number: str) -> Order: ...

    async def change_order(
        self,
        customer: str,
        number: str,
        *,
        items: Sequence[Item] | None = None,
        address: Address | None = None,
        payment_method: str | None = None,
        key: str,
    ) -> Order:
        """What is left out stays."""
        ...

    async def cancel_order(self, customer: str, number: str, *, key: str) -> Order: ...

    async def close(self) -> None:
        """Ends the connections of the present event loop."""
        ...


class BackendError(Exception):
    """The shop refuses, or cannot be asked."""


class Unavailable(BackendError):
    """No answer, or one that says "not now". A write may or may not have happened: repeat it with the same key."""


class NotFound(BackendError):
    """There is none, or it is not the customer's: nobody can tell which."""


class OutOfStock(BackendError):
    """Fewer pieces than wanted."""

    def __init__(self, variant_id: str, available: int) -> None:
        super().__init__(variant_id)
        self.variant_id = variant_id
        self.available = available


class NotAllowed(BackendError):
    """The order is too far along. `status` is where it is."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class KeyReused(BackendError):
    """An earlier request with this key said something else, and was carried out."""


class Rejected(BackendError):
    """The shop finds the request wrong; `slug` is the kind of its problem."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

"""What the actions ask of a shop, what comes back, and what can go wrong (docs/port.md)."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

PaymentMethod = Literal["invoice", "paypal", "card", "direct_debit", "gift_card"]
PAYMENT_METHODS: tuple[PaymentMethod, ...] = ("paypal", "card", "direct_debit", "invoice", "gift_card")
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


class RentalPrice(_Shape):
    """What a month costs when rented for so long."""

    months: int
    monthly_price: Money


class Variant(_Shape):
    id: str
    options: Mapping[str, str]
    price: Money
    monthly_price: Money
    stock: int
    rental_prices: tuple[RentalPrice, ...] = ()


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
    """`kind_name`: how customers call the kind, if it is one of the retailer's own."""

    id: str
    kind: str
    kind_name: Wording | None = None
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


class GiftCard(_Shape):
    code: str
    balance: Money


class Company(_Shape):
    name: str
    vat_number: str | None = None


class Customer(_Shape):
    """`addresses`: the one used last comes first. `iban_ending`: the last digits of the account that is on file."""

    id: str
    name: str | None = None
    addresses: tuple[Address, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()
    gift_cards: tuple[GiftCard, ...] = ()
    iban_ending: str | None = None
    kind: str = "private"
    company: Company | None = None
    email: str | None = None
    email_proven: bool = False


class KnownCustomer(_Shape):
    """Somebody whose e-mail address is known to be theirs."""

    id: str
    name: str | None = None


class Payment(_Shape):
    """How something is to be paid: the method, and what it needs."""

    method: str
    iban: str | None = None
    gift_card: str | None = None

    def body(self) -> dict[str, str]:
        """The members of a request."""
        members = {"payment_method": self.method, "iban": self.iban, "gift_card": self.gift_card}
        return {name: value for name, value in members.items() if value}


class Item(_Shape):
    """What a customer wants of one variant. `term_months` None is bought, else rented for so long; `plan_id`: the premium plan."""

    variant_id: str
    quantity: int
    term_months: int | None = None
    addons: tuple[str, ...] = ()
    plan_id: str | None = None


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
    line: int = 0
    returned: int = 0
    plan_id: str | None = None


class Quote(_Shape):
    lines: tuple[Line, ...]
    total_now: Money
    total_monthly: Money | None


class Shipment(_Shape):
    tracking_number: str
    carrier: str
    status: str
    promised_date: str | None = None


class PaymentState(_Shape):
    """`status`: open (to be paid at `url`), due (collected later), paid, failed (`failure` says why), refunded or none."""

    method: str
    status: str
    amount: Money
    url: str | None = None
    failure: str | None = None
    label: str | None = None


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
    payment: PaymentState | None = None
    delivered_at: str | None = None
    returnable_until: str | None = None


class Refund(_Shape):
    """Money on its way back. `status`: requested, received (what was sent back is here) or refunded. A preview has no id."""

    id: str | None = None
    order_number: str
    return_number: str | None
    reason: str
    amount: Money
    method: str
    status: str
    requested_at: str | None = None
    received_at: str | None = None
    refunded_at: str | None = None
    expected_from: str | None = None
    expected_until: str | None = None


class Made(_Shape):
    """What a returned piece is exchanged for."""

    variant_id: str
    options: Mapping[str, str]
    amount: Money


class ReturnItem(_Shape):
    line: int
    product_id: str
    product_name: str
    variant_id: str
    options: Mapping[str, str]
    quantity: int
    amount: Money
    to: Made | None = None


class Difference(_Shape):
    """`direction`: pay, refund or none."""

    direction: str
    amount: Money


class Replacement(_Shape):
    """What comes for an exchanged piece. `status`: reserved or shipped."""

    status: str
    tracking_number: str | None = None


class Return(_Shape):
    """Something sent back, or exchanged (`kind`). A preview has no number and no label."""

    order_number: str
    kind: str
    items: tuple[ReturnItem, ...]
    send_by: str
    difference: Difference
    refund: Refund | None
    number: str | None = None
    status: str = "requested"
    label_url: str | None = None
    replacement: Replacement | None = None
    payment: PaymentState | None = None


class Piece(_Shape):
    """So many of an order's line item; `variant_id`: what it is exchanged for."""

    line: int
    quantity: int
    variant_id: str | None = None


class Invoice(_Shape):
    number: str
    kind: str
    issued_at: str
    total: Money
    url: str
    order_number: str | None = None


class PlanTerm(_Shape):
    """A term of the premium plan has its price; one of a standard plan depends on the model."""

    months: int
    monthly_price: Money | None = None


class Plan(_Shape):
    id: str
    family: str
    kind: str
    name: Wording
    description: Wording
    premium: bool
    terms: tuple[PlanTerm, ...]
    models: tuple[str, ...]


class SubscribedPlan(_Shape):
    id: str
    name: Wording
    premium: bool


class PauseLimit(_Shape):
    """`why_not`: None when a pause is possible."""

    max_days: int
    left_days: int
    why_not: str | None = None


class Pause(_Shape):
    first: str
    until: str


class Swap(_Shape):
    """Another model, running or to come; `until` None is for good, `id` None where the shop gives it none."""

    id: str | None = None
    product_id: str
    product_name: str
    variant_id: str
    first: str
    until: str | None


class Subscription(_Shape):
    """One rented piece. `status`: pending (not delivered yet), active, paused, ending or ended."""

    number: str
    status: str
    plan: SubscribedPlan
    product_id: str
    product_name: str
    variant_id: str
    options: Mapping[str, str]
    order_number: str
    term_months: int
    monthly_price: Money
    addons: tuple[LineAddon, ...]
    monthly_total: Money
    started_on: str | None = None
    term_ends_on: str | None = None
    next_billing_on: str | None = None
    earliest_end_on: str | None = None
    ends_on: str | None = None
    at_end: str | None = None
    purchase_price: Money | None = None
    pause: Pause | None = None
    pause_limit: PauseLimit | None = None
    swap: Swap | None = None
    swaps: tuple[Swap, ...] = ()

    @property
    def booked_swaps(self) -> Sequence[Swap]:
        """All that are not over; only the next one where the shop tells no more."""
        return self.swaps or ([self.swap] if self.swap else [])


class Preview(_Shape):
    """What a change of plan, term or add-ons would mean."""

    monthly_before: Money
    monthly_after: Money
    due_now: Money
    effective_on: str | None
    term_ends_on: str | None


class SwapWish(_Shape):
    """A model (any of its variants) or a variant, for some days or, without `until`, for good."""

    product_id: str | None = None
    variant_id: str | None = None
    first: str
    until: str | None = None
    city: str | None = None


class Free(_Shape):
    """A model of a family, and how many of it can be had over the whole of a period."""

    product_id: str
    free: int


class Backend(Protocol):
    """A shop. `customer` is the acting customer's id: what is not theirs is not found. `key` makes a write happen once."""

    async def products(self) -> Sequence[Product]:
        """The catalog; as it was read last while the shop does not answer."""
        ...

    async def quote(self, items: Sequence[Item]) -> Quote: ...

    async def customer(self, customer: str) -> Customer:
        """An empty one for a customer whom the shop does not know yet."""
        ...

    async def customers_with_email(self, email: str) -> Sequence[KnownCustomer]:
        """At most two of those whose address it is known to be. Raises NotSupported."""
        ...

    async def join_customers(self, customer: str, other: str, *, key: str) -> None:
        """All that was the other's is the customer's from now on. Raises Refused (joined-otherwise), NotSupported."""
        ...

    async def part_customers(self, customer: str, other: str, *, key: str) -> None:
        """What came with the other is the other's again. Raises NotFound, NotSupported."""
        ...

    async def prove_email(self, customer: str, email: str, *, key: str) -> None:
        """The customer told a code that was mailed there: it is their address, and known to be. Raises Rejected, NotSupported."""
        ...

    async def place_order(
        self, customer: str, items: Sequence[Item], address: Address, payment: Payment, language: str, *, key: str
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
        payment: Payment | None = None,
        key: str,
    ) -> Order:
        """What is left out stays."""
        ...

    async def cancel_order(self, customer: str, number: str, *, reason: str, key: str) -> Order: ...

    async def pay_order(self, customer: str, number: str, payment: Payment, *, key: str) -> Order:
        """Another try for what is not paid yet."""
        ...

    async def preview_return(self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str) -> Return: ...

    async def return_order(
        self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str, reason: str, *, key: str
    ) -> Return: ...

    async def preview_exchange(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None
    ) -> Return: ...

    async def exchange_items(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None, *, key: str
    ) -> Return: ...

    async def returns(self, customer: str) -> Sequence[Return]:
        """Newest first, exchanges too."""
        ...

    async def refunds(self, customer: str) -> Sequence[Refund]:
        """Newest first."""
        ...

    async def issue_invoice(self, customer: str, number: str, *, company: Company | None = None, key: str) -> Invoice:
        """The order's invoice; made out anew when the recipient differs."""
        ...

    async def plans(self) -> Sequence[Plan]: ...

    async def subscriptions(self, customer: str) -> Sequence[Subscription]:
        """Newest first, ended ones too."""
        ...

    async def subscription(self, customer: str, number: str) -> Subscription: ...

    async def preview_subscription(self, customer: str, number: str, change: Mapping[str, Any]) -> Preview:
        """`change`: plan_id, term_months, addons; what is left out stays."""
        ...

    async def change_subscription(
        self, customer: str, number: str, change: Mapping[str, Any], *, key: str
    ) -> Subscription: ...

    async def pause_subscription(
        self, customer: str, number: str, first: str, until: str, *, key: str
    ) -> Subscription: ...

    async def resume_subscription(self, customer: str, number: str, on: str | None, *, key: str) -> Subscription: ...

    async def cancel_subscription(
        self, customer: str, number: str, reason: str, at_end: str, *, key: str
    ) -> Subscription: ...

    async def keep_subscription(self, customer: str, number: str, *, key: str) -> Subscription:
        """Takes a cancellation back."""
        ...

    async def free_models(self, family: str, first: str, until: str | None, city: str | None) -> Sequence[Free]: ...

    async def preview_swap(self, customer: str, number: str, wish: SwapWish) -> Preview | None:
        """None from a shop that has no such preview."""
        ...

    async def swap_product(self, customer: str, number: str, wish: SwapWish, *, key: str) -> Subscription: ...

    async def end_swap(self, customer: str, number: str, swap_id: str | None, *, key: str) -> Subscription:
        """Takes a swap back; without an id the one that runs or is next."""
        ...

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


class Refused(BackendError):
    """A rule of the shop's forbids it: `slug` says which, `details` what follows from it."""

    def __init__(self, slug: str, details: Mapping[str, Any]) -> None:
        super().__init__(slug)
        self.slug = slug
        self.details = details


class NotSupported(BackendError):
    """This shop cannot do that at all; a person can."""


class KeyReused(BackendError):
    """An earlier request with this key said something else, and was carried out."""


class Rejected(BackendError):
    """The shop finds the request wrong; `slug` is the kind of its problem."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug

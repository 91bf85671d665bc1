"""What a row of each kind of file has; docs/import.md tells it to retailers. A field's description is what an error advises."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from shop.answers import moment_view
from shop.contact import CompanyBody, Phone
from shop.customers import AddressBody, Email, FormOfAddress, Language
from shop.delivery import WAREHOUSE_TIME
from shop.orders import CancelReason, Status
from shop.payments.wishes import PAYMENT_METHODS, Iban, PaymentMethod
from shop.requests import MAX_QUANTITY, Name, ProductKey, iso_day

LARGEST_NUMBER = 10**11 - 1  # so that numbers that follow are still numbers of the port


class Row(BaseModel):
    """What is left out of a row keeps the value that the shop has, or gets the usual one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Members by which an entry of a list is known again when the list comes anew.
    SAME_BY: ClassVar[tuple[str, ...]] = ()

    def identity(self) -> tuple[Any, ...]:
        """What it is known by."""
        return tuple(getattr(self, member) for member in self.SAME_BY)


RowT = TypeVar("RowT", bound=Row)
ModelT = TypeVar("ModelT", bound=BaseModel)


def _moment(value: object) -> datetime:
    """A time without its zone is the shop's."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError("is no time") from None
    local = moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(WAREHOUSE_TIME))
    return local.astimezone(UTC).replace(microsecond=0)


def numbered(prefix: str, value: object) -> str:
    """104233 as NC-104233. Raises ValueError."""
    digits = str(value).strip().removeprefix(f"{prefix}-")
    if not re.fullmatch(r"[1-9][0-9]{5,10}", digits) or int(digits) > LARGEST_NUMBER:
        raise ValueError(f"is no number such as {prefix}-104233")
    return f"{prefix}-{digits}"


def number_of(name: str) -> int:
    """NC-104233 as 104233."""
    return int(name.partition("-")[2])


def order_name(number: int) -> str:
    """104233 as NC-104233."""
    return f"NC-{number}"


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(moment_view, return_type=str, when_used="json"),
    Field(description="write it as 2026-03-02T09:30:00Z"),
]
Day = Annotated[date, BeforeValidator(iso_day), Field(description="write it as 2026-03-02")]
OrderNumber = Annotated[
    str,
    BeforeValidator(lambda value: numbered("NC", value)),
    Field(description="NC- and 6 to 11 digits, the first not 0; put a digit before shorter numbers of your own"),
]
SubscriptionNumber = Annotated[
    str,
    BeforeValidator(lambda value: numbered("SB", value)),
    Field(description="SB- and 6 to 11 digits, the first not 0; put a digit before shorter numbers of your own"),
]
Key = Annotated[ProductKey, Field(description="small letters, digits, - and _ as in aeropix-mini-red, 80 at most")]
Text = Annotated[
    str,
    Field(
        max_length=4000, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$", description="some words, 4000 characters at most"
    ),
]
Amount = Annotated[int, Field(ge=0, le=10**12, description="in cents, so 49900 for 499.00, not below 0")]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="three capital letters: EUR")]
Months = Annotated[int, Field(ge=1, le=120, description="months, 1 to 120")]
CountOfMonths = Annotated[int, Field(ge=0, le=1200, description="a number of months")]
Serial = Annotated[str, Field(pattern=r"^[!-~]{1,60}$", description="1 to 60 letters, digits and signs, no spaces")]
ShortName = Annotated[Name, Field(description="1 to 100 characters on one line")]
City = Annotated[Name, Field(description="the name of a city")]
CustomerId = Annotated[
    str, Field(pattern=r"^[!-~]{1,128}$", description="1 to 128 letters, digits and signs, no spaces")
]


class Wording(Row):
    """The same said in both languages; plain text is said in both."""

    de: Text
    en: Text

    @model_validator(mode="before")
    @classmethod
    def _same_in_both(cls, value: Any) -> Any:
        return {"de": value, "en": value} if isinstance(value, str) else value


# --- products


class OptionValueRow(Row):
    """One of an option's values; only its id is its name too."""

    SAME_BY = ("id",)

    id: Key
    name: Wording

    @model_validator(mode="before")
    @classmethod
    def _only_its_id(cls, value: Any) -> Any:
        return {"id": value, "name": value} if isinstance(value, str) else value


class OptionRow(Row):
    """What a product can be chosen by."""

    SAME_BY = ("id",)

    id: Key
    name: Wording
    values: Annotated[list[OptionValueRow], Field(min_length=1)]


class FeatureRow(Row):
    """A property that products of a kind are compared by."""

    SAME_BY = ("id",)

    id: Key
    name: Wording
    value: Annotated[bool | int | float | Text, Field(description="a number, true, false or words")]
    unit: Annotated[Name, Field(max_length=40)] | None = None
    better: Literal["higher", "lower"] | None = None


class VariantRow(Row):
    """What is ordered."""

    SAME_BY = ("id",)

    id: Key
    options: dict[Key, Key] = {}
    price: Amount
    monthly_price: Amount | None = None
    stock: Annotated[int, Field(ge=0, le=10**9, description="pieces, not below 0")] | None = None


class PartRow(Row):
    """A spare part."""

    SAME_BY = ("id",)

    id: Key
    name: Wording
    price: Amount


class AddonRow(Row):
    """A service that is booked with a product."""

    SAME_BY = ("id",)

    id: Key
    name: Wording
    description: Wording
    price: Amount
    monthly: bool


class ProductRow(Row):
    """A product with all that belongs to it."""

    id: Key
    kind: Key
    kind_name: Wording | None = None
    family: ShortName
    name: ShortName
    currency: Currency
    tagline: Wording
    description: Wording
    image_url: Annotated[str, Field(pattern=r"^https?://\S+$", description="an address of the web")] | None = None
    rental_terms: list[Months] = []
    options: list[OptionRow] = []
    features: list[FeatureRow] = []
    variants: Annotated[list[VariantRow], Field(min_length=1, description="one at least")]
    parts: list[PartRow] = []
    addons: list[AddonRow] = []
    fleet: dict[City, Annotated[int, Field(ge=0, le=10**6, description="pieces for swaps in that city")]] = {}


class PlanTermRow(Row):
    """What a term costs: a share of the product's own monthly price, or an amount for every model."""

    months: Months
    percent: Annotated[int, Field(ge=1, le=1000, description="of the product's own monthly price")] | None = None
    monthly_price: Amount | None = None

    @model_validator(mode="after")
    def _costs_one_way(self) -> Self:
        if (self.percent is None) is (self.monthly_price is None):
            raise ValueError("needs either percent or monthly_price")
        return self


class PlanRow(Row):
    """How a family's products are rented."""

    id: Key
    family: ShortName
    kind: Key
    currency: Currency
    premium: bool
    name: Wording
    description: Wording
    terms: Annotated[list[PlanTermRow], Field(min_length=1, description="one at least")]


# --- customers


class ConsentRow(Row):
    """What a customer said, and when."""

    given: bool
    at: Moment


class ConsentsRow(Row):
    """By purpose; a purpose of which nothing was said is left out."""

    marketing: ConsentRow | None = None
    outreach: ConsentRow | None = None
    telemetry: ConsentRow | None = None


class CustomerRow(Row):
    """Who orders."""

    id: CustomerId
    name: ShortName | None = None
    company: CompanyBody | None = None
    email: Email | None = None
    email_proven: bool = True
    phone: Phone | None = None
    language: Language = "de"
    form_of_address: FormOfAddress | None = None
    payment_methods: list[PaymentMethod] = list(PAYMENT_METHODS)
    iban: Iban | None = None
    consents: ConsentsRow = ConsentsRow()
    addresses: list[AddressBody] = []
    created_at: Moment | None = None


# --- orders


class BookedAddonRow(Row):
    """A service as it was booked; only its id, and the catalog says the rest."""

    SAME_BY = ("id",)

    id: Key
    name: Wording | None = None
    price: Amount | None = None
    monthly: bool | None = None

    @model_validator(mode="before")
    @classmethod
    def _only_its_id(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


BookedAddons = Annotated[list[BookedAddonRow], Field(max_length=10)]


class ItemRow(Row):
    """A line of an order."""

    SAME_BY = ("variant_id", "term_months")

    variant_id: Key
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY, description="pieces, 1 to 99; more of them on another line")]
    unit_price: Amount | None = None
    term_months: Months | None = None
    plan_id: Key | None = None
    addons: BookedAddons = []
    returned: Annotated[int, Field(ge=0, le=MAX_QUANTITY, description="pieces that came back")] = 0
    serials: list[Serial] = []
    product_id: Key | None = None
    product_name: ShortName | None = None
    options: dict[Key, Key] | None = None


class EventRow(Row):
    """Something that happened to a parcel."""

    at: Moment
    code: Literal["announced", "handed_over", "promise_changed", "delivered"]
    city: City


class ShipmentRow(Row):
    """A parcel."""

    SAME_BY = ("tracking_number",)

    tracking_number: Serial
    carrier: ShortName
    status: Literal["in_transit", "delivered"]
    shipped_at: Moment
    promised_date: Day | None = None
    lines: list[Annotated[int, Field(ge=0, le=99, description="places in items, from 0")]] = []
    events: list[EventRow] = []


PaymentStatus = Literal["paid", "due", "open", "refunded", "none"]


class OrderRow(Row):
    """What was agreed, and how far it has come."""

    number: OrderNumber
    customer_id: CustomerId
    status: Status
    placed_at: Moment
    language: Language | None = None
    currency: Currency | None = None
    payment_method: PaymentMethod
    payment_status: PaymentStatus
    promised_date: Day | None = None
    delivered_at: Moment | None = None
    returnable_until: Day | None = None
    cancelled_at: Moment | None = None
    cancel_reason: CancelReason | None = None
    cancel_note: Annotated[str, Field(max_length=500, pattern=r"^[^\u0000-\u001f\u007f]*$")] | None = None
    address: AddressBody
    items: Annotated[list[ItemRow], Field(min_length=1, max_length=100, description="1 to 100")]
    shipments: list[ShipmentRow] = []

    @model_validator(mode="after")
    def _status_has_its_time(self) -> Self:
        for status, member in ((Status.DELIVERED, "delivered_at"), (Status.CANCELLED, "cancelled_at")):
            if (self.status == status) is (getattr(self, member) is None):
                raise ValueError(f"{member} goes with status {status}: say when, or leave it out")
        if self.status == Status.CANCELLED and self.payment_status in ("due", "open"):
            raise ValueError("payment_status of a cancelled order is paid, refunded or none")
        return self


# --- subscriptions


class AddedTermRow(Row):
    """A term that follows the present one."""

    months: Months
    monthly_price: Amount


class PauseRow(Row):
    """Days, both included, on which it rests."""

    first: Day
    until: Day


class SwapRow(Row):
    """Another model of the family for some days, or for good."""

    variant_id: Key
    city: City
    first: Day
    until: Day | None = None
    taken_over: bool = False


class SubscriptionRow(Row):
    """One rented piece."""

    number: SubscriptionNumber
    order_number: OrderNumber
    variant_id: Key
    plan_id: Key | None = None
    term_months: Months
    monthly_price: Amount | None = None
    first_amount: Amount | None = None
    new_price: Amount | None = None
    currency: Currency | None = None
    addons: BookedAddons = []
    term_starts_month: CountOfMonths = 0
    added_terms: list[AddedTermRow] = []
    started_on: Day | None = None
    months_billed: CountOfMonths | None = None
    cancelled_on: Day | None = None
    cancel_reason: CancelReason | None = None
    at_end: Literal["return", "buy"] | None = None
    ends_month: CountOfMonths | None = None
    ended_on: Day | None = None
    pauses: list[PauseRow] = []
    swaps: list[SwapRow] = []
    serial: Serial | None = None
    product_id: Key | None = None
    product_name: ShortName | None = None
    options: dict[Key, Key] | None = None
    family: ShortName | None = None
    plan_name: Wording | None = None
    premium: bool | None = None

    @model_validator(mode="after")
    def _is_cancelled_as_a_whole(self) -> Self:
        if len({self.cancelled_on is None, self.at_end is None, self.ends_month is None}) > 1:
            raise ValueError("cancelled_on, at_end and ends_month go together: name all three, or none")
        if self.started_on is None and self.cancelled_on is not None:
            raise ValueError("started_on is missing of a subscription that was cancelled")
        return self


def known(model: type[ModelT], **members: Any) -> ModelT:
    """What the shop has already, so that nothing about it needs to be checked."""
    return model.model_construct(None, **members)


def merged(old: RowT, new: RowT) -> RowT:
    """The new row, with what it leaves out as it was."""
    return old.model_copy(
        update={name: _newest(getattr(old, name), getattr(new, name)) for name in new.model_fields_set}
    )


def _newest(old: Any, new: Any) -> Any:
    if isinstance(old, Row) and isinstance(new, Row):
        return merged(old, new)
    if isinstance(old, list) and isinstance(new, list):
        return _newest_list(old, new)
    return new


def _newest_list(old: list[Any], new: list[Any]) -> list[Any]:
    left: dict[tuple[Any, ...], list[Row]] = {}
    for entry in old:
        if isinstance(entry, Row) and entry.SAME_BY:
            left.setdefault(entry.identity(), []).append(entry)
    return [_newest_entry(left, entry) for entry in new]


def _newest_entry(left: dict[tuple[Any, ...], list[Row]], entry: Any) -> Any:
    same = left.get(entry.identity(), []) if isinstance(entry, Row) and entry.SAME_BY else []
    return merged(same.pop(0), entry) if same else entry

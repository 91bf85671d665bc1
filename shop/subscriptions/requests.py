"""What a request about subscriptions must carry."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from shop.catalog import QueryInt
from shop.requests import Body, Name, ProductKey, iso_day

Day = Annotated[date, BeforeValidator(iso_day)]
TermMonths = Annotated[int, Field(ge=1, le=120)]
ReasonCode = Literal[
    "no_longer_needed", "ordered_by_mistake", "found_elsewhere", "takes_too_long", "too_expensive", "other", "not_said"
]


class SubscriptionChange(Body):
    """What is to be different; what is left out stays."""

    plan_id: ProductKey | None = None
    term_months: TermMonths | None = None
    addons: Annotated[list[ProductKey], Field(max_length=10)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "SubscriptionChange":
        if not self.model_fields_set or None in (getattr(self, name) for name in self.model_fields_set):
            raise ValueError("needs plan_id, term_months or addons, and none of them null")
        if self.addons is not None and len(set(self.addons)) < len(self.addons):
            raise ValueError("an add-on is booked once")
        return self


class PauseRequest(Body):
    """The days on which it is to rest, both included."""

    first: Day
    until: Day


class Resumption(Body):
    """The day on which it goes on; None for today."""

    on: Day | None = None


class SubscriptionCancellation(Body):
    """Why, and what becomes of the piece."""

    reason: ReasonCode = "not_said"
    at_end: Literal["return", "buy"]


class Extension(Body):
    """The term that is added at the end."""

    term_months: TermMonths


class SwapRequest(Body):
    """A model (any of its variants) or a variant, for some days or, without `until`, for good."""

    product_id: ProductKey | None = None
    variant_id: ProductKey | None = None
    first: Day
    until: Day | None = None
    city: Name | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "SwapRequest":
        named = self.model_fields_set & {"product_id", "variant_id"}
        if len(named) != 1 or getattr(self, named.copy().pop()) is None:
            raise ValueError("needs either product_id or variant_id")
        return self


class NoBody(Body):
    """A write that says all in its address."""


class AvailabilityQuery(BaseModel):
    """Which family, on which days (from today, for good), and where (anywhere)."""

    family: str
    first: Day | None = None
    until: Day | None = None
    city: str | None = None


class SubscriptionFilter(BaseModel):
    """How many subscriptions are listed."""

    limit: Annotated[QueryInt, Field(ge=1, le=100)] = 100

"""How a customer wants to pay, or to be paid back."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from stdnum import iban

from shop.requests import Body

PaymentMethod = Literal["invoice", "paypal", "card", "direct_debit", "gift_card"]
PAYMENT_METHODS: list[PaymentMethod] = ["invoice", "paypal", "card", "direct_debit", "gift_card"]

Iban = Annotated[str, Field(pattern=r"^[A-Za-z]{2}[0-9]{2}[A-Za-z0-9 ]{8,56}$"), AfterValidator(iban.validate)]
GiftCardCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9 -]{1,40}$")]


@dataclass(frozen=True)
class PaymentWish:
    """The way, and which account or card if the customer named one."""

    method: PaymentMethod
    iban: str | None = None
    gift_card: str | None = None


class MayPay(Body):
    """A body that may say how it is paid."""

    payment_method: PaymentMethod | None = None
    iban: Iban | None = None
    gift_card: GiftCardCode | None = None

    @model_validator(mode="after")
    def _fits_the_method(self) -> "MayPay":
        if self.iban is not None and self.payment_method != "direct_debit":
            raise ValueError("iban goes with payment_method direct_debit only")
        if self.gift_card is not None and self.payment_method != "gift_card":
            raise ValueError("gift_card goes with payment_method gift_card only")
        return self

    @property
    def wish(self) -> PaymentWish | None:
        """None if the body does not say."""
        if self.payment_method is None:
            return None
        return PaymentWish(self.payment_method, self.iban, self.gift_card)


class Pays(MayPay):
    """A body that says how it is paid."""

    payment_method: PaymentMethod

    @property
    def wish(self) -> PaymentWish:
        return PaymentWish(self.payment_method, self.iban, self.gift_card)

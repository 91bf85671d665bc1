"""Amounts of money: an integer of minor units and a currency, never a float."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self, TypedDict


class MoneyView(TypedDict):
    """Money as the port shows it."""

    amount: int
    currency: str


class CurrencyMismatchError(ValueError):
    """Two currencies cannot be added."""


@dataclass(frozen=True)
class Money:
    """An amount in minor units: 49900 EUR is 499.00 €."""

    amount: int
    currency: str

    def __add__(self, other: Self) -> "Money":
        if other.currency != self.currency:
            raise CurrencyMismatchError
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def view(self) -> MoneyView:
        """The JSON of the port."""
        return {"amount": self.amount, "currency": self.currency}


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum, zero for none."""
    return sum(amounts, start=Money(0, currency))

"""The rest of the port, for a shop that only sells: an honest NotSupported, which leads to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from actions.backend.port import (
    Company,
    Free,
    Invoice,
    KnownCustomer,
    NotSupported,
    Payment,
    Piece,
    Plan,
    Preview,
    Return,
    Subscription,
    SwapWish,
)


class OnlySells:
    """An adapter below it overrides what its system can do."""

    async def customers_with_email(self, email: str) -> Sequence[KnownCustomer]:
        raise NotSupported("customers by e-mail")

    async def join_customers(self, customer: str, other: str, *, key: str) -> None:
        raise NotSupported("joining customers")

    async def part_customers(self, customer: str, other: str, *, key: str) -> None:
        raise NotSupported("joining customers")

    async def prove_email(self, customer: str, email: str, *, key: str) -> None:
        raise NotSupported("e-mails")

    async def preview_return(self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str) -> Return:
        raise NotSupported("returns")

    async def return_order(
        self, customer: str, number: str, pieces: Sequence[Piece], refund_to: str, reason: str, *, key: str
    ) -> Return:
        raise NotSupported("returns")

    async def preview_exchange(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None
    ) -> Return:
        raise NotSupported("exchanges")

    async def exchange_items(
        self, customer: str, number: str, pieces: Sequence[Piece], payment: Payment | None, *, key: str
    ) -> Return:
        raise NotSupported("exchanges")

    async def returns(self, customer: str) -> Sequence[Return]:
        return ()

    async def end_swap(self, customer: str, number: str, swap_id: str | None, *, key: str) -> Subscription:
        raise NotSupported("subscriptions")

    async def issue_invoice(self, customer: str, number: str, *, company: Company | None = None, key: str) -> Invoice:
        raise NotSupported("invoices")

    async def plans(self) -> Sequence[Plan]:
        raise NotSupported("plans")

    async def subscriptions(self, customer: str) -> Sequence[Subscription]:
        raise NotSupported("subscriptions")

    async def subscription(self, customer: str, number: str) -> Subscription:
        raise NotSupported("subscriptions")

    async def preview_subscription(self, customer: str, number: str, change: Mapping[str, Any]) -> Preview:
        raise NotSupported("subscriptions")

    async def change_subscription(
        self, customer: str, number: str, change: Mapping[str, Any], *, key: str
    ) -> Subscription:
        raise NotSupported("subscriptions")

    async def pause_subscription(self, customer: str, number: str, first: str, until: str, *, key: str) -> Subscription:
        raise NotSupported("subscriptions")

    async def resume_subscription(self, customer: str, number: str, on: str | None, *, key: str) -> Subscription:
        raise NotSupported("subscriptions")

    async def cancel_subscription(
        self, customer: str, number: str, reason: str, at_end: str, *, key: str
    ) -> Subscription:
        raise NotSupported("subscriptions")

    async def keep_subscription(self, customer: str, number: str, *, key: str) -> Subscription:
        raise NotSupported("subscriptions")

    async def free_models(self, family: str, first: str, until: str | None, city: str | None) -> Sequence[Free]:
        raise NotSupported("availability")

    async def preview_swap(self, customer: str, number: str, wish: SwapWish) -> Preview | None:
        raise NotSupported("subscriptions")

    async def swap_product(self, customer: str, number: str, wish: SwapWish, *, key: str) -> Subscription:
        raise NotSupported("subscriptions")

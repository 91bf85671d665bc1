"""What the shop's staff does beside sending orders: takes returns in, books money, hands out gift cards."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer
from shop.customers import Customers
from shop.idempotency import OPERATIONS_SCOPE, Work, Writes, read_write
from shop.links import Links
from shop.money import Money
from shop.order_rows import order_with, parse_number
from shop.orders import order_view
from shop.payments.gift_cards import GiftCards, card_view
from shop.refunds import parse_refund_id, refund_view
from shop.requests import CUSTOMER_PATTERN, Body, read_body, read_optional_body
from shop.returns import Returns, parse_return_number
from shop.settlement import Settlement

MAX_GIFT_CARD = 100_000_00  # minor units


class Nothing(Body):
    """A body that says no more than the address does."""


class NewGiftCard(Body):
    """For whom, and how much is on it."""

    customer: Annotated[str, Field(pattern=CUSTOMER_PATTERN)]
    amount: Annotated[int, Field(ge=1, le=MAX_GIFT_CARD)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class PaymentBooking(Body):
    """What became of a payment that no provider tells of: an invoice, a debit."""

    outcome: Literal["paid", "declined", "insufficient_funds", "expired", "cancelled"] = "paid"


class OperationsRoutes:
    """For the staff's secret only."""

    def __init__(
        self,
        customers: Customers,
        cards: GiftCards,
        returns: Returns,
        settlement: Settlement,
        writes: Writes,
        links: Links,
    ) -> None:
        self._customers = customers
        self._cards = cards
        self._returns = returns
        self._settlement = settlement
        self._writes = writes
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/operations/returns/{number}/receive", self.receive),
            web.post("/v1/operations/refunds/{id}/book", self.book_refund),
            web.post("/v1/operations/orders/{number}/payment/book", self.book_payment),
            web.post("/v1/operations/gift-cards", self.issue_gift_card),
        ]

    async def receive(self, request: web.Request) -> web.Response:
        async def work(session: AsyncSession) -> Answer:
            entry = await self._settlement.receive(session, parse_return_number(request.match_info["number"]))
            return json_answer(self._returns.view(entry))

        return await self._once(request, await read_optional_body(request, Nothing), work)

    async def book_refund(self, request: web.Request) -> web.Response:
        async def work(session: AsyncSession) -> Answer:
            refund = await self._settlement.book_refund(session, parse_refund_id(request.match_info["id"]))
            return json_answer(refund_view(refund))

        return await self._once(request, await read_optional_body(request, Nothing), work)

    async def book_payment(self, request: web.Request) -> web.Response:
        body = await read_optional_body(request, PaymentBooking)
        failure = None if body.outcome == "paid" else body.outcome

        async def work(session: AsyncSession) -> Answer:
            order = await order_with(session, parse_number(request.match_info["number"]))
            await self._settlement.book_payment(session, order, failure)
            return json_answer(order_view(order, self._links))

        return await self._once(request, body, work)

    async def issue_gift_card(self, request: web.Request) -> web.Response:
        body = await read_body(request, NewGiftCard)

        async def work(session: AsyncSession) -> Answer:
            await self._customers.ensure(session, body.customer, "de")
            card = await self._cards.issue(session, body.customer, Money(body.amount, body.currency))
            return json_answer(card_view(card), 201)

        return await self._once(request, body, work)

    async def _once(self, request: web.Request, body: Body, work: Work) -> web.Response:
        return (await self._writes.once(read_write(request, OPERATIONS_SCOPE, body), work)).response()

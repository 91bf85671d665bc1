"""Invoices over HTTP."""

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer
from shop.database import Database
from shop.idempotency import Writes, customer_scope, read_write
from shop.invoices import InvoiceRequest, Invoices
from shop.order_rows import locked_orders, own_order, whole_orders
from shop.requests import read_customer, read_optional_body


class InvoiceRoutes:
    """What customers ask for and see."""

    def __init__(self, database: Database, invoices: Invoices, writes: Writes) -> None:
        self._database = database
        self._invoices = invoices
        self._writes = writes

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/orders/{number}/invoice", self.demand),
            web.get("/v1/orders/{number}/invoices", self.list),
        ]

    async def demand(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_optional_body(request, InvoiceRequest)

        async def work(session: AsyncSession) -> Answer:
            order = await own_order(session, locked_orders(), customer_id, number)
            return json_answer(self._invoices.view(await self._invoices.demand(session, order, body)), 201)

        return (await self._writes.once(read_write(request, customer_scope(customer_id), body), work)).response()

    async def list(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        async with self._database.reading() as session:
            order = await own_order(session, whole_orders(), customer_id, number)
            documents = await self._invoices.of_order(session, order)
            return json_answer({"items": [self._invoices.view(document) for document in documents]}).response()

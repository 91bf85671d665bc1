"""Returns and exchanges over HTTP: quoted, asked for, listed."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer
from shop.database import Database
from shop.idempotency import Writes, customer_scope, read_write
from shop.links import Links
from shop.records import Return
from shop.requests import Body, read_body, read_customer
from shop.return_rules import ExchangeQuoteRequest, ExchangeRequest, ReturnQuoteRequest, ReturnRequest
from shop.returns import Returns, quote_view

Ask = Callable[[AsyncSession], Awaitable[Return]]


class ReturnRoutes:
    """What customers do with what they bought."""

    def __init__(self, database: Database, returns: Returns, writes: Writes, links: Links) -> None:
        self._database = database
        self._returns = returns
        self._writes = writes
        self._links = links

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/return-quotes", self.quote_return),
            web.post("/v1/exchange-quotes", self.quote_exchange),
            web.post("/v1/orders/{number}/returns", self.give_back),
            web.post("/v1/orders/{number}/exchanges", self.swap),
            web.get("/v1/returns", self.list),
            web.get("/v1/returns/{number}", self.get),
        ]

    async def quote_return(self, request: web.Request) -> web.Response:
        customer_id, body = read_customer(request), await read_body(request, ReturnQuoteRequest)
        return await self._quote(lambda session: self._returns.give_back(session, customer_id, body.order_number, body))

    async def quote_exchange(self, request: web.Request) -> web.Response:
        customer_id, body = read_customer(request), await read_body(request, ExchangeQuoteRequest)
        return await self._quote(lambda session: self._returns.try_swap(session, customer_id, body.order_number, body))

    async def give_back(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_body(request, ReturnRequest)
        return await self._write(
            request, body, lambda session: self._returns.give_back(session, customer_id, number, body)
        )

    async def swap(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        body = await read_body(request, ExchangeRequest)
        return await self._write(request, body, lambda session: self._returns.swap(session, customer_id, number, body))

    async def list(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        async with self._database.reading() as session:
            return json_answer({"items": await self._returns.listed(session, customer_id)}).response()

    async def get(self, request: web.Request) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]
        async with self._database.reading() as session:
            return json_answer(await self._returns.one(session, customer_id, number)).response()

    async def _quote(self, ask: Ask) -> web.Response:
        """What the write would do is found by doing it, and keeping nothing."""
        async with self._database.trying() as session:
            return json_answer(quote_view(await ask(session), self._links)).response()

    async def _write(self, request: web.Request, body: Body, ask: Ask) -> web.Response:
        async def work(session: AsyncSession) -> Answer:
            return json_answer(self._returns.view(await ask(session)), 201)

        write = read_write(request, customer_scope(read_customer(request)), body)
        return (await self._writes.once(write, work)).response()

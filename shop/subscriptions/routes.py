"""Subscriptions over HTTP."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer
from shop.database import Database
from shop.idempotency import Writes, customer_scope, read_write
from shop.models import Json
from shop.requests import Body, read_body, read_customer, read_optional_body, read_query
from shop.subscriptions.requests import (
    AvailabilityQuery,
    Extension,
    NoBody,
    PauseRequest,
    Resumption,
    SubscriptionCancellation,
    SubscriptionChange,
    SubscriptionFilter,
    SwapRequest,
)
from shop.subscriptions.service import Subscriptions

Doing = Callable[[AsyncSession, str, str], Awaitable[Json]]  # for a customer, with a subscription's number


class SubscriptionRoutes:
    """Each write happens once."""

    def __init__(self, database: Database, subscriptions: Subscriptions, writes: Writes) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._writes = writes

    def routes(self) -> list[web.RouteDef]:
        one = "/v1/subscriptions/{number}"
        return [
            web.get("/v1/availability", self.availability),
            web.get("/v1/subscriptions", self.list),
            web.get(one, self.get),
            web.patch(one, self.change),
            web.post(f"{one}/previews", self.preview),
            web.post(f"{one}/pause", self.pause),
            web.post(f"{one}/resume", self.resume),
            web.post(f"{one}/cancellation", self.cancel),
            web.delete(f"{one}/cancellation", self.go_on),
            web.post(f"{one}/extension", self.extend),
            web.post(f"{one}/swaps", self.swap),
            web.post(f"{one}/swap-previews", self.preview_swap),
            web.delete(f"{one}/swaps", self.end_next_swap),
            web.delete(f"{one}/swaps/{{swap_id}}", self.end_swap),
        ]

    async def availability(self, request: web.Request) -> web.Response:
        query = read_query(request, AvailabilityQuery)
        async with self._database.reading() as session:
            return json_answer({"items": await self._subscriptions.available(session, query)}).response()

    async def list(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        limit = read_query(request, SubscriptionFilter).limit
        async with self._database.reading() as session:
            return json_answer({"items": await self._subscriptions.listed(session, customer_id, limit)}).response()

    async def get(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        async with self._database.reading() as session:
            view = await self._subscriptions.view(session, customer_id, request.match_info["number"])
        return json_answer(view).response()

    async def preview(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        body = await read_body(request, SubscriptionChange)
        async with self._database.reading() as session:
            view = await self._subscriptions.preview(session, customer_id, request.match_info["number"], body)
        return json_answer(view).response()

    async def change(self, request: web.Request) -> web.Response:
        body = await read_body(request, SubscriptionChange)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.change(session, whose, which, body)
        )

    async def pause(self, request: web.Request) -> web.Response:
        body = await read_body(request, PauseRequest)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.pause(session, whose, which, body)
        )

    async def resume(self, request: web.Request) -> web.Response:
        body = await read_optional_body(request, Resumption)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.resume(session, whose, which, body.on)
        )

    async def cancel(self, request: web.Request) -> web.Response:
        body = await read_body(request, SubscriptionCancellation)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.cancel(session, whose, which, body)
        )

    async def go_on(self, request: web.Request) -> web.Response:
        return await self._once(request, NoBody(), self._subscriptions.go_on)

    async def extend(self, request: web.Request) -> web.Response:
        body = await read_body(request, Extension)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.extend(session, whose, which, body)
        )

    async def swap(self, request: web.Request) -> web.Response:
        body = await read_body(request, SwapRequest)
        return await self._once(
            request, body, lambda session, whose, which: self._subscriptions.swap(session, whose, which, body)
        )

    async def preview_swap(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        body = await read_body(request, SwapRequest)
        async with self._database.reading() as session:
            view = await self._subscriptions.preview_swap(session, customer_id, request.match_info["number"], body)
        return json_answer(view).response()

    async def end_next_swap(self, request: web.Request) -> web.Response:
        return await self._once(request, NoBody(), self._subscriptions.end_next_swap)

    async def end_swap(self, request: web.Request) -> web.Response:
        swap_id = request.match_info["swap_id"]
        return await self._once(
            request,
            NoBody(),
            lambda session, whose, which: self._subscriptions.end_swap(session, whose, which, swap_id),
        )

    async def _once(self, request: web.Request, body: Body, doing: Doing) -> web.Response:
        customer_id, number = read_customer(request), request.match_info["number"]

        async def work(session: AsyncSession) -> Answer:
            return json_answer(await doing(session, customer_id, number))

        return (await self._writes.once(read_write(request, customer_scope(customer_id), body), work)).response()

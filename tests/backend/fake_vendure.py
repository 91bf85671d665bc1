"""A Vendure of a few lines: answers what was recorded from a real one (tests/payloads/vendure), or what a test puts there."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from aiohttp import web

from actions.backend.vendure_api import LOGIN, REGISTER
from actions.backend.vendure_catalog import CATALOG
from actions.backend.vendure_orders import (
    ADDRESS_CART,
    ARRANGE_PAYMENT,
    CUSTOMER,
    FILL_NEW_CART,
    FILL_OWN_CART,
    OWN_ORDERS,
    PAY,
    SHIP_CART,
    SHIPPING,
)

PAYLOADS = Path(__file__).parents[1] / "payloads" / "vendure"
NO_ORDERS: "Data" = {"data": {"activeCustomer": {"orders": {"items": []}}}}
ENDED: "Data" = {"data": {"activeCustomer": None}}
"""What is answered under a session that is none any more."""
AWAY = 503

Data = dict[str, Any]
Answer = Data | int | Callable[[], Data]


def recorded(name: str) -> Data:
    found: Data = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def orders() -> list[Data]:
    """The newest, on its way to be packed; one that was cancelled and refunded; one that is shipped."""
    found: list[Data] = recorded("orders")["data"]["activeCustomer"]["orders"]["items"]
    return found


def with_orders(*found: Data) -> Data:
    return {"data": {"activeCustomer": {"orders": {"items": list(found)}}}}


def cart(variant: str, quantity: int) -> Data:
    return {"__typename": "Order", "lines": [{"quantity": quantity, "productVariant": {"id": variant}}]}


def filled(variant: str, quantity: int, *refusals: str) -> Data:
    """What filling a cart answers: what it holds now, and what was refused."""
    ok = {"__typename": "Order"}
    errors = [{"__typename": "Error", "errorCode": code} for code in refusals]
    steps = dict.fromkeys(("opened", "emptied", "sent", "billed", "marked"), ok)
    return {"data": {**steps, "filled": {"order": cart(variant, quantity), "errorResults": errors}}}


def refusal(step: str, code: str) -> Data:
    return {"data": {step: {"__typename": "Error", "errorCode": code}}}


class FakeVendure:
    """Keeps what it was asked. Of several answers put for one request, each is given once, and the last for ever."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Data, str | None]] = []
        self._answers: dict[str, list[Answer]] = {
            CATALOG: [recorded("catalog")],
            CUSTOMER: [recorded("customer")],
            OWN_ORDERS: [NO_ORDERS],
            LOGIN: [{"data": {"login": {"__typename": "CurrentUser"}}}],
            REGISTER: [{"data": {"registerCustomerAccount": {"__typename": "Success"}}}],
            FILL_NEW_CART: [filled("1", 2)],
            ADDRESS_CART: [{"data": {"sent": {"__typename": "Order"}}}],
            SHIPPING: [recorded("shipping")],
            SHIP_CART: [recorded("cart")],
            FILL_OWN_CART: [filled("21", 1)],
            ARRANGE_PAYMENT: [{"data": {"shipped": {"__typename": "Order"}, "arranged": cart("21", 1)}}],
            PAY: [self._order_with_its_mark],
        }
        self._logins = 0

    def answers(self, request: str, *with_: Answer) -> None:
        """From now on; a number is a status without a body of use."""
        self._answers[request] = list(with_)

    def requests(self) -> list[str]:
        return [text for text, _, _ in self.asked]

    def variables(self, request: str) -> Data:
        """Of the last such request."""
        return next(variables for text, variables, _ in reversed(self.asked) if text == request)

    def sessions(self, requests: Iterable[str]) -> set[str | None]:
        return {session for text, _, session in self.asked if text in set(requests)}

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/shop-api", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.json()
        session = request.headers.get("Authorization", "").removeprefix("Bearer ") or None
        self.asked.append((body["query"], body["variables"], session))
        waiting = self._answers[body["query"]]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, int):
            return web.Response(status=answer)
        return web.json_response(answer, headers=self._session_opened(body["query"], answer))

    def _order_with_its_mark(self) -> Data:
        """The order that comes of the cart."""
        return {
            "data": {"paid": {**orders()[0], "customFields": {"nochannelKey": self.variables(FILL_OWN_CART)["mark"]}}}
        }

    def _session_opened(self, text: str, answer: Data) -> dict[str, str]:
        if text not in (LOGIN, FILL_NEW_CART) or "errorCode" in answer["data"].get("login", {}):
            return {}
        self._logins += 1
        return {"vendure-auth-token": f"session-{self._logins}"}

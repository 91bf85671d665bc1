"""Stripe: sessions begun when the page is opened, events signed, refunds asked for once. Against a server that is strict."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from openapi_core import OpenAPI
from pydantic import SecretStr, ValidationError

from shop.app import PAYMENT_EVENTS
from shop.payment_events import PaymentEvents
from shop.settings import Settings
from tests.shop.client import TOKEN, ShopClient
from tests.shop.conftest import GivenClock, running
from tests.shop.requests import (
    advanced,
    eur,
    given_back,
    item,
    placed,
    received,
    refunds_of,
    seen,
)

KEY, WEBHOOK_SECRET = "sk_test_a-key", "whsec_a-secret"
MINI = 49900


@dataclass
class Asked:
    """A request as Stripe got it."""

    path: str
    fields: dict[str, str]
    key: str | None


@dataclass
class StandIn:
    """As much of Stripe's API as the shop uses; it refuses what Stripe would."""

    has_checkout: bool = True
    status: int = 200  # of everything, if it is not 200
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)  # by idempotency key
    things: dict[str, Any] = field(default_factory=dict)  # by id

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/checkout/sessions", self.session)
        app.router.add_post("/v1/payment_intents", self.intent)
        app.router.add_post("/v1/refunds", self.refund)
        app.router.add_get("/v1/checkout/sessions/{id}", self.thing)
        app.router.add_get("/v1/payment_intents/{id}", self.thing)
        return app

    async def session(self, request: web.Request) -> web.Response:
        if not self.has_checkout:
            return web.json_response({"error": {}}, status=404)
        return await self.created(request, "cs", {"status": "open", "payment_status": "unpaid"})

    async def intent(self, request: web.Request) -> web.Response:
        return await self.created(request, "pi", {"status": "requires_payment_method"})

    async def refund(self, request: web.Request) -> web.Response:
        return await self.created(request, "re", {"status": "pending"})

    async def thing(self, request: web.Request) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        return web.json_response(self.things[request.match_info["id"]])

    async def created(self, request: web.Request, kind: str, more: dict[str, Any]) -> web.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        fields = {name: str(value) for name, value in (await request.post()).items()}
        key = request.headers["Idempotency-Key"]
        self.asked.append(Asked(request.path, fields, key))
        if self.status != 200:
            return web.json_response({"error": {"code": "x"}}, status=self.status)
        if key not in self.answers:
            name = f"{kind}_{len(self.answers) + 1}"
            url = f"https://checkout.example.org/{name}"
            metadata = {part[9:-1]: value for part, value in fields.items() if part.startswith("metadata[")}
            self.answers[key] = self.things[name] = {"id": name, "url": url, "metadata": metadata, **more}
        return web.json_response(self.answers[key])


@pytest.fixture
def stripe() -> StandIn:
    return StandIn()


@pytest.fixture
async def stripe_settings(stripe: StandIn, settings: Settings) -> AsyncIterator[Settings]:
    async with TestServer(stripe.app()) as server:
        yield settings.model_copy(
            update={
                "payment_provider": "stripe",
                "stripe_key": SecretStr(KEY),
                "stripe_webhook_secret": SecretStr(WEBHOOK_SECRET),
                "stripe_url": str(server.make_url("")),
                "public_url": "https://shop.example.org",
            }
        )


@pytest.fixture
async def stripe_shop(
    prepared: None, stripe_settings: Settings, clock: GivenClock, openapi: OpenAPI
) -> AsyncIterator[ShopClient]:
    async with running(stripe_settings, clock, openapi) as shop:
        yield shop


async def path_of(shop: ShopClient, number: str) -> str:
    url = str((await seen(shop, number))["payment"]["url"])
    return url.removeprefix("https://shop.example.org")


async def opened(shop: ShopClient, path: str) -> tuple[int, str | None]:
    """The status, and where it leads."""
    async with shop.http.get(path, allow_redirects=False) as response:
        return response.status, response.headers.get("Location")


async def told(shop: ShopClient, clock: GivenClock, kind: str, thing: Any, secret: str = WEBHOOK_SECRET) -> int:
    """An event as Stripe sends it, signed as Stripe publishes it."""
    body = json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": thing}}).encode()
    moment = int(clock.now().timestamp())
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={moment},v1={'0' * 64},v1={digest},v0=old", "Content-Type": "application/json"}
    async with shop.http.post("/v1/payment-events/stripe", data=body, headers=headers) as response:
        return response.status


def paid_session(token: str, amount: int = MINI) -> Any:
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "payment_status": "paid",
        "status": "complete",
        "payment_intent": "pi_9",
        "amount_total": amount,
        "metadata": {"payment": token},
    }


class TestCheckout:
    """The customer goes from the shop's page to Stripe's, and comes back."""

    async def test_the_page_leads_to_stripe(self, stripe_shop: ShopClient, stripe: StandIn) -> None:
        number = await placed(stripe_shop, item(quantity=2), payment_method="card")
        path = await path_of(stripe_shop, number)
        assert stripe.asked == []  # an order waits for nobody
        assert await opened(stripe_shop, path) == (303, "https://checkout.example.org/cs_1")
        fields = stripe.asked[0].fields
        assert fields["line_items[0][price_data][unit_amount]"] == str(2 * MINI)
        assert fields["line_items[0][price_data][currency]"] == "eur"
        assert fields["payment_method_types[0]"] == "card"
        assert fields["success_url"] == f"https://shop.example.org{path}?back=paid"
        assert fields["payment_intent_data[metadata][payment]"] == path.removeprefix("/pay/")

    async def test_opened_twice_it_is_the_same_session(self, stripe_shop: ShopClient, stripe: StandIn) -> None:
        path = await path_of(stripe_shop, await placed(stripe_shop))
        assert await opened(stripe_shop, path) == await opened(stripe_shop, path)
        assert len(stripe.answers) == 1

    async def test_another_amount_is_another_session(self, stripe_shop: ShopClient, stripe: StandIn) -> None:
        number = await placed(stripe_shop, item(quantity=2))
        await opened(stripe_shop, await path_of(stripe_shop, number))
        await stripe_shop.patch(f"/v1/orders/{number}", {"items": [item()]})
        await opened(stripe_shop, await path_of(stripe_shop, number))
        amounts = [asked.fields["line_items[0][price_data][unit_amount]"] for asked in stripe.asked]
        assert amounts == [str(2 * MINI), str(MINI)]

    async def test_who_comes_back_too_early_is_told_to_wait(self, stripe_shop: ShopClient) -> None:
        number = await placed(stripe_shop)
        path = await path_of(stripe_shop, number)
        await opened(stripe_shop, path)
        async with stripe_shop.http.get(f"{path}?back=paid") as response:
            assert (response.status, "wird bestätigt" in await response.text()) == (200, True)

    async def test_an_event_that_got_lost_is_made_up_for_when_the_customer_comes_back(
        self, stripe_shop: ShopClient, stripe: StandIn
    ) -> None:
        number = await placed(stripe_shop)
        path = await path_of(stripe_shop, number)
        await opened(stripe_shop, path)
        stripe.things["cs_1"] |= {"payment_status": "paid", "payment_intent": "pi_9", "amount_total": MINI}
        async with stripe_shop.http.get(f"{path}?back=paid") as response:
            assert "Vielen Dank" in await response.text()
        assert (await seen(stripe_shop, number))["payment"]["status"] == "paid"

    async def test_a_session_that_has_expired_is_begun_anew(self, stripe_shop: ShopClient, stripe: StandIn) -> None:
        number = await placed(stripe_shop)
        path = await path_of(stripe_shop, number)
        await opened(stripe_shop, path)
        stripe.things["cs_1"]["status"] = "expired"
        assert await opened(stripe_shop, path) == (303, "https://checkout.example.org/cs_2")

    @pytest.mark.parametrize("status", [500, 429, 400, 402, 404])
    async def test_when_stripe_will_not_the_page_says_so(
        self, stripe_shop: ShopClient, stripe: StandIn, status: int
    ) -> None:
        number = await placed(stripe_shop)
        stripe.status = status
        path = await path_of(stripe_shop, number)
        assert (await opened(stripe_shop, path))[0] == 503
        assert (await seen(stripe_shop, number))["payment"]["status"] == "open"
        stripe.status = 200
        assert (await opened(stripe_shop, path))[0] == 303

    async def test_there_are_no_test_buttons(self, stripe_shop: ShopClient) -> None:
        number = await placed(stripe_shop)
        async with stripe_shop.http.post(await path_of(stripe_shop, number), data={"outcome": "paid"}) as response:
            assert response.status == 404
        assert (await seen(stripe_shop, number))["payment"]["status"] == "open"

    async def test_a_server_without_checkout_gets_an_intent(self, stripe_shop: ShopClient, stripe: StandIn) -> None:
        stripe.has_checkout = False
        number = await placed(stripe_shop)
        path = await path_of(stripe_shop, number)
        assert (await opened(stripe_shop, path))[0] == 200
        assert stripe.asked[-1].fields | {"amount": str(MINI), "currency": "eur"} == stripe.asked[-1].fields
        stripe.things["pi_1"] |= {"status": "succeeded", "amount_received": MINI}
        await opened(stripe_shop, path)
        assert (await seen(stripe_shop, number))["payment"]["status"] == "paid"


class TestEvents:
    """What Stripe tells, in Stripe's words."""

    async def token_of(self, shop: ShopClient, number: str) -> str:
        return (await path_of(shop, number)).removeprefix("/pay/")

    async def test_a_completed_session_is_paid(self, stripe_shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(stripe_shop)
        session = paid_session(await self.token_of(stripe_shop, number))
        assert await told(stripe_shop, clock, "checkout.session.completed", session) == 204
        assert (await seen(stripe_shop, number))["payment"]["status"] == "paid"

    async def test_a_session_whose_bank_has_not_said_yes_is_not(
        self, stripe_shop: ShopClient, clock: GivenClock
    ) -> None:
        number = await placed(stripe_shop)
        session = paid_session(await self.token_of(stripe_shop, number)) | {"payment_status": "unpaid"}
        await told(stripe_shop, clock, "checkout.session.completed", session)
        assert (await seen(stripe_shop, number))["payment"]["status"] == "open"

    @pytest.mark.parametrize(
        ("kind", "error", "failure"),
        [
            ("payment_intent.payment_failed", {"code": "card_declined", "decline_code": "generic_decline"}, "declined"),
            ("payment_intent.payment_failed", {"code": "card_declined", "decline_code": "insufficient_funds"}, "insufficient_funds"),
            ("payment_intent.payment_failed", {"code": "expired_card"}, "expired"),
            ("payment_intent.canceled", None, "cancelled"),
        ],
    )  # fmt: skip
    async def test_a_failure_says_why(
        self, stripe_shop: ShopClient, clock: GivenClock, kind: str, error: Any, failure: str
    ) -> None:
        number = await placed(stripe_shop)
        token = await self.token_of(stripe_shop, number)
        intent = {"id": "pi_1", "last_payment_error": error, "metadata": {"payment": token}}
        await told(stripe_shop, clock, kind, intent)
        payment = (await seen(stripe_shop, number))["payment"]
        assert (payment["status"], payment["failure"]) == ("failed", failure)

    async def test_an_old_sessions_end_is_not_the_new_ones(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await placed(stripe_shop)
        path = await path_of(stripe_shop, number)
        await opened(stripe_shop, path)
        stripe.things["cs_1"]["status"] = "expired"
        await opened(stripe_shop, path)
        await told(stripe_shop, clock, "checkout.session.completed", paid_session(path.removeprefix("/pay/")))
        await told(stripe_shop, clock, "checkout.session.expired", stripe.things["cs_1"])
        assert (await seen(stripe_shop, number))["payment"]["status"] == "paid"

    async def test_another_secret_opens_nothing(self, stripe_shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(stripe_shop)
        session = paid_session(await self.token_of(stripe_shop, number))
        for secret in ("whsec_another", TOKEN, KEY, ""):
            assert await told(stripe_shop, clock, "checkout.session.completed", session, secret) == 400
        assert (await seen(stripe_shop, number))["payment"]["status"] == "open"

    @pytest.mark.parametrize("kind", ["customer.created", "checkout.session.completed", "refund.updated"])
    async def test_what_is_not_ours_is_taken_and_changes_nothing(
        self, stripe_shop: ShopClient, clock: GivenClock, kind: str
    ) -> None:
        for metadata in ({}, None, {"payment": "nobody's"}, {"refund": "RF-999999"}):
            thing = paid_session("x") | {"metadata": metadata, "status": "succeeded"}
            assert await told(stripe_shop, clock, kind, thing) == 204


class TestRefunds:
    """Asked for once the money is owed, under the refund's own number, and booked when Stripe says so."""

    async def paid(self, shop: ShopClient, clock: GivenClock, amount: int = MINI, **more: Any) -> str:
        number = await placed(shop, **more)
        token = (await path_of(shop, number)).removeprefix("/pay/")
        await told(shop, clock, "checkout.session.completed", paid_session(token, amount))
        return number

    async def events(self, shop: ShopClient) -> PaymentEvents:
        """The task that runs every minute."""
        assert shop.http.app is not None
        events: PaymentEvents = shop.http.app[PAYMENT_EVENTS]
        return events

    async def test_a_cancelled_order_is_refunded_by_stripe(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await self.paid(stripe_shop, clock)
        await stripe_shop.post(f"/v1/orders/{number}/cancellation", {})
        for _ in range(3):
            await (await self.events(stripe_shop)).pay_out()
        [asked] = stripe.asked
        assert (asked.path, asked.key) == ("/v1/refunds", "RF-400001")
        assert asked.fields == {"payment_intent": "pi_9", "amount": str(MINI), "metadata[refund]": "RF-400001"}
        refund = {"id": "re_1", "status": "succeeded", "metadata": {"refund": "RF-400001"}}
        for _ in range(2):
            assert await told(stripe_shop, clock, "refund.updated", refund) == 204
        assert (await refunds_of(stripe_shop))[0]["status"] == "refunded"

    async def test_a_return_waits_for_the_goods(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await self.paid(stripe_shop, clock)
        await advanced(stripe_shop, number, "delivered")
        entry = (await given_back(stripe_shop, number)).json["number"]
        await (await self.events(stripe_shop)).pay_out()
        assert stripe.asked == []
        await received(stripe_shop, entry)
        await (await self.events(stripe_shop)).pay_out()
        assert [asked.path for asked in stripe.asked] == ["/v1/refunds"]

    async def test_a_refund_that_stripe_refuses_is_left_to_the_staff(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await self.paid(stripe_shop, clock)
        await stripe_shop.post(f"/v1/orders/{number}/cancellation", {})
        stripe.status = 400
        for _ in range(3):
            await (await self.events(stripe_shop)).pay_out()
        assert len(stripe.asked) == 1
        book = await stripe_shop.staff().post("/v1/operations/refunds/RF-400001/book", {})
        assert book.json["status"] == "refunded"

    async def test_a_refund_is_asked_for_again_when_stripe_was_away(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await self.paid(stripe_shop, clock)
        await stripe_shop.post(f"/v1/orders/{number}/cancellation", {})
        for status in (503, 200):
            stripe.status = status
            await (await self.events(stripe_shop)).pay_out()
        assert [asked.key for asked in stripe.asked] == ["RF-400001", "RF-400001"]

    async def test_gift_cards_and_invoices_are_not_stripes(
        self, stripe_shop: ShopClient, stripe: StandIn, clock: GivenClock
    ) -> None:
        number = await self.paid(stripe_shop, clock)
        await advanced(stripe_shop, number, "delivered")
        await received(stripe_shop, (await given_back(stripe_shop, number, to="gift_card")).json["number"])
        await (await self.events(stripe_shop)).pay_out()
        assert (stripe.asked, (await refunds_of(stripe_shop))[0]["amount"]) == ([], eur(MINI))


class TestSettings:
    """Stripe is whole or not at all, and its secrets never print."""

    @pytest.mark.parametrize("missing", ["stripe_key", "stripe_webhook_secret", "public_url"])
    def test_stripe_needs_all_that_it_needs(self, database_url: str, missing: str) -> None:
        settings: dict[str, Any] = {
            "token": TOKEN,
            "database_url": database_url,
            "payment_provider": "stripe",
            "stripe_key": KEY,
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "public_url": "https://shop.example.org",
        }
        assert KEY not in repr(Settings.model_validate(settings))
        del settings[missing]
        with pytest.raises(ValidationError) as refused:
            Settings.model_validate(settings)
        assert KEY not in str(refused.value)
        assert WEBHOOK_SECRET not in str(refused.value)

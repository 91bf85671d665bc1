"""The page where a payment is made, and events of whoever collects it: signed, once, in any order."""

import asyncio
from datetime import timedelta
from typing import Any, Literal

import orjson
import pytest

from shop.clock import Clock
from shop.links import derived_key
from shop.payments.embedded import EmbeddedProvider, Signed
from tests.shop.client import TOKEN, Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import (
    advanced,
    balances,
    delivered,
    eur,
    exchanged,
    gift_card,
    item,
    placed,
    received,
    refunds_of,
    seen,
)

MINI = 49900


@pytest.fixture
def customer(shop: ShopClient) -> ShopClient:
    """Somebody who has nothing but links."""
    return shop.with_token(None).acting_for(None)


def provider(clock: Clock, key: bytes | None = None) -> EmbeddedProvider:
    return EmbeddedProvider(key or derived_key(TOKEN, "payment events"), clock)


async def page_of(shop: ShopClient, number: str) -> str:
    return str((await seen(shop, number))["payment"]["url"])


async def opened(shop: ShopClient, url: str) -> Reply:
    """Without going where it leads."""
    async with shop.http.get(url, allow_redirects=False) as response:
        return Reply(response.status, await response.read(), response.headers, request_fits=True)


async def pressed(shop: ShopClient, url: str, outcome: str) -> Reply:
    async with shop.http.post(url, data={"outcome": outcome}, allow_redirects=False) as response:
        return Reply(response.status, await response.read(), response.headers, request_fits=True)


async def told(shop: ShopClient, event: Signed, name: str = "test") -> Reply:
    headers = {**event.headers, "Content-Type": "application/json"}
    path = f"/v1/payment-events/{name}"
    return await shop.with_token(None).acting_for(None).send("POST", path, raw=event.body, headers=headers)


class TestThePage:
    """It says what is paid for and how much, and has two buttons."""

    async def test_it_says_what_and_how_much(self, shop: ShopClient) -> None:
        number = await placed(shop, item(quantity=2))
        page = await opened(shop, await page_of(shop, number))
        text = page.raw.decode()
        assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        for word in (number, "998,00\xa0€", "Bezahlen", "Ablehnen", "Es fließt kein Geld"):
            assert word in text

    async def test_it_speaks_the_orders_language(self, shop: ShopClient) -> None:
        page = await opened(shop, await page_of(shop, await placed(shop, language="en")))
        assert all(word in page.raw.decode() for word in ("€499.00", ">Pay<", ">Decline<", 'lang="en"'))

    async def test_it_loads_and_frames_nothing(self, shop: ShopClient) -> None:
        page = await opened(shop, await page_of(shop, await placed(shop)))
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["Cache-Control"] == "no-store"

    async def test_paid_is_paid(self, shop: ShopClient) -> None:
        number = await placed(shop)
        url = await page_of(shop, number)
        back = await pressed(shop, url, "paid")
        assert back.status == 303
        assert (await seen(shop, number))["payment"] == {
            "method": "paypal",
            "status": "paid",
            "amount": eur(MINI),
            "url": None,
            "failure": None,
            "label": None,
        }
        page = await opened(shop, url)
        assert (page.status, b"Vielen Dank" in page.raw, b"<button" in page.raw) == (200, True, False)

    async def test_declined_can_be_tried_again_on_the_same_page(self, shop: ShopClient) -> None:
        number = await placed(shop)
        url = await page_of(shop, number)
        await pressed(shop, url, "declined")
        payment = (await seen(shop, number))["payment"]
        assert (payment["status"], payment["failure"], payment["url"]) == ("failed", "declined", url)
        assert b"Ein neuer Versuch" in (await opened(shop, url)).raw
        await pressed(shop, url, "paid")
        assert (await seen(shop, number))["payment"]["status"] == "paid"

    async def test_what_is_no_longer_wanted_has_no_buttons(self, shop: ShopClient) -> None:
        number = await placed(shop)
        url = await page_of(shop, number)
        await shop.patch(f"/v1/orders/{number}", {"payment_method": "invoice"})
        page = await opened(shop, url)
        assert (page.status, b"<button" in page.raw) == (410, False)

    @pytest.mark.parametrize("token", ["x", "NC-104201", "A" * 32, "%00", "größe"])
    async def test_no_page_can_be_guessed(self, shop: ShopClient, token: str) -> None:
        await placed(shop)
        assert (await opened(shop, f"/pay/{token}")).status == 404
        assert (await pressed(shop, f"/pay/{token}", "paid")).status == 404

    async def test_pages_are_long_to_guess_and_never_the_same(self, shop: ShopClient) -> None:
        urls = {await page_of(shop, await placed(shop)) for _ in range(5)}
        assert len(urls) == 5
        assert all(len(url) == len("/pay/") + 32 for url in urls)

    @pytest.mark.parametrize("form", [{}, {"outcome": "refunded"}, {"outcome": ""}])
    async def test_there_is_no_third_button(self, shop: ShopClient, form: dict[str, str]) -> None:
        number = await placed(shop)
        async with shop.http.post(await page_of(shop, number), data=form) as response:
            assert response.status == 400
        assert (await seen(shop, number))["payment"]["status"] == "open"

    async def test_the_page_belongs_to_the_document_too(self, shop: ShopClient, customer: ShopClient) -> None:
        url = await page_of(shop, await placed(shop))
        assert (await customer.get(url)).status == 200
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await customer.exchange("POST", url, raw=b"outcome=junk", headers=form)).status == 400


class TestEventsAreSigned:
    """Nobody but the provider says that something is paid."""

    async def test_a_signed_event_is_taken(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        token = (await page_of(shop, number)).removeprefix("/pay/")
        assert (await told(shop, provider(clock).press(token, "paid"))).status == 204
        assert (await seen(shop, number))["payment"]["status"] == "paid"

    async def refused(self, shop: ShopClient, number: str, event: Signed) -> None:
        reply = await told(shop, event)
        assert (reply.status, reply.slug) == (400, "signature-invalid")
        assert (await seen(shop, number))["payment"]["status"] == "open"

    async def test_one_with_another_key_is_not(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        token = (await page_of(shop, number)).removeprefix("/pay/")
        for key in (b"guessed", TOKEN.encode(), derived_key(TOKEN, "documents")):
            await self.refused(shop, number, provider(clock, key).press(token, "paid"))

    async def test_one_that_was_changed_on_the_way_is_not(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        token = (await page_of(shop, number)).removeprefix("/pay/")
        event = provider(clock).press(token, "declined")
        await self.refused(shop, number, Signed(event.headers, event.body.replace(b"declined", b"paid")))

    @pytest.mark.parametrize("later", [timedelta(seconds=301), timedelta(seconds=-301)])
    async def test_one_that_somebody_kept_is_not(self, shop: ShopClient, clock: GivenClock, later: timedelta) -> None:
        number = await placed(shop)
        token = (await page_of(shop, number)).removeprefix("/pay/")
        event = provider(clock).press(token, "paid")
        clock.passes(later)
        await self.refused(shop, number, event)

    @pytest.mark.parametrize(
        "header", ["", "t=1", "v1=00", "t=,v1=", "t=x,v1=00", "t=1,t=2,v1=00", "größe", "t=٣,v1=0", "t=" + "9" * 400]
    )
    async def test_one_without_a_proper_signature_is_not(self, shop: ShopClient, header: str) -> None:
        number = await placed(shop)
        await self.refused(shop, number, Signed({"Test-Signature": header}, b"{}"))

    async def test_another_providers_door_is_closed(self, shop: ShopClient, clock: GivenClock) -> None:
        event = provider(clock).press("x", "paid")
        assert (await told(shop, event, "stripe")).status == 404

    async def test_an_event_about_nothing_of_ours_is_taken_and_changes_nothing(
        self, shop: ShopClient, clock: GivenClock
    ) -> None:
        assert (await told(shop, provider(clock).press("nobody's", "paid"))).status == 204


class TestEventsInAnyOrder:
    """Twice, late, or for what is no longer wanted: the customer never loses money."""

    async def tell(self, shop: ShopClient, clock: Clock, url: str, outcome: Literal["paid", "declined"]) -> None:
        assert (await told(shop, provider(clock).press(url.removeprefix("/pay/"), outcome))).status == 204

    async def test_told_twice_it_is_paid_once(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        url = await page_of(shop, number)
        await asyncio.gather(*(self.tell(shop, clock, url, "paid") for _ in range(8)))
        await self.tell(shop, clock, url, "declined")
        payment = (await seen(shop, number))["payment"]
        assert (payment["status"], payment["amount"], await refunds_of(shop)) == ("paid", eur(MINI), [])

    async def test_paid_after_cancelling_goes_back(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        url = await page_of(shop, number)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        await self.tell(shop, clock, url, "paid")
        [refund] = await refunds_of(shop)
        assert (refund["reason"], refund["amount"], refund["method"]) == ("cancellation", eur(MINI), "paypal")

    async def test_paid_on_an_earlier_page_counts_and_closes_the_later(
        self, shop: ShopClient, clock: GivenClock
    ) -> None:
        number = await placed(shop)
        earlier = await page_of(shop, number)
        await shop.post(f"/v1/orders/{number}/payment", {"payment_method": "card"})
        later = await page_of(shop, number)
        await self.tell(shop, clock, earlier, "paid")
        assert ((await seen(shop, number))["payment"]["status"], await refunds_of(shop)) == ("paid", [])
        assert (await opened(shop, later)).status == 410

    async def test_paid_on_both_pages_the_second_goes_back(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        earlier = await page_of(shop, number)
        await shop.post(f"/v1/orders/{number}/payment", {"payment_method": "card"})
        later = await page_of(shop, number)
        await self.tell(shop, clock, earlier, "paid")
        await self.tell(shop, clock, later, "paid")
        [refund] = await refunds_of(shop)
        assert (refund["amount"], refund["status"]) == (eur(MINI), "requested")
        assert (await seen(shop, number))["payment"]["amount"] == eur(MINI)

    async def test_paid_the_old_price_after_a_change_the_rest_goes_back(
        self, shop: ShopClient, clock: GivenClock
    ) -> None:
        number = await placed(shop, item(quantity=3))
        url = await page_of(shop, number)
        await shop.patch(f"/v1/orders/{number}", {"items": [item()]})
        await self.tell(shop, clock, url, "paid")
        [refund] = await refunds_of(shop)
        assert (refund["reason"], refund["amount"]) == ("change", eur(2 * MINI))
        assert (await seen(shop, number))["payment"]["amount"] == eur(MINI)

    async def test_paid_by_card_meanwhile_paypal_goes_back(self, shop: ShopClient, clock: GivenClock) -> None:
        code = await gift_card(shop, MINI)
        number = await placed(shop)
        url = await page_of(shop, number)
        await shop.patch(f"/v1/orders/{number}", {"payment_method": "gift_card"})
        await self.tell(shop, clock, url, "paid")
        assert sum(refund["amount"]["amount"] for refund in await refunds_of(shop)) == MINI
        assert (await seen(shop, number))["payment"]["amount"] == eur(MINI)
        assert (await balances(shop))[code] in {0, MINI}

    async def test_an_exchange_that_is_paid_on_its_page_is_sent(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="paypal")).json
        await received(shop, entry["number"])
        await pressed(shop, entry["payment"]["url"], "paid")
        assert (await shop.get(f"/v1/returns/{entry['number']}")).json["replacement"]["status"] == "shipped"

    async def test_an_exchange_paid_twice_gives_one_back(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="paypal")).json
        first = entry["payment"]["url"]
        await shop.post(f"/v1/orders/{number}/payment", {"payment_method": "card"})
        second = (await shop.get(f"/v1/returns/{entry['number']}")).json["payment"]["url"]
        await self.tell(shop, clock, first, "paid")
        await self.tell(shop, clock, second, "paid")
        assert [refund["amount"] for refund in await refunds_of(shop)] == [eur(5000)]

    async def test_the_price_on_the_page_falls_with_what_came_back(self, shop: ShopClient) -> None:
        number = await placed(shop, item(quantity=2))
        await advanced(shop, number, "delivered")
        url = await page_of(shop, number)
        body: Any = {"items": [{"line": 0, "quantity": 1}], "refund_to": "original"}
        entry = (await shop.post(f"/v1/orders/{number}/returns", body)).json["number"]
        await received(shop, entry)
        assert "499,00\xa0€" in (await opened(shop, url)).raw.decode()


async def test_junk_in_a_form_or_an_event_never_makes_the_shop_fail(shop: ShopClient) -> None:
    url = await page_of(shop, await placed(shop))
    for raw in (b"", b"\xff\xfe", b"outcome=%ff", b"a" * 1000, orjson.dumps({"outcome": "paid"})):
        for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "application/json", "text/plain"):
            for path in (url, "/v1/payment-events/test"):
                async with shop.http.post(path, data=raw, headers={"Content-Type": kind}) as response:
                    assert response.status == 400

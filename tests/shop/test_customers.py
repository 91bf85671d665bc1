"""The customer record: created by the first write, one customer's own."""

from datetime import timedelta
from typing import Any

import pytest

from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import ADDRESS, VIENNA, order

ME = "/v1/customers/me"
METHODS = ["invoice", "paypal", "card", "direct_debit", "gift_card"]


async def test_a_customer_who_never_wrote_is_not_found(shop: ShopClient) -> None:
    reply = await shop.get(ME)
    assert (reply.status, reply.slug) == (404, "customer-not-found")


async def test_the_first_write_creates_the_customer(shop: ShopClient) -> None:
    reply = await shop.put(ME, {"name": "Jonas", "email": "jonas.reuter@example.org", "language": "de"})
    assert reply.status == 200
    assert (
        (await shop.get(ME)).json
        == reply.json
        == {
            "id": "customer-1",
            "name": "Jonas",
            "email": "jonas.reuter@example.org",
            "language": "de",
            "addresses": [],
            "payment_methods": METHODS,
            "gift_cards": [],
            "iban_ending": None,
        }
    )


async def test_an_order_creates_the_customer_in_its_language(shop: ShopClient) -> None:
    await shop.post("/v1/orders", order(language="en"))
    assert (await shop.get(ME)).json["language"] == "en"


async def test_what_is_left_out_stays_and_null_clears(shop: ShopClient) -> None:
    await shop.put(ME, {"name": "Jonas", "email": "jonas.reuter@example.org", "language": "de"})
    await shop.put(ME, {"language": "en", "email": None})
    customer = (await shop.get(ME)).json
    assert (customer["name"], customer["email"], customer["language"]) == ("Jonas", None, "en")


async def test_addresses_of_orders_are_remembered_once_and_last_used_first(shop: ShopClient, clock: GivenClock) -> None:
    for address in (ADDRESS, VIENNA, ADDRESS):
        await shop.post("/v1/orders", order(address=address))
        clock.passes(timedelta(minutes=1))
    assert (await shop.get(ME)).json["addresses"] == [ADDRESS, VIENNA]


async def test_customers_do_not_see_each_other(shop: ShopClient) -> None:
    await shop.put(ME, {"name": "Jonas", "language": "de"})
    reply = await shop.acting_for("customer-2").get(ME)
    assert reply.slug == "customer-not-found"


@pytest.mark.parametrize("customer", [None, "a b", "x" * 129, "größe"])
async def test_a_call_without_a_proper_customer_is_refused(shop: ShopClient, customer: str | None) -> None:
    reply = await shop.acting_for(customer).send_malformed("GET", ME)
    assert (reply.status, reply.slug) == (400, "invalid-request")
    assert reply.json["errors"][0]["path"] == "header.Nochannel-Customer"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"language": "fr"},
        {"language": "de", "email": "jonas"},
        {"language": "de", "email": "a b@example.org"},
        {"language": "de", "name": "   "},
        {"language": "de", "name": "Jo\u0000nas"},
        {"language": "de", "name": "x" * 101},
        {"language": "de", "nickname": "Joni"},
        ["de"],
        "de",
        None,
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(shop: ShopClient, body: Any) -> None:
    reply = await shop.refused("PUT", ME, body)
    assert (reply.status, reply.slug) == (400, "invalid-request")

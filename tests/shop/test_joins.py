"""Two customers who turn out to be one: nothing is lost or doubled, and it can be undone."""

import asyncio

import pytest
from sqlalchemy import inspect

from shop.joins import STAY, tables_of_customers
from shop.models import Base, Customer
from tests.shop.client import ShopClient
from tests.shop.requests import ADDRESS, VIENNA, delivered, item, order, placed

ME = "/v1/customers/me"
JOINS = "/v1/customers/me/joins"


@pytest.fixture
def other(shop: ShopClient) -> ShopClient:
    """The same person under another account, whom the shop takes for somebody else."""
    return shop.acting_for("telegram-100200300")


async def joined(shop: ShopClient, other: str = "telegram-100200300") -> None:
    reply = await shop.post(JOINS, {"customer": other})
    assert reply.status == 200, reply.json


async def numbers(shop: ShopClient) -> list[str]:
    return sorted(found["number"] for found in (await shop.get("/v1/orders")).json["items"])


async def test_what_was_the_others_is_the_customers_own(shop: ShopClient, other: ShopClient) -> None:
    mine, theirs = await placed(shop), await placed(other)
    await joined(shop)
    assert await numbers(shop) == sorted([mine, theirs])
    assert await numbers(other) == []
    cancelled = await shop.post(f"/v1/orders/{theirs}/cancellation", {})
    assert cancelled.status == 200, cancelled.json


async def test_devices_subscriptions_and_invoices_come_along(shop: ShopClient, other: ShopClient) -> None:
    number = await delivered(other, item("sitsense-home-sand", term_months=12))
    await delivered(other)
    await joined(shop)
    assert len((await shop.get(ME)).json["devices"]) == 2
    assert [rented["order_number"] for rented in (await shop.get("/v1/subscriptions")).json["items"]] == [number]
    invoice = await shop.post(f"/v1/orders/{number}/invoice", {})
    assert invoice.status == 201, invoice.json


async def test_the_same_address_is_kept_once_and_other_ones_are_added(shop: ShopClient, other: ShopClient) -> None:
    await shop.post(f"{ME}/addresses", ADDRESS)
    for address in (ADDRESS, VIENNA):
        await other.post(f"{ME}/addresses", address)
    await joined(shop)
    assert sorted(address["city"] for address in (await shop.get(ME)).json["addresses"]) == ["Leipzig", "Wien"]


async def test_the_record_is_filled_and_what_was_there_stays(shop: ShopClient, other: ShopClient) -> None:
    await shop.put(ME, {"language": "de", "name": "Jonas"})
    await other.put(
        ME, {"language": "en", "name": "J. Reuter", "phone": "+493414800960", "consents": {"marketing": True}}
    )
    await joined(shop)
    customer = (await shop.get(ME)).json
    assert (customer["name"], customer["phone"], customer["language"]) == ("Jonas", "+493414800960", "de")
    assert customer["consents"]["marketing"] is False


async def test_a_mistake_is_undone_as_far_as_it_was_theirs(shop: ShopClient, other: ShopClient) -> None:
    mine, theirs = await placed(shop), await placed(other)
    await other.put(ME, {"language": "de", "phone": "+493414800960"})
    await other.post(f"{ME}/addresses", VIENNA)
    await joined(shop)
    since = await placed(shop)
    assert (await shop.delete(f"{JOINS}/telegram-100200300", {})).status == 200
    assert await numbers(shop) == sorted([mine, since])
    assert await numbers(other) == [theirs]
    assert (await shop.get(ME)).json["phone"] is None
    assert {address["city"] for address in (await shop.get(ME)).json["addresses"]} == {"Leipzig"}
    assert {address["city"] for address in (await other.get(ME)).json["addresses"]} == {"Leipzig", "Wien"}


async def test_joining_twice_changes_nothing_and_joining_elsewhere_is_refused(
    shop: ShopClient, other: ShopClient
) -> None:
    await placed(other)
    await joined(shop)
    await joined(shop)
    assert len(await numbers(shop)) == 1
    stranger = shop.acting_for("web-9")
    assert (await stranger.post(JOINS, {"customer": "telegram-100200300"})).slug == "joined-otherwise"
    assert (await stranger.delete(f"{JOINS}/telegram-100200300", {})).slug == "join-not-found"
    assert len(await numbers(shop)) == 1


async def test_nobody_is_joined_into_themselves(shop: ShopClient) -> None:
    assert (await shop.post(JOINS, {"customer": "customer-1"})).slug == "invalid-request"


async def test_who_never_wrote_may_be_joined_and_parted(shop: ShopClient) -> None:
    await joined(shop, "alexa-new")
    assert (await shop.delete(f"{JOINS}/alexa-new", {})).status == 200


async def test_who_was_joined_before_comes_along_and_can_still_be_parted(shop: ShopClient, other: ShopClient) -> None:
    third = shop.acting_for("web-3")
    theirs = await placed(third)
    await joined(other, "web-3")
    await joined(shop)
    assert await numbers(shop) == [theirs]
    assert (await shop.delete(f"{JOINS}/web-3", {})).status == 200
    assert await numbers(third) == [theirs]


async def test_two_joins_and_an_order_at_the_same_time_lose_nothing(shop: ShopClient, other: ShopClient) -> None:
    theirs = await placed(other)
    rival = shop.acting_for("web-7")
    replies = await asyncio.gather(
        shop.post(JOINS, {"customer": "telegram-100200300"}),
        rival.post(JOINS, {"customer": "telegram-100200300"}),
        other.post("/v1/orders", order(item("aeropix-mini-white"))),
    )
    assert sorted(reply.status for reply in replies) == [200, 201, 409]
    found = [*await numbers(shop), *await numbers(rival), *await numbers(other)]
    assert sorted(found) == sorted([theirs, replies[2].json["number"]])


def test_no_table_of_a_customers_is_forgotten() -> None:
    of_customers = {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c}
    assert {table.name for table in tables_of_customers()} == of_customers - STAY
    refers = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table is inspect(Customer).local_table
    }
    assert refers - {"customer_joins"} == of_customers

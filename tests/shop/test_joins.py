"""Two customers who turn out to be one: nothing is lost or doubled, and it can be undone."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, inspect, select

from shop.database import Database
from shop.joins import STAY, tables_of_customers
from shop.models import Base, Customer
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import (
    ADDRESS,
    VIENNA,
    advanced,
    balances,
    delivered,
    found,
    gift_card,
    given_back,
    item,
    order,
    placed,
)

ME = "/v1/customers/me"
JOINS = "/v1/customers/me/joins"
PROOFS = "/v1/customers/me/email-proofs"
COMPANY = {"name": "Reuter Luftbild GmbH", "vat_number": "DE136695976"}


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


@pytest.mark.parametrize("is_new", [True, False])
async def test_what_is_ordered_while_two_would_join_its_customer_belongs_to_the_one_who_did(
    shop: ShopClient, is_new: bool
) -> None:
    for number in range(5):
        person = f"telegram-{number}"
        other, rivals = shop.acting_for(person), [shop.acting_for(f"web-{number}-{rival}") for rival in range(2)]
        before = [] if is_new else [await placed(other)]
        order_reply, *joins = await asyncio.gather(
            other.post("/v1/orders", order(item("aeropix-mini-white"))),
            *(rival.post(JOINS, {"customer": person}) for rival in rivals),
        )
        assert (order_reply.status, sorted(join.status for join in joins)) == (201, [200, 409])
        winner, loser = (
            rivals[joins.index(next(join for join in joins if join.status == status))] for status in (200, 409)
        )
        assert await numbers(winner) == sorted([*before, order_reply.json["number"]])
        assert await numbers(other) == await numbers(loser) == []


async def test_two_who_join_each_other_at_the_same_time_are_joined_once(shop: ShopClient, other: ShopClient) -> None:
    mine, theirs = await placed(shop), await placed(other)
    replies = await asyncio.gather(
        shop.post(JOINS, {"customer": "telegram-100200300"}), other.post(JOINS, {"customer": "customer-1"})
    )
    assert sorted(reply.status for reply in replies) == [200, 409]
    assert sorted([await numbers(shop), await numbers(other)]) == [[], sorted([mine, theirs])]


async def test_who_is_joined_joins_nobody(shop: ShopClient, other: ShopClient) -> None:
    await joined(shop)
    for customer in ("customer-1", "web-3"):
        reply = await other.post(JOINS, {"customer": customer})
        assert (reply.status, reply.slug) == (409, "joined-otherwise")


async def test_joining_again_takes_over_what_the_other_did_since(shop: ShopClient, other: ShopClient) -> None:
    await joined(shop)
    await other.put(ME, {"language": "de", "name": "Jonas"})
    await other.post(f"{ME}/addresses", VIENNA)
    await joined(shop)
    ours, theirs = (await shop.get(ME)).json, (await other.get(ME)).json
    assert (ours["name"], ours["addresses"]) == ("Jonas", [VIENNA])
    assert (theirs["name"], theirs["addresses"]) == (None, [])
    await shop.delete(f"{JOINS}/telegram-100200300")
    ours, theirs = (await shop.get(ME)).json, (await other.get(ME)).json
    assert (ours["name"], theirs["name"], theirs["addresses"]) == (None, "Jonas", [VIENNA])


async def test_a_new_customer_speaks_the_language_of_whom_they_turn_out_to_be(
    shop: ShopClient, other: ShopClient
) -> None:
    await other.put(ME, {"language": "en"})
    await joined(shop)
    assert (await shop.get(ME)).json["language"] == "en"


async def test_a_join_is_made_and_undone_once_however_often_it_is_sent(shop: ShopClient, other: ShopClient) -> None:
    await placed(other)
    first = await shop.post(JOINS, {"customer": "telegram-100200300"}, key="one")
    again = await shop.post(JOINS, {"customer": "telegram-100200300"}, key="one")
    assert (again.replayed, again.raw) == (True, first.raw)
    await shop.delete(f"{JOINS}/telegram-100200300", key="two")
    again = await shop.delete(f"{JOINS}/telegram-100200300", key="two")
    assert (again.status, again.replayed) == (200, True)
    assert (await shop.delete(f"{JOINS}/telegram-100200300", key="three")).slug == "join-not-found"


# --- the record


async def record(shop: ShopClient, *members: str) -> list[Any]:
    customer = (await shop.get(ME)).json
    return [customer[member] for member in members]


async def test_who_is_joined_is_an_empty_customer_until_they_are_parted(shop: ShopClient, other: ShopClient) -> None:
    said = {"language": "en", "name": "Jonas", "phone": "+493414800960", "form_of_address": "du"}
    await other.put(ME, said | {"company": COMPANY})
    await placed(other, payment_method="direct_debit", iban="DE89370400440532013000")
    before = (await other.get(ME)).json
    await joined(shop)
    members = ("name", "phone", "form_of_address", "company", "iban_ending")
    assert await record(other, *members, "addresses") == [None] * len(members) + [[]]
    assert await record(shop, *members) == [before[member] for member in members]
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert (await other.get(ME)).json == before
    assert await record(shop, *members, "addresses") == [None] * len(members) + [[]]


async def test_a_company_does_not_get_another_ones_vat_number(shop: ShopClient, other: ShopClient) -> None:
    await shop.put(ME, {"language": "de", "company": {"name": "Reuter Film"}})
    await other.put(ME, {"language": "de", "company": COMPANY})
    await joined(shop)
    assert await record(shop, "company") == [{"name": "Reuter Film", "vat_number": None}]


async def test_what_was_changed_since_stays_when_two_are_parted(shop: ShopClient, other: ShopClient) -> None:
    await other.put(ME, {"language": "de", "name": "J. Reuter", "company": COMPANY})
    await joined(shop)
    renamed = {"name": "Reuter Luftbild AG", "vat_number": COMPANY["vat_number"]}
    await shop.put(ME, {"language": "de", "name": "Jonas", "company": renamed})
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await record(shop, "name", "company") == ["Jonas", renamed]
    assert await record(other, "name", "company") == ["J. Reuter", COMPANY]


async def test_a_consent_stays_with_whoever_gave_it(shop: ShopClient, other: ShopClient) -> None:
    await shop.put(ME, {"language": "de", "consents": {"telemetry": True}})
    await other.put(ME, {"language": "de", "consents": {"marketing": True, "telemetry": False}})
    await joined(shop)
    assert await record(shop, "consents") == [{"marketing": False, "outreach": False, "telemetry": True}]
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await record(other, "consents") == [{"marketing": True, "outreach": False, "telemetry": False}]


@pytest.mark.parametrize("typed", [None, "jonas@example.org", "Jonas@Example.org", "jonas@example.com"])
async def test_a_proven_email_leads_to_the_one_who_stays_and_back(
    shop: ShopClient, other: ShopClient, typed: str | None
) -> None:
    await shop.put(ME, {"language": "de", "email": typed})
    await other.post(PROOFS, {"email": "jonas@example.org"})
    await joined(shop)
    assert await found(shop, "jonas@example.org") == ["customer-1"]
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await found(shop, "jonas@example.org") == ["telegram-100200300"]
    assert await record(shop, "email", "email_proven") == [typed, False]


async def test_who_has_a_proven_email_keeps_it(shop: ShopClient, other: ShopClient) -> None:
    await shop.post(PROOFS, {"email": "jonas@example.com"})
    await other.post(PROOFS, {"email": "jonas@example.org"})
    await joined(shop)
    assert await record(shop, "email", "email_proven") == ["jonas@example.com", True]


async def test_an_email_that_was_proven_since_stays_proven(shop: ShopClient, other: ShopClient) -> None:
    await other.put(ME, {"language": "de", "email": "jonas@example.org"})
    await joined(shop)
    await shop.post(PROOFS, {"email": "jonas@example.org"})
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await found(shop, "jonas@example.org") == ["customer-1"]
    assert await record(other, "email", "email_proven") == ["jonas@example.org", False]


# --- what is moved, and goes back


async def rows_of(database: Database, customer: str) -> dict[str, int]:
    """How many there are in each table that has such."""
    async with database.reading() as session:
        counted = {
            table.name: await session.scalar(select(func.count()).where(table.c.customer_id == customer))
            for table in Base.metadata.sorted_tables
            if "customer_id" in table.c
        }
    return {name: count for name, count in counted.items() if count}


async def with_something_of_everything(other: ShopClient) -> None:
    """A customer who has rows in every table that has customers in it."""
    number = await delivered(other, item("sitsense-home-sand", term_months=12))
    await other.post(f"/v1/orders/{number}/invoice", {})
    await gift_card(other, 50_00, "telegram-100200300")
    await other.put(ME, {"language": "de", "consents": {"outreach": True}})


async def test_of_every_table_what_was_theirs_comes_and_goes_back(
    shop: ShopClient, other: ShopClient, database: Database
) -> None:
    await with_something_of_everything(other)
    before = await rows_of(database, "telegram-100200300")
    assert set(before) == {table.name for table in Base.metadata.sorted_tables if "customer_id" in table.c}
    await joined(shop)
    assert await rows_of(database, "telegram-100200300") == {"consents": 1}
    assert await rows_of(database, "customer-1") == {name: n for name, n in before.items() if name != "consents"}
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await rows_of(database, "telegram-100200300") == before
    assert await rows_of(database, "customer-1") == {}


async def test_what_hangs_on_an_order_goes_back_with_it_whenever_it_was_made(
    shop: ShopClient, other: ShopClient, database: Database, clock: GivenClock
) -> None:
    bought, rented = await placed(other), await placed(other, item("sitsense-home-sand", term_months=12))
    await joined(shop)
    for number in (bought, rented):
        await advanced(shop, number, "delivered")
    await shop.post(f"/v1/orders/{bought}/invoice", {})
    assert (await given_back(shop, bought)).status == 201
    clock.passes(timedelta(days=40))
    await shop.post(
        "/v1/subscriptions/SB-200001/cancellation", {"at_end": "return"}
    )  # which bills the months that began
    own = await delivered(shop)
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert await numbers(shop) == [own]
    assert [device["order_number"] for device in (await shop.get(ME)).json["devices"]] == [own]
    rows = await rows_of(database, "telegram-100200300")
    assert (rows["orders"], rows["devices"], rows["subscriptions"], rows["invoices"]) == (2, 2, 1, 2)
    assert len((await other.get("/v1/returns")).json["items"]) == 1
    assert (await shop.get("/v1/returns")).json["items"] == []


async def test_money_that_was_spent_from_a_gift_card_does_not_come_back_with_it(
    shop: ShopClient, other: ShopClient
) -> None:
    code = await gift_card(shop, 600_00, "telegram-100200300")
    await joined(shop)
    await placed(shop, item(), payment_method="gift_card", gift_card=code)
    left = await balances(shop)
    assert left[code] < 600_00
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert (await balances(other), await balances(shop)) == (left, {})


async def test_each_of_several_is_parted_with_what_was_theirs(shop: ShopClient, other: ShopClient) -> None:
    third = shop.acting_for("web-3")
    theirs, thirds = await placed(other), await placed(third)
    await third.put(ME, {"language": "de", "name": "Jonas"})
    await other.put(ME, {"language": "de", "form_of_address": "du"})
    await joined(other, "web-3")
    await joined(shop)
    said = ("name", "form_of_address")
    assert (await numbers(shop), await record(shop, *said)) == (sorted([theirs, thirds]), ["Jonas", "du"])
    await shop.delete(f"{JOINS}/telegram-100200300")
    assert (await numbers(other), await record(other, *said)) == ([theirs], [None, "du"])
    assert (await numbers(shop), await record(shop, *said)) == ([thirds], ["Jonas", None])
    await shop.delete(f"{JOINS}/web-3")
    assert (await numbers(third), await record(third, *said)) == ([thirds], ["Jonas", None])
    assert (await numbers(shop), await record(shop, *said)) == ([], [None, None])


async def test_an_address_that_both_have_again_does_not_stand_in_the_way_of_parting(
    shop: ShopClient, other: ShopClient
) -> None:
    await other.post(f"{ME}/addresses", VIENNA)
    await joined(shop)
    await other.post(f"{ME}/addresses", VIENNA)
    assert (await shop.delete(f"{JOINS}/telegram-100200300")).status == 200
    assert await record(other, "addresses") == [[VIENNA]]


async def test_an_order_is_moved_on_while_its_customer_is_joined(shop: ShopClient, other: ShopClient) -> None:
    for _ in range(5):
        number = await placed(other)
        moved, reply = await asyncio.gather(
            advanced(shop, number, "delivered"), shop.post(JOINS, {"customer": "telegram-100200300"})
        )
        assert (moved.status, reply.status) == (200, 200)
        assert number in {device["order_number"] for device in (await shop.get(ME)).json["devices"]}


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


async def test_a_write_that_is_repeated_after_joining_is_not_done_again(shop: ShopClient, other: ShopClient) -> None:
    """Its answer got lost, and meanwhile the account was linked."""
    first = await other.post("/v1/orders", order(), key="order-1")
    await joined(shop)
    again = await shop.post("/v1/orders", order(), key="order-1")
    assert again.json["number"] == first.json["number"]
    assert len(await numbers(shop)) == 1

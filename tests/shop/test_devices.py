"""Devices: a customer sees every piece that they have, and none that has gone back."""

from collections import Counter
from datetime import timedelta
from typing import Any

from alembic import command
from sqlalchemy import Connection

from shop.catalog import Catalog
from shop.database import Database
from shop.schema import configuration
from shop.subscriptions.billing import Billing, Keeper
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import advanced, delivered, exchanged, given_back, item, placed, received


async def devices(shop: ShopClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await shop.get("/v1/customers/me")).json["devices"]
    return items


async def pass_days(database: Database, clock: GivenClock, days: int) -> None:
    """So many days later, when what they brought has been done."""
    clock.passes(timedelta(days=days))
    assert (await Billing(database, Keeper(Catalog(), clock)).run()).failed == 0


async def test_every_delivered_piece_is_a_device_of_its_own(shop: ShopClient) -> None:
    number = await placed(shop, item(quantity=2), item("urbano-e1-m-blue", term_months=6))
    assert await devices(shop) == []
    await advanced(shop, number, "shipped")
    assert await devices(shop) == []
    await advanced(shop, number, "delivered")
    assert [(one["variant_id"], one["order_number"], one["subscription_number"]) for one in await devices(shop)] == [
        ("aeropix-mini-red", number, None),
        ("aeropix-mini-red", number, None),
        ("urbano-e1-m-blue", number, "SB-200001"),
    ]
    assert (await devices(shop))[0] == {
        "serial": "DV-500003",
        "product_id": "aeropix-mini",
        "product_name": "AeroPix Mini",
        "variant_id": "aeropix-mini-red",
        "since": "2026-03-02",
        "order_number": number,
        "subscription_number": None,
    }


async def test_customers_see_their_own_devices_only(shop: ShopClient) -> None:
    await delivered(shop)
    await placed(shop.acting_for("customer-2"))
    assert len(await devices(shop)) == 1
    assert await devices(shop.acting_for("customer-2")) == []


async def test_what_came_back_is_no_longer_the_customers(shop: ShopClient) -> None:
    number = await delivered(shop, item(quantity=2))
    returned = (await given_back(shop, number)).json["number"]
    assert len(await devices(shop)) == 2
    await received(shop, returned)
    assert [one["serial"] for one in await devices(shop)] == ["DV-500001"]


async def test_an_exchange_brings_another_device(shop: ShopClient, clock: GivenClock) -> None:
    number = await delivered(shop, item("stridelab-run-42-blue"))
    clock.passes(timedelta(days=3))
    returned = (await exchanged(shop, number, "stridelab-run-43-blue")).json["number"]
    await received(shop, returned)
    assert [(one["serial"], one["variant_id"], one["since"]) for one in await devices(shop)] == [
        ("DV-500002", "stridelab-run-43-blue", "2026-03-05")
    ]


async def test_a_swap_for_good_brings_another_device(shop: ShopClient, clock: GivenClock, database: Database) -> None:
    await delivered(shop, item(term_months=6))
    body = {"product_id": "aeropix-pro", "first": "2026-03-09", "until": None}
    assert (await shop.post("/v1/subscriptions/SB-200001/swaps", body)).status == 200
    assert [one["product_id"] for one in await devices(shop)] == ["aeropix-mini"]
    await pass_days(database, clock, 8)
    assert [(one["serial"], one["product_id"], one["since"]) for one in await devices(shop)] == [
        ("DV-500002", "aeropix-pro", "2026-03-09")
    ]


async def test_a_rented_piece_goes_back_at_the_end_unless_it_is_bought(
    shop: ShopClient, clock: GivenClock, database: Database
) -> None:
    number = await placed(shop, item(quantity=2, term_months=1))
    await advanced(shop, number, "delivered")
    for which, at_end in (("SB-200001", "return"), ("SB-200002", "buy")):
        await shop.post(f"/v1/subscriptions/{which}/cancellation", {"at_end": at_end})
    assert len(await devices(shop)) == 2
    await pass_days(database, clock, 40)
    assert [one["subscription_number"] for one in await devices(shop)] == ["SB-200002"]


async def test_pieces_that_arrived_before_devices_were_known_are_numbered(shop: ShopClient, database: Database) -> None:
    number = await delivered(shop, item(quantity=3), item(term_months=6))
    await received(shop, (await given_back(shop, number)).json["number"])
    before = Counter((one["variant_id"], one["since"], one["subscription_number"]) for one in await devices(shop))
    for revision in ("0003", "head"):
        async with database.writing() as session:
            await (await session.connection()).run_sync(to_revision, revision)
    after = await devices(shop)
    assert Counter((one["variant_id"], one["since"], one["subscription_number"]) for one in after) == before
    assert sorted(one["serial"] for one in after) == ["DV-500001", "DV-500002", "DV-500003"]
    await delivered(shop)
    assert (await devices(shop))[0]["serial"] == "DV-500004"


def to_revision(connection: Connection, revision: str) -> None:
    go = command.upgrade if revision == "head" else command.downgrade
    go(configuration(connection), revision)

"""Many customers at once: nothing is sold twice, nobody waits for nothing."""

import asyncio

import pytest
from sqlalchemy import text, update
from sqlalchemy.exc import IntegrityError

from shop.database import Database
from shop.models import Variant
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import Running
from tests.shop.requests import item, order, placed, stock_of

SCARCE = "aeropix-mini-red"


async def leave_in_stock(database: Database, pieces: int) -> None:
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.id == SCARCE).values(stock=pieces))


async def rush(shops: list[ShopClient], customers: int) -> list[Reply]:
    """Every customer orders one piece, at the same moment."""
    callers = [shops[n % len(shops)].acting_for(f"customer-{n}") for n in range(customers)]
    return await asyncio.gather(*(caller.post("/v1/orders", order(item(SCARCE)), key="rush") for caller in callers))


def assert_sold(replies: list[Reply], pieces: int) -> None:
    placed_orders = [reply.json["number"] for reply in replies if reply.status == 201]
    refused = [reply for reply in replies if reply.status != 201]
    assert len(placed_orders) == len(set(placed_orders)) == pieces
    assert {(reply.slug, reply.json["available"]) for reply in refused} == {("out-of-stock", 0)}


async def test_fifty_orders_for_twenty_pieces_sell_exactly_twenty(shop: ShopClient, database: Database) -> None:
    await leave_in_stock(database, 20)
    assert_sold(await rush([shop], 50), pieces=20)
    assert await stock_of(shop, SCARCE) == 0


async def test_two_instances_on_one_database_sell_exactly_what_there_is(start: Running, database: Database) -> None:
    async with start() as one, start() as another:
        await leave_in_stock(database, 20)
        assert_sold(await rush([one, another], 50), pieces=20)
        assert await stock_of(one, SCARCE) == await stock_of(another, SCARCE) == 0


async def test_two_instances_starting_at_once_fill_the_shop_once(start: Running) -> None:
    async def listed() -> int:
        async with start() as shop:
            return len((await shop.get("/v1/products")).json["items"])

    assert await asyncio.gather(*(listed() for _ in range(4))) == [10] * 4


async def test_orders_changed_crosswise_do_not_block_each_other(shop: ShopClient) -> None:
    """Each takes what the other gives back."""
    here, there = [item("urbano-e1-m-blue", 2)], [item("urbano-e1-l-grey", 2)]
    numbers = [await placed(shop, *(here if n % 2 else there)) for n in range(6)]
    changes = [(number, there if n % 2 else here) for n, number in enumerate(numbers)]
    replies = await asyncio.gather(*(shop.patch(f"/v1/orders/{n}", {"items": items}) for n, items in changes))
    # A piece may not be back yet when the other wants it, but no order may hang or fail otherwise.
    assert {reply.status for reply in replies} <= {200, 409}
    ordered = [line for n in numbers for line in (await shop.get(f"/v1/orders/{n}")).json["items"]]
    for variant, stock in (("urbano-e1-m-blue", 22), ("urbano-e1-l-grey", 8)):
        taken = sum(line["quantity"] for line in ordered if line["variant_id"] == variant)
        assert await stock_of(shop, variant) == stock - taken


async def test_an_order_is_cancelled_once_however_often_it_is_asked(shop: ShopClient) -> None:
    number = await placed(shop, item(SCARCE, 4))
    replies = await asyncio.gather(*(shop.post(f"/v1/orders/{number}/cancellation", {}) for _ in range(10)))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 9
    assert await stock_of(shop, SCARCE) == 24


async def test_an_order_is_either_changed_or_cancelled_or_sent_but_its_stock_is_right(shop: ShopClient) -> None:
    number = await placed(shop, item(SCARCE, 4))
    await asyncio.gather(
        shop.patch(f"/v1/orders/{number}", {"items": [item(SCARCE, 9)]}),
        shop.post(f"/v1/orders/{number}/cancellation", {}),
        shop.staff().post(f"/v1/operations/orders/{number}/advance", {"to": "processed"}),
    )
    now = (await shop.get(f"/v1/orders/{number}")).json
    held = 0 if now["status"] == "cancelled" else now["items"][0]["quantity"]
    assert await stock_of(shop, SCARCE) == 24 - held


async def test_the_database_itself_refuses_stock_below_zero(shop: ShopClient, database: Database) -> None:
    await shop.get("/v1/health")
    with pytest.raises(IntegrityError):
        await leave_in_stock(database, -1)


async def test_reading_goes_on_while_somebody_writes(shop: ShopClient, database: Database) -> None:
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.id == SCARCE).values(stock=1))
        async with asyncio.timeout(5):
            assert await stock_of(shop, SCARCE) == 24
        await session.execute(text("SELECT 1"))
    assert await stock_of(shop, SCARCE) == 1

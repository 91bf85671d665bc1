"""Billing: every month once and to the cent, whoever runs it however often, on time or late."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog
from shop.database import Database
from shop.models import Charge, Subscription
from shop.subscriptions.billing import Billed, Billing, Keeper
from shop.subscriptions.days import ONE_DAY, Months, add_months
from tests.shop.client import TOKEN, ShopClient
from tests.shop.conftest import Bill, GivenClock, Running
from tests.shop.requests import eur, item, placed, rented, stands

ROOT = Path(__file__).parents[2]
Bills = list[tuple[str, str, int]]


async def charges(database: Database) -> Bills:
    """What was ever billed, in the order of its days."""
    async with database.reading() as session:
        rows = await session.scalars(select(Charge).order_by(Charge.subscription_number, Charge.first, Charge.id))
        return [(str(row.first), str(row.until), row.amount) for row in rows]


async def days_pass(clock: GivenClock, bill: Bill, until: str, step: int = 1) -> None:
    """The work is done on every day, or on every so many."""
    while (today := clock.now().date()) < date.fromisoformat(until):
        clock.turns(min(str(today + timedelta(days=step)), until))
        await bill()


# --- once


async def test_a_month_is_billed_when_it_begins_and_not_before(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop, addons=["insurance", "flight-lessons"])
    clock.turns("2026-04-01")
    assert await bill() == Billed(subscriptions=0, failed=0)
    clock.turns("2026-04-02")
    assert await bill() == Billed(subscriptions=1, failed=0)
    view = await stands(shop, number)
    assert view["billed"][0] == {
        "first": "2026-04-02",
        "until": "2026-05-01",
        "amount": eur(2900 + 690),
        "invoice_number": None,
        "status": "due",
    }
    assert view["next_billing_on"] == "2026-05-02"


async def test_billing_run_twice_bills_once(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    await rented(shop)
    clock.turns("2026-05-20")
    assert [(await bill()).subscriptions for _ in range(3)] == [1, 0, 0]
    assert [amount for *_, amount in await charges(database)] == [2900] * 3


async def test_billing_run_by_several_at_once_bills_once(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    await placed(shop, item(quantity=5, term_months=6))
    await shop.staff().post("/v1/operations/orders/NC-104201/advance", {"to": "delivered"})
    clock.turns("2026-06-20")
    assert sum([done.failed for done in await asyncio.gather(*(bill() for _ in range(4)))]) == 0
    assert len(await charges(database)) == 5 * 4


async def test_the_database_itself_refuses_a_month_billed_twice(
    shop: ShopClient, database: Database, clock: GivenClock
) -> None:
    await rented(shop)
    with pytest.raises(IntegrityError):
        async with database.writing() as session:
            session.add(
                Charge(
                    subscription_number=200001,
                    kind="month",
                    month=0,
                    first=date.today(),
                    until=date.today(),
                    amount=1,
                    status="due",
                    invoice_number=None,
                    billed_at=clock.now(),
                )
            )


async def test_what_has_not_begun_is_not_billed(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    await placed(shop, item(term_months=6))
    clock.turns("2027-03-02")
    assert await bill() == Billed(subscriptions=0, failed=0)
    assert await charges(database) == []


# --- to the cent


@pytest.mark.parametrize("step", [1, 9])
async def test_a_year_with_a_pause_in_it_is_billed_to_the_cent(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database, step: int
) -> None:
    number = await rented(shop, addons=["insurance"])  # 2 March 2026, six months
    await shop.post(f"/v1/subscriptions/{number}/pause", {"first": "2026-07-20", "until": "2026-08-18"})  # 30 days
    await days_pass(clock, bill, "2026-10-10", step)
    await shop.patch(f"/v1/subscriptions/{number}", {"addons": []})  # from the month that begins on 1 November
    await shop.patch(f"/v1/subscriptions/{number}", {"term_months": 12})
    await days_pass(clock, bill, "2027-03-02", step)
    await shop.patch(f"/v1/subscriptions/{number}", {"term_months": 12})  # brings it up to today, however late the work
    assert await charges(database) == [
        ("2026-03-02", "2026-04-01", 3590),
        ("2026-04-02", "2026-05-01", 3590),
        ("2026-05-02", "2026-06-01", 3590),
        ("2026-06-02", "2026-07-01", 3590),
        ("2026-07-02", "2026-08-31", 3590),  # with the pause in it
        ("2026-09-01", "2026-10-01", 3590),
        ("2026-10-02", "2026-10-31", 3590),
        ("2026-11-01", "2026-12-01", 2610),
        ("2026-12-02", "2026-12-31", 2610),
        ("2027-01-01", "2027-01-31", 2610),
        ("2027-02-01", "2027-03-03", 2610),
    ]
    assert (await stands(shop, number))["term_ends_on"] == "2027-03-31"


async def test_a_month_that_is_billed_and_put_off_on_the_same_day_is_billed_once(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop, months=1)
    clock.turns("2026-05-02")
    await bill()
    pause = {"first": "2026-05-02", "until": "2026-05-31"}
    view = (await shop.post(f"/v1/subscriptions/{number}/pause", pause)).json
    assert (view["next_billing_on"], view["earliest_end_on"]) == ("2026-07-02", "2026-07-01")  # May is had in June
    clock.turns("2026-07-02")
    await bill()
    assert [first for first, *_ in await charges(database)] == ["2026-03-02", "2026-04-02", "2026-05-02", "2026-07-02"]


async def test_work_that_was_missed_for_months_is_made_up_for(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop)
    await shop.post(f"/v1/subscriptions/{number}/extension", {"term_months": 3})
    await shop.post(f"/v1/subscriptions/{number}/swaps", {"product_id": "aeropix-pro", "first": "2026-04-20"})
    await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": "return"})
    clock.turns("2027-03-02")
    await bill()
    assert [amount for *_, amount in await charges(database)] == [2900] * 2 + [6900] * 4 + [7940] * 3
    view = await stands(shop, number)
    assert (view["status"], view["ends_on"], view["product_id"]) == ("ended", "2026-12-01", "aeropix-pro")


async def test_a_change_is_never_billed_for_a_month_that_had_begun_before_it(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop)
    clock.turns("2026-05-20")  # nobody has billed since March
    await shop.patch(f"/v1/subscriptions/{number}", {"plan_id": "aeropix-premium"})
    clock.turns("2026-06-02")
    await bill()
    assert [amount for *_, amount in await charges(database)] == [2900, 2900, 2900, 24900]


async def test_what_began_on_the_31st_is_billed_on_the_last_day_of_shorter_months(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    clock.turns("2026-08-31")
    await rented(shop)
    clock.turns("2027-03-31")
    await bill()
    assert [first for first, *_ in await charges(database)] == [
        "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31", "2027-01-31", "2027-02-28", "2027-03-31",
    ]  # fmt: skip


@given(
    started_on=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    gaps=st.lists(st.tuples(st.integers(1, 200), st.integers(1, 90)), max_size=5),
)
def test_months_follow_each_other_without_a_gap_but_for_pauses(
    started_on: date, gaps: Sequence[tuple[int, int]]
) -> None:
    pauses, day = [], add_months(started_on, 1)
    for awake, asleep in gaps:
        first = day + timedelta(days=awake)
        day = first + timedelta(days=asleep)
        pauses.append((first, day - ONE_DAY))
    months = Months(started_on, pauses)
    for month in range(36):
        between = (months.first_of(month + 1) - months.until_of(month)).days - 1
        assert between in (
            0,
            *((until - first).days + 1 for first, until in pauses if first == months.until_of(month) + ONE_DAY),
        )
    paused_days = sum((until - first).days + 1 for first, until in pauses)
    assert months.first_of(48) == add_months(started_on, 48) + timedelta(days=paused_days)


# --- the end


async def test_after_the_end_nothing_is_billed_any_more(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop, months=3)
    await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": "return"})
    await days_pass(clock, bill, "2027-01-01", step=20)
    assert [amount for *_, amount in await charges(database)] == [3340] * 3
    assert (await bill()).subscriptions == 0


async def test_without_a_cancellation_it_goes_on_by_the_month(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    await rented(shop, months=3)
    clock.turns("2026-09-02")
    await bill()
    assert [amount for *_, amount in await charges(database)] == [3340] * 7


async def test_what_is_kept_at_the_end_is_charged_on_the_last_day(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop)
    price = (await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": "buy"})).json["purchase_price"]
    clock.turns("2026-10-01")
    assert [(await bill()).subscriptions for _ in range(2)] == [1, 0]
    assert (await charges(database))[-1] == ("2026-09-01", "2026-09-01", price["amount"])
    assert (len(await charges(database)), price) == (7, eur(39460))


async def test_a_cancellation_taken_back_is_billed_on(
    shop: ShopClient, clock: GivenClock, bill: Bill, database: Database
) -> None:
    number = await rented(shop, months=1)
    await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": "return"})
    await shop.delete(f"/v1/subscriptions/{number}/cancellation")
    clock.turns("2026-04-02")
    await bill()
    assert len(await charges(database)) == 2


# --- who does it


class Invoices:
    """Counts up."""

    def __init__(self) -> None:
        self.amounts: list[int] = []

    async def of_charge(self, _session: AsyncSession, _subscription: Subscription, charge: Charge) -> str:
        self.amounts.append(charge.amount)
        return f"2026-{len(self.amounts):06}"


async def test_every_month_but_the_one_of_the_order_has_an_invoice_of_its_own(
    shop: ShopClient, clock: GivenClock, database: Database
) -> None:
    number, invoices = await rented(shop), Invoices()
    clock.turns("2026-05-02")
    await Billing(database, Keeper(Catalog(), clock, invoices)).run()
    numbers = [charge["invoice_number"] for charge in (await stands(shop, number))["billed"]]
    assert (numbers, invoices.amounts) == (["2026-000002", "2026-000001", None], [2900, 2900])


async def test_one_subscription_that_fails_keeps_no_other_waiting(
    shop: ShopClient, clock: GivenClock, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    class OneFails(Keeper):
        async def keep(self, session: AsyncSession, subscription: Subscription, day: date) -> None:
            await super().keep(session, subscription, day)
            if subscription.number == 200001:
                raise RuntimeError

    await rented(shop)
    await rented(shop, "aeropix-pro-red")
    clock.turns("2026-04-02")
    with caplog.at_level(logging.ERROR):
        assert await Billing(database, OneFails(Catalog(), clock)).run() == Billed(subscriptions=1, failed=1)
    assert [amount for *_, amount in await charges(database)] == [2900, 6900, 6900]
    assert [(record.message, vars(record)["fields"]["subscription"]) for record in caplog.records] == [
        ("defect", 200001)
    ]


async def test_a_running_shop_bills_by_itself(start: Running, clock: GivenClock, database: Database) -> None:
    async with start() as shop:
        number = await rented(shop)
    clock.turns("2026-04-02")
    async with start() as shop, asyncio.timeout(10):
        while len((await stands(shop, number))["billed"]) < 2:
            await asyncio.sleep(0.01)


async def billed_from_outside(url: str, *arguments: str) -> tuple[int | None, dict[str, object]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shop", "bill", *arguments,
        env={"PYTHONPATH": str(ROOT), "SHOP_DATABASE_URL": url, "SHOP_TOKEN": TOKEN}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode, orjson.loads(output or b"{}")


async def test_the_operator_bills_up_to_a_day(start: Running, database_url: str, database: Database) -> None:
    async with start() as shop:
        await rented(shop)
    for done in (1, 0):
        code, line = await billed_from_outside(database_url, "--on", "2026-05-02")
        assert (code, line["event"], line["subscriptions"], line["failed"]) == (0, "billed", done, 0)
    assert len(await charges(database)) == 3
    assert (await billed_from_outside(database_url, "--on", "someday"))[0] == 2

"""Swapping: what is free, who gets it, for how long, and that nothing is promised twice."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, update

from shop.database import Database
from shop.models import Booking, Fleet, Subscription
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import Bill, GivenClock, Running
from tests.shop.requests import VIENNA, advanced, eur, item, order, placed, rented, stands

# All rent on Monday, 2 March 2026, in Leipzig, where there are a Cinema, three Pro and five Mini to swap to.
SATURDAY, SUNDAY = "2026-03-07", "2026-03-08"
MARCH = [date(2026, 3, day) for day in range(1, 32)]
CINEMA, PRO = "aeropix-cinema", "aeropix-pro"


async def swapped(
    shop: ShopClient, number: str, first: str = SATURDAY, until: str | None = SUNDAY, **what: str
) -> Reply:
    wanted = what or {"product_id": CINEMA}
    return await shop.post(f"/v1/subscriptions/{number}/swaps", {"first": first, "until": until, **wanted})


async def premium(shop: ShopClient, **more: Any) -> str:
    return await rented(shop, plan_id="aeropix-premium", **more)


async def free(shop: ShopClient, family: str = "AeroPix", **query: str) -> dict[str, int]:
    reply = await shop.get("/v1/availability", family=family, **query)
    assert reply.status == 200
    return {entry["product_id"]: entry["free"] for entry in reply.json["items"]}


async def set_fleet(database: Database, product_id: str, size: int) -> None:
    async with database.writing() as session:
        await session.execute(update(Fleet).where(Fleet.product_id == product_id).values(size=size))


# --- what is free


async def test_the_free_models_of_a_family_are_listed_by_city(shop: ShopClient) -> None:
    assert await free(shop, city="Hamburg") == {"aeropix-mini": 4, PRO: 2, CINEMA: 1}
    assert (await free(shop, first=SATURDAY, until=SUNDAY))[CINEMA] == 6
    assert await free(shop, family="Zeppelin") == {}


async def test_a_town_without_a_fleet_is_served_by_the_central_one(shop: ShopClient) -> None:
    for city, pieces in [("leipzig", 5), (" LEIPZIG ", 5), ("münchen", 5), ("Görlitz", 5), ("Wien", 3)]:
        assert (await free(shop, city=city))["aeropix-mini"] == pieces


async def test_what_is_out_is_not_free_on_these_days_and_is_on_others(shop: ShopClient) -> None:
    await swapped(shop, await premium(shop))
    for days in (
        {"first": SATURDAY, "until": SATURDAY},
        {"first": "2026-03-02", "until": SATURDAY},
        {"first": SUNDAY},
        {},
    ):
        assert CINEMA not in await free(shop, city="Leipzig", **days)
    for days in ({"first": "2026-03-09"}, {"first": "2026-03-02", "until": "2026-03-06"}):
        assert (await free(shop, city="Leipzig", **days))[CINEMA] == 1
    assert (await free(shop, city="Berlin"))[CINEMA] == 1


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({}, "family"),
        ({"family": "AeroPix", "first": "tomorrow"}, "first"),
        ({"family": "AeroPix", "first": "1772409600"}, "first"),
        ({"family": "AeroPix", "until": "2026-02-30"}, "until"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused(shop: ShopClient, query: dict[str, str], name: str) -> None:
    reply = await shop.send_malformed("GET", "/v1/availability", query=query)
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", f"query.{name}")


@pytest.mark.parametrize(
    ("days", "name"),
    [
        ({"first": "2026-03-01"}, "first"),
        ({"first": SUNDAY, "until": SATURDAY}, "until"),
        ({"until": "9999-12-31"}, "until"),
    ],
)
async def test_days_past_backwards_or_far_away_are_refused(shop: ShopClient, days: dict[str, str], name: str) -> None:
    reply = await shop.get("/v1/availability", family="AeroPix", **days)
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", f"query.{name}")


# --- for some days


async def test_a_booked_out_model_is_refused_with_what_is_free_another_granted_and_after_the_weekend_it_is_over(
    shop: ShopClient, clock: GivenClock
) -> None:
    somebody = shop.acting_for("customer-2")
    assert (await swapped(somebody, await premium(somebody))).status == 200
    number = await premium(shop)
    refused = await swapped(shop, number)
    assert (refused.status, refused.slug) == (409, "not-available")
    assert (refused.json["product_id"], refused.json["alternatives"]) == (CINEMA, [PRO])
    assert (await stands(shop, number))["swap"] is None
    granted = (await swapped(shop, number, product_id=PRO)).json
    assert granted["swap"] == {
        "id": granted["swaps"][0]["id"],
        "variant_id": "aeropix-pro-red",  # the colour that the customer has
        "product_id": PRO,
        "product_name": "AeroPix Pro",
        "first": SATURDAY,
        "until": SUNDAY,
    }
    assert (granted["product_id"], granted["monthly_total"]) == ("aeropix-mini", eur(24900))
    clock.turns(SUNDAY)
    assert (await stands(shop, number))["swap"] == granted["swap"]
    clock.turns("2026-03-09")
    view = await stands(shop, number)
    assert (view["swap"], view["product_id"], view["status"]) == (None, "aeropix-mini", "active")
    assert (await free(shop, city="Leipzig"))[CINEMA] == 1


async def test_only_a_premium_plan_swaps_for_some_days(shop: ShopClient) -> None:
    number = await rented(shop)
    refused = await swapped(shop, number)
    assert (refused.status, refused.slug, refused.json["why"]) == (409, "swap-not-in-plan", "premium_only")
    await shop.patch(f"/v1/subscriptions/{number}", {"plan_id": "aeropix-premium"})
    assert (await swapped(shop, number)).status == 200
    await shop.patch(f"/v1/subscriptions/{number}", {"plan_id": "aeropix-standard"})
    assert (await stands(shop, number))["swap"] is None


async def test_no_plan_swaps_to_another_family(shop: ShopClient) -> None:
    for number in (await rented(shop), await premium(shop)):
        reply = await swapped(shop, number, product_id="voltano-gt")
        assert (reply.slug, reply.json["why"]) == ("swap-not-in-plan", "other_family")


@pytest.mark.parametrize(
    ("what", "slug"),
    [({"product_id": "aeropix-maxi"}, "product-not-found"), ({"variant_id": "aeropix-maxi-red"}, "variant-not-found")],
)
async def test_a_model_that_does_not_exist_is_not_found(shop: ShopClient, what: dict[str, str], slug: str) -> None:
    assert (await swapped(shop, await premium(shop), **what)).slug == slug


@pytest.mark.parametrize("what", [{"product_id": "aeropix-mini"}, {"variant_id": "aeropix-mini-red"}])
async def test_nothing_is_swapped_for_itself(shop: ShopClient, what: dict[str, str]) -> None:
    reply = await swapped(shop, await premium(shop), **what)
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", next(iter(what)))


async def test_another_size_or_colour_is_a_swap_too(shop: ShopClient) -> None:
    number = await rented(shop, "stridelab-run-42-blue", plan_id="stridelab-premium")
    assert (await swapped(shop, number, variant_id="stridelab-run-43-blue")).json["swap"]["until"] == SUNDAY


async def test_a_swap_that_makes_no_sense_is_refused(shop: ShopClient) -> None:
    number = await premium(shop)
    bodies: list[dict[str, Any]] = [
        {"first": SATURDAY},
        {"product_id": CINEMA},
        {"product_id": CINEMA, "variant_id": "aeropix-cinema-black", "first": SATURDAY},
        {"product_id": None, "first": SATURDAY},
        {"product_id": CINEMA, "first": "2026-3-7"},
        {"product_id": CINEMA, "first": 20260307},
        {"product_id": CINEMA, "first": SATURDAY, "city": ""},
    ]
    for body in bodies:
        assert (await shop.refused("POST", f"/v1/subscriptions/{number}/swaps", body)).slug == "invalid-request"


async def test_the_city_of_the_order_counts_unless_another_is_named(shop: ShopClient) -> None:
    await shop.post("/v1/orders", order(item(term_months=6, plan_id="aeropix-premium"), address=VIENNA))
    await advanced(shop, "NC-104201", "delivered")
    await swapped(shop, "SB-200001")
    assert CINEMA not in await free(shop, city="Wien")
    await swapped(shop, "SB-200001", city="Zürich", product_id=CINEMA)
    assert (CINEMA in await free(shop, city="Wien"), CINEMA in await free(shop, city="Zürich")) == (True, False)


async def test_a_new_swap_takes_the_place_of_what_was_booked_for_the_same_days(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await premium(shop)
    await swapped(shop, number, "2026-03-02", "2026-03-20")
    clock.turns("2026-03-04")
    assert (await swapped(shop, number, product_id=PRO)).json["swap"]["until"] == "2026-03-06"
    clock.turns(SATURDAY)
    assert (await stands(shop, number))["swap"]["product_id"] == PRO
    assert (await free(shop, city="Leipzig", first=SATURDAY)) == {"aeropix-mini": 5, PRO: 2, CINEMA: 1}


async def test_swaps_on_different_days_stand_beside_each_other(shop: ShopClient, clock: GivenClock) -> None:
    number = await premium(shop)
    await swapped(shop, number, "2026-03-14", "2026-03-15", product_id=PRO)
    assert (await swapped(shop, number)).json["swap"]["product_id"] == CINEMA
    clock.turns("2026-03-09")
    assert (await stands(shop, number))["swap"]["product_id"] == PRO


async def test_a_running_swap_ends_today_and_a_planned_one_is_taken_back(shop: ShopClient, clock: GivenClock) -> None:
    number = await premium(shop)
    await swapped(shop, number)
    assert (await shop.delete(f"/v1/subscriptions/{number}/swaps")).json["swap"] is None
    assert (await shop.delete(f"/v1/subscriptions/{number}/swaps")).slug == "not-swapped"
    await swapped(shop, number, "2026-03-02", SUNDAY)
    clock.turns("2026-03-05")
    assert (await shop.delete(f"/v1/subscriptions/{number}/swaps")).json["swap"]["until"] == "2026-03-05"
    assert (await free(shop, city="Leipzig", first="2026-03-06"))[CINEMA] == 1


async def test_of_several_swaps_the_one_that_is_named_is_taken_back(shop: ShopClient) -> None:
    number = await premium(shop)
    await swapped(shop, number)
    later = (await swapped(shop, number, "2026-03-14", "2026-03-15", product_id=PRO)).json["swaps"]
    assert [swap["product_id"] for swap in later] == [CINEMA, PRO]
    left = (await shop.delete(f"/v1/subscriptions/{number}/swaps/{later[1]['id']}")).json
    assert (left["swaps"], left["swap"]) == ([later[0]], later[0])
    for unknown in (later[1]["id"], "x", "0"):
        assert (await shop.delete(f"/v1/subscriptions/{number}/swaps/{unknown}")).slug == "not-swapped"


async def test_nobody_takes_somebody_elses_swap_back(shop: ShopClient) -> None:
    somebody = shop.acting_for("customer-2")
    swap = (await swapped(somebody, await premium(somebody))).json["swap"]
    number = await premium(shop)
    assert (await shop.delete(f"/v1/subscriptions/{number}/swaps/{swap['id']}")).slug == "not-swapped"


async def previewed(shop: ShopClient, number: str, first: str, until: str | None = None, **what: str) -> Reply:
    return await shop.post(f"/v1/subscriptions/{number}/swap-previews", {"first": first, "until": until, **what})


async def test_a_preview_says_what_a_swap_comes_to_and_the_swap_comes_to_just_that(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop, months=12, addons=["insurance", "flight-lessons"])
    preview = (await previewed(shop, number, "2026-03-20", product_id=PRO)).json
    assert (preview["monthly_before"], preview["monthly_after"]) == (eur(2610 + 690), eur(6210 + 1290))
    assert (preview["due_now"], preview["effective_on"]) == (eur(0), "2026-04-02")
    assert (await stands(shop, number))["swaps"] == []
    await swapped(shop, number, "2026-03-20", None, product_id=PRO)
    clock.turns("2026-04-02")
    billed = (await shop.patch(f"/v1/subscriptions/{number}", {"term_months": 12})).json
    assert billed["monthly_total"] == billed["billed"][0]["amount"] == preview["monthly_after"]


async def test_a_preview_refuses_what_the_swap_would_refuse(shop: ShopClient) -> None:
    number = await rented(shop)
    assert (await previewed(shop, number, SATURDAY, SUNDAY, product_id=PRO)).slug == "swap-not-in-plan"
    assert (await previewed(shop, number, SATURDAY, product_id="voltano-gt")).slug == "swap-not-in-plan"
    assert (await previewed(shop, "SB-200099", SATURDAY, product_id=PRO)).slug == "subscription-not-found"


async def test_some_days_with_another_model_cost_nothing_more(shop: ShopClient) -> None:
    preview = (await previewed(shop, await premium(shop), SATURDAY, SUNDAY, product_id=PRO)).json
    assert preview["monthly_before"] == preview["monthly_after"] == eur(24900)


async def test_what_has_not_begun_rests_or_has_ended_is_not_swapped(shop: ShopClient, clock: GivenClock) -> None:
    await placed(shop, item(term_months=6, plan_id="aeropix-premium"))
    assert (await swapped(shop, "SB-200001")).json["subscription_status"] == "pending"
    number = await premium(shop)
    clock.turns("2026-05-04")
    await shop.post(f"/v1/subscriptions/{number}/pause", {"first": "2026-05-04", "until": "2026-05-20"})
    reply = await swapped(shop, number, "2026-05-09", "2026-05-10")
    assert (reply.slug, reply.json["subscription_status"]) == ("subscription-not-changeable", "paused")


async def test_until_it_ends_it_is_swapped_but_not_beyond(shop: ShopClient) -> None:
    number = await premium(shop)
    await swapped(shop, number, "2026-08-29", "2026-09-06")
    ending = (await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": "return"})).json
    assert (ending["ends_on"], ending["swap"]["until"]) == ("2026-09-01", "2026-09-01")
    assert (await swapped(shop, number)).status == 200
    for days in (("2026-08-29", "2026-09-02"), ("2026-03-02", None)):
        refused = await swapped(shop, number, *days)
        assert (refused.slug, refused.json["ends_on"]) == ("swap-beyond-end", "2026-09-01")


# --- for good


async def test_on_a_standard_plan_another_model_for_good_costs_its_own_price_from_the_next_billing_date(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop, months=12, addons=["insurance", "flight-lessons"])
    view = (await swapped(shop, number, "2026-03-20", None, product_id=PRO)).json
    assert (view["swap"]["first"], view["swap"]["until"], view["product_id"]) == ("2026-03-20", None, "aeropix-mini")
    clock.turns("2026-04-02")
    view = (await shop.patch(f"/v1/subscriptions/{number}", {"term_months": 12})).json
    assert (view["product_id"], view["variant_id"], view["swap"]) == (PRO, "aeropix-pro-red", None)
    assert (view["monthly_price"], view["monthly_total"]) == (eur(6210), eur(6210 + 1290))
    assert [addon["id"] for addon in view["addons"]] == ["insurance", "flight-lessons"]
    assert [charge["amount"] for charge in view["billed"]] == [eur(7500), eur(2610 + 690)]


async def test_a_swap_for_good_from_today_is_done_at_once(shop: ShopClient) -> None:
    view = (await swapped(shop, await rented(shop), "2026-03-02", None, variant_id="aeropix-pro-black")).json
    assert (view["variant_id"], view["monthly_price"], view["swap"]) == ("aeropix-pro-black", eur(7200), None)
    assert await free(shop, city="Leipzig") == {"aeropix-mini": 5, PRO: 2, CINEMA: 1}


async def test_on_a_premium_plan_every_model_costs_the_same_for_good(shop: ShopClient) -> None:
    view = (await swapped(shop, await premium(shop), "2026-03-02", None)).json
    assert (view["product_id"], view["monthly_price"]) == (CINEMA, eur(24900))


async def test_the_former_piece_is_free_again_when_another_takes_its_place(shop: ShopClient) -> None:
    number = await rented(shop)
    await swapped(shop, number, "2026-03-02", None)
    assert CINEMA not in await free(shop, city="Leipzig")
    await swapped(shop, number, "2026-03-02", None, product_id=PRO)
    assert await free(shop, city="Leipzig") == {"aeropix-mini": 5, PRO: 2, CINEMA: 1}


async def test_a_piece_booked_from_some_day_is_free_until_then_but_not_for_good(shop: ShopClient) -> None:
    await swapped(shop, await rented(shop), "2026-04-10", None)
    assert (await free(shop, city="Leipzig", until="2026-04-09"))[CINEMA] == 1
    assert CINEMA not in await free(shop, city="Leipzig")
    refused = await swapped(shop, await premium(shop), "2026-03-02", None)
    assert (refused.slug, refused.json["alternatives"]) == ("not-available", [PRO])
    assert (await swapped(shop, "SB-200002", "2026-03-02", "2026-04-09")).status == 200


@pytest.mark.parametrize(("at_end", "is_free"), [("return", True), ("buy", False)])
async def test_a_piece_of_the_fleet_returns_at_the_end_unless_it_is_bought(
    shop: ShopClient, clock: GivenClock, bill: Bill, at_end: str, is_free: bool
) -> None:
    number = await rented(shop)
    await swapped(shop, number, "2026-03-02", None)
    await shop.post(f"/v1/subscriptions/{number}/cancellation", {"at_end": at_end})
    clock.turns("2026-09-02")
    await bill()
    assert (CINEMA in await free(shop, city="Leipzig")) is is_free


# --- many at once


async def fifty_customers(shop: ShopClient, database: Database) -> None:
    """Subscriptions 200001 to 200050, each of its own customer."""
    await placed(
        shop,
        item("aeropix-mini-white", 41, term_months=6, plan_id="aeropix-premium"),
        item(quantity=9, term_months=6, plan_id="aeropix-premium"),
    )
    await advanced(shop, "NC-104201", "delivered")
    for n in range(50):
        await shop.acting_for(f"customer-{n}").put("/v1/customers/me", {"language": "de"})
    async with database.writing() as session:
        for n in range(50):
            owner = update(Subscription).where(Subscription.number == 200001 + n).values(customer_id=f"customer-{n}")
            await session.execute(owner)


async def rush(shops: list[ShopClient], days: list[tuple[str, str | None]]) -> list[Reply]:
    """Every customer wants the Cinema, at the same moment."""
    callers = [shops[n % len(shops)].acting_for(f"customer-{n}") for n in range(50)]
    wanted = (swapped(caller, f"SB-{200001 + n}", *days[n % len(days)]) for n, caller in enumerate(callers))
    return await asyncio.gather(*wanted)


async def test_fifty_customers_want_the_last_one_for_a_day_and_one_gets_it(
    shop: ShopClient, database: Database
) -> None:
    await fifty_customers(shop, database)
    replies = await rush([shop], [(SATURDAY, SATURDAY)])
    assert sorted(reply.status for reply in replies) == [200] + [409] * 49
    refused = [reply for reply in replies if reply.status == 409]
    assert {(reply.slug, *reply.json["alternatives"]) for reply in refused} == {("not-available", PRO)}
    assert CINEMA not in await free(shop, city="Leipzig", first=SATURDAY, until=SATURDAY)


async def test_on_two_instances_no_day_is_ever_booked_beyond_the_fleet(start: Running, database: Database) -> None:
    days: list[tuple[str, str | None]] = [
        (SATURDAY, SUNDAY),
        ("2026-03-05", SATURDAY),
        (SUNDAY, "2026-03-12"),
        ("2026-03-02", "2026-03-31"),
        ("2026-03-10", None),
    ]
    async with start() as one, start() as another:
        await fifty_customers(one, database)
        await set_fleet(database, CINEMA, 3)
        replies = await rush([one, another], days)
    assert {reply.status for reply in replies} == {200, 409}
    async with database.reading() as session:
        booked = (await session.scalars(select(Booking))).all()
    out = [[b for b in booked if b.first <= day and (b.until is None or day <= b.until)] for day in MARCH]
    assert max(len(pieces) for pieces in out) == 3
    assert len(booked) == sum(reply.status == 200 for reply in replies)

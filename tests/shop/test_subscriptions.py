"""Subscriptions: made by orders, stands, changed, paused, cancelled and taken back, extended."""

from typing import Any

import orjson
import pytest
from sqlalchemy import update

from shop.database import Database
from shop.models import Counter, Variant
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import advanced, eur, item, placed, rented, stands

# All rent on 2 March 2026.
TERM_END = "2026-09-01"


def path(number: str, what: str = "") -> str:
    return f"/v1/subscriptions/{number}{what}"


async def listed(shop: ShopClient) -> list[Any]:
    return list((await shop.get("/v1/subscriptions")).json["items"])


async def patched(shop: ShopClient, number: str, **change: Any) -> Reply:
    return await shop.patch(path(number), change)


async def paused(shop: ShopClient, number: str, first: str, until: str) -> Reply:
    return await shop.post(path(number, "/pause"), {"first": first, "until": until})


async def cancelled(shop: ShopClient, number: str, at_end: str = "return") -> Reply:
    return await shop.post(path(number, "/cancellation"), {"reason": "no_longer_needed", "at_end": at_end})


# --- made by orders


async def test_every_rented_piece_is_a_subscription_and_a_bought_one_is_none(shop: ShopClient) -> None:
    number = await placed(
        shop, item(quantity=2, term_months=6), item("urbano-e1-m-blue"), item("sitsense-home-sand", term_months=12)
    )
    subscriptions = await listed(shop)
    assert [(one["number"], one["product_id"]) for one in subscriptions] == [
        ("SB-200003", "sitsense-home"),
        ("SB-200002", "aeropix-mini"),
        ("SB-200001", "aeropix-mini"),
    ]
    assert {(one["status"], one["order_number"]) for one in subscriptions} == {("pending", number)}


async def test_a_subscription_begins_when_it_is_delivered(shop: ShopClient, clock: GivenClock) -> None:
    order = await placed(shop, item(term_months=6, addons=["insurance", "flight-lessons"]))
    before = await stands(shop, "SB-200001")
    assert [before[day] for day in ("started_on", "term_ends_on", "next_billing_on", "earliest_end_on")] == [None] * 4
    assert (before["billed"], before["pause_limit"]["why_not"]) == ([], "not_active")
    clock.turns("2026-03-04")
    await advanced(shop, order, "delivered")
    view = await stands(shop, "SB-200001")
    assert (view["status"], view["plan"]["id"], view["term_months"]) == ("active", "aeropix-standard", 6)
    assert (view["started_on"], view["term_ends_on"], view["next_billing_on"]) == (
        "2026-03-04",
        "2026-09-03",
        "2026-04-04",
    )
    assert (view["earliest_end_on"], view["ends_on"], view["at_end"]) == ("2026-09-03", None, None)
    assert (view["monthly_price"], view["monthly_total"]) == (eur(2900), eur(2900 + 690))
    assert [addon["id"] for addon in view["addons"]] == ["insurance", "flight-lessons"]
    assert (view["pause"], view["swap"], view["payment_method"]) == (None, None, "paypal")
    assert view["billed"] == [
        {
            "first": "2026-03-04",
            "until": "2026-04-03",
            "amount": eur(3590),
            "invoice_number": None,
            "status": "with_order",
        }
    ]


async def test_just_after_midnight_it_is_the_next_day_where_the_shop_is(shop: ShopClient, clock: GivenClock) -> None:
    clock.turns("2026-03-04")
    clock.moment = clock.moment.replace(hour=23, minute=30)  # half past midnight in Germany
    assert (await stands(shop, await rented(shop)))["started_on"] == "2026-03-05"


async def test_a_changed_order_keeps_the_subscriptions_of_what_stays(shop: ShopClient) -> None:
    sand = item("sitsense-home-sand")
    order = await placed(shop, item(quantity=2, term_months=6), item("aeropix-pro-red", term_months=6), sand)
    wanted = [item("aeropix-pro-red", term_months=6, addons=["insurance"]), sand | {"term_months": 6}]
    assert (await shop.patch(f"/v1/orders/{order}", {"items": wanted})).status == 200
    assert [(one["number"], one["product_id"], len(one["addons"])) for one in await listed(shop)] == [
        ("SB-200004", "sitsense-home", 0),
        ("SB-200003", "aeropix-pro", 1),
    ]
    await shop.patch(f"/v1/orders/{order}", {"items": [sand]})
    assert await listed(shop) == []


async def test_the_subscriptions_of_a_cancelled_order_have_ended(shop: ShopClient) -> None:
    order = await placed(shop, item(term_months=6))
    await shop.post(f"/v1/orders/{order}/cancellation", {})
    view = await stands(shop, "SB-200001")
    assert (view["status"], view["started_on"], view["next_billing_on"]) == ("ended", None, None)
    assert (view["ends_on"], view["earliest_end_on"], view["purchase_price"]) == ("2026-03-02", None, None)


async def test_a_subscription_is_paid_as_its_order_is_and_shows_the_change(shop: ShopClient) -> None:
    order = await placed(shop, item(term_months=6))
    await shop.patch(f"/v1/orders/{order}", {"payment_method": "card"})
    assert (await stands(shop, "SB-200001"))["payment_method"] == "card"


# --- stands


async def test_a_customer_sees_the_newest_subscriptions_first(shop: ShopClient) -> None:
    await placed(shop, item(quantity=12, term_months=6))
    await placed(shop.acting_for("customer-2"), item(term_months=6))
    numbers = [one["number"] for one in await listed(shop)]
    assert numbers == [f"SB-{number}" for number in range(200012, 200000, -1)]
    assert [one["number"] for one in (await shop.get("/v1/subscriptions", limit=1)).json["items"]] == ["SB-200012"]


async def tried_on(shop: ShopClient, number: str) -> list[Reply]:
    """Everything that can be tried on a subscription."""
    return [
        await shop.get(path(number)),
        await patched(shop, number, term_months=12),
        await shop.post(path(number, "/previews"), {"term_months": 12}),
        await paused(shop, number, "2026-05-01", "2026-05-31"),
        await shop.post(path(number, "/resume"), {}),
        await shop.post(path(number, "/extension"), {"term_months": 6}),
        await shop.post(path(number, "/swaps"), {"product_id": "aeropix-pro", "first": "2026-03-02"}),
        await shop.delete(path(number, "/swaps")),
        await cancelled(shop, number),
        await shop.delete(path(number, "/cancellation")),
    ]


def _without_instance(raw: bytes) -> bytes:
    return raw.replace(orjson.loads(raw)["instance"].encode(), b"")


async def test_somebody_elses_subscription_looks_like_none_at_all(shop: ShopClient) -> None:
    number = await rented(shop)
    before = await stands(shop, number)
    stranger = shop.acting_for("customer-2")
    for theirs, nobodys in zip(await tried_on(stranger, number), await tried_on(stranger, "SB-999999"), strict=True):
        assert (theirs.status, theirs.slug) == (404, "subscription-not-found")
        assert _without_instance(theirs.raw) == _without_instance(nobodys.raw)
    assert await stands(shop, number) == before


async def test_a_number_that_is_none_is_not_found(shop: ShopClient) -> None:
    await rented(shop)
    for number in ("200001", "SB-", "sb-200001", "NC-200001", "SB-" + "9" * 40, "SB-२००००१", "%00"):
        assert (await shop.get(path(number))).slug == "subscription-not-found"


# --- changed


async def test_a_longer_term_is_cheaper_from_the_next_billing_date_and_counts_from_the_start(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop)
    clock.turns("2026-04-20")
    preview = (await shop.post(path(number, "/previews"), {"term_months": 12})).json
    assert preview == {
        "monthly_before": eur(2900),
        "monthly_after": eur(2610),
        "due_now": eur(0),
        "effective_on": "2026-05-02",
        "term_ends_on": "2027-03-01",
        "addons": [],
        "refusal": None,
    }
    assert (await stands(shop, number))["term_months"] == 6
    view = (await patched(shop, number, term_months=12)).json
    assert (view["term_months"], view["monthly_price"], view["term_ends_on"]) == (12, eur(2610), "2027-03-01")
    assert view["billed"][0]["amount"] == eur(2900)  # April, as it was agreed when it began


async def test_a_shorter_term_costs_the_difference_for_the_months_that_have_begun(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop, months=12)
    clock.turns("2026-05-10")  # in the third month
    preview = (await shop.post(path(number, "/previews"), {"term_months": 3})).json
    assert (preview["due_now"], preview["term_ends_on"]) == (eur(3 * (3340 - 2610)), "2026-06-01")
    view = (await patched(shop, number, term_months=3)).json
    assert (view["term_ends_on"], view["monthly_price"]) == ("2026-06-01", eur(3340))
    charge = view["billed"][0]
    assert (charge["first"], charge["until"], charge["status"]) == ("2026-05-10", "2026-05-10", "due")
    assert charge["amount"] == eur(3 * (3340 - 2610))


async def test_a_term_that_has_passed_already_is_too_short(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop, months=12)
    clock.turns("2026-06-02")  # the fourth month begins
    for reply in (
        await patched(shop, number, term_months=3),
        await shop.post(path(number, "/previews"), {"term_months": 3}),
    ):
        assert (reply.status, reply.slug, reply.json["earliest_months"]) == (409, "term-too-short", 6)
    assert (await patched(shop, number, term_months=6)).status == 200


async def test_a_term_that_the_plan_does_not_have_is_refused(shop: ShopClient) -> None:
    for reply in (
        await patched(shop, await rented(shop), term_months=9),
        await shop.post(path("SB-200001", "/extension"), {"term_months": 9}),
    ):
        assert (reply.status, reply.json["errors"][0]["path"]) == (400, "term_months")


async def test_another_plan_is_in_force_at_once_and_billed_from_the_next_date(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop)
    clock.turns("2026-04-20")
    view = (await patched(shop, number, plan_id="aeropix-premium")).json
    assert (view["plan"]["premium"], view["monthly_total"]) == (True, eur(24900))
    assert (await patched(shop, number, plan_id="aeropix-standard")).json["monthly_total"] == eur(2900)


@pytest.mark.parametrize("plan_id", ["voltano-premium", "aeropix-platinum"])
async def test_a_plan_of_another_family_is_refused(shop: ShopClient, plan_id: str) -> None:
    for reply in (
        await patched(shop, await rented(shop), plan_id=plan_id),
        await shop.post(path("SB-200001", "/previews"), {"plan_id": plan_id}),
    ):
        assert (reply.status, reply.slug) == (409, "plan-not-for-product")


async def test_addons_by_the_month_come_and_go_and_what_is_paid_once_is_due_now_and_stays(
    shop: ShopClient, clock: GivenClock
) -> None:
    number = await rented(shop)
    preview = (await shop.post(path(number, "/previews"), {"addons": ["insurance", "flight-lessons"]})).json
    assert (preview["monthly_after"], preview["due_now"]) == (eur(3590), eur(8900))
    view = (await patched(shop, number, addons=["insurance", "flight-lessons"])).json
    assert [addon["id"] for addon in view["addons"]] == ["insurance", "flight-lessons"]
    assert (view["monthly_total"], view["billed"][0]["amount"]) == (eur(3590), eur(8900))
    view = (await patched(shop, number, addons=[])).json
    assert ([addon["id"] for addon in view["addons"]], view["monthly_total"]) == (["flight-lessons"], eur(2900))
    again = (await shop.post(path(number, "/previews"), {"addons": ["flight-lessons"]})).json
    assert again["due_now"] == eur(0)


async def test_an_addon_that_the_product_does_not_have_is_refused(shop: ShopClient) -> None:
    reply = await patched(shop, await rented(shop, "sitsense-home-sand"), addons=["insurance", "flight-lessons"])
    assert (reply.status, [error["path"] for error in reply.json["errors"]]) == (400, ["addons.1"])


async def test_what_was_agreed_does_not_follow_the_catalog(shop: ShopClient, database: Database) -> None:
    number = await rented(shop)
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.product_id == "aeropix-mini").values(monthly_amount=4900))
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert (await patched(shop, number, addons=["insurance"])).json["monthly_price"] == eur(2900)
    assert (await patched(shop, number, term_months=12)).json["monthly_price"] == eur(4410)


async def test_a_subscription_can_be_changed_before_it_begins(shop: ShopClient) -> None:
    order = await placed(shop, item(term_months=6))
    preview = (await shop.post(path("SB-200001", "/previews"), {"term_months": 12})).json
    assert (preview["effective_on"], preview["term_ends_on"]) == (None, None)
    assert (await patched(shop, "SB-200001", term_months=12)).json["monthly_price"] == eur(2610)
    await advanced(shop, order, "delivered")
    view = await stands(shop, "SB-200001")
    assert (view["term_ends_on"], view["billed"][0]["amount"]) == ("2027-03-01", eur(2900))  # the first as ordered


@pytest.mark.parametrize("status", ["paused", "ending", "ended"])
async def test_only_what_is_active_or_pending_can_be_changed(shop: ShopClient, clock: GivenClock, status: str) -> None:
    number = await rented(shop)
    clock.turns("2026-05-04")
    if status == "paused":
        await paused(shop, number, "2026-05-04", "2026-05-20")
    else:
        await cancelled(shop, number)
    if status == "ended":
        clock.turns("2026-09-02")
    for reply in (
        await patched(shop, number, term_months=12),
        await shop.post(path(number, "/previews"), {"term_months": 12}),
    ):
        assert (reply.status, reply.slug) == (409, "subscription-not-changeable")
        assert reply.json["subscription_status"] == status


@pytest.mark.parametrize("status", ["paused", "ending"])
async def test_services_come_and_go_until_the_end(shop: ShopClient, clock: GivenClock, status: str) -> None:
    number = await rented(shop)
    clock.turns("2026-05-04")
    if status == "paused":
        await paused(shop, number, "2026-05-04", "2026-05-20")
    else:
        await cancelled(shop, number)
    view = (await patched(shop, number, addons=["insurance"])).json
    assert (view["status"], [addon["id"] for addon in view["addons"]]) == (status, ["insurance"])
    assert (await patched(shop, number, addons=[])).json["addons"] == []


async def test_a_change_that_makes_no_sense_is_refused(shop: ShopClient) -> None:
    number = await rented(shop)
    for change in [{}, {"term_months": None}, {"term_months": 0}, {"addons": ["a", "a"]}, {"name": "x"}]:
        for method, where in (("PATCH", path(number)), ("POST", path(number, "/previews"))):
            assert (await shop.refused(method, where, change)).slug == "invalid-request"


async def test_a_change_sent_twice_is_made_once(shop: ShopClient) -> None:
    number = await rented(shop)
    first, again = [await shop.patch(path(number), {"addons": ["flight-lessons"]}, key="once") for _ in range(2)]
    assert (again.replayed, again.raw) == (True, first.raw)
    assert [charge["amount"] for charge in (await stands(shop, number))["billed"]] == [eur(8900), eur(2900)]


# --- paused


async def test_a_pause_from_today_rests_at_once_and_moves_billing_and_term(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-05-12")
    view = (await paused(shop, number, "2026-05-12", "2026-05-31")).json
    assert (view["status"], view["pause"]) == ("paused", {"first": "2026-05-12", "until": "2026-05-31"})
    assert (view["next_billing_on"], view["term_ends_on"]) == ("2026-06-22", "2026-09-21")
    assert view["pause_limit"] == {"max_days": 90, "left_days": 70, "why_not": "not_active"}
    clock.turns("2026-05-31")
    assert (await stands(shop, number))["status"] == "paused"
    clock.turns("2026-06-01")
    assert ((await stands(shop, number))["status"], (await stands(shop, number))["pause"]) == ("active", None)


async def test_a_planned_pause_begins_on_its_day(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    view = (await paused(shop, number, "2026-07-01", "2026-07-31")).json
    assert (view["status"], view["next_billing_on"], view["term_ends_on"]) == ("active", "2026-04-02", "2026-10-02")
    clock.turns("2026-06-30")
    assert (await stands(shop, number))["status"] == "active"
    clock.turns("2026-07-01")
    assert (await stands(shop, number))["status"] == "paused"


@pytest.mark.parametrize(
    ("first", "until", "why"),
    [
        ("2026-05-01", "2026-05-06", "too_short"),
        ("2026-05-01", "2026-05-07", None),
        ("2026-05-01", "2026-07-29", None),
        ("2026-05-01", "2026-07-30", "too_long"),
        ("2026-04-01", "2026-04-20", "in_first_month"),
        ("2026-04-02", "2026-04-20", None),
    ],
)
async def test_a_pause_lasts_7_to_90_days_and_does_not_begin_in_the_first_month(
    shop: ShopClient, first: str, until: str, why: str | None
) -> None:
    reply = await paused(shop, await rented(shop), first, until)
    if why is None:
        assert reply.status == 200
    else:
        assert (reply.status, reply.slug, reply.json["why"]) == (409, "pause-not-allowed", why)
        assert (reply.json["max_days"], reply.json["left_days"]) == (90, 90)


async def test_no_more_than_90_days_in_a_year_of_the_contract(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop, months=24)
    clock.turns("2026-05-01")
    await paused(shop, number, "2026-05-01", "2026-07-19")  # 80 days
    clock.turns("2026-08-01")
    refused = await paused(shop, number, "2026-08-01", "2026-08-11")
    assert (refused.json["why"], refused.json["left_days"]) == ("used_up", 10)
    assert (await paused(shop, number, "2026-08-01", "2026-08-10")).status == 200
    clock.turns("2026-09-01")
    assert (await stands(shop, number))["pause_limit"] == {"max_days": 90, "left_days": 0, "why_not": "used_up"}
    assert (await paused(shop, number, "2027-03-01", "2027-03-20")).json[
        "why"
    ] == "used_up"  # its first day is too early
    assert (await paused(shop, number, "2027-03-02", "2027-03-20")).status == 200


async def test_a_pause_over_the_turn_of_the_contract_year_counts_in_both(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop, months=24)
    await paused(shop, number, "2027-02-20", "2027-05-20")  # 10 days in the first year, 80 in the second
    clock.turns("2027-06-01")
    assert (await stands(shop, number))["pause_limit"]["left_days"] == 10


async def test_a_new_pause_takes_the_place_of_the_planned_one(shop: ShopClient) -> None:
    number = await rented(shop)
    await paused(shop, number, "2026-06-01", "2026-08-20")
    view = (await paused(shop, number, "2026-07-01", "2026-07-31")).json
    assert (view["pause"]["first"], view["term_ends_on"]) == ("2026-07-01", "2026-10-02")
    refused = await paused(shop, number, "2026-07-01", "2026-07-03")
    assert refused.json["why"] == "too_short"
    assert (await stands(shop, number))["pause"]["first"] == "2026-07-01"


async def test_only_an_active_subscription_rests(shop: ShopClient, clock: GivenClock) -> None:
    await placed(shop, item(term_months=6))
    number = await rented(shop)
    clock.turns("2026-05-04")
    assert (await paused(shop, "SB-200001", "2026-06-01", "2026-06-30")).json["why"] == "not_active"
    await paused(shop, number, "2026-05-04", "2026-05-20")
    assert (await paused(shop, number, "2026-06-01", "2026-06-30")).json["why"] == "not_active"
    clock.turns("2026-05-21")
    view = (await cancelled(shop, number)).json
    assert view["pause_limit"]["why_not"] == "ending"
    assert (await paused(shop, number, "2026-06-01", "2026-06-30")).json["why"] == "not_active"


async def test_in_the_first_month_it_is_said_that_nothing_may_rest_yet(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-04-01")
    assert (await stands(shop, number))["pause_limit"]["why_not"] == "in_first_month"
    clock.turns("2026-04-02")
    assert (await stands(shop, number))["pause_limit"] == {"max_days": 90, "left_days": 90, "why_not": None}


@pytest.mark.parametrize(
    ("first", "until", "where"),
    [
        ("2026-05-03", "2026-05-20", "first"),
        ("2026-05-20", "2026-05-10", "until"),
        ("9999-12-01", "9999-12-31", "first"),
        ("2026-06-01", "9999-12-31", "until"),
    ],
)
async def test_days_that_are_past_backwards_or_far_away_are_refused(
    shop: ShopClient, clock: GivenClock, first: str, until: str, where: str
) -> None:
    number = await rented(shop)
    clock.turns("2026-05-04")
    reply = await paused(shop, number, first, until)
    assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", where)


async def test_it_goes_on_today_and_what_was_not_rested_is_given_back(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-05-12")
    await paused(shop, number, "2026-05-12", "2026-05-31")
    clock.turns("2026-05-22")
    view = (await shop.post(path(number, "/resume"), {})).json
    assert (view["status"], view["pause"], view["pause_limit"]["left_days"]) == ("active", None, 80)
    assert (view["next_billing_on"], view["term_ends_on"]) == ("2026-06-12", "2026-09-11")


async def test_it_goes_on_on_the_day_that_is_named(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-05-12")
    await paused(shop, number, "2026-05-12", "2026-05-31")
    for day in ("2026-05-11", "2026-06-02"):
        assert (await shop.post(path(number, "/resume"), {"on": day})).json["errors"][0]["path"] == "on"
    view = (await shop.post(path(number, "/resume"), {"on": "2026-05-20"})).json
    assert (view["status"], view["pause"]["until"]) == ("paused", "2026-05-19")


async def test_a_planned_pause_is_taken_back(shop: ShopClient) -> None:
    number = await rented(shop)
    await paused(shop, number, "2026-07-01", "2026-07-31")
    view = (await shop.post(path(number, "/resume"), {})).json
    assert (view["pause"], view["term_ends_on"], view["pause_limit"]["left_days"]) == (None, TERM_END, 90)
    assert (await shop.post(path(number, "/resume"), {})).slug == "not-paused"


# --- cancelled


async def test_a_cancellation_ends_it_with_its_term(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-05-04")
    view = (await cancelled(shop, number)).json
    assert (view["status"], view["ends_on"], view["at_end"]) == ("ending", TERM_END, "return")
    assert (await cancelled(shop, number)).slug == "already-ending"
    clock.turns(TERM_END)
    view = await stands(shop, number)
    assert (view["status"], view["next_billing_on"]) == ("ending", None)
    clock.turns("2026-09-02")
    assert (await stands(shop, number))["status"] == "ended"
    again = await cancelled(shop, number)
    assert (again.slug, again.json["subscription_status"]) == ("subscription-not-changeable", "ended")


async def test_after_its_term_it_goes_on_and_ends_with_the_running_month(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-11-15")
    view = await stands(shop, number)
    assert (view["status"], view["next_billing_on"], view["earliest_end_on"]) == ("active", "2026-12-02", "2026-12-01")
    assert (await cancelled(shop, number)).json["ends_on"] == "2026-12-01"


async def test_a_cancellation_is_taken_back_while_it_has_not_ended(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    assert (await shop.delete(path(number, "/cancellation"))).slug == "not-ending"
    await cancelled(shop, number, at_end="buy")
    view = (await shop.delete(path(number, "/cancellation"))).json
    assert (view["status"], view["ends_on"], view["at_end"]) == ("active", None, None)
    await cancelled(shop, number)
    clock.turns("2026-09-02")
    late = await shop.delete(path(number, "/cancellation"))
    assert (late.slug, late.json["subscription_status"]) == ("not-ending", "ended")


async def test_what_has_not_begun_is_not_cancelled_but_its_order_can_be(shop: ShopClient) -> None:
    order = await placed(shop, item(term_months=6))
    reply = await cancelled(shop, "SB-200001")
    assert (reply.status, reply.slug, reply.json["order_number"]) == (409, "subscription-pending", order)


async def test_what_rests_can_be_cancelled_and_ends_later_by_the_pause(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    clock.turns("2026-05-12")
    await paused(shop, number, "2026-05-12", "2026-05-31")
    assert (await cancelled(shop, number)).json["ends_on"] == "2026-09-21"
    view = (await shop.post(path(number, "/resume"), {})).json
    assert (view["status"], view["ends_on"], view["pause"]) == ("ending", TERM_END, None)


async def test_what_rests_since_its_months_end_and_is_cancelled_ends_today(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop, months=1)
    clock.turns("2026-05-01")
    await paused(shop, number, "2026-05-02", "2026-05-20")
    clock.turns("2026-05-10")
    assert (await cancelled(shop, number)).json["ends_on"] == "2026-05-10"


async def test_the_longer_it_was_rented_the_less_keeping_it_costs(shop: ShopClient) -> None:
    prices = [(await stands(shop, await rented(shop, months=months)))["purchase_price"] for months in (1, 6, 24)]
    # 499.00 less 60 % of 37.70, of 6 × 29.00, of 24 × 23.20
    assert prices == [eur(47630), eur(39460), eur(16490)]


async def test_a_cancellation_that_makes_no_sense_is_refused(shop: ShopClient) -> None:
    number = await rented(shop)
    for body in [{}, {"at_end": "burn"}, {"at_end": "return", "reason": "weather"}, {"reason": "other"}]:
        reply = await shop.refused("POST", path(number, "/cancellation"), body)
        assert reply.slug == "invalid-request"


# --- extended


async def test_another_term_is_added_at_the_end_at_its_own_price(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop)
    view = (await shop.post(path(number, "/extension"), {"term_months": 12})).json
    assert (view["term_ends_on"], view["monthly_price"], view["term_months"]) == ("2027-09-01", eur(2900), 6)
    assert view["added_terms"] == [{"months": 12, "monthly_price": eur(2610)}]
    clock.turns("2026-09-02")
    view = (await patched(shop, number, addons=[])).json
    assert (view["term_ends_on"], view["monthly_price"], view["term_months"]) == ("2027-09-01", eur(2610), 12)
    assert (view["added_terms"], view["billed"][0]["amount"]) == ([], eur(2610))


async def test_a_cancelled_subscription_that_is_extended_ends_with_the_added_term(shop: ShopClient) -> None:
    number = await rented(shop)
    await cancelled(shop, number)
    view = (await shop.post(path(number, "/extension"), {"term_months": 3})).json
    assert (view["status"], view["ends_on"], view["term_ends_on"]) == ("ending", "2026-12-01", "2026-12-01")


async def test_what_goes_on_by_the_month_is_extended_from_the_next_month(shop: ShopClient, clock: GivenClock) -> None:
    number = await rented(shop, months=1)
    clock.turns("2026-05-10")
    view = (await shop.post(path(number, "/extension"), {"term_months": 6})).json
    assert (view["term_months"], view["monthly_price"], view["term_ends_on"]) == (6, eur(2900), "2026-12-01")


async def test_what_rests_or_has_not_begun_is_not_extended(shop: ShopClient, clock: GivenClock) -> None:
    await placed(shop, item(term_months=6))
    number = await rented(shop)
    clock.turns("2026-05-04")
    await paused(shop, number, "2026-05-04", "2026-05-20")
    for which, status in (("SB-200001", "pending"), (number, "paused")):
        reply = await shop.post(path(which, "/extension"), {"term_months": 6})
        assert (reply.slug, reply.json["subscription_status"]) == ("subscription-not-changeable", status)


async def test_nobody_is_bound_for_more_than_ten_years(shop: ShopClient) -> None:
    number = await rented(shop, months=24)
    replies = [await shop.post(path(number, "/extension"), {"term_months": 24}) for _ in range(5)]
    assert [reply.status for reply in replies] == [200, 200, 200, 200, 400]

"""What became of a rented piece: its price, its pauses, its end. What a subscription says of itself must be what happens."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.conformance.goods import Goods, delivered, item, placed, without_instance
from tests.conformance.port_client import Answer, Json, PortClient

SUBSCRIPTIONS = "/v1/subscriptions"
NOBODYS = "SB-999999999"


@pytest.fixture(autouse=True)
async def _subscriptions_are_known(port: PortClient) -> None:
    await port.get(SUBSCRIPTIONS)


def _path(subscription: Json, deed: str = "") -> str:
    return f"{SUBSCRIPTIONS}/{subscription['number']}{deed}"


async def _newest(port: PortClient) -> Json:
    found: Json = (await port.get(SUBSCRIPTIONS)).json["items"][0]
    return found


async def _pending(port: PortClient, goods: Goods) -> Json:
    _, variant, months = goods.to_rent()
    await placed(port, item(variant, term_months=months))
    return await _newest(port)


@pytest.fixture
async def running(port: PortClient, goods: Goods) -> Json:
    """A subscription that began today."""
    _, variant, months = goods.to_rent()
    await delivered(port, item(variant, term_months=months))
    return await _newest(port)


async def test_every_family_for_rent_has_a_plan_of_its_models(port: PortClient, goods: Goods) -> None:
    plans = (await port.get("/v1/plans")).json["items"]
    for product in goods.products:
        if product["rental_terms"]:
            standard = [plan for plan in plans if product["id"] in plan["models"] and not plan["premium"]]
            assert len(standard) == 1, product["id"]
            assert {term["months"] for term in standard[0]["terms"]} == set(product["rental_terms"])


async def test_every_rented_piece_is_one_subscription_and_a_bought_one_is_none(port: PortClient, goods: Goods) -> None:
    _, variant, months = goods.to_rent()
    order = await placed(port, item(variant, 2, term_months=months))
    await placed(port, item(variant))
    found = (await port.get(SUBSCRIPTIONS)).json["items"]
    assert [(s["order_number"], s["variant_id"], s["status"]) for s in found] == [
        (order["number"], variant["id"], "pending")
    ] * 2
    assert len({subscription["number"] for subscription in found}) == 2


async def test_a_subscription_begins_when_it_is_delivered(running: Json) -> None:
    assert (running["status"], running["started_on"] is not None) == ("active", True)
    assert running["started_on"] < running["next_billing_on"] <= running["term_ends_on"] == running["earliest_end_on"]
    booked = sum(addon["price"]["amount"] for addon in running["addons"] if addon["monthly"])
    assert running["monthly_total"]["amount"] == running["monthly_price"]["amount"] + booked


async def test_what_an_order_said_it_would_cost_it_costs(port: PortClient, goods: Goods) -> None:
    _, variant, months = goods.to_rent()
    order = await placed(port, item(variant, term_months=months))
    subscription = await _newest(port)
    assert (subscription["monthly_price"], subscription["term_months"]) == (order["items"][0]["unit_price"], months)


async def test_the_subscriptions_of_a_cancelled_order_have_ended(port: PortClient, goods: Goods) -> None:
    pending = await _pending(port, goods)
    await port.post(f"/v1/orders/{pending['order_number']}/cancellation", {})
    assert (await port.get(_path(pending))).json["status"] == "ended"


async def test_somebody_elses_subscription_and_none_at_all_are_the_same(port: PortClient, goods: Goods) -> None:
    pending = await _pending(port, goods)
    stranger = port.somebody_else()
    for deed in (_see, _change, _cancel):
        theirs, nobodys = await deed(stranger, pending), await deed(stranger, pending | {"number": NOBODYS})
        assert (theirs.status, theirs.slug) == (404, "subscription-not-found")
        assert without_instance(theirs.json) == without_instance(nobodys.json)
    assert (await stranger.get(SUBSCRIPTIONS)).json["items"] == []


async def _see(port: PortClient, subscription: Json) -> Answer:
    return await port.get(_path(subscription))


async def _change(port: PortClient, subscription: Json) -> Answer:
    return await port.patch(_path(subscription), {"term_months": 12})


async def _cancel(port: PortClient, subscription: Json, at_end: str = "return", key: str | None = None) -> Answer:
    return await port.post(
        _path(subscription, "/cancellation"), {"reason": "no_longer_needed", "at_end": at_end}, key=key
    )


async def test_a_change_costs_what_its_preview_said(port: PortClient, goods: Goods, running: Json) -> None:
    product, _, months = goods.to_rent()
    longer = [term for term in product["rental_terms"] if term > months]
    if not longer:
        pytest.skip("the catalog has no longer term than the one rented")
    change = {"term_months": longer[0]}
    preview = (await port.post(_path(running, "/previews"), change)).json
    assert (await port.get(_path(running))).json == running
    changed = (await port.patch(_path(running), change)).json
    assert (preview["monthly_before"], preview["monthly_after"]) == (running["monthly_total"], changed["monthly_total"])
    assert (changed["term_months"], changed["term_ends_on"]) == (longer[0], preview["term_ends_on"])


async def test_what_a_change_would_be_refused_for_its_preview_is_refused_for(port: PortClient, running: Json) -> None:
    change = {"plan_id": "conformance-no-such-plan"}
    preview, write = await port.post(_path(running, "/previews"), change), await port.patch(_path(running), change)
    assert preview.status == write.status >= 400
    assert preview.slug == write.slug


async def test_a_pause_is_allowed_or_not_as_the_subscription_says(port: PortClient, running: Json) -> None:
    limit, today = running["pause_limit"], date.fromisoformat(running["started_on"])
    answer = await _paused(port, running, today, today + timedelta(days=13))
    if limit["why_not"] is None:
        assert (answer.status, answer.json["status"]) == (200, "paused")
    else:
        assert (answer.slug, answer.json["why"]) == ("pause-not-allowed", limit["why_not"])


async def test_a_pause_to_come_is_planned_moves_the_end_and_is_taken_back(port: PortClient, running: Json) -> None:
    first = date.fromisoformat(running["started_on"]) + timedelta(days=40)
    planned = await _paused(port, running, first, first + timedelta(days=13))
    assert (planned.status, planned.json["status"]) == (200, "active")
    assert planned.json["pause"]["first"] == first.isoformat()
    assert _days_between(running["term_ends_on"], planned.json["term_ends_on"]) == 14
    resumed = (await port.post(_path(running, "/resume"), {})).json
    assert (resumed["pause"], resumed["term_ends_on"]) == (None, running["term_ends_on"])
    again = await port.post(_path(running, "/resume"), {})
    assert (again.status, again.slug) == (409, "not-paused")


@pytest.mark.parametrize(("days", "why"), [(3, "too_short"), (200, "too_long")])
async def test_a_pause_that_is_too_short_or_too_long_is_refused_as_such(
    port: PortClient, running: Json, days: int, why: str
) -> None:
    first = date.fromisoformat(running["started_on"]) + timedelta(days=40)
    answer = await _paused(port, running, first, first + timedelta(days=days - 1))
    assert (answer.status, answer.slug, answer.json["why"]) == (409, "pause-not-allowed", why)
    assert (await port.get(_path(running))).json["pause"] is None


async def _paused(port: PortClient, subscription: Json, first: date, until: date) -> Answer:
    body = {"first": first.isoformat(), "until": until.isoformat()}
    return await port.post(_path(subscription, "/pause"), body)


def _days_between(earlier: str, later: str) -> int:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days


async def test_a_cancellation_ends_it_when_it_said_and_can_be_taken_back(port: PortClient, running: Json) -> None:
    first = await _cancel(port, running, key="message-2")
    again = await _cancel(port, running, key="message-2")
    assert (first.status, first.json["status"], first.json["at_end"]) == (200, "ending", "return")
    assert first.json["ends_on"] == running["earliest_end_on"]
    assert (again.json, again.replayed) == (first.json, True)
    assert (await _cancel(port, running)).slug == "already-ending"
    kept = (await port.delete(_path(running, "/cancellation"))).json
    assert (kept["status"], kept["ends_on"], kept["at_end"]) == ("active", None, None)


async def test_what_is_to_be_kept_at_the_end_has_a_price(port: PortClient, running: Json) -> None:
    kept = (await _cancel(port, running, at_end="buy")).json
    assert kept["at_end"] == "buy"
    assert kept["purchase_price"]["amount"] > 0


async def test_what_is_not_delivered_yet_is_cancelled_with_its_order(port: PortClient, goods: Goods) -> None:
    answer = await _cancel(port, await _pending(port, goods))
    assert (answer.status, answer.slug) == (409, "subscription-pending")


async def test_another_term_follows_the_present_one(port: PortClient, goods: Goods, running: Json) -> None:
    months = min(goods.to_rent()[0]["rental_terms"])
    answer = await port.post(_path(running, "/extension"), {"term_months": months})
    assert answer.status == 200
    assert answer.json["term_ends_on"] > running["term_ends_on"]


async def test_only_what_is_free_is_swapped_and_on_a_standard_plan_for_good(
    port: PortClient, goods: Goods, running: Json
) -> None:
    free = await _free(port, goods, running)
    others = [model["product_id"] for model in free if model["product_id"] != running["product_id"]]
    if not others:
        pytest.skip("the catalog has no other model of the family that is free")
    today = running["started_on"]
    some_days: dict[str, Any] = {"product_id": others[0], "first": today, "until": today}
    refused = await port.post(_path(running, "/swaps"), some_days)
    assert (refused.status, refused.slug, refused.json["why"]) == (409, "swap-not-in-plan", "premium_only")
    swapped = await port.post(_path(running, "/swaps"), some_days | {"until": None})
    assert swapped.status == 200
    booked = swapped.json.get("swaps") or [swapped.json["swap"] or {}]
    assert others[0] in (swapped.json["product_id"], *(swap.get("product_id") for swap in booked))


async def test_a_swap_that_has_an_id_is_taken_back_by_it(port: PortClient, goods: Goods, running: Json) -> None:
    free = await _free(port, goods, running)
    others = [model["product_id"] for model in free if model["product_id"] != running["product_id"]]
    if not others:
        pytest.skip("the catalog has no other model of the family that is free")
    later = (date.fromisoformat(running["started_on"]) + timedelta(days=3)).isoformat()
    wish = {"product_id": others[0], "first": later, "until": None}
    swap = (await port.post(_path(running, "/swaps"), wish)).json["swap"]
    if "id" not in swap:
        pytest.skip("the shop names its swaps by no id")
    taken_back = await port.delete(_path(running, f"/swaps/{swap['id']}"))
    assert (taken_back.status, taken_back.json["swap"]) == (200, None)
    assert (await port.delete(_path(running, f"/swaps/{swap['id']}"))).slug == "not-swapped"


async def test_a_swap_costs_what_its_preview_says(port: PortClient, goods: Goods, running: Json) -> None:
    free = await _free(port, goods, running)
    others = [model["product_id"] for model in free if model["product_id"] != running["product_id"]]
    if not others:
        pytest.skip("the catalog has no other model of the family that is free")
    wish = {"product_id": others[0], "first": running["started_on"], "until": None}
    preview = await port.post(_path(running, "/swap-previews"), wish)
    if preview.status == 404:
        pytest.skip("the shop has no preview of swaps")
    swapped = await port.post(_path(running, "/swaps"), wish)
    if swapped.json["product_id"] == others[0]:
        assert swapped.json["monthly_total"] == preview.json["monthly_after"]


async def test_another_familys_model_is_no_swap(port: PortClient, goods: Goods, running: Json) -> None:
    family = _product(goods, running)["family"]
    strangers = [product["id"] for product in goods.products if product["family"] != family]
    if not strangers:
        pytest.skip("the catalog has one family only")
    answer = await port.post(
        _path(running, "/swaps"), {"product_id": strangers[0], "first": running["started_on"], "until": None}
    )
    assert (answer.status, answer.slug, answer.json["why"]) == (409, "swap-not-in-plan", "other_family")


async def _free(port: PortClient, goods: Goods, subscription: Json) -> list[Json]:
    family = _product(goods, subscription)["family"]
    found: list[Json] = (await port.get("/v1/availability", family=family, first=subscription["started_on"])).json[
        "items"
    ]
    return found


def _product(goods: Goods, subscription: Json) -> Json:
    return next(product for product in goods.products if product["id"] == subscription["product_id"])

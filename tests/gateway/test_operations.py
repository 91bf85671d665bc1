"""What an operator's tools ask: does it live, is it ready, what does it count."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.app import Gateway
from tests.gateway.conftest import Running


async def test_it_lives_and_is_ready(running: Running) -> None:
    live = await running.http.get("/health/live")
    ready = await running.http.get("/health/ready")
    assert (live.status, await live.json()) == (200, {"status": "ok"})
    assert (ready.status, await ready.json()) == (200, {"status": "ok", "waiting_for": []})


async def test_without_its_shop_it_is_not_ready_and_says_so(running: Running) -> None:
    await running.shop.shut()
    response = await running.http.get("/health/ready")
    assert (response.status, await response.json()) == (503, {"status": "waiting", "waiting_for": ["shop"]})
    await running.shop.reopen()
    assert (await running.http.get("/health/ready")).status == 200


async def test_without_a_worker_it_is_not_ready_and_says_so(running: Running) -> None:
    await running.send_worker_away()
    await running.redis.delete(running.keys.ready("in", 0))
    response = await running.http.get("/health/ready")
    assert (response.status, (await response.json())["waiting_for"]) == (503, ["workers"])
    assert (await running.http.get("/health/live")).status == 200


async def test_messages_and_what_waits_are_counted(running: Running) -> None:
    before = await _metrics(running)
    await running.says("hallo")
    await running.http.post("/webhooks/rest/webhook", json={"message": "hallo"})
    after = await _metrics(running)
    name = 'nochannel_messages_total{"channel": "rest", "outcome": "new"}'
    assert after[name] == before.get(name, 0) + 1
    for lane in ("in", "out"):
        assert after[f"nochannel_{lane}_ready{{}}"] == 0
        assert after[f"nochannel_{lane}_parked{{}}"] == 0


async def test_the_metrics_carry_nobodys_words_or_name(running: Running) -> None:
    await running.says("geheimwort", sender="geheimer-name")
    text = await (await running.http.get("/metrics")).text()
    assert "nochannel_accept_seconds_bucket" in text
    assert "geheim" not in text


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/health/live"])
async def test_the_operators_pages_are_read_only(running: Running, path: str) -> None:
    response = await running.http.post(path)
    assert response.status == 405
    assert response.headers["Allow"] == "GET,HEAD"


def test_every_post_route_is_a_channels_or_rasas(running: Running) -> None:
    """A new channel's webhook joins the junk tests by itself; this is where one sees it. Two are the shop's own."""
    of_channels = {"/webhooks/rest/webhook", "/webhooks/telegram", "/webhooks/alexa"}
    of_shop = {"/pay/{token}", "/v1/payment-events/{provider}"}
    assert set(post_paths(running.gateway)) == {"/model/parse", *of_channels, *of_shop}


def post_paths(gateway: Gateway) -> list[str]:
    return [
        route.resource.canonical for route in gateway.app.router.routes() if route.method == "POST" and route.resource
    ]


async def _metrics(running: Running) -> dict[str, float]:
    """Values by name and labels."""
    response = await running.http.get("/metrics")
    assert response.content_type == "text/plain"
    families = text_string_to_metric_families(await response.text())
    return {f"{sample.name}{_written(sample.labels)}": sample.value for family in families for sample in family.samples}


def _written(labels: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": "{value}"' for name, value in sorted(labels.items())) + "}"

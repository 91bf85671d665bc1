"""Customers through the whole gateway: HTTP in, HTTP out, the real dialogue and the real shop between."""

import asyncio

from tests.gateway.conftest import PROOF, Running


async def test_a_customer_orders_over_rest(running: Running) -> None:
    assert "AeroPix Mini" in await running.says("was habt ihr für drohnen?")
    await running.says("ich nehm zwei mini in rot")
    await running.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig")
    assert "2 × AeroPix Mini in Rot" in await running.says("paypal")
    assert "NC-104201" in await running.says("ja")
    assert [status for _, status, _ in running.shop.orders("rest-kim")] == ["pending"]


async def test_a_customer_with_the_longest_name_can_order_too(running: Running) -> None:
    sender = "k" * 123
    await running.says("ich nehm eine mini in rot", sender)
    await running.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig", sender)
    await running.says("paypal", sender)
    assert "NC-104201" in await running.says("ja", sender)


async def test_no_words_at_all_get_an_answer(running: Running) -> None:
    for text in ("", " ", "\x00", "/", "///"):
        assert await running.says(text)


async def test_many_customers_at_once_each_get_their_own_answer(running: Running) -> None:
    async def says_its_name(number: int) -> str:
        body = {"sender": f"kunde-{number}", "message": "hallo"}
        async with running.http.post("/webhooks/rest/webhook", json=body, headers=PROOF) as response:
            [first, *_] = await response.json()
            return str(first["recipient_id"])

    names = await asyncio.gather(*(says_its_name(number) for number in range(50)))
    assert names == [f"kunde-{number}" for number in range(50)]

"""What every webhook promises the operator: strangers are kept out, junk does no harm, nothing accepted is lost."""

import asyncio
import gzip
import json
from dataclasses import replace
from typing import Any, ClassVar

from aiohttp import ClientResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contracts.lines import Call, Signing, Webhook
from tests.contracts.switchboard import cut_off

# The open gateway is shared by the examples: nothing here depends on what an earlier one left behind.
shared = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
    deadline=None,
    max_examples=60,
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
junk = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner))

DEEP = b'{"message":' * 2_000 + b"1" + b"}" * 2_000


class WebhookContract:
    """The door refuses when in doubt, and keeps nothing of what it refuses."""

    refusals: ClassVar[tuple[int, ...]] = (401, 403)
    """Statuses for who is not the vendor; a vendor may ask for another."""

    async def test_who_is_not_the_vendor_is_refused_and_leaves_no_trace(self, webhook: Webhook) -> None:
        for why, call in webhook.forged().items():
            response = await post(webhook, call)
            assert response.status in self.refusals, why
            await assert_problem(response)
        assert await webhook.board.traces() == []

    async def test_a_body_that_is_none_of_the_vendors_is_refused(self, webhook: Webhook) -> None:
        for body in (b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe", b"\x00" * 100, DEEP, *webhook.malformed()):
            response = await post(webhook, with_body(webhook, body))
            assert response.status == 400, body[:80]
            await assert_problem(response)
        assert await webhook.board.traces() == []

    async def test_an_oversized_body_is_refused(self, webhook: Webhook) -> None:
        response = await post(webhook, with_body(webhook, b" " * (webhook.board.settings.max_body_bytes + 1)))
        assert response.status == 413
        await assert_problem(response)

    async def test_a_body_that_unpacks_to_too_much_is_refused(self, webhook: Webhook) -> None:
        bomb = gzip.compress(b" " * 50_000_000)
        response = await post(webhook, with_body(webhook, bomb, {"Content-Encoding": "gzip"}))
        assert response.status == 413

    async def test_a_body_that_does_not_unpack_is_refused(self, webhook: Webhook) -> None:
        response = await post(webhook, with_body(webhook, b"no gzip at all", {"Content-Encoding": "gzip"}))
        assert response.status == 400

    async def test_another_method_is_told_which_is_right(self, webhook: Webhook) -> None:
        call = webhook.call("hallo", "1")
        response = await webhook.board.http.request("PUT" if call.method == "POST" else "POST", call.path)
        assert response.status == 405
        assert call.method in response.headers["Allow"].split(",")

    async def test_bytes_in_headers_that_are_no_text_are_refused(self, webhook: Webhook) -> None:
        call = webhook.call("hallo", "1")
        for name in {*call.headers, "Idempotency-Key", "Authorization"}:
            status = await post_raw(webhook, call, {**call.headers, name: "ÿþ"})
            assert 400 <= status < 500 or name not in call.headers, name
            assert status < 500, name

    async def test_while_redis_is_away_the_vendor_is_told_to_come_again(self, webhook: Webhook) -> None:
        call = webhook.call("hallo", "1")
        async with cut_off(webhook.board.redis):
            response = await post(webhook, call)
            assert response.status == 503
            assert int(response.headers["Retry-After"]) >= 1
            await assert_problem(response)
        async with webhook.board.working():
            assert (await post(webhook, call)).status == 200
            await webhook.board.quiet(webhook.account)
        assert [heard.text for heard in webhook.board.dialogue.heard] == ["hallo"]

    @shared
    @given(body=st.binary(max_size=300))
    async def test_bytes_of_any_kind_are_refused(self, webhook: Webhook, body: bytes) -> None:
        assert (await post(webhook, with_body(webhook, body))).status == 400

    @shared
    @given(data=st.data())
    async def test_a_call_with_junk_anywhere_never_makes_the_gateway_fail(
        self, webhook: Webhook, data: st.DataObject
    ) -> None:
        genuine = json.loads(webhook.call("hallo", "1").body)
        spoiled = data.draw(st.builds(with_change, st.just(genuine), st.sampled_from(places(genuine)), junk))
        response = await post(webhook, with_body(webhook, json.dumps(spoiled).encode()))
        assert response.status < 500


async def post(webhook: Webhook, call: Call) -> ClientResponse:
    return await webhook.board.http.request(call.method, call.path, data=call.body, headers=call.headers)


async def post_raw(webhook: Webhook, call: Call, headers: dict[str, str]) -> int:
    """The status of a call whose headers go out as Latin 1, which no proper client sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", webhook.board.http.port)
    lines = [
        f"{call.method} {call.path} HTTP/1.1",
        "Host: localhost",
        "Connection: close",
        f"Content-Length: {len(call.body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + call.body)
    status = (await reader.readline()).split()[1]
    writer.close()
    await writer.wait_closed()
    return int(status)


def with_body(webhook: Webhook, body: bytes, headers: dict[str, str] | None = None) -> Call:
    """A call whose proof is right and whose body is another."""
    call = webhook.signed(body) if isinstance(webhook, Signing) else webhook.call("hallo", "1")
    return replace(call, body=body, headers={**call.headers, **(headers or {})})


async def assert_problem(response: ClientResponse) -> None:
    """RFC 9457."""
    assert response.content_type == "application/problem+json"
    problem = json.loads(await response.read())
    assert problem["status"] == response.status
    assert problem["type"].startswith("urn:nochannel:problem:")
    assert problem["title"]
    assert isinstance(problem["detail"], str)


def places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every member and element of a body."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *(place for key, child in inner for place in places(child, (*here, key)))]


def with_change(node: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The body with something else at one place."""
    if not place:
        return value
    changed = dict(node) if isinstance(node, dict) else list(node)
    changed[place[0]] = with_change(node[place[0]], place[1:], value)
    return changed

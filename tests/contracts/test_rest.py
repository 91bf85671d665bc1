"""`rest`: the contracts, Rasa's shapes, and answers that come late or twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from aiohttp import ClientResponse
from pydantic import SecretStr

from bot.channels.rest import MAX_CUSTOMER_LENGTH
from bot.gateway import door
from bot.messages import Button, Card, Reply
from tests.contracts.channel import ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.webhook import WebhookContract, assert_problem

PATH = "/webhooks/rest/webhook"
TOKEN = "a-rest-token-of-the-contracts"
PROOF = {"Authorization": f"Bearer {TOKEN}"}


class RestLine:
    """A client of Rasa's REST channel, for whom a repeated request is the same request."""

    account = "kim"

    def __init__(self, board: Switchboard) -> None:
        self.board = board
        self.answers: dict[str, list[dict[str, Any]]] = {}

    async def asks(self, body: Mapping[str, Any], **headers: str) -> ClientResponse:
        return await self.board.http.post(PATH, json=body, headers=PROOF | headers)

    async def says(self, text: str, message_id: str) -> Receipt:
        response = await self.asks({"sender": self.account, "message": text, "message_id": message_id})
        if response.status == 200:
            self.answers[message_id] = await response.json()
        retry_after = response.headers.get("Retry-After")
        return Receipt(response.status, int(retry_after) if retry_after else None)

    async def presses(self, title: str) -> Receipt:
        buttons = [button for answer in self._messages() for button in answer.get("buttons", [])]
        payload = next(button["payload"] for button in buttons if button["title"] == title)
        return await self.says(payload, f"press-{title}")

    async def sees(self) -> list[Shown]:
        return [
            Shown(
                message.get("text", ""), "image" in message, tuple(key["title"] for key in message.get("buttons", []))
            )
            for message in self._messages()
        ]

    def call(self, text: str, message_id: str) -> Call:
        return Call(PATH, json.dumps({"sender": self.account, "message": text}).encode(), PROOF)

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        proofs = {"none": "", "wrong": "Bearer x", "shorter": f"Bearer {TOKEN[:-1]}"}
        calls = {why: Call(PATH, genuine.body, {"Authorization": proof}) for why, proof in proofs.items()}
        return {**calls, "in the query": Call(f"{PATH}?token=x", genuine.body)}

    def malformed(self) -> Sequence[bytes]:
        spoiled: list[Any] = [
            {},
            {"message": None},
            {"message": ["hallo"]},
            {"message": "hallo", "sender": None},
            {"message": "hallo", "sender": ""},
            {"message": "hallo", "sender": 5},
            {"message": "hallo", "sender": "k" * MAX_CUSTOMER_LENGTH},
            {"message": "hallo", "sender": "ä" * 100},
            {"message": "hallo", "message_id": ""},
            {"message": "hallo", "message_id": 0},
            {"message": "hallo", "message_id": "1" * 201},
            {"message": "hallo", "message_id": "1\n2"},
        ]
        return [b'{"message": "\\ud800"}', *(json.dumps(body).encode() for body in spoiled)]

    def _messages(self) -> list[dict[str, Any]]:
        return [message for answer in self.answers.values() for message in answer]


@pytest.fixture
async def line(open_switchboard: Open) -> RestLine:
    return RestLine(await open_switchboard("rest", settings(rest_token=SecretStr(TOKEN))))


@pytest.fixture
async def webhook(open_switchboard: Open) -> AsyncIterator[RestLine]:
    """Of a client who may do a lot; somebody answers, because the line is held until then."""
    line = RestLine(await open_switchboard("rest", settings(rest_token=SecretStr(TOKEN), **UNLIMITED)))
    async with line.board.working():
        yield line


@pytest.fixture
async def hasty(open_switchboard: Open) -> RestLine:
    """A gateway that does not hold the line for long."""
    return RestLine(await open_switchboard("rest", settings(rest_token=SecretStr(TOKEN), answer_seconds=0.05)))


class TestRest(ChannelContract, WebhookContract):
    """Both contracts; answers go back in the response, so there is no vendor to fail."""


async def test_the_answer_has_rasas_shape(line: RestLine) -> None:
    line.board.dialogue.replies = (
        Reply(text="Gern."),
        Reply(text="Welche?", buttons=(Button("Mini", "/affirm"),)),
        Reply(text="So:", image="http://shop/mini.png"),
        Reply(cards=(Card("AeroPix Mini", "ab 499 €", "http://shop/mini.png", (Button("Nehmen", "/affirm"),)), Card("Kurs"))),
    )  # fmt: skip
    async with line.board.working():
        response = await line.asks({"sender": "kim", "message": "hallo"})
    assert response.content_type == "application/json"
    assert await response.json() == [
        {"recipient_id": "kim", "text": "Gern."},
        {"recipient_id": "kim", "text": "Welche?", "buttons": [{"title": "Mini", "payload": "/affirm"}]},
        {"recipient_id": "kim", "text": "So:"},
        {"recipient_id": "kim", "image": "http://shop/mini.png"},
        {"recipient_id": "kim", "image": "http://shop/mini.png"},
        {
            "recipient_id": "kim",
            "text": "AeroPix Mini: ab 499 €",
            "buttons": [{"title": "Nehmen", "payload": "/affirm"}],
        },
        {"recipient_id": "kim", "text": "Kurs"},
    ]


async def test_nothing_to_say_is_an_empty_list(line: RestLine) -> None:
    line.board.dialogue.replies = ()
    async with line.board.working():
        response = await line.asks({"sender": "kim", "message": "hallo"})
        assert (response.status, await response.json()) == (200, [])


async def test_without_a_sender_it_is_rasas_default(line: RestLine) -> None:
    async with line.board.working():
        response = await line.asks({"message": "hallo"})
    assert await response.json() == [{"recipient_id": "default", "text": "Gern."}]


async def test_rasas_health_check_answers(line: RestLine) -> None:
    response = await line.board.http.get("/webhooks/rest/")
    assert (response.status, await response.json()) == (200, {"status": "ok"})


async def test_metadata_may_name_the_language(line: RestLine) -> None:
    async with line.board.working():
        for metadata in ({"language": "en"}, {"language": "fr"}, {"language": ["en"]}, "en", None):
            await line.asks({"sender": "kim", "message": "hello", "metadata": metadata})
    assert [heard.language for heard in line.board.dialogue.heard] == ["en", None, None, None, None]


async def test_a_repeated_idempotency_key_gets_the_stored_answer(line: RestLine) -> None:
    async with line.board.working():
        first = await line.asks({"sender": "kim", "message": "hallo"}, **{"Idempotency-Key": "abc-1"})
        line.board.dialogue.replies = (Reply(text="Etwas anderes."),)
        again = await line.asks({"sender": "kim", "message": "hallo"}, **{"Idempotency-Key": "abc-1"})
        other = await line.asks({"sender": "kim", "message": "hallo"}, **{"Idempotency-Key": "abc-2"})
    assert await again.json() == await first.json() == [{"recipient_id": "kim", "text": "Gern."}]
    assert (await other.json())[0]["text"] == "Etwas anderes."
    assert len(line.board.dialogue.heard) == 2


async def test_the_header_goes_before_the_bodys_message_id(line: RestLine) -> None:
    async with line.board.working():
        await line.asks({"sender": "kim", "message": "hallo", "message_id": "b"}, **{"Idempotency-Key": "h"})
    assert line.board.dialogue.heard[0].message_id == "h"


async def test_two_customers_may_use_the_same_id(line: RestLine) -> None:
    async with line.board.working():
        for sender in ("kim", "mara"):
            await line.asks({"sender": sender, "message": "hallo", "message_id": "1"})
    assert [heard.account for heard in line.board.dialogue.heard] == ["kim", "mara"]


async def test_the_same_message_asked_twice_at_once_is_answered_once_and_to_both(line: RestLine) -> None:
    line.board.dialogue.may_answer.clear()
    async with line.board.working():
        both = [asyncio.create_task(line.says("hallo", "1")) for _ in range(2)]
        await asyncio.sleep(0.05)
        line.board.dialogue.may_answer.set()
        assert await asyncio.gather(*both) == [Receipt(200), Receipt(200)]
    assert len(line.board.dialogue.heard) == 1


async def test_an_answer_that_takes_too_long_is_fetched_later_with_the_same_id(hasty: RestLine) -> None:
    hasty.board.dialogue.may_answer.clear()
    async with hasty.board.working():
        late = await hasty.asks({"sender": "kim", "message": "hallo", "message_id": "1"})
        assert late.status == 504
        assert int(late.headers["Retry-After"]) >= 1
        await assert_problem(late)
        hasty.board.dialogue.may_answer.set()
        await hasty.board.quiet("kim")
        assert await hasty.says("hallo", "1") == Receipt(200)
    assert hasty.answers["1"] == [{"recipient_id": "kim", "text": "Gern."}]
    assert len(hasty.board.dialogue.heard) == 1


async def test_an_answer_that_is_not_kept_any_more_is_said_to_be_gone(line: RestLine) -> None:
    async with line.board.working():
        await line.says("hallo", "1")
        await line.board.redis.delete(line.board.keys.answer("rest-kim", "rest-kim/1"))
        gone = await line.asks({"sender": "kim", "message": "hallo", "message_id": "1"})
    assert gone.status == 410
    await assert_problem(gone)


async def test_too_many_that_wait_are_refused(hasty: RestLine) -> None:
    allowed = hasty.board.settings.max_waiting
    receipts = [await hasty.says("hallo", str(number)) for number in range(allowed + 1)]
    assert [receipt.status for receipt in receipts] == [504] * allowed + [429]
    assert (receipts[-1].retry_after or 0) >= 1


async def test_an_answer_whose_notice_got_lost_is_found(line: RestLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LOOK_AGAIN_SECONDS", 0.01)
    await line.board.stop_listening()
    async with line.board.working():
        assert await line.says("hallo", "1") == Receipt(200)


async def test_the_token_may_stand_in_the_query_as_with_rasa(line: RestLine) -> None:
    async with line.board.working():
        response = await line.board.http.post(f"{PATH}?token={TOKEN}", json={"message": "hallo"})
        assert response.status == 200


async def test_without_a_token_rest_is_open_and_with_an_empty_one_it_is_closed(open_switchboard: Open) -> None:
    open_board = await open_switchboard("rest", settings(rest_token=None))
    async with open_board.working():
        assert (await open_board.http.post(PATH, json={"message": "hallo"})).status == 200
    closed = await open_switchboard("rest", settings(rest_token=SecretStr("")))
    for headers in ({}, {"Authorization": "Bearer "}):
        assert (await closed.http.post(PATH, json={"message": "hallo"}, headers=headers)).status == 401


async def test_there_is_nobody_to_send_to_later(line: RestLine) -> None:
    async with line.board.working():
        await line.board.deliver("kim", Reply(text="Eins."))
        await line.board.quiet("kim")
    assert await line.board.parked() == ["Undeliverable: rest cannot be sent to"]

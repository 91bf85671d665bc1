"""The parts of Rasa's HTTP API that its ecosystem's clients call."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.contracts.webhook import assert_problem
from tests.gateway.conftest import PROOF, Running


async def test_parse_answers_in_rasas_shape(running: Running) -> None:
    parsed = await _parsed(running, "was kosten drei aeropix mini in rot?")
    assert parsed["text"] == "was kosten drei aeropix mini in rot?"
    assert set(parsed["intent"]) >= {"name", "confidence"}
    assert parsed["intent_ranking"][0]["name"] == parsed["intent"]["name"]
    found = {entity["entity"]: entity for entity in parsed["entities"]}
    assert {"product", "quantity"} <= set(found)
    assert parsed["text"][found["product"]["start"] : found["product"]["end"]] == "aeropix mini"


async def test_parsing_leaves_no_conversation(running: Running) -> None:
    before = await running.redis.keys("nc:*:log:*")
    await _parsed(running, "hallo")
    assert await running.redis.keys("nc:*:log:*") == before == []


@pytest.mark.parametrize("text", ["", " ", "\x00", "🚁" * 100, "/greet", "/restart", "a" * 4_000])
async def test_any_text_is_parsed(running: Running, text: str) -> None:
    assert (await _parsed(running, text))["intent"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b'"text"', b'{"text": 5}', b'{"text": null}', b"\xff", b'{"text": "\\ud800"}']
)
async def test_what_is_no_text_is_refused(running: Running, body: bytes) -> None:
    response = await running.http.post("/model/parse", data=body, headers=PROOF)
    assert response.status == 400
    await assert_problem(response)


async def test_a_text_longer_than_any_message_is_refused(running: Running) -> None:
    response = await running.http.post("/model/parse", json={"text": "a" * 4_001}, headers=PROOF)
    assert response.status == 400


@pytest.mark.parametrize("proof", ["", "Bearer", "Bearer x", "Basic eDp4"])
async def test_without_the_token_there_is_neither(running: Running, proof: str) -> None:
    headers = {"Authorization": proof} if proof else {}
    for response in (
        await running.http.post("/model/parse", json={"text": "hallo"}, headers=headers),
        await running.http.get("/conversations/rest-kim/tracker", headers=headers),
    ):
        assert response.status == 401
        await assert_problem(response)


async def test_the_tracker_tells_what_was_said(running: Running) -> None:
    answer = await running.says("was habt ihr für drohnen?")
    response = await running.get("/conversations/rest-kim/tracker")
    tracker = await response.json()
    assert tracker["sender_id"] == "rest-kim"
    said = [event["text"] for event in tracker["events"] if event["event"] == "user"]
    heard = [event["text"] for event in tracker["events"] if event["event"] == "bot"]
    assert said == ["was habt ihr für drohnen?"]
    assert heard[0] in answer
    assert set(tracker["slots"]) >= {"language"}


async def test_a_conversation_that_never_was_is_an_empty_one(running: Running) -> None:
    response = await running.get("/conversations/rest-nobody/tracker")
    assert (response.status, (await response.json())["latest_message"]["text"]) == (200, None)
    assert await running.redis.keys("nc:*nobody*") == []


@pytest.mark.parametrize("name", ["*", "{0}", "a b", "../../etc", "%00", "ü" * 200, "x" * 5_000, "\r\nSET x 1"])
async def test_any_name_of_a_conversation_is_harmless(running: Running, name: str) -> None:
    response = await running.get(f"/conversations/{quote(name, safe='')}/tracker")
    assert response.status < 500


async def _parsed(running: Running, text: str) -> dict[str, Any]:
    response = await running.http.post("/model/parse", json={"text": text}, headers=PROOF)
    assert response.status == 200
    parsed: dict[str, Any] = await response.json()
    return parsed

"""An order by Alexa with virtual-alexa (npm): its requests and its resolution of slots, signed on the way, against the whole house."""

import asyncio
import json
import os
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.channels.alexa.request import account_of
from bot.conversation.identity import conversation_of
from tests.contracts.alexa_device import SKILL_ID, checked
from tests.contracts.test_alexa_model import model
from tests.gateway.conftest import Running, running
from tests.gateway.test_alexa import _our_root
from tests.peers.processes import peers_folder
from tests.signing import chain

__all__ = ["_our_root", "running"]
pytestmark = [pytest.mark.timeout(120), pytest.mark.skipif(not shutil.which("node"), reason="there is no node")]

SCRIPT = Path(__file__).with_name("virtual_alexa.cjs")
USER = "amzn1.ask.account.KIM-OF-THE-PEERS"


@pytest.fixture(scope="session")
def own_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the Redis and the shop of this file."""
    return tmp_path_factory.mktemp("va")


class SigningStep:
    """Signs what passes, as Alexa does and virtual-alexa does not."""

    def __init__(self, skill: str) -> None:
        self._skill = skill
        self.heard: list[dict[str, Any]] = []
        app = web.Application()
        app.add_routes([web.post("/", self._pass_on)])
        self.server = TestServer(app)

    async def _pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.heard.append(json.loads(body))
        headers = chain().headers(body)
        async with ClientSession() as session, session.post(self._skill, data=body, headers=headers) as answer:
            return web.Response(body=await answer.read(), status=answer.status, content_type=answer.content_type)


class Device:
    """virtual-alexa as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def launches(self) -> str:
        return await self._does("launch")

    async def intends(self, intent: str, **slots: str) -> str:
        return await self._does("intend", intent=intent, slots=slots or None)

    async def ends(self) -> dict[str, Any]:
        return await self._answer("end")

    async def _does(self, deed: str, **details: Any) -> str:
        """What is heard."""
        response = checked(await self._answer(deed, **details))
        speech = ElementTree.fromstring(response["outputSpeech"]["ssml"])
        return " ".join("".join(sentence.itertext()) for sentence in speech.iter("s"))

    async def _answer(self, deed: str, **details: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"does": deed, **details}).encode() + b"\n")
        line = json.loads(await self._process.stdout.readline())
        assert "error" not in line, line["error"]
        answer: dict[str, Any] = line["answer"]
        return answer


@pytest.fixture
async def signing(_our_root: None, running: Running) -> AsyncIterator[SigningStep]:
    step = SigningStep(str(running.http.make_url("/webhooks/alexa")))
    await step.server.start_server()
    yield step
    await step.server.close()


@pytest.fixture
async def kim(signing: SigningStep, tmp_path: Path) -> AsyncIterator[Device]:
    """Speaks German; the device has the model that is pasted into Alexa's console."""
    file = tmp_path / "de-DE.json"
    file.write_text(json.dumps(model("de-DE")))
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), str(signing.server.make_url("/")), str(file), "de-DE", SKILL_ID, USER,
        env={**os.environ, "NODE_PATH": str(peers_folder() / "npm" / "node_modules")},
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    yield Device(process)
    process.terminate()
    await process.wait()


def orders(running: Running) -> list[tuple[str, str, int]]:
    return running.shop.orders(conversation_of("alexa", account_of(USER)))


async def test_an_order_from_browsing_to_cancellation(kim: Device, running: Running, signing: SigningStep) -> None:
    assert "Hallo" in await kim.launches()
    assert "AeroPix Mini" in await kim.intends("BrowseCatalogIntent", product="drohnen")
    assert "Farbe" in await kim.intends("PlaceOrderIntent", quantity="2", product="mini")
    await kim.intends("AnswerIntent", colour="rote")
    await kim.intends("AnswerIntent", street="lindenweg", house_number="12", postal_code="04107", city="leipzig")
    await kim.intends("PhraseMeinNameIstIntent", phrase="jonas reuter")
    assert "zweimal AeroPix Mini in Rot" in await kim.intends("AnswerIntent", payment="pay pal")
    assert "dreimal AeroPix Mini in Rot" in await kim.intends("PhraseNeinIntent", phrase="doch drei")
    assert orders(running) == []
    await kim.intends("AMAZON.YesIntent")
    [(number, status, _)] = orders(running)
    assert status == "pending"
    assert running.shop.rows("SELECT variant_id, quantity FROM order_lines") == [("aeropix-mini-red", 3)]
    assert "in Rot" in await kim.intends("TrackOrderIntent", order_number=number.removeprefix("NC-"))
    await kim.intends("CancelOrderIntent", order_number=number.removeprefix("NC-"))
    assert "storniert" in await kim.intends("AMAZON.YesIntent")
    assert [status for _, status, _ in orders(running)] == ["cancelled"]
    product = signing.heard[2]["request"]["intent"]["slots"]["product"]
    assert re.search(r"aeropix-mini", json.dumps(product["resolutions"]))


async def test_stop_and_the_end_of_a_session_leave_the_order_where_it_was(kim: Device) -> None:
    await kim.intends("PlaceOrderIntent", product="mini")
    assert await kim.intends("AMAZON.StopIntent") == "Bis bald!"
    await kim.launches()
    assert (await kim.ends())["response"] == {}
    assert "Farbe" in await kim.launches()

"""What our tests take for WhatsApp, another bot (pywa) takes for WhatsApp too: our updates, our signatures, our fake of the API."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.contracts.graph_api import PHONE_ID, TOKEN, FakeGraph
from tests.contracts.test_whatsapp import APP_SECRET, KIM, VERIFY_TOKEN, message_of, payload, signature
from tests.peers.processes import peers_python

HEARD = {
    "text": (KIM, "was habt ihr für drohnen?"),
    "button_reply": (KIM, "/affirm"),
    "list_reply": (KIM, '/ask_product{"product": "aeropix-mini"}'),
    "image_with_caption": (KIM, "der propeller ist gebrochen"),
    "voice": (KIM, None),
    "location": (KIM, None),
}


async def test_another_bot_understands_our_updates_and_our_fake_takes_what_it_sends() -> None:
    graph = FakeGraph()
    await graph.server.start_server()
    updates = [_signed(name) for name in HEARD] + [{**_signed("text"), "signature": signature(b"{}")}]
    given = {
        "graph": str(graph.server.make_url("")).rstrip("/"), "phone_id": PHONE_ID, "token": TOKEN, "to": KIM,
        "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "updates": updates,
    }  # fmt: skip
    found = await _bot(given)
    await graph.server.close()
    assert [(message["from"], message["said"]) for message in found["heard"]] == list(HEARD.values())
    assert found["refused"] == [len(HEARD)]
    assert found["challenge"] == ["1158201444", 200]
    shown = graph.shown(KIM)
    assert len(shown) == found["sent"] == 3
    assert [part.buttons for part in shown] == [(), ("Ja", "Nein"), ("Eins", "ab 499 €")]


def _signed(name: str) -> dict[str, str]:
    update = payload(name)
    message_of(update)["id"] += name  # each is another message
    body = json.dumps(update)
    return {"body": body, "signature": signature(body.encode())}


async def _bot(given: dict[str, Any]) -> dict[str, Any]:
    script = str(Path(__file__).with_name("pywa_bot.py"))
    process = await asyncio.create_subprocess_exec(
        str(peers_python() / "python"), "-W", "ignore", script,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, wrong = await process.communicate(json.dumps(given).encode())
    assert process.returncode == 0, wrong.decode()[-3000:]
    found: dict[str, Any] = json.loads(said)
    return found

"""An Alexa device with a skill: what it sends, signed, and what of an answer is heard and seen."""

import html
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.channels.alexa.signature import Signatures
from bot.clock import Clock, SystemClock
from tests.contracts.lines import Shown
from tests.signing import CHAIN_URL, Chain, chain

PAYLOADS = Path(__file__).parents[1] / "payloads" / "alexa"
SKILL_ID = "amzn1.ask.skill.5c3e1f0a-7d42-4b8e-9a61-2f0d8c7b6e54"
USER_ID = str(json.loads((PAYLOADS / "yes.json").read_text())["context"]["System"]["user"]["userId"])
MAX_SPEECH = 8_000
MAX_CARD = 8_000
MAX_BYTES = 120 * 1024


def payload(name: str, number: int | str = 0) -> dict[str, Any]:
    """A request as Alexa sends it, now; its id ends in the number."""
    envelope: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    request = envelope["request"]
    request["requestId"] = f"{request['requestId'][:-8]}{int(number):08d}"
    request["timestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return envelope


class Certificates:
    """Stands where Alexa's certificates lie, and counts who comes for them."""

    def __init__(self, pem: bytes) -> None:
        self.at: dict[str, bytes] = {CHAIN_URL: pem}
        self.error: Exception | None = None
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.error:
            raise self.error
        return self.at[url]


def signatures(own: Chain | None = None, clock: Clock | None = None) -> Signatures:
    """As the product checks them, with our root in place of the world's."""
    own = own or chain()
    return Signatures(Certificates(own.pem).fetch, own.roots, clock or SystemClock())


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer's `response`, held to what Alexa takes."""
    assert answer["version"] == "1.0"
    assert len(json.dumps(answer).encode()) <= MAX_BYTES
    response: dict[str, Any] = answer["response"]
    for said in (response.get("outputSpeech"), response.get("reprompt", {}).get("outputSpeech")):
        if said:
            assert said["type"] == "SSML"
            assert said["ssml"].startswith("<speak>")
            assert len(said["ssml"]) <= MAX_SPEECH
    card = response.get("card", {"type": "LinkAccount"})
    assert card["type"] in ("Simple", "Standard", "LinkAccount")
    assert len(card.get("title", "")) + len(card.get("content", "")) + len(card.get("text", "")) <= MAX_CARD
    assert "reprompt" not in response or response["shouldEndSession"] is False
    return response


def parts(answer: dict[str, Any]) -> list[dict[str, str]]:
    """What the screen lists, read as a device reads our document."""
    directives = answer["response"].get("directives", [])
    shown = [one for one in directives if one["type"] == "Alexa.Presentation.APL.RenderDocument"]
    return [part for one in shown for part in one["datasources"]["answer"]["parts"]]


def seen(answer: dict[str, Any]) -> list[Shown]:
    """Texts without APL's markup, pictures, and buttons under the text before them."""
    shown: list[Shown] = []
    for part in parts(answer):
        if "label" in part:
            before = shown.pop() if shown else Shown()
            shown.append(Shown(before.text, before.has_picture, (*before.buttons, html.unescape(part["label"]))))
        else:
            text = html.unescape(part.get("text", "").replace("<br>", "\n"))
            shown.append(Shown(text, "picture" in part))
    return shown

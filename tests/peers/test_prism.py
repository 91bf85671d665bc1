"""Every call that we send fits what the vendors publish of their APIs: Prism (npm) refuses what does not.

Their documents are named by VENDOR_APIS: meta-business-messaging-v23.yaml (facebook/openapi) and twilio-api-v2010.json (twilio/twilio-oai).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.meta import Graph, MetaWebhook
from bot.channels.phone import PhoneChannel, Voices
from bot.channels.sms import SmsChannel
from bot.channels.twilio import TwilioApi, TwilioWebhook
from bot.channels.untold import Untold
from bot.channels.whatsapp import WhatsAppChannel
from bot.conversation.outbox import Undeliverable
from bot.messages import Button, Delivery, Document, Reply
from bot.redis_client import Client
from bot.redis_keys import Keys
from tests.contracts.channel import REPLIES
from tests.peers.processes import Peer, free_port, peers_folder

META, TWILIO = "meta-business-messaging-v23.yaml", "twilio-api-v2010.json"
FOUR = Reply(text="Welche?", buttons=tuple(Button(title, "/affirm") for title in ("Eins", "Zwei", "Drei", "Vier")))
PAPER = Reply(text="Hier ist die Rechnung.", document=Document("2026-000001", "https://shop.example/documents/abc"))
SENT = {**REPLIES, "a list": FOUR, "a paper": PAPER}

Prism = Callable[[str], str]


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prism]:
    """Serves a vendor's document on a port of its own; the address."""
    with ExitStack() as started:

        def serve(document: str) -> str:
            path = Path(os.environ.get("VENDOR_APIS", "")) / document
            if not os.environ.get("VENDOR_APIS") or not path.is_file():
                pytest.skip(f"there is no {document}; VENDOR_APIS names the folder that has it")
            port = free_port()
            program = peers_folder() / "npm" / "node_modules" / ".bin" / "prism"
            command = [str(program), "mock", "-h", "127.0.0.1", "-p", str(port), "--errors", str(path)]
            started.enter_context(Peer(command, port, tmp_path_factory.mktemp("prism") / "log"))
            return f"http://127.0.0.1:{port}"

        yield serve


async def _reachable(url: str) -> str:
    return "https://shop.example/images/aeropix-mini.png"


@pytest.fixture(scope="module")
def meta(prism: Prism) -> str:
    return prism(META)


@pytest.fixture(scope="module")
def twilio(prism: Prism) -> str:
    return prism(TWILIO)


def whatsapp(url: str, redis: Client, token: str = "a-token") -> WhatsAppChannel:
    graph = Graph(f"{url}/v23.0", SecretStr(token))
    return WhatsAppChannel(MetaWebhook(None, None), graph, "106540352242922", {"de": "neuigkeit"}, redis, _reachable)


@pytest.mark.parametrize("kind", SENT)
async def test_meta_takes_every_kind_of_reply(meta: str, redis: Client, kind: str) -> None:
    channel: Any = whatsapp(meta, redis)
    await redis.set("nc:whatsapp:heard:491701234567", 1)
    await channel.start(None)
    await channel.send(Delivery("whatsapp", "491701234567", f"prism/{kind}", SENT[kind]))
    await channel.stop()


async def test_meta_takes_the_invitation_after_a_day(meta: str, redis: Client) -> None:
    channel: Any = whatsapp(meta, redis)
    await channel.start(None)
    await channel.send(Delivery("whatsapp", "491701234567", "prism/late", Reply(text="Dein Paket kommt.")))
    assert await redis.llen("nc:whatsapp:kept:491701234567") == 1
    await channel.stop()


async def test_prism_refuses_what_meta_does_not_have(meta: str) -> None:
    """So that the tests above can fail."""
    graph = Graph(f"{meta}/v23.0", SecretStr("a-token"))
    await graph.start()
    with pytest.raises(Undeliverable):
        await graph.call("106540352242922/messages", {"messaging_product": "whatsapp", "type": "poem", "to": "49170"})
    await graph.stop()


def twilio_api(url: str) -> TwilioApi:
    return TwilioApi(url, "AC" + "0" * 32, SecretStr("a-token"), "+4940123456")


@pytest.mark.parametrize("kind", REPLIES)
async def test_twilio_takes_every_text(twilio: str, redis: Client, kind: str) -> None:
    channel: Any = SmsChannel(TwilioWebhook(None, ""), twilio_api(twilio), redis)
    await channel.start(None)
    await channel.send(Delivery("sms", "+491701234567", f"prism/{kind}", REPLIES[kind]))
    await channel.stop()


async def test_twilio_takes_our_calls(twilio: str, redis: Client) -> None:
    voices = Voices("Polly.Vicki-Neural", "Polly.Joanna-Neural", "du")
    untold = Untold(redis, Keys(4), "phone")
    nobody: Any = None
    proof, api = TwilioWebhook(None, ""), twilio_api(twilio)
    channel = PhoneChannel(nobody, proof, api, untold, redis, voices, "https://shop.example", "")
    await channel.start(nobody)
    await channel.send(
        Delivery("phone", "+491701234567", "prism/call", Reply(text="Dein Paket kommt heute. Passt das?"))
    )
    await channel.stop()


async def test_prism_refuses_what_twilio_does_not_have(twilio: str) -> None:
    api = twilio_api(twilio)
    await api.start()
    with pytest.raises(Undeliverable):
        await api.post("Poems", "+491701234567", Body="hallo")
    await api.stop()

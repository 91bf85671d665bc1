"""One order over five channels, each as its vendor carries it: nothing is asked twice, and each speaks in its own manner."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from bot.clock import SystemClock
from bot.conversation import consumer
from bot.conversation.consumer import Consumer
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries
from bot.dialogue.assistant import Assistant
from bot.redis_client import Client
from bot.settings import Settings
from tests.contracts import test_telegram, test_whatsapp, twilio_api
from tests.contracts.bot_api import TOKEN as TELEGRAM_TOKEN
from tests.contracts.bot_api import FakeBotApi
from tests.contracts.browser import Tab
from tests.contracts.graph_api import PHONE_ID, FakeGraph
from tests.contracts.graph_api import TOKEN as GRAPH_TOKEN
from tests.contracts.test_phone import PhoneLine, heard
from tests.contracts.test_telegram import TelegramLine
from tests.contracts.test_whatsapp import WhatsAppLine
from tests.contracts.twilio_api import FakeTwilio
from tests.gateway.conftest import Running, installation
from tests.gateway.test_alexa import Kim as AlexaKim
from tests.gateway.test_alexa import trust_our_root
from tests.house import ShopDoor

CODE = re.compile(r"\b\d{4} \d{4}\b")


@dataclass
class Town:
    """The house with all its channels, and the vendors around it."""

    running: Running
    graph: FakeGraph = field(default_factory=FakeGraph)
    twilio: FakeTwilio = field(default_factory=FakeTwilio)
    bot_api: FakeBotApi = field(default_factory=FakeBotApi)


@pytest.fixture
async def town(
    redis: Client,
    settings: Settings,
    assistant: Assistant,
    shop_door: ShopDoor,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Town]:
    trust_our_root(monkeypatch)
    monkeypatch.setattr(consumer, "BLOCK_MILLISECONDS", 20)
    graph, twilio, bot_api = FakeGraph(), FakeTwilio(), FakeBotApi()
    for vendor in (graph, twilio, bot_api):
        await vendor.server.start_server(shutdown_timeout=0.01)
    changes: dict[str, Any] = {
        **installation(),
        "public_url": "http://localhost:8080",
        "telegram_token": SecretStr(TELEGRAM_TOKEN),
        "telegram_secret": SecretStr(test_telegram.SECRET),
        "telegram_api_url": bot_api.url,
        "meta_app_secret": SecretStr(test_whatsapp.APP_SECRET),
        "meta_verify_token": SecretStr(test_whatsapp.VERIFY_TOKEN),
        "meta_api_url": graph.url,
        "whatsapp_token": SecretStr(GRAPH_TOKEN),
        "whatsapp_phone_id": PHONE_ID,
        "twilio_auth_token": SecretStr(twilio_api.TOKEN),
        "twilio_account": twilio_api.ACCOUNT,
        "twilio_number": twilio_api.NUMBER,
        "twilio_api_url": twilio.url,
    }
    running = Running(settings.model_copy(update=changes), assistant, redis, shop_door)
    await running.open()
    for channel in running.gateway.channels.values():
        await channel.start(running.gateway.door)
    out = Lane(redis, running.keys, "out", SystemClock(), settings.lock_seconds)
    sender = Consumer(out, Deliveries(out, running.gateway.channels, 3), "test-sender")
    sending = asyncio.create_task(sender.run())
    yield Town(running, graph, twilio, bot_api)
    sender.stop()
    await sending
    await running.close()
    for vendor in (graph, twilio, bot_api):
        await vendor.server.close()
    assistant.forget_all()


async def settled(town: Town) -> None:
    """Nothing waits any more."""
    async with asyncio.timeout(20):
        while await town.running.redis.keys("nc:{*}:*:queue:*") or await town.running.redis.keys("nc:{*}:*:lock:*"):
            await asyncio.sleep(0.005)


async def test_one_order_over_five_channels(town: Town) -> None:
    board: Any = town.running
    web, whatsapp = await Tab(board).open(None, "de"), WhatsAppLine(board, town.graph)
    phone, telegram, alexa = PhoneLine(board, town.twilio), TelegramLine(board, town.bot_api), AlexaKim(town.running)

    async def web_says(text: str, number: int) -> str:
        seen = len(web.entries)
        await web.says(text, f"client-{number:>08}")
        await settled(town)
        await asyncio.sleep(0.1)
        return "\n".join(str(entry["text"]) for entry in web.entries[seen:])

    # begun in the web chat
    await web_says("ich möchte die aeropix mini in rot bestellen", 1)
    code = CODE.search(await web_says("ich will auf whatsapp weitermachen, gib mir einen code", 2))
    assert code

    # continued in WhatsApp
    await whatsapp.says(code[0], "1")
    await settled(town)
    shown = await whatsapp.sees()
    assert "ich kenn dich jetzt auch hier" in shown[0].text
    assert "Adresse" in shown[-1].text or "Wohin" in shown[-1].text

    # its address told on the phone
    await whatsapp.says("ich will lieber am telefon weitermachen, gib mir dafür einen code", "2")
    await settled(town)
    code = CODE.search("\n".join(part.text for part in (await whatsapp.sees())[1:]))
    assert code
    await phone.rings()
    await phone.goes_on(SpeechResult="ich hab einen code zum verbinden")
    await phone.goes_on(Digits=code[0].replace(" ", ""))
    assert "ich kenn dich jetzt auch hier" in heard(phone.answers[-1])
    await phone.goes_on(SpeechResult="Jonas Reuter Lindenweg 12 04107 Leipzig")
    question = heard(phone.answers[-1])
    assert "bezahlen" in question or "zahlen" in question
    assert not re.search(r"[•\n:]\s*-|https?://", question)
    await phone.goes_on(SpeechResult="mit paypal bitte")
    assert "Aeropix Mini" in heard(phone.answers[-1]) or "AeroPix Mini" in heard(phone.answers[-1])

    # confirmed in Telegram by a tap
    code = CODE.search(await web_says("und jetzt noch telegram verbinden, gib mir den code", 3))
    assert code
    await telegram.says(code[0], "1")
    await settled(town)
    assert "Ja" in [title for part in await telegram.sees() for title in part.buttons]
    await telegram.presses("Ja")
    await settled(town)
    [order] = town.running.shop.rows("SELECT 'NC-' || number, status FROM orders")
    assert order[0] in "\n".join(part.text for part in await telegram.sees())

    # its number asked from Alexa
    await alexa.opens()
    code = CODE.search(await web_says("verbinde auch meine alexa, wie ist der code?", 4))
    assert code
    assert "ich kenn dich jetzt auch hier" in await alexa.intends("AnswerIntent", number=code[0].replace(" ", ""))
    spoken = await alexa.intends("TrackOrderIntent")
    assert "N C" in spoken
    assert len(town.running.shop.rows("SELECT number FROM orders")) == 1
    await web.close()

"""What the journeys walk through: the real inbox, turns and outbox over a real Redis and a real shop, and customers."""

import asyncio
import itertools
import os
import re
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientSession, UnixConnector, web
from pydantic import SecretStr

import actions.base
import actions.settings
from bot.channels.registry import CHANNELS
from bot.clock import SystemClock
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries
from bot.conversation.turn import Turns
from bot.dialogue.assistant import Assistant
from bot.messages import Button, Delivery, Incoming, Reply
from bot.redis_client import Client
from bot.redis_keys import Keys
from bot.settings import Settings
from shop.app import build_app
from shop.settings import Settings as ShopSettings

TOKEN = "a-token-of-the-tests"
OPERATIONS_TOKEN = "an-operations-token-of-the-tests"
ANSWER_WITHIN_SECONDS = 20
A_MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class ShopClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = A_MONDAY

    def now(self) -> datetime:
        return self.moment

    def passes(self, time: timedelta) -> None:
        self.moment += time


def shop_settings(database: Path) -> ShopSettings:
    return ShopSettings(
        token=SecretStr(TOKEN),
        operations_token=SecretStr(OPERATIONS_TOKEN),
        database_url=SecretStr(f"sqlite:///{database}"),
        sample_data=True,
        public_url="http://localhost:8080",
    )


class ShopDoor:
    """The embedded shop on a socket, where the actions look for it; it can be shut and opened again."""

    clock = ShopClock

    def __init__(self, database: Path, socket: Path) -> None:
        self.database = database
        self.time = ShopClock()
        self._socket = socket
        self._runner: web.AppRunner | None = None
        self._deeds = itertools.count()

    async def open(self) -> None:
        os.environ["SHOP_URL"], os.environ["SHOP_TOKEN"] = f"unix://{self._socket}", TOKEN
        actions.settings.settings.cache_clear()
        actions.base.shop.cache_clear()
        actions.base.today = self.today
        await self.reopen()

    def today(self) -> date:
        """The day on the test's clock."""
        return self.time.now().astimezone(ZoneInfo("Europe/Berlin")).date()

    async def reopen(self) -> None:
        self._socket.unlink(missing_ok=True)
        self._runner = web.AppRunner(build_app(shop_settings(self.database), self.time), access_log=None)
        await self._runner.setup()
        await web.UnixSite(self._runner, str(self._socket)).start()

    async def shut(self) -> None:
        """From now on nobody answers."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def close(self) -> None:
        await actions.base.shop().close()
        await self.shut()

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the shop's database says."""
        with sqlite3.connect(self.database) as database:
            return database.execute(query, values).fetchall()

    async def staff(self, path: str, **body: Any) -> Any:
        """What the shop's people do, such as `orders/NC-104201/advance`."""
        headers = {
            "Authorization": f"Bearer {OPERATIONS_TOKEN}",
            "Idempotency-Key": f"staff-{next(self._deeds)}",
        }
        url = f"http://shop/v1/operations/{path}"
        connector = UnixConnector(str(self._socket))
        async with ClientSession(connector=connector, headers=headers) as http, http.post(url, json=body) as response:
            assert response.status < 300, await response.text()
            return await response.json()

    async def deliver(self, number: str) -> None:
        """The order arrives at the customer's."""
        await self.staff(f"orders/{number}/advance", to="delivered")

    async def pay(self, number: str) -> None:
        """The money for the order is here."""
        await self.staff(f"orders/{number}/payment/book")

    async def decline(self, number: str, failure: str = "declined") -> None:
        """The money for the order will not come."""
        await self.staff(f"orders/{number}/payment/book", outcome=failure)

    def write(self, statement: str) -> None:
        """Changes what the shop knows, as its people could."""
        with sqlite3.connect(self.database) as database:
            database.execute(statement)

    def orders(self, customer: str) -> list[tuple[str, str, int]]:
        """(number, status, total in minor units) of a customer's orders, oldest first."""
        return [
            (str(number), str(status), int(total))
            for number, status, total in self.rows(
                "SELECT 'NC-' || number, status, total_now_amount FROM orders WHERE customer_id = ? ORDER BY number",
                customer,
            )
        ]


class Mailbox:
    """All channels in one: keeps what it is given to send."""

    def __init__(self) -> None:
        self.delivered: defaultdict[tuple[str, str], list[Reply]] = defaultdict(list)

    async def send(self, delivery: Delivery) -> None:
        self.delivered[delivery.channel, delivery.account].append(delivery.reply)


class House:
    """Inbox, one worker and outbox, with customers on any channel."""

    def __init__(self, redis: Client, settings: Settings, assistant: Assistant, shop: ShopDoor) -> None:
        self.shop = shop
        self.redis = redis
        self.keys = Keys(settings.shards)
        self.mailbox = Mailbox()
        self._assistant = assistant
        self._in, self._out = (
            Lane(redis, self.keys, name, SystemClock(), settings.lock_seconds) for name in ("in", "out")
        )
        self.inbox = Inbox(self._in, settings.seen_seconds, settings.max_waiting)
        self.codes = Codes(redis, self.keys, settings.code_seconds)
        turns = Turns(self._in, self.inbox, self.codes, assistant, settings.max_turn_attempts)
        senders = dict.fromkeys((*CHANNELS, "mail", "phone", "whatsapp"), self.mailbox)
        self._consumers = [
            Consumer(self._in, turns, "test-worker"),
            Consumer(self._out, Deliveries(self._out, senders, settings.max_send_attempts), "test-sender"),
        ]
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = itertools.count()

    async def open(self) -> None:
        self._tasks = [asyncio.create_task(consumer.run()) for consumer in self._consumers]

    async def close(self) -> None:
        for consumer in self._consumers:
            consumer.stop()
        await asyncio.gather(*self._tasks)
        self._assistant.forget_all()

    def customer(
        self, name: str = "kim", language: str | None = None, channel: str = "rest", *, voice: bool = False
    ) -> "Customer":
        return Customer(self, name, language, self._numbers, channel, voice)

    async def quiet(self) -> None:
        """Returns when nothing waits any more."""
        async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
            while await self.redis.keys("nc:{*}:*:queue:*") or await self.redis.keys("nc:{*}:*:lock:*"):
                await asyncio.sleep(0.002)

    def mails(self, address: str) -> list[Reply]:
        """What was mailed there, oldest first."""
        return self.mailbox.delivered["mail", address]


class Customer:
    """Somebody who writes, presses buttons, and remembers what came back."""

    def __init__(
        self, house: House, name: str, language: str | None, numbers: "itertools.count[int]", channel: str, voice: bool
    ) -> None:
        self._house = house
        self.name = name
        self.channel = channel
        self._language = language
        self._numbers = numbers
        self._voice = voice
        self._heard = 0

    @property
    def id(self) -> str:
        """By which the shop knows this customer, as long as the account is not linked."""
        return conversation_of(self.channel, self.name)

    async def says(
        self,
        text: str,
        *,
        payload: str | None = None,
        message_id: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> str:
        """Everything that was answered, as one text."""
        self._heard = len(self._delivered)
        incoming = Incoming(
            self.channel,
            self.name,
            message_id or f"message-{next(self._numbers)}",
            text,
            payload=payload,
            language=self._language,
            voice=self._voice,
            metadata=metadata or {},
        )
        await self._house.inbox.accept(incoming)
        await self._house.quiet()
        return self.hears()

    async def presses(self, title: str) -> str:
        """Presses the button with that title, among those shown last. Raises LookupError when there is none."""
        buttons = self.buttons()
        for button in buttons:
            if button.title == title:
                return await self.says(button.title, payload=button.payload)
        raise LookupError(f"no button {title!r} among {[button.title for button in buttons]}")

    def replies(self) -> list[Reply]:
        """To the last message, and whatever came since."""
        return self._delivered[self._heard :]

    @property
    def _delivered(self) -> list[Reply]:
        return self._house.mailbox.delivered[self.channel, self.name]

    def hears(self) -> str:
        return "\n".join(_text(reply) for reply in self.replies())

    def buttons(self) -> list[Button]:
        replies = self.replies()
        return [
            button
            for reply in replies
            for button in (*reply.buttons, *(b for card in reply.cards for b in card.buttons))
        ]


def _text(reply: Reply) -> str:
    cards = [f"{card.title}: {card.subtitle}" for card in reply.cards]
    text = "\n".join([*([reply.text] if reply.text else []), *cards])
    assert not re.search(r"\{\w+\}", text), f"nothing was put in the place of a name: {text}"
    return text

"""What the way in and out costs: from Telegram's request to the stored message, and from it to our request to Telegram.

The gateway and one worker run as processes of their own, Telegram is played by this one.
"""

import asyncio
import itertools
import multiprocessing
import os
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING, Any

import uvloop
from aiohttp import ClientSession, web
from pydantic import SecretStr

from benchmarks.figures import percentile, tell
from benchmarks.ground import free_port
from benchmarks.loading import load
from bot.conversation.turn import Dialogue
from bot.messages import Answer, Incoming, Reply, State
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.dialogue.assistant import Assistant

TOKEN = "7104488213:AAF-the-token-of-the-benchmark"
WORDS = ("danke", "hallo", "wo ist meine bestellung?", "bist du ein mensch?", "tschüss")
"""Each is answered with one text."""

ACCOUNTS = 100
ACCEPTED = 1_500
WARM_UP = 60
BATCHES, ANSWERED_IN_A_BATCH = 12, 50
ADDED = "gateway, inbox, commit, outbox, Telegram client"
HAPPENS_WITHIN_SECONDS = 60


class Timed:
    """Tells how long the assistant took for each message: the turn without its way in and out."""

    def __init__(self, dialogue: Dialogue, took: "SimpleQueue[float]") -> None:
        self._dialogue = dialogue
        self._took = took

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        began = time.perf_counter()
        answer = await self._dialogue.answer(name, incoming, state)
        self._took.put(time.perf_counter() - began)
        return answer

    async def close(self) -> None:
        """As the worker ends what it was given."""

    def known_version(self, name: str) -> str:
        return self._dialogue.known_version(name)

    def keep(self, name: str, version: str) -> None:
        self._dialogue.keep(name, version)

    def forget(self, name: str) -> None:
        self._dialogue.forget(name)

    def apology(self, incoming: Incoming) -> Reply:
        return self._dialogue.apology(incoming)


class Vendor:
    """Telegram, as far as the channel needs it; remembers when messages of ours came in."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[float] = asyncio.Queue()

    async def open(self, port: int) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._call)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def _call(self, request: web.Request) -> web.Response:
        now = time.perf_counter()
        if request.match_info["method"] != "sendMessage":
            return web.json_response({"ok": True, "result": True})
        self.heard.put_nowait(now)
        chat = {"id": 1, "type": "private"}
        return web.json_response({"ok": True, "result": {"message_id": 1, "date": 1, "chat": chat, "text": "…"}})


class Customers:
    """Write to the bot, by Telegram's webhook."""

    def __init__(self, session: ClientSession, settings: Settings) -> None:
        self._session = session
        self._url = f"http://127.0.0.1:{settings.port}"
        self._secret = settings.telegram_secret
        self._numbers = itertools.count(1)

    async def write(self) -> float:
        """One of them, one of WORDS. Seconds until it was stored."""
        number = next(self._numbers)
        began = time.perf_counter()
        async with self._session.post(
            f"{self._url}/webhooks/telegram", json=self._update(number), headers=self._headers()
        ) as answer:
            answer.raise_for_status()
        return time.perf_counter() - began

    async def wait_for_the_door(self) -> None:
        async with asyncio.timeout(HAPPENS_WITHIN_SECONDS):
            while (await self._session.get(f"{self._url}/health/live")).status != 200:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)

    def _headers(self) -> dict[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": self._secret.get_secret_value() if self._secret else ""}

    def _update(self, number: int) -> dict[str, Any]:
        account = 5_000_000 + number % ACCOUNTS
        person = {"id": account, "is_bot": False, "first_name": "Kim", "language_code": "de"}
        chat = {"id": account, "type": "private", "first_name": "Kim"}
        message = {"message_id": number, "date": int(time.time()), "chat": chat, "from": person}
        return {"update_id": number, "message": {**message, "text": WORDS[number // ACCOUNTS % len(WORDS)]}}


async def measure(settings: Settings, vendor_port: int, begin: Event, took: "SimpleQueue[float]") -> None:
    vendor = Vendor()
    runner = await vendor.open(vendor_port)
    async with ClientSession() as session:
        customers = Customers(session, settings)
        await customers.wait_for_the_door()
        await _measure_accepting(customers)
        begin.set()
        for _ in range(WARM_UP + ACCEPTED):
            await vendor.heard.get()
            took.get()
        await _measure_answering(customers, vendor, took)
    await runner.cleanup()


async def _measure_accepting(customers: Customers) -> None:
    for _ in range(WARM_UP):
        await customers.write()
    times = [await customers.write() * 1000 for _ in range(ACCEPTED)]
    for percent in (50, 99):
        tell(
            f"accept_wall_p{percent}",
            percentile(times, percent),
            "ms",
            messages=ACCEPTED,
            of="request until stored and answered",
        )


async def _measure_answering(customers: Customers, vendor: Vendor, took: "SimpleQueue[float]") -> None:
    totals, added = [], []
    for _ in range(BATCHES * ANSWERED_IN_A_BATCH):
        began = time.perf_counter()
        await customers.write()
        total = await vendor.heard.get() - began
        totals.append(total * 1000)
        added.append((total - took.get()) * 1000)
    about = {"messages": len(added), "load": round(os.getloadavg()[0], 1), "cores": os.cpu_count()}
    tell("answer_wall_p50", statistics.median(totals), "ms", of="request in until request out", **about)
    tell("added_wall_p50", statistics.median(added), "ms", of=ADDED, **about)
    batches = [added[start : start + ANSWERED_IN_A_BATCH] for start in range(0, len(added), ANSWERED_IN_A_BATCH)]
    quietest = min(statistics.median(batch) for batch in batches)
    tell("added_wall_p50_when_quiet", quietest, "ms", of=f"the same, in the quietest of {BATCHES} stretches", **about)


@contextmanager
def house(settings: Settings, begin: Event, took: "SimpleQueue[float]") -> Iterator[None]:
    """Gateway and worker, the worker idle until `begin`."""
    listening = socket.create_server((settings.host, settings.port), backlog=1024)
    listening.setblocking(False)
    assistant = load(settings)
    fork = multiprocessing.get_context("fork").Process
    parts = [
        fork(target=_gateway, args=(settings, assistant, listening)),
        fork(target=_worker, args=(settings, assistant, begin, took)),
    ]
    for part in parts:
        part.start()
    try:
        yield
    finally:
        for part in parts:
            part.terminate()
            part.join(20)


def _gateway(settings: Settings, assistant: "Assistant", listening: socket.socket) -> None:
    from bot.app import Gateway

    async def run() -> None:
        await Gateway(settings, assistant).run(listening)

    uvloop.run(run())


def _worker(settings: Settings, assistant: "Assistant", begin: Event, took: "SimpleQueue[float]") -> None:
    from bot.app import work

    begin.wait()
    uvloop.run(work(settings, Timed(assistant, took), 0))  # type: ignore[arg-type]


def main() -> None:
    vendor_port = free_port()
    settings = Settings(
        port=free_port(),
        telegram_token=SecretStr(TOKEN),
        telegram_secret=SecretStr("the-secret-of-the-benchmark"),
        telegram_mode="webhook",
        telegram_api_url=f"http://127.0.0.1:{vendor_port}",
        public_url="https://shop.example",
        messages_per_minute=1_000_000,
        max_waiting=0,
    )
    context = multiprocessing.get_context("fork")
    begin, took = context.Event(), context.SimpleQueue()
    with house(settings, begin, took):
        asyncio.run(measure(settings, vendor_port, begin, took))


if __name__ == "__main__":
    main()

"""Turns and deliveries through real consumers: order, retries, parking, takeover."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot.clock import SystemClock
from bot.conversation import turn as turn_module
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer, Handler
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries, TryAgain, Undeliverable, retry_after
from bot.conversation.turn import Turns
from bot.messages import Answer, Delivery, Incoming, Reply, State
from bot.redis_client import Client
from bot.redis_keys import Keys

KEYS = Keys(4)


class Echo:
    """A dialogue that says what it hears, and fails as often as told."""

    def __init__(self, failures: dict[str, int] | None = None) -> None:
        self.failures = dict(failures or {})
        self.heard: list[str] = []

    def known_version(self, name: str) -> str:
        return ""

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        await asyncio.sleep(0)
        self.heard.append(incoming.text)
        if self.failures.get(incoming.text, 0) > 0:
            self.failures[incoming.text] -= 1
            raise ValueError("a secret word of the customer")
        return Answer((Reply(text=f"you said {incoming.text}"),), [f'"{incoming.text}"'.encode()])

    def keep(self, name: str, version: str) -> None:
        return

    def forget(self, name: str) -> None:
        return

    def apology(self, incoming: Incoming) -> Reply:
        return Reply(text="sorry")


class Vendor:
    """Takes replies, after refusing as often as told."""

    def __init__(self, refusals: list[Exception] | None = None) -> None:
        self.refusals = list(refusals or [])
        self.got: list[str] = []

    async def send(self, delivery: Delivery) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        self.got.append(str(delivery.reply.text))


def _lane(redis: Client, name: str, lock_seconds: float = 1.0) -> Lane:
    return Lane(redis, KEYS, name, SystemClock(), lock_seconds)  # type: ignore[arg-type]


@asynccontextmanager
async def working(redis: Client, handlers: dict[str, tuple[str, Handler]]) -> AsyncIterator[None]:
    """Consumers by their names: lane and handler."""
    consumers = [Consumer(_lane(redis, lane), handler, name) for name, (lane, handler) in handlers.items()]
    tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
    yield
    for consumer in consumers:
        consumer.stop()
    await asyncio.gather(*tasks)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def inbox(redis: Client) -> Inbox:
    return Inbox(_lane(redis, "in"), seen_seconds=60, max_waiting=1_000)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_module, "RETRY_AFTER_SECONDS", (0.01,))


def _says(account: str, number: int, text: str) -> Incoming:
    return Incoming("test", account, f"{account}-{number}", text)


def _turns(redis: Client, dialogue: Echo, attempts: int = 3) -> Turns:
    lane = _lane(redis, "in")
    return Turns(lane, Inbox(lane, 60, 0), Codes(redis, KEYS, 600), dialogue, attempts)


def _deliveries(redis: Client, vendor: Vendor, attempts: int = 3) -> Deliveries:
    return Deliveries(_lane(redis, "out"), {"test": vendor}, attempts)


async def test_twenty_customers_are_answered_in_order_by_three_workers(redis: Client, inbox: Inbox) -> None:
    vendor = Vendor()
    echo = Echo()
    workers: dict[str, tuple[str, Handler]] = {f"worker-{n}": ("in", _turns(redis, echo)) for n in range(3)}
    async with working(redis, {**workers, "sender": ("out", _deliveries(redis, vendor))}):
        for number in range(10):
            for customer in range(20):
                await inbox.accept(_says(f"c{customer}", number, f"c{customer}:{number}"))
        await until(lambda: len(vendor.got) == 200)
    for customer in range(20):
        own = [text for text in vendor.got if text.startswith(f"you said c{customer}:")]
        assert own == [f"you said c{customer}:{number}" for number in range(10)]


async def test_two_customers_whose_messages_carry_the_same_id_are_both_answered(redis: Client, inbox: Inbox) -> None:
    vendor = Vendor()
    async with working(redis, {"w": ("in", _turns(redis, Echo())), "s": ("out", _deliveries(redis, vendor))}):
        for customer in range(20):
            await inbox.accept(Incoming("test", f"c{customer}", "1", f"c{customer}"))
        await until(lambda: len(vendor.got) == 20)


async def test_a_turn_that_fails_is_tried_again_and_answered(redis: Client, inbox: Inbox) -> None:
    vendor, echo = Vendor(), Echo({"shaky": 2})
    async with working(redis, {"w": ("in", _turns(redis, echo)), "s": ("out", _deliveries(redis, vendor))}):
        await inbox.accept(_says("kim", 1, "shaky"))
        await inbox.accept(_says("kim", 2, "after"))
        await until(lambda: len(vendor.got) == 2)
    assert vendor.got == ["you said shaky", "you said after"]


async def test_a_turn_that_always_fails_is_parked_the_customer_is_told_and_the_next_is_answered(
    redis: Client, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    vendor, echo = Vendor(), Echo({"poison": 99})
    async with working(redis, {"w": ("in", _turns(redis, echo)), "s": ("out", _deliveries(redis, vendor))}):
        await inbox.accept(_says("kim", 1, "poison"))
        await inbox.accept(_says("kim", 2, "after"))
        await until(lambda: len(vendor.got) == 2)
    assert vendor.got == ["sorry", "you said after"]
    assert echo.heard.count("poison") == 3
    parked = await _lane(redis, "in").parked(KEYS.shard_of(conversation_of("test", "kim")))
    assert [entry["error"] for entry in parked] == ["ValueError"]
    assert "secret word" not in caplog.text


async def test_what_a_dead_worker_held_is_answered_by_another(redis: Client, inbox: Inbox) -> None:
    vendor, echo = Vendor(), Echo()
    await inbox.accept(_says("kim", 1, "hello"))
    name = conversation_of("test", "kim")
    shard = KEYS.shard_of(name)
    lane = _lane(redis, "in")
    await redis.xgroup_create(KEYS.ready("in", shard), "workers", id="0")
    await redis.xreadgroup("workers", "the-dead-one", {KEYS.ready("in", shard): ">"})
    await redis.set(KEYS.lock("in", name), "the-dead-one:1:1", px=int(lane.lock_seconds * 1000))
    async with working(redis, {"w": ("in", _turns(redis, echo)), "s": ("out", _deliveries(redis, vendor))}):
        await until(lambda: vendor.got == ["you said hello"])


async def test_a_refused_reply_holds_back_the_ones_after_it_and_is_sent_once(redis: Client, inbox: Inbox) -> None:
    vendor = Vendor([TryAgain("busy", after_seconds=0.05), TryAgain("busy", after_seconds=0.05)])
    async with working(redis, {"w": ("in", _turns(redis, Echo())), "s": ("out", _deliveries(redis, vendor))}):
        await inbox.accept(_says("kim", 1, "one"))
        await inbox.accept(_says("kim", 2, "two"))
        await until(lambda: len(vendor.got) == 2)
    assert vendor.got == ["you said one", "you said two"]


async def test_what_cannot_be_delivered_is_parked_with_its_reason(redis: Client, inbox: Inbox) -> None:
    vendor = Vendor([Undeliverable("blocked")])
    async with working(redis, {"w": ("in", _turns(redis, Echo())), "s": ("out", _deliveries(redis, vendor))}):
        await inbox.accept(_says("kim", 1, "one"))
        await inbox.accept(_says("kim", 2, "two"))
        await until(lambda: len(vendor.got) == 1)
    assert vendor.got == ["you said two"]
    parked = await _lane(redis, "out").parked(KEYS.shard_of(conversation_of("test", "kim")))
    assert [entry["error"] for entry in parked] == ["Undeliverable: blocked"]


def test_retries_double_and_the_vendors_word_counts_more() -> None:
    assert 0.4 <= retry_after(1, ValueError()) <= 0.6
    assert 3.2 <= retry_after(4, ValueError()) <= 4.8
    assert retry_after(20, ValueError()) <= 360
    assert retry_after(1, TryAgain("slow down", after_seconds=17)) == 17


@pytest.mark.parametrize(("one", "other"), [("a b", "a_b"), ("a/b", "a b"), ("~20~", " "), ("ä", "a")])
def test_no_two_accounts_share_a_conversation(one: str, other: str) -> None:
    assert conversation_of("web", one) != conversation_of("web", other)

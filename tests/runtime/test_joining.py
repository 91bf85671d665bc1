"""Conversations become one and separate again: nothing is heard twice or lost, whatever fails between two steps."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.clock import SystemClock
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer
from bot.conversation.identity import conversation_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Accepted, Lane
from bot.conversation.outbox import Deliveries, TryAgain
from bot.conversation.turn import Turns
from bot.gateway.door import GatewayDoor
from bot.messages import CODE, PROOF_FROM, PROVEN_CUSTOMER, Answer, Delivery, Incoming, Reply, State
from bot.redis_client import Client
from bot.redis_keys import Keys

KEYS = Keys(4)
WEB, TELEGRAM, PHONE = "web-1", "telegram-2", "phone-3"


@dataclass
class Listener:
    """A dialogue that remembers who was heard where, takes `code …` for one, and parts who says `part …`."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    joined: list[tuple[str, ...]] = field(default_factory=list)
    verdicts: list[str] = field(default_factory=list)

    def known_version(self, name: str) -> str:
        return ""

    async def answer(self, name: str, incoming: Incoming, state: State) -> Answer:
        await asyncio.sleep(0)
        verdict = incoming.metadata.get(CODE)
        if incoming.text.startswith("code ") and verdict is None:
            return Answer((), (), code=incoming.text.removeprefix("code ").replace(" ", ""))
        if verdict:
            self.verdicts.append(str(verdict))
        if incoming.joined:
            self.joined.append((name, *incoming.joined.accounts))
        self.heard.append((name, incoming.text))
        parted = (incoming.text.removeprefix("part "),) if incoming.text.startswith("part ") else ()
        event = f'"{incoming.text}"'.encode()
        return Answer((Reply(text=f"{name} heard {incoming.text}"),), [event], parted=parted)

    def keep(self, name: str, version: str) -> None:
        return

    def forget(self, name: str) -> None:
        return

    def apology(self, incoming: Incoming) -> Reply:
        return Reply(text="sorry")


class House:
    """Three accounts on three channels, one worker and an outbox."""

    def __init__(self, redis: Client) -> None:
        self.redis = redis
        self.lane, self.out = (Lane(redis, KEYS, name, SystemClock(), 0.5) for name in ("in", "out"))
        self.inbox = Inbox(self.lane, 60, 0)
        self.codes = Codes(redis, KEYS, 600)
        self.dialogue = Listener()
        self.sent: list[tuple[str, str]] = []
        self.is_down = ""

    async def send(self, delivery: Delivery) -> None:
        if delivery.channel == self.is_down:
            raise TryAgain("down", 60)
        self.sent.append((conversation_of(delivery.channel, delivery.account), str(delivery.reply.text)))

    async def says(self, account: str, text: str, message_id: str = "", **metadata: Any) -> Accepted:
        channel, _, name = account.partition("-")
        return await self.inbox.accept(Incoming(channel, name, message_id or text, text, metadata=metadata))

    @asynccontextmanager
    async def working(self, workers: int = 1) -> AsyncIterator[None]:
        turns = Turns(self.lane, self.inbox, self.codes, self.dialogue, 3)
        senders = dict.fromkeys(("web", "telegram", "phone"), self)
        consumers = [Consumer(self.lane, turns, f"worker-{number}") for number in range(workers)]
        consumers.append(Consumer(self.out, Deliveries(self.out, senders, 3), "sender"))
        tasks = [asyncio.create_task(consumer.run()) for consumer in consumers]
        yield
        async with asyncio.timeout(10):
            while await self.redis.keys("nc:{*}:*:queue:*") or await self.redis.keys("nc:{*}:*:lock:*"):
                await asyncio.sleep(0.005)
        for consumer in consumers:
            consumer.stop()
        await asyncio.gather(*tasks)


@pytest.fixture
def house(redis: Client) -> House:
    return House(redis)


async def joined(house: House, known: str = TELEGRAM, new: str = WEB) -> None:
    """The second tells a code of the first; the one whose name comes first stays."""
    async with house.working():
        await house.says(new, f"code {await house.codes.issue(known)}")
    assert house.dialogue.joined


async def test_a_code_makes_two_conversations_one(house: House) -> None:
    async with house.working():
        await house.says(TELEGRAM, "hello")
        await house.says(WEB, "hi")
    await joined(house)
    assert house.dialogue.joined == [(TELEGRAM, WEB)]
    async with house.working():
        await house.says(WEB, "on the web")
        await house.says(TELEGRAM, "on telegram")
    assert {name for name, _ in house.dialogue.heard[2:]} == {TELEGRAM}
    assert set(await house.lane.accounts(TELEGRAM)) == {WEB, TELEGRAM}


async def test_the_one_that_told_the_code_may_stay(house: House) -> None:
    await joined(house, known=WEB, new=TELEGRAM)
    assert house.dialogue.joined == [(TELEGRAM, WEB)]
    assert house.dialogue.verdicts == ["right"]
    assert [account for account, _ in house.sent] == [TELEGRAM]  # who told the code is answered


async def test_each_is_answered_on_its_own_channel(house: House) -> None:
    await joined(house)
    house.sent.clear()
    async with house.working():
        await house.says(WEB, "one")
        await house.says(TELEGRAM, "two")
    assert sorted(house.sent) == [(TELEGRAM, f"{TELEGRAM} heard two"), (WEB, f"{TELEGRAM} heard one")]


async def test_a_vendor_that_is_down_holds_up_no_other_channel(house: House) -> None:
    await joined(house)
    house.sent.clear()
    house.is_down = "telegram"
    async with asyncio.timeout(10):
        async with house.working():
            await house.says(TELEGRAM, "one")
            await house.says(WEB, "two")
            while not house.sent:
                await asyncio.sleep(0.005)
            await house.redis.flushall()  # what waits for Telegram would wait for a minute
    assert house.sent == [(WEB, f"{TELEGRAM} heard two")]


async def test_what_waited_is_sent_on_in_order(house: House) -> None:
    code = await house.codes.issue(TELEGRAM)
    for text in ("first", f"code {code}", "second", "third"):
        await house.says(WEB, text)
    async with house.working():
        await asyncio.sleep(0.05)
        await house.says(WEB, "fourth")
    assert [text for _, text in house.dialogue.heard] == ["first", f"code {code}", "second", "third", "fourth"]
    assert [name for name, _ in house.dialogue.heard] == [WEB, *[TELEGRAM] * 4]


async def test_a_repeated_message_is_not_heard_again_after_the_move(house: House) -> None:
    async with house.working():
        await house.says(WEB, "hello", "id-1")
    await joined(house)
    async with house.working():
        assert await house.says(WEB, "hello", "id-1") is Accepted.DUPLICATE
        assert await house.says(WEB, "again", "id-2") is Accepted.NEW
        assert await house.says(WEB, "again", "id-2") is Accepted.DUPLICATE
    assert [text for _, text in house.dialogue.heard].count("hello") == 1


async def test_equal_ids_of_two_accounts_are_two_messages(house: House) -> None:
    await joined(house)
    async with house.working():
        await house.says(WEB, "on the web", "7")
        await house.says(TELEGRAM, "on telegram", "7")
    assert [text for _, text in house.dialogue.heard][1:] == ["on the web", "on telegram"]


async def test_two_that_tell_each_others_codes_become_one(house: House) -> None:
    of_web, of_telegram = await house.codes.issue(WEB), await house.codes.issue(TELEGRAM)
    await house.says(WEB, f"code {of_telegram}")
    await house.says(TELEGRAM, f"code {of_web}")
    async with house.working(workers=2):
        pass
    assert await house.inbox.home_of(WEB) == await house.inbox.home_of(TELEGRAM) == TELEGRAM
    assert house.dialogue.verdicts == ["right", "right"]


@pytest.mark.parametrize("step", ["move", "set_home", "window"])
async def test_a_failure_between_two_steps_loses_and_doubles_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await joined(house, known=WEB, new=PHONE)  # two accounts move together
    house.dialogue.joined.clear()
    house.dialogue.heard.clear()
    steps = 0
    real = getattr(Lane, step)

    async def fails_once(lane: Lane, *args: object) -> object:
        nonlocal steps
        steps += 1
        if steps == 1:
            raise RedisConnectionError
        return await real(lane, *args)

    monkeypatch.setattr(Lane, step, fails_once)
    async with house.working():
        await house.says(WEB, f"code {await house.codes.issue('alexa-0')}")
        await house.says(WEB, "afterwards")
    assert steps >= 2
    assert house.dialogue.joined == [("alexa-0", PHONE, WEB)]
    assert [text.partition(" ")[0] for _, text in house.dialogue.heard] == ["code", "afterwards"]
    assert {await house.inbox.home_of(account) for account in (WEB, PHONE)} == {"alexa-0"}


async def test_a_parted_account_has_its_own_conversation_again(house: House) -> None:
    async with house.working():
        await house.says(WEB, "before")
    await joined(house)
    async with house.working():
        await house.says(TELEGRAM, f"part {WEB}")
        await house.says(WEB, "sent at once")
    async with house.working():
        await house.says(WEB, "after")
        await house.says(TELEGRAM, "still here")
    assert ("web-1", "after") in house.dialogue.heard
    assert (TELEGRAM, "still here") in house.dialogue.heard
    assert WEB not in await house.lane.accounts(TELEGRAM)
    assert (
        house.dialogue.heard.count((WEB, "sent at once")) + house.dialogue.heard.count((TELEGRAM, "sent at once")) == 1
    )
    log = await house.redis.lrange(KEYS.log(WEB), 0, -1)
    assert b'"before"' in log
    assert b'"still here"' not in log


async def test_who_was_parted_may_be_joined_again(house: House) -> None:
    await joined(house)
    async with house.working():
        await house.says(TELEGRAM, f"part {WEB}")
    await joined(house)
    async with house.working():
        await house.says(WEB, "once more")
    assert house.dialogue.heard[-1] == (TELEGRAM, "once more")


async def test_a_proof_from_before_the_parting_counts_no_more(house: House) -> None:
    old: dict[str, Any] = {PROVEN_CUSTOMER: "K-1", PROOF_FROM: time.time() - 60}
    new = {**old, PROOF_FROM: time.time() + 60}
    async with house.working():
        await house.says(TELEGRAM, "here", **old)
        await house.says(WEB, "signed in", **old)
    async with house.working():
        await house.says(TELEGRAM, f"part {WEB}", **old)
        await house.says(WEB, "sent at once", **old)
    async with house.working():
        await house.says(WEB, "still signed in", **old)
    assert house.dialogue.heard[-1] == (WEB, "still signed in")
    assert set(await house.lane.accounts("K-1")) == {TELEGRAM}
    async with house.working():
        await house.says(WEB, "signed in again", **new)
    async with house.working():
        await house.says(WEB, "an older tab", **old)
    assert house.dialogue.heard[-2:] == [("K-1", "signed in again"), ("K-1", "an older tab")]


async def test_who_is_linked_again_by_a_code_is_not_parted_any_more(house: House) -> None:
    async with house.working():
        await house.says(TELEGRAM, "here", **{PROVEN_CUSTOMER: "K-1"})
        await house.says(WEB, "here too", **{PROVEN_CUSTOMER: "K-1"})
    async with house.working():
        await house.says(TELEGRAM, f"part {WEB}")
    assert await house.lane.parted_at("K-1", WEB)
    code = await house.codes.issue("K-1", is_customer=True)
    async with house.working():
        await house.says(WEB, f"code {code}")
    assert await house.lane.parted_at("K-1", WEB) is None
    assert set(await house.lane.accounts("K-1")) == {TELEGRAM, WEB}


async def test_a_signed_in_customer_is_where_the_customer_is(house: House) -> None:
    async with house.working():
        await house.says(WEB, "hello")
        await house.says(WEB, "signed in", **{PROVEN_CUSTOMER: "K-1"})
        await house.says(WEB, "still", **{PROVEN_CUSTOMER: "K-1"})
        await house.says(TELEGRAM, "there too", **{PROVEN_CUSTOMER: "K-1"})
    assert [name for name, text in house.dialogue.heard if text != "hello"] == ["K-1"] * 3
    assert set(await house.lane.accounts("K-1")) == {WEB, TELEGRAM}


async def test_somebody_else_at_the_same_browser_brings_nothing_along(house: House) -> None:
    async with house.working():
        await house.says(WEB, "mine", **{PROVEN_CUSTOMER: "K-1"})
        await house.says(WEB, "hers", **{PROVEN_CUSTOMER: "K-2"})
    assert house.dialogue.heard == [("K-1", "mine"), ("K-2", "hers")]
    assert set(await house.lane.accounts("K-1")) == set()
    assert set(await house.lane.accounts("K-2")) == {WEB}


async def test_two_known_customers_stay_two(house: House) -> None:
    async with house.working():
        await house.says(WEB, "one", **{PROVEN_CUSTOMER: "K-1"})
        await house.says(TELEGRAM, "two", **{PROVEN_CUSTOMER: "K-2"})
        await house.says(WEB, f"code {await house.codes.issue('K-2')}")
    assert house.dialogue.verdicts == ["known_otherwise"]
    assert await house.inbox.home_of(WEB) == "K-1"


async def test_who_holds_the_line_is_answered_after_the_move(house: House) -> None:
    door = GatewayDoor(house.redis, KEYS, house.inbox, SystemClock(), 100, 5)
    listening = asyncio.create_task(door.listen())
    code = await house.codes.issue(TELEGRAM)
    async with house.working():
        told = await door.ask(Incoming("web", "1", "m-1", f"code {code}"))
        later = await door.ask(Incoming("web", "1", "m-2", "later"))
        again = await door.ask(Incoming("web", "1", "m-2", "later"))
    listening.cancel()
    assert [reply.text for reply in told] == [f"{TELEGRAM} heard code {code}"]
    assert [reply.text for reply in later] == [reply.text for reply in again] == [f"{TELEGRAM} heard later"]

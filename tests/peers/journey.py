"""The order journey, walked on whatever carries it; the shop's database says whether it is true."""

import asyncio
import re
import sqlite3
from pathlib import Path
from typing import Any, Protocol

from bot.conversation.identity import conversation_of
from bot.redis_client import connect
from bot.redis_keys import Keys

SHARDS = 16
ANSWERED_WITHIN_SECONDS = 30


class Chat(Protocol):
    """A customer in a messenger."""

    async def says(self, text: str) -> str:
        """Everything that came back, as one text."""
        ...

    async def presses(self, title: str) -> str:
        """The button with that title, among those shown last."""
        ...


class Shop:
    """What the shop of an installation has in its database."""

    def __init__(self, data_dir: Path) -> None:
        self._database = data_dir / "shop" / "shop.db"

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self._database) as database:
            return database.execute(query, values).fetchall()

    def orders(self, customer: str) -> list[tuple[str, str]]:
        """(number, status), oldest first."""
        query = "SELECT 'NC-' || number, status FROM orders WHERE customer_id = ? ORDER BY number"
        return [(str(number), str(status)) for number, status in self.rows(query, customer)]

    def lines(self) -> list[tuple[str, int]]:
        """(variant, quantity) of all orders."""
        return [
            (str(variant), int(quantity))
            for variant, quantity in self.rows("SELECT variant_id, quantity FROM order_lines ORDER BY variant_id")
        ]


class Bystander:
    """Sees in an installation's Redis when a Telegram conversation has come to rest."""

    def __init__(self, data_dir: Path) -> None:
        self._redis = connect(f"unix://{data_dir / 'redis.sock'}")
        self._keys = Keys(SHARDS)

    async def until_quiet(self, chat: int) -> None:
        name = conversation_of("telegram", str(chat))
        keys = [key for lane in ("in", "out") for key in (self._keys.queue(lane, name), self._keys.lock(lane, name))]
        async with asyncio.timeout(ANSWERED_WITHIN_SECONDS):
            while await self._redis.exists(*keys):
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        await self._redis.aclose()


async def order_from_browsing_to_cancellation(kim: Chat, shop: Shop, customer: str) -> None:
    """Browses, orders two of a variant, corrects the number, confirms, asks where it is, and cancels."""
    assert "AeroPix Mini" in await kim.says("was habt ihr für drohnen?")
    await kim.says("ich nehm zwei aeropix mini")
    await kim.presses("Rot")
    await kim.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig")
    assert "2 × AeroPix Mini in Rot" in await kim.presses("PayPal")
    assert "3 × AeroPix Mini in Rot" in await kim.says("nein doch drei")
    assert shop.orders(customer) == []
    number = _number(await kim.presses("Ja"))
    assert shop.orders(customer) == [(number, "pending")]
    assert shop.lines() == [("aeropix-mini-red", 3)]
    assert number in await kim.says("wo ist meine bestellung?")
    await kim.says("storniere sie bitte")
    assert "storniert" in await kim.says("ja")
    assert shop.orders(customer) == [(number, "cancelled")]


def _number(text: str) -> str:
    found = re.search(r"NC-\d{6}", text)
    assert found, text
    return found[0]

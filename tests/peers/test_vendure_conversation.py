"""An order by conversation, in a running Vendure: the trained model and the actions, with the adapter behind them."""

import json
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

import actions.base
import actions.settings
from actions.backend.port import Order
from actions.backend.vendure import VendureShop
from bot.dialogue.assistant import Assistant
from bot.redis_client import Client
from bot.settings import Settings
from tests.house import Customer, House, ShopDoor
from tests.peers.vendure import METHODS, SECRET, Staff, Vendure

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not shutil.which("node"), reason="there is no node"),
]

ADDRESS = "Jonas Reuter, Lindenweg 12, 04107 Leipzig"
PRICE, SENDING = 155_880, 500


@pytest.fixture(scope="session")
def own_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For the Redis of this file."""
    return tmp_path_factory.mktemp("house")


@pytest.fixture
async def house(
    redis: Client,
    settings: Settings,
    assistant: Assistant,
    vendure: Vendure,
    own_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """The assistant at work, as the environment's variables put Vendure behind it; the embedded shop stays shut."""
    monkeypatch.setenv("SHOP_KIND", "vendure")
    monkeypatch.setenv("VENDURE_URL", vendure.url)
    monkeypatch.setenv("VENDURE_SECRET", SECRET)
    monkeypatch.setenv("VENDURE_PAYMENT_METHODS", json.dumps(METHODS))
    _forget_the_shop()
    house = House(redis, settings, assistant, ShopDoor(own_directory / "unused.db", own_directory / "unused.sock"))
    await house.open()
    yield house
    await house.close()
    await actions.base.shop().close()
    _forget_the_shop()


def _forget_the_shop() -> None:
    actions.settings.settings.cache_clear()
    actions.base.shop.cache_clear()


@pytest.fixture
async def shop(vendure: Vendure) -> AsyncIterator[VendureShop]:
    """Looks into Vendure as another worker would."""
    shop = vendure.shop()
    yield shop
    await shop.close()


@pytest.fixture
def kim(house: House) -> Customer:
    """Somebody whom this Vendure has not seen."""
    return house.customer(f"kim-{uuid4()}")


async def test_a_laptop_is_found_ordered_and_tracked_and_cancelling_it_is_left_to_a_person(
    kim: Customer, shop: VendureShop, vendure: Vendure
) -> None:
    await kim.says("ich möchte einen Laptop bestellen")
    await kim.presses("13 inch")
    await kim.presses("8GB")
    await kim.says(ADDRESS)
    summary = await kim.says("auf rechnung")
    assert "1 × Laptop in 13 inch, 8GB" in summary
    assert "Standard Shipping" in summary
    assert "1.563,80" in summary
    assert list(await shop.orders(kim.id)) == []

    number = _number(await kim.says("ja"))
    order = await _only_order(shop, kim)
    assert (order.number, order.status, order.total_now.amount) == (number, "pending", PRICE + SENDING)
    assert [(line.variant_id, line.quantity) for line in order.items] == [("1", 1)]
    assert (order.address.name, order.address.city) == ("Jonas Reuter", "Leipzig")

    assert number in await kim.says("wo ist meine bestellung?")
    await kim.says("storniere sie bitte")
    assert "storniert" not in await kim.says("ja")
    assert "talk_to_human" in str([button.payload for button in kim.buttons()])
    assert (await _only_order(shop, kim)).status == "pending"

    await Staff(vendure).ships(str(int(number.removeprefix("NC-"))), "DHL", "00340434161094042557")
    assert "00340434161094042557" in await kim.says("wo ist meine bestellung?")


async def test_an_english_customer_corrects_the_number_before_the_yes(kim: Customer, shop: VendureShop) -> None:
    await kim.says("I'd like to order two Orchid please")
    await kim.says("Ann Lee, Lindenweg 12, 04107 Leipzig")
    await kim.says("by invoice")
    assert "3 × Orchid" in await kim.says("no, make it three")
    number = _number(await kim.says("yes please"))
    order = await _only_order(shop, kim)
    assert (order.number, [line.quantity for line in order.items]) == (number, [3])


async def test_a_way_to_pay_that_this_shop_has_not_orders_nothing_and_leads_to_a_person(
    kim: Customer, shop: VendureShop
) -> None:
    await kim.says("ich möchte einen Laptop in 13 inch und 8GB bestellen")
    await kim.says(ADDRESS)
    await kim.says("paypal")
    await kim.says("ja")
    assert "talk_to_human" in str([button.payload for button in kim.buttons()])
    assert list(await shop.orders(kim.id)) == []


async def test_the_catalog_is_shown_by_its_own_kinds(kim: Customer) -> None:
    assert "computers" in await kim.says("was habt ihr?")
    assert "Laptop" in await kim.presses("Computers")
    assert "Welche" in await kim.presses("Bestellen")


async def test_what_vendure_has_no_idea_of_leads_to_a_person(kim: Customer) -> None:
    await kim.says("meine abos?")
    assert "talk_to_human" in str([button.payload for button in kim.buttons()])


async def test_renting_is_said_to_be_impossible_here(kim: Customer, shop: VendureShop) -> None:
    answers = [await kim.says("ich möchte einen Laptop für 6 monate mieten"), await kim.says("13 inch, 8GB")]
    assert "nur zu kaufen" in "\n".join(answers)
    assert list(await shop.orders(kim.id)) == []


async def _only_order(shop: VendureShop, kim: Customer) -> Order:
    (order,) = await shop.orders(kim.id)
    return order


def _number(text: str) -> str:
    found = re.search(r"NC-\d{6}", text)
    assert found, text
    return found[0]

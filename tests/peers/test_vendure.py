"""The adapter for Vendure, against a real one (npm, GPL-3): what is ordered here is ordered there."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from pydantic import SecretStr

from actions.backend.port import Backend, Item, Money, NotAllowed, NotSupported, Order, Payment, Unavailable
from actions.backend.vendure import VendureShop
from tests.backend.contract import LEIPZIG, ON_INVOICE, VIENNA, BackendContract, Build
from tests.peers.vendure import Staff, Vendure

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(not shutil.which("node"), reason="there is no node"),
]

LAPTOP_13_8 = Item(variant_id="1", quantity=1)
SHIPPING = 500


@pytest.fixture
async def build(vendure: Vendure) -> AsyncIterator[Build]:
    shops: list[VendureShop] = []

    def build() -> VendureShop:
        shops.append(vendure.shop())
        return shops[-1]

    yield build
    for shop in shops:
        await shop.close()


@pytest.fixture
def backend(build: Build) -> Backend:
    return build()


@pytest.fixture
def staff(vendure: Vendure) -> Staff:
    return Staff(vendure)


@pytest.fixture
def kim() -> str:
    return f"telegram:{uuid4()}"


class TestVendureShop(BackendContract):
    """All that holds for every shop."""


async def test_all_products_are_read_with_their_options(backend: Backend) -> None:
    catalog = {product.id: product for product in await backend.products()}
    laptop = catalog["laptop"]
    assert len(catalog) == 54
    assert [option.id for option in laptop.options] == ["screen-size", "ram"]
    assert (len(laptop.variants), laptop.price) == (4, Money(amount=155_880, currency="USD"))
    assert laptop.rental_terms == ()


async def test_what_sending_costs_is_named_before_the_yes(backend: Backend) -> None:
    quote = await backend.quote([LAPTOP_13_8])
    assert [line.product_name for line in quote.lines] == ["Laptop", "Standard Shipping"]
    assert quote.total_now.amount == 155_880 + SHIPPING


async def test_the_shipping_method_of_the_settings_is_taken(vendure: Vendure, kim: str) -> None:
    shop = vendure.shop(shipping="express-shipping")
    quote = await shop.quote([LAPTOP_13_8])
    order = await shop.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    await shop.close()
    assert quote.lines[-1].product_name == "Express Shipping"
    assert order.total_now == quote.total_now == Money(amount=155_880 + 1_000, currency="USD")


async def test_what_is_in_the_mail_is_told_with_its_tracking_number(backend: Backend, staff: Staff, kim: str) -> None:
    order = await backend.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    assert order.payment is not None
    assert (order.payment.status, order.payment.method) == ("due", "invoice")
    await staff.ships(_id(order), "DHL", "00340434161094042557")
    shipped = await backend.order(kim, order.number)
    assert shipped.status == "shipped"
    assert [(s.carrier, s.tracking_number) for s in shipped.shipments] == [("DHL", "00340434161094042557")]
    with pytest.raises(NotAllowed) as too_late:
        await backend.cancel_order(kim, order.number, reason="not_said", key="message-2")
    assert too_late.value.status == "shipped"


async def test_money_on_its_way_back_is_told_until_it_is_there(backend: Backend, staff: Staff, kim: str) -> None:
    order = await backend.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    await staff.ships(_id(order), "DHL", "00340434161094042557")
    promised = await staff.refunds(_id(order), 9_900)
    refund = (await backend.refunds(kim))[0]
    assert (refund.order_number, refund.amount.amount, refund.status) == (order.number, 9_900, "requested")
    await staff.pays_back(promised)
    assert (await backend.refunds(kim))[0].status == "refunded"


async def test_an_order_that_the_staff_cancelled_still_says_what_it_was(
    backend: Backend, staff: Staff, kim: str
) -> None:
    order = await backend.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    await staff.cancels(_id(order))
    again = await backend.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    assert (again.number, again.status, again.items) == (order.number, "cancelled", order.items)


async def test_many_attempts_at_once_with_one_key_never_make_two_orders(build: Build, kim: str) -> None:
    workers = [build() for _ in range(5)]
    await workers[0].place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    attempts = [worker.place_order(kim, [LAPTOP_13_8], VIENNA, ON_INVOICE, "de", key="message-2") for worker in workers]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {Order, Unavailable}
    order = await workers[0].place_order(kim, [LAPTOP_13_8], VIENNA, ON_INVOICE, "de", key="message-2")
    assert all(answer == order for answer in answers if isinstance(answer, Order))
    assert len(await workers[0].orders(kim)) == 2


async def test_what_an_attempt_left_in_the_cart_is_not_ordered_by_the_next(vendure: Vendure, kim: str) -> None:
    careless = vendure.shop(methods={"paypal": "no-such-method"})
    with pytest.raises(NotSupported):
        await careless.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    for item, key in ((LAPTOP_13_8, "message-2"), (Item(variant_id="7", quantity=3), "message-3")):
        await _fails(careless, kim, item, key)
    await careless.close()
    shop = vendure.shop()
    order = await shop.place_order(kim, [Item(variant_id="7", quantity=2)], LEIPZIG, ON_INVOICE, "de", key="message-4")
    await shop.close()
    assert [(line.variant_id, line.quantity) for line in order.items] == [("7", 2)]


async def _fails(shop: VendureShop, kim: str, item: Item, key: str) -> None:
    with pytest.raises(Exception, match="USER_INPUT_ERROR"):
        await shop.place_order(kim, [item], LEIPZIG, Payment(method="paypal"), "de", key=key)


async def test_a_way_to_pay_that_the_shop_has_not_is_left_to_a_person(backend: Backend, kim: str) -> None:
    for payment in (Payment(method="paypal"), Payment(method="gift_card", gift_card="GC-7K2M-9QXT")):
        with pytest.raises(NotSupported):
            await backend.place_order(kim, [LAPTOP_13_8], LEIPZIG, payment, "de", key="message-1")
    assert list(await backend.orders(kim)) == []


async def test_an_account_opens_to_nobody_who_only_knows_the_customers_id(vendure: Vendure, kim: str) -> None:
    ours, stranger = vendure.shop(), vendure.shop(secret=SecretStr("another-secret"))
    await ours.place_order(kim, [LAPTOP_13_8], LEIPZIG, ON_INVOICE, "de", key="message-1")
    assert list(await stranger.orders(kim)) == []
    await ours.close()
    await stranger.close()


def _id(order: Order) -> str:
    return str(int(order.number.removeprefix("NC-")))

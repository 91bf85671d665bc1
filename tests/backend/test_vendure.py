"""The adapter for Vendure: shapes recorded from a real one, and what goes wrong on the way to an order."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr, ValidationError

from actions.backend import vendure, vendure_api
from actions.backend.choice import chosen
from actions.backend.http_shop import HttpShop
from actions.backend.port import (
    Address,
    BackendError,
    Item,
    KeyReused,
    Money,
    NotAllowed,
    NotFound,
    NotSupported,
    OutOfStock,
    Payment,
    Refused,
    Rejected,
    Unavailable,
)
from actions.backend.vendure import VendureShop
from actions.backend.vendure_api import LOGIN, REGISTER
from actions.backend.vendure_catalog import CATALOG, families_of, plain, products_of, stock_of, tagline_of
from actions.backend.vendure_orders import (
    ARRANGE_PAYMENT,
    FILL_NEW_CART,
    FILL_OWN_CART,
    OWN_ORDERS,
    PAY,
    SHIPPING,
    number_of,
    order_of,
    refunds_of,
    with_number,
)
from actions.settings import ActionSettings
from tests.backend.fake_vendure import (
    AWAY,
    ENDED,
    NO_ORDERS,
    FakeVendure,
    cart,
    filled,
    orders,
    recorded,
    refusal,
    with_orders,
)

METHODS = {"invoice": "standard-payment"}
SECRET = SecretStr("a-secret-of-the-tests")
LEIPZIG = Address(name="Jonas Reuter", street="Lindenweg 4", postal_code="04109", city="Leipzig")
A_DRIVE = Item(variant_id="21", quantity=1)
ON_INVOICE = Payment(method="invoice")
KIM = "telegram:4711"
Build = Callable[..., VendureShop]
INVALID_LOGIN = refusal("login", "INVALID_CREDENTIALS_ERROR")


def dollars(amount: int) -> Money:
    return Money(amount=amount, currency="USD")


# --- the catalog's shapes


CATALOG_FOUND = {
    product.id: product for product in products_of(recorded("catalog")["data"]["products"]["items"], "category")
}


def test_a_product_is_named_alike_in_both_languages() -> None:
    laptop = CATALOG_FOUND["laptop"]
    assert (laptop.name, laptop.kind, laptop.price) == ("Laptop", "computers", dollars(155_880))
    assert laptop.tagline["de"] == laptop.tagline["en"]
    assert laptop.description["en"].startswith("Now equipped with seventh-generation")


def test_a_variant_is_told_by_its_options_whatever_their_order() -> None:
    options = [variant.options for variant in CATALOG_FOUND["laptop"].variants]
    assert {"screen-size": "15-inch", "ram": "8gb"} in options
    assert len({tuple(sorted(chosen.items())) for chosen in options}) == 4


def test_a_size_is_answered_with_its_number_alone() -> None:
    (size,) = CATALOG_FOUND["allstar-sneakers"].options
    assert size.id == "size"
    assert [(value.id, value.name["de"]) for value in size.values][:2] == [("40", "40"), ("42", "42")]


def test_a_color_is_the_option_that_the_assistant_calls_colour() -> None:
    (colour,) = CATALOG_FOUND["modern-cafe-chair"].options
    assert (colour.id, [value.id for value in colour.values]) == ("colour", ["mustard", "mint", "pearl"])


def test_nothing_is_for_rent_and_nothing_has_add_ons() -> None:
    for product in CATALOG_FOUND.values():
        assert (product.rental_terms, product.addons, product.parts) == ((), (), ())


def test_what_a_product_is_filed_under_is_what_can_be_asked_about_it() -> None:
    features = {feature.id: feature.value for feature in CATALOG_FOUND["ultraboost-running-shoe"].features}
    assert features == {"brand": "Adidas", "color": "blue, pink"}


def test_a_product_without_a_variant_is_not_offered() -> None:
    found = recorded("catalog")["data"]["products"]["items"]
    found[0]["variants"] = []
    assert found[0]["slug"] not in {product.id for product in products_of(found, "category")}


@pytest.mark.parametrize(
    ("level", "pieces"), [("IN_STOCK", 99), ("LOW_STOCK", 1), ("OUT_OF_STOCK", 0), ("7", 7), ("-3", 0)]
)
def test_stock_is_what_is_certain(level: str, pieces: int) -> None:
    assert stock_of(level) == pieces


def test_what_several_names_share_means_them_all() -> None:
    families = families_of(
        ["AeroPix Mini", "AeroPix Pro", "Freerun Running Shoe", "RunX Running Shoe", "Tent", "USB Cable"]
    )
    assert families == {
        "AeroPix Mini": "AeroPix",
        "AeroPix Pro": "AeroPix",
        "Freerun Running Shoe": "Running Shoe",
        "RunX Running Shoe": "Running Shoe",
        "Tent": "Tent",
        "USB Cable": "Cable",
    }


def test_a_description_written_in_html_is_read_without_it() -> None:
    text = plain("<p>Fast &amp; quiet.</p>\n<ul><li>5&nbsp;kg</li></ul>")
    assert (text, tagline_of(text)) == ("Fast & quiet. 5 kg", "Fast & quiet.")
    assert len(tagline_of("word " * 60)) <= 121


# --- the orders' shapes


def test_an_order_has_what_was_agreed() -> None:
    order = order_of(orders()[0], METHODS)
    assert (order.status, order.total_now, order.payment_method) == ("pending", dollars(11_659), "invoice")
    (line,) = order.items
    assert (line.product_id, line.options, line.unit_price) == ("hard-drive", {"hdd": "4tb"}, dollars(11_159))
    assert order.address == LEIPZIG
    assert order.payment is not None
    assert order.payment.status == "due"


def test_a_cancelled_order_still_says_what_it_was() -> None:
    order = order_of(orders()[1], METHODS)
    assert order.status == "cancelled"
    assert [(line.quantity, line.total) for line in order.items] == [(1, dollars(2_279))]
    assert order.payment is not None
    assert order.payment.status == "refunded"


def test_a_parcel_is_told_with_its_number_once_it_is_sent() -> None:
    found = orders()[2]
    (parcel,) = order_of(found, METHODS).shipments
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == ("DHL", "00340434161094042557", "in_transit")
    found["fulfillments"][0]["state"] = "Pending"
    assert order_of(found, METHODS).shipments == ()


def test_refunds_say_whether_the_money_is_sent() -> None:
    told = [(r.status, r.amount, r.refunded_at is not None) for found in orders() for r in refunds_of(found, METHODS)]
    assert told == [("refunded", dollars(2_779), True), ("requested", dollars(11_999), False)]


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("PaymentSettled", "pending"),
        ("PartiallyShipped", "shipped"),
        ("PartiallyDelivered", "shipped"),
        ("Delivered", "delivered"),
        ("AwaitingEngraving", "processed"),
    ],
)
def test_a_state_of_vendures_is_a_status_of_ours(state: str, status: str) -> None:
    assert order_of({**orders()[0], "state": state}, METHODS).status == status


def test_a_number_can_be_said_and_leads_back_to_its_order() -> None:
    assert number_of({"id": "12", "code": "9CSSGM4CZQAQSPEN"}) == "NC-000012"
    assert number_of({"id": "12", "code": "NC-104233"}) == "NC-104233"
    assert with_number("NC-000012")["filter"]["_or"] == [{"code": {"eq": "NC-000012"}}, {"id": {"eq": "12"}}]


# --- the shop


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vendure_api, "TRY_AGAIN_AFTER_SECONDS", (0, 0))
    monkeypatch.setattr(vendure, "LOOK_AGAIN_AFTER_SECONDS", (0, 0))


@pytest.fixture
def there() -> FakeVendure:
    return FakeVendure()


@pytest.fixture
async def build(there: FakeVendure) -> AsyncIterator[Build]:
    """Any number of workers, with other settings where a test says so."""
    shops: list[VendureShop] = []
    async with TestServer(there.app()) as server:

        def build(secret: SecretStr = SECRET, methods: Mapping[str, str] = METHODS) -> VendureShop:
            shops.append(VendureShop(str(server.make_url("/shop-api")), secret, methods))
            return shops[-1]

        yield build
        for shop in shops:
            await shop.close()


@pytest.fixture
def shop(build: Build) -> VendureShop:
    return build()


async def ordered(shop: VendureShop, *, key: str = "message-1", **changes: Any) -> Any:
    wanted = {"items": [A_DRIVE], "address": LEIPZIG, "payment": ON_INVOICE, **changes}
    return await shop.place_order(KIM, wanted["items"], wanted["address"], wanted["payment"], "de", key=key)


async def test_while_vendure_is_away_the_catalog_is_as_it_was(
    shop: VendureShop, there: FakeVendure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vendure, "CATALOG_SECONDS", 0.0)
    before = await shop.products()
    there.answers(CATALOG, AWAY)
    assert await shop.products() == before


async def test_a_catalog_that_was_never_read_is_unavailable(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(CATALOG, AWAY)
    with pytest.raises(Unavailable):
        await shop.products()


async def test_a_long_catalog_is_read_page_by_page(shop: VendureShop, there: FakeVendure) -> None:
    found = recorded("catalog")["data"]["products"]["items"]
    pages = [{"data": {"products": {"totalItems": len(found), "items": part}}} for part in (found[:4], found[4:])]
    there.answers(CATALOG, *pages)
    assert len(await shop.products()) == len(found)
    assert there.variables(CATALOG)["skip"] == 4


async def test_a_quote_names_what_sending_costs_and_adds_up(shop: VendureShop) -> None:
    quote = await shop.quote([Item(variant_id="1", quantity=2)])
    assert [(line.product_name, line.total) for line in quote.lines] == [
        ("Laptop", dollars(311_760)),
        ("Standard Shipping", dollars(500)),
    ]
    assert quote.total_now == dollars(312_260)


async def test_a_quote_for_too_many_says_how_many_there_are(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(FILL_NEW_CART, recorded("short_cart"))
    quote = await shop.quote([Item(variant_id="1", quantity=99), Item(variant_id="1", quantity=99)])
    assert [(line.quantity, line.available) for line in quote.lines] == [(198, _in_short_cart())]
    assert quote.total_now == dollars(198 * 155_880)


def _in_short_cart() -> int:
    quantity: int = recorded("short_cart")["data"]["filled"]["order"]["lines"][0]["quantity"]
    return quantity


async def test_a_quote_for_an_unknown_variant_is_not_found(shop: VendureShop) -> None:
    with pytest.raises(NotFound):
        await shop.quote([Item(variant_id="4711", quantity=1)])


async def test_who_only_looks_around_gets_no_account(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(LOGIN, INVALID_LOGIN)
    assert (await shop.customer(KIM)).addresses == ()
    assert list(await shop.orders(KIM)) == []
    with pytest.raises(NotFound):
        await shop.order(KIM, "NC-000012")
    assert REGISTER not in there.requests()


async def test_the_first_order_makes_the_account(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(LOGIN, INVALID_LOGIN, {"data": {"login": {"__typename": "CurrentUser"}}})
    assert (await ordered(shop)).status == "pending"
    account = there.variables(REGISTER)["input"]
    assert (account["firstName"], account["lastName"]) == ("Jonas", "Reuter")
    assert account["emailAddress"].endswith("@nochannel.invalid")
    assert KIM not in str(account)


async def test_an_account_is_the_same_in_every_worker_and_not_to_be_guessed(build: Build, there: FakeVendure) -> None:
    async def account_of(secret: SecretStr, customer: str) -> Any:
        await build(secret).customer(customer)
        return there.variables(LOGIN)

    ours = await account_of(SECRET, KIM)
    assert await account_of(SECRET, KIM) == ours
    for other in (await account_of(SecretStr("another"), KIM), await account_of(SECRET, "telegram:4712")):
        assert {*other.values()}.isdisjoint(ours.values())


async def test_a_session_is_kept_and_opened_anew_when_it_has_ended(shop: VendureShop, there: FakeVendure) -> None:
    await shop.orders(KIM)
    there.answers(OWN_ORDERS, ENDED, with_orders(orders()[0]))
    assert len(await shop.orders(KIM)) == 1
    assert there.requests() == [LOGIN, OWN_ORDERS, OWN_ORDERS, LOGIN, OWN_ORDERS]


async def test_the_address_of_the_last_order_comes_first(shop: VendureShop) -> None:
    customer = await shop.customer(KIM)
    assert (customer.name, customer.addresses) == ("Jonas Reuter", (LEIPZIG,))


async def test_an_order_goes_through_one_session_with_its_mark(shop: VendureShop, there: FakeVendure) -> None:
    order = await ordered(shop)
    assert (order.number, order.total_now) == ("NC-000018", dollars(11_659))
    steps = [OWN_ORDERS, FILL_OWN_CART, SHIPPING, ARRANGE_PAYMENT, PAY]
    assert there.requests() == [LOGIN, *steps]
    assert there.sessions(steps) == {"session-1"}
    filter_ = there.variables(OWN_ORDERS)["options"]["filter"]
    assert filter_["nochannelKey"]["eq"] == there.variables(FILL_OWN_CART)["mark"]


async def test_an_order_that_exists_is_the_answer_to_its_key(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(OWN_ORDERS, with_orders(orders()[0]))
    assert (await ordered(shop)).number == "NC-000018"
    assert PAY not in there.requests()


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [A_DRIVE.model_copy(update={"quantity": 2})]},
        {"address": LEIPZIG.model_copy(update={"street": "Lindenweg 5"})},
    ],
)
async def test_a_key_that_meant_another_order_orders_nothing(
    shop: VendureShop, there: FakeVendure, changes: dict[str, Any]
) -> None:
    there.answers(OWN_ORDERS, with_orders(orders()[0]))
    with pytest.raises(KeyReused):
        await ordered(shop, **changes)
    assert PAY not in there.requests()


async def test_two_customers_with_one_key_have_two_marks(shop: VendureShop, there: FakeVendure) -> None:
    await ordered(shop)
    first = there.variables(FILL_OWN_CART)["mark"]
    there.answers(PAY, refusal("paid", "PAYMENT_DECLINED_ERROR"))
    with pytest.raises(Refused):
        await shop.place_order("telegram:4712", [A_DRIVE], LEIPZIG, ON_INVOICE, "de", key="message-1")
    assert there.variables(FILL_OWN_CART)["mark"] != first


async def test_a_payment_whose_answer_is_lost_is_looked_up(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(PAY, AWAY)
    there.answers(OWN_ORDERS, NO_ORDERS, NO_ORDERS, with_orders(orders()[0]))
    assert (await ordered(shop)).number == "NC-000018"
    assert there.requests().count(PAY) == 1


async def test_a_payment_that_left_no_order_may_be_tried_again(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(PAY, AWAY)
    with pytest.raises(Unavailable):
        await ordered(shop)
    assert there.requests().count(PAY) == 1


async def test_what_another_attempt_paid_for_is_not_taken_for_this_order(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(PAY, {"data": {"paid": {**orders()[0], "customFields": {"nochannelKey": "another-mark"}}}})
    await _fails_with(shop, Unavailable)


async def test_a_cart_that_holds_something_else_is_not_paid(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(ARRANGE_PAYMENT, {"data": {"shipped": {}, "arranged": cart("21", 2)}})
    await _fails_with(shop, Unavailable)
    assert PAY not in there.requests()


async def test_too_few_pieces_are_refused_with_what_is_left(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(FILL_OWN_CART, filled("21", 3, "INSUFFICIENT_STOCK_ERROR"))
    with pytest.raises(OutOfStock) as refused:
        await ordered(shop, items=[A_DRIVE.model_copy(update={"quantity": 5})])
    assert (refused.value.variant_id, refused.value.available) == ("21", 3)
    assert PAY not in there.requests()


@pytest.mark.parametrize(
    ("request_", "answer", "error"),
    [
        (FILL_OWN_CART, filled("21", 0, "ORDER_LIMIT_ERROR"), Rejected),
        (SHIPPING, {"data": {"eligibleShippingMethods": []}}, Rejected),
        (ARRANGE_PAYMENT, refusal("arranged", "ORDER_STATE_TRANSITION_ERROR"), Unavailable),
        (PAY, refusal("paid", "PAYMENT_DECLINED_ERROR"), Refused),
        (PAY, refusal("paid", "INELIGIBLE_PAYMENT_METHOD_ERROR"), NotSupported),
        (FILL_OWN_CART, {"errors": [{"message": "", "extensions": {"code": "USER_INPUT_ERROR"}}]}, Rejected),
        (FILL_OWN_CART, {"errors": [{"message": "", "extensions": {"code": "ENTITY_NOT_FOUND"}}]}, NotFound),
        (FILL_OWN_CART, {"errors": [{"message": "UNIQUE constraint failed"}]}, Unavailable),
        (OWN_ORDERS, {"errors": [{"message": "", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}, Unavailable),
        (LOGIN, refusal("login", "NOT_VERIFIED_ERROR"), Unavailable),
    ],
)
async def test_each_refusal_of_vendures_is_one_of_ours(
    shop: VendureShop, there: FakeVendure, request_: str, answer: dict[str, Any], error: type[BackendError]
) -> None:
    there.answers(request_, answer)
    await _fails_with(shop, error)


async def _fails_with(shop: VendureShop, error: type[BackendError]) -> None:
    with pytest.raises(BackendError) as raised:
        await ordered(shop)
    assert type(raised.value) is error


async def test_what_a_customer_wrote_is_not_in_the_log(
    shop: VendureShop, there: FakeVendure, caplog: pytest.LogCaptureFixture
) -> None:
    error = {"message": 'got invalid value "Lindenweg 4"', "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}
    there.answers(FILL_OWN_CART, {"errors": [error]})
    await _fails_with(shop, Unavailable)
    assert "GRAPHQL_VALIDATION_FAILED" in caplog.text
    assert "Lindenweg" not in caplog.text


@pytest.mark.parametrize(
    "changes",
    [
        {"items": [A_DRIVE.model_copy(update={"term_months": 6})]},
        {"items": [A_DRIVE.model_copy(update={"addons": ("insurance",)})]},
        {"items": [A_DRIVE.model_copy(update={"plan_id": "aeropix-premium"})]},
        {"payment": Payment(method="paypal")},
        {"payment": Payment(method="invoice", gift_card="GC-7K2M-9QXT")},
    ],
)
async def test_what_vendure_has_no_idea_of_is_left_to_a_person(
    shop: VendureShop, there: FakeVendure, changes: dict[str, Any]
) -> None:
    with pytest.raises(NotSupported):
        await ordered(shop, **changes)
    assert there.requests() == []


async def test_a_placed_order_is_changed_and_cancelled_by_a_person(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(OWN_ORDERS, with_orders(orders()[0]))
    for deed in (
        shop.cancel_order(KIM, "NC-000018", reason="not_said", key="message-2"),
        shop.change_order(KIM, "NC-000018", address=LEIPZIG, key="message-3"),
        shop.pay_order(KIM, "NC-000018", ON_INVOICE, key="message-4"),
    ):
        with pytest.raises(NotSupported):
            await deed


async def test_for_a_shipped_order_it_is_too_late_even_for_a_person(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(OWN_ORDERS, with_orders(orders()[2]))
    with pytest.raises(NotAllowed) as refused:
        await shop.cancel_order(KIM, "NC-000008", reason="not_said", key="message-2")
    assert refused.value.status == "shipped"


async def test_an_order_of_another_number_is_not_the_one_meant(shop: VendureShop, there: FakeVendure) -> None:
    there.answers(OWN_ORDERS, with_orders(orders()[0]))
    with pytest.raises(NotFound):
        await shop.order(KIM, "NC-000017")


async def test_an_account_number_goes_to_the_payments_handler_and_nowhere_else(
    build: Build, there: FakeVendure
) -> None:
    await ordered(
        build(methods={"direct_debit": "sepa"}), payment=Payment(method="direct_debit", iban="DE89370400440532013000")
    )
    assert there.variables(PAY)["payment"] == {"method": "sepa", "metadata": {"iban": "DE89370400440532013000"}}
    assert [text for text, variables, _ in there.asked if "DE89" in str(variables)] == [PAY]


# --- which shop


def test_the_settings_say_which_shop_it_is() -> None:
    port = ActionSettings(shop_url="http://shop", shop_token=SecretStr("a-token"))
    assert isinstance(chosen(port), HttpShop)
    there = ActionSettings(
        shop_kind="vendure",
        vendure_url="http://vendure/shop-api",
        vendure_secret=SECRET,
        vendure_payment_methods={"invoice": "pay-later"},
    )
    assert isinstance(chosen(there), VendureShop)


@pytest.mark.parametrize(
    ("kind", "names"),
    [("port", "SHOP_URL, SHOP_TOKEN"), ("vendure", "VENDURE_URL, VENDURE_SECRET, VENDURE_PAYMENT_METHODS")],
)
def test_what_a_kind_of_shop_needs_is_said_by_name(monkeypatch: pytest.MonkeyPatch, kind: str, names: str) -> None:
    for name in names.split(", "):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHOP_KIND", kind)
    with pytest.raises(ValidationError, match=f"SHOP_KIND={kind} needs {names}"):
        ActionSettings(_env_file=None)

"""Own data in: all of the files or nothing, again and again, and whoever has to mend a file is told how."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_core import OpenAPI
from sqlalchemy import select

from shop.catalog import Catalog
from shop.database import Database
from shop.models import Charge, Device, Product
from shop.settings import Settings
from shop.subscriptions.billing import Billing, Keeper
from shop.transfer.importing import kind_of
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock, running
from tests.shop.files import BOAT, MIA, ORDER, PENDING, SUBSCRIPTION, Files, counts
from tests.shop.requests import VIENNA, advanced, found, given_back, order

RENTED = {"items": [{"variant_id": "wave-one-red", "quantity": 1, "term_months": 6}]}
DISCONTINUED = {"variant_id": "wave-zero", "quantity": 1, "unit_price": 100}
HEADER = (
    "id;kind;family;name;currency;tagline;description;variants.id;variants.options.colour;variants.price;variants.stock"
)


@pytest.fixture
def files(tmp_path: Path, database: Database, clock: GivenClock) -> Files:
    folder = tmp_path / "files"
    folder.mkdir()
    return Files(folder, database, clock)


@pytest.fixture
async def shop(files: Files, settings: Settings, clock: GivenClock, openapi: OpenAPI) -> AsyncIterator[ShopClient]:
    """A shop that has nothing but what is imported; it speaks for the customer of these files."""
    empty = settings.model_copy(update={"sample_data": False})
    async with running(empty, clock, openapi) as client:
        yield client.acting_for("mia")


async def everything(files: Files, *orders: dict[str, Any], **more: Any) -> None:
    await files.take_rows(products=[BOAT], customers=[MIA], orders=orders or [ORDER], **more)


async def seen(shop: ShopClient, number: str = "NC-700001") -> Any:
    reply = await shop.get(f"/v1/orders/{number}")
    assert reply.status == 200
    return reply.json


# --- which files


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("products.jsonl", "products"),
        ("customers.csv", "customers"),
        ("orders-2025.jsonl", "orders"),
        ("Subscriptions.CSV", "subscriptions"),
        ("plans.jsonl", "plans"),
    ],
)
def test_a_files_name_says_what_it_is_about(name: str, kind: str) -> None:
    assert kind_of(Path("somewhere") / name) == kind


@pytest.mark.parametrize("name", ["goods.jsonl", "products.xlsx", "products", "myproducts.csv"])
def test_a_file_that_is_called_otherwise_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="a file is called plans, products, customers, orders, subscriptions"):
        kind_of(Path(name))


# --- products


async def test_a_retailers_own_products_are_in_the_catalog(files: Files, shop: ShopClient) -> None:
    await files.take_rows(products=[BOAT])
    product = (await shop.get("/v1/products/wave-one")).json
    assert (product["kind"], product["kind_name"]) == ("boat", {"de": "Boot", "en": "boat"})
    assert product["description"] == {"de": "A boat for one.", "en": "A boat for one."}
    assert [(one["id"], one["stock"]) for one in product["variants"]] == [("wave-one-red", 3), ("wave-one-blue", 5)]
    assert product["variants"][0]["price"] == {"amount": 80000, "currency": "EUR"}
    assert [value["id"] for value in product["options"][0]["values"]] == ["red", "blue"]
    assert (await shop.post("/v1/orders", order({"variant_id": "wave-one-red", "quantity": 1}))).status == 201


async def test_a_spreadsheet_has_a_line_for_each_variant(files: Files, shop: ShopClient) -> None:
    lines = [
        HEADER,
        "wave-one;boat;Wave;Wave One;EUR;Schwimmt;Ein Boot;wave-one-red;red;80000;3",
        "wave-one;;;;;;;wave-one-blue;blue;82000;5",
        "wave-two;boat;Wave;Wave Two;EUR;Schwimmt;Noch eins;wave-two-red;red;90000;0",
    ]
    taken = await files.take(files.write_text("products.csv", "\ufeff" + "\r\n".join(lines)))
    assert counts(taken["products"]) == (2, 2, 0)
    products = (await shop.get("/v1/products")).json["items"]
    assert [[one["id"] for one in product["variants"]] for product in products] == [
        ["wave-one-red", "wave-one-blue"],
        ["wave-two-red"],
    ]
    assert products[0]["variants"][1]["options"] == {"colour": "blue"}
    assert products[1]["rental_terms"] == []


async def test_lists_of_words_need_no_json_in_a_spreadsheet(files: Files, shop: ShopClient) -> None:
    await everything(files)
    item = "wave-one-red,1,insurance,mia,NC-700002,cancelled,2026-01-10,2026-01-11,card,none,X,Weg 1,28195,Bremen,DE"
    header = (
        "items.variant_id,items.quantity,items.addons,customer_id,number,status,placed_at,cancelled_at,payment_method,"
        "payment_status,address.name,address.street,address.postal_code,address.city,address.country"
    )
    await files.take(files.write_text("orders.csv", f"{header}\n{item}\n"))
    assert (await seen(shop, "NC-700002"))["items"][0]["addons"][0]["id"] == "insurance"


async def test_the_same_file_again_changes_nothing(files: Files, shop: ShopClient) -> None:
    await everything(files)
    before = (await shop.get("/v1/stock")).json
    path = await files.give("products", "csv", files.folder)
    for taken in (await files.take_rows(products=[BOAT], customers=[MIA], orders=[ORDER]), await files.take(path)):
        assert all((one.new, one.changed) == (0, 0) for one in taken.values())
    assert (await shop.get("/v1/stock")).json == before


async def test_a_changed_row_changes_that_row_and_the_catalog_is_read_anew(files: Files, shop: ShopClient) -> None:
    other = BOAT | {"id": "wave-two", "variants": [BOAT["variants"][0] | {"id": "wave-two-red"}]}
    await files.take_rows(products=[BOAT, other])
    before = (await shop.get("/v1/stock")).json["revision"]
    taken = await files.take_rows(products=[BOAT, other | {"name": "Wave Two Light"}])
    assert counts(taken["products"]) == (2, 0, 1)
    assert (await shop.get("/v1/stock")).json["revision"] > before
    assert [one["name"] for one in (await shop.get("/v1/products")).json["items"]] == ["Wave One", "Wave Two Light"]


async def test_stock_alone_is_no_news_of_the_catalog(files: Files, shop: ShopClient) -> None:
    await files.take_rows(products=[BOAT])
    before = (await shop.get("/v1/stock")).json
    sold_out = [variant | {"stock": 0} for variant in BOAT["variants"]]
    assert counts((await files.take_rows(products=[BOAT | {"variants": sold_out}]))["products"]) == (1, 0, 1)
    assert (await shop.get("/v1/stock")).json == before | {"stock": {"wave-one-red": 0, "wave-one-blue": 0}}


async def test_what_a_row_leaves_out_stays(files: Files, shop: ShopClient) -> None:
    await files.take_rows(products=[BOAT])
    await shop.post("/v1/orders", order({"variant_id": "wave-one-red", "quantity": 2}))
    cheaper = {"id": "wave-one-red", "price": 70000}
    await files.take_rows(products=[{**BOAT, "variants": [cheaper]}])
    product = (await shop.get("/v1/products/wave-one")).json
    (variant,) = product["variants"]
    assert (variant["price"]["amount"], variant["monthly_price"]["amount"], variant["stock"]) == (70000, 4000, 1)
    assert (await shop.get("/v1/stock")).json["stock"] == {"wave-one-red": 1}


async def test_the_sample_goods_make_room_for_a_retailers_own(start: Any, files: Files) -> None:
    async with start() as shop:
        number = (await shop.post("/v1/orders", order())).json["number"]
        taken = await files.take(files.write("products.jsonl", BOAT), replace_catalog=True)
        assert taken["products"].removed == 10
        assert [one["id"] for one in (await shop.get("/v1/products")).json["items"]] == ["wave-one"]
        assert (await shop.get("/v1/plans")).json == {"items": []}
        assert (await shop.get(f"/v1/orders/{number}")).status == 200


async def test_longer_terms_are_cheaper_with_a_plan(files: Files, shop: ShopClient) -> None:
    terms = [{"months": 1, "percent": 150}, {"months": 6, "percent": 100}]
    plan = {"id": "wave-standard", "family": "Wave", "kind": "boat", "currency": "EUR", "premium": False}
    await files.take_rows(products=[BOAT], plans=[plan | {"name": "Wave", "description": "Rented.", "terms": terms}])
    (variant, _) = (await shop.get("/v1/products/wave-one")).json["variants"]
    assert [price["monthly_price"]["amount"] for price in variant["rental_prices"]] == [6000, 4000]


# --- all or nothing


async def test_one_bad_row_in_any_file_and_nothing_is_taken(files: Files, shop: ShopClient) -> None:
    lines = await files.refused_rows(products=[BOAT], customers=[MIA, MIA | {"id": "ben", "language": "fr"}])
    assert lines == ["customers.jsonl:2: language: must be 'de' or 'en'"]
    assert (await shop.get("/v1/products")).json == {"items": []}
    assert (await shop.get("/v1/customers/me")).slug == "customer-not-found"


async def test_everything_that_is_wrong_is_told_at_once(files: Files) -> None:
    lines = await files.refused(
        files.write("products.jsonl", {**BOAT, "nmae": "x", "currency": "Euro"}, BOAT | {"variants": []}),
        files.write("customers.jsonl", {"name": "Mia"}),
    )
    assert lines == [
        "products.jsonl:1: currency: has a form that is not taken; three capital letters: EUR",
        "products.jsonl:1: nmae: is not known here; remove it, or did you mean name?",
        "products.jsonl:2: variants: has too few entries; one at least",
        "customers.jsonl:1: id: is missing; 1 to 128 letters, digits and signs, no spaces",
    ]


def with_variant(**members: Any) -> dict[str, Any]:
    return BOAT | {"variants": [BOAT["variants"][0] | members]}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (with_variant(price=-1), "variants.0.price: must not be below 0; in cents, so 49900 for 499.00, not below 0"),
        (
            with_variant(price="much"),
            "variants.0.price: must be a whole number; in cents, so 49900 for 499.00, not below 0",
        ),
        (with_variant(stock=1.5), "variants.0.stock: must be a whole number; pieces, not below 0"),
        (with_variant(monthly_price=None), "variants.0.monthly_price: is missing of a product that has rental_terms"),
        (
            with_variant(id="Wave One"),
            "variants.0.id: has a form that is not taken; small letters, digits, - and _ as in aeropix-mini-red, 80 at most",
        ),
        (BOAT | {"options": []}, "variants.0.options: must name a value of each of the product's options: it has none"),
        (
            BOAT | {"options": [{"id": "colour", "name": "colour", "values": [{"id": "red", "name": "red"}]}]},
            "variants.1.options.colour: is not among the values of the product's option; add it there",
        ),
        (
            BOAT | {"variants": [BOAT["variants"][0], BOAT["variants"][0] | {"id": "another"}]},
            "variants.1.options: are those of another variant too; each variant has its own",
        ),
        (BOAT | {"tagline": {"de": "Schwimmt"}}, "tagline.en: is missing; some words, 4000 characters at most"),
        (BOAT | {"image_url": "wave.png"}, "image_url: has a form that is not taken; an address of the web"),
    ],
)
async def test_what_is_wrong_with_a_product_is_told_with_what_to_do(
    files: Files, row: dict[str, Any], told: str
) -> None:
    assert f"products.jsonl:1: {told}" in await files.refused_rows(products=[row])


async def test_what_is_no_json_is_told_with_its_line(files: Files) -> None:
    lines = await files.refused(files.write_text("customers.jsonl", b'{"id": "a"}\n\n{"id": \n[1]\n'))
    assert [line.partition(" (")[0] for line in lines] == [
        "customers.jsonl:3: is no JSON in UTF-8",
        "customers.jsonl:4: must be an object in curly braces",
    ]


async def test_of_more_than_a_hundred_bad_rows_the_rest_is_counted(files: Files) -> None:
    lines = await files.refused_rows(customers=[{"id": f"c{n}", "email": "none", "phone": "?"} for n in range(130)])
    assert len(lines) == 2 * 100 + 1
    assert lines[199].startswith("customers.jsonl:100: phone: ")
    assert lines[200] == "and 30 more bad rows"


async def test_what_is_wrong_is_told_in_the_files_order(files: Files) -> None:
    late = [MIA | {"id": "ben", "phone": "12345"}, MIA | {"id": "eva", "email": "none"}]
    assert [line.split(": ")[0] for line in await files.refused_rows(customers=late)] == [
        "customers.jsonl:1",
        "customers.jsonl:2",
    ]


async def test_a_row_that_comes_twice_is_refused(files: Files) -> None:
    second = files.write("customers-2.jsonl", MIA)
    lines = await files.refused(files.write("customers.jsonl", MIA, MIA), second)
    assert lines == [
        "customers.jsonl:2: mia was on customers.jsonl:1 already; keep one of them",
        "customers-2.jsonl:1: mia was on customers.jsonl:1 already; keep one of them",
    ]


async def test_a_variant_belongs_to_one_product(files: Files) -> None:
    lines = await files.refused_rows(products=[BOAT, BOAT | {"id": "wave-two"}])
    assert lines[0] == "products.jsonl:2: variants.0.id: is taken by the product wave-one; each needs its own"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,nmae\nmia,Mia\n", "customers.csv:1: column nmae is not known here; remove it, or did you mean name?"),
        ("name\nMia\n", "customers.csv:1: column id is missing: it says where a row begins"),
        (
            "id,addresses,addresses.city\nmia,,\n",
            "customers.csv:1: column addresses is said twice, as a whole or in parts; keep one",
        ),
        ("id,consents\nmia,{no\n", "customers.csv:2: consents: is no JSON"),
        ("id,name\nmia,Mia,Kern\n", "customers.csv:2: has more cells than the header has columns"),
        ("id,name\nmia,Mia\nmia,Ben\n", "customers.csv:2: name: says something else than the first line of mia"),
        ("id,name\nmia,\udce4\n", "customers.csv:1: is not UTF-8; save the file as UTF-8"),
        (
            "id,addresses.name,addresses.city\nmia,Mia,Bremen\n,Mia,\n",
            "customers.csv:3: addresses.1.city: is missing",
        ),
    ],
)
async def test_what_is_wrong_with_a_spreadsheet_is_told_with_its_line(files: Files, text: str, told: str) -> None:
    path = files.write_text("customers.csv", text.encode(errors="surrogateescape"))
    assert told in [line.partition(" (")[0] for line in await files.refused(path)]


# --- customers


async def test_customers_are_who_they_were(files: Files, shop: ShopClient) -> None:
    said = {"outreach": {"given": True, "at": "2026-02-01T08:00:00+01:00"}}
    mia = MIA | {
        "company": {"name": "Kern GmbH", "vat_number": "DE 136695976"},
        "phone": "01 513 99 00",
        "form_of_address": "Sie",
        "consents": said,
        "addresses": [VIENNA, ORDER["address"]],
        "iban": "DE89 3704 0044 0532 0130 00",
    }
    await files.take_rows(customers=[mia])
    customer = (await shop.get("/v1/customers/me")).json
    assert customer["company"] == {"name": "Kern GmbH", "vat_number": "DE136695976"}
    assert (customer["phone"], customer["form_of_address"], customer["iban_ending"]) == ("+4315139900", "Sie", "…3000")
    assert customer["addresses"] == [VIENNA, ORDER["address"]]
    assert customer["consents"] == {"marketing": False, "outreach": True, "telemetry": False}
    assert customer["consent_times"]["outreach"] == "2026-02-01T07:00:00Z"
    assert counts((await files.take_rows(customers=[mia]))["customers"]) == (1, 0, 0)


async def test_of_consents_the_newest_word_counts(files: Files, shop: ShopClient) -> None:
    given = {"marketing": {"given": True, "at": "2026-02-01T08:00:00Z"}}
    await files.take_rows(customers=[MIA | {"consents": given}])
    await shop.put("/v1/customers/me", {"language": "de", "consents": {"marketing": False}})
    taken = await files.take_rows(customers=[MIA | {"consents": given}])
    assert counts(taken["customers"]) == (1, 0, 0)
    assert (await shop.get("/v1/customers/me")).json["consents"]["marketing"] is False
    again = {"marketing": {"given": True, "at": "2026-03-02T10:00:00Z"}}
    await files.take_rows(customers=[MIA | {"consents": again}])
    assert (await shop.get("/v1/customers/me")).json["consents"]["marketing"] is True


@pytest.mark.parametrize(
    ("row", "is_proven"),
    [
        ({"email": "mia@example.org"}, True),
        ({"email": "Mia@example.org", "email_proven": False}, False),
        ({"email": "mia@example.org", "email_proven": True}, True),
        ({"email": None, "email_proven": True}, False),
    ],
)
async def test_a_retailers_files_know_whose_an_address_is(
    files: Files, shop: ShopClient, row: dict[str, Any], is_proven: bool
) -> None:
    await files.take_rows(customers=[{"id": "mia", **row}])
    assert await found(shop, "mia@example.org") == ["mia"] * is_proven


async def test_a_file_that_does_not_name_an_address_proves_none(files: Files, shop: ShopClient) -> None:
    await shop.acting_for("mia").put("/v1/customers/me", {"language": "de", "email": "ben@example.org"})
    await files.take_rows(customers=[{"id": "mia", "name": "Mia Kern"}])
    assert await found(shop, "ben@example.org") == []
    await files.take_rows(customers=[MIA])
    assert (await found(shop, "ben@example.org"), await found(shop, "mia@example.org")) == ([], ["mia"])


async def test_null_clears_and_an_empty_cell_too(files: Files, shop: ShopClient) -> None:
    mia = MIA | {"phone": "030 23125000", "company": {"name": "Kern GmbH"}}
    for path in (
        files.write("customers-2.jsonl", {"id": "mia", "phone": None, "company": None}),
        files.write_text("customers.csv", "id,phone,company.name\nmia,,\n"),
    ):
        await files.take_rows(customers=[mia])
        await files.take(path)
        customer = (await shop.get("/v1/customers/me")).json
        assert (customer["name"], customer["phone"], customer["kind"]) == ("Mia Kern", None, "private")


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"phone": "12345"}, "phone: is no phone number that exists; write it with its country: +49 341 4800960"),
        ({"company": {"name": "Kern", "vat_number": "DE1"}}, "company.vat_number: has a form that is not taken"),
        (
            {"company": {"name": "Kern", "vat_number": "DE136695977"}},
            "company.vat_number: is no VAT number of the EU or",
        ),
        (
            {"consents": {"marketing": {"given": True}}},
            "consents.marketing.at: is missing; write it as 2026-03-02T09:30",
        ),
        ({"consents": {"marketing": {"given": True, "at": "soon"}}}, "consents.marketing.at: is no time; write it as"),
        ({"addresses": [VIENNA | {"postal_code": 1060}]}, "addresses.0.postal_code: must be text (in JSON, in quotes)"),
        ({"payment_methods": ["cash"]}, "payment_methods.0: must be 'invoice', 'paypal', 'card', 'direct_debit' or"),
    ],
)
async def test_what_is_wrong_with_a_customer_is_told(files: Files, members: dict[str, Any], told: str) -> None:
    (line,) = await files.refused_rows(customers=[MIA | members])
    assert line.startswith(f"customers.jsonl:1: {told}")


# --- orders


async def test_an_imported_order_is_an_order_like_any_other(files: Files, shop: ShopClient) -> None:
    event = {"at": "2026-01-12T10:00:00Z", "code": "delivered", "city": "Bremen"}
    parcel = {"tracking_number": "X1", "carrier": "Bote", "status": "delivered", "shipped_at": "2026-01-11T10:00:00Z"}
    await everything(files, ORDER | {"shipments": [parcel | {"events": [event]}]})
    found = await seen(shop)
    assert (found["status"], found["placed_at"], found["language"]) == ("delivered", "2026-01-10T10:00:00Z", "de")
    assert found["total_now"] == {"amount": 160000, "currency": "EUR"}
    assert found["items"][0]["product_name"] == "Wave One"
    assert found["payment"] | {"amount": None} == found["payment"] | {"status": "paid", "amount": None}
    assert (found["promised_date"], found["returnable_until"]) == ("2026-01-13", "2026-01-26")
    assert found["shipments"] == [parcel | {"lines": [0], "events": [event], "promised_date": "2026-01-13"}]
    assert (await shop.get("/v1/orders")).json["items"] == [found]
    assert (await shop.acting_for("ben").get("/v1/orders/NC-700001")).status == 404


async def test_a_pending_order_can_be_changed_paid_and_cancelled_by_its_customer(
    files: Files, shop: ShopClient
) -> None:
    await everything(files, ORDER | PENDING | {"payment_status": "open"})
    assert (await seen(shop))["payment"]["url"].startswith("/pay/")
    body = {"items": [{"variant_id": "wave-one-blue", "quantity": 1}]}
    assert (await shop.patch("/v1/orders/NC-700001", body)).json["payment"]["amount"]["amount"] == 82000
    assert (await shop.post("/v1/orders/NC-700001/payment", {"payment_method": "card"})).status == 200
    assert (await shop.post("/v1/orders/NC-700001/cancellation", {})).json["status"] == "cancelled"


@pytest.mark.parametrize("status", ["paid", "due", "open", "refunded", "none"])
async def test_how_an_order_stands_is_told(files: Files, shop: ShopClient, status: str) -> None:
    cancelled = {"status": "cancelled", "delivered_at": None, "cancelled_at": "2026-01-11T10:00:00Z"}
    more = cancelled if status in ("refunded", "none") else {}
    await everything(files, ORDER | {"payment_status": status} | more)
    assert (await seen(shop))["payment"]["status"] == status
    assert len((await shop.get("/v1/refunds")).json["items"]) == (status == "refunded")


async def test_an_orders_customer_and_variants_must_be_there(files: Files) -> None:
    unknown = {"customer_id": "ben", "items": [{"variant_id": "wave-nine", "quantity": 1}]}
    lines = await files.refused_rows(
        products=[BOAT], customers=[MIA], orders=[ORDER, ORDER | unknown | {"number": "700002"}]
    )
    assert lines == [
        "orders.jsonl:2: customer_id: is no customer of the shop; import the customers first, or with the orders",
        "orders.jsonl:2: items.0.variant_id: is no variant of the catalog; import its product first, or, if it is no longer "
        "sold, name product_id, product_name, options, unit_price here as it was then",
        "orders.jsonl:2: currency: is missing, and the catalog has none of the variants; name it",
    ]


async def test_what_follows_from_a_bad_row_is_not_told_again(files: Files) -> None:
    lines = await files.refused_rows(
        products=[BOAT | {"name": ""}],
        customers=[MIA | {"language": "fr"}],
        orders=[ORDER],
        subscriptions=[SUBSCRIPTION],
    )
    assert [line.split(": ")[0] for line in lines] == ["products.jsonl:1", "customers.jsonl:1"]


async def test_an_order_of_what_is_no_longer_sold_tells_what_it_was(files: Files, shop: ShopClient) -> None:
    item = DISCONTINUED | {"product_id": "wave-zero", "product_name": "Wave Zero", "options": {}}
    await everything(files, ORDER | {"currency": "EUR", "items": [item]})
    assert (await seen(shop))["items"][0]["product_name"] == "Wave Zero"


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"number": "17"}, "number: is no number such as NC-104233; NC- and 6 to 11 digits, the first not 0; put a"),
        ({"status": "lost"}, "status: must be 'pending', 'processed', 'shipped', 'delivered' or 'cancelled'"),
        ({"delivered_at": None}, "delivered_at goes with status delivered: say when, or leave it out"),
        ({"status": "pending"}, "delivered_at goes with status delivered: say when, or leave it out"),
        ({"items": []}, "items: has too few entries; 1 to 100"),
        (
            {"items": [{"variant_id": "wave-one-red", "quantity": 100}]},
            "items.0.quantity: must not be above 99; pieces",
        ),
        (
            {"items": [{"variant_id": "wave-one-red", "quantity": 1, "term_months": 3}]},
            "items.0.term_months: is not one of the product's rental terms (1, 6); or name unit_price",
        ),
        (
            {"items": [{"variant_id": "wave-one-red", "quantity": 1, "addons": ["gift"]}]},
            "items.0.addons.0: is none of the product's add-ons; or name its name, price and monthly here",
        ),
        (
            {"items": [{"variant_id": "wave-one-red", "quantity": 1, "serials": ["A1", "A2"]}]},
            "items.0.serials: are more than the pieces that the customer has; leave out those that came back",
        ),
        (
            {"items": [{"variant_id": "wave-one-red", "quantity": 1, "returned": 2}]},
            "items.0.returned: is more than quantity",
        ),
        ({"address": ORDER["address"] | {"country": "FR"}}, "address.country: must be 'DE', 'AT' or 'CH'"),
        ({"payment_status": None}, "payment_status: must be 'paid', 'due', 'open', 'refunded' or 'none'"),
    ],
)
async def test_what_is_wrong_with_an_order_is_told(files: Files, members: dict[str, Any], told: str) -> None:
    (line,) = await files.refused_rows(products=[BOAT], customers=[MIA], orders=[ORDER | members])
    assert line.startswith(f"orders.jsonl:1: {told}")


async def test_new_numbers_never_meet_imported_ones(files: Files, shop: ShopClient) -> None:
    parcel = {"tracking_number": "PB9900000001", "carrier": "Bote", "status": "in_transit", "shipped_at": "2026-01-11"}
    shipped = ORDER | PENDING | {"number": "NC-700009", "status": "shipped", "shipments": [parcel]} | RENTED
    boats = [{"variant_id": "wave-one-red", "quantity": 1, "serials": ["DV-900001"]}]
    await everything(files, ORDER | {"items": boats}, shipped, subscriptions=[SUBSCRIPTION | {"number": "SB-800009"}])
    placed = (
        await shop.post("/v1/orders", order({"variant_id": "wave-one-red", "quantity": 1, "term_months": 6}))
    ).json
    assert placed["number"] == "NC-700010"
    sent = (await advanced(shop, "NC-700010", "delivered")).json
    assert sent["shipments"][0]["tracking_number"] == "PB9900000002"
    numbers = [one["number"] for one in (await shop.get("/v1/subscriptions")).json["items"]]
    assert numbers == ["SB-800011", "SB-800010", "SB-800009"]
    serials = {one["serial"] for one in (await shop.get("/v1/customers/me")).json["devices"]}
    assert serials == {"DV-900001", "DV-900002", "DV-900003"}


async def test_delivered_pieces_are_devices_with_their_own_serial_numbers_or_new_ones(
    files: Files, shop: ShopClient
) -> None:
    items = [{"variant_id": "wave-one-red", "quantity": 3, "returned": 1, "serials": ["WO-4711"]}]
    await everything(files, ORDER | {"items": items}, ORDER | PENDING | {"number": "NC-700002"})
    devices = (await shop.get("/v1/customers/me")).json["devices"]
    assert [(one["serial"], one["since"], one["order_number"]) for one in devices] == [
        ("WO-4711", "2026-01-12", "NC-700001"),
        ("DV-500001", "2026-01-12", "NC-700001"),
    ]
    taken = await files.take_rows(orders=[ORDER | {"items": [{"variant_id": "wave-one-red", "quantity": 3}]}])
    assert counts(taken["orders"]) == (1, 0, 0)


async def test_a_serial_number_and_a_parcel_belong_to_one_order(files: Files) -> None:
    parcel = {"tracking_number": "X1", "carrier": "Bote", "status": "delivered", "shipped_at": "2026-01-11"}
    same = {"items": [{"variant_id": "wave-one-red", "quantity": 1, "serials": ["A1"]}], "shipments": [parcel]}
    lines = await files.refused_rows(
        products=[BOAT], customers=[MIA], orders=[ORDER | same, ORDER | same | {"number": "NC-700002"}]
    )
    assert lines == [
        "orders.jsonl:2: shipments.0.tracking_number: is a parcel of NC-700001; each order has its own",
        "orders.jsonl:2: items.0.serials: A1 is a piece of NC-700001; each piece has its own",
    ]


async def test_an_order_goes_forward_and_never_back(files: Files, shop: ShopClient) -> None:
    await everything(files, ORDER | PENDING)
    taken = await files.take_rows(orders=[ORDER])
    assert counts(taken["orders"]) == (1, 0, 1)
    assert (await seen(shop))["status"] == "delivered"
    assert len((await shop.get("/v1/customers/me")).json["devices"]) == 2
    (line,) = await files.refused_rows(orders=[ORDER | PENDING])
    assert "status: is delivered in the shop, from where an import does not take it back" in line


async def test_somebody_elses_order_is_not_overwritten(files: Files, shop: ShopClient) -> None:
    await files.take_rows(products=[BOAT], customers=[MIA])
    number = (
        await shop.acting_for("ben").post("/v1/orders", order({"variant_id": "wave-one-red", "quantity": 1}))
    ).json
    (line,) = await files.refused_rows(orders=[ORDER | PENDING | {"number": number["number"]}])
    assert "customer_id: is not whose order this is in the shop; give your order another number" in line


async def test_what_was_sent_back_in_the_shop_stays_sent_back(
    files: Files, shop: ShopClient, clock: GivenClock
) -> None:
    clock.moment -= timedelta(days=45)
    await everything(files)
    await given_back(shop, "NC-700001")
    lines = await files.refused_rows(orders=[ORDER | {"items": [{"variant_id": "wave-one-blue", "quantity": 2}]}])
    assert lines == [
        "orders.jsonl:1: items: was paid, changed or sent back in the shop since; leave it out, or as the shop has it"
    ]
    assert counts((await files.take_rows(orders=[ORDER]))["orders"]) == (1, 0, 0)


async def test_prices_are_as_agreed_though_the_catalog_changes(files: Files, shop: ShopClient) -> None:
    await everything(files)
    dearer = [variant | {"price": 99900} for variant in BOAT["variants"]]
    await files.take_rows(products=[BOAT | {"variants": dearer}], orders=[ORDER])
    assert (await seen(shop))["total_now"]["amount"] == 160000


# --- subscriptions


async def test_an_imported_subscription_goes_on_where_it_was(
    files: Files, shop: ShopClient, database: Database, clock: GivenClock
) -> None:
    await everything(files, ORDER | RENTED, subscriptions=[SUBSCRIPTION | {"addons": ["insurance"], "serial": "WO-1"}])
    (found,) = (await shop.get("/v1/subscriptions")).json["items"]
    assert (found["status"], found["term_ends_on"], found["next_billing_on"]) == ("active", "2026-07-11", "2026-03-12")
    assert found["monthly_total"]["amount"] == 4500
    assert (found["plan"]["id"], found["options"], found["billed"]) == ("standard", {"colour": "red"}, [])
    assert [one["serial"] for one in (await shop.get("/v1/customers/me")).json["devices"]] == ["WO-1"]
    clock.passes(timedelta(days=15))
    await Billing(database, Keeper(Catalog(), clock)).run()
    async with database.reading() as session:
        assert list(await session.scalars(select(Charge.first))) == [date(2026, 3, 12)]


async def test_a_cancelled_subscription_ends_when_it_was_to_end(files: Files, shop: ShopClient) -> None:
    cancelled = {"cancelled_on": "2026-02-20", "at_end": "return", "ends_month": 6}
    await everything(files, ORDER | RENTED, subscriptions=[SUBSCRIPTION | cancelled])
    (found,) = (await shop.get("/v1/subscriptions")).json["items"]
    assert (found["status"], found["ends_on"]) == ("ending", "2026-07-11")


async def test_what_is_still_to_be_delivered_gets_its_subscription_and_begins_on_delivery(
    files: Files, shop: ShopClient
) -> None:
    await everything(files, ORDER | RENTED | PENDING)
    (found,) = (await shop.get("/v1/subscriptions")).json["items"]
    assert (found["number"], found["status"]) == ("SB-200001", "pending")
    await files.take_rows(orders=[ORDER | RENTED])
    (found,) = (await shop.get("/v1/subscriptions")).json["items"]
    assert (found["status"], found["started_on"]) == ("active", "2026-01-12")
    assert [one["subscription_number"] for one in (await shop.get("/v1/customers/me")).json["devices"]] == ["SB-200001"]


async def test_a_subscription_changes_with_its_row(files: Files, shop: ShopClient, database: Database) -> None:
    await everything(files, ORDER | RENTED, subscriptions=[SUBSCRIPTION])
    assert counts((await files.take_rows(subscriptions=[SUBSCRIPTION]))["subscriptions"]) == (1, 0, 0)
    changed = SUBSCRIPTION | {"variant_id": "wave-one-blue", "monthly_price": 3900, "serial": "WO-2"}
    changed |= {"pauses": [{"first": "2026-04-01", "until": "2026-04-30"}], "options": {"colour": "blue"}}
    assert counts((await files.take_rows(subscriptions=[changed]))["subscriptions"]) == (1, 0, 1)
    (found,) = (await shop.get("/v1/subscriptions")).json["items"]
    assert (found["pause"], found["monthly_price"]["amount"]) == (changed["pauses"][0], 3900)
    async with database.reading() as session:
        assert [one.serial for one in await session.scalars(select(Device))] == ["WO-2"]


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"order_number": "NC-999999"}, "order_number: is no order of the shop; import the orders first, or with the"),
        ({"plan_id": "gold"}, "plan_id: is not one of the product's plans; import the plan first"),
        ({"term_months": 3}, "term_months: is not one of the product's rental terms (1, 6); or name monthly_price"),
        ({"started_on": None, "serial": "A1"}, "serial: goes with a piece that the customer has: started_on said, and"),
        ({"at_end": "buy"}, "cancelled_on, at_end and ends_month go together: name all three, or none"),
        (
            {"swaps": [{"variant_id": "x", "city": "Leipzig", "first": "2026-03-01"}]},
            "swaps.0.variant_id: is no variant",
        ),
        (
            {"variant_id": "wave-nine"},
            "variant_id: is no variant of the catalog; import its product first, or, if it is",
        ),
    ],
)
async def test_what_is_wrong_with_a_subscription_is_told(files: Files, members: dict[str, Any], told: str) -> None:
    lines = await files.refused_rows(
        products=[BOAT], customers=[MIA], orders=[ORDER | RENTED], subscriptions=[SUBSCRIPTION | members]
    )
    assert lines[0].startswith(f"subscriptions.jsonl:1: {told}")


async def test_an_import_leaves_no_half_of_itself_when_the_database_fails(files: Files, database: Database) -> None:
    await files.take_rows(products=[BOAT])
    (files.folder / "customers.jsonl").write_bytes(b"")
    missing = files.folder / "orders.jsonl"
    with pytest.raises(FileNotFoundError):
        await files.take(files.write("products.jsonl", BOAT | {"name": "Other"}), missing)
    async with database.reading() as session:
        assert list(await session.scalars(select(Product.name))) == ["Wave One"]

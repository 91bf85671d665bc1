"""The shop's own data out: what is exported can be imported, and is the same again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from benchmarks.big_shop import Size, write
from shop.database import Database
from shop.transfer.importing import KINDS
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.files import BOAT, MIA, ORDER, Files
from tests.shop.requests import ADDRESS, VIENNA, advanced, delivered, exchanged, given_back, item, placed, received

FORMS = ["jsonl", "csv"]
SMALL = Size(products=40, customers=50, orders=300)


@pytest.fixture
def files(tmp_path: Path, database: Database, clock: GivenClock) -> Files:
    """The shop's."""
    return folder_of(tmp_path / "files", database, clock)


@pytest.fixture
async def empty(tmp_path: Path, clock: GivenClock) -> AsyncIterator[Files]:
    """Another shop, that has nothing yet; always on SQLite, so that data moves from one database to another."""
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield folder_of(tmp_path / "again", database, clock)
    await database.close()


def folder_of(folder: Path, database: Database, clock: GivenClock) -> Files:
    folder.mkdir()
    return Files(folder, database, clock)


async def assert_the_same_in(empty: Files, files: Files, form: str) -> None:
    """Exports, imports into the empty shop, exports again."""
    paths = [await files.give(kind, form) for kind in KINDS]
    taken = await empty.take(*paths)
    assert all(one.rows == one.new for one in taken.values())
    for path in paths:
        assert (await empty.give(path.stem, form)).read_bytes() == path.read_bytes()


async def lived_in(shop: ShopClient, clock: GivenClock) -> None:
    """What customers did: bought, rented, sent back, exchanged, cancelled, paused, swapped."""
    company = {"name": 'Reuter; "Luftbild" GmbH', "vat_number": "DE136695976"}
    consents = {"marketing": False, "outreach": True}
    record = {
        "language": "de",
        "name": "Jonas\u00a0Reuter",
        "company": company,
        "phone": "030 23125001",
        "email": "jonas@example.org",
    }
    await shop.put("/v1/customers/me", record | {"form_of_address": "Sie", "consents": consents})
    await shop.post("/v1/customers/me/addresses", VIENNA)
    await shop.acting_for("customer-2").post("/v1/customers/me/email-proofs", {"email": "mia@example.org"})
    back = await delivered(shop, item(quantity=3, addons=["insurance", "starter-package"]))
    await received(shop, (await given_back(shop, back)).json["number"])
    await exchanged(shop, await delivered(shop, item("stridelab-run-42-blue")), "stridelab-run-43-blue")
    await shop.post(f"/v1/orders/{await placed(shop)}/cancellation", {"reason": "other", "note": "=zu, spät"})
    await placed(shop.acting_for("customer-2"), item("urbano-e1-m-blue", term_months=6), payment_method="invoice")
    await advanced(shop, await placed(shop, item(), payment_method="invoice"), "shipped")
    await rented(shop, clock)


async def rented(shop: ShopClient, clock: GivenClock) -> None:
    await delivered(shop, item(term_months=1, plan_id="aeropix-premium", addons=["insurance"]), item(term_months=12))
    clock.passes(timedelta(days=40))
    premium, standard = "SB-200002", "SB-200003"
    swap = {"product_id": "aeropix-pro", "first": "2026-04-18", "until": "2026-04-19"}
    pause = {"first": "2026-05-01", "until": "2026-05-31"}
    for path, body in (
        (f"/v1/subscriptions/{premium}/swaps", swap),
        (f"/v1/subscriptions/{standard}/pause", pause),
        (f"/v1/subscriptions/{standard}/extension", {"term_months": 6}),
        (f"/v1/subscriptions/{premium}/cancellation", {"at_end": "buy", "reason": "too_expensive"}),
    ):
        reply = await shop.post(path, body)
        assert reply.status == 200, reply.json


@pytest.mark.parametrize("form", FORMS)
async def test_a_shop_that_was_lived_in_is_the_same_after_export_and_import(
    shop: ShopClient, clock: GivenClock, files: Files, empty: Files, form: str
) -> None:
    await lived_in(shop, clock)
    await assert_the_same_in(empty, files, form)


@pytest.mark.parametrize("form", FORMS)
async def test_a_large_shop_is_the_same_after_export_and_import(
    files: Files, empty: Files, tmp_path: Path, form: str
) -> None:
    taken = await files.take(*write(tmp_path / "big", SMALL))
    assert (taken["products"].new, taken["customers"].new, taken["orders"].new) == (40, 50, 300)
    assert taken["subscriptions"].new > 10
    await assert_the_same_in(empty, files, form)


async def test_what_is_exported_changes_nothing_where_it_came_from(
    shop: ShopClient, clock: GivenClock, files: Files
) -> None:
    await lived_in(shop, clock)
    for form in FORMS:
        taken = await files.take(*[await files.give(kind, form) for kind in KINDS])
        assert [(one.kind, one.new, one.changed) for one in taken.values()] == [(kind, 0, 0) for kind in KINDS]


async def test_customers_find_in_the_new_shop_what_they_had(
    shop: ShopClient, clock: GivenClock, files: Files, empty: Files
) -> None:
    await lived_in(shop, clock)
    await empty.take(*[await files.give(kind, "jsonl") for kind in KINDS])
    (customer, other) = await empty.rows("customers")
    assert customer["company"]["name"] == 'Reuter; "Luftbild" GmbH'
    assert [address["city"] for address in customer["addresses"]] == [ADDRESS["city"], VIENNA["city"]]
    assert customer["consents"]["outreach"]["given"] is True
    assert (customer["email_proven"], other["email_proven"]) == (False, True)
    orders = await empty.rows("orders")
    assert [one["payment_status"] for one in orders] == ["paid", "paid", "none", "due", "due", "paid"]
    assert (orders[0]["items"][0]["returned"], len(orders[0]["items"][0]["serials"])) == (1, 2)
    assert [one["at_end"] for one in await empty.rows("subscriptions")] == [None, "buy", None]


async def test_a_spreadsheet_survives_what_people_write(files: Files, empty: Files) -> None:
    features = [
        {"id": "video", "name": "video", "value": "38"},
        {"id": "licence", "name": "licence", "value": False, "better": "lower"},
        {"id": "weight", "name": "weight", "value": 1.5, "unit": "kg"},
    ]
    words = 'Zwei\nZeilen, "Anführung"; und = mehr'
    await files.take_rows(
        products=[BOAT | {"description": words, "features": features, "fleet": {"Frankfurt am Main": 2}}],
        customers=[MIA | {"name": '=SUM("A1")', "addresses": [VIENNA, ORDER["address"]]}, {"id": "nobody"}],
        orders=[ORDER],
    )
    await assert_the_same_in(empty, files, "csv")
    (product,) = await empty.rows("products")
    assert [feature["value"] for feature in product["features"]] == ["38", False, 1.5]
    assert (product["description"]["en"], product["fleet"]) == (words, {"Frankfurt am Main": 2})


def test_the_large_shop_is_the_same_every_time(tmp_path: Path) -> None:
    once, again = write(tmp_path / "once", SMALL), write(tmp_path / "again", SMALL)
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]

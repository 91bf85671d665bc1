"""The customer record: created by the first write, one customer's own."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from shop.database import Database
from shop.models import Consent
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import ADDRESS, VIENNA, found, order, placed

ME = "/v1/customers/me"
MINE = "/v1/customers/me/addresses"
PROOFS = "/v1/customers/me/email-proofs"
COMPANY = {"name": "Reuter Luftbild GmbH", "vat_number": "DE136695976"}
METHODS = ["invoice", "paypal", "card", "direct_debit", "gift_card"]


async def test_a_customer_who_never_wrote_is_not_found(shop: ShopClient) -> None:
    reply = await shop.get(ME)
    assert (reply.status, reply.slug) == (404, "customer-not-found")


async def test_the_first_write_creates_the_customer(shop: ShopClient) -> None:
    reply = await shop.put(ME, {"name": "Jonas", "email": "jonas.reuter@example.org", "language": "de"})
    assert reply.status == 200
    assert (
        (await shop.get(ME)).json
        == reply.json
        == {
            "id": "customer-1",
            "kind": "private",
            "name": "Jonas",
            "company": None,
            "email": "jonas.reuter@example.org",
            "email_proven": False,
            "phone": None,
            "language": "de",
            "form_of_address": None,
            "consents": {"marketing": False, "outreach": False, "telemetry": False},
            "consent_times": {"marketing": None, "outreach": None, "telemetry": None},
            "addresses": [],
            "payment_methods": METHODS,
            "gift_cards": [],
            "iban_ending": None,
            "devices": [],
        }
    )


async def test_an_order_creates_the_customer_in_its_language(shop: ShopClient) -> None:
    await shop.post("/v1/orders", order(language="en"))
    assert (await shop.get(ME)).json["language"] == "en"


async def test_what_is_left_out_stays_and_null_clears(shop: ShopClient) -> None:
    await shop.put(ME, {"name": "Jonas", "email": "jonas.reuter@example.org", "language": "de"})
    await shop.put(ME, {"language": "en", "email": None})
    customer = (await shop.get(ME)).json
    assert (customer["name"], customer["email"], customer["language"]) == ("Jonas", None, "en")


async def test_addresses_of_orders_are_remembered_once_and_last_used_first(shop: ShopClient, clock: GivenClock) -> None:
    for address in (ADDRESS, VIENNA, ADDRESS):
        await shop.post("/v1/orders", order(address=address))
        clock.passes(timedelta(minutes=1))
    assert (await shop.get(ME)).json["addresses"] == [ADDRESS, VIENNA]


async def test_customers_do_not_see_each_other(shop: ShopClient) -> None:
    await shop.put(ME, {"name": "Jonas", "language": "de"})
    reply = await shop.acting_for("customer-2").get(ME)
    assert reply.slug == "customer-not-found"


@pytest.mark.parametrize("customer", [None, "a b", "x" * 129, "größe"])
async def test_a_call_without_a_proper_customer_is_refused(shop: ShopClient, customer: str | None) -> None:
    reply = await shop.acting_for(customer).send_malformed("GET", ME)
    assert (reply.status, reply.slug) == (400, "invalid-request")
    assert reply.json["errors"][0]["path"] == "header.Nochannel-Customer"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"language": "fr"},
        {"language": "de", "email": "jonas"},
        {"language": "de", "email": "a b@example.org"},
        {"language": "de", "name": "   "},
        {"language": "de", "name": "Jo\u0000nas"},
        {"language": "de", "name": "x" * 101},
        {"language": "de", "nickname": "Joni"},
        {"language": "de", "kind": "club"},
        {"language": "de", "kind": None},
        {"language": "de", "company": {}},
        {"language": "de", "company": {"name": "Reuter GmbH", "street": "Lindenweg 4"}},
        {"language": "de", "form_of_address": "Ihr"},
        {"language": "de", "phone": "call me"},
        {"language": "de", "consents": {"marketing": None}},
        {"language": "de", "consents": {"spying": True}},
        {"language": "de", "consents": None},
        ["de"],
        "de",
        None,
    ],
)
async def test_a_change_that_makes_no_sense_is_refused(shop: ShopClient, body: Any) -> None:
    reply = await shop.refused("PUT", ME, body)
    assert (reply.status, reply.slug) == (400, "invalid-request")


async def changed(shop: ShopClient, **members: Any) -> Any:
    """The customer's view after a change."""
    reply = await shop.put(ME, {"language": "de", **members})
    assert reply.status == 200, reply.json
    return reply.json


async def refusal(shop: ShopClient, **members: Any) -> tuple[int, str]:
    """Status and path of what only the shop can see is wrong."""
    reply = await shop.put(ME, {"language": "de", **members})
    return reply.status, reply.json["errors"][0]["path"]


# --- companies


async def test_whoever_has_a_company_is_one_until_they_are_private_again(shop: ShopClient) -> None:
    company = await changed(shop, company=COMPANY)
    assert (company["kind"], company["company"]) == ("company", COMPANY)
    assert (await changed(shop, name="Jonas"))["company"] == COMPANY
    assert (await changed(shop, kind="company"))["company"] == COMPANY
    private = await changed(shop, kind="private")
    assert (private["kind"], private["company"]) == ("private", None)


async def test_a_company_that_is_cleared_leaves_a_private_customer(shop: ShopClient) -> None:
    await changed(shop, company=COMPANY)
    assert (await changed(shop, company=None))["kind"] == "private"


async def test_a_company_needs_a_name_and_a_private_customer_has_none(shop: ShopClient) -> None:
    assert await refusal(shop, kind="company") == (400, "company")
    assert await refusal(shop, kind="private", company=COMPANY) == (400, "company")
    assert (await shop.get(ME)).slug == "customer-not-found"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("de 136 695 976", "DE136695976"),
        ("ATU13585627", "ATU13585627"),
        ("CHE-100.155.212", "CHE-100.155.212"),
        ("che-100.155.212 MWST", "CHE-100.155.212"),
        (None, None),
    ],
)
async def test_a_vat_number_is_kept_as_its_office_writes_it(
    shop: ShopClient, written: str | None, kept: str | None
) -> None:
    customer = await changed(shop, company={"name": "Reuter", "vat_number": written})
    assert customer["company"] == {"name": "Reuter", "vat_number": kept}


@pytest.mark.parametrize("number", ["DE136695977", "136695976", "CHE-100.155.213", "US123456789"])
async def test_a_vat_number_that_cannot_be_is_refused(shop: ShopClient, number: str) -> None:
    assert await refusal(shop, company={"name": "Reuter", "vat_number": number}) == (400, "company.vat_number")


# --- how they are spoken to and reached


async def test_the_form_of_address_is_remembered(shop: ShopClient) -> None:
    assert (await changed(shop, form_of_address="Sie"))["form_of_address"] == "Sie"
    assert (await changed(shop, name="Jonas"))["form_of_address"] == "Sie"
    assert (await changed(shop, form_of_address=None))["form_of_address"] is None


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0341 4800960", "+493414800960"),
        ("(0171) 123-4567", "+491711234567"),
        ("+41 44 668 18 00", "+41446681800"),
        ("0049 341 4800960", "+493414800960"),
    ],
)
async def test_a_phone_number_is_kept_in_one_form(shop: ShopClient, written: str, kept: str) -> None:
    assert (await changed(shop, phone=written))["phone"] == kept
    assert (await changed(shop, phone=None))["phone"] is None


async def test_a_phone_number_without_its_country_is_one_where_the_customer_lives(shop: ShopClient) -> None:
    await shop.post(MINE, VIENNA)
    assert (await changed(shop, phone="0664 1234567"))["phone"] == "+436641234567"


@pytest.mark.parametrize("number", ["12345", "+49 1", "0000 0000", "+999 123456789"])
async def test_a_phone_number_that_cannot_be_is_refused(shop: ShopClient, number: str) -> None:
    assert await refusal(shop, phone=number) == (400, "phone")


# --- e-mail addresses that are known to be theirs


async def test_an_address_that_somebody_says_is_theirs_leads_to_nobody(shop: ShopClient) -> None:
    await changed(shop, email="jonas@example.org")
    assert await found(shop, "jonas@example.org") == []


async def test_who_answered_a_mailed_code_is_found_by_its_address(shop: ShopClient) -> None:
    reply = await shop.post(PROOFS, {"email": "Jonas@Example.org"})
    assert (reply.status, reply.json["email"], reply.json["email_proven"]) == (200, "Jonas@Example.org", True)
    await changed(shop, name="Jonas", form_of_address="Sie")
    known = (await shop.get("/v1/customers", email="jonas@example.ORG")).json["items"]
    assert known == [{"id": "customer-1", "name": "Jonas", "language": "de", "form_of_address": "Sie"}]


@pytest.mark.parametrize(
    ("email", "stays"), [("JONAS@example.org", True), ("j.reuter@example.org", False), (None, False)]
)
async def test_an_address_is_proven_until_it_is_another(shop: ShopClient, email: str | None, stays: bool) -> None:
    await shop.post(PROOFS, {"email": "jonas@example.org"})
    assert (await changed(shop, email=email))["email_proven"] is stays
    assert await found(shop, "jonas@example.org") == ["customer-1"] * stays
    if email is not None and not stays:
        assert await found(shop, email) == []


@pytest.mark.parametrize(
    "email", ["mi\u212ae@example.org", "m\u0131ke@example.org", "mike@example.or", "ike@example.org"]
)
async def test_what_only_looks_like_an_address_leads_to_nobody(shop: ShopClient, email: str) -> None:
    await shop.post(PROOFS, {"email": "mike@example.org"})
    assert await found(shop, email) == []


async def test_of_an_address_that_many_have_two_are_told(shop: ShopClient) -> None:
    for number in range(3):
        await shop.acting_for(f"customer-{number}").post(PROOFS, {"email": "family@example.org"})
    assert len(await found(shop, "family@example.org")) == 2


@pytest.mark.parametrize("email", ["", "jonas", "a b@example.org", "x" * 250 + "@example.org"])
async def test_what_is_no_address_is_neither_looked_for_nor_proven(shop: ShopClient, email: str) -> None:
    looked = await shop.send_malformed("GET", "/v1/customers", query={"email": email})
    assert (looked.status, looked.json["errors"][0]["path"]) == (400, "query.email")
    proven = await shop.refused("POST", PROOFS, {"email": email})
    assert (proven.status, proven.json["errors"][0]["path"]) == (400, "email")


# --- consents


async def test_nothing_is_agreed_to_until_the_customer_says_so(shop: ShopClient, clock: GivenClock) -> None:
    await changed(shop, name="Jonas")
    customer = await changed(shop, consents={"outreach": True})
    assert customer["consents"] == {"marketing": False, "outreach": True, "telemetry": False}
    assert customer["consent_times"] == {"marketing": None, "outreach": "2026-03-02T09:30:00Z", "telemetry": None}


async def test_a_consent_has_the_time_at_which_it_was_given_or_withdrawn(shop: ShopClient, clock: GivenClock) -> None:
    await changed(shop, consents={"marketing": True, "telemetry": True})
    clock.passes(timedelta(days=1))
    again = await changed(shop, consents={"marketing": True})
    assert again["consent_times"]["marketing"] == "2026-03-02T09:30:00Z"
    withdrawn = await changed(shop, consents={"marketing": False})
    assert withdrawn["consents"] == {"marketing": False, "outreach": False, "telemetry": True}
    assert withdrawn["consent_times"]["marketing"] == "2026-03-03T09:30:00Z"


async def test_what_was_consented_to_before_stays_on_record(
    shop: ShopClient, clock: GivenClock, database: Database
) -> None:
    for given in (True, False):
        await changed(shop, consents={"marketing": given})
        clock.passes(timedelta(days=1))
    async with database.reading() as session:
        said = await session.execute(select(Consent.given).order_by(Consent.at))
        assert list(said.scalars()) == [True, False]


# --- addresses


async def test_addresses_are_added_and_the_last_comes_first(shop: ShopClient, clock: GivenClock) -> None:
    for address in (ADDRESS, VIENNA, ADDRESS):
        assert (await shop.post(MINE, address)).status == 201
        clock.passes(timedelta(minutes=1))
    assert (await shop.get(ME)).json["addresses"] == [ADDRESS, VIENNA]


async def test_an_address_is_forgotten_and_orders_to_it_stay(shop: ShopClient, clock: GivenClock) -> None:
    number = await placed(shop)
    await shop.post(MINE, VIENNA)
    reply = await shop.delete(MINE, ADDRESS)
    assert (reply.status, reply.json["addresses"]) == (200, [VIENNA])
    assert (await shop.get(f"/v1/orders/{number}")).json["address"] == ADDRESS


async def test_an_address_that_is_not_the_customers_cannot_be_forgotten(shop: ShopClient) -> None:
    await shop.post(MINE, ADDRESS)
    other = shop.acting_for("customer-2")
    for reply in (await shop.delete(MINE, VIENNA), await other.delete(MINE, ADDRESS)):
        assert (reply.status, reply.slug) == (404, "address-not-found")
    assert (await shop.get(ME)).json["addresses"] == [ADDRESS]


async def test_an_address_is_added_and_removed_once_however_often_it_is_sent(shop: ShopClient) -> None:
    await shop.post(MINE, ADDRESS, key="one")
    assert (await shop.post(MINE, ADDRESS, key="one")).replayed
    await shop.delete(MINE, ADDRESS, key="two")
    again = await shop.delete(MINE, ADDRESS, key="two")
    assert (again.status, again.replayed) == (200, True)


async def test_an_address_that_cannot_be_is_refused(shop: ShopClient) -> None:
    for method in ("POST", "DELETE"):
        reply = await shop.refused(method, MINE, ADDRESS | {"postal_code": "1060"})
        assert (reply.status, reply.slug) == (400, "invalid-request")

"""Invoices, credit notes and labels: numbered without gaps, taxed, addressed, and behind links that cannot be forged."""

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.app import prepare
from shop.catalog import Catalog
from shop.customers import Customers
from shop.database import Database
from shop.invoice_lines import InvoiceLine
from shop.invoices import Draft, Invoices, vat_in
from shop.links import Links, derived_key
from tests.shop.client import TOKEN, Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.pdf_text import text_of
from tests.shop.requests import (
    ADDRESS,
    VIENNA,
    delivered,
    eur,
    exchanged,
    gift_card,
    given_back,
    item,
    placed,
    received,
    refunds_of,
)

COMPANY = {"name": "Reuter Luftbild GmbH", "vat_number": "DE 136 695 976"}
MINI = 49900


async def demanded(shop: ShopClient, number: str, **details: Any) -> Reply:
    return await shop.post(f"/v1/orders/{number}/invoice", details)


async def documents_of(shop: ShopClient, number: str) -> Any:
    return (await shop.get(f"/v1/orders/{number}/invoices")).json["items"]


async def opened(shop: ShopClient, url: str) -> Reply:
    """As somebody who has nothing but the link."""
    return await shop.with_token(None).acting_for(None).get(url)


async def words(shop: ShopClient, document: Any) -> str:
    return text_of((await opened(shop, document["url"])).raw)


class TestAnInvoice:
    """Issued when it is asked for, and the same one when it is asked for again."""

    async def test_it_says_whose_what_and_how_much(self, shop: ShopClient) -> None:
        number = await placed(shop, item(quantity=2, addons=["insurance"]), item("urbano-e1-m-blue"))
        reply = await demanded(shop, number)
        assert reply.status == 201
        invoice = reply.json
        assert (invoice["number"], invoice["kind"], invoice["order_number"]) == ("2026-000001", "invoice", number)
        assert (invoice["total"], invoice["corrects"]) == (eur(2 * (MINI + 690) + 239900), None)
        assert invoice["recipient"] == ["Jonas Reuter", "Lindenweg 4", "04109 Leipzig", "Deutschland"]
        assert (invoice["issued_at"], invoice["subscription_number"]) == ("2026-03-02T09:30:00Z", None)

    async def test_asked_for_again_it_is_the_same(self, shop: ShopClient) -> None:
        number = await placed(shop)
        first = (await demanded(shop, number, company=COMPANY)).json
        for details in ({}, {"company": COMPANY}):
            assert (await demanded(shop, number, **details)).json["number"] == first["number"]
        assert len(await documents_of(shop, number)) == 1

    async def test_asked_for_by_ten_at_once_it_is_issued_once(self, shop: ShopClient) -> None:
        number = await placed(shop)
        replies = await asyncio.gather(*(demanded(shop, number) for _ in range(10)))
        assert {reply.json["number"] for reply in replies} == {"2026-000001"}

    async def test_nobody_sees_somebody_elses(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number)
        stranger = shop.acting_for("customer-2")
        assert (await demanded(stranger, number)).slug == "order-not-found"
        assert (await stranger.get(f"/v1/orders/{number}/invoices")).slug == "order-not-found"

    async def test_of_a_cancelled_order_there_is_nothing_to_invoice(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        reply = await demanded(shop, number)
        assert (reply.status, reply.slug, reply.json["order_status"]) == (409, "nothing-to-invoice", "cancelled")

    async def test_nor_of_one_that_came_back_whole(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        await received(shop, (await given_back(shop, number, to="gift_card")).json["number"])
        assert (await demanded(shop, number)).slug == "nothing-to-invoice"

    @pytest.mark.parametrize(
        "details",
        [
            {"name": ""},
            {"name": "x" * 101},
            {"company": {}},
            {"company": {"name": "A", "vat_number": "1"}},
            {"company": {"name": "A", "address": {"city": "Wien"}}},
            {"tax": 7},
        ],
    )
    async def test_details_that_make_no_sense_are_refused(self, shop: ShopClient, details: Any) -> None:
        reply = await shop.refused("POST", f"/v1/orders/{await placed(shop)}/invoice", details)
        assert (reply.status, reply.slug) == (400, "invalid-request")


class TestCompanyDetails:
    """In a company's name, with a VAT number that is one; later details correct what was issued."""

    async def test_in_a_companys_name(self, shop: ShopClient) -> None:
        invoice = (await demanded(shop, await placed(shop), company=COMPANY)).json
        assert invoice["recipient"] == [
            "Reuter Luftbild GmbH",
            "Jonas Reuter",
            "Lindenweg 4",
            "04109 Leipzig",
            "Deutschland",
            "USt-IdNr. DE136695976",
        ]

    async def test_at_its_own_address_and_in_another_name(self, shop: ShopClient) -> None:
        company = {"name": "Mia & Co", "vat_number": "ATU13585627", "address": VIENNA}
        invoice = (await demanded(shop, await placed(shop), company=company, name="Dr. M. Reuter")).json
        assert invoice["recipient"][:3] == ["Mia & Co", "Dr. M. Reuter", "Gumpendorfer Str. 12"]
        assert invoice["recipient"][4:] == ["Österreich", "USt-IdNr. ATU13585627"]

    @pytest.mark.parametrize("vat_number", ["DE136695976", "CHE-107.787.577", "ATU13585627"])
    async def test_numbers_of_europe_and_switzerland_are_taken(self, shop: ShopClient, vat_number: str) -> None:
        company = {"name": "A", "vat_number": vat_number}
        assert (await demanded(shop, await placed(shop), company=company)).status == 201

    @pytest.mark.parametrize("vat_number", ["DE136695977", "DE13669597", "XX136695976", "US 12 3456789"])
    async def test_a_number_with_a_slip_is_refused(self, shop: ShopClient, vat_number: str) -> None:
        reply = await demanded(shop, await placed(shop), company={"name": "A", "vat_number": vat_number})
        assert (reply.status, reply.json["errors"][0]["path"]) == (400, "company.vat_number")

    async def test_other_details_credit_the_old_and_issue_a_new_one(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number)
        new = (await demanded(shop, number, company=COMPANY)).json
        assert (new["number"], new["recipient"][0]) == ("2026-000002", "Reuter Luftbild GmbH")
        listed = await documents_of(shop, number)
        assert [(d["number"], d["kind"], d["total"], d["corrects"]) for d in listed] == [
            ("2026-000002", "invoice", eur(MINI), None),
            ("CN-2026-000001", "credit_note", eur(MINI), "2026-000001"),
            ("2026-000001", "invoice", eur(MINI), None),
        ]
        assert listed[1]["recipient"][0] == "Jonas Reuter"


class TestCorrections:
    """What was invoiced and is no longer owed is credited by itself; what was not invoiced is not."""

    async def test_a_refunded_return_is_credited(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=3, addons=["starter-package", "insurance"]))
        invoice = (await demanded(shop, number)).json
        entry = (await given_back(shop, number, 2)).json["number"]
        await received(shop, entry)
        assert len(await documents_of(shop, number)) == 1  # the money has not left
        [refund] = await refunds_of(shop)
        await shop.staff().post(f"/v1/operations/refunds/{refund['id']}/book", {})
        note = (await documents_of(shop, number))[0]
        assert (note["kind"], note["corrects"]) == ("credit_note", invoice["number"])
        assert note["total"] == refund["amount"] == eur(2 * (MINI + 6900))

    async def test_a_second_return_credits_the_rest(self, shop: ShopClient) -> None:
        await gift_card(shop, 1)
        number = await delivered(shop, item(quantity=2))
        await demanded(shop, number)
        for _ in range(2):
            await received(shop, (await given_back(shop, number, to="gift_card")).json["number"])
        assert [d["kind"] for d in await documents_of(shop, number)] == ["credit_note", "credit_note", "invoice"]

    async def test_without_an_invoice_nothing_is_credited(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2))
        await received(shop, (await given_back(shop, number, to="gift_card")).json["number"])
        assert await documents_of(shop, number) == []
        assert (await demanded(shop, number)).json["total"] == eur(MINI)

    async def test_a_cancelled_order_is_credited_whole(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        note = (await documents_of(shop, number))[0]
        assert (note["kind"], note["total"]) == ("credit_note", eur(MINI))

    async def test_a_changed_order_gets_a_new_invoice_in_the_same_name(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number, company=COMPANY)
        await shop.patch(f"/v1/orders/{number}", {"items": [item("aeropix-mini-white", 2)]})
        new, note, _ = await documents_of(shop, number)
        assert (note["kind"], note["total"]) == ("credit_note", eur(MINI))
        assert (new["total"], new["recipient"][0]) == (eur(2 * MINI), "Reuter Luftbild GmbH")
        assert "AeroPix Mini (Weiß)" in await words(shop, new)

    async def test_an_exchange_is_invoiced_with_the_new_piece(self, shop: ShopClient) -> None:
        await gift_card(shop, 5000)
        number = await delivered(shop, item("aeropix-pro-red"))
        await demanded(shop, number)
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="gift_card")).json["number"]
        await received(shop, entry)
        new, note, _ = await documents_of(shop, number)
        assert (note["total"], new["total"]) == (eur(119900), eur(124900))
        assert "AeroPix Pro (Schwarz), im Tausch" in await words(shop, new)

    async def test_another_address_shows_when_it_is_asked_for_again(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number)
        await shop.patch(f"/v1/orders/{number}", {"address": VIENNA})
        assert (await demanded(shop, number)).json["recipient"][0] == "Mia Reuter"


class TestNumbersHaveNoGaps:
    """Per year and kind, however many are issued at once and however many are undone."""

    async def test_twenty_at_once_are_numbered_one_to_twenty(self, shop: ShopClient) -> None:
        numbers = [await placed(shop, item("stridelab-run-42-blue"), payment_method="invoice") for _ in range(20)]
        replies = await asyncio.gather(*(demanded(shop, number) for number in numbers))
        issued = sorted(reply.json["number"] for reply in replies)
        assert issued == [f"2026-{place:06d}" for place in range(1, 21)]

    async def test_what_is_undone_uses_up_no_number(self, database: Database, clock: GivenClock) -> None:
        await prepare(database, sample_data=False)
        invoices = Invoices(Catalog(), Links("", b"key"), 7, clock)
        draft = Draft("customer-1", "de", "EUR", ["A"], [InvoiceLine("0", "X", 1, 119)])
        async with database.writing() as session:
            await Customers(clock).ensure(session, "customer-1", "de")
        async with database.trying() as session:
            assert (await invoices.issue(session, draft)).number == "2026-000001"
        async with database.writing() as session:
            assert (await invoices.issue(session, draft)).number == "2026-000001"

    async def test_each_year_begins_anew_in_german_time(self, shop: ShopClient, clock: GivenClock) -> None:
        clock.moment = datetime(2026, 12, 31, 22, 59, tzinfo=UTC)
        assert (await demanded(shop, await placed(shop))).json["number"] == "2026-000001"
        clock.passes(timedelta(minutes=1))
        assert (await demanded(shop, await placed(shop))).json["number"] == "2027-000001"

    async def test_credit_notes_have_numbers_of_their_own(self, shop: ShopClient) -> None:
        for _ in range(2):
            number = await placed(shop)
            await demanded(shop, number)
            await shop.post(f"/v1/orders/{number}/cancellation", {})
        assert (await demanded(shop, await placed(shop))).json["number"] == "2026-000003"
        assert (await documents_of(shop, number))[0]["number"] == "CN-2026-000002"


class TestTax:
    """Nineteen per cent, contained in the price, to the cent."""

    async def test_an_invoice_says_how_much_is_tax(self, shop: ShopClient) -> None:
        invoice = (await demanded(shop, await placed(shop))).json
        assert invoice["vat"] == {"percent": 19, "amount": eur(7967)}

    @pytest.mark.parametrize(("total", "tax"), [(0, 0), (1, 0), (119, 19), (100, 16), (3, 0), (4, 1), (49900, 7967)])
    def test_it_is_rounded_to_the_nearest_cent(self, total: int, tax: int) -> None:
        assert vat_in(total) == tax

    @given(total=st.integers(0, 10**12))
    def test_net_and_tax_make_the_total_and_the_tax_is_right_to_half_a_cent(self, total: int) -> None:
        assert abs(vat_in(total) * 119 - total * 19) * 2 <= 119


class TestTheDocument:
    """A PDF with everything that it must say, in the order's language."""

    async def test_it_says_all_that_an_invoice_must(self, shop: ShopClient) -> None:
        number = await placed(shop, item(quantity=2, term_months=6, addons=["insurance"]), item("urbano-e1-m-blue"))
        invoice = (await demanded(shop, number, company=COMPANY)).json
        reply = await opened(shop, invoice["url"])
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pdf")
        assert reply.raw.startswith(b"%PDF-")
        text = text_of(reply.raw)
        for word in (
            *invoice["recipient"],
            invoice["number"],
            number,
            "Rechnung",
            "2. März 2026",
            "Urbano E1",
            "Miete für 6 Monate, erster",
            "2.399,00 €",
            "Umsatzsteuer 19 %",
            "2.470,80 €",
            "Nochannel Musterladen GmbH",
            "DE123456788",
        ):
            assert word in text

    async def test_it_speaks_the_orders_language(self, shop: ShopClient) -> None:
        number = await placed(shop, item(addons=["starter-package"]), language="en")
        text = await words(shop, (await demanded(shop, number)).json)
        assert all(word in text for word in ("Invoice", "2 March 2026", "AeroPix Mini (red)", "€568.00", "Germany"))

    async def test_a_credit_note_names_its_invoice_and_takes_away(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await demanded(shop, number)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        text = await words(shop, (await documents_of(shop, number))[0])
        assert all(word in text for word in ("Rechnungskorrektur", "CN-2026-000001", "2026-000001", "-499,00 €"))

    async def test_names_of_all_kinds_are_drawn(self, shop: ShopClient) -> None:
        number = await placed(shop, address=ADDRESS | {"name": "Łukasz Žižka-Đorđević 😀 Ω"})
        assert "Łukasz Žižka-Đorđević ? Ω" in await words(shop, (await demanded(shop, number)).json)

    async def test_many_lines_go_on_on_the_next_page(self, shop: ShopClient) -> None:
        number = await placed(shop, *[item(addons=["insurance", "starter-package", "flight-lessons"])] * 20)
        text = await words(shop, (await demanded(shop, number)).json)
        assert text.count("Bezeichnung") > 1
        assert text.count("Starterpaket") == 20

    async def test_it_is_the_same_whenever_it_is_opened(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await placed(shop)
        first = await opened(shop, (await demanded(shop, number)).json["url"])
        clock.passes(timedelta(days=90))
        again = await opened(shop, (await documents_of(shop, number))[0]["url"])
        assert first.raw == again.raw


class TestTheLabel:
    """A PDF to stick on the parcel."""

    async def test_it_says_from_where_to_where_and_what(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2))
        entry = (await given_back(shop, number, 2)).json
        reply = await opened(shop, entry["label_url"])
        assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pdf")
        text = text_of(reply.raw)
        for word in (
            "Jonas Reuter",
            "Musterstraße 1",
            entry["number"],
            number,
            "2 × AeroPix Mini (Rot)",
            "16. März 2026",
        ):
            assert word in text

    async def test_its_link_holds_until_it_must_be_sent(self, shop: ShopClient, clock: GivenClock) -> None:
        entry = (await given_back(shop, await delivered(shop))).json
        clock.passes(timedelta(days=14))
        assert (await opened(shop, entry["label_url"])).status == 200
        clock.passes(timedelta(days=2))
        assert (await opened(shop, entry["label_url"])).slug == "link-expired"


class TestLinksCannotBeForged:
    """Nor used when their time is over."""

    async def link(self, shop: ShopClient) -> str:
        return str((await demanded(shop, await placed(shop))).json["url"])

    async def test_a_link_is_good_for_seven_days(self, shop: ShopClient, clock: GivenClock) -> None:
        url = await self.link(shop)
        clock.passes(timedelta(days=7))
        assert (await opened(shop, url)).status == 200
        clock.passes(timedelta(seconds=1))
        reply = await opened(shop, url)
        assert (reply.status, reply.slug) == (410, "link-expired")

    async def test_every_other_token_is_nothing(self, shop: ShopClient) -> None:
        url = await self.link(shop)
        folder, token = url.rsplit("/", 1)
        tries = [
            token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(len(token))
        ]
        tries += [token + "A", token + "=", token[:-1], "A" * len(token), "x", "%00", "größe"]
        for forged in tries:
            async with shop.http.get(f"{folder}/{forged}") as response:
                assert response.status == 404, forged

    async def test_a_later_day_or_another_document_needs_another_signature(self, shop: ShopClient) -> None:
        folder, token = (await self.link(shop)).rsplit("/", 1)
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        for before, after in ((rb"^\d", b"9"), (rb"000001$", b"000002"), (b"invoice", b"label")):
            forged = urlsafe_b64encode(raw[:32] + re.sub(before, after, raw[32:])).decode().rstrip("=")
            async with shop.http.get(f"{folder}/{forged}") as response:
                assert response.status == 404

    async def test_a_key_for_something_else_signs_no_documents(self, shop: ShopClient, clock: GivenClock) -> None:
        await self.link(shop)
        for key in (TOKEN.encode(), derived_key(TOKEN, "payment events"), derived_key("another", "documents"), b""):
            url = Links("", key).document("invoice:2026-000001", clock.now() + timedelta(days=1))
            assert (await opened(shop, url)).status == 404

    @pytest.mark.parametrize("name", ["invoice:2026-999999", "label:999999"])
    async def test_a_document_that_there_is_not_is_nothing(
        self, shop: ShopClient, clock: GivenClock, name: str
    ) -> None:
        links = Links("", derived_key(TOKEN, "documents"))
        assert (await opened(shop, links.document(name, clock.now() + timedelta(days=1)))).slug == "not-found"

    async def test_links_are_where_the_shop_is_reached(self) -> None:
        url = Links("https://shop.example.org", b"key").document("label:1", datetime(2026, 1, 1, tzinfo=UTC))
        assert url.startswith("https://shop.example.org/documents/")

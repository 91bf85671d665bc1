"""Exchanging: another variant of the same product, if it is there; a difference is paid or goes back to the cent."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from shop.database import Database
from shop.models import Counter, Variant
from tests.shop.client import Reply, ShopClient
from tests.shop.conftest import GivenClock
from tests.shop.requests import (
    advanced,
    balances,
    booked,
    delivered,
    eur,
    exchanged,
    gift_card,
    given_back,
    item,
    paid,
    placed,
    received,
    refunds_of,
    seen,
    stock_of,
)

IBAN = "DE89 3704 0044 0532 0130 00"
PRO, PRO_BLACK = 119900, 124900


async def try_again(shop: ShopClient, number: str, **payment: Any) -> Reply:
    return await shop.post(f"/v1/orders/{number}/payment", payment)


async def leave(database: Database, variant_id: str, stock: int) -> None:
    async with database.writing() as session:
        await session.execute(update(Variant).where(Variant.id == variant_id).values(stock=stock))


class TestOnlyTheSameProduct:
    """Another variant, and really another."""

    async def test_another_colour(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        reply = await exchanged(shop, number, "aeropix-mini-white")
        assert (reply.status, reply.json["kind"], reply.json["status"]) == (201, "exchange", "requested")
        assert reply.json["items"][0]["to"] == {
            "variant_id": "aeropix-mini-white",
            "options": {"colour": "white"},
            "amount": eur(49900),
        }
        assert reply.json["difference"] == {"direction": "none", "amount": eur(0)}
        assert (reply.json["refund"], reply.json["payment"]) == (None, None)

    async def test_not_another_product(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(), item("aeropix-pro-red"))
        reply = await exchanged(shop, number, "aeropix-pro-white")
        assert (reply.status, reply.slug, reply.json["why"]) == (409, "not-exchangeable", "other_product")
        assert reply.json["variant_id"] == "aeropix-pro-white"

    async def test_not_the_same_variant(self, shop: ShopClient) -> None:
        reply = await exchanged(shop, await delivered(shop), "aeropix-mini-red")
        assert (reply.slug, reply.json["why"]) == ("not-exchangeable", "same_variant")

    async def test_not_a_variant_that_there_is_not(self, shop: ShopClient) -> None:
        assert (await exchanged(shop, await delivered(shop), "aeropix-mini-pink")).slug == "variant-not-found"


class TestOnlyWhatIsThere:
    """New pieces are reserved when they are asked for, so that they are there when the old ones come back."""

    async def test_what_is_sold_out_is_refused_and_nothing_happens(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        reply = await exchanged(shop, number, "aeropix-mini-black")
        assert (reply.slug, reply.json["available"]) == ("out-of-stock", 0)
        assert (await seen(shop, number))["items"][0]["returned"] == 0
        assert (await shop.get("/v1/returns")).json == {"items": []}

    async def test_new_pieces_are_reserved_at_once_and_old_ones_come_back_later(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2))
        entry = (await exchanged(shop, number, "aeropix-mini-white", 2)).json
        assert entry["replacement"] == {"tracking_number": None, "status": "reserved"}
        assert (await stock_of(shop, "aeropix-mini-white"), await stock_of(shop, "aeropix-mini-red")) == (39, 22)
        await received(shop, entry["number"])
        assert (await stock_of(shop, "aeropix-mini-white"), await stock_of(shop, "aeropix-mini-red")) == (39, 24)

    async def test_the_last_piece_goes_to_one_of_many_who_want_it(self, shop: ShopClient, database: Database) -> None:
        await leave(database, "aeropix-mini-white", 1)
        customers = [shop.acting_for(f"customer-{n}") for n in range(8)]
        numbers = [await delivered(customer) for customer in customers]
        swaps = zip(customers, numbers, strict=True)
        replies = await asyncio.gather(*(exchanged(customer, n, "aeropix-mini-white") for customer, n in swaps))
        assert sorted(reply.status for reply in replies) == [201] + [409] * 7
        assert {reply.slug for reply in replies if reply.status == 409} == {"out-of-stock"}


class TestTheRulesOfReturnsHold:
    """Delivered, in the period, bought, and not more than is left."""

    async def test_before_delivery(self, shop: ShopClient) -> None:
        reply = await exchanged(shop, await paid(shop), "aeropix-mini-white")
        assert (reply.slug, reply.json["why"]) == ("not-returnable", "not_delivered")

    async def test_after_the_period(self, shop: ShopClient, clock: GivenClock) -> None:
        number = await delivered(shop)
        clock.passes(timedelta(days=15))
        assert (await exchanged(shop, number, "aeropix-mini-white")).json["why"] == "period_over"

    async def test_of_what_is_rented(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(term_months=6))
        assert (await exchanged(shop, number, "aeropix-mini-white")).json["why"] == "rented"

    async def test_of_what_went_back(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2))
        await given_back(shop, number)
        assert (await exchanged(shop, number, "aeropix-mini-white", 2)).json["why"] == "nothing_left"
        assert (await exchanged(shop, number, "aeropix-mini-white")).status == 201

    async def test_of_somebody_elses(self, shop: ShopClient) -> None:
        number = await delivered(shop)
        assert (await exchanged(shop.acting_for("customer-2"), number, "aeropix-mini-white")).slug == "order-not-found"

    async def test_several_at_once_each_to_its_own(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(quantity=2), item("stridelab-run-42-blue"))
        items = [
            {"line": 0, "quantity": 1, "variant_id": "aeropix-mini-white"},
            {"line": 1, "quantity": 1, "variant_id": "stridelab-run-43-blue"},
        ]
        reply = (await shop.post(f"/v1/orders/{number}/exchanges", {"items": items})).json
        assert [line["to"]["variant_id"] for line in reply["items"]] == ["aeropix-mini-white", "stridelab-run-43-blue"]


class TestADifferenceToPay:
    """It needs a way to pay, which must suffice; the new pieces are sent when it is paid."""

    async def test_without_a_way_to_pay_it_is_refused_with_the_amount(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red", 2))
        reply = await exchanged(shop, number, "aeropix-pro-black", 2)
        assert (reply.status, reply.slug, reply.json["amount"]) == (409, "payment-method-missing", eur(10000))
        assert await stock_of(shop, "aeropix-pro-black") == 7

    async def test_paid_on_a_page_before_it_is_sent(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="card")).json
        assert entry["difference"] == {"direction": "pay", "amount": eur(PRO_BLACK - PRO)}
        assert (entry["payment"]["status"], entry["payment"]["amount"]) == ("open", eur(5000))
        waiting = (await received(shop, entry["number"])).json
        assert (waiting["status"], waiting["replacement"]["status"]) == ("received", "reserved")
        await booked(shop, number)
        sent = (await shop.get(f"/v1/returns/{entry['number']}")).json
        assert (sent["status"], sent["replacement"]["status"]) == ("completed", "shipped")
        assert sent["replacement"]["tracking_number"].startswith("PB")

    async def test_paid_first_it_is_sent_when_the_old_one_is_back(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="card")).json
        await booked(shop, number)
        assert (await shop.get(f"/v1/returns/{entry['number']}")).json["replacement"]["status"] == "reserved"
        assert (await received(shop, entry["number"])).json["replacement"]["status"] == "shipped"

    async def test_by_gift_card_at_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 6000)
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="gift_card")).json
        assert (entry["payment"]["status"], await balances(shop)) == ("paid", {code: 1000})
        assert (await received(shop, entry["number"])).json["status"] == "completed"

    async def test_not_by_a_gift_card_that_does_not_suffice(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 4999)
        number = await delivered(shop, item("aeropix-pro-red"))
        reply = await exchanged(shop, number, "aeropix-pro-black", payment_method="gift_card")
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(4999))
        assert (await stock_of(shop, "aeropix-pro-black"), await balances(shop)) == (7, {code: 4999})

    async def test_not_by_debit_without_an_account(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        assert (
            await exchanged(shop, number, "aeropix-pro-black", payment_method="direct_debit")
        ).slug == "iban-missing"
        reply = await exchanged(shop, number, "aeropix-pro-black", payment_method="direct_debit", iban=IBAN)
        assert (reply.json["payment"]["status"], reply.json["payment"]["label"]) == ("due", "IBAN …3000")

    async def test_one_that_failed_is_mended(self, shop: ShopClient) -> None:
        await gift_card(shop, 5000)
        number = await delivered(shop, item("aeropix-pro-red"))
        entry = (await exchanged(shop, number, "aeropix-pro-black", payment_method="paypal")).json["number"]
        await booked(shop, number, "declined")
        assert (await shop.get(f"/v1/returns/{entry}")).json["payment"]["failure"] == "declined"
        order = (await try_again(shop, number, payment_method="gift_card")).json
        assert (order["payment"]["status"], order["payment_method"]) == ("paid", "paypal")
        assert (await shop.get(f"/v1/returns/{entry}")).json["payment"]["status"] == "paid"


class TestADifferenceToRefund:
    """To the named method, or the way it came; when the old pieces are back."""

    async def test_the_way_it_came(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-black"))
        entry = (await exchanged(shop, number, "aeropix-pro-red")).json
        assert entry["difference"] == {"direction": "refund", "amount": eur(5000)}
        assert (entry["refund"]["method"], entry["refund"]["status"]) == ("paypal", "requested")
        assert (entry["refund"]["reason"], entry["refund"]["expected_from"]) == ("exchange", None)
        back = (await received(shop, entry["number"])).json
        assert (back["refund"]["status"], back["refund"]["expected_from"]) == ("received", "2026-03-09")
        assert (back["status"], back["replacement"]["status"]) == ("received", "shipped")
        await shop.staff().post(f"/v1/operations/refunds/{back['refund']['id']}/book", {})
        assert (await shop.get(f"/v1/returns/{entry['number']}")).json["status"] == "completed"

    async def test_to_a_named_gift_card_when_the_goods_are_back(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 1)
        number = await delivered(shop, item("aeropix-pro-black"))
        entry = (await exchanged(shop, number, "aeropix-pro-red", payment_method="gift_card", gift_card=code)).json
        assert await balances(shop) == {code: 1}
        assert (await received(shop, entry["number"])).json["status"] == "completed"
        assert await balances(shop) == {code: 5001}

    async def test_several_differences_are_set_off(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"), item("aeropix-pro-black"))
        items = [
            {"line": 0, "quantity": 1, "variant_id": "aeropix-pro-black"},
            {"line": 1, "quantity": 1, "variant_id": "aeropix-pro-white"},
        ]
        reply = (await shop.post(f"/v1/orders/{number}/exchanges", {"items": items})).json
        assert (reply["difference"], reply["refund"]) == ({"direction": "none", "amount": eur(0)}, None)


class TestAgreedPrices:
    """Whoever only changes the colour does not pay what prices have risen by since."""

    async def raise_prices(self, database: Database) -> None:
        async with database.writing() as session:
            await session.execute(update(Variant).values(price_amount=Variant.price_amount * 2))
            grown = update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1)
            await session.execute(grown)

    async def test_what_costs_the_same_today_costs_no_more(self, shop: ShopClient, database: Database) -> None:
        number = await delivered(shop)
        await self.raise_prices(database)
        assert (await exchanged(shop, number, "aeropix-mini-white")).json["difference"]["direction"] == "none"

    async def test_what_costs_more_today_costs_its_price_of_today(self, shop: ShopClient, database: Database) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        await self.raise_prices(database)
        reply = await exchanged(shop, number, "aeropix-pro-black")
        assert reply.json["amount"] == eur(2 * PRO_BLACK - PRO)

    async def test_add_ons_go_over_to_the_new_piece(self, shop: ShopClient) -> None:
        number = await delivered(shop, item(addons=["starter-package", "insurance"]))
        line = (await exchanged(shop, number, "aeropix-mini-white")).json["items"][0]
        assert line["amount"] == line["to"]["amount"] == eur(49900 + 6900)


class TestQuotes:
    """The difference can be learnt before anybody decides how to pay it."""

    async def quoted(self, shop: ShopClient, number: str, variant_id: str, **more: Any) -> Reply:
        body = {"order_number": number, "items": [{"line": 0, "quantity": 1, "variant_id": variant_id}], **more}
        return await shop.post("/v1/exchange-quotes", body)

    async def test_what_it_costs_more_is_told_without_a_way_to_pay(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        quote = (await self.quoted(shop, number, "aeropix-pro-black")).json
        assert (quote["difference"], quote["payment"]) == ({"direction": "pay", "amount": eur(5000)}, None)
        assert await stock_of(shop, "aeropix-pro-black") == 7

    async def test_a_way_to_pay_is_tried_without_paying(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 5000)
        number = await delivered(shop, item("aeropix-pro-red"))
        quote = (await self.quoted(shop, number, "aeropix-pro-black", payment_method="gift_card")).json
        assert (quote["payment"]["status"], quote["payment"]["label"]) == ("paid", f"Gift card …{code[-4:]}")
        assert await balances(shop) == {code: 5000}
        page = (await self.quoted(shop, number, "aeropix-pro-black", payment_method="paypal")).json["payment"]
        assert (page["status"], page["url"]) == ("open", None)

    async def test_it_is_refused_as_the_exchange_is(self, shop: ShopClient) -> None:
        number = await delivered(shop, item("aeropix-pro-red"))
        for variant_id, slug in (
            ("aeropix-pro-red", "not-exchangeable"),
            ("aeropix-mini-red", "not-exchangeable"),
            ("aeropix-pro-pink", "variant-not-found"),
        ):
            assert (await self.quoted(shop, number, variant_id)).slug == slug
        broke = await self.quoted(shop, number, "aeropix-pro-black", payment_method="gift_card")
        assert broke.slug == "gift-card-insufficient"
        assert (await self.quoted(shop, await placed(shop), "aeropix-mini-white")).json["why"] == "not_delivered"


@pytest.mark.parametrize(
    "change",
    [
        {"items": []},
        {"items": [{"line": 0, "quantity": 1}]},
        {"items": [{"line": 0, "quantity": 1, "variant_id": "Blau!"}]},
        {"payment_method": "cash"},
        {"iban": IBAN},
        {"payment_method": "card", "gift_card": "GC-AAAA-AAAA"},
        {"refund_to": "original"},
    ],
)
async def test_an_exchange_that_makes_no_sense_is_refused(shop: ShopClient, change: dict[str, Any]) -> None:
    number = await placed(shop)
    await advanced(shop, number, "delivered")
    body = {"items": [{"line": 0, "quantity": 1, "variant_id": "aeropix-mini-white"}]} | change
    reply = await shop.refused("POST", f"/v1/orders/{number}/exchanges", body)
    assert (reply.status, reply.slug) == (400, "invalid-request")


async def test_what_was_not_paid_yet_is_let_off_before_anything_goes_back(shop: ShopClient) -> None:
    number = await placed(shop, item("aeropix-pro-black"), payment_method="invoice")
    await advanced(shop, number, "delivered")
    entry = (await exchanged(shop, number, "aeropix-pro-red")).json
    assert (await received(shop, entry["number"])).json["status"] == "completed"
    [refund] = await refunds_of(shop)
    assert (refund["method"], refund["status"], refund["amount"]) == ("invoice", "refunded", eur(5000))
    assert (await seen(shop, number))["payment"]["amount"] == eur(PRO)

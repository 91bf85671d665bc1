"""Paying: five ways, each with its rules; changed, tried again, and brought in line when an order changes."""

import asyncio
from typing import Any

import orjson
import pytest
from sqlalchemy import update

from shop.database import Database
from shop.models import Customer
from tests.shop.client import Reply, ShopClient
from tests.shop.requests import (
    ADDRESS,
    VIENNA,
    advanced,
    balances,
    booked,
    eur,
    gift_card,
    item,
    order,
    paid,
    placed,
    refunds_of,
    seen,
    stock_of,
)

IBAN = "DE89 3704 0044 0532 0130 00"
OTHER_IBAN = "AT61 1904 3002 3457 3201"
MINI, PRO, PRO_BLACK = 49900, 119900, 124900


async def payment_of(shop: ShopClient, number: str) -> Any:
    return (await seen(shop, number))["payment"]


async def changed(shop: ShopClient, number: str, **change: Any) -> Reply:
    return await shop.patch(f"/v1/orders/{number}", change)


async def tried_again(shop: ShopClient, number: str, **payment: Any) -> Reply:
    return await shop.post(f"/v1/orders/{number}/payment", payment)


class TestHowAnOrderIsPaid:
    """Open on a page, due later, or paid at once."""

    @pytest.mark.parametrize("method", ["paypal", "card"])
    async def test_paypal_and_cards_are_open_and_have_a_page(self, shop: ShopClient, method: str) -> None:
        payment = (await shop.post("/v1/orders", order(payment_method=method))).json["payment"]
        assert (payment["method"], payment["status"], payment["amount"]) == (method, "open", eur(MINI))
        assert payment["url"].startswith("/pay/")
        assert (payment["failure"], payment["label"]) == (None, None)

    @pytest.mark.parametrize(("method", "more"), [("invoice", {}), ("direct_debit", {"iban": IBAN})])
    async def test_invoices_and_debits_are_due_later(self, shop: ShopClient, method: str, more: dict[str, str]) -> None:
        payment = (await shop.post("/v1/orders", order(payment_method=method, **more))).json["payment"]
        assert (payment["method"], payment["status"], payment["amount"]) == (method, "due", eur(MINI))
        assert payment["url"] is None

    async def test_what_is_due_is_paid_when_staff_says_so(self, shop: ShopClient) -> None:
        number = await placed(shop, payment_method="invoice")
        assert (await booked(shop, number)).json["payment"]["status"] == "paid"
        again = await booked(shop, number)
        assert (again.status, again.slug, again.json["payment_status"]) == (409, "payment-not-open", "paid")

    async def test_a_gift_card_pays_at_once_and_is_named_by_its_ending(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 60000)
        payment = (await shop.post("/v1/orders", order(payment_method="gift_card"))).json["payment"]
        assert (payment["status"], payment["amount"]) == ("paid", eur(MINI))
        assert payment["label"] == f"Gift card …{code[-4:]}"
        assert await balances(shop) == {code: 60000 - MINI}

    async def test_rented_things_are_paid_with_their_first_month(self, shop: ShopClient) -> None:
        number = await placed(shop, item(term_months=6, addons=["insurance"]))
        assert (await payment_of(shop, number))["amount"] == eur(2900 + 690)


class TestGiftCardsMustSuffice:
    """Own ones, of the right currency, with enough on them; else nothing happens."""

    async def test_a_named_card_pays_however_its_code_is_written(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        await gift_card(shop, 90000)
        written = code.lower().replace("-", " ")
        await placed(shop, payment_method="gift_card", gift_card=written)
        assert (await balances(shop))[code] == 0

    async def test_without_a_code_the_emptiest_that_suffices_pays(self, shop: ShopClient) -> None:
        small, right, large = [await gift_card(shop, amount) for amount in (100, MINI, 90000)]
        await placed(shop, payment_method="gift_card")
        assert await balances(shop) == {small: 100, right: 0, large: 90000}

    async def test_too_little_is_refused_with_what_there_is(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI - 1)
        for more in ({}, {"gift_card": code}):
            reply = await shop.post("/v1/orders", order(payment_method="gift_card", **more))
            assert (reply.status, reply.slug, reply.json["balance"]) == (409, "gift-card-insufficient", eur(MINI - 1))
        assert await balances(shop) == {code: MINI - 1}
        assert await stock_of(shop, "aeropix-mini-red") == 24
        assert (await shop.get("/v1/orders")).json == {"items": []}

    async def test_two_cards_are_not_added_up(self, shop: ShopClient) -> None:
        await gift_card(shop, 40000)
        await gift_card(shop, 30000)
        reply = await shop.post("/v1/orders", order(payment_method="gift_card"))
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(40000))

    @pytest.mark.parametrize("code", ["GC-AAAA-AAAA", "x", "GC-GC-GC", "   ", "0"])
    async def test_an_unknown_code_has_nothing_on_it(self, shop: ShopClient, code: str) -> None:
        await gift_card(shop, 90000)
        reply = await shop.post("/v1/orders", order(payment_method="gift_card", gift_card=code))
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(0))

    async def test_somebody_elses_card_looks_like_none(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 90000, customer="customer-2")
        for more in ({}, {"gift_card": code}):
            reply = await shop.post("/v1/orders", order(payment_method="gift_card", **more))
            assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(0))
        assert await balances(shop.acting_for("customer-2")) == {code: 90000}

    async def test_francs_do_not_pay_euros(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 90000, currency="CHF")
        reply = await shop.post("/v1/orders", order(payment_method="gift_card", gift_card=code))
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(0))

    @pytest.mark.parametrize("method", ["paypal", "invoice", "direct_debit"])
    async def test_a_code_goes_with_no_other_method(self, shop: ShopClient, method: str) -> None:
        reply = await shop.refused("POST", "/v1/orders", order(payment_method=method, gift_card="GC-AAAA-AAAA"))
        assert (reply.status, reply.slug) == (400, "invalid-request")

    async def test_fifty_orders_at_once_take_no_more_than_a_card_has(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 20 * 17900 + 17899)
        shoes = order(item("stridelab-run-42-blue"), payment_method="gift_card")
        replies = await asyncio.gather(*(shop.post("/v1/orders", shoes) for _ in range(50)))
        assert sum(reply.status == 201 for reply in replies) == 20
        assert {reply.slug for reply in replies if reply.status != 201} == {"gift-card-insufficient"}
        assert await balances(shop) == {code: 17899}
        assert await stock_of(shop, "stridelab-run-42-blue") == 22 - 20

    async def test_the_staff_alone_hands_out_cards(self, shop: ShopClient) -> None:
        body = {"customer": "customer-1", "amount": 100, "currency": "EUR"}
        assert (await shop.post("/v1/operations/gift-cards", body)).status == 401

    @pytest.mark.parametrize(
        "change", [{"amount": 0}, {"amount": -1}, {"amount": 10_000_001}, {"currency": "Euro"}, {"customer": "a b"}]
    )
    async def test_a_card_that_makes_no_sense_is_not_handed_out(self, shop: ShopClient, change: dict[str, Any]) -> None:
        body = {"customer": "customer-1", "amount": 100, "currency": "EUR"} | change
        reply = await shop.staff().refused("POST", "/v1/operations/gift-cards", body)
        assert (reply.status, reply.slug) == (400, "invalid-request")


class TestIbans:
    """Checked by their digits, kept for the next time, never shown whole."""

    async def test_an_iban_is_kept_for_the_next_debit(self, shop: ShopClient) -> None:
        await placed(shop, payment_method="direct_debit", iban=IBAN)
        again = (await shop.post("/v1/orders", order(payment_method="direct_debit"))).json
        assert (again["payment"]["status"], again["payment"]["label"]) == ("due", "IBAN …3000")
        customer = await shop.get("/v1/customers/me")
        assert customer.json["iban_ending"] == "…3000"
        assert b"37040044" not in customer.raw

    async def test_a_debit_without_any_iban_is_refused(self, shop: ShopClient) -> None:
        reply = await shop.post("/v1/orders", order(payment_method="direct_debit"))
        assert (reply.status, reply.slug) == (409, "iban-missing")
        assert await stock_of(shop, "aeropix-mini-red") == 24

    async def test_one_customers_iban_is_not_anothers(self, shop: ShopClient) -> None:
        await placed(shop, payment_method="direct_debit", iban=IBAN)
        reply = await shop.acting_for("customer-2").post("/v1/orders", order(payment_method="direct_debit"))
        assert reply.slug == "iban-missing"

    @pytest.mark.parametrize("iban", ["DE89370400440532013001", "DE8937040044053201300", "ZZ89 3704 0044 0532 0130 00"])
    async def test_an_iban_with_a_slip_is_refused(self, shop: ShopClient, iban: str) -> None:
        reply = await shop.post("/v1/orders", order(payment_method="direct_debit", iban=iban))
        assert (reply.status, reply.slug) == (400, "invalid-request")
        assert [error["path"] for error in reply.json["errors"]] == ["iban"]
        assert iban[:10] not in reply.raw.decode()

    @pytest.mark.parametrize("iban", ["", "DE89", "konto 4", "DE८९ 3704 0044 0532 0130 00", "DE89\n370400440532013000"])
    async def test_what_is_no_iban_at_all_is_refused(self, shop: ShopClient, iban: str) -> None:
        reply = await shop.refused("POST", "/v1/orders", order(payment_method="direct_debit", iban=iban))
        assert (reply.status, [error["path"] for error in reply.json["errors"]]) == (400, ["iban"])

    @pytest.mark.parametrize("method", ["paypal", "invoice", "gift_card"])
    async def test_an_iban_goes_with_no_other_method(self, shop: ShopClient, method: str) -> None:
        reply = await shop.refused("POST", "/v1/orders", order(payment_method=method, iban=IBAN))
        assert (reply.status, reply.slug) == (400, "invalid-request")

    async def test_another_iban_replaces_the_one_that_is_due(self, shop: ShopClient) -> None:
        number = await placed(shop, payment_method="direct_debit", iban=IBAN)
        reply = await changed(shop, number, payment_method="direct_debit", iban=OTHER_IBAN)
        assert (reply.json["payment"]["label"], reply.json["payment"]["amount"]) == ("IBAN …3201", eur(MINI))


class TestChangesOnlyWhilePending:
    """And never without an owner's word."""

    @pytest.mark.parametrize("status", ["processed", "shipped", "delivered"])
    @pytest.mark.parametrize("change", [{"payment_method": "invoice"}, {"address": VIENNA}, {"items": [item()]}])
    async def test_nothing_of_an_order_under_way_changes(
        self, shop: ShopClient, status: str, change: dict[str, Any]
    ) -> None:
        number = await placed(shop)
        await advanced(shop, number, status)
        before = await seen(shop, number)
        reply = await changed(shop, number, **change)
        assert (reply.slug, reply.json["order_status"]) == ("order-not-changeable", status)
        assert await seen(shop, number) == before
        assert (before["changeable"], before["cancellable"]) == (False, False)

    async def test_a_pending_order_says_that_it_can_be_changed(self, shop: ShopClient) -> None:
        order_now = await seen(shop, await placed(shop))
        assert (order_now["changeable"], order_now["cancellable"]) == (True, True)


class TestChangesWithinTheProducts:
    """Another colour, another size, fewer or more of it, but no other product."""

    async def test_another_product_is_refused_by_name(self, shop: ShopClient) -> None:
        number = await placed(shop)
        before = await seen(shop, number)
        reply = await changed(shop, number, items=[item(), item("urbano-e1-m-blue")], address=VIENNA)
        assert (reply.status, reply.slug) == (409, "product-not-in-order")
        assert (reply.json["variant_id"], reply.json["product_id"]) == ("urbano-e1-m-blue", "urbano-e1")
        assert await seen(shop, number) == before

    async def test_not_even_another_model_of_the_family(self, shop: ShopClient) -> None:
        reply = await changed(shop, await placed(shop), items=[item("aeropix-pro-red")])
        assert reply.slug == "product-not-in-order"

    async def test_several_items_change_at_once(self, shop: ShopClient) -> None:
        number = await placed(shop, item(), item("stridelab-run-42-blue", 2), item("urbano-e1-m-blue"))
        items = [item("aeropix-mini-white"), item("stridelab-run-43-blue", 2), item("urbano-e1-l-grey")]
        reply = await changed(shop, number, items=items)
        assert [line["variant_id"] for line in reply.json["items"]] == [entry["variant_id"] for entry in items]
        assert await stock_of(shop, "stridelab-run-42-blue") == 22

    async def test_only_what_is_there(self, shop: ShopClient) -> None:
        number = await placed(shop)
        reply = await changed(shop, number, items=[item("aeropix-mini-black")])
        assert (reply.slug, reply.json["available"]) == ("out-of-stock", 0)
        assert (await seen(shop, number))["items"][0]["variant_id"] == "aeropix-mini-red"


class TestOrderOfChanges:
    """Items, then address, then payment: the payment must suffice for the new total."""

    async def test_all_three_in_one(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 2 * MINI)
        number = await placed(shop)
        reply = await changed(
            shop, number, payment_method="gift_card", gift_card=code, address=VIENNA, items=[item(quantity=2)]
        )
        assert (reply.json["total_now"], reply.json["address"]) == (eur(2 * MINI), VIENNA)
        assert (reply.json["payment"]["status"], reply.json["payment_method"]) == ("paid", "gift_card")
        assert await balances(shop) == {code: 0}

    async def test_a_card_that_pays_the_old_total_only_changes_nothing(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 2 * MINI - 1)
        number = await placed(shop)
        before = await seen(shop, number)
        reply = await changed(
            shop, number, payment_method="gift_card", gift_card=code, address=VIENNA, items=[item(quantity=2)]
        )
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(2 * MINI - 1))
        assert await seen(shop, number) == before
        assert await balances(shop) == {code: 2 * MINI - 1}
        assert await stock_of(shop, "aeropix-mini-red") == 23
        assert (await shop.get("/v1/customers/me")).json["addresses"] == [ADDRESS]

    async def test_a_card_that_pays_the_new_total_only_is_enough(self, shop: ShopClient) -> None:
        await gift_card(shop, MINI)
        number = await placed(shop, item(quantity=2))
        reply = await changed(shop, number, items=[item()], payment_method="gift_card")
        assert reply.json["payment"]["status"] == "paid"

    @pytest.mark.parametrize("change", [{"payment_method": None}, {"iban": IBAN}, {"gift_card": "GC-AAAA-AAAA"}])
    async def test_a_way_to_pay_is_said_whole(self, shop: ShopClient, change: dict[str, Any]) -> None:
        number = await placed(shop)
        reply = await shop.refused("PATCH", f"/v1/orders/{number}", change)
        assert (reply.status, reply.slug) == (400, "invalid-request")


class TestWhatIsNotPaidYetFollows:
    """An open or due payment simply becomes the new total's."""

    @pytest.mark.parametrize(("method", "status"), [("paypal", "open"), ("invoice", "due")])
    @pytest.mark.parametrize("quantity", [1, 3])
    async def test_the_amount_follows(self, shop: ShopClient, method: str, status: str, quantity: int) -> None:
        number = await placed(shop, item(quantity=2), payment_method=method)
        payment = (await changed(shop, number, items=[item(quantity=quantity)])).json["payment"]
        assert (payment["method"], payment["status"], payment["amount"]) == (method, status, eur(quantity * MINI))
        assert await refunds_of(shop) == []

    async def test_another_address_leaves_the_page_where_it_is(self, shop: ShopClient) -> None:
        number = await placed(shop)
        before = await payment_of(shop, number)
        assert (await changed(shop, number, address=VIENNA)).json["payment"] == before

    async def test_another_way_replaces_it(self, shop: ShopClient) -> None:
        number = await placed(shop)
        reply = await changed(shop, number, payment_method="invoice")
        assert (reply.json["payment_method"], reply.json["payment"]["status"]) == ("invoice", "due")
        assert reply.json["payment"]["url"] is None

    async def test_a_way_that_the_customer_may_not_use_is_refused(self, shop: ShopClient, database: Database) -> None:
        number = await placed(shop)
        async with database.writing() as session:
            await session.execute(update(Customer).values(payment_methods=["paypal"]))
        for reply in (
            await changed(shop, number, payment_method="card"),
            await tried_again(shop, number, payment_method="card"),
        ):
            assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "payment_method")


class TestADifferenceToPay:
    """Of what is paid already, only the difference is paid: as named, or the way the order is paid."""

    async def test_by_the_orders_way(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-red"))
        reply = (await changed(shop, number, items=[item("aeropix-pro-black")])).json
        assert (reply["payment"]["method"], reply["payment"]["status"]) == ("paypal", "open")
        assert reply["payment"]["amount"] == eur(PRO_BLACK - PRO)
        assert (await booked(shop, number)).json["payment"]["amount"] == eur(PRO_BLACK)

    async def test_by_the_named_way_and_the_order_keeps_its_own(self, shop: ShopClient) -> None:
        await gift_card(shop, 5000)
        number = await paid(shop, item("aeropix-pro-red"))
        reply = (await changed(shop, number, items=[item("aeropix-pro-black")], payment_method="gift_card")).json
        assert (reply["payment"]["status"], reply["payment"]["amount"]) == ("paid", eur(PRO_BLACK))
        assert reply["payment_method"] == "paypal"
        assert list((await balances(shop)).values()) == [0]

    async def test_by_the_card_that_paid_before_if_none_is_named(self, shop: ShopClient) -> None:
        code = await gift_card(shop, PRO_BLACK)
        number = await placed(shop, item("aeropix-pro-red"), payment_method="gift_card", gift_card=code)
        await gift_card(shop, 5000)
        await changed(shop, number, items=[item("aeropix-pro-black")])
        assert (await balances(shop))[code] == 0

    async def test_not_if_the_card_does_not_suffice(self, shop: ShopClient) -> None:
        code = await gift_card(shop, PRO + 4999)
        number = await placed(shop, item("aeropix-pro-red"), payment_method="gift_card")
        reply = await changed(shop, number, items=[item("aeropix-pro-black")])
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(4999))
        assert (await seen(shop, number))["items"][0]["variant_id"] == "aeropix-pro-red"
        assert await balances(shop) == {code: 4999}

    async def test_an_open_difference_follows_the_next_change(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-red"))
        await changed(shop, number, items=[item("aeropix-pro-black")])
        back = (await changed(shop, number, items=[item("aeropix-pro-white")])).json["payment"]
        assert (back["status"], back["amount"], await refunds_of(shop)) == ("paid", eur(PRO), [])


class TestADifferenceToRefund:
    """A gift card at once, the others in five to seven working days."""

    async def test_the_way_it_came(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-black"))
        reply = (await changed(shop, number, items=[item("aeropix-pro-red")])).json
        assert (reply["payment"]["status"], reply["payment"]["amount"]) == ("paid", eur(PRO))
        [refund] = await refunds_of(shop)
        assert (refund["reason"], refund["method"], refund["amount"]) == ("change", "paypal", eur(5000))
        assert (refund["status"], refund["return_number"]) == ("requested", None)
        assert (refund["expected_from"], refund["expected_until"]) == ("2026-03-09", "2026-03-11")

    async def test_to_a_named_gift_card_at_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 100)
        number = await paid(shop, item("aeropix-pro-black"))
        await changed(shop, number, items=[item("aeropix-pro-red")], payment_method="gift_card", gift_card=code)
        [refund] = await refunds_of(shop)
        assert (refund["method"], refund["status"]) == ("gift_card", "refunded")
        assert refund["refunded_at"] == refund["requested_at"]
        assert await balances(shop) == {code: 5100}

    async def test_to_a_new_gift_card_if_there_is_none(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-black"))
        await changed(shop, number, items=[item("aeropix-pro-red")], payment_method="gift_card")
        assert list((await balances(shop)).values()) == [5000]

    async def test_not_to_somebody_elses_card(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 100, customer="customer-2")
        number = await paid(shop, item("aeropix-pro-black"))
        change = {"items": [item("aeropix-pro-red")], "payment_method": "gift_card", "gift_card": code}
        assert (await changed(shop, number, **change)).slug == "gift-card-insufficient"
        assert await refunds_of(shop) == []
        assert await balances(shop.acting_for("customer-2")) == {code: 100}

    async def test_to_a_named_account(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-black"))
        await changed(shop, number, items=[item("aeropix-pro-red")], payment_method="direct_debit", iban=IBAN)
        [refund] = await refunds_of(shop)
        assert (refund["method"], refund["label"], refund["status"]) == ("direct_debit", "IBAN …3000", "requested")

    async def test_not_to_an_account_that_nobody_knows(self, shop: ShopClient) -> None:
        number = await paid(shop, item("aeropix-pro-black"))
        reply = await changed(shop, number, items=[item("aeropix-pro-red")], payment_method="direct_debit")
        assert reply.slug == "iban-missing"


class TestAnotherWayForWhatIsPaid:
    """Without a difference, the whole is paid anew, and what came goes back."""

    async def test_the_card_has_its_money_back_at_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, MINI)
        number = await placed(shop, payment_method="gift_card")
        reply = (await changed(shop, number, payment_method="invoice")).json
        assert (reply["payment_method"], reply["payment"]["status"], reply["payment"]["amount"]) == (
            "invoice",
            "due",
            eur(MINI),
        )
        assert await balances(shop) == {code: MINI}

    async def test_the_card_pays_and_paypal_gives_back(self, shop: ShopClient) -> None:
        await gift_card(shop, MINI)
        number = await paid(shop)
        reply = (await changed(shop, number, payment_method="gift_card")).json
        assert (reply["payment"]["status"], reply["payment"]["amount"]) == ("paid", eur(MINI))
        [refund] = await refunds_of(shop)
        assert (refund["method"], refund["amount"], refund["status"]) == ("paypal", eur(MINI), "requested")

    async def test_not_if_the_new_way_does_not_suffice(self, shop: ShopClient) -> None:
        number = await paid(shop)
        assert (await changed(shop, number, payment_method="gift_card")).slug == "gift-card-insufficient"
        assert (await refunds_of(shop), (await payment_of(shop, number))["status"]) == ([], "paid")

    async def test_the_same_way_changes_nothing(self, shop: ShopClient) -> None:
        number = await paid(shop)
        before = await seen(shop, number)
        assert (await changed(shop, number, payment_method="paypal")).json == before
        assert await refunds_of(shop) == []


class TestFailedPaymentsAreMended:
    """Open or failed ones, in whatever status the order is; not those that are paid, due, or gone."""

    @pytest.mark.parametrize("failure", ["declined", "insufficient_funds", "expired", "cancelled"])
    async def test_a_failed_payment_says_why_and_is_paid_otherwise(self, shop: ShopClient, failure: str) -> None:
        number = await placed(shop)
        failed = (await booked(shop, number, failure)).json["payment"]
        assert (failed["status"], failed["failure"]) == ("failed", failure)
        mended = (await tried_again(shop, number, payment_method="invoice")).json
        assert (mended["payment"]["status"], mended["payment"]["failure"]) == ("due", None)
        assert (mended["payment_method"], mended["payment"]["amount"]) == ("invoice", eur(MINI))

    async def test_an_open_one_gets_a_new_page(self, shop: ShopClient) -> None:
        number = await placed(shop)
        first = (await payment_of(shop, number))["url"]
        again = (await tried_again(shop, number, payment_method="paypal")).json["payment"]
        assert (again["status"], again["url"] != first) == ("open", True)

    @pytest.mark.parametrize("status", ["processed", "shipped", "delivered"])
    async def test_whatever_has_become_of_the_order(self, shop: ShopClient, status: str) -> None:
        await gift_card(shop, MINI)
        number = await placed(shop)
        await advanced(shop, number, status)
        assert (await tried_again(shop, number, payment_method="gift_card")).json["payment"]["status"] == "paid"

    async def test_a_debit_that_bounced_is_mended_with_another_account(self, shop: ShopClient) -> None:
        number = await placed(shop, payment_method="direct_debit", iban=IBAN)
        await booked(shop, number, "insufficient_funds")
        payment = (await tried_again(shop, number, payment_method="direct_debit", iban=OTHER_IBAN)).json["payment"]
        assert (payment["status"], payment["label"]) == ("due", "IBAN …3201")

    async def test_the_new_way_must_suffice(self, shop: ShopClient) -> None:
        await gift_card(shop, 1)
        number = await placed(shop)
        reply = await tried_again(shop, number, payment_method="gift_card")
        assert (reply.slug, reply.json["balance"]) == ("gift-card-insufficient", eur(1))
        assert (await payment_of(shop, number))["status"] == "open"

    async def test_what_is_paid_or_due_is_not_paid_again(self, shop: ShopClient) -> None:
        for number, status in ((await paid(shop), "paid"), (await placed(shop, payment_method="invoice"), "due")):
            reply = await tried_again(shop, number, payment_method="card")
            assert (reply.status, reply.slug, reply.json["payment_status"]) == (409, "payment-not-open", status)

    async def test_a_cancelled_order_is_not_paid(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await shop.post(f"/v1/orders/{number}/cancellation", {})
        reply = await tried_again(shop, number, payment_method="card")
        assert (reply.slug, reply.json["payment_status"]) == ("payment-not-open", "none")

    async def test_nobody_pays_somebody_elses_order(self, shop: ShopClient) -> None:
        number = await placed(shop)
        reply = await tried_again(shop.acting_for("customer-2"), number, payment_method="invoice")
        assert (reply.status, reply.slug) == (404, "order-not-found")
        assert (await payment_of(shop, number))["method"] == "paypal"

    async def test_tried_twice_at_once_it_is_paid_once(self, shop: ShopClient) -> None:
        code = await gift_card(shop, 2 * MINI)
        number = await placed(shop)
        replies = await asyncio.gather(*(tried_again(shop, number, payment_method="gift_card") for _ in range(6)))
        assert sorted(reply.status for reply in replies) == [200] + [409] * 5
        assert await balances(shop) == {code: MINI}


class TestSeveralParcels:
    """The staff says which lines go in which parcel; each has its own number and events."""

    async def test_each_parcel_has_its_lines(self, shop: ShopClient) -> None:
        number = await placed(shop, item(), item("stridelab-run-42-blue"), item("urbano-e1-m-blue"))
        path = f"/v1/operations/orders/{number}/advance"
        sent = (await shop.staff().post(path, {"to": "shipped", "parcels": [[0, 2], [1]]})).json["shipments"]
        assert [parcel["lines"] for parcel in sent] == [[0, 2], [1]]
        assert len({parcel["tracking_number"] for parcel in sent}) == 2
        arrived = (await advanced(shop, number, "delivered")).json["shipments"]
        assert [parcel["events"][-1]["code"] for parcel in arrived] == ["delivered"] * 2

    async def test_without_parcels_all_goes_in_one(self, shop: ShopClient) -> None:
        number = await placed(shop, item(), item("stridelab-run-42-blue"))
        assert [parcel["lines"] for parcel in (await advanced(shop, number, "shipped")).json["shipments"]] == [[0, 1]]

    @pytest.mark.parametrize("parcels", [[[0]], [[0, 1], [1]], [[0], [1], [2]], [[1], [1]]])
    async def test_every_line_goes_once(self, shop: ShopClient, parcels: list[list[int]]) -> None:
        number = await placed(shop, item(), item("stridelab-run-42-blue"))
        path = f"/v1/operations/orders/{number}/advance"
        reply = await shop.staff().post(path, {"to": "shipped", "parcels": parcels})
        assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "parcels")
        assert (await seen(shop, number))["status"] == "pending"

    @pytest.mark.parametrize("body", [{"to": "delivered", "parcels": [[0]]}, {"to": "shipped", "parcels": [[]]}])
    async def test_parcels_belong_to_sending(self, shop: ShopClient, body: Any) -> None:
        path = f"/v1/operations/orders/{await placed(shop)}/advance"
        assert (await shop.staff().refused("POST", path, body)).slug == "invalid-request"


class TestNewPromises:
    """A day that does not hold is promised anew, and the old promise is kept."""

    async def test_a_new_day_is_kept_beside_the_old(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await advanced(shop, number, "shipped")
        path = f"/v1/operations/orders/{number}/promise"
        reply = (await shop.staff().post(path, {"promised_date": "2026-03-10"})).json
        assert reply["promised_date"] == reply["shipments"][0]["promised_date"] == "2026-03-10"
        assert reply["promise_changes"] == [
            {"at": "2026-03-02T09:30:00Z", "before": "2026-03-04", "after": "2026-03-10"}
        ]
        assert reply["shipments"][0]["events"][-1]["code"] == "promise_changed"
        assert await seen(shop, number) == reply

    async def test_what_has_arrived_is_not_promised(self, shop: ShopClient) -> None:
        number = await placed(shop)
        await advanced(shop, number, "delivered")
        path = f"/v1/operations/orders/{number}/promise"
        assert (await shop.staff().post(path, {"promised_date": "2026-03-10"})).slug == "order-not-changeable"

    async def test_nor_is_a_day_that_is_over(self, shop: ShopClient) -> None:
        path = f"/v1/operations/orders/{await placed(shop)}/promise"
        reply = await shop.staff().post(path, {"promised_date": "2026-03-01"})
        assert (reply.slug, reply.json["errors"][0]["path"]) == ("invalid-request", "promised_date")

    @pytest.mark.parametrize("day", ["tomorrow", "2026-3-1", 5, None])
    async def test_nor_what_is_no_day(self, shop: ShopClient, day: Any) -> None:
        path = f"/v1/operations/orders/{await placed(shop)}/promise"
        reply = await shop.staff().exchange(
            "POST", path, raw=orjson.dumps({"promised_date": day}), headers={"Idempotency-Key": "k"}
        )
        assert (reply.status, reply.slug) == (400, "invalid-request")

"""What the assistant relies on, whatever shop stands behind it: every adapter's tests inherit these."""

from collections.abc import Callable, Sequence
from uuid import uuid4

import pytest

from actions.backend.port import (
    Address,
    Backend,
    Item,
    KeyReused,
    NotFound,
    NotSupported,
    OutOfStock,
    Payment,
    Product,
    Refused,
    Rejected,
    Variant,
)

LEIPZIG = Address(name="Jonas Reuter", street="Lindenweg 4", postal_code="04109", city="Leipzig")
VIENNA = Address(name="Mia Reuter", street="Gumpendorfer Str. 12", postal_code="1060", city="Wien", country="AT")
ON_INVOICE = Payment(method="invoice")
MOST = 99
"""Pieces that one line may have."""

Build = Callable[[], Backend]
"""The adapter as another worker would build it: with the same settings, and nothing remembered."""


class BackendContract:
    """A class below it has the fixture `build`; the goods in the shop may be any."""

    @pytest.fixture
    def backend(self, build: Build) -> Backend:
        return build()

    @pytest.fixture
    def kim(self) -> str:
        return _somebody()

    async def test_the_catalog_can_be_spoken_of_in_both_languages(self, backend: Backend) -> None:
        catalog = await backend.products()
        assert len({product.id for product in catalog}) == len(catalog) > 0
        for product in catalog:
            assert all((product.kind, product.family, product.name, product.variants))
            assert all(wording[language] for wording in _wordings(product) for language in ("de", "en"))

    async def test_each_combination_of_options_is_one_variant_at_most(self, backend: Backend) -> None:
        for product in await backend.products():
            chosen = [tuple(sorted(variant.options.items())) for variant in product.variants]
            offered = {(option.id, value.id) for option in product.options for value in option.values}
            assert len(set(chosen)) == len(chosen), product.id
            assert {pair for pairs in chosen for pair in pairs} <= offered, product.id

    async def test_a_quote_adds_up(self, backend: Backend) -> None:
        variant = await _in_stock(backend)
        quote = await backend.quote([Item(variant_id=variant.id, quantity=2)])
        line = quote.lines[0]
        assert (line.variant_id, line.quantity, line.unit_price) == (variant.id, 2, variant.price)
        assert sum(line.total.amount for line in quote.lines) == quote.total_now.amount
        assert quote.total_monthly is None

    async def test_a_quote_for_more_than_there_is_says_how_many_there_are(self, backend: Backend) -> None:
        variant = await _in_stock(backend)
        quote = await backend.quote(_more_than_there_is(variant))
        assert quote.lines[0].available is not None
        assert 0 < quote.lines[0].available < 2 * MOST

    async def test_who_never_ordered_has_no_orders_and_no_address(self, backend: Backend, kim: str) -> None:
        customer = await backend.customer(kim)
        assert (customer.id, customer.name, customer.addresses) == (kim, None, ())
        assert list(await backend.orders(kim)) == []

    async def test_an_order_is_placed_as_quoted(self, backend: Backend, kim: str) -> None:
        items = [Item(variant_id=variant.id, quantity=2) for variant in await _two_in_stock(backend)]
        quote = await backend.quote(items)
        order = await backend.place_order(kim, items, LEIPZIG, ON_INVOICE, "de", key="message-1")
        assert (order.status, order.address, order.payment_method) == ("pending", LEIPZIG, "invoice")
        assert [(line.variant_id, line.quantity) for line in order.items] == [(i.variant_id, 2) for i in items]
        assert order.total_now == quote.total_now
        assert await backend.order(kim, order.number) == order

    async def test_another_worker_knows_the_customer_and_the_order(self, build: Build, kim: str) -> None:
        here, there = build(), build()
        order = await here.place_order(kim, [await _one(here)], LEIPZIG, ON_INVOICE, "de", key="message-1")
        assert list(await there.orders(kim)) == [order]
        assert (await there.customer(kim)).addresses == (LEIPZIG,)
        await there.close()

    async def test_the_address_used_last_comes_first_and_the_newest_order_too(self, backend: Backend, kim: str) -> None:
        item = await _one(backend)
        first = await backend.place_order(kim, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        second = await backend.place_order(kim, [item], VIENNA, ON_INVOICE, "de", key="message-2")
        assert [order.number for order in await backend.orders(kim)] == [second.number, first.number]
        assert (await backend.customer(kim)).addresses == (VIENNA, LEIPZIG)

    async def test_somebody_elses_order_and_none_at_all_are_not_found(self, backend: Backend, kim: str) -> None:
        order = await backend.place_order(kim, [await _one(backend)], LEIPZIG, ON_INVOICE, "de", key="message-1")
        for customer, number in ((_somebody(), order.number), (kim, "NC-999999")):
            with pytest.raises(NotFound):
                await backend.order(customer, number)
            with pytest.raises(NotFound):
                await backend.cancel_order(customer, number, reason="not_said", key="message-2")
        assert await backend.order(kim, order.number) == order

    async def test_an_order_sent_again_with_its_key_is_placed_once(self, build: Build, kim: str) -> None:
        here, there = build(), build()
        item = await _one(here)
        first = await here.place_order(kim, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        again = await there.place_order(kim, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        assert again == first
        assert len(await here.orders(kim)) == 1
        await there.close()

    async def test_a_key_is_not_used_for_another_order(self, backend: Backend, kim: str) -> None:
        item = await _one(backend)
        await backend.place_order(kim, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        more = item.model_copy(update={"quantity": 2})
        for items, address in (([more], LEIPZIG), ([item], VIENNA)):
            with pytest.raises(KeyReused):
                await backend.place_order(kim, items, address, ON_INVOICE, "de", key="message-1")
        assert len(await backend.orders(kim)) == 1

    async def test_one_customers_key_never_meets_anothers(self, backend: Backend, kim: str) -> None:
        item, mia = await _one(backend), _somebody()
        first = await backend.place_order(kim, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        other = await backend.place_order(mia, [item], VIENNA, ON_INVOICE, "de", key="message-1")
        assert other.number != first.number

    async def test_what_there_is_not_enough_of_is_refused_with_what_is_left(self, backend: Backend, kim: str) -> None:
        variant = await _in_stock(backend)
        with pytest.raises(OutOfStock) as refused:
            await backend.place_order(kim, _more_than_there_is(variant), LEIPZIG, ON_INVOICE, "de", key="message-1")
        assert refused.value.variant_id == variant.id
        assert 0 < refused.value.available < 2 * MOST
        assert list(await backend.orders(kim)) == []
        left = [Item(variant_id=variant.id, quantity=1)]
        assert (await backend.place_order(kim, left, LEIPZIG, ON_INVOICE, "de", key="message-2")).status == "pending"

    async def test_an_order_is_cancelled_or_said_to_be_left_to_a_person(self, backend: Backend, kim: str) -> None:
        order = await backend.place_order(kim, [await _one(backend)], LEIPZIG, ON_INVOICE, "de", key="message-1")
        try:
            cancelled = await backend.cancel_order(kim, order.number, reason="too_expensive", key="message-2")
        except NotSupported:
            assert await backend.order(kim, order.number) == order
        else:
            assert (cancelled.number, cancelled.status) == (order.number, "cancelled")

    async def test_two_who_are_one_have_one_list_of_orders_or_it_is_left_to_a_person(
        self, backend: Backend, kim: str
    ) -> None:
        other, item = _somebody(), await _one(backend)
        order = await backend.place_order(other, [item], LEIPZIG, ON_INVOICE, "de", key="message-1")
        try:
            await backend.join_customers(kim, other, key="message-2")
        except NotSupported:
            assert list(await backend.orders(other)) == [order]
            return
        assert (list(await backend.orders(kim)), list(await backend.orders(other))) == ([order], [])
        await backend.join_customers(kim, other, key="message-3")
        with pytest.raises(Refused) as refused:
            await backend.join_customers(_somebody(), other, key="message-4")
        assert refused.value.slug == "joined-otherwise"
        await backend.part_customers(kim, other, key="message-5")
        assert (list(await backend.orders(kim)), list(await backend.orders(other))) == ([], [order])
        with pytest.raises(NotFound):
            await backend.part_customers(kim, other, key="message-6")

    async def test_a_proven_address_leads_to_its_customer_or_it_is_left_to_a_person(
        self, backend: Backend, kim: str
    ) -> None:
        email = f"{uuid4().hex}@example.org"
        try:
            assert list(await backend.customers_with_email(email)) == []
            await backend.prove_email(kim, email, key="message-1")
        except NotSupported:
            return
        assert [customer.id for customer in await backend.customers_with_email(email.upper())] == [kim]
        with pytest.raises(Rejected):
            await backend.prove_email(kim, "no address", key="message-2")


def _somebody() -> str:
    return f"rest:{uuid4()}"


def _wordings(product: Product) -> Sequence[dict[str, str]]:
    of_options = [words for option in product.options for words in (option.name, *(v.name for v in option.values))]
    return [dict(words) for words in (product.tagline, product.description, *of_options)]


async def _two_in_stock(backend: Backend) -> list[Variant]:
    """The variants of which most is left, of two products, so that no test takes the last."""
    best = [max(product.variants, key=lambda variant: variant.stock) for product in await backend.products()]
    return sorted(best, key=lambda variant: -variant.stock)[:2]


async def _in_stock(backend: Backend) -> Variant:
    return (await _two_in_stock(backend))[0]


async def _one(backend: Backend) -> Item:
    return Item(variant_id=(await _in_stock(backend)).id, quantity=1)


def _more_than_there_is(variant: Variant) -> list[Item]:
    """Two lines of it, because a shop may have more than a line may ask for."""
    return [Item(variant_id=variant.id, quantity=MOST), Item(variant_id=variant.id, quantity=MOST)]

"""Money is exact: found rather than invented, over any prices and quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.money import CurrencyMismatchError, Money, total
from shop.pricing import Line, LineAddon, totals_of

prices = st.builds(Money, amount=st.integers(0, 10**8), currency=st.just("EUR"))
addons = st.builds(LineAddon, id=st.just("a"), name=st.just({}), price=prices, monthly=st.booleans())
lines = st.builds(
    Line,
    variant_id=st.just("v"),
    product_id=st.just("p"),
    product_name=st.just("P"),
    options=st.just({}),
    quantity=st.integers(1, 99),
    term_months=st.none() | st.sampled_from([1, 3, 6, 12, 24]),
    unit_price=prices,
    addons=st.lists(addons, max_size=3).map(tuple),
)


def test_two_currencies_are_not_added() -> None:
    with pytest.raises(CurrencyMismatchError):
        Money(1, "EUR") + Money(1, "CHF")


@given(st.lists(prices))
def test_a_total_is_the_sum_to_the_cent(amounts: list[Money]) -> None:
    assert total(amounts, "EUR") == Money(sum(money.amount for money in amounts), "EUR")


@given(st.lists(lines, min_size=1, max_size=20))
def test_what_is_due_now_is_the_sum_of_the_lines(priced: list[Line]) -> None:
    assert totals_of(priced).now == total((line.total for line in priced), "EUR")


@given(st.lists(lines, min_size=1, max_size=20))
def test_what_is_due_monthly_is_part_of_what_is_due_now(priced: list[Line]) -> None:
    """The first month is paid now, so only prices paid once make the difference."""
    totals = totals_of(priced)
    monthly = Money(0, "EUR") if totals.monthly is None else totals.monthly
    bought = [line.unit_price * line.quantity for line in priced if line.term_months is None]
    booked = [a.price * line.quantity for line in priced for a in line.addons if not a.monthly]
    assert monthly + total([*bought, *booked], "EUR") == totals.now


@given(lines)
def test_nothing_monthly_is_said_to_be_nothing_rather_than_zero(line: Line) -> None:
    has_monthly = line.term_months is not None or any(addon.monthly for addon in line.addons)
    assert (totals_of([line]).monthly is not None) is has_monthly

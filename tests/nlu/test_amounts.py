"""What customers call a number, a sum or a length of time comes out as one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.amounts import duration, money, quantity
from bot.nlu.numbers import Number, figure, leading_number, number_word


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2.500", "2500"), ("1,299.50", "1299.50"), ("1.299,50", "1299.50"), ("1'200", "1200"), ("12,5", "12.5"),
        ("0.750", "0.750"), ("1.234.567", "1234567"), ("007", "7"),
    ],
)  # fmt: skip
def test_a_figure_is_read_as_its_writer_meant_it(written: str, value: str) -> None:
    assert figure(written) == Decimal(value)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("zwo", 2), ("vierundzwanzig", 24), ("hundertfuenfzig", 150), ("zweitausendfuenfhundert", 2500),
        ("eintausendzweihundert", 1200), ("zwoelfhundert", 1200), ("hundertviertausendzweihundertdreiunddreissig", 104_233),
        ("fuffzig", 50), ("seventeen", 17), ("fourty", 40),
    ],
)  # fmt: skip
def test_a_number_word_has_its_value(word: str, value: int) -> None:
    assert number_word(word) == value


@pytest.mark.parametrize(
    "word", ["und", "tausendschoen", "hund", "seiner", "einsam", "achtung", "", "often", "hundertmal"]
)
def test_a_word_that_only_looks_like_a_number_has_none(word: str) -> None:
    assert number_word(word) is None


def test_digits_said_one_by_one_are_not_added_up() -> None:
    number = leading_number(["eins", "null", "vier"])
    assert number == Number(Decimal(1), 1)


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("zwei", 2), ("2x", 2), ("zweimal", 2), ("fünf stück", 5), ("beide", 2), ("zwei dutzend", 24), ("eine", 1),
        ("a couple", 2), ("a dozen", 12), ("half a dozen", 6), ("twenty-five", 25), ("both", 2), ("Zwölf", 12), ("zwoelf", 12),
    ],
)  # fmt: skip
def test_a_quantity_is_a_number(words: str, value: int) -> None:
    assert quantity(words) == value


@pytest.mark.parametrize("words", ["ein paar", "viele", "half", ""])
def test_a_quantity_that_says_no_number_is_none(words: str) -> None:
    assert quantity(words) is None


@pytest.mark.parametrize(
    ("words", "amount", "currency"),
    [
        ("80 euro", 8_000, "EUR"), ("zweitausend", 200_000, "EUR"), ("2.500 €", 250_000, "EUR"), ("€80", 8_000, "EUR"),
        ("1,299.50", 129_950, "EUR"), ("fifty quid", 5_000, "GBP"), ("1'299.50 CHF", 129_950, "CHF"), ("2k", 200_000, "EUR"),
        ("1,5k", 150_000, "EUR"), ("achtzig euro fünfzig", 8_050, "EUR"), ("12 Euro und 50 Cent", 1_250, "EUR"),
        ("99 cent", 99, "EUR"), ("half a grand", 50_000, "EUR"), ("zweieinhalbtausend", 250_000, "EUR"),
        ("two thousand five hundred", 250_000, "EUR"), ("a couple of hundred", 20_000, "EUR"), ("ein tausender", 100_000, "EUR"),
        ("zwölf komma fünf", 1_250, "EUR"), ("a hundred bucks", 10_000, "USD"), ("80", 8_000, "EUR"),
    ],
)  # fmt: skip
def test_a_sum_is_minor_units_and_a_currency(words: str, amount: int, currency: str) -> None:
    assert money(words) == {"amount": amount, "currency": currency}


def test_no_number_is_no_sum() -> None:
    assert money("nicht viel euro") is None


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("6 monate", {"months": 6}), ("ein halbes jahr", {"months": 6}), ("half a year", {"months": 6}),
        ("two years", {"months": 24}), ("a year and a half", {"months": 18}), ("anderthalb jahre", {"months": 18}),
        ("wochenende", {"days": 2}), ("14 tage", {"days": 14}), ("a couple of weeks", {"days": 14}), ("woche", {"days": 7}),
        ("sechsmonatig", {"months": 6}), ("6-month", {"months": 6}), ("2-3 months", {"months": 3}), ("vierteljahr", {"months": 3}),
        ("eineinhalb monate", {"days": 45}), ("ein jahr und drei monate", {"months": 15}),
    ],
)  # fmt: skip
def test_a_length_of_time_is_months_or_days(words: str, value: dict[str, int]) -> None:
    assert duration(words) == value


@pytest.mark.parametrize("words", ["ein paar tage", "30 minuten", "a few weeks", "lange", "24"])
def test_a_vague_or_short_time_has_no_length(words: str) -> None:
    assert duration(words) is None


@given(st.text(max_size=80))
def test_no_words_are_too_odd_to_be_read(words: str) -> None:
    for read in (quantity, money, duration):
        read(words)


@given(st.integers(min_value=0, max_value=10**7))
def test_every_whole_sum_in_figures_is_read_exactly(euros: int) -> None:
    assert money(f"{euros} €") == {"amount": euros * 100, "currency": "EUR"}

"""However a message is typed, it is read; and what means the same is read the same."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.text import MAX_LENGTH, fold, normalise, readable, tokenise, words

ANY_TEXT = st.text(alphabet=st.characters(), max_size=300)


@given(ANY_TEXT)
def test_any_text_is_read(text: str) -> None:
    assert isinstance(words(normalise(text)), list)
    assert isinstance(readable(text), str)


@given(ANY_TEXT)
def test_tokens_stand_where_they_say(text: str) -> None:
    tokens = tokenise(text)
    assert all(text[token.start : token.end] == token.text for token in tokens)
    assert all(one.end <= other.start for one, other in itertools.pairwise(tokens))


@given(ANY_TEXT)
def test_nothing_but_spaces_is_lost_between_tokens(text: str) -> None:
    covered: set[int] = set()
    for token in tokenise(text):
        covered.update(range(token.start, token.end))
    left = "".join(letter for place, letter in enumerate(text) if place not in covered)
    assert not any(letter.isalnum() and letter.isascii() for letter in left)


@given(st.binary(max_size=300))
def test_binary_junk_is_read(junk: bytes) -> None:
    assert isinstance(normalise(junk.decode("utf-8", "surrogateescape")), str)


def test_only_the_beginning_of_an_endless_message_is_read() -> None:
    assert len(normalise("a b " * 10_000)) <= MAX_LENGTH
    assert tokenise("wort " * 10_000)[-1].end <= MAX_LENGTH


@pytest.mark.parametrize(
    ("typed", "also_typed"),
    [
        ("Für zwölf", "fuer zwoelf"),
        ("GRÖSSE", "größe"),
        ("größe", "groesse"),
        ("jaaaaa", "ja"),
        ("NC-104233", "nc-998877"),
        ("ｆｕｌｌ", "full"),
        ("cafe\u0301", "cafe"),
        ("stor\u200bnieren", "stornieren"),
        ("don’t", "don't"),
    ],
)
def test_two_ways_of_typing_are_read_alike(typed: str, also_typed: str) -> None:
    assert normalise(typed) == normalise(also_typed)


def test_the_length_of_a_figure_stays() -> None:
    assert normalise("104233") == "000000"


def test_a_thumb_counts_as_a_word() -> None:
    assert words(normalise("👍")) == words(normalise("ok"))


@pytest.mark.parametrize(
    ("typed", "read"),
    [("schoene gruesse", "schöne grüsse"), ("neue shoes, valued", "neue shoes, valued"), ("FUER", "FÜR")],
)
def test_the_encoder_reads_proper_umlauts(typed: str, read: str) -> None:
    assert readable(typed) == read


@given(ANY_TEXT)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)

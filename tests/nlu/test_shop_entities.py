"""Order numbers and e-mail addresses are found however they are typed or said."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.shop_entities import find, value_of


def found(text: str) -> list[tuple[str, str, str]]:
    return [(form.entity, text[form.start : form.end], form.value) for form in find(text)]


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("wo bleibt NC-104233?", "NC-104233"),
        ("nc104233", "nc104233"),
        ("das ist nc 104 233 gewesen", "nc 104 233"),
        ("104233", "104233"),
        ("N.C. 104-233 bitte", "N.C. 104-233"),
        ("wo ist n c eins null vier zwei drei drei", "n c eins null vier zwei drei drei"),
        ("n c eins null vier zwo doppel drei", "n c eins null vier zwo doppel drei"),
        ("en ce minus eins null vier zwei drei drei", "en ce minus eins null vier zwei drei drei"),
        ("die nummer ist eins null vier zwei drei drei", "eins null vier zwei drei drei"),
        ("it's one oh four two double three", "one oh four two double three"),
        ("november charlie one zero four two three three", "november charlie one zero four two three three"),
        ("hundertvier zweihundertdreiunddreißig", "hundertvier zweihundertdreiunddreißig"),
        ("zehn zweiundvierzig dreiunddreißig", "zehn zweiundvierzig dreiunddreißig"),
        ("N C 1 0 4 2 3 3", "N C 1 0 4 2 3 3"),
    ],
)
def test_an_order_number_is_found(message: str, words: str) -> None:
    assert found(message) == [("order_number", words, "NC-104233")]


def test_two_order_numbers_are_both_found() -> None:
    assert [value for *_, value in found("NC-104233 und nc 104 234")] == ["NC-104233", "NC-104234"]


@pytest.mark.parametrize(
    "message",
    [
        "kostet 104233 euro",
        "ruf mich an 0151 12345678",
        "plz 10423",
        "zwei drei tage",
        "vier bis sechs",
        "nc",
        "1 2 3",
        "2.500 €",
    ],
)
def test_other_numbers_are_no_order_numbers(message: str) -> None:
    assert found(message) == []


@pytest.mark.parametrize(
    ("message", "words", "address"),
    [
        ("Jonas.Reuter@Example.ORG, danke", "Jonas.Reuter@Example.ORG", "jonas.reuter@example.org"),
        ("mail: jonas @ example.org.", "jonas @ example.org", "jonas@example.org"),
        ("jonas (at) example.org", "jonas (at) example.org", "jonas@example.org"),
        (
            "das ist jonas punkt reuter ät example punkt org",
            "jonas punkt reuter ät example punkt org",
            "jonas.reuter@example.org",
        ),
        ("j o n a s at gmail dot com please", "j o n a s at gmail dot com", "jonas@gmail.com"),
        (
            "anna minus schmidt unterstrich drei vier ät t minus online punkt de",
            "anna minus schmidt unterstrich drei vier ät t minus online punkt de",
            "anna-schmidt_34@t-online.de",
        ),
        ("m punkt müller ät g m x punkt de", "m punkt müller ät g m x punkt de", "m.mueller@gmx.de"),
        ("reach me at jonas at example dot org", "jonas at example dot org", "jonas@example.org"),
        ("max ät firma punkt co punkt uk", "max ät firma punkt co punkt uk", "max@firma.co.uk"),
    ],
)
def test_an_address_is_found_as_typed_and_as_said(message: str, words: str, address: str) -> None:
    assert found(message) == [("email", words, address)]


@pytest.mark.parametrize(
    "message", ["look at amazon dot com", "at 5 pm", "@", "a@b", "wir treffen uns at home", "@jonas"]
)
def test_plain_speech_is_no_address(message: str) -> None:
    assert found(message) == []


def test_figures_in_an_address_are_no_order_number() -> None:
    assert [entity for entity, *_ in found("anna104233@example.org")] == ["email"]


@given(st.text(max_size=200))
def test_no_message_is_too_odd_to_be_searched(message: str) -> None:
    forms = find(message)
    assert all(0 <= form.start < form.end <= len(message) for form in forms)
    assert all(one.end <= other.start for one, other in itertools.pairwise(forms))


def test_words_without_a_value_stay_words() -> None:
    assert value_of("product", "die pro") == "die pro"
    assert value_of("quantity", "ein paar") == "ein paar"
    assert value_of("order_number", "10423") == "NC-10423"

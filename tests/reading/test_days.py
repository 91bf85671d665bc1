"""Days as people name them, seen from Wednesday, 4 March 2026."""

from datetime import date

import pytest

from actions.reading.days import days_said, is_impossible, says_for_good

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        ("morgen", "2026-03-05", None),
        ("heute noch", "2026-03-04", None),
        ("übermorgen bitte", "2026-03-06", None),
        ("am wochenende", "2026-03-07", "2026-03-08"),
        ("übers lange wochenende", "2026-03-06", "2026-03-08"),
        ("next weekend", "2026-03-07", "2026-03-08"),
        ("am freitag", "2026-03-06", None),
        ("nächsten montag", "2026-03-09", None),
        ("from friday to sunday", "2026-03-06", "2026-03-08"),
        ("bis ende mai", None, "2026-05-31"),
        ("vom 1. bis 10. april", "2026-04-01", "2026-04-10"),
        ("vom 3.4. bis 17.4.", "2026-04-03", "2026-04-17"),
        ("ab dem 15. märz bis ende april", "2026-03-15", "2026-04-30"),
        ("from the 3rd until the 20th of may", "2026-05-03", "2026-05-20"),
        ("in zwei wochen", "2026-03-18", None),
        ("für sechs wochen", None, "2026-04-14"),
        ("ein halbes jahr", None, "2026-09-03"),
        ("for two months", None, "2026-05-03"),
        ("ab nächster woche für 14 tage", "2026-03-09", "2026-03-22"),
        ("ab 1. juni 3 wochen", "2026-06-01", "2026-06-21"),
        ("bis in drei wochen", None, "2026-03-25"),
        ("bis zum dritten advent", None, "2026-12-13"),
        ("bis weihnachten", None, "2026-12-25"),
        ("über ostern", "2026-04-05", None),
        ("march 3rd", "2027-03-03", None),
        ("1.3.", "2027-03-01", None),
        ("am dritten märz", "2027-03-03", None),
        ("nächsten monat", "2026-04-01", None),
        ("bis monatsende", None, "2026-03-31"),
        ("bis zum 15.", None, "2026-03-15"),
        ("swap to the Urbano Cargo from 20 December to 23 December", "2026-12-20", "2026-12-23"),
        ("swap to the cargo on 20 December", "2026-12-20", None),
        ("jetzt am samstag das E1", "2026-03-07", None),
        ("nicht heute, erst am samstag", "2026-03-07", None),
        ("2026-05-01 bis 2026-05-10", "2026-05-01", "2026-05-10"),
    ],
)
def test_days_are_read_as_they_are_meant(text: str, first: str | None, until: str | None) -> None:
    said = days_said(text, WEDNESDAY)
    assert (said.first and said.first.isoformat(), said.until and said.until.isoformat()) == (first, until)


@pytest.mark.parametrize("text", ["so mach das bitte", "die rote", "31.2.", "ja", "do it", "NC-104201", "lindenweg 12"])
def test_what_is_no_day_is_taken_for_none(text: str) -> None:
    said = days_said(text, WEDNESDAY)
    assert (said.first, said.until) == (None, None)


@pytest.mark.parametrize("text", ["dauerhaft", "für immer", "for good", "ab sofort und unbefristet"])
def test_without_end_is_understood(text: str) -> None:
    assert says_for_good(text)


@pytest.mark.parametrize("text", ["am 31. februar", "31.4.", "on 31 February", "february 30th", "bis zum 31. April"])
def test_a_day_that_there_is_not_is_noticed(text: str) -> None:
    assert is_impossible(text)


@pytest.mark.parametrize("text", ["am 29. februar", "1.3.", "12 Monate ab März", "May 2027", "on 28 February"])
def test_a_real_day_is_taken_for_one(text: str) -> None:
    assert not is_impossible(text)

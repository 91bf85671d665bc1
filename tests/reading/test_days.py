"""Days as people name them, seen from Wednesday, 4 March 2026."""

from datetime import date

import pytest

from actions.reading.days import Days, days_said, is_impossible, is_over, month_said, says_for_good

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
        ("swap to the pro from 10 to 20 December", "2026-12-10", "2026-12-20"),
        ("the 10th to the 20th of December", "2026-12-10", "2026-12-20"),
        ("10-20 Dec", "2026-12-10", "2026-12-20"),
        ("10th-20th December", "2026-12-10", "2026-12-20"),
        ("10.-20. Dezember", "2026-12-10", "2026-12-20"),
        ("from December 10 to 20", "2026-12-10", "2026-12-20"),
        ("between 10 and 20 December", "2026-12-10", "2026-12-20"),
        ("zwischen dem 10. und 20. Dezember", "2026-12-10", "2026-12-20"),
        ("vom 10 bis 20 dezember", "2026-12-10", "2026-12-20"),
        ("ab dem 10. für drei Tage", "2026-03-10", "2026-03-12"),
        ("from Friday for three days", "2026-03-06", "2026-03-08"),
        ("from friday to the end of the month", "2026-03-06", "2026-03-31"),
        ("swap to the GT on Sunday", "2026-03-08", None),
        ("swap to the GT on 12 December", "2026-12-12", None),
        ("swap to the E1 from Saturday to next Tuesday", "2026-03-07", "2026-03-10"),
        ("from 30 December to 15 January", "2026-12-30", "2027-01-15"),
        ("from 20 December to 20 March", "2026-12-20", "2027-03-20"),
        ("from 20 December to 10 December", "2026-12-20", "2026-12-10"),
        ("vom 20.12. bis 10.12.", "2026-12-20", "2026-12-10"),
        ("vom 20.12.2026 bis 10.12.2027", "2026-12-20", "2027-12-10"),
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


@pytest.mark.parametrize("text", ["on 1 March", "am 1.2.", "ab dem 20. Februar"])
def test_a_day_that_is_just_over_is_noticed(text: str) -> None:
    assert is_over(text, WEDNESDAY)


@pytest.mark.parametrize(
    "text", ["am 4. März", "on 1 March 2027", "am 1.2.2027", "on 1 November", "für ein Jahr", "ja"]
)
def test_a_day_that_is_to_come_is_not_over(text: str) -> None:
    assert not is_over(text, WEDNESDAY)


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        ("pause for May", date(2026, 5, 1), date(2026, 5, 31)),
        ("pause im sommer, juli", date(2026, 7, 1), date(2026, 7, 31)),
        ("den ganzen februar", date(2027, 2, 1), date(2027, 2, 28)),
        ("im märz", WEDNESDAY, date(2026, 3, 31)),
    ],
)
def test_a_month_by_itself_is_all_of_it(text: str, first: date, until: date) -> None:
    assert month_said(text, WEDNESDAY) == Days(first, until)


@pytest.mark.parametrize("text", ["bis Februar", "Ende Mai", "5 to 20 January", "am 3. Mai", "für einen Monat ab Mai"])
def test_more_than_a_month_by_itself_is_not_all_of_it(text: str) -> None:
    assert month_said(text, WEDNESDAY) is None

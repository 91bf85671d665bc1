"""Which days are meant: "morgen", "am Wochenende", "bis Ende Mai", "from the 3rd to the 10th", "bis zum dritten Advent"."""

import calendar
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dateparser
from dateutil import easter as easter_days
from dateutil.relativedelta import relativedelta

from actions.reading.amounts import as_number
from actions.reading.words import folded, vocabulary

SATURDAY = 5
NEXT_WEEK_FROM = 2
"""Days ahead from which "nächsten Freitag", said in the same week, still means this week's."""

_WEEKDAYS = {
    word: number
    for number, words in enumerate(
        ("montag mo monday mon", "dienstag di tuesday tue", "mittwoch mi wednesday wed", "donnerstag do thursday thu",
         "freitag fr friday fri", "samstag sonnabend sa saturday sat", "sonntag so sunday sun")
    )
    for word in words.split()
}  # fmt: skip
_SHORT_WEEKDAYS = frozenset({"mo", "di", "mi", "do", "fr", "sa", "so", "mon", "tue", "wed", "thu", "fri", "sat", "sun"})
"""Too short to be a day unless something says so."""
_MONTHS = {
    word: number
    for number, words in enumerate(
        ("januar jaenner jan january", "februar feber feb february", "maerz mrz march mar", "april apr", "mai may", "juni juno jun june",
         "juli julei jul july", "august aug", "september sept sep", "oktober okt october oct", "november nov", "dezember dez december dec"), 1
    )
    for word in words.split()
}  # fmt: skip
_ORDINALS = {
    word: number
    for number, words in enumerate(
        ("ersten erste first 1st", "zweiten zweite second 2nd", "dritten dritte third 3rd", "vierten vierte fourth 4th",
         "fuenften fuenfte fifth 5th", "sechsten sechste sixth 6th", "siebten siebte siebenten seventh 7th", "achten achte eighth 8th",
         "neunten neunte ninth 9th", "zehnten zehnte tenth 10th", "elften elfte eleventh 11th", "zwoelften zwoelfte twelfth 12th",
         "dreizehnten thirteenth 13th", "vierzehnten fourteenth 14th", "fuenfzehnten fifteenth 15th", "sechzehnten sixteenth 16th",
         "siebzehnten seventeenth 17th", "achtzehnten eighteenth 18th", "neunzehnten nineteenth 19th", "zwanzigsten twentieth 20th",
         "einundzwanzigsten 21st", "zweiundzwanzigsten 22nd", "dreiundzwanzigsten 23rd", "vierundzwanzigsten 24th",
         "fuenfundzwanzigsten 25th", "sechsundzwanzigsten 26th", "siebenundzwanzigsten 27th", "achtundzwanzigsten 28th",
         "neunundzwanzigsten 29th", "dreissigsten thirtieth 30th", "einunddreissigsten 31st"), 1
    )
    for word in words.split()
}  # fmt: skip
_UNITS: Mapping[str, Callable[[int], relativedelta]] = {
    "tag": lambda count: relativedelta(days=count),
    "day": lambda count: relativedelta(days=count),
    "woche": lambda count: relativedelta(weeks=count),
    "week": lambda count: relativedelta(weeks=count),
    "fortnight": lambda count: relativedelta(weeks=2 * count),
    "monat": lambda count: relativedelta(months=count),
    "month": lambda count: relativedelta(months=count),
    "jahr": lambda count: relativedelta(years=count),
    "year": lambda count: relativedelta(years=count),
}
_LENGTH = re.compile(
    r"\b(?P<count>\d{1,3}|[a-z]{1,14}?) ?(?P<half>halbe[sn]? |half (?:a )?)?(?P<unit>tag|day|woche|week|fortnight|monat|month|jahr|year)(?:e[nsr]?|s|n)?\b"
)
_HALF_YEAR = re.compile(r"\b(?:halb(?:es|en)? jahr|half (?:a )?year)\b")
_LATER = re.compile(r"\b(?:in|nach|after|von heute|from now)\b")
_NUMERIC = re.compile(r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>\d{4}|\d{2})\b)?")
_ISO = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_DAY_OF_MONTH = re.compile(r"\b(?P<day>\d{1,2})(?:\.|st|nd|rd|th)(?!\d)")
_UNTIL = re.compile(
    r"\b(?:bis(?: zum| zur| einschließlich| inklusive| inkl\.?)?|until|till|til|through|to the|to)(?=\W)|(?<=[\d.tdh])\s?[–-](?=\s?\d{1,2}(?:st|nd|rd|th)?\b)",
    re.I,
)
_SURE_UNTIL = re.compile(r"bis|un|ti|thr", re.I)
"""Needs no day behind it: "bis dahin"."""
_BETWEEN = re.compile(r"\b(?:zwischen|between)\b(?P<first>.+?)\b(?:und|and)\b(?P<last>.+)", re.I)
_BEFORE_A_DAY = vocabulary(
    "the dem den zum next this coming kommenden kommende naechsten naechste diesen ende end of mitte mid einschliesslich"
)
_BARE_DAY = re.compile(r"\b(?P<day>\d{1,2})\W*$")
_YEAR = re.compile(r"\b20\d\d\b|\d\.\s?\d{1,2}\.\s?\d\d\b")
LONGEST_OVER_NEW_YEAR = timedelta(days=183)
"""An end that is named without its year may lie so far ahead of the first day, if it is earlier in the year."""
_LONG_AHEAD = timedelta(days=305)
"""A day without its year that is so far away was meant to be the one that is just over."""
_FOR_GOOD = re.compile(
    r"\b(?:für immer|fuer immer|dauerhaft|auf dauer|endgültig|endgueltig|ganz|komplett|permanent(?:ly)?|for good|for ever|forever|from now on|ab jetzt|von nun an|"
    r"ab sofort|unbefristet)\b",
    re.I,
)
_WEEKEND = re.compile(r"\b(?:wochenende\w*|weekend\w*)\b", re.I)
_END_OF = re.compile(r"\b(?:ende|end of)\b")
_MIDDLE_OF = re.compile(r"\b(?:mitte|middle of|mid)\b")
_NEXT = re.compile(r"\b(?:naechste\w*|kommende\w*|next)\b")
_NEXT_BUT_ONE = re.compile(r"\b(?:uebernaechste\w*|after next)\b")


@dataclass(frozen=True)
class Days:
    """A stretch of days; `until` (inclusive) None where no end was said."""

    first: date | None
    until: date | None


def says_for_good(text: str) -> bool:
    """ "dauerhaft": there is no end."""
    return bool(_FOR_GOOD.search(text))


def days_said(text: str, today: date) -> Days:
    """First and last day that the text names; a weekend or a week is both. Days that are over count as next year's."""
    before, until = _around_until(text)
    if until is not None:
        first = _stretch(before, today).first
        end = _end(until, first or today)
        if first is None and end is not None and (match := _BARE_DAY.search(before)):
            return Days(_real(end.year, end.month, int(match["day"])), end)  # "from 10 to 20 December"
        first = _in_month_of(end, first, before)
        return Days(first, _end(until, today) if _is_reversed(first, end, until) else end)
    stretch = _stretch(text, today)
    if stretch.until is None:
        length = length_said(text)
        if length and not _LATER.search(folded(text)):
            first = stretch.first or None
            return Days(first, (first or today) + length - timedelta(days=1))
    return stretch


def _end(until: str, first: date) -> date | None:
    last = _stretch(until, first)
    bare = _BARE_DAY.fullmatch(until.strip())
    same_month = _real(first.year, first.month, int(bare["day"])) if bare else None
    return last.until or last.first or _after(until, first) or same_month


def _is_reversed(first: date | None, end: date | None, until: str) -> bool:
    """ "from 20 to 10 December" is not meant to last until next year."""
    if first is None or end is None or _YEAR.search(until):
        return False
    is_earlier_in_year = (end.month, end.day) < (first.month, first.day)
    return is_earlier_in_year and end - first > LONGEST_OVER_NEW_YEAR


def month_said(text: str, today: date) -> Days | None:
    """The whole of a month, or what is left of it, where only the month is named: "im Februar", "for July"."""
    words = folded(text).split()
    named = [word for word in words if word in _MONTHS]
    is_more_exact = (
        _day_number(text, words) is not None or _END_OF.search(text.lower()) or _MIDDLE_OF.search(text.lower())
    )
    if len(named) != 1 or is_more_exact or _around_until(text)[1] is not None or length_said(text):
        return None
    first = _in_month(text, today)
    if first is None:
        return None
    last = first.replace(day=calendar.monthrange(first.year, first.month)[1])
    return Days(max(first, today), last) if last >= today else None


def is_over(text: str, today: date) -> bool:
    """Whether a day is named, without a year, that is just over."""
    day = day_said(text, today)
    return day is not None and day - today > _LONG_AHEAD and not _YEAR.search(text) and not length_said(text)


def is_impossible(text: str) -> bool:
    """Whether a day is named that there is not: "31. Februar", "am 31.4."."""
    match = _NUMERIC.search(text)
    if match:
        return _real(2028, int(match["month"]), int(match["day"])) is None
    words = folded(text).split()
    return any(
        _is_no_day(_MONTHS[word], words[at - 1 : at] + words[at + 1 : at + 2])
        for at, word in enumerate(words)
        if word in _MONTHS
    )


def _is_no_day(month: int, beside: list[str]) -> bool:
    numbers = [int(digits) for word in beside if (digits := re.sub(r"(?:st|nd|rd|th)$", "", word)).isdigit()]
    return any(number <= 99 and _real(2028, month, number) is None for number in numbers)  # 2028 has a 29 February


def day_said(text: str, today: date) -> date | None:
    """The only or first day that the text names; of "bis Ende Mai" the end."""
    days = days_said(text, today)
    return days.first or days.until


def length_said(text: str) -> relativedelta | None:
    """ "sechs Wochen", "ein halbes Jahr", "two months"."""
    plain = folded(text)
    if _HALF_YEAR.search(plain):
        return relativedelta(months=6)
    for match in _LENGTH.finditer(plain):
        count = _count(match["count"])
        if count and not match["half"]:
            return _UNITS[match["unit"]](count)
    return None


def _count(word: str) -> int | None:
    if word in ("ein", "eine", "einen", "einem", "einer", "a", "an", "one"):
        return 1
    if word in ("paar", "couple", "few"):
        return 2
    return as_number(word)


def _around_until(text: str) -> tuple[str, str | None]:
    """The last "until" counts, and "to" is one only where a day follows: "swap to the Cargo from Friday to Sunday"."""
    between = _BETWEEN.search(text)
    if between and _begins_with_day(between["last"]):
        return between["first"], between["last"]
    for match in reversed(list(_UNTIL.finditer(text))):
        following = text[match.end() :]
        in_same_month = _BARE_DAY.fullmatch(following.strip()) and _names_month(text[: match.start()])
        if _SURE_UNTIL.match(match.group()) or _begins_with_day(following) or in_same_month:
            return text[: match.start()], following
    return text, None


def _names_month(text: str) -> bool:
    return any(word in _MONTHS for word in folded(text).split())


def _begins_with_day(text: str) -> bool:
    """ "the 20th", "20 December", "next Sunday"; and not "the GT on Sunday"."""
    words = text.split()
    at = next((at for at, word in enumerate(words) if folded(word) not in _BEFORE_A_DAY), len(words))
    is_number = at < len(words) and words[at].isdigit()
    return _stretch(" ".join(words[: at + (2 if is_number else 1)]), date.today()).first is not None


def _in_month_of(end: date | None, first: date | None, before: str) -> date | None:
    """ "vom 3. bis 20. Mai": the month is said once."""
    if first is None or end is None or _NUMERIC.search(before) or not _of_this_month(before, first):
        return first
    return first if _names_month(before) else _real(end.year, end.month, first.day)


def _after(text: str, first: date) -> date | None:
    """ "bis in sechs Wochen"."""
    length = length_said(text)
    return first + length if length else None


def _stretch(text: str, today: date) -> Days:
    if _WEEKEND.search(text):
        return _weekend(folded(text), today)
    if _NUMERIC.search(text):
        return Days(_numeric(text, today), None)
    finders = (_iso, _feast, _in_a_while, _near_day, _weekday, _in_month, _edge_of_month, _of_this_month, _at_once)
    for find in finders:
        found = find(text, today)
        if found:
            return Days(found, None)
    return Days(_parsed(text, today), None)


def _weekend(plain: str, today: date) -> Days:
    """The coming one; on its own days, the present one."""
    ahead = (SATURDAY - today.weekday()) % 7 if today.weekday() <= SATURDAY else -1
    if _NEXT_BUT_ONE.search(plain) or (_NEXT.search(plain) and today.weekday() > SATURDAY - 2):
        ahead += 7
    saturday = today + timedelta(days=ahead)
    if re.search(r"\b(?:lange|langes|verlaengerte|verlaengertes|long)\b", plain):
        return Days(saturday - timedelta(days=1), saturday + timedelta(days=1))
    return Days(saturday, saturday + timedelta(days=1))


def _iso(text: str, _today: date) -> date | None:
    match = _ISO.search(text)
    return _real(int(match[1]), int(match[2]), int(match[3])) if match else None


def _numeric(text: str, today: date) -> date | None:
    """1.3. is the first of March: this year's, or next year's if it is over."""
    match = _NUMERIC.search(text)
    if match is None:
        return None
    if match["year"]:
        return _real(int(match["year"]) % 100 + 2000, int(match["month"]), int(match["day"]))
    return _coming(int(match["month"]), int(match["day"]), today)


def _in_a_while(text: str, today: date) -> date | None:
    """ "in zwei Wochen", "heute in drei Tagen"."""
    plain = folded(text)
    match = re.search(r"\bin (?:den |the )?(?:naechsten |next )?(?P<rest>.*)", plain)
    length = length_said(match["rest"]) if match else None
    return today + length if length else None


def _near_day(text: str, today: date) -> date | None:
    plain = folded(text)
    for pattern, ahead in (
        (r"uebermorgen|day after tomorrow", 2),
        (r"morgen(?! frueh\w* heute)|tomorrow", 1),
        (r"heute|today|tonight", 0),
    ):
        if re.search(rf"(?<!nicht )(?<!not )\b(?:{pattern})\b", plain):
            return today + timedelta(days=ahead)
    return None


def _at_once(text: str, today: date) -> date | None:
    """ "jetzt" says when only if nothing else does."""
    return today if re.search(r"\b(?:sofort|gleich|jetzt|right away|immediately|now|asap)\b", folded(text)) else None


def _weekday(text: str, today: date) -> date | None:
    words = folded(text).split()
    named = next((word for word in words if word in _WEEKDAYS and _is_weekday(word, words)), None)
    if named is None:
        return None
    ahead = (_WEEKDAYS[named] - today.weekday()) % 7
    plain = folded(text)
    if _NEXT_BUT_ONE.search(plain) or "in einer woche" in plain or "week on" in plain:
        ahead += 7
    elif ahead == 0 or (_NEXT.search(plain) and ahead < NEXT_WEEK_FROM):
        ahead += 7 if ahead == 0 and _NEXT.search(plain) else 0
    return today + timedelta(days=ahead)


def _is_weekday(word: str, words: list[str]) -> bool:
    """ "so" and "do" are words of their own, unless they stand alone or behind "am"."""
    if word not in _SHORT_WEEKDAYS:
        return True
    before = words[words.index(word) - 1] if words.index(word) else ""
    return len(words) == 1 or before in ("am", "ab", "bis", "on", "from", "until", "naechsten", "kommenden", "next")


def _in_month(text: str, today: date) -> date | None:
    """ "am dritten März", "March 3rd", "Ende Mai", "im Juni"."""
    words = folded(text).split()
    month = next((_MONTHS[word] for word in words if word in _MONTHS), None)
    if month is None:
        return None
    plain = folded(text)
    year = next((int(word) for word in words if re.fullmatch(r"20\d\d", word)), None)
    day = _day_number(text, words)
    if day is None:
        this_year = year or (today.year if month >= today.month else today.year + 1)
        day = _edge(plain, this_year, month)
        year = this_year
    return _real(year, month, day) if year else _coming(month, day, today)


def _day_number(text: str, words: list[str]) -> int | None:
    match = _DAY_OF_MONTH.search(text)
    if match:
        return int(match["day"])
    numbers = [int(word) for word in words if word.isdigit() and 1 <= int(word) <= 31]
    return next((_ORDINALS[word] for word in words if word in _ORDINALS), numbers[0] if numbers else None)


def _edge(plain: str, year: int, month: int) -> int:
    if _END_OF.search(plain):
        return calendar.monthrange(year, month)[1]
    return 15 if _MIDDLE_OF.search(plain) else 1


def _edge_of_month(text: str, today: date) -> date | None:
    """ "Ende des Monats", "nächsten Monat", "Anfang nächster Woche", "Ende des Jahres"."""
    plain = folded(text)
    if re.search(r"\b(?:jahresende|ende des jahres|end of the year)\b", plain):
        return date(today.year, 12, 31)
    ahead = 2 if _NEXT_BUT_ONE.search(plain) else 1 if _NEXT.search(plain) else 0
    if re.search(r"\b(?:monats?\w*|month)\b", plain) and (ahead or _END_OF.search(plain) or "monatsende" in plain):
        month: date = today + relativedelta(months=ahead)
        is_end = "monatsende" in plain or _END_OF.search(plain)
        day = calendar.monthrange(month.year, month.month)[1] if is_end else _edge(plain, month.year, month.month)
        return month.replace(day=day)
    if re.search(r"\b(?:woche|week)\b", plain) and ahead:
        return today + timedelta(days=7 * ahead - today.weekday())
    return None


def _of_this_month(text: str, today: date) -> date | None:
    """ "bis zum 15.", "am zwölften": of this month, or the next."""
    match = _DAY_OF_MONTH.search(text)
    words = folded(text).split()
    day = int(match["day"]) if match else next((_ORDINALS[word] for word in words if word in _ORDINALS), None)
    if day is None:
        return None
    month = today if day >= today.day else today + relativedelta(months=1)
    return _real(month.year, month.month, day)


def _feast(text: str, today: date) -> date | None:
    """Days that have a name: "Weihnachten", "Ostern", "dritter Advent"."""
    plain = folded(text)
    for pattern, day_in in _FEASTS.items():
        match = re.search(pattern, plain)
        if match:
            this_year = day_in(today.year, match)
            return this_year if this_year >= today else day_in(today.year + 1, match)
    return None


def _advent(year: int, match: "re.Match[str]") -> date:
    """The fourth Sunday of Advent is the last before Christmas."""
    christmas = date(year, 12, 25)
    fourth = christmas - timedelta(days=christmas.weekday() + 1)
    number = _ORDINALS.get(match["which"] or "", 0) or (int(match["figure"]) if match["figure"] else 1)
    return fourth - timedelta(weeks=4 - min(number, 4))


def _easter(year: int, days: int) -> date:
    """So many days after Easter Sunday."""
    sunday: date = easter_days.easter(year)
    return sunday + timedelta(days=days)


_FEASTS: Mapping[str, Callable[[int, "re.Match[str]"], date]] = {
    r"(?:\b(?P<which>\w+ten|first|second|third|fourth) (?:sunday (?:of|in) )?|(?P<figure>\d) )?\badvent": _advent,
    r"\bheiligabend|christmas eve": lambda year, _: date(year, 12, 24),
    r"\bweihnacht\w*|christmas|xmas": lambda year, _: date(year, 12, 25),
    r"\bsilvester|new years eve|new year s eve": lambda year, _: date(year, 12, 31),
    r"\bneujahr|new years|new year s|new year\b": lambda year, _: date(year, 1, 1),
    r"\bnikolaus": lambda year, _: date(year, 12, 6),
    r"\bkarfreitag|good friday": lambda year, _: _easter(year, -2),
    r"\bostermontag|easter monday": lambda year, _: _easter(year, 1),
    r"\boster\w*|easter": lambda year, _: _easter(year, 0),
    r"\bpfingst\w*|whitsun|pentecost": lambda year, _: _easter(year, 49),
    r"\bhimmelfahrt|ascension": lambda year, _: _easter(year, 39),
    r"\bvalentin\w*": lambda year, _: date(year, 2, 14),
}


def _coming(month: int, day: int, today: date) -> date | None:
    this_year = _real(today.year, month, day)
    return this_year if this_year is None or this_year >= today else _real(today.year + 1, month, day)


def _real(year: int, month: int, day: int) -> date | None:
    """None for the 31st of February."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _parsed(text: str, today: date) -> date | None:
    """What is left to dateparser: only short texts, in which nothing else can look like a day."""
    words = text.strip(" .,!?")
    if len(words.split()) > 3 or length_said(words) or not any(character.isdigit() for character in words):
        return None
    found = dateparser.parse(
        words,
        languages=["de", "en"],
        settings={
            "PREFER_DATES_FROM": "future",
            "RELATIVE_BASE": datetime.combine(today, datetime.min.time()),
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return found.date() if found else None

"""Written German and English as people say them: money, dates, numbers, order numbers, units, abbreviations, signs."""

import re
from collections.abc import Callable, Mapping
from functools import cache
from itertools import accumulate

from babel.dates import get_day_names, get_month_names
from num2words import num2words

GROUP = "\ue000"
"""Stands between the groups of something spelled until its pause is written as a voice needs it."""

CLAUSE = "\ue001"
"""A comma that sets off a clause, and parts no list."""

OPEN, CLOSE = "\ue002", "\ue003"
"""Around a clause that stood in brackets."""

Language = str
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_DIGITS = {
    "de": ("null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_WORDS = {
    "de": {
        "point": "Komma", "to": "bis", "and": "und", "or": "oder", "at": "ät", "dot": "Punkt", "dash": "minus",
        "underscore": "Unterstrich", "plus": "plus", "minus": "minus", "number": "Nummer",
    },
    "en": {
        "point": "point", "to": "to", "and": "and", "or": "or", "at": "at", "dot": "dot", "dash": "dash",
        "underscore": "underscore", "plus": "plus", "minus": "minus", "number": "number",
    },
}  # fmt: skip
_MONTHS = {language: tuple(get_month_names("wide", locale=language).values()) for language in ("de", "en")}
_WEEKDAYS = {language: tuple(get_day_names("wide", locale=language).values()) for language in ("de", "en")}
_CURRENCIES: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "€": {"de": ("Euro", "Euro", "Cent"), "en": ("euro", "euros", "cents")},
    "EUR": {"de": ("Euro", "Euro", "Cent"), "en": ("euro", "euros", "cents")},
    "CHF": {"de": ("Franken", "Franken", "Rappen"), "en": ("franc", "francs", "centimes")},
    "US$": {"de": ("Dollar", "Dollar", "Cent"), "en": ("dollar", "dollars", "cents")},
    "$": {"de": ("Dollar", "Dollar", "Cent"), "en": ("dollar", "dollars", "cents")},
    "£": {"de": ("Pfund", "Pfund", "Pence"), "en": ("pound", "pounds", "pence")},
}
"""One, several, hundredths."""

_UNITS = {
    "km/h": {"de": "Kilometer pro Stunde", "en": "kilometres per hour"},
    "m/s": {"de": "Meter pro Sekunde", "en": "metres per second"},
    "kWh": {"de": "Kilowattstunden", "en": "kilowatt hours"},
    "Wh": {"de": "Wattstunden", "en": "watt hours"},
    "kW": {"de": "Kilowatt", "en": "kilowatts"},
    "mAh": {"de": "Milliamperestunden", "en": "milliampere hours"},
    "km": {"de": "Kilometer", "en": "kilometres"},
    "cm": {"de": "Zentimeter", "en": "centimetres"},
    "mm": {"de": "Millimeter", "en": "millimetres"},
    "m": {"de": "Meter", "en": "metres"},
    "kg": {"de": "Kilo", "en": "kilos"},
    "g": {"de": "Gramm", "en": "grams"},
    "MP": {"de": "Megapixel", "en": "megapixels"},
    "GB": {"de": "Gigabyte", "en": "gigabytes"},
    "fps": {"de": "Bilder pro Sekunde", "en": "frames per second"},
    "dB": {"de": "Dezibel", "en": "decibels"},
    "Nm": {"de": "Newtonmeter", "en": "newton metres"},
    "PS": {"de": "P S", "en": "horsepower"},
    "min": {"de": "Minuten", "en": "minutes"},
    "h": {"de": "Stunden", "en": "hours"},
    "s": {"de": "Sekunden", "en": "seconds"},
    "l": {"de": "Liter", "en": "litres"},
    "V": {"de": "Volt", "en": "volts"},
    "°C": {"de": "Grad", "en": "degrees"},
    "°": {"de": "Grad", "en": "degrees"},
    "%": {"de": "Prozent", "en": "percent"},
}
_ABBREVIATIONS = {
    "de": {
        r"z\. ?B\.": "zum Beispiel", r"d\. ?h\.": "das heißt", r"u\. ?a\.": "unter anderem", r"inkl\.": "inklusive",
        r"zzgl\.": "zuzüglich", r"ca\.": "etwa", r"bzw\.": "beziehungsweise", r"ggf\.": "gegebenenfalls",
        r"evtl\.": "eventuell", r"usw\.": "und so weiter", r"Nr\.": "Nummer", r"Tel\.": "Telefon", r"MwSt\.?": "Mehrwertsteuer",
        r"USt-?Id-?Nr\.?": "Umsatzsteuer-Nummer", r"max\.": "höchstens", r"mind\.": "mindestens", r"Dr\.": "Doktor",
        r"Prof\.": "Professor", r"St\.": "Sankt", r"Std\.": "Stunden", r"Mio\.": "Millionen", r"WLAN": "W-Lan",
    },
    "en": {
        r"e\. ?g\.": "for example", r"i\. ?e\.": "that is", r"incl\.": "including", r"approx\.": "about", r"etc\.": "and so on",
        r"No\.(?= \d)": "number", r"VAT": "V A T", r"max\.": "at most", r"Dr\.": "Doctor", r"Mr\.": "Mister",
        r"St\.": "Saint", r"vs\.": "versus",
    },
}  # fmt: skip
_THE_THIRD_CASE = r"am|ab|zum|vom|von|seit|dem|vor|nach"
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBERED = re.compile(
    r"(?<![\w-])(?=[A-Z0-9]*[A-Z])(?:[A-Z]{1,4}-?\d{3,}|[A-Z0-9]{2,}(?:[-/][A-Z0-9]+)+)(?:[-/]\d+)*\b"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_CODE = re.compile(r"(?<![\w,.+] )(?<![\w,.+])(?:\d{4} \d{4}|\d{3} \d{3})(?! ?\d)")
"""A one-time code, in its two halves."""

_PHONE = re.compile(r"(?<![\w,.])(?:\+\d|0\d)[\d ()/-]{5,}\d\b")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_|`|~~)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
_PAUSES = GROUP + CLAUSE + OPEN + CLOSE
_SPOKEN = re.compile(rf"[^\w\s.,:!?'’{_PAUSES}-]")
"""What no voice should meet."""


def said(text: str, language: Language) -> str:
    """One line of text, ready for a voice but for its pauses (GROUP, CLAUSE). Links must be out already."""
    text = _LINK.sub(r"\1", re.sub(r"[\u00a0\u202f\u2009]", " ", text))
    text = _TAG.sub("", _EMPHASIS.sub(r"\2", text))
    for pattern, replacement in _rules(language):
        text = pattern.sub(replacement, text)
    return _tidy(_SPOKEN.sub(" ", text))


def digits(text: str, language: Language) -> str:
    """ "104201" -> "eins null vier", a pause, "zwei null eins"."""
    numbers = re.sub(r"\D", "", text)
    return GROUP.join(" ".join(_DIGITS[language][int(digit)] for digit in group) for group in _grouped(numbers))


def spelled(code: str, language: Language) -> str:
    """ "NC-104201" -> "N C", a pause, the digits in groups."""
    runs = re.findall(r"\d+|[^\W\d_]+", code)
    return GROUP.join(digits(run, language) if run.isdigit() else " ".join(run.upper()) for run in runs)


def counted(number: int, language: Language) -> str:
    """Small numbers as words."""
    return str(num2words(number, lang=language)) if number <= 12 else str(number)


def _grouped(numbers: str) -> list[str]:
    """Threes, and twos where a single digit would be left; five digits in one breath, as postal codes are said."""
    threes, left = divmod(len(numbers), 3)
    sizes = [len(numbers)] if len(numbers) in (1, 2, 5) else [3] * (threes - (left == 1)) + [[], [2, 2], [2]][left]
    ends = list(accumulate(sizes))
    return [numbers[end - size : end] for size, end in zip(sizes, ends, strict=True)]


@cache
def _rules(language: Language) -> tuple[Rule, ...]:
    """In this order: what looks like a number to a later rule is told before it."""
    words = _WORDS[language]
    number = r"\d{1,3}(?:\.\d{3})+|\d+" if language == "de" else r"\d{1,3}(?:,\d{3})+|\d+"
    mark, thousands = (",", r"\.") if language == "de" else (r"\.", ",")
    units = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
    return (
        *_abbreviations(language),
        (_EMAIL, lambda match: _address(match[0], language)),
        (_IBAN, lambda match: spelled(match[0], language)),
        (_NUMBERED, lambda match: spelled(match[0], language)),
        (re.compile(r"\b\d{4}-\d{4,}\b"), lambda match: spelled(match[0], language)),
        (_CODE, lambda match: GROUP.join(digits(half, language) for half in match[0].split())),
        (_PHONE, lambda match: _phone(match[0], language)),
        *_money(language, number, mark),
        *_dates(language),
        *_times(language),
        (re.compile(rf"(?<=\d) ?({units})(?![\w°%])"), lambda match: f" {_UNITS[match[1]][language]}"),
        (re.compile(r"(?<=, )\d{4}(?= [A-ZÄÖÜ])|(?<![\w.,])\d{5,}(?![\w%€]|[.,]\d)(?! (?:Euro|euros?)\b)"), lambda match: digits(match[0], language)),
        (re.compile(rf"(?<=\d){thousands}(?=\d{{3}}\b)"), lambda match: ""),
        (re.compile(rf"(?<=\d){mark}(\d+)"), lambda match: f" {words['point']} {digits(match[1], language).replace(GROUP, ' ')}"),
        (re.compile(r"(?<=\d) ?[-–] ?(?=\d)"), lambda match: f" {words['to']} "),
        (re.compile(r"(?<!\w)-(?=\d)|−"), lambda match: f"{words['minus']} "),
        *_times_of_things(language),
        (re.compile(r"\b(X{1,3})([LS])\b"), lambda match: " ".join(match[0])),
        (re.compile(r"\b([A-Z])(\d)\b|\b(\d)([A-Z])\b"), lambda match: " ".join(part for part in match.groups() if part)),
        (re.compile(r"(\w)str\.(?=[ ,])"), lambda match: f"{match[1]}straße"),
        (re.compile(r"\bStr\.(?= ?\d)"), lambda match: "Straße"),
        *_months(language),
        (re.compile(r" ?\(([^()]*)\)"), lambda match: f"{OPEN} {match[1]}{CLOSE}" if match[1].strip() else ""),
        (re.compile(r" ?\(([^()]*)\)"), lambda match: f"{OPEN} {match[1]}{CLOSE}" if match[1].strip() else ""),
        (re.compile(r" [–—-] |;"), lambda match: f"{CLAUSE} "),
        (re.compile(r" ?& ?"), lambda match: f" {words['and']} "),
        (re.compile(r"(?<=\w) ?/ ?(?=\w)"), lambda match: f" {words['or']} "),
        (re.compile(r"\+(?= ?\w)"), lambda match: f" {words['plus']} "),
        (re.compile(r"…|\.\.\."), lambda match: ""),
    )  # fmt: skip


def _abbreviations(language: Language) -> list[Rule]:
    return [
        (re.compile(rf"(?<!\w){short}(?!\w)"), lambda match, long=long: long)  # type: ignore[misc]
        for short, long in _ABBREVIATIONS[language].items()
    ]


def _money(language: Language, number: str, mark: str) -> list[Rule]:
    signs = "|".join(re.escape(sign) for sign in _CURRENCIES)
    amount = rf"(?P<whole>{number})(?:{mark}(?P<part>\d{{2}}))?"
    told = lambda match: _amount(match["whole"], match["part"], match["sign"], language)  # noqa: E731
    return [
        (re.compile(rf"(?P<sign>{signs}) ?{amount}"), told),
        (re.compile(rf"{amount} ?(?P<sign>{signs})"), told),
    ]


def _amount(whole: str, part: str | None, sign: str, language: Language) -> str:
    one, several, hundredths = _CURRENCIES[sign][language]
    units, cents = int(re.sub(r"\D", "", whole)), int(part or 0)
    if not units and cents:
        return f"{cents} {hundredths}"
    if units == 1:
        name, shown = one, "ein" if language == "de" else "one"
    else:
        name, shown = several, str(units)
    return f"{shown} {name} {cents}" if cents else f"{shown} {name}"


def _dates(language: Language) -> list[Rule]:
    months, weekdays = "|".join(_MONTHS[language]), "|".join(_WEEKDAYS[language])
    iso = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b")
    if language == "en":
        written = re.compile(
            rf"(?:(?P<weekday>{weekdays}),? )?\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?P<month>{months})\b"
        )
        return [
            (iso, lambda match: f"{int(match['day'])} {_MONTHS['en'][int(match['month']) - 1]} {match['year']}"),
            (written, _english_date),
        ]  # fmt: skip
    case = rf"(?P<case>\b(?:{_THE_THIRD_CASE}|zwischen|bis|und|den) )?"
    written = re.compile(rf"{case}(?:(?P<weekday>{weekdays}),? )?\b(?P<day>\d{{1,2}})\. ?(?P<month>{months})\b", re.I)
    numeric = re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4}|(?!\d))")
    return [
        (iso, lambda match: f"{int(match['day'])}. {_MONTHS['de'][int(match['month']) - 1]} {match['year']}"),
        (numeric, lambda match: _with_month(match)),
        (written, _german_date),
    ]


def _with_month(match: re.Match[str]) -> str:
    month = int(match["month"])
    if not 1 <= month <= 12:
        return match[0]
    return f"{int(match['day'])}. {_MONTHS['de'][month - 1]} {match['year']}".rstrip()


def _german_date(match: re.Match[str]) -> str:
    """ "am Freitag, 27. November" -> "am Freitag, dem siebenundzwanzigsten November"; "bis" asks for another case."""
    before = match["case"] or ""
    word = before.strip().lower()
    article, ending = {"bis": ("den", "n"), "den": ("den", "n"), "": ("der", "")}.get(word, ("dem", "n"))
    day = f"{num2words(int(match['day']), lang='de', to='ordinal')}{ending} {match['month']}"
    if match["weekday"]:
        return f"{before}{match['weekday']}{CLAUSE} {article} {day}"
    if word in ("am", "zum", "vom", "den", "dem"):
        return f"{before}{day}"
    return f"{before}zum {day}" if word == "bis" else f"{before}{article} {day}"


def _english_date(match: re.Match[str]) -> str:
    weekday = f"{match['weekday']}{CLAUSE} " if match["weekday"] else ""
    return f"{weekday}the {num2words(int(match['day']), lang='en', to='ordinal')} of {match['month']}"


def _times(language: Language) -> list[Rule]:
    clock = re.compile(r"\b(?P<hour>[01]?\d|2[0-4]):(?P<minute>[0-5]\d)\b(?: Uhr)?")
    if language == "de":
        return [
            (clock, lambda match: f"{int(match['hour'])} Uhr" + (f" {int(match['minute'])}" if int(match["minute"]) else ""))
        ]  # fmt: skip
    return [(clock, lambda match: _english_time(int(match["hour"]), int(match["minute"])))]


def _english_time(hour: int, minute: int) -> str:
    shown = (hour - 1) % 12 + 1
    return (
        f"{shown} {minute if minute > 9 else f'oh {minute}'} {'a' if hour < 12 else 'p'} m"
        if minute
        else f"{shown} {'a' if hour % 24 < 12 else 'p'} m"
    )


def _times_of_things(language: Language) -> list[Rule]:
    counted_things = re.compile(r"\b(\d+) ?[×x](?= ?\w)")
    if language == "de":
        told = lambda match: f"{num2words(int(match[1]), lang='de')}mal".replace("einsmal", "einmal")  # noqa: E731
        return [(counted_things, told), (re.compile(" ?× ?"), lambda match: " mal ")]
    told = lambda match: "one" if match[1] == "1" else f"{match[1]} times"  # noqa: E731
    return [(counted_things, told), (re.compile(" ?× ?"), lambda match: " times ")]


def _months(language: Language) -> list[Rule]:
    if language == "en":
        return [
            (re.compile(r"\((\d+ months?)\)"), lambda match: f"for {match[1]}"),
            (re.compile(r"\b1(?= month\b)"), lambda match: "one"),
        ]
    return [
        (re.compile(r"\((\d+ Monate?)\)"), lambda match: f"für {match[1]}"),
        (re.compile(r"\bfür 1(?= Monat\b)"), lambda match: "für einen"),
        (re.compile(r"\b1(?= Monat\b)"), lambda match: "ein"),
    ]


def _phone(number: str, language: Language) -> str:
    """In the groups in which it is written; a German number to Germans with its zero."""
    groups = re.findall(r"\d+", re.sub(r"^\+49 ?(?:\(0\))?", "0", number) if language == "de" else number)
    if language == "de" and groups[0] == "0" and len(groups) > 1:
        groups = [groups[0] + groups[1], *groups[2:]]
    told = GROUP.join(digits(group, language) for group in groups)
    return (
        f"{_WORDS[language]['plus']} {told}"
        if number.startswith("+") and not (language == "de" and groups[0][0] == "0")
        else told
    )


def _address(email: str, language: Language) -> str:
    words = _WORDS[language]
    signs = {"@": words["at"], ".": words["dot"], "-": words["dash"], "_": words["underscore"], "+": words["plus"]}
    parts = re.findall(r"[@._+-]|\d+|[^\W\d_]+", email)
    return " ".join(signs.get(part) or (digits(part, language) if part.isdigit() else part) for part in parts)


def with_pauses(text: str, group: str = ",") -> str:
    """The text with its commas, and `group` between the groups of what is spelled."""
    text = re.sub(rf"{CLOSE}(?=[{CLOSE}{OPEN}{CLAUSE},.:!?]|$)|[{OPEN}{CLAUSE}](?=[{OPEN}{CLAUSE}])", "", text)
    return re.sub(rf"[{CLAUSE}{OPEN}{CLOSE}]", ",", text).replace(GROUP, group)


def _tidy(text: str) -> str:
    """No pause twice, none before the end of a sentence, no space before a comma."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(rf"\s+([,.:!?{_PAUSES}])", r"\1", text)
    text = re.sub(rf"{CLAUSE}+(?=[,.:!?]|$)", "", text)
    text = re.sub(rf"(?<=[,:])[{CLAUSE}{OPEN}]+", "", text)
    text = re.sub(r"\.(?:\s*\.)+", ".", text)
    text = re.sub(r"(?<=[!?])\.", "", text)
    return re.sub(rf"([{_PAUSES}])(?=[^\s,.:!?{_PAUSES}])", r"\1 ", text).strip()

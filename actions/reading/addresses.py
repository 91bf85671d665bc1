"""Postal addresses as people type them: with commas or without, name first or last, in one message or in pieces."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from actions.reading.answers import payment_method
from actions.reading.heard import Span
from actions.reading.products import is_colour
from actions.reading.words import FUNCTION_WORDS, vocabulary, words_of

MAX_ANSWER = 100
"""Characters of a message that says a name or a town and nothing else."""
_PARTICLES = vocabulary("von van vom de der den del da di la le el al zu zum zur ten ter bin ibn")
_LEAD = re.compile(
    r"(?:^|[\s,:;])(?:it'?s|an|für|fuer|nach|zu|to|for|adresse|address|anschrift|name|namen|ist|lautet|is|wäre|bin|heiße|heisse|i'm|me)\b[\s:,]*"
    r"(?:(?:ist|lautet|is|den|die|herrn?|frau|familie|mr|mrs|ms)\b\.?[\s:,]*)?",
    re.I,
)
_CODE = re.compile(
    r"(?<![\w.-])(?:(?P<land>D|DE|A|AT|CH)[- ])?(?P<code>\d{5}|\d{4})(?![\w]|[.,]\d|\s*(?:€|euro|eur\b|stück|km\b))",
    re.I,
)
_CITY = re.compile(
    r"[\s,]*(?P<city>(?:(?:bad|st|sankt|neu|alt|gro(?:ß|ss)|klein|hann|den|new)\b\.?[ -]+)?[^\W\d_][^\W\d_.'’-]{0,40}(?:-[^\W\d_]{1,40}){0,4}"
    r"(?:[ ]+(?:am|an der|an dem|im|in|ob der|bei|vor der|unter|a\.\s?d\.)[ ]+[^\W\d_][^\W\d_-]+(?:-[^\W\d_]+)*|[ ]*/[ ]*[^\W\d_]+|[ ]*\([^)\d]{2,20}\))?)",
    re.I,
)
_TYPE = (
    r"(?:str(?:\.|aße|asse)?|weg|allee|platz|gasse|ring|damm|ufer|hof|chaussee|markt|steig|pfad|berg|tal|wall|graben|zeile|kamp|"
    r"stieg|brücke|promenade|winkel|anger|park|feld|höhe|grund|wiese|garten|gärten|linden|packstation|postfiliale|street|road|rd|lane|avenue|ave|drive|square)"
)
_NUMBER = r"\d{1,4}(?:\s?[a-z]\b)?(?:\s?[-/+]\s?\d{1,4}\s?[a-z]?\b)?"
_TYPED = re.compile(rf"\b(?P<last>[\w'’-]{{0,40}}?{_TYPE})\s*(?P<number>{_NUMBER})(?![\w.,]*\d)", re.I)
_ENGLISH = re.compile(
    r"(?<![\w.,-])(?P<street>\d{1,4}[a-z]?,?\s+(?:[^\W\d_][\w.'’-]*\s+){1,3}?(?:street|st|road|rd|lane|avenue|ave|drive|square|court|close|terrace|way|"
    r"gardens|hill)\b\.?)",
    re.I,
)
_UNTYPED = re.compile(
    rf"(?:^|[,;\n])\s*(?P<street>(?:[^\W\d_][^\d,;:\n]{{0,40}}?\s+)?(?P<word>[^\W\d_][\w.'’-]+)\s+{_NUMBER})\s*(?=$|[,;\n])",
    re.I,
)
_RUN_TOGETHER = re.compile(rf"(?P<street>(?P<word>[^\W\d_][\w.'’-]{{2,}})\s+{_NUMBER})[\s,;]*$", re.I)
_WHERE = re.compile(
    r"\b(?:am|im|zum|zur|beim|(?:an|auf|in|unter|hinter|vor|bei)\s+(?:der|dem|den))(?P<name>\s+[^\W\d_][\w.'’-]*)?\s*$",
    re.I,
)
_HOUSE_NUMBER = re.compile(
    r"\b(?:(?:hausnummer|hausnr\.?|house number)\D{0,20}?|(?:to|at|in|an|sondern|but)\s+(?:number|nummer|nr\.?)\s+)(?P<number>\d{1,4}\s?[a-z]?)\b",
    re.I,
)
_WITHIN = re.compile(
    r"(?<![\w-])(?:"
    r"\d{1,2}\s?\.?\s?(?:og|obergeschoss|stock|etage|ug|dg)(?:\s+(?:links|rechts|mitte))?|(?:erdgeschoss|eg|dg|dachgeschoss|souterrain)(?:\s+(?:links|rechts))?|"
    r"\d{1,2}(?:st|nd|rd|th)\s+floor|(?:hinterhaus|vorderhaus|seitenflügel|quergebäude|gartenhaus|hinterhof)(?:\s+(?:links|rechts|\d{1,2}))?|"
    r"(?:stiege|aufgang|haus|block|treppe)\s+(?:\d{1,2}|[a-f])|(?:wohnung|whg\.?|top|tür|apartment|apt\.?|flat|unit|zimmer)\s*(?:nr\.?\s*)?\d{1,4}\s?[a-z]?|"
    r"(?:meine\s+)?(?:postnummer|postnr\.?|kundennummer)\s*(?:ist|lautet|:)?\s*\d{6,10}|c/o\s+[^\W\d_][\w.-]*(?:\s+[^\W\d_][\w.-]*)?"
    r")(?![\w-])",
    re.I,
)
"""Where within the house: "3. OG links", "Hinterhaus", "flat 4"; and the number that a parcel locker asks for."""
_LOCKER = re.compile(r"\b(?:packstation|postfiliale)\s*\d{3}\b", re.I)
_POST_NUMBER = re.compile(r"(?<![\w.-])(?<!nummer )\d{6,10}(?![\w.-])")
"""The customer's number at a parcel locker, which may stand behind it without a word."""
_SWISS = vocabulary(
    "zürich zuerich bern basel genf genève geneve lausanne luzern winterthur lugano biel thun köniz schaffhausen fribourg chur zug uster sion "
    "neuenburg neuchâtel aarau baden wil davos rapperswil frauenfeld kreuzlingen solothurn olten"
)
_GERMAN_TOWNS = vocabulary(
    "berlin hamburg münchen muenchen köln koeln frankfurt stuttgart düsseldorf duesseldorf leipzig dortmund essen bremen dresden hannover nürnberg nuernberg "
    "duisburg bochum wuppertal bielefeld bonn münster muenster mannheim karlsruhe augsburg wiesbaden mönchengladbach gelsenkirchen aachen braunschweig "
    "chemnitz kiel halle magdeburg freiburg krefeld mainz lübeck luebeck erfurt oberhausen rostock kassel potsdam saarbrücken hagen oldenburg "
    "osnabrück heidelberg darmstadt regensburg ingolstadt würzburg wuerzburg wolfsburg ulm göttingen goettingen jena trier cottbus schwerin"
)
"""Large towns whose postal codes surely have five digits."""
_ELSEWHERE = re.compile(
    r"\b(italien|italy|frankreich|france|spanien|spain|niederlande|holland|netherlands|belgien|belgium|polen|poland|tschechien|czech\w*|luxemburg|"
    r"luxembourg|dänemark|denmark|schweden|sweden|norwegen|norway|england|großbritannien|uk|united kingdom|great britain|scotland|schottland|"
    r"irland|ireland|usa|united states|america|amerika|kanada|canada|türkei|turkey|portugal|griechenland|greece|ungarn|hungary|kroatien|croatia|"
    r"slowenien|slovenia|liechtenstein|mallorca)\b",
    re.I,
)
_SEPARATORS = " \t,;:.\n-–"
_BEFORE_STREET = vocabulary(
    "ist is lautet und and noch wohne wohnhaft wohn live wäre waere nein doch sorry paar aber but lieber jetzt nun dann adresse anschrift address heißt heisst"
)
_NAMES_TOO = vocabulary("jo will may")
"""First names that are other words in small letters."""
_NO_STREETS = (
    vocabulary("one ones eins pair pairs paar size groesse größe nummer number nr stück stueck pieces the")
    | FUNCTION_WORDS
)
_GREETINGS = re.compile(
    r"^(?:(?:bitte|also|ja|gern|gerne|klar|okay|ok|please|yes|sure|well|hm+|ähm?|uhm?|und|and)\b[\s,.:!]*)+|[\s,.!]*\b(?:bitte|danke|please|thanks)\W*$",
    re.I,
)
_NAMED = re.compile(
    r"\b(?:ich heiße|ich heisse|ich bin|name ist|name is|name'?s|it'?s|i am|i'm)\s+(?:(?:der|die)\s+)?(?P<name>[^\W\d_][^\d,;:\n]*?)(?=\s*(?:[,;\n]|\bund\b|\band\b|$))",
    re.I,
)
_INTRODUCED = re.compile(
    r"^.*?\b(?:ich (?:heiße|heisse|bin)|mein name ist|name(?: ist| is|:)?|my name is|name'?s|it'?s|i am|i'?m|auf den namen|auf|für|for|an)\b[\s:]*",
    re.I,
)


@dataclass(frozen=True)
class Said:
    """`parts`: those of name, street, within, postal_code, city, country, house_number that were said; `spans`: where."""

    parts: dict[str, str] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()


def address_said(text: str, *, asked: bool = False, has_street: bool = False) -> Said:
    """The address within a message. Unasked, only what cannot be anything else is taken for one.

    Floors and the like are taken if there is a street that they can belong to.
    """
    within = [match.span() for match in _WITHIN.finditer(text)]
    if locker := _LOCKER.search(text):
        within += [match.span() for match in _POST_NUMBER.finditer(text, locker.end())]
    said = _address_said(_blanked(text, within), asked=asked)
    is_address = asked or has_street or "street" in said.parts or "postal_code" in said.parts
    if not within or not is_address:
        return said
    words = ", ".join(" ".join(text[slice(*span)].split()) for span in within)
    return Said({**said.parts, "within": words}, (*said.spans, *within))


def names_elsewhere(text: str) -> bool:
    """Whether a country is named to which the shop does not deliver."""
    return bool(_ELSEWHERE.search(text))


def _blanked(text: str, spans: Sequence[Span]) -> str:
    """Commas in place of what is taken out: it divides what is beside it."""
    for start, end in spans:
        text = text[:start] + ",".ljust(end - start) + text[end:]
    return text


def _address_said(text: str, *, asked: bool) -> Said:
    code = _code(text, asked)
    parts, spans, before = _place(text, code)
    street = _street(text[:before], asked=asked or code is not None) or _typed(text)
    if street is None:
        return _with_house_number(text, Said(parts, tuple(spans)))
    found = {**parts, "street": tidy(text[slice(*street)])}
    name = _introduced_name(text) or _name(text, street, spans)
    if name is None:
        return Said(found, (*spans, street))
    return Said({**found, "name": tidy(text[slice(*name)])}, (*spans, street, name))


def _with_house_number(text: str, said: Said) -> Said:
    """ "die Hausnummer ist 14": only that of the street which is known already."""
    match = _HOUSE_NUMBER.search(text)
    return Said({**said.parts, "house_number": match["number"]}, (*said.spans, match.span())) if match else said


def _code(text: str, asked: bool) -> re.Match[str] | None:
    """Five digits, the last that were said; four only where Austria or Switzerland are named, or an address was asked for or is given."""
    found = list(_CODE.finditer(text))
    long = [match for match in found if len(match["code"]) == 5]
    if long:
        return long[-1]
    for match in found:
        if (
            (asked and not text.replace(match["code"], "").strip(_SEPARATORS + "!"))
            or match["land"]
            or ((asked or _TYPED.search(text[: match.start()])) and _CITY.match(text, match.end()))
        ):
            return match
    return None


def _place(text: str, code: re.Match[str] | None) -> tuple[dict[str, str], list[Span], int | None]:
    """Postal code, city and country; where they stand; and where the text before them ends (None: at its end)."""
    if code is None:
        return _place_without_code(text)
    parts = {"postal_code": code["code"], "country": _country(code, text)}
    after = _CITY.match(text, code.end())
    if after and after["city"].casefold() not in FUNCTION_WORDS:
        is_short = len(code["code"]) == 4 and not code["land"] and after["city"].casefold() in _GERMAN_TOWNS
        known = {} if is_short else parts  # a digit is missing: it is asked for
        return {**known, "city": tidy(after["city"])}, [code.span(), after.span("city")], code.start()
    before = _last_segment(text, code.start())
    city = _CITY.fullmatch(re.sub(r"^in\s+", "   ", text[slice(*before)])) if before else None
    if before and city and city["city"].casefold() not in FUNCTION_WORDS:
        return {**parts, "city": tidy(city["city"])}, [code.span(), before], before[0]
    return parts, [code.span()], code.start()


def _place_without_code(text: str) -> tuple[dict[str, str], list[Span], int | None]:
    """ "Lindenweg 12 in Leipzig", "Lindenweg 12, Leipzig"."""
    street = _typed(text)
    match = re.compile(r"\s*(?:,|\bin\b)\s*").match(text, street[1]) if street else None
    city = _CITY.match(text, match.end()) if match else None
    if city is None or city["city"].casefold() in FUNCTION_WORDS or not city["city"][0].isupper():
        return {}, [], None
    return {"city": tidy(city["city"])}, [city.span("city")], city.start("city")


def _country(code: re.Match[str], text: str) -> str:
    land = (code["land"] or "").upper()
    if land in ("A", "AT", "CH"):
        return "CH" if land == "CH" else "AT"
    if len(code["code"]) == 4:
        return "CH" if is_swiss(text) else "AT"
    return "DE"


def is_swiss(text: str) -> bool:
    """Whether a text names Switzerland, or one of its towns: codes of four digits are Austria's as well."""
    return bool(
        re.search(r"schweiz|switzerland|suisse|\bCH\b", text, re.I)
        or _SWISS & {word.strip(".,") for word in text.casefold().split()}
    )


def _street(text: str, *, asked: bool) -> Span | None:
    """Where street and house number stand in what comes before the town."""
    english = _ENGLISH.search(text)
    if english:
        return english.span("street")
    typed = _typed(text)
    if typed or not asked:
        return typed
    untyped = [
        span
        for pattern in (_UNTYPED, _RUN_TOGETHER)
        for found in pattern.finditer(text)
        if _has_name(found) and (span := _without_lead(text, found.span("street")))
    ]
    return _with_preposition(text, untyped[0]) if untyped else None


def _without_lead(text: str, street: Span) -> Span | None:
    """ "und die Straße ist Am See 5" names Am See 5; "und noch ein Paar Orange 38" names no street."""
    words = list(re.finditer(r"[^\W\d_]+", text[slice(*street)]))
    leads = [word.end() for word in words if word.group().casefold() in _BEFORE_STREET]
    start = street[0] + (leads[-1] if leads else 0)
    rest = words_of(text[start : street[1]])
    if not rest or rest[0].folded.isdigit() or any(is_colour(word.folded) for word in rest):
        return None
    return _stripped(text, (start, street[1]))


def _has_name(found: re.Match[str]) -> bool:
    """ "Bleichen 12" is a street; "das sind 12" is none."""
    return found["word"].casefold() not in _NO_STREETS


def _typed(text: str) -> Span | None:
    """A street that says so: Lindenweg 12, Lange Straße 3, Am Alten Markt 5."""
    found = list(_TYPED.finditer(text))
    if not found:
        return None
    last = found[-1]
    street = last.start("last"), last.end("number")
    stands_alone = re.fullmatch(_TYPE, last["last"], re.I) is not None
    placed = _with_preposition(text, street, always=stands_alone)
    return (_word_before(text, street[0]), street[1]) if stands_alone and placed == street else placed


def _word_before(text: str, at: int) -> int:
    """ "Lange Straße": a street's type that stands alone has its name before it."""
    match = re.search(r"([^\W\d_][\w.'’-]*)\s*$", text[:at])
    return match.start() if match else at


def _with_preposition(text: str, street: Span, *, always: bool = True) -> Span:
    """ "Am Alten Markt 5", "An der Alster 7"; but who lives "im Lindenweg 12" lives in Lindenweg."""
    match = _WHERE.search(text[: street[0]])
    is_name = match is not None and (always or match["name"] is not None or match.group()[0].isupper())
    return (match.start(), street[1]) if match and is_name else street


def _name(text: str, street: Span, taken: list[Span]) -> Span | None:
    """Beside the street: before it as a rule, else in a line of its own."""
    before = _last_segment(text, street[0])
    if before and _can_be_name(text[slice(*before)]):
        return before
    behind = _stripped(text, (max(end for _, end in [*taken, street]), len(text)))
    if _can_be_name(text[slice(*behind)]):
        return behind  # "… 04107 leipzig jonas reuter"
    trailing = _trailing_name(text, before) if before else None
    if trailing:
        return trailing
    for match in re.finditer(r"[^,;\n]+", text):
        span = _stripped(text, match.span())
        is_free = all(span[1] <= start or end <= span[0] for start, end in taken)
        if is_free and span[0] > street[1] and is_name(text[slice(*span)]) and text[span[0]].isupper():
            return span
    return None


def _can_be_name(text: str) -> bool:
    """A way to pay is none."""
    return is_name(text) and payment_method(text) is None


def _trailing_name(text: str, segment: Span) -> Span | None:
    """ "2x jonas reuter": the last two words, when what is before them is no name."""
    words = list(re.finditer(r"\S+", text[slice(*segment)]))
    if len(words) < 3 or is_name(words[-3].group() + " " + words[-2].group()):
        return None
    start = segment[0] + words[-2].start()
    return (start, segment[1]) if is_name(text[start : segment[1]]) else None


def _introduced_name(text: str) -> Span | None:
    """ "mein Name ist Jonas Reuter und ich wohne …"."""
    match = _NAMED.search(text)
    return match.span("name") if match and is_name(match["name"]) else None


def _last_segment(text: str, end: int) -> Span | None:
    """What stands directly before: behind the last comma, "an" or "für"."""
    span = _stripped(text, (0, end))
    start = max(text.rfind(mark, 0, span[1]) + 1 for mark in (",", ";", ":", "\n", "  "))
    for match in _LEAD.finditer(text, max(0, start - 1), span[1]):
        start = match.end()
    span = _stripped(text, (start, span[1]))
    return span if span[1] > span[0] else None


def _stripped(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start] in _SEPARATORS:
        start += 1
    while end > start and text[end - 1] in _SEPARATORS:
        end -= 1
    return start, end


def is_name(text: str) -> bool:
    """Whether this can be a person's full name: two to five words of letters."""
    return 2 <= len(text.split()) <= 5 and _is_of_name_words(text)


def _is_of_name_words(text: str) -> bool:
    words = text.split()
    if not words or not all(re.fullmatch(r"[^\W\d_][^\W\d_.'’-]*(?:[.'’-][^\W\d_]*)*", word) for word in words):
        return False
    plain = [word.casefold().strip(".,") for word in words]
    if len(words) > 1 and plain[0] in _NAMES_TOO and words[0][0].isupper():
        plain = plain[1:]
    inner = [word for word in plain if word not in _PARTICLES]
    return bool(inner) and plain[-1] in inner and not any(word in FUNCTION_WORDS for word in inner)


def name_said(text: str) -> str | None:
    """The name in an answer to "Auf welchen Namen?": "ich bin Jonas Reuter" -> "Jonas Reuter"."""
    if len(text) > MAX_ANSWER:
        return None
    plain = _GREETINGS.sub("", text.strip()).strip(_SEPARATORS + "!")
    introduced = _INTRODUCED.sub("", plain).strip(_SEPARATORS + "!")
    last_words = re.search(r"(?:\b[^\W\d_a-zäöü][^\W\d_]+(?:[ -]|$)){2,3}$", plain)
    candidates = (introduced, plain, last_words.group() if last_words else "")
    found = next((candidate for candidate in candidates if _is_of_name_words(candidate)), None)
    return tidy(found) if found and len(found.split()) <= 5 else None


def city_said(text: str) -> str | None:
    """The town in an answer to "und welcher Ort?": "in Leipzig bitte" -> "Leipzig"."""
    if len(text) > MAX_ANSWER:
        return None
    plain = re.sub(r"^(?:in|nach|aus|to)\s+", "", _GREETINGS.sub("", text.strip()), flags=re.I).strip(_SEPARATORS + "!")
    match = _CITY.fullmatch(plain)
    return tidy(plain) if match and plain.casefold() not in FUNCTION_WORDS else None


def tidy(words: str) -> str:
    """As one writes it: people type addresses in lower case."""
    words = re.sub(r"\s+,", ",", " ".join(words.split())).strip(_SEPARATORS.replace(".", ""))
    return words.title() if words == words.lower() else words

"""What is said of something rented: taken back, bought at its end, on which plan, and what is asked about it meanwhile."""

import re

_UNDO = (
    r"stornier\w*|absag\w*|abbrech\w*|rückgängig|rueckgaengig|zurück\w*|zurueck\w*|widerruf\w*|aufheb\w*|lösch\w*|undo\w*|cancel\w*|"
    r"tak(?:e|ing) (?:\w+ ){0,6}back|revert|revoke|withdraw|reverse|call off|scrap"
)
_NO_MORE = (
    r"doch nicht|nicht mehr|nimmer|doch wieder|any ?more|no longer|don'?t (?:want|need)|(?:brauch\w*|will) (?:\w+ ){0,4}(?:nicht|kein\w*)|"
    r"(?:want|have) (?:\w+ ){0,3}back"
)
_TAKES_BACK = re.compile(rf"\b(?:{_UNDO}|{_NO_MORE})\b", re.I)
_UNDOES = re.compile(rf"\b(?:{_UNDO})\b", re.I)
_KEEPS = re.compile(
    r"\b(?:nicht|net|ned)\s+(?:mehr\s+)?(?:künd|kuend)\w*|\b(?:do not|don'?t|not)\s+(?:\w+\s+){0,2}cancel\w*", re.I
)
_KEEPS_OLD = re.compile(
    r"\b(?:alte\w*|bisherige\w*|vorige\w*|vorherige\w*)\b.{0,20}\b(?:behalt\w*|lassen)\b|\b(?:keep|stay with|stick with)\b.{0,15}\b(?:old|current|present|previous)\b",
    re.I,
)
_TAKES_OFF = re.compile(r"\b(?:cancel\w*|remove|take off|stornier\w*|k(?:ü|ue)ndig\w*|raus|abbestell\w*)\b", re.I)
_SWAP = re.compile(r"\b(?:swap\w*|tausch\w*|umtausch\w*|getauscht\w*)\b", re.I)
_CANCELLATION = re.compile(r"\b(?:kündigung\w*|kuendigung\w*|cancell?ations?|cancell?ing)\b", re.I)
_PAUSE = re.compile(r"\b(?:paus\w*|unterbrech\w*|break)\b", re.I)
_WHOLE = re.compile(
    r"\b(?:abo\w*|vertr[aä]g\w*|miete|mietvertrag|kündig\w*|kuendig\w*|subscriptions?|contracts?|rental|renting)\b",
    re.I,
)
_NOT_CANCELLING = re.compile(
    r"\b(?:nicht|nöd|ned|net|not|don'?t|never|didn'?t)\b[\w\s]{0,20}?\b(?:ge)?(?:kündig\w*|kuendig\w*|cancel\w*)\b"
    r"|\b(?:not|nicht) (?:the|my|das|den|die|mein\w*)? ?(?:whole |ganze\w* )?(?:subscription|contract|abo\w*|vertrag|miete)\b"
    r"|\b(?:keep|behalt\w*)\b[\w\s]{0,20}\b(?:subscription|contract|rental|abo|vertrag)\b"
    r"|\b(?:abo|vertrag)\b[\w\s]{0,20}\bbehalt\w*|\bdoch (?:\w+ ){0,2}(?:behalten|weiter\w*)\b|\bkeep (?:it|them) after all\b"
    r"|\bweiter\w*\W+(?:miet\w*|nutz\w*|behalt\w*|fahr\w*|flieg\w*)\b|\b(?:keep|go on|continue) (?:rent\w*|using|flying|riding|driving)\b",
    re.I,
)
_BUYS = re.compile(
    r"\b(?:(?:ab)?kauf\w*|behalt\w*|übernehm\w*|uebernehm\w*|buy\w*|keep\w*|purchas\w*|mine|mir gehör\w*)\b", re.I
)
_AT_END = re.compile(
    r"\b(?:am ende|zum schluss|am schluss|zum ende|nach (?:der |dem )?(?:laufzeit|miet\w*|ablauf|abo)|hinterher|gemietet\w*|at the end|in the end|"
    r"when it ends|after(?:wards| (?:the|my) (?:term|rental|subscription|\d+ months?))|rented|rental)\b",
    re.I,
)
_NOT_PREMIUM = re.compile(
    r"\b(?:ohne|kein\w*|nicht|nie|statt|without|no|not|never|don'?t|instead of|from|von|raus aus|weg von)\W+(?:\w+\W+){0,2}?premium\w*"
    r"|\bpremium\w*\W+(?:\w+\W+){0,3}?(?:by mistake|aus versehen|versehentlich|nicht|weg|raus)\b",
    re.I,
)
_PLAN = re.compile(
    r"\b(?P<premium>premium\w*)|\b(?P<standard>standard\w*|normal\w*|basis\w*|basic|einfach\w*|regular)\b", re.I
)
_BOTH_PLANS = re.compile(
    r"\b(?:mit und ohne|with and without|with or without|mit oder ohne|unterschied\w*|difference)\b", re.I
)
_MONEY = re.compile(
    r"\b(?:kost\w*|preis\w*|insgesamt|gesamt\w*|summe|zahl\w*|teuer|bekomm\w*\b.*\bzurück|cost\w*|price|total|pay\w*|expensive|get back)\b",
    re.I,
)
_WHEN = re.compile(r"^\W*(?:und |and )?(?:(?:ab|bis|from|until|since) )?(?:wann|when)\b", re.I)
_WHOLE_SUM = re.compile(r"\b(?:insgesamt|zusammen|gesamt\w*|alles|summe|total|altogether|in all|together)\b", re.I)
_GO_BACK = re.compile(
    r"\b(?:kann|könnte|can|could)\b.*\b(?:wieder|später|danach|hinterher|noch|later|afterwards|still|again)\b.*\b(?:zurück\w*|ändern|rückgängig|back|change|undo|revert)\b"
    r"|\b(?:kann|könnte|can|could)\b.*\b(?:zurück\w*|back|undo)\b.*\b(?:later|afterwards|again|wieder)\b",
    re.I,
)
_AFTER_TERM = re.compile(
    r"\b(?:was|what|wie|how)\b.*\b(?:nach|after|danach|afterwards)\b.*\b(?:laufzeit|monat\w*|term|months?|ende|end)\b|^\W*(?:und |and )?(?:danach|afterwards|what then|was dann)\W*$",
    re.I,
)
_COVERS = re.compile(
    r"\b(?:deck\w*|abgedeckt|cover\w*|beinhalt\w*|enthalten|dabei|drin|includ\w*|was (?:ist|sind)|what (?:is|are|does))\b",
    re.I,
)
_HOW_LONG = re.compile(
    r"\b(?:wie (?:lange|oft|viele)|how (?:long|often|many)|maximal|höchstens|at most|maximum)\b", re.I
)
_BOOKED = re.compile(
    r"\b(?:welche|which|what|hab\w*|have|gibt|any|ist|is|are|wann|when)\b.*\b(?:gebucht|geplant|vorgemerkt|booked|planned|scheduled)\b",
    re.I,
)
_WANTED_BACK = re.compile(
    r"\b(?:want|have|get|like)\b[\w\s]{0,30}\bback\b|\b(?:will|möchte|hätte|hab\w*|doch|lieber)\b[\w\s]{0,30}\b(?:zurück|wieder)\b",
    re.I,
)
_ENDS = re.compile(r"\b(?:beend\w*|(?:end|stop|finish) (?:the|my|this|that))\b", re.I)
_NO_PAUSE = re.compile(r"\b(?:no|without|kein\w*|ohne)\W+(?:\w+\W+)?paus\w*", re.I)
_DEED = re.compile(
    r"\b(?:kündig\w*|kuendig\w*|cancel\w*|end (?:it|the|my)|beend\w*|weiter\w*|fortsetz\w*|resume|continue|go on|verlänger\w*|extend|tarif\w*|"
    r"plan|premium\w*|laufzeit|buch\w*|book|add)\b",
    re.I,
)
_POINTED = re.compile(r"\b(?:das|den|die|es|it|that|this)\b", re.I)
_FOR_GOOD = re.compile(
    r"\b(?:für immer|fuer immer|dauerhaft|auf dauer|for good|permanent(?:ly)?|for ever|forever)\b", re.I
)


def takes_back(text: str) -> bool:
    """ "undo that", "nicht mehr", "cancel that swap"."""
    return bool(_TAKES_BACK.search(text))


def keeps(text: str) -> bool:
    """ "doch nicht kündigen", "don't cancel it"."""
    return bool(_KEEPS.search(text))


def takes_off(text: str) -> bool:
    """ "cancel the …", "nimm … wieder raus"."""
    return bool(_TAKES_OFF.search(text))


def takes_back_swap(text: str) -> bool:
    """In these words."""
    return bool(_SWAP.search(text)) and (takes_back(text) or bool(_ENDS.search(text)))


def takes_back_pause(text: str) -> bool:
    """ "no pause after all"; whether there is one is for the caller to know."""
    return bool(_PAUSE.search(text)) and (takes_back(text) or bool(_NO_PAUSE.search(text)))


def wants_back(text: str) -> bool:
    """ "I want the E1 back", "doch wieder die Mini"."""
    return bool(_WANTED_BACK.search(text))


def keeps_the_old(text: str) -> bool:
    """ "doch die alte behalten": of what was swapped last."""
    return bool(_KEEPS_OLD.search(text))


def takes_back_that(text: str) -> bool:
    """ "take that back", "rückgängig machen": what was done last."""
    is_short = len(text.split()) <= 3
    return bool(_UNDOES.search(text)) and (is_short or bool(_POINTED.search(text)))


def takes_back_cancellation(text: str) -> bool:
    """ "Kündigung stornieren", "doch nicht kündigen", "I only wanted to cancel the swap, not the subscription"."""
    return bool(_NOT_CANCELLING.search(text) or (_CANCELLATION.search(text) and _UNDOES.search(_without_noun(text))))


def _without_noun(text: str) -> str:
    return _CANCELLATION.sub(" ", text)


def names_deed(text: str) -> bool:
    """Whether it says by a word of its own what is to be done."""
    return names_swap(text) or names_pause(text) or bool(_DEED.search(text))


def names_swap(text: str) -> bool:
    return bool(_SWAP.search(text))


def names_pause(text: str) -> bool:
    return bool(_PAUSE.search(text))


def names_subscription(text: str) -> bool:
    """The contract as a whole, or its end."""
    return bool(_WHOLE.search(text))


def buys(text: str) -> bool:
    """ "behalten", "buy": what becomes of the piece at the end."""
    return bool(_BUYS.search(text))


def is_for_good(text: str) -> bool:
    """ "die Pro dauerhaft", "the Pro for good": of who rents already, a swap."""
    return bool(_FOR_GOOD.search(text))


def buys_at_end(text: str) -> bool:
    """The same where nothing else says that it is about the end."""
    return buys(text) and bool(_AT_END.search(text))


def premium_wanted(text: str) -> bool | None:
    """True for premium, False for the standard plan; of both, the one that is named last and not as what is left."""
    plans = list(_PLAN.finditer(_NOT_PREMIUM.sub(" standard ", text)))
    return plans[-1]["premium"] is not None if plans else None


def compares_plans(text: str) -> bool:
    """ "with and without premium?"."""
    return bool(_BOTH_PLANS.search(text))


def asks_for_summary(text: str) -> bool:
    """ "was kostet das?", "ab wann?": what the summary says."""
    return bool(_WHEN.search(text) or (_MONEY.search(text) and (len(text.split()) <= 6 or "?" in text)))


def asks_for_sum(text: str) -> bool:
    """ "what do I pay in total?"."""
    return bool(_WHOLE_SUM.search(text))


def asks_to_go_back(text: str) -> bool:
    """ "kann ich danach noch zurück?"."""
    return bool(_GO_BACK.search(text))


def asks_what_follows(text: str) -> bool:
    """ "what happens after the 3 months?"."""
    return bool(_AFTER_TERM.search(text))


def asks_what_is_covered(text: str) -> bool:
    """ "was deckt die ab?"."""
    return bool(_COVERS.search(text))


def asks_how_long(text: str) -> bool:
    """ "how long can I pause?"."""
    return bool(_HOW_LONG.search(text))


def asks_what_is_booked(text: str) -> bool:
    """ "what swaps have I booked?"."""
    return bool(_BOOKED.search(text))

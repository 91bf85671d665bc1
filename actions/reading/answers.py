"""Short answers: how to pay, yes with a but, whatever, what shall be different."""

import re

from actions.backend.port import PaymentMethod
from actions.reading.heard import Heard

_PAYMENT_WORDS: dict[PaymentMethod, str] = {
    "paypal": r"pay\s?-?pal|päipäl|peipel",
    "card": r"kredit\w*|(?:kredit)?karte|(?:credit )?card|visa|master\s?card|amex",
    "direct_debit": r"last\s?schrift|bankeinzug|abbuch\w*|einzug|debit|iban|konto",
    "invoice": r"rechnung|invoice|bill|überweis\w*|ueberweis\w*|bank transfer",
    "gift_card": r"(?:geschenk)?gutschein\w*|geschenkkarte\w*|gift ?cards?|voucher|store credit",
}
_REPLACED = re.compile(
    r"\b(statt|anstatt|instead of|rather than|not|nicht|kein\w*|ohne|als)\s+(?:(?:mit|per|auf|with|by|the|der|die)\s+)*$",
    re.I,
)
_ON_INVOICE = re.compile(
    r"\b(?:auf|per|via|gegen|mit|on|by|against)\s+(?:(?:eine|an|a)\s+)?(?:rechnung|invoice)\b", re.I
)
_RESERVATION = re.compile(
    r"\b(dazu|zusätzlich|zusaetzlich|obendrauf|on top|aber|allerdings|jedoch|au(?:ß|ss)er|sondern|ohne|but|except|however|without|only if|unless|wenn|if)\b",
    re.I,
)
_SIE = re.compile(r"\b(?:siez\w*|gesiezt|per sie|beim sie)\b", re.I)
_DU = re.compile(r"\b(?:duz\w*|geduzt|per du|beim du|du (?:zu mir )?sagen|sag (?:ruhig )?du)\b", re.I)
_NOT_SO = re.compile(r"\b(?:nicht|nöd|ned|net|nich|kein\w*|aufhören|don'?t|stop)\b", re.I)
_INSULT = re.compile(
    r"\b(?:dumm\w*|doof\w*|blöd\w*|bloed\w*|bescheuert\w*|idiot\w*|trottel\w*|depp\w*|nutzlos\w*|unfähig\w*|arsch\w*|schei(?:ß|ss)\w*|fick\w*|verarsch\w*|"
    r"stupid|dumb|idiot\w*|moron\w*|useless|rubbish|garbage|crap\w*|shit\w*|fuck\w*|hopeless)\b",
    re.I,
)
MOST_WORDS_TO_WAIT = 5
_WAIT = re.compile(
    r"^\W*(?:(?:warte?|wart|moment\w*|momentchen|sekunde|sek|augenblick|bleib dran|bin gleich (?:wieder )?da|gleich|hold on|hang on|wait|brb|"
    r"(?:just |give me )?(?:a|one) (?:sec\w*|moment|minute))\W+(?:(?:kurz|mal|bitte|noch|eben|please|bin gleich (?:wieder )?da)\W*)*)+$",
    re.I,
)
SURE = 0.7
"""Confidence from which a yes that uses no word for yes is one."""
_YES = re.compile(
    r"\b(ja\w{0,3}|jo|jup|jep|klar|gern\w?|ok|okay|passt|genau|stimmt|richtig|yes|yeah|yep|yup|sure|correct|right|fine|perfe[ck]t)\b",
    re.I,
)
_PUT_OFF = re.compile(
    r"\b(warte?|moment\w*|sekunde|augenblick|später|spaeter|nachher|irgendwann|vielleicht|vllt|evtl|eventuell|jein|na ?ja|überleg\w*|ueberleg\w*|"
    r"grübel\w*|nachdenk\w*|denk\w*|drüber schlafen|melde\w*|unsicher|unschlüssig|mal (?:sehen|gucken|schauen)|(?:noch|weiß|weiss) nicht|"
    r"erst ?mal|erst noch|besprech\w*|frag\w*|wait|hold on|hang on|hold off|later|maybe|perhaps|possibly|think\w*|sleep on|consider|decide|discuss|"
    r"unsure|not (?:sure|yet)|a (?:sec\w*|minute|moment)|one (?:sec\w*|minute)|let me|ask my|check with|well|h+m+|m+h+|ä+h*m*|u+h+m*|er+m*)\b",
    re.I,
)
_NO_OBJECTION = re.compile(
    r"\b(warum nicht|wieso nicht|(?:spricht )?nichts dagegen|(?:gar )?kein(?:e)? (?:problem|thema|ding|einwände|frage|änderung\w*)|nicht schlecht|"
    r"why not|no (?:problem|problems|worries|objections?|changes|doubt)|not bad|oh well|nothing wrong)\b",
    re.I,
)
_DOUBT = re.compile(r"\b(nicht|kein\w*|nein|nee|ne|nö|nie|oder|not|no|nope|never|don'?t|won'?t|can'?t)\b", re.I)
_GO = re.compile(
    r"\b(bestell\w*|kauf\w*|nehm\w*|nimm|order\w*|buy\w*|purchase|take|abschick\w*|absenden|submit|confirm\w*)\b", re.I
)
_DEED = (
    r"(?:stornier\w*|kündig\w*|kuendig\w*|zurück ?(?:geben|schicken|senden)|zurueck ?(?:geben|schicken|senden)|umtausch\w*|tausch\w*|pausier\w*|"
    r"weiter ?(?:laufen|machen)|buch\w*|umstell\w*|änder\w*|anmeld\w*|cancel|return|exchange|swap|pause|resume|book|change)"
)
_DEED_ALONE = re.compile(
    rf"^\W*(?:(?:ja|jo|jep|ok|okay|yes|yeah|bitte|please|genau|klar|gern|mach|go ahead)\W+)*{_DEED}(?:\s+(?:bitte|please|it|them|sie|es|das|die|ihn|mach\w*|lassen))*\W*$",
    re.I,
)
_NOT_THE_DEED = re.compile(rf"\b(?:nicht|nöd|ned|net|nich|kein\w*|not|don'?t|never)\b[\w\s]{{0,20}}?{_DEED}\b", re.I)
_WHATEVER = re.compile(
    r"\b(egal|wurscht|wurst|schnuppe|irgendein\w*|such dir|don'?t care|whatever|any|either|whichever|no preference)\b",
    re.I,
)
_INDEFINITE = re.compile(r"\b(etwas|was|irgendwas|anderes|something|anything|stuff)\b", re.I)
_RETURN = re.compile(
    r"\b(zurück ?(?:geb|schick|send)\w*|zurueck ?(?:geb|schick|send)\w*|rückgabe\w*|rueckgabe\w*|rücksend\w*|retour\w*|umtausch\w*|tauschen|umgetauscht|widerruf\w*|"
    r"(?:soll\w*|geht|gehen|muss|kommt) (?:wieder )?zur(?:ü|ue)ck|return\w*|send (?:it|them|this|that) back|give (?:it|them) back|refund\w*|money back|geld zurück|geld zurueck|reklam\w*|kaputt\w*|defekt\w*|beschädigt\w*|broken|damaged|defective)\b",
    re.I,
)
_POSSIBLE = re.compile(
    r"\b(?:kann|könnte|koennte|darf|dürfte|können|koennen|geht das|wäre es|stornieren sie|storniern sie|can|could|may|am i able|is it possible|"
    r"what if|was wenn|just asking)\b",
    re.I,
)
_IF_I_CAN = re.compile(r"\b(?:wenn|falls|sofern|if|as long as|provided)\b.{0,40}\b(?:kann|darf|geht|can|may)\b", re.I)
_SOME_DAY = re.compile(
    r"\b(?:später|spaeter|jederzeit|danach|hinterher|falls|wenn|any ?time|later|afterwards|if|at any point|just asking)\b",
    re.I,
)
_ONE_MORE = re.compile(
    r"\s*(?:ach |oh )?(?:und |and |dann |dazu )*(?:(?:bitte |gleich )?noch (?:so )?(?:ein\w{0,2}|'?ne?n?)\b|(?:one more|another)\b)",
    re.I,
)
_QUESTION = re.compile(
    r"\?|^\W*(?:(?:und|and|also|aber|but|ok|hm+|wait|warte?|moment|hang on|hold on|sorry|ach|oh|äh|ähm|erm?|uh)\b\W*)*(?:kann|könnte|darf|wie|was|wo|wann|wer|welche\w*|geht|gibt'?s?|habt|can|could|may|how|what|where|when|who|which|is|do|does)\b|\b(?:kostet|unterschied|difference|welche größe|welche groesse|which size|what size)\b",
    re.I,
)
_UNDONE = re.compile(
    r"\b(?:stornierung|storno|cancell?ation)\b.{0,30}\b(?:zurück\w*|zurueck\w*|rückgängig|rueckgaengig|widerruf\w*|undo\w*|undone|revert\w*|reverse\w*|take back|doch nicht)\b"
    r"|\b(?:undo|revert|reverse|take back|nimm|nehmt|nehme)\b.{0,15}\b(?:stornierung|storno|cancell?ation)\b",
    re.I,
)
_IF_CANCELLED = re.compile(
    r"\b(?:was|wie ?viel|welche\w*|geld|what|how much|money)\b.{0,40}\b(?:zurück|zurueck|wieder|back|refund\w*)\b.{0,30}\b(?:wenn|falls|beim|if|when)\b.{0,25}\b(?:stornier\w*|cancel\w*)"
    r"|\b(?:wenn|falls|if|when)\b.{0,25}\b(?:stornier\w*|cancel\w*).{0,40}\b(?:zurück|zurueck|wieder|back|refund\w*)\b",
    re.I,
)
_ADDS = re.compile(
    r"\b(?:dazu|zusätzlich|zusaetzlich|obendrauf|mit rein|add (?:it|that|them)|with (?:it|that)|include|on top|nehm\w*|take (?:it|that))\b",
    re.I,
)
_DELIVERY_WISH = re.compile(
    r"\b(?:heute|morgen|übermorgen|today|tomorrow|tonight|express)\b.{0,25}\b(?:liefer\w*|zustell\w*|bring\w*|ankommen|deliver\w*|arrive\w*)\b"
    r"|\b(?:bis (?:zum |morgen|heute|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch)|by (?:\w+day|tomorrow|tonight))\b.{0,25}"
    r"\b(?:liefer\w*|zustell\w*|bring\w*|da sein|haben|brauch\w*|ankommen|deliver\w*|arrive\w*|get here|here|need)\b"
    r"|"
    r"\b(?:nachbar\w*|ablageort|abstellgenehmigung|vor die tür|neighbou?rs?|wunschtermin|leave it (?:at|with|by))\b"
    r"|\b(?:erst|frühestens|nicht vor|lieber|nur|not before|only|rather)\s+(?:am|ab|im|on|in|from|after|nach)\b.{0,30}\b(?:liefer\w*|zustell\w*|bring\w*|deliver\w*)"
    r"|\b(?:liefer\w*|zustell\w*|deliver\w*)\b.{0,25}\b(?:erst|frühestens|nicht vor|not before|no earlier)\b",
    re.I,
)
MOST_WORDS_FOR_SUM = 8
_SUM = re.compile(
    r"\b(?:kost\w*|zahl\w*|bezahl\w*|preis\w*|gesamt\w*|insgesamt|summe|geld|zurück|zurueck|wieder|costs?|price|total|pay|paid|money|back|amount|(?:ist|macht|wäre|wär) (?:das|es)|is (?:that|it))\b",
    re.I,
)
_HOW_MUCH = re.compile(
    r"^\W*(?:(?:und|and|aber|but|ok\w*|moment|wait|ähm?|hm+)\W+)*(?:wie ?viel|was|wieviel|how much|what(?:'?s)?|welche\w*)\b(?!.*\b(?:wenn|if|when|wann|zeit|methode\w*|arten?|methods?|ways?)\b)",
    re.I,
)
_BILLING_ADDRESS = re.compile(
    r"\b(?:rechnungs?(?:adresse|anschrift)|(?:adresse|anschrift) (?:auf|für|fuer) (?:der|die|meine[rn]?) rechnung|billing address|invoice address|address (?:on|for) (?:the|my) (?:invoice|bill))\b",
    re.I,
)
_HAVE_YOU = re.compile(
    r"\b(?:(?:do|did|would|can) you (?:also |still )?(?:have|sell|stock)|(?:if|whether) (?:you (?:have|sell)|there is)|habt ihr|haben sie|hast du|"
    r"gibt(?:'?s| es)|ob (?:ihr|sie|es))\b",
    re.I,
)
_RATHER_NOT = re.compile(
    r"^\W*(?:(?:nein|nee|nei|ach|ah|danke|no|nope|thanks|sorry|hm+|also|actually|ich will)\W+)*"
    r"(?:(?:doch|dann|jetzt)\s+)*(?:lieber (?:doch )?|doch )(?:nicht|nöd|ned|net|nich)\W*$"
    r"|.*\b(?:nichts|nüt|nix|nüüt)\s+(?:mehr\s+)?(?:b(?:e)?stell\w*|kauf\w*)|.*\bdon'?t want to (?:order|buy) (?:it|anything)\b"
    r"|^\W*(?:no\W+)?(?:rather not|better not|never ?mind|i(?:'ve| have)? changed my mind|i don'?t want (?:it|anything) (?:any ?more|after all))\W*$",
    re.I,
)
OPTION_WORDS = {"colour": r"farb\w*|colou?rs?", "size": r"größen?|groessen?|grössen?|sizes?"}
"""What an option of the catalog is called in a question."""
_ASPECTS = {
    **OPTION_WORDS,
    "quantity": r"anzahl|menge|stückzahl|stueckzahl|quantity|amount|how many|number of pieces",
    "address": r"\w*adresse|anschrift|(?:delivery |shipping )?address|lieferort",
    "name": r"namen?|empfänger\w*|name|recipient",
    "payment": r"bezahl\w*|zahl(?:ung|art|weise)\w*|zahlen|pay|payment\w*|paying",
    "term": r"laufzeit|mietdauer|mietzeit|dauer|term|duration",
    "product": r"produkt\w*|modell\w*|artikel\w*|products?|models?|items?",
}


def payment_method(text: str) -> PaymentMethod | None:
    """The last that is named and wanted: of "statt PayPal lieber Rechnung" the invoice; a gift card is no card."""
    gift_card = re.search(rf"\b(?:{_PAYMENT_WORDS['gift_card']})\b", text, re.I)
    if gift_card and not _REPLACED.search(text[: gift_card.start()]):
        return "gift_card"
    found = [
        (match.start(), method)
        for method, pattern in _PAYMENT_WORDS.items()
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.I)
        if not _REPLACED.search(text[: match.start()])
    ]
    return max(found)[1] if found else None


def form_of_address(text: str) -> str | None:
    """ "Sie" or "du", if the text asks to be called so: "bitte siezen Sie mich", "nicht duzen bitte"."""
    says_sie, says_du = bool(_SIE.search(text)), bool(_DU.search(text))
    if says_sie == says_du:
        return "Sie" if says_sie and text.lower().rfind("sie") > text.lower().rfind("du") else "du" if says_du else None
    return "Sie" if says_sie != bool(_NOT_SO.search(text)) else "du"


def asks_to_wait(text: str) -> bool:
    """ "wart kurz…", "one sec", and nothing else."""
    return len(text.split()) <= MOST_WORDS_TO_WAIT and bool(_WAIT.match(text + " "))


def compares_payment(text: str) -> bool:
    """ "was ist der Unterschied zwischen Karte und PayPal?" chooses neither."""
    named = [method for method, pattern in _PAYMENT_WORDS.items() if re.search(rf"\b(?:{pattern})\b", text, re.I)]
    return len(set(named) - {"gift_card"}) > 1 and is_question(text)


def insults(text: str) -> bool:
    """ "du bist so dumm", "useless bot"."""
    return bool(_INSULT.search(text))


def is_on_invoice(text: str) -> bool:
    """ "auf Rechnung" is a way to pay; "die Rechnung" is a paper."""
    return bool(_ON_INVOICE.search(text))


def is_gift_card(text: str) -> bool:
    """Whether the money shall go onto a gift card."""
    return payment_method(text) == "gift_card"


def aspect_named(text: str) -> str | None:
    """What shall be different, when only that is said: "die Adresse stimmt nicht" -> "address"."""
    return next((aspect for aspect, pattern in _ASPECTS.items() if re.search(rf"\b(?:{pattern})\b", text, re.I)), None)


def orders_deed(text: str) -> bool:
    """ "ja, kündigen", "storniere sie bitte": who was asked "shall I …?" answers by naming the deed, and nothing else."""
    return bool(_DEED_ALONE.match(text)) and not is_question(text)


def refuses(text: str) -> bool:
    """ "bitte nicht stornieren", "don't cancel it"."""
    return bool(_NOT_THE_DEED.search(text)) and not is_question(text)


def agrees(heard: Heard) -> bool:
    """Whether this is a yes to "shall I …?". Something is done then, so neither we nor the customer may be in doubt."""
    if wavers(heard.text):
        return False
    is_sure = heard.confidence >= SURE or bool(_YES.search(heard.text))
    return (heard.intent == "affirm" and is_sure) or (
        heard.intent in ("place_order", "start_subscription") and says_go(heard.text)
    )


def wavers(text: str) -> bool:
    """ "ja warte", "jein", "ja nein doch nicht": agreed to nothing yet."""
    plain = _NO_OBJECTION.sub(" ", text)
    return bool(_PUT_OFF.search(plain) or _DOUBT.search(plain))


def puts_off(text: str) -> bool:
    """ "alles klar, ich überlegs mir", "maybe later": neither yes nor no."""
    return bool(_PUT_OFF.search(_NO_OBJECTION.sub(" ", text)))


def is_about_return(text: str) -> bool:
    """Whether something is to go back, or would if it did not please."""
    return bool(_RETURN.search(text))


def is_question(text: str) -> bool:
    """By its mark, or by how it begins."""
    return bool(_QUESTION.search(text))


def asks_for_one_more(text: str) -> bool:
    """ "und noch ein Stuhl in Schwarz bitte": wanted, and not asked whether it is there."""
    return bool(_ONE_MORE.match(text)) and not is_question(text)


def asks_to_return_later(text: str) -> bool:
    """ "… aber nur wenn ich ihn zurückgeben kann": of what is to be had."""
    return is_about_return(text) and bool(_IF_I_CAN.search(text))


def asks_whether_possible(text: str) -> bool:
    """ "kann ich das später noch stornieren?" wants to know, not to do."""
    return bool(_POSSIBLE.search(text) and _SOME_DAY.search(text))


def is_taken_back(text: str) -> bool:
    """ "die Stornierung zurücknehmen", "undo the cancellation"."""
    return bool(_UNDONE.search(text))


def asks_what_comes_back(text: str) -> bool:
    """ "was bekomme ich zurück, wenn ich storniere?"."""
    return bool(_IF_CANCELLED.search(text)) and is_question(text)


def asks_for_stock(text: str) -> bool:
    """ "… and tell me if you have a red one": nothing is wished for yet."""
    return bool(_HAVE_YOU.search(text)) and not names_deed(text)


def adds(text: str) -> bool:
    """ "ja die nehm ich dazu": of what was offered on top."""
    return bool(_ADDS.search(text)) and not _DOUBT.search(text)


def wishes_delivery(text: str) -> bool:
    """ "erst am 7. Dezember liefern", "beim Nachbarn abgeben"."""
    return bool(_DELIVERY_WISH.search(text))


def asks_for_sum(heard: Heard) -> bool:
    """ "was kostet das?", "wie viel bekomme ich zurück?": of what is being asked about, and of nothing else."""
    is_short = heard.length <= MOST_WORDS_FOR_SUM and not heard.all("product") and not heard.all("duration")
    return is_short and bool(_SUM.search(heard.text)) and bool(_HOW_MUCH.search(heard.text))


def is_about_billing_address(text: str) -> bool:
    """Which is another than the one that parcels go to."""
    return bool(_BILLING_ADDRESS.search(text))


def is_only_payment(text: str) -> bool:
    """A way to pay and nothing else."""
    rest = re.sub("|".join(rf"\b(?:{pattern})\b" for pattern in _PAYMENT_WORDS.values()), " ", text, flags=re.I)
    return payment_method(text) is not None and not re.search(r"[^\W\d_]{4,}", rest)


def is_rather_not(text: str) -> bool:
    """ "doch lieber nicht": the whole thing, not a part of it."""
    return bool(_RATHER_NOT.match(text))


def has_reservation(text: str) -> bool:
    """Whether a yes comes with a but."""
    return bool(_RESERVATION.search(text))


def says_go(text: str) -> bool:
    """Whether somebody who was asked "shall I order this?" says so by naming the deed: "bestellen", "kauf ich"."""
    is_short = len(text.split()) <= 5 and not is_question(text)
    return bool(_GO.search(text)) and is_short and not _DOUBT.search(text) and not has_reservation(text)


def names_deed(text: str) -> bool:
    """Whether the text says that something shall be ordered, taken or bought."""
    return bool(_GO.search(text))


def is_whatever(text: str) -> bool:
    """Any of the choices will do."""
    return bool(_WHATEVER.search(text))


def is_any_option(text: str) -> bool:
    """ "Farbe egal", said with the product."""
    return is_whatever(text) and any(re.search(rf"\b(?:{pattern})\b", text, re.I) for pattern in OPTION_WORDS.values())


def is_indefinite(text: str) -> bool:
    """ "ich möchte was bestellen" points to nothing that was spoken of."""
    return bool(_INDEFINITE.search(text))

"""What people ask of a shop beside its products: where it delivers, how to pay, returns; and what only the team knows."""

import re

from actions.base import Turn
from actions.paying import say_payment_methods
from actions.reading.addresses import names_elsewhere
from actions.reading.answers import is_about_return, is_question

_DELIVERY_AREA = re.compile(
    r"\b(?:liefer\w*|versend\w*|verschick\w*|schick\w*|ship\w*|deliver\w*|send)\b.*\b(?:(?:nach|to|in die|ins)\s+(?!me\b|my\b|mir\b|hause\b)[^\W\d_]{2,}|abroad|overseas)"
    r"|\b(?:wohin liefert|where do you (?:ship|deliver))\b",
    re.I,
)
_PAYMENT = re.compile(
    r"\b(?:zahlungs(?:arten|art|weisen?|möglichkeit\w*|methoden?|mittel)|wie kann (?:ich|man) (?:denn )?(?:be)?zahlen|ratenzahlung|raten|nachnahme|"
    r"bar (?:be)?zahl\w*|payment (?:methods?|options?)|how (?:can|do) i pay|ways to pay|cash|installments?|klarna|apple ?pay|google ?pay|bitcoin)\b",
    re.I,
)
_SHIPPING = re.compile(
    r"\b(?:versandkosten\w*|lieferkosten|porto|versandkostenfrei|shipping (?:costs?|fees?|charges?)|(?:cost|charge|pay) (?:for|to) (?:shipping|delivery|ship)|"
    r"delivery (?:costs?|fees?|free|charges?)|is (?:delivery|shipping) free|free (?:delivery|shipping)|"
    r"(?:kostet|kosten|costs?) (?:(?:der|die|das|the) )?(?:versand|lieferung|liefern|zustellung|shipping|delivery)|"
    r"(?:versand|lieferung|shipping|delivery) (?:kostet|kostenlos|gratis|umsonst|free|inklusive|included)|"
    r"(?:zahl|bezahl|kost|kommt|teuer|pay)\w*.{0,20} (?:versand|porto|lieferung|shipping|postage))\b",
    re.I,
)
_RETURN_COSTS = re.compile(
    r"\b(?:kost\w*|kostenlos|umsonst|gratis|bezahl\w*|zahl\w*|cost\w*|free|pay|charge\w*)\b", re.I
)
_HOURS = re.compile(
    r"\b(?:öffnungszeit\w*|(?:wann|(?:wie|bis wann|wie lange)(?: lange)?) (?:habt ihr|haben sie|seid ihr|sind sie)(?: denn| heute| morgen| noch)* (?:offen|auf|geöffnet|da|erreichbar)|"
    r"(?:habt ihr|haben sie) (?:heute|morgen|samstags?|sonntags?|am \w+) (?:noch )?(?:offen|auf|geöffnet)|opening (?:hours|times)|"
    r"(?:when|how long|what time|until when) are you (?:open|there)|are you (?:still )?open)\b",
    re.I,
)
_PASSWORD = re.compile(r"\b(?:pass ?w[oö]rt\w*|kennwort\w*|password\w*|einloggen|log ?in daten|zugangsdaten)\b", re.I)
_SHOP_TO_ENTER = re.compile(
    r"\b(?:laden(?:geschäft)?|filiale\w*|geschäft (?:vor ort|in der nähe)|vor ort|showroom|ausstellung\w*|(?:physical|actual|brick and mortar) (?:shop|store)|"
    r"(?:shop|store|branch) (?:nearby|near me|in town)|walk in|in person)\b",
    re.I,
)
_TEAM = re.compile(
    r"\b(?:versand|versandkosten\w*|lieferkosten|porto|zoll|garantie\w*|gewährleistung|kaution|abhol\w*|selbst abholen|probefahr\w*|öffnungszeit\w*|"
    r"zu ?hause sein|daheim sein|be (?:at )?home|welche gr(?:ö|oe)(?:ß|ss)e (?:brauch|pass|nehm|soll)\w*|(?:which|what) size (?:do|should|would)|größenberat\w*|geschenkverpack\w*|(?:als|wie ein) geschenk|geschenkpapier|(?:hübsch|schön|nett) (?:ein|ver)packen|as a (?:gift|present)|rabatt\w*|kündig\w*|reservier\w*|shipping (?:costs?|fees?|charges?)|(?:cost|charge|pay) (?:for|to) (?:shipping|delivery|send|ship)|"
    r"delivery (?:costs?|fees?|free)|is (?:delivery|shipping) free|free (?:delivery|shipping)|customs|warrant(?:y|ies)|guarantee|deposit|"
    r"pick (?:it |them |this )?up|test drive|opening hours|gift ?wrap\w*|discounts?|coupons?)\b",
    re.I,
)


def asks_return_costs(text: str) -> bool:
    """ "was kostet mich die Rücksendung?": wants to know, and sends nothing back by it."""
    return is_about_return(text) and is_question(text) and bool(_RETURN_COSTS.search(text))


def answered(turn: Turn) -> bool:
    """Says what is known of the topic, or that the team knows it; False when the message is about none of these."""
    text, phone = turn.heard.text, turn.settings.service_phone
    if _DELIVERY_AREA.search(text):
        turn.say("utter_no_delivery_there" if names_elsewhere(text) else "utter_delivery_area")
    elif is_about_return(text) and _RETURN_COSTS.search(text):
        turn.say("utter_returns_are_free")
    elif is_about_return(text):
        turn.say("utter_returns", phone=phone)
    elif _SHIPPING.search(text):
        turn.say("utter_shipping_costs")
    elif _HOURS.search(text):
        start, _, end = turn.settings.service_hours.partition("-")
        turn.say("utter_talk_to_human", phone=phone, email=turn.settings.service_email, start=start, end=end)
    elif _PAYMENT.search(text):
        say_payment_methods(turn)
    elif _PASSWORD.search(text):
        turn.say("utter_no_password", phone=phone)
    elif _SHOP_TO_ENTER.search(text):
        turn.say("utter_only_online", phone=phone)
    elif _TEAM.search(text):
        turn.say("utter_team_knows", phone=phone)
    else:
        return False
    return True

"""What people ask of a shop beside its products: where it delivers, how to pay, returns, hours; and what only the team knows."""

import re
from collections.abc import Callable, Sequence

from actions.base import Turn
from actions.paying import say_payment_methods
from actions.reading.addresses import names_elsewhere
from actions.reading.answers import is_about_return, is_question


def _any_of(*patterns: str) -> Callable[[str], bool]:
    """Whether a text has one of them, as whole words."""
    pattern = re.compile(rf"\b(?:{'|'.join(patterns)})\b", re.I)
    return lambda text: pattern.search(text) is not None


_is_about_delivery_area = _any_of(
    r"(?:liefer\w*|versend\w*|verschick\w*|schick\w*|ship\w*|deliver\w*|send)\b.*\b"
    r"(?:(?:nach|to|in die|ins)\s+(?!me\b|my\b|mir\b|hause\b)[^\W\d_]{2,}|abroad|overseas)",
    r"wohin liefert",
    r"where do you (?:ship|deliver)",
)
_is_about_payment = _any_of(
    r"zahlungs(?:arten|art|weisen?|möglichkeit\w*|methoden?|mittel)",
    r"wie kann (?:ich|man) (?:denn )?(?:be)?zahlen",
    r"ratenzahlung|raten|nachnahme|bar (?:be)?zahl\w*|cash|installments?|klarna|apple ?pay|google ?pay|bitcoin",
    r"payment (?:methods?|options?)|how (?:can|do) i pay|ways to pay",
)
_is_about_shipping_costs = _any_of(
    r"versandkosten\w*|lieferkosten|porto|versandkostenfrei",
    r"(?:kostet|kosten|costs?) (?:(?:der|die|das|the) )?(?:versand|lieferung|liefern|zustellung|shipping|delivery)",
    r"(?:versand|lieferung|shipping|delivery) (?:kostet|kostenlos|gratis|umsonst|free|inklusive|included)",
    r"(?:zahl|bezahl|kost|kommt|teuer|pay)\w*.{0,20} (?:versand|porto|lieferung|shipping|postage)",
    r"shipping (?:costs?|fees?|charges?)|(?:cost|charge|pay) (?:for|to) (?:shipping|delivery|ship)",
    r"delivery (?:costs?|fees?|free|charges?)|is (?:delivery|shipping) free|free (?:delivery|shipping)",
)
_names_costs = _any_of(r"kost\w*|kostenlos|umsonst|gratis|bezahl\w*|zahl\w*|cost\w*|free|pay|charge\w*")
_is_about_hours = _any_of(
    r"öffnungszeit\w*|opening (?:hours|times)",
    r"(?:wann|(?:bis )?wann|wie lange|wie) (?:habt ihr|haben sie|seid ihr|sind sie)(?: denn| heute| morgen| noch)* "
    r"(?:offen|auf|geöffnet|da|erreichbar)",
    r"(?:habt ihr|haben sie) (?:heute|morgen|samstags?|sonntags?|am \w+) (?:noch )?(?:offen|auf|geöffnet)",
    r"(?:when|how long|what time|until when) are you (?:open|there)|are you (?:still )?open",
)
_is_about_password = _any_of(r"pass ?w[oö]rt\w*|kennwort\w*|password\w*|einloggen|log ?in daten|zugangsdaten")
_is_about_shop_to_enter = _any_of(
    r"laden(?:geschäft)?|filiale\w*|geschäft (?:vor ort|in der nähe)|vor ort|showroom|ausstellung\w*",
    r"(?:physical|actual|brick and mortar) (?:shop|store)|(?:shop|store|branch) (?:nearby|near me|in town)|walk in|in person",
)
_is_for_team = _any_of(
    r"versand|zoll|customs|garantie\w*|gewährleistung|warrant(?:y|ies)|guarantee|kaution|deposit",
    r"abhol\w*|selbst abholen|pick (?:it |them |this )?up|probefahr\w*|test drive|reservier\w*",
    r"zu ?hause sein|daheim sein|be (?:at )?home",
    r"welche gr(?:ö|oe)(?:ß|ss)e (?:brauch|pass|nehm|soll)\w*|(?:which|what) size (?:do|should|would)|größenberat\w*",
    r"geschenkverpack\w*|(?:als|wie ein) geschenk|geschenkpapier|(?:hübsch|schön|nett) (?:ein|ver)packen|as a (?:gift|present)|gift ?wrap\w*",
    r"rabatt\w*|discounts?|coupons?|kündig\w*|(?:cost|charge|pay) to send",
)


def asks_return_costs(text: str) -> bool:
    """ "was kostet mich die Rücksendung?": wants to know, and sends nothing back by it."""
    return is_about_return(text) and is_question(text) and _names_costs(text)


def _say_delivery_area(turn: Turn) -> None:
    turn.say("utter_no_delivery_there" if names_elsewhere(turn.heard.text) else "utter_delivery_area")


def _say_returns(turn: Turn) -> None:
    if _names_costs(turn.heard.text):
        turn.say("utter_returns_are_free")
    else:
        turn.say("utter_returns", phone=turn.settings.service_phone)


def say_hours(turn: Turn) -> None:
    """When and how a person can be reached."""
    start, _, end = turn.settings.service_hours.partition("-")
    phone, email = turn.settings.service_phone, turn.settings.service_email
    turn.say("utter_talk_to_human", phone=phone, email=email, start=start, end=end)


def _says(response: str) -> Callable[[Turn], None]:
    """A response that names the team's number, or none."""
    return lambda turn: turn.say(response, phone=turn.settings.service_phone)


_TOPICS: Sequence[tuple[Callable[[str], bool], Callable[[Turn], None]]] = (
    (_is_about_delivery_area, _say_delivery_area),
    (is_about_return, _say_returns),
    (_is_about_shipping_costs, _says("utter_shipping_costs")),
    (_is_about_hours, say_hours),
    (_is_about_payment, say_payment_methods),
    (_is_about_password, _says("utter_no_password")),
    (_is_about_shop_to_enter, _says("utter_only_online")),
    (_is_for_team, _says("utter_team_knows")),
)
"""Which texts are about it, and what is said; the first that fits."""


def answered(turn: Turn) -> bool:
    """Says what is known of the topic, or that the team knows it; False when the message is about none of these."""
    for is_about_it, say in _TOPICS:
        if is_about_it(turn.heard.text):
            say(turn)
            return True
    return False

"""What was probably said: for each intent a sentence, for each slot the words around its value, for free speech its first words.

Alexa hands over what it understood, not what it heard. A custom intent becomes its sentence with the slots behind it, so that
whoever reads the text (the shop's actions do) finds there what the slots say.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

Wordings = Mapping[str, str]
"""By language."""


@dataclass(frozen=True)
class SlotKind:
    """`entity` is Rasa's name for it, if it has one; `words` are said around the value, in the order of this table."""

    entity: str | None
    words: Wordings


SLOTS: Mapping[str, SlotKind] = {
    "order_number": SlotKind("order_number", {"de": "{}", "en": "{}"}),
    "quantity": SlotKind("quantity", {"de": "{}", "en": "{}"}),
    "number": SlotKind(None, {"de": "{}", "en": "{}"}),
    "product": SlotKind("product", {"de": "{}", "en": "{}"}),
    "other_product": SlotKind(None, {"de": "und {}", "en": "and {}"}),
    "part": SlotKind("part", {"de": "{}", "en": "{}"}),
    "plan": SlotKind("plan", {"de": "{}", "en": "{}"}),
    "colour": SlotKind(None, {"de": "in {}", "en": "in {}"}),
    "size": SlotKind(None, {"de": "Größe {}", "en": "size {}"}),
    "addon": SlotKind("addon", {"de": "mit {}", "en": "with {}"}),
    "duration": SlotKind("duration", {"de": "für {}", "en": "for {}"}),
    "from_date": SlotKind("date", {"de": "ab {}", "en": "from {}"}),
    "until_date": SlotKind("date", {"de": "bis {}", "en": "until {}"}),
    "date": SlotKind("date", {"de": "am {}", "en": "on {}"}),
    "money": SlotKind("money", {"de": "für {} Euro", "en": "for {} euros"}),
    "channel": SlotKind("channel", {"de": "per {}", "en": "by {}"}),
    "payment": SlotKind(None, {"de": "per {}", "en": "by {}"}),
    "street": SlotKind(None, {"de": "{}", "en": "{}"}),
    "house_number": SlotKind(None, {"de": "{}", "en": "{}"}),
    "postal_code": SlotKind(None, {"de": ", {}", "en": ", {}"}),
    "city": SlotKind("city", {"de": "nach {}", "en": "to {}"}),
}

# "Bestellen" alone would be a yes to a summary; what Alexa took for a wish to order must not be one.
SENTENCES: Mapping[str, Wordings] = {
    "browse_catalog": {"de": "Was habt ihr im Angebot", "en": "What do you sell"},
    "ask_product": {"de": "Erzähl mir mehr darüber:", "en": "Tell me more about it:"},
    "compare_products": {"de": "Vergleiche", "en": "Compare"},
    "check_availability": {"de": "Ist das lieferbar:", "en": "Is this in stock:"},
    "recommend_for_budget": {"de": "Was empfiehlst du mir", "en": "What would you recommend for my budget"},
    "place_order": {"de": "Ich möchte gerne bei euch etwas bestellen:", "en": "I'd like to place a new order:"},
    "track_order": {"de": "Wo ist meine Bestellung", "en": "Where is my order"},
    "change_order": {"de": "Ich möchte meine Bestellung ändern:", "en": "I want to change my order:"},
    "cancel_order": {"de": "Bitte storniere die Bestellung", "en": "Please cancel the order"},
    "start_subscription": {"de": "Ich möchte mieten:", "en": "I'd like to rent"},
    "book_addon": {"de": "Ich möchte dazubuchen:", "en": "I'd like to book an extra:"},
    "return_order": {"de": "Ich möchte zurückgeben:", "en": "I want to return"},
    "exchange_item": {"de": "Ich möchte umtauschen:", "en": "I want to exchange"},
    "refund_status": {"de": "Wo bleibt meine Erstattung", "en": "Where is my refund"},
    "request_invoice": {"de": "Ich brauche die Rechnung", "en": "I need the invoice"},
    "change_address": {"de": "Meine Adresse hat sich geändert:", "en": "My address has changed:"},
    "payment_problem": {"de": "Es gibt ein Problem mit der Zahlung", "en": "There is a problem with the payment"},
    "subscription_status": {"de": "Wie steht es um mein Abo", "en": "What is the status of my subscription"},
    "swap_product": {"de": "Ich möchte mein Mietgerät tauschen gegen", "en": "I want to swap my rental for"},
    "change_plan": {"de": "Ich möchte mein Abo ändern auf", "en": "I want to change my plan to"},
    "pause_subscription": {"de": "Ich möchte mein Abo pausieren", "en": "I want to pause my subscription"},
    "resume_subscription": {"de": "Ich möchte mein Abo fortsetzen", "en": "I want to resume my subscription"},
    "cancel_subscription": {"de": "Ich möchte mein Abo kündigen", "en": "I want to cancel my subscription"},
    "report_damage": {"de": "Es ist kaputt gegangen:", "en": "It is broken:"},
    "order_spare_part": {"de": "Ich brauche ein Ersatzteil:", "en": "I need a spare part:"},
    "device_status": {"de": "Wie ist der Status meines Geräts", "en": "What is the status of my device"},
    "firmware_update": {"de": "Gibt es ein Update", "en": "Is there an update"},
    "choose_update_channel": {"de": "Ich möchte die Beta-Updates", "en": "I'd like the beta updates"},
    "check_coverage": {"de": "Ist das versichert:", "en": "Is this covered:"},
    "link_channel": {"de": "Verbinde mein Konto", "en": "Link my account"},
    "account_type": {"de": "Es geht um mein Firmenkonto", "en": "It is about my business account"},
    "export_data": {"de": "Ich möchte eine Kopie meiner Daten", "en": "I'd like a copy of my data"},
    "delete_data": {"de": "Lösche bitte meine Daten", "en": "Please delete my data"},
    "notification_settings": {
        "de": "Ich möchte meine Benachrichtigungen ändern",
        "en": "I want to change my notifications",
    },
    "complain": {"de": "Ich möchte mich beschweren", "en": "I want to make a complaint"},
    "give_feedback": {"de": "Ich möchte Feedback geben", "en": "I'd like to give feedback"},
    "greet": {"de": "Hallo", "en": "Hello"},
    "goodbye": {"de": "Tschüss", "en": "Goodbye"},
    "thanks": {"de": "Danke", "en": "Thanks"},
    "bot_challenge": {"de": "Bist du ein Mensch", "en": "Are you a human"},
    "stop": {"de": "Abbrechen", "en": "Forget it"},
    "switch_language": {"de": "Bitte auf Englisch", "en": "In German please"},
    "talk_to_human": {"de": "Ich möchte mit einem Menschen sprechen", "en": "I want to talk to a person"},
    "affirm": {"de": "Ja", "en": "Yes"},
    "deny": {"de": "Nein", "en": "No"},
    "help": {"de": "Hilfe", "en": "Help"},
    "repeat": {"de": "Wie bitte", "en": "Say that again"},
}

BUILT_IN: Mapping[str, str] = {
    "AMAZON.YesIntent": "affirm",
    "AMAZON.NoIntent": "deny",
    "AMAZON.HelpIntent": "help",
    "AMAZON.RepeatIntent": "repeat",
    "AMAZON.CancelIntent": "stop",
    "AMAZON.NextIntent": "nlu_fallback",
    "AMAZON.FallbackIntent": "nlu_fallback",
}
"""Alexa's own intents, and Rasa's that mean the same. They get no sample utterances of ours: a yes is only what Alexa knows as one."""

STOPS = ("AMAZON.StopIntent", "AMAZON.NavigateHomeIntent", "GoodbyeIntent")
"""Whoever says this wants to hear no question any more: the session ends, and what was begun waits."""

STOPPED_BY_ALEXA = tuple(name for name in STOPS if name.startswith("AMAZON."))

WITHOUT_SAMPLES = frozenset({"affirm", "deny", "help", "repeat", "out_of_scope", "nlu_fallback"})
"""Rasa's intents that only Alexa's own stand for."""

ANSWER_INTENT = "AnswerIntent"
"""A value and nothing else, which answers what was asked."""

PHRASE_SLOT = "phrase"

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})

CARRIERS: Mapping[str, tuple[str, ...]] = {
    "de": (
        "ich möchte", "ich will", "ich hätte gern", "ich würde gern", "ich brauche", "ich suche", "ich nehme", "ich habe", "ich bin",
        "ich heiße", "ich wohne", "mein name ist", "meine adresse ist", "die adresse ist", "die straße ist", "die postleitzahl ist",
        "wie", "was", "wo", "wann", "warum", "wer", "welche", "welcher", "welches", "wohin", "womit", "kann ich", "kannst du",
        "können wir", "könnt ihr", "habt ihr", "hast du", "haben sie", "gibt es", "geht", "ist", "sind", "hat", "darf ich", "muss ich",
        "soll ich", "zeig mir", "sag mir", "erzähl mir", "frag", "nach", "von", "für", "mit", "ohne", "auf", "bei", "bis", "am", "im",
        "die", "der", "das", "den", "mein", "meine", "meinen", "ein", "eine", "einen", "es", "nein", "doch", "lieber", "nur", "noch",
        "bitte", "und", "aber", "oder", "wenn", "wegen", "statt", "storniere", "bestelle", "ändere", "schick", "mach", "nimm",
    ),
    "en": (
        "i want", "i would like", "i'd like", "i need", "i am looking for", "i'll take", "i have", "i am", "i'm", "i live",
        "my name is", "my address is", "the address is", "the street is", "the postcode is", "how", "what", "what's", "where",
        "where's", "when", "why", "who", "which", "can i", "can you", "could you", "could i", "do you", "do i", "does", "did", "is",
        "is there", "are", "are there", "has", "have you", "may i", "must i", "should i", "show me", "tell me", "ask", "to", "from",
        "for", "with", "without", "on", "at", "until", "the", "this", "that", "my", "a", "an", "some", "it", "it's", "no", "rather",
        "only", "just", "another", "please", "and", "but", "or", "if", "because", "instead of", "cancel", "order", "change", "send",
        "make", "take", "give me",
    ),
}  # fmt: skip
"""First words of what people say. Behind them Alexa hands over whatever follows, as text."""


UNSAID = frozenset(
    [
        "mein name ist",
        "ich heiße",
        "my name is",
        "meine adresse ist",
        "die adresse ist",
        "my address is",
        "the address is",
    ]
)
"""First words that only introduce an answer; the text is what follows them."""


def phrase_intents(language: str) -> dict[str, str]:
    """Name of the intent -> the first words that it stands for."""
    return {f"Phrase{_camel(carrier)}Intent": carrier for carrier in CARRIERS[language]}


def intent_name(rasa_intent: str) -> str:
    """`place_order` -> `PlaceOrderIntent`; Alexa's names have no figures."""
    return f"{_camel(rasa_intent)}Intent"


def rasa_intent(name: str) -> str:
    """`PlaceOrderIntent` -> `place_order`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name.removesuffix("Intent")).lower()


def _camel(words: str) -> str:
    plain = words.lower().translate(_SPELLED).replace("'", "")
    return "".join(word.capitalize() for word in re.split(r"[^a-z]+", plain))

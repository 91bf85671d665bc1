"""The conversation itself: repeating, helping, admitting what was not understood, the way to a person."""

from typing import Any

from rasa_sdk.events import FollowupAction

from actions import service_topics
from actions.base import Button, Event, GoalAction, Turn, button, intents_offered, response_of
from actions.deed_meant import calls_for_deed
from actions.forms import switch_form_of_address
from actions.goal_form import BUYING, human_button
from actions.own_orders import order_buttons
from actions.product_answers import in_focus, picks_one_shown
from actions.reading import answers
from actions.reading.heard import Guess, span_of
from actions.reading.names import Names
from actions.reading.products import products_for
from actions.reading.words import vocabulary, words_of

INTENT_TITLES = {
    "browse_catalog": ("das Sortiment ansehen", "see what we have"),
    "ask_product": ("etwas über ein Produkt wissen", "ask about a product"),
    "compare_products": ("Produkte vergleichen", "compare products"),
    "check_availability": ("wissen, ob etwas da ist", "check availability"),
    "recommend_for_budget": ("eine Empfehlung für ein Budget", "get advice within a budget"),
    "place_order": ("etwas bestellen", "place an order"),
    "start_subscription": ("etwas mieten oder abonnieren", "rent or subscribe to something"),
    "book_addon": ("ein Extra dazubuchen", "book an extra"),
    "track_order": ("wissen, wo eine Bestellung ist", "track an order"),
    "change_order": ("eine Bestellung ändern", "change an order"),
    "change_address": ("eine Adresse ändern", "change an address"),
    "cancel_order": ("eine Bestellung stornieren", "cancel an order"),
    "return_order": ("etwas zurückgeben", "return something"),
    "exchange_item": ("etwas umtauschen", "exchange something"),
    "refund_status": ("wissen, wo eine Erstattung ist", "know where a refund is"),
    "request_invoice": ("eine Rechnung haben", "have an invoice"),
    "payment_problem": ("ein Problem mit einer Zahlung klären", "sort out a payment"),
    "subscription_status": ("etwas über ein laufendes Abo wissen", "know about a running subscription"),
    "swap_product": ("im Abo ein anderes Modell haben", "have another model in a subscription"),
    "change_plan": ("einen Tarif oder eine Laufzeit ändern", "change a plan or term"),
    "pause_subscription": ("ein Abo pausieren", "pause a subscription"),
    "resume_subscription": ("nach einer Pause weitermachen", "go on after a pause"),
    "cancel_subscription": ("ein Abo kündigen", "cancel a subscription"),
    "report_damage": ("einen Schaden melden", "report damage"),
    "order_spare_part": ("ein Ersatzteil haben", "get a spare part"),
    "device_status": ("wissen, wie es einem Gerät geht", "know how a device is"),
    "firmware_update": ("ein Gerät aktualisieren", "update a device"),
    "choose_update_channel": ("einstellen, welche Updates kommen", "choose which updates come"),
    "check_coverage": ("wissen, ob etwas versichert ist", "know whether something is covered"),
    "link_channel": ("auf einem anderen Kanal weitermachen", "go on on another channel"),
    "account_type": ("das Konto auf privat oder Firma stellen", "have a private or company account"),
    "export_data": ("eine Kopie gespeicherter Daten haben", "get a copy of stored data"),
    "delete_data": ("Daten löschen lassen", "have data deleted"),
    "notification_settings": ("einstellen, wann geschrieben wird", "choose when to be written to"),
    "complain": ("sich beschweren", "complain"),
    "give_feedback": ("etwas loben oder vorschlagen", "praise or suggest something"),
    "talk_to_human": ("mit einem Menschen sprechen", "talk to a person"),
    "help": ("wissen, was ich kann", "know what I can do"),
    "switch_language": ("die Sprache wechseln", "switch the language"),
    "repeat": ("das noch einmal hören", "hear that again"),
}
"""What a question back offers: goals, not words such as yes and thanks."""
ACTIONS = {
    "browse_catalog": "action_browse_catalog",
    "ask_product": "action_answer_product",
    "compare_products": "action_compare_products",
    "check_availability": "action_check_availability",
    "recommend_for_budget": "action_recommend_for_budget",
    "place_order": "order_form",
    "start_subscription": "order_form",
    "book_addon": "subscription_form",
    "track_order": "action_track_order",
    "change_order": "change_form",
    "change_address": "change_form",
    "cancel_order": "cancel_form",
    "return_order": "return_form",
    "exchange_item": "return_form",
    "refund_status": "action_refund_status",
    "request_invoice": "action_request_invoice",
    "payment_problem": "payment_form",
    "subscription_status": "action_subscription_status",
    "swap_product": "subscription_form",
    "change_plan": "subscription_form",
    "pause_subscription": "subscription_form",
    "resume_subscription": "subscription_form",
    "cancel_subscription": "subscription_form",
    "order_spare_part": "action_order_spare_part",
    "talk_to_human": "action_talk_to_human",
    "help": "utter_help",
    "switch_language": "action_switch_language",
    "repeat": "action_repeat",
}
"""What answers each of them, for a yes to the question back."""
SHOWN = vocabulary(
    "utter_product utter_feature utter_best_of_several utter_available utter_available_otherwise utter_not_offered "
    "utter_fits_budget utter_nothing_fits utter_cheapest utter_comparison utter_products"
)
"""Responses that show products and invite to take them."""
OF_GOODS = vocabulary("place_order start_subscription ask_product check_availability compare_products")
"""What can be wanted of a thing that is named."""
LOOKING = vocabulary("browse_catalog recommend_for_budget help")
"""What who tells a need and names no thing most likely does."""
CARRIED = ("product", "order_number")
"""Entities that a button of a question back carries, so that they need not be said again."""
UNREADABLE = {
    "voice": "utter_unreadable_voice",
    "audio": "utter_unreadable_voice",
    "photo": "utter_unreadable_photo",
    "video": "utter_unreadable_video",
    "video_note": "utter_unreadable_video",
    "document": "utter_unreadable_document",
    "location": "utter_unreadable_location",
    "venue": "utter_unreadable_location",
    "contact": "utter_unreadable_contact",
    "sticker": "utter_unreadable_sticker",
    "animation": "utter_unreadable_sticker",
    "dice": "utter_unreadable_sticker",
    "encrypted": "utter_unreadable_encrypted",
}
"""What is said to something that is not text, by the kind that the channel gave it."""
MOST_BESIDE_NAME = 1
"""Words beside a product's name in a message that wishes nothing yet."""
LIKELY = 0.12
"""Confidence from which a guess is worth a question."""


class Clarify(GoalAction):
    """Not sure: asks which of the two likeliest was meant, in the customer's words, instead of guessing."""

    action_name = "action_clarify"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.heard.unreadable:
            turn.say(UNREADABLE.get(turn.heard.unreadable, "utter_unreadable"))
            return []
        if await calls_for_deed(turn):
            return [FollowupAction("subscription_form")]
        if service_topics.answered(turn):
            return []
        if meant := await _meant_of_own_goods(turn):
            return [FollowupAction(ACTIONS[meant])]
        if not turn.open_form and (pointed := await _pointed_at(turn)):
            return [FollowupAction(pointed)]
        if answers.asks_to_wait(turn.heard.text):
            turn.say("utter_take_your_time")
            return []
        likely = [guess.intent for guess in turn.heard.ranking if _is_worth_asking(guess)][:2]
        if set(likely) == {"change_order", "exchange_item"} and not turn.open_form:
            return [FollowupAction(await self._change_or_exchange(turn))]
        buttons = [self._button(turn, intent) for intent in likely]
        titles = [turn.either(*INTENT_TITLES[intent]) for intent in likely]
        if len(likely) == 2:
            turn.say("utter_clarify", buttons=buttons, first=titles[0], second=titles[1])
        elif likely:
            turn.say("utter_clarify_one", buttons=buttons, first=titles[0])
        else:
            turn.say("utter_not_understood", buttons=_ways_on(turn))
        return []

    async def _change_or_exchange(self, turn: Turn) -> str:
        """Nobody needs to be asked: what is still pending is changed, what has arrived is exchanged."""
        return "change_form" if await order_buttons(turn, "change_order") else "return_form"

    def _button(self, turn: Turn, intent: str) -> Button:
        return button(turn.either(*INTENT_TITLES[intent]), intent, **_carried(turn))


async def _meant_of_own_goods(turn: Turn) -> str | None:
    """What is wanted of something that this shop does sell, though nobody taught the model its name."""
    if turn.open_form or turn.heard.all("product"):
        return None
    names = Names.of(await turn.backend.products())
    if not any(names.full_names_in(words_of(turn.heard.text))):
        return None
    return next((guess.intent for guess in turn.heard.ranking if guess.intent in OF_GOODS), None)


async def _pointed_at(turn: Turn) -> str | None:
    """What answers a message that only names goods, tells a need that some serve, or points to one of those shown."""
    named = turn.heard.all("product")
    if await _tells_need(turn):
        return "action_browse_catalog"
    rest = turn.heard.without([span_of(mention) for mention in named]).text
    is_only_name = len(words_of(rest)) <= MOST_BESIDE_NAME
    looks_or_buys = {guess.intent for guess in turn.heard.ranking[:2]} <= LOOKING | BUYING
    if named and (is_only_name or looks_or_buys):
        return "action_browse_catalog"
    return "action_answer_product" if not named and await picks_one_shown(turn) else None


async def _tells_need(turn: Turn) -> bool:
    """ "mein Rücken macht nicht mehr mit, was nimmt man da?": what some of our goods are for."""
    likely = [guess.intent for guess in turn.heard.ranking[:2]]
    return any(intent in LOOKING for intent in likely) and bool(
        products_for(turn.heard.text, await turn.backend.products())
    )


def _is_worth_asking(guess: Guess) -> bool:
    return guess.intent in INTENT_TITLES and guess.confidence >= LIKELY


def _carried(turn: Turn) -> dict[str, str]:
    return {name: str(turn.heard.first(name)) for name in CARRIED if turn.heard.first(name)}


def _ways_on(turn: Turn) -> list[Button]:
    return [
        button(turn.either(*INTENT_TITLES[intent]), intent)
        for intent in ("browse_catalog", "track_order", "talk_to_human")
    ]


class Repeat(GoalAction):
    """Says the last thing again, as it was said; a form asks its question itself."""

    action_name = "action_repeat"

    async def act(self, turn: Turn) -> list[Event]:
        if answers.asks_to_wait(turn.heard.text):
            turn.say("utter_take_your_time")
            return []
        said = turn.said_before
        if not said:
            turn.say("utter_nothing_to_repeat")
        for message in said:
            if not (turn.open_form and _is_question_of_form(message)):
                data = {key: value for key, value in (message.get("data") or {}).items() if value}
                turn.say_again(message.get("text"), data)
        return []


class Greet(GoalAction):
    """Says hello, and at the beginning what can be done here."""

    action_name = "action_greet"

    async def act(self, turn: Turn) -> list[Event]:
        if answers.form_of_address(turn.heard.text):
            return [FollowupAction("action_switch_language")]
        turn.say("utter_greet_again" if turn.open_form else "utter_greet")
        return []


class SwitchLanguage(GoalAction):
    """The runtime has settled the language; whether it is du or Sie is settled here."""

    action_name = "action_switch_language"

    async def act(self, turn: Turn) -> list[Event]:
        events = switch_form_of_address(turn)
        if not events:
            turn.say("utter_language_switched")
        return events


class OutOfScope(GoalAction):
    """Not what the shop is for: says so, and what it is for."""

    action_name = "action_out_of_scope"

    async def act(self, turn: Turn) -> list[Event]:
        if service_topics.answered(turn):
            return []
        meant = await _meant_of_own_goods(turn)
        if meant:
            return [FollowupAction(ACTIONS[meant])]
        if turn.heard.confidence < answers.SURE and not turn.open_form and await _tells_need(turn):
            return [FollowupAction("action_browse_catalog")]
        if answers.insults(turn.heard.text):
            turn.say("utter_insulted", buttons=[human_button(turn)])
            return []
        response = "utter_out_of_scope" if words_of(turn.heard.text) else "utter_not_understood"
        turn.say(response, buttons=[] if turn.open_form else _ways_on(turn))
        return []


class TalkToHuman(GoalAction):
    """The way to a person: how to reach one, and when."""

    action_name = "action_talk_to_human"

    async def act(self, turn: Turn) -> list[Event]:
        service_topics.say_hours(turn)
        return []


class Affirmed(GoalAction):
    """A yes outside any form: to what was offered last; to a product that was shown it means "I take it"."""

    action_name = "action_affirmed"

    async def act(self, turn: Turn) -> list[Event]:
        last = turn.said_before[-1:]
        offered = response_of(last[0]) if last else ""
        if turn.heard.intent in INTENT_TITLES:  # the yes to a question back
            return [FollowupAction(ACTIONS.get(turn.heard.intent, "action_for_team"))]
        if offered == "utter_clarify":
            turn.say_again(
                last[0].get("text"), {key: value for key, value in (last[0].get("data") or {}).items() if value}
            )
            return []
        if last and "talk_to_human" in intents_offered(last[0])[:1]:
            return [FollowupAction("action_talk_to_human")]
        takes = offered in SHOWN or answers.names_deed(turn.heard.text)
        if takes and in_focus(turn, await turn.backend.products()):
            return [FollowupAction("order_form")]
        turn.say("utter_what_next", buttons=_ways_on(turn))
        return []


def _is_question_of_form(message: dict[str, Any]) -> bool:
    return response_of(message).startswith("utter_ask")

"""The conversation itself: repeating, helping, admitting what was not understood, the way to a person."""

from typing import Any

from rasa_sdk.events import SlotSet

from actions.base import Button, Event, GoalAction, Turn

INTENT_TITLES = {
    "browse_catalog": ("das Sortiment ansehen", "see what we have"),
    "ask_product": ("etwas über ein Produkt wissen", "ask about a product"),
    "compare_products": ("Produkte vergleichen", "compare products"),
    "check_availability": ("wissen, ob es da ist", "check availability"),
    "recommend_for_budget": ("eine Empfehlung für dein Budget", "advice for your budget"),
    "place_order": ("etwas bestellen", "place an order"),
    "track_order": ("wissen, wo deine Bestellung ist", "track your order"),
    "change_order": ("eine Bestellung ändern", "change an order"),
    "cancel_order": ("eine Bestellung stornieren", "cancel an order"),
    "talk_to_human": ("mit einem Menschen sprechen", "talk to a person"),
    "help": ("wissen, was ich kann", "know what I can do"),
    "switch_language": ("die Sprache wechseln", "switch the language"),
    "affirm": ("Ja", "Yes"),
    "deny": ("Nein", "No"),
    "stop": ("aufhören", "stop"),
    "repeat": ("das noch einmal hören", "hear that again"),
}
CARRIED = ("product", "order_number")
"""Entities that a button of a question back carries, so that they need not be said again."""


class Clarify(GoalAction):
    """Not sure: asks which of the two likeliest was meant, in the customer's words, instead of guessing."""

    action_name = "action_clarify"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.heard.metadata.get("unreadable"):
            turn.say("utter_unreadable")
            return []
        likely = [intent for intent in turn.heard.ranking if intent in INTENT_TITLES][:2]
        if len(likely) < 2:
            turn.say("utter_not_understood")
            return []
        turn.say("utter_clarify", buttons=[self._button(turn, intent) for intent in likely], **self._options(turn, likely))
        return []

    def _button(self, turn: Turn, intent: str) -> Button:
        title = turn.either(*INTENT_TITLES[intent])
        return {"title": title[:1].upper() + title[1:], "payload": f"/{intent}{_entities(turn)}"}

    def _options(self, turn: Turn, likely: list[str]) -> dict[str, str]:
        first, second = (turn.either(*INTENT_TITLES[intent]) for intent in likely)
        return {"first": first, "second": second}


class Repeat(GoalAction):
    """Says the last thing again, as it was said."""

    action_name = "action_repeat"

    async def act(self, turn: Turn) -> list[Event]:
        said = _last_said(turn.tracker.events)
        if not said:
            turn.say("utter_nothing_to_repeat")
        for message in said:
            data = {key: value for key, value in (message.get("data") or {}).items() if value}
            turn.say_again(message.get("text"), data)
        return []


class TalkToHuman(GoalAction):
    """The way to a person: how to reach one, and when."""

    action_name = "action_talk_to_human"

    async def act(self, turn: Turn) -> list[Event]:
        start, _, end = turn.settings.service_hours.partition("-")
        turn.say("utter_talk_to_human", phone=turn.settings.service_phone, email=turn.settings.service_email, start=start, end=end)
        return []


class Affirmed(GoalAction):
    """A yes that nothing asked for: to the product that was shown last it means "I take it"; else it asks what to do."""

    action_name = "action_affirmed"

    async def act(self, turn: Turn) -> list[Event]:
        focus = turn.slot("focus_product")
        product = next((product for product in await turn.backend.products() if product.id == focus), None)
        if product is None:
            turn.say("utter_what_next")
            return []
        button = {"title": turn.either("Bestellen", "Order"), "payload": f'/place_order{{"product": "{product.id}"}}'}
        turn.say("utter_shall_i_order", buttons=[button], product=product.name)
        return [SlotSet("focus_product", product.id)]


def _entities(turn: Turn) -> str:
    pairs = [f'"{name}": "{turn.heard.first(name)}"' for name in CARRIED if turn.heard.first(name)]
    return "{" + ", ".join(pairs) + "}" if pairs else ""


def _last_said(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was said between the last two messages of the customer."""
    users = [index for index, event in enumerate(events) if event.get("event") == "user"]
    if len(users) < 2:
        return []
    return [event for event in events[users[-2] : users[-1]] if event.get("event") == "bot"]

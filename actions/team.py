"""Wishes that the service team fulfils: an honest answer, and the way to a person."""

from collections.abc import Sequence

from actions import features
from actions.backend.port import Product
from actions.base import Event, GoalAction, Turn
from actions.catalog import AnswerProduct
from actions.facts import parts_in_words
from actions.goal_form import human_button
from actions.product_answers import in_focus
from actions.reading.wishes import wishes
from actions.refunds import RequestInvoice, company_said


class ForTeam(GoalAction):
    """What the assistant knows of it, and who does the rest; each intent has its own words in domain.yml."""

    action_name = "action_for_team"

    async def act(self, turn: Turn) -> list[Event]:
        if turn.heard.intent == "account_type" and company_said(turn):
            return await RequestInvoice().act(turn)  # who names a company with its number wants it on the paper
        if turn.heard.intent == "device_status" and await _is_about_catalog(turn):
            return await AnswerProduct().act(turn)
        start, _, end = turn.settings.service_hours.partition("-")
        turn.say(
            f"utter_team_{turn.heard.intent}",
            buttons=[] if turn.open_form else [human_button(turn)],
            phone=turn.settings.service_phone,
            email=turn.settings.service_email,
            start=start,
            end=end,
        )
        return []


async def _is_about_catalog(turn: Turn) -> bool:
    """ "wie weit fliegt die eigentlich?" asks of the product at hand, not of a thing that is owned."""
    spoken_of = in_focus(turn, await turn.backend.products())
    return any(features.asked(turn.heard.text, product) for product in spoken_of)


class OrderSparePart(GoalAction):
    """Spare parts: what they cost, and who takes the order."""

    action_name = "action_order_spare_part"

    async def act(self, turn: Turn) -> list[Event]:
        await tell_parts(turn)
        return []


async def tell_parts(turn: Turn) -> None:
    """Of the product that is named or spoken of, else of those that the customer has."""
    catalog = await turn.backend.products()
    named = [wish.product for wish in wishes(turn.heard, catalog) if wish.product]
    products = named or in_focus(turn, catalog) or await _owned(turn)
    phone = turn.settings.service_phone
    if len(products) == 1 and products[0].parts:
        parts = parts_in_words(turn, turn.heard.text, products[0])
        turn.say("utter_parts", product=products[0].name, parts=parts, phone=phone)
    else:
        turn.say("utter_parts_by_team", phone=phone)


async def _owned(turn: Turn) -> Sequence[Product]:
    orders = await turn.backend.orders(turn.customer)
    owned = {line.product_id for order in orders if order.status == "delivered" for line in order.items}
    return [product for product in await turn.backend.products() if product.id in owned]

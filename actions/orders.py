"""Tracking: where orders are."""

import re
from collections.abc import Sequence

from rasa_sdk.events import SlotSet

from actions.backend.port import NotFound, Order, Product
from actions.base import Event, GoalAction, Turn
from actions.own_orders import named_among, number_said, order_with
from actions.returning import say_return
from actions.showing import dated, piece_in_words

UNDER_WAY = ("pending", "processed", "shipped")
MAX_TOLD = 3
_REPLACEMENT = re.compile(
    r"\b(?:die neuen?|das neue|den neuen|ersatz\w*|umtausch\w*|getauscht\w*|the new (?:one|ones|pair)|replacement\w*|exchanged?)\b",
    re.I,
)
""" "wann krieg ich die neuen?": what was exchanged is on its way."""


class TrackOrder(GoalAction):
    """Where an order is: the one that is named, else all that are under way, else the latest."""

    action_name = "action_track_order"

    async def act(self, turn: Turn) -> list[Event]:
        if _REPLACEMENT.search(turn.heard.text) and number_said(turn) is None:
            exchanges = [one for one in await turn.backend.returns(turn.customer) if one.kind == "exchange"]
            if exchanges and exchanges[0].status != "completed":
                say_return(turn, exchanges[0])
                return []
        try:
            orders = await self._meant(turn)
        except NotFound:
            turn.say("utter_order_not_found")
            return []
        if not orders:
            turn.say("utter_not_ordered_yet" if turn.open_form == "order_form" else "utter_no_orders")
            return []
        catalog = await turn.backend.products()
        for order in orders[:MAX_TOLD]:
            _tell(turn, order, catalog)
        return [SlotSet("last_order", orders[0].number)]

    async def _meant(self, turn: Turn) -> list[Order]:
        number = number_said(turn)
        if number:
            return [await order_with(turn, number)]
        orders = list(await turn.backend.orders(turn.customer))
        under_way = [order for order in orders if order.status in UNDER_WAY]
        return await named_among(turn, under_way or orders[:1])


def _tell(turn: Turn, order: Order, catalog: Sequence[Product]) -> None:
    shipment = order.shipments[0] if order.shipments else None
    response = f"utter_order_{order.status}"
    turn.say(
        dated(response, order) if order.status in UNDER_WAY else response,
        number=order.number,
        lines=turn.listed([piece_in_words(turn, line, catalog) for line in order.items]),
        date=turn.day(order.promised_date) if order.promised_date else "",
        carrier=shipment.carrier if shipment else "",
        tracking=shipment.tracking_number if shipment else "",
    )

"""Money on its way back, and papers about money paid."""

import re
from collections.abc import Sequence

from rasa_sdk.events import FollowupAction, SlotSet
from stdnum.eu import vat
from stdnum.exceptions import ValidationError

from actions import wording
from actions.backend.port import Company, NotFound, NotSupported, Order, Refund, Refused
from actions.base import Event, GoalAction, Turn, button
from actions.goal_form import human_button, say_refusal
from actions.own_orders import named_among, number_said, order_buttons, order_with, products_in_words

MAX_TOLD = 3
_COMPANY = re.compile(
    r"\b(?:auf(?: die| meine firma| unsere firma)?,?|an(?: die)?|für(?: die)?|for|to|firma|company)\s+(?P<name>(?:[\w&.\-]+\s+){0,4}?[\w&.\-]+\s+(?:GmbH(?: & Co\.? KG)?|UG|AG|KG|OHG|GbR|e\.? ?K\.?|e\.? ?V\.?|Ltd\.?|LLC|Inc\.?|PLC|SE))(?!\w)",
    re.I,
)
_NO_PART_OF_NAME = re.compile(r"^(?:(?:die|der|meine|unsere|rechnung|invoice|firma|company|name|namen)\s+)+", re.I)
_CANCELS = re.compile(r"\b(?:stornier\w*|cancel)\b", re.I)
_SENDS_BACK = re.compile(
    r"\b(?:will|möcht\w*|moecht\w*|würd\w*|wuerd\w*|want|like|wanna|need)\b.{0,60}\b(?:zur(?:ü|ue)ck ?(?:geb|schick|send)\w*|return|send\b.{0,20}\bback)",
    re.I,
)
""" "ich will die Schuhe zurückschicken, und wann hab ich mein Geld?": the summary of the return says when."""
_VAT_NUMBER = re.compile(r"\b(?:DE|ATU?|NL|FR|BE|IT|LU)[\s-]?\d[\dA-Z\s.-]{6,14}", re.I)


class RefundStatus(GoalAction):
    """Where the money for a return or a cancellation is: what is not back yet, else the latest."""

    action_name = "action_refund_status"

    async def act(self, turn: Turn) -> list[Event]:
        refunds = list(await turn.backend.refunds(turn.customer))
        number = number_said(turn)
        of_order = [refund for refund in refunds if number in (refund.order_number, refund.return_number)]
        under_way = [refund for refund in refunds if refund.status != "refunded"]
        told = (of_order if number else under_way or refunds[:1])[:MAX_TOLD]
        if not told:
            if _CANCELS.search(turn.heard.text) and await order_buttons(turn, "cancel_order"):
                return [FollowupAction("cancel_form")]  # "stornieren, und wann krieg ich mein Geld?"
            if _SENDS_BACK.search(turn.heard.text) and turn.open_form is None:
                return [FollowupAction("return_form")]
            await self._say_none(turn)
            return []
        for refund in told:
            _tell(turn, refund)
        return [SlotSet("last_order", told[0].order_number)]

    async def _say_none(self, turn: Turn) -> None:
        """Of an order that was cancelled before it was paid nothing can come back."""
        orders = await turn.backend.orders(turn.customer)
        if orders and orders[0].status == "cancelled":
            turn.say("utter_nothing_was_paid", number=orders[0].number)
        else:
            turn.say("utter_no_refund", buttons=[human_button(turn)])


def _tell(turn: Turn, refund: Refund) -> None:
    """For a return that has not arrived nobody knows the day yet."""
    response = f"utter_refund_{refund.status}"
    if refund.status == "requested" and refund.expected_until:
        response = "utter_refund_booked"
    turn.say(
        response,
        number=refund.return_number or refund.order_number,
        amount=turn.money(refund.amount),
        way=wording.refunded(refund.method, turn.language),
        on=_day(turn, refund.refunded_at or refund.received_at),
        first=_day(turn, refund.expected_from),
        until=_day(turn, refund.expected_until),
    )


def _day(turn: Turn, iso: str | None) -> str:
    return turn.day(iso) if iso else ""


class RequestInvoice(GoalAction):
    """The invoice of the order that is meant, else of the latest; made out to a company when one is named."""

    action_name = "action_request_invoice"

    async def act(self, turn: Turn) -> list[Event]:
        try:
            order = await self._meant(turn)
        except NotFound:
            turn.say("utter_order_not_found")
            return []
        if order is None:
            turn.say("utter_no_orders")
            return []
        await self._send(turn, order)
        return [SlotSet("last_order", order.number)]

    async def _meant(self, turn: Turn) -> Order | None:
        number = number_said(turn, typed=False)  # a VAT number has digits, too
        if number:
            return await order_with(turn, number)
        orders = [order for order in await turn.backend.orders(turn.customer) if order.status != "cancelled"]
        named = await named_among(turn, orders)
        return named[0] if named else None

    async def _send(self, turn: Turn, order: Order) -> None:
        key = f"invoice-{order.number}-{turn.heard.message_id}"
        company = company_said(turn)
        try:
            invoice = await turn.backend.issue_invoice(turn.customer, order.number, company=company, key=key)
        except (Refused, NotSupported):
            say_refusal(turn)
            return
        turn.say(
            "utter_invoice_to" if company else "utter_invoice",
            company=company.name if company else "",
            buttons=[] if turn.open_form else await _of_others(turn, order),
            invoice=invoice.number,
            number=order.number,
            total=turn.money(invoice.total),
            url=invoice.url,
            document={"title": invoice.number, "url": invoice.url},
        )


async def _of_others(turn: Turn, told: Order) -> Sequence[dict[str, str]]:
    """Those of other orders, one press away."""
    others = [order for order in await turn.backend.orders(turn.customer) if order.number != told.number]
    return [
        button(f"{order.number}: {products_in_words(turn, order)}"[:40], "request_invoice", order_number=order.number)
        for order in others[:MAX_TOLD]
        if order.status != "cancelled"
    ]


def company_said(turn: Turn) -> Company | None:
    """ "auf die Reuter Film GmbH, DE 136695976"; a number that cannot be right is left out and said to be wrong."""
    match = _COMPANY.search(turn.heard.text)
    if match is None:
        return None
    name = _NO_PART_OF_NAME.sub("", " ".join(match["name"].split()))
    return Company(name=name, vat_number=_vat_number(turn))


def _vat_number(turn: Turn) -> str | None:
    match = _VAT_NUMBER.search(turn.heard.text)
    if match is None:
        return None
    try:
        return str(vat.validate(re.sub(r"[\s.-]", "", match.group())))
    except ValidationError:
        turn.say("utter_vat_number_invalid")
        return None

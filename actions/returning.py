"""Sending back what was delivered, or exchanging it for another size or colour."""

import re
from collections.abc import Mapping, Sequence

from rasa_sdk.events import FollowupAction, SlotSet

from actions import service_topics, wording
from actions.backend.port import (
    BackendError,
    Line,
    NotFound,
    Order,
    OutOfStock,
    Piece,
    Product,
    Refused,
    Return,
    ReturnItem,
)
from actions.base import Event, GoalAction, Turn, answer_button, button, yes_no
from actions.deed_meant import calls_for_deed
from actions.forms import Draft
from actions.goal_form import FinishGoal, GoalForm, GoalQuestion, GoalSummary, say_refusal
from actions.own_orders import is_rented, named_among, number_said, order_with, products_in_words
from actions.paying import (
    ask_account,
    needs_account,
    paid_in_words,
    payment_of,
    read_payment,
    say_payment_refused,
)
from actions.reading import amounts, reasons
from actions.reading.answers import is_gift_card, is_question
from actions.reading.products import options_named, variant_of
from actions.reading.wishes import wishes
from actions.reading.words import folded
from actions.showing import options_in_words

_ALL = frozenset({"alles", "alle", "beide", "beides", "everything", "all", "both", "komplett", "ganze", "whole"})
_ONE = re.compile(
    r"\b(?:ein(?:e[rsnm]?|s)?|oa?na?|one|a single|just one|only one)\s+(?:of|von|der|des|davon|paar|pair|stück|zurück)\b|\b(?:nur|only|just)\s+(?:ein\w*|one)\b|^\W*(?:ein\w*|one)\W*$",
    re.I,
)
""" "einen der drei Stühle", "one of the drones": articles that count."""
_AN = re.compile(r"\b(?:ein(?:e[nrsm]?|s)?|one|an?)\s+$", re.I)
_RETURN_NUMBER = re.compile(r"\brt\s?-?\s?(\d{6,9})\b", re.I)
_ABOUT_ONE = re.compile(
    r"\b(?:rücksende?nummer|retourennummer|etikett\w*|label\w*|status|wo schick\w* ich|where do i send|return number|drucke\w*|print\w*|wann krieg\w* ich|wann komm\w*|when do i get)\b",
    re.I,
)
_EXCHANGES = re.compile(
    r"\b(?:\w*tausch\w*|exchange\w*|swap\w*|größer\w*|kleiner\w*|nummer|in \d{2}|stattdessen|lieber|bigger|smaller|larger|instead|rather|another size|size (?:up|down))\b",
    re.I,
)
_NOT_AFTER_ALL = re.compile(
    r"\b(?:(?:rücksendung|ruecksendung|retoure|umtausch|rückgabe|return|exchange)\b.{0,20}\b(?:storn\w*|abbrech\w*|absag\w*|rückgängig|zurückzieh\w*|cancel\w*|undo|stop)|"
    r"(?:stop|cancel|undo|storniere?)\b.{0,12}\b(?:the |my |die |den |meine )?(?:rücksendung|retoure|umtausch|rückgabe|return|exchange)|doch behalten|(?:schick\w*|geb\w*) (?:es|sie|ihn|das|die) doch nicht|keep (?:it|them) after all)\b",
    re.I,
)
_NOT_YET = ("pending", "processed", "shipped")


class ReturnForm(GoalForm):
    """Which order, which pieces of it, for an exchange what instead, and a yes."""

    form = "return_form"
    draft_slot = "return_draft"
    questions = (
        "return_order_number",
        "return_pieces",
        "return_quantity",
        "return_variant",
        "return_payment",
        "return_account",
        "return_confirmed",
    )
    intents = frozenset({"return_order", "exchange_item"})

    async def begin(self, turn: Turn, draft: Draft) -> None:
        draft["kind"] = "exchange" if turn.heard.intent in ("exchange_item", "change_order") else "return"
        draft["refund_to"] = "gift_card" if is_gift_card(turn.heard.text) else "original"
        draft["reason"] = reasons.returning(turn.heard.text)
        if service_topics.asks_return_costs(turn.heard.text):
            turn.say("utter_returns_are_free")
            draft["state"] = "nothing"
            return
        if await calls_for_deed(turn):
            draft["state"] = "subscription"
            return
        if await _tells_of_one_under_way(turn):
            draft["state"] = "nothing"
            return
        try:
            await self._choose(turn, draft)
        except NotFound:
            turn.say("utter_order_not_found")
            draft["state"] = "nothing"
        if draft.get("number"):
            await self._read_pieces(turn, draft)

    async def _choose(self, turn: Turn, draft: Draft) -> None:
        number = number_said(turn)
        orders = [await order_with(turn, number)] if number else list(await turn.backend.orders(turn.customer))
        delivered = [order for order in orders if order.status == "delivered"]
        chosen = await named_among(turn, delivered)
        if len(chosen) == 1 and is_rented(chosen[0]):
            draft["state"] = "subscription"
        elif len(chosen) == 1:
            draft["number"] = chosen[0].number
        elif not delivered:
            _say_nothing_delivered(turn, orders, draft)

    async def read(self, turn: Turn, draft: Draft, question: str) -> bool:
        if self._read_reason(turn, draft):
            return await self._read_pieces(turn, draft) or True
        if turn.heard.intent in self.intents and not is_question(turn.heard.text):
            self._change_kind(turn, draft)
        elif turn.heard.intent in self.intents and question == "return_confirmed":
            turn.say("utter_returns", phone=turn.settings.service_phone)
            return True
        if question == "return_order_number":
            await self._choose(turn, draft)
            if draft.get("number"):
                await self._read_pieces(turn, draft)
            return bool(draft.get("number") or draft.get("state"))
        if is_gift_card(turn.heard.text) and draft["kind"] == "return":
            draft["refund_to"] = "gift_card"
            return True
        found = question in ("return_payment", "return_account", "return_confirmed") and read_payment(
            turn, draft, turn.heard.text
        )
        return await self._read_pieces(turn, draft) or found

    def _read_reason(self, turn: Turn, draft: Draft) -> bool:
        """ "zu eng", of what is to go back; "zu eng, lieber in 43" wishes for something else."""
        reason = reasons.returning(turn.heard.text)
        is_new = draft["kind"] == "return" and draft["reason"] == reasons.NOT_SAID != reason
        if not is_new or _EXCHANGES.search(turn.heard.text):
            return False
        draft["reason"] = reason
        return True

    def _change_kind(self, turn: Turn, draft: Draft) -> None:
        """ "ach, dann lieber zurückgeben"."""
        kind = "exchange" if turn.heard.intent == "exchange_item" else "return"
        if kind != draft["kind"]:
            draft.update(kind=kind, difference=None)

    async def _read_pieces(self, turn: Turn, draft: Draft) -> bool:
        """Which line items, how many of each, and what they are to be exchanged for."""
        order = await order_with(turn, draft["number"])
        catalog = await turn.backend.products()
        left = [line for line in order.items if line.quantity > line.returned]
        if not left:
            turn.say("utter_not_returnable_nothing_left", number=order.number)
            draft["state"] = "nothing"
            return True
        meant = _lines_meant(turn, draft, left, catalog)
        if not meant and len(left) > 1:
            return self._read_count(turn, draft) or self._read_variant(turn, draft, order, catalog)
        lines = meant or left
        known = {piece["line"]: piece for piece in draft.get("pieces") or []}
        counts = [_count_said(turn, line, catalog, alone=len(lines) == 1) for line in lines]
        found = bool(meant) or not known or any(counts)
        if found:
            pieces = [_piece(line, count, known.get(line.line)) for line, count in zip(lines, counts, strict=True)]
            draft.update(pieces=pieces, difference=None)
        return self._read_variant(turn, draft, order, catalog) or found

    def _read_count(self, turn: Turn, draft: Draft) -> bool:
        """How many of the pieces of which it was asked."""
        open_piece = next((piece for piece in draft.get("pieces") or () if not piece["quantity"]), None)
        count = _count_in(turn, alone=True)
        if open_piece is None or not count:
            return False
        open_piece["quantity"] = min(count, open_piece["left"])
        return True

    def _read_variant(self, turn: Turn, draft: Draft, order: Order, catalog: Sequence[Product]) -> bool:
        if draft["kind"] != "exchange":
            return False
        found = False
        for piece in draft.get("pieces") or []:
            line = _line(order, piece)
            product = _product(line, catalog)
            wanted = _wanted(turn.heard.text, product, line) if product else {}
            if product and wanted:
                variant = variant_of(product, {**line.options, **piece.get("options", {}), **wanted})
                piece["options"] = {**piece.get("options", {}), **wanted}
                piece["variant"] = variant.id if variant else None
                found = True
                draft["difference"] = None
        return found

    async def missing(self, turn: Turn, draft: Draft) -> str | None:
        if not draft.get("number"):
            return "return_order_number"
        if not draft.get("pieces"):
            return "return_pieces"
        if any(not piece["quantity"] for piece in draft["pieces"]):
            return "return_quantity"
        if draft["kind"] == "exchange" and any(not piece.get("variant") for piece in draft["pieces"]):
            return "return_variant"
        return await self._missing_payment(turn, draft)

    async def _missing_payment(self, turn: Turn, draft: Draft) -> str | None:
        if draft["kind"] != "exchange" or draft.get("difference") != "pay":
            return None
        if not draft.get("payment"):
            return "return_payment"
        return "return_account" if needs_account(draft, await turn.backend.customer(turn.customer)) else None

    async def check(self, turn: Turn, draft: Draft) -> None:
        draft["difference"] = (await _preview(turn, draft)).difference.direction

    def is_taken_back(self, turn: Turn) -> bool:
        return bool(_NOT_AFTER_ALL.search(turn.heard.text))

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        return await explain(turn, draft, error)


async def _tells_of_one_under_way(turn: Turn) -> bool:
    """Who asks for number or label of a return that is registered, or takes it back, is told how it stands."""
    number = _RETURN_NUMBER.search(turn.heard.text)
    asks, takes_back = _ABOUT_ONE.search(turn.heard.text), _NOT_AFTER_ALL.search(turn.heard.text)
    if not (number or asks or takes_back):
        return False
    found = [one for one in await turn.backend.returns(turn.customer) if one.status != "completed"]
    meant = [one for one in found if number and one.number == f"RT-{number[1]}"] or found[:1]
    for one in meant:
        say_return(turn, one)
        if takes_back:
            turn.say("utter_return_not_sent", number=one.number, phone=turn.settings.service_phone)
    return bool(meant)


def say_return(turn: Turn, one: Return) -> None:
    """How a return or exchange stands."""
    kind = "exchange" if one.kind == "exchange" else "return"
    state = "sent" if one.replacement and one.replacement.status == "shipped" else one.status
    turn.say(
        f"utter_{kind}_{state}",
        number=one.number,
        label=one.label_url,
        date=turn.day(one.send_by),
        tracking=one.replacement.tracking_number if one.replacement else "",
    )


def _say_nothing_delivered(turn: Turn, orders: Sequence[Order], draft: Draft) -> None:
    """What is still on its way can be cancelled or changed instead."""
    draft["state"] = "nothing"
    under_way = [order for order in orders if order.status in _NOT_YET]
    if not under_way and is_question(turn.heard.text):
        turn.say("utter_returns", phone=turn.settings.service_phone)
        return
    if not under_way:
        turn.say("utter_nothing_to_return" if orders else "utter_no_orders")
        return
    order = under_way[0]
    buttons = []
    if order.status == "pending":
        cancels = button(turn.either("Stornieren", "Cancel it"), "cancel_order", order_number=order.number)
        changes = button(turn.either("Ändern", "Change it"), "change_order", order_number=order.number)
        buttons = [changes] if draft["kind"] == "exchange" else [cancels]
    status = wording.status(order.status, turn.language)
    response = "utter_return_not_delivered_pending" if order.status == "pending" else "utter_return_not_delivered"
    turn.say(response, buttons=buttons, number=order.number, status=status)


def _lines_meant(turn: Turn, draft: Draft, left: Sequence[Line], catalog: Sequence[Product]) -> list[Line]:
    """Those that the words point to by product, colour or size."""
    named = {product.id for wish in wishes(turn.heard, catalog) for product in wish.products}
    of_product = [line for line in left if line.product_id in named]
    if _ALL & set(folded(turn.heard.text).split()) and len(left) > 1:
        known = {piece["line"] for piece in draft.get("pieces") or ()}
        several = [line for line in left if line.line in known and line.quantity - line.returned > 1]
        return of_product or several or list(left)
    among = of_product or list(left)
    looked_alike = [line for line in among if _names_options(turn.heard.text, line, catalog)]
    if draft["kind"] == "return" and looked_alike and len(looked_alike) < len(among):
        return looked_alike
    return of_product


def _names_options(text: str, line: Line, catalog: Sequence[Product]) -> bool:
    product = _product(line, catalog)
    named = options_named(text, product) if product else {}
    return bool(named) and all(line.options.get(option) == value for option, value in named.items())


def _piece(line: Line, count: int | None, known: Draft | None) -> Draft:
    """With `quantity` None while it is to be asked: of several, nobody knows how many are meant."""
    left = line.quantity - line.returned
    before = (known or {}).get("quantity")
    quantity = min(count, left) if count and count > 0 else before or (1 if left == 1 else None)
    return {**(known or {}), "line": line.line, "quantity": quantity, "left": left}


def _count_said(turn: Turn, line: Line, catalog: Sequence[Product], *, alone: bool) -> int | None:
    """How many of this line: said beside its product, or for the only one that is meant."""
    if _ALL & set(folded(turn.heard.text).split()):
        return line.quantity - line.returned
    if alone and _ONE.search(turn.heard.text):
        return 1
    for wish in wishes(turn.heard, catalog):
        if line.product_id in {product.id for product in wish.products}:
            if _AN.search(turn.heard.text[: turn.heard.text.find(wish.said)]):
                return 1
            counts = [portion.quantity for portion in wish.portions if portion.quantity]
            if counts:
                return sum(counts)
    return _count_in(turn, alone=alone)


def _count_in(turn: Turn, *, alone: bool) -> int | None:
    if not alone:
        return 1 if _ONE.search(turn.heard.text) else None
    return 1 if _ONE.search(turn.heard.text) else amounts.quantity(turn.heard)


def _line(order: Order, piece: Draft) -> Line:
    return next(line for line in order.items if line.line == piece["line"])


def _product(line: Line, catalog: Sequence[Product]) -> Product | None:
    return next((product for product in catalog if product.id == line.product_id), None)


def _wanted(text: str, product: Product, line: Line) -> dict[str, str]:
    """Of "habe M, brauche L" the L: what the piece has already is not what is wished for."""
    return {
        option: value for option, value in options_named(text, product).items() if line.options.get(option) != value
    }


async def _preview(turn: Turn, draft: Draft) -> Return:
    if draft["kind"] == "return":
        return await turn.backend.preview_return(turn.customer, draft["number"], _pieces(draft), draft["refund_to"])
    payment = payment_of(draft) if draft.get("payment") else None
    return await turn.backend.preview_exchange(turn.customer, draft["number"], _pieces(draft), payment)


def _pieces(draft: Draft) -> list[Piece]:
    return [
        Piece(line=piece["line"], quantity=piece["quantity"], variant_id=_variant(draft, piece))
        for piece in draft["pieces"]
    ]


def _variant(draft: Draft, piece: Draft) -> str | None:
    return piece.get("variant") if draft["kind"] == "exchange" else None


async def explain(turn: Turn, draft: Draft, error: BackendError) -> bool:
    """Why the shop takes nothing back, in the customer's words; True when another choice may do."""
    if say_payment_refused(turn, draft, error):
        return True
    if isinstance(error, Refused) and error.slug == "payment-method-missing":
        draft["difference"] = "pay"
        return True
    if isinstance(error, OutOfStock):
        turn.say("utter_exchange_sold_out")
        _forget_variants(draft)
        return True
    if isinstance(error, Refused) and error.slug == "not-returnable":
        _say_not_returnable(turn, draft, error)
        return False
    say_refusal(turn)
    return False


def _forget_variants(draft: Draft) -> None:
    for piece in draft["pieces"]:
        piece.update(variant=None, options={})


def _say_not_returnable(turn: Turn, draft: Draft, error: Refused) -> None:
    why = str(error.details.get("why"))
    until = error.details.get("returnable_until")
    turn.say(
        f"utter_not_returnable_{why}",
        number=draft["number"],
        date=turn.day(until) if until else "",
        phone=turn.settings.service_phone,
    )


class AskReturnOrderNumber(GoalAction):
    """Which of several delivered orders?"""

    action_name = "action_ask_return_order_number"

    async def act(self, turn: Turn) -> list[Event]:
        orders = await turn.backend.orders(turn.customer)
        delivered = [order for order in orders if order.status == "delivered"][:5]
        buttons = [answer_button(f"{order.number}: {products_in_words(turn, order)}"[:40]) for order in delivered]
        turn.say("utter_ask_which_order", buttons=buttons)
        return []


class AskReturnPieces(GoalQuestion):
    """Which of the order's things?"""

    action_name = "action_ask_return_pieces"
    draft_slot = "return_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        order = await order_with(turn, draft["number"])
        names = [line.product_name for line in order.items if line.quantity > line.returned]
        buttons = [answer_button(name) for name in dict.fromkeys([*names, turn.either("Alles", "Everything")])]
        turn.say("utter_ask_return_pieces", buttons=buttons, number=order.number)


class AskReturnQuantity(GoalQuestion):
    """How many of several?"""

    action_name = "action_ask_return_quantity"
    draft_slot = "return_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        order = await order_with(turn, draft["number"])
        piece = next(piece for piece in draft["pieces"] if not piece["quantity"])
        buttons = [answer_button(str(count)) for count in range(1, min(piece["left"], 5) + 1)]
        name, left = _line(order, piece).product_name, wording.pieces(piece["left"], turn.language)
        turn.say("utter_ask_return_quantity", buttons=buttons, product=name, pieces=left)


class AskReturnVariant(GoalQuestion):
    """What instead? Only what is in stock."""

    action_name = "action_ask_return_variant"
    draft_slot = "return_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        order, catalog = await order_with(turn, draft["number"]), await turn.backend.products()
        piece = next(piece for piece in draft["pieces"] if not piece.get("variant"))
        line = _line(order, piece)
        product = _product(line, catalog)
        titles = _others(turn, product, line) if product else []
        turn.say(
            "utter_ask_return_variant" if titles else "utter_exchange_nothing_else",
            buttons=[answer_button(title) for title in titles],
            product=line.product_name,
            choices=turn.listed(titles, choice=True),
        )


def _others(turn: Turn, product: Product, line: Line) -> list[str]:
    """Variants in stock other than the one that goes back, by what is different about them."""
    there = [variant for variant in product.variants if variant.stock and variant.id != line.variant_id]
    named = [
        turn.listed(
            [
                turn.named(value.name)
                for option in product.options
                for value in option.values
                if variant.options.get(option.id) == value.id != line.options.get(option.id)
            ]
        )
        for variant in sorted(there, key=lambda variant: _distance(variant.options, line.options))
    ]
    return list(dict.fromkeys(named))[:6]


def _distance(one: Mapping[str, str], other: Mapping[str, str]) -> int:
    """In how many options they differ."""
    return sum(one[option] != other.get(option) for option in one)


class AskReturnPayment(GoalQuestion):
    """How is the difference paid?"""

    action_name = "action_ask_return_payment"
    draft_slot = "return_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        found = await _preview_unpaid(turn, draft)
        names = [wording.payment(method, turn.language) for method in ("paypal", "card", "direct_debit", "invoice")]
        turn.say(
            "utter_ask_return_payment",
            buttons=[answer_button(name) for name in names],
            difference=turn.money(found.difference.amount),
        )


async def _preview_unpaid(turn: Turn, draft: Draft) -> Return:
    return await turn.backend.preview_exchange(turn.customer, draft["number"], _pieces(draft), None)


class AskReturnAccount(GoalQuestion):
    """The IBAN or the code of a gift card."""

    action_name = "action_ask_return_account"
    draft_slot = "return_draft"

    async def ask(self, turn: Turn, draft: Draft) -> None:
        ask_account(turn, draft)


class AskReturnConfirmed(GoalSummary):
    """Names what goes back, by when, and the money."""

    action_name = "action_ask_return_confirmed"
    draft_slot = "return_draft"

    async def say_summary(self, turn: Turn, draft: Draft) -> None:
        found = await _preview(turn, draft)
        catalog = await turn.backend.products()
        turn.say(
            "utter_ask_return_confirmed" if draft["kind"] == "return" else "utter_ask_exchange_confirmed",
            buttons=yes_no(turn),
            number=draft["number"],
            pieces=turn.listed([_item_in_words(turn, item, catalog) for item in found.items]),
            money=_money_in_words(turn, draft, found),
            date=turn.day(found.send_by),
        )


def _item_in_words(turn: Turn, item: ReturnItem, catalog: Sequence[Product]) -> str:
    """ "1 × StrideLab Run in Größe M gegen Größe L"."""
    product = next((product for product in catalog if product.id == item.product_id), None)
    had = options_in_words(turn, product, item.options) if product else ""
    said = f"{item.quantity} × {item.product_name}{had}"
    if item.to is None or product is None:
        return said
    different = {key: value for key, value in item.to.options.items() if item.options.get(key) != value}
    instead = options_in_words(turn, product, different).removeprefix(" in ")
    return said + turn.either(" gegen ", " for ") + instead


def _money_in_words(turn: Turn, draft: Draft, found: Return) -> str:
    amount = turn.money(found.difference.amount)
    if found.difference.direction == "pay":
        paid = paid_in_words(turn, draft)
        return turn.either(f"Dazu kommen {amount}, {paid}", f"There are {amount} to pay on top, {paid}")
    if found.refund is None or found.difference.direction == "none":
        return turn.either("Das kostet nichts", "That costs nothing")
    return refund_in_words(turn, found)


def refund_in_words(turn: Turn, found: Return) -> str:
    """ "499 € gehen zurück per PayPal, fünf bis sieben Werktage nach dem Eingang"."""
    assert found.refund is not None
    amount, method = turn.money(found.refund.amount), found.refund.method
    if method == "gift_card":
        return turn.either(
            f"{amount} kommen auf den Gutschein, sobald die Sendung bei uns ist",
            f"{amount} go onto your gift card as soon as the parcel is with us",
        )
    way = wording.refunded(method, turn.language)
    return turn.either(
        f"{amount} gehen {way} zurück, fünf bis sieben Werktage nachdem die Sendung bei uns ist",
        f"{amount} go back {way}, five to seven working days after the parcel has reached us",
    )


class FinishReturn(FinishGoal):
    """Registers the return or exchange, and says what to do now."""

    action_name = "action_finish_return"
    form = "return_form"
    draft_slot = "return_draft"

    async def act(self, turn: Turn) -> list[Event]:
        if (turn.slot(self.draft_slot) or {}).get("state") == "subscription":
            return [SlotSet(self.draft_slot, None), FollowupAction("subscription_form")]
        return await super().act(turn)

    async def do(self, turn: Turn, draft: Draft) -> Sequence[Event]:
        made = await self._register(turn, draft)
        turn.say(
            "utter_return_made" if draft["kind"] == "return" else "utter_exchange_made",
            number=made.number,
            label=made.label_url,
            date=turn.day(made.send_by),
            document={"title": made.number, "url": made.label_url} if made.number and made.label_url else None,
        )
        if made.payment and made.payment.url:
            turn.say("utter_pay_here", url=made.payment.url, total=turn.money(made.payment.amount), number=made.number)
        return [SlotSet("last_order", made.order_number)]

    async def _register(self, turn: Turn, draft: Draft) -> Return:
        customer, number, pieces, key = turn.customer, draft["number"], _pieces(draft), draft["key"]
        if draft["kind"] == "return":
            to, reason = draft["refund_to"], draft["reason"]
            return await turn.backend.return_order(customer, number, pieces, to, reason, key=key)
        payment = payment_of(draft) if draft.get("payment") else None
        return await turn.backend.exchange_items(customer, number, pieces, payment, key=key)

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        return await explain(turn, draft, error)

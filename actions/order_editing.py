"""What the forms of a new order and of a changed one share: reading an answer into the draft, and asking what is missing."""

import abc
from collections.abc import Callable, Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from actions import order_draft, wording
from actions.backend.port import Product, Variant
from actions.base import Event, Turn
from actions.forms import QUESTIONS_OF_THEIR_OWN, Form
from actions.order_draft import Draft, Line
from actions.order_lines import Lines
from actions.order_products import ProductChoice
from actions.product_answers import FOCUS, FOCUS_OPTIONS
from actions.reading import addresses, amounts, answers
from actions.reading.heard import Heard
from actions.reading.products import names_what_is_not_offered
from actions.reading.words import vocabulary
from actions.showing import options_in_words

ABOUT_THE_SHOP = vocabulary(
    "browse_catalog ask_product compare_products check_availability recommend_for_budget track_order talk_to_human help"
)
"""Intents of real questions; others of their kind (a greeting, say) are what an unknown name is easily taken for."""
SHORT = 4
"""Words of an answer that says nothing else."""


class OrderEditing(Form):
    """Reads products, options, quantities, terms, addresses and payment; corrections at any time, in any order."""

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        draft["hint"] = None
        await self._forget_what_is_gone(turn, draft)
        if question is not None and self.is_given_up(turn):
            draft["state"] = "dropped"
            return True
        part = question.partition("_")[2] if question else None
        before = order_draft.contents(draft)
        found = await self._read(turn, draft, part)
        await self._check(turn, draft)
        if part == "confirmed":
            return self._decide(turn, draft, found, changed=order_draft.contents(draft) != before)
        return found or part is None or self._take_nothing(turn, draft)

    @abc.abstractmethod
    def is_given_up(self, turn: Turn) -> bool:
        """Whether the customer wants none of it any more."""

    def is_elsewhere(self, turn: Turn) -> bool:
        """Whether the message is for a rule or another form to answer."""
        return turn.heard.intent in QUESTIONS_OF_THEIR_OWN or turn.heard.unreadable

    async def missing_part(self, turn: Turn, draft: Draft) -> str | None:
        """What must be known before a summary can be shown."""
        catalog = await turn.backend.products()
        open_parts = {
            "product": not draft.get("lines") or (draft.get("pending") or {}).get("products"),
            "option": order_draft.open_line(draft, catalog),
            "quantity": order_draft.open_quantity(draft),
            "term": order_draft.open_term(draft),
            "address": order_draft.missing_in_address(draft),
            "name": not (draft.get("address") or {}).get("name"),
            "payment": not draft.get("payment"),
        }
        return next((part for part, is_open in open_parts.items() if is_open), None)

    def notes(self, draft: Draft) -> list[Event]:
        pending = (draft.get("pending") or {}).get("products")
        products = pending or [line["product"] for line in draft.get("lines") or ()]
        return [SlotSet(FOCUS, products)] if products else []

    async def _read(self, turn: Turn, draft: Draft, part: str | None) -> bool:
        if part and turn.heard.intent in QUESTIONS_OF_THEIR_OWN:
            return await self._read_answer(turn, draft, part, is_sure=turn.heard.intent not in ABOUT_THE_SHOP)
        said = addresses.address_said(turn.heard.text, asked=part == "address")
        rest = turn.heard.without(said.spans)
        if part == "name" and self._take_name(draft, turn.heard):
            return True
        found = await self._read_lines(turn, draft, rest, part)
        found = self._read_payment(draft, rest.text) or found
        if said.parts:
            order_draft.merge_address(draft, said.parts)
        found = found or bool(said.parts)
        return found or await self._read_answer(turn, draft, part, is_sure=True) or self._take_aspect(turn, draft, part)

    async def _read_answer(self, turn: Turn, draft: Draft, part: str | None, *, is_sure: bool) -> bool:
        """The answer to what was asked, whatever the NLU took it for."""
        heard = turn.heard
        if part == "option":
            return await self._read_option(turn, draft)
        if part == "address":
            return self._read_address(draft, heard, is_sure=is_sure)
        if part == "name":
            return is_sure and addresses.is_name(heard.text) and self._take_name(draft, heard)
        if part == "payment":
            return self._read_payment(draft, heard.text)
        if part == "term":
            return await self._edit(turn, draft, lambda lines: lines.take_term(heard, asked=True))
        if part == "quantity":
            return heard.length <= SHORT and await self._edit(
                turn, draft, lambda lines: lines.take_quantity(heard, counts=True)
            )
        return False

    async def _read_lines(self, turn: Turn, draft: Draft, heard: Heard, part: str | None) -> bool:
        catalog = await turn.backend.products()
        lines = Lines(draft.get("lines") or [], catalog, turn.language)
        chose = ProductChoice(turn, draft, lines, catalog).take(heard, part)
        found = chose or lines.take(heard, counts=part not in ("address", "name", "term"))
        found = lines.take_term(heard, asked=part == "term") or found
        draft["lines"] = lines.lines
        if part is None:
            _recall_options(turn, draft)
        return self._say_not_offered(turn, draft, heard, part, catalog) or found

    async def _forget_what_is_gone(self, turn: Turn, draft: Draft) -> None:
        """Products may leave the catalog while an order is put together."""
        catalog = {product.id for product in await turn.backend.products()}
        draft["lines"] = [line for line in draft.get("lines") or () if line["product"] in catalog]

    async def _edit(self, turn: Turn, draft: Draft, change: Callable[[Lines], bool]) -> bool:
        lines = Lines(draft.get("lines") or [], await turn.backend.products(), turn.language)
        found = change(lines)
        draft["lines"] = lines.lines
        return found

    def _say_not_offered(
        self, turn: Turn, draft: Draft, heard: Heard, part: str | None, catalog: Sequence[Product]
    ) -> bool:
        """When a size or a colour is named that does not exist."""
        line = order_draft.open_line(draft, catalog) or next(iter(draft.get("lines") or ()), None)
        if line is None or not _is_not_offered(
            heard, line, order_draft.product_of(line, catalog), is_asked=part == "option"
        ):
            return False
        turn.say("utter_not_offered_here", product=order_draft.product_of(line, catalog).name)
        return True

    async def _read_option(self, turn: Turn, draft: Draft) -> bool:
        catalog = await turn.backend.products()
        line = order_draft.open_line(draft, catalog)
        if line is None or turn.heard.length > SHORT:
            return False
        product = order_draft.product_of(line, catalog)
        if answers.is_whatever(turn.heard.text):
            option = order_draft.open_option(line, product)
            line["options"][option.id] = order_draft.values_in_stock(line, product)[0].id
            return True
        return await self._edit(turn, draft, lambda lines: lines.take_options(turn.heard))

    def _read_address(self, draft: Draft, heard: Heard, *, is_sure: bool) -> bool:
        """Pieces of it too, when nothing else can be meant."""
        parts = addresses.address_said(heard.text, asked=True).parts
        if is_sure and not parts:
            parts = self._single_part(draft, heard)
        if not parts or not (is_sure or {"street", "postal_code"} <= parts.keys()):
            return False
        order_draft.merge_address(draft, parts)
        return True

    def _single_part(self, draft: Draft, heard: Heard) -> dict[str, str]:
        """A town or a name that came alone."""
        missing = order_draft.missing_in_address(draft)
        city = addresses.city_said(heard.text) if "city" in missing and "street" not in missing else None
        if city or heard.intent in ("affirm", "deny"):
            return {"city": city} if city else {}
        name = addresses.name_said(heard.text)
        return {"name": name} if name and addresses.is_name(name) else {}

    def _take_name(self, draft: Draft, heard: Heard) -> bool:
        name = addresses.name_said(heard.text) if heard.intent not in ("affirm", "deny", "change_order") else None
        if name:
            order_draft.merge_address(draft, {"name": name})
        return bool(name)

    def _read_payment(self, draft: Draft, text: str) -> bool:
        method = answers.payment_method(text)
        if method:
            draft["payment"] = method
        return method is not None

    def _take_aspect(self, turn: Turn, draft: Draft, part: str | None) -> bool:
        """ "die Adresse stimmt nicht": what was known of it is asked anew."""
        if part is None or turn.heard.intent in ("affirm", "stop"):
            return False
        aspect = answers.aspect_named(turn.heard.text)
        return aspect is not None and aspect != part and _forget(draft, aspect)

    def _decide(self, turn: Turn, draft: Draft, found: bool, *, changed: bool) -> bool:
        """What was said to a summary. Only a plain yes to just this summary is one."""
        if changed:
            return True
        agrees = turn.heard.intent == "affirm" or (
            turn.heard.intent == "place_order" and answers.says_go(turn.heard.text)
        )
        if agrees and not answers.has_reservation(turn.heard.text):
            if draft.get("shown") == order_draft.contents(draft):
                self.confirm(turn, draft)
            return True
        if agrees or turn.heard.intent == "deny":
            self.refuse(turn, draft, summary=True)
            return True
        return found or self._take_nothing(turn, draft)

    def refuse(self, turn: Turn, draft: Draft, *, summary: bool) -> None:
        """What a no means: to a summary, that something shall be different."""
        if summary:
            draft.update(hint="declined", shown=None)
        else:
            turn.say("utter_how_to_stop")

    def confirm(self, turn: Turn, draft: Draft) -> None:
        draft["state"] = "confirmed"
        draft["key"] = draft.get("key") or f"{self.form}-{turn.heard.message_id}"

    def _take_nothing(self, turn: Turn, draft: Draft) -> bool:
        """A message that answers nothing: for somebody else, or not understood; then the question is asked again."""
        if turn.heard.intent == "out_of_scope" and turn.heard.length <= SHORT // 2:
            turn.say("utter_not_caught")  # a mumble rather than another matter
            return True
        if self.is_elsewhere(turn):
            return False
        if turn.heard.intent == "deny" and draft.get("pending") and draft.get("lines"):
            draft["pending"] = None
        elif turn.heard.intent == "deny":
            self.refuse(turn, draft, summary=False)
        elif turn.heard.intent == "change_order":
            draft.update(hint="declined", shown=None)  # asks what shall be different
        elif turn.heard.intent != "affirm":
            turn.say("utter_not_caught")
        return True

    async def _check(self, turn: Turn, draft: Draft) -> None:
        """What cannot be had is said as soon as it is chosen, not after the address."""
        catalog = await turn.backend.products()
        for line in draft.get("lines") or ():
            product, variant = order_draft.product_of(line, catalog), order_draft.variant_of(line, catalog)
            _check_term(turn, line, product)
            _check_quantity(turn, line)
            there = self.pieces_there(draft, line, variant) if variant else product.stock
            if there < (line["quantity"] or 1) and (variant or not there):
                say_short(turn, line, product, there)
        draft["lines"] = [line for line in draft.get("lines") or () if line["quantity"] != 0]

    def pieces_there(self, draft: Draft, line: Line, variant: Variant) -> int:
        """How many of it can be had."""
        return variant.stock


def _recall_options(turn: Turn, draft: Draft) -> None:
    """The colour or size in which the product was just spoken of, unless another one is named now."""
    lines, focus = draft["lines"], turn.slot(FOCUS) or []
    if len(lines) == 1 and focus == [lines[0]["product"]]:
        lines[0]["options"] = {**(turn.slot(FOCUS_OPTIONS) or {}), **lines[0]["options"]}


def _is_not_offered(heard: Heard, line: Line, product: Product, *, is_asked: bool) -> bool:
    option = order_draft.open_option(line, product)
    is_number = (
        is_asked and all(value.id.isdigit() for value in option.values) and amounts.bare_number(heard.text) is not None
    )
    return (is_number and option.id not in line["options"]) or names_what_is_not_offered(heard.text, product)


def _forget(draft: Draft, aspect: str) -> bool:
    """Whether there was anything of it."""
    lines: Sequence[Line] = draft.get("lines") or []
    if aspect == "address":
        draft.update(
            address={key: value for key, value in draft.get("address", {}).items() if key == "name"}, asked_shop=True
        )
    elif aspect == "name":
        draft["address"] = {key: value for key, value in draft.get("address", {}).items() if key != "name"}
    elif aspect == "payment":
        draft["payment"] = None
    elif aspect == "product":
        draft["lines"] = []
    elif lines and aspect in ("quantity", "term"):
        lines[-1][aspect] = None
    elif lines:
        return lines[-1]["options"].pop(aspect, None) is not None
    return True


def _check_term(turn: Turn, line: Line, product: Product) -> None:
    if line["rent"] and line["term"] and line["term"] not in product.rental_terms:
        terms = turn.listed([str(term) for term in product.rental_terms], choice=True)
        turn.say("utter_no_such_term", terms=terms, product=product.name)
        line["term"] = None


def _check_quantity(turn: Turn, line: Line) -> None:
    if line["quantity"] is not None and not 1 <= line["quantity"] <= order_draft.MAX_QUANTITY:
        turn.say("utter_impossible_quantity", maximum=order_draft.MAX_QUANTITY)
        line["quantity"] = None


def say_short(turn: Turn, line: Line, product: Product, available: int) -> None:
    """Takes out of the line what cannot be had, and says so; a quantity of 0 is no line any more."""
    values: dict[str, Any] = {"product": product.name, "variant": options_in_words(turn, product, line["options"])}
    if available:
        turn.say("utter_only_left", pieces=wording.pieces(available, turn.language), **values)
        line["quantity"] = available
    elif product.stock:
        turn.say("utter_variant_sold_out", **values)
        line["options"] = _options_left(line, product)
    else:
        turn.say("utter_sold_out", product=product.name)
        line["quantity"] = 0


def _options_left(line: Line, product: Product) -> dict[str, str]:
    """Of the chosen options, from the first on, those with which something is still to be had."""
    left: dict[str, str] = {}
    for option in product.options:
        tried = {**left, option.id: line["options"].get(option.id, "")}
        if any(v.stock and all(v.options.get(key) == value for key, value in tried.items()) for v in product.variants):
            left = tried
    return left

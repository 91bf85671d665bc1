"""What an answer means for the draft of an order: of everything that can be said, in any order, what was said now."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from actions import order_draft, paying
from actions.backend.port import Product
from actions.base import Turn, response_of
from actions.order_draft import Draft, Line
from actions.order_lines import Lines
from actions.order_products import ProductChoice
from actions.product_answers import FOCUS, FOCUS_OPTIONS
from actions.reading import addresses, amounts, answers
from actions.reading.heard import Heard, span_of
from actions.reading.products import (
    is_colour,
    names_colour_not_offered,
    names_what_is_not_offered,
    pick,
    products_named,
)
from actions.reading.wishes import wishes
from actions.reading.words import vocabulary

REAL_QUESTIONS = vocabulary(
    "browse_catalog ask_product compare_products check_availability recommend_for_budget track_order talk_to_human help"
)
"""Intents that an unknown name or street is hardly taken for; a greeting or nonsense, it easily is."""
_TO = re.compile(r"\b(?:nach|in|to)\s+$", re.I)
_PIECES = re.compile(r"\b\d{1,2}\s?(?:x|×|mal|stück|stueck|stk|pieces?)(?!\w)|\b(?:davon|of them|stück|pieces)\b", re.I)
NO_NAMES = vocabulary("affirm deny change_order change_address stop")
"""Intents of answers that are surely none to "which name?"."""
SHORT = 4
"""Words of an answer that says nothing else."""
LONG = 8
"""Words of one that also says "take" or "rent"."""
MOST_OF_IBAN = 10
"""Words of an answer that is an IBAN in groups, and hardly more."""


class OrderReader:
    """One message and one draft. Each `read…` says whether it found anything, and puts it into the draft."""

    def __init__(self, turn: Turn, draft: Draft, catalog: Sequence[Product]) -> None:
        self._turn = turn
        self._draft = draft
        self._catalog = catalog
        self._heard = turn.heard

    def read(self, part: str | None) -> bool:
        """Everything: the answer to the question about that part, and whatever else is said, new or corrected."""
        if (part in ("name", "address") and self._read_name_alone(part)) or self._read_account(part):
            return True
        has_street = bool((self._draft.get("address") or {}).get("street"))
        said = addresses.address_said(self._without_products().text, asked=part == "address", has_street=has_street)
        parts = self._deliverable(said.parts, part)
        rest = self._heard.without(said.spans)
        found = self._read_lines(rest, part, has_address=bool(said.parts))
        found = self._read_payment(rest.text) or found
        if parts:
            order_draft.merge_address(self._draft, parts)
        found = found or bool(said.parts) or self.read_answer(part)
        return self._say_not_offered(rest, part, found=found) or found or self._read_aspect(part)

    def read_answer(self, part: str | None) -> bool:
        """Only the answer to the question about that part, for a message that the NLU took for something else."""
        readers: dict[str | None, Callable[[], bool]] = {
            "product": self._read_product,
            "option": self._read_option,
            "address": self._read_address,
            "name": self._read_full_name,
            "payment": lambda: self._read_payment(self._heard.text),
            "account": lambda: self._read_payment(self._heard.text),
            "term": lambda: self._edit(lambda lines: lines.take_term(self._heard, asked=True)),
            "quantity": self._read_quantity,
        }
        return (part in readers and readers[part]()) or self._read_account(part) or self._read_postal_code()

    def _read_postal_code(self) -> bool:
        """Five digits and nothing else, while the one of the address is not known."""
        missing = order_draft.missing_in_address(self._draft)
        code = addresses.address_said(self._heard.text, asked=True).parts.get("postal_code")
        is_alone = code is not None and self._heard.text.strip(" .,") == code
        if code and is_alone and "postal_code" in missing:
            order_draft.merge_address(self._draft, {"postal_code": code})
            return True
        return False

    def _read_account(self, part: str | None) -> bool:
        """An IBAN or the code of a gift card is one wherever it stands, and its digits count no pieces."""
        text, draft = self._heard.text, self._draft
        is_awaited = (
            draft.get("payment") == "direct_debit" and not draft.get("iban") and self._heard.length <= MOST_OF_IBAN
        )
        is_asked = part == "account" or is_awaited
        names_one = paying.names_account(text, asked=is_asked)
        is_time = is_asked or part in ("payment", "confirmed") or paying.names_valid_account(text)
        return names_one and is_time and paying.read_payment(self._turn, draft, text, asked=is_asked)

    @property
    def _is_question(self) -> bool:
        return self._heard.intent in REAL_QUESTIONS

    def _deliverable(self, parts: dict[str, str], part: str | None) -> dict[str, str]:
        """What was said of the address, the town that was named in passing too; nothing of a country we do not serve."""
        if (parts or part == "address") and self._is_elsewhere():
            return {}
        town = self._town_in_passing() if part in (None, "address") and "city" not in parts else None
        return {**parts, "city": town} if town else parts

    def _is_elsewhere(self) -> bool:
        """Says so, too."""
        is_elsewhere = addresses.names_elsewhere(self._heard.text)
        if is_elsewhere and not self._turn.has_said("utter_no_delivery_there"):
            self._turn.say("utter_no_delivery_there")
        return is_elsewhere

    def _town_in_passing(self) -> str | None:
        """ "eine Mini nach Dresden"."""
        for mention in self._heard.all("city"):
            start, end = span_of(mention)
            if _TO.search(self._heard.text[:start]):
                return addresses.tidy(self._heard.text[start:end])
        return None

    def _read_name_alone(self, part: str) -> bool:
        """Who is called Weiß or Schwarz names no colour."""
        return self._read_name() if part == "name" else addresses.is_name(self._heard.text) and self._read_full_name()

    def _without_products(self) -> Heard:
        """Names of products are no names of people."""
        return self._heard.without([span_of(mention) for mention in self._heard.all("product")])

    def _edit(self, change: Callable[[Lines], bool]) -> bool:
        lines = Lines(self._draft.get("lines") or [], self._catalog, self._turn.language)
        found = change(lines)
        self._draft["lines"] = lines.lines
        return found

    def _read_lines(self, heard: Heard, part: str | None, *, has_address: bool) -> bool:
        lines = Lines(self._draft.get("lines") or [], self._catalog, self._turn.language)
        chose = ProductChoice(self._turn, self._draft, lines, self._catalog).take(heard, part)
        if part in ("address", "name") and has_address and not _PIECES.search(heard.text):
            heard = heard.without([span_of(mention) for mention in heard.all("quantity")])  # "8, ach nein, Seestraße 8"
        asks_term = part == "term" or any(response_of(said) == "utter_no_such_term" for said in self._turn.said_before)
        found = chose or lines.take(heard, counts=part not in ("address", "name") and not asks_term)
        found = lines.take_term(heard, asked=asks_term) or found
        if answers.is_any_option(heard.text):
            found = self._choose_any(lines.lines) or found
        self._draft["lines"] = lines.lines
        if part is None:
            self._recall_options()
        return found

    def _recall_options(self) -> None:
        """The colour or size in which the product was just spoken of, unless another one is named now."""
        lines, focus = self._draft["lines"], self._turn.slot(FOCUS) or []
        if len(lines) == 1 and focus == [lines[0]["product"]]:
            lines[0]["options"] = {**(self._turn.slot(FOCUS_OPTIONS) or {}), **lines[0]["options"]}

    def _read_product(self) -> bool:
        """ "den günstigeren", "office": one of those that were offered, whatever the NLU took it for."""
        takes_one = answers.names_deed(self._heard.text) or amounts.wants_rent(self._heard.text) is not None
        if self._heard.length > (LONG if takes_one else SHORT) or answers.is_question(self._heard.text):
            return False
        pending = (self._draft.get("pending") or {}).get("products") or [product.id for product in self._catalog]
        offered = [product for product in self._catalog if product.id in pending]
        text = self._heard.text
        chosen = pick(text, offered) or products_named(text, offered) or pick(text, self._catalog)
        if not chosen or len(chosen) == len(self._catalog):
            return False
        return self._edit(
            lambda lines: ProductChoice(self._turn, self._draft, lines, self._catalog).take(
                self._naming(chosen[0]) if len(chosen) == 1 else self._heard, "product"
            )
        )

    def _naming(self, product: Product) -> Heard:
        """The message with the product as what it names."""
        mention = {"entity": "product", "value": product.id, "start": 0, "end": len(self._heard.text)}
        return replace(self._heard, entities=(mention,))

    def _read_option(self) -> bool:
        line = order_draft.open_line(self._draft, self._catalog)
        if line is None or self._heard.length > SHORT:
            return False
        product = order_draft.product_of(line, self._catalog)
        only_one = len(order_draft.values_in_stock(line, product)) == 1
        if answers.is_whatever(self._heard.text) or (self._heard.intent == "affirm" and only_one):
            return self._choose_any([line])
        return self._edit(lambda lines: lines.take_split(self._heard) or lines.take_options(self._heard))

    def _choose_any(self, lines: Sequence[Line]) -> bool:
        """Of the options that are open, what is in stock: the customer does not mind."""
        open_lines = [line for line in lines if order_draft.variant_of(line, self._catalog) is None]
        for line in open_lines:
            product = order_draft.product_of(line, self._catalog)
            line["options"][order_draft.open_option(line, product).id] = order_draft.values_in_stock(line, product)[
                0
            ].id
        return bool(open_lines)

    def _read_quantity(self) -> bool:
        return self._heard.length <= SHORT and self._edit(lambda lines: lines.take_quantity(self._heard, counts=True))

    def _read_address(self) -> bool:
        """Pieces of it too, unless the message is a real question."""
        if self._is_elsewhere():
            return True
        parts = self._deliverable(addresses.address_said(self._heard.text, asked=True).parts, "address")
        if not parts and not self._is_question:
            parts = self._lone_part()
        is_whole = "postal_code" in parts and bool({"street", "city"} & parts.keys())
        is_code = "postal_code" in parts and self._heard.length <= SHORT
        if not parts or (self._is_question and not is_whole and not is_code):
            return False
        order_draft.merge_address(self._draft, parts)
        return True

    def _lone_part(self) -> dict[str, str]:
        """A town or a name that came alone."""
        missing = order_draft.missing_in_address(self._draft)
        towns = self._heard.all("city")
        if towns and self._heard.length <= SHORT and "city" in missing:
            return {"city": addresses.tidy(self._heard.text[slice(*span_of(towns[0]))])}
        city = addresses.city_said(self._heard.text) if "city" in missing and "street" not in missing else None
        if city or self._heard.intent in ("affirm", "deny"):
            return {"city": city} if city else {}
        name = addresses.name_said(self._heard.text)
        is_name = name is not None and addresses.is_name(name) and not answers.is_only_payment(name)
        return {"name": name} if name and is_name else {}

    def _read_full_name(self) -> bool:
        """A name that the NLU took for something else has at least two words."""
        return addresses.is_name(self._heard.text) and self._read_name()

    def _read_name(self) -> bool:
        if answers.is_question(self._heard.text) or self._heard.all("product") or self._heard.all("addon"):
            return False
        is_other = self._is_question or self._heard.intent in NO_NAMES
        can_be_name = addresses.is_name(self._heard.text)
        is_written_so = can_be_name and all(
            word[0].isupper() for word in self._heard.text.split()
        )  # "Jo Reed" is no yes
        if is_other and not is_written_so and (self._heard.confidence >= answers.SURE or not can_be_name):
            return False
        name = addresses.name_said(self._heard.text)
        if name and (answers.is_only_payment(name) or is_colour(name) or self._is_lesser_name(name)):
            return False
        if name:
            order_draft.merge_address(self._draft, {"name": name})
        return bool(name)

    def _is_lesser_name(self, name: str) -> bool:
        """A single word in place of a full name that is known already."""
        known = (self._draft.get("address") or {}).get("name") or ""
        return addresses.is_name(known) and not addresses.is_name(name)

    def _read_payment(self, text: str) -> bool:
        return not answers.compares_payment(text) and paying.read_payment(self._turn, self._draft, text)

    def _say_not_offered(self, heard: Heard, part: str | None, *, found: bool) -> bool:
        """When a size or a colour is named that the product spoken of does not have."""
        if self._say_not_offered_of_several(heard):
            return True
        lines: Sequence[Line] = self._draft["lines"]
        line = order_draft.open_line(self._draft, self._catalog) or (None if found else next(iter(lines), None))
        line = line or self._only_line_named(heard)
        if line is None or self._names_another(heard, line):
            return False
        product = order_draft.product_of(line, self._catalog)
        if not self._is_not_offered(heard, line, product, is_asked=part == "option"):
            return False
        if names_colour_not_offered(heard.text, product):
            line["options"].pop("colour", None)
        self._turn.say("utter_not_offered_here", product=product.name)
        return True

    def _say_not_offered_of_several(self, heard: Heard) -> bool:
        """ "die Schuhe in Weiß und eine Mini in Rot": each in its own stretch of the message."""
        clear = [wish for wish in wishes(heard, self._catalog) if wish.product]
        lines = {line["product"]: line for line in self._draft["lines"]}
        for wish in clear if len(clear) > 1 else ():
            line = lines.get(wish.product.id) if wish.product else None
            own = heard.within(wish.span).text
            if line is not None and wish.product and names_colour_not_offered(own, wish.product):
                line["options"].pop("colour", None)
                self._turn.say("utter_not_offered_here", product=wish.product.name)
                return True
        return False

    def _only_line_named(self, heard: Heard) -> Line | None:
        """The line of the one product that the message is about."""
        named = {product.id for wish in wishes(heard, self._catalog) for product in wish.products}
        of_it = [line for line in self._draft["lines"] if line["product"] in named]
        return of_it[0] if len(of_it) == len(named) == 1 else None

    def _names_another(self, heard: Heard, line: Line) -> bool:
        return any(wish.product and wish.product.id != line["product"] for wish in wishes(heard, self._catalog))

    def _is_not_offered(self, heard: Heard, line: Line, product: Product, *, is_asked: bool) -> bool:
        is_other_size = is_asked and self._is_other_number(heard, line, product)
        return is_other_size or names_what_is_not_offered(heard.text, product)

    def _is_other_number(self, heard: Heard, line: Line, product: Product) -> bool:
        """For an option that is a number, such as a size, one that it does not come in."""
        option = order_draft.open_option(line, product)
        is_number = all(value.id.isdigit() for value in option.values) and amounts.bare_number(heard.text) is not None
        return is_number and option.id not in line["options"]

    def _read_aspect(self, part: str | None) -> bool:
        """ "die Adresse stimmt nicht": what was known of it is asked anew."""
        if part is None or self._heard.intent in ("affirm", "stop"):
            return False
        aspect = answers.aspect_named(self._heard.text)
        return aspect is not None and aspect != part and order_draft.forget(self._draft, aspect)

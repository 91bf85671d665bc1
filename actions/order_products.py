"""Which product is to be ordered, when the words leave it open: a kind, "die nehm ich", something that we do not sell."""

import re
from collections.abc import Sequence

from actions.backend.port import Product
from actions.base import Turn
from actions.goal_form import BUYING
from actions.order_draft import Draft
from actions.order_lines import Lines
from actions.product_answers import in_focus
from actions.reading import amounts
from actions.reading.answers import is_indefinite, is_question, names_deed
from actions.reading.heard import Heard
from actions.reading.products import option_mentions, options_named, pick, products_named
from actions.reading.wishes import Portion, Wish, goes_on, is_addition, portions, unwanted, wishes

_THAT = re.compile(r"\b(das|die|den|der|dies\w*|it|that|this)\b", re.I)
_ALL_OF_THEM = re.compile(r"\b(?:beide[snm]?|both|alle?\s+(?P<count>zwei|drei|vier|two|three|four|[234]))\b", re.I)
_ONE_OF_THEM = re.compile(r"\b(?:ein\w*|kein\w*|welche\w*|one|none|neither|which|either)\s+(?:von|der|of)\b", re.I)
SHORT = 6
"""Words up to which an answer is looked through for a product that the NLU did not find."""


class ProductChoice:
    """What is chosen goes into the lines; what is not clear yet waits in the draft, with all that was said about it.

    draft["pending"]: {products, adds, text, entities}.
    """

    def __init__(self, turn: Turn, draft: Draft, lines: Lines, catalog: Sequence[Product]) -> None:
        self._turn = turn
        self._draft = draft
        self._lines = lines
        self._catalog = catalog

    def take(self, heard: Heard, part: str | None) -> bool:
        """Whether the message chose a product, or left one to be chosen."""
        wished = wishes(heard, self._catalog)
        is_open = part in (None, "product")
        if is_open and (products := self._all_at_hand(heard, wished)):
            self._settle_all(products, heard)
            return True
        if is_open and (product := self._chosen(heard, wished)):
            self._settle(product, heard)
            return True
        if any(wish.product for wish in wished) or unwanted(heard, self._catalog):
            return False  # clear enough: the lines take it
        return self._leave_open(heard, wished) or (
            is_open and (self._add_to_pending(heard) or self._leave_focus_open(heard))
        )

    def _all_at_hand(self, heard: Heard, wished: Sequence[Wish]) -> Sequence[Product]:
        """ "ich nehm beide", "alle drei": just as many as there are to choose from."""
        match = _ALL_OF_THEM.search(heard.text)
        is_chosen = self._lines.lines and not self._draft.get("pending")
        if match is None or is_chosen or any(wish.product for wish in wished) or _ONE_OF_THEM.search(heard.text):
            return ()
        number = amounts.as_number(match["count"]) if match["count"] else 2
        at_hand = self._at_hand(wished)
        return at_hand if len(at_hand) == number else ()

    def _settle_all(self, products: Sequence[Product], heard: Heard) -> None:
        """One of each, with the options that were named."""
        pending = self._draft.pop("pending", None) or {"adds": False}
        asked = [(product, Portion(options_named(heard.text, product), None)) for product in products]
        self._lines.put(asked, adds=pending["adds"])

    def _chosen(self, heard: Heard, wished: Sequence[Wish]) -> Product | None:
        """The one product that an answer to "which?", or "die nehm ich", means."""
        clear = {wish.product.id: wish.product for wish in wished if wish.product}
        if clear:
            return next(iter(clear.values())) if len(clear) == 1 and self._draft.get("pending") else None
        picked = self._picked(heard, wished)
        return picked[0] if len(picked) == 1 else None

    def _picked(self, heard: Heard, wished: Sequence[Wish]) -> Sequence[Product]:
        at_hand = self._at_hand(wished)
        if self._lines.lines and not self._draft.get("pending"):
            return ()
        if is_question(heard.text) and heard.intent not in BUYING:
            return ()
        if self._draft.get("pending") or wished:
            return pick(heard.text, at_hand) or self._without_name(heard, wished, at_hand)
        if is_indefinite(heard.text) or heard.all("product"):
            return ()
        return at_hand if len(at_hand) == 1 else pick(heard.text, at_hand)

    def _without_name(self, heard: Heard, wished: Sequence[Wish], at_hand: Sequence[Product]) -> Sequence[Product]:
        """ "das da" is the one of them that was spoken of last; "die Drohne" the only one at hand."""
        if wished:
            return at_hand if len(at_hand) == 1 else ()
        if _THAT.search(heard.text) and heard.length <= SHORT // 2:
            last = [product.id for product in in_focus(self._turn, self._catalog)]
            return [product for product in at_hand if [product.id] == last]
        asked_of = in_focus(self._turn, self._catalog)
        if len(asked_of) == 1 and asked_of[0] in at_hand and self._says_how(heard, asked_of[0]):
            return asked_of
        return products_named(heard.text, self._catalog) if heard.length <= SHORT else ()

    def _says_how(self, heard: Heard, product: Product) -> bool:
        """ "ok, sechs Monate in Schwarz", after it was told what that one costs."""
        takes = names_deed(heard.text) or amounts.wants_rent(heard.text) is not None
        return not is_question(heard.text) and (takes or bool(option_mentions(heard.text, product)))

    def _at_hand(self, wished: Sequence[Wish]) -> list[Product]:
        """Those that are being chosen from, else those spoken of last; of a kind that is named, only that kind."""
        pending = self._draft.get("pending") or {}
        spoken_of = in_focus(self._turn, self._catalog)
        at_hand = [product for product in self._catalog if product.id in pending.get("products", ())] or spoken_of
        kinds = {product.id for wish in wished for product in wish.products}
        at_hand = at_hand or [product for product in self._catalog if product.id in kinds]  # "die kleine Drohne"
        return [product for product in at_hand if product.id in kinds] if kinds else at_hand

    def _leave_open(self, heard: Heard, wished: Sequence[Wish]) -> bool:
        unclear = [product for wish in wished for product in wish.products]
        if not wished or self._speaks_of_lines(heard, unclear):
            return False
        if unclear:
            self._wait(heard, unclear)
        elif self._lines.lines:
            self._turn.say("utter_not_sold")
        else:
            self._draft["hint"] = "unknown"
        return True

    def _speaks_of_lines(self, heard: Heard, products: Sequence[Product]) -> bool:
        """ "die Drohne lieber in Weiß" means the drone that was chosen."""
        chosen = {line["product"] for line in self._lines.lines}
        return any(product.id in chosen for product in products) and not is_addition(heard.text, self._turn.language)

    def _add_to_pending(self, heard: Heard) -> bool:
        """ "rot", "zwei": said of a product that is not chosen yet."""
        pending = self._draft.get("pending")
        products = [product for product in self._catalog if pending and product.id in pending["products"]]
        says_more = (
            any(option_mentions(heard.text, product) for product in products)
            or amounts.quantity(heard) is not None
            or amounts.term_months(heard) is not None
        )
        if pending and products and says_more:
            shift = len(pending["text"]) + len(", ")
            pending["text"] = f"{pending['text']}, {heard.text}"
            pending["entities"] += [
                {**entity, "start": entity["start"] + shift, "end": entity["end"] + shift} for entity in heard.entities
            ]
        return bool(products) and says_more

    def _leave_focus_open(self, heard: Heard) -> bool:
        """ "ich nehm eine" after several were shown; and "zwei für sechs Monate" while nothing is chosen at all."""
        if self._lines.lines or self._draft.get("pending"):
            return False
        at_hand = [] if is_indefinite(heard.text) else in_focus(self._turn, self._catalog)
        self._wait(heard, at_hand)
        return len(at_hand) > 0

    def _wait(self, heard: Heard, products: Sequence[Product]) -> None:
        self._draft["pending"] = {
            "products": [product.id for product in products],
            "adds": is_addition(heard.text, self._turn.language) or goes_on(heard.text),
            "text": heard.text,
            "entities": [dict(entity) for entity in heard.entities],
        }

    def _settle(self, product: Product, heard: Heard) -> None:
        """The product with what was said of it now and when it was asked for first."""
        pending = self._draft.pop("pending", None) or {"adds": False, "text": "", "entities": []}
        earlier = Heard(pending["text"], "", tuple(pending["entities"]))
        before, now = (portions(said, product, (0, len(said.text))) for said in (earlier, heard))
        merged = now if len(now) > 1 else before if len(before) > 1 else (_merged(before[0], now[0]),)
        self._lines.put([(product, portion) for portion in merged], adds=pending["adds"])
        self._lines.take_term(earlier, asked=False)


def _merged(before: Portion, now: Portion) -> Portion:
    quantity = before.quantity if now.quantity is None else now.quantity
    return Portion({**before.options, **now.options}, quantity)

"""What every answer about products shares: which products are meant, and what happens when that is not clear."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from actions import features, service_topics
from actions.backend.port import NotSupported, Product
from actions.base import Event, GoalAction, Turn
from actions.deed_meant import calls_for_deed
from actions.reading.products import pick
from actions.reading.wishes import names_premium, too_dear, wishes
from actions.showing import cards, kind_buttons, kinds_in_words, terms_in_words

FOCUS = "focus_products"
"""The slot that keeps the products spoken of last, so that "die" and "davon" mean something."""

FOCUS_OPTIONS = "focus_options"
"""The slot that keeps the colour or size in which the only one of them was spoken of."""


FEW_WORDS = 4
"""Of an answer that only points to something."""


@dataclass(frozen=True)
class Question:
    """What is asked of which products; the text may be that of an earlier message."""

    text: str
    products: tuple[Product, ...]


class ProductAnswer(GoalAction):
    """Answers a question about products; asks back when it is not clear about which."""

    intent: ClassVar[str]

    async def act(self, turn: Turn) -> list[Event]:
        if turn.open_form is None and await calls_for_deed(turn):
            return [FollowupAction("subscription_form")]
        products = await meant(turn)
        if names_premium(turn.heard) and await say_premium(turn, products):
            return []
        is_of_product = any(features.asked(turn.heard.text, product) for product in products)
        if not is_of_product and service_topics.answered(turn):
            return []
        if products:
            return await self.answer(turn, Question(turn.heard.text, tuple(products)))
        if dear := too_dear(turn.heard, await turn.backend.products()):
            return await say_cheaper(turn, dear[0])
        if turn.heard.all("product"):
            return await say_unknown(turn)
        return ask_back("question_product", self.intent, turn.heard.text)

    @abc.abstractmethod
    async def answer(self, turn: Turn, question: Question) -> list[Event]:
        """Says the answer; returns what changes."""


async def say_premium(turn: Turn, products: Sequence[Product]) -> bool:
    """What the premium plan is and costs, for the family that is spoken of; False where there is none."""
    try:
        plans = [plan for plan in await turn.backend.plans() if plan.premium]
    except NotSupported:
        return False
    families = {product.family for product in products}
    of_families = [plan for plan in plans if plan.family in families]
    for plan in of_families[:2]:
        prices = {term.months: term.monthly_price for term in plan.terms if term.monthly_price}
        turn.say(
            "utter_premium",
            plan=turn.named(plan.name),
            description=turn.named(plan.description).rstrip("."),
            prices=terms_in_words(turn, prices),
        )
    if plans and not of_families:
        catalog = await turn.backend.products()
        buttons = kind_buttons(turn, catalog, "ask_product")
        turn.say("utter_premium_for_what", buttons=buttons, description=turn.named(plans[0].description).rstrip("."))
    return bool(plans)


def ask_back(question: str, intent: str, text: str, products: Sequence[Product] = ()) -> list[Event]:
    """Opens the form that asks what is missing, and answers then."""
    draft = {"asks": question, "intent": intent, "text": text, "products": [product.id for product in products]}
    return [SlotSet("question_draft", draft), FollowupAction("question_form")]


async def meant(turn: Turn) -> list[Product]:
    """The products that the message is about: those it names, else those that were spoken of last."""
    catalog = await turn.backend.products()
    named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
    if named or turn.heard.all("product"):
        return list({product.id: product for product in named}.values())
    spoken_of = in_focus(turn, catalog)
    return list(pick(turn.heard.text, spoken_of)) or spoken_of


def in_focus(turn: Turn, catalog: Sequence[Product]) -> list[Product]:
    """The products spoken of last, in the order in which they were shown."""
    by_id = {product.id: product for product in catalog}
    return [by_id[product_id] for product_id in turn.slot(FOCUS) or () if product_id in by_id]


async def picks_one_shown(turn: Turn) -> bool:
    """ "die günstigere bitte": one of several that were shown last, and nothing else."""
    shown = in_focus(turn, await turn.backend.products())
    return len(shown) > 1 and turn.heard.length <= FEW_WORDS and len(pick(turn.heard.text, shown)) == 1


def focus(products: Sequence[Product], options: dict[str, str] | None = None) -> list[Event]:
    return [SlotSet(FOCUS, [product.id for product in products]), SlotSet(FOCUS_OPTIONS, options or None)]


async def say_cheaper(turn: Turn, product_id: str) -> list[Event]:
    """ "die Pro ist mir zu teuer": what there is of its kind for less, or that there is nothing."""
    catalog = await turn.backend.products()
    product = next(product for product in catalog if product.id == product_id)
    cheaper = [other for other in catalog if other.kind == product.kind and other.price.amount < product.price.amount]
    if not cheaper:
        turn.say("utter_nothing_cheaper", product=product.name)
        return focus([product])
    cheapest = sorted(cheaper, key=lambda other: other.price.amount)
    turn.say("utter_cheaper", cards=cards(turn, cheapest), product=cheapest[0].name)
    return focus(cheapest)


async def say_unknown(turn: Turn) -> list[Event]:
    """What was named is not sold here; what is, is."""
    catalog = await turn.backend.products()
    buttons = kind_buttons(turn, catalog, "browse_catalog")
    turn.say("utter_unknown_product", buttons=buttons, kinds=kinds_in_words(turn, catalog))
    return []

"""Browsing, asking, comparing, availability."""

from collections.abc import Sequence
from typing import Any

from rasa_sdk.events import FollowupAction

from actions import features, service_topics
from actions.backend.port import Product
from actions.base import Event, GoalAction, Turn
from actions.facts import extras_offered, facts
from actions.product_answers import ProductAnswer, Question, focus, in_focus, say_unknown
from actions.reading import answers, days
from actions.reading.products import names_what_is_not_offered, options_named, products_for
from actions.reading.wishes import unwanted, wishes
from actions.showing import (
    MAX_CARDS,
    card,
    cards,
    choices,
    feature,
    kind_buttons,
    kinds_in_words,
    options_in_words,
    order_offer,
    price_words,
)

MAX_COMPARED = 4
MAX_FEATURES_TOLD = 5
MAX_FEATURES_SHOWN = 3


class BrowseCatalog(GoalAction):
    """Shows the kinds of products, or the products of one kind."""

    action_name = "action_browse_catalog"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        shown = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
        if not shown and turn.heard.all("product") and not unwanted(turn.heard, catalog):
            return await say_unknown(turn)
        is_about_shop = (
            not shown and answers.is_question(turn.heard.text) and not answers.is_about_return(turn.heard.text)
        )
        if is_about_shop and service_topics.answered(turn):
            return []
        shown = shown or products_for(turn.heard.text, catalog)
        if not shown:
            turn.say(
                "utter_catalog" if any(product.rental_terms for product in catalog) else "utter_catalog_only_sold",
                buttons=kind_buttons(turn, catalog, "browse_catalog"),
                kinds=kinds_in_words(turn, catalog),
            )
            return []
        turn.say("utter_products", cards=cards(turn, shown), kinds=kinds_in_words(turn, shown))
        return focus(shown)


class AnswerProduct(ProductAnswer):
    """Answers what was asked of a product: the feature that is named, its price, or the whole of it."""

    action_name = "action_answer_product"
    intent = "ask_product"

    async def answer(self, turn: Turn, question: Question) -> list[Event]:
        if len(question.products) > 1:
            return answer_for_several(turn, question)
        self._answer_for_one(turn, question.text, question.products[0])
        return focus(question.products)

    def _answer_for_one(self, turn: Turn, text: str, product: Product) -> None:
        told = facts(turn, text, product)
        if not told and (turn.heard.all("part") or turn.heard.all("addon")):
            turn.say("utter_extras", product=product.name, extras=extras_offered(turn, product))
            return
        if told:
            turn.say(
                "utter_feature", buttons=order_offer(turn, product), product=product.name, features=turn.listed(told)
            )
            return
        shown = turn.listed([feature(turn, known) for known in product.features[:MAX_FEATURES_SHOWN]])
        portrait: dict[str, Any] = {
            "description": turn.named(product.description),
            "features": shown,
            "price": price_words(turn, product),
        }
        turn.say("utter_product", cards=[card(turn, product)], product=product.name, **portrait)


def answer_for_several(turn: Turn, question: Question) -> list[Event]:
    """The fact for each, and who leads; without one, a choice."""
    told = {product.name: facts(turn, question.text, product) for product in question.products}
    if not any(told.values()):
        turn.say("utter_which_of_these", cards=cards(turn, question.products))
        return focus(question.products)
    lines = "\n".join(f"{name}: {turn.listed(known)}" for name, known in told.items() if known)
    leader = features.best(question.text, question.products)
    if leader is None:
        turn.say("utter_features_of_several", features=lines)
        return focus([product for product in question.products if told[product.name]])
    turn.say("utter_best_of_several", buttons=order_offer(turn, leader), features=lines, product=leader.name)
    return focus([leader])


class CompareProducts(ProductAnswer):
    """Price and features side by side; only what differs."""

    action_name = "action_compare_products"
    intent = "compare_products"

    async def answer(self, turn: Turn, question: Question) -> list[Event]:
        products = compared(question.products, await turn.backend.products(), turn)
        if any(features.asked(question.text, product) for product in products):
            return answer_for_several(turn, Question(question.text, tuple(products)))
        lines = [self._line(turn, product, products) for product in products]
        turn.say("utter_comparison", cards=cards(turn, products), comparison="\n".join(lines))
        return focus(products)

    def _line(self, turn: Turn, product: Product, products: Sequence[Product]) -> str:
        told = [feature(turn, known) for known in features.differing(product, products)[:MAX_FEATURES_TOLD]]
        return f"{product.name}: {'; '.join([turn.money(product.price), *told])}"


def compared(products: Sequence[Product], catalog: Sequence[Product], turn: Turn) -> list[Product]:
    """At least two: beside one that is named, the one spoken of before, else its siblings."""
    chosen = [product.id for product in products]
    if len(chosen) == 1:
        before = [product.id for product in in_focus(turn, catalog) if product.id not in chosen]
        siblings = [product.id for product in catalog if product.kind == products[0].kind and product.id not in chosen]
        chosen += before[:1] if len(before) == 1 else siblings
    return [product for product in catalog if product.id in chosen][:MAX_COMPARED]


class CheckAvailability(ProductAnswer):
    """Says which variants are in stock."""

    action_name = "action_check_availability"
    intent = "check_availability"

    async def answer(self, turn: Turn, question: Question) -> list[Event]:
        if not turn.open_form and await self._is_about_swap(turn, question.products):
            return [FollowupAction("subscription_form")]
        if not turn.open_form and answers.asks_for_one_more(turn.heard.text):
            return [FollowupAction("order_form")]
        return self._answer(turn, question)

    async def _is_about_swap(self, turn: Turn, products: Sequence[Product]) -> bool:
        """ "ist die Cinema am Wochenende frei?", from somebody whose premium plan has her in it."""
        said = days.days_said(turn.heard.text, turn.today)
        if len(products) != 1 or not said.first:
            return False
        subscriptions = await turn.backend.subscriptions(turn.customer)
        catalog = await turn.backend.products()
        families = {product.id: product.family for product in catalog}
        running = [found for found in subscriptions if found.plan.premium and found.status == "active"]
        return any(families.get(found.product_id) == products[0].family for found in running)

    def _answer(self, turn: Turn, question: Question) -> list[Event]:
        for product in question.products[:MAX_CARDS]:
            self._tell(turn, product, question.text)
        only = question.products[0] if len(question.products) == 1 else None
        return focus(question.products, options_named(question.text, only) if only else None)

    def _tell(self, turn: Turn, product: Product, text: str) -> None:
        chosen = options_named(text, product)
        wanted = [v for v in product.variants if all(v.options.get(key) == value for key, value in chosen.items())]
        there, any_there = [v for v in wanted if v.stock], [v for v in product.variants if v.stock]
        values: dict[str, Any] = {"product": product.name, "variant": options_in_words(turn, product, chosen)}
        offer = order_offer(turn, product)
        if not any_there:
            turn.say("utter_sold_out", product=product.name)
        elif names_what_is_not_offered(text, product):
            turn.say("utter_not_offered", buttons=offer, product=product.name, others=_choices_in_words(turn, product))
        elif there:
            turn.say("utter_available", buttons=offer, in_stock=_in_brackets(turn, product, chosen), **values)
        else:
            turn.say("utter_available_otherwise", buttons=offer, others=_choices_in_words(turn, product), **values)


def _in_brackets(turn: Turn, product: Product, chosen: dict[str, str]) -> str:
    """What there is to choose yet."""
    words = "" if len(chosen) == len(product.options) else _choices_in_words(turn, product, chosen)
    return f" ({words})" if words else ""


def _choices_in_words(turn: Turn, product: Product, chosen: dict[str, str] | None = None) -> str:
    """ "Rot oder Weiß": what is in stock, of each option with a choice; "Größe S, M oder L, Blau oder Grau"."""
    known = chosen or {}
    there = [
        v for v in product.variants if v.stock and all(v.options.get(key) == value for key, value in known.items())
    ]
    offered = [choices(turn, option, there) for option in product.options if option.id not in known]
    return ", ".join(turn.listed(names, choice=True) for names in offered if names)

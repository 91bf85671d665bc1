"""Advice within a budget."""

from collections.abc import Sequence

from rasa_sdk.events import FollowupAction

from actions import wording
from actions.backend.port import Money, Product
from actions.base import Event, GoalAction, Turn
from actions.product_answers import Question, ask_back, focus, in_focus
from actions.reading import amounts, answers
from actions.reading.products import is_about_cheapest, pick, products_for
from actions.reading.wishes import wishes
from actions.showing import MAX_CARDS, card, cards, kinds_in_words

HORIZON_MONTHS = 12
"""Over which buying and renting are compared when no time was named."""

Budget = tuple[int, bool]
"""A sum in minor units, and whether it is one per month."""


class RecommendForBudget(GoalAction):
    """What fits a sum, bought or by the month, over all kinds or one; asks for the sum when none was named."""

    action_name = "action_recommend_for_budget"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
        named = named or products_for(turn.heard.text, catalog)
        budget = amounts.budget(turn.heard)
        if budget:
            return self.recommend(turn, Question(turn.heard.text, tuple(named or catalog)), budget)
        if _takes_one(turn, catalog):
            return [FollowupAction("order_form")]
        if is_about_cheapest(turn.heard.text):
            return self._cheapest(turn, named or _of_kind_spoken_of(turn, catalog))
        return ask_back("question_budget", "recommend_for_budget", turn.heard.text, named)

    def recommend(self, turn: Turn, question: Question, budget: Budget) -> list[Event]:
        """The dearest that fit, because they are the best for the money."""
        amount, monthly = budget
        candidates = _for_rent(question.products) if monthly else question.products
        if not candidates:  # nothing of it is rented out: then the sum is what there is to spend
            return self.recommend(turn, question, (amount, False))
        fitting = [product for product in candidates if _cost(product, monthly).amount <= amount]
        if not fitting:
            return self._nothing_fits(turn, candidates, budget)
        least = amounts.least(turn.heard)
        in_range = [product for product in fitting if _cost(product, monthly).amount >= least]
        best = sorted(in_range or fitting, key=lambda product: -_cost(product, monthly).amount)[:MAX_CARDS]
        turn.say("utter_fits_budget", cards=cards(turn, best), budget=_in_words(turn, budget, best[0]))
        if best[0].rental_terms:
            self._say_over_time(turn, best[0])
        self._say_what_does_not_fit(turn, candidates, fitting)
        return focus(best)

    def _say_over_time(self, turn: Turn, product: Product) -> None:
        """Bought against rented, over the time that was named, else a year."""
        horizon = amounts.term_months(turn.heard) or HORIZON_MONTHS
        monthly = _rent_for(product, horizon)
        turn.say(
            "utter_budget_over_time",
            product=product.name,
            time=wording.months(horizon, turn.language),
            bought=turn.money(product.price),
            monthly=turn.money(monthly),
            rented=wording.money(monthly.amount * horizon, monthly.currency, turn.language),
        )

    def _say_what_does_not_fit(self, turn: Turn, candidates: Sequence[Product], fitting: Sequence[Product]) -> None:
        """Of several kinds those for which the sum is too small."""
        missing = [product for product in candidates if product.kind not in {found.kind for found in fitting}]
        if missing:
            turn.say("utter_budget_too_small_for", kinds=kinds_in_words(turn, missing))

    def _nothing_fits(self, turn: Turn, candidates: Sequence[Product], budget: Budget) -> list[Event]:
        monthly = budget[1]
        closest = min(candidates, key=lambda product: _cost(product, monthly).amount)
        price = _per_month(turn, turn.money(_cost(closest, monthly)), monthly)
        turn.say(
            "utter_nothing_fits",
            cards=[card(turn, closest)],
            budget=_in_words(turn, budget, closest),
            product=closest.name,
            price=price,
        )
        return focus([closest])

    def _cheapest(self, turn: Turn, candidates: Sequence[Product]) -> list[Event]:
        cheapest = sorted(candidates, key=lambda product: product.price.amount)[:MAX_CARDS]
        turn.say("utter_cheapest", cards=cards(turn, cheapest), product=cheapest[0].name)
        return focus(cheapest[:1])


def _takes_one(turn: Turn, catalog: Sequence[Product]) -> bool:
    """ "ok, ich miete die günstigste": of those that were shown."""
    text = turn.heard.text
    takes = answers.names_deed(text) or amounts.wants_rent(text) is not None
    return (
        takes and not turn.open_form and not answers.is_question(text) and len(pick(text, in_focus(turn, catalog))) == 1
    )


def _of_kind_spoken_of(turn: Turn, catalog: Sequence[Product]) -> Sequence[Product]:
    """All of the kind that the conversation is about; everything while it is about nothing in particular."""
    spoken_of = {product.kind for product in in_focus(turn, catalog)}
    return [product for product in catalog if {product.kind} == spoken_of] or catalog


def _for_rent(products: Sequence[Product]) -> Sequence[Product]:
    return [product for product in products if product.rental_terms]


def _cost(product: Product, monthly: bool) -> Money:
    return product.monthly_price if monthly else product.price


def _rent_for(product: Product, months: int) -> Money:
    """A month of the cheapest variant in the longest term that is not longer than that."""
    offered = [price for variant in product.variants for price in variant.rental_prices if price.months <= months]
    if not offered:
        return product.monthly_price
    longest = max(price.months for price in offered)
    return min((p.monthly_price for p in offered if p.months == longest), key=lambda money: money.amount)


def _in_words(turn: Turn, budget: Budget, product: Product) -> str:
    """A sum is meant in the money that the goods cost."""
    amount, monthly = budget
    return _per_month(turn, wording.money(amount, product.price.currency, turn.language), monthly)


def _per_month(turn: Turn, sum_in_words: str, monthly: bool) -> str:
    return sum_in_words + (turn.either(" im Monat", " a month") if monthly else "")

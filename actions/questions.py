"""Questions back: about which product, for how much? What was asked first is answered then."""

from typing import cast

from rasa_sdk.events import SlotSet

from actions.backend.port import Product
from actions.base import Event, GoalAction, Turn
from actions.budget import RecommendForBudget
from actions.catalog import AnswerProduct, CheckAvailability, CompareProducts
from actions.forms import Draft, Form, go_on
from actions.product_answers import ProductAnswer, Question, in_focus
from actions.reading import amounts
from actions.reading.answers import names_deed
from actions.reading.products import pick, products_named
from actions.reading.wishes import wishes
from actions.showing import cards, kind_buttons

ANSWERS: dict[str, ProductAnswer] = {
    answer.intent: answer for answer in (AnswerProduct(), CompareProducts(), CheckAvailability())
}
SHORT = 6
"""Words up to which a message is looked through for a product that the NLU did not find."""


class QuestionForm(Form):
    """Waits for the one thing that an answer lacks; whoever says something else is not asked again."""

    form = "question_form"
    draft_slot = "question_draft"
    questions = ("question_product", "question_budget")
    insists = False

    async def take(self, turn: Turn, draft: Draft, question: str | None) -> bool:
        if question is None:
            return True
        if turn.heard.intent == "stop":
            draft["state"] = "dropped"
            return True
        return await (
            self._take_product(turn, draft) if question == "question_product" else self._take_budget(turn, draft)
        )

    async def next_question(self, turn: Turn, draft: Draft) -> str | None:
        return None if draft.get("state") else cast(str, draft["asks"])

    async def _return(self, turn: Turn, draft: Draft) -> list[Event]:
        """A question that was left for another one, which lacks something too, is asked about that."""
        if draft.get("text") == turn.heard.text:
            return [SlotSet("requested_slot", draft["asks"])]
        return await super()._return(turn, draft)

    async def _take_product(self, turn: Turn, draft: Draft) -> bool:
        products = [] if self._wants_else(turn, draft) else await _products_in_answer(turn)
        if products:
            draft.update(products=[product.id for product in products], state="confirmed")
        return bool(products)

    async def _take_budget(self, turn: Turn, draft: Draft) -> bool:
        budget = amounts.budget(turn.heard)
        bare = amounts.quantity(turn.heard) if turn.heard.length <= SHORT else None
        if budget is None and not bare:
            return False
        amount, monthly = budget or ((bare or 0) * 100, amounts.is_monthly(turn.heard.text))
        draft.update(budget=[amount, monthly or amounts.is_monthly(draft["text"])], state="confirmed")
        return True

    def _wants_else(self, turn: Turn, draft: Draft) -> bool:
        """Whether a product is named to do something else with it."""
        goes_on = turn.heard.intent == draft["intent"] or (
            turn.heard.length <= SHORT and not names_deed(turn.heard.text)
        )
        return not goes_on


async def _products_in_answer(turn: Turn) -> list[Product]:
    catalog = await turn.backend.products()
    named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
    if named or turn.heard.all("product"):
        return named
    text = turn.heard.text
    return list(
        pick(text, in_focus(turn, catalog)) or (products_named(text, catalog) if turn.heard.length <= SHORT else ())
    )


class AskQuestionProduct(GoalAction):
    """Which product? Those that were spoken of are offered first."""

    action_name = "action_ask_question_product"

    async def act(self, turn: Turn) -> list[Event]:
        catalog = await turn.backend.products()
        spoken_of = in_focus(turn, catalog)
        if len(spoken_of) > 1:
            turn.say("utter_which_of_these", cards=cards(turn, spoken_of))
        else:
            turn.say("utter_which_product", buttons=kind_buttons(turn, catalog, "browse_catalog"))
        return []


class FinishQuestion(GoalAction):
    """Answers what was asked first; says nothing when the question was left."""

    action_name = "action_finish_question"

    async def act(self, turn: Turn) -> list[Event]:
        draft = turn.slot("question_draft") or {}
        events = await self._answer(turn, draft) if draft.get("state") == "confirmed" else []
        if draft.get("state") == "dropped":
            turn.say("utter_stopped")
        return [*events, SlotSet("question_draft", None), *go_on(turn)]

    async def _answer(self, turn: Turn, draft: Draft) -> list[Event]:
        catalog = await turn.backend.products()
        products = tuple(product for product in catalog if product.id in draft["products"])
        if draft["asks"] == "question_budget":
            amount, monthly = draft["budget"]
            return RecommendForBudget().recommend(
                turn, Question(draft["text"], products or tuple(catalog)), (amount, monthly)
            )
        return await ANSWERS[draft["intent"]].answer(turn, Question(draft["text"], products))

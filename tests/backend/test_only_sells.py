"""A shop that rents nothing and cannot do everything: nothing is promised in its name, and a person is where it ends."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.base
import actions.settings
from actions.backend.only_sells import OnlySells
from actions.backend.port import NotSupported, Order, Product
from actions.backend.vendure_catalog import products_of
from actions.backend.vendure_orders import order_of
from actions.base import GoalAction, Turn
from actions.budget import RecommendForBudget
from actions.cancelling import CancelForm, FinishCancel
from actions.catalog import BrowseCatalog
from actions.facts import facts
from actions.order_checks import check
from actions.order_draft import new_line
from actions.ordering import FinishOrder
from actions.product_answers import Question
from actions.showing import card, dated, price_words
from tests.backend.fake_vendure import orders, recorded

CATALOG = products_of(recorded("catalog")["data"]["products"]["items"], "category")
MOUSE, LAPTOP = (next(p for p in CATALOG if p.id == wanted) for wanted in ("cordless-mouse", "laptop"))
ORDER = order_of(orders()[0], {"invoice": "standard-payment"})


class Shop(OnlySells):
    """Reads, and leaves everything else to people."""

    async def products(self) -> Sequence[Product]:
        return CATALOG

    async def order(self, customer: str, number: str) -> Order:
        return ORDER

    async def orders(self, customer: str) -> Sequence[Order]:
        raise NotSupported("orders")

    async def place_order(self, *wanted: Any, **more: Any) -> Order:
        raise NotSupported("payment by paypal")

    async def cancel_order(self, *wanted: Any, **more: Any) -> Order:
        raise NotSupported("a placed order")


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop()
    monkeypatch.setenv("SHOP_URL", "http://shop")
    monkeypatch.setenv("SHOP_TOKEN", "a-token")
    monkeypatch.setattr(actions.base, "shop", lambda: shop)
    actions.settings.settings.cache_clear()
    yield shop
    actions.settings.settings.cache_clear()


class Conversation:
    """One message, and what an action answers to it."""

    def __init__(self, text: str = "", **slots: Any) -> None:
        message = {"text": text, "intent": {"name": "ask", "confidence": 1.0}, "entities": [], "intent_ranking": []}
        event = {"event": "user", "text": text, "parse_data": message}
        state = {"language": "de", **slots}
        self.tracker = Tracker("telegram:4711", state, message, [event], False, None, {}, "action_listen")
        self.dispatcher = CollectingDispatcher()

    def turn(self, shop: Shop) -> Turn:
        return Turn(self.dispatcher, self.tracker, shop)  # type: ignore[arg-type]

    async def runs(self, action: GoalAction) -> dict[str, Any]:
        """The slots that it sets."""
        events = await action.run(self.dispatcher, self.tracker, {})
        return {event["name"]: event["value"] for event in events if event["event"] == "slot"}

    @property
    def said(self) -> list[str]:
        return [message["response"] for message in self.dispatcher.messages]

    @property
    def offered(self) -> list[str]:
        return [button["payload"] for message in self.dispatcher.messages for button in message["buttons"] or ()]


def test_a_price_is_told_without_a_month(shop: Shop) -> None:
    turn = Conversation().turn(shop)
    assert (price_words(turn, MOUSE), price_words(turn, LAPTOP)) == ("22,79\xa0$", "ab 1.558,80\xa0$")
    assert card(turn, MOUSE)["subtitle"].endswith("the global market … 22,79\xa0$")


def test_who_asks_for_the_rent_hears_that_it_is_only_sold(shop: Shop) -> None:
    assert facts(Conversation().turn(shop), "kann man die mieten?", MOUSE) == ["nur zu kaufen, 22,79\xa0$"]


def test_what_is_to_be_rented_is_said_to_be_sold_and_bought_after_a_yes(shop: Shop) -> None:
    conversation, draft = Conversation(), {"lines": [new_line(MOUSE, {}, 1) | {"rent": True, "term": 6}]}
    check(conversation.turn(shop), draft, CATALOG, lambda line, variant: variant.stock)
    assert conversation.said == ["utter_only_sold"]
    assert (draft["lines"][0]["rent"], draft["lines"][0]["term"]) == (False, None)


async def test_the_catalog_is_not_said_to_be_for_rent() -> None:
    conversation = Conversation("was habt ihr?")
    await conversation.runs(BrowseCatalog())
    assert conversation.said == ["utter_catalog_only_sold"]


def test_a_sum_for_every_month_is_one_to_spend(shop: Shop) -> None:
    conversation = Conversation("100 dollar im monat")
    RecommendForBudget().recommend(conversation.turn(shop), Question("", (MOUSE,)), (10_000, True))
    assert conversation.said == ["utter_fits_budget"]
    assert conversation.dispatcher.messages[0]["budget"] == "100 $"


def test_a_picture_is_where_the_shop_has_it(shop: Shop) -> None:
    turn = Conversation().turn(shop)
    there = MOUSE.model_copy(update={"image_url": "https://cdn.example.org/mouse.jpg"})
    assert (turn.image(there), turn.image(MOUSE)) == ("https://cdn.example.org/mouse.jpg", None)
    below_ours = MOUSE.model_copy(update={"image_url": "/images/cordless-mouse.png"})
    assert turn.image(below_ours) == "http://localhost:8080/images/cordless-mouse.png"


def test_where_no_day_is_promised_none_is_named() -> None:
    assert dated("utter_order_pending", ORDER) == "utter_order_pending_undated"
    assert (
        dated("utter_order_pending", ORDER.model_copy(update={"promised_date": "2026-03-04"})) == "utter_order_pending"
    )


async def test_an_order_that_cannot_be_placed_here_is_forgotten_and_leads_to_a_person() -> None:
    line = new_line(MOUSE, {}, 1)
    address = {"name": "Jonas Reuter", "street": "Lindenweg 4", "postal_code": "04109", "city": "Leipzig"}
    draft = {"state": "confirmed", "lines": [line], "address": address, "payment": "paypal", "key": "order-1"}
    conversation = Conversation("ja", order_draft=draft)
    assert await conversation.runs(FinishOrder()) == {"order_draft": None}
    assert (conversation.said, conversation.offered) == (["utter_team_needed"], ["/talk_to_human"])


async def test_an_order_that_cannot_be_cancelled_here_leads_to_a_person() -> None:
    draft = {"state": "confirmed", "number": ORDER.number, "key": "cancel-1"}
    conversation = Conversation("ja", cancel_draft=draft)
    assert await conversation.runs(FinishCancel()) == {"cancel_draft": None}
    assert (conversation.said, conversation.offered) == (["utter_team_needed"], ["/talk_to_human"])


async def test_a_form_that_this_shop_cannot_serve_is_closed() -> None:
    conversation = Conversation("storniere meine bestellung")
    assert await conversation.runs(CancelForm()) == {"cancel_draft": {"state": "nothing"}, "requested_slot": None}
    assert conversation.said == ["utter_team_needed"]

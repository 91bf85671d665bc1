"""Which deed a message asks for: by its words where they are clear, whatever intent it sounds like, and else by its intent."""

from collections.abc import Mapping, Sequence

from actions.backend.port import NotSupported, Product, Subscription
from actions.base import Turn
from actions.deeds.addons import BookAddon
from actions.deeds.deed import Deed, family_of
from actions.deeds.ending import Cancel
from actions.deeds.last_deed import LastDeed, last_deed
from actions.deeds.pausing import Pause
from actions.deeds.plan_change import ChangePlan
from actions.deeds.resuming import Resume
from actions.deeds.swap_undoing import UndoSwap
from actions.deeds.swapping import SwapProduct
from actions.own_subscriptions import running_subscriptions
from actions.reading import renting
from actions.reading.products import options_named, products_named
from actions.reading.wishes import mentions_of_products

DEEDS: Mapping[str, Deed] = {
    "swap_product": SwapProduct(),
    "change_plan": ChangePlan(),
    "pause_subscription": Pause(),
    "resume_subscription": Resume(),
    "cancel_subscription": Cancel(),
    "book_addon": BookAddon(),
    "undo_swap": UndoSwap(),
}
"""By the intent that asks for it; no intent asks to take a swap back, only words do."""

OF_RENTED = {
    "cancel_order": "cancel_subscription",
    "return_order": "cancel_subscription",
    "change_order": "change_plan",
    "exchange_item": "swap_product",
    "check_availability": "swap_product",
}
"""What is meant of a rented thing by who speaks of it as of a bought one."""


async def deed_meant(turn: Turn, subscriptions: Sequence[Subscription]) -> str | None:
    """None for a message that is about none."""
    by_words = await deed_by_words(turn, subscriptions)
    if by_words:
        return by_words
    intent = turn.heard.intent
    catalog = await turn.backend.products()
    names_other = _names_other_model(await _named(turn), subscriptions, catalog)
    if intent == "change_order" and (names_other or _names_option(turn, subscriptions, catalog)):
        return "swap_product"
    if intent in OF_RENTED and names_other and renting.wants_back(turn.heard.text):
        return "swap_product"
    return intent if intent in DEEDS else OF_RENTED.get(intent)


async def deed_by_words(turn: Turn, subscriptions: Sequence[Subscription], *, meanwhile: bool = False) -> str | None:
    """`meanwhile` another deed is open, which "that" then means, rather than what was done last."""
    text = turn.heard.text
    taken_back = None if meanwhile else await _deed_taken_back(turn)
    is_cancelled = any(subscription.status == "ending" for subscription in subscriptions)
    takes_cancellation = taken_back == "cancel_subscription" and not renting.names_swap(text)
    if is_cancelled and (takes_cancellation or renting.takes_back_cancellation(text)):
        return "resume_subscription"
    if await _takes_swap_back(turn, subscriptions, is_last=taken_back == "swap_product"):
        return "undo_swap"
    takes_pause = taken_back == "pause_subscription" or renting.takes_back_pause(text)
    if takes_pause and any(found.pause for found in subscriptions):
        return "resume_subscription"
    if renting.names_swap(text) and renting.asks_what_is_booked(text):
        return "swap_product"  # which answers it
    if renting.buys_at_end(text) or renting.keeps(text):
        return "cancel_subscription"
    if turn.heard.all("addon") and renting.takes_off(text) and not _names_whole(text):
        return "book_addon"
    if renting.is_for_good(text) and await _names_model(turn, subscriptions):
        return "swap_product"
    return None


async def calls_for_deed(turn: Turn) -> bool:
    """Whether a message that sounds like something else is about a subscription that there is."""
    text = turn.heard.text
    is_worth_looking = (
        renting.takes_back(text)
        or renting.takes_back_cancellation(text)
        or renting.buys_at_end(text)
        or renting.keeps(text)
        or renting.keeps_the_old(text)
        or (bool(turn.heard.all("addon")) and renting.takes_off(text))
        or renting.is_for_good(text)
        or (renting.names_swap(text) and renting.asks_what_is_booked(text))
    )
    if not is_worth_looking:
        return False
    try:
        subscriptions = await running_subscriptions(turn)
    except NotSupported:
        return False
    return bool(subscriptions) and await deed_by_words(turn, subscriptions) is not None


async def _deed_taken_back(turn: Turn) -> str | None:
    """What was done last, if the message says to undo it: "take that back"."""
    last = last_deed(turn)
    text = turn.heard.text
    if last is None or _names_whole(text):
        return None
    is_swap_undone = last.deed == "swap_product" and renting.keeps_the_old(text)
    if not (renting.takes_back_that(text) or is_swap_undone):
        return None
    return last.deed if await _names_nothing_else(turn, last) else None


async def _takes_swap_back(turn: Turn, subscriptions: Sequence[Subscription], *, is_last: bool) -> bool:
    """In so many words; by its model that is not wanted any more, or the own one that is wanted back; or as the last deed."""
    text = turn.heard.text
    booked = {swap.product_id for found in subscriptions for swap in found.booked_swaps}
    own = {found.product_id for found in subscriptions}
    named = await _named(turn)
    if _names_whole(text):
        return False
    if renting.takes_back_swap(text):
        return bool(booked) or is_last or not await _names_model(turn, subscriptions)
    if not booked or not named or not named <= booked | own:
        return is_last
    return bool(named & booked and renting.takes_back(text)) or bool(named & own and renting.wants_back(text))


async def _names_model(turn: Turn, subscriptions: Sequence[Subscription]) -> bool:
    return _names_other_model(await _named(turn), subscriptions, await turn.backend.products())


async def _names_nothing_else(turn: Turn, last: LastDeed) -> bool:
    """Than the models of the swap that was done last."""
    swapped = {last.swapped_from, last.swap[0] if last.swap else None}
    named = await _named(turn)
    return named <= swapped if named else not turn.heard.all("product")


def _names_whole(text: str) -> bool:
    """ "I want to cancel the subscription": the contract, and not a swap."""
    return renting.names_subscription(text) and not renting.names_swap(text)


def _names_other_model(named: set[str], subscriptions: Sequence[Subscription], catalog: Sequence[Product]) -> bool:
    """Whether another model of a rented one's family is named."""
    families = {family_of(subscription, catalog) for subscription in subscriptions}
    own = {subscription.product_id for subscription in subscriptions}
    return any(product.id in named - own and product.family in families for product in catalog)


def _names_option(turn: Turn, subscriptions: Sequence[Subscription], catalog: Sequence[Product]) -> bool:
    """ "can I have it in blue?": another colour or size of what is rented."""
    own = {subscription.product_id for subscription in subscriptions}
    return any(options_named(turn.heard.text, product) for product in catalog if product.id in own)


async def _named(turn: Turn) -> set[str]:
    """Ids of the products that are named by themselves, wanted or not."""
    catalog = await turn.backend.products()
    meant = [products_named(str(found["value"]), catalog) for found in mentions_of_products(turn.heard, catalog)]
    return {products[0].id for products in meant if len(products) == 1}

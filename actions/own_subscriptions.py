"""The customer's own subscriptions: which are meant, and how they are called."""

import re
from collections.abc import Sequence

from actions.backend.port import Product, Subscription
from actions.base import Turn
from actions.deeds.last_deed import last_deed
from actions.reading.products import place_named, products_named
from actions.reading.wishes import mentions_of_products
from actions.showing import options_in_words

RUNNING = ("pending", "active", "paused", "ending")
_NUMBER = re.compile(r"\bsb\s?-?\s?(\d{4,9})\b", re.I)
_POINTED = re.compile(r"\b(das|dieses|mein|es|it|that|this|the)\b", re.I)


def subscription_number_said(turn: Turn) -> str | None:
    """SB-200001, typed or from a button."""
    values = [str(found["value"]) for found in turn.heard.all("order_number")]
    match = next((match for text in (*values, turn.heard.text) if (match := _NUMBER.search(text))), None)
    return f"SB-{match[1]}" if match else None


async def running_subscriptions(turn: Turn) -> list[Subscription]:
    """The customer's own that have not ended, newest first."""
    return [found for found in await turn.backend.subscriptions(turn.customer) if found.status in RUNNING]


async def meant_among(turn: Turn, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """Those that the words point to: by number, product, place, or as the one spoken of last; all, if by nothing.

    Raises NotFound for a number that is not the customer's.
    """
    number = subscription_number_said(turn)
    if number:
        return [await turn.backend.subscription(turn.customer, number)]
    named = await _named_among(turn, subscriptions)
    if named:
        return named
    place = place_named(turn.heard.text, len(subscriptions))
    if place is not None and len(subscriptions) > 1:
        return [subscriptions[place]]
    last = last_deed(turn)
    spoken_of = {turn.slot("last_subscription"), last.number if last else None}
    pointed = [found for found in subscriptions if found.number in spoken_of and _POINTED.search(turn.heard.text)]
    return pointed or list(subscriptions)


async def _named_among(turn: Turn, subscriptions: Sequence[Subscription]) -> list[Subscription]:
    """By their own product, by one that is swapped for it, or by one of the same family: "swap the drone to the Pro"."""
    catalog = await turn.backend.products()
    mentions = [products_named(str(found["value"]), catalog) for found in mentions_of_products(turn.heard, catalog)]
    clear = {products[0].id for products in mentions if len(products) == 1}
    named = {product.id for products in mentions for product in products}
    families = {product.id: product.family for product in catalog}
    of_family = {families[product_id] for product_id in named}
    own = [found for found in subscriptions if found.product_id in clear]
    swapped = [found for found in subscriptions if clear & {swap.product_id for swap in found.booked_swaps}]
    return own or swapped or [found for found in subscriptions if families.get(found.product_id) in of_family]


async def names_what_is_not_rented(turn: Turn, subscriptions: Sequence[Subscription]) -> bool:
    """Whether a product is named, and none that any of them is about."""
    catalog = await turn.backend.products()
    mentions = [products_named(str(found["value"]), catalog) for found in mentions_of_products(turn.heard, catalog)]
    is_named = any(mentions) and not subscription_number_said(turn)
    return is_named and not await _named_among(turn, subscriptions)


def named(turn: Turn, subscription: Subscription, catalog: Sequence[Product]) -> str:
    """ "AeroPix Mini in Rot mit Schutzpaket"."""
    product = next((product for product in catalog if product.id == subscription.product_id), None)
    options = options_in_words(turn, product, subscription.options) if product else ""
    addons = turn.listed([turn.named(addon.name) for addon in subscription.addons])
    return subscription.product_name + options + (turn.either(" mit ", " with ") + addons if addons else "")

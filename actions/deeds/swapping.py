"""Another model of the family: with the premium plan for days, with any plan for good."""

from collections.abc import Mapping, Sequence

from actions.backend.port import BackendError, Money, Option, Product, Refused, Subscription, SwapWish, Variant
from actions.base import Button, Turn, answer_button, button
from actions.deeds.deed import Deed, day, details, family_of, product_of, product_with, says_impossible, span
from actions.forms import Draft
from actions.own_orders import order_with
from actions.reading import days
from actions.reading.products import names_what_is_not_offered, options_named, pick, products_named, variant_of
from actions.reading.wishes import wishes
from actions.showing import choices, options_in_words


class SwapProduct(Deed):
    """One piece is out at a time. For good, its size and colour are settled first; for some days the nearest will do."""

    statuses = ("active", "ending")
    go_back = "utter_swap_can_be_undone"

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        known = details(draft)
        before, said_impossible = dict(known), False
        await self._read_model(turn, draft, subscription, asked)
        if draft.get("state"):
            return True
        if known.get("product"):
            product = await product_with(turn, known["product"])
            known["options"] = {**known.get("options", {}), **options_named(turn.heard.text, product)}
            said_impossible = names_what_is_not_offered(turn.heard.text, product)
        if turn.heard.first("city"):
            known["city"] = str(turn.heard.first("city"))
        said_impossible = self._read_days(turn, draft, subscription) or said_impossible
        return said_impossible or known != before

    def _read_days(self, turn: Turn, draft: Draft, subscription: Subscription) -> bool:
        """Whether they are none that there could be."""
        known = details(draft)
        said = days.days_said(turn.heard.text, turn.today)
        if says_impossible(turn, said):
            known["asks_days"] = True  # rather than to begin today
            return True
        if said.first or said.until:
            first = said.first or turn.today
            until = said.until or (first if subscription.plan.premium else None)
            known.update(first=first.isoformat(), until=until and until.isoformat(), asks_days=False)
        if days.says_for_good(turn.heard.text):
            known.update(until=None, asks_days=False)
            known.setdefault("first", turn.today.isoformat())
        return False

    async def _read_model(self, turn: Turn, draft: Draft, subscription: Subscription, asked: str | None) -> None:
        catalog = await turn.backend.products()
        siblings = await self._siblings(turn, subscription)
        named = [wish.product for wish in wishes(turn.heard, catalog) if wish.product]
        if asked == "model":
            named = named or list(pick(turn.heard.text, siblings)) or list(products_named(turn.heard.text, siblings))
        fitting = [product for product in named if product in siblings]
        own = await product_of(turn, subscription)
        if not fitting and (own in named or not (named or details(draft).get("product"))):
            self._read_own(turn, draft, subscription, own, is_named=own in named)
        elif len(fitting) == 1 and details(draft).get("product") != fitting[0].id:
            details(draft).update(product=fitting[0].id, options={})
        elif named and not fitting and all(product.family != family_of(subscription, catalog) for product in named):
            turn.say("utter_swap_other_family", product=named[0].name)

    def _read_own(self, turn: Turn, draft: Draft, subscription: Subscription, own: Product, *, is_named: bool) -> None:
        """Another size or colour of the same model is a swap too; the very same is none."""
        is_other = not options_named(turn.heard.text, own).items() <= subscription.options.items()
        if is_other:
            details(draft).update(product=own.id, options={})
        elif is_named and details(draft).get("product") != own.id and not turn.heard.all("date"):
            turn.say("utter_swap_own_already", product=own.name)
            draft["state"] = "nothing"

    async def _siblings(self, turn: Turn, subscription: Subscription) -> list[Product]:
        catalog = await turn.backend.products()
        family = family_of(subscription, catalog)
        return [product for product in catalog if product.family == family and product.id != subscription.product_id]

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        known = details(draft)
        if not known.get("product"):
            return "model"
        if known.get("asks_days") or (subscription.plan.premium and not known.get("first")):
            return "days"
        known.setdefault("first", turn.today.isoformat())
        if known.get("until") is None and not await self._variant(turn, draft, subscription):
            return "variant"
        return None

    async def _variant(self, turn: Turn, draft: Draft, subscription: Subscription) -> Variant | None:
        """As it was said, and else as the customer has it; None while a choice is open."""
        product = await product_with(turn, details(draft)["product"])
        return variant_of(product, _chosen(product, subscription.options, details(draft).get("options", {})))

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        if draft.get("detail") == "days":
            titles = (("Morgen", "Tomorrow"), ("Am Wochenende", "At the weekend"), ("Dauerhaft", "For good"))
            turn.say("utter_ask_swap_days", buttons=[answer_button(turn.either(*title)) for title in titles])
        elif draft.get("detail") == "variant":
            await self._ask_variant(turn, draft, subscription)
        else:
            names = [product.name for product in await self._siblings(turn, subscription)]
            buttons = [answer_button(name) for name in names]
            turn.say("utter_ask_swap_model", buttons=buttons, product=subscription.product_name)

    async def _ask_variant(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        product = await product_with(turn, details(draft)["product"])
        chosen = _chosen(product, subscription.options, details(draft).get("options", {}))
        option = _open_option(product, chosen)
        titles = choices(turn, option, _fitting(product, chosen))
        turn.say(
            "utter_ask_swap_variant",
            buttons=[answer_button(title) for title in titles],
            model=product.name + options_in_words(turn, product, chosen),
            option=turn.named(option.name),
            values=turn.listed(titles, choice=True),
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if not subscription.plan.premium and known.get("until"):
            raise Refused("swap-not-in-plan", {"why": "premium_only"})
        ends_on = subscription.ends_on
        if ends_on and (known.get("until") or "9999") > ends_on:
            raise Refused("swap-beyond-end", {"ends_on": ends_on})
        wish = await self._wish(turn, draft, subscription)
        family = family_of(subscription, await turn.backend.products())
        free = await turn.backend.free_models(family, wish.first, wish.until, wish.city)
        there = {found.product_id for found in free if found.free > 0}
        if known["product"] not in there:
            others = sorted(there - {subscription.product_id})
            raise Refused("not-available", {"product_id": known["product"], "alternatives": others})

    async def _wish(self, turn: Turn, draft: Draft, subscription: Subscription) -> SwapWish:
        known = details(draft)
        variant = await self._variant(turn, draft, subscription)
        which = {"variant_id": variant.id} if variant else {"product_id": known["product"]}
        city = known.get("city") or (await order_with(turn, subscription.order_number)).address.city
        return SwapWish(**which, first=known["first"], until=known.get("until"), city=city)

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        known = details(draft)
        before, after = subscription.monthly_total, await self._monthly_after(turn, draft, subscription)
        response = "utter_ask_swap_for_good_same_price" if before == after else "utter_ask_swap_for_good_confirmed"
        turn.say(
            "utter_ask_swap_confirmed" if known.get("until") else response,
            buttons=buttons,
            product=subscription.product_name,
            model=await self._model_in_words(turn, draft, subscription),
            first=turn.day(known["first"]),
            days=span(turn, known["first"], known.get("until")),
            before=turn.money(before),
            monthly=turn.money(after),
        )

    async def _monthly_after(self, turn: Turn, draft: Draft, subscription: Subscription) -> Money:
        """As the shop says; reckoned from the catalog for one that does not."""
        if subscription.plan.premium and details(draft).get("until"):
            return subscription.monthly_total
        wish = await self._wish(turn, draft, subscription)
        preview = await turn.backend.preview_swap(turn.customer, subscription.number, wish)
        if preview is not None:
            return preview.monthly_after
        variant = await self._variant(turn, draft, subscription)
        product = await product_with(turn, details(draft)["product"])
        return _monthly(product, variant or product.variants[0], subscription)

    async def _model_in_words(self, turn: Turn, draft: Draft, subscription: Subscription) -> str:
        product = await product_with(turn, details(draft)["product"])
        variant = await self._variant(turn, draft, subscription)
        return product.name + (options_in_words(turn, product, variant.options) if variant else "")

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        details(draft)["model"] = await self._model_in_words(turn, draft, subscription)
        wish = await self._wish(turn, draft, subscription)
        return await turn.backend.swap_product(turn.customer, subscription.number, wish, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        turn.say(
            "utter_swapped" if known.get("until") else "utter_swapped_for_good",
            model=known["model"],
            first=turn.day(known["first"]),
            days=span(turn, known["first"], known.get("until")),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if not isinstance(error, Refused):
            return await super().explain(turn, draft, error)
        if error.slug == "not-available":
            return await self._say_not_available(turn, draft, error)
        if error.slug == "swap-beyond-end":
            turn.say("utter_swap_beyond_end", date=day(turn, error.details.get("ends_on")))
            details(draft).update(first=None, until=None, asks_days=True)
            return True
        if error.slug == "swap-not-in-plan":
            premium = button(turn.either("Zu Premium wechseln", "Change to premium"), "change_plan", plan="premium")
            turn.say("utter_swap_premium_only", buttons=[premium])
            return False
        return await super().explain(turn, draft, error)

    async def _say_not_available(self, turn: Turn, draft: Draft, error: Refused) -> bool:
        wanted = await product_with(turn, details(draft).pop("product"))
        others = [await product_with(turn, other) for other in error.details.get("alternatives") or ()]
        names = [product.name for product in others]
        turn.say(
            "utter_swap_not_available" if names else "utter_swap_nothing_free",
            model=wanted.name,
            others=turn.listed(names, choice=True),
        )
        return bool(names)


async def own_in_words(turn: Turn, subscription: Subscription) -> str:
    """ "AeroPix Mini in Rot": the subscription's own piece."""
    product = await product_of(turn, subscription)
    return product.name + options_in_words(turn, product, subscription.options)


def _chosen(product: Product, own: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """What was said; what was not stays as the customer has it, where the model comes like that with what was said."""
    chosen = dict(said)
    for option, value in own.items():
        kept = {**chosen, option: value}
        if option not in chosen and _fitting(product, kept):
            chosen = kept
    return chosen


def _fitting(product: Product, chosen: Mapping[str, str]) -> list[Variant]:
    return [variant for variant in product.variants if chosen.items() <= variant.options.items()]


def _open_option(product: Product, chosen: Mapping[str, str]) -> Option:
    """The first that has not been chosen, and of which the others leave a choice."""
    values = {
        option.id: {variant.options.get(option.id) for variant in _fitting(product, chosen)}
        for option in product.options
    }
    return next(option for option in product.options if option.id not in chosen and len(values[option.id]) > 1)


def _monthly(product: Product, variant: Variant, subscription: Subscription) -> Money:
    """What the model costs a month in the subscription's term, with the services that are booked, as they cost with it."""
    terms = {price.months: price.monthly_price for price in variant.rental_prices}
    rent = terms.get(subscription.term_months, variant.monthly_price)
    booked = {addon.id for addon in subscription.addons if addon.monthly}
    addons = sum(addon.price.amount for addon in product.addons if addon.id in booked)
    return Money(amount=rent.amount + addons, currency=rent.currency)

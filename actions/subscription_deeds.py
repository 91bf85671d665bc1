"""What can be done with a running subscription: each deed reads its details, asks for what is missing, says what it means, does it."""

import abc
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from dateutil.relativedelta import relativedelta

from actions import wording
from actions.backend.port import BackendError, Money, Plan, Product, Refused, Subscription, Swap
from actions.base import Button, Turn, answer_button, button
from actions.forms import Draft
from actions.goal_form import say_refusal
from actions.own_orders import order_with
from actions.reading import amounts, days, reasons
from actions.reading.products import addon_mentions, pick, products_named
from actions.reading.wishes import wishes

_PREMIUM = re.compile(r"(?<!ohne )(?<!kein )(?<!without )(?<!no )\bpremium\w*", re.I)
_STANDARD = re.compile(
    r"\b(?:standard|normal\w*|basis|basic|einfach\w*|regular|(?:ohne|kein\w*|without|no) premium\w*)\b", re.I
)
_TAKE_BACK = re.compile(
    r"\b(?:stornier\w*|absag\w*|rückgängig|rueckgaengig|doch nicht|nicht mehr|lösch\w*|zurücknehm\w*|zurueck|undo|cancel\w*|take (?:it )?back|revert|not any ?more|call off)\b",
    re.I,
)
_BUY = re.compile(r"\b(?:kauf\w*|abkauf\w*|behalt\w*|übernehm\w*|uebernehm\w*|buy\w*|keep\w*|purchase)\b", re.I)
_OFF = re.compile(
    r"\b(?:ohne|\w*raus\w*|weg|wegnehm\w*|wieder ab\w*|absag\w*|kündig\w*|kuendig\w*|abbestell\w*|abwähl\w*|nicht mehr|without|drop|remove|cancel|no more|stop)\b",
    re.I,
)


SHORTEST_PAUSE_DAYS = 7


class Deed(abc.ABC):
    """Details are kept in the draft under `details`; `missing` names the one to be asked for."""

    statuses: ClassVar[tuple[str, ...]] = ("active",)

    @abc.abstractmethod
    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        """Puts what was said into the details. Whether it found anything."""

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        return None

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        """Asks for what is missing."""
        raise NotImplementedError  # nothing ever is, unless a deed says so

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        """Raises what the shop would refuse with."""
        return None

    def other_ways(self, turn: Turn, subscription: Subscription) -> Sequence[Button]:
        """What somebody may want instead, offered beside yes and no."""
        return ()

    @abc.abstractmethod
    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None: ...

    @abc.abstractmethod
    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription: ...

    @abc.abstractmethod
    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None: ...

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        """Says why not; True when the draft was emptied of what was wrong."""
        say_refusal(turn)
        return False


def details(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = draft.setdefault("details", {})
    return found


def _day(turn: Turn, iso: str | None) -> str:
    return turn.day(iso) if iso else ""


def _span(turn: Turn, first: str, until: str) -> str:
    """ "von Freitag, 5. Juni bis Sonntag, 7. Juni", "am Freitag, 5. Juni"."""
    if first == until:
        return turn.either(f"am {turn.day(first)}", f"on {turn.day(first)}")
    return turn.either(f"von {turn.day(first)} bis {turn.day(until)}", f"from {turn.day(first)} to {turn.day(until)}")


def _says_impossible(turn: Turn, said: days.Days) -> bool:
    """Whether a day was named that there is not, or an end before the beginning; says so."""
    if days.is_impossible(turn.heard.text):
        turn.say("utter_no_such_day")
        return True
    if said.until and (said.first or turn.today) > said.until:
        turn.say("utter_days_reversed")
        return True
    return False


class Pause(Deed):
    """From a day until a day; without a first day from today."""

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        said = days.days_said(turn.heard.text, turn.today)
        if _says_impossible(turn, said):
            return True
        if asked == "until" and said.until is None and said.first is not None:
            said = days.Days(None, said.first)
        found = {"first": said.first, "until": said.until}
        details(draft).update((name, day.isoformat()) for name, day in found.items() if day)
        return any(found.values())

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        details(draft).setdefault("first", turn.today.isoformat())
        return None if details(draft).get("until") else "until"

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        titles = [wording.months(count, turn.language) for count in (1, 2, 3)]
        turn.say(
            "utter_ask_pause_until",
            buttons=[answer_button(title) for title in titles],
            product=subscription.product_name,
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        limit, known = subscription.pause_limit, details(draft)
        if limit is None:
            return
        first, until = date.fromisoformat(known["first"]), date.fromisoformat(known["until"])
        possible = _after_first_month(subscription)
        why = limit.why_not
        if why == "in_first_month" and possible and first >= possible:
            why = None  # the pause begins later than it is asked for
        length = (until - first).days + 1
        why = why or ("too_short" if length < SHORTEST_PAUSE_DAYS else "too_long" if length > limit.left_days else None)
        if why:
            members = {"left_days": limit.left_days, "max_days": limit.max_days, "possible": possible}
            raise Refused("pause-not-allowed", {"why": why, **members})

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        turn.say(
            "utter_ask_pause_confirmed", buttons=buttons, product=subscription.product_name, **self._days(turn, draft)
        )

    def _days(self, turn: Turn, draft: Draft) -> dict[str, Any]:
        return {name: _day(turn, details(draft)[name]) for name in ("first", "until")}

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known = details(draft)
        return await turn.backend.pause_subscription(
            turn.customer, subscription.number, known["first"], known["until"], key=draft["key"]
        )

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        turn.say(
            "utter_paused",
            product=subscription.product_name,
            term=_day(turn, subscription.term_ends_on),
            **self._days(turn, draft),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if not isinstance(error, Refused) or error.slug != "pause-not-allowed":
            return await super().explain(turn, draft, error)
        why, left = str(error.details.get("why")), error.details.get("left_days") or 0
        possible = error.details.get("possible")
        turn.say(
            f"utter_pause_{why}",
            date=turn.day(possible.isoformat()) if possible else "",
            days=left,
            max=error.details.get("max_days") or 90,
            phone=turn.settings.service_phone,
        )
        details(draft).pop("until", None)
        return why in ("too_long", "too_short") and left > 0


def _after_first_month(subscription: Subscription) -> date | None:
    """The first day on which a pause may begin."""
    return date.fromisoformat(subscription.started_on) + relativedelta(months=1) if subscription.started_on else None


class Resume(Deed):
    """After a pause, at once or on a day; and who had cancelled goes on after all."""

    statuses = ("paused", "active", "ending")

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        day = days.day_said(turn.heard.text, turn.today)
        if day and day > turn.today:
            details(draft)["on"] = day.isoformat()
        return day is not None

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        if subscription.pause is None and subscription.status != "ending":
            raise Refused("not-paused", {})

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        if subscription.status == "ending":
            turn.say("utter_ask_keep_confirmed", buttons=buttons, product=subscription.product_name)
            return
        turn.say(
            "utter_ask_resume_confirmed",
            buttons=buttons,
            product=subscription.product_name,
            **self._values(turn, draft, subscription),
        )

    def _values(self, turn: Turn, draft: Draft, subscription: Subscription) -> dict[str, Any]:
        on = details(draft).get("on")
        day = turn.day(on) if on else ""
        first = turn.either(f"ab {day}", f"from {day}") if on else turn.either("ab sofort", "right away")
        return {"first": first, "monthly": turn.money(subscription.monthly_total)}

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        if subscription.status == "ending":
            draft["kept"] = True
            return await turn.backend.keep_subscription(turn.customer, subscription.number, key=draft["key"])
        on = details(draft).get("on")
        return await turn.backend.resume_subscription(turn.customer, subscription.number, on, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        if draft.get("kept"):
            turn.say("utter_kept", product=subscription.product_name)
            return
        turn.say("utter_resumed", product=subscription.product_name, **self._values(turn, draft, subscription))

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if isinstance(error, Refused) and error.slug == "not-paused":
            turn.say("utter_not_paused")
            return False
        return await super().explain(turn, draft, error)


class Cancel(Deed):
    """To the next possible date; the device goes back, or is bought."""

    statuses = ("active", "paused")

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        addon = _addon_named(turn, await _product(turn, subscription))
        if addon and any(booked.id == addon for booked in subscription.addons):
            draft.update(deed="book_addon", details={"addon": addon, "off": True})
            return True
        known = details(draft)
        before = dict(known)
        reason = reasons.cancelling(turn.heard.text)
        known["reason"] = reason if reason != reasons.NOT_SAID else known.get("reason", reason)
        known["at_end"] = "buy" if _BUY.search(turn.heard.text) else known.get("at_end", "return")
        self._say_when_possible(turn, subscription)
        return bool(known["at_end"] != before.get("at_end", "return"))

    def _say_when_possible(self, turn: Turn, subscription: Subscription) -> None:
        """The day of the end is the contract's: who wishes for another is told so."""
        if days.is_impossible(turn.heard.text):
            turn.say("utter_no_such_day")
            return
        wished = days.day_said(turn.heard.text, turn.today)
        earliest = subscription.earliest_end_on
        if wished and earliest and wished.isoformat() != earliest:
            turn.say("utter_end_only_then", date=turn.day(earliest))

    def other_ways(self, turn: Turn, subscription: Subscription) -> Sequence[Button]:
        limit = subscription.pause_limit
        can_pause = subscription.status == "active" and limit is not None and limit.why_not is None
        return [button(turn.either("Lieber pausieren", "Pause instead"), "pause_subscription")] if can_pause else []

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        buys = details(draft).get("at_end") == "buy"
        turn.say(
            "utter_ask_end_and_buy_confirmed" if buys else "utter_ask_end_confirmed",
            buttons=buttons,
            product=subscription.product_name,
            date=_day(turn, subscription.earliest_end_on),
            price=turn.money(subscription.purchase_price) if subscription.purchase_price else "",
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known = details(draft)
        return await turn.backend.cancel_subscription(
            turn.customer,
            subscription.number,
            known.get("reason", reasons.NOT_SAID),
            known.get("at_end", "return"),
            key=draft["key"],
        )

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        buys = subscription.at_end == "buy"
        turn.say(
            "utter_ended_and_bought" if buys else "utter_ended",
            product=subscription.product_name,
            date=_day(turn, subscription.ends_on),
            price=turn.money(subscription.purchase_price) if subscription.purchase_price else "",
        )


class ChangePlan(Deed):
    """Another term, or another plan of the family."""

    statuses = ("active", "pending")

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        known, text = details(draft), turn.heard.text
        before = dict(known)
        if _PREMIUM.search(text) or _STANDARD.search(text):
            plan = await plan_of(turn, subscription, premium=bool(_PREMIUM.search(text)))
            if plan and plan.id == subscription.plan.id and not amounts.term_months(turn.heard):
                turn.say("utter_plan_already", plan=turn.named(plan.name), product=subscription.product_name)
            elif plan and plan.id != subscription.plan.id:
                known["plan_id"] = plan.id
        term = amounts.term_months(turn.heard) or (amounts.bare_number(text) if asked else None)
        if term:
            known["term_months"] = term
        return known != before

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        return None if details(draft) else "change"

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        plan = await plan_of(turn, subscription, premium=subscription.plan.premium)
        other = await plan_of(turn, subscription, premium=not subscription.plan.premium)
        terms = [term.months for term in plan.terms if term.months != subscription.term_months] if plan else []
        titles = [wording.months(term, turn.language) for term in terms]
        titles += [turn.named(other.name)] if other else []
        turn.say(
            "utter_ask_plan_change",
            buttons=[answer_button(title) for title in titles],
            product=subscription.product_name,
            present=f"{turn.named(subscription.plan.name)}, {wording.months(subscription.term_months, turn.language)}",
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        await turn.backend.preview_subscription(turn.customer, subscription.number, details(draft))

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        preview = await turn.backend.preview_subscription(turn.customer, subscription.number, details(draft))
        turn.say(
            "utter_ask_plan_confirmed" if preview.term_ends_on else "utter_ask_plan_confirmed_pending",
            buttons=buttons,
            product=subscription.product_name,
            change=await self._in_words(turn, draft, subscription),
            before=turn.money(preview.monthly_before),
            after=turn.money(preview.monthly_after),
            date=_day(turn, preview.effective_on),
            term=_day(turn, preview.term_ends_on),
        )

    async def _in_words(self, turn: Turn, draft: Draft, subscription: Subscription) -> str:
        """ "Premium, 12 Monate"."""
        known = details(draft)
        plans = await turn.backend.plans()
        plan = next((turn.named(plan.name) for plan in plans if plan.id == known.get("plan_id")), "")
        term = wording.months(known.get("term_months") or subscription.term_months, turn.language)
        return ", ".join(part for part in (plan, term) if part)

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        change = details(draft)
        return await turn.backend.change_subscription(turn.customer, subscription.number, change, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        turn.say(
            "utter_plan_changed" if subscription.term_ends_on else "utter_plan_changed_pending",
            product=subscription.product_name,
            plan=turn.named(subscription.plan.name),
            term=wording.months(subscription.term_months, turn.language),
            monthly=turn.money(subscription.monthly_total),
            date=_day(turn, subscription.term_ends_on),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        slug = error.slug if isinstance(error, Refused) else "invalid-request"
        if slug == "term-too-short" and isinstance(error, Refused):
            turn.say("utter_term_too_short", months=error.details.get("earliest_months"))
        elif slug == "invalid-request":
            turn.say("utter_no_such_plan")
        else:
            return await super().explain(turn, draft, error)
        draft["details"] = {}
        return True


class SwapProduct(Deed):
    """Another model of the family: with the premium plan for days, with any plan for good."""

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        known = details(draft)
        before = dict(known)
        if subscription.swap and _TAKE_BACK.search(turn.heard.text):
            known["undo"] = True
            return True
        await self._read_model(turn, draft, subscription, asked)
        said = days.days_said(turn.heard.text, turn.today)
        if _says_impossible(turn, said):
            return True
        if said.first or said.until:
            first = said.first or turn.today
            known.update(first=first.isoformat(), until=(said.until or first).isoformat(), for_good=False)
        if turn.heard.first("city"):
            known["city"] = str(turn.heard.first("city"))
        if days.says_for_good(turn.heard.text):
            known.update(for_good=True, until=None)
            known.setdefault("first", turn.today.isoformat())
        return known != before

    async def _read_model(self, turn: Turn, draft: Draft, subscription: Subscription, asked: str | None) -> None:
        catalog = await turn.backend.products()
        siblings = await self._siblings(turn, subscription)
        named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
        if asked == "model":
            named = named or list(pick(turn.heard.text, siblings)) or list(products_named(turn.heard.text, siblings))
        fitting = [product for product in named if product in siblings]
        if len(fitting) == 1:
            details(draft)["product"] = fitting[0].id
        elif named and not fitting and all(product.family != _family(subscription, catalog) for product in named):
            turn.say("utter_swap_other_family", product=named[0].name)

    async def _siblings(self, turn: Turn, subscription: Subscription) -> list[Product]:
        catalog = await turn.backend.products()
        family = _family(subscription, catalog)
        return [product for product in catalog if product.family == family and product.id != subscription.product_id]

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        known = details(draft)
        if known.get("undo"):
            return None
        if not known.get("product"):
            return "model"
        if subscription.plan.premium:
            return None if known.get("first") else "days"
        known.setdefault("first", turn.today.isoformat())
        return None

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        if draft.get("detail") == "days":
            titles = (("Morgen", "Tomorrow"), ("Am Wochenende", "At the weekend"), ("Dauerhaft", "For good"))
            turn.say("utter_ask_swap_days", buttons=[answer_button(turn.either(*title)) for title in titles])
            return
        names = [product.name for product in await self._siblings(turn, subscription)]
        turn.say(
            "utter_ask_swap_model", buttons=[answer_button(name) for name in names], product=subscription.product_name
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if known.get("undo"):
            return
        if not subscription.plan.premium and known.get("until"):
            raise Refused("swap-not-in-plan", {"why": "premium_only"})
        catalog = await turn.backend.products()
        family = _family(subscription, catalog)
        city = known.get("city") or (await order_with(turn, subscription.order_number)).address.city
        free = await turn.backend.free_models(family, known["first"], known.get("until"), city)
        there = {found.product_id for found in free if found.free > 0}
        if known["product"] not in there:
            others = sorted(there - {subscription.product_id})
            raise Refused("not-available", {"product_id": known["product"], "alternatives": others})

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        known = details(draft)
        if known.get("undo"):
            assert subscription.swap is not None
            turn.say(
                "utter_ask_swap_undo_confirmed",
                buttons=buttons,
                model=subscription.swap.product_name,
                days=_swap_days(turn, subscription.swap),
            )
            return
        product = await _product_with(turn, known["product"])
        monthly = None if subscription.plan.premium else _monthly(product, subscription)
        turn.say(
            "utter_ask_swap_confirmed" if known.get("until") else "utter_ask_swap_for_good_confirmed",
            buttons=buttons,
            product=subscription.product_name,
            model=product.name,
            first=_day(turn, known["first"]),
            days=_span(turn, known["first"], known["until"]) if known.get("until") else "",
            before=turn.money(subscription.monthly_total),
            monthly=turn.money(monthly or subscription.monthly_total),
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        known = details(draft)
        if known.get("undo"):
            return await turn.backend.end_swap(turn.customer, subscription.number, key=draft["key"])
        known["model"] = (await _product_with(turn, known["product"])).name
        return await turn.backend.swap_product(
            turn.customer,
            subscription.number,
            known["product"],
            known["first"],
            known.get("until"),
            known.get("city"),
            key=draft["key"],
        )

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if known.get("undo"):
            turn.say("utter_swap_undone", product=subscription.product_name)
            return
        turn.say(
            "utter_swapped" if known.get("until") else "utter_swapped_for_good",
            model=known["model"],
            first=_day(turn, known["first"]),
            days=_span(turn, known["first"], known["until"]) if known.get("until") else "",
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if not isinstance(error, Refused):
            return await super().explain(turn, draft, error)
        if error.slug == "not-available":
            return await self._say_not_available(turn, draft, error)
        if error.slug == "swap-not-in-plan":
            turn.say(
                "utter_swap_premium_only",
                buttons=[
                    button(turn.either("Zu Premium wechseln", "Change to premium"), "change_plan", plan="premium")
                ],
            )
            return False
        return await super().explain(turn, draft, error)

    async def _say_not_available(self, turn: Turn, draft: Draft, error: Refused) -> bool:
        wanted = await _product_with(turn, details(draft).pop("product"))
        others = [await _product_with(turn, other) for other in error.details.get("alternatives") or ()]
        names = [product.name for product in others]
        turn.say(
            "utter_swap_not_available" if names else "utter_swap_nothing_free",
            model=wanted.name,
            others=turn.listed(names, choice=True),
        )
        return bool(names)


class BookAddon(Deed):
    """Insurance, lessons, a starter package: booked on top, or taken off again."""

    statuses = ("active", "pending", "paused")

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        addon = _addon_named(turn, await _product(turn, subscription))
        if addon is None:
            return False
        is_booked = any(booked.id == addon for booked in subscription.addons)
        details(draft).update(addon=addon, off=is_booked and bool(_OFF.search(turn.heard.text)))
        return True

    async def missing(self, turn: Turn, draft: Draft, subscription: Subscription) -> str | None:
        return None if details(draft).get("addon") else "addon"

    async def ask(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        product = await _product(turn, subscription)
        booked = {addon.id for addon in subscription.addons}
        offered = [addon for addon in product.addons if addon.id not in booked]
        titles = [turn.named(addon.name) for addon in offered]
        prices = [
            f"{turn.named(a.name)} ({turn.money(a.price)}{turn.either(' im Monat', ' a month') if a.monthly else ''})"
            for a in offered
        ]
        turn.say(
            "utter_ask_addon",
            buttons=[answer_button(title) for title in titles],
            product=product.name,
            addons=turn.listed(prices, choice=True),
        )

    async def check(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        known = details(draft)
        if not known.get("off") and any(addon.id == known["addon"] for addon in subscription.addons):
            raise Refused("addon-booked", {})
        await turn.backend.preview_subscription(turn.customer, subscription.number, self._change(draft, subscription))

    def _change(self, draft: Draft, subscription: Subscription) -> Mapping[str, Any]:
        known = details(draft)
        others = [addon.id for addon in subscription.addons if addon.id != known["addon"]]
        return {"addons": others if known.get("off") else [*others, known["addon"]]}

    async def say_summary(
        self, turn: Turn, draft: Draft, subscription: Subscription, buttons: Sequence[Button]
    ) -> None:
        known = details(draft)
        change = self._change(draft, subscription)
        preview = await turn.backend.preview_subscription(turn.customer, subscription.number, change)
        product = await _product(turn, subscription)
        addon = next(addon for addon in product.addons if addon.id == known["addon"])
        response = "utter_ask_addon_off_confirmed" if known.get("off") else "utter_ask_addon_confirmed"
        turn.say(
            response if addon.monthly or known.get("off") else "utter_ask_addon_once_confirmed",
            buttons=buttons,
            addon=turn.named(addon.name),
            description=turn.named(addon.description).rstrip("."),
            product=product.name,
            price=turn.money(addon.price),
            after=turn.money(preview.monthly_after),
            due=turn.money(preview.due_now),
        )

    async def do(self, turn: Turn, draft: Draft, subscription: Subscription) -> Subscription:
        change = self._change(draft, subscription)
        return await turn.backend.change_subscription(turn.customer, subscription.number, change, key=draft["key"])

    def say_done(self, turn: Turn, draft: Draft, subscription: Subscription) -> None:
        named = turn.listed([turn.named(addon.name) for addon in subscription.addons])
        turn.say(
            "utter_addon_booked" if named else "utter_addons_gone",
            product=subscription.product_name,
            addons=named,
            monthly=turn.money(subscription.monthly_total),
        )

    async def explain(self, turn: Turn, draft: Draft, error: BackendError) -> bool:
        if isinstance(error, Refused) and error.slug == "addon-booked":
            turn.say("utter_addon_booked_already")
            return False
        return await super().explain(turn, draft, error)


def _swap_days(turn: Turn, swap: Swap) -> str:
    return (
        _span(turn, swap.first, swap.until)
        if swap.until
        else turn.either(f"ab {turn.day(swap.first)}", f"from {turn.day(swap.first)} on")
    )


DEEDS: Mapping[str, Deed] = {
    "swap_product": SwapProduct(),
    "change_plan": ChangePlan(),
    "pause_subscription": Pause(),
    "resume_subscription": Resume(),
    "cancel_subscription": Cancel(),
    "book_addon": BookAddon(),
}
"""By the intent that asks for it."""


async def for_addon(turn: Turn) -> str:
    """What a wish for an add-on is about, when nothing is subscribed: a pending order, or a product to be ordered."""
    catalog = await turn.backend.products()
    orders = await turn.backend.orders(turn.customer)
    pending = {line.product_id for order in orders if order.status == "pending" for line in order.items}
    if any(addon_mentions(turn.heard.text, product) for product in catalog if product.id in pending):
        return "change"
    named = [product for wish in wishes(turn.heard, catalog) for product in wish.products]
    return "order" if len(named) == 1 and addon_mentions(turn.heard.text, named[0]) else "nothing"


async def plan_of(turn: Turn, subscription: Subscription, *, premium: bool) -> Plan | None:
    """The plan of the subscription's family that is premium, or is not."""
    family = _family(subscription, await turn.backend.products())
    return next(
        (plan for plan in await turn.backend.plans() if plan.family == family and plan.premium == premium), None
    )


def _family(subscription: Subscription, catalog: Sequence[Product]) -> str:
    return next((product.family for product in catalog if product.id == subscription.product_id), "")


async def _product(turn: Turn, subscription: Subscription) -> Product:
    return await _product_with(turn, subscription.product_id)


async def _product_with(turn: Turn, product_id: str) -> Product:
    return next(product for product in await turn.backend.products() if product.id == product_id)


def _addon_named(turn: Turn, product: Product) -> str | None:
    value = turn.heard.first("addon")
    mentions = addon_mentions(turn.heard.text, product)
    if mentions:
        return mentions[0].addon.id
    return next((addon.id for addon in product.addons if addon.id == value), None)


def _monthly(product: Product, subscription: Subscription) -> Money:
    """What the model costs a month in the subscription's term, with the add-ons that are booked."""
    variant = product.variants[0]
    rent = next(
        (price.monthly_price for price in variant.rental_prices if price.months == subscription.term_months),
        variant.monthly_price,
    )
    addons = sum(addon.price.amount for addon in subscription.addons if addon.monthly)
    return Money(amount=rent.amount + addons, currency=rent.currency)

"""Another term, or another plan of the family."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from actions import wording
from actions.backend.port import BackendError, Plan, Refused, Subscription
from actions.base import Button, Turn, answer_button
from actions.deeds.deed import Deed, day, details, family_of
from actions.forms import Draft
from actions.reading import amounts, renting


class ChangePlan(Deed):
    """Another term, or another plan of the family."""

    statuses = ("active", "pending")
    refusals: ClassVar[Mapping[str, str]] = {"ending": "utter_plan_ending", "paused": "utter_plan_paused"}
    go_back = "utter_plan_can_change_again"

    async def read(self, turn: Turn, draft: Draft, subscription: Subscription, *, asked: str | None) -> bool:
        known, text = details(draft), turn.heard.text
        before = dict(known)
        premium = renting.premium_wanted(text)
        if premium is not None:
            plan = await plan_of(turn, subscription, premium=premium)
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
        response = "utter_ask_plan_confirmed" if preview.term_ends_on else "utter_ask_plan_confirmed_pending"
        is_over = (preview.effective_on or "") > (preview.term_ends_on or "9999")
        turn.say(
            "utter_ask_plan_confirmed_by_month" if is_over else response,
            buttons=buttons,
            product=subscription.product_name,
            change=await self._in_words(turn, draft, subscription),
            before=turn.money(preview.monthly_before),
            after=turn.money(preview.monthly_after),
            date=day(turn, preview.effective_on),
            term=day(turn, preview.term_ends_on),
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
            date=day(turn, subscription.term_ends_on),
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


async def plan_of(turn: Turn, subscription: Subscription, *, premium: bool) -> Plan | None:
    """The plan of the subscription's family that is premium, or is not."""
    family = family_of(subscription, await turn.backend.products())
    return next(
        (plan for plan in await turn.backend.plans() if plan.family == family and plan.premium == premium), None
    )

"""What all deeds on a subscription share: each reads its details, asks for what is missing, says what it means, does it."""

import abc
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from actions.backend.port import BackendError, Product, Subscription
from actions.base import Button, Turn, button
from actions.forms import Draft
from actions.goal_form import human_button, say_refusal
from actions.reading import days


class Deed(abc.ABC):
    """Details are kept in the draft under `details`; `missing` names the one to be asked for."""

    statuses: ClassVar[tuple[str, ...]] = ("active",)
    """In which the subscription must be."""

    refusals: ClassVar[Mapping[str, str]] = {}
    """What is said in other statuses, where there is more to say than the status."""

    go_back: ClassVar[str]
    """The answer to "kann ich danach noch zurück?"."""

    def can_help(self, subscription: Subscription) -> bool:
        """Whether there is something to be done with it; of several such a one is meant."""
        return True

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

    def say_wrong_status(self, turn: Turn, subscription: Subscription) -> None:
        """Why it cannot be done with this subscription, and what can."""
        status = subscription.status
        buttons = [human_button(turn)] if status != "pending" else []
        if status == "ending":
            title = turn.either("Kündigung zurücknehmen", "Take the cancellation back")
            buttons = [button(title, "resume_subscription", order_number=subscription.number)]
        turn.say(
            self.refusals.get(status, f"utter_subscription_is_{status}"),
            buttons=buttons,
            number=subscription.number,
            product=subscription.product_name,
            date=day(turn, subscription.ends_on or (subscription.pause.until if subscription.pause else None)),
        )


def details(draft: Draft) -> dict[str, Any]:
    found: dict[str, Any] = draft.setdefault("details", {})
    return found


def day(turn: Turn, iso: str | None) -> str:
    return turn.day(iso) if iso else ""


def span(turn: Turn, first: str, until: str | None) -> str:
    """ "von Freitag, 5. Juni bis Sonntag, 7. Juni", "am Freitag, 5. Juni", "ab Freitag, 5. Juni"."""
    if until is None:
        return turn.either(f"ab {turn.day(first)}", f"from {turn.day(first)} on")
    if first == until:
        return turn.either(f"am {turn.day(first)}", f"on {turn.day(first)}")
    return turn.either(f"von {turn.day(first)} bis {turn.day(until)}", f"from {turn.day(first)} to {turn.day(until)}")


def says_impossible(turn: Turn, said: days.Days) -> bool:
    """Whether a day was named that there is not, that is over, or an end before the beginning; says so."""
    text = turn.heard.text
    reversed_days = bool(said.until and (said.first or turn.today) > said.until)
    if days.is_impossible(text):
        turn.say("utter_no_such_day")
    elif reversed_days:
        turn.say("utter_days_reversed")
    elif days.is_over(text, turn.today):
        turn.say("utter_day_over")
    else:
        return False
    return True


async def product_of(turn: Turn, subscription: Subscription) -> Product:
    return await product_with(turn, subscription.product_id)


async def product_with(turn: Turn, product_id: str) -> Product:
    return next(product for product in await turn.backend.products() if product.id == product_id)


def family_of(subscription: Subscription, catalog: Sequence[Product]) -> str:
    return next((product.family for product in catalog if product.id == subscription.product_id), "")

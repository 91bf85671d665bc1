"""Why something cannot be done with a subscription."""

from collections.abc import Sequence

from shop.problems import Problem


class SubscriptionNotFound(Problem):
    """Also said of somebody else's subscription, in the same words."""

    slug, status, title = "subscription-not-found", 404, "Subscription not found"
    detail = "The customer has no subscription with this number."


class SubscriptionNotChangeable(Problem):
    slug, status, title = "subscription-not-changeable", 409, "Subscription not changeable"
    detail = "The subscription's status does not allow this change."

    def __init__(self, subscription_status: str) -> None:
        super().__init__(subscription_status=subscription_status)


class SubscriptionPending(Problem):
    slug, status, title = "subscription-pending", 409, "Subscription pending"
    detail = "The subscription has not begun yet: its order can be cancelled."

    def __init__(self, order_number: str) -> None:
        super().__init__(order_number=order_number)


class AlreadyEnding(Problem):
    slug, status, title = "already-ending", 409, "Already ending"
    detail = "The subscription is cancelled already."

    def __init__(self, ends_on: str) -> None:
        super().__init__(ends_on=ends_on)


class NotEnding(Problem):
    slug, status, title = "not-ending", 409, "Not ending"
    detail = "There is no cancellation that could be taken back."

    def __init__(self, subscription_status: str) -> None:
        super().__init__(subscription_status=subscription_status)


class TermTooShort(Problem):
    slug, status, title = "term-too-short", 409, "Term too short"
    detail = "The subscription has run longer than this term."

    def __init__(self, earliest_months: int) -> None:
        super().__init__(earliest_months=earliest_months)


class PlanNotForProduct(Problem):
    slug, status, title = "plan-not-for-product", 409, "Plan not for product"
    detail = "The product is not rented on this plan."


class PauseNotAllowed(Problem):
    slug, status, title = "pause-not-allowed", 409, "Pause not allowed"
    detail = "The subscription cannot rest on these days; see why."

    def __init__(self, why: str, max_days: int, left_days: int) -> None:
        super().__init__(why=why, max_days=max_days, left_days=left_days)


class NotPaused(Problem):
    slug, status, title = "not-paused", 409, "Not paused"
    detail = "The subscription neither rests nor is about to."


class NotAvailable(Problem):
    slug, status, title = "not-available", 409, "Not available"
    detail = "No piece of this model is free on all of these days."

    def __init__(self, product_id: str, alternatives: Sequence[str]) -> None:
        super().__init__(product_id=product_id, alternatives=list(alternatives))


class SwapNotInPlan(Problem):
    slug, status, title = "swap-not-in-plan", 409, "Swap not in plan"
    detail = "The subscription's plan does not include this swap; see why."

    def __init__(self, why: str) -> None:
        super().__init__(why=why)


class SwapBeyondEnd(Problem):
    slug, status, title = "swap-beyond-end", 409, "Swap beyond end"
    detail = "The subscription is cancelled and ends before the last of these days."

    def __init__(self, ends_on: str) -> None:
        super().__init__(ends_on=ends_on)


class NotSwapped(Problem):
    slug, status, title = "not-swapped", 409, "Not swapped"
    detail = "There is no such swap that could end."

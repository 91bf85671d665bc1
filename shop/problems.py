"""Why the shop refuses: one type per reason, shown as RFC 9457 problems."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypedDict

import orjson

PROBLEM_JSON = "application/problem+json"


class FieldError(TypedDict):
    """One thing that is wrong with a request: where (items.0.quantity, header.Nochannel-Customer) and what."""

    path: str
    message: str


class Problem(Exception):
    """A refusal that the caller can act on."""

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    detail: ClassVar[str]

    def __init__(self, **members: Any) -> None:
        super().__init__(self.slug)
        self.members = members

    def headers(self) -> Mapping[str, str]:
        """What the answer's head must say besides."""
        return {}

    def body(self, instance: str) -> bytes:
        """The JSON; `instance` names this occurrence and is in the log too."""
        standard = {
            "type": f"urn:nochannel:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        return orjson.dumps(standard | self.members)


class Unauthorized(Problem):
    slug, status, title = "unauthorized", 401, "Unauthorized"
    detail = "The Authorization header must carry the shop's bearer token."

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class NotFound(Problem):
    slug, status, title = "not-found", 404, "Not found"
    detail = "There is nothing at this address."


class ProductNotFound(Problem):
    slug, status, title = "product-not-found", 404, "Product not found"
    detail = "The catalog has no product with this id."


class VariantNotFound(Problem):
    slug, status, title = "variant-not-found", 404, "Variant not found"
    detail = "The catalog has no variant with this id."

    def __init__(self, variant_id: str) -> None:
        super().__init__(variant_id=variant_id)


class CustomerNotFound(Problem):
    slug, status, title = "customer-not-found", 404, "Customer not found"
    detail = "Nothing has been written for this customer yet."


class OrderNotFound(Problem):
    """Also said of somebody else's order, in the same words."""

    slug, status, title = "order-not-found", 404, "Order not found"
    detail = "The customer has no order with this number."


class MethodNotAllowed(Problem):
    slug, status, title = "method-not-allowed", 405, "Method not allowed"
    detail = "This address does not take this method."

    def __init__(self, allowed: str) -> None:
        super().__init__()
        self._allowed = allowed

    def headers(self) -> Mapping[str, str]:
        return {"Allow": self._allowed}


class OutOfStock(Problem):
    slug, status, title = "out-of-stock", 409, "Out of stock"
    detail = "There are fewer pieces in stock than asked for."

    def __init__(self, variant_id: str, available: int) -> None:
        super().__init__(variant_id=variant_id, available=available)


class OrderNotChangeable(Problem):
    slug, status, title = "order-not-changeable", 409, "Order not changeable"
    detail = "The order's status no longer allows this change."

    def __init__(self, order_status: str) -> None:
        super().__init__(order_status=order_status)


class OrderNotCancellable(Problem):
    slug, status, title = "order-not-cancellable", 409, "Order not cancellable"
    detail = "The order's status no longer allows cancelling."

    def __init__(self, order_status: str) -> None:
        super().__init__(order_status=order_status)


class InvalidRequest(Problem):
    slug, status, title = "invalid-request", 400, "Invalid request"
    detail = "The request is not what this address takes; see errors."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors=list(errors))


class QuantityTooLarge(Problem):
    slug, status, title = "quantity-too-large", 400, "Quantity too large"
    detail = "One line takes fewer pieces than asked for."

    def __init__(self, errors: Sequence[FieldError], maximum: int) -> None:
        super().__init__(errors=list(errors), maximum=maximum)


class RequestTooLarge(Problem):
    slug, status, title = "request-too-large", 413, "Request too large"
    detail = "The body is larger than any request of this API needs to be."


class IdempotencyKeyMissing(Problem):
    slug, status, title = "idempotency-key-missing", 400, "Idempotency key missing"
    detail = "A write needs an Idempotency-Key header of 1 to 255 visible ASCII characters."


class IdempotencyKeyReused(Problem):
    slug, status, title = "idempotency-key-reused", 422, "Idempotency key reused"
    detail = "This key was used for a different request."


class Unavailable(Problem):
    slug, status, title = "unavailable", 503, "Unavailable"
    detail = "The database does not answer; nothing was written. Try again."

    def headers(self) -> Mapping[str, str]:
        return {"Retry-After": "1"}


class InternalError(Problem):
    slug, status, title = "internal-error", 500, "Internal error"
    detail = "The shop has a defect; its log has the details under the instance's id."


def invalid(path: str, message: str) -> InvalidRequest:
    """The refusal of one thing."""
    return InvalidRequest([{"path": path, "message": message}])

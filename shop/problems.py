"""Why the shop refuses: one type per reason, shown as RFC 9457 problems."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar, TypedDict

import orjson

from shop.answers import day_or_none
from shop.money import Money

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


class JoinNotFound(Problem):
    slug, status, title = "join-not-found", 404, "Join not found"
    detail = "No such customer was joined into the acting one."


class JoinedOtherwise(Problem):
    slug, status, title = "joined-otherwise", 409, "Joined otherwise"
    detail = "This customer was joined into somebody else already."


class AddressNotFound(Problem):
    slug, status, title = "address-not-found", 404, "Address not found"
    detail = "The customer has no such address."


class OrderNotFound(Problem):
    """Also said of somebody else's order, in the same words."""

    slug, status, title = "order-not-found", 404, "Order not found"
    detail = "The customer has no order with this number."


class ReturnNotFound(Problem):
    """Also said of somebody else's return, in the same words."""

    slug, status, title = "return-not-found", 404, "Return not found"
    detail = "The customer has no return with this number."


class RefundNotFound(Problem):
    slug, status, title = "refund-not-found", 404, "Refund not found"
    detail = "There is no refund with this id."


class LinkExpired(Problem):
    slug, status, title = "link-expired", 410, "Link expired"
    detail = "This link was valid for a time only; ask for a new one."


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


class ProductNotInOrder(Problem):
    slug, status, title = "product-not-in-order", 409, "Product not in the order"
    detail = "An order changes within its products: another variant, another quantity, fewer of them."

    def __init__(self, variant_id: str, product_id: str) -> None:
        super().__init__(variant_id=variant_id, product_id=product_id)


class IbanMissing(Problem):
    slug, status, title = "iban-missing", 409, "IBAN missing"
    detail = "A direct debit needs an IBAN, and none is known of this customer."


class GiftCardInsufficient(Problem):
    """Also said of a card that there is not, or that is somebody else's: its balance is zero."""

    slug, status, title = "gift-card-insufficient", 409, "Gift card insufficient"
    detail = "The gift card's balance does not suffice."

    def __init__(self, balance: Money) -> None:
        super().__init__(balance=balance.view())


class PaymentNotOpen(Problem):
    slug, status, title = "payment-not-open", 409, "Payment not open"
    detail = "There is no payment of this order that could be tried again."

    def __init__(self, payment_status: str) -> None:
        super().__init__(payment_status=payment_status)


class PaymentMethodMissing(Problem):
    slug, status, title = "payment-method-missing", 409, "Payment method missing"
    detail = "The exchange costs more; it needs a payment_method."

    def __init__(self, amount: Money) -> None:
        super().__init__(amount=amount.view())


class NotReturnable(Problem):
    """`why`: not_delivered, period_over, nothing_left (or not so many) or rented."""

    slug, status, title = "not-returnable", 409, "Not returnable"
    detail = "These pieces cannot be sent back; see why."

    def __init__(self, order_status: str, why: str, returnable_until: date | None) -> None:
        super().__init__(order_status=order_status, why=why, returnable_until=day_or_none(returnable_until))


class NotExchangeable(Problem):
    """`why`: other_product or same_variant."""

    slug, status, title = "not-exchangeable", 409, "Not exchangeable"
    detail = "Pieces are exchanged for another variant of the same product; see why."

    def __init__(self, variant_id: str, why: str) -> None:
        super().__init__(variant_id=variant_id, why=why)


class ReturnNotReceivable(Problem):
    slug, status, title = "return-not-receivable", 409, "Return not receivable"
    detail = "This return has arrived before."

    def __init__(self, return_status: str) -> None:
        super().__init__(return_status=return_status)


class RefundNotBookable(Problem):
    slug, status, title = "refund-not-bookable", 409, "Refund not bookable"
    detail = "This refund waits for the goods, or has been paid before."

    def __init__(self, refund_status: str) -> None:
        super().__init__(refund_status=refund_status)


class NothingToInvoice(Problem):
    slug, status, title = "nothing-to-invoice", 409, "Nothing to invoice"
    detail = "Of this order nothing is left that could be invoiced."

    def __init__(self, order_status: str) -> None:
        super().__init__(order_status=order_status)


class SignatureInvalid(Problem):
    slug, status, title = "signature-invalid", 400, "Signature invalid"
    detail = "The event was not signed by the payment provider, or too long ago."


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

"""Vendure's carts and orders in the shapes of the port, and what is asked to get them."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from actions.backend.port import (
    Address,
    Customer,
    Item,
    Line,
    Money,
    NotSupported,
    Order,
    PaymentState,
    Product,
    Quote,
    Refund,
    Shipment,
)
from actions.backend.vendure_catalog import Found, options_of

ORDER = """
  id code state orderPlacedAt currencyCode totalWithTax customFields { nochannelKey }
  lines { quantity orderPlacedQuantity unitPriceWithTax proratedLinePriceWithTax
    productVariant { id options { code name group { name } } product { slug name } } }
  shippingAddress { fullName streetLine1 streetLine2 city postalCode countryCode }
  payments { method state amount refunds { id state total createdAt updatedAt } }
  fulfillments { trackingCode method state }
"""
OWN_ORDERS = f"""query ($options: OrderListOptions!) {{
  activeCustomer {{ orders(options: $options) {{ items {{ {ORDER} }} }} }}
}}"""
CUSTOMER = """{
  activeCustomer {
    firstName lastName
    orders(options: {take: 10, sort: {orderPlacedAt: DESC}, filter: {orderPlacedAt: {isNull: false}}}) {
      items { shippingAddress { fullName streetLine1 streetLine2 city postalCode countryCode } }
    }
  }
}"""
FAILURE = "__typename ... on ErrorResult { errorCode }"
CART = "... on Order { totalWithTax shippingWithTax currencyCode lines { quantity productVariant { id } } }"
FILLED = f"""addItemsToOrder(inputs: $items) {{
    order {{ lines {{ quantity productVariant {{ id }} }} }}
    errorResults {{ {FAILURE} }}
  }}"""
FILL_NEW_CART = f"mutation ($items: [AddItemInput!]!) {{ filled: {FILLED} }}"
FILL_OWN_CART = f"""mutation ($items: [AddItemInput!]!, $address: CreateAddressInput!, $mark: String!) {{
  opened: transitionOrderToState(state: "AddingItems") {{ __typename }}
  emptied: removeAllOrderLines {{ {FAILURE} }}
  filled: {FILLED}
  sent: setOrderShippingAddress(input: $address) {{ {FAILURE} }}
  billed: setOrderBillingAddress(input: $address) {{ {FAILURE} }}
  marked: setOrderCustomFields(input: {{customFields: {{nochannelKey: $mark}}}}) {{ {FAILURE} }}
}}"""
ADDRESS_CART = f"""mutation ($address: CreateAddressInput!) {{
  sent: setOrderShippingAddress(input: $address) {{ {FAILURE} }}
}}"""
SHIPPING = "{ eligibleShippingMethods { id code name priceWithTax } }"
SHIP_CART = f"""mutation ($shipping: [ID!]!) {{
  shipped: setOrderShippingMethod(shippingMethodId: $shipping) {{ {FAILURE} {CART} }}
}}"""
ARRANGE_PAYMENT = f"""mutation ($shipping: [ID!]!) {{
  shipped: setOrderShippingMethod(shippingMethodId: $shipping) {{ {FAILURE} }}
  arranged: transitionOrderToState(state: "ArrangingPayment") {{ {FAILURE} {CART} }}
}}"""
PAY = f"""mutation ($payment: PaymentInput!) {{
  paid: addPaymentToOrder(input: $payment) {{ {FAILURE} ... on Order {{ {ORDER} }} }}
}}"""

STATUS = {
    "PaymentAuthorized": "pending",
    "PaymentSettled": "pending",
    "Modifying": "processed",
    "ArrangingAdditionalPayment": "processed",
    "PartiallyShipped": "shipped",
    "Shipped": "shipped",
    "PartiallyDelivered": "shipped",
    "Delivered": "delivered",
    "Cancelled": "cancelled",
}
PAYMENT_STATUS = {
    "Created": ("open", None),
    "Authorized": ("due", None),
    "Settled": ("paid", None),
    "Declined": ("failed", "declined"),
    "Error": ("failed", "declined"),
    "Cancelled": ("failed", "cancelled"),
}
SHIPMENT_STATUS = {"Shipped": "in_transit", "Delivered": "delivered"}
REFUND_STATUS = {"Pending": "requested", "Failed": "requested", "Settled": "refunded"}
"""A failed one is for the staff to repeat: the customer still waits for the money."""
NUMBER = re.compile(r"NC-\d+")

Methods = Mapping[str, str]
"""Our ways to pay -> the codes of Vendure's payment methods."""


def number_of(found: Found) -> str:
    """Its code where the shop makes codes that customers can say ("NC-104233"), else one made from its id."""
    if NUMBER.fullmatch(found["code"]):
        return str(found["code"])
    return f"NC-{int(found['id']):06d}" if found["id"].isdigit() else str(found["code"])


def with_number(number: str) -> dict[str, Any]:
    """Options for a list of the orders that may have this number."""
    by_id = [{"id": {"eq": str(int(number[3:]))}}] if NUMBER.fullmatch(number) else []
    return {"filter": {"_or": [{"code": {"eq": number}}, *by_id], "orderPlacedAt": {"isNull": False}}}


def with_mark(mark: str) -> dict[str, Any]:
    return {"filter": {"nochannelKey": {"eq": mark}, "orderPlacedAt": {"isNull": False}}}


def latest(count: int) -> dict[str, Any]:
    return {"take": count, "sort": {"orderPlacedAt": "DESC"}, "filter": {"orderPlacedAt": {"isNull": False}}}


def order_of(found: Found, methods: Methods) -> Order:
    payment = payment_of(found, methods)
    return Order(
        number=number_of(found),
        status=status_of(found),
        placed_at=found["orderPlacedAt"],
        items=tuple(lines_of(found)),
        total_now=money(found["totalWithTax"], found),
        total_monthly=None,
        address=address_of(found["shippingAddress"] or {}),
        payment_method=payment.method if payment else "",
        promised_date=None,
        shipments=tuple(shipments_of(found)),
        payment=payment,
    )


def status_of(found: Found) -> str:
    """A state that a shop added to Vendure's own is one of being prepared."""
    return STATUS.get(found["state"], "processed")


def lines_of(found: Found) -> Iterator[Line]:
    """As ordered: in a cancelled order Vendure counts nothing any more."""
    for place, line in enumerate(found["lines"]):
        variant, is_cancelled = line["productVariant"], not line["quantity"]
        quantity = line["orderPlacedQuantity"] if is_cancelled else line["quantity"]
        total = line["unitPriceWithTax"] * quantity if is_cancelled else line["proratedLinePriceWithTax"]
        yield Line(
            line=place,
            variant_id=variant["id"],
            product_id=variant["product"]["slug"],
            product_name=variant["product"]["name"],
            options=options_of(variant["options"]),
            quantity=quantity,
            term_months=None,
            unit_price=money(line["unitPriceWithTax"], found),
            addons=(),
            total=money(total, found),
        )


def payment_of(found: Found, methods: Methods) -> PaymentState | None:
    """The last one tried."""
    if not found["payments"]:
        return None
    last = found["payments"][-1]
    status, failure = PAYMENT_STATUS.get(last["state"], ("open", None))
    if last["amount"] and _given_back(last) >= last["amount"]:
        status, failure = "refunded", None
    amount = money(last["amount"], found)
    return PaymentState(method=way_of(last["method"], methods), status=status, failure=failure, amount=amount)


def _given_back(payment: Found) -> int:
    return sum(refund["total"] for refund in payment["refunds"] if refund["state"] == "Settled")


def way_of(code: str, methods: Methods) -> str:
    """Our word for one of Vendure's payment methods; one that is not ours is said as it is."""
    return next((ours for ours, theirs in methods.items() if theirs == code), code)


def shipments_of(found: Found) -> Iterator[Shipment]:
    for parcel in found["fulfillments"] or ():
        if parcel["state"] in SHIPMENT_STATUS:
            yield Shipment(
                tracking_number=parcel["trackingCode"] or "",
                carrier=parcel["method"],
                status=SHIPMENT_STATUS[parcel["state"]],
            )


def refunds_of(found: Found, methods: Methods) -> Iterator[Refund]:
    """Made by the shop's staff; of a cancelled order they are what the cancellation gives back."""
    for payment in found["payments"]:
        for refund in payment["refunds"]:
            is_done = refund["state"] == "Settled"
            yield Refund(
                id=refund["id"],
                order_number=number_of(found),
                return_number=None,
                reason="cancellation" if found["state"] == "Cancelled" else "change",
                amount=money(refund["total"], found),
                method=way_of(payment["method"], methods),
                status=REFUND_STATUS.get(refund["state"], "requested"),
                requested_at=refund["createdAt"],
                refunded_at=refund["updatedAt"] if is_done else None,
            )


def customer_of(found: Found, customer: str, methods: Methods) -> Customer:
    """Addresses are those of the orders: Vendure's address book does not say which was used last."""
    sent_to = [address_of(order["shippingAddress"]) for order in found["orders"]["items"] if order["shippingAddress"]]
    return Customer(
        id=customer,
        name=f"{found['firstName']} {found['lastName']}".strip() or None,
        addresses=tuple(dict.fromkeys(sent_to)),
        payment_methods=tuple(methods),
    )


def address_of(found: Found) -> Address:
    streets = [found.get(part) for part in ("streetLine1", "streetLine2")]
    return Address(
        name=found.get("fullName") or "",
        street=", ".join(street for street in streets if street),
        postal_code=found.get("postalCode") or "",
        city=found.get("city") or "",
        country=found.get("countryCode") or "DE",
    )


def address_input(address: Address) -> dict[str, str]:
    return {
        "fullName": address.name,
        "streetLine1": address.street,
        "postalCode": address.postal_code,
        "city": address.city,
        "countryCode": address.country,
    }


def wanted(items: Iterable[Item]) -> Counter[str]:
    """Variant id -> pieces. Raises NotSupported for what Vendure has no idea of: renting, and add-ons."""
    pieces: Counter[str] = Counter()
    for item in items:
        if item.term_months or item.plan_id or item.addons:
            raise NotSupported("rental or add-ons")
        pieces[item.variant_id] += item.quantity
    return pieces


def inputs_of(pieces: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"productVariantId": variant, "quantity": quantity} for variant, quantity in pieces.items()]


def pieces_in(cart: Found) -> Counter[str]:
    """What is in a cart; of an order, what was in it when it was placed."""
    pieces: Counter[str] = Counter()
    for line in cart["lines"]:
        pieces[line["productVariant"]["id"]] += line.get("orderPlacedQuantity") or line["quantity"]
    return pieces


def short_of(pieces: Mapping[str, int], taken: Mapping[str, int]) -> tuple[str, int] | None:
    """The first variant of which fewer were taken than wanted, and how many were."""
    return next(((v, taken.get(v, 0)) for v, quantity in pieces.items() if taken.get(v, 0) < quantity), None)


def quote_of(
    pieces: Mapping[str, int], taken: Mapping[str, int], cart: Found | None, shipping: str, catalog: Sequence[Product]
) -> Quote:
    """The catalog's prices; the sum, and what sending costs, as Vendure reckons them for a cart that holds all of it."""
    lines = [_quoted(variant, quantity, taken, catalog) for variant, quantity in pieces.items()]
    if cart is None:
        currency = lines[0].total.currency
        total = Money(amount=sum(line.total.amount for line in lines), currency=currency)
        return Quote(lines=tuple(lines), total_now=total, total_monthly=None)
    if cart["shippingWithTax"]:
        lines.append(_sending(shipping, money(cart["shippingWithTax"], cart)))
    return Quote(lines=tuple(lines), total_now=money(cart["totalWithTax"], cart), total_monthly=None)


def _quoted(variant_id: str, quantity: int, taken: Mapping[str, int], catalog: Sequence[Product]) -> Line:
    product, variant = next(
        (product, variant) for product in catalog for variant in product.variants if variant.id == variant_id
    )
    is_short = taken.get(variant_id, 0) < quantity
    return Line(
        variant_id=variant_id,
        product_id=product.id,
        product_name=product.name,
        options=variant.options,
        quantity=quantity,
        term_months=None,
        unit_price=variant.price,
        addons=(),
        total=Money(amount=variant.price.amount * quantity, currency=variant.price.currency),
        available=taken.get(variant_id, 0) if is_short else max(quantity, variant.stock),
    )


def _sending(name: str, cost: Money) -> Line:
    """A line of its own, so that the lines of a summary add up to its sum."""
    return Line(
        variant_id="",
        product_id="",
        product_name=name,
        options={},
        quantity=1,
        term_months=None,
        unit_price=cost,
        addons=(),
        total=cost,
    )


def money(amount: int, priced: Found) -> Money:
    """Vendure keeps minor units too."""
    return Money(amount=amount, currency=priced["currencyCode"])

"""Stripe by its published HTTP API: Checkout Sessions, PaymentIntents where a server has none, Refunds, signed events.

https://docs.stripe.com/api; amounts are minor units there too.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import ClientError, ClientSession, ClientTimeout
from pydantic import SecretStr

from shop.clock import Clock
from shop.payments.provider import (
    Failed,
    Outcome,
    Paid,
    ProviderRefused,
    ProviderUnavailable,
    Receipt,
    Refunded,
    Repayment,
    Session,
    Wanted,
)
from shop.payments.signatures import check_signature

TIMEOUT = ClientTimeout(total=15, connect=5)
SIGNATURE = "Stripe-Signature"
SESSIONS, INTENTS = "/v1/checkout/sessions", "/v1/payment_intents"
NOT_NOW = frozenset({408, 409, 429})

# Stripe's words for why, by code and decline code; whatever is not here was declined.
FAILURES = {"insufficient_funds": "insufficient_funds", "expired_card": "expired"}

Thing = Mapping[str, Any]  # an object of Stripe's


class Stripe:
    """Every request that creates carries an idempotency key."""

    name = "stripe"

    def __init__(self, key: SecretStr, webhook_secret: SecretStr, url: str, clock: Clock) -> None:
        self._key = key
        self._webhook_secret = webhook_secret
        self._url = url.rstrip("/")
        self._clock = clock
        self._http: ClientSession | None = None

    async def create(self, wanted: Wanted) -> Session:
        key = f"{wanted.token}-{wanted.amount.amount}-{wanted.before or 'first'}"
        session = await self._post(SESSIONS, _session_fields(wanted), key)
        if session is None:
            intent = await self._post(INTENTS, _intent_fields(wanted), f"{key}-intent")
            return Session(_required(intent)["id"], None)
        return Session(session["id"], session["url"])

    async def look(self, session_id: str) -> Session | Outcome | None:
        if session_id.startswith("pi_"):
            intent = await self._get(f"{INTENTS}/{session_id}")
            return None if intent is None else _intent_now(intent)
        session = await self._get(f"{SESSIONS}/{session_id}")
        return None if session is None else _session_now(session)

    async def refund(self, repayment: Repayment) -> Receipt:
        fields = {
            "payment_intent": repayment.payment,
            "amount": str(repayment.amount.amount),
            "metadata[refund]": repayment.refund_id,
        }
        refund = _required(await self._post("/v1/refunds", fields, repayment.refund_id))
        return Receipt(refund["id"], done=refund.get("status") == "succeeded")

    def read(self, headers: Mapping[str, str], body: bytes) -> Outcome | None:
        secret = self._webhook_secret.get_secret_value().encode()
        check_signature(headers.get(SIGNATURE, ""), secret, body, self._clock.now())
        event = orjson.loads(body)
        read = EVENTS.get(event["type"])
        return None if read is None else read(event["data"]["object"])

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def _post(self, path: str, fields: Mapping[str, str], key: str) -> Thing | None:
        return await self._ask("POST", path, {"Idempotency-Key": key}, fields)

    async def _get(self, path: str) -> Thing | None:
        return await self._ask("GET", path, {}, None)

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], fields: Mapping[str, str] | None
    ) -> Thing | None:
        """None if there is nothing at this address."""
        try:
            async with self._session().request(method, self._url + path, headers=headers, data=fields) as response:
                status, answer = response.status, await response.read()
        except (ClientError, OSError, TimeoutError) as error:
            raise ProviderUnavailable from error
        if status == 404:
            return None
        if status >= 500 or status in NOT_NOW:
            raise ProviderUnavailable
        if status >= 400:
            raise ProviderRefused
        thing: Thing = orjson.loads(answer)
        return thing

    def _session(self) -> ClientSession:
        if self._http is None:
            authorization = {"Authorization": f"Bearer {self._key.get_secret_value()}"}
            self._http = ClientSession(timeout=TIMEOUT, headers=authorization)
        return self._http


def _required(thing: Thing | None) -> Thing:
    if thing is None:
        raise ProviderRefused
    return thing


def _session_fields(wanted: Wanted) -> Mapping[str, str]:
    price = "line_items[0][price_data]"
    return {
        "mode": "payment",
        "client_reference_id": wanted.token,
        "metadata[payment]": wanted.token,
        "payment_intent_data[metadata][payment]": wanted.token,
        "payment_method_types[0]": wanted.method,
        "line_items[0][quantity]": "1",
        f"{price}[currency]": wanted.amount.currency.lower(),
        f"{price}[unit_amount]": str(wanted.amount.amount),
        f"{price}[product_data][name]": wanted.title,
        "locale": wanted.language,
        "success_url": f"{wanted.page}?back=paid",
        "cancel_url": f"{wanted.page}?back=cancelled",
    }


def _intent_fields(wanted: Wanted) -> Mapping[str, str]:
    return {
        "amount": str(wanted.amount.amount),
        "currency": wanted.amount.currency.lower(),
        "metadata[payment]": wanted.token,
    }


def _session_now(session: Thing) -> Session | Outcome | None:
    if session.get("payment_status") == "paid":
        return _paid_session(session)
    if session.get("status") == "open":
        return Session(session["id"], session["url"])
    return _expired_session(session) if session.get("status") == "expired" else None


def _intent_now(intent: Thing) -> Session | Outcome | None:
    if intent.get("status") == "succeeded":
        return _paid_intent(intent)
    if intent.get("status") == "canceled":
        return _cancelled_intent(intent)
    if intent.get("last_payment_error"):
        return _failed_intent(intent)
    return Session(intent["id"], None)


def _token(thing: Thing) -> str | None:
    """Ours; what somebody else started on the same account has none."""
    token = (thing.get("metadata") or {}).get("payment")
    return token if isinstance(token, str) else None


def _paid_session(session: Thing) -> Outcome | None:
    token = _token(session)
    if token is None or session.get("payment_status") != "paid":  # completed, but the bank has not said yes yet
        return None
    return Paid(token, session["payment_intent"], session.get("amount_total"))


def _expired_session(session: Thing) -> Outcome | None:
    token = _token(session)
    return None if token is None else Failed(token, session["id"], "expired")


def _failed_session(session: Thing) -> Outcome | None:
    token = _token(session)
    return None if token is None else Failed(token, session["id"], "declined")


def _paid_intent(intent: Thing) -> Outcome | None:
    token = _token(intent)
    return None if token is None else Paid(token, intent["id"], intent.get("amount_received") or intent.get("amount"))


def _failed_intent(intent: Thing) -> Outcome | None:
    token = _token(intent)
    error = intent.get("last_payment_error") or {}
    words = (error.get("decline_code"), error.get("code"))
    failure = next((FAILURES[word] for word in words if word in FAILURES), "declined")
    return None if token is None else Failed(token, None, failure)


def _cancelled_intent(intent: Thing) -> Outcome | None:
    token = _token(intent)
    return None if token is None else Failed(token, None, "cancelled")


def _refunded(refund: Thing) -> Outcome | None:
    refund_id = (refund.get("metadata") or {}).get("refund")
    return Refunded(refund_id) if refund_id and refund.get("status") == "succeeded" else None


EVENTS: Mapping[str, Callable[[Thing], Outcome | None]] = {
    "checkout.session.completed": _paid_session,
    "checkout.session.async_payment_succeeded": _paid_session,
    "checkout.session.async_payment_failed": _failed_session,
    "checkout.session.expired": _expired_session,
    "payment_intent.succeeded": _paid_intent,
    "payment_intent.payment_failed": _failed_intent,
    "payment_intent.canceled": _cancelled_intent,
    "refund.updated": _refunded,
    "charge.refund.updated": _refunded,
}

"""What Alexa sends: one request envelope as typed parts. Alexa's own words end here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any

import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.channels.base import Malformed

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
UserId = Annotated[str, StringConstraints(min_length=1, max_length=400)]

MATCHED = "ER_SUCCESS_MATCH"
NOT_UNDERSTOOD = "?"
"""A number or day that Alexa heard without understanding it."""


@dataclass(frozen=True)
class Slot:
    """`said` as it was heard; `id` and `name` of the value that it was resolved to, if it was."""

    said: str
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Intent:
    """What Alexa understood; only the slots that were filled."""

    name: str
    slots: Mapping[str, Slot] = field(default_factory=dict)


@dataclass(frozen=True)
class DirectivesApi:
    """Where something can be said before the answer is ready."""

    endpoint: str
    token: str


@dataclass(frozen=True)
class Request:
    """One request. `account` names the Alexa user of this skill; `pressed` are the arguments of a touched button."""

    kind: str
    id: str
    at: datetime
    application: str
    account: str
    language: str
    intent: Intent | None = None
    pressed: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    access_token: str | None = None
    api: DirectivesApi | None = None
    has_screen: bool = False
    error: str | None = None


def parse(body: bytes) -> Request:
    """Raises Malformed."""
    try:
        envelope = _Envelope.model_validate(orjson.loads(body))
    except (orjson.JSONDecodeError, ValidationError, RecursionError):
        raise Malformed("the body must be an Alexa request") from None
    return _request(envelope)


def account_of(user_id: str) -> str:
    """Alexa's ids of users are longer than a customer's may be."""
    return sha256(user_id.encode()).hexdigest()[:40]


class _Part(BaseModel):
    """What a newer Alexa adds is ignored."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Application(_Part):
    applicationId: Id  # noqa: N815 - Alexa's spelling, here and below


class _User(_Part):
    userId: UserId  # noqa: N815
    accessToken: Annotated[str, StringConstraints(max_length=8_000)] | None = None  # noqa: N815


class _Device(_Part):
    supportedInterfaces: dict[str, Any] = {}  # noqa: N815


class _System(_Part):
    application: _Application
    user: _User
    device: _Device = _Device()
    apiEndpoint: str | None = None  # noqa: N815
    apiAccessToken: str | None = None  # noqa: N815


class _Context(_Part):
    System: _System


class _Named(_Part):
    name: str
    id: str | None = None


class _Value(_Part):
    value: _Named


class _Status(_Part):
    code: str


class _Resolution(_Part):
    status: _Status
    values: list[_Value] = []


class _Resolutions(_Part):
    resolutionsPerAuthority: list[_Resolution] = []  # noqa: N815


class _Slot(_Part):
    value: str | None = None
    resolutions: _Resolutions | None = None

    def parsed(self) -> Slot | None:
        said = (self.value or "").strip()
        if not said or said == NOT_UNDERSTOOD:
            return None
        resolved = self.resolutions.resolutionsPerAuthority if self.resolutions else []
        meant = next((one.values[0].value for one in resolved if one.status.code == MATCHED and one.values), None)
        return Slot(said, meant.id if meant else None, meant.name if meant else None)


class _Intent(_Part):
    name: Id
    slots: dict[str, _Slot] | None = None


class _Error(_Part):
    type: str = ""


class _Request(_Part):
    type: Id
    requestId: Id  # noqa: N815
    timestamp: Annotated[AwareDatetime, Field(strict=False)]
    locale: str = "en-US"
    intent: _Intent | None = None
    arguments: list[Any] = []
    error: _Error | None = None


class _Session(_Part):
    attributes: dict[str, Any] | None = None


class _Envelope(_Part):
    context: _Context
    request: _Request
    session: _Session | None = None


def _request(envelope: _Envelope) -> Request:
    system, request = envelope.context.System, envelope.request
    if request.type == "IntentRequest" and request.intent is None:
        raise Malformed("an IntentRequest needs an intent")
    has_api = system.apiEndpoint and system.apiAccessToken
    return Request(
        kind=request.type,
        id=request.requestId,
        at=request.timestamp,
        application=system.application.applicationId,
        account=account_of(system.user.userId),
        language="de" if request.locale.startswith("de") else "en",
        intent=_intent(request.intent) if request.intent else None,
        pressed=tuple(argument for argument in request.arguments if isinstance(argument, str)),
        attributes=(envelope.session and envelope.session.attributes) or {},
        access_token=system.user.accessToken,
        api=DirectivesApi(str(system.apiEndpoint), str(system.apiAccessToken)) if has_api else None,
        has_screen="Alexa.Presentation.APL" in system.device.supportedInterfaces,
        error=request.error.type if request.error else None,
    )


def _intent(intent: _Intent) -> Intent:
    parsed = {name: slot.parsed() for name, slot in (intent.slots or {}).items()}
    return Intent(intent.name, {name: slot for name, slot in parsed.items() if slot is not None})

"""Who may call: the assistant with its secret, the shop's staff with another."""

import hmac
from enum import Enum, auto

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from pydantic import SecretStr

from shop.problems import NotFound, Unauthorized
from shop.settings import Settings

PUBLIC = frozenset(
    {
        "/v1/health",
        "/v1/openapi.yaml",
        "/images/{name}",
        "/documents/{token}",  # signed
        "/pay/{token}",  # too long to guess
        "/v1/payment-events/{provider}",  # signed by the provider
    }
)
OPERATIONS = "/v1/operations/"


class Access(Enum):
    """Whom a route is for."""

    ANYONE = auto()
    SHOP = auto()
    OPERATIONS = auto()


def access_to(request: web.Request) -> Access:
    """Decided by the route that matched, never by the path as written; what matches nothing needs the shop's secret."""
    resource = request.match_info.route.resource
    canonical = resource.canonical if resource is not None else ""
    if canonical in PUBLIC:
        return Access.ANYONE
    return Access.OPERATIONS if canonical.startswith(OPERATIONS) else Access.SHOP


def guard(settings: Settings) -> Middleware:
    """Lets nobody pass without the right secret."""

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        access = access_to(request)
        if access is Access.OPERATIONS:
            _check_operations(request, settings.operations_token)
        elif access is Access.SHOP:
            _check(request, settings.token)
        return await handler(request)

    return guarded


def _check_operations(request: web.Request, secret: SecretStr | None) -> None:
    if secret is None:
        raise NotFound
    _check(request, secret)


def _check(request: web.Request, secret: SecretStr) -> None:
    given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, f"Bearer {secret.get_secret_value()}".encode()):
        raise Unauthorized

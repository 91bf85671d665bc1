"""Which adapter stands before the shop: what SHOP_KIND says."""

from pydantic import SecretStr

from actions.backend.http_shop import HttpShop
from actions.backend.port import Backend
from actions.backend.vendure import VendureShop
from actions.settings import ActionSettings


def chosen(settings: ActionSettings) -> Backend:
    return {"port": _http_shop, "vendure": _vendure_shop}[settings.shop_kind](settings)


def _http_shop(settings: ActionSettings) -> Backend:
    return HttpShop(settings.shop_url, _needed(settings.shop_token))


def _vendure_shop(settings: ActionSettings) -> Backend:
    return VendureShop(
        settings.vendure_url,
        _needed(settings.vendure_secret),
        {str(ours): theirs for ours, theirs in settings.vendure_payment_methods.items()},
        channel=settings.vendure_channel,
        email_domain=settings.vendure_email_domain,
        shipping=settings.vendure_shipping_method,
        kind_facet=settings.vendure_kind_facet,
    )


def _needed(secret: SecretStr | None) -> SecretStr:
    if secret is None:
        raise ValueError("a shop's secret is missing")  # the settings let no kind of shop come without its own
    return secret

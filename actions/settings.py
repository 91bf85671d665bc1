"""What the actions read from the environment; the same names as in docs/settings.md."""

from functools import cache
from typing import Literal

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

NEEDED = {"port": ("shop_url", "shop_token"), "vendure": ("vendure_url", "vendure_secret", "vendure_payment_methods")}
"""By kind of shop: without a shop there is nothing to act on."""


class ActionSettings(BaseSettings):
    """What a shop needs has no default, and must be there for the kind of shop that was chosen."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True)

    shop_kind: Literal["port", "vendure"] = Field(
        "port", description="What the shop is: `port` speaks docs/port.md, `vendure` is a Vendure server."
    )
    shop_url: str = Field(
        "", description="The shop's API; `unix:///path` names a socket. Needed unless SHOP_KIND is another."
    )
    shop_token: SecretStr | None = Field(
        None, description="Secret: bearer token for the shop's API. Needed as SHOP_URL is."
    )
    vendure_url: str = Field(
        "", description="Vendure's Shop API, `https://…/shop-api`. Needed with SHOP_KIND=vendure, as are the next two."
    )
    vendure_secret: SecretStr | None = Field(
        None,
        description="Secret: makes the customers' accounts in Vendure. Never changed: another one makes other accounts.",
    )
    vendure_payment_methods: dict[Literal["invoice", "paypal", "card", "direct_debit"], str] = Field(
        {}, description='Vendure\'s payment method for each of ours that can be paid with: `{"invoice": "pay-later"}`.'
    )
    vendure_shipping_method: str = Field(
        "", description="Code of the shipping method; without it the cheapest that is eligible."
    )
    vendure_channel: str = Field("", description="Token of the sales channel; without it the default one.")
    vendure_email_domain: str = Field(
        "nochannel.invalid", description="Domain of the addresses of those accounts; Vendure mails there what it mails."
    )
    vendure_kind_facet: str = Field(
        "category",
        description="The facet that says what kind of thing a product is; without values, its collections do.",
    )
    public_url: str = Field(
        "http://localhost:8080", description="Where customers' apps load the product pictures from."
    )
    proof_minutes: int = Field(
        30,
        ge=1,
        description="For so long a proof (a code, a fresh sign-in) counts before sensitive goals ask for another.",
    )
    telegram_bot_name: str = Field("", description="Name of the Telegram bot, for links that lead to it with a code.")
    whatsapp_phone: str = Field(
        "", description="The shop's WhatsApp number as `491701234567`, for links that lead to it with a code."
    )
    service_phone: str = Field(
        "+49 40 1234567", description="The hotline that is named to customers who want a person."
    )
    service_email: str = Field("service@example.org", description="The address that is named beside it.")
    timezone: str = Field("Europe/Berlin", description='Where the shop is: what "tomorrow" means.')
    service_hours: str = Field("8-20", description="Hours of the hotline, Monday to Saturday, `FROM-TO`.")

    @model_validator(mode="after")
    def _knows_its_shop(self) -> "ActionSettings":
        missing = [name.upper() for name in NEEDED[self.shop_kind] if not getattr(self, name)]
        if missing:
            raise ValueError(f"SHOP_KIND={self.shop_kind} needs {', '.join(missing)}")
        return self


@cache
def settings() -> ActionSettings:
    """Read once, at the first action."""
    return ActionSettings()

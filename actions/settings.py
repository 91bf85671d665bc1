"""What the actions read from the environment; the same names as in docs/settings.md."""

from functools import cache

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ActionSettings(BaseSettings):
    """SHOP_URL and SHOP_TOKEN have no default: without a shop there is nothing to act on."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    shop_url: str = Field(description="The shop's API; `unix:///path` names a socket.")
    shop_token: SecretStr = Field(description="Secret: bearer token for the shop's API.")
    public_url: str = Field(
        "http://localhost:8080", description="Where customers' apps load the product pictures from."
    )
    service_phone: str = Field(
        "+49 40 1234567", description="The hotline that is named to customers who want a person."
    )
    service_email: str = Field("service@example.org", description="The address that is named beside it.")
    timezone: str = Field("Europe/Berlin", description='Where the shop is: what "tomorrow" means.')
    service_hours: str = Field("8-20", description="Hours of the hotline, Monday to Saturday, `FROM-TO`.")


@cache
def settings() -> ActionSettings:
    """Read once, at the first action."""
    return ActionSettings()

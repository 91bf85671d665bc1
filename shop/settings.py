"""What the operator decides, read from the environment (SHOP_...)."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def _not_blank(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value().strip():
        raise ValueError("a secret must not be empty")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_not_blank)]


def _usable(url: SecretStr) -> SecretStr:
    # A database in memory would be another one for every connection.
    if not re.match(r"sqlite(\+aiosqlite)?:///(?!:memory:)[^?]|postgres(ql)?(\+asyncpg)?://", url.get_secret_value()):
        raise ValueError("must be sqlite:///<file> or postgresql://…")
    return url


DatabaseUrl = Annotated[SecretStr, AfterValidator(_usable)]


class DatabaseSettings(BaseSettings):
    """Where the data is; enough for migrations, seeding, files in and out."""

    model_config = SettingsConfigDict(env_prefix="SHOP_", frozen=True, hide_input_in_errors=True)

    # A secret too: it may carry the database's password.
    database_url: DatabaseUrl = SecretStr("sqlite:///.nochannel/shop/shop.db")
    database_wait_seconds: float = 10.0  # for a connection or a lock, then the shop says that it is unavailable
    return_days: int = 14  # after delivery


class Settings(DatabaseSettings):
    """The service's settings; there is no default for a secret, so without SHOP_TOKEN the shop does not start."""

    token: Secret
    operations_token: Secret | None = None
    sample_data: bool | None = None
    public_url: str = ""  # put before image paths, for messengers that fetch pictures themselves
    idempotency_days: int = 30
    max_body_bytes: int = 65_536
    link_days: int = 7  # how long a link to an invoice is valid
    payment_provider: Literal["test", "stripe"] = "test"
    stripe_key: Secret | None = None
    stripe_webhook_secret: Secret | None = None
    stripe_url: str = "https://api.stripe.com"
    seller_name: str = "Nochannel Musterladen GmbH"
    seller_street: str = "Musterstraße 1"
    seller_city: str = "04109 Leipzig"
    seller_country: str = "DE"
    seller_email: str = "service@example.org"
    seller_vat_number: str = "DE123456788"
    seller_iban: str = "DE89 3704 0044 0532 0130 00"

    @model_validator(mode="after")
    def _two_secrets_differ(self) -> "Settings":
        if self.operations_token is not None and self.operations_token == self.token:
            raise ValueError("SHOP_OPERATIONS_TOKEN must differ from SHOP_TOKEN")
        return self

    @model_validator(mode="after")
    def _stripe_is_whole(self) -> "Settings":
        if self.payment_provider == "stripe" and (self.stripe_key is None or self.stripe_webhook_secret is None):
            raise ValueError("SHOP_PAYMENT_PROVIDER=stripe needs SHOP_STRIPE_KEY and SHOP_STRIPE_WEBHOOK_SECRET")
        if self.payment_provider == "stripe" and not self.public_url:
            raise ValueError("SHOP_PAYMENT_PROVIDER=stripe needs SHOP_PUBLIC_URL: customers come back to it")
        return self

    @property
    def wants_sample_data(self) -> bool:
        """Unless it is decided: yes in the embedded database, no in one that the operator brought."""
        if self.sample_data is not None:
            return self.sample_data
        return self.database_url.get_secret_value().startswith("sqlite")

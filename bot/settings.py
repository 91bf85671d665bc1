"""Every setting of the runtime, from the environment. Secrets never print and have no default."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator can change; docs/settings.md is made from this class (`python -m bot settings`)."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    environment: Literal["development", "production"] = Field(
        "development",
        description="`production` refuses to start without the secrets that it needs and closes development pages.",
    )
    host: str = Field("127.0.0.1", description="Address that the gateway listens on.")
    port: int = Field(8080, description="Port that the gateway listens on.")
    public_url: str | None = Field(
        None, description="Address at which customers and vendors reach the gateway; default http://localhost:PORT."
    )
    workers: int = Field(
        1, ge=0, le=64, description="Worker processes that answer turns, forked after the model is loaded."
    )
    turns_at_once: int = Field(
        16,
        ge=1,
        description="Conversations that one worker answers side by side while their actions wait for the shop.",
    )
    data_dir: Path = Field(Path(".nochannel"), description="Where the embedded Redis and shop keep their data.")
    model: Path = Field(Path("models"), description="A trained model, or a folder of which the newest is taken.")

    form_of_address: Literal["du", "Sie"] = Field("du", description="How German-speaking customers are addressed.")

    redis_url: str | None = Field(
        None,
        description="Redis 6.2 or later: `redis://`, `rediss://`, `unix://`, `redis+cluster://` or `redis+sentinel://host:port/service`; without it one is started under DATA_DIR.",
    )
    shards: int = Field(
        16, ge=1, le=1024, description="Parts that the conversations are spread over. Fixed once there is data."
    )
    lock_seconds: float = Field(
        10,
        gt=0,
        description="A conversation's lock, renewed while its turn runs; a dead worker's turn starts again after it.",
    )
    max_turn_attempts: int = Field(
        5, ge=1, description="A message whose turn failed so often is parked, and the customer is told."
    )
    max_send_attempts: int = Field(8, ge=1, description="A delivery that failed so often is parked.")
    seen_seconds: int = Field(
        172_800,
        description="How long a vendor's message id is remembered, so that a second delivery is not a second message.",
    )
    max_waiting: int = Field(200, description="Messages of one conversation that may wait; more are refused with 429.")
    answer_seconds: float = Field(
        25, description="How long a channel that answers in the same response (rest) holds the line."
    )

    shop_kind: Literal["port", "vendure"] = Field(
        "port",
        description="What the shop is: `port` speaks docs/port.md, `vendure` is a Vendure server (its settings are below, with the custom actions).",
    )
    shop_url: str | None = Field(
        None, description="The shop's API (docs/port.md); without it the embedded shop is started."
    )
    shop_token: SecretStr | None = Field(
        None, description="Secret: bearer token for the shop's API. The embedded shop makes one at each start."
    )
    action_endpoint_url: str | None = Field(
        None, description="A `rasa run actions` server; without it custom actions run inside the workers."
    )

    rest_token: SecretStr | None = Field(
        None,
        description="Secret: bearer token of `rest`, `/model/parse` and the tracker. Required in production; without it they are open in development.",
    )
    web_secret: SecretStr | None = Field(
        None,
        description="Secret: signs the visitors' tokens of the web chat. Required in production; a random one is kept under DATA_DIR in development.",
    )
    web_origins: tuple[str, ...] = Field(
        (), description="Origins of shop pages that may embed the widget, as a JSON list; the gateway's own always may."
    )
    web_token_secret: SecretStr | None = Field(
        None,
        description="Secret: shared with the shop's site, which signs tokens (HS256) for customers who are signed in there (docs/identity.md).",
    )
    web_token_public_key: str = Field(
        "", description="The same with a key pair (RS256, ES256): the site's public key, in PEM."
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Secret: where codes are mailed from: `smtps://user:password@host:465`, `smtp://…:587`. Without it mails go to the development outbox, and in production nowhere.",
    )
    mail_from: str = Field("Nochannel <nochannel@localhost>", description="Sender of mails, `Name <address>`.")
    telegram_token: SecretStr | None = Field(None, description="Secret: the bot's token. With it Telegram is on.")
    telegram_secret: SecretStr | None = Field(
        None, description="Secret: the webhook's secret token (1-256 of A-Z a-z 0-9 _ -). Required for the webhook."
    )
    telegram_mode: Literal["webhook", "polling"] = Field(
        "polling", description="`webhook` registers PUBLIC_URL/webhooks/telegram; `polling` needs no public address."
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org", description="Telegram's Bot API, or a server that speaks it."
    )
    meta_app_secret: SecretStr | None = Field(
        None,
        description="Secret: of the Meta app; signs the webhooks of WhatsApp, Messenger and Instagram. Needed by each.",
    )
    meta_verify_token: SecretStr | None = Field(
        None, description="Secret: a word of your own that Meta repeats when a webhook is registered. Needed by each."
    )
    meta_api_url: str = Field(
        "https://graph.facebook.com/v23.0", description="Meta's Graph API, or a server that speaks it."
    )
    whatsapp_token: SecretStr | None = Field(
        None, description="Secret: access token of the WhatsApp Business account. With it WhatsApp is on."
    )
    whatsapp_phone_id: str = Field(
        "", description="Id of the shop's number at Meta (not the number). Needed by WhatsApp."
    )
    whatsapp_template_de: str = Field(
        "", description="Approved German template that invites to write, for what is to be said after 24 hours."
    )
    whatsapp_template_en: str = Field("", description="The same in English.")
    messenger_token: SecretStr | None = Field(
        None, description="Secret: access token of the Facebook page. With it Messenger is on."
    )
    instagram_token: SecretStr | None = Field(
        None,
        description="Secret: access token of the page that the Instagram account belongs to. With it Instagram is on.",
    )
    twilio_auth_token: SecretStr | None = Field(
        None,
        description="Secret: of the Twilio account; signs its webhooks. With it and a number, phone and SMS are on.",
    )
    twilio_account: str = Field("", description="The Twilio account's SID (AC…).")
    twilio_number: str = Field("", description="The shop's number at Twilio, such as +4940123456.")
    twilio_api_url: str = Field("https://api.twilio.com", description="Twilio's REST API, or a server that speaks it.")
    phone_voice_de: str = Field("Polly.Vicki-Neural", description="Twilio's voice for German.")
    phone_voice_en: str = Field("Polly.Joanna-Neural", description="Twilio's voice for English.")
    phone_language: Literal["de", "en"] = Field("de", description="In which calls are answered at first.")
    phone_person: str = Field(
        "", description="The number that callers who want a person are put through to; empty: nobody."
    )
    matrix_homeserver_url: str = Field(
        "", description="The Matrix homeserver that the assistant is an application service of."
    )
    matrix_as_token: SecretStr | None = Field(
        None, description="Secret: `as_token` of the registration. With it and the next two Matrix is on."
    )
    matrix_hs_token: SecretStr | None = Field(
        None, description="Secret: `hs_token` of the registration, which the homeserver shows."
    )
    matrix_user: str = Field("", description="The assistant's own Matrix id, such as @shop:example.org.")
    alexa_skill_id: str | None = Field(
        None,
        description="Id of the Alexa skill (amzn1.ask.skill. …). With it Alexa is on, and only this skill is heard.",
    )
    oauth_client_id: str = Field(
        "",
        description="For Alexa's account linking: the client id that the skill's console has. With it linking is on.",
    )
    oauth_client_secret: SecretStr | None = Field(
        None, description="Secret: the client secret that the skill's console has. Needed with OAUTH_CLIENT_ID."
    )
    oauth_redirect_uris: tuple[str, ...] = Field(
        (),
        description="The redirect URLs that the skill's console shows, as a JSON list; nobody is sent anywhere else.",
    )
    alexa_invocation_name: str = Field(
        "no channel",
        description="What customers call the skill: two words or more, in small letters. Also the title of its cards.",
    )

    code_seconds: int = Field(600, ge=60, description="For so long a one-time code counts.")
    messages_per_minute: int = Field(
        60, description="Messages that one account may send in a minute; more are refused with 429."
    )
    messages_per_minute_of_address: int = Field(
        300, description="The same for all visitors of the page behind one network address; 0: as many as come."
    )
    forwarded_for: bool = Field(
        False, description="A proxy in front sets X-Forwarded-For; then the last address in it is the visitor's."
    )
    max_body_bytes: int = Field(262_144, description="Largest request body that the gateway reads.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Log lines carry ids and durations, never customers' words."
    )
    log_format: Literal["text", "json"] = Field("text", description="`json` for log collectors.")

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not url.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("must begin with smtp:// or smtps://")
        return url

    @property
    def own_url(self) -> str:
        """The address to show to people, without a slash at its end."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    def missing_secrets(self) -> list[str]:
        """Names of secrets that production needs and that are not set."""
        if self.environment != "production":
            return []
        needed = ["rest_token", "web_secret"]
        if self.shop_kind == "port":
            needed.append("shop_token")
        if self.telegram_token and self.telegram_mode == "webhook":
            needed.append("telegram_secret")
        if self.matrix_as_token:
            needed.append("matrix_hs_token")
        if self.oauth_client_id:
            needed.append("oauth_client_secret")
        if self.whatsapp_token or self.messenger_token or self.instagram_token:
            needed += ["meta_app_secret", "meta_verify_token"]
        return [name.upper() for name in needed if getattr(self, name) is None]

"""The channels there are: one line each. docs/adding_a_channel.md says how to add one."""

from collections.abc import Callable
from dataclasses import dataclass
from string import capwords

from pydantic import SecretStr

from bot.channels.alexa.channel import AlexaChannel
from bot.channels.alexa.signature import Signatures, fetched, trusted_roots
from bot.channels.base import Abilities, Channel
from bot.channels.customer_tokens import CustomerTokens
from bot.channels.dev_outbox import DevOutbox
from bot.channels.mail import DevMail, MailChannel
from bot.channels.matrix import MatrixChannel
from bot.channels.messenger import InstagramChannel, MessengerChannel
from bot.channels.meta import Graph, MetaWebhook
from bot.channels.oauth_grants import Grants, LinkedAccounts
from bot.channels.phone import PhoneChannel, Voices
from bot.channels.rest import Ask, RestChannel
from bot.channels.sms import SmsChannel
from bot.channels.telegram import Picture, TelegramChannel
from bot.channels.twilio import TwilioApi, TwilioWebhook
from bot.channels.untold import Untold
from bot.channels.visitors import Visitors
from bot.channels.web_chat import WebChat
from bot.channels.web_transcript import Transcript
from bot.channels.whatsapp import WhatsAppChannel
from bot.clock import SystemClock
from bot.conversation.inbox import Inbox
from bot.redis_client import Client
from bot.redis_keys import Keys
from bot.settings import Settings


@dataclass(frozen=True)
class Parts:
    """What channels are built from."""

    settings: Settings
    redis: Client
    keys: Keys
    ask: Ask
    inbox: Inbox
    picture: Picture


def rest(parts: Parts) -> Channel:
    return RestChannel(parts.ask, parts.settings.rest_token)


def web(parts: Parts) -> Channel | None:
    secret = parts.settings.web_secret
    if secret is None:
        return None
    tokens = CustomerTokens(parts.settings.web_token_secret, parts.settings.web_token_public_key)
    visitors = Visitors(secret, parts.redis, parts.keys)
    transcript = Transcript(parts.redis, parts.keys)
    return WebChat(transcript, visitors, tokens, parts.settings.web_origins, parts.settings.forwarded_for)


def mail(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.smtp_url is not None:
        return MailChannel(settings.smtp_url, settings.mail_from)
    return DevMail(DevOutbox(parts.redis)) if settings.environment != "production" else None


def telegram(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.telegram_token is None:
        return None
    webhook = f"{settings.own_url}/webhooks/telegram" if settings.telegram_mode == "webhook" else None
    return TelegramChannel(
        settings.telegram_token,
        settings.telegram_secret,
        settings.telegram_api_url,
        parts.redis,
        parts.picture,
        webhook,
    )


def whatsapp(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.whatsapp_token is None:
        return None
    templates = {"de": settings.whatsapp_template_de, "en": settings.whatsapp_template_en}
    return WhatsAppChannel(
        _meta_webhook(settings),
        Graph(settings.meta_api_url, settings.whatsapp_token),
        settings.whatsapp_phone_id,
        templates,
        parts.redis,
        parts.picture,
    )


def messenger(parts: Parts) -> Channel | None:
    return _of_page(parts, MessengerChannel, parts.settings.messenger_token)


def instagram(parts: Parts) -> Channel | None:
    return _of_page(parts, InstagramChannel, parts.settings.instagram_token)


def _of_page(parts: Parts, kind: type[MessengerChannel], token: SecretStr | None) -> Channel | None:
    if token is None:
        return None
    graph = Graph(parts.settings.meta_api_url, token)
    return kind(_meta_webhook(parts.settings), graph, parts.redis, parts.picture)


def _meta_webhook(settings: Settings) -> MetaWebhook:
    return MetaWebhook(settings.meta_app_secret, settings.meta_verify_token)


def sms(parts: Parts) -> Channel | None:
    if not _has_twilio(parts.settings):
        return None
    return SmsChannel(*_twilio(parts.settings), parts.redis)


def phone(parts: Parts) -> Channel | None:
    settings = parts.settings
    if not _has_twilio(settings):
        return None
    voices = Voices(settings.phone_voice_de, settings.phone_voice_en, settings.form_of_address, settings.phone_language)
    return PhoneChannel(
        parts.ask,
        *_twilio(settings),
        Untold(parts.redis, parts.keys, PhoneChannel.name),
        parts.redis,
        voices,
        settings.own_url,
        settings.phone_person,
    )


def _has_twilio(settings: Settings) -> bool:
    return settings.twilio_auth_token is not None and bool(settings.twilio_number)


def _twilio(settings: Settings) -> tuple[TwilioWebhook, TwilioApi]:
    token = settings.twilio_auth_token
    api = TwilioApi(settings.twilio_api_url, settings.twilio_account, token, settings.twilio_number)
    return TwilioWebhook(token, settings.own_url), api


def matrix(parts: Parts) -> Channel | None:
    settings = parts.settings
    if settings.matrix_as_token is None or not settings.matrix_homeserver_url or not settings.matrix_user:
        return None
    return MatrixChannel(
        settings.matrix_homeserver_url,
        settings.matrix_as_token,
        settings.matrix_hs_token,
        settings.matrix_user,
        parts.redis,
    )


def alexa(parts: Parts) -> Channel | None:
    skill_id = parts.settings.alexa_skill_id
    return alexa_skill(parts, skill_id, Signatures(fetched, trusted_roots(), SystemClock())) if skill_id else None


def alexa_skill(parts: Parts, skill_id: str, signatures: Signatures) -> AlexaChannel:
    """With whatever vouches for its requests."""
    settings = parts.settings
    return AlexaChannel(
        parts.ask,
        signatures,
        Untold(parts.redis, parts.keys, AlexaChannel.name),
        SystemClock(),
        skill_id,
        capwords(settings.alexa_invocation_name),
        settings.form_of_address,
        LinkedAccounts(Grants(parts.redis), parts.inbox) if settings.oauth_client_id else None,
    )


CHANNELS: dict[str, Callable[[Parts], Channel | None]] = {
    "rest": rest,
    "web": web,
    "mail": mail,
    "telegram": telegram,
    "whatsapp": whatsapp,
    "messenger": messenger,
    "instagram": instagram,
    "matrix": matrix,
    "sms": sms,
    "phone": phone,
    "alexa": alexa,
}
"""By name; a builder answers None when the settings leave the channel off."""


KINDS: tuple[type[Channel], ...] = (
    RestChannel,
    WebChat,
    MailChannel,
    TelegramChannel,
    WhatsAppChannel,
    MessengerChannel,
    InstagramChannel,
    MatrixChannel,
    SmsChannel,
    PhoneChannel,
    AlexaChannel,
)
"""What each of them is, for what it can do."""


TITLES = {"sms": "SMS", "web": "Web-Chat", "whatsapp": "WhatsApp"}
"""What customers call a channel, where that is not its name with a capital."""


def able(can: Callable[[Abilities], bool]) -> frozenset[str]:
    """Names of the channels that can do something."""
    return frozenset(kind.name for kind in KINDS if can(kind.abilities))


def build(parts: Parts) -> dict[str, Channel]:
    """The channels that the settings turn on."""
    built = {name: builder(parts) for name, builder in CHANNELS.items()}
    return {name: channel for name, channel in built.items() if channel is not None}

"""`mail`: codes and confirmations by SMTP. It only sends; while developing, the development outbox stands in for it."""

import asyncio
import html
import smtplib
import ssl
from collections.abc import Sequence
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from hashlib import sha256
from urllib.parse import SplitResult, unquote, urlsplit

from aiohttp import web
from pydantic import SecretStr

from bot.channels.base import Abilities, Door
from bot.channels.dev_outbox import DevOutbox
from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Delivery, Reply

TIMEOUT_SECONDS = 20
PORTS = {"smtp": 587, "smtps": 465}
MAX_SUBJECT = 120


class MailChannel:
    """The account is an e-mail address. The first line of a reply is the subject."""

    name = "mail"
    abilities = Abilities(push=True)

    def __init__(self, smtp_url: SecretStr, sender: str) -> None:
        """`smtp_url`: smtp://user:password@host:587 (with STARTTLS where the server offers it), smtps://…:465."""
        self._smtp_url = smtp_url
        self._sender = sender

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        return []

    async def start(self, door: Door) -> None:
        return

    async def stop(self) -> None:
        return

    async def send(self, delivery: Delivery) -> None:
        message = mail(delivery, self._sender)
        try:
            await asyncio.to_thread(self._send, message)
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPResponseException) as error:
            code = _code(error)
            if 500 <= code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError):
                raise Undeliverable(f"smtp {code}") from None
            raise TryAgain(f"smtp {code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise TryAgain(type(error).__name__) from None

    def _send(self, message: EmailMessage) -> None:
        url = urlsplit(self._smtp_url.get_secret_value())
        with _connected(url) as server:
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            server.send_message(message)


class DevMail(MailChannel):
    """The same, into the development outbox."""

    def __init__(self, outbox: DevOutbox) -> None:
        self._outbox = outbox

    def routes(self, door: Door) -> Sequence[web.AbstractRouteDef]:
        return self._outbox.routes()

    async def send(self, delivery: Delivery) -> None:
        subject, body = _parts(delivery.reply)
        await self._outbox.keep("mail", delivery.account, subject, body)


def mail(delivery: Delivery, sender: str) -> EmailMessage:
    """Raises Undeliverable for what is no address."""
    subject, body = _parts(delivery.reply)
    message = EmailMessage()
    try:
        message["To"] = Address(addr_spec=delivery.account)
        name, address = parseaddr(sender)
        message["From"] = Address(name, addr_spec=address)
    except (MessageError, ValueError, IndexError):
        raise Undeliverable("not an e-mail address") from None
    message["Subject"] = subject
    message["Date"] = formatdate()
    digest = sha256(delivery.delivery_id.encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{digest}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = delivery.reply.language
    message.set_content(body)
    message.add_alternative(_as_html(body), subtype="html")
    return message


def _parts(reply: Reply) -> tuple[str, str]:
    text = (reply.text or "").strip()
    subject, _, rest = text.partition("\n")
    return " ".join(subject.split())[:MAX_SUBJECT], rest.strip() or text


def _as_html(body: str) -> str:
    paragraphs = "".join(f"<p>{html.escape(part)}</p>" for part in body.split("\n\n"))
    return f'<div style="font-family:sans-serif;max-width:36em;line-height:1.5">{paragraphs}</div>'


def _connected(url: SplitResult) -> smtplib.SMTP:
    host, port = url.hostname or "localhost", url.port or PORTS[url.scheme]
    if url.scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(getattr(error, "smtp_code", 0))

"""`mail`: against a real SMTP server, and the page that stands in for one while developing."""

import asyncio
import email
import email.policy
import socket
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr, ValidationError

from bot.conversation.outbox import TryAgain, Undeliverable
from bot.messages import Delivery, Reply
from bot.settings import Settings
from tests.contracts.conftest import Open
from tests.contracts.switchboard import Switchboard, settings

KIM = "kim@example.org"
CODE = Reply(text="Dein Code: 482 913\n\nEr gilt zehn Minuten.\n\nHast du ihn nicht angefordert, vergiss die Mail.")


class Postbox:
    """What the server took; `answers` are given in the place of taking it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answers: list[str] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[Any]
    ) -> str:
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


@pytest.fixture
async def postbox() -> AsyncIterator[tuple[Postbox, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    box = Postbox()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    await asyncio.to_thread(controller.start)
    yield box, port
    await asyncio.to_thread(controller.stop)


@pytest.fixture
async def board(open_switchboard: Open, postbox: tuple[Postbox, int]) -> Switchboard:
    url = SecretStr(f"smtp://127.0.0.1:{postbox[1]}")
    return await open_switchboard("mail", settings(smtp_url=url, mail_from="Der Laden <laden@example.org>"))


def delivery(reply: Reply = CODE, to: str = KIM, delivery_id: str = "m-1/elsewhere/0") -> Delivery:
    return Delivery("mail", to, delivery_id, reply)


async def test_a_code_is_mailed(board: Switchboard, postbox: tuple[Postbox, int]) -> None:
    async with board.working():
        await board.deliver(KIM, CODE)
        await board.quiet(KIM)
    [mail] = postbox[0].mails
    assert (mail["To"], mail["From"], mail["Subject"]) == (KIM, "Der Laden <laden@example.org>", "Dein Code: 482 913")
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, as_html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert as_html is not None
    assert "Er gilt zehn Minuten." in plain.get_content()
    assert "<p>Er gilt zehn Minuten.</p>" in as_html.get_content()


async def test_the_same_delivery_is_the_same_mail(board: Switchboard, postbox: tuple[Postbox, int]) -> None:
    for _ in range(2):
        await board.channel.send(delivery())
    first, second = postbox[0].mails
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(("answer", "error"), [("450 later", TryAgain), ("550 nobody here", Undeliverable)])
async def test_what_the_server_says_decides(
    board: Switchboard, postbox: tuple[Postbox, int], answer: str, error: type[Exception]
) -> None:
    postbox[0].answers.append(answer)
    with pytest.raises(error):
        await board.channel.send(delivery())


async def test_while_the_server_is_away_the_mail_waits(open_switchboard: Open) -> None:
    board = await open_switchboard("mail", settings(smtp_url=SecretStr("smtp://user:pa%24s@127.0.0.1:9")))
    with pytest.raises(TryAgain) as waits:
        await board.channel.send(delivery())
    assert "pa" not in str(waits.value).replace("Connection", "")


@pytest.mark.parametrize(
    "address",
    ["", "kim", "a@b\nBcc: all@example.org", "kim@example.org\r\nX: y", "@", "kim@example.org, mia@example.org"],
)
async def test_nothing_but_one_address_is_written_to(
    board: Switchboard, postbox: tuple[Postbox, int], address: str
) -> None:
    with pytest.raises(Undeliverable):
        await board.channel.send(delivery(to=address))
    assert postbox[0].mails == []


async def test_words_cannot_become_headers_or_markup(board: Switchboard, postbox: tuple[Postbox, int]) -> None:
    await board.channel.send(delivery(Reply(text="Hallo\r\nBcc: all@example.org\n\n<script>alert(1)</script>")))
    [mail] = postbox[0].mails
    assert mail["Bcc"] is None
    as_html = mail.get_body(("html",))
    assert as_html is not None
    assert "<script>" not in as_html.get_content()


async def test_while_developing_mails_are_on_a_page(open_switchboard: Open) -> None:
    board = await open_switchboard("mail", settings())
    async with board.working():
        await board.deliver(KIM, Reply(text="Dein Code: 482 913\n\n<b>Hallo</b>"))
        await board.quiet(KIM)
    async with board.http.get("/dev/outbox") as response:
        page = await response.text()
        assert response.headers["Cache-Control"] == "no-store"
    assert "Dein Code: 482 913" in page
    assert "&lt;b&gt;Hallo" in page
    async with board.http.get("/dev/outbox?format=json") as response:
        [message] = (await response.json())["messages"]
    assert (message["to"], message["kind"], message["subject"]) == (KIM, "mail", "Dein Code: 482 913")


async def test_in_production_there_is_no_such_page(open_switchboard: Open, postbox: tuple[Postbox, int]) -> None:
    given = {"environment": "production", "rest_token": SecretStr("x"), "shop_token": SecretStr("x")}
    board = await open_switchboard("mail", settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{postbox[1]}"), **given))
    async with board.http.get("/dev/outbox") as response:
        assert response.status == 404


def test_in_production_without_a_server_mail_is_off() -> None:
    from bot.channels.registry import Parts, mail

    given = settings(environment="production")
    assert mail(Parts(given, None, None, None, None, None)) is None  # type: ignore[arg-type]


def test_an_address_of_another_kind_is_refused_without_being_shown() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, smtp_url=SecretStr("https://user:a-password@host"))
    assert "smtps://" in str(refused.value)
    assert "a-password" not in str(refused.value)

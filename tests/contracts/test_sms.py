"""`sms`: the contracts, and what only texts have."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
from pydantic import SecretStr

from bot.messages import Button, Reply
from bot.settings import Settings
from tests.contracts.channel import LONG_TEXT, ChannelContract
from tests.contracts.conftest import Open
from tests.contracts.form_webhook import FormWebhookContract
from tests.contracts.lines import Call, Receipt, Shown
from tests.contracts.switchboard import UNLIMITED, Switchboard, settings
from tests.contracts.twilio_api import ACCOUNT, NUMBER, SIGNATURE, TOKEN, FakeTwilio, form, signed
from tests.contracts.vendor import VendorContract

PATH = "/webhooks/sms"
KIM = "+491701234567"


def twilio_settings(vendor: FakeTwilio, **changes: Any) -> Settings:
    given: dict[str, Any] = {
        "twilio_auth_token": SecretStr(TOKEN),
        "twilio_account": ACCOUNT,
        "twilio_number": NUMBER,
        "twilio_api_url": vendor.url,
    }
    return settings(**given | changes)


class SmsLine:
    """Kim's phone."""

    account = KIM
    other_account = "+491707654321"

    def __init__(self, board: Switchboard, vendor: FakeTwilio) -> None:
        self.board = board
        self.vendor = vendor

    @property
    def genuine(self) -> str:
        return json.dumps(self._fields("hallo", "1"))

    async def says(self, text: str, message_id: str) -> Receipt:
        return await self.sends(self._fields(text, message_id))

    async def sends(self, fields: Mapping[str, str]) -> Receipt:
        call = self.signed(form(fields))
        async with self.board.http.post(call.path, data=call.body, headers=call.headers) as response:
            retry_after = response.headers.get("Retry-After")
            if response.status == 200:
                assert await response.text() == "<Response/>"
            return Receipt(response.status, int(retry_after) if retry_after else None)

    async def presses(self, title: str) -> Receipt:
        """Answers with the number in front of it."""
        numbers = [
            line.partition(":")[0]
            for fields in self.vendor.sent[self.account]
            for line in fields["Body"].splitlines()
            if line.endswith(f": {title}")
        ]
        return await self.says(numbers[-1], "99")

    async def sees(self) -> list[Shown]:
        return self.vendor.shown(self.account)

    def signed(self, body: bytes) -> Call:
        return signed(PATH, body)

    def call(self, text: str, message_id: str) -> Call:
        return self.signed(form(self._fields(text, message_id)))

    def forged(self) -> Mapping[str, Call]:
        genuine = self.call("hallo", "1")
        proofs = {
            "none": None,
            "empty": "",
            "with another token": signed(PATH, genuine.body, "x" * 20).headers[SIGNATURE],
            "of another address": signed(PATH + "x", genuine.body).headers[SIGNATURE],
            "of another text": self.call("etwas anderes", "1").headers[SIGNATURE],
        }
        return {
            why: Call(PATH, genuine.body, {} if proof is None else {SIGNATURE: proof}) for why, proof in proofs.items()
        }

    def malformed(self) -> Sequence[bytes]:
        genuine = self._fields("hallo", "1")
        spoiled = [{**genuine, "From": ""}, {**genuine, "MessageSid": ""}, {**genuine, "From": "9" * 200}]
        return [form({"Body": "hallo"}), *map(form, spoiled)]

    def _fields(self, text: str, message_id: str) -> dict[str, str]:
        return {
            "MessageSid": f"SM{int(message_id):032x}", "AccountSid": ACCOUNT, "From": KIM, "To": NUMBER, "Body": text,
            "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01",
        }  # fmt: skip


@pytest.fixture
async def vendor() -> AsyncIterator[FakeTwilio]:
    api = FakeTwilio()
    await api.server.start_server(shutdown_timeout=0.01)
    yield api
    await api.server.close()


@pytest.fixture
async def line(open_switchboard: Open, vendor: FakeTwilio) -> SmsLine:
    return SmsLine(await open_switchboard("sms", twilio_settings(vendor)), vendor)


@pytest.fixture
async def webhook(open_switchboard: Open, vendor: FakeTwilio) -> SmsLine:
    """Of a customer who may do a lot."""
    return SmsLine(await open_switchboard("sms", twilio_settings(vendor, **UNLIMITED)), vendor)


class TestSms(ChannelContract, FormWebhookContract, VendorContract):
    """All three contracts."""

    async def test_a_reply_that_failed_half_way_goes_on_where_it_stopped(self, line: SmsLine) -> None:  # type: ignore[override]
        """Only what is longer than a text may be comes in several."""
        line.vendor.fail(503, after=2)
        async with line.board.working():
            await line.board.deliver(KIM, Reply(text=LONG_TEXT))
            await line.board.postponed(KIM)
            line.board.clock.passes(1)
            await line.board.quiet(KIM)
        assert "".join("".join(shown.text.split()) for shown in await line.sees()) == "".join(LONG_TEXT.split())


async def test_a_number_means_a_choice_only_while_choices_are_open(line: SmsLine) -> None:
    choices = (Button("Ja", "/affirm"), Button("Nein", "/deny"))
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Passt das so?", buttons=choices))
        await line.board.quiet(KIM)
        await line.says("2.", "1")
        await line.board.quiet(KIM)
        await line.board.deliver(KIM, Reply(text="Wie viele möchtest du?"))
        await line.board.quiet(KIM)
        await line.says("2", "2")
        await line.board.quiet(KIM)
    assert [(heard.text, heard.payload) for heard in line.board.dialogue.heard] == [("Nein", "/deny"), ("2", None)]


async def test_a_picture_is_named(line: SmsLine) -> None:
    await line.sends({**line._fields("", "1"), "NumMedia": "1", "MediaUrl0": "https://api.twilio.com/media/1"})
    [incoming] = await line.board.waiting(KIM)
    assert incoming.metadata == {"unreadable": "photo"}


async def test_who_has_stopped_texts_is_left_alone(line: SmsLine) -> None:
    line.vendor.block(KIM)
    async with line.board.working():
        await line.board.deliver(KIM, Reply(text="Gern."))
        await line.board.quiet(KIM)
    assert await line.board.parked() == ["Undeliverable: status 400, code 21610"]

"""A second bot for WhatsApp, written by others (pywa, PyPI), in the peers' environment: JSON in, JSON out.

In: {"graph", "phone_id", "token", "app_secret", "verify_token", "to", "updates": [{"body", "signature"}]}.
Out: {"heard": [{"from", "type", "said"} | null], "refused": [number], "sent": number}.
"""

import asyncio
import json
import sys
from typing import Any

import httpx
from pywa_async import WhatsApp
from pywa_async.types import Button, CallbackButton, CallbackSelection, Message, Section, SectionList, SectionRow


class Redirected(httpx.AsyncHTTPTransport):
    """What is meant for Meta goes to the fake."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme=self._url.scheme, host=self._url.host, port=self._url.port)
        return await super().handle_async_request(request)


async def main() -> None:
    given = json.load(sys.stdin)
    heard: list[dict[str, Any]] = []
    bot = WhatsApp(
        phone_id=given["phone_id"],
        token=given["token"],
        session=httpx.AsyncClient(transport=Redirected(given["graph"])),
        api_version=23.0,
        server=None,
        verify_token=given["verify_token"],
        app_secret=given["app_secret"],
        validate_updates=True,
    )

    @bot.on_message  # type: ignore[untyped-decorator]
    async def _message(_: WhatsApp, message: Message) -> None:
        heard.append(
            {"from": message.from_user.wa_id, "type": str(message.type), "said": message.text or message.caption}
        )

    @bot.on_callback_button  # type: ignore[untyped-decorator]
    async def _button(_: WhatsApp, pressed: CallbackButton) -> None:
        heard.append({"from": pressed.from_user.wa_id, "type": "button", "said": pressed.data})

    @bot.on_callback_selection  # type: ignore[untyped-decorator]
    async def _selection(_: WhatsApp, chosen: CallbackSelection) -> None:
        heard.append({"from": chosen.from_user.wa_id, "type": "selection", "said": chosen.data})

    refused = []
    for number, update in enumerate(given["updates"]):
        _, status = await bot.webhook_update_handler(update["body"].encode(), update["signature"])
        if status >= 400:
            refused.append(number)
    await asyncio.sleep(0.5)
    challenge, status = await bot.webhook_challenge_handler(given["verify_token"], "1158201444")
    sent = 0
    await bot.send_message(given["to"], "Gern.")
    await bot.send_message(given["to"], "Passt das?", buttons=[Button("Ja", "/affirm"), Button("Nein", "/deny")])
    rows = [SectionRow("Eins", "/affirm"), SectionRow("Zwei", "/deny", description="ab 499 €")]
    await bot.send_message(given["to"], "Welche?", buttons=SectionList("Auswählen", [Section("Auswählen", rows)]))
    sent += 3
    json.dump({"heard": heard, "refused": refused, "sent": sent, "challenge": [str(challenge), status]}, sys.stdout)


asyncio.run(main())

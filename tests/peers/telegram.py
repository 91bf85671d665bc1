"""What stands between the assistant and a third party's Telegram: all that the real one does and the other does not."""

import abc
import asyncio
import json
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
TAKEN_WITHIN_SECONDS = 30

Fields = dict[str, Any]


class Between(abc.ABC):
    """Listens for the assistant in the place of Telegram. `other` is where the third party's server is."""

    def __init__(self, other: str) -> None:
        self.other = other
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/bot{token}/{method}", self._method)
        self._add_routes(app)
        self.server = TestServer(app)
        self._session: ClientSession | None = None

    @property
    def session(self) -> ClientSession:
        assert self._session is not None
        return self._session

    @property
    def url(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    async def open(self) -> None:
        self._session = ClientSession()
        await self.server.start_server(shutdown_timeout=0.1)

    async def close(self) -> None:
        await self.server.close()
        await self.session.close()

    @abc.abstractmethod
    async def answer(self, method: str, token: str, request: web.Request) -> web.Response:
        """One call of the Bot API."""

    def _add_routes(self, app: web.Application) -> None:  # noqa: B027 - not every server needs any
        """Whatever else the real one does."""

    async def _method(self, request: web.Request) -> web.Response:
        return await self.answer(request.match_info["method"], request.match_info["token"], request)


class SecretAdded(Between):
    """Before telemelya, which keeps a webhook's secret token to itself: sends it with every update, as Telegram does."""

    secret = ""
    assistant = ""

    async def answer(self, method: str, token: str, request: web.Request) -> web.Response:
        body = await request.read()
        if method == "setWebhook":
            self.secret = str((await request.post()).get("secret_token", ""))
        headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
        async with self.session.post(f"{self.other}{request.path}", data=body, headers=headers) as response:
            return web.Response(body=await response.read(), status=response.status, content_type=response.content_type)

    def _add_routes(self, app: web.Application) -> None:
        app.router.add_post("/webhooks/telegram", self._update)

    async def _update(self, request: web.Request) -> web.Response:
        body, headers = await request.read(), {SECRET_HEADER: self.secret, "Content-Type": "application/json"}
        async with self.session.post(f"{self.assistant}/webhooks/telegram", data=body, headers=headers) as response:
            return web.Response(body=await response.read(), status=response.status)


class Repaired(Between):
    """Before telegram-test-api, which falls short of the Bot API in a few places (each named where it is mended)."""

    def __init__(self, other: str) -> None:
        super().__init__(other)
        self.pictures = 0
        self._updates: list[Fields] = []
        self._given: set[int] = set()
        self._acknowledged = 0

    async def until_taken(self, count: int) -> None:
        """Returns when the assistant has acknowledged so many updates."""
        async with asyncio.timeout(TAKEN_WITHIN_SECONDS):
            while sum(1 for update_id in self._given if update_id < self._acknowledged) < count:
                await asyncio.sleep(0.01)

    async def answer(self, method: str, token: str, request: web.Request) -> web.Response:
        fields = await _fields(request)
        if method == "getUpdates":
            return _ok(await self._get_updates(token, fields))
        if method == "sendPhoto":  # it knows no pictures: their captions are sent instead
            self.pictures += 1
            method, fields = "sendMessage", {**fields, "text": fields.get("caption") or "(picture)"}
        result = await self._call(token, method, fields)
        if method == "answerCallbackQuery":  # it answers null, Telegram answers true
            result = True
        if method == "sendMessage":  # its dates are in milliseconds
            result["date"] //= 1000
        return _ok(result)

    async def _get_updates(self, token: str, fields: Fields) -> list[Fields]:
        """It knows no offset and no timeout: each update is given once, whether or not it arrived."""
        self._acknowledged = max(self._acknowledged, int(fields.get("offset", 0)))
        deadline = asyncio.get_running_loop().time() + float(fields.get("timeout", 0))
        while True:
            self._updates += [_mended(update) for update in await self._call(token, "getUpdates", {})]
            self._given |= {update["update_id"] for update in self._updates}
            self._updates = [update for update in self._updates if update["update_id"] >= self._acknowledged]
            if self._updates or asyncio.get_running_loop().time() > deadline:
                return self._updates
            await asyncio.sleep(0.02)

    async def _call(self, token: str, method: str, fields: Fields) -> Any:
        async with self.session.post(f"{self.other}/bot{token}/{method}", json=fields) as response:
            return (await response.json())["result"]


def _mended(update: Fields) -> Fields:
    query = update.get("callback_query")
    if query is not None:  # it leaves out what Telegram requires
        query = {"chat_instance": "1", **query, "message": {"message_id": 1, "date": 0, **query["message"]}}
        return {**update, "callback_query": query}
    return update


async def _fields(request: web.Request) -> Fields:
    form = await request.post()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _ok(result: Any) -> web.Response:
    return web.Response(text=json.dumps({"ok": True, "result": result}), content_type="application/json")

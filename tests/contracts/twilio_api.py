"""Twilio, small: signs what it calls us with, keeps the limits of its REST API, and shows what a customer would read."""

import hmac
import itertools
import re
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping
from hashlib import sha1
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import encode_basic_auth, web
from aiohttp.test_utils import TestServer

from tests.contracts.lines import Call, Shown
from tests.contracts.trouble import Troubles

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "an-auth-token-of-the-contracts"
NUMBER = "+4940123456"
OWN_URL = "http://localhost:8080"
SIGNATURE = "X-Twilio-Signature"
_CHOICE = re.compile(r"^(\d+): (.*)$")

Refusal = tuple[int, int, str | None]


def signed(path: str, body: bytes, token: str = TOKEN) -> Call:
    """A request with Twilio's proof over the address and the form."""
    fields = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    text = OWN_URL + path + "".join(name + fields[name] for name in sorted(fields))
    proof = b64encode(hmac.new(token.encode(), text.encode(errors="replace"), sha1).digest()).decode()
    return Call(path, body, {SIGNATURE: proof})


def form(fields: Mapping[str, Any]) -> bytes:
    return urlencode(fields).encode()


class FakeTwilio:
    """`Messages.json` and `Calls.json`. What was taken is `sent`, by number."""

    def __init__(self) -> None:
        self.sent: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
        self._troubles: Troubles[Refusal] = Troubles()
        self._blocked: set[str] = set()
        self._numbers = itertools.count(1)
        app = web.Application()
        app.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", self._message)
        app.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json", self._call)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def fail(self, status: int, *, retry_after: int | None = None, after: int = 0) -> None:
        code = 20429 if status == 429 else 20500
        self._troubles.refuse((status, code, str(retry_after) if retry_after else None), after)

    def hang_up(self) -> None:
        self._troubles.drop()

    def block(self, account: str) -> None:
        self._blocked.add(account)

    def shown(self, account: str) -> list[Shown]:
        return [shown for fields in self.sent[account] for shown in shown_of(fields["Body"])]

    async def _message(self, request: web.Request) -> web.Response:
        fields = dict(await request.post())
        is_right = 0 < len(str(fields.get("Body", ""))) <= 1_600 and fields.get("From") == NUMBER
        return await self._taken(request, fields, is_right)

    async def _call(self, request: web.Request) -> web.Response:
        fields = dict(await request.post())
        return await self._taken(request, fields, 0 < len(str(fields.get("Twiml", ""))) <= 4_000)

    async def _taken(self, request: web.Request, fields: dict[str, Any], is_right: bool) -> web.Response:
        if request.headers.get("Authorization") != encode_basic_auth(ACCOUNT, TOKEN):
            return _refused(401, 20003)
        trouble = self._troubles.next(request)
        if trouble:
            return _refused(*trouble)
        if not is_right or not str(fields["To"]).startswith("+"):
            return _refused(400, 21602)
        if fields["To"] in self._blocked:
            return _refused(400, 21610)
        self.sent[str(fields["To"])].append({name: str(value) for name, value in fields.items()})
        return web.json_response({"sid": f"SM{next(self._numbers):032x}"}, status=201)


def shown_of(text: str) -> list[Shown]:
    """A text as a customer reads it: words, addresses of pictures, and numbers to answer with."""
    words, pictures, titles = [], 0, []
    for line in text.splitlines():
        if choice := _CHOICE.match(line):
            titles.append(choice[2])
        elif line.endswith(".png"):
            pictures += 1
        else:
            words.append(line)
    picture_lines = [Shown("", True)] * (pictures - 1)
    return [Shown("\n".join(words), pictures > 0, tuple(titles)), *picture_lines]


def _refused(status: int, code: int, retry_after: str | None = None) -> web.Response:
    headers = {"Retry-After": retry_after} if retry_after else {}
    body = {"code": code, "message": "the number +49 170 … cannot be reached", "status": status}
    return web.json_response(body, status=status, headers=headers)

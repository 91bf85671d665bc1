"""The authorization server for Alexa's account linking: OAuth 2.0, authorization code with PKCE; customers sign in by a mailed code."""

import hmac
import html
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import orjson
from aiohttp import ClientError, web
from pydantic import SecretStr

from bot.channels.base import Malformed
from bot.channels.oauth_grants import Granted, Grants, Tokens
from bot.conversation.codes import Codes, TooManyCodes, TooManyGuesses, WrongCode
from bot.conversation.lane import Lane
from bot.messages import Delivery, Reply
from bot.redis_client import Client

COOKIE = "nochannel_signin"
REQUEST_SECONDS = 900
MAX_FIELDS = 30
MAX_VALUE = 2_000
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

CustomersWithEmail = Callable[[str], Awaitable[Sequence[str]]]
"""Ids of the shop's customers whose address it is known to be. Raises ClientError, OSError."""

_WORDS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "title": "Mit Alexa verbinden", "email": "Deine E-Mail-Adresse", "send": "Code schicken",
        "intro": "Nenn uns die Adresse, unter der wir dich kennen. Wir schicken dir einen Code.",
        "sent": "Wenn wir {email} kennen, ist ein Code dorthin unterwegs. Mit ihm verbindest du Alexa mit deinem Konto: Sie kann dann sehen, was du bestellt und gemietet hast, und für dich bestellen.",
        "code": "Dein Code", "link": "Verbinden", "wrong": "Der Code stimmt nicht oder ist abgelaufen.",
        "too_many": "Das waren zu viele Versuche. Bitte versuch es in einer Viertelstunde noch einmal.",
        "away": "Das geht gerade nicht. Bitte versuch es gleich noch einmal.", "cancel": "Abbrechen",
        "broken": "Dieser Link ist nicht vollständig. Bitte beginne in der Alexa-App noch einmal.",
        "mail": "Dein Code: {code}\n\n{code}\n\nMit ihm verbindest du Alexa mit deinem Konto. Er gilt zehn Minuten. Hast du ihn nicht angefordert, gib ihn niemandem.",
    },
    "en": {
        "title": "Connect to Alexa", "email": "Your e-mail address", "send": "Send code",
        "intro": "Tell us the address that we know you by. We'll send you a code.",
        "sent": "If we know {email}, a code is on its way there. It connects Alexa to your account: she can then see what you have ordered and rented, and order for you.",
        "code": "Your code", "link": "Connect", "wrong": "That code is wrong or has expired.",
        "too_many": "Those were too many attempts. Please try again in a quarter of an hour.",
        "away": "That doesn't work right now. Please try again in a moment.", "cancel": "Cancel",
        "broken": "This link is not complete. Please start again in the Alexa app.",
        "mail": "Your code: {code}\n\n{code}\n\nIt connects Alexa to your account and is valid for ten minutes. If you didn't ask for it, give it to nobody.",
    },
}  # fmt: skip
_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="/page.css">
<main>
<h1>{title}</h1>
{body}
</main>
</html>
"""


@dataclass(frozen=True)
class OAuthClient:
    """Who may ask: Alexa, by the id and secret that its console was given, to these addresses alone."""

    id: str
    secret: SecretStr
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True)
class SignIn:
    """One customer's way through the pages. `id` is in the browser's cookie."""

    id: str
    redirect_uri: str
    state: str
    challenge: str
    email: str = ""

    @property
    def name(self) -> str:
        """By which codes and mails know it."""
        return f"oauth-{self.id}"

    @property
    def form_token(self) -> str:
        """In the pages' forms, so that no other page can send them."""
        return sha256(f"form {self.id}".encode()).hexdigest()

    def back(self, **values: str) -> web.Response:
        """To where the customer came from."""
        joint = "&" if urlsplit(self.redirect_uri).query else "?"
        address = f"{self.redirect_uri}{joint}{urlencode({**values, 'state': self.state})}"
        return web.Response(status=303, headers={**HEADERS, "Location": address})


class OAuth:
    """Authorization and token endpoints."""

    def __init__(
        self, client: OAuthClient, grants: Grants, codes: Codes, customers: CustomersWithEmail, out: Lane, redis: Client,
        is_secure: bool,
    ) -> None:  # fmt: skip
        """`is_secure`: customers reach us over HTTPS."""
        self._client = client
        self._grants = grants
        self._codes = codes
        self._customers = customers
        self._out = out
        self._redis = redis
        self._is_secure = is_secure

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/oauth/authorize", self._authorize, allow_head=False),
            web.post("/oauth/authorize", self._step),
            web.post("/oauth/token", self._token),
            web.post("/oauth/revoke", self._revoke),
        ]

    async def _authorize(self, request: web.Request) -> web.Response:
        query, language = request.query, _language(request)
        redirect_uri = query.get("redirect_uri", "")
        if query.get("client_id") != self._client.id or redirect_uri not in self._client.redirect_uris:
            return _page(
                language, _text(language, "broken"), status=400
            )  # nobody is sent to an address that we do not know
        sign_in = SignIn(
            secrets.token_urlsafe(24), redirect_uri, query.get("state", ""), query.get("code_challenge", "")
        )
        if query.get("response_type") != "code":
            return sign_in.back(error="unsupported_response_type")
        if query.get("code_challenge_method") != "S256" or not 43 <= len(sign_in.challenge) <= 128:
            return sign_in.back(error="invalid_request", error_description="PKCE with S256 is required")
        await self._keep(sign_in)
        response = _page(language, _email_form(sign_in, language))
        response.set_cookie(
            COOKIE, sign_in.id, max_age=REQUEST_SECONDS, httponly=True, samesite="Lax", secure=self._is_secure,
            path="/oauth/authorize",
        )  # fmt: skip
        return response

    async def _step(self, request: web.Request) -> web.Response:
        """An address, or a code, from one of our own pages."""
        fields, language = _fields(await request.read()), _language(request)
        sign_in = await self._known(request.cookies.get(COOKIE, ""))
        if sign_in is None or not hmac.compare_digest(fields.get("form", "").encode(), sign_in.form_token.encode()):
            return _page(language, _text(language, "broken"), status=403)
        if "cancel" in fields:
            return sign_in.back(error="access_denied")
        if "email" in fields:
            return await self._take_email(sign_in, fields["email"].strip(), language)
        return await self._take_code(sign_in, fields.get("code", ""), language)

    async def _take_email(self, sign_in: SignIn, email: str, language: str) -> web.Response:
        """Who knows an address does not learn here whether we do."""
        try:
            await self._mail_code(sign_in, email, language)
        except TooManyCodes:
            return _page(language, _text(language, "too_many"), status=429)
        except (ClientError, OSError, TimeoutError):
            return _page(language, _email_form(sign_in, language, "away"), status=503)
        sign_in = SignIn(**{**asdict(sign_in), "email": email[:254]})
        await self._keep(sign_in)
        return _page(language, _code_form(sign_in, language))

    async def _mail_code(self, sign_in: SignIn, email: str, language: str) -> None:
        known = await self._customers(email)
        if len(known) != 1:
            return
        code = await self._codes.issue(known[0], told_by=sign_in.name, is_customer=True)
        reply = Reply(text=_WORDS[language]["mail"].format(code=code), language=language)
        delivery = Delivery("mail", email, f"{sign_in.name}/{secrets.token_hex(4)}", reply)
        await self._out.accept(sign_in.name, delivery.encode())

    async def _take_code(self, sign_in: SignIn, code: str, language: str) -> web.Response:
        digits = "".join(character for character in code if character.isdigit())
        try:
            use = f"{sign_in.name}/{digits}"
            proof = await self._codes.redeem(digits, account=sign_in.name, conversation=sign_in.name, use=use)
        except WrongCode:
            return _page(language, _code_form(sign_in, language, "wrong"), status=400)
        except TooManyGuesses:
            return _page(language, _text(language, "too_many"), status=429)
        if not proof.is_customer:
            return _page(language, _code_form(sign_in, language, "wrong"), status=400)
        await self._redis.delete(_key(sign_in.id))
        granted = Granted(proof.proves, sign_in.redirect_uri, sign_in.challenge)
        return sign_in.back(code=await self._grants.code(granted))

    async def _token(self, request: web.Request) -> web.Response:
        fields = _fields(await request.read())
        if not self._is_client(request.headers.get("Authorization", ""), fields):
            return _refused("invalid_client", 401)
        match fields.get("grant_type"):
            case "authorization_code":
                tokens = await self._grants.redeem(
                    fields.get("code", ""), fields.get("redirect_uri", ""), fields.get("code_verifier", "")
                )
            case "refresh_token":
                tokens = await self._grants.refresh(fields.get("refresh_token", ""))
            case _:
                return _refused("unsupported_grant_type")
        return _granted(tokens) if tokens else _refused("invalid_grant")

    async def _revoke(self, request: web.Request) -> web.Response:
        fields = _fields(await request.read())
        if not self._is_client(request.headers.get("Authorization", ""), fields):
            return _refused("invalid_client", 401)
        await self._grants.revoke(fields.get("token", ""))
        return web.Response(headers={"Cache-Control": "no-store"})

    def _is_client(self, authorization: str, fields: Mapping[str, str]) -> bool:
        """By Basic or in the form, as the client was told to."""
        given = _basic(authorization) or (fields.get("client_id", ""), fields.get("client_secret", ""))
        expected = (self._client.id, self._client.secret.get_secret_value())
        return all(
            bool(right) and hmac.compare_digest(said.encode(), right.encode())
            for said, right in zip(given, expected, strict=True)
        )

    async def _keep(self, sign_in: SignIn) -> None:
        await self._redis.set(_key(sign_in.id), orjson.dumps(asdict(sign_in)), ex=REQUEST_SECONDS)

    async def _known(self, sign_in: str) -> SignIn | None:
        kept = await self._redis.get(_key(sign_in)) if sign_in else None
        return SignIn(**orjson.loads(kept)) if kept else None


def _fields(body: bytes) -> dict[str, str]:
    """Raises Malformed."""
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except (UnicodeDecodeError, ValueError):
        raise Malformed("the body must be a form") from None
    if any(len(value) > MAX_VALUE for value in fields.values()):
        raise Malformed("a field is too long")
    return fields


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = b64decode(given, validate=True).decode().partition(":")
    except (UnicodeDecodeError, ValueError):
        return None
    return unquote(name), unquote(secret)


def _granted(tokens: Tokens) -> web.Response:
    body = {
        "access_token": tokens.access,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in,
        "refresh_token": tokens.refresh,
    }
    return web.json_response(body, headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


def _refused(error: str, status: int = 400) -> web.Response:
    headers = {"Cache-Control": "no-store"} | ({"WWW-Authenticate": "Basic"} if status == 401 else {})
    return web.json_response({"error": error}, status=status, headers=headers)


def _page(language: str, body: str, status: int = 200) -> web.Response:
    page = _PAGE.format(language=language, title=_WORDS[language]["title"], body=body)
    return web.Response(text=page, status=status, content_type="text/html", headers=HEADERS)


def _text(language: str, name: str, **values: Any) -> str:
    return f"<p>{html.escape(_WORDS[language][name].format(**values))}</p>"


def _email_form(sign_in: SignIn, language: str, wrong: str = "") -> str:
    field = '<input name="email" type="email" autocomplete="email" maxlength="254" required autofocus>'
    return _form(sign_in, language, _text(language, "intro"), "email", field, "send", wrong)


def _code_form(sign_in: SignIn, language: str, wrong: str = "") -> str:
    field = '<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required autofocus>'
    return _form(sign_in, language, _text(language, "sent", email=sign_in.email), "code", field, "link", wrong)


def _form(sign_in: SignIn, language: str, intro: str, label: str, field: str, button: str, wrong: str) -> str:
    words = _WORDS[language]
    alert = f'<p role="alert">{html.escape(words[wrong])}</p>' if wrong else ""
    return (
        f'{intro}{alert}<form method="post" action="/oauth/authorize">'
        f'<input type="hidden" name="form" value="{sign_in.form_token}">'
        f"<label>{words[label]} {field}</label>"
        f"<button>{words[button]}</button> "
        f'<button name="cancel" value="1" formnovalidate>{words["cancel"]}</button></form>'
    )


def _language(request: web.Request) -> str:
    """The first of ours that the browser names."""
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        if part.strip()[:2] in _WORDS:
            return part.strip()[:2]
    return "de"


def _key(sign_in: str) -> str:
    return f"nc:oauth:sign-in:{sign_in}"

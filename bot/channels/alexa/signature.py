"""Whether a request was signed by Alexa: the certificate's address, its chain, and the signature over the raw body."""

import asyncio
import base64
import binascii
import posixpath
import warnings
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import certifi
from aiohttp import ClientError, ClientSession, ClientTimeout, StreamReader
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from bot.channels.base import Forbidden, Refused
from bot.clock import Clock

CHAIN_URL_HEADER = "SignatureCertChainUrl"
SIGNATURE_HEADER = "Signature-256"
SIGNED_FOR = "echo-api.amazon.com"
CHAINS_HOST = "s3.amazonaws.com"
CHAINS_PATH = "/echo.api/"

MAX_CHAIN_BYTES = 65_536
MAX_URL_LENGTH = 300
FETCH_WITHIN_SECONDS = 3
FETCHES_AT_ONCE = 8
KEPT_CHAINS = 16
KEEP_SECONDS = 3_600
"""A chain is fetched and checked anew after this."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Certificates (PEM) at an address. Raises Untrusted, Unreachable."""


class Untrusted(Forbidden):
    """Not from Alexa. The vendor asks for a plain 400, and tries that before it publishes a skill."""

    status = 400


class Unreachable(Refused):
    """The certificates cannot be fetched just now."""

    status = 503
    slug = "certificates-unreachable"


@dataclass(frozen=True)
class _Checked:
    key: RSAPublicKey
    until: float


class Signatures:
    """Checks signatures; the chains that they need are fetched once and kept."""

    def __init__(self, fetch: Fetch, roots: Store, clock: Clock) -> None:
        self._fetch = fetch
        self._roots = roots
        self._clock = clock
        self._checked: OrderedDict[str, _Checked] = OrderedDict()
        self._fetching = asyncio.Semaphore(FETCHES_AT_ONCE)

    async def check(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Raises Untrusted unless Alexa signed the body; Unreachable."""
        url = certificates_at(headers.get(CHAIN_URL_HEADER, ""))
        signature = _decoded(headers.get(SIGNATURE_HEADER, ""))
        key = await self._key(url)
        try:
            key.verify(signature, body, PKCS1v15(), SHA256())
        except InvalidSignature:
            raise Untrusted("the signature does not fit the body") from None

    async def _key(self, url: str) -> RSAPublicKey:
        kept = self._checked.get(url)
        if kept is None or kept.until <= self._clock.now():
            async with self._fetching:
                kept = self._check_chain(await self._fetch(url))
            self._keep(url, kept)
        return kept.key

    def _check_chain(self, pem: bytes) -> _Checked:
        now = self._clock.now()
        leaf = checked_leaf(pem, self._roots, datetime.fromtimestamp(now, UTC))
        key = leaf.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Untrusted("the certificate has no RSA key")
        return _Checked(key, min(now + KEEP_SECONDS, leaf.not_valid_after_utc.timestamp()))

    def _keep(self, url: str, checked: _Checked) -> None:
        self._checked[url] = checked
        self._checked.move_to_end(url)
        if len(self._checked) > KEPT_CHAINS:
            self._checked.popitem(last=False)


def certificates_at(url: str) -> str:
    """The address of a chain, normalised. Raises Untrusted unless it is one of Alexa's own."""
    if not 0 < len(url) <= MAX_URL_LENGTH or not url.isascii() or not url.isprintable():
        raise Untrusted("the address of the certificates is missing or malformed")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Untrusted("the address of the certificates is malformed") from None
    path = posixpath.normpath(parts.path)
    is_plain = not parts.query and not parts.fragment and not parts.username and "%" not in url and "\\" not in url
    is_alexas = parts.scheme == "https" and parts.hostname == CHAINS_HOST and port in (None, 443)
    if not (is_plain and is_alexas and path.startswith(CHAINS_PATH)):
        raise Untrusted("the certificates are not at Alexa's address")
    return f"https://{CHAINS_HOST}{path}"


def checked_leaf(pem: bytes, roots: Store, now: datetime) -> x509.Certificate:
    """The signing certificate. Raises Untrusted unless a root vouches for it, now, and for Alexa's name."""
    try:
        leaf, *intermediates = x509.load_pem_x509_certificates(pem)
        verifier = PolicyBuilder().store(roots).time(now).build_server_verifier(x509.DNSName(SIGNED_FOR))
        verifier.verify(leaf, intermediates)
    except (ValueError, VerificationError, x509.UnsupportedGeneralNameType):
        raise Untrusted("the certificates are not valid for Alexa") from None
    return leaf


def trusted_roots() -> Store:
    """The certificate authorities that browsers trust."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # one old authority numbers its certificate in a way that is not allowed any more
        return Store(x509.load_pem_x509_certificates(Path(certifi.where()).read_bytes()))


async def fetched(url: str) -> bytes:
    """Raises Untrusted, Unreachable."""
    timeout = ClientTimeout(total=FETCH_WITHIN_SECONDS)
    try:
        async with ClientSession(timeout=timeout) as session, session.get(url, allow_redirects=False) as response:
            if response.status >= 500:
                raise Unreachable(f"the certificates' address answered {response.status}", retry_after=1)
            if response.status != 200:
                raise Untrusted("there are no certificates at the address")
            return await _limited(response.content)
    except (ClientError, OSError, TimeoutError) as error:
        raise Unreachable(f"the certificates cannot be fetched: {type(error).__name__}", retry_after=1) from None


async def _limited(content: StreamReader) -> bytes:
    """Raises Untrusted for more than any chain has."""
    pem = b""
    async for chunk in content.iter_any():
        pem += chunk
        if len(pem) > MAX_CHAIN_BYTES:
            raise Untrusted("that is no chain of certificates")
    return pem


def _decoded(signature: str) -> bytes:
    try:
        decoded = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise Untrusted("the signature is no Base64") from None
    if not decoded:
        raise Untrusted("the signature is missing")
    return decoded

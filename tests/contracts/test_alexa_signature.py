"""Who is believed to be Alexa: the address of the certificates, the chain, the signature, and how long a chain is kept."""

import base64
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from bot.channels.alexa.signature import (
    CHAIN_URL_HEADER,
    KEEP_SECONDS,
    KEPT_CHAINS,
    MAX_CHAIN_BYTES,
    SIGNATURE_HEADER,
    Signatures,
    Unreachable,
    Untrusted,
    certificates_at,
    fetched,
    trusted_roots,
)
from bot.clock import SystemClock
from tests.contracts.alexa_device import Certificates
from tests.signing import CHAIN_URL, VALID_DAYS, chain
from tests.signing_cases import BODY, CASES


class MovedClock(SystemClock):
    """The machine's clock, put forward."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


@pytest.fixture
def certificates() -> Certificates:
    return Certificates(chain().pem)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def signatures(certificates: Certificates, clock: MovedClock) -> Signatures:
    return Signatures(certificates.fetch, chain().roots, clock)


@pytest.mark.parametrize("name", CASES)
async def test_only_what_alexa_signed_is_believed(
    signatures: Signatures, certificates: Certificates, name: str
) -> None:
    case = CASES[name]()
    certificates.at[CHAIN_URL] = case.pem
    if case.is_genuine:
        await signatures.check(case.body, case.headers)
        return
    with pytest.raises(Untrusted):
        await signatures.check(case.body, case.headers)


@pytest.mark.parametrize(
    "url",
    [
        CHAIN_URL, "https://s3.amazonaws.com:443/echo.api/a.pem", "https://S3.AMAZONAWS.COM/echo.api/a.pem", "HTTPS://s3.amazonaws.com/echo.api/a.pem",
        "https://s3.amazonaws.com/echo.api/../echo.api/a.pem", "https://s3.amazonaws.com/./echo.api/./a.pem",
    ],
)  # fmt: skip
def test_the_certificates_may_lie_where_alexa_keeps_them(url: str) -> None:
    assert certificates_at(url).startswith("https://s3.amazonaws.com/echo.api/")


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "http://s3.amazonaws.com/echo.api/a.pem", "https://notamazon.com/echo.api/a.pem", "https://s3.amazonaws.com/EcHo.aPi/a.pem",
        "https://s3.amazonaws.com/invalid.path/a.pem", "https://s3.amazonaws.com:563/echo.api/a.pem", "https://s3.amazonaws.com/echo.api",
        "https://s3.amazonaws.com/echo.api/../mallory/a.pem", "https://s3.amazonaws.com/echo.api/%2e%2e/mallory/a.pem",
        "https://s3.amazonaws.com/echo.api/..%2fmallory/a.pem", "https://s3.amazonaws.com/echo.api\\..\\a.pem",
        "https://mallory@s3.amazonaws.com/echo.api/a.pem", "https://s3.amazonaws.com@mallory.example/echo.api/a.pem",
        "https://s3.amazonaws.com.mallory.example/echo.api/a.pem", "https://s3.amazonaws.com/echo.api/a.pem?x=1",
        "https://s3.amazonaws.com/echo.api/a.pem#x", "https://s3.amazonaws.com:x/echo.api/a.pem", "https://[::1/echo.api/a.pem",
        "https://s3.amazonaws.com/echo.api/\n", "https://s3.amazonaws.com/echo.api/ä", f"https://s3.amazonaws.com/echo.api/{'a' * 300}",
        "//s3.amazonaws.com/echo.api/a.pem", "file:///echo.api/a.pem",
    ],
)  # fmt: skip
def test_certificates_from_elsewhere_are_not_even_asked_for(url: str) -> None:
    with pytest.raises(Untrusted):
        certificates_at(url)


async def test_a_chain_is_fetched_once_and_again_after_an_hour(
    signatures: Signatures, certificates: Certificates, clock: MovedClock
) -> None:
    case = CASES["good"]()
    for _ in range(3):
        await signatures.check(case.body, case.headers)
    assert certificates.asked == [CHAIN_URL]
    clock.ahead = KEEP_SECONDS + 1
    await signatures.check(case.body, case.headers)
    assert certificates.asked == [CHAIN_URL, CHAIN_URL]


async def test_a_kept_chain_that_runs_out_is_not_believed_any_more(signatures: Signatures, clock: MovedClock) -> None:
    case = CASES["good"]()
    await signatures.check(case.body, case.headers)
    clock.ahead = VALID_DAYS * 86_400
    with pytest.raises(Untrusted):
        await signatures.check(case.body, case.headers)


async def test_a_chain_of_the_future_is_not_believed_yet(certificates: Certificates, signatures: Signatures) -> None:
    future = chain(begins_in_days=5)
    certificates.at[CHAIN_URL] = future.pem
    with pytest.raises(Untrusted):
        await signatures.check(BODY, future.headers(BODY))


async def test_a_chain_that_was_refused_is_looked_at_again(signatures: Signatures, certificates: Certificates) -> None:
    case = CASES["good"]()
    certificates.at[CHAIN_URL] = b"no certificates"
    with pytest.raises(Untrusted):
        await signatures.check(case.body, case.headers)
    certificates.at[CHAIN_URL] = case.pem
    await signatures.check(case.body, case.headers)


async def test_only_so_many_chains_are_kept(signatures: Signatures, certificates: Certificates) -> None:
    for number in range(KEPT_CHAINS + 5):
        url = f"https://s3.amazonaws.com/echo.api/{number}.pem"
        certificates.at[url] = chain().pem
        await signatures.check(BODY, chain().headers(BODY, url))
    assert len(signatures._checked) == KEPT_CHAINS


async def test_while_the_certificates_are_away_alexa_is_told_to_come_again(
    signatures: Signatures, certificates: Certificates
) -> None:
    certificates.error = Unreachable("away", retry_after=1)
    with pytest.raises(Unreachable) as refused:
        await signatures.check(BODY, chain().headers(BODY))
    assert (refused.value.status, refused.value.retry_after) == (503, 1)


@pytest.mark.parametrize("spoiled", ["", "*", "ä", "AAAA", "=" * 8, base64.b64encode(bytes(256)).decode()])
async def test_a_signature_that_is_none_is_refused(signatures: Signatures, spoiled: str) -> None:
    headers = {CHAIN_URL_HEADER: CHAIN_URL, SIGNATURE_HEADER: spoiled}
    with pytest.raises(Untrusted):
        await signatures.check(BODY, headers)


async def test_only_rsa_with_sha256_and_the_old_padding_is_a_signature(signatures: Signatures) -> None:
    key = chain().signer.key
    others = [
        key.sign(BODY, PKCS1v15(), SHA1()),  # as Alexa's older header has it
        key.sign(BODY, PSS(MGF1(SHA256()), 32), SHA256()),
        ec.generate_private_key(ec.SECP256R1()).sign(BODY, ec.ECDSA(SHA256())),
    ]
    for other in others:
        headers = {CHAIN_URL_HEADER: CHAIN_URL, SIGNATURE_HEADER: base64.b64encode(other).decode()}
        with pytest.raises(Untrusted):
            await signatures.check(BODY, headers)


def test_the_worlds_roots_are_there() -> None:
    assert trusted_roots() is not None


class Bucket:
    """Serves certificates over plain HTTP, where the test sends the fetcher."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"certificates"
        app = web.Application()
        app.add_routes([web.get("/echo.api/a.pem", self._serve), web.get("/elsewhere", self._serve)])
        self.server = TestServer(app)

    async def _serve(self, _request: web.Request) -> web.Response:
        headers = {"Location": "/elsewhere"} if self.status == 302 else {}
        return web.Response(status=self.status, body=self.body, headers=headers)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/echo.api/a.pem"))


@pytest.fixture
async def bucket() -> AsyncIterator[Bucket]:
    bucket = Bucket()
    await bucket.server.start_server()
    yield bucket
    await bucket.server.close()


async def test_certificates_are_fetched_whole_up_to_a_size(bucket: Bucket) -> None:
    bucket.body = b"c" * MAX_CHAIN_BYTES
    assert await fetched(bucket.url) == bucket.body
    bucket.body += b"c"
    with pytest.raises(Untrusted):
        await fetched(bucket.url)


@pytest.mark.parametrize(
    ("status", "error"), [(404, Untrusted), (403, Untrusted), (302, Untrusted), (500, Unreachable)]
)
async def test_what_is_not_there_is_told_apart_from_what_is_away(
    bucket: Bucket, status: int, error: type[Exception]
) -> None:
    bucket.status = status
    with pytest.raises(error):
        await fetched(bucket.url)


async def test_nobody_there_is_away() -> None:
    with pytest.raises(Unreachable):
        await fetched("http://127.0.0.1:9/echo.api/a.pem")

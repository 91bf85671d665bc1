"""Signed requests, right and wrong: what our own check and Amazon's must agree on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from tests.signing import CHAIN_URL, Chain, chain

BODY = b'{"version":"1.0","request":{"type":"LaunchRequest"},"note":"gr\xc3\xbc\xc3\x9fe"}'


@dataclass(frozen=True)
class Case:
    """A request, and what lies at the address of its certificates."""

    body: bytes
    headers: Mapping[str, str]
    pem: bytes
    is_genuine: bool = False


def _signed_by(own: Chain, *, url: str = CHAIN_URL, pem: bytes | None = None) -> Case:
    return Case(BODY, own.headers(BODY, url), own.pem if pem is None else pem)


CASES: Mapping[str, Callable[[], Case]] = {
    "good": lambda: replace(_signed_by(chain()), is_genuine=True),
    "tampered body": lambda: replace(_signed_by(chain()), body=BODY.replace(b"Launch", b"Intent")),
    "wrong name": lambda: _signed_by(chain(name="echo-api.example.com")),
    "expired": lambda: _signed_by(chain(begins_in_days=-200)),
    "missing intermediate": lambda: _signed_by(chain(), pem=chain().signer.pem),
    "untrusted root": lambda: _signed_by(chain(family="strangers")),
    "path that climbs out": lambda: _signed_by(chain(), url="https://s3.amazonaws.com/echo.api/../mallory/cert.pem"),
    "no TLS": lambda: _signed_by(chain(), url=CHAIN_URL.replace("https", "http")),
}
"""By what is the matter with them."""

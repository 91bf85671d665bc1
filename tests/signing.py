"""Certificate chains of our own, and requests signed with them as Alexa signs: for tests and for the step before a third party."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import Store

from bot.channels.alexa.signature import CHAIN_URL_HEADER, SIGNATURE_HEADER, SIGNED_FOR

CHAIN_URL = "https://s3.amazonaws.com/echo.api/echo-api-cert-of-the-tests.pem"
VALID_DAYS = 90


@dataclass(frozen=True)
class Identity:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def sign(self, body: bytes) -> str:
        return base64.b64encode(self.key.sign(body, PKCS1v15(), SHA256())).decode()


@dataclass(frozen=True)
class Chain:
    """A root, an authority below it, and who signs requests."""

    root: Identity
    authority: Identity
    signer: Identity

    @property
    def roots(self) -> Store:
        return Store([self.root.certificate])

    @property
    def pem(self) -> bytes:
        """As it lies at its address: the root is not in it."""
        return self.signer.pem + self.authority.pem

    def headers(self, body: bytes, url: str = CHAIN_URL) -> dict[str, str]:
        return {CHAIN_URL_HEADER: url, SIGNATURE_HEADER: self.signer.sign(body)}


@cache
def chain(*, name: str = SIGNED_FOR, begins_in_days: float = -1.0, family: str = "tests") -> Chain:
    """Valid for so many days from then on; chains of one family have the same root."""
    root, authority = _authorities(family)
    begin = datetime.now(UTC) + timedelta(days=begins_in_days)
    return Chain(root, authority, _issued(name, begin, authority, hosts=[name]))


@cache
def _authorities(family: str) -> tuple[Identity, Identity]:
    begin = datetime.now(UTC) - timedelta(days=1_000)
    root = _issued(f"Root of {family}", begin, None, days=3_000)
    return root, _issued(f"Authority of {family}", begin, root, days=3_000)


@cache
def _key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


def _issued(
    name: str, begin: datetime, issuer: Identity | None, *, days: int = VALID_DAYS, hosts: Sequence[str] = ()
) -> Identity:
    key = _key(name)
    is_authority = not hosts
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    above = issuer.certificate.subject if issuer else subject
    public = issuer.key.public_key() if issuer else key.public_key()
    builder = (
        x509.CertificateBuilder(above, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        builder = builder.add_extension(names, critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return Identity(builder.sign(issuer.key if issuer else key, SHA256()), key)


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_encipherment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )

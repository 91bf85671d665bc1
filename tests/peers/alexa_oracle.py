"""Amazon's own check (ask-sdk-webservice-support, PyPI) of signed requests, in the peers' environment: JSON in, JSON out.

In: {"root": PEM, "cases": {name: {"body", "headers", "pem"}}}; out: {name: accepted}. Only the ground is ours: the root that is
trusted, and what lies at the address of the certificates.
"""

import json
import re
import sys
from functools import partial
from typing import Any

_search = re.search


def _search_longer_versions(pattern: Any, text: str, flags: int = 0) -> Any:
    """oscrypto 1.3 looks for an OpenSSL of one-digit numbers (3.0.9, not 3.0.19)."""
    if pattern == "\\b(\\d\\.\\d\\.\\d[a-z]*)\\b":
        pattern = "\\b(\\d+\\.\\d+\\.\\d+[a-z]*)\\b"
    return _search(pattern, text, flags)


re.search = _search_longer_versions  # type: ignore[assignment]
from ask_sdk_webservice_support import verifier as amazon  # noqa: E402
from certvalidator import CertificateValidator, ValidationContext  # noqa: E402

re.search = _search


class Verifier(amazon.RequestVerifier):  # type: ignore[misc]
    """Finds the certificates at hand instead of at their address."""

    def __init__(self, pem: bytes) -> None:
        super().__init__(signature_key="Signature-256")
        self._pem = pem

    def _load_cert_chain(self, cert_url: str) -> bytes:
        return self._pem


def accepts(case: dict[str, Any], root: bytes) -> bool:
    """In a context of its own: certvalidator remembers intermediates."""
    context = ValidationContext(extra_trust_roots=[root])
    amazon.CertificateValidator = partial(CertificateValidator, validation_context=context)
    try:
        Verifier(case["pem"].encode()).verify(case["headers"], case["body"], None)
    except amazon.VerificationException:
        return False
    return True


def main() -> None:
    given = json.load(sys.stdin)
    root = given["root"].encode()
    json.dump({name: accepts(case, root) for name, case in given["cases"].items()}, sys.stdout)


if __name__ == "__main__":
    main()

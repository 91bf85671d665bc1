"""The site's word for who is signed in: a short-lived JSON Web Token that the shop's own server signs (docs/identity.md)."""

from dataclasses import dataclass

import jwt
from pydantic import SecretStr

AUDIENCE = "nochannel"
MAX_SECONDS = 3_600
"""A token lives no longer than this; the page fetches a new one when it connects."""

LEEWAY_SECONDS = 30
MAX_CUSTOMER_LENGTH = 128


@dataclass(frozen=True)
class SignedIn:
    """The shop's customer, when they signed in, if the site says so, and since when it has been known (both seconds since the epoch)."""

    customer: str
    at: float | None
    known_from: float


class BadToken(Exception):
    """Not a token to rely on; the message says why, for the site's developer."""


class CustomerTokens:
    """Checks tokens with the secret (HS256) or the public key (RS256, ES256) that the site shares with us."""

    def __init__(self, secret: SecretStr | None, public_key: str) -> None:
        self._key = secret.get_secret_value() if secret else public_key
        self._algorithms = ["HS256"] if secret else ["RS256", "ES256"]

    def verify(self, token: object) -> SignedIn:
        """Raises BadToken."""
        if not self._key:
            raise BadToken("the assistant has no WEB_TOKEN_SECRET or WEB_TOKEN_PUBLIC_KEY")
        if not isinstance(token, str):
            raise BadToken("the token must be a string")
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=self._algorithms,
                audience=AUDIENCE,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "sub", "aud"]},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise BadToken(
                f"{type(error).__name__}: {_WHAT_TO_DO.get(type(error).__name__, 'see docs/identity.md')}"
            ) from None
        if claims["exp"] - claims["iat"] > MAX_SECONDS:
            raise BadToken(f"exp must be at most {MAX_SECONDS} seconds after iat")
        customer, at = claims["sub"], claims.get("auth_time")
        if (
            not 0 < len(customer) <= MAX_CUSTOMER_LENGTH
            or not customer.isascii()
            or not customer.isprintable()
            or " " in customer
        ):
            raise BadToken("sub must be the shop's id of the customer")
        signed_in_at = float(at) if isinstance(at, int | float) else None
        return SignedIn(customer, signed_in_at, float(claims["iat"]) if signed_in_at is None else signed_in_at)


_WHAT_TO_DO = {
    "ExpiredSignatureError": "fetch a new one for each connection",
    "InvalidSignatureError": "it is signed with another key than ours",
    "InvalidAudienceError": f'aud must be "{AUDIENCE}"',
    "MissingRequiredClaimError": "exp, iat, sub and aud must be there",
    "InvalidAlgorithmError": "HS256 with the secret, RS256 or ES256 with the key",
}

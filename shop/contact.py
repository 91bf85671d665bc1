"""How customers are reached and billed: e-mail addresses, phone numbers, and companies with their VAT numbers, checked and in one form."""

from string import ascii_lowercase, ascii_uppercase
from typing import Annotated

import phonenumbers
from pydantic import AfterValidator, Field
from stdnum.ch import uid
from stdnum.eu import vat

from shop.requests import Body, Name

SWISS_ENDINGS = ("MWST", "TVA", "IVA", "TPV")  # what is written behind a company's number where it is a VAT number
HOME = "DE"  # where a phone number without its country is, unless an address says more

SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)

Phone = Annotated[str, Field(pattern=r"^[0-9+() /.-]{4,40}$")]


def checked_vat_number(number: str) -> str:
    """Of the EU as DE136695976, of Switzerland as CHE-100.155.212. Raises ValueError."""
    swiss = _without_ending(number)
    if uid.is_valid(swiss):
        return str(uid.format(swiss))
    if vat.is_valid(number):
        return str(vat.compact(number))
    raise ValueError("is no VAT number of the EU or of Switzerland")


def _without_ending(number: str) -> str:
    bare = number.strip().upper()
    return next((bare.removesuffix(ending) for ending in SWISS_ENDINGS if bare.endswith(ending)), bare)


VatNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9 .-]{4,30}$"), AfterValidator(checked_vat_number)]


def folded(email: str) -> str:
    """An e-mail address in small letters, to be compared. Of a-z alone: other letters that look alike are other mailboxes."""
    return email.translate(SMALL)


class CompanyBody(Body):
    """In whose name a company's customer acts."""

    name: Name
    vat_number: VatNumber | None = None


def e164(phone: str, country: str = HOME) -> str:
    """0171 1234567 as +491711234567; `country` is where a number without its country is. Raises ValueError."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        raise ValueError("is no phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError("is no phone number that exists")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

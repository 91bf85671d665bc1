"""Customers: who acts, how they want to be spoken to and reached, where their parcels go, what they have."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Literal, cast

from aiohttp import web
from pydantic import Field, model_validator
from sqlalchemy import Table, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer, moment_view
from shop.clock import Clock
from shop.contact import CompanyBody, Phone, e164, folded
from shop.database import Database, insert_if_absent, insert_or_set
from shop.devices import device_view, devices_of
from shop.idempotency import Writes, customer_scope, read_write
from shop.joins import JoinBody, Joins, parse_joined
from shop.models import Address, Consent, Customer, Json
from shop.payments.gift_cards import GiftCards, card_view, ending
from shop.payments.wishes import PAYMENT_METHODS, PaymentMethod
from shop.problems import AddressNotFound, CustomerNotFound, IbanMissing, invalid
from shop.requests import Body, Name, read_body, read_customer, read_query

Language = Literal["de", "en"]
FormOfAddress = Literal["du", "Sie"]
CustomerKind = Literal["private", "company"]
Doing = Callable[[AsyncSession, str], Awaitable[None]]  # for a customer

EMAIL_PATTERN = r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+\.[^@\s\u0000-\u001f\u007f]+$"
Email = Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN)]
POSTAL_CODE_DIGITS = {"DE": 5, "AT": 4, "CH": 4}
PURPOSES = ("marketing", "outreach", "telemetry")
SILENT: Language = "de"  # spoken with whoever was written down before they spoke
CUSTOMERS = cast(Table, Customer.__table__)
ADDRESSES = cast(Table, Address.__table__)
CONSENTS = cast(Table, Consent.__table__)
ADDRESS_MEMBERS = ("name", "street", "postal_code", "city", "country")
AS_THEY_ARE = {"name", "email", "language", "form_of_address"}  # members of a change that are kept as they come


class AddressBody(Body):
    """Where a parcel goes; the street has the house number."""

    name: Name
    street: Name
    postal_code: Annotated[str, Field(pattern="^[0-9]{4,5}$")]
    city: Name
    country: Literal["DE", "AT", "CH"]

    @model_validator(mode="after")
    def _fits_the_country(self) -> "AddressBody":
        if len(self.postal_code) != POSTAL_CODE_DIGITS[self.country]:
            raise ValueError("postal_code has five digits in DE, four in AT and CH")
        return self


class ConsentChange(Body):
    """What a customer agrees to, or no longer does; what is left out stays."""

    marketing: bool = False
    outreach: bool = False
    telemetry: bool = False


class CustomerChange(Body):
    """What a customer is to be called and spoken to in; what is left out stays, None clears."""

    name: Name | None = None
    email: Email | None = None
    language: Language
    kind: CustomerKind = "private"
    company: CompanyBody | None = None
    form_of_address: FormOfAddress | None = None
    phone: Phone | None = None
    consents: ConsentChange = ConsentChange()

    def says(self, member: str) -> bool:
        """Whether it is in the body."""
        return member in self.model_fields_set


class EmailBody(Body):
    """Whose address it is, in a query or for sure."""

    email: Email


class Customers:
    """The customer record; every method works within the session's transaction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cards = GiftCards(clock)

    async def view(self, session: AsyncSession, customer_id: str) -> Json:
        """Raises CustomerNotFound."""
        customer = await session.get(Customer, customer_id)
        if customer is None:
            raise CustomerNotFound
        return {
            **_view(customer),
            **_consents_view(await consents_of(session, customer_id)),
            "addresses": [_address_view(address) for address in await addresses_of(session, customer_id)],
            "gift_cards": [card_view(card) for card in await self._cards.of(session, customer_id)],
            "devices": [device_view(device) for device in await devices_of(session, customer_id)],
        }

    async def ensure(self, session: AsyncSession, customer_id: str, language: Language) -> None:
        """Creates the customer at the first write."""
        row = {
            "id": customer_id,
            "language": language,
            "payment_methods": PAYMENT_METHODS,
            "created_at": self._clock.now(),
        }
        await insert_if_absent(session, CUSTOMERS, row)

    async def ensure_both(self, session: AsyncSession, customer_id: str, other: str) -> None:
        """The same of two who are one person, so that who is new speaks the language of who is not."""
        query = select(Customer.language).where(Customer.id.in_((customer_id, other)))
        language = cast(Language, await session.scalar(query) or SILENT)
        for one in sorted((customer_id, other)):  # so that two who do the same at once cannot wait for each other
            await self.ensure(session, one, language)

    async def check_payment(self, session: AsyncSession, customer_id: str, method: PaymentMethod) -> bool:
        """Whether the customer exists. Raises InvalidRequest if they may not pay like this."""
        allowed = await session.scalar(select(Customer.payment_methods).where(Customer.id == customer_id))
        if allowed is not None and method not in allowed:
            raise invalid("payment_method", "is not one of the customer's payment methods")
        return allowed is not None

    async def keep_iban(self, session: AsyncSession, customer_id: str, iban: str | None) -> None:
        """For the next debit, if there is one."""
        if iban is not None:
            await session.execute(update(Customer).where(Customer.id == customer_id).values(iban=iban))

    async def iban_for(self, session: AsyncSession, customer_id: str, given: str | None) -> str:
        """The given one, or the one that is kept. Raises IbanMissing."""
        iban = given or await session.scalar(select(Customer.iban).where(Customer.id == customer_id))
        if iban is None:
            raise IbanMissing
        return iban

    async def change(self, session: AsyncSession, customer_id: str, change: CustomerChange) -> None:
        """Creates the customer if need be. Raises InvalidRequest."""
        await self.ensure(session, customer_id, change.language)
        customer = await session.get_one(Customer, customer_id, with_for_update=True)
        for member, value in change.model_dump(include=AS_THEY_ARE, exclude_unset=True).items():
            setattr(customer, member, value)
        if customer.email is None or folded(customer.email) != customer.proven_email:
            customer.proven_email = None
        _set_company(customer, change)
        if change.says("phone"):
            customer.phone = await self._phone(session, customer_id, change.phone)
        for purpose, given in change.consents.model_dump(exclude_unset=True).items():
            await self._note(session, customer_id, purpose, given)

    async def prove_email(self, session: AsyncSession, customer_id: str, email: str) -> None:
        """The assistant saw a code answered that was mailed there; creates the customer if need be."""
        await self.ensure(session, customer_id, SILENT)
        proven = {"email": email, "proven_email": folded(email)}
        await session.execute(update(Customer).where(Customer.id == customer_id).values(proven))

    async def with_proven_email(self, session: AsyncSession, email: str) -> Sequence[Customer]:
        """Whose address it is known to be; two are as good as many, since none of them can be chosen."""
        query = select(Customer).where(Customer.proven_email == folded(email)).order_by(Customer.id)
        return (await session.scalars(query.limit(2))).all()

    async def add_address(self, session: AsyncSession, customer_id: str, address: AddressBody) -> None:
        """As the one that is taken first; creates the customer if need be."""
        await self.ensure(session, customer_id, SILENT)
        await self.remember(session, customer_id, address)

    async def remember(self, session: AsyncSession, customer_id: str, address: AddressBody) -> None:
        """Keeps an address as the one last used."""
        key = {"customer_id": customer_id, **address.model_dump()}
        await insert_or_set(session, ADDRESSES, key, {"used_at": self._clock.now()})

    async def remove_address(self, session: AsyncSession, customer_id: str, address: AddressBody) -> None:
        """Parcels that are under way there arrive all the same. Raises AddressNotFound."""
        is_it = [getattr(Address, member) == value for member, value in address.model_dump().items()]
        query = delete(Address).where(Address.customer_id == customer_id, *is_it).returning(Address.id)
        if await session.scalar(query) is None:
            raise AddressNotFound

    async def _phone(self, session: AsyncSession, customer_id: str, phone: str | None) -> str | None:
        if phone is None:
            return None
        addresses = await addresses_of(session, customer_id)
        try:
            return e164(phone, *(address.country for address in addresses[:1]))
        except ValueError as error:
            raise invalid("phone", str(error)) from None

    async def _note(self, session: AsyncSession, customer_id: str, purpose: str, given: bool) -> None:
        """What they said before is kept, since it held until now; saying the same again changes nothing."""
        known = (await consents_of(session, customer_id)).get(purpose)
        if known is None or known.given is not given:
            key = {"customer_id": customer_id, "purpose": purpose, "at": self._clock.now()}
            await insert_or_set(session, CONSENTS, key, {"given": given})


async def addresses_of(session: AsyncSession, customer_id: str) -> Sequence[Address]:
    """The one last used first."""
    query = select(Address).where(Address.customer_id == customer_id)
    return (await session.scalars(query.order_by(Address.used_at.desc(), Address.id.desc()))).all()


async def consents_of(session: AsyncSession, customer_id: str) -> dict[str, Consent]:
    """By purpose what was said last, of purposes of which something was said."""
    query = select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.at)
    fresh = query.execution_options(populate_existing=True)
    return {consent.purpose: consent for consent in await session.scalars(fresh)}


def _set_company(customer: Customer, change: CustomerChange) -> None:
    """Whoever has a company is one, and the other way round, whichever of both is said."""
    company = change.company if change.says("company") else _company_of(customer)
    if change.says("kind") and change.kind == "company" and company is None:
        raise invalid("company", "is needed of a company")
    if change.says("kind") and change.kind == "private":
        if change.company is not None:
            raise invalid("company", "a private customer has none")
        company = None
    customer.company_name = None if company is None else company.name
    customer.vat_number = None if company is None else company.vat_number


def _company_of(customer: Customer) -> CompanyBody | None:
    if customer.company_name is None:
        return None
    return CompanyBody.model_construct(name=customer.company_name, vat_number=customer.vat_number)


def _view(customer: Customer) -> Json:
    company = _company_of(customer)
    return {
        "id": customer.id,
        "kind": "private" if company is None else "company",
        "name": customer.name,
        "company": company and company.model_dump(),
        "email": customer.email,
        "email_proven": customer.proven_email is not None,
        "phone": customer.phone,
        "language": customer.language,
        "form_of_address": customer.form_of_address,
        "payment_methods": customer.payment_methods,
        "iban_ending": customer.iban and ending(customer.iban),
    }


def _known_view(customer: Customer) -> Json:
    return {
        "id": customer.id,
        "name": customer.name,
        "language": customer.language,
        "form_of_address": customer.form_of_address,
    }


def _consents_view(said: Mapping[str, Consent]) -> Json:
    return {
        "consents": {purpose: purpose in said and said[purpose].given for purpose in PURPOSES},
        "consent_times": {purpose: moment_view(said[purpose].at) if purpose in said else None for purpose in PURPOSES},
    }


def _address_view(address: Address) -> Json:
    return {member: getattr(address, member) for member in ADDRESS_MEMBERS}


class CustomerRoutes:
    """The customer record over HTTP."""

    def __init__(self, database: Database, customers: Customers, joins: Joins, writes: Writes) -> None:
        self._database = database
        self._customers = customers
        self._joins = joins
        self._writes = writes

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/customers/me", self.get),
            web.put("/v1/customers/me", self.put),
            web.post("/v1/customers/me/addresses", self.add_address),
            web.delete("/v1/customers/me/addresses", self.remove_address),
            web.post("/v1/customers/me/joins", self.join),
            web.delete("/v1/customers/me/joins/{customer}", self.part),
            web.post("/v1/customers/me/email-proofs", self.prove_email),
            web.get("/v1/customers", self.find),
        ]

    async def get(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        async with self._database.reading() as session:
            return json_answer(await self._customers.view(session, customer_id)).response()

    async def put(self, request: web.Request) -> web.Response:
        body = await read_body(request, CustomerChange)
        return await self._once(request, body, lambda session, whose: self._customers.change(session, whose, body))

    async def add_address(self, request: web.Request) -> web.Response:
        body = await read_body(request, AddressBody)
        return await self._once(
            request, body, lambda session, whose: self._customers.add_address(session, whose, body), status=201
        )

    async def remove_address(self, request: web.Request) -> web.Response:
        body = await read_body(request, AddressBody)
        return await self._once(
            request, body, lambda session, whose: self._customers.remove_address(session, whose, body)
        )

    async def join(self, request: web.Request) -> web.Response:
        body = await read_body(request, JoinBody)

        async def joined(session: AsyncSession, whose: str) -> None:
            await self._customers.ensure_both(session, whose, body.customer)
            await self._joins.join(session, whose, body.customer)

        return await self._once(request, body, joined)

    async def part(self, request: web.Request) -> web.Response:
        other = parse_joined(request.match_info["customer"])
        return await self._once(request, Body(), lambda session, whose: self._joins.part(session, whose, other))

    async def prove_email(self, request: web.Request) -> web.Response:
        body = await read_body(request, EmailBody)
        return await self._once(
            request, body, lambda session, whose: self._customers.prove_email(session, whose, body.email)
        )

    async def find(self, request: web.Request) -> web.Response:
        query = read_query(request, EmailBody)
        async with self._database.reading() as session:
            found = await self._customers.with_proven_email(session, query.email)
            return json_answer({"items": [_known_view(customer) for customer in found]}).response()

    async def _once(self, request: web.Request, body: Body, doing: Doing, status: int = 200) -> web.Response:
        customer_id = read_customer(request)

        async def work(session: AsyncSession) -> Answer:
            await doing(session, customer_id)
            return json_answer(await self._customers.view(session, customer_id), status)

        return (await self._writes.once(read_write(request, customer_scope(customer_id), body), work)).response()

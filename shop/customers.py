"""Customers: who acts, how they want to be spoken to, where their parcels went."""

from collections.abc import Sequence
from typing import Annotated, Literal, cast

from aiohttp import web
from pydantic import Field, model_validator
from sqlalchemy import Table, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer, json_answer
from shop.clock import Clock
from shop.database import Database, insert_if_absent, insert_or_set
from shop.idempotency import Writes, customer_scope, read_write
from shop.models import Address, Customer, Json
from shop.payments.gift_cards import GiftCards, card_view, ending
from shop.payments.wishes import PAYMENT_METHODS, PaymentMethod
from shop.problems import CustomerNotFound, IbanMissing, invalid
from shop.records import GiftCard
from shop.requests import Body, Name, read_body, read_customer

Language = Literal["de", "en"]

EMAIL_PATTERN = r"^[^@\s\u0000-\u001f\u007f]+@[^@\s\u0000-\u001f\u007f]+\.[^@\s\u0000-\u001f\u007f]+$"
POSTAL_CODE_DIGITS = {"DE": 5, "AT": 4, "CH": 4}
CUSTOMERS = cast(Table, Customer.__table__)
ADDRESSES = cast(Table, Address.__table__)
ADDRESS_MEMBERS = ("name", "street", "postal_code", "city", "country")


class CustomerChange(Body):
    """What a customer is to be called and spoken to in; what is left out stays, None clears."""

    name: Name | None = None
    email: Annotated[str, Field(max_length=254, pattern=EMAIL_PATTERN)] | None = None
    language: Language


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


class Customers:
    """The customer record."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cards = GiftCards(clock)

    async def view(self, session: AsyncSession, customer_id: str) -> Json:
        """Raises CustomerNotFound."""
        customer = await session.get(Customer, customer_id)
        if customer is None:
            raise CustomerNotFound
        addresses = await session.scalars(
            select(Address)
            .where(Address.customer_id == customer_id)
            .order_by(Address.used_at.desc(), Address.id.desc())
        )
        cards = await self._cards.of(session, customer_id)
        return _view(customer, [_address_view(address) for address in addresses], cards)

    async def ensure(self, session: AsyncSession, customer_id: str, language: Language) -> None:
        """Creates the customer at the first write."""
        row = {
            "id": customer_id,
            "language": language,
            "payment_methods": PAYMENT_METHODS,
            "created_at": self._clock.now(),
        }
        await insert_if_absent(session, CUSTOMERS, row)

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
        """Creates the customer if need be."""
        await self.ensure(session, customer_id, change.language)
        values = change.model_dump(exclude_unset=True)
        await session.execute(update(Customer).where(Customer.id == customer_id).values(**values))

    async def remember(self, session: AsyncSession, customer_id: str, address: AddressBody) -> None:
        """Keeps the address of an order, as the one last used."""
        key = {"customer_id": customer_id, **address.model_dump()}
        await insert_or_set(session, ADDRESSES, key, {"used_at": self._clock.now()})


def _view(customer: Customer, addresses: list[Json], cards: Sequence[GiftCard]) -> Json:
    return {
        "id": customer.id,
        "name": customer.name,
        "email": customer.email,
        "language": customer.language,
        "addresses": addresses,
        "payment_methods": customer.payment_methods,
        "gift_cards": [card_view(card) for card in cards],
        "iban_ending": customer.iban and ending(customer.iban),
    }


def _address_view(address: Address) -> Json:
    return {member: getattr(address, member) for member in ADDRESS_MEMBERS}


class CustomerRoutes:
    """The customer record over HTTP."""

    def __init__(self, database: Database, customers: Customers, writes: Writes) -> None:
        self._database = database
        self._customers = customers
        self._writes = writes

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/customers/me", self.get), web.put("/v1/customers/me", self.put)]

    async def get(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        async with self._database.reading() as session:
            return json_answer(await self._customers.view(session, customer_id)).response()

    async def put(self, request: web.Request) -> web.Response:
        customer_id = read_customer(request)
        change = await read_body(request, CustomerChange)
        write = read_write(request, customer_scope(customer_id), change)

        async def work(session: AsyncSession) -> Answer:
            await self._customers.change(session, customer_id, change)
            return json_answer(await self._customers.view(session, customer_id))

        return (await self._writes.once(write, work)).response()

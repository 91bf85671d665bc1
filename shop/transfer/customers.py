"""Customers, from files and to files."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shop.contact import HOME, CompanyBody, e164, folded
from shop.customers import ADDRESS_MEMBERS, CONSENTS, PURPOSES, AddressBody
from shop.database import insert_or_set
from shop.models import Address, Consent, Customer, Json
from shop.transfer.rows import ConsentRow, ConsentsRow, CustomerRow, known
from shop.transfer.store import Change, Errors, Store, add_rows, remove_rows, set_rows

ONE_SECOND = timedelta(seconds=1)  # from one imported address to the next, so that their order is kept


class Customers(Store[CustomerRow]):
    """Of consents the newest word counts, whichever way it came."""

    kind = "customers"
    model = CustomerRow

    async def keys(self, session: AsyncSession) -> Sequence[str]:
        return sorted(await session.scalars(select(Customer.id)))  # databases have orders of their own

    async def stored(self, session: AsyncSession, keys: Sequence[str]) -> dict[str, CustomerRow]:
        customers = await session.scalars(select(Customer).where(Customer.id.in_(keys)))
        addresses = await _addresses(session, keys)
        consents = await _consents(session, keys)
        return {one.id: _customer_row(one, addresses.get(one.id, []), consents.get(one.id, {})) for one in customers}

    def completed(
        self, row: CustomerRow, given: CustomerRow, before: CustomerRow | None, faults: Errors
    ) -> CustomerRow:
        return row.model_copy(
            update={
                "email_proven": _is_proven(row, given),
                "phone": _phone(row, faults),
                "consents": row.consents if before is None else _newest(before.consents, row.consents),
                "created_at": row.created_at or self.shared.clock.now().replace(microsecond=0),
                "addresses": list(dict.fromkeys(row.addresses)),
            }
        )

    async def save(
        self, session: AsyncSession, new: Sequence[CustomerRow], changed: Sequence[Change[CustomerRow]]
    ) -> None:
        now = self.shared.clock.now()
        await add_rows(session, Customer, [_customer(row) for row in new])
        await set_rows(session, Customer, "id", [_customer(change.after) for change in changed])
        moved = [change.after for change in changed if change.after.addresses != change.before.addresses]
        await remove_rows(session, Address, "customer_id", [row.id for row in moved])
        await add_rows(session, Address, [address for row in [*new, *moved] for address in _address_rows(row, now)])
        await add_rows(session, Consent, [consent for row in new for consent in _consent_rows(row)])
        await _note_consents(session, changed)


def _is_proven(row: CustomerRow, given: CustomerRow) -> bool:
    """The retailer's files know whose an address is that they name, unless they say otherwise."""
    names_it = "email" in given.model_fields_set and "email_proven" not in given.model_fields_set
    return row.email is not None and (names_it or row.email_proven)


def _phone(row: CustomerRow, faults: Errors) -> str | None:
    try:
        return row.phone and e164(row.phone, row.addresses[0].country if row.addresses else HOME)
    except ValueError as error:
        faults.append(("phone", f"{error}; write it with its country: +49 341 4800960"))
        return None


def _newest(before: ConsentsRow, after: ConsentsRow) -> ConsentsRow:
    pairs = {purpose: (getattr(before, purpose), getattr(after, purpose)) for purpose in PURPOSES}
    return after.model_copy(update={purpose: _later(*pair) for purpose, pair in pairs.items()})


def _later(before: ConsentRow | None, after: ConsentRow | None) -> ConsentRow | None:
    if before is None or after is None:
        return before or after
    return before if before.at >= after.at else after


async def _note_consents(session: AsyncSession, changed: Iterable[Change[CustomerRow]]) -> None:
    for change in changed:
        told = list(_consent_rows(change.before))
        for consent in _consent_rows(change.after):
            if consent not in told:
                given = consent.pop("given")
                await insert_or_set(session, CONSENTS, consent, {"given": given})


# --- to the tables


def _customer(row: CustomerRow) -> Json:
    simple = ("id", "name", "email", "phone", "language", "form_of_address", "payment_methods", "iban", "created_at")
    return {name: getattr(row, name) for name in simple} | {
        "proven_email": folded(row.email) if row.email is not None and row.email_proven else None,
        "company_name": row.company and row.company.name,
        "vat_number": row.company and row.company.vat_number,
    }


def _address_rows(row: CustomerRow, now: datetime) -> Iterator[Json]:
    for place, address in enumerate(row.addresses):
        yield address.model_dump() | {"customer_id": row.id, "used_at": now - place * ONE_SECOND}


def _consent_rows(row: CustomerRow) -> Iterator[Json]:
    for purpose in PURPOSES:
        consent: ConsentRow | None = getattr(row.consents, purpose)
        if consent is not None:
            yield {"customer_id": row.id, "purpose": purpose, "at": consent.at, "given": consent.given}


# --- from the tables


async def _addresses(session: AsyncSession, keys: Sequence[str]) -> dict[str, list[Address]]:
    query = select(Address).where(Address.customer_id.in_(keys))
    by_customer: dict[str, list[Address]] = {}
    for address in await session.scalars(query.order_by(Address.used_at.desc(), Address.id.desc())):
        by_customer.setdefault(address.customer_id, []).append(address)
    return by_customer


async def _consents(session: AsyncSession, keys: Sequence[str]) -> dict[str, dict[str, Consent]]:
    query = select(Consent).where(Consent.customer_id.in_(keys))
    by_customer: dict[str, dict[str, Consent]] = {}
    for consent in await session.scalars(query.order_by(Consent.at)):
        by_customer.setdefault(consent.customer_id, {})[consent.purpose] = consent
    return by_customer


def _customer_row(customer: Customer, addresses: Sequence[Address], consents: dict[str, Consent]) -> CustomerRow:
    return known(
        CustomerRow,
        id=customer.id,
        name=customer.name,
        company=_company(customer),
        email=customer.email,
        email_proven=customer.proven_email is not None,
        phone=customer.phone,
        language=customer.language,
        form_of_address=customer.form_of_address,
        payment_methods=customer.payment_methods,
        iban=customer.iban,
        consents=known(ConsentsRow, **{purpose: _consent(consents.get(purpose)) for purpose in PURPOSES}),
        addresses=[address_body({name: getattr(one, name) for name in ADDRESS_MEMBERS}) for one in addresses],
        created_at=customer.created_at.replace(microsecond=0),
    )


def _company(customer: Customer) -> CompanyBody | None:
    if customer.company_name is None:
        return None
    return known(CompanyBody, name=customer.company_name, vat_number=customer.vat_number)


def _consent(consent: Consent | None) -> ConsentRow | None:
    if consent is None:
        return None
    return known(ConsentRow, given=consent.given, at=consent.at.replace(microsecond=0))


def address_body(members: dict[str, str]) -> AddressBody:
    """As it is kept."""
    return known(AddressBody, **members)

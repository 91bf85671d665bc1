"""Invoices and credit notes: numbered without gaps, never changed, corrected by a further document."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, cast

from pydantic import AfterValidator, Field
from sqlalchemy import Table, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from stdnum.ch import uid
from stdnum.eu import vat

from shop.answers import moment_view
from shop.catalog import Catalog
from shop.clock import Clock
from shop.customers import AddressBody
from shop.database import insert_if_absent
from shop.delivery import local_day
from shop.invoice_lines import InvoiceLine, kept_lines, less, recipient_lines
from shop.links import Links
from shop.models import Counter, Json, Order
from shop.money import Money
from shop.order_rows import next_number
from shop.problems import NothingToInvoice
from shop.records import Invoice, Return
from shop.requests import Body, Name

VAT_PERCENT = 19  # contained in all prices
COUNTERS = cast(Table, Counter.__table__)


class Kind(StrEnum):
    """What a document says: pay this, or this is no longer to be paid."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


PREFIX = {Kind.INVOICE: "", Kind.CREDIT_NOTE: "CN-"}  # no two documents have the same number


def _checked_vat_number(number: str) -> str:
    for kind in (vat, uid):
        if kind.is_valid(number):
            return str(kind.compact(number))
    raise ValueError("is no VAT number of the EU or of Switzerland")


VatNumber = Annotated[str, Field(pattern=r"^[A-Za-z0-9 .-]{4,30}$"), AfterValidator(_checked_vat_number)]


class Company(Body):
    """In whose name it is; where they are, if it is not where the parcel goes."""

    name: Name
    vat_number: VatNumber | None = None
    address: AddressBody | None = None


class InvoiceRequest(Body):
    """Whom the invoice is for, if it is not whom the parcel is for."""

    name: Name | None = None
    company: Company | None = None


@dataclass(frozen=True)
class Draft:
    """All that an invoice or credit note says, before it has a number."""

    customer_id: str
    language: str
    currency: str
    recipient: Sequence[str]
    lines: Sequence[InvoiceLine]
    order_number: int | None = None
    subscription_number: str | None = None
    details: Json = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines)


class Invoices:
    """Every method works within the session's transaction, on an order that is locked."""

    def __init__(self, catalog: Catalog, links: Links, link_days: int, clock: Clock) -> None:
        self._catalog = catalog
        self._links = links
        self._link_time = timedelta(days=link_days)
        self._clock = clock

    async def demand(self, session: AsyncSession, order: Order, wanted: InvoiceRequest) -> Invoice:
        """The order's invoice; with other details than it has, a new one, and a credit note for the old.

        Raises NothingToInvoice.
        """
        lines = await self._lines(session, order)
        if not lines:
            raise NothingToInvoice(order.status)
        standing = await self._standing(session, order)
        details = wanted.model_dump(exclude_none=True) or (standing.invoice.details if standing else {})
        draft = _draft(order, details, lines)
        if standing is None:
            return await self.issue(session, draft)
        if standing.says(draft):
            return standing.invoice
        return await self._replace(session, standing, draft)

    async def follow(self, session: AsyncSession, order: Order) -> None:
        """Brings the order's invoice, if it has one, in line with what the customer has now."""
        standing = await self._standing(session, order)
        if standing is None:
            return
        lines = await self._lines(session, order)
        gone = less(standing.lines, lines)
        if less(standing.lines, gone) != lines:
            await self._replace(session, standing, _draft(order, standing.invoice.details, lines))
        elif gone:
            await self.credit(session, standing.invoice, gone)

    async def issue(self, session: AsyncSession, draft: Draft) -> Invoice:
        """A new invoice."""
        return await self._add(session, Kind.INVOICE, draft, None)

    async def credit(self, session: AsyncSession, invoice: Invoice, lines: Sequence[InvoiceLine]) -> Invoice:
        """A credit note for lines of an invoice, or parts of them."""
        draft = Draft(
            customer_id=invoice.customer_id,
            language=invoice.language,
            currency=invoice.currency,
            recipient=invoice.recipient,
            lines=lines,
            order_number=invoice.order_number,
            subscription_number=invoice.subscription_number,
            details=invoice.details,
        )
        return await self._add(session, Kind.CREDIT_NOTE, draft, invoice.number)

    async def of_order(self, session: AsyncSession, order: Order) -> Sequence[Invoice]:
        """The newest first."""
        query = select(Invoice).where(Invoice.order_number == order.number)
        return (await session.scalars(query.order_by(Invoice.id.desc()))).all()

    def view(self, invoice: Invoice) -> Json:
        """The JSON of the port."""
        until = self._clock.now() + self._link_time
        return {
            "number": invoice.number,
            "kind": invoice.kind,
            "order_number": invoice.order_number and f"NC-{invoice.order_number}",
            "subscription_number": invoice.subscription_number,
            "issued_at": moment_view(invoice.issued_at),
            "total": Money(invoice.total_amount, invoice.currency).view(),
            "vat": {"percent": invoice.vat_percent, "amount": Money(invoice.vat_amount, invoice.currency).view()},
            "recipient": invoice.recipient,
            "url": self._links.document(f"invoice:{invoice.number}", until),
            "corrects": invoice.corrects,
        }

    async def _replace(self, session: AsyncSession, standing: "Standing", draft: Draft) -> Invoice:
        note = await self.credit(session, standing.invoice, standing.lines)
        return await self.issue(session, draft) if draft.lines else note

    async def _lines(self, session: AsyncSession, order: Order) -> list[InvoiceLine]:
        if order.status == "cancelled":
            return []
        snapshot, _ = await self._catalog.look(session, true())
        done = select(Return).where(Return.order_number == order.number, Return.status == "completed")
        returns = await session.scalars(done.options(selectinload(Return.lines)).order_by(Return.number))
        return kept_lines(order, returns.all(), snapshot)

    async def _standing(self, session: AsyncSession, order: Order) -> "Standing | None":
        documents = await self.of_order(session, order)
        for invoice in documents:
            notes = [note for note in documents if note.corrects == invoice.number]
            lines = less(_stored_lines(invoice), [line for note in notes for line in _stored_lines(note)])
            if invoice.kind == Kind.INVOICE and lines:
                return Standing(invoice, lines)
        return None

    async def _add(self, session: AsyncSession, kind: Kind, draft: Draft, corrects: str | None) -> Invoice:
        now = self._clock.now()
        invoice = Invoice(
            number=await _next_number(session, kind, local_day(now).year),
            kind=kind,
            customer_id=draft.customer_id,
            order_number=draft.order_number,
            subscription_number=draft.subscription_number,
            corrects=corrects,
            issued_at=now,
            language=draft.language,
            currency=draft.currency,
            total_amount=draft.total,
            vat_percent=VAT_PERCENT,
            vat_amount=vat_in(draft.total),
            recipient=list(draft.recipient),
            details=draft.details,
            lines=[line.stored() for line in draft.lines],
        )
        session.add(invoice)
        await session.flush()
        return invoice


@dataclass(frozen=True)
class Standing:
    """The invoice that holds for an order, and which lines of it are not credited."""

    invoice: Invoice
    lines: Sequence[InvoiceLine]

    def says(self, draft: Draft) -> bool:
        """Whether nothing differs."""
        return list(self.lines) == list(draft.lines) and self.invoice.recipient == list(draft.recipient)


def vat_in(total: int) -> int:
    """The tax that a price contains, rounded to whole minor units, halves up."""
    return (2 * total * VAT_PERCENT + 100 + VAT_PERCENT) // (2 * (100 + VAT_PERCENT))


def _draft(order: Order, details: Json, lines: Sequence[InvoiceLine]) -> Draft:
    return Draft(
        customer_id=order.customer_id,
        language=order.language,
        currency=order.currency,
        recipient=recipient_lines(order.address, details, order.language),
        lines=lines,
        order_number=order.number,
        details=details,
    )


def _stored_lines(invoice: Invoice) -> list[InvoiceLine]:
    return [InvoiceLine.of(stored) for stored in invoice.lines]


async def _next_number(session: AsyncSession, kind: Kind, year: int) -> str:
    """Counted within the transaction, one after the other: what is undone leaves no gap."""
    counter = f"{kind}:{year}"
    await insert_if_absent(session, COUNTERS, {"name": counter, "value": 0})
    return f"{PREFIX[kind]}{year}-{await next_number(session, counter):06d}"

"""Documents behind signed links: invoices, credit notes, return labels."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import Catalog
from shop.clock import Clock
from shop.database import Database
from shop.invoice_lines import Texts, recipient_lines
from shop.links import Links
from shop.paper import Label, Seller, invoice_pdf, label_pdf
from shop.problems import NotFound
from shop.records import Invoice, Return
from shop.return_rules import line_of
from shop.returns import whole_returns

Draw = Callable[[], bytes]
HEADERS = {"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}


class DocumentRoutes:
    """Documents over HTTP, for whoever has the link."""

    def __init__(self, database: Database, catalog: Catalog, links: Links, seller: Seller, clock: Clock) -> None:
        self._database = database
        self._catalog = catalog
        self._links = links
        self._seller = seller
        self._clock = clock

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/documents/{token}", self.get)]

    async def get(self, request: web.Request) -> web.Response:
        name = self._links.named_by(request.match_info["token"], self._clock.now())
        kind, _, number = name.partition(":")
        async with self._database.reading() as session:
            draw = await (self._invoice(session, number) if kind == "invoice" else self._label(session, number))
        body = await asyncio.to_thread(draw)  # some ten milliseconds of computing
        headers = HEADERS | {"Content-Disposition": f'inline; filename="{kind}-{number}.pdf"'}
        return web.Response(body=body, content_type="application/pdf", headers=headers)

    async def _invoice(self, session: AsyncSession, number: str) -> Draw:
        invoice = await session.scalar(select(Invoice).where(Invoice.number == number))
        if invoice is None:
            raise NotFound
        return lambda: invoice_pdf(invoice, self._seller)

    async def _label(self, session: AsyncSession, number: str) -> Draw:
        entry = await session.scalar(whole_returns().where(Return.number == int(number)))
        if entry is None:
            raise NotFound
        snapshot, _ = await self._catalog.look(session, true())
        label = _label(entry, Texts(snapshot, entry.order.language))
        return lambda: label_pdf(label, self._seller)


def _label(entry: Return, texts: Texts) -> Label:
    order = entry.order
    rows = [(line.quantity, line_of(order, line.line)) for line in entry.lines]
    return Label(
        language=order.language,
        number=f"RT-{entry.number}",
        order_number=f"NC-{order.number}",
        sender=recipient_lines(order.address, {}, order.language),
        contents=[f"{quantity} × {texts.with_options(row, row.options)}" for quantity, row in rows],
        send_by=entry.send_by,
        made_at=entry.requested_at,
    )

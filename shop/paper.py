"""Invoices and return labels as PDF: A4, in the order's language, with fonts of our own so that every name can be written."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from fpdf import FPDF, Align
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import TTFFont

from shop.delivery import local_day
from shop.invoice_lines import COUNTRIES, InvoiceLine
from shop.models import Json
from shop.records import Invoice

FONTS = Path(__file__).parent / "fonts"
MARGIN = 20  # millimetres
INK, GREY = (20, 24, 32), (105, 112, 124)
COLUMNS = (12, 80, 18, 30, 30)
LOCALES = {"de": "de_DE", "en": "en_GB"}

WORDS: Json = {
    "invoice": {"de": "Rechnung", "en": "Invoice"},
    "credit_note": {"de": "Rechnungskorrektur", "en": "Credit note"},
    "number": {"de": "Nummer", "en": "Number"},
    "date": {"de": "Datum", "en": "Date"},
    "order": {"de": "Bestellung", "en": "Order"},
    "subscription": {"de": "Abo", "en": "Subscription"},
    "corrects": {"de": "Zu Rechnung", "en": "For invoice"},
    "heads": {
        "de": ("Pos.", "Bezeichnung", "Menge", "Einzelpreis", "Betrag"),
        "en": ("No.", "Description", "Quantity", "Unit price", "Amount"),
    },
    "net": {"de": "Nettobetrag", "en": "Net amount"},
    "vat": {"de": "Umsatzsteuer {percent} %", "en": "VAT {percent} %"},
    "total": {"de": "Gesamtbetrag", "en": "Total"},
    "note": {
        "de": "Alle Preise enthalten die Umsatzsteuer. Das Leistungsdatum ist der Tag der Lieferung.",
        "en": "All prices include VAT. The date of supply is the day of delivery.",
    },
    "vat_number": {"de": "USt-IdNr.", "en": "VAT number"},
    "label": {"de": "Rücksendung", "en": "Return"},
    "to": {"de": "An", "en": "To"},
    "from": {"de": "Von", "en": "From"},
    "send_by": {"de": "Bitte bis {day} abschicken.", "en": "Please send it by {day}."},
    "contents": {"de": "Inhalt", "en": "Contents"},
    "how": {
        "de": "So geht es: die Ware gut verpacken, dieses Etikett ausdrucken und auf das Paket kleben, das Paket"
        " bei Paketblitz abgeben. Die Rücksendung ist kostenlos.",
        "en": "How it works: pack the goods well, print this label, stick it on the parcel, and hand the parcel to"
        " Paketblitz. Sending it back is free.",
    },
}


@dataclass(frozen=True)
class Seller:
    """Who sells, and where goods are sent back to."""

    name: str
    street: str
    city: str  # with the postal code
    country: str
    email: str
    vat_number: str
    iban: str

    def address(self, language: str) -> list[str]:
        return [self.name, self.street, self.city, COUNTRIES.get(self.country, {}).get(language, self.country)]


@dataclass(frozen=True)
class Label:
    """What a parcel that comes back must say."""

    language: str
    number: str
    order_number: str
    sender: Sequence[str]
    contents: Sequence[str]
    send_by: date
    made_at: datetime


def invoice_pdf(invoice: Invoice, seller: Seller) -> bytes:
    """Of what was issued, and so always the same."""
    page = _Page(_word(invoice.kind, invoice.language), invoice.language, seller, invoice.issued_at)
    page.letterhead(invoice.recipient)
    page.heading()
    page.facts(_facts(invoice))
    sign = -1 if invoice.kind == "credit_note" else 1
    page.lines([InvoiceLine.of(stored) for stored in invoice.lines], invoice.currency, sign)
    page.sums(_sums(invoice, sign))
    page.remark(_word("note", invoice.language))
    return bytes(page.output())


def label_pdf(label: Label, seller: Seller) -> bytes:
    """To be printed and stuck on the parcel."""
    language = label.language
    page = _Page(f"{_word('label', language)} {label.number}", language, seller, label.made_at)
    page.parties((_word("from", language), label.sender), (_word("to", language), seller.address(language)))
    page.heading()
    page.barcode(label.number)
    page.facts(
        [(_word("order", language), label.order_number), (_word("contents", language), ", ".join(label.contents))]
    )
    page.remark(_word("send_by", language).format(day=_day(label.send_by, language)))
    page.remark(_word("how", language))
    return bytes(page.output())


class _Page(FPDF):
    """A4 with our fonts, a title and the seller's foot."""

    def __init__(self, title: str, language: str, seller: Seller, made_at: datetime) -> None:
        super().__init__(format="A4")
        self._title, self._language, self._seller = title, language, seller
        for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold")):
            self.add_font("house", style, FONTS / f"{name}.ttf")
        self.set_creation_date(made_at)
        self.set_title(title)
        self.set_lang(language)
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, margin=MARGIN + 12)
        self.add_page()

    def footer(self) -> None:
        """On every page."""
        seller = self._seller
        self.set_y(-MARGIN - 4)
        self._pen(7, GREY)
        self._write(" · ".join([*seller.address(self._language), seller.email]), Align.C)
        vat_number = f"{_word('vat_number', self._language)} {seller.vat_number}"
        self._write(f"{vat_number} · IBAN {seller.iban} · {self.page_no()}", Align.C)

    def letterhead(self, recipient: Sequence[str]) -> None:
        """Where the window of an envelope is."""
        self.set_y(45)
        self._pen(7, GREY)
        self._write(" · ".join(self._seller.address(self._language)[:3]))
        self._pen(10)
        for line in recipient:
            self._write(line)
        self.set_y(95)

    def heading(self) -> None:
        self._pen(16, bold=True)
        self._write(self._title)
        self.ln(3)

    def facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """A name and a value on each line."""
        for name, value in facts:
            self._pen(9, GREY)
            self.cell(38, self._height, self._drawable(name))
            self._pen(9)
            self._write(value)
        self.ln(5)

    def lines(self, lines: Sequence[InvoiceLine], currency: str, sign: int) -> None:
        """The table, over as many pages as it needs, with its heads on each."""
        self._pen(9)
        aligns = (Align.L, Align.L, Align.R, Align.R, Align.R)
        layout = TableBordersLayout.SINGLE_TOP_LINE
        with self.table(col_widths=COLUMNS, text_align=aligns, borders_layout=layout, padding=1.2) as table:
            table.row(WORDS["heads"][self._language])
            for place, line in enumerate(lines, start=1):
                prices = [self._money(sign * amount, currency) for amount in (line.amount, line.total)]
                table.row([str(place), self._drawable(line.text), str(line.quantity), *prices])
        self.ln(3)

    def sums(self, sums: Sequence[tuple[str, str]]) -> None:
        """The last one is what counts."""
        for place, (name, value) in enumerate(sums, start=1):
            self._pen(10, bold=place == len(sums))
            self.cell(110, self._height, "")
            self.cell(30, self._height, name)
            self.cell(30, self._height, value, align=Align.R, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(6)

    def remark(self, text: str) -> None:
        self._pen(9)
        self._write(text)
        self.ln(2)

    def parties(self, *parties: tuple[str, Sequence[str]]) -> None:
        """Who sends to whom; the last one is what the carrier reads."""
        for place, (name, address) in enumerate(parties, start=1):
            self._pen(8, GREY)
            self._write(name)
            self._pen(10 if place < len(parties) else 15)
            for line in address:
                self._write(line)
            self.ln(6)

    def barcode(self, text: str) -> None:
        self.code39(f"*{text}*", x=MARGIN, y=self.get_y(), w=0.5, h=20)
        self.ln(26)

    @property
    def _height(self) -> float:
        return float(self.font_size * 1.45)

    def _pen(self, points: int, colour: tuple[int, int, int] = INK, bold: bool = False) -> None:
        self.set_font("house", "B" if bold else "", points)
        self.set_text_color(*colour)

    def _write(self, text: str, align: Align = Align.L) -> None:
        self.multi_cell(0, self._height, self._drawable(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _drawable(self, text: str) -> str:
        """Without what the font has no letter for: the library would name it in the log."""
        known = cast(TTFFont, self.fonts["house"]).cmap
        return "".join(letter if ord(letter) in known else "?" for letter in unicodedata.normalize("NFC", text))

    def _money(self, amount: int, currency: str) -> str:
        return money_text(amount, currency, self._language)


def money_text(amount: int, currency: str, language: str) -> str:
    """499,00 € or €499.00."""
    minor = get_currency_precision(currency)
    return format_currency(Decimal(amount).scaleb(-minor), currency, locale=LOCALES[language])


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    facts: Mapping[str, str | None] = {
        "number": invoice.number,
        "date": _day(local_day(invoice.issued_at), invoice.language),
        "corrects": invoice.corrects,
        "order": f"NC-{invoice.order_number}" if invoice.order_number is not None else None,
        "subscription": invoice.subscription_number,
    }
    return [(_word(name, invoice.language), value) for name, value in facts.items() if value is not None]


def _sums(invoice: Invoice, sign: int) -> list[tuple[str, str]]:
    amounts = {
        _word("net", invoice.language): invoice.total_amount - invoice.vat_amount,
        _word("vat", invoice.language).format(percent=invoice.vat_percent): invoice.vat_amount,
        _word("total", invoice.language): invoice.total_amount,
    }
    return [(name, money_text(sign * amount, invoice.currency, invoice.language)) for name, amount in amounts.items()]


def _word(name: str, language: str) -> str:
    return str(WORDS[name][language])


def _day(day: date, language: str) -> str:
    return format_date(day, format="long", locale=LOCALES[language])

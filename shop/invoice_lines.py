"""What stands on an invoice: whose it is, and one line per article and add-on, in the order's language."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Self

from shop.catalog import CatalogProduct, Snapshot
from shop.models import Json, Order, OrderLine
from shop.records import Return, ReturnLine
from shop.return_rules import line_of

WORDS = {
    "rent": {"de": "Miete für {months} Monate, erster Monat", "en": "rented for {months} months, first month"},
    "first_month": {"de": "{name}, erster Monat", "en": "{name}, first month"},
    "exchanged": {"de": "{name}, im Tausch", "en": "{name}, in exchange"},
    "vat_number": {"de": "USt-IdNr. {number}", "en": "VAT number {number}"},
}
COUNTRIES = {
    "DE": {"de": "Deutschland", "en": "Germany"},
    "AT": {"de": "Österreich", "en": "Austria"},
    "CH": {"de": "Schweiz", "en": "Switzerland"},
}


@dataclass(frozen=True)
class InvoiceLine:
    """`key` names what it is of; `amount` is of one piece, in minor units."""

    key: str
    text: str
    quantity: int
    amount: int

    @property
    def total(self) -> int:
        return self.amount * self.quantity

    @classmethod
    def of(cls, stored: Json) -> Self:
        """As it was stored."""
        return cls(**stored)

    def stored(self) -> Json:
        """As it is stored with the invoice."""
        return asdict(self)


class Texts:
    """Names as the order's language has them."""

    def __init__(self, snapshot: Snapshot, language: str) -> None:
        self._snapshot = snapshot
        self._language = language

    def article(self, row: OrderLine) -> str:
        name = self.with_options(row, row.options)
        return name if row.term_months is None else f"{name}, {self._word('rent', months=row.term_months)}"

    def addon(self, addon: Json) -> str:
        name = str(addon["name"][self._language])
        return self._word("first_month", name=name) if addon["monthly"] else name

    def exchanged(self, row: OrderLine, options: Mapping[str, str]) -> str:
        """With the add-ons that go over to it."""
        addons = [self.addon(addon) for addon in row.addons if not addon["monthly"]]
        return self._word("exchanged", name=" + ".join([self.with_options(row, options), *addons]))

    def with_options(self, row: OrderLine, options: Mapping[str, str]) -> str:
        """AeroPix Mini (Rot)."""
        product = self._snapshot.products.get(row.product_id)
        values = [_value_name(product, option, value, self._language) for option, value in options.items()]
        return f"{row.product_name} ({', '.join(values)})" if values else row.product_name

    def _word(self, key: str, **values: object) -> str:
        return WORDS[key][self._language].format(**values)


def less(lines: Sequence[InvoiceLine], others: Iterable[InvoiceLine]) -> list[InvoiceLine]:
    """The lines without as many pieces as the others have of them."""
    gone: dict[str, int] = {}
    for other in others:
        gone[other.key] = gone.get(other.key, 0) + other.quantity
    rest = [replace(line, quantity=line.quantity - gone.get(line.key, 0)) for line in lines]
    return [line for line in rest if line.quantity > 0]


def kept_lines(order: Order, done: Sequence[Return], snapshot: Snapshot) -> list[InvoiceLine]:
    """What the customer has of the order, after the returns and exchanges that are done."""
    texts = Texts(snapshot, order.language)
    ordered = [line for row in order.lines for line in _lines_of(row, row.quantity - _came_back(row, done), texts)]
    replaced = [
        _replacement(order, entry, line, texts)
        for entry in done
        for line in entry.lines
        if line.to_variant_id is not None
    ]
    return ordered + replaced


def _came_back(row: OrderLine, done: Sequence[Return]) -> int:
    return sum(line.quantity for entry in done for line in entry.lines if line.line == row.position)


def _lines_of(row: OrderLine, left: int, texts: Texts) -> Iterable[InvoiceLine]:
    """What is paid every month is not given back with the goods."""
    if left > 0:
        yield InvoiceLine(f"{row.position}", texts.article(row), left, row.unit_amount)
    for addon in row.addons:
        quantity = row.quantity if addon["monthly"] else left
        if quantity > 0:
            yield InvoiceLine(f"{row.position}/{addon['id']}", texts.addon(addon), quantity, addon["price"]["amount"])


def _replacement(order: Order, entry: Return, line: ReturnLine, texts: Texts) -> InvoiceLine:
    row = line_of(order, line.line)
    text = texts.exchanged(row, line.to_options or {})
    return InvoiceLine(
        f"RT-{entry.number}/{line.position}", text, line.quantity, (line.to_amount or 0) // line.quantity
    )


def _value_name(product: CatalogProduct | None, option_id: str, value_id: str, language: str) -> str:
    """Its id, if it has left the catalog."""
    options = product.view["options"] if product is not None else []
    for option in options:
        for value in option["values"]:
            if (option["id"], value["id"]) == (option_id, value_id):
                return str(value["name"][language])
    return value_id


def recipient_lines(address: Mapping[str, str], details: Json, language: str) -> list[str]:
    """Whom the invoice is for; a company and another name stand before and in place of the parcel's."""
    company = details.get("company") or {}
    where = company.get("address") or address
    name = details.get("name") or where["name"]
    lines = [company["name"]] if company else []
    lines += [name, where["street"], f"{where['postal_code']} {where['city']}", COUNTRIES[where["country"]][language]]
    if company.get("vat_number"):
        lines.append(WORDS["vat_number"][language].format(number=company["vat_number"]))
    return lines

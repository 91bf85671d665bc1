"""Files as retailers make them, and what becomes of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from shop.app import prepare
from shop.clock import Clock
from shop.database import Database
from shop.transfer.exporting import Export
from shop.transfer.importing import Import, ImportRefused, Taken

RETURN_DAYS = 14
BOAT: dict[str, Any] = {
    "id": "wave-one",
    "kind": "boat",
    "kind_name": {"de": "Boot", "en": "boat"},
    "family": "Wave",
    "name": "Wave One",
    "currency": "EUR",
    "tagline": {"de": "Schwimmt", "en": "Floats"},
    "description": "A boat for one.",
    "rental_terms": [1, 6],
    "variants": [
        {"id": "wave-one-red", "options": {"colour": "red"}, "price": 80000, "monthly_price": 4000, "stock": 3},
        {"id": "wave-one-blue", "options": {"colour": "blue"}, "price": 82000, "monthly_price": 4100, "stock": 5},
    ],
    "addons": [
        {"id": "insurance", "name": "insurance", "description": "All is paid.", "price": 500, "monthly": True},
    ],
}
MIA: dict[str, Any] = {"id": "mia", "name": "Mia Kern", "email": "mia@example.org", "language": "de"}
ADDRESS = {"name": "Mia Kern", "street": "Am Markt 3", "postal_code": "28195", "city": "Bremen", "country": "DE"}
ORDER: dict[str, Any] = {
    "number": "NC-700001",
    "customer_id": "mia",
    "status": "delivered",
    "placed_at": "2026-01-10T10:00:00Z",
    "delivered_at": "2026-01-12T10:00:00Z",
    "payment_method": "paypal",
    "payment_status": "paid",
    "address": ADDRESS,
    "items": [{"variant_id": "wave-one-red", "quantity": 2}],
}
PENDING = {"status": "pending", "delivered_at": None}
SUBSCRIPTION: dict[str, Any] = {
    "number": "SB-800001",
    "order_number": "NC-700001",
    "variant_id": "wave-one-red",
    "term_months": 6,
    "started_on": "2026-01-12",
}


class Files:
    """A folder, a shop's database, and what is taken from one into the other."""

    def __init__(self, folder: Path, database: Database, clock: Clock) -> None:
        self.folder = folder
        self.database = database
        self.clock = clock

    def write(self, name: str, *rows: dict[str, Any]) -> Path:
        return self.write_text(name, b"\n".join(orjson.dumps(row) for row in rows))

    def write_text(self, name: str, text: bytes | str) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    async def take(self, *paths: Path, replace_catalog: bool = False) -> dict[str, Taken]:
        await prepare(self.database, sample_data=False)
        taken = await Import(self.database, self.clock, RETURN_DAYS).run(paths, replace_catalog)
        return {one.kind: one for one in taken}

    async def take_rows(self, **rows: Sequence[dict[str, Any]]) -> dict[str, Taken]:
        """By kind."""
        return await self.take(*(self.write(f"{kind}.jsonl", *some) for kind, some in rows.items()))

    async def refused(self, *paths: Path) -> list[str]:
        """What is said of files that are not taken."""
        try:
            await self.take(*paths)
        except ImportRefused as refused:
            return [line.replace(f"{self.folder}/", "") for line in refused.lines]
        raise AssertionError("the files were taken")

    async def refused_rows(self, **rows: Sequence[dict[str, Any]]) -> list[str]:
        return await self.refused(*(self.write(f"{kind}.jsonl", *some) for kind, some in rows.items()))

    async def give(self, kind: str, form: str, folder: Path | None = None) -> Path:
        """The kind's file."""
        path = (folder or self.folder) / f"{kind}.{form}"
        with path.open("w", encoding="utf-8", newline="") as file:
            await Export(self.database, self.clock).run(kind, form, file)
        return path

    async def rows(self, kind: str) -> list[Any]:
        """All that the shop has of the kind."""
        path = await self.give(kind, "jsonl", self.folder.parent)
        return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def counts(taken: Taken) -> tuple[int, int, int]:
    """Rows, new ones, changed ones."""
    return taken.rows, taken.new, taken.changed

"""The goods that an empty shop is filled with."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.catalog import REVISION
from shop.models import Addon, Counter, Fleet, Json, Part, Plan, Product, Variant

FOLDER = Path(__file__).parent / "sample_data"
KINDS = ("drone", "e_bike", "car", "chair", "shoe")  # in the shop's own order


async def fill_if_empty(session: AsyncSession) -> bool:
    """Whether it was empty."""
    if await session.scalar(select(exists().select_from(Product))):
        return False
    await fill(session)
    return True


async def fill(session: AsyncSession) -> None:
    """Puts the sample goods in the place of whatever the catalog holds; orders stay."""
    await session.execute(delete(Product))
    await session.execute(delete(Plan))
    session.add_all(products())
    session.add_all(plans())
    await session.execute(update(Counter).where(Counter.name == REVISION).values(value=Counter.value + 1))


def products() -> Iterator[Product]:
    """The sample goods as rows."""
    files = [json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8")) for kind in KINDS]
    entries = [(file, entry) for file in files for entry in file["products"]]
    for position, (file, entry) in enumerate(entries):
        yield _product(position, file, entry)


def plans() -> Iterator[Plan]:
    """The sample families' plans as rows."""
    entries = json.loads((FOLDER / "plans.json").read_text(encoding="utf-8"))["plans"]
    return (Plan(position=position, **entry) for position, entry in enumerate(entries))


def _product(position: int, file: Json, entry: Json) -> Product:
    return Product(
        id=entry["id"],
        position=position,
        kind=file["kind"],
        family=entry["family"],
        name=entry["name"],
        currency=file["currency"],
        tagline=entry["tagline"],
        description=entry["description"],
        options=entry["options"],
        features=entry["features"],
        rental_terms=entry["rental_terms"],
        variants=list(_variants(entry["variants"])),
        parts=list(_parts(entry["parts"])),
        addons=list(_addons(entry["addons"])),
        fleets=[Fleet(city=city, size=size) for city, size in entry["fleet"].items()],
    )


def _variants(entries: Iterable[Json]) -> Iterator[Variant]:
    for position, entry in enumerate(entries):
        yield Variant(
            id=entry["id"],
            position=position,
            options=entry["options"],
            price_amount=entry["price"],
            monthly_amount=entry["monthly_price"],
            stock=entry["stock"],
        )


def _parts(entries: Iterable[Json]) -> Iterator[Part]:
    for position, entry in enumerate(entries):
        yield Part(id=entry["id"], position=position, name=entry["name"], price_amount=entry["price"])


def _addons(entries: Iterable[Json]) -> Iterator[Addon]:
    for position, entry in enumerate(entries):
        yield Addon(
            id=entry["id"],
            position=position,
            name=entry["name"],
            description=entry["description"],
            price_amount=entry["price"],
            monthly=entry["monthly"],
        )

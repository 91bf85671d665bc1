"""Stock: pieces are taken and given back within the transaction that changes the order."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.models import Variant
from shop.problems import OutOfStock, VariantNotFound

Pieces = Counter[str]  # by variant id


def pieces(amounts: Iterable[tuple[str, int]]) -> Pieces:
    """How many of each variant, over all (variant id, quantity)."""
    counted: Pieces = Counter()
    for variant_id, quantity in amounts:
        counted[variant_id] += quantity
    return counted


async def exchange(session: AsyncSession, returned: Pieces, wanted: Pieces) -> None:
    """Gives back and takes only the difference, always in the same order so that two orders cannot block each other.

    Raises OutOfStock.
    """
    for variant_id in sorted(returned.keys() | wanted.keys()):
        difference = wanted[variant_id] - returned[variant_id]
        if difference > 0:
            await _take(session, variant_id, difference)
        elif difference < 0:
            await _give_back(session, variant_id, -difference)


async def _take(session: AsyncSession, variant_id: str, quantity: int) -> None:
    # Check and change are one statement: whoever comes second finds the stock that is left.
    query = (
        update(Variant)
        .where(Variant.id == variant_id, Variant.stock >= quantity)
        .values(stock=Variant.stock - quantity)
        .returning(Variant.id)
        .execution_options(synchronize_session=False)
    )
    if await session.scalar(query) is None:
        raise OutOfStock(variant_id, await _available(session, variant_id))


async def _available(session: AsyncSession, variant_id: str) -> int:
    available = await session.scalar(select(Variant.stock).where(Variant.id == variant_id))
    if available is None:
        raise VariantNotFound(variant_id)
    return available


async def _give_back(session: AsyncSession, variant_id: str, quantity: int) -> None:
    # A variant that has left the catalog meanwhile has no stock to return to.
    await session.execute(
        update(Variant)
        .where(Variant.id == variant_id)
        .values(stock=Variant.stock + quantity)
        .execution_options(synchronize_session=False)
    )

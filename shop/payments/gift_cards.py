"""Gift cards: taken from and given back to in the transaction that orders, cancels or receives."""

import re
import secrets
from collections.abc import Sequence

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.clock import Clock
from shop.models import Json
from shop.money import Money
from shop.problems import GiftCardInsufficient
from shop.records import GiftCard

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is read as another
CODE_LETTERS = 8


def normalised(code: str) -> str:
    """A code as a customer writes it (gc 7k2m9qxt) in the form in which it is kept."""
    letters = re.sub(r"[^0-9A-Z]", "", code.upper())
    if len(letters) > CODE_LETTERS:
        letters = letters.removeprefix("GC")
    return _code(letters)


def _code(letters: str) -> str:
    return f"GC-{letters[:4]}-{letters[4:]}"


def ending(code: str) -> str:
    """What a human recognises, and nobody can pay with."""
    return f"…{code[-4:]}"


def card_view(card: GiftCard) -> Json:
    """The JSON of the port."""
    return {"code": card.code, "balance": Money(card.balance_amount, card.currency).view()}


class GiftCards:
    """Every method works within the session's transaction, and only on the customer's own cards."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def of(self, session: AsyncSession, customer_id: str) -> Sequence[GiftCard]:
        """The fullest first."""
        query = select(GiftCard).where(GiftCard.customer_id == customer_id)
        return (await session.scalars(query.order_by(GiftCard.balance_amount.desc(), GiftCard.code))).all()

    async def take(
        self, session: AsyncSession, customer_id: str, amount: Money, code: str | None = None, rather: str | None = None
    ) -> str:
        """Pays with the card that is named; else `rather` with that one, else with the emptiest that suffices.

        Says which it was. Raises GiftCardInsufficient.
        """
        named = [normalised(code)] if code is not None else await self._codes(session, customer_id, rather)
        for candidate in named:
            if await _take(session, customer_id, candidate, amount):
                return candidate
        raise GiftCardInsufficient(await self._most(session, customer_id, named, amount.currency))

    async def _codes(self, session: AsyncSession, customer_id: str, rather: str | None) -> list[str]:
        codes = [card.code for card in reversed(await self.of(session, customer_id))]
        return sorted(codes, key=lambda code: code != rather)

    async def _most(self, session: AsyncSession, customer_id: str, codes: Sequence[str], currency: str) -> Money:
        query = select(GiftCard.balance_amount).where(
            GiftCard.customer_id == customer_id, GiftCard.currency == currency, GiftCard.code.in_(codes)
        )
        return Money(max(await session.scalars(query), default=0), currency)

    async def give(self, session: AsyncSession, customer_id: str, amount: Money, code: str | None) -> str:
        """Puts money on the card, or on any of the customer's, or on a new one; says which it was."""
        for candidate in [code] if code is not None else await self._codes(session, customer_id, None):
            if await _give(session, customer_id, candidate, amount):
                return candidate
        return (await self.issue(session, customer_id, amount)).code

    async def own(self, session: AsyncSession, customer_id: str, code: str, currency: str) -> str:
        """The code as kept, of a card that money can go back to. Raises GiftCardInsufficient if there is none such."""
        kept = normalised(code)
        query = select(GiftCard.code).where(
            GiftCard.customer_id == customer_id, GiftCard.currency == currency, GiftCard.code == kept
        )
        if await session.scalar(query) is None:
            raise GiftCardInsufficient(Money(0, currency))
        return kept

    async def issue(self, session: AsyncSession, customer_id: str, amount: Money) -> GiftCard:
        """A new card."""
        card = GiftCard(
            code=_code("".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))),
            customer_id=customer_id,
            currency=amount.currency,
            balance_amount=amount.amount,
            created_at=self._clock.now(),
        )
        session.add(card)
        await session.flush()
        return card


async def _take(session: AsyncSession, customer_id: str, code: str, amount: Money) -> bool:
    # Check and change are one statement: whoever comes second finds the balance that is left.
    query = update(GiftCard).where(
        GiftCard.code == code,
        GiftCard.customer_id == customer_id,
        GiftCard.currency == amount.currency,
        GiftCard.balance_amount >= amount.amount,
    )
    return await _changed(session, query.values(balance_amount=GiftCard.balance_amount - amount.amount))


async def _give(session: AsyncSession, customer_id: str, code: str, amount: Money) -> bool:
    query = update(GiftCard).where(
        GiftCard.code == code, GiftCard.customer_id == customer_id, GiftCard.currency == amount.currency
    )
    return await _changed(session, query.values(balance_amount=GiftCard.balance_amount + amount.amount))


async def _changed(session: AsyncSession, query: Update) -> bool:
    done = query.returning(GiftCard.code).execution_options(synchronize_session=False)
    return await session.scalar(done) is not None

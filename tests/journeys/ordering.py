"""The way to an order that journeys about something else take."""

from tests.house import Customer

ADDRESS = "Jonas Reuter, Lindenweg 12, 04107 Leipzig"


async def up_to_the_summary(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> str:
    """Everything is said but the yes."""
    await kim.says(wish)
    await kim.says(ADDRESS)
    return await kim.says("paypal")


async def ordered(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> None:
    """The first order of this shop is placed."""
    await up_to_the_summary(kim, wish)
    assert "NC-104201" in await kim.says("ja bitte bestellen")

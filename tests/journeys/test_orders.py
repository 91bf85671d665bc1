"""From a question to an order and back, in German, in English, and from one to the other."""

from tests.house import House


async def test_a_drone_is_found_ordered_corrected_tracked_and_cancelled(house: House) -> None:
    kim = house.customer()
    assert "AeroPix Pro" in await kim.says("was habt ihr für drohnen?")
    assert "31 Minuten" in await kim.says("wie lange fliegt die mini?")
    await kim.says("ich nehm zwei davon in rot")
    await kim.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig")
    assert "2 × AeroPix Mini in Rot" in await kim.says("paypal")
    assert "3 × AeroPix Mini in Rot" in await kim.says("nein doch drei")
    assert "NC-104201" in await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 149_700)]
    assert "NC-104201" in await kim.says("wo ist meine bestellung?")
    await kim.says("storniere sie bitte")
    assert "storniert" in await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "cancelled", 149_700)]

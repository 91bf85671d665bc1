"""Addresses and names as people give them: in pieces, with floors, of colours, from three countries."""

import pytest

from tests.house import House
from tests.journeys.ordering import ADDRESS, ordered, up_to_the_summary


@pytest.mark.parametrize(
    ("address", "street"),
    [
        ("Jonas Reuter, Lindenweg 12, 2. OG, 04107 Leipzig", "Lindenweg 12, 2. OG"),
        ("Jonas Reuter, Lindenweg 12, 3. Stock links, 04107 Leipzig", "Lindenweg 12, 3. Stock links"),
        ("Jonas Reuter, Lindenweg 12 Hinterhaus, 04107 Leipzig", "Lindenweg 12, Hinterhaus"),
        ("Jonas Reuter, Packstation 142, Postnummer 87654321, 04107 Leipzig", "Packstation 142, Postnummer 87654321"),
    ],
)
async def test_where_in_the_house_counts_no_pieces(house: House, address: str, street: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says(address)
    summary = await kim.says("paypal")
    assert "1 × AeroPix Mini" in summary
    assert f"Jonas Reuter, {street}, 04107 Leipzig" in summary


@pytest.mark.parametrize("name", ["Anna Weiß", "Peter Schwarz", "anna rot"])
async def test_a_name_may_be_a_colour(house: House, name: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    await kim.says(name)
    summary = await kim.says("paypal")
    assert "in Rot" in summary
    assert name.title() in summary


async def test_a_way_to_pay_is_no_name(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    await kim.says("paypal")
    summary = await kim.says("Jonas Reuter")
    assert "Jonas Reuter" in summary
    assert "PayPal" in summary


async def test_a_postal_code_is_no_budget(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Lindenweg 12")
    await kim.says("04107")
    await kim.says("Leipzig")
    await kim.says("Jonas Reuter")
    assert "Lindenweg 12, 04107 Leipzig" in await kim.says("paypal")


async def test_the_town_said_in_passing_is_not_asked_again(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will eine rote aeropix mini nach Dresden")
    await kim.says("Jonas Reuter, Lindenweg 12, 01069")
    assert "01069 Dresden" in await kim.says("paypal")


async def test_where_nobody_delivers_is_said(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    assert "Österreich" in await kim.says("Mario Rossi, Via Roma 12, 00184 Rom, Italien")
    assert await kim.says(ADDRESS)
    assert "Leipzig" in await kim.says("paypal")


async def test_the_country_is_named_where_it_is_another(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Urs Keller, Seestrasse 12, 8002 Zürich")
    assert "8002 Zürich, Schweiz" in await kim.says("paypal")


async def test_a_house_number_is_no_number_of_cars(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("I'd like to buy the voltano city in blue")
    await kim.says("Laura Bennett, 8 Rue... sorry Seestrasse 8, 8002 Zürich")
    await kim.says("Laura Bennett")
    assert "1 × Voltano City" in await kim.says("invoice")


async def test_four_digits_are_a_postal_code_where_one_was_asked_for(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("order one aeropix pro in white")
    await kim.says("Sophie Laurent")
    await kim.says("Gumpendorfer Str. 77, Vienna")
    await kim.says("1060")
    assert "1060 Vienna, Austria" in await kim.says("credit card")


async def test_a_way_to_pay_is_no_name_even_of_two_words(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("order one aeropix pro in white")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    await kim.says("credit card")
    assert "Sophie Laurent" in await kim.says("Sophie Laurent")


async def test_the_words_around_a_street_are_no_part_of_it(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Karla Otto")
    await kim.says("und die straße ist am see 5")
    await kim.says("ach und die plz 88131 lindau")
    assert "Karla Otto, Am See 5, 88131 Lindau" in await kim.says("per paypal")


async def test_a_post_number_needs_no_word(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Tim Berger, Packstation 123, 12345678, 10115 Berlin")
    assert "Packstation 123, 12345678, 10115 Berlin" in await kim.says("paypal")


async def test_after_ordering_another_address_changes_the_order(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    answer = await kim.says("können sie es doch an meine mutter schicken? Hildegard Kern, Rosenweg 2, 85221 Dachau")
    assert "Hildegard Kern, Rosenweg 2, 85221 Dachau" in answer
    assert "Rosenweg 2" in await kim.says("ja")
    assert house.shop.rows("SELECT count(*) FROM orders") == [(1,)]


async def test_the_house_number_changes_and_the_floor_stays(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Jonas Reuter, Lindenweg 12, 3. OG, 04107 Leipzig")
    await kim.says("paypal")
    assert "Lindenweg 14, 3. OG, 04107 Leipzig" in await kim.says("nein, die hausnummer ist 14")


async def test_a_billing_address_is_no_delivery_address(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    answer = await kim.says("meine rechnungsadresse ist aber seestraße 5, 12345 berlin")
    assert "Die Rechnung trägt die Lieferadresse" in answer
    assert "Lindenweg 12, 04107 Leipzig" in answer


async def test_by_voice_alone_in_pieces(house: House) -> None:
    kim = house.customer("kim", "de", voice=True)
    await kim.says("ich hätte gern die kleine drohne")
    await kim.says("rot")
    assert "Postleitzahl" in await kim.says("lindenweg zwölf in leipzig")
    await kim.says("drei eins drei vier nein moment null vier eins null sieben")
    await kim.says("jonas reuter")
    summary = await kim.says("auf rechnung")
    assert "Lindenweg 12, 04107 Leipzig" in summary
    assert "NC-104201" in await kim.says("ja bitte")


async def test_an_account_is_spelled_by_voice(house: House) -> None:
    kim = house.customer("kim", "en", voice=True)
    await kim.says("i'd like the aeropix mini in red")
    await kim.says("anna miller schillerstraße five oh four one oh nine leipzig")
    await kim.says("direct debit")
    summary = await kim.says(
        "d e eight nine three seven oh four double oh four four oh five three two oh one three oh oh oh"
    )
    assert "Schillerstraße 5, 04109 Leipzig" in summary
    assert "3000" in summary

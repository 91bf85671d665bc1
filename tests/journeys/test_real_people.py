"""What people do to an order: put it off, misplace numbers, bear colours as names, want only half of it gone."""

import pytest

from tests.house import Customer, House

ADDRESS = "Jonas Reuter, Lindenweg 12, 04107 Leipzig"


async def _up_to_the_summary(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> str:
    await kim.says(wish)
    await kim.says(ADDRESS)
    return await kim.says("paypal")


async def _ordered(kim: Customer, wish: str = "ich nehme die aeropix mini in rot") -> None:
    await _up_to_the_summary(kim, wish)
    assert "NC-104201" in await kim.says("ja bitte bestellen")


@pytest.mark.parametrize(
    "words",
    [
        "ja warte",
        "alles klar, ich überlegs mir",
        "jein",
        "ja aber erst später",
        "ok hold on",
        "yes, maybe later",
        "ja nee doch nicht",
        "hm",
        "weiß noch nicht",
    ],
)
async def test_half_a_yes_orders_nothing_and_a_whole_one_still_does(house: House, words: str) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert await kim.says(words)
    assert house.shop.orders(kim.id) == []


async def test_who_is_given_time_can_still_say_yes(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "Zeit" in await kim.says("ja warte kurz")
    assert "NC-104201" in await kim.says("so, ja")


@pytest.mark.parametrize("words", ["ja, spricht nichts dagegen", "klar, kein problem", "yes, why not"])
async def test_no_objection_is_a_yes(house: House, words: str) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "NC-104201" in await kim.says(words)


@pytest.mark.parametrize("words", ["ja warte mal", "vielleicht doch nicht", "ok let me think"])
async def test_half_a_yes_cancels_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await _ordered(kim)
    await kim.says("storniere meine bestellung")
    await kim.says(words)
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["pending"]


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


async def test_children_count_no_pieces(house: House) -> None:
    kim = house.customer()
    assert "1 × AeroPix Mini" in await _up_to_the_summary(kim, "eine rote aeropix mini für meine 2 kinder")


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


async def test_not_knowing_is_no_colour(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will die aeropix mini")
    assert "Weiß" in await kim.says("ich weiß nicht")  # asked again: red or white


async def test_of_a_number_and_its_correction_the_later_counts(house: House) -> None:
    kim = house.customer()
    assert "2 × AeroPix Mini" in await _up_to_the_summary(kim, "10 rote minis, nein 2")


async def test_two_things_each_with_its_own_colour(house: House) -> None:
    kim = house.customer()
    summary = await _up_to_the_summary(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    assert "AeroPix Mini in Rot" in summary
    assert "SitSense Office in Schwarz" in summary


async def test_only_one_of_two_is_cancelled_by_changing_the_order(house: House) -> None:
    kim = house.customer()
    await _ordered(kim, "eine aeropix mini in rot und einen sitsense office in schwarz")
    offer = await kim.says("storniere nur den stuhl")
    assert "SitSense" not in offer
    assert "AeroPix Mini" in offer
    await kim.says("ja")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


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


@pytest.mark.parametrize("words", ["office", "den günstigeren", "den teureren"])
async def test_which_of_two_is_told_in_a_word(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl bestellen")
    assert "SitSense" in await kim.says(words)
    assert "Farb" in kim.hears() or "Bezug" in kim.hears() or "welche" in kim.hears().lower()


@pytest.mark.parametrize("words", ["okay passt", "apple pay", "ka", "und jetzt?"])
async def test_every_answer_to_which_one_is_answered(house: House, words: str) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl bestellen")
    assert await kim.says(words)


async def test_a_spare_part_is_not_sold_as_the_whole(house: House) -> None:
    kim = house.customer()
    answer = await kim.says("ich brauche einen ersatzakku für meine aeropix mini")
    assert "+49" in answer
    assert "Farbe" not in answer


async def test_insurance_is_added_at_the_summary_and_taken_out_again(house: House) -> None:
    kim = house.customer()
    before = await _up_to_the_summary(kim)
    assert "Schutzpaket" not in before
    assert "Schutzpaket" in await kim.says("nehm die versicherung noch dazu")
    assert "Schutzpaket" not in await kim.says("ach nee, ohne versicherung")


async def test_a_question_about_returns_drops_no_order(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert await kim.says("kann ich das zurückgeben wenn es nicht gefällt?")
    assert "NC-104201" in await kim.says("ja")


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


async def test_what_is_not_sold_is_told_with_all_that_is(house: House) -> None:
    kim = house.customer()
    await kim.says("was habt ihr für drohnen?")
    assert "{" not in await kim.says("und ohne kaffeemaschine?")


async def test_one_more_thing_in_a_second_breath_comes_on_top(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("und 2 smarte schuhe größe 43 in blau")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "2 × StrideLab Run" in summary


@pytest.mark.parametrize(
    ("correction", "line"),
    [
        ("nein, die 42 soll orange sein", "1 × StrideLab Run in Größe 42, Orange"),
        ("no, the 42 should be orange", "1 × StrideLab Run in size 42, orange"),
    ],
)
async def test_a_size_is_no_number_of_chairs(house: House, correction: str, line: str) -> None:
    kim = house.customer()
    wish = "1 stridelab in 42 blau und 1 sitsense home in grau, an Emily Clarke, Am Markt 3, 99084 Erfurt, paypal"
    assert "1 × SitSense Home" in await kim.says(wish)
    summary = await kim.says(correction)
    assert "1 × SitSense Home" in summary
    assert line.split(" in ")[0] in summary
    assert "range" in summary


async def test_each_size_keeps_its_own_colour(house: House) -> None:
    kim = house.customer()
    await kim.says("StrideLab Run in 43 blau für mich und in 42 orange für meine frau")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "Größe 43, Blau" in summary
    assert "Größe 42, Orange" in summary


async def test_numbers_of_colours_are_corrected_and_not_added(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim, "ich will 3 minis, 2 rote und eine weiße")
    summary = await kim.says("nee 2 weiße und eine rote")
    assert "2 × AeroPix Mini in Weiß" in summary
    assert "1 × AeroPix Mini in Rot" in summary
    assert "1.497 €" in summary


async def test_of_two_colours_one_is_cancelled(house: House) -> None:
    kim = house.customer()
    await _ordered(kim, "eine aeropix mini in rot und eine in weiß")
    offer = await kim.says("storniere nur die weiße")
    assert "998 €" not in offer.split("statt")[0]
    await kim.says("ja")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_only_the_one_that_is_not_kept_goes(house: House) -> None:
    kim = house.customer("kim", "en")
    await _ordered(kim, "one aeropix mini in red and one sitsense home in grey please")
    await kim.says("cancel the chair please, keep the drone")
    await kim.says("yes")
    assert [(status, total) for _, status, total in house.shop.orders(kim.id)] == [("pending", 49_900)]


async def test_one_of_two_changes_its_colour(house: House) -> None:
    kim = house.customer("kim", "en")
    await _up_to_the_summary(kim, "two red aeropix mini please")
    summary = await kim.says("make one of them white")
    assert "1 × AeroPix Mini in red" in summary
    assert "1 × AeroPix Mini in white" in summary


async def test_the_white_one_is_made_red(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim, "1 SitSense Office grau und 1 AeroPix Mini weiß")
    summary = await kim.says("mach aus der weißen drohne eine rote")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Weiß" not in summary


async def test_a_question_about_stock_orders_nothing_more(house: House) -> None:
    kim = house.customer("kim", "en")
    await _up_to_the_summary(kim, "one sitsense home in grey please")
    assert "1 × AeroPix" not in await kim.says("and also tell me if you have a red mini")


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


async def test_who_asks_whether_it_could_be_cancelled_later_keeps_the_order(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "Ja, solange" in await kim.says("kann ich das später noch stornieren?")
    assert "NC-104201" in await kim.says("ja")


async def test_rather_not_is_no(house: House) -> None:
    kim = house.customer()
    await _up_to_the_summary(kim)
    assert "nichts bestellt" in await kim.says("nein danke, doch lieber nicht")


async def test_the_dearer_one_that_is_too_dear_goes(house: House) -> None:
    kim = house.customer()
    await kim.says("ich möchte die AeroPix Pro in schwarz")
    await kim.says("doch lieber die Mini, die Pro ist mir zu teuer")
    summary = await kim.says("rot")
    summary += await kim.says(ADDRESS)
    summary += await kim.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Pro" not in summary


async def test_the_words_around_a_street_are_no_part_of_it(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Karla Otto")
    await kim.says("und die straße ist am see 5")
    await kim.says("ach und die plz 88131 lindau")
    assert "Karla Otto, Am See 5, 88131 Lindau" in await kim.says("per lastschrift")


async def test_one_more_pair_is_no_street(house: House) -> None:
    kim = house.customer()
    await kim.says("StrideLab Run blau 43")
    answer = await kim.says("und noch ein paar in orange 42")
    assert "Orange 42" not in answer


async def test_the_cheapest_is_of_the_kind_that_was_spoken_of(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("what cars do you have?")
    answer = await kim.says("what's the cheapest?")
    assert "Voltano City" in answer
    assert "StrideLab" not in answer


@pytest.mark.parametrize(
    "question",
    [
        "was kostet der versand?",
        "liefert ihr in die schweiz?",
        "wie lange hab ich rückgaberecht?",
        "geht auch ratenzahlung?",
        "kann ich das abholen?",
        "do you ship to London?",
        "what is your return policy?",
    ],
)
async def test_questions_beside_the_products_are_answered_each_time(house: House, question: str) -> None:
    kim = house.customer()
    known = ("+49", "Österreich", "Austria", "PayPal")
    for answer in (await kim.says(question), await kim.says(question)):
        assert any(word in answer for word in known)


async def test_two_questions_that_lack_a_product_are_both_answered(house: House) -> None:
    kim = house.customer()
    assert await kim.says("wie schwer ist das?")
    assert await kim.says("und was kostet es?")


async def test_a_post_number_needs_no_word(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says("Tim Berger, Packstation 123, 12345678, 10115 Berlin")
    assert "Packstation 123, 12345678, 10115 Berlin" in await kim.says("paypal")


async def test_who_wants_to_return_something_is_sold_nothing(house: House) -> None:
    kim = house.customer()
    await kim.says("euer stuhl wackelt wie sau ich will mein geld zurück")
    assert "Farbe" not in await kim.says("ICH WILL NICHTS BESTELLEN ich will zurückgeben!!")


async def test_after_ordering_another_address_changes_the_order(house: House) -> None:
    kim = house.customer()
    await _ordered(kim)
    answer = await kim.says("können sie es doch an meine mutter schicken? Hildegard Kern, Rosenweg 2, 85221 Dachau")
    assert "Hildegard Kern, Rosenweg 2, 85221 Dachau" in answer
    assert "Rosenweg 2" in await kim.says("ja")
    assert house.shop.rows("SELECT count(*) FROM orders") == [(1,)]


async def test_an_order_under_way_is_told_with_its_colours(house: House) -> None:
    kim = house.customer()
    await _ordered(kim, "eine aeropix mini in rot und eine in weiß")
    answer = await kim.says("wo bleibt meine bestellung?")
    assert "in Rot" in answer
    assert "in Weiß" in answer


async def test_the_language_that_is_asked_for_is_the_last_one_named(house: House) -> None:
    kim = house.customer()
    assert "English" in await kim.says("Hallo, my german is not so good, können wir english?")
    assert "Deutsch" not in await kim.says("do you speak french?")

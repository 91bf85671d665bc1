"""From a question to an order and back: asked once, corrected at will, interrupted, and never placed without a yes."""

import pytest

import actions.base
from tests.house import House
from tests.journeys.ordering import ADDRESS, ordered, up_to_the_summary


async def test_a_drone_is_found_ordered_corrected_tracked_and_cancelled(house: House) -> None:
    kim = house.customer()
    assert "AeroPix Pro" in await kim.says("was habt ihr für drohnen?")
    assert "31 Minuten" in await kim.says("wie lange fliegt die mini?")
    await kim.says("ich nehm zwei davon in rot")
    await kim.says(ADDRESS)
    assert "2 × AeroPix Mini in Rot" in await kim.says("paypal")
    assert "3 × AeroPix Mini in Rot" in await kim.says("nein doch drei")
    assert "NC-104201" in await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 149_700)]
    assert "NC-104201" in await kim.says("wo ist meine bestellung?")
    await kim.says("storniere sie bitte")
    assert "storniert" in await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "cancelled", 149_700)]


async def test_an_english_customer_orders_by_talking(house: House) -> None:
    ann = house.customer("ann")
    await ann.says("I'd like two aeropix mini in white please")
    await ann.says("Ann Lee, Lindenweg 12, 04107 Leipzig")
    assert "2 × AeroPix Mini in white" in await ann.says("paypal")
    assert "NC-104201" in await ann.says("yes please")
    assert house.shop.orders(ann.id) == [("NC-104201", "pending", 99_800)]


async def test_all_in_one_sentence_is_asked_nothing_but_the_yes(house: House) -> None:
    kim = house.customer()
    summary = await kim.says("2 rote AeroPix Mini an Jonas Reuter, Lindenweg 12, 04107 Leipzig, mit paypal")
    assert "2 × AeroPix Mini in Rot" in summary
    assert "Lindenweg 12, 04107 Leipzig" in summary
    assert "PayPal" in summary


async def test_nothing_is_ordered_without_a_yes(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await kim.says("nein")
    assert house.shop.orders(kim.id) == []


@pytest.mark.parametrize("words", ["vergiss es", "abbrechen", "lass mal, doch nicht"])
async def test_who_gives_up_has_ordered_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "nichts bestellt" in await kim.says(words)
    assert house.shop.orders(kim.id) == []


async def test_everything_can_be_changed_at_the_summary(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim, "ich möchte eine aeropix pro in weiß bestellen")
    assert "AeroPix Pro in Schwarz" in await kim.says("doch lieber schwarz")
    assert "2 × AeroPix Pro in Schwarz" in await kim.says("zwei statt einer")
    assert "Hauptstr. 5, 10115 Berlin" in await kim.says("ach nee, an Hauptstr. 5, 10115 Berlin")
    assert "Rechnung" in await kim.says("und doch auf rechnung")
    assert "NC-104201" in await kim.says("ja")
    found = house.shop.rows("SELECT variant_id, quantity FROM order_lines")
    assert found == [("aeropix-pro-black", 2)]


async def test_another_model_replaces_the_first_and_a_sold_out_colour_is_told(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim, "ich möchte eine aeropix pro in schwarz bestellen")
    answer = await kim.says("nein, doch die Mini")
    assert "ausverkauft" in answer
    assert {"Rot", "Weiß"} <= {button.title for button in kim.buttons()}
    assert "Schwarz" not in {button.title for button in kim.buttons()}


async def test_a_question_in_the_midst_is_answered_and_the_order_goes_on(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehm die mini in rot")
    answer = await kim.says("wie weit fliegt die eigentlich?")
    assert "6 km" in answer
    assert "Wohin" in answer
    await kim.says(ADDRESS)
    assert "AeroPix Mini in Rot" in await kim.says("paypal")


async def test_the_language_changes_in_the_midst_and_stays(house: House) -> None:
    kim = house.customer()
    await kim.says("ich hätte gern eine AeroPix Mini in weiß")
    assert "Where shall it go" in await kim.says("sorry, can we speak english please?")
    assert "How would you like to pay" in await kim.says(ADDRESS)
    assert "Shall I place this order" in await kim.says("card")
    assert "Soll ich das so bestellen" in await kim.says("können wir wieder deutsch sprechen")


async def test_a_rental_names_the_term_and_both_sums(house: House) -> None:
    kim = house.customer()
    summary = await up_to_the_summary(kim, "ich will die aeropix mini in rot für 6 monate mieten")
    assert "6 Monate" in summary
    assert "29 €" in summary
    await kim.says("ja")
    assert house.shop.rows("SELECT term_months FROM order_lines") == [(6,)]


async def test_the_second_order_does_not_ask_for_the_address_again(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await kim.says("ja")
    answer = await kim.says("ich nehm noch eine aeropix pro in weiß")
    assert "Wohin" not in answer
    assert "Lindenweg 12" in answer if "Soll ich" in answer else "bezahlen" in answer


async def test_a_strangers_order_number_is_answered_as_one_that_does_not_exist(house: House) -> None:
    kim, eve = house.customer("kim"), house.customer("eve")
    await up_to_the_summary(kim)
    await kim.says("ja")
    strangers = await eve.says("wo ist bestellung NC-104201?")
    missing = await eve.says("wo ist bestellung NC-999999?")
    assert strangers == missing
    assert "AeroPix" not in strangers
    await eve.says("storniere NC-104201")
    await eve.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 49_900)]


@pytest.mark.parametrize("quantity", ["0", "-3", "100000"])
async def test_an_impossible_quantity_is_told_and_never_ordered(house: House, quantity: str) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await kim.says(f"mach {quantity} stück draus")
    await kim.says("ja")
    assert all(1 <= count <= 99 for (count,) in house.shop.rows("SELECT quantity FROM order_lines"))


async def test_what_is_not_sold_is_said_with_what_is(house: House) -> None:
    kim = house.customer()
    assert "nicht im Sortiment" in await kim.says("ich möchte eine waschmaschine bestellen") or kim.buttons()
    assert house.shop.orders(kim.id) == []


async def test_a_shop_that_is_away_is_admitted_and_the_order_placed_once_it_is_back(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await house.shop.shut()
    assert "antwortet gerade nicht" in await kim.says("ja")
    await house.shop.reopen()
    assert "NC-104201" in await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 49_900)]


async def test_a_yes_delivered_twice_orders_once(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await kim.says("ja", message_id="the-yes")
    await kim.says("ja", message_id="the-yes")
    assert len(house.shop.orders(kim.id)) == 1


async def test_an_order_that_exists_is_changed_after_a_yes(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    await kim.says("ja")
    assert "2 × AeroPix Mini" in await kim.says("mach aus der bestellung bitte zwei stück")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 49_900)]
    await kim.says("ja")
    assert house.shop.orders(kim.id) == [("NC-104201", "pending", 99_800)]


@pytest.mark.parametrize(
    "junk", ["", "   ", "😀😀😀", "?" * 10_000, "\x00\x01\x02\ufffd", "asdkjhaskjdh", "a" * 10_000]
)
async def test_junk_in_the_midst_gets_a_sentence_and_loses_nothing(house: House, junk: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    assert await kim.says(junk)
    await kim.says(ADDRESS)
    assert "AeroPix Mini in Rot" in await kim.says("paypal")


async def test_the_buttons_do_what_they_say(house: House) -> None:
    kim = house.customer()
    await kim.says("was habt ihr?")
    await kim.presses("Drohnen")
    await kim.presses("Bestellen")
    await kim.presses("Weiß")
    await kim.says(ADDRESS)
    assert "AeroPix Mini in Weiß" in await kim.presses("Kreditkarte")
    assert "NC-104201" in await kim.presses("Ja")


async def test_no_premium_means_none(house: House) -> None:
    kim = house.customer()
    summary = await up_to_the_summary(kim, "rent the urbano cargo in green, no premium, for a year")
    assert "premium" not in summary
    assert "€170.10 a month, 12 months" in summary


async def test_each_of_two_rented_things_has_its_own_term_and_plan(house: House) -> None:
    kim = house.customer()
    wish = "rent an aeropix mini white premium for 6 months and an urbano cargo green for 12 months"
    summary = await up_to_the_summary(kim, wish)
    assert "AeroPix Mini in white (premium plan, €249 a month, 6 months)" in summary
    assert "Urbano Cargo in green (€170.10 a month, 12 months)" in summary


async def test_a_number_after_the_terms_were_told_is_a_term(house: House) -> None:
    kim = house.customer()
    assert "6, 12" in await kim.says("i'd like to rent the voltano city in blue for 5 months")
    await kim.says("ok 6, no premium")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "1 × Voltano City" in summary
    assert "6 months" in summary


async def test_months_are_no_account(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim, "rent the urbano cargo in green for 12 months")
    answer = await kim.says("no, make it 24 months please for my brother")
    assert "24 months" in answer
    assert "IBAN" not in answer


async def test_a_general_word_means_the_one_that_was_chosen(house: House) -> None:
    kim = house.customer()
    await kim.says("ich hätte gern 3 stühle, und zwar sitsense office in schwarz")
    await kim.says("die stühle lieber in grau")
    await kim.says(ADDRESS)
    assert "3 × SitSense Office in Grau" in await kim.says("paypal")


async def test_a_yes_with_a_question_in_one_breath_orders_nothing(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "Noch ist nichts bestellt" in await kim.says("ja, wann kommt das denn?")
    assert await actions.base.shop().orders(kim.id) == []


async def test_who_asks_for_the_sum_hears_the_summary(house: House) -> None:
    kim = house.customer()
    summary = await up_to_the_summary(kim, "2 aeropix mini in rot")
    assert await kim.says("was kostet das insgesamt?") == summary
    assert "NC-104201" in await kim.says("ja")


async def test_both_of_the_two_that_were_shown(house: House) -> None:
    kim = house.customer()
    await kim.says("was habt ihr für stühle")
    assert "SitSense Office" in await kim.says("ich nehm beide")
    assert "SitSense Home" in await kim.says("grau")
    await kim.says("sand")
    await kim.says(ADDRESS)
    summary = await kim.says("paypal")
    assert "1 × SitSense Office in Grau" in summary
    assert "1 × SitSense Home in Sand" in summary


async def test_the_last_way_to_pay_is_proposed_and_can_be_changed(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    summary = await kim.says("ich nehm noch eine aeropix pro in weiß")
    assert "per PayPal" in summary
    assert "Soll ich" in summary
    await kim.presses("Nein")
    assert "bezahlen" in await kim.presses("Bezahlung")
    assert "auf Rechnung" in await kim.says("rechnung")
    await kim.says("ja")
    assert house.shop.rows("SELECT payment_method FROM orders ORDER BY number") == [("paypal",), ("invoice",)]


async def test_a_voucher_is_not_proposed_again(house: House) -> None:
    kim = house.customer()
    card = await house.shop.staff("gift-cards", customer=kim.id, amount=60_000, currency="EUR")
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says(ADDRESS)
    await kim.says(f"mit gutschein {card['code']}")
    assert "NC-104201" in await kim.says("ja")
    assert "bezahlen" in await kim.says("ich nehm noch eine aeropix mini in weiß")


async def test_an_account_is_taken_while_something_else_is_asked(house: House) -> None:
    kim = house.customer()
    await kim.says("zwei paar stridelab in 42 blau")
    await kim.says("Lastschrift")
    assert "IBAN stimmt" in await kim.says("DE12 3456")
    assert "notiert" in await kim.says("DE89 3704 0044 0532 0130 00")
    summary = await kim.says(ADDRESS)
    assert "2 × StrideLab Run" in summary
    assert "…3000" in summary


async def test_a_postal_code_alone_is_no_budget(house: House) -> None:
    kim = house.customer()
    await kim.says("ich will einen stuhl kaufen")
    await kim.says("Jonas Reuter, Lindenweg 12")
    assert "notiert" in await kim.says("04107")
    await kim.says("sitsense home in sand")
    await kim.says("Leipzig")
    assert "Lindenweg 12, 04107 Leipzig" in await kim.says("paypal")


@pytest.mark.parametrize(
    "wish", ["bitte beim nachbarn abgeben", "aber bitte heute noch liefern", "muss bis freitag da sein"]
)
async def test_what_the_carrier_decides_is_not_promised(house: House, wish: str) -> None:
    kim = house.customer()
    summary = await up_to_the_summary(kim)
    answer = await kim.says(wish)
    assert "kann ich leider nicht festlegen" in answer
    assert summary in answer
    assert "NC-104201" in await kim.says("ja")


async def test_a_present_is_answered_and_the_order_goes_on(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    answer = await kim.says("kann das als geschenk verpackt werden?")
    assert "Unser Team" in answer
    assert "Wohin" in answer


async def test_a_colour_that_one_of_two_does_not_have_is_told(house: House) -> None:
    answer = await house.customer().says("ich nehme die stridelab run in weiß 42 und eine aeropix mini in rot")
    assert "StrideLab Run" in answer.splitlines()[0]
    assert "Blau oder Orange" in answer


async def test_a_yes_before_everything_is_said_is_no_nonsense(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme den sitsense home")
    answer = await kim.says("ja bitte bestellen")
    assert "nicht ganz verstanden" not in answer
    assert "Farbe" in answer


async def test_what_was_just_ordered_is_corrected(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    assert "in Weiß" in await kim.says("ach moment, die drohne doch lieber in weiß")
    assert "Schillerstr. 5" in await kim.says("und schick sie bitte an meine arbeit, Schillerstr. 5, 04109 Leipzig")
    await kim.says("ja")
    [order] = await actions.base.shop().orders(kim.id)
    assert order.address.street == "Schillerstr. 5"
    assert [line.options for line in order.items] == [{"colour": "white"}]


async def test_all_in_one_breath_without_a_comma(house: House) -> None:
    summary = await house.customer().says("mini rot paypal lindenweg 12 04107 leipzig jonas reuter")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "an Jonas Reuter, Lindenweg 12, 04107 Leipzig, per PayPal" in summary


async def test_a_correction_in_numbers_is_no_street(house: House) -> None:
    kim = house.customer("kim", "en")
    await kim.says("i'd like two pairs of the running shoes, one blue 42 one orange 43")
    assert "number" in await kim.says("actually make the orange one 44")
    await kim.says("Jo Reed, Lindenweg 12, 04107 Leipzig")
    summary = await kim.says("paypal")
    assert "size 42, blue" in summary
    assert "size 44, orange" in summary
    assert "to Jo Reed" in summary


@pytest.mark.parametrize(
    ("question", "known"),
    [
        ("hang on, what's the difference between card and paypal", "invoice"),
        ("wait, is there insurance for it", "12.90"),
        ("do i have to be at home", "Our team"),
    ],
)
async def test_a_question_in_place_of_a_name_or_a_way_to_pay_is_none(house: House, question: str, known: str) -> None:
    kim = house.customer("kim", "en")
    await kim.says("i want the aeropix pro in white")
    await kim.says("Lindenweg 12, 04107 Leipzig")
    answer = await kim.says(question)
    assert known in answer
    assert "Which name" in answer
    await kim.says("Jo Reed")
    assert "How would you like to pay" in kim.hears()


async def test_an_address_is_heard_whatever_is_asked(house: House) -> None:
    kim = house.customer()
    await kim.says("Guten Tag, mein Enkel hat gesagt ich kann hier ein Fahrrad mit Motor bestellen")
    assert "Unser Team" in await kim.says("ich bin 1,62 groß, welche größe brauche ich da")
    await kim.says("das E1 in blau bitte")
    assert "notiert" in await kim.says("Ilse Kramer, Am Markt 3, 99084 Erfurt")
    assert "bezahlen" in await kim.says("M")
    assert "an Ilse Kramer, Am Markt 3, 99084 Erfurt, auf Rechnung" in await kim.says("ich zahle immer auf Rechnung")


async def test_who_makes_up_their_mind_after_questions_is_understood(house: House) -> None:
    kim = house.customer()
    await kim.says("ich überleg mir ne drohne zu kaufen")
    await kim.says("was ist der unterschied zwischen mini und pro")
    assert "zur Miete" in await kim.says("was kostet die pro für 6 monate")
    assert "Wohin" in await kim.says("ok mieten 6 monate in schwarz")
    await kim.says(ADDRESS)
    assert "AeroPix Pro in Schwarz (72 € im Monat, 6 Monate)" in await kim.says("kreditkarte")

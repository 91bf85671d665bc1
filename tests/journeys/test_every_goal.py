"""Whatever a customer wants is answered: done here, or honestly handed to the people who can."""

from datetime import timedelta

import pytest

from tests.house import House
from tests.journeys.ordering import ADDRESS, ordered, up_to_the_summary

FOR_THE_TEAM = {
    "mir ist die drohne abgestürzt, der vordere flügel ist gebrochen": "+49",
    "my drone crashed into a tree and one arm snapped off": "+49",
    "wie voll ist eigentlich der akku von meiner drohne gerade?": "App",
    "is my bike still connected, what's its battery at?": "app",
    "gibt es ein neues update für meinen stuhl?": "App",
    "the firmware update on my car keeps failing": "app",
    "ich möchte gern beta-updates für mein auto bekommen": "+49",
    "I only want security updates on our company's devices": "+49",
    "zahlt die versicherung, wenn mir jemand das e-bike klaut?": "Schutzpaket",
    "is water damage covered by the insurance?": "insurance",
    "kann ich das auf whatsapp weitermachen?": "Dein Code",
    "link my alexa with my account please": "Your code",
    "ich möchte mein konto auf unsere firma umstellen": "geschäftlich",
    "is my account a business account?": "company",
    "welche daten habt ihr über mich gespeichert? schickt mir eine kopie": "@",
    "send me everything you have stored about me": "@",
    "bitte löscht mein konto und alle meine daten": "@",
    "erase all my personal data": "@",
    "schickt mir bitte keine newsletter mehr": "@",
    "stop sending me marketing messages": "@",
    "euer service ist eine frechheit, seit wochen antwortet keiner": "leid",
    "I'm really disappointed with how your staff treated me": "sorry",
    "ich wollte nur mal sagen, dass ihr das super macht, großes lob": "Danke",
    "just a suggestion, it would be great if you had a dark mode": "Thank",
}


@pytest.mark.parametrize(("words", "known"), FOR_THE_TEAM.items())
async def test_what_the_team_does_is_said_honestly(house: House, words: str, known: str) -> None:
    kim = house.customer()
    assert known in await kim.says(words)


async def test_a_part_is_told_with_its_price_for_the_thing_that_is_owned(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I'd like one aeropix mini in white please")
    await house.shop.deliver("NC-104201")
    assert "€" in await ann.says("I need a new propeller for my drone")


async def test_another_address_for_what_is_ordered(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I'd like one aeropix mini in white please")
    await ann.says("I've moved, please send my order to Seestraße 8, 20095 Hamburg instead")
    await ann.says("yes")
    assert "Hamburg" in str(house.shop.rows("SELECT address FROM orders"))


async def test_another_address_while_ordering_is_no_order_changed(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    assert "Seestraße 8, 20095 Hamburg" in await kim.says(
        "die lieferadresse ist doch eine andere: Seestraße 8, 20095 Hamburg"
    )
    await kim.says("ja")
    assert "Hamburg" in str(house.shop.rows("SELECT address FROM orders"))


async def test_an_english_customer_rents_and_ends_it_again(house: House) -> None:
    ann = house.customer("ann", "en")
    await ann.says("I'd like to subscribe to the urbano e1, size M in grey, for 12 months")
    await ann.says("Ann Lee, Lindenweg 12, 04107 Leipzig")
    assert "12 months" in await ann.says("paypal")
    await ann.says("yes please")
    await house.shop.deliver("NC-104201")
    assert "Urbano E1" in await ann.says("I want to get out of my bike subscription")
    assert "ends on" in await ann.says("yes, cancel it")


async def test_an_english_customer_pauses_over_the_summer(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I want to rent the aeropix mini in white for 12 months")
    await house.shop.deliver("NC-104201")
    house.shop.time.passes(timedelta(days=60))
    answer = await ann.says("can I put my drone subscription on hold from 1 June until 31 July?")
    assert "1 June" in answer
    assert "31 July" in answer
    assert "paused from" in await ann.says("yes")


async def test_an_english_customer_changes_the_plan(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I want to rent the aeropix mini in white for 6 months")
    await house.shop.deliver("NC-104201")
    assert "24 months" in await ann.says("can I extend my contract to 24 months?")
    assert "Changed" in await ann.says("yes please")


async def test_an_english_customer_exchanges_a_size(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I'd like the stridelab run in size 42 in blue")
    await house.shop.deliver("NC-104201")
    assert "43" in await ann.says("the shoes are too tight, can I swap them for a 43?")
    assert "RT-" in await ann.says("yes")


async def test_an_english_customer_follows_a_refund_and_gets_the_invoice(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I'd like one aeropix mini in white please")
    assert "/documents/" in await ann.says("can you send me the receipt for my drone?")
    await house.shop.pay("NC-104201")
    await house.shop.deliver("NC-104201")
    await ann.says("I'd like to return the drone, it's not for me")
    await ann.says("yes")
    assert "as soon as your return" in await ann.says("when do I get my money back?")


async def test_of_two_orders_the_one_that_is_meant_is_taken_and_else_asked(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("ich nehme noch einen sitsense office in grau")
    await kim.says("paypal")
    await kim.says("ja")
    answer = await kim.says("ich will eine bestellung stornieren")
    assert "Um welche Bestellung" in answer
    await kim.says("die mit dem stuhl")
    await kim.says("ja")
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["pending", "cancelled"]


async def test_who_regrets_after_the_yes_gets_out_again(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("halt, doch nicht! mach das bitte wieder rückgängig")
    await kim.says("ja")
    assert house.shop.orders(kim.id)[0][1] == "cancelled"


@pytest.mark.parametrize("silence", ["", "...", "ähm", "hmm"])
async def test_silence_is_met_with_the_question_once_more(house: House, silence: str) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    assert "Wohin" in await kim.says(silence)
    await kim.says(ADDRESS)
    assert "Soll ich das so bestellen" in await kim.says("paypal")


async def test_what_was_said_is_repeated_and_nothing_is_done_by_it(house: House) -> None:
    ann = house.customer("ann", "en")
    await up_to_the_summary(ann, "I'd like one aeropix mini in white please")
    assert "Shall I place this order" in await ann.says("sorry, what did you say?")
    assert house.shop.orders(ann.id) == []


async def test_a_no_with_a_reason_changes_what_it_names(house: House) -> None:
    ann = house.customer("ann", "en")
    await up_to_the_summary(ann, "I'd like two aeropix mini in white please")
    assert "1 × AeroPix Mini" in await ann.says("no, not two, just one")
    await ann.says("yes")
    assert house.shop.rows("SELECT quantity FROM order_lines") == [(1,)]


async def test_a_budget_is_weighed_over_time_and_over_all_kinds(house: House) -> None:
    kim = house.customer()
    answer = await kim.says("ich habe 800 euro, was krieg ich dafür bei euch?")
    assert "gemietet" in answer
    assert "reicht es nicht" in answer

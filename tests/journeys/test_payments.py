"""How an order gets paid: the account, the gift card, the page, and what happens when it does not work."""

from tests.house import House
from tests.journeys.ordering import ADDRESS, ordered

IBAN = "DE02 1203 0000 0000 2020 51"


async def test_a_direct_debit_asks_for_the_account_once(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says(ADDRESS)
    assert "IBAN" in await kim.says("per lastschrift")
    summary = await kim.says(IBAN)
    assert "2051" in summary
    await kim.says("ja")
    assert house.shop.rows("SELECT payment_method FROM orders") == [("direct_debit",)]
    await kim.says("ich nehme noch eine aeropix pro in weiß")
    assert "Soll ich das so bestellen" in await kim.says("wieder lastschrift")


async def test_an_account_that_cannot_be_is_refused_and_asked_again(house: House) -> None:
    kim = house.customer()
    await kim.says("ich nehme die aeropix mini in rot")
    await kim.says(ADDRESS)
    await kim.says("lastschrift")
    answer = await kim.says("DE02 1203 0000 0000 2020 52")
    assert "stimmt leider nicht" in answer
    assert "IBAN" in answer
    assert "Soll ich das so bestellen" in await kim.says(IBAN)


async def test_a_gift_card_pays_if_it_has_enough(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    card = await house.shop.staff("gift-cards", customer=kim.id, amount=60_000, currency="EUR")
    await kim.says("ich nehme noch eine aeropix mini in weiß")
    await kim.says("mit dem gutschein")
    await kim.says("ja")
    assert house.shop.rows("SELECT balance_amount FROM gift_cards WHERE code = ?", card["code"]) == [(10_100,)]


async def test_a_gift_card_with_too_little_is_refused_with_what_is_left(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    card = await house.shop.staff("gift-cards", customer=kim.id, amount=5_000, currency="EUR")
    await kim.says("ich nehme noch eine aeropix mini in weiß")
    await kim.says(f"gutschein {card['code']}")
    answer = await kim.says("ja")
    assert "50 €" in answer
    assert "bezahlen" in answer
    assert len(house.shop.orders(kim.id)) == 1
    await kim.says("dann paypal")
    await kim.says("ja")
    assert len(house.shop.orders(kim.id)) == 2


async def test_the_page_to_pay_on_is_given_after_the_order(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    assert "http" in kim.hears()
    assert "/pay/" in kim.hears()


async def test_a_failed_payment_is_mended_in_the_conversation(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await house.shop.decline("NC-104201")
    answer = await kim.says("meine zahlung hat nicht geklappt, was nun?")
    assert "abgelehnt" in answer
    assert "Rechnung" in {button.title for button in kim.buttons()}
    assert "auf Rechnung" in await kim.says("dann auf rechnung")
    await kim.says("ja")
    assert house.shop.rows("SELECT payment_method FROM orders") == [("invoice",)]


async def test_who_suspects_a_wrong_charge_hears_what_is_known_and_who_can_look(house: House) -> None:
    ann = house.customer("ann", "en")
    await ordered(ann, "I'd like one aeropix mini in white please")
    await house.shop.deliver("NC-104201")
    answer = await ann.says("you charged my card twice")
    assert "NC-104201" in answer


async def test_a_cancelled_order_says_what_happens_to_the_money(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await house.shop.pay("NC-104201")
    await kim.says("storniere meine bestellung, ich habe sie woanders billiger gefunden")
    answer = await kim.says("ja")
    assert "499 €" in answer
    assert "Werktage" in answer
    assert house.shop.rows("SELECT cancel_reason FROM orders") == [("found_elsewhere",)]


async def test_an_invoice_comes_as_a_link_and_is_made_out_to_a_company(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    assert "/documents/" in await kim.says("ich brauche eine rechnung")
    answer = await kim.says("bitte die rechnung auf die Reuter Film GmbH, DE136695976")
    assert "/documents/" in answer
    assert house.shop.rows("SELECT COUNT(*) FROM invoices WHERE kind = 'credit_note'") == [(1,)]

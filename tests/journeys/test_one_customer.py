"""One customer on several channels is one conversation and one customer of the shop; who has not proved to be that customer is a stranger."""

import re

import pytest

from actions import accounts as accounts_module
from bot.messages import PROVEN_CUSTOMER
from tests.house import Customer, House
from tests.journeys.ordering import ADDRESS, ordered, up_to_the_summary

CODE = re.compile(r"\b(\d{4} \d{4}|\d{3} \d{3})\b")


def code_in(text: str) -> str:
    found = CODE.search(text)
    assert found, f"no code in {text!r}"
    return found[1]


@pytest.fixture
def web(house: House) -> Customer:
    return house.customer("visitor-1", channel="web")


@pytest.fixture
def whatsapp(house: House) -> Customer:
    return house.customer("491701234567", channel="whatsapp")


@pytest.fixture
def telegram(house: House) -> Customer:
    return house.customer("100200300", channel="telegram")


async def link(known: Customer, new: Customer) -> str:
    """With a code that is shown on the one and told on the other; what the other then hears."""
    return await new.says(code_in(await known.says("ich will auf einem anderen kanal weitermachen, gib mir den code")))


async def test_an_order_goes_on_where_it_was_on_another_channel(
    house: House, web: Customer, whatsapp: Customer
) -> None:
    await web.says("ich nehme die aeropix mini in rot")
    answer = await link(web, whatsapp)
    assert "ich kenn dich jetzt auch hier" in answer
    assert "Wohin" in answer or "Adresse" in answer  # the question that was open
    await whatsapp.says(ADDRESS)
    summary = await web.says("paypal")
    assert "1 × AeroPix Mini in Rot" in summary
    assert "Lindenweg 12" in summary
    assert "NC-104201" in await whatsapp.says("ja bitte bestellen")
    assert "NC-104201" in await web.says("wo ist meine bestellung?")
    assert len(house.shop.rows("SELECT number FROM orders")) == 1


async def test_what_was_begun_on_the_new_channel_comes_along(house: House, web: Customer, whatsapp: Customer) -> None:
    await whatsapp.says("ich will den sitsense home in sand kaufen")
    await link(web, whatsapp)
    await web.says(ADDRESS)
    assert "SitSense Home" in await web.says("paypal")


async def test_orders_of_both_accounts_are_the_customers(house: House, web: Customer, whatsapp: Customer) -> None:
    await ordered(web)
    await up_to_the_summary(whatsapp, "ich nehme den sitsense home in sand")
    assert "NC-104202" in await whatsapp.says("ja bitte bestellen")
    await link(web, whatsapp)
    answer = await web.says("wo sind meine bestellungen?")
    assert "NC-104201" in answer
    assert "NC-104202" in answer


async def test_who_was_on_the_other_channel_is_told_and_can_undo_it(
    house: House, web: Customer, whatsapp: Customer
) -> None:
    await ordered(web)
    await link(web, whatsapp)
    assert "WhatsApp ist jetzt mit diesem Gespräch verbunden" in web.hears()
    assert "NC-104201" in await whatsapp.says("wo ist meine bestellung?")
    assert "getrennt" in await web.presses("Das war ich nicht")
    assert "NC-104201" not in await whatsapp.says("wo ist meine bestellung?")
    assert "NC-104201" in await web.says("wo ist meine bestellung?")


async def test_undoing_gives_each_what_was_theirs(house: House, web: Customer, whatsapp: Customer) -> None:
    await ordered(web)
    await up_to_the_summary(whatsapp, "ich nehme den sitsense home in sand")
    await whatsapp.says("ja bitte bestellen")
    await link(web, whatsapp)
    assert len(house.shop.orders(web.id)) == 2
    await web.says("trenn whatsapp bitte wieder")
    assert [number for number, *_ in house.shop.orders(web.id)] == ["NC-104201"]
    assert [number for number, *_ in house.shop.orders(whatsapp.id)] == ["NC-104202"]
    assert "NC-104202" in await whatsapp.says("wo ist meine bestellung?")


async def test_a_code_counts_once(house: House, web: Customer, whatsapp: Customer, telegram: Customer) -> None:
    code = code_in(await web.says("mit whatsapp verbinden"))
    await whatsapp.says(code)
    await ordered(web)
    answer = await telegram.says(f"verbinde mich, der code ist {code}")
    assert "stimmt nicht" in answer
    assert "NC-104201" not in await telegram.says("wo ist meine bestellung?")


async def test_a_guessed_code_opens_nothing(house: House, web: Customer, telegram: Customer) -> None:
    code = code_in(await web.says("mit whatsapp verbinden"))
    await telegram.says("ich hab einen code zum verbinden")
    for number in range(5):
        assert "stimmt nicht" in await telegram.says(f"1111 000{number}")
    assert "zu viele" in await telegram.says(code)


async def test_an_expired_code_is_refused(house: House, web: Customer, telegram: Customer) -> None:
    code = code_in(await web.says("mit telegram verbinden"))
    for key in await house.redis.keys("nc:{*}:code:*"):
        await house.redis.delete(key)
    assert "abgelaufen" in await telegram.says(code)


async def test_a_known_customer_gets_a_code_by_mail(house: House, telegram: Customer) -> None:
    kim = house.customer("K-1001", channel="web")
    await sign_in(kim, "K-1001")
    house.shop.write(
        "UPDATE customers SET email = 'kim@example.org', proven_email = 'kim@example.org' WHERE id = 'K-1001'"
    )
    assert "kim@example.org" in await telegram.says(
        "ich bin schon kunde bei euch und möchte das hier mit meinem konto verknüpfen, meine mail ist kim@example.org"
    )
    answer = await telegram.says(code_in(str(house.mails("kim@example.org")[-1].text)))
    assert "ich kenn dich jetzt auch hier" in answer
    assert "NC-104201" in await telegram.says("wo ist meine bestellung?")


async def test_an_unknown_address_is_answered_alike_and_gets_no_mail(house: House, telegram: Customer) -> None:
    answer = await telegram.says("ich möchte das hier mit meinem kundenkonto verknüpfen, mail nobody@example.org")
    assert "Wenn wir nobody@example.org kennen" in answer
    assert house.mails("nobody@example.org") == []


async def sign_in(kim: Customer, customer: str) -> None:
    """Orders as a customer who came signed in from the shop's site."""
    metadata = {PROVEN_CUSTOMER: customer}
    for text in ("ich nehme die aeropix mini in rot", ADDRESS, "paypal", "ja bitte bestellen"):
        await kim.says(text, metadata=metadata)


async def test_who_signs_in_at_the_site_is_that_customer_at_once(house: House, web: Customer) -> None:
    await web.says("ich nehme die aeropix mini in rot")
    signed_in = {PROVEN_CUSTOMER: "K-1001"}
    await web.says(ADDRESS, metadata=signed_in)
    summary = await web.says("paypal", metadata=signed_in)
    assert "AeroPix Mini in Rot" in summary
    assert "Lindenweg 12" in summary
    await web.says("ja bitte bestellen", metadata=signed_in)
    assert [number for number, *_ in house.shop.orders("K-1001")] == ["NC-104201"]


async def test_another_customer_at_the_same_browser_sees_nothing_of_the_first(house: House, web: Customer) -> None:
    await sign_in(web, "K-1001")
    answer = await web.says("wo ist meine bestellung?", metadata={PROVEN_CUSTOMER: "K-2002"})
    assert "NC-104201" not in answer
    assert "NC-104201" in await web.says("wo ist meine bestellung?", metadata={PROVEN_CUSTOMER: "K-1001"})


async def test_two_known_customers_are_not_made_one(house: House, web: Customer, telegram: Customer) -> None:
    await sign_in(web, "K-1001")
    await telegram.says("hallo", metadata={PROVEN_CUSTOMER: "K-2002"})
    assert "anderen Kundenkonto" in await link(web, telegram)


async def test_what_is_sensitive_asks_for_a_proof_once_and_then_goes_on(
    house: House, web: Customer, telegram: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(web)
    await link(web, telegram)
    later = accounts_module.now() + 3600
    monkeypatch.setattr(accounts_module, "now", lambda: later)
    answer = await web.says("storniere bitte meine bestellung NC-104201")
    assert "Code in Telegram" in answer
    assert "NC-104201" not in answer
    summary = await web.says(code_in(telegram.hears()))
    assert "NC-104201" in summary
    assert "storniert" in await web.says("ja")
    assert house.shop.rows("SELECT status FROM orders") == [("cancelled",)]


async def test_without_the_proof_nothing_sensitive_happens(
    house: House, web: Customer, telegram: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ordered(web)
    await link(web, telegram)
    later = accounts_module.now() + 3600
    monkeypatch.setattr(accounts_module, "now", lambda: later)
    await web.says("storniere bitte meine bestellung NC-104201")
    assert "stimmt nicht" in await web.says("123456")
    await web.says("ach lass es")
    assert house.shop.rows("SELECT status FROM orders") == [("pending",)]
    assert "NC-104201" in await web.says("wo ist meine bestellung?")


async def test_send_it_to_my_phone(house: House, web: Customer, telegram: Customer) -> None:
    await link(web, telegram)
    await up_to_the_summary(web)
    assert "Telegram" in await web.says("schick mir das aufs handy")
    assert "AeroPix Mini in Rot" in telegram.hears()
    assert "NC-104201" in await telegram.presses("Ja")


async def test_the_phone_is_spoken_to_and_the_number_is_told(house: House, web: Customer) -> None:
    phone = house.customer("+493411234567", channel="phone", voice=True)
    await ordered(web)
    code = code_in(await web.says("ich ruf euch gleich an, gib mir einen code zum verbinden"))
    await phone.says("ich hab einen code zum verbinden")
    spoken = " ".join(
        ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"][int(d)]
        for d in code
        if d.isdigit()
    )
    assert "ich kenn dich jetzt auch hier" in await phone.says(spoken)
    assert "NC-104201" in await phone.says("wo ist meine bestellung")


async def test_what_must_be_seen_goes_to_a_channel_that_shows_it(
    house: House, telegram: Customer, web: Customer
) -> None:
    await ordered(telegram)
    phone = house.customer("+493411234567", channel="phone", voice=True)
    await phone.says(
        "verbinden bitte, mein code ist "
        + code_in(await telegram.says("gib mir einen code fürs telefon zum verbinden"))
    )
    await phone.says("ich brauche die rechnung zu meiner bestellung")
    [reply] = [reply for reply in phone.replies() if reply.shown_on]
    assert reply.shown_on == "Telegram"
    assert "/documents/" in telegram.hears()
    assert [reply.document.title for reply in telegram.replies() if reply.document] == ["2026-000001"]


async def test_the_only_account_of_a_known_customer_can_leave(house: House, web: Customer) -> None:
    await sign_in(web, "K-1001")
    signed_in_before = {PROVEN_CUSTOMER: "K-1001"}
    assert "getrennt" in await web.says("trenn den browser wieder von meinem konto", metadata=signed_in_before)
    assert "NC-104201" not in await web.says("wo ist meine bestellung?", metadata=signed_in_before)

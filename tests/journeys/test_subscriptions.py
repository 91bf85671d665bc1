"""A rented thing from the first day to the last: told, changed, swapped, paused, ended, all by talking."""

from datetime import timedelta

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

import actions.base
from actions.subscribing import SubscriptionForm
from tests.house import Customer, House
from tests.journeys.ordering import ordered

RENTED = "ich will die aeropix mini in rot für 6 monate mieten"
PREMIUM = "ich möchte die aeropix mini in rot im premium-abo für 6 monate"


async def subscribed(house: House, kim: Customer, wish: str = RENTED) -> None:
    """The rented thing has arrived, so the subscription runs since today."""
    await ordered(kim, wish)
    await house.shop.deliver("NC-104201")


async def state(kim: Customer) -> list[tuple[str, int]]:
    """As the shop has it: status and term of each subscription."""
    found = await actions.base.shop().subscriptions(kim.id)
    return [(subscription.status, subscription.term_months) for subscription in found]


async def test_what_is_rented_is_told_with_its_price_and_its_end(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    answer = await kim.says("wie lange läuft eigentlich mein abo noch?")
    assert "AeroPix Mini" in answer
    assert "29 €" in answer
    assert "September" in answer


async def test_who_rents_nothing_is_told_so(house: House) -> None:
    kim = house.customer()
    assert "kein laufendes Abo" in await kim.says("was kostet mich mein abo im monat?")
    assert "kein laufendes Abo" in await kim.says("ich will mein abo kündigen")


async def test_a_subscription_ends_at_the_next_possible_day_after_a_yes(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("ich möchte das abo kündigen")
    assert "AeroPix Mini" in summary
    assert "September" in summary
    assert await state(kim) == [("active", 6)]
    assert "endet am" in await kim.says("ja")
    assert await state(kim) == [("ending", 6)]
    assert "schon gekündigt" in await kim.says("ich will mein abo kündigen")


async def test_who_rather_pauses_after_all_keeps_the_subscription(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("ich will mein abo kündigen")
    answer = await kim.says("oder lieber nur pausieren, bis ende mai")
    assert "31. Mai" in answer
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]
    assert "pausiert" in await kim.says("was ist mit meinem abo?")


async def test_a_pause_ends_early_when_wished(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("pausier mein abo bitte für zwei monate")
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]
    assert "ab sofort" in await kim.says("ich will doch wieder fliegen, bitte das abo weiterlaufen lassen")
    await kim.says("ja")
    assert await state(kim) == [("active", 6)]


async def test_an_impossible_pause_is_explained(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    assert "ersten Monat" in await kim.says("ich möchte mein abo für 4 wochen pausieren")
    house.shop.time.passes(timedelta(days=40))
    assert "90 Tage" in await kim.says("pausier mein abo für ein halbes jahr")
    assert await state(kim) == [("active", 6)]


async def test_a_longer_term_is_cheaper_and_said_to_be_so(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("kann ich meinen vertrag auf 12 monate verlängern?")
    assert "12 Monate" in summary
    assert "statt 29 €" in summary
    await kim.says("ja mach das")
    assert await state(kim) == [("active", 12)]


async def test_an_english_customer_books_insurance_onto_the_rental(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I want to rent the aeropix mini in white for 6 months")
    summary = await ann.says("can you add insurance to my drone rental?")
    assert "€6.90 a month" in summary
    assert "€35.90" in summary
    await ann.says("yes")
    assert "insurance" in await ann.says("what am I paying for my subscription?")


async def test_what_is_open_is_asked_once(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    assert "Bis wann" in await kim.says("ich muss mal pausieren mit der drohne")
    assert "AeroPix Mini von" in await kim.says("einen monat")
    await kim.says("ja")
    assert await state(kim) == [("paused", 6)]


async def test_a_standard_plan_swaps_for_good_and_names_the_new_price(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    summary = await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    assert "AeroPix Pro" in summary
    assert "69 €" in summary
    await kim.says("ja")
    assert house.shop.rows("SELECT product_id FROM subscriptions") == [("aeropix-pro",)]


async def test_a_premium_customer_has_another_model_at_the_weekend(house: House) -> None:
    """Refused for what is booked out, granted for another, and the old one is back on Monday."""
    kim, lea = house.customer("kim"), house.customer("lea")
    await subscribed(house, kim, PREMIUM)
    await lea.says(PREMIUM)
    await lea.says("Lea Sommer, Seestraße 8, 04109 Leipzig")
    await lea.says("paypal")
    await lea.says("ja")
    await house.shop.deliver("NC-104202")
    assert "AeroPix Cinema" in await kim.says("am wochenende hätte ich gern die cinema statt der mini")
    await kim.says("ja")
    refused = await lea.says("ich hätte am wochenende gern die cinema statt der mini")
    assert "ausgebucht" in refused
    assert "AeroPix Pro" in refused
    assert "AeroPix Pro" in await lea.says("dann die pro")
    await lea.says("ja")
    house.shop.time.passes(timedelta(days=7))
    assert "AeroPix Mini" in await kim.says("was hab ich gerade gemietet?")


@pytest.mark.parametrize("words", ["wie weit fliegt die cinema?", "hast du auch e-bikes?", "danke"])
async def test_a_question_in_the_midst_loses_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich will mein abo kündigen")
    assert "Soll ich kündigen" in await kim.says(words)
    await kim.says("ja")
    assert await state(kim) == [("ending", 6)]


async def test_a_strangers_subscription_is_not_found(house: House) -> None:
    kim, eve = house.customer("kim"), house.customer("eve")
    await subscribed(house, kim)
    assert "finde ich kein Abo" in await eve.says("kündige mein abo SB-200001")
    assert await state(kim) == [("active", 6)]


# --- swaps taken back


async def swaps(kim: Customer) -> list[str]:
    """The models that are booked, as the shop has them."""
    found = await actions.base.shop().subscriptions(kim.id)
    return [swap.product_name for subscription in found for swap in subscription.booked_swaps]


@pytest.mark.parametrize(
    "words",
    [
        "actually cancel that swap",
        "undo that, I want the Mini back",
        "take that back",
        "take the swap back please",
        "tausch zurück nehmen",
        "I don't want the Cinema this weekend any more",
        "I don't need the Cinema any more, keep the Mini",
        "ich will die Mini zurück",
        "undo that",
    ],
)
async def test_a_swap_is_taken_back_and_the_subscription_goes_on(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await kim.says("am wochenende die cinema statt der mini")
    await kim.says("ja")
    assert await swaps(kim) == ["AeroPix Cinema"]
    await kim.says(words)
    await kim.says("ja")
    assert (await swaps(kim), await state(kim)) == ([], [("active", 6)])


async def test_who_cancels_what_is_rented_does_not_mean_its_swap(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await kim.says("am wochenende die cinema statt der mini")
    await kim.says("ja")
    for words in ("cancel the Mini", "I don't need the Mini any more"):
        assert "Shall I cancel it" in await kim.says(words)
        await kim.says("no")
    assert (await swaps(kim), await state(kim)) == (["AeroPix Cinema"], [("active", 6)])


async def test_who_takes_back_a_swap_in_the_midst_of_booking_it_books_nothing(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await kim.says("am wochenende die cinema statt der mini")
    await kim.says("take it back")
    assert (await swaps(kim), await state(kim)) == ([], [("active", 6)])


@pytest.mark.parametrize("words", ["actually cancel that swap", "I don't need the Cinema any more", "take that back"])
async def test_a_swap_is_taken_back_beside_an_order_that_could_be_cancelled(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    for answer in ("ich nehme einen sitsense office in schwarz", "ja", "paypal", "ja", "ja"):
        if "NC-104202" in await kim.says(answer):
            break
    await kim.says("am wochenende die cinema statt der mini")
    await kim.says("ja")
    assert await swaps(kim) == ["AeroPix Cinema"]
    await kim.says(words)
    await kim.says("ja")
    assert await swaps(kim) == []
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["delivered", "pending"]


async def test_nothing_done_is_taken_back_by_asking_what_is_meant(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    assert "hall I take back?" in await kim.says("take that back")
    await kim.says("ja")
    assert await state(kim) == [("active", 6)]


async def test_a_swap_for_good_that_has_begun_is_swapped_back(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    await kim.says("ja")
    answer = await kim.says("undo that, I want the Mini back")
    assert "done already" in answer
    assert "€29 instead of €69" in answer
    await kim.says("yes")
    assert house.shop.rows("SELECT variant_id FROM subscriptions") == [("aeropix-mini-red",)]


async def test_who_wants_the_former_model_back_ends_no_subscription(house: House) -> None:
    """Long after the swap, when something else was done meanwhile."""
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    await kim.says("ja")
    await kim.says("bitte mit versicherung")
    await kim.says("ja")
    assert "AeroPix Mini" in await kim.says("I want the Mini back")
    await kim.says("yes")
    assert house.shop.rows("SELECT product_id, ends_month FROM subscriptions") == [("aeropix-mini", None)]


async def test_a_thing_of_another_kind_is_no_swap(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, "ich will das urbano e1 in M blau für 6 monate mieten")
    assert "andere" in await kim.says("tausch das rad dauerhaft gegen die aeropix mini")
    assert "Urbano Cargo" not in await kim.says("nein")
    assert house.shop.rows("SELECT product_id FROM subscriptions") == [("urbano-e1",)]


async def test_of_two_swaps_the_one_of_that_day_is_taken_back(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    for wish in ("die pro vom 10. bis 12. april", "die cinema vom 18. bis 22. april"):
        await kim.says(f"ich hätte gern {wish} statt der mini")
        await kim.says("ja")
    answer = await kim.says("Den Tausch am 30. April zurücknehmen")
    assert "kein Tausch gebucht" in answer
    assert "AeroPix Pro" in answer
    assert "AeroPix Cinema" in answer
    await kim.says("den zweiten")
    await kim.says("ja")
    assert await swaps(kim) == ["AeroPix Pro"]
    assert "11" not in await kim.says("den tausch am 11. april zurücknehmen")
    await kim.says("ja")
    assert await swaps(kim) == []


@pytest.mark.parametrize("words", ["what swaps have I booked?", "do I have a swap booked?"])
async def test_all_booked_swaps_are_told(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    for wish in ("die pro vom 10. bis 12. april", "die cinema vom 18. bis 22. april"):
        await kim.says(f"ich hätte gern {wish} statt der mini")
        await kim.says("ja")
    answer = await kim.says(words)
    assert "AeroPix Pro" in answer
    assert "AeroPix Cinema" in answer


async def test_a_yes_takes_back_the_swap_that_was_named_and_no_other(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    for wish in ("die pro vom 10. bis 12. april", "die cinema vom 18. bis 22. april"):
        await kim.says(f"ich hätte gern {wish} statt der mini")
        await kim.says("ja")
    assert "AeroPix Cinema" in await kim.says("end the swap")  # the last one booked
    assert "AeroPix Pro" in await kim.says("the pro")
    await kim.says("yes")
    assert await swaps(kim) == ["AeroPix Cinema"]


# --- days


@pytest.mark.parametrize(
    ("words", "first", "until"),
    [
        ("swap to the Cinema from 10 to 20 December", "2026-12-10", "2026-12-20"),
        ("swap to the Cinema on Sunday", "2026-03-08", "2026-03-08"),
        ("swap to the Cinema on 12 December", "2026-12-12", "2026-12-12"),
        ("swap to the Cinema between 10 and 20 December", "2026-12-10", "2026-12-20"),
        ("tausch gegen die Cinema zwischen dem 10. und 20. Dezember", "2026-12-10", "2026-12-20"),
    ],
)
async def test_a_swap_is_booked_for_the_days_that_were_said(house: House, words: str, first: str, until: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await kim.says(words)
    await kim.says("ja")
    assert house.shop.rows("SELECT first, until FROM bookings") == [(first, until)]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("swap to the Pro from 20 December to 10 December", "before the beginning"),
        ("swap to the Pro on 1 March", "over"),
    ],
)
@pytest.mark.parametrize("plan", [PREMIUM, RENTED])
async def test_days_that_cannot_be_meant_are_asked_for_again(house: House, words: str, answer: str, plan: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, plan)
    assert answer in await kim.says(words)
    await kim.says("yes")
    assert house.shop.rows("SELECT first FROM bookings") == []


# --- a cancelled subscription


async def cancelled(kim: Customer) -> None:
    await kim.says("ich will mein abo kündigen")
    await kim.says("ja")
    assert (await state(kim))[0][0] == "ending"


@pytest.mark.parametrize(
    "words",
    [
        "oh no, I only wanted to cancel the swap, not the subscription!",
        "undo the cancellation of the drone",
        "doch nicht kündigen",
        "Kündigung stornieren",
        "ich nehme die Kündigung zurück",
        "undo that",
        "doch behalten",
    ],
)
async def test_a_cancellation_is_taken_back(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await cancelled(kim)
    await kim.says(words)
    await kim.says("ja")
    assert await state(kim) == [("active", 6)]


async def test_until_its_end_a_cancelled_subscription_swaps_and_takes_services(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await cancelled(kim)
    assert "AeroPix Pro" in await kim.says("am sonntag die pro statt der mini")
    await kim.says("ja")
    assert await swaps(kim) == ["AeroPix Pro"]
    await kim.says("bitte mit versicherung")
    await kim.says("ja")
    assert "Schutzpaket" in await kim.says("was ist mit meinem abo?")
    assert "Das Abo endet am" in await kim.says(
        "ich hätte gern die cinema vom 28. august bis 5. september statt der mini"
    )
    await kim.says("nein")
    assert "nicht mehr ändern" in await kim.says("kann ich meinen vertrag auf 12 monate verlängern?")
    assert "keine Pause mehr" in await kim.says("pausier mein abo bitte für zwei monate")


async def test_nothing_is_cancelled_for_who_does_not_want_to_cancel(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    assert "nichts gekündigt" in await kim.says("doch nicht kündigen")
    assert "nicht gemietet" in await kim.says("kündige das auto")
    assert await state(kim) == [("active", 6)]


# --- bought at the end


@pytest.mark.parametrize(
    "words",
    [
        "Drohne am Ende behalten, was kostet das?",
        "was kostets wenn ichs am Ende kauf",
        "can I buy the drone at the end and for how much?",
    ],
)
async def test_what_buying_at_the_end_costs_is_told_and_asking_does_nothing(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    answer = await kim.says(words)
    assert "394" in answer
    assert any(how in answer for how in ("Neupreis", "price when new"))
    assert await state(kim) == [("active", 6)]
    await kim.says("ja")
    assert house.shop.rows("SELECT at_end FROM subscriptions") == [("buy",)]


async def test_who_rents_nothing_is_told_how_buying_at_the_end_works(house: House) -> None:
    kim = house.customer(language="en")
    assert "60 percent" in await kim.says("can I buy a rented drone at the end?")


async def test_who_has_cancelled_may_still_buy(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await cancelled(kim)
    await kim.says("was kostets wenn ichs am Ende kauf")
    await kim.says("ja")
    assert house.shop.rows("SELECT at_end FROM subscriptions") == [("buy",)]


# --- sizes, colours, prices


async def test_size_and_colour_of_a_swap_for_good_are_asked_for(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I'd like to rent the Urbano Cargo in green for 6 months")
    assert "Which size" in await ann.says("swap for good to the E1")
    assert "€99 instead of €189" in await ann.says("M blue")
    await ann.says("yes")
    assert house.shop.rows("SELECT variant_id FROM subscriptions") == [("urbano-e1-m-blue",)]
    assert "All right" in await ann.says("no")  # and the form is not open any more
    assert "the price stays at €99" in await ann.says("can I have it in grey instead?")
    await ann.says("yes")
    assert house.shop.rows("SELECT variant_id FROM subscriptions") == [("urbano-e1-m-grey",)]


async def test_the_price_of_a_swap_counts_insurance_as_it_costs_with_the_new_model(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("bitte mit versicherung")
    await kim.says("ja")
    assert "81,90\N{NO-BREAK SPACE}€ statt 35,90" in await kim.says(
        "ich würde die mini gern dauerhaft gegen die pro tauschen"
    )
    await kim.says("ja")
    assert "81,90" in await kim.says("was kostet mich mein abo im monat?")


@pytest.mark.parametrize("words", ["was kostet das?", "what's the total?", "wie viel bekomme ich zurück?", "ab wann?"])
async def test_a_question_about_the_summary_is_answered_by_it(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    answer = await kim.says(words)
    assert "69" in answer
    assert "1.199" not in answer


async def test_what_comes_after_is_answered_in_the_midst(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich würde die mini gern dauerhaft gegen die pro tauschen")
    assert "zurücktauschen" in await kim.says("kann ich danach noch zurück?")
    assert "by the month" in await kim.says("what happens after the 3 months?")
    await kim.says("yes")
    assert house.shop.rows("SELECT product_id FROM subscriptions") == [("aeropix-pro",)]


async def test_what_an_extra_covers_is_described_where_it_is_offered(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("ich will ein extra dazubuchen")
    assert "Ersatzteile" in await kim.says("was deckt die ab?")


# --- pauses


@pytest.mark.parametrize("words", ["no", "cancel", "I changed my mind, don't cancel", "lass"])
async def test_a_pause_is_given_up_at_its_question(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("pausier mein abo für ein halbes jahr")
    await kim.says(words)
    assert "pausieren" not in await kim.says("danke")
    assert await state(kim) == [("active", 6)]


async def test_an_answer_that_sounds_like_another_deed_is_still_one(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    house.shop.time.passes(timedelta(days=40))
    await kim.says("pause my subscription")
    assert "30 April" in await kim.says("to the end of april")


@pytest.mark.parametrize(
    ("words", "days"),
    [("pause for May", ("2026-05-01", "2026-05-31")), ("pause im sommer, juli", ("2026-07-01", "2026-07-31"))],
)
async def test_a_month_is_paused_whole(house: House, words: str, days: tuple[str, str]) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says(words)
    await kim.says("ja")
    assert house.shop.rows("SELECT first, until FROM pauses") == [days]


async def test_a_planned_pause_is_told_replaced_and_taken_back(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I want to rent the aeropix mini in white for 6 months")
    await ann.says("pause for May")
    await ann.says("yes")
    planned = await ann.says("what's planned for my subscription?")
    assert "1 May" in planned
    assert "31 May" in planned
    assert "takes its place" in await ann.says("pause for June")
    await ann.says("yes")
    assert house.shop.rows("SELECT first, until FROM pauses") == [("2026-06-01", "2026-06-30")]
    assert "without the pause" in await ann.says("take back the pause in June")
    await ann.says("yes")
    assert house.shop.rows("SELECT first FROM pauses") == []


async def test_taking_back_a_pause_leaves_a_cancellation_alone(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("pausieren im mai")
    await kim.says("ja")
    await cancelled(kim)
    await kim.says("take back the pause in May")
    await kim.says("yes")
    assert house.shop.rows("SELECT first FROM pauses") == []
    assert await state(kim) == [("ending", 6)]


async def test_a_pause_after_the_term_promises_no_other_end_of_it(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, "ich will die aeropix mini in rot für 1 monat mieten")
    assert "läuft monatlich weiter" in await kim.says("pausier das abo vom 10. april bis 30. april")
    assert "Laufzeit geht jetzt bis" not in await kim.says("ja")
    assert house.shop.rows("SELECT first, until FROM pauses") == [("2026-04-10", "2026-04-30")]


async def test_how_long_it_can_rest_is_told(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I want to rent the aeropix mini in white for 6 months")
    assert "at most 90 days" in await ann.says("how long can I pause?")
    assert await state(ann) == [("active", 6)]


async def test_a_planned_pause_is_not_asked_about_again_by_who_wants_none(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    await kim.says("pausieren im mai")
    await kim.says("ja")
    assert "ohne die Pause" in await kim.says("doch keine pause bitte")
    await kim.says("ja")
    assert house.shop.rows("SELECT first FROM pauses") == []


async def test_what_was_paid_once_is_not_taken_off(house: House) -> None:
    ann = house.customer("ann", "en")
    await subscribed(house, ann, "I want to rent the aeropix mini in white for 6 months")
    await ann.says("add flight lessons")
    await ann.says("yes")
    assert "paid once" in await ann.says("cancel the flight lessons")


# --- opened by others


@pytest.mark.parametrize("intent", ["greet", "affirm", "place_order", "nlu_fallback", "track_order"])
@pytest.mark.parametrize("resumed", [False, True])
async def test_a_form_that_is_opened_without_a_deed_ends_at_once(house: House, intent: str, resumed: bool) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    message = {"text": "hallo", "intent": {"name": intent}, "entities": []}
    events = [{"event": "user", "parse_data": message}, {"event": "active_loop", "name": "subscription_form"}]
    if resumed:
        events.append({"event": "slot", "name": "resumed_form", "value": "subscription_form"})
    loop = {"name": "subscription_form"}
    tracker = Tracker(kim.id, {}, message, events, False, None, loop, None)
    said = CollectingDispatcher()
    changes = await SubscriptionForm().run(said, tracker, {})
    assert {"event": "slot", "timestamp": None, "name": "requested_slot", "value": None} in changes
    assert said.messages == []


# --- several, and plans


async def both(house: House, kim: Customer) -> None:
    """A drone and a bike."""
    await subscribed(house, kim, PREMIUM)
    await kim.says("ich will das urbano e1 in M blau für 6 monate mieten")
    for answer in ("ja", "paypal", "ja", "ja"):
        if "NC-104202" in await kim.says(answer):
            break
    await house.shop.deliver("NC-104202")


async def test_the_one_of_several_is_known_by_its_kind_and_what_was_said_is_kept(house: House) -> None:
    kim = house.customer()
    await both(house, kim)
    answer = await kim.says("swap the drone to the Pro for the weekend")
    assert "AeroPix Pro" in answer
    assert "7 March" in answer
    await kim.says("no")
    assert "€348" in await kim.says("what do I pay in total each month?")
    await kim.says("pause my subscription in may")
    assert "Urbano E1" in await kim.says("the bike")
    assert "5 May" in await kim.says("5 to 20 May")
    await kim.says("yes")
    assert house.shop.rows("SELECT subscription_number, first, until FROM pauses") == [
        (200002, "2026-05-05", "2026-05-20")
    ]


async def test_of_several_the_one_that_has_a_swap_loses_it(house: House) -> None:
    kim = house.customer()
    await both(house, kim)
    await kim.says("swap the drone to the Pro for the weekend")
    await kim.says("yes")
    await kim.says("how much is my bike subscription?")
    assert "AeroPix Pro" in await kim.says("cancel the swap")
    await kim.says("yes")
    assert await swaps(kim) == []


async def test_of_several_the_cancelled_one_goes_on_again(house: House) -> None:
    kim = house.customer()
    await both(house, kim)
    await kim.says("kündige die drohne")
    await kim.says("ja")
    await kim.says("ich nehme die kündigung zurück")
    await kim.says("ja")
    assert [status for status, _ in await state(kim)] == ["active", "active"]


@pytest.mark.parametrize(
    "words",
    ["I booked premium by mistake, I want it without premium", "switch to standard plan, I never wanted premium"],
)
async def test_who_never_wanted_premium_gets_the_standard_plan(house: House, words: str) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    assert "AeroPix Standard" in await kim.says(words)
    await kim.says("yes")
    assert house.shop.rows("SELECT plan_id FROM subscriptions") == [("aeropix-standard",)]


async def test_what_premium_is_for_is_told_and_nothing_is_changed(house: House) -> None:
    kim = house.customer(language="en")
    await subscribed(house, kim, "I want to rent the aeropix mini in white for 6 months")
    assert "Premium" in await kim.says("with and without premium?")
    await kim.says("yes")
    assert house.shop.rows("SELECT plan_id FROM subscriptions") == [("aeropix-standard",)]


async def test_the_other_model_for_good_is_a_swap_and_no_order(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    assert "AeroPix Pro" in await kim.says("die pro in schwarz dauerhaft bitte")
    await kim.says("ja")
    [found] = await actions.base.shop().subscriptions(kim.id)
    assert found.product_id == "aeropix-pro"
    assert len(await actions.base.shop().orders(kim.id)) == 1


async def test_who_wants_to_buy_what_is_rented_orders_no_new_one(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    answer = await kim.says("ich will die gemietete drohne kaufen")
    assert "gezahlten Miete" in answer
    await kim.says("nein")
    assert await state(kim) == [("active", 6)]
    assert len(await actions.base.shop().orders(kim.id)) == 1


async def test_the_old_one_is_kept_after_all(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim, PREMIUM)
    await kim.says("kann ich ab montag für immer die pro haben, in rot")
    assert "Gebucht" in await kim.says("ja")
    assert "Soll ich" in await kim.says("doch die alte behalten")
    await kim.says("ja")
    [subscription] = await actions.base.shop().subscriptions(kim.id)
    assert (subscription.product_name, list(subscription.booked_swaps)) == ("AeroPix Mini", [])


async def test_when_one_gets_out_is_told_with_the_offer_to_end(house: House) -> None:
    kim = house.customer()
    await subscribed(house, kim)
    answer = await kim.says("wann komm ich da raus")
    assert "September" in answer
    assert await state(kim) == [("active", 6)]

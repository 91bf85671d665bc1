"""Two wishes in one message, and goals within goals: each is served, none is lost."""

from datetime import timedelta

from tests.house import House
from tests.journeys.ordering import ordered, up_to_the_summary


async def test_an_invoice_and_a_cancellation_in_one_sentence(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    answer = await kim.says("storniert meine bestellung und schickt mir bitte die rechnung vom letzten mal")
    assert "/documents/" in answer
    assert "stornieren? Das sind" in answer
    await kim.says("ja")
    assert house.shop.orders(kim.id)[0][1] == "cancelled"


async def test_two_questions_in_one_message_are_both_answered(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    answer = await kim.says("wo ist meine bestellung? und wie lange fliegt die aeropix pro?")
    assert "NC-104201" in answer
    assert "46 Minuten" in answer or "Minuten" in answer


async def test_a_yes_with_a_question_behind_it_is_both(house: House) -> None:
    kim = house.customer()
    await up_to_the_summary(kim)
    answer = await kim.says("ja bitte bestellen. wo ist eigentlich meine bestellung dann?")
    assert "NC-104201" in answer
    assert len(house.shop.orders(kim.id)) == 1


async def test_a_second_goal_waits_for_the_first(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "ich will die aeropix mini in rot für 6 monate mieten")
    await house.shop.deliver("NC-104201")
    answer = await kim.says("bitte kündigt mein abo. und ich möchte außerdem eine aeropix pro in weiß kaufen")
    assert "kündigen" in answer
    answer = await kim.says("ja")
    assert "endet am" in answer
    assert "AeroPix Pro in Weiß" in answer or "bezahlen" in answer


async def test_one_wish_with_its_reason_stays_one(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says(
        "ich hab bei euch eine drohne bestellt und die soll bitte storniert werden, weil ich sie nicht mehr brauche"
    )
    assert "Soll ich die Bestellung NC-104201 stornieren" in kim.hears()


async def test_goals_are_nested_three_deep_and_come_back_in_turn(house: House) -> None:
    kim = house.customer()
    await ordered(kim, "ich will die aeropix mini in rot für 6 monate mieten")
    await house.shop.deliver("NC-104201")
    await kim.says("ich möchte einen sitsense office bestellen")
    await kim.says("ich möchte mein abo kündigen")
    await kim.says("wie lange fliegt die pro?")
    await kim.says("halt, ich brauche erst noch meine rechnung")
    assert "/documents/" in kim.hears()
    answer = await kim.says("ja, kündigen")
    assert "endet am" in answer
    assert "Zurück zu deiner Bestellung" in answer


async def test_an_unclear_message_is_asked_about_and_its_details_are_kept(house: House) -> None:
    """Whatever the assistant asks, what was said with it is not asked again."""
    kim = house.customer()
    await ordered(kim, "ich will die aeropix mini in rot für 6 monate mieten")
    await house.shop.deliver("NC-104201")
    house.shop.time.passes(timedelta(days=40))
    answer = await kim.says("6 monate lang keine", payload="/pause_subscription")
    assert "AeroPix Mini" in answer


async def test_a_question_and_a_change_of_mind_in_the_midst_of_an_order(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    await kim.says("ich nehme noch den sitsense home in sand")
    answer = await kim.says("wann kommt die drohne und storniere den stuhl")
    assert "NC-104201" in answer
    assert "nichts bestellt" in answer
    assert len(house.shop.rows("SELECT number FROM orders")) == 1


async def test_one_is_cancelled_and_another_ordered_in_its_place(house: House) -> None:
    kim = house.customer()
    await ordered(kim)
    assert "NC-104201" in await kim.says("storniere die drohne und bestell mir stattdessen einen sitsense home in sand")
    following = await kim.says("ja")
    assert "storniert" in following
    assert "SitSense Home in Sand" in following
    await kim.says("ja")
    assert [status for _, status, _ in house.shop.orders(kim.id)] == ["cancelled", "pending"]

"""What the web chat promises to the customer, tried in a real browser against the fake end of its line."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.async_api import Page, expect

from tests.web.fake_chat import FakeChat, button, card
from tests.web.visitors import PHONE, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# Playwright's locators go through shadow roots by themselves.
COMPOSER = "textarea"
BUBBLE = ".bubble"
BANNER = ".banner"
SENT = '.row[data-from="customer"][data-delivered="sent"]'
PENDING = '.row[data-delivered="pending"]'
SMALL_PHONE = (320, 568)
ATTACKS = (
    "<img src=x onerror=\"window.broken='image'\">",
    "<script>window.broken='script'</script>",
    '"><svg onload="window.broken=1">',
    "javascript:window.broken='link'",
    "data:text/html,<script>window.broken='data'</script>",
)
FOCUSED = """() => {
  const outer = document.activeElement;
  const active = outer.shadowRoot?.activeElement ?? outer;
  return active.getAttribute("aria-label") ?? (active.textContent.trim() || active.tagName);
}"""
NAMELESS = """() => {
  const all = (root) => [...root.querySelectorAll("*")].flatMap((each) => [each, ...(each.shadowRoot ? all(each.shadowRoot) : [])]);
  const named = (each) => each.getAttribute("aria-label") || each.textContent.trim() || each.labels?.length || each.querySelector("img")?.alt;
  const controls = all(document).filter((each) => each.matches("button, a, textarea, input"));
  const pictures = all(document).filter((each) => each.matches("img:not([alt]), svg:not([aria-hidden])"));
  return [...controls.filter((each) => !named(each)), ...pictures].map((each) => each.outerHTML);
}"""
TOO_WIDE = """() => {
  const scroller = document.querySelector("nochannel-chat").shadowRoot.querySelector(".scroller");
  return [document.documentElement, scroller].filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.className);
}"""


async def say(page: Page, text: str) -> None:
    await page.fill(COMPOSER, text)
    await page.press(COMPOSER, "Enter")


async def until(condition: Callable[[], bool]) -> None:
    """Waits for the server's side to come true."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def in_touch(chat: FakeChat) -> None:
    await until(lambda: len(chat.hellos) > 0)


async def hurry(page: Page) -> None:
    """The browser says that it is online again, which ends a pause between attempts; without one, it does nothing."""
    await page.evaluate("window.dispatchEvent(new Event('online'))")


async def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the control of this name has the focus."""
    for _ in range(20):
        if await page.evaluate(FOCUSED) == name:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {name!r}")


# --- nothing is lost, nothing is said twice


async def test_a_reload_shows_the_conversation_again(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await say(page, "Hallo")
    await expect(page.locator(SENT)).to_have_count(1)
    await chat.say("Schön, dass du da bist!", buttons=[button("Drohnen zeigen")])

    await page.reload()

    await expect(page.get_by_role("button", name="Drohnen zeigen")).to_be_enabled()
    await expect(page.locator(BUBBLE)).to_have_text(["Hallo", "Schön, dass du da bist!"])
    assert [hello["token"] for hello in chat.hellos] == [None, "visitor-1.signed"]


async def test_after_a_lost_line_only_what_was_missed_is_asked_for(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    first = await chat.say("Eins")
    await expect(page.locator(BUBBLE)).to_have_count(1)
    await chat.drop_lines()
    await chat.say("Zwei")
    await hurry(page)

    await expect(page.locator(BUBBLE)).to_have_text(["Eins", "Zwei"])
    assert chat.hellos[-1]["last_id"] == first["id"]


async def test_a_message_that_never_arrived_is_sent_again_under_its_id(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    chat.hears = False
    await say(page, "Eine Drohne, bitte")
    await until(lambda: len(chat.received) == 1)
    chat.hears = True

    await chat.drop_lines()
    await hurry(page)

    await expect(page.locator(SENT)).to_have_count(1)
    assert chat.received[0] == chat.received[1]
    assert chat.texts("customer") == ["Eine Drohne, bitte"]


async def test_a_message_whose_confirmation_was_lost_is_not_sent_again(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    chat.confirms = False
    await say(page, "Eine Drohne, bitte")
    await until(lambda: len(chat.entries) == 1)
    chat.confirms = True

    await chat.drop_lines()
    await hurry(page)
    await expect(page.locator(SENT)).to_have_count(1)
    await say(page, "In Rot")

    await expect(page.locator(SENT)).to_have_count(2)
    assert [frame["text"] for frame in chat.received] == ["Eine Drohne, bitte", "In Rot"]


async def test_what_was_written_without_a_line_outlives_a_reload_and_goes_out_once_in_order(
    chat: FakeChat, visitors: Visitors
) -> None:
    page = await visitors.come()
    await in_touch(chat)
    chat.is_up = False
    await chat.drop_lines()
    await say(page, "Erstens")
    await say(page, "Zweitens 🛩️")
    await expect(page.locator(BANNER)).to_contain_text("es geht nichts verloren")

    await page.reload()
    await expect(page.locator(PENDING)).to_have_count(2)
    chat.is_up = True
    await hurry(page)

    await expect(page.locator(SENT)).to_have_count(2)
    await expect(page.locator(PENDING)).to_have_count(0)
    assert [frame["text"] for frame in chat.received] == ["Erstens", "Zweitens 🛩️"]


async def test_being_offline_is_said_and_so_is_the_return(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await page.context.set_offline(True)
    await expect(page.locator(BANNER)).to_contain_text("Du bist offline")
    await say(page, "Hallo")

    await page.context.set_offline(False)

    await expect(page.locator(BANNER)).to_have_text("Die Verbindung ist wieder da.")
    await expect(page.locator(SENT)).to_have_count(1)


async def test_a_line_that_died_silently_is_replaced(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.new_page()
    await page.clock.install()
    await page.goto(visitors.address)
    await in_touch(chat)
    chat.hears = False
    await say(page, "Bist du da?")
    await until(lambda: len(chat.received) == 1)
    chat.hears = True

    await page.clock.run_for(12_000)

    await expect(page.locator(SENT)).to_have_count(1)
    assert [hello["token"] for hello in chat.hellos] == [None, "visitor-1.signed"]


async def test_who_writes_too_fast_is_told_so_and_is_heard_a_little_later(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.new_page()
    await page.clock.install()
    await page.goto(visitors.address)
    await in_touch(chat)
    chat.hears = False
    await say(page, "Hallo?")
    await until(lambda: len(chat.received) == 1)
    chat.hears = True
    await chat.tell({"type": "error", "code": "too_many", "message": "slow down", "id": chat.received[0]["id"]})
    await expect(page.locator(".notice")).to_contain_text("einen Moment")

    await page.clock.run_for(6_000)

    await expect(page.locator(SENT)).to_have_count(1)
    assert chat.received[0]["id"] == chat.received[1]["id"]


async def test_a_refused_message_waits_for_the_customers_decision(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    chat.hears = False
    await say(page, "Hallo")
    await until(lambda: len(chat.received) == 1)
    await chat.tell({"type": "error", "code": "bad_frame", "message": "no", "id": chat.received[0]["id"]})
    await expect(page.locator('[data-delivered="refused"]')).to_have_count(1)
    chat.hears = True
    await page.reload()
    await say(page, "Noch etwas")
    await expect(page.locator(SENT)).to_have_count(1)
    assert chat.texts("customer") == ["Noch etwas"]

    await page.get_by_role("button", name="Nochmal senden").click()

    await expect(page.locator(SENT)).to_have_count(2)
    assert chat.texts("customer") == ["Noch etwas", "Hallo"]


async def test_two_tabs_show_the_same_conversation(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    tab = await visitors.another_tab(page)
    await until(lambda: len(chat.hellos) == 2)
    await say(page, "Vom ersten")
    await say(tab, "Vom zweiten")

    for each in (page, tab):
        await expect(each.locator(SENT)).to_have_count(2)
        await expect(each.locator(BUBBLE)).to_have_text(["Vom ersten", "Vom zweiten"])
    assert len(chat.received) == 2


async def test_pauses_between_attempts_grow_to_half_a_minute_and_differ(visitors: Visitors) -> None:
    page = await visitors.come()
    script = """async () => {
      const { pauseAfter } = await import("/chat/connection.js");
      return [0, 1, 3, 5, 40].map((losses) => Array.from({ length: 50 }, () => pauseAfter(losses)));
    }"""

    pauses = await page.evaluate(script)

    for drawn, longest in zip(pauses, (1_000, 2_000, 8_000, 30_000, 30_000), strict=True):
        assert longest / 2 <= min(drawn) < max(drawn) <= longest


# --- safe


async def test_texts_never_become_code(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    for attack in ATTACKS:
        hostile = card(attack, button(attack, attack)) | {"subtitle": attack, "image": attack}
        await chat.say(attack, image=attack, buttons=[button(attack, attack)], cards=[hostile])
        await chat.say(f"Siehe https://shop.example/?q={attack}", sender="person")
    await say(page, ATTACKS[0])

    await expect(page.locator(BUBBLE)).to_have_count(2 * len(ATTACKS) + 1)
    await expect(page.locator(BUBBLE).first).to_have_text(ATTACKS[0])
    assert await page.evaluate("window.broken") is None
    assert await page.locator(".log script, .log .bubble img, .log .bubble svg").count() == 0
    links = await page.locator(".log a").evaluate_all("links => links.map((link) => link.protocol)")
    sources = await page.locator(".log img").evaluate_all("images => images.map((each) => new URL(each.src).protocol)")
    assert set(links) | set(sources) <= {"http:", "https:"}


async def test_a_frame_that_makes_no_sense_disturbs_nothing(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    for nonsense in (
        {"type": "entry"},
        {"type": "entry", "entry": {"id": 7}},
        {"type": "unheard of"},
        {"type": "error"},
    ):
        await chat.tell(nonsense)
    await chat.say("Weiter geht es", buttons=[None, "x", button("Gut")], cards=None)

    await expect(page.get_by_role("button", name="Gut")).to_be_enabled()
    await expect(page.locator(BUBBLE)).to_have_text(["Weiter geht es"])


async def test_a_visitor_who_only_looks_around_leaves_no_trace(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come(size=PHONE)
    await expect(page.get_by_role("button", name="Fragen: AeroPix Mini")).to_be_visible()

    assert await page.evaluate("Object.keys(localStorage)") == []
    assert chat.hellos == []


# --- for everyone


async def test_a_whole_conversation_needs_only_the_keyboard(chat: FakeChat, visitors: Visitors) -> None:
    chat.language = "en"
    page = await visitors.come("/other-shop")
    await tab_to(page, "Ask us – open chat")
    await page.keyboard.press("Enter")
    await page.keyboard.type("First line")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second line")
    await page.keyboard.press("Enter")
    await until(lambda: chat.texts("customer") == ["First line\nsecond line"])
    await chat.say("Which one?", cards=[card("AeroPix Mini", button("Rent", "/rent"))], buttons=[button("Neither")])
    await expect(page.get_by_role("button", name="Neither")).to_be_enabled()

    await tab_to(page, "DE – Deutsch")
    await tab_to(page, "Rent: AeroPix Mini")
    await page.keyboard.press("Enter")

    await until(lambda: len(chat.received) == 2)
    assert (chat.received[1]["text"], chat.received[1]["payload"]) == ("Rent", "/rent")
    assert await page.evaluate(FOCUSED) == "TEXTAREA"
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    assert await page.evaluate(FOCUSED) == "Ask us – open chat"


async def test_every_control_has_a_name_and_every_region_its_role(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    cards = [card("AeroPix Mini", button("Mieten")), card("AeroPix Pro", button("Mieten"))]
    await chat.say("Welche?", image="/picture.svg", cards=cards, buttons=[button("Keine")])
    await expect(page.get_by_role("button", name="Mieten: AeroPix Pro")).to_be_visible()

    assert await page.evaluate(NAMELESS) == []
    await expect(page.get_by_role("log", name="Nachrichten")).to_have_attribute("aria-live", "polite")
    await expect(page.get_by_role("dialog", name="Nochannel")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Deine Nachricht")).to_be_editable()
    await expect(page.get_by_role("group", name="Sprache")).to_be_visible()
    await expect(page.locator(f"{BANNER}[role=status]")).to_have_count(1)
    await expect(page.get_by_role("main").get_by_role("heading", level=1)).to_have_count(1)


@pytest.mark.parametrize("size", [PHONE, SMALL_PHONE])
async def test_on_a_phone_the_chat_fills_the_screen_and_nothing_is_wider_than_it(
    chat: FakeChat, visitors: Visitors, size: tuple[int, int]
) -> None:
    page = await visitors.come(size=size)
    await page.get_by_role("button", name="Frag uns – Chat öffnen").click()
    await in_touch(chat)
    long_word = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 4
    cards = [card(long_word, button(long_word)), card("AeroPix Pro", button("Mieten"))]
    await chat.say(long_word, cards=cards, buttons=[button(long_word)])
    await chat.say(f"https://shop.example/{long_word}", image="/picture.svg")
    await expect(page.locator(BUBBLE)).to_have_count(2)

    assert await page.evaluate(TOO_WIDE) == []
    box = await page.get_by_role("dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": size[0], "height": size[1]}
    await expect(page.get_by_role("dialog")).to_have_attribute("aria-modal", "true")
    await expect(page.locator(COMPOSER)).to_have_css("font-size", "16px")


async def test_on_a_phone_the_focus_stays_in_the_open_chat(visitors: Visitors) -> None:
    page = await visitors.come(size=PHONE)
    await page.get_by_role("button", name="Frag uns – Chat öffnen").click()
    for _ in range(12):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.tagName") == "NOCHANNEL-CHAT"


# --- a conversation one likes to have


async def test_buttons_count_until_the_conversation_went_on(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await chat.say("Mit Versicherung?", buttons=[button("Ja", "/affirm"), button("Nein", "/deny")])

    await page.get_by_role("button", name="Ja").click()

    await until(lambda: len(chat.received) == 1)
    assert (chat.received[0]["text"], chat.received[0]["payload"]) == ("Ja", "/affirm")
    await expect(page.get_by_role("button", name="Ja")).to_be_disabled()
    await expect(page.get_by_role("button", name="Nein")).to_be_disabled()
    await expect(page.locator("button[data-chosen]")).to_have_text("Ja")


async def test_the_other_language_is_asked_for_and_taken_up_everywhere(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await page.get_by_role("button", name="EN – English").click()
    await until(lambda: len(chat.received) == 1)
    assert (chat.received[0]["text"], chat.received[0]["payload"]) == ("English, please", "/switch_language")
    chat.language = "en"

    await chat.tell({"type": "language", "language": "en"})

    await expect(page.get_by_role("textbox", name="Your message")).to_be_visible()
    await expect(page.get_by_role("button", name="Ask about it: AeroPix Mini")).to_be_visible()
    await page.reload()
    await expect(page.get_by_role("heading", name="Our products")).to_be_visible()
    assert chat.hellos[-1]["language"] == "en"


async def test_a_product_can_be_asked_about(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come(size=PHONE)
    await page.get_by_role("button", name="Fragen: Urbano Cargo").click()

    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.locator(SENT)).to_have_count(1)
    assert chat.texts("customer") == ["Erzähl mir mehr über Urbano Cargo"]


async def test_a_shop_that_does_not_answer_is_said_honestly(chat: FakeChat, visitors: Visitors) -> None:
    chat.catalog = None
    page = await visitors.come()
    await expect(page.get_by_role("alert")).to_contain_text("nicht laden")
    chat.catalog = []

    await page.get_by_role("button", name="Nochmal versuchen").click()

    await expect(page.get_by_role("alert")).to_be_hidden()


async def test_writing_is_shown_until_the_answer_is_there(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await chat.tell({"type": "typing", "on": True})
    await expect(page.locator(".typing")).to_have_text("Antwort wird geschrieben …")

    await chat.say("Da bin ich")

    await expect(page.locator(".typing")).to_have_text("")


async def test_a_text_too_long_is_counted_and_kept_for_shortening(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await page.fill(COMPOSER, "x" * 1_799)
    await expect(page.locator(".counter")).to_be_hidden()
    await page.fill(COMPOSER, "😀" * 1_990)
    await expect(page.locator(".counter")).to_have_text("noch 10 Zeichen")

    await say(page, "x" * 2_005)

    await expect(page.locator(".counter")).to_have_text("5 Zeichen zu viel")
    await expect(page.locator(".notice")).to_contain_text("höchstens 2.000 Zeichen")
    await page.reload()
    await expect(page.locator(COMPOSER)).to_have_value("x" * 2_005)
    assert chat.received == []


async def test_an_answer_to_a_closed_chat_is_counted_on_its_launcher(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await chat.say("Gelesen")
    await expect(page.locator(BUBBLE)).to_have_count(1)
    await page.get_by_role("button", name="Chat minimieren").click()
    await chat.say("Deine Drohne meldet einen Aufprall")
    await expect(page.get_by_role("button", name="1 neue Nachricht")).to_be_visible()

    await page.reload()

    await page.get_by_role("button", name="1 neue Nachricht").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".launcher")).to_have_attribute("aria-label", "Frag uns – Chat öffnen")


async def test_days_are_set_apart_and_times_are_there_on_demand(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    await chat.say("Damals", at="2026-03-02T12:00:00+00:00")
    await chat.say("Kurz darauf", at="2026-03-02T12:01:00+00:00")
    await chat.say("Eben", at=datetime.now(UTC).isoformat())

    await expect(page.locator(".day:visible")).to_have_text(["Montag, 2. März 2026", "Heute"])
    time = page.locator("time").first
    await expect(time).to_have_css("opacity", "0")
    await page.locator(BUBBLE).first.hover()
    await expect(time).to_have_css("opacity", "1")
    await page.mouse.move(0, 0)
    await page.get_by_role("button", name="Chat minimieren").focus()
    await page.keyboard.press("Tab")
    await expect(time).to_have_css("opacity", "1")


async def test_who_reads_further_up_is_left_there(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come()
    await in_touch(chat)
    for hour in range(20):
        await chat.say(f"Um {hour} Uhr", at=f"2026-03-02T{hour:02}:00:00+00:00")
    await expect(page.get_by_text("Um 19 Uhr")).to_be_in_viewport()
    await page.get_by_text("Um 19 Uhr").hover()
    await page.mouse.wheel(0, -5_000)
    await expect(page.get_by_text("Um 0 Uhr")).to_be_in_viewport()

    await chat.say("Und noch etwas")

    await expect(page.get_by_role("button", name="Neue Nachricht")).to_be_visible()
    await expect(page.get_by_text("Um 0 Uhr")).to_be_in_viewport()
    await page.get_by_role("button", name="Neue Nachricht").click()
    await expect(page.get_by_text("Und noch etwas")).to_be_in_viewport()


async def test_another_shops_page_embeds_it_in_one_line(chat: FakeChat, visitors: Visitors) -> None:
    page = await visitors.come("/other-shop")
    await page.get_by_role("button", name="open chat").click()
    await in_touch(chat)
    assert chat.hellos[0]["language"] == "en"

    await say(page, "Hello")

    await expect(page.locator(SENT)).to_have_count(1)
    await expect(page.get_by_role("heading", name="Another shop", level=2)).to_be_visible()
    await expect(page.locator(COMPOSER)).to_have_css("font-size", "16px")

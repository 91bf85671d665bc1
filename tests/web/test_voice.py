"""Speaking with the page: what is said appears, is sent and answered aloud; without a microphone nothing is missed."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.web.fake_chat import FakeChat, Frame, button
from tests.web.test_page import COMPOSER, SENT, until
from tests.web.visitors import DESKTOP, PHONE, Visitors

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MICROPHONE = ".microphone"
NOTICE = ".notice"
# Chromium has the interfaces without an engine behind them: what an engine does is played here.
ENGINE = """
window.said = [];
window.hushed = 0;
window.SpeechRecognition = window.webkitSpeechRecognition = class {
  start() { window.recognition = this; }
  abort() { this.aborted = true; this.onerror({ error: "aborted" }); this.onend(); }
  hears(text, isFinal) {
    const result = Object.assign([{ transcript: text }], { isFinal });
    this.onresult({ results: [result] });
    if (isFinal) this.onend();
  }
  fails(error) { this.onerror({ error }); this.onend(); }
};
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
Object.defineProperty(window, "speechSynthesis", { value: {
  speak: (utterance) => window.said.push([utterance.text, utterance.lang]),
  cancel: () => { window.hushed += 1; },
} });
"""
NO_INTERFACES = """
for (const name of ["SpeechRecognition", "webkitSpeechRecognition", "speechSynthesis"]) delete window[name];
for (const name of ["SpeechRecognition", "webkitSpeechRecognition", "speechSynthesis"])
  if (name in window) Object.defineProperty(window, name, { value: undefined });
"""


async def page_with(visitors: Visitors, script: str, size: tuple[int, int] = DESKTOP) -> Page:
    page = await visitors.new_page(size)
    await page.add_init_script(script)
    await page.goto(visitors.address + "/", wait_until="domcontentloaded")
    if size == PHONE:
        await page.click(".launcher")
    return page


async def answers_aloud(chat: FakeChat, frame: Frame) -> None:
    await chat.say(
        "Das sind 499 €.", language="de", **({"speech": "Das sind 499 Euro."} if frame.get("spoken") else {})
    )


async def hears(page: Page, text: str, *, final: bool = True) -> None:
    await page.evaluate("([text, final]) => window.recognition.hears(text, final)", [text, final])


async def said(page: Page) -> list[Any]:
    return list(await page.evaluate("window.said"))


async def test_what_is_said_appears_is_sent_and_answered_aloud(chat: FakeChat, visitors: Visitors) -> None:
    chat.answer = answers_aloud
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(NOTICE)).to_have_text("Ich höre zu …")
    assert await page.evaluate("window.recognition.lang") == "de-DE"
    await hears(page, "was kostet", final=False)
    await expect(page.locator(COMPOSER)).to_have_value("was kostet")
    await hears(page, "was kostet die mini")
    await expect(page.locator(SENT)).to_have_count(1)
    assert (chat.received[-1]["text"], chat.received[-1]["spoken"]) == ("was kostet die mini", True)
    await expect(page.locator(COMPOSER)).to_have_value("")
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")
    await expect(page.get_by_text("Das sind 499 €.")).to_be_visible()
    assert await said(page) == [["Das sind 499 Euro.", "de-DE"]]


async def test_who_writes_is_answered_in_silence(chat: FakeChat, visitors: Visitors) -> None:
    chat.answer = answers_aloud
    page = await page_with(visitors, ENGINE)
    await page.fill(COMPOSER, "was kostet die mini")
    await page.press(COMPOSER, "Enter")
    await expect(page.get_by_text("Das sind 499 €.")).to_be_visible()
    assert "spoken" not in chat.received[-1]
    assert await said(page) == []


async def test_whoever_writes_or_speaks_on_is_not_talked_over(chat: FakeChat, visitors: Visitors) -> None:
    chat.answer = answers_aloud
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await hears(page, "was kostet die mini")
    await expect(page.get_by_text("Das sind 499 €.")).to_be_visible()
    before = await page.evaluate("window.hushed")
    await page.type(COMPOSER, "m")
    assert await page.evaluate("window.hushed") > before
    before = await page.evaluate("window.hushed")
    await page.click(MICROPHONE)
    assert await page.evaluate("window.hushed") > before


async def test_what_is_sent_before_the_pause_is_sent_once(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await hears(page, "was kostet die mini", final=False)
    await page.press(COMPOSER, "Enter")
    await expect(page.locator(SENT)).to_have_count(1)
    assert await page.evaluate("window.recognition.aborted")
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")
    assert [frame["text"] for frame in chat.received] == ["was kostet die mini"]


async def test_who_writes_on_is_not_written_over(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await hears(page, "was kostet", final=False)
    await page.type(COMPOSER, " die pro")
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")
    assert await page.evaluate("window.recognition.aborted")
    await expect(page.locator(COMPOSER)).to_have_value("was kostet die pro")


async def test_whoever_presses_a_button_is_not_talked_over(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await hears(page, "ich will die mini")
    await expect(page.locator(SENT)).to_have_count(1)
    await chat.say("Welche Farbe?", language="de", speech="Welche Farbe: Rot?", buttons=[button("Rot")])
    await expect(page.get_by_text("Welche Farbe?")).to_be_visible()
    assert await said(page) == [["Welche Farbe: Rot?", "de-DE"]]
    before = await page.evaluate("window.hushed")
    await page.get_by_role("button", name="Rot", exact=True).click()
    assert await page.evaluate("window.hushed") > before


async def test_another_language_ends_the_listening(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await chat.tell({"type": "language", "language": "en"})
    await expect(page.locator(COMPOSER)).to_have_attribute("placeholder", "Write to us …")
    assert await page.evaluate("window.recognition.aborted")
    await page.click(MICROPHONE)
    assert await page.evaluate("window.recognition.lang") == "en-GB"


async def test_a_second_press_gives_it_up_and_keeps_what_was_written(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE)
    await page.fill(COMPOSER, "ein entwurf")
    await page.click(MICROPHONE)
    await page.click(MICROPHONE)
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")
    await expect(page.locator(COMPOSER)).to_have_value("ein entwurf")
    await expect(page.locator(NOTICE)).to_have_text("")
    assert chat.received == []


@pytest.mark.parametrize(
    ("error", "words"),
    [("not-allowed", "darf dein Mikrofon nicht"), ("no-speech", "nichts gehört"), ("network", "klappt gerade nicht")],
)
async def test_what_goes_wrong_is_said_kindly(chat: FakeChat, visitors: Visitors, error: str, words: str) -> None:
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await page.evaluate("(error) => window.recognition.fails(error)", error)
    await expect(page.locator(NOTICE)).to_contain_text(words)
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")


async def test_a_browser_that_cannot_listen_shows_no_microphone_and_all_else_works(
    chat: FakeChat, visitors: Visitors
) -> None:
    page = await page_with(visitors, NO_INTERFACES)
    await expect(page.locator(COMPOSER)).to_be_visible()
    await expect(page.locator(MICROPHONE)).to_have_count(0)
    await page.fill(COMPOSER, "hallo")
    await page.press(COMPOSER, "Enter")
    await until(lambda: len(chat.received) == 1)


async def test_a_browser_without_an_engine_says_that_it_cannot_listen(chat: FakeChat, visitors: Visitors) -> None:
    """Chromium as it is here, with its real interfaces and nobody behind them."""
    page = await page_with(visitors, "")
    await page.click(MICROPHONE)
    await expect(page.locator(MICROPHONE)).to_have_attribute("aria-pressed", "false")
    await expect(page.locator(NOTICE)).not_to_have_text("")


async def test_the_microphone_fits_a_phone(chat: FakeChat, visitors: Visitors) -> None:
    page = await page_with(visitors, ENGINE, PHONE)
    box = await page.locator(MICROPHONE).bounding_box()
    assert box is not None
    assert (box["width"], box["height"]) == (44, 44)
    assert box["x"] + box["width"] <= PHONE[0]


async def test_what_was_answered_before_is_not_said_again_after_a_reload(chat: FakeChat, visitors: Visitors) -> None:
    chat.answer = answers_aloud
    page = await page_with(visitors, ENGINE)
    await page.click(MICROPHONE)
    await hears(page, "was kostet die mini")
    await expect(page.get_by_text("Das sind 499 €.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Das sind 499 €.")).to_be_visible()
    await asyncio.sleep(0.1)
    assert await said(page) == []

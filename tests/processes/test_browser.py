"""The main journey in a real browser against the real assistant: in German, in English, and from one to the other."""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.processes.installation import Installation
from tests.web.conftest import QUIET
from tests.web.visitors import PHONE, Visitors

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
]

SCREENSHOTS = Path("results/screenshots")
ANSWER_WITHIN_MS = 10_000


@pytest.fixture(scope="module")
def installation(model: Path) -> Iterator[Installation]:
    directory = Path(tempfile.mkdtemp(prefix="nc"))
    installation = Installation(directory, workers=1)
    installation.start()
    yield installation
    assert installation.stop() == 0
    shutil.rmtree(directory, ignore_errors=True)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visitors(chromium: Browser, installation: Installation) -> AsyncIterator[Visitors]:
    visitors = Visitors(chromium, installation.url)
    yield visitors
    for context in chromium.contexts:
        await context.close()
    assert visitors.complaints == []


async def test_a_german_customer_browses_compares_orders_corrects_tracks_and_cancels(
    visitors: Visitors, installation: Installation
) -> None:
    page = await visitors.come()
    await _say(page, "Was habt ihr an Drohnen?", "AeroPix Cinema")
    await _say(page, "was ist der unterschied zwischen der mini und der pro?", "Unterschiede")
    await page.screenshot(path=_picture("german-comparison"))
    await _say(page, "ich nehme die mini", "Farbe")
    await _press(page, "Rot", "Wohin")
    await _say(page, "Jonas Reuter, Lindenweg 12, 04107 Leipzig", "bezahlen")
    await _press(page, "PayPal", "1 × AeroPix Mini in Rot")
    await _say(page, "mach zwei draus", "2 × AeroPix Mini in Rot")
    await page.screenshot(path=_picture("german-summary"))
    number = await _order_number(page, "Ja", "Bestellnummer")
    assert _orders(installation)[number] == ("pending", 2, "aeropix-mini-red", 99_800, "Leipzig", "paypal")
    await _pay(page, "Bezahlen", "Bezahlt")
    await _say(page, "kann ich dafür bitte eine rechnung haben?", "/documents/")
    assert (await _fetched(page)).startswith(b"%PDF")
    await _say(page, "wo bleibt mein paket?", number)
    await _say(page, "bitte storniere die bestellung", f"Soll ich die Bestellung {number} stornieren")
    await _press(page, "Ja", f"{number} ist storniert")
    assert _orders(installation)[number][0] == "cancelled"
    await page.screenshot(path=_picture("german-end"))


async def test_an_english_customer_does_the_same_on_a_phone(visitors: Visitors, installation: Installation) -> None:
    page = await visitors.come(size=PHONE)
    await page.get_by_role("button", name=re.compile("Chat", re.IGNORECASE)).first.click()
    await _say(page, "what drones do you have?", "AeroPix Cinema")
    await _say(page, "how do the mini and the pro differ?", "differ")
    await _say(page, "I'll take the mini in white", "Where shall it go")
    await page.screenshot(path=_picture("english-phone"))
    await _say(page, "Ann Lee, Lindenweg 12, 04107 Leipzig", "like to pay")
    await _press(page, "Card", "1 × AeroPix Mini in white")
    await _say(page, "make it two instead of one", "2 × AeroPix Mini in white")
    number = await _order_number(page, "Yes", "order number")
    assert _orders(installation)[number] == ("pending", 2, "aeropix-mini-white", 99_800, "Leipzig", "card")
    await _say(page, "where's my parcel?", number)
    await _say(page, "please cancel my order", f"cancel order {number}")
    await _press(page, "Yes", f"order {number} is cancelled")
    assert _orders(installation)[number][0] == "cancelled"


async def test_a_customer_changes_the_language_in_the_midst_of_an_order(
    visitors: Visitors, installation: Installation
) -> None:
    page = await visitors.come()
    await _say(page, "ich möchte zwei aeropix pro in schwarz", "Wohin")
    await _say(page, "can we continue in English please?", "Where shall it go")
    await page.screenshot(path=_picture("language-switched"))
    await _say(page, "Kim Berg, Am Markt 3, 50667 Köln", "like to pay")
    await _press(page, "Invoice", "2 × AeroPix Pro in black")
    number = await _order_number(page, "Yes", "order number")
    assert _orders(installation)[number][:3] == ("pending", 2, "aeropix-pro-black")
    await page.reload()
    await expect(page.locator(".bubble").last).to_contain_text(number, timeout=ANSWER_WITHIN_MS)


async def _say(page: Page, text: str, expected: str) -> None:
    """Says it and waits until the answer has come."""
    await page.fill("textarea", text)
    await page.press("textarea", "Enter")
    await _answered(page, expected)


async def _press(page: Page, title: str, expected: str) -> None:
    await page.get_by_role("button", name=title, exact=True).last.click()
    await _answered(page, expected)


async def _answered(page: Page, expected: str) -> None:
    """The newest things said by the assistant contain it."""
    said_since = page.locator('.row[data-from="customer"]').last.locator("xpath=following-sibling::*")
    await expect(said_since.filter(has_text=expected).last).to_be_visible(timeout=ANSWER_WITHIN_MS)


async def _pay(page: Page, button: str, expected: str) -> None:
    """On the page that the last link leads to, which is the shop's own."""
    shop_page = await page.context.new_page()
    await shop_page.goto(await _last_link(page))
    await shop_page.screenshot(path=_picture("pay-page"))
    await shop_page.get_by_role("button", name=button, exact=True).click()
    await expect(shop_page.get_by_text(expected)).to_be_visible(timeout=ANSWER_WITHIN_MS)
    await shop_page.close()


async def _fetched(page: Page) -> bytes:
    return await (await page.context.request.get(await _last_link(page))).body()


async def _last_link(page: Page) -> str:
    return str(await page.locator('.row[data-from="assistant"] .bubble a').last.get_attribute("href"))


async def _order_number(page: Page, yes: str, expected: str) -> str:
    await _press(page, yes, expected)
    said = await page.locator('.row[data-from="assistant"]').all_inner_texts()
    return str(re.findall(r"NC-\d{6}", " ".join(said))[-1])


def _orders(installation: Installation) -> dict[str, tuple[str, int, str, int, str, str]]:
    """By number: status, quantity, variant, total, city, payment method."""
    with sqlite3.connect(installation.data_dir / "shop" / "shop.db") as database:
        rows = database.execute(
            "SELECT 'NC-' || o.number, o.status, i.quantity, i.variant_id, o.total_now_amount, json_extract(o.address, '$.city'), o.payment_method "
            "FROM orders o JOIN order_lines i ON i.order_number = o.number"
        )
        return {row[0]: tuple(row[1:]) for row in rows}


def _picture(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / f"{name}.png"

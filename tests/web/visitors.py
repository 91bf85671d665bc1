"""The customer's side of the tests: opens the page as different people on different devices would."""

from dataclasses import dataclass, field

from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize

DESKTOP = (1440, 900)
PHONE = (390, 844)
MOST_MS = 5_000


@dataclass
class Visitors:
    """Brings visitors to the page, and remembers what went wrong there."""

    browser: Browser
    address: str
    complaints: list[str] = field(default_factory=list)

    async def come(self, path: str = "/", size: tuple[int, int] = DESKTOP) -> Page:
        """A new visitor, with a browser storage of their own."""
        page = await self.new_page(size)
        await page.goto(self.address + path, wait_until="domcontentloaded")
        return page

    async def new_page(self, size: tuple[int, int] = DESKTOP) -> Page:
        """A new visitor who has not gone anywhere yet."""
        viewport = ViewportSize(width=size[0], height=size[1])
        context = await self.browser.new_context(viewport=viewport, reduced_motion="reduce", locale="de-DE")
        context.set_default_timeout(MOST_MS)
        return self._watched(await context.new_page())

    async def another_tab(self, page: Page) -> Page:
        """A second tab of the same visitor."""
        tab = self._watched(await page.context.new_page())
        await tab.goto(page.url, wait_until="domcontentloaded")
        return tab

    def _watched(self, page: Page) -> Page:
        page.on("pageerror", lambda error: self.complaints.append(error.message))
        page.on("console", self._note)
        return page

    def _note(self, message: ConsoleMessage) -> None:
        if any(sign in message.text for sign in ("Content Security Policy", "Trusted", "TypeError")):
            self.complaints.append(message.text)

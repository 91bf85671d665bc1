"""A real browser before the page, and the fake end of its line."""

import os
import shutil
from collections.abc import AsyncIterator

import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, async_playwright

from tests.web.fake_chat import FakeChat
from tests.web.visitors import Visitors

QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium (or the one that CHROMIUM names), else the one that Playwright brings."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def chat() -> FakeChat:
    return FakeChat()


@pytest_asyncio.fixture(loop_scope="module")
async def visitors(browser: Browser, chat: FakeChat) -> AsyncIterator[Visitors]:
    """Every test also promises that the page raised no error and broke no line of the content security policy."""
    runner = web.AppRunner(chat.app(), shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    visitors = Visitors(browser, f"http://localhost:{runner.addresses[0][1]}")
    yield visitors
    for context in browser.contexts:
        await context.close()
    await runner.cleanup()
    assert visitors.complaints == []

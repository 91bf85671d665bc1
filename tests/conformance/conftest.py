"""Where the backend is, what it lets us do, and at the end what it left out. Stands alone: nothing of the assistant is loaded."""

import os
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout
from openapi_core import OpenAPI

from tests.conformance.goods import Goods, goods_of
from tests.conformance.port_client import DOCUMENT, PortClient, openapi_of

URL = os.environ.get("CONFORMANCE_URL", "")
TIMEOUT = ClientTimeout(total=20)

collect_ignore_glob = [] if URL else ["test_*.py"]


@pytest.fixture(scope="session")
def openapi() -> OpenAPI:
    """The document of this version, or another one that the environment names."""
    return openapi_of(Path(os.environ.get("CONFORMANCE_DOCUMENT") or DOCUMENT))


@pytest.fixture
async def port(openapi: OpenAPI) -> AsyncIterator[PortClient]:
    """Speaks for a customer whom the backend has never seen."""
    token = os.environ.get("CONFORMANCE_TOKEN", "")
    staffs = os.environ.get("CONFORMANCE_OPERATIONS_TOKEN", "")
    async with ClientSession(timeout=TIMEOUT) as session:
        yield PortClient(session, URL, token, staffs, openapi)


@pytest.fixture
async def goods(port: PortClient) -> Goods:
    return await goods_of(port)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says aloud what was not tried, and why."""
    skipped = terminalreporter.getreports("skipped")
    reasons = Counter(_reason(report) for report in skipped)
    if reasons:
        terminalreporter.section("not tried")
    for reason, promises in sorted(reasons.items()):
        terminalreporter.write_line(f"{reason} [{promises} {'promise' if promises == 1 else 'promises'}]")


def _reason(report: pytest.TestReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")

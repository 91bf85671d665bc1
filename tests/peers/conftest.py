"""Collected only by deploy/test-peers.sh, which installs the third parties and names their folder in PEERS_DIR."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.peers.journey import Bystander, Shop
from tests.peers.processes import free_port
from tests.peers.vendure import Vendure, modules, running
from tests.processes.installation import Installation

collect_ignore_glob = [] if os.environ.get("PEERS_DIR") else ["test_*.py"]

Start = Callable[..., Installation]
"""Starts an installation with these settings."""


@pytest.fixture
def own_directory() -> Iterator[Path]:
    """A short path, because sockets' paths must be."""
    path = Path(tempfile.mkdtemp(prefix="nc"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def start(own_directory: Path, model: Path) -> Iterator[Start]:
    """The assistant as `python -m bot run`, on a port and in a folder of its own."""
    started: list[Installation] = []

    def start_one(**environment: str) -> Installation:
        (own_directory / "bot").mkdir()
        installation = Installation(own_directory / "bot", workers=1, environment=environment)
        started.append(installation)
        installation.start()
        return installation

    yield start_one
    for installation in started:
        assert installation.stop() == 0


@pytest.fixture
def shop(own_directory: Path) -> Shop:
    return Shop(own_directory / "bot")


@pytest.fixture
async def bystander(own_directory: Path) -> AsyncIterator[Bystander]:
    bystander = Bystander(own_directory / "bot")
    yield bystander
    await bystander.close()


@pytest.fixture(scope="session")
def vendure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendure]:
    """One for all tests: each has customers of its own, and there is enough of everything."""
    if not modules().exists():
        pytest.skip("Vendure is not installed")
    with running(tmp_path_factory.mktemp("vendure")) as vendure:
        yield vendure


@pytest.fixture
def port() -> int:
    """Of a third party's server."""
    return free_port()

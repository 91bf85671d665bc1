"""Starting and stopping, as an operator does it."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes.installation import Caller, Installation, calling

pytestmark = [pytest.mark.processes, pytest.mark.timeout(120)]


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path, because sockets' paths must be."""
    path = Path(tempfile.mkdtemp(prefix="nc"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def test_an_order_begun_before_a_restart_is_finished_after_it(directory: Path, model: Path) -> None:
    installation = Installation(directory, workers=1)
    installation.start()
    async with calling() as session:
        kim = Caller(session, installation.url, "kim")
        assert "Wohin" in await kim.says("ich möchte die aeropix mini in rot")
        assert installation.stop() == 0
        installation.start()
        assert "bezahlen" in await kim.says("Jonas Reuter, Lindenweg 12, 04107 Leipzig")
        assert "AeroPix Mini in Rot" in await kim.says("rechnung")
    assert installation.stop() == 0


def test_a_taken_port_is_told_with_what_to_do(directory: Path, model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = _run({"PORT": str(port), "DATA_DIR": str(directory)})
    assert ended.returncode == 2
    assert f"port {port}" in ended.stdout
    assert "PORT=8081" in ended.stdout
    assert not list(directory.iterdir()), "something was started all the same"


def test_production_names_the_secrets_it_misses_and_does_not_start(directory: Path, model: Path) -> None:
    ended = _run({"ENVIRONMENT": "production", "DATA_DIR": str(directory)})
    assert ended.returncode == 2
    assert all(name in ended.stdout for name in ("REST_TOKEN", "WEB_SECRET", "SHOP_TOKEN"))


def test_a_wrong_setting_is_named_without_its_value(directory: Path) -> None:
    ended = _run({"WORKERS": "plenty-of-secrets", "DATA_DIR": str(directory)})
    assert ended.returncode == 2
    assert "WORKERS" in ended.stdout
    assert "plenty-of-secrets" not in ended.stdout + ended.stderr


def _run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "run"]
    without_shop = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    return subprocess.run(
        command, env={**without_shop, **environment}, capture_output=True, text=True, timeout=60, check=False
    )

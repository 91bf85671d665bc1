"""Third-party programs as processes on 127.0.0.1, each on a port of its own, and where test-peers.sh has put them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

READY_WITHIN_SECONDS = 40


def peers_folder() -> Path:
    """PEERS_DIR, as deploy/test-peers.sh sets it."""
    return Path(os.environ["PEERS_DIR"]).absolute()


def peers_python() -> Path:
    """The environment in which the Python peers are installed, apart from ours."""
    return peers_folder() / "venv" / "bin"


def peers_packages() -> Path:
    return peers_folder() / "venv" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Peer:
    """One program, from start to stop; what it prints is kept in a file and shown when it does not start."""

    def __init__(self, command: list[str], port: int, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._port = port
        self._log = log
        self._environment = {**os.environ, **(environment or {})}

    def __enter__(self) -> "Peer":
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)
        self._wait_until_it_listens()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        self._process.kill()
        raise TimeoutError(f"{self._command[0]} did not start:\n{self._log.read_text()[-3000:]}")

"""A whole installation as processes, as `make run` starts it, on a port and in a folder of its own."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil

READY_WITHIN_SECONDS = 60


class Installation:
    """Started, stopped, and maimed by tests."""

    def __init__(self, directory: Path, workers: int, environment: dict[str, str] | None = None) -> None:
        self.data_dir = directory
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._workers = workers
        self._environment = environment or {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "DATA_DIR": str(self.data_dir),
            "MESSAGES_PER_MINUTE": "1000",
        }
        environment.pop("SHOP_URL", None)
        environment.pop("SHOP_TOKEN", None)
        command = [sys.executable, "-m", "bot", "run", "--workers", str(self._workers)]
        with (self.data_dir / "run.log").open("ab") as log:
            self._process = subprocess.Popen(command, env={**environment, **self._environment}, stdout=log, stderr=log)
        self._wait_until_ready()

    def stop(self) -> int:
        """The exit code of the parent; everything has ended with it."""
        assert self._process is not None
        parts = psutil.Process(self._process.pid).children(recursive=True)
        self._process.send_signal(signal.SIGINT)
        code = self._process.wait(40)
        _, alive = psutil.wait_procs(parts, timeout=5)
        assert not alive, "parts outlived their parent"
        return code

    def part(self, name: str) -> psutil.Process:
        """The process of one part: worker-0, gateway, redis, shop."""
        assert self._process is not None
        children = psutil.Process(self._process.pid).children()
        return next(child for child in children if _is_part(child, name))

    def log(self) -> str:
        return (self.data_dir / "run.log").read_text()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health/ready", timeout=1) as answer:
                if answer.status == 200:
                    return
            time.sleep(0.1)
        raise TimeoutError(self.log()[-3000:])


class Caller:
    """A customer on `rest` who insists: an unanswered message is sent again under the same id, as vendors do."""

    def __init__(self, session: aiohttp.ClientSession, url: str, name: str) -> None:
        self._session = session
        self._url = f"{url}/webhooks/rest/webhook"
        self._name = name
        self._count = 0

    async def says(self, text: str) -> str:
        self._count += 1
        body = {"sender": self._name, "message": text, "message_id": f"{self._name}-{self._count}"}
        async with asyncio.timeout(90):
            while True:
                answer = await self._try(body)
                if answer is not None:
                    return "\n".join(str(message.get("text", "")) for message in answer)
                await asyncio.sleep(0.3)

    async def _try(self, body: dict[str, str]) -> list[dict[str, Any]] | None:
        try:
            async with self._session.post(self._url, json=body) as response:
                return await response.json() if response.status == 200 else None
        except aiohttp.ClientError:
            return None


@contextlib.asynccontextmanager
async def calling() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


def _is_part(child: psutil.Process, name: str) -> bool:
    with contextlib.suppress(psutil.Error):
        programs = {"redis": "redis-server", "shop": "shop serve"}
        return programs[name] in " ".join(child.cmdline()) if name in programs else child.name() == name
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

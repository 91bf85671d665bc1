"""How long `python -m bot run` takes until it answers, and what memory each worker costs."""

import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import orjson
import psutil

from benchmarks.figures import tell
from benchmarks.ground import free_port, running
from benchmarks.visits import Visit, mix

WORKERS = 3
READY_WITHIN_SECONDS = 120
VISITS_BEFORE_MEASURING = 60
AT_ONCE = 8
MEBIBYTE = 1 << 20


class Installation:
    """The assistant as its users start it, with data of its own."""

    def __init__(self, process: psutil.Process, port: int) -> None:
        self._process = process
        self._url = f"http://127.0.0.1:{port}"

    def wait_until_ready(self) -> None:
        """Raises TimeoutError."""
        deadline = time.monotonic() + READY_WITHIN_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not ready after {READY_WITHIN_SECONDS} s")
            time.sleep(0.02)

    def be_visited(self) -> None:
        """Answers until all workers have had something to do."""
        visits = enumerate(mix(VISITS_BEFORE_MEASURING, seed=5))
        with ThreadPoolExecutor(AT_ONCE) as customers:
            list(customers.map(lambda numbered: self._visit(*numbered), visits))

    def workers(self) -> list[psutil.Process]:
        """By the names that the supervisor gives them."""
        return [child for child in self._process.children(recursive=True) if child.name().startswith("worker")]

    def cpu_seconds(self) -> float:
        """Of all its processes so far."""
        times = [process.cpu_times() for process in (self._process, *self._process.children(recursive=True))]
        return float(sum(spent.user + spent.system for spent in times))

    def _visit(self, number: int, visit: Visit) -> None:
        for said in visit:
            body = orjson.dumps({"sender": f"visitor-{number}", "message": said.payload or said.text})
            headers = {"Content-Type": "application/json"}
            with urllib.request.urlopen(
                urllib.request.Request(f"{self._url}/webhooks/rest/webhook", body, headers), timeout=30
            ):
                pass

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def installed(data: Path, workers: int) -> Iterator[Installation]:
    port = free_port()
    own = {"DATA_DIR": str(data), "PORT": str(port), "WORKERS": str(workers), "LOG_LEVEL": "ERROR"}
    inherited = {
        name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "SHOP_URL", "SHOP_TOKEN")
    }
    with running([sys.executable, "-m", "bot", "run"], {**inherited, **own}) as process:
        yield Installation(psutil.Process(process.pid), port)


def measure_start(data: Path) -> None:
    """The second start: the first has laid down the shop's goods and compiled what was not yet."""
    for start in ("first", "second"):
        began = time.monotonic()
        with installed(data, workers=1) as installation:
            installation.wait_until_ready()
            seconds, cpu = time.monotonic() - began, installation.cpu_seconds()
        tell(f"{start}_start_until_ready", seconds, "s", cpu_seconds=round(cpu, 2), workers=1)


def measure_memory(data: Path) -> None:
    with installed(data, WORKERS) as installation:
        installation.wait_until_ready()
        installation.be_visited()
        memory = [worker.memory_full_info() for worker in installation.workers()]
    if len(memory) != WORKERS:
        raise ValueError(f"found {len(memory)} of {WORKERS} workers")
    tell("worker_memory_private", statistics.mean(info.uss for info in memory) / MEBIBYTE, "MiB", workers=WORKERS)
    tell("worker_memory_pss", statistics.mean(info.pss for info in memory) / MEBIBYTE, "MiB", workers=WORKERS)


def main() -> None:
    data = Path(tempfile.mkdtemp(prefix="nci"))
    try:
        measure_start(data)
        measure_memory(data)
    finally:
        shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()

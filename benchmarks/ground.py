"""What the measured parts stand on: a Redis and a shop of the benchmark's own, in a folder that is gone afterwards."""

import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bot import embedded

REDIS_PORT = "BENCH_REDIS_PORT"
"""Environment variable: stock Rasa's stores reach the same Redis over TCP only."""

SHOP_TOKEN = "the-benchmark-s-own-token"
STOCK_OF_EVERYTHING = 1_000_000
"""No order of the benchmark finds the shop sold out."""

Environment = dict[str, str]


@contextmanager
def ground() -> Iterator[Environment]:
    """Yields the environment in which parts find Redis and shop."""
    directory = Path(tempfile.mkdtemp(prefix="ncb"))
    try:
        port = free_port()
        with _redis(directory, port), _shop(directory):
            yield _environment(directory, port)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _environment(directory: Path, port: int) -> Environment:
    return {
        **os.environ,
        "REDIS_URL": f"unix://{embedded.socket_path(directory, 'redis')}",
        REDIS_PORT: str(port),
        "SHOP_URL": f"unix://{embedded.socket_path(directory, 'shop')}",
        "SHOP_TOKEN": SHOP_TOKEN,
        "WEB_SECRET": SHOP_TOKEN,
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
    }


@contextmanager
def _redis(directory: Path, port: int) -> Iterator[None]:
    command = [*embedded.redis_command(directory), "--port", str(port), "--bind", "127.0.0.1"]
    with running(command, dict(os.environ)):
        embedded.wait_for_socket(embedded.socket_path(directory, "redis"))
        yield


@contextmanager
def _shop(directory: Path) -> Iterator[None]:
    environment = {**os.environ, **embedded.shop_environment(directory, SHOP_TOKEN, "http://localhost:8080")}
    with running(embedded.shop_command(directory), environment):
        embedded.wait_for_socket(embedded.socket_path(directory, "shop"))
        _fill_shelves(directory / "shop" / "shop.db")
        yield


def _fill_shelves(database: Path) -> None:
    with sqlite3.connect(database, timeout=10) as connection:
        connection.execute("UPDATE variants SET stock = ?", (STOCK_OF_EVERYTHING,))


@contextmanager
def running(command: Sequence[str], environment: Environment) -> Iterator[subprocess.Popen[bytes]]:
    """A program for as long as it is needed."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)

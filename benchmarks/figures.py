"""What is measured, as lines that a machine can read."""

import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

Figure = dict[str, Any]
"""{"figure": name, "value": number, "unit": unit, …}: and what else is needed to read it."""

FIGURE = b'{"figure":'
"""How a figure's line begins."""


def tell(name: str, value: float, unit: str, **about: Any) -> None:
    """One figure, as one line of JSON on standard output."""
    line: Figure = {"figure": name, "value": round(value, 3), "unit": unit, **about}
    sys.stdout.write(orjson.dumps(line).decode() + "\n")
    sys.stdout.flush()


@dataclass
class Turns:
    """What turns cost: milliseconds of this process's CPU, all threads of it, and of waiting."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @contextmanager
    def one(self) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.cpu.append((time.process_time() - cpu) * 1000)
        self.wall.append((time.perf_counter() - wall) * 1000)

    def tell(self, **about: Any) -> None:
        tell("turn_cpu_mean", statistics.mean(self.cpu), "ms", turns=len(self.cpu), measured=True, **about)
        tell("turn_wall_p50", statistics.median(self.wall), "ms", turns=len(self.wall), measured=True, **about)


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that `percent` of 100 do not exceed."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]

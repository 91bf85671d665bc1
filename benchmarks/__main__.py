"""`python -m benchmarks [part …]`: all parts, or those named; one line of JSON per figure, then a table.

Ends with 1 when a target is missed, and says which. `make bench` trains the model before.
"""

import subprocess
import sys
import time
from collections.abc import Sequence

import orjson
from rich.console import Console
from rich.table import Table

from benchmarks.figures import FIGURE, Figure
from benchmarks.ground import Environment, ground
from benchmarks.targets import targets

WIDTH = 120
PARTS = ("ours", "stock", "worker", "door", "big", "installation")
"""Modules of this package, in the order in which one leaves the other what it needs: stock repeats what ours did."""


def main(names: Sequence[str]) -> int:
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.stderr.write(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}\n")
        return 2
    began = time.monotonic()
    try:
        with ground() as environment:
            figures = [figure for part in PARTS if part in (names or PARTS) for figure in measured(part, environment)]
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.cmd[-1]} failed; what it says is above\n")
        return 1
    console = Console(stderr=True, width=WIDTH, highlight=False)
    console.print(table(figures))
    verdicts = targets(figures)
    for target in verdicts:
        console.print(f"[{'green' if target.is_met else 'red'}]{target}[/]")
    console.print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(target.is_met for target in verdicts) else 1


def measured(part: str, environment: Environment) -> list[Figure]:
    """A part's figures, passed on as they come. Raises CalledProcessError when it failed."""
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.{part}"]
    figures = []
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        for line in process.stdout or ():
            is_figure = line.startswith(FIGURE)
            stream = sys.stdout if is_figure else sys.stderr  # Rasa writes its complaints to standard output
            stream.buffer.write(line)
            stream.flush()
            figures += [orjson.loads(line)] if is_figure else []
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return figures


def table(figures: Sequence[Figure]) -> Table:
    """For people."""
    shown = Table("figure", "of", "value", "unit")
    shown.columns[2].justify = "right"
    for figure in figures:
        shown.add_row(figure["figure"], _about(figure), f"{figure['value']:,.2f}", figure["unit"])
    return shown


def _about(figure: Figure) -> str:
    if "who" not in figure:
        return str(figure.get("of", ""))
    return f"{figure['who']}, conversation of {figure['length']:,}" + ("" if figure["measured"] else " (extrapolated)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

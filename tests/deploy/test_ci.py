"""What guards every change runs the commands that README.md names."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci" / "run"


def test_it_is_a_script_that_bash_understands() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert subprocess.run(["bash", "-n", str(SCRIPT)]).returncode == 0


def test_it_calls_what_the_readme_tells_developers_to_call() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("make test", "make check"):
        assert re.search(rf"(^|`){command}\b", readme, re.MULTILINE), command
        assert re.search(rf"^\s.*\b{command}\b", SCRIPT.read_text(), re.MULTILINE), command


def test_make_check_runs_the_tests_unless_they_have_just_run() -> None:
    assert "-m pytest" in _would_run("check")
    after_the_tests = _would_run("check", "TESTED=yes")
    assert "-m pytest" not in after_the_tests
    assert "mypy" in after_the_tests


def _would_run(*arguments: str) -> str:
    return subprocess.run(["make", "-n", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout

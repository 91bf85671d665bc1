"""The Dockerfile copies what there is, the image can be built and says honestly whether it is well."""

import asyncio
import fnmatch
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
PURE_PYTHON = {"docopt", "mattermostwrapper", "randomname"}
"""Published as source only, and built without a compiler."""

ELSEWHERE = {"sys_platform == 'never'", "sys_platform == 'win32'"}


def test_everything_that_is_copied_is_there_and_is_let_into_the_build() -> None:
    copied = [source for line in _all("COPY") if "--from" not in line for source in line.split()[:-1]]
    assert copied
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in _let_in(), source


def test_the_second_stage_takes_only_what_the_first_has() -> None:
    made = {"/app/.venv", "/app/models"}
    made |= {f"/app/{line.split()[-1]}" for line in _all("COPY") if "--from" not in line}
    assert {line.split()[1] for line in _all("COPY") if "--from=builder" in line} <= made


def test_secrets_and_data_stay_outside() -> None:
    assert not any(fnmatch.fnmatch(name, pattern) for name in (".env", ".git", ".nochannel") for pattern in _let_in())


def test_the_base_is_pinned_and_the_user_is_nobody_special() -> None:
    bases = {line.split()[0] for line in _all("FROM")}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11-slim-\w+", bases.pop())
    assert _all("USER")[-1] not in ("root", "0")


@pytest.mark.parametrize(("status", "is_well"), [(200, True), (503, False)])
async def test_the_image_is_well_when_the_gateway_is_ready(status: int, is_well: bool) -> None:
    async def ready(_: web.Request) -> web.Response:
        return web.Response(status=status)

    app = web.Application()
    app.add_routes([web.get("/health/ready", ready)])
    async with TestServer(app, host="127.0.0.1") as gateway:
        assert await _is_well(gateway.port) is is_well


async def _is_well(port: int | None) -> bool:
    _, *arguments = json.loads(_all("HEALTHCHECK")[0].partition("CMD ")[2])
    environment = {**os.environ, "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, env=environment)
    return await process.wait() == 0


def test_what_runs_can_be_installed_without_a_compiler() -> None:
    sources_only = {name for name, package in _installed().items() if not any(map(_fits, package.get("wheels", [])))}
    assert sources_only <= PURE_PYTHON


def test_the_database_driver_is_not_there_by_grace_of_the_developers_tools() -> None:
    assert "greenlet" in _installed()  # of sqlalchemy[asyncio]


def _all(instruction: str) -> list[str]:
    return [line.partition(" ")[2].strip() for line in LINES if line.startswith(f"{instruction} ")]


def _let_in() -> set[str]:
    return {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}


def _installed() -> dict[str, dict[str, Any]]:
    """The locked packages that `uv sync --no-dev` installs on the image's platform, by name."""
    locked = {package["name"]: package for package in tomllib.loads((ROOT / "uv.lock").read_text())["package"]}
    found: dict[str, dict[str, Any]] = {}
    wanted: list[tuple[str, tuple[str, ...]]] = [("nochannel", ())]
    seen = set()
    while wanted:
        if (one := wanted.pop()) not in seen:
            seen.add(one)
            found[one[0]] = locked[one[0]]
            wanted += _needs(locked[one[0]], one[1])
    del found["nochannel"]
    return found


def _needs(package: dict[str, Any], extras: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    optional = package.get("optional-dependencies", {})
    needs = [*package.get("dependencies", []), *(need for extra in extras for need in optional.get(extra, []))]
    for need in needs:
        if need.get("marker") not in ELSEWHERE:
            yield need["name"], tuple(need.get("extra", ()))


def _fits(wheel: dict[str, str]) -> bool:
    python, abi, platform = wheel["url"].removesuffix(".whl").split("-")[-3:]
    of_python = "cp311" in python or "py3" in python or abi == "abi3"
    return of_python and (platform == "any" or ("linux" in platform and "x86_64" in platform))

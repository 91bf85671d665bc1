"""`python -m bot alexa-model`, as an operator types it."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from tests.alexa_rules import faults
from tests.house import TOKEN, ShopDoor

pytestmark = pytest.mark.processes


async def printed(*arguments: str, **environment: str) -> tuple[int, str]:
    """Exit code, and what was printed."""
    known = {name: value for name, value in os.environ.items() if name not in ("SHOP_URL", "SHOP_TOKEN")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "alexa-model", *arguments,
        env={**known, **environment}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await process.communicate()
    return await process.wait(), out.decode()


async def test_with_no_shop_of_ones_own_the_embedded_one_is_asked(directory: Path) -> None:
    code, out = await printed("de-DE", DATA_DIR=str(directory / "model"))
    assert code == 0
    assert faults(json.loads(out), "de") == []
    assert '"aeropix-mini"' in out


async def test_the_shop_that_is_named_is_asked(shop_door: ShopDoor) -> None:
    code, out = await printed(
        "en-GB", "--invocation-name", "drone shop", SHOP_URL=os.environ["SHOP_URL"], SHOP_TOKEN=TOKEN
    )
    assert code == 0
    model = json.loads(out)
    assert model["interactionModel"]["languageModel"]["invocationName"] == "drone shop"
    assert '"aeropix-mini"' in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("fr-FR",), "de-DE, en-US, en-GB"), (("de-DE", "--invocation-name", "alexa laden"), "must not contain alexa")],
)
async def test_what_alexa_would_refuse_is_refused_here(arguments: tuple[str, ...], sentence: str) -> None:
    code, out = await printed(*arguments)
    assert (code, sentence in out) == (2, True)

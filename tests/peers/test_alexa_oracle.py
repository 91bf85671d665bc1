"""Whose requests are believed: our check and Amazon's own (ask-sdk-webservice-support, PyPI) agree, case by case."""

import json
import subprocess
from pathlib import Path

import pytest

from bot.channels.alexa.signature import Signatures, Untrusted
from bot.clock import SystemClock
from tests.contracts.alexa_device import Certificates
from tests.peers.processes import peers_python
from tests.signing import CHAIN_URL, chain
from tests.signing_cases import CASES, Case


@pytest.fixture(scope="module")
def amazons() -> dict[str, bool]:
    """What Amazon's check accepts."""
    cases = {name: make() for name, make in CASES.items()}
    given = {
        "root": chain().root.pem.decode(),
        "cases": {
            name: {"body": case.body.decode(), "headers": dict(case.headers), "pem": case.pem.decode()}
            for name, case in cases.items()
        },
    }
    script = Path(__file__).with_name("alexa_oracle.py")
    found = subprocess.run(
        [peers_python() / "python", "-W", "ignore", script],
        input=json.dumps(given), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr[-3000:]
    accepted: dict[str, bool] = json.loads(found.stdout)
    return accepted


async def ours(case: Case) -> bool:
    certificates = Certificates(case.pem)
    certificates.at.setdefault(CHAIN_URL, case.pem)
    try:
        await Signatures(certificates.fetch, chain().roots, SystemClock()).check(case.body, case.headers)
    except Untrusted:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
async def test_we_believe_whom_amazon_believes(amazons: dict[str, bool], name: str) -> None:
    case = CASES[name]()
    assert (await ours(case), amazons[name]) == (case.is_genuine, case.is_genuine)

"""Who may ask at all."""

import pytest

from tests.conformance.port_client import PortClient


async def test_the_backend_says_that_it_is_well_to_whoever_asks(port: PortClient) -> None:
    answer = await port.with_token(None).acting_for(None).get("/v1/health")
    assert (answer.status, answer.json["status"]) == (200, "ok")


@pytest.mark.parametrize("token", [None, "not-the-secret"])
async def test_without_the_secret_nothing_is_told(port: PortClient, token: str | None) -> None:
    for path in ("/v1/products", "/v1/orders"):
        answer = await port.with_token(token).get(path)
        assert (answer.status, answer.slug) == (401, "unauthorized")

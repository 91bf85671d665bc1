"""Who acts: known by an id that the assistant chose, and by nothing else."""

from tests.conformance.port_client import PortClient

ME = "/v1/customers/me"


async def test_a_customer_nobody_wrote_down_is_not_found(port: PortClient) -> None:
    answer = await port.get(ME)
    assert (answer.status, answer.slug) == (404, "customer-not-found")


async def test_what_is_left_out_stays_and_null_clears(port: PortClient) -> None:
    said = {"name": "Jonas Reuter", "email": "jonas@example.org", "language": "en"}
    first = (await port.put(ME, said)).json
    assert {name: first[name] for name in said} == said
    assert (await port.put(ME, {"language": "de"})).json["email"] == "jonas@example.org"
    cleared = (await port.put(ME, {"language": "de", "email": None})).json
    assert (cleared["email"], cleared["name"], cleared["language"]) == (None, "Jonas Reuter", "de")
    assert (await port.get(ME)).json["name"] == "Jonas Reuter"


async def test_nobody_sees_another_customer(port: PortClient) -> None:
    await port.put(ME, {"name": "Jonas Reuter", "language": "de"})
    assert (await port.somebody_else().get(ME)).slug == "customer-not-found"


async def test_a_customer_is_written_once_per_key(port: PortClient) -> None:
    first = await port.put(ME, {"name": "Jonas Reuter", "language": "de"}, key="message-1")
    await port.put(ME, {"name": "Mia Reuter", "language": "de"}, key="message-2")
    again = await port.put(ME, {"name": "Jonas Reuter", "language": "de"}, key="message-1")
    assert (again.json, again.replayed) == (first.json, True)
    assert (await port.get(ME)).json["name"] == "Mia Reuter"


async def test_what_is_no_address_of_mail_is_refused_by_name(port: PortClient) -> None:
    answer = await port.put(ME, {"language": "de", "email": "jonas at example"})
    assert (answer.status, answer.slug) == (400, "invalid-request")
    assert [error["path"] for error in answer.json["errors"]] == ["email"]

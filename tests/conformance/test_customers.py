"""Who acts: known by an id that the assistant chose, and by nothing else."""

from tests.conformance.goods import Goods, item, placed
from tests.conformance.port_client import PortClient

ME = "/v1/customers/me"
JOINS = "/v1/customers/me/joins"
PROOFS = "/v1/customers/me/email-proofs"


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


# --- two customers who turn out to be one


async def test_what_was_the_others_is_the_customers_once_they_are_joined(port: PortClient, goods: Goods) -> None:
    other = port.somebody_else()
    theirs = await ordered(other, goods)
    await joined(port, other)
    assert await numbers(port) == [theirs]
    assert await numbers(other) == []
    assert (await port.get(f"/v1/orders/{theirs}")).status == 200
    assert (await other.get(f"/v1/orders/{theirs}")).slug == "order-not-found"


async def test_who_is_parted_has_what_was_theirs_again(port: PortClient, goods: Goods) -> None:
    other = port.somebody_else()
    mine, theirs = await ordered(port, goods), await ordered(other, goods)
    await joined(port, other)
    since = await ordered(port, goods)
    assert (await port.delete(f"{JOINS}/{other.customer}")).status == 200
    assert (await numbers(port), await numbers(other)) == (sorted([mine, since]), [theirs])
    assert (await port.delete(f"{JOINS}/{other.customer}")).slug == "join-not-found"


async def test_what_the_record_lacks_comes_from_the_others_and_no_consent_does(port: PortClient) -> None:
    other = port.somebody_else()
    await port.put(ME, {"name": "Jonas Reuter", "language": "de"})
    said = {"name": "J. Reuter", "phone": "+493414800960", "language": "de", "consents": {"marketing": True}}
    await other.put(ME, said)
    await joined(port, other)
    customer = (await port.get(ME)).json
    assert (customer["name"], customer["phone"]) == ("Jonas Reuter", "+493414800960")
    assert customer["consents"]["marketing"] is False


async def test_who_never_wrote_may_be_joined_once_and_only_by_somebody_else(port: PortClient) -> None:
    other, rival = port.somebody_else(), port.somebody_else()
    await joined(port, other)
    await joined(port, other)
    assert (await rival.post(JOINS, {"customer": other.customer})).slug == "joined-otherwise"
    assert (await other.post(JOINS, {"customer": rival.customer})).slug == "joined-otherwise"
    assert (await port.post(JOINS, {"customer": port.customer})).slug == "invalid-request"


async def test_a_join_is_made_once_per_key(port: PortClient) -> None:
    body = {"customer": port.somebody_else().customer}
    first = await port.post(JOINS, body, key="message-1")
    again = await port.post(JOINS, body, key="message-1")
    assert (again.json, again.replayed) == (first.json, True)


async def test_only_a_proven_address_leads_to_its_customer(port: PortClient) -> None:
    email = f"{port.customer}@example.org"
    await port.put(ME, {"language": "de", "email": email})
    assert (await port.get("/v1/customers", email=email)).json["items"] == []
    assert (await port.post(PROOFS, {"email": email})).json["email_proven"] is True
    found = (await port.get("/v1/customers", email=email.upper())).json["items"]
    assert [customer["id"] for customer in found] == [port.customer]
    assert (await port.put(ME, {"language": "de", "email": f"new-{email}"})).json["email_proven"] is False
    for address in (email, f"new-{email}"):
        assert (await port.get("/v1/customers", email=address)).json["items"] == []


async def ordered(port: PortClient, goods: Goods) -> str:
    return str((await placed(port, item(goods.in_stock())))["number"])


async def joined(port: PortClient, other: PortClient) -> None:
    assert (await port.post(JOINS, {"customer": other.customer})).status == 200


async def numbers(port: PortClient) -> list[str]:
    return sorted(order["number"] for order in (await port.get("/v1/orders")).json["items"])

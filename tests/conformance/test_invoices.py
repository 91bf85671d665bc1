"""Documents for the tax office: issued once, corrected rather than changed."""

import pytest

from tests.conformance.goods import Goods, item, placed
from tests.conformance.port_client import Answer, Json, PortClient

COMPANY = {"company": {"name": "Reuter Luftbild GmbH", "vat_number": "DE136695976"}}


async def _invoice(port: PortClient, order: Json, body: Json | None = None) -> Answer:
    return await port.post(f"/v1/orders/{order['number']}/invoice", body or {})


@pytest.fixture
async def order(port: PortClient, goods: Goods) -> Json:
    return await placed(port, item(goods.in_stock()))


async def test_an_order_has_one_invoice_however_often_it_is_asked_for(port: PortClient, order: Json) -> None:
    first, again = await _invoice(port, order), await _invoice(port, order)
    assert (first.status, first.json["kind"], first.json["total"]) == (201, "invoice", order["total_now"])
    assert again.json["number"] == first.json["number"]
    assert len((await port.get(f"/v1/orders/{order['number']}/invoices")).json["items"]) == 1


async def test_an_invoice_can_be_read_by_who_has_its_link(port: PortClient, order: Json) -> None:
    document = await port.download((await _invoice(port, order)).json["url"])
    assert (document.status, document.raw[:5]) == (200, b"%PDF-")


async def test_a_link_that_was_made_up_opens_nothing(port: PortClient, order: Json) -> None:
    url = (await _invoice(port, order)).json["url"]
    assert (await port.download(url[:-4] + "AAAA")).status == 404


async def test_other_details_make_another_invoice_and_take_the_first_back(port: PortClient, order: Json) -> None:
    first = (await _invoice(port, order)).json
    second = (await _invoice(port, order, COMPANY)).json
    assert second["number"] != first["number"]
    assert any("Reuter Luftbild GmbH" in line for line in second["recipient"])
    papers = (await port.get(f"/v1/orders/{order['number']}/invoices")).json["items"]
    assert sorted(paper["kind"] for paper in papers) == ["credit_note", "invoice", "invoice"]
    assert [paper["corrects"] for paper in papers if paper["kind"] == "credit_note"] == [first["number"]]


async def test_a_number_that_no_company_can_have_is_refused(port: PortClient, order: Json) -> None:
    answer = await _invoice(port, order, {"company": {"name": "Reuter", "vat_number": "DE136695977"}})
    assert (answer.status, answer.slug) == (400, "invalid-request")


async def test_for_a_cancelled_order_there_is_nothing_to_invoice(port: PortClient, order: Json) -> None:
    await port.post(f"/v1/orders/{order['number']}/cancellation", {})
    answer = await _invoice(port, order)
    assert (answer.status, answer.slug) == (409, "nothing-to-invoice")


async def test_nobody_gets_another_customers_invoice(port: PortClient, order: Json) -> None:
    assert (await _invoice(port.somebody_else(), order)).slug == "order-not-found"

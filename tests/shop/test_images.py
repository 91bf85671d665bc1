"""Every product has a picture, for pages and for messengers."""

import struct
from typing import Any
from xml.etree import ElementTree

import pytest
from openapi_core import OpenAPI
from sqlalchemy import update

from shop.database import Database
from shop.models import Counter, Product, Variant
from shop.settings import Settings
from tests.shop.client import ShopClient
from tests.shop.conftest import GivenClock, running

PNG_SIZE = slice(16, 24)  # width and height, in the first chunk


async def pictures(shop: ShopClient) -> list[str]:
    items = (await shop.get("/v1/products")).json["items"]
    return [product["image_url"] for product in items]


async def test_every_product_has_a_png_of_800_by_600(shop: ShopClient) -> None:
    for url in await pictures(shop):
        reply = await shop.with_token(None).acting_for(None).get(url)
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/png")
        assert struct.unpack(">II", reply.raw[PNG_SIZE]) == (800, 600)


async def test_every_product_has_an_svg_that_runs_and_loads_nothing(shop: ShopClient) -> None:
    for url in await pictures(shop):
        reply = await shop.get(url.replace(".png", ".svg"))
        assert (reply.status, reply.headers["Content-Type"]) == (200, "image/svg+xml")
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(reply.raw).iter()}
        assert tags <= {"svg", "g", "path", "rect", "circle", "ellipse"}


async def test_a_picture_is_fetched_once_a_day(shop: ShopClient) -> None:
    first = await shop.get("/images/aeropix-mini.png")
    assert first.headers["Cache-Control"] == "public, max-age=86400"
    headers = {"If-None-Match": first.headers["ETag"]}
    assert (await shop.send("GET", "/images/aeropix-mini.png", headers=headers)).status == 304


@pytest.mark.parametrize("name", ["aeropix-maxi.png", "..%2Fopenapi.yaml", "aeropix-mini", "..", "aeropix-mini.png%00"])
async def test_what_is_no_picture_is_not_found(shop: ShopClient, name: str) -> None:
    response = await shop.http.get(f"/images/{name}", headers=shop.headers())
    assert response.status == 404


async def test_picture_addresses_can_be_made_public(settings: Settings, clock: GivenClock, openapi: OpenAPI) -> None:
    public = settings.model_copy(update={"public_url": "https://shop.example"})
    async with running(public, clock, openapi) as shop:
        assert (await pictures(shop))[0] == "https://shop.example/images/aeropix-mini.png"


async def test_a_product_without_a_picture_shows_a_neutral_one_or_its_own_from_elsewhere(
    shop: ShopClient, database: Database
) -> None:
    own = "https://pictures.example/mini.jpg"
    async with database.writing() as session:
        await session.execute(update(Product).where(Product.id == "aeropix-mini").values(image_url=own))
        session.add(_without_picture())
        await session.execute(update(Counter).where(Counter.name == "catalog_revision").values(value=Counter.value + 1))
    assert set(await pictures(shop)) >= {own, "/images/no-picture.png"}
    for name in ("no-picture.png", "no-picture.svg"):
        assert (await shop.get(f"/images/{name}")).status == 200


def _without_picture() -> Product:
    said = {"de": "Boot", "en": "boat"}
    empty: dict[str, Any] = {"options": [], "features": [], "rental_terms": []}
    variant = Variant(id="wave-1", position=0, options={}, price_amount=100, monthly_amount=0, stock=1)
    return Product(
        id="wave",
        position=99,
        kind="boat",
        family="Wave",
        name="Wave",
        currency="EUR",
        tagline=said,
        description=said,
        variants=[variant],
        **empty,
    )

"""Started and stopped as an operator does it."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientSession, UnixConnector
from pydantic import SecretStr, ValidationError

from shop.database import Database
from shop.settings import Settings
from tests.shop.client import TOKEN, Reply, ShopClient
from tests.shop.conftest import GivenClock, running, settings_for
from tests.shop.files import MIA
from tests.shop.requests import given_back, order, placed

ROOT = Path(__file__).parents[2]
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Nochannel-Customer": "customer-1", "Idempotency-Key": "key-1"}


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    url = f"sqlite:///{tmp_path / 'shop.db'}"
    return {"PYTHONPATH": str(ROOT), "SHOP_DATABASE_URL": url, **more}


async def start(*arguments: str, **env: str) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "shop", *arguments, env=env, stdout=PIPE, stderr=PIPE
    )


@asynccontextmanager
async def serving(*arguments: str, **env: str) -> AsyncIterator[Process]:
    """A served shop, from its line that says so to the end of the test."""
    process = await start("serve", *arguments, **env)
    try:
        assert process.stdout is not None
        assert orjson.loads(await process.stdout.readline())["event"] == "listening"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_it_serves_on_a_port_and_stops_gracefully(tmp_path: Path) -> None:
    port = free_port()
    async with serving("--port", str(port), **environment(tmp_path, SHOP_TOKEN=TOKEN)) as process:
        async with (
            ClientSession(f"http://127.0.0.1:{port}") as http,
            http.post("/v1/orders", json=order(), headers=HEADERS) as response,
        ):
            assert response.status == 201
        process.send_signal(signal.SIGTERM)
        output, errors = await process.communicate()
        lines = [orjson.loads(line) for line in output.splitlines()]
        assert [line["event"] for line in lines] == ["request", "stopped"]
        assert (process.returncode, errors) == (0, b"")


async def test_an_order_under_way_is_ended_before_it_stops(tmp_path: Path) -> None:
    port = free_port()
    env = environment(tmp_path, SHOP_TOKEN=TOKEN)
    database = Database(env["SHOP_DATABASE_URL"])
    async with (
        serving("--port", str(port), **env) as process,
        ClientSession(f"http://127.0.0.1:{port}") as http,
    ):
        async with database.writing():  # so that the order has to wait
            under_way = asyncio.create_task(ordered(http))
            await overtaken(http)
            process.send_signal(signal.SIGTERM)
            await no_longer_open(port)
            assert not under_way.done()
        assert await under_way == 201
        assert await process.wait() == 0
    await database.close()


async def ordered(http: ClientSession) -> int:
    async with http.post("/v1/orders", json=order(), headers=HEADERS) as response:
        return response.status


async def overtaken(http: ClientSession) -> None:
    """Comes back when the shop has answered later requests, so that it has taken the earlier one."""
    for _ in range(5):
        async with http.get("/v1/health") as response:
            assert response.status == 200


async def no_longer_open(port: int) -> None:
    """Comes back when the shop lets nobody new in."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except (ConnectionRefusedError, ConnectionResetError):  # reset: knocked while the door was being shut
            return
        writer.close()
        await writer.wait_closed()


async def test_it_serves_on_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "shop.sock")
    async with (
        serving("--unix-socket", path, **environment(tmp_path, SHOP_TOKEN=TOKEN)),
        ClientSession("http://shop", connector=UnixConnector(path)) as http,
        http.get("/v1/health") as response,
    ):
        assert await response.json() == {"status": "ok"}


@pytest.mark.parametrize("token", [None, "", "   "])
async def test_without_a_secret_it_does_not_start(tmp_path: Path, token: str | None) -> None:
    more = {} if token is None else {"SHOP_TOKEN": token}
    process = await start("serve", **environment(tmp_path, **more))
    output, errors = await process.communicate()
    assert (process.returncode, output) == (2, b"")
    assert errors.startswith(b"SHOP_TOKEN: ")
    assert not (tmp_path / "shop.db").exists()


async def ended(*arguments: str, **env: str) -> tuple[int | None, list[bytes], list[str]]:
    """What a command's end, output and complaints were."""
    process = await start(*arguments, **env)
    output, errors = await process.communicate()
    return process.returncode, output.splitlines(), errors.decode().splitlines()


async def test_files_come_in_with_what_became_of_them_and_go_out_again(tmp_path: Path) -> None:
    env, path = environment(tmp_path), tmp_path / "customers.jsonl"
    path.write_bytes(orjson.dumps(MIA))
    status, output, _ = await ended("import", str(path), **env)
    told = orjson.loads(output[0])
    assert status == 0
    assert (told["event"], told["kind"], told["rows"], told["new"]) == ("imported", "customers", 1, 1)
    assert told["rows_per_second"] > 0
    _, output, _ = await ended("export", "customers", **env)
    assert orjson.loads(output[0])["email"] == MIA["email"]
    sheet = tmp_path / "customers.csv"
    assert (await ended("export", "customers", "--to", str(sheet), **env))[0] == 0
    assert sheet.read_text(encoding="utf-8").startswith("id,name,company.name,")


async def test_files_that_are_not_taken_are_told_line_by_line(tmp_path: Path) -> None:
    env, bad, other = environment(tmp_path), tmp_path / "customers.jsonl", tmp_path / "people.jsonl"
    bad.write_text('{"id": "mia"}\n{"language": "fr"}\n', encoding="utf-8")
    other.write_text("", encoding="utf-8")
    status, output, errors = await ended("import", str(bad), **env)
    assert (status, output) == (1, [])
    assert errors == [
        f"{bad}:2: id: is missing; 1 to 128 letters, digits and signs, no spaces",
        f"{bad}:2: language: must be 'de' or 'en'",
        "nothing was imported",
    ]
    status, _, (error,) = await ended("import", str(other), **env)
    assert (status, error.startswith("people.jsonl: a file is called ")) == (2, True)


async def test_whoever_tries_the_shop_out_moves_orders_on_and_takes_returns_in(
    shop: ShopClient, database_url: str
) -> None:
    env = {"PYTHONPATH": str(ROOT), "SHOP_DATABASE_URL": database_url}
    number = await placed(shop)
    status, output, _ = await ended("advance", number, "--to", "delivered", **env)
    assert (status, orjson.loads(output[0])["status"]) == (0, "delivered")
    assert (await shop.get(f"/v1/orders/{number}")).json["status"] == "delivered"
    returned = (await given_back_today(shop, database_url, number)).json["number"]
    status, output, _ = await ended("receive", returned, **env)
    assert (status, orjson.loads(output[0])["number"]) == (0, returned)
    assert (await shop.get(f"/v1/returns/{returned}")).json["status"] == "completed"
    status, output, errors = await ended("advance", number, "--to", "shipped", **env)
    assert (status, output, errors[0].partition(":")[0]) == (1, [], "Order not changeable")


async def given_back_today(shop: ShopClient, database_url: str, number: str) -> Reply:
    """The command's own clock said when it was delivered, so the shop's has to agree."""
    async with running(settings_for(database_url), GivenClock(datetime.now(UTC)), shop.openapi) as today:
        return await given_back(today, number)


async def test_seeding_needs_no_secret_and_fills_the_shop(tmp_path: Path) -> None:
    process = await start("seed", **environment(tmp_path))
    output, _ = await process.communicate()
    assert (process.returncode, orjson.loads(output)["event"]) == (0, "seeded")


def test_the_two_secrets_must_differ_and_never_print() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(token=SecretStr("the-same"), operations_token=SecretStr("the-same"))
    assert "the-same" not in str(refused.value)
    settings = Settings(
        token=SecretStr("one-and-only"), database_url=SecretStr("postgresql://shop:hidden@db.example/shop")
    )
    assert "one-and-only" not in repr(settings)
    assert "hidden" not in repr(settings)

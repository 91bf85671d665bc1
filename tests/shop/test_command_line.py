"""Started and stopped as an operator does it."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import orjson
import pytest
from aiohttp import ClientSession, UnixConnector
from pydantic import SecretStr, ValidationError

from shop.database import Database
from shop.settings import Settings
from tests.shop.client import TOKEN
from tests.shop.requests import order

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

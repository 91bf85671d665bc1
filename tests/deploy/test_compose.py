"""compose.yaml starts what there is, with settings that exist."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings
from redis.exceptions import ResponseError

from actions.settings import ActionSettings
from bot.app import _process_name, lane
from bot.cli import app as assistant_cli
from bot.conversation.consumer import Consumer
from bot.conversation.lane import Claim, Lane
from bot.redis_client import Client
from bot.redis_keys import GROUP
from bot.settings import Settings
from shop.__main__ import cli as shop_cli
from shop.settings import Settings as ShopSettings

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
READS: dict[str, tuple[type[BaseSettings], ...]] = {
    "gateway": (Settings,),
    "worker": (Settings, ActionSettings),
    "shop": (ShopSettings,),
}


@pytest.mark.parametrize("service", READS)
def test_every_variable_of_a_service_is_one_that_it_reads(service: str) -> None:
    assert set(SERVICES[service]["environment"]) <= set(_names(service))


@pytest.mark.parametrize("service", READS)
def test_a_secret_comes_from_the_environment_and_nowhere_else(service: str) -> None:
    given = SERVICES[service]["environment"]
    secrets = {name for name, is_secret in _names(service).items() if is_secret} & set(given)
    assert secrets
    assert all(given[name] is None or ":?" in given[name] for name in secrets)


def test_with_the_needed_secrets_production_starts_and_without_one_compose_refuses() -> None:
    gateway = Settings.model_validate(_values("gateway"))
    assert gateway.environment == "production"
    assert gateway.missing_secrets() == []
    assert ActionSettings.model_validate(_values("worker")).shop_url == gateway.shop_url
    shop = ShopSettings.model_validate({name.removeprefix("shop_"): v for name, v in _values("shop").items()})
    assert gateway.shop_token == shop.token
    assert shop.database_url.get_secret_value() == "postgresql://shop:given-postgres_password@postgres/shop"
    assert "POSTGRES_PASSWORD:?" in SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"]


def test_gateway_and_workers_agree_on_where_the_conversations_are() -> None:
    shared = ("REDIS_URL", "SHARDS", "LOCK_SECONDS", "SHOP_URL", "SHOP_TOKEN", "PUBLIC_URL")
    gateway, worker = (SERVICES[name]["environment"] for name in ("gateway", "worker"))
    assert all(gateway[name] == worker[name] for name in shared)


@pytest.mark.parametrize(
    ("service", "cli"), [("gateway", assistant_cli), ("worker", assistant_cli), ("shop", shop_cli)]
)
def test_the_command_of_a_service_is_understood(service: str, cli: typer.Typer) -> None:
    name, *options = SERVICES[service]["command"]
    command = typer.main.get_command(cli).commands[name]  # type: ignore[attr-defined]
    command.make_context(name, list(options))  # raises for an option that is not there


def test_the_environments_example_names_all_that_compose_asks_for() -> None:
    example = set(re.findall(r"^# ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    text = (ROOT / "compose.yaml").read_text()
    left_open = {name for service in READS for name, value in SERVICES[service]["environment"].items() if value is None}
    assert example == {match[1] for match in VARIABLE.finditer(text)} | left_open


async def test_a_worker_is_well_while_it_reads_the_inbox(redis: Client, redis_server: str, settings: Settings) -> None:
    inbox = lane(settings, redis, "in")
    neighbour = Consumer(inbox, NothingToDo(), "another-host-8080-worker-0")
    worker = Consumer(inbox, NothingToDo(), _process_name(settings, "worker-0"))
    async with _at_work(neighbour):
        assert not await asyncio.to_thread(_worker_is_well, redis_server)
        async with _at_work(worker):
            assert await asyncio.to_thread(_worker_is_well, redis_server)


class NothingToDo:
    """A handler that is never called."""

    def known_version(self, name: str) -> str:
        raise AssertionError(name)

    async def handle(self, claim: Claim) -> Claim | None:
        raise AssertionError(claim)


@asynccontextmanager
async def _at_work(consumer: Consumer) -> AsyncIterator[None]:
    """From the moment that Redis knows it."""
    working = asyncio.create_task(consumer.run())
    while consumer.name.encode() not in await _readers(consumer.lane):
        await asyncio.sleep(0.01)
    yield
    consumer.stop()
    await working


async def _readers(inbox: Lane) -> set[bytes]:
    with suppress(ResponseError):  # the group is not made yet
        return {reader["name"] for reader in await inbox.redis.xinfo_consumers(inbox.keys.ready("in", 0), GROUP)}
    return set()


def _worker_is_well(redis_url: str) -> bool:
    _, _, *arguments = SERVICES["worker"]["healthcheck"]["test"]
    command = [sys.executable, *arguments]
    return subprocess.run(command, env={**os.environ, "REDIS_URL": redis_url}, capture_output=True).returncode == 0


def _names(service: str) -> dict[str, bool]:
    """The variables that a service reads, and whether each is a secret."""
    return {
        f"{settings.model_config.get('env_prefix', '')}{name}".upper(): SecretStr in _types(field.annotation)
        for settings in READS[service]
        for name, field in settings.model_fields.items()
    }


def _types(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))


def _values(service: str) -> dict[str, str]:
    """What compose would hand over, with every needed variable set, under the settings' own names."""
    given = SERVICES[service]["environment"].items()
    return {name.lower(): VARIABLE.sub(_interpolated, value) for name, value in given if value is not None}


def _interpolated(match: re.Match[str]) -> str:
    name, operator, default = match.groups()
    return default if operator == "-" else f"given-{name.lower()}"

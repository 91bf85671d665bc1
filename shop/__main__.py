"""The shop's command line: `python -m shop serve`, `python -m shop seed`, `python -m shop bill`."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from aiohttp import web
from pydantic import ValidationError

from shop.app import build_app, prepare
from shop.catalog import Catalog
from shop.clock import SystemClock
from shop.database import Database
from shop.invoices import Invoices
from shop.links import Links
from shop.observe import JsonLines, say
from shop.sample_data import fill
from shop.settings import DatabaseSettings, Settings
from shop.subscriptions.billing import Billed, Billing, Keeper
from shop.subscriptions.invoicing import ChargeInvoices

STOP_SECONDS = 10  # what requests under way get to end

Listener = Callable[[web.AppRunner], web.BaseSite]

cli = typer.Typer(add_completion=False, help="The embedded reference shop.", pretty_exceptions_enable=False)


@cli.command()
def serve(
    port: Annotated[int, typer.Option(help="TCP port; unused with a socket")] = 8090,
    host: Annotated[str, typer.Option(help="Address to listen on")] = "127.0.0.1",
    unix_socket: Annotated[Path | None, typer.Option(help="Listen on this socket instead")] = None,
) -> None:
    """Serves the API until SIGTERM, then ends what is under way."""
    _log_json_lines()
    app = build_app(_settings(), SystemClock())
    uvloop.run(_serve(app, _listener(host, port, unix_socket)))


@cli.command()
def seed() -> None:
    """Puts the sample goods and their stock in the place of the catalog; orders stay."""
    _log_json_lines()
    asyncio.run(_seed(DatabaseSettings()))


@cli.command()
def bill(
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Up to this day; without it today")] = None,
) -> None:
    """Bills the months that have begun and ends what is over; what is billed already is left alone."""
    _log_json_lines()
    billed = asyncio.run(_bill(DatabaseSettings(), on.date() if on is not None else None))
    say("billed", subscriptions=billed.subscriptions, failed=billed.failed)
    if billed.failed:
        raise typer.Exit(1)


async def _bill(settings: DatabaseSettings, on: date | None) -> Billed:
    database = Database(settings.database_url.get_secret_value())
    await prepare(database, sample_data=False)
    catalog, clock = Catalog(), SystemClock()
    invoices = Invoices(catalog, Links("", b""), link_days=0, clock=clock)  # written, and linked to by nobody here
    billed = await Billing(database, Keeper(catalog, clock, ChargeInvoices(invoices))).run(on)
    await database.close()
    return billed


async def _seed(settings: DatabaseSettings) -> None:
    database = Database(settings.database_url.get_secret_value())
    await prepare(database, sample_data=False)
    async with database.writing() as session:
        await fill(session)
    await database.close()
    say("seeded")


def _settings() -> Settings:
    try:
        return Settings.model_validate({})  # from the environment
    except ValidationError as error:
        for detail in error.errors(include_input=False):
            name = "_".join(str(step) for step in detail["loc"]).upper()
            print(f"SHOP_{name}: {detail['msg']}", file=sys.stderr)
        raise typer.Exit(2) from None


def _listener(host: str, port: int, unix_socket: Path | None) -> Listener:
    if unix_socket is not None:
        return lambda runner: web.UnixSite(runner, str(unix_socket))
    return lambda runner: web.TCPSite(runner, host, port)


async def _serve(app: web.Application, listener: Listener) -> None:
    stop = _stop_signal()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_SECONDS)
    await runner.setup()
    await listener(runner).start()
    say("listening")
    await stop.wait()
    await runner.cleanup()  # lets no new request in, ends those under way, closes the database
    say("stopped")


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


def _log_json_lines() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)


if __name__ == "__main__":
    cli()

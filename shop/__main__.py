"""The shop's command line: `python -m shop serve`, `seed`, `bill`, `import`, `export`, `advance`, `receive`."""

import asyncio
import logging
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn, TextIO

import typer
import uvloop
from aiohttp import web
from pydantic import SecretStr, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from shop.app import DATABASE, ORDERS, SETTLEMENT, build_app, prepare
from shop.catalog import Catalog
from shop.clock import SystemClock
from shop.database import Database
from shop.invoices import Invoices
from shop.links import Links
from shop.observe import JsonLines, say
from shop.orders import Advance
from shop.problems import Problem
from shop.returns import parse_return_number
from shop.sample_data import fill
from shop.settings import DatabaseSettings, Settings
from shop.subscriptions.billing import Billed, Billing, Keeper
from shop.subscriptions.invoicing import ChargeInvoices
from shop.transfer.exporting import Export
from shop.transfer.files import format_of
from shop.transfer.importing import Import, ImportRefused, Taken, kind_of

STOP_SECONDS = 10  # what requests under way get to end

Listener = Callable[[web.AppRunner], web.BaseSite]
Work = Callable[[web.Application, AsyncSession], Awaitable[None]]


class Kind(StrEnum):
    """What a file is about."""

    PLANS = "plans"
    PRODUCTS = "products"
    CUSTOMERS = "customers"
    ORDERS = "orders"
    SUBSCRIPTIONS = "subscriptions"


class Format(StrEnum):
    """How a file is written."""

    JSONL = "jsonl"
    CSV = "csv"


class Target(StrEnum):
    """How far an order is to go."""

    PROCESSED = "processed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"


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


@cli.command("import")
def take_in(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="products.jsonl, customers.csv …")],
    replace_catalog: Annotated[
        bool, typer.Option("--replace-catalog", help="Products and plans that are not in the files leave the catalog")
    ] = False,
) -> None:
    """Takes all of the files in, or, if something is wrong with one of them, nothing (docs/import.md)."""
    _log_json_lines()
    _check_names(files)
    try:
        taken = asyncio.run(_import(DatabaseSettings(), files, replace_catalog))
    except ImportRefused as refused:
        _end(1, *refused.lines, "nothing was imported")
    for one in taken:
        say(
            "imported",
            kind=one.kind,
            rows=one.rows,
            new=one.new,
            changed=one.changed,
            removed=one.removed,
            seconds=round(one.seconds, 1),
            rows_per_second=one.rows_per_second,
        )


@cli.command("export")
def give_out(
    kind: Annotated[Kind, typer.Argument(help="What")],
    form: Annotated[Format | None, typer.Option("--format", help="Without it, by the file's name, or jsonl")] = None,
    to: Annotated[Path | None, typer.Option(help="A file; without it standard output")] = None,
) -> None:
    """Writes what the shop has, so that an import takes it."""
    named = format_of(to) if to is not None else ""
    asyncio.run(_export(DatabaseSettings(), kind, form or (named if named in list(Format) else Format.JSONL), to))


@cli.command()
def advance(
    number: Annotated[str, typer.Argument(help="NC-104201")],
    to: Annotated[Target, typer.Option(help="How far")],
) -> None:
    """Moves an order on, for whoever tries the sample shop out."""
    _log_json_lines()
    body = Advance.model_validate({"to": to.value})

    async def work(app: web.Application, session: AsyncSession) -> None:
        order = await app[ORDERS].advance(session, number, body)
        say("advanced", order=order["number"], status=order["status"])

    asyncio.run(_do(work))


@cli.command()
def receive(number: Annotated[str, typer.Argument(help="RT-300001")]) -> None:
    """Takes a return in, for whoever tries the sample shop out."""
    _log_json_lines()

    async def work(app: web.Application, session: AsyncSession) -> None:
        entry = await app[SETTLEMENT].receive(session, parse_return_number(number))
        say("received", number=f"RT-{entry.number}", status=entry.status)

    asyncio.run(_do(work))


async def _bill(settings: DatabaseSettings, on: date | None) -> Billed:
    catalog, clock = Catalog(), SystemClock()
    invoices = Invoices(catalog, Links("", b""), link_days=0, clock=clock)  # written, and linked to by nobody here
    async with _prepared(settings) as database:
        return await Billing(database, Keeper(catalog, clock, ChargeInvoices(invoices))).run(on)


async def _seed(settings: DatabaseSettings) -> None:
    async with _prepared(settings) as database, database.writing() as session:
        await fill(session)
    say("seeded")


async def _import(settings: DatabaseSettings, files: Sequence[Path], replace_catalog: bool) -> list[Taken]:
    async with _prepared(settings) as database:
        return await Import(database, SystemClock(), settings.return_days).run(files, replace_catalog)


async def _export(settings: DatabaseSettings, kind: str, form: str, to: Path | None) -> None:
    async with _prepared(settings) as database:
        with _opened(to) as file:
            await Export(database, SystemClock()).run(kind, form, file)


async def _do(work: Work) -> None:
    """On the database, as the operations API does it."""
    app = build_app(_settings(token=SecretStr(secrets.token_hex())), SystemClock())
    try:
        await prepare(app[DATABASE], sample_data=False)
        async with app[DATABASE].writing() as session:
            await work(app, session)
    except Problem as problem:
        _end(1, f"{problem.title}: {problem.detail}", *(f"{name}: {value}" for name, value in problem.members.items()))
    finally:
        await app[DATABASE].close()


@asynccontextmanager
async def _prepared(settings: DatabaseSettings) -> AsyncIterator[Database]:
    database = Database(settings.database_url.get_secret_value(), settings.database_wait_seconds)
    try:
        await prepare(database, sample_data=False)
        yield database
    finally:
        await database.close()


def _opened(to: Path | None) -> AbstractContextManager[TextIO]:
    return nullcontext(sys.stdout) if to is None else to.open("w", encoding="utf-8", newline="")


def _check_names(files: Sequence[Path]) -> None:
    for path in files:
        try:
            kind_of(path)
        except ValueError as error:
            _end(2, str(error))


def _end(status: int, *lines: str) -> NoReturn:
    print(*lines, sep="\n", file=sys.stderr)
    raise typer.Exit(status)


def _settings(**given: SecretStr) -> Settings:
    try:
        return Settings.model_validate(given)  # the rest from the environment
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

"""The command line: run, chat, train, settings, channels."""

import asyncio
import json
import os
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings
from rich.console import Console

from bot import embedded, training
from bot.dialogue import tensorflow_stub
from bot.settings import Settings
from bot.supervisor import Supervisor

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Nochannel: one conversation per customer.",
)
console = Console(highlight=False, soft_wrap=True)

READY_WITHIN_SECONDS = 60


def main() -> None:
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    app()


@app.command()
def run(
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; 0 for a gateway only. Default: WORKERS.")
    ] = None,
    gateway: Annotated[
        bool, typer.Option(help="Whether to serve HTTP and deliver replies, beside the workers.")
    ] = True,
) -> None:
    """Start the assistant: gateway and workers, and the embedded Redis and shop unless REDIS_URL and SHOP_URL are set."""
    settings = _settings()
    if workers is not None:
        settings = settings.model_copy(update={"workers": workers})
    _refuse_if(missing := settings.missing_secrets(), f"ENVIRONMENT=production needs {', '.join(missing)}")
    _refuse_if(not gateway and not settings.workers, "nothing to run: no gateway and no workers")
    model = training.newest_model(settings.model)
    _refuse_if(model is None, "there is no trained model yet: run `python -m bot train` (or `make run`, which does it)")
    listening = _listen(settings) if gateway else None
    _prepare_metrics(settings)
    _log_to_terminal(settings)
    supervisor = Supervisor()
    settings = _with_embedded(settings, supervisor)
    _serve(settings, supervisor, Path(str(model)), listening)


@app.command()
def train(force: Annotated[bool, typer.Option(help="Train even if nothing changed.")] = False) -> None:
    """Train the model from config.yml, domain.yml and data/; quick when none of them changed."""
    model = training.train(Path("models"), force=force, say=console.print)
    console.print(f"model [bold]{model}[/bold]")


@app.command()
def chat(
    language: Annotated[str, typer.Option(help="de or en: what to be greeted in.")] = "de",
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show what was understood: intent, confidence, entities.")
    ] = False,
) -> None:
    """Talk with the assistant in the terminal, with the embedded shop behind it."""
    settings = _settings()
    model = training.newest_model(settings.model)
    _refuse_if(
        model is None, "there is no trained model yet: run `python -m bot train` (or `make chat`, which does it)"
    )
    _log_to_terminal(settings.model_copy(update={"log_level": "ERROR"}))
    supervisor = Supervisor()
    settings = _with_shop(settings, supervisor)
    try:
        tensorflow_stub.before_rasa(Path(str(model)))
        from bot.app import load_assistant
        from bot.terminal import Terminal

        with console.status("loading the model"):
            assistant = load_assistant(settings, Path(str(model)))
        asyncio.run(Terminal(assistant, console, language, verbose).talk())
    finally:
        supervisor.stop()


@app.command("settings")
def show_settings() -> None:
    """Print the table of all settings (docs/settings.md)."""
    sys.stdout.write(settings_table())


@app.command("lint-examples")
def lint_examples(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show how many there are of each intent.")] = False,
) -> None:
    """Look for doubles, contradictions and gaps in the training examples (data/nlu)."""
    from bot.lint_examples import complaints, read, table

    examples = read(Path("data/nlu"))
    found = list(complaints(examples))
    for line in (*(table(examples) if verbose else ()), *found):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if found:
        raise typer.Exit(1)


@app.command("alexa-model")
def alexa_model(
    locale: Annotated[str, typer.Argument(help="de-DE, en-US or en-GB.")],
    invocation_name: Annotated[
        str | None, typer.Option(help="What customers call the skill. Default: ALEXA_INVOCATION_NAME.")
    ] = None,
) -> None:
    """Print the interaction model of the Alexa skill, made of data/nlu, domain.yml and the shop's catalog, as JSON."""
    from bot.channels.alexa.invocation import faults
    from bot.channels.alexa.model import LOCALES, interaction_model
    from bot.lint_examples import read

    settings = _settings()
    name = invocation_name or settings.alexa_invocation_name
    _refuse_if(locale not in LOCALES, f"the locale must be one of {', '.join(LOCALES)}")
    _refuse_if(wrong := next(faults(name), None), f"the invocation name {wrong}")
    domain = yaml.load(Path("domain.yml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    intents = [next(iter(intent)) if isinstance(intent, dict) else intent for intent in domain["intents"]]
    model = interaction_model(locale, name, intents, read(Path("data/nlu")), _catalog(settings))
    sys.stdout.write(json.dumps(model, ensure_ascii=False, indent=2) + "\n")


@app.command()
def channels() -> None:
    """List the channels, what they can do, and whether the settings turn them on."""
    from bot.channels.registry import CHANNELS

    settings = _settings()
    on = {
        "rest": True,
        "web": True,
        "mail": settings.smtp_url or settings.environment != "production",
        "telegram": settings.telegram_token,
        "whatsapp": settings.whatsapp_token,
        "messenger": settings.messenger_token,
        "instagram": settings.instagram_token,
        "sms": settings.twilio_auth_token and settings.twilio_number,
        "phone": settings.twilio_auth_token and settings.twilio_number,
        "alexa": settings.alexa_skill_id,
    }
    for name in CHANNELS:
        console.print(f"{name:<12} {'on' if on.get(name) else 'off'}")


def settings_table(settings: type[BaseSettings] = Settings) -> str:
    """Markdown, from the settings themselves."""
    rows = [
        f"| `{name.upper()}` | {'needed' if field.is_required() else _default(field.default)} | {field.description} |"
        for name, field in settings.model_fields.items()
    ]
    return "\n".join(["| variable | default | what it does |", "|---|---|---|", *rows]) + "\n"


def _default(value: object) -> str:
    return "–" if value in (None, (), "", {}) else f"`{value}`"


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        for problem in error.errors(include_input=False, include_url=False):
            console.print(f"[red]{str(problem['loc'][0]).upper()}[/red]: {problem['msg']}")
        raise typer.Exit(2) from None


def _refuse_if(wrong: object, sentence: str) -> None:
    if wrong:
        console.print(f"[red]{sentence}[/red]")
        raise typer.Exit(2)


def _listen(settings: Settings) -> socket.socket:
    """Bound before anything else starts, so that a taken port is told at once; shared with the gateway's every new life."""
    try:
        listening = socket.create_server((settings.host, settings.port), backlog=1024, reuse_port=False)
    except OSError as error:
        console.print(
            f"[red]port {settings.port} on {settings.host}: {error.strerror}. Choose another: PORT=8081 make run[/red]"
        )
        raise typer.Exit(2) from None
    listening.setblocking(False)
    return listening


def _log_to_terminal(settings: Settings) -> None:
    from bot.logs import configure

    configure(settings.log_level, settings.log_format)


def _prepare_metrics(settings: Settings) -> None:
    """A folder in which the processes add up their metrics; must be known before prometheus_client is imported."""
    directory = settings.data_dir / "metrics"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory.absolute())


def _with_embedded(settings: Settings, supervisor: Supervisor) -> Settings:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.redis_url is None:
        command = embedded.redis_command(settings.data_dir)
        supervisor.start({"redis": embedded.replaced_by(command, settings.data_dir / "redis.log")})
        redis_url = f"unix://{embedded.socket_path(settings.data_dir, 'redis').absolute()}"
        settings = settings.model_copy(update={"redis_url": redis_url})
    if settings.web_secret is None:
        secret = SecretStr(embedded.kept_secret(settings.data_dir, "web"))
        settings = settings.model_copy(update={"web_secret": secret})
    return _with_shop(settings, supervisor)


def _with_shop(settings: Settings, supervisor: Supervisor) -> Settings:
    """The custom actions read SHOP_URL and SHOP_TOKEN from the environment, wherever they run."""
    if settings.shop_kind == "port" and settings.shop_url is None:
        token = embedded.kept_secret(settings.data_dir, "shop")
        environment = embedded.shop_environment(settings.data_dir, token, settings.own_url)
        command = embedded.shop_command(settings.data_dir)
        supervisor.start({"shop": embedded.replaced_by(command, settings.data_dir / "shop.log", environment)})
        os.environ["SHOP_URL"] = f"unix://{embedded.socket_path(settings.data_dir, 'shop')}"
        os.environ["SHOP_TOKEN"] = token
        settings = settings.model_copy(update={"shop_url": os.environ["SHOP_URL"], "shop_token": SecretStr(token)})
    os.environ.setdefault("PUBLIC_URL", settings.own_url)
    return settings


def _catalog(settings: Settings) -> list[dict[str, Any]]:
    """The shop's products. An embedded shop that does not run yet is started for as long as this takes."""
    from bot.shop_window import shop_window

    async def ask() -> list[dict[str, Any]]:
        window = shop_window(settings)
        try:
            return await window.catalog()
        finally:
            await window.close()

    supervisor = Supervisor()
    is_embedded = settings.shop_kind == "port" and settings.shop_url is None
    try:
        settings = _with_running_shop(settings) if is_embedded and _shop_runs(settings) else settings
        settings = _with_shop(settings, supervisor)
        if is_embedded:
            embedded.wait_for_socket(embedded.socket_path(settings.data_dir, "shop"))
        return asyncio.run(ask())
    finally:
        supervisor.stop()


def _shop_runs(settings: Settings) -> bool:
    """Whether `python -m bot run` has started one in this DATA_DIR."""
    try:
        embedded.wait_for_socket(embedded.socket_path(settings.data_dir, "shop"), 0.2)
    except TimeoutError:
        return False
    return True


def _with_running_shop(settings: Settings) -> Settings:
    token = SecretStr(embedded.kept_secret(settings.data_dir, "shop"))
    socket_path = embedded.socket_path(settings.data_dir, "shop")
    return settings.model_copy(update={"shop_url": f"unix://{socket_path}", "shop_token": token})


def _serve(settings: Settings, supervisor: Supervisor, model: Path, listening: socket.socket | None) -> None:
    began = time.monotonic()
    tensorflow_stub.before_rasa(model)
    from bot.app import Gateway, load_assistant, work

    assistant = load_assistant(settings, model)
    supervisor.start(
        {f"worker-{n}": _in_a_loop(partial(work, settings, assistant, n)) for n in range(settings.workers)}
    )
    if listening is not None:
        serving = listening

        async def gateway() -> None:
            await Gateway(settings, assistant).run(serving)

        supervisor.start({"gateway": _in_a_loop(gateway)})
        threading.Thread(target=_announce, args=(settings, began), daemon=True).start()
    supervisor.watch()


def _in_a_loop(part: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """A part of the supervisor's, out of a coroutine."""

    def run_loop() -> None:
        import uvloop

        uvloop.run(part())

    return run_loop


def _announce(settings: Settings, began: float) -> None:
    """Says where to look, once everything answers."""
    url = f"http://{'127.0.0.1' if settings.host in ('0.0.0.0', '::') else settings.host}:{settings.port}/health/ready"  # noqa: S104
    while time.monotonic() < began + READY_WITHIN_SECONDS:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    break
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    else:
        console.print(f"[red]not ready after {READY_WITHIN_SECONDS} s; {url} says what is missing[/red]")
        return
    console.print(f"\nNochannel is ready after {time.monotonic() - began:.1f} s: [bold]{settings.own_url}[/bold]")
    console.print(f"  page and chat   {settings.own_url}/")
    if settings.smtp_url is None and settings.environment != "production":
        console.print(f"  mails           {settings.own_url}/dev/outbox")
    console.print(
        f'  REST            curl -d \'{{"sender": "me", "message": "hallo"}}\' {settings.own_url}/webhooks/rest/webhook'
    )
    console.print(f"  health, metrics {settings.own_url}/health/ready, {settings.own_url}/metrics")
    console.print("  stop            Ctrl-C\n")

"""The only place that builds things and connects them."""

import asyncio
import logging
import signal
import socket as sockets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from bot.channels import registry
from bot.channels.oauth_grants import Grants
from bot.channels.web_pages import Pages
from bot.clock import SystemClock
from bot.conversation.codes import Codes
from bot.conversation.consumer import Consumer
from bot.conversation.identity import account_of
from bot.conversation.inbox import Inbox
from bot.conversation.lane import Lane
from bot.conversation.outbox import Deliveries
from bot.conversation.turn import Turns
from bot.dialogue.assistant import Assistant
from bot.dialogue.tracker_store import FlatTrackerStore
from bot.gateway import server
from bot.gateway.door import GatewayDoor
from bot.gateway.oauth import OAuth, OAuthClient
from bot.redis_client import Client, connect
from bot.redis_keys import Keys
from bot.settings import Settings
from bot.shop_window import shop_window

log = logging.getLogger(__name__)

T = TypeVar("T")

DELIVERIES_AT_ONCE = 64


def load_assistant(settings: Settings, model: Path) -> Assistant:
    """Loads the model and, unless they run elsewhere, the custom actions. Before any fork, so that memory is shared."""
    from rasa.utils.endpoints import EndpointConfig

    from bot.dialogue import patches
    from bot.dialogue.action_endpoint import InProcessActions
    from bot.dialogue.linking import Reach

    patches.apply()
    url = settings.action_endpoint_url
    actions = EndpointConfig(url=url) if url else InProcessActions("actions")
    reach = Reach(
        push=registry.able(lambda abilities: abilities.push),
        screen=registry.able(lambda abilities: abilities.images),
        account_of=account_of,
        titles=registry.TITLES,
    )
    return Assistant.load(model, actions, settings.form_of_address, reach)


def lane(settings: Settings, redis: Client, name: Any) -> Lane:
    return Lane(redis, Keys(settings.shards), name, SystemClock(), settings.lock_seconds)


async def work(settings: Settings, assistant: Assistant, number: int) -> None:
    """One worker: answers turns until it is told to stop."""
    redis = _redis(settings)
    inbox = lane(settings, redis, "in")
    keys = Keys(settings.shards)
    codes = Codes(redis, keys, settings.code_seconds)
    door = Inbox(inbox, settings.seen_seconds, settings.max_waiting)
    turns = Turns(inbox, door, codes, assistant, settings.max_turn_attempts)
    await _until_stopped(Consumer(inbox, turns, _process_name(settings, f"worker-{number}"), settings.turns_at_once))
    await assistant.close()
    await redis.aclose()


async def _until_stopped(consumer: Consumer) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, consumer.stop)
    await consumer.run()


class Gateway:
    """One gateway process: the HTTP server, and the outbox that delivers what the turns committed."""

    def __init__(self, settings: Settings, assistant: Assistant) -> None:
        self._settings = settings
        self._redis = _redis(settings)
        self._keys = Keys(settings.shards)
        self._in, self._out = (lane(settings, self._redis, name) for name in ("in", "out"))
        self._shop = shop_window(settings)
        inbox = Inbox(self._in, settings.seen_seconds, settings.max_waiting)
        self.door = GatewayDoor(
            self._redis, self._keys, inbox, SystemClock(), settings.messages_per_minute, settings.answer_seconds,
            settings.messages_per_minute_of_address,
        )  # fmt: skip
        parts = registry.Parts(settings, self._redis, self._keys, self.door.ask, inbox, self._shop.picture)
        self.channels = registry.build(parts)
        self.app = server.build(
            self.door, list(self.channels.values()), self, _RasaApi(assistant, self._redis, settings.shards),
            settings.rest_token, settings.max_body_bytes,
        )  # fmt: skip
        self.app.add_routes(Pages(self._shop, settings.own_url).routes())
        if oauth := self._oauth():
            self.app.add_routes(oauth.routes())

    async def run(self, listening: sockets.socket) -> None:
        """Serves until SIGTERM; then lets open requests end."""
        name = _process_name(self._settings, "sender")
        deliveries = Deliveries(self._out, self.channels, self._settings.max_send_attempts)
        sender = Consumer(self._out, deliveries, name, DELIVERIES_AT_ONCE)
        listener = asyncio.create_task(self.door.listen())
        runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=5)
        await runner.setup()
        for channel in self.channels.values():
            await channel.start(self.door)
        await web.SockSite(runner, listening).start()
        await _until_stopped(sender)
        for channel in self.channels.values():
            await channel.stop()
        await runner.cleanup()
        listener.cancel()
        await self._shop.close()
        await self._redis.aclose()

    async def problems(self) -> list[str]:
        return [name for name, check in self._checks() if not await _holds(check)]

    async def gauges(self) -> dict[str, int]:
        numbers = {}
        for lane_ in (self._in, self._out):
            shards = range(self._keys.shards)
            ready = [await self._redis.xlen(self._keys.ready(lane_.lane, shard)) for shard in shards]
            parked = [await self._redis.xlen(self._keys.parked(lane_.lane, shard)) for shard in shards]
            numbers[f"nochannel_{lane_.lane}_ready"] = sum(ready)
            numbers[f"nochannel_{lane_.lane}_parked"] = sum(parked)
        return numbers

    def _oauth(self) -> OAuth | None:
        settings = self._settings
        if not settings.oauth_client_id or settings.oauth_client_secret is None:
            return None
        client = OAuthClient(settings.oauth_client_id, settings.oauth_client_secret, settings.oauth_redirect_uris)
        codes = Codes(self._redis, self._keys, settings.code_seconds)
        is_secure = settings.own_url.startswith("https://")
        find = self._shop.customers_with_email
        return OAuth(client, Grants(self._redis), codes, find, self._out, self._redis, is_secure)

    def _checks(self) -> list[tuple[str, Callable[[], Awaitable[Any]]]]:
        return [("redis", self._redis.ping), ("workers", self._a_worker_lives), ("shop", self._shop.answers)]

    async def _a_worker_lives(self) -> None:
        """Raises LookupError when nobody reads the inbox."""
        consumers = await self._redis.xinfo_consumers(self._keys.ready("in", 0), "workers")
        if not any(consumer["idle"] < 10_000 for consumer in consumers):
            raise LookupError("no worker")


class _RasaApi:
    """Rasa's HTTP API, where it needs the model or the conversations."""

    def __init__(self, assistant: Assistant, redis: Client, shards: int) -> None:
        self._assistant = assistant
        self._store = FlatTrackerStore(assistant.domain, redis=redis, shards=shards)

    async def parse(self, text: str) -> dict[str, Any]:
        return await self._assistant.parse(text)

    async def tracker(self, conversation: str) -> dict[str, Any]:
        from rasa.shared.core.trackers import EventVerbosity

        tracker = await self._store.get_or_create_full_tracker(conversation, append_action_listen=False)
        state: dict[str, Any] = tracker.current_state(EventVerbosity.ALL)
        return state


async def _holds(check: Callable[[], Awaitable[Any]]) -> bool:
    try:
        await asyncio.wait_for(check(), 2)
    except Exception:
        return False
    return True


def _redis(settings: Settings) -> Client:
    return connect(_required(settings.redis_url))


def _process_name(settings: Settings, part: str) -> str:
    """The same after a restart, and nobody else's: two installations on one host listen on two ports."""
    return f"{sockets.gethostname()}-{settings.port}-{part}"


def _required(value: T | None) -> T:  # filled in by the command line before anything is built
    if value is None:
        raise ValueError("REDIS_URL must be known by now")
    return value

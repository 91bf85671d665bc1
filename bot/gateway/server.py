"""The gateway's aiohttp application: channels' routes, health, metrics, and the Rasa API that its ecosystem's clients speak."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import orjson
from aiohttp import web
from pydantic import SecretStr

from bot.channels.base import Channel, Door, Malformed, Refused
from bot.channels.rest import check_token
from bot.messages import MAX_TEXT_LENGTH

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBLEM = "urn:nochannel:problem:"


class Readiness(Protocol):
    """Whether what the gateway stands on answers."""

    async def problems(self) -> list[str]:
        """Names of parts that do not answer; empty when all is well."""
        ...

    async def gauges(self) -> dict[str, int]:
        """Names and numbers of what waits and what was parked."""
        ...


class RasaApi(Protocol):
    """The parts of Rasa's HTTP API that need the model or the conversations."""

    async def parse(self, text: str) -> dict[str, Any]: ...

    async def tracker(self, conversation: str) -> dict[str, Any]: ...


def build(
    door: Door,
    channels: Sequence[Channel],
    readiness: Readiness,
    rasa_api: RasaApi,
    token: SecretStr | None,
    max_body_bytes: int,
) -> web.Application:
    """An application with every channel's routes. Nothing listens yet."""
    app = web.Application(middlewares=[_log_request, _refusals_as_problems], client_max_size=max_body_bytes)
    app.add_routes([route for channel in channels for route in channel.routes(door)])
    app.add_routes(_operations(readiness))
    app.add_routes(_rasa_routes(rasa_api, token))
    return app


def problem(
    status: int, slug: str, detail: str, retry_after: int | None = None, headers: Mapping[str, str] | None = None
) -> web.Response:
    """An RFC 9457 answer for machines."""
    headers = dict(headers or {}) | ({"Retry-After": str(retry_after)} if retry_after else {})
    body = {"type": PROBLEM + slug, "title": slug.replace("-", " "), "status": status, "detail": detail}
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )


@web.middleware
async def _refusals_as_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return problem(refused.status, refused.slug, refused.detail, refused.retry_after)
    except web.HTTPRequestEntityTooLarge:
        return problem(413, "too-large", "the request body is too large")
    except web.RequestPayloadError:
        return problem(400, "invalid-request", "the body is not what its headers say")
    except web.HTTPException as error:
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return problem(
            error.status, (error.reason or "error").lower().replace(" ", "-"), error.reason or "", headers=kept
        )
    except ConnectionResetError:
        raise
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]  # not its message, which may hold a customer's words
        log.error("path=%s failed: %s at %s:%s", request.path, type(error).__name__, place.filename, place.lineno)
        return problem(503, "unavailable", "the assistant cannot take this now; send it again with the same id", 5)


@web.middleware
async def _log_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    began = time.perf_counter()
    response = await handler(request)
    milliseconds = (time.perf_counter() - began) * 1000
    log.debug("method=%s path=%s status=%d ms=%.1f", request.method, request.path, response.status, milliseconds)
    return response


def _operations(readiness: Readiness) -> list[web.RouteDef]:
    async def live(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def ready(_: web.Request) -> web.Response:
        problems = await readiness.problems()
        status = 503 if problems else 200
        return web.json_response({"status": "waiting" if problems else "ok", "waiting_for": problems}, status=status)

    async def metrics(_: web.Request) -> web.Response:
        return web.Response(body=_exposition(await readiness.gauges()), content_type="text/plain", charset="utf-8")

    return [web.get("/health/live", live), web.get("/health/ready", ready), web.get("/metrics", metrics)]


def _exposition(gauges: dict[str, int]) -> bytes:
    from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = REGISTRY
    try:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    except ValueError:  # one process: its own registry has all
        registry = REGISTRY
    lines = [f"# TYPE {name} gauge\n{name} {value}" for name, value in gauges.items()]
    return generate_latest(registry) + ("\n".join(lines) + "\n").encode()


def _rasa_routes(rasa_api: RasaApi, token: SecretStr | None) -> list[web.RouteDef]:
    async def parse(request: web.Request) -> web.Response:
        check_token(request, token)
        return web.json_response(await rasa_api.parse(_text(await request.read())), dumps=_dumps)

    async def tracker(request: web.Request) -> web.Response:
        check_token(request, token)
        return web.json_response(await rasa_api.tracker(request.match_info["conversation"]), dumps=_dumps)

    return [web.post("/model/parse", parse), web.get("/conversations/{conversation}/tracker", tracker)]


def _text(body: bytes) -> str:
    try:
        text = orjson.loads(body)["text"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise Malformed('send {"text": "…"}') from None
    if not isinstance(text, str) or len(text) > MAX_TEXT_LENGTH:
        raise Malformed(f"`text` must be a string of at most {MAX_TEXT_LENGTH} characters")
    return text


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()

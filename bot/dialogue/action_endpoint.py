"""Custom actions in the worker's own process: no HTTP hop, no second serialisation of the domain."""

from contextvars import ContextVar
from importlib import import_module
from typing import Any

import orjson
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

FAILED_ACTIONS: ContextVar[list[Exception]] = ContextVar("failed_actions")
"""Errors of actions in the present turn. Rasa logs an action's error and goes on; a turn must fail as a whole instead."""


class InProcessActions(EndpointConfig):
    """Looks like the endpoint of an action server to Rasa, and calls the actions directly."""

    def __init__(self, package: str) -> None:
        super().__init__(url="in-process", enable_selective_domain=True)
        self._package = package
        self._executor = ActionExecutor()
        self._executor.register_package(package)

    @property
    def action_names(self) -> set[str]:
        return set(self._executor.actions)

    async def close(self) -> None:
        """Lets the package end what it opened, if it has a `close` for that."""
        closes = getattr(import_module(self._package), "close", None)
        if closes is not None:
            await closes()

    async def request(self, *_args: Any, json: dict[str, Any], **_kwargs: Any) -> Any:
        try:
            return await self._executor.run(json)
        except ActionExecutionRejection as rejection:
            raise _as_rasa_expects(rejection) from None
        except ActionNotFoundException as error:
            raise _noted(LookupError(f"no custom action is named {error.action_name}")) from error
        except Exception as error:
            raise _noted(error) from None


def _noted(error: Exception) -> Exception:
    failed = FAILED_ACTIONS.get(None)
    if failed is not None:
        failed.append(error)
    return error


def _as_rasa_expects(rejection: ActionExecutionRejection) -> ClientResponseError:
    """Rasa reads a rejection from the body of a 400 response."""
    body = {"error": str(rejection), "action_name": rejection.action_name}
    return ClientResponseError(400, "action rejected", orjson.dumps(body).decode())

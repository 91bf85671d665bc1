"""What a vendor's fake has wrong with it: calls that it refuses, and connections that it drops."""

from typing import Generic, TypeVar

from aiohttp import web

RefusalT = TypeVar("RefusalT")


class Troubles(Generic[RefusalT]):
    """Each hits one call, after so many that go well; of several that are due, one at a time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, RefusalT | None]] = []

    def refuse(self, refusal: RefusalT, after: int = 0) -> None:
        self._waiting.append((after, refusal))

    def drop(self, times: int = 1) -> None:
        self._waiting += [(0, None)] * times

    def next(self, request: web.Request) -> RefusalT | None:
        """What this call is refused with, if it is. Drops its connection, if that is due, and raises ConnectionResetError."""
        due = [refusal for after, refusal in self._waiting if after == 0]
        self._waiting = [(after - 1, refusal) for after, refusal in self._waiting if after]
        self._waiting = [(0, refusal) for refusal in due[1:]] + self._waiting
        if not due:
            return None
        if due[0] is None:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        return due[0]

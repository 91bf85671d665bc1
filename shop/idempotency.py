"""Each write happens once: its answer is stored in the transaction that writes, and given again for the same key."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from aiohttp import web
from sqlalchemy import Table, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from shop.answers import Answer
from shop.clock import Clock
from shop.database import Database, insert_if_absent
from shop.models import AnsweredWrite
from shop.problems import PROBLEM_JSON, IdempotencyKeyReused, Problem
from shop.requests import Body, instance_of, read_key

TABLE = cast(Table, AnsweredWrite.__table__)

Work = Callable[[AsyncSession], Awaitable[Answer]]


@dataclass(frozen=True)
class Write:
    """A write as it came: whose (`scope`), under which key, and a hash of what it asks for."""

    scope: str
    key: str
    request_hash: str
    instance: str


def customer_scope(customer_id: str) -> str:
    """One customer's key never meets another's."""
    return f"customer:{customer_id}"


OPERATIONS_SCOPE = "operations"


def read_write(request: web.Request, scope: str, body: Body) -> Write:
    """Raises IdempotencyKeyMissing. Spaces and the order of members do not make another request."""
    meaning = "\n".join((request.method, request.path, body.model_dump_json(exclude_unset=True)))
    digest = hashlib.sha256(meaning.encode()).hexdigest()
    return Write(scope=scope, key=read_key(request), request_hash=digest, instance=instance_of(request))


class Writes:
    """Runs writes once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def once(self, write: Write, work: Work) -> Answer:
        """The answer of the work, or the stored one. A concurrent duplicate waits for the first to end.

        A refusal undoes the work, is an answer, and is stored too; an outage is not. Raises IdempotencyKeyReused.
        """
        try:
            return await self._run(write, work)
        except IdempotencyKeyReused:
            raise
        except Problem as problem:
            refusal = Answer(problem.status, problem.body(write.instance), PROBLEM_JSON)
            return await self._run(write, _always(refusal))

    async def _run(self, write: Write, work: Work) -> Answer:
        async with self._database.writing() as session:
            if not await self._claim(session, write):
                return await _stored(session, write)
            answer = await work(session)
            await _keep(session, write, answer)
            return answer

    async def _claim(self, session: AsyncSession, write: Write) -> bool:
        row = {
            "scope": write.scope,
            "key": write.key,
            "request_hash": write.request_hash,
            "status": 0,
            "content_type": "",
            "body": "",
            "created_at": self._clock.now(),
        }
        return await insert_if_absent(session, TABLE, row)

    async def forget_older_than(self, age: timedelta) -> None:
        """Old answers go: they repeat what customers wrote."""
        async with self._database.writing() as session:
            await session.execute(delete(AnsweredWrite).where(AnsweredWrite.created_at < self._clock.now() - age))


async def _stored(session: AsyncSession, write: Write) -> Answer:
    row = await session.get_one(AnsweredWrite, (write.scope, write.key))
    if row.request_hash != write.request_hash:
        raise IdempotencyKeyReused
    return Answer(row.status, row.body.encode(), row.content_type, replayed=True)


def _always(answer: Answer) -> Work:
    async def work(_session: AsyncSession) -> Answer:
        return answer

    return work


async def _keep(session: AsyncSession, write: Write, answer: Answer) -> None:
    await session.execute(
        update(AnsweredWrite)
        .where(AnsweredWrite.scope == write.scope, AnsweredWrite.key == write.key)
        .values(status=answer.status, content_type=answer.content_type, body=answer.body.decode())
        .execution_options(synchronize_session=False)
    )

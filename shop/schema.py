"""Brings the database's tables to the present form, however many instances start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncSession

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK = 0x4E43_5348_4F50  # any number, the same for every instance: "NCSHOP"


def configuration(connection: Connection | None = None) -> Config:
    """Alembic's configuration, with an open connection to work on."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


async def upgrade(session: AsyncSession) -> None:
    """Runs what is missing within the session's transaction; a second instance waits here and finds it done."""
    connection = await session.connection()
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL lock_timeout = 0"))  # another instance's migration may take long
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    # SQLite needs no more: its writing transaction has locked the file already.
    await connection.run_sync(lambda plain: command.upgrade(configuration(plain), "head"))

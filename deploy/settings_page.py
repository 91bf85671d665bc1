"""Writes the tables of docs/settings.md from the settings themselves: `python -m deploy.settings_page`."""

from pathlib import Path

from pydantic_settings import BaseSettings

from actions.settings import ActionSettings
from bot.cli import settings_table
from bot.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
SOURCES: dict[str, type[BaseSettings]] = {"bot/settings.py": Settings, "actions/settings.py": ActionSettings}
END = "\n<!-- end -->"


def refreshed(page: str) -> str:
    """The page with every generated table as it must be now. Raises ValueError where a table's place is missing."""
    for source, settings in SOURCES.items():
        begin = f"<!-- made from {source} -->\n\n"
        table = page.index(begin) + len(begin)
        page = page[:table] + settings_table(settings) + page[page.index(END, table) :]
    return page


if __name__ == "__main__":
    PAGE.write_text(refreshed(PAGE.read_text()))

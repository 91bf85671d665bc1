"""docs/import.md can be followed literally: its examples are taken, and it names every field that there is."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from shop.database import Database
from shop.transfer.importing import KINDS, STORES
from shop.transfer.rows import Row
from shop.transfer.shapes import Form, shape_of
from tests.shop.conftest import GivenClock
from tests.shop.files import Files

GUIDE = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```", GUIDE, re.DOTALL))


@pytest.fixture
def files(tmp_path: Path, database: Database, clock: GivenClock) -> Files:
    folder = tmp_path / "files"
    folder.mkdir()
    return Files(folder, database, clock)


@pytest.mark.parametrize("form", ["jsonl", "csv"])
async def test_the_guides_examples_are_taken_as_they_stand(files: Files, form: str) -> None:
    taken = await files.take(*(files.write_text(f"{kind}.{form}", EXAMPLES[f"{kind}.{form}"]) for kind in KINDS))
    assert [one.kind for one in taken.values()] == list(KINDS)
    assert all(one.new == one.rows > 0 for one in taken.values())


@pytest.mark.parametrize("kind", KINDS)
def test_the_guide_names_every_field(kind: str) -> None:
    (model,) = (store.model for store in STORES if store.kind == kind)
    section = GUIDE.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
    assert section
    assert {name for name in names_of(model) if f"`{name}`" not in section and f".{name}`" not in section} == set()


def names_of(model: type[BaseModel]) -> set[str]:
    """Of all members, but for those that the guide explains once for all kinds."""
    names = set(model.model_fields)
    for field in model.model_fields.values():
        shape = shape_of(field)
        if shape.form in (Form.OBJECT, Form.OBJECTS) and shape.model is not None and shape.model.__name__ != "Wording":
            names |= names_of(shape.model) if issubclass(shape.model, Row) else set()
    return names

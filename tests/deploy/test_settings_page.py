"""docs/settings.md says what the code reads."""

import re

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from deploy.settings_page import PAGE, refreshed
from shop.settings import Settings as ShopSettings


def test_the_assistants_tables_are_those_of_the_code() -> None:
    page = PAGE.read_text()
    assert refreshed(page) == page, "run `make settings`"


def test_the_shops_table_names_every_variable_with_its_default() -> None:
    table = PAGE.read_text().partition("## The embedded shop")[2]
    said = dict(re.findall(r"^\| `(SHOP_\w+)` \| (.+?) \|", table, re.MULTILINE))
    assert said == {f"SHOP_{name.upper()}": _default(field) for name, field in ShopSettings.model_fields.items()}


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    value = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    return "–" if value in (None, "") else f"`{value}`"

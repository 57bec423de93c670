"""The JSON schema that ships is that of the models, and describes every key."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from lake_assets.catalog.schema import catalog_schema, schema_text


def properties(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every key the schema knows, at any depth."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from properties(part)


def test_the_schema_that_ships_is_up_to_date() -> None:
    """`catalog.schema.json` is what `python -m lake_assets.catalog.schema` prints."""
    shipped = files("lake_assets.catalog").joinpath("catalog.schema.json").read_text(encoding="utf-8")

    assert shipped == schema_text(), (
        "run: python -m lake_assets.catalog.schema > lake_assets/catalog/catalog.schema.json"
    )


def test_every_key_has_a_description() -> None:
    """An editor can say what each key means."""
    known = dict(properties(catalog_schema()))

    assert {"source", "null", "from", "path", "max_quarantined"} <= set(known)
    assert [name for name, schema in known.items() if not schema.get("description")] == []


def test_every_pattern_is_a_regular_expression() -> None:
    """Patterns are plain enough to compile, and are anchored."""
    patterns = re.findall(r"'pattern': '(.*?)'[,}]", str(catalog_schema()))

    assert patterns
    assert all(re.compile(pattern) and pattern.startswith("^") for pattern in patterns)


def test_an_editor_marks_unknown_keys() -> None:
    """No object of the schema takes keys it does not know."""
    schema = catalog_schema()

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["tables"]["additionalProperties"] is False


def test_a_column_is_a_type_or_the_long_form() -> None:
    """The schema knows both forms of a column."""
    forms = catalog_schema()["$defs"]["TableColumn"]["anyOf"]

    assert [form["type"] for form in forms] == ["string", "object"]

"""The tables of keys in `docs/catalog.md`, made from the descriptions in `document`.

`python -m lake_assets.catalog.reference docs/catalog.md` writes them between the two marks in that file.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lake_assets.catalog.document import ChildTable, ElementColumn, SourceDocument, SourceTable, TableColumn
from lake_assets.catalog.models import FileOptions

BEGIN = "<!-- keys: begin (python -m lake_assets.catalog.reference docs/catalog.md) -->"
END = "<!-- keys: end -->"
PIPE = r"\|"  # inside a cell of a Markdown table
SECTIONS: tuple[tuple[str, type[BaseModel]], ...] = (
    ("A source: the top of the file", SourceDocument),
    ("`files:`", FileOptions),
    ("A table: `tables: <name>:`", SourceTable),
    ("A column: `columns: <name>:`", TableColumn),
    ("A child table: `children: <name>:`", ChildTable),
    ("A column of a child table", ElementColumn),
)


def reference() -> str:
    """Return the tables of all keys, in Markdown."""
    lines: list[str] = []
    for heading, model in SECTIONS:
        lines += _section(heading, model)
    return "\n".join(lines)


def with_reference(page: str) -> str:
    """Return a page of the docs with the tables of now between its marks.

    Args:
        page: the page's text; it holds both marks.
    """
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _section(heading: str, model: type[BaseModel]) -> Iterator[str]:
    yield f"\n### {heading}\n"
    description = " ".join((model.__doc__ or "").split())
    yield f"{description}\n"
    yield "| key | default | meaning |"
    yield "| --- | --- | --- |"
    for name, field in model.model_fields.items():
        yield _row(f"`{field.alias or name}`", _default(field), field.description or "")


def _row(*cells: str) -> str:
    escaped = [cell.replace("|", PIPE) for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default: Any = field.default
    if isinstance(field.json_schema_extra, dict):
        default = field.json_schema_extra["default"]
    if isinstance(default, BaseModel):
        return "those below"
    if default is None or default in ((), {}):
        return "none"
    if isinstance(default, str) and re.fullmatch(r"[\w-]+", default):
        return f"`{default}`"
    return f"`{json.dumps(default)}`"


@click.command()
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(page: Path) -> None:
    """Write the tables of keys into PAGE, between its marks."""
    page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

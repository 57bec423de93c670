"""A catalog file that people have edited, with some tables more; all that stood there stays, to the byte.

The places to write at come from the YAML parser; the result is read again before it is believed. Which tables
are new is not decided here.
"""

from collections.abc import Sequence
from typing import Any

from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.write.catalog_yaml import write_table
from lake_assets.discover.write.proposals import ProposedTable
from lake_assets.discover.write.yaml_nodes import Node, indent_of, is_filled_mapping, tables_of


def append_tables(text: str, tables: Sequence[ProposedTable]) -> str | None:
    """Return a catalog file with more tables behind those that it has.

    Args:
        text: the file, as it is.
        tables: what to add; none of their names is in the file.

    Returns:
        The new text; None if it cannot be told for sure where to write, and what would come of it.
    """
    node = tables_of(text)
    if not is_filled_mapping(node) or node.flow_style or not _has_plain_lines(text):
        return None
    before, after = _split(text, node)
    line_end = "\n"
    if "\r\n" in text:
        line_end = "\r\n"
    if not before.endswith("\n"):
        before += line_end
    added = _lines_of(tables, " " * indent_of(node))
    extended = before + "".join(line + line_end for line in added) + after
    if _only_adds(text, extended, tables):
        return extended
    return None


def _lines_of(tables: Sequence[ProposedTable], indent: str) -> list[str]:
    lines: list[str] = []
    for table in tables:
        lines += write_table(table, indent)
    return lines


def _split(text: str, node: Node) -> tuple[str, str]:
    """Return what stands before the end of the tables, and what behind it."""
    lines = text.splitlines(keepends=True)
    end = len(lines)
    if node.end_mark.index < len(text):
        end = node.end_mark.line
    while end and _belongs_to_what_follows(lines[end - 1]):
        end -= 1
    return "".join(lines[:end]), "".join(lines[end:])


def _has_plain_lines(text: str) -> bool:
    """Return whether Python and YAML agree on where lines end."""
    unified = text.replace("\r\n", "\n").removesuffix("\n")
    return len(text.splitlines()) == unified.count("\n") + 1


def _belongs_to_what_follows(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _only_adds(text: str, extended: str, tables: Sequence[ProposedTable]) -> bool:
    """Return whether a longer text means the same as before, and the tables besides."""
    before, after = read_yaml(text.encode()), read_yaml(extended.encode())
    if after.faults or not isinstance(after.data, dict) or not isinstance(before.data, dict):
        return False
    added = {table.name for table in tables}
    kept = {name: value for name, value in after.data["tables"].items() if name not in added}
    has_all = after.data["tables"].keys() == kept.keys() | added
    return has_all and kept == before.data["tables"] and _besides(after.data) == _besides(before.data)


def _besides(source: dict[Any, Any]) -> dict[Any, Any]:
    """Return a source's keys but for its tables."""
    return {**source, "tables": None}

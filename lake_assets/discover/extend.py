"""A catalog file that people have edited, with some tables more; all that stood there stays, to the byte.

The places to write at come from the YAML parser; the result is read again before it is believed. Which tables
are new and what has drifted is not decided here.
"""

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from itertools import takewhile
from typing import Any

import yaml

from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.emit import ColumnText, TableText, write_column, write_table


def append_tables(text: str, tables: Sequence[TableText]) -> str | None:
    """Write tables behind those of a catalog file.

    Args:
        text: the file, as it is.
        tables: what to add; none of their names is in the file.

    Returns:
        The new text; None if it cannot be told for sure where to write, and what would come of it.
    """
    mapping = _child(yaml.compose(text, Loader=yaml.BaseLoader), "tables")
    if not isinstance(mapping, yaml.MappingNode) or mapping.flow_style or not mapping.value:
        return None
    line_end = "\r\n" if "\r\n" in text else "\n"
    indent = " " * mapping.value[0][0].start_mark.column
    lines = text.splitlines(keepends=True) if _has_plain_lines(text) else []
    at = mapping.end_mark.line if mapping.end_mark.index < len(text) else len(lines)
    at -= len(list(takewhile(_belongs_to_what_follows, reversed(lines[:at]))))
    before, after = "".join(lines[:at]), "".join(lines[at:])
    if not before.endswith("\n"):
        before += line_end
    added = [f"{line}{line_end}" for table in tables for line in write_table(table, indent)]
    extended = before + "".join(added) + after
    return extended if _only_adds(text, extended, tables) else None


def _has_plain_lines(text: str) -> bool:
    """Tell whether Python and YAML agree on where lines end."""
    return len(text.splitlines()) == text.replace("\r\n", "\n").rstrip("\n").count("\n") + 1 + _blank_end(
        text
    )


def _blank_end(text: str) -> int:
    unified = text.replace("\r\n", "\n")
    return max(len(unified) - len(unified.rstrip("\n")) - 1, 0)


def _belongs_to_what_follows(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _only_adds(text: str, extended: str, tables: Sequence[TableText]) -> bool:
    before, after = read_yaml(text.encode()), read_yaml(extended.encode())
    if after.faults or not isinstance(after.data, dict) or not isinstance(before.data, dict):
        return False
    added = {table.name for table in tables}
    kept = {name: value for name, value in after.data["tables"].items() if name not in added}
    return (
        kept == before.data["tables"]
        and set(after.data["tables"]) == kept.keys() | added
        and {**after.data, "tables": None} == {**before.data, "tables": None}
    )


def show_drift(
    text: str, path: str, table: str, types: Mapping[str, str], columns: Sequence[ColumnText]
) -> str:
    """Show a catalog file's table as it would be with other types and more columns, as a unified diff.

    Args:
        text: the file, as it is.
        path: its name.
        table: the table.
        types: new types of columns that are there.
        columns: columns that are not.
    """
    node = _child(_child(_child(yaml.compose(text, Loader=yaml.BaseLoader), "tables"), table), "columns")
    changes: list[tuple[int, int, str]] = []
    for key, value in node.value:
        if key.value in types:
            kind = _child(value, "type") if isinstance(value, yaml.MappingNode) else value
            in_flow = node.flow_style or kind is not value
            new = types[key.value]
            written = f'"{new}"' if in_flow and "," in new else new
            changes.append((kind.start_mark.index, kind.end_mark.index, written))
    if columns:
        last_key, last = node.value[-1]
        between = ", " if node.flow_style else "\n" + " " * last_key.start_mark.column
        end = last.end_mark.index
        if not node.flow_style:
            end = text.find("\n", end) if "\n" in text[end:] else len(text)
        changes.append((end, end, "".join(between + write_column(column) for column in columns)))
    changed = text
    for start, end, new in sorted(changes, reverse=True):
        changed = changed[:start] + new + changed[end:]
    lines = unified_diff(text.splitlines(), changed.splitlines(), path, f"{path} (as found)", lineterm="")
    return "\n".join(lines) + "\n"


def _child(node: Any, key: str) -> Any:
    """Give the value of a key, None if there is none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)

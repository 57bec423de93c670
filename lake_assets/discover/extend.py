"""A catalog file that people have edited, with some tables more; all that stood there stays, to the byte.

The places to write at come from the YAML parser; the result is read again before it is believed. Which tables
are new and what has drifted is not decided here.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from itertools import takewhile
from operator import itemgetter
from typing import Any

import yaml

from lake_assets.catalog.yaml_text import read_yaml
from lake_assets.discover.emit import (
    ChildText,
    ColumnText,
    TableText,
    quoted,
    write_child,
    write_children,
    write_column,
    write_option,
    write_table,
)


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


@dataclass(frozen=True)
class Changes:
    """How a table of a catalog file would be written now.

    Attributes:
        types: new types of columns that are there, by name.
        columns: columns that are not there.
        gone: columns that no file has.
        files: options of its files that are others, by key.
        children: child tables that are not there.
    """

    types: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[ColumnText] = ()
    gone: Collection[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    children: Sequence[ChildText] = ()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.types or self.columns or self.gone or self.files or self.children)


Edit = tuple[int, int, str]


def show_drift(text: str, path: str, table: str, changes: Changes) -> str:
    """Show a catalog file's table as it would be now, as a unified diff.

    Args:
        text: the file, as it is.
        path: its name.
        table: the table.
        changes: what differs.
    """
    described = _child(_child(yaml.compose(text, Loader=yaml.BaseLoader), "tables"), table)
    node = _child(described, "columns")
    edits = [
        *_retype(node, changes.types),
        *_remove(text, node, changes.gone),
        *_add(text, node, changes.columns),
        *_set_options(described, changes.files),
        *_add_children(text, described, changes.children),
    ]
    changed, ordered = text, sorted(edits, key=itemgetter(0, 1))
    for start, end, new in reversed(ordered):
        changed = changed[:start] + new + changed[end:]
    lines = unified_diff(text.splitlines(), changed.splitlines(), path, f"{path} (as found)", lineterm="")
    return "\n".join(lines) + "\n"


def _retype(node: yaml.MappingNode, types: Mapping[str, str]) -> Iterator[Edit]:
    for key, value in node.value:
        if key.value in types:
            kind = _child(value, "type") if isinstance(value, yaml.MappingNode) else value
            in_flow = node.flow_style or kind is not value
            new = types[key.value]
            written = f'"{new}"' if in_flow and "," in new else new
            yield kind.start_mark.index, kind.end_mark.index, written


def _remove(text: str, node: yaml.MappingNode, gone: Collection[str]) -> Iterator[Edit]:
    pairs = node.value
    for place, (key, value) in enumerate(pairs):
        if key.value not in gone:
            continue
        start, end = key.start_mark.index, value.end_mark.index
        if not node.flow_style:
            line_end = text.find("\n", end)
            yield text.rfind("\n", 0, start) + 1, len(text) if line_end < 0 else line_end + 1, ""
        elif place + 1 < len(pairs):
            yield start, pairs[place + 1][0].start_mark.index, ""
        else:
            before = max(place - 1, 0)
            yield (pairs[before][1].end_mark.index if pairs[before][0].value not in gone else start), end, ""


def _add(text: str, node: yaml.MappingNode, columns: Sequence[ColumnText]) -> Iterator[Edit]:
    if columns:
        last_key, last = node.value[-1]
        between = ", " if node.flow_style else "\n" + " " * last_key.start_mark.column
        end = last.end_mark.index
        if not node.flow_style:
            end = text.find("\n", end) if "\n" in text[end:] else len(text)
        yield end, end, "".join(between + write_column(column) for column in columns)


def _add_children(text: str, table: yaml.MappingNode, children: Sequence[ChildText]) -> Iterator[Edit]:
    """Write child tables behind those that are there, or behind all else where there are none."""
    there = _child(table, "children")
    mapping = there if isinstance(there, yaml.MappingNode) and there.value else table
    if not children:
        return
    indent = " " * mapping.value[0][0].start_mark.column
    written = (
        write_children(children, indent)
        if mapping is table
        else [line for child in children for line in write_child(child, indent)]
    )
    last = mapping
    while isinstance(last, yaml.MappingNode) and last.value and not last.flow_style:
        last = last.value[-1][1]
    end = text.find("\n", last.end_mark.index) if "\n" in text[last.end_mark.index :] else len(text)
    # Columns may be added at the same place: in the order of edits these come behind them.
    yield end, end, "".join(f"\n{line}" for line in written)


def _set_options(table: yaml.MappingNode, files: Mapping[str, str]) -> Iterator[Edit]:
    there = _child(table, "files")
    new = dict(files)
    for key, value in there.value if isinstance(there, yaml.MappingNode) else ():
        if key.value in new:
            yield value.start_mark.index, value.end_mark.index, quoted(new.pop(key.value))
    if not new:
        return
    written = [write_option(key, value) for key, value in new.items()]
    if isinstance(there, yaml.MappingNode) and there.value:
        first = there.value[0][0]
        end = ", " if there.flow_style else "\n" + " " * first.start_mark.column
        yield first.start_mark.index, first.start_mark.index, "".join(option + end for option in written)
    else:
        columns = next(key for key, _ in table.value if key.value == "columns")
        end = ", " if table.flow_style else "\n" + " " * columns.start_mark.column
        yield columns.start_mark.index, columns.start_mark.index, f"files: {{{', '.join(written)}}}{end}"


def _child(node: Any, key: str) -> Any:
    """Give the value of a key, None if there is none."""
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next((value for name, value in pairs if name.value == key), None)

"""How a table of a catalog file would be written now, as a unified diff that a person can apply.

The places of the edits come from the YAML parser. What differs is found out in `column_drift` and
`document_drift`; the file itself stays as it is.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from operator import attrgetter
from pathlib import Path

from lake_assets.discover.write.catalog_yaml import (
    quoted,
    write_child,
    write_children,
    write_column,
    write_option,
)
from lake_assets.discover.write.proposals import ProposedChild, ProposedColumn
from lake_assets.discover.write.yaml_nodes import (
    Node,
    indent_of,
    is_filled_mapping,
    line_end_behind,
    tables_of,
    value_of,
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
    columns: Sequence[ProposedColumn] = ()
    gone: Collection[str] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    children: Sequence[ProposedChild] = ()

    def __bool__(self) -> bool:
        """Return whether anything differs."""
        return bool(self.types or self.columns or self.gone or self.files or self.children)


@dataclass(frozen=True)
class _Edit:
    """What stands from `start` to `end` becomes `new`."""

    start: int
    end: int
    new: str


def show_drift(text: str, path: Path, table: str, changes: Changes) -> str:
    """Return a catalog file's table as it would be now, as a unified diff.

    Args:
        text: the file, as it is.
        path: where it is.
        table: the table.
        changes: what differs.
    """
    described = value_of(tables_of(text), table)
    columns = value_of(described, "columns")
    edits = [
        *_retype(columns, changes.types),
        *_remove(text, columns, changes.gone),
        *_add_columns(text, columns, changes.columns),
        *_set_options(described, changes.files),
        *_add_children(text, described, changes.children),
    ]
    lines = unified_diff(
        text.splitlines(),
        _edited(text, edits).splitlines(),
        fromfile=str(path),
        tofile=f"{path} (as found)",
        lineterm="",
    )
    return "\n".join(lines) + "\n"


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    # From the end, so that the places of the others stay; of two at one place the first comes first.
    ordered = sorted(edits, key=attrgetter("start", "end"))
    for edit in reversed(ordered):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def _insert(at: int, new: str) -> _Edit:
    return _Edit(start=at, end=at, new=new)


def _replace(node: Node, new: str) -> _Edit:
    return _Edit(start=node.start_mark.index, end=node.end_mark.index, new=new)


def _retype(columns: Node, types: Mapping[str, str]) -> Iterator[_Edit]:
    for key, value in columns.value:
        if key.value not in types:
            continue
        in_long_form = is_filled_mapping(value)
        in_flow = columns.flow_style or in_long_form
        new = types[key.value]
        written = new
        if in_flow and "," in new:
            written = f'"{new}"'
        yield _replace(value_of(value, "type") if in_long_form else value, written)


def _remove(text: str, columns: Node, gone: Collection[str]) -> Iterator[_Edit]:
    remove_one = _remove_from_flow if columns.flow_style else _remove_line
    for place, (key, _) in enumerate(columns.value):
        if key.value in gone:
            yield remove_one(text, columns, place, gone)


def _remove_line(text: str, columns: Node, place: int, _gone: Collection[str]) -> _Edit:
    key, value = columns.value[place]
    start = text.rfind("\n", 0, key.start_mark.index) + 1
    end = line_end_behind(text, value.end_mark.index)
    return _Edit(start=start, end=min(end + 1, len(text)), new="")


def _remove_from_flow(_text: str, columns: Node, place: int, gone: Collection[str]) -> _Edit:
    """Take a column out of `{a: text, b: text}`, with the comma behind it or, at the end, before it."""
    pairs = columns.value
    key, value = pairs[place]
    start, end = key.start_mark.index, value.end_mark.index
    if place + 1 < len(pairs):
        next_key, _ = pairs[place + 1]
        return _Edit(start=start, end=next_key.start_mark.index, new="")
    key_before, value_before = pairs[max(place - 1, 0)]
    if key_before.value not in gone:
        start = value_before.end_mark.index
    return _Edit(start=start, end=end, new="")


def _add_columns(text: str, node: Node, columns: Sequence[ProposedColumn]) -> Iterator[_Edit]:
    if not columns:
        return
    _, last = node.value[-1]
    end = last.end_mark.index
    between = _between(node)
    if not node.flow_style:
        end = line_end_behind(text, end)
    yield _insert(end, "".join(between + write_column(column) for column in columns))


def _between(mapping: Node) -> str:
    """Return what stands between two keys of a mapping."""
    if mapping.flow_style:
        return ", "
    return "\n" + " " * indent_of(mapping)


def _add_children(text: str, table: Node, children: Sequence[ProposedChild]) -> Iterator[_Edit]:
    """Write child tables behind those that are there, or behind all else where there are none."""
    if not children:
        return
    there = value_of(table, "children")
    if is_filled_mapping(there):
        lines = _lines_of(children, " " * indent_of(there))
        last = _last_of(there)
    else:
        lines = write_children(children, " " * indent_of(table))
        last = _last_of(table)
    end = line_end_behind(text, last.end_mark.index)
    # Columns may be added at the same place: in the order of edits these come behind them.
    yield _insert(end, "".join(f"\n{line}" for line in lines))


def _lines_of(children: Sequence[ProposedChild], indent: str) -> list[str]:
    lines: list[str] = []
    for child in children:
        lines += write_child(child, indent)
    return lines


def _last_of(node: Node) -> Node:
    """Return the node that a mapping in block style ends with."""
    while is_filled_mapping(node) and not node.flow_style:
        _, node = node.value[-1]
    return node


def _set_options(table: Node, files: Mapping[str, str]) -> Iterator[_Edit]:
    there = value_of(table, "files")
    new = dict(files)
    if is_filled_mapping(there):
        for key, value in there.value:
            if key.value in new:
                yield _replace(value, quoted(new.pop(key.value)))
    if not new:
        return
    options = [write_option(key, value) for key, value in new.items()]
    if is_filled_mapping(there):
        first, _ = there.value[0]
        between = _between(there)
        written = "".join(option + between for option in options)
    else:
        first = _key_of(table, "columns")
        written = f"files: {{{', '.join(options)}}}{_between(table)}"
    yield _insert(first.start_mark.index, written)


def _key_of(mapping: Node, key: str) -> Node:
    """Return the node of a key that is there."""
    return next(name for name, _ in mapping.value if name.value == key)

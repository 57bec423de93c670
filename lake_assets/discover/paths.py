"""Documents of a table that the catalog has: paths it does not name, and types that no longer hold.

Only columns that the catalog looks into are told of; who keeps a document whole wants it whole. What the
documents hold was gathered by `tree`, and what is told is written down by `known`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lake_assets.catalog.models import Child, Column, Table
from lake_assets.discover.drift import Observed, holds
from lake_assets.discover.emit import ChildText, ColumnText, TableText, write_path
from lake_assets.discover.leaves import leaf_type
from lake_assets.discover.names import column_name
from lake_assets.discover.open import Opening
from lake_assets.discover.tree import ARRAY, OBJECT, STRING, Node
from lake_assets.discover.wrappers import NUMBERS

_WHOLE = frozenset({"smallint", "int2", "integer", "int", "int4", "bigint", "int8"})
_NUMBERS = frozenset({"numeric", "decimal", "real", "float4", "double precision", "float8", "float"})
_TIMES = frozenset({"date", "timestamp", "timestamptz"})
_TREES = frozenset({"json", "jsonb"})
_KINDS = {
    **dict.fromkeys(_WHOLE | _NUMBERS, NUMBERS),
    **dict.fromkeys(_TIMES, frozenset({"$date", "$timestamp"})),
    "uuid": frozenset({"$uuid", "$binary"}),
}
Path = tuple[str, ...]


@dataclass(frozen=True)
class Unnamed:
    """What documents hold that the catalog does not name.

    Attributes:
        columns: columns of the table.
        children: child tables.
        elements: what the elements of arrays hold, in words.
    """

    columns: Sequence[ColumnText]
    children: Sequence[ChildText]
    elements: Sequence[str]


def unnamed(table: Table, observed: Observed) -> Unnamed:
    """Give what a table's documents hold that the catalog does not name."""
    looked_into = set(table.document_columns)
    names = {
        column.source_name: column.name for column in table.columns if column.path is None
    } | dict.fromkeys(looked_into, "")
    whole = [
        ColumnText(names[file_column] or file_column, "jsonb", file_column, None, "")
        for file_column in table.file_columns
    ]
    profiles = {name: observed.columns[name] for name in looked_into if name in observed.columns}
    there = {name for name, _, _ in table.all_children}
    opening = Opening(table.name, there.__contains__)
    found = opening.open(TableText(table.name, table.folder, {}, whole), profiles, table.files.null)
    known = [column.path for column in table.columns if column.path]
    known += [child.path for child in table.children]
    taken = {column.name for column in table.columns}
    columns = []
    for column in found.columns:
        if column.path and not _is_named(column.path, known):
            name = column_name(column.name, len(taken) + 1, taken)
            taken.add(name)
            columns.append(replace(column, name=name))
    children = [child for child in found.children if not _is_named(child.path, known)]
    elements = _elements(table.name, table.children, found.children)
    return Unnamed(columns, children, list(elements))


def _is_named(path: Path, known: Sequence[Path]) -> bool:
    """Tell whether the catalog names a path, or one above or below it."""
    return any(path[: len(other)] == other[: len(path)] for other in known)


def _elements(name: str, there: Sequence[Child], found: Sequence[ChildText]) -> Iterator[str]:
    by_path = {child.path: child for child in there}
    for child in found:
        if child.path not in by_path:
            continue
        old, full = by_path[child.path], f"{name}__{by_path[child.path].name}"
        known = [(column.source_name,) if column.path is None else column.path for column in old.columns] + [
            inner.path for inner in old.children
        ]
        for column in child.columns:
            path = (column.source_name,) if column.path is None else column.path
            if not _is_named(path, known):
                yield f"{full} does not name {write_path(path)} of its elements ({column.type})"
        for inner in child.children:
            if not _is_named(inner.path, known):
                yield f"{full} does not name the array {write_path(inner.path)} of its elements"
        yield from _elements(full, old.children, child.children)


def misfits(table: Table, observed: Observed) -> Iterator[tuple[Column, Node]]:
    """Give the columns of paths whose type does not hold for all that lies there."""
    for column in table.columns:
        node = _node(column.path or (), observed)
        if node is not None and leaf_type(node) != column.type and not _fits(node, column.type):
            yield column, node


def _node(path: Path, observed: Observed) -> Node | None:
    profile = observed.columns.get(path[0]) if path else None
    if profile is None or profile.documents is None:
        return None
    node: Node | None = profile.documents.root
    for key in path[1:]:
        node = node.keys.get(key) if node is not None else None
    return node


def _fits(node: Node, declared: str) -> bool:
    base = declared.lower().partition("(")[0].strip()
    kinds = set(node.kinds)
    if base in _TREES or declared.endswith("]"):
        return True
    if kinds & {OBJECT, ARRAY}:
        return False
    if base not in _KINDS:
        return True
    if base in _WHOLE and not all(map(_is_whole, node.numbers.values())):
        return False
    texts = STRING not in kinds or all(holds(base, kind, text) for kind, text in node.texts.items())
    return texts and kinds - {STRING} <= _KINDS[base] and not (node.unfit and base in _TIMES)


def _is_whole(text: str) -> bool:
    if text.lstrip("+-")[:1].isdigit():
        number = Decimal(text)
        return number == number.to_integral_value()
    return False

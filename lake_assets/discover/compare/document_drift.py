"""Documents of a table that the catalog has: paths it does not name, and types that no longer hold.

Only columns that the catalog looks into are told of; who keeps a document whole wants it whole. What the
documents hold was gathered by `cells.json_tree`, and what is told is written down by `existing_tables`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lake_assets.catalog.models import Child, Column, Table
from lake_assets.discover.cells.json_numbers import NUMBER_KINDS
from lake_assets.discover.cells.json_tree import ARRAY, OBJECT, STRING, Node
from lake_assets.discover.compare.observed import Observed
from lake_assets.discover.compare.type_fits import (
    NUMBER_TYPES,
    TIME_TYPES,
    WHOLE_TYPES,
    base_of,
    may_hold,
)
from lake_assets.discover.infer.names import column_name
from lake_assets.discover.infer.path_types import JSONB, path_type
from lake_assets.discover.write.catalog_yaml import write_path
from lake_assets.discover.write.documents import DocumentOpener
from lake_assets.discover.write.proposals import Path, ProposedChild, ProposedColumn, ProposedTable
from lake_assets.load.staging.documents import JSON_TYPES

_KINDS = {
    **dict.fromkeys(WHOLE_TYPES | NUMBER_TYPES, NUMBER_KINDS),
    **dict.fromkeys(TIME_TYPES, frozenset({"$date", "$timestamp"})),
    "uuid": frozenset({"$uuid", "$binary"}),
}
"""The kinds of values that a type may be made of, beside texts."""


@dataclass(frozen=True)
class UnnamedPaths:
    """What documents hold that the catalog does not name.

    Attributes:
        columns: columns of the table.
        children: child tables.
        elements: what the elements of arrays hold, in words.
    """

    columns: Sequence[ProposedColumn]
    children: Sequence[ProposedChild]
    elements: Sequence[str]


def unnamed_paths(table: Table, observed: Observed) -> UnnamedPaths:
    """Return what a table's documents hold that the catalog does not name."""
    found = _open_again(table, observed)
    known = [column.path for column in table.columns if column.path]
    known += [child.path for child in table.children]
    children = [child for child in found.children if not _is_named(child.path, known)]
    elements = _unnamed_in_elements(table.name, table.children, found.children)
    return UnnamedPaths(
        columns=_renamed(table, _unnamed_columns(found.columns, known)),
        children=children,
        elements=list(elements),
    )


def _open_again(table: Table, observed: Observed) -> ProposedTable:
    """Return a table as it would be written, had the catalog only the columns of its files."""
    looked_into = set(table.document_columns)
    profiles = {name: observed.columns[name] for name in looked_into if name in observed.columns}
    whole_tables = {name for name, _, _ in table.all_children}
    opener = DocumentOpener(table=table.name, is_taken=whole_tables.__contains__)
    proposed = ProposedTable(name=table.name, folder=table.folder, columns=_file_columns(table, looked_into))
    return opener.open(proposed, profiles, table.files.null)


def _file_columns(table: Table, looked_into: set[str]) -> list[ProposedColumn]:
    """Return the columns of a table's files; those that are looked into under the file's own names."""
    names = {column.source_name: column.name for column in table.columns if column.path is None}
    columns = []
    for file_column in table.file_columns:
        name = file_column if file_column in looked_into else names.get(file_column, file_column)
        columns.append(ProposedColumn(name=name, type=JSONB, source_name=file_column))
    return columns


def _unnamed_columns(found: Sequence[ProposedColumn], known: Sequence[Path]) -> Iterator[ProposedColumn]:
    for column in found:
        if column.path and not _is_named(column.path, known):
            yield column


def _renamed(table: Table, columns: Iterator[ProposedColumn]) -> list[ProposedColumn]:
    """Return columns under names that the table does not have."""
    taken = {column.name for column in table.columns}
    renamed = []
    for column in columns:
        name = column_name(column.name, len(taken) + 1, taken)
        taken.add(name)
        renamed.append(replace(column, name=name))
    return renamed


def _is_named(path: Path, known: Sequence[Path]) -> bool:
    """Return whether the catalog names a path, or one above or below it."""
    return any(path[: len(other)] == other[: len(path)] for other in known)


def _unnamed_in_elements(name: str, there: Sequence[Child], found: Sequence[ProposedChild]) -> Iterator[str]:
    """Return what the elements of arrays hold that the child tables do not name, in words.

    Args:
        name: the whole name of the table above.
        there: its child tables.
        found: its child tables as they would be written.
    """
    by_path = {child.path: child for child in there}
    for child in found:
        if child.path in by_path:
            own = by_path[child.path]
            whole_name = f"{name}__{own.name}"
            yield from _unnamed_in_child(whole_name, own, child)
            yield from _unnamed_in_elements(whole_name, own.children, child.children)


def _unnamed_in_child(name: str, own: Child, found: ProposedChild) -> Iterator[str]:
    known = [(column.source_name,) if column.path is None else column.path for column in own.columns]
    known += [inner.path for inner in own.children]
    for column in found.columns:
        if not _is_named(column.place, known):
            yield f"{name} does not name {write_path(column.place)} of its elements ({column.type})"
    for inner in found.children:
        if not _is_named(inner.path, known):
            yield f"{name} does not name the array {write_path(inner.path)} of its elements"


def unfit_paths(table: Table, observed: Observed) -> Iterator[tuple[Column, Node]]:
    """Return the columns of paths whose type does not hold for all that lies there."""
    for column in table.columns:
        node = _node_at(column.path, observed)
        if node is not None and path_type(node) != column.type and not _fits(node, column.type):
            yield column, node


def _node_at(path: Path | None, observed: Observed) -> Node | None:
    """Return what lies at a path; None if nothing does, or nobody has looked."""
    profile = observed.columns.get(path[0]) if path else None
    if path is None or profile is None or profile.documents is None:
        return None
    node = profile.documents.root
    for key in path[1:]:
        if key not in node.keys:
            return None
        node = node.keys[key]
    return node


def _fits(node: Node, declared: str) -> bool:
    base = base_of(declared)
    if base in JSON_TYPES or declared.endswith("]"):
        return True
    if node.kinds.keys() & {OBJECT, ARRAY}:
        return False
    if base not in _KINDS:
        return True
    return _numbers_fit(node, base) and _texts_fit(node, base) and _others_fit(node, base)


def _numbers_fit(node: Node, base: str) -> bool:
    return base not in WHOLE_TYPES or all(map(_is_whole, node.numbers.values()))


def _texts_fit(node: Node, base: str) -> bool:
    return all(may_hold(base, kind, text) for kind, text in node.texts.items())


def _others_fit(node: Node, base: str) -> bool:
    """Return whether the values that are no texts are of kinds that the type may be made of."""
    if node.kinds.keys() - {STRING} - _KINDS[base]:
        return False
    return not (node.unfit and base in TIME_TYPES)


def _is_whole(text: str) -> bool:
    if not text.lstrip("+-")[:1].isdigit():
        return False
    number = Decimal(text)
    return number == number.to_integral_value()

"""Columns of dates that do not begin with the year: the order of day and month, where the cells decide it.

A number above 12 can only be a day. The order is chosen for a table as a whole, and only if all such cells of
it agree; else the columns stay texts, and their comments say why. What the cells look like is told by
`cells.cell_classes`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lake_assets.catalog.models import DateOrder
from lake_assets.discover.cells.cell_classes import ORDERED_DATES, ORDERED_MOMENTS, TEXT
from lake_assets.discover.cells.column_profile import ColumnProfile, Example
from lake_assets.discover.cells.printable import shown
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.write.proposals import ProposedColumn, ProposedTable

_ORDERS: Mapping[str, DateOrder] = {"day_first": "dmy", "month_first": "mdy"}
_MOMENT = "_moment"


@dataclass(frozen=True)
class _Evidence:
    """What the cells of a table tell of the order.

    Attributes:
        order: the order; None where they tell none, or two.
        why: the cells that decide it, or why none does.
    """

    order: DateOrder | None
    why: str


def with_dates(table: ProposedTable, profiles: Mapping[str, ColumnProfile], null: str) -> ProposedTable:
    """Return a table with types and an order for its dates that do not begin with the year.

    Args:
        table: the table, in which their columns are texts.
        profiles: what its columns hold, by the file's name for them.
        null: the text that means NULL.
    """
    types = {}
    for column in table.columns:
        profile = profiles.get(column.source_name)
        if profile is not None and column.type == TEXT and column.path is None:
            types[column.name] = _type_of(profile, null)
    dated = [column for column in table.columns if types.get(column.name)]
    if not dated:
        return table
    evidence = _decide([profiles[column.source_name].examples for column in dated])
    columns = [_with_type(column, types.get(column.name), evidence) for column in table.columns]
    files = dict(table.files)
    if evidence.order is not None:
        files["dates"] = Explained(evidence.order, evidence.why)
    return replace(table, columns=columns, files=files)


def _type_of(profile: ColumnProfile, null: str) -> str | None:
    """Return the type of a column in which all cells are dates that do not begin with the year."""
    classes = profile.examples.keys()
    if not classes or profile.bare.keys() - {null} or profile.declared:
        return None
    if classes <= ORDERED_DATES.keys():
        return "date"
    return "timestamp" if classes <= ORDERED_MOMENTS.keys() else None


def _decide(columns: Sequence[Mapping[str, Example]]) -> _Evidence:
    """Return the order that all columns agree in."""
    cells: dict[str, Example] = {}
    for examples in columns:
        for kind, example in examples.items():
            cells.setdefault(kind.removesuffix(_MOMENT), example)
    decisive = [kind for kind in _ORDERS if kind in cells]
    if not decisive:
        (example, *_) = cells.values()
        why = (
            f"{shown(example.value)}: day or month first? say `dates: dmy` or `dates: mdy`, and declare date"
        )
        return _Evidence(order=None, why=why)
    if len(decisive) > 1:
        first, second = (shown(cells[kind].value) for kind in decisive)
        return _Evidence(order=None, why=f"{first} and {second} are dates in two orders")
    (kind,) = decisive
    return _Evidence(order=_ORDERS[kind], why=f"{shown(cells[kind].value)} can be read in no other order")


def _with_type(column: ProposedColumn, declared: str | None, evidence: _Evidence) -> ProposedColumn:
    if declared is None:
        return column
    if evidence.order is None:
        return replace(column, why=evidence.why)
    return replace(column, type=declared, why=f"dates, `dates: {evidence.order}`")

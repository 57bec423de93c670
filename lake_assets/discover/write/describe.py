"""A new table as the catalog shall have it: its columns with types, its settings, what is to be said of it.

What the columns are is decided in `infer.columns`; what its documents make is added by `documents`; how it is
spelled in YAML is `catalog_yaml`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lake_assets.discover.cells.cell_classes import TEXT
from lake_assets.discover.cells.column_profile import ColumnProfile, TypeRules
from lake_assets.discover.cells.row_size import WIDE, RowSize
from lake_assets.discover.infer.columns import FoundColumn, TableColumns
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.survey.table_survey import TableSurvey
from lake_assets.discover.write.comments import table_comments, why_type
from lake_assets.discover.write.proposals import ProposedColumn, ProposedTable
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.pluralize import pluralize

LEAST_IN_A_ROW = 3  # hours, all with files, before each hour is expected
LEAST_HOURS = 24  # that a table must have been seen for, where some of them are without files
LEAST_PART = 0.95  # of them that must have files
STILL_COMING = timedelta(days=7)  # since its last file, or more are not expected
KEY_TYPES = frozenset({"bigint", "uuid"})
KEY_NAMES = frozenset({"id", "_id", "oid__id", "oid_id", "uuid", "pk", "key"})


@dataclass(frozen=True)
class Described:
    """What a table is described by.

    Attributes:
        survey: what its files hold.
        columns: its columns.
        name: its name in the warehouse.
        rules: what types are chosen by.
    """

    survey: TableSurvey
    columns: TableColumns
    name: str
    rules: TypeRules


def describe(table: Described, now: datetime, *, changes: bool) -> ProposedTable:
    """Return a table as the catalog shall have it.

    Args:
        table: what it is described by.
        now: the hour it is.
        changes: some table of the source has files of changes.
    """
    objects = table.survey.objects
    settings = {"load": _load(objects, table.columns, changes=changes), "expect": _expect(objects, now)}
    proposed = ProposedTable(
        name=table.name,
        folder=table.survey.folder,
        columns=[_propose(column, table.rules) for column in table.columns.columns],
        settings={key: choice for key, choice in settings.items() if choice is not None},
        comments=tuple(_comments(table)),
    )
    if len(proposed.columns) > WIDE:
        return _narrowed(proposed, table.columns.row_size)
    return proposed


def _propose(column: FoundColumn, rules: TypeRules) -> ProposedColumn:
    return ProposedColumn(
        name=column.name,
        type=column.profile.type_with(rules),
        source_name=column.source_name,
        why="; ".join(filter(None, [why_type(column.profile, rules), column.renamed])),
        position=column.position,
    )


def _narrowed(table: ProposedTable, row_size: RowSize) -> ProposedTable:
    """Return a very wide table with as many columns as a row holds, and with types if they leave room."""
    types = [column.type for column in table.columns]
    if row_size.holds(types):
        return table
    count = row_size.how_many(len(types))
    columns = list(table.columns)
    if not row_size.holds(types[:count]):
        columns = list(map(_as_text, columns))
    settings = dict(table.settings)
    if count < len(columns):
        why = f"a row of PostgreSQL holds the first {count:,} of {len(columns):,} columns, and no more"
        settings["new_columns"] = Explained("ignore", why)
    return replace(table, columns=columns[:count], settings=settings)


def _as_text(column: ProposedColumn) -> ProposedColumn:
    if column.type == TEXT:
        return column
    why = "text, for with types the table's widest rows do not fit on a page of PostgreSQL"
    return replace(column, type=TEXT, why=why)


def with_types_of(
    table: ProposedTable, profiles: Mapping[str, ColumnProfile], rules: TypeRules
) -> ProposedTable:
    """Return a table with types chosen by other profiles, without what its documents make.

    Args:
        table: what it was.
        profiles: what its columns hold, by the file's name for them; one that is not there holds nothing.
        rules: what types are chosen by.
    """
    is_wide = len(table.columns) > WIDE
    columns = []
    for column in table.columns:
        if column.path is not None:
            continue
        if is_wide and column.type == TEXT:  # for want of room, maybe
            columns.append(column)
            continue
        profile = profiles.get(column.source_name, ColumnProfile())
        columns.append(replace(column, type=profile.type_with(rules), why=why_type(profile, rules)))
    return replace(table, columns=columns, children=())


def _load(objects: Sequence[LakeObject], columns: TableColumns, *, changes: bool) -> Explained | None:
    """Return how the table is to be loaded; None for the default."""
    updates = columns.letters["U"] + columns.letters["D"]
    if updates:
        why = f"updates and deletes ({updates:,} so far) go to quarantine: this version has no merge yet"
        return Explained("append", why)
    if changes or any(item.kind != "full" for item in objects):
        return None
    hours = {item.hour for item in objects}
    if len(hours) == 1:
        why = "full loads only, and no changes in the source: a new one replaces this"
        return Explained("snapshot", why)
    why = f"full loads in {len(hours)} hours, maybe parts of one; `snapshot` keeps the newest hour's"
    return Explained("append", why)


def _expect(objects: Sequence[LakeObject], now: datetime) -> Explained:
    """Return in which hours files are to be expected."""
    hours = {item.hour for item in objects if item.kind == "cdc"}
    if not hours:
        return Explained("sparse", "no files of changes so far")
    newest = max(hours)
    span = (newest - min(hours)) // ONE_HOUR + 1
    seen = f"{pluralize(len(hours), 'hour')} of {span} have files"
    is_gapless = len(hours) == span >= LEAST_IN_A_ROW
    if is_gapless:
        seen = f"each of the {span} hours from the first to the last has files"
    elif len(hours) < LEAST_PART * span or span < LEAST_HOURS:
        return Explained("sparse", seen)
    if newest < now - STILL_COMING:
        return Explained("sparse", f"{seen}, and none after {format_hour(newest)}; `hourly` if more are due")
    return Explained("hourly", seen)


def _comments(table: Described) -> Iterator[str]:
    yield from table_comments(table.survey, table.columns)
    first = None
    if table.columns.columns:
        first = table.columns.columns[0]
    if first and _is_key(first, table.name, table.rules):
        yield f"key: [{first.name}] is unique in all files"


def _is_key(column: FoundColumn, table: str, rules: TypeRules) -> bool:
    """Return whether a table's first column is its key, by its name and by its cells."""
    if column.profile.cells <= 1 or not column.profile.is_unique(rules.null):
        return False
    if column.source_name.lower() in KEY_NAMES | _key_names_of(table.lower()):
        return True
    has_no_name = column.source_name.endswith("_1")
    return has_no_name and column.profile.type_with(rules) in KEY_TYPES


def _key_names_of(table: str) -> set[str]:
    names = set()
    for stem in (table, table.removesuffix("s")):
        for end in ("id", "uuid", "key"):
            names.add(f"{stem}_{end}")
    return names

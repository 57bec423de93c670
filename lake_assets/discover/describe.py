"""A table as the catalog shall have it: its shape put into columns, settings and comments.

What the columns are is decided in `shape`; how it is spelled in YAML is `emit`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from lake_assets.discover.classes import TEXT
from lake_assets.discover.emit import ColumnText, TableText
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.shape import FoundColumn, Shape
from lake_assets.discover.survey import Survey
from lake_assets.discover.why import why_type, why_widths
from lake_assets.discover.wide import WIDE, Reach
from lake_assets.hours import ONE_HOUR, format_hour
from lake_assets.lake.objects import LakeObject
from lake_assets.pluralize import pluralize

LEAST_HOURS = 24  # that a table must have been seen for, before each hour is expected
LEAST_PART = 0.95  # of them that must have files
STILL_COMING = timedelta(days=7)
MOST_REASONS = 3
KEY_TYPES = frozenset({"bigint", "uuid"})
KEY_NAMES = frozenset({"id", "_id", "oid__id", "oid_id", "uuid", "pk", "key"})


def describe(
    survey: Survey, shape: Shape, name: str, null: str, now: datetime, *, changes: bool
) -> TableText:
    """Put a table into words.

    Args:
        survey: what its files hold.
        shape: its columns.
        name: its name in the warehouse.
        null: the text that means NULL.
        now: the hour it is.
        changes: some table of the source has files of changes.
    """
    columns = tuple(
        ColumnText(
            column.name,
            column.profile.type_with(null),
            column.source_name,
            column.position,
            why_type(column.profile, null),
        )
        for column in shape.columns
    )
    settings = dict(_load(survey.objects, shape, changes=changes)) | dict(_expect(survey.objects, now))
    table = TableText(name, survey.folder, settings, columns, tuple(_comments(survey, shape, name, null)))
    return _narrowed(table, shape.reach) if len(columns) > WIDE else table


def _narrowed(table: TableText, reach: Reach) -> TableText:
    """Give a very wide table with as many columns as a row holds, and with types only if they leave room."""
    columns, settings = tuple(table.columns), dict(table.settings)
    types = [column.type for column in columns]
    if reach.holds(types):
        return table
    count = reach.how_many(len(columns))
    if not reach.holds(types[:count]):
        why = "text, for with types the table's widest rows do not fit on a page of PostgreSQL"
        typed = (column.type != TEXT for column in columns)
        columns = tuple(
            replace(column, type=TEXT, why=why) if is_typed else column
            for column, is_typed in zip(columns, typed, strict=True)
        )
    if count < len(columns):
        why = f"a row of PostgreSQL holds the first {count:,} of {len(columns):,} columns, and no more"
        settings["new_columns"] = ("ignore", why)
    return replace(table, columns=columns[:count], settings=settings)


def retyped(table: TableText, profiles: Mapping[str, ColumnProfile], null: str) -> TableText:
    """Give a table with types chosen by other profiles, without what its documents make.

    Args:
        table: what it was.
        profiles: what its columns hold, by the file's name for them; one that is not there holds nothing.
        null: the text that means NULL.
    """
    columns = []
    for column in table.columns:
        if column.path is not None:
            continue
        profile = profiles.get(column.source_name, ColumnProfile())
        if column.type == TEXT and len(table.columns) > WIDE:
            columns.append(column)
            continue
        columns.append(replace(column, type=profile.type_with(null), why=why_type(profile, null)))
    return replace(table, columns=tuple(columns), children=())


def _load(
    objects: Sequence[LakeObject], shape: Shape, *, changes: bool
) -> Iterator[tuple[str, tuple[str, str]]]:
    updates = shape.letters["U"] + shape.letters["D"]
    if updates:
        why = f"updates and deletes ({updates:,} so far) go to quarantine: this version has no merge yet"
        yield "load", ("append", why)
    elif not changes and all(item.kind == "full" for item in objects):
        hours = {item.hour for item in objects}
        if len(hours) == 1:
            yield (
                "load",
                ("snapshot", "full loads only, and no changes in the source: a new one replaces this"),
            )
        else:
            why = f"full loads in {len(hours)} hours, maybe parts of one; `snapshot` keeps the newest hour's"
            yield "load", ("append", why)


def _expect(objects: Sequence[LakeObject], now: datetime) -> Iterator[tuple[str, tuple[str, str]]]:
    hours = {item.hour for item in objects if item.kind == "cdc"}
    if not hours:
        yield "expect", ("sparse", "no files of changes so far")
        return
    span = (max(hours) - min(hours)) // ONE_HOUR + 1
    seen = f"{pluralize(len(hours), 'hour')} of {span} have files"
    if len(hours) < LEAST_PART * span or span < LEAST_HOURS:
        yield "expect", ("sparse", seen)
    elif max(hours) < now - STILL_COMING:
        yield (
            "expect",
            ("sparse", f"{seen}, and none after {format_hour(max(hours))}; `hourly` if more are due"),
        )
    else:
        yield "expect", ("hourly", seen)


def _comments(survey: Survey, shape: Shape, name: str, null: str) -> Iterator[str]:
    files = len(survey.files)
    bad = survey.bad.total()
    said = f"{pluralize(files, 'file')}, {pluralize(shape.records, 'record')}"
    yield f"{said}, {pluralize(bad, 'bad record')} for quarantine" if bad else said
    for reason, count in survey.bad.most_common(MOST_REASONS):
        yield f"{pluralize(count, 'bad record')}: {reason}"
    if shape.header.verdict == "header":
        bare = any(not header for header, _ in shape.expected.values())
        yield f"header{' in some files' if bare else ''}: {shape.header.why}"
    else:
        yield f"no header: {shape.header.why}"
    if shape.letters:
        yield "the leading Op column is left out"
    if widths := why_widths(shape.widths, len(shape.columns)):
        yield widths
    if key := _key(shape.columns, name, null):
        yield f"key: [{key.name}] is unique in all files"


def _key(columns: Sequence[FoundColumn], table: str, null: str) -> FoundColumn | None:
    singular = table.lower().removesuffix("s")
    usual = KEY_NAMES | {
        f"{stem}_{end}" for stem in (singular, table.lower()) for end in ("id", "uuid", "key")
    }
    for column in columns[:1]:
        named = column.source_name.lower() in usual
        numbered = column.source_name.endswith("_1") and column.profile.type_with(null) in KEY_TYPES
        if (named or numbered) and column.profile.cells > 1 and column.profile.is_unique(null):
            return column
    return None

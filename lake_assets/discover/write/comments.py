"""Why a column has its type, and what is to be said of a table: the comments of the YAML.

The decisions themselves are made elsewhere; nothing here changes one. Why a table has its settings is said
where they are chosen, in `describe`; why a path of a document has its type in `infer.path_types`.
"""

import re
from collections.abc import Iterator, Mapping

from lake_assets.discover.cells.cell_classes import (
    BIT,
    ODD,
    ORDERED_DATES,
    ORDERED_MOMENTS,
    OTHER,
    TEXT,
    TRUTH,
)
from lake_assets.discover.cells.column_profile import ColumnProfile, Example, TypeRules
from lake_assets.discover.cells.printable import shown
from lake_assets.discover.infer.columns import TableColumns
from lake_assets.discover.survey.table_survey import TableSurvey
from lake_assets.escapes import escape_unprintable
from lake_assets.pluralize import pluralize

MOST_REASONS = 3  # of bad records; with more nobody reads the first

_TYPE_REASONS = {
    "bigint": "whole numbers",
    "numeric(20,0)": "whole numbers, some above bigint's 9223372036854775807",
    "numeric": "numbers, kept with the digits they are written with",
    "double precision": "floating-point numbers as DMS writes them",
    "date": "dates",
    "timestamp": "times without a time zone",
    "timestamptz": "times with an offset; the instant is kept, the offset is not",
    "time": "times of day",
    "interval": "times, some beyond 24 hours or below zero",
    "uuid": "UUIDs in lower case",
    "boolean": "truth values",
    "jsonb": "JSON objects or arrays; blanks and the order of keys are not kept",
}
_CLASS_NAMES = {
    BIT: "a whole number",
    "whole": "a whole number",
    "unsigned": "a whole number",
    "long": "a whole number",
    "decimal": "a decimal number",
    "scientific": "a floating-point number",
    "date": "a date",
    "moment": "a time",
    "instant": "a time with an offset",
    "clock": "a time of day",
    "span": "a time span",
    "uuid": "a UUID",
    "word": "a truth value",
    "json": "JSON",
    **dict.fromkeys((*ORDERED_DATES, *ORDERED_MOMENTS), "a date that does not begin with the year"),
    TRUTH: "a truth value",
}
# Why a cell of this form is kept as text.
_PECULIAR = (
    (re.compile(r"[+-]?0[0-9]+(\.[0-9]*)?"), "leading zeros would be lost"),
    (
        re.compile(r"0000-00-00.*|[0-9]{4}-00-.*|[0-9]{4}-[0-9]{2}-00.*", re.DOTALL),
        "a date that does not exist",
    ),
    (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+)?"),
        "a date or time that does not exist, or too fine",
    ),
    (re.compile(r"\+[0-9.]+"), "the plus sign would be lost"),
    (re.compile(r"-0[0.:]*"), "the sign of zero would be lost"),
)


def why_type(profile: ColumnProfile, rules: TypeRules) -> str:
    """Return why a column has the type that `ColumnProfile.type_with` gives it."""
    chosen = profile.type_with(rules)
    if chosen == TEXT:
        return _why_text(profile, rules.null)
    misfits = say_misfits(profile, rules)
    if misfits:
        return f"{_TYPE_REASONS[chosen]}, but for {misfits}"
    if profile.declared == chosen:
        return "as the Parquet file's schema has it"
    return _TYPE_REASONS[chosen]


def say_misfits(profile: ColumnProfile, rules: TypeRules) -> str:
    """Return how many cells a column's type does not hold, with one of them; nothing if it holds all."""
    nearest = profile.nearest(rules)
    if nearest is None or not nearest.count:
        return ""
    examples = [profile.examples[kind] for kind in sorted(nearest.misfits)]
    examples += _unmeant(profile, rules.null)
    total = profile.cells + profile.unmeant(rules.null)
    named = f"{shown(examples[0].value)} at record {examples[0].record:,} of "
    return f"{nearest.count:,} of {total:,} cells, such as {named}{escape_unprintable(examples[0].file)}"


def table_misfits(folder: str, columns: TableColumns, rules: TypeRules) -> Iterator[str]:
    """Return for each column which few cells do not fit its type, for a person to know of them."""
    for column in columns.columns:
        misfits = say_misfits(column.profile, rules)
        if misfits:
            chosen = column.profile.type_with(rules)
            named = escape_unprintable(column.name)
            yield f"{folder}: {named} is {chosen} but for {misfits}; they go to quarantine"


def _unmeant(profile: ColumnProfile, null: str) -> list[Example]:
    """Return the first of the unquoted texts that may mean NULL, and do not here."""
    return [example for text, example in profile.first_bare.items() if text != null]


def _why_text(profile: ColumnProfile, null: str) -> str:
    """Return why a column is text: a cell that no other type keeps, or two that no type keeps both."""
    if OTHER in profile.examples:
        return _odd_one(profile.examples[OTHER])
    not_null = _unmeant(profile, null)
    if not profile.examples:
        if not_null:
            return f"{shown(not_null[0].value)} and no other cell"
        return "no cell holds anything"
    for kind in ODD:
        if kind in profile.examples:
            return _odd_one(profile.examples[kind])
    said = [_with_class(kind, example) for kind, example in profile.examples.items()]
    said += map(_with_place, not_null)
    return " and ".join(said[:2])


def _with_class(kind: str, example: Example) -> str:
    return f"{_CLASS_NAMES.get(kind, 'a letter')}, {_with_place(example)}"


def _odd_one(example: Example) -> str:
    if not example.value:
        return f"a quoted empty cell, which is an empty text, {_place(example)}"
    for form, reason in _PECULIAR:
        if form.fullmatch(example.value):
            return f"{_with_place(example)}: {reason}"
    return _with_place(example)


def _with_place(example: Example) -> str:
    return f"{shown(example.value)} {_place(example)}"


def _place(example: Example) -> str:
    _, _, name = example.file.rpartition("/")
    return f"at record {example.record:,} of {escape_unprintable(name)}"


def table_comments(survey: TableSurvey, columns: TableColumns) -> Iterator[str]:
    """Return what is to be said of a table's files: how many, what is bad, header, Op and widths."""
    yield _size(survey, columns)
    for reason, count in survey.bad.most_common(MOST_REASONS):
        yield f"{pluralize(count, 'bad record')}: {reason}"
    yield _header(columns)
    if columns.letters:
        yield "the leading Op column is left out"
    widths = _why_widths(columns.widths, len(columns.columns))
    if widths:
        yield widths


def _size(survey: TableSurvey, columns: TableColumns) -> str:
    size = f"{pluralize(len(survey.files), 'file')}, {pluralize(columns.records, 'record')}"
    bad = survey.bad.total()
    if bad:
        return f"{size}, {pluralize(bad, 'bad record')} for quarantine"
    return size


def _header(columns: TableColumns) -> str:
    header = columns.header
    if header.verdict != "header":
        return f"no header: {header.why}"
    in_all = all(reading.header for reading in columns.readings.values())
    if in_all:
        return f"header: {header.why}"
    return f"header in some files: {header.why}"


def _why_widths(widths: Mapping[int, int], due: int) -> str:
    """Return which records have not as many cells as the table has columns; nothing if all have."""
    others = []
    for width, count in sorted(widths.items()):
        if width != due and count:
            others.append(f"{pluralize(count, 'record')} of {pluralize(width, 'cell')}")
    if others:
        return f"some files are of another width: {', '.join(others)}"
    return ""

"""Tables that the catalog has, held against the lake: types that no longer hold, columns that came or went.

Nothing is changed here, and nothing is said of types that cannot be judged without PostgreSQL.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from lake_assets.catalog.models import Column, Table
from lake_assets.discover.batches import read_batches, read_named
from lake_assets.discover.classes import FIGURES, ODD, survives_as_jsonb
from lake_assets.discover.open import why_shut
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.survey import Reader
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject
from lake_assets.load.staging.documents import JSON_TYPES
from lake_assets.readers.detect import detect

_NUMBERS = frozenset({"whole", "unsigned", "long", "decimal", "scientific", FIGURES})
_TIMES = frozenset({"date", "moment", "instant"})
_HOLDS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("smallint", "int2", "integer", "int", "int4", "bigint", "int8"), frozenset({"whole", FIGURES})
    ),
    **dict.fromkeys(
        ("numeric", "decimal", "real", "float4", "double precision", "float8", "float"), _NUMBERS
    ),
    **dict.fromkeys(("boolean", "bool"), frozenset({"word", "t", "f", "whole"})),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), _TIMES),
    **dict.fromkeys(("timestamp without time zone", "timestamp with time zone"), _TIMES),
    "time": frozenset({"clock"}),
    "interval": frozenset({"clock", "span"}),
    "uuid": frozenset({"uuid"}),
    **dict.fromkeys(("json", "jsonb"), frozenset({"json"})),
}
_LENIENT = re.compile(
    r"\s*(?:[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|[+-]?inf(?:inity)?|yes|no|on|off|true|false"
    r"|\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?)\s*",
    re.IGNORECASE,
)
_NO_DATE = re.compile(r"0000-.*|[0-9]{4}-00-.*|[0-9]{4}-[0-9]{2}-00.*", re.DOTALL)


@dataclass
class Observed:
    """What the files of a table of the catalog hold.

    Attributes:
        columns: by the file's name for them.
        absent: columns of the catalog that no file has so far.
        newest: the columns of the newest file.
        last_files: the name of the newest file that has each column.
        bad: how many bad records there are, by reason.
        records: how many good ones.
        files: how many files were read.
        unreadable: files that cannot be read, with the reason.
    """

    columns: dict[str, ColumnProfile] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)
    newest: frozenset[str] = frozenset()
    last_files: dict[str, str] = field(default_factory=dict)
    bad: Counter[str] = field(default_factory=Counter)
    records: int = 0
    files: int = 0
    unreadable: list[tuple[str, str]] = field(default_factory=list)


def observe(
    reader: Reader,
    table: Table,
    objects: Sequence[LakeObject],
    progress: Callable[[], None] = lambda: None,
) -> Observed:
    """Read all files of a table as the loader reads them.

    Args:
        reader: where the bytes come from.
        table: as the catalog has it.
        objects: its files.
        progress: called after each file.
    """
    observed = Observed(absent=set(table.file_columns))
    for target in objects:
        try:
            _read(reader, table, target, observed)
        except LakeError as error:
            observed.unreadable.append((reader.lake.url(target), str(error)))
        progress()
    return observed


def _read(reader: Reader, table: Table, target: LakeObject, observed: Observed) -> None:
    dialect, chunks = detect(target, table, reader.chunks)
    observed.files += 1
    observed.absent -= set(dialect.columns)
    width = len(dialect.columns) + dialect.op
    name = target.key.rpartition("/")[2]
    header = dialect.header and dialect.format == "csv"
    observed.newest = frozenset(dialect.columns)
    observed.last_files |= dict.fromkeys(dialect.columns, name)
    if dialect.format == "csv":
        told = {"compression": dialect.compression, "encoding": dialect.encoding}
        batches = read_batches(chunks, table.files.model_copy(update=told), width)
    else:
        batches = read_named(chunks, dialect)
    for batch in batches:
        observed.bad.update(batch.bad)
        observed.records += len(batch.numbers)
        skip = header and list(batch.numbers[:1]) == [1]
        numbers = [number - header for number in batch.numbers[skip:]]
        for column, cells in zip(dialect.columns, batch.columns[dialect.op :], strict=True):
            observed.columns.setdefault(column, ColumnProfile()).absorb(cells[skip:], numbers, name)


def misfits(table: Table, observed: Observed) -> Iterator[tuple[Column, ColumnProfile]]:
    """Give the columns whose type does not hold for all their cells."""
    for column in table.columns:
        profile = observed.columns.get(column.file_column)
        if profile is None or column.path is not None or _is_document(column, profile, table.files.null):
            continue
        if not _holds(column.type, profile, table.files.null):
            yield column, profile


def _is_document(column: Column, profile: ColumnProfile, null: str) -> bool:
    """Tell whether a column keeps documents whole, and none but broken ones, which are for quarantine."""
    documents = profile.documents
    if documents is None or documents.lossy or column.type.strip().lower() not in JSON_TYPES:
        return False
    return why_shut(column.file_column, profile, null) != ""


def _holds(declared: str, profile: ColumnProfile, null: str) -> bool:
    base = re.sub(r"\s*\([^)]*\)", "", " ".join(declared.lower().split()))
    fitting = _HOLDS.get(base)
    if fitting is None:
        return True
    if profile.bare.keys() - {null}:
        return False
    return all(holds(base, kind, found.value) for kind, found in profile.examples.items())


def holds(base: str, kind: str, value: str) -> bool:
    """Tell whether a type may hold a cell.

    Args:
        base: the type, without modifiers.
        kind: the cell's class.
        value: the cell.
    """
    return kind in _HOLDS[base] or _may_hold(base, kind, value)


def _may_hold(base: str, kind: str, value: str) -> bool:
    """Tell whether PostgreSQL may take a cell that `discover` itself would keep as text."""
    if base in {"json", "jsonb"}:
        return survives_as_jsonb(value) or kind in {"whole", "decimal", "word"}
    if kind == FIGURES:
        return not _NO_DATE.fullmatch(value)
    return kind in ODD and _LENIENT.fullmatch(value) is not None


def gone_columns(table: Table, observed: Observed) -> dict[str, str]:
    """Give the columns that the newest file has no more, with the name of the last file that has each."""
    named = [column for column in table.file_columns if column not in observed.newest]
    return {column: observed.last_files[column] for column in named if column in observed.last_files}


def new_columns(table: Table, observed: Observed) -> dict[str, ColumnProfile]:
    """Give the columns of the files that the catalog does not name."""
    if table.new_columns == "ignore":
        return {}
    named = set(table.file_columns)
    return {name: profile for name, profile in observed.columns.items() if name not in named}

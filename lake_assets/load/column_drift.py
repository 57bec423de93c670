"""Columns that come and go, and headers that do: what is refused, and how a table-hour's note tells it.

What files before had is known by `ledger.schema_changes`; new columns are added to main in `load.hour`.
"""

from collections.abc import Iterator, Sequence

from lake_assets.catalog.models import Table
from lake_assets.escapes import escape_unprintable
from lake_assets.exceptions import LoadError
from lake_assets.ledger.headed_files import HeadedFile
from lake_assets.ledger.schema_changes import SchemaChange
from lake_assets.readers.dialect import Dialect
from lake_assets.readers.header import names_all_columns
from lake_assets.states.facts import Fact, Facts
from lake_assets.states.sentences import renamed

MOST_NAMED = 10  # changes in a note; the view has them all
MOST_CELLS = 20  # of a header or a first record in an error
LONGEST_CELL = 40  # characters of one


def refuse_foreign(url: str, dialect: Dialect, table: Table) -> None:
    """Refuse a file that has nothing to do with the table.

    Raises:
        LoadError: it has none of the columns that the catalog names.
    """
    if len(dialect.missing) < len(table.file_columns):
        return
    is_csv = dialect.format == "csv"
    has = "it has"
    if dialect.header:
        where = "header" if is_csv else "schema"
        has = f"its {where} {', '.join(dialect.columns)} names"
    remedy = "Give the file's names in the catalog as `from:`"
    if is_csv:
        remedy += ", or set `header: false` if its first record is data"
    raise LoadError(f"{url}: {has} none of the columns {', '.join(dialect.missing)}. {remedy}.")


def refuse_headerless(url: str, dialect: Dialect, table: Table, headed: HeadedFile | None) -> None:
    """Refuse a file whose first record may be a header that nobody knows, where the table's files had one.

    Args:
        url: the file's address.
        dialect: how it would be read.
        table: the table as the catalog has it.
        headed: a file of the table that had a header; None where none had.

    Raises:
        LoadError: it may be one, or the file's cells are not told apart by the catalog's places.
    """
    is_empty = not dialect.first and not dialect.is_doubtful
    if headed is None or dialect.is_declared or is_empty:
        return
    if not dialect.is_doubtful and headed.has_order_of(table):
        return
    first = _shown(dialect.first) or "(empty, or of broken quoting)"
    raise LoadError(
        f"{url}: its first record {first} does not read as a header, and the table's files "
        f"have had one: {_shown(headed.columns)} ({headed.key}). If columns were renamed, name them in the "
        "catalog (`from:`), or say `header: true` in `files:`; if there is no header now, `header: false`."
    )


def refuse_named(url: str, dialect: Dialect, table: Table) -> None:
    """Refuse a file that begins with the names of all columns, where the catalog says that it has no header.

    Raises:
        LoadError: it does.
    """
    if dialect.is_declared and names_all_columns(dialect.first, table):
        raise LoadError(
            f"{url}: its first record names all columns ({_shown(dialect.first)}), and the catalog says "
            "`header: false`: it would be a row. Set `header: auto`, or `header: true`, in `files:`."
        )


def _shown(cells: Sequence[str]) -> str:
    """Return cells as they stand in a file, as many and as much of each as a reader can use."""
    shown = []
    for cell in cells[:MOST_CELLS]:
        is_long = len(cell) > LONGEST_CELL
        beginning = cell[: LONGEST_CELL - 1] + "…" if is_long else cell
        shown.append(escape_unprintable(beginning))
    if len(cells) > MOST_CELLS:
        shown.append("…")
    return ",".join(shown)


def refuse_mixed(files: Sequence[tuple[str, Dialect]]) -> None:
    """Refuse full loads whose folders, side by side below the table's, are those of different tables.

    Args:
        files: the address of each file of a full load in a folder of its own, and how it is read.

    Raises:
        LoadError: their columns have little in common.
    """
    first: tuple[str, Dialect] | None = None
    for url, dialect in files:
        folder = url.rpartition("/")[0]
        if first is None:
            first = folder, dialect
        elif folder != first[0] and not _are_alike(first[1], dialect):
            raise LoadError(
                f"{first[0]} and {folder} hold files of different tables ({_columns_of(first[1])}; "
                f"{_columns_of(dialect)}), and none is loaded. LAKE_ASSETS_LAKE, or `from` in the catalog, "
                "is a folder too high; if these are partitions of one table, reload it in DMS."
            )


def _are_alike(one: Dialect, other: Dialect) -> bool:
    """Return whether two files may be of one table: at least half of their columns are the same."""
    if not one.header or not other.header:
        return len(one.columns) == len(other.columns)
    names = set(one.columns) | set(other.columns)
    same = set(one.columns) & set(other.columns)
    return 2 * len(same) >= len(names)


def _columns_of(dialect: Dialect) -> str:
    if not dialect.header:
        return f"{len(dialect.columns)} columns"
    return ", ".join(dialect.columns[:MOST_NAMED])


def refuse_missing(url: str, dialect: Dialect, table: Table) -> None:
    """Refuse a file that lacks columns, where the catalog says so.

    Raises:
        LoadError: it does, and `missing_columns` is `fail`.
    """
    if not dialect.missing or table.missing_columns != "fail":
        return
    guesses = ""
    for found, column in maybe_renamed(dialect, table):
        guess = renamed(found, column)
        guesses += f" {guess[0].upper()}{guess[1:]}."
    raise LoadError(
        f"{url} has no column {', '.join(dialect.missing)}, and missing_columns is fail.{guesses} "
        "Write the file again with it, change the catalog, or set missing_columns to fill."
    )


def missing_columns(key: str, dialect: Dialect, table: Table) -> Iterator[Fact]:
    """Yield what is to be noted of the columns that a file lacks."""
    if dialect.missing:
        yield Fact.of("columns_missing", key=key, columns=list(dialect.missing))
    for found, column in maybe_renamed(dialect, table):
        yield Fact.of("column_renamed", key=key, found=found, column=column)


def maybe_renamed(dialect: Dialect, table: Table) -> Iterator[tuple[str, str]]:
    """Yield the unknown columns that stand where the catalog has one the file lacks, each with that one."""
    if dialect.format == "jsonl":
        return  # keys have no places
    places = table.file_places
    for missing in dialect.missing:
        place = places[missing]
        if place > len(dialect.columns):
            continue
        stands = dialect.columns[place - 1]
        if stands in dialect.extra:
            yield stands, missing


def schema_changed(changes: Sequence[SchemaChange]) -> Facts:
    """Return what is to be noted of the changes since the files before, if there are any."""
    if not changes:
        return ()
    named = [(change.change, change.column_name, change.detail) for change in changes[:MOST_NAMED]]
    return (Fact.of("schema_changed", changes=named, more=len(changes) - len(named)),)

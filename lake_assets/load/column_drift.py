"""Columns that come and go: what the catalog's policy says to it, and how a table-hour's note tells it.

What files before had is known by `ledger.schema_changes`; new columns are added to main in `load.hour`.
"""

from collections.abc import Iterator, Sequence

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError
from lake_assets.ledger.schema_changes import SchemaChange
from lake_assets.readers.dialect import Dialect

MOST_NAMED = 10  # changes in a note; the view has them all


def refuse_missing(url: str, dialect: Dialect, table: Table) -> None:
    """Refuse a file that lacks columns, where the catalog says so.

    Raises:
        LoadError: it does, and `missing_columns` is `fail`.
    """
    if dialect.missing and table.missing_columns == "fail":
        guesses = "".join(f" {guess[0].upper()}{guess[1:]}." for guess in maybe_renamed(dialect, table))
        raise LoadError(
            f"{url} has no column {', '.join(dialect.missing)}, and missing_columns is fail.{guesses} "
            "Write the file again with it, change the catalog, or set missing_columns to fill."
        )


def maybe_renamed(dialect: Dialect, table: Table) -> Iterator[str]:
    """Name the unknown columns that stand where the catalog has one the file lacks; only a guess."""
    if dialect.format == "jsonl":
        return  # keys have no places
    places = table.file_places
    for missing in dialect.missing:
        place = places[missing]
        stands = dialect.columns[place - 1] if place <= len(dialect.columns) else None
        if stands in dialect.extra:
            yield f"{stands!r} may be {missing!r} renamed (`from:` in the catalog would say so)"


def note_of(changes: Sequence[SchemaChange]) -> Iterator[str]:
    """Say what changed since the files before, if anything did."""
    if changes:
        told = [str(change) for change in changes[:MOST_NAMED]]
        if more := len(changes) - len(told):
            told.append(f"and {more} more in lake_assets.schema_changes")
        yield f"schema changes: {', '.join(told)}"

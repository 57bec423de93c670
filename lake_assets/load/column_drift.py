"""Columns that come and go: what the catalog's policy says to it, and which may be others renamed.

What files before had is known by `ledger.schema_changes`; new columns are added to main in `load.hour`.
"""

from collections.abc import Iterator

from lake_assets.catalog.models import Table
from lake_assets.exceptions import LoadError
from lake_assets.readers.dialect import Dialect
from lake_assets.states.sentences import renamed


def refuse_missing(url: str, dialect: Dialect, table: Table) -> None:
    """Refuse a file that lacks columns, where the catalog says so.

    Raises:
        LoadError: it does, and `missing_columns` is `fail`.
    """
    if dialect.missing and table.missing_columns == "fail":
        guesses = ""
        for found, column in maybe_renamed(dialect, table):
            guesses += f" {_capitalized(renamed(found, column))}."
        raise LoadError(
            f"{url} has no column {', '.join(dialect.missing)}, and missing_columns is fail.{guesses} "
            "Write the file again with it, change the catalog, or set missing_columns to fill."
        )


def _capitalized(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def maybe_renamed(dialect: Dialect, table: Table) -> Iterator[tuple[str, str]]:
    """Yield the unknown columns that stand where the catalog has one the file lacks, each with that one."""
    if dialect.format == "jsonl":
        return  # keys have no places
    places = table.file_places
    for missing in dialect.missing:
        place = places[missing]
        stands = dialect.columns[place - 1] if place <= len(dialect.columns) else None
        if stands is not None and stands in dialect.extra:
            yield stands, missing

"""Columns of numbers, dates and times: what a cell must look like to be one of their values.

It tells values from words where a file does not say what its cells are: under no header (`readers.header`),
or behind a cell that may be an empty `Op` (`readers.file_columns`). Whether a value is one indeed is
PostgreSQL's business.
"""

from lake_assets.catalog.models import Table

FIGURE_TYPES = (
    *("smallint", "int", "bigint", "numeric", "decimal", "real", "double precision", "float", "money"),
    *("date", "time"),  # and all that begin so: integer, int8, timestamp, timestamptz, timetz
)
"""Types whose values have digits, as no word that names a column has."""


def figure_places(table: Table) -> list[int]:
    """Return the places of a table's columns of numbers, dates and times, from 1, in the catalog's order."""
    places = table.file_places
    found = []
    for column in table.columns:
        declared = column.type.casefold()
        is_array = declared.endswith(("]", " array"))
        if declared.startswith(FIGURE_TYPES) and not column.path and not is_array:
            found.append(places[column.file_column])
    return found


def has_digit(cell: str) -> bool:
    """Return whether a digit stands in a cell."""
    return any(map(str.isdecimal, cell))

"""The columns of a DataFrame by the names they have in the warehouse, and which names cannot be.

What type a column has there belongs to `load.frames.values`.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from lake_assets.catalog.values import LONGEST_NAME, OUR_COLUMNS, SYSTEM_COLUMNS
from lake_assets.exceptions import WarehouseError

Columns = Mapping[str, "pd.Series[Any]"]


def columns_of(table: str, frame: Any, *, partition_column: str | None) -> Columns:
    """Return a DataFrame's columns by their names in the warehouse.

    Args:
        table: what errors call the table.
        frame: the DataFrame, or what came instead of one.
        partition_column: the one column with `_lake_` that it may have.

    Raises:
        WarehouseError: it is no DataFrame, or its columns cannot be those of a table.
    """
    if not isinstance(frame, pd.DataFrame):
        raise WarehouseError(
            f"{table}: a {type(frame).__name__} came where a pandas DataFrame was due. "
            "Make one of it, such as pd.DataFrame(rows)."
        )
    names = [str(label) for label in frame.columns]
    faults = [*_faults_of_doubles(names), *_faults_of_names(names, partition_column)]
    if faults:
        raise WarehouseError(f"{table}: {' '.join(faults)} Rename the DataFrame's columns.")
    if len(frame) and not names:
        raise WarehouseError(f"{table}: the DataFrame has {len(frame)} rows and no columns.")
    return {name: frame.iloc[:, number] for number, name in enumerate(names)}


def _faults_of_doubles(names: Sequence[str]) -> Iterator[str]:
    counts = Counter(names)
    for name in sorted(counts):
        if counts[name] > 1:
            yield f"there is more than one column {name!r}."


def _faults_of_names(names: Sequence[str], partition_column: str | None) -> Iterator[str]:
    """Yield what is wrong with the names, one kind of fault after the other."""
    for name in names:
        fault = fault_of_name(name)
        if fault:
            yield fault
    for name in names:
        if name.startswith(OUR_COLUMNS) and name != partition_column:
            yield f"the name {name!r} begins with {OUR_COLUMNS}, which is kept for lake_assets."
    for name in names:
        if name in SYSTEM_COLUMNS:
            yield f"the name {name!r} is that of a system column of every PostgreSQL table."


def fault_of_name(name: str) -> str | None:
    """Return why PostgreSQL cannot keep a name as it is, if it cannot."""
    if name and "\0" not in name and len(name.encode()) <= LONGEST_NAME:
        return None
    return f"the name {name!r} does not have 1 to {LONGEST_NAME} bytes without NUL."

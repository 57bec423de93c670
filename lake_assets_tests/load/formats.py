"""Files of several formats, and their keys, for the tests of table-hours."""

import io
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from lake_assets_tests.fix_bench import HOUR


def key(ending: str, number: int = 0) -> str:
    """Return the key of a file of changes of the hour."""
    return f"shop/orders/{HOUR:%Y%m%d-%H}{number:02d}00000.{ending}"


def parquet_of(table: pa.Table, **options: Any) -> bytes:
    """Write a Parquet file."""
    written = io.BytesIO()
    parquet.write_table(table, written, **options)
    return written.getvalue()


WHOLE = parquet_of(pa.table({"id": list(range(1000))}), use_dictionary=False, compression="none")

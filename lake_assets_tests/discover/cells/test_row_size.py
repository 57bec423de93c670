"""Proves that very wide tables get as many columns as a row of PostgreSQL holds."""

import pytest

from lake_assets.catalog.values import MOST_COLUMNS
from lake_assets_tests.discover.conftest import Unknown


def write(cell: str, columns: int) -> str:
    """Write a header and two records."""
    names = ",".join(f"c{place}" for place in range(columns))
    return f"{names}\n" + 2 * (",".join([cell] * columns) + "\n")


@pytest.mark.parametrize(
    ("cell", "columns", "kind"),
    [("7", 900, "bigint"), ("7", 1500, "text"), ("2018-09-06 10:00:00", 420, "timestamp")],
)
def test_a_wide_table_is_loaded_whole(unknown: Unknown, cell: str, columns: int, kind: str) -> None:
    """Types are given up where a row has no room for them, and no column is."""
    unknown.put(write(cell, columns))
    (report,) = unknown.discover()

    assert not report.left_out
    assert set(unknown.types().values()) == {kind}
    assert [load.state for load in unknown.load()] == ["loaded"]
    assert len(unknown.rows()) == 2


@pytest.mark.parametrize(("cell", "columns", "named"), [("7", 2000, MOST_COLUMNS), ("x" * 40, 800, 436)])
def test_what_no_row_holds_is_said(unknown: Unknown, cell: str, columns: int, named: int) -> None:
    """The first columns are named and loaded, the others are ignored, and the command says so."""
    unknown.put(write(cell, columns))
    (report,) = unknown.discover()

    assert (len(unknown.types()), unknown.table().new_columns) == (named, "ignore")
    assert f"the first {named:,} of {columns:,} columns" in report.left_out[0]
    assert [load.state for load in unknown.load()] == ["loaded"]

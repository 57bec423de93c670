"""Proves that `discover` chooses types by a full scan of all files, and says why."""

import gzip

import pytest

from lake_assets.discover.cells.column_profile import ColumnProfile, TypeRules
from lake_assets_tests.discover.conftest import CHANGES, FULL, LATER, Unknown

MANY = 20_000


def test_one_bad_cell_among_many_decides_nothing(unknown: Unknown) -> None:
    """The type holds all cells but one, which is told, goes to quarantine, and is no drift later on."""
    unknown.put("".join(f"{number},x\n" for number in range(MANY)) + "\x1bA7,x\n")
    (report,) = unknown.discover()
    (again,) = unknown.discover()

    assert unknown.types() == {"column_1": "bigint", "column_2": "text"}
    misfit = rf"1 of 20,001 cells, such as '\x1bA7' at record 20,001 of shop/orders/{FULL}"
    assert f"# whole numbers, but for {misfit}" in unknown.text()
    assert f"shop/orders: column_1 is bigint but for {misfit}; they go to quarantine" in report.notes
    assert (again.drift, again.changed) == ("", [])
    (load,) = unknown.load()
    assert (load.state, load.files[0].counts.quarantined) == ("quarantined", 1)


@pytest.mark.parametrize(
    ("cells", "most_misfits", "expected"),
    [
        ([*map(str, range(2000)), "A7"], 0.001, "bigint"),
        ([*map(str, range(2000)), "A7"], 0.0, "text"),
        ([*map(str, range(900)), "A7"], 0.001, "text"),
        ([*map(str, range(900)), "A7", "A8"], 0.01, "bigint"),
        ([*map(str, range(2000)), "007"], 0.001, "text"),  # which would be loaded as 7
        ([*map(str, range(2000)), "1.5"], 0.001, "numeric"),
        ([*map(str, range(2000)), "NULL"], 0.001, "bigint"),
        (["2018-09-06"] * 2000 + ["0000-00-00"], 0.001, "date"),
        (["2018-09-06"] * 2000 + ["2018-09-06 10:00:00"], 0.001, "text"),
        (["true", "f", "1"] * 700 + ["maybe"], 0.001, "boolean"),
        (["A7"] * 200 + [*map(str, range(500_000))], 0.001, "text"),  # known for text before the numbers came
    ],
)
def test_misfits_decide_nothing_while_they_are_few(
    cells: list[str], most_misfits: float, expected: str
) -> None:
    """Fewer than the part that is asked for, and of those alone that PostgreSQL refuses for the type."""
    profile = ColumnProfile()
    for at in range(0, len(cells), 1000):
        part = cells[at : at + 1000]
        profile.absorb(part, range(at + 1, at + 1 + len(part)), "shop/orders/x.csv")

    assert profile.type_with(TypeRules("", most_misfits)) == expected


def test_every_file_is_looked_at(unknown: Unknown) -> None:
    """One odd cell in the last file of a table decides."""
    unknown.put("1,a\n2,b\n", f"shop/orders/{CHANGES}")

    assert unknown.describe("007,c\n", f"shop/orders/{LATER}")["column_1"] == "text"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "9223372036854775807"], "bigint"),
        (["1", "18446744073709551615"], "numeric(20,0)"),
        (["1.50", "2.25"], "numeric"),
        (["1", "2.25"], "numeric"),
        (["0", "1", "1"], "bigint"),
        (["+5.0656000000000000e+05", "-1.0000000000000000e+00"], "double precision"),
        (["+5.0656000000000000e+05", "12.5"], "numeric"),
        (["2018-09-06", "0000-00-00"], "text"),
        (["2018-09-06 10:00:00", "2018-09-06"], "text"),
        (["10:00:00", "838:59:59"], "interval"),
        (["t", "f"], "boolean"),
        (["f", "f"], "text"),
        (["true", "t", "0", "False"], "boolean"),
        (["t", "1"], "text"),
        (["9999-12-31 00:00:00+00", "0001-01-01 00:00:00+00"], "timestamptz"),
        (["2018-09-06 10:00:00.1230000"], "timestamp"),
        (["", ""], "text"),
        (["08123", "08124"], "text"),
        (['"{ ""a"" : 1 }"', '"[ ]"'], "jsonb"),
        (['"{ ""a"" : 1 }"', "nothing"], "text"),
    ],
)
def test_the_cells_of_a_column_decide_together(unknown: Unknown, cells: list[str], expected: str) -> None:
    """A column has the narrowest type that keeps every one of its cells."""
    body = "".join(f"{number},{cell}\n" for number, cell in enumerate(cells))

    assert unknown.describe(body)["column_2"] == expected


def test_a_quoted_empty_cell_is_an_empty_text(unknown: Unknown) -> None:
    """Among numbers a bare empty cell is NULL, and a quoted one makes the column text."""
    types = unknown.describe('1,1,1\n2,,""\n')

    assert types == {"column_1": "bigint", "column_2": "bigint", "column_3": "text"}


def test_bad_records_decide_nothing(unknown: Unknown) -> None:
    """A record that goes to quarantine anyway makes no column text."""
    types = unknown.describe('1,2\nx\ny,"z"z\n3,4\n5,6\n')

    assert types == {"column_1": "bigint", "column_2": "bigint"}
    assert "2 bad records for quarantine" in unknown.text()


def test_packed_files_are_read(unknown: Unknown) -> None:
    """A gzip file is scanned like any other."""
    assert unknown.describe(gzip.compress(b"1,x\n2,y\n"))["column_1"] == "bigint"


def test_a_key_is_named_where_one_is_evident(unknown: Unknown) -> None:
    """A first column named id whose cells all differ is told as the key."""
    unknown.describe("id,n\n1,5\n2,5\n")

    assert "# key: [id] is unique in all files" in unknown.text()


def test_no_key_is_named_where_cells_repeat(unknown: Unknown) -> None:
    """A column in which a cell comes twice, even in two files, is no key."""
    unknown.put("id,n\n1,5\n2,5\n")
    unknown.describe("id,n\n2,6\n", f"shop/orders/{CHANGES}")

    assert "# key" not in unknown.text()

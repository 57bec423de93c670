"""Proves that an order of day and month is proposed where the cells decide it, and nowhere else."""

from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.write.date_order import with_dates
from lake_assets.discover.write.proposals import ProposedColumn, ProposedTable
from lake_assets_tests.discover.conftest import Unknown


def propose(cells: Mapping[str, Sequence[str]]) -> ProposedTable:
    """Propose a table of columns of these cells, which are texts so far."""
    profiles = {name: ColumnProfile() for name in cells}
    for name, profile in profiles.items():
        profile.absorb(cells[name], range(1, len(cells[name]) + 1), "a.csv")
    columns = [ProposedColumn(name=name, type="text", source_name=name) for name in cells]
    return with_dates(ProposedTable(name="t", folder="t", columns=columns), profiles, "")


@pytest.mark.parametrize(
    ("cells", "order", "types"),
    [
        ({"a": ["01.02.2026", "13.02.2026", ""]}, "dmy", ["date"]),
        ({"a": ["01/02/2026"], "b": ["2/13/2026 10:00:00.5", "2/1/2026 9:00"]}, "mdy", ["date", "timestamp"]),
        ({"a": ["01.02.2026"]}, None, ["text"]),
        ({"a": ["13.02.2026"], "b": ["02/13/2026"]}, None, ["text", "text"]),
        ({"a": ["13.02.2026", "2026-02-13"]}, None, ["text"]),
        ({"a": ["13.02.2026", "14.02.2026 10:00"]}, None, ["text"]),
        ({"a": ["13.02.2026", "?"], "b": ["02/13/2026"]}, "mdy", ["text", "date"]),
        ({"a": ["13.02.26"]}, None, ["text"]),
    ],
)
def test_the_order_is_proposed_if_all_dates_of_a_table_agree(
    cells: Mapping[str, Sequence[str]], order: str | None, types: Sequence[str]
) -> None:
    """A number above 12 decides for all columns; two orders, or none, leave texts with the reason."""
    table = propose(cells)

    assert [column.type for column in table.columns] == types
    assert [option.value for option in table.files.values()] == ([order] if order else [])
    undecided = [column.why for column in table.columns if column.type == "text" and column.why]
    if not order and types == ["text"] * len(cells) and undecided:
        assert "day or month first?" in undecided[0] or "in two orders" in undecided[0]


def test_proposed_dates_load_as_they_are_meant(unknown: Unknown) -> None:
    """The catalog that is written says the order and why, and every record is in main."""
    types = unknown.describe(
        "id,day,at\n1,01.02.2026,01.02.2026 10:00:00\n2,13.02.2026,28.02.2026 09:00:00\n"
    )

    (report,) = unknown.load()

    assert types == {"id": "bigint", "day": "date", "at": "timestamp"}
    assert "dates: dmy" in unknown.text()
    assert "'13.02.2026' can be read in no other order" in unknown.text()
    assert report.state == "loaded"
    rows = [(number, day, at.isoformat()) for number, day, at in unknown.rows()]
    assert rows == [
        (1, date(2026, 2, 1), "2026-02-01T10:00:00"),
        (2, date(2026, 2, 13), "2026-02-28T09:00:00"),
    ]
    (again,) = unknown.discover()
    assert not again.needs_attention

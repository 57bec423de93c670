"""Proves that files which nobody here wrote are discovered and loaded cell by cell."""

from collections.abc import Iterator

import psycopg

from lake_assets.catalog.models import Table
from lake_assets.catalog.read import read_catalog
from lake_assets_tests.discover.conftest import Unknown
from lake_assets_tests.discover.drawn_cells import says_the_same
from lake_assets_tests.discover.foreign import CASES, Foreign
from lake_assets_tests.discover.test_whole import fetch

QUARANTINED = "SELECT table_name, count(*) FROM lake_assets.quarantine GROUP BY 1"


def differences(unknown: Unknown, table: Table, case: Foreign, quarantined: int) -> Iterator[str]:
    """Tell how a table that was loaded differs from the truth."""
    names = [column.source_name for column in table.columns if column.path is None]
    if case.names is None:
        if set(names) & set(case.rows[0]):
            yield "a row became names"
    elif len(set(case.names)) == len(case.names) and all(case.names) and names != list(case.names):
        yield f"names {names}"
    loaded = fetch(unknown, table)
    if (len(loaded), quarantined) != (len(case.rows), case.bad):
        yield f"{len(loaded)} rows and {quarantined} bad ones, not {len(case.rows)} and {case.bad}"
    for number, (row, truth) in enumerate(zip(loaded, case.rows, strict=False), 1):
        if len(row) != len(truth) or not all(map(same, row, truth)):
            yield f"row {number} is {str(row)[:200]}, not {str(truth)[:200]}"


def same(value: object, cell: str | None) -> bool:
    """Tell whether main's value is the file's cell; an empty text passes for NULL, which csv cannot tell."""
    return value in {None, ""} if not cell else value is not None and says_the_same(cell, value)


def test_the_files_of_others_are_loaded_cell_by_cell(unknown: Unknown) -> None:
    """Each table of the collection is in main as it truly is, and what is broken is in quarantine."""
    for name, case in CASES.items():
        for file, body in case.files.items():
            unknown.put(body, f"peers/{name}/{file}")
    unknown.discover()
    unknown.load()
    with psycopg.connect(unknown.url) as connection:
        bad: dict[str, int] = dict(connection.execute(QUARANTINED).fetchall())
    catalog = read_catalog(unknown.folder)  # once, for it is long
    found = {}
    for name, case in CASES.items():
        faults = list(differences(unknown, catalog.table(f"peers.{name}"), case, bad.get(name, 0)))
        if faults:
            found[name] = faults

    assert found == {}

"""Proves `lake_assets.schema_changes`: what each file has otherwise than the one before it, in SQL."""

from datetime import datetime

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets_tests.fix_bench import HOUR, Bench

COLUMNS = {"id": "bigint", "name": "text", "note": "text"}
Change = tuple[int, str, str | None]


@pytest.fixture
def drifting(bench: Bench) -> Bench:
    """Give a bench with a table of three columns, whose files have headers."""
    return bench.with_table(COLUMNS)


def load(bench: Bench, bodies: dict[int, str]) -> None:
    """Write files, by hour, and load their hours in this order."""
    for number, body in bodies.items():
        bench.put(body, at(number))
        bench.load(at(number))


def at(number: int) -> datetime:
    """Give an hour, counted from the first."""
    return HOUR + number * ONE_HOUR


def history(bench: Bench) -> list[Change]:
    """Give the changes: hour, what, column."""
    hours = f"extract(epoch FROM hour - '{HOUR.isoformat()}') / 3600"
    query = f"SELECT ({hours})::int, change, column_name FROM lake_assets.schema_changes ORDER BY 1, 2, 3"
    return [(hour, change, column) for hour, change, column in bench.query(query)]


@pytest.mark.parametrize(
    ("bodies", "changes"),
    [
        ({0: "id,name,note\n1,a,b\n", 1: "id,name,note\n1,a,b\n"}, []),
        ({0: "id,name,note\n1,a,b\n", 1: "id,name,note,tax\n1,a,b,c\n"}, [(1, "added", "tax")]),
        ({0: "id,name,note\n1,a,b\n", 1: "id,note\n1,b\n", 2: "id,note\n1,b\n"}, [(1, "missing", "name")]),
        (
            {0: "id,name,note\n1,a,b\n", 1: "id,note\n1,b\n", 2: "id,name,note\n1,a,b\n"},
            [(1, "missing", "name"), (2, "returned", "name")],
        ),
        (
            {0: "id,name,note\n1,a,b\n", 1: "id,title,note\n1,a,b\n"},
            [(1, "added", "title"), (1, "missing", "name"), (1, "renamed?", "name")],
        ),
        (
            {0: "id,name,note\n1,a,b\n", 1: "note,id,name\nb,1,a\n", 2: "note,id,name\nb,1,a\n"},
            [(1, "reordered", None)],
        ),
        ({0: "id,note,tax\n1,b,c\n"}, [(0, "added", "tax"), (0, "missing", "name")]),
        ({0: "id,note,name\n1,b,a\n", 1: "", 2: "id,note,name\n1,b,a\n"}, []),
        ({0: "1,a,b\n", 1: "1,a,b,c\n", 2: "1,a\n"}, [
            (1, "added", "column_4"), (2, "missing", "column_4"), (2, "missing", "note"),
        ]),
        (
            {0: "id,name,note\n1,a,b\n", 1: "id,name,note\nx,a,b\ny,a,b\n3,a,b\n"},
            [(1, "retyped", "id")],
        ),
        ({0: "id,name,note\n1,a,b\n", 1: "id,name,note\nx,a,b\n2,a,b\n"}, []),
    ],
)  # fmt: skip
def test_what_changed_is_told_once(drifting: Bench, bodies: dict[int, str], changes: list[Change]) -> None:
    """Each change is a row of the hour it came with, and of no later one; empty files change nothing."""
    load(drifting, bodies)

    assert history(drifting) == changes


def test_a_hour_loaded_again_tells_nothing_new(drifting: Bench) -> None:
    """The history does not depend on how often hours are loaded, and in which order."""
    bodies = {1: "id,name,note,tax\n1,a,b,c\n", 0: "id,name,note\n1,a,b\n", 2: "id,name,note,tax\n1,a,b,c\n"}
    load(drifting, bodies)
    once = history(drifting)

    load(drifting, bodies)

    assert once == history(drifting) == [(1, "added", "tax")]


def test_full_loads_and_changes_are_told_apart(drifting: Bench) -> None:
    """A full load without the columns of the change files is compared with full loads alone."""
    drifting.put("I,1,a,b,2018-09-06\n", at(0))
    drifting.load(at(0))
    drifting.bucket.put(f"shop/orders/{at(1):%Y/%m/%d/%H}/LOAD00000001.csv", b"1,a,b\n")
    drifting.load(at(1))
    drifting.put("U,1,a,b,2018-09-06\n", at(2), number=1)
    drifting.put("I,1,a,b,2018-09-06\n", at(2), number=2)
    drifting.load(at(2))

    assert history(drifting) == [(0, "added", "column_4")]
    assert drifting.query("SELECT DISTINCT kind FROM lake_assets.files ORDER BY 1") == [("cdc",), ("full",)]


def test_a_refused_load_tells_which_column_changed_its_type(drifting: Bench) -> None:
    """A column that no longer fits at all refuses the hour; the history names it with its first value."""
    load(drifting, {0: "id,name,note\n1,a,b\n", 1: "id,name,note\nA-1,a,b\nA-2,a,b\n"})

    assert drifting.state(at(1))[0] == "failed"
    assert drifting.query("SELECT change, column_name, detail FROM lake_assets.schema_changes") == [
        ("retyped", "id", "2 of 2 records do not fit its type; the first value is 'A-1'")
    ]


@pytest.mark.parametrize(("bad", "good", "told"), [(2, 2, True), (2, 3, False), (1, 1, False)])
def test_half_of_a_file_and_two_records_make_a_change(bench: Bench, bad: int, good: int, told: bool) -> None:
    """Less than half of a file's records, or one alone, are bad values and no other type."""
    table = bench.with_table({"id": "bigint"})
    table.put((f"{'x' * 100}\ny\n" if bad > 1 else "x\n") + "1\n" * good)
    table.load()

    first = f"{bad} of {bad + good} records do not fit its type; the first value is '{'x' * 60}'"
    assert table.query("SELECT detail FROM lake_assets.schema_changes") == [(first,)] * told


def test_what_is_no_matter_of_types_retypes_nothing(bench: Bench) -> None:
    """A file of updates, which an append table does not take, tells nothing of any column's type."""
    bench.with_table({"id": "bigint"}).put("U,1\nU,2\nI,3\n")
    bench.with_table({"id": "bigint"}).load()

    assert bench.query("SELECT column_name FROM lake_assets.quarantine") == [("Op",), ("Op",)]
    assert bench.query("SELECT change FROM lake_assets.schema_changes") == []


def test_a_column_that_stays_retyped_is_told_once(drifting: Bench) -> None:
    """The next hour with the same trouble is no new change."""
    bad = "id,name,note\nA-1,a,b\nA-2,a,b\n1,a,b\n"
    load(drifting, {0: bad, 1: bad})

    assert history(drifting) == [(0, "retyped", "id")]


def test_keys_of_json_lines_have_no_order(drifting: Bench) -> None:
    """Lines whose keys come in another order, or lack some, are neither reordered nor renamed."""
    lines = ['{"id":1,"name":"a","note":"b"}', '{"note":"b","id":1,"name":"a"}', '{"title":"a","id":1}']
    for number, line in enumerate(lines):
        drifting.bucket.put(drifting.key(at(number)).replace(".csv", ".jsonl"), f"{line}\n".encode())
        report = drifting.load(at(number))

    assert report.note is not None
    assert "renamed" not in report.note
    assert history(drifting) == [(2, "added", "title"), (2, "missing", "name"), (2, "missing", "note")]

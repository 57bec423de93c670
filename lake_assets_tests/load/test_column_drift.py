"""Proves `load.column_drift`: the policy for missing columns, and what notes and metadata tell of drift."""

import dagster as dg
import pytest

from lake_assets.hours import ONE_HOUR, partition_key
from lake_assets.orchestration.io_manager import TableHour
from lake_assets_tests.fix_bench import HOUR, Bench
from lake_assets_tests.fix_dagster import Project, metadata_of

COLUMNS = {"id": "bigint", "name": "text", "note": "text"}
NEXT = HOUR + ONE_HOUR


@pytest.fixture
def drifting(bench: Bench) -> Bench:
    """Return a bench with a table of three columns."""
    return bench.with_table(COLUMNS)


def test_a_missing_column_is_null_by_default(drifting: Bench) -> None:
    """A file that lacks a column loads with NULL in it, and the note says so."""
    drifting.put("id,note\n1,b\n")

    report = drifting.load_twice()

    assert drifting.rows("id, name, note") == [(1, None, "b")]
    assert f"{drifting.key()} has no column name" in (report.note or "")


def test_a_missing_column_can_fail_the_load(drifting: Bench) -> None:
    """With `missing_columns: fail` the hour fails, main stays, and the error names column and remedy."""
    strict = drifting.with_table(COLUMNS, missing_columns="fail")
    strict.put("id,name,note\n1,a,b\n")
    strict.load()
    strict.put("id,title,note\n1,a,b\n")

    report = strict.load_twice()

    assert report.state == "failed"
    assert (report.error or "").startswith(f"s3://{strict.bucket.bucket}/{strict.key()} has no column name,")
    assert "'title' may be 'name' renamed" in (report.error or "")
    assert strict.rows("id, name, note") == [(1, "a", "b")]


def test_a_column_that_may_be_renamed_is_a_guess_in_the_note(drifting: Bench) -> None:
    """An unknown column in the place of a missing one is named, and nothing is done about it."""
    drifting.put("id,title,note\n1,a,b\n")

    report = drifting.load_twice()

    guess = f"{drifting.key()}: 'title' may be 'name' renamed (`from:` in the catalog would say so)"
    assert guess in (report.note or "")
    assert drifting.rows("id, name, title") == [(1, None, "a")]


def test_another_order_is_told_once(drifting: Bench) -> None:
    """The hour whose file first has another order says so; its rows are right, and later hours are silent."""
    drifting.put("id,name,note\n1,a,b\n")
    drifting.put("note,id,name\nb,2,a\n", NEXT)
    drifting.put("note,id,name\nb,3,a\n", NEXT + ONE_HOUR)

    notes = [drifting.load(hour).note for hour in (HOUR, NEXT, NEXT + ONE_HOUR)]

    assert notes == [
        None,
        "schema changes: reordered (note, id, name; before: id, name, note)",
        None,
    ]
    assert drifting.rows("id, name, note") == [(number, "a", "b") for number in (1, 2, 3)]


def test_a_note_is_no_list_of_a_thousand_columns(drifting: Bench) -> None:
    """A note names ten changes and says how many more there are; the view has them all."""
    drifting.put("id,name,note\n1,a,b\n")
    drifting.load()
    extra = [f"extra{number}" for number in range(100)]
    drifting.put(f"id,name,note,{','.join(extra)}\n1,a,b{',c' * 100}\n", NEXT)

    note = drifting.load(NEXT).note or ""

    assert note.endswith("and 90 more in lake_assets.schema_changes")
    assert drifting.query("SELECT count(*) FROM lake_assets.schema_changes") == [(100,)]


def test_dagster_shows_the_changes_of_an_hour(project: Project, drifting: Bench) -> None:
    """The hour's metadata has a table of its changes, and an hour without any has none."""
    hours = dg.HourlyPartitionsDefinition(start_date="2018-09-06-00:00", end_date="2018-09-07-00:00")

    @dg.asset(key=["shop", "orders"], partitions_def=hours)
    def orders(context: dg.AssetExecutionContext) -> TableHour:
        return TableHour(drifting.lake, drifting.table, context.partition_time_window.start)

    drifting.put("id,name,note\n1,a,b\n")
    drifting.put("id,name,note,tax\n1,a,b,c\n", NEXT)

    first, second = (
        metadata_of(project.run(orders, partition=partition_key(hour)))[0] for hour in (HOUR, NEXT)
    )

    assert "schema_changes" not in first
    file = drifting.key(NEXT).rsplit("/", 1)[-1]
    assert second["schema_changes"].records[0].data == {
        "change": "added",
        "column": "tax",
        "detail": "the catalog does not name it",
        "file": file,
    }

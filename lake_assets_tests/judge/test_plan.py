"""Proves `judge.plan`: table-hours become few runs, each of them exactly once."""

from collections import Counter
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.judge.plan import HOURS_PER_RUN, Run, plan_runs
from lake_assets_tests.fix_bench import HOUR, make_table

ORDERS, ITEMS = make_table(), make_table(name="items")
CLIENTS = make_table(source="crm", name="clients")


def hours(*numbers: int) -> list[datetime]:
    """Give hours by their number."""
    return [HOUR + number * ONE_HOUR for number in numbers]


def plan(wanted: dict[Table, list[datetime]]) -> list[Run]:
    """Plan the runs of table-hours."""
    return list(plan_runs(wanted))


def test_hours_that_follow_each_other_are_one_run() -> None:
    """A stretch of hours costs one run, whose tags are its first and last hour."""
    (run,) = plan({ORDERS: hours(0, 1, 2)})

    assert run.hours == tuple(hours(0, 1, 2))
    assert run.tags == {
        "dagster/asset_partition_range_start": "2018-09-06-10:00",
        "dagster/asset_partition_range_end": "2018-09-06-12:00",
    }


def test_a_hole_parts_two_runs() -> None:
    """Hours that nobody asked for are not loaded with their neighbours."""
    assert [run.hours for run in plan({ORDERS: hours(0, 1, 4)})] == [tuple(hours(0, 1)), tuple(hours(4))]


def test_tables_that_want_the_same_hours_share_a_run() -> None:
    """A hundred tables behind by the same hours cost one run, not a hundred."""
    (run,) = plan({ORDERS: hours(0, 1), ITEMS: hours(0, 1)})

    assert run.tables == (ORDERS, ITEMS)


def test_sources_do_not_share_a_run() -> None:
    """Partitions of two sources may begin at different hours, and Dagster runs one kind at a time."""
    runs = plan({ORDERS: hours(0), CLIENTS: hours(0)})

    assert [run.tables for run in runs] == [(ORDERS,), (CLIENTS,)]


def test_a_long_stretch_is_cut() -> None:
    """No run is longer than a week, so that one that is stopped loses little."""
    runs = plan({ORDERS: hours(*range(HOURS_PER_RUN + 1))})

    assert [len(run.hours) for run in runs] == [HOURS_PER_RUN, 1]


def test_older_hours_come_first() -> None:
    """Whatever the tables, runs go from old to new."""
    runs = plan({ORDERS: hours(5), CLIENTS: hours(1), ITEMS: hours(3)})

    assert [run.hours[0] for run in runs] == hours(1, 3, 5)


def test_nothing_wanted_is_no_run() -> None:
    """A table without hours is in no run."""
    assert plan({ORDERS: []}) == []


@given(
    st.dictionaries(
        st.sampled_from([ORDERS, ITEMS, CLIENTS]),
        st.sets(st.integers(0, 400)).map(lambda numbers: hours(*sorted(numbers))),
    )
)
def test_every_wanted_table_hour_is_in_one_run(wanted: dict[Table, list[datetime]]) -> None:
    """Whatever is wanted, each table-hour is in exactly one run, and each run is a stretch of one source."""
    runs = plan(wanted)

    planned = Counter((table, hour) for run in runs for table in run.tables for hour in run.hours)
    assert planned == Counter((table, hour) for table, hours in wanted.items() for hour in hours)
    for run in runs:
        assert len({table.source for table in run.tables}) == 1
        assert run.hours == tuple(run.hours[0] + number * ONE_HOUR for number in range(len(run.hours)))
        assert len(run.hours) <= HOURS_PER_RUN

"""Proves `monitor.run_plan`: table-hours become few runs, each of them exactly once."""

from collections import Counter
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake_assets.catalog.models import Table
from lake_assets.hours import ONE_HOUR
from lake_assets.monitor.run_plan import (
    HOURS_PER_RUN,
    MOST_PLANNED,
    TABLE_HOURS_PER_RUN,
    Run,
    configured_hours,
    plan_runs,
    runs_at_once,
)
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

    assert run.parts == ((ORDERS, tuple(hours(0, 1, 2))),)
    assert run.config == {}
    assert run.tags == {
        "dagster/asset_partition_range_start": "2018-09-06-10:00",
        "dagster/asset_partition_range_end": "2018-09-06-12:00",
    }


def test_scattered_hours_share_a_run_that_names_them() -> None:
    """Hours apart, of several tables too, are one run whose config has each table's own and none between."""
    (run,) = plan({ORDERS: hours(0, 1, 4), ITEMS: hours(2, 300)})

    assert run.config == {
        "ops": {
            "shop__orders": {"config": {"hours": ["2018-09-06T10", "2018-09-06T11", "2018-09-06T14"]}},
            "shop__items": {"config": {"hours": ["2018-09-06T12", "2018-09-18T22"]}},
        }
    }
    assert run.tags == {
        "lake_assets/first_hour": "2018-09-06T10",
        "lake_assets/last_hour": "2018-09-18T22",
    }


def test_runs_of_scattered_hours_are_bounded() -> None:
    """However many tables, such a run has at most 2,000 table-hours, and a week of hours of each table."""
    tables = [make_table(name=f"t{number}") for number in range(30)]

    runs = plan({table: hours(*range(0, 400, 2)) for table in tables})

    assert {run.tables for run in runs} >= {tuple(tables[:11]), tuple(tables[11:22])}
    assert max(len(run.table_hours) for run in runs) <= TABLE_HOURS_PER_RUN
    assert max(len(part) for run in runs for _, part in run.parts) == HOURS_PER_RUN


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

    assert [len(run.table_hours) for run in runs] == [HOURS_PER_RUN, 1]


def test_older_hours_come_first() -> None:
    """Whatever the tables, runs go from old to new."""
    runs = plan({ORDERS: hours(5), CLIENTS: hours(1), ITEMS: hours(3)})

    assert [run.table_hours[0][1] for run in runs] == hours(1, 3, 5)


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
    """Each table-hour is in one run of its source: in its range, or in its config, which is read back so."""
    runs = plan(wanted)

    planned = Counter(key for run in runs for key in run.table_hours)
    assert planned == Counter((table, hour) for table, hours in wanted.items() for hour in hours)
    for run in runs:
        assert len({table.source for table in run.tables}) == 1
        assert len(set(run.tables)) == len(run.tables)
        for table, part in run.parts:
            stretch = [part[0] + number * ONE_HOUR for number in range(len(part))]
            told = stretch if run.is_range else configured_hours(run.config, table)
            assert tuple(told) == part
            assert len(part) <= HOURS_PER_RUN


@pytest.mark.parametrize(
    ("tables", "stretch", "wanted"),
    [
        (3, 2, [(3, True)]),
        (100, 3, [(100, True)]),
        (100, 4, [(100, False)]),
        (450, 2, [(200, False)]),
    ],
)
def test_what_is_made_at_once_is_bounded(tables: int, stretch: int, wanted: list[tuple[int, bool]]) -> None:
    """A range that is too much to write down at once becomes runs of named hours, the first of them now."""
    planned = plan({make_table(name=f"t{number}"): hours(*range(stretch)) for number in range(tables)})

    runs = runs_at_once(planned)

    assert [(len(run.parts), run.is_range) for run in runs] == wanted
    assert sum(run.planned for run in runs) <= MOST_PLANNED
    assert all(list(own) == hours(*range(stretch)) for run in runs for _, own in run.parts)


def test_many_runs_are_made_in_their_order_as_far_as_they_go() -> None:
    """Runs of long stretches are made two at once, the oldest first."""
    planned = plan({ORDERS: hours(*range(4 * HOURS_PER_RUN))})

    assert runs_at_once(planned) == planned[:2]
    assert runs_at_once([]) == []

"""Proves `monitor.empty_hours`: hours whose files hold no record are told once, and quiet nights are not."""

import pytest

from lake_assets.hours import ONE_HOUR
from lake_assets.ledger.waivers import Waiving, waive
from lake_assets.monitor.dms_api import DmsReport, TableCount, TaskState
from lake_assets.monitor.empty_hours import FilledHour, empty_episodes, unusual_episodes
from lake_assets.monitor.testimony import note_counts
from lake_assets_tests.fix_monitor import Court, after, at, make_source


def told(pattern: str, first: int = 0) -> list[tuple[int, int]]:
    """Give first hour and length of the episodes told: # hours with records, . without, w waived."""
    filled = [
        FilledHour("orders", at(number), int(sign == "#"), is_accepted=sign == "w")
        for number, sign in enumerate(pattern)
        if sign != " "
    ]
    episodes = unusual_episodes(empty_episodes(filled), at(first))
    return [((episode.hours[0] - at(0)) // ONE_HOUR, len(episode.hours)) for episode in episodes]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("...", []),
        ("###", []),
        ("#.", [(1, 1)]),
        ("#.#", [(1, 1)]),
        ("#.. .", [(1, 3)]),
        ("#.#.", [(1, 1)]),
        ("#.#..", [(1, 1), (3, 2)]),
        ("#...#..#...", [(1, 3)]),
        ("#w..", []),
        ("#w..#...#....", [(9, 4)]),
    ],
)
def test_an_episode_is_told_while_it_is_longer_than_those_before(
    pattern: str, expected: list[tuple[int, int]]
) -> None:
    """The first is told, so is a longer one; a shorter one, one that was accepted and a beginning are not."""
    assert told(pattern) == expected


def test_an_episode_of_long_ago_is_told_no_more() -> None:
    """Where records came again long since, and nobody looked for two days, it is over."""
    assert told("#.####", first=3) == []
    assert told("#.....", first=3) == [(1, 5)]


def test_an_hour_without_records_after_some_is_told_until_it_is_accepted(court: Court) -> None:
    """Zero bytes or a header alone: one finding for the table, none for a table that is not hourly."""
    court.source = make_source(orders={}, items={"expect": "sparse"})
    for table in ("orders", "items"):
        court.put(0, table=table)
        court.put(1, "", table=table)
        court.put(2, "id,note\n", table=table)
    court.now = after(3)
    court.round()
    court.judge()

    (note,) = court.findings().values()
    assert note.startswith(
        "shop.orders 2018-09-06T11 to 2018-09-06T12 (2 hours): there are files, and no record in them, after "
        "records in 2018-09-06T10, and no record has come since. See whether"
    )

    orders = court.source.tables[0]
    row = court.connection.execute(
        "SELECT updated_at FROM lake_assets.table_hours WHERE table_name = 'orders' AND hour = %s", [at(1)]
    ).fetchone()
    assert row
    accepted = Waiving(hour=at(1), state="loaded", reason=None, files=listed(court, 1), known_since=row[0])
    assert waive(court.connection, orders, [accepted], why="night", who="Ann") == [at(1)]
    court.judge()
    assert court.findings() == {}
    assert court.states()[1] == "waived"


@pytest.mark.parametrize(("moved", "is_told"), [(0, False), (4, True)])
def test_dms_says_whether_nothing_is_all_there_was(court: Court, moved: int, is_told: bool) -> None:
    """Where DMS's own history moved no record of any table, the empty file is what was due."""
    court.put(0)
    court.put(1, "")
    court.now = after(2)
    slots = [f"srv,t,CDC,2018-09-06 11:{minute:02d}:00,5,1,{moved},0\n" for minute in range(0, 60, 5)]
    court.put_control("awsdms_history", "".join(slots))
    court.round()
    court.judge()

    assert ("empty_hours" in court.findings()) is is_told


@pytest.mark.parametrize("changes", [5, 9])
def test_what_dms_counts_is_said_or_believed(court: Court, changes: int) -> None:
    """Where the API counted changes around the hour the finding says how many; where none, there is none."""
    court.put(0)
    court.put(1, "")
    task = TaskState(arn="a", name="t", status="running", why="", started=at(0))
    for moment, counted in ((at(1), 5), (at(2), changes)):
        note_counts(court.connection, report(task, counted), moment)
    court.now = after(2)
    court.round()
    court.judge(report(task, changes))

    said = "DMS counted 4 changes of it between 2018-09-06T11:00 and 2018-09-06T12:00."
    assert [said in note for note in court.findings().values()] == [True] * (changes > 5)


def report(task: TaskState, changes: int) -> DmsReport:
    """Give what DMS's API says of the table."""
    return DmsReport((task,), (TableCount("a", "shop", "orders", "Table completed", changes),))


def listed(court: Court, number: int) -> dict[str, str]:
    """Give the files of an hour, key to ETag."""
    (table, *_) = court.source.tables
    listing = court.lake.list_table(table.source_folder, table, at(number), at(number + 1))
    return {item.key: item.etag for item in listing.objects}

"""Proves `monitor.backlog`: each table-hour in need is asked for, neither twice at once nor without end."""

from datetime import timedelta

import pytest

from lake_assets.catalog.models import Column
from lake_assets.hours import ONE_HOUR
from lake_assets.monitor import backlog as reloads
from lake_assets.monitor.backlog import MOST_CHANGES, WAITS
from lake_assets_tests.fix_monitor import ROWS, START, Court, after, asked, at, make_source

BAD = "x,y,z\n"


def test_what_was_asked_for_is_not_asked_for_again_at_once(court: Court) -> None:
    """Between a request and its run's end the table-hour is not asked for a second time."""
    court.put(0)
    court.judge()

    assert asked(court.ask()) == [("orders", 0)]
    assert court.ask() == []


def test_a_request_that_came_to_nothing_is_made_again(court: Court) -> None:
    """If the run was lost, the table-hour is asked for again after a while, with another key."""
    court.put(0)
    court.judge()
    first = court.ask()
    court.now += WAITS[0]

    second = court.ask()

    assert asked(second) == asked(first)
    assert second[0].key != first[0].key


def test_a_failed_hour_is_tried_again_with_longer_waits(court: Court) -> None:
    """A failed hour is asked for after each wait and not before; the last goes on until the files change."""
    court.put(0, BAD)
    court.round()
    assert court.states() == {0: "failed"}

    for wait in (*WAITS, WAITS[-1]):
        court.now += wait - timedelta(minutes=1)
        assert court.round() == []
        court.now += timedelta(minutes=1)
        assert court.round() == [("orders", 0)]

    court.put(0, "a,b,c\n")
    for wait in (timedelta(0), WAITS[0]):
        court.now += wait
        assert court.round() == [("orders", 0)]


def test_a_failed_hour_is_tried_at_once_when_its_file_is_mended(court: Court) -> None:
    """New files need not wait for the old ones' turn, be they of the same size."""
    court.put(0, BAD)
    court.round()
    note = court.note(0)
    court.put(0, "1,one\n")

    court.judge()
    assert court.note(0) == note
    assert court.round() == [("orders", 0)]
    assert court.states() == {0: "loaded"}


def test_a_failed_hour_is_tried_at_once_when_the_catalog_is_mended(court: Court) -> None:
    """Another entry in the catalog is worth another try, another owner or start of the source is not."""
    court.put(0, BAD)
    court.round()
    assert court.states() == {0: "failed"}
    court.source = make_source(orders={"owner": "team:shop", "start": at(-1)})
    assert court.round() == []

    court.source = make_source(orders={"files": {"quoting": "none"}})

    assert court.round() == [("orders", 0)]


def test_a_file_that_keeps_changing_does_not_loop(court: Court) -> None:
    """After so many loads within a day an hour is left alone, and says so, until the next day."""
    for version in range(MOST_CHANGES):
        court.put(0, f"{version},x\n")
        assert court.round() == [("orders", 0)]
        court.now += timedelta(minutes=5)
    court.put(0, ROWS)

    assert court.round() == []
    court.judge()
    assert "loaded 8 times since 2018-09-06T11:11" in court.note(0)
    assert "shop.orders 2018-09-06T10: loaded 8 times" in court.findings()["changing_file"]
    court.put(0, f"{MOST_CHANGES - 1},x\n")
    court.judge()
    assert (court.states(), court.note(0)) == ({0: "loaded"}, "")
    assert "changing_file" not in court.findings()

    court.put(0, ROWS)
    court.now += timedelta(days=1)
    assert ("orders", 0) in court.round()
    since = court.connection.execute("SELECT since FROM lake_assets.reloads").fetchall()
    assert since == [(court.now,)]
    court.put(0, "9,x\n")
    assert ("orders", 0) in court.round()
    court.judge()
    assert court.states()[0] == "loaded"
    assert "changing_file" not in court.findings()
    court.now += timedelta(days=2)
    court.judge()
    assert court.connection.execute("SELECT count(*) FROM lake_assets.reloads").fetchone() == (0,)


def test_what_is_in_flight_is_left_to_its_run(court: Court) -> None:
    """A table-hour that some run is about to load is not asked for; its neighbours are."""
    for number in range(3):
        court.put(number)
    court.now = after(3)
    court.judge()

    assert asked(court.ask(in_flight={("orders", at(1))})) == [("orders", 0), ("orders", 2)]


def test_no_more_runs_than_there_is_room_for(court: Court) -> None:
    """Without room for a run nothing is asked for, and nothing is counted as tried."""
    court.source = make_source(orders={}, items={})
    court.put(0)
    court.put(1, table="items")
    court.now = after(2)
    court.judge()

    assert court.ask(most_runs=0) == court.ask(most_runs=-1) == []
    assert asked(court.ask()) == [("orders", 0), ("items", 1)]


def test_a_table_that_left_the_catalog_is_not_asked_for(court: Court) -> None:
    """What is still to be loaded of a table that nobody wants any more keeps no other from its load."""
    court.put(0)
    court.put(0, table="items")
    court.source = make_source(orders={}, items={})
    court.judge()

    court.source = make_source(items={})

    assert asked(court.ask()) == [("items", 0)]


def test_sources_with_tables_of_one_name_are_kept_apart(court: Court) -> None:
    """What is asked for of one source is not counted for a table of the same name in another."""
    shop = court.source
    (orders,) = shop.tables
    other = {"source": "crm", "schema_name": "crm", "source_folder": "crm"}
    crm = shop.model_copy(update={"name": "crm", "tables": (orders.model_copy(update=other),)})
    court.put(0)
    court.bucket.put("crm/orders/20180906-101500000.csv", ROWS.encode())
    for court.source in (shop, crm):
        court.judge()

    assert [request.run.tables[0].source for request in court.ask()] == ["crm"]

    counted = "SELECT source, attempts FROM lake_assets.reloads ORDER BY source"
    assert court.connection.execute(counted).fetchall() == [("crm", 1), ("shop", 0)]


def test_a_quarantined_hour_that_loses_rows_is_loaded_at_once(court: Court) -> None:
    """An hour with records in quarantine was well loaded: it need not wait as one that failed must."""
    court.put(0, f"{ROWS}x,bad\n")
    court.put(2, BAD)
    court.now = after(3)
    court.round()
    assert court.states() == {0: "quarantined", 1: "missing", 2: "failed"}
    court.connection.execute("DELETE FROM shop.orders WHERE id = 2")

    assert court.round() == [("orders", 0)]


def test_an_hour_that_differs_again_days_later_is_asked_for_anew(court: Court) -> None:
    """The same hour with the same files has another key each time, for Dagster remembers keys for ever."""
    court.put(0)
    court.judge()
    first = court.ask()
    for _ in range(2):
        court.load(*first)
        court.now += timedelta(days=2)
        court.judge()
    court.connection.execute("DELETE FROM shop.orders WHERE id = 2")
    court.judge()

    second = court.ask()

    assert asked(second) == asked(first)
    assert second[0].key != first[0].key


def test_tables_share_a_run_and_runs_are_bounded(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables that want the same hours share a run of at most so many table-hours."""
    monkeypatch.setattr(reloads, "TABLE_HOURS_PER_RUN", 79)
    court.source = make_source(START, **{f"t{number}": {} for number in range(40)})
    for number in range(40):
        court.put(0, table=f"t{number}")
        court.put(1, table=f"t{number}")
    court.now = after(2)
    court.judge()

    requests = court.ask()

    assert [(len(request.run.tables), len(request.run.table_hours)) for request in requests] == [(40, 40)] * 2


def test_what_is_not_loaded_yet_is_not_asked_for(court: Court) -> None:
    """Hours of a merge table have failed, the remedy as their note, and are asked for once that is done."""
    court.put(0)
    court.judge()
    assert court.states() == {0: "stale"}
    court.source = make_source(orders={"load": "merge", "key": ("id",)})
    assert court.round() == []
    assert court.round() == []
    assert court.states() == {0: "failed"}
    assert "Write `load: append`" in court.note(0)

    court.source = make_source(orders={})

    assert court.round() == [("orders", 0)]
    assert court.states() == {0: "loaded"}


def test_a_missing_hour_is_not_asked_for(court: Court) -> None:
    """Of an hour without files there is nothing to load."""
    court.judge()

    assert court.states() == {0: "missing"}
    assert court.ask() == []


@pytest.mark.parametrize("state", ["loaded", "waived"])
def test_an_hour_that_is_well_is_not_asked_for(court: Court, state: str) -> None:
    """What the ledger has as well is not loaded, whatever was asked for before."""
    court.put(0)
    court.judge()
    court.connection.execute("UPDATE lake_assets.table_hours SET state = %s", [state])

    assert court.ask() == []


def test_hours_for_a_new_column_come_last_and_so_many_an_hour(court: Court) -> None:
    """What is loaded again for a column alone comes last, leaves a run to others, and keeps to its rate."""
    for number in range(4):
        court.put(number, "1,first,x\n2,second,y\n")
    court.now = after(4)
    court.source = make_source(orders={"new_columns": "ignore"})
    court.round()
    (orders,) = court.source.tables
    columns = (*orders.columns, Column(name="extra", type="text"))
    wider = orders.model_copy(update={"columns": columns})
    court.source = court.source.model_copy(update={"tables": (wider,)})
    court.put(4)
    court.now = after(5)
    court.judge()
    assert set(court.states().values()) == {"stale"}

    first = court.ask(most_runs=1, backfill=3)
    second = court.ask(most_runs=1, backfill=3)
    third = court.ask(most_runs=2, backfill=3)
    court.load(*first, *third)
    too_early = court.ask(most_runs=2, backfill=3)
    court.now += ONE_HOUR
    fourth = court.ask(most_runs=2, backfill=3)

    assert [asked(requests) for requests in (first, second, third, too_early, fourth)] == [
        [("orders", 4)],
        [],
        [("orders", 0), ("orders", 1), ("orders", 2)],
        [],
        [("orders", 3)],
    ]

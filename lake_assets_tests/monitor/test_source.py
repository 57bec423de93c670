"""Proves `monitor.source`: every hour that is over gets its state, whether or not anything ran."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from time import monotonic
from typing import Any

import psycopg
import pytest

from lake_assets.checks.row_count import judge_hours
from lake_assets.hours import ONE_HOUR
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import last_beat
from lake_assets.monitor import backlog as reloads
from lake_assets.monitor import source
from lake_assets.monitor.source import judge_source
from lake_assets_tests.fix_monitor import ROWS, Court, after, at, make_source


class SlowLake(Lake):
    """A lake on whose listing something happens before it is judged."""

    meanwhile: Callable[[], None]

    def list_table(self, *args: Any, **options: Any) -> Listing:
        """List, and let it happen."""
        listing = super().list_table(*args, **options)
        self.meanwhile()
        return listing


def test_hours_that_nothing_ran_for_are_judged(court: Court) -> None:
    """Hours without a file are missing, one with a file waits for its load, the running one is not judged."""
    court.put(1)
    court.put(3)
    court.now = after(3)

    judgement = court.judge()

    assert court.states() == {0: "missing", 1: "stale", 2: "missing"}
    assert judgement.judged == judgement.written == 3
    told = {result.hour: result.state for result in judgement.told[court.source.tables[0]]}
    assert {at(0): "missing", at(2): "missing"}.items() <= told.items()


def test_an_hour_within_its_grace_is_not_judged(court: Court) -> None:
    """Until the grace is over an hour is neither missing nor loaded."""
    court.now = at(1) + timedelta(minutes=9)

    court.judge()

    assert court.states() == {}


def test_a_second_judgement_of_the_same_writes_nothing(court: Court) -> None:
    """Where nothing changed nothing is written, and Dagster is told nothing anew."""
    court.put(1)
    court.now = after(3)
    court.judge()

    again = court.judge()

    assert again.written == 0
    assert not any(again.told.values())


def test_all_that_a_stop_missed_is_loaded_oldest_first(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten days in which nothing ran every hour is asked for, in order, a bounded number at a time."""
    monkeypatch.setattr(reloads, "HOURS_PER_RUN", 10)
    court.put(0)
    court.round()
    for number in range(1, 240, 8):
        court.put(number)
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(240)
    court.judge()

    first = court.ask(most_runs=2)
    rest = court.ask(most_runs=100)

    hours = [hour for request in [*first, *rest] for _, hour in request.run.table_hours]
    assert hours == [at(number) for number in range(1, 240, 8)]
    assert (len(first), len(rest)) == (2, 1)


def test_a_file_behind_the_back_is_loaded_by_itself(court: Court) -> None:
    """A rewritten, an added and a removed file each make the hour stale, and it is loaded again, once."""
    court.source = make_source(orders={"vanished": "follow"})
    for number in range(4):
        court.put(number)
    court.now = after(4)
    assert court.round() == [("orders", number) for number in range(4)]

    court.put(0, ROWS.replace("first", "FIRST"))
    court.put(1, ROWS, minute=40)
    court.bucket.delete("shop/orders/20180906-121500000.csv")

    assert court.round() == [("orders", 0), ("orders", 1), ("orders", 2)]
    assert court.states() == {0: "loaded", 1: "loaded", 2: "missing", 3: "loaded"}
    assert court.round() == []


def test_a_file_that_comes_years_late_is_noticed(court: Court) -> None:
    """The whole history is looked at, not only recent hours, whatever the clock of the file says."""
    court.source = make_source(orders={"expect": "sparse"})
    court.now = after(24 * 400)
    court.judge()
    court.put(5)
    court.now += timedelta(days=1)

    assert court.round() == [("orders", 5)]
    assert court.states()[5] == "loaded"


def test_an_hour_loaded_in_between_is_left_as_its_load_has_it(court: Court) -> None:
    """A load that ends after the ledger was read is not overruled by a listing older than it."""
    key = court.put(0)
    slow = SlowLake(court.bucket.client, court.bucket.bucket)

    def load_meanwhile() -> None:
        court.bucket.put(key, ROWS.replace("first", "later").encode())
        court.load_hour(court.source.tables[0], at(0))

    slow.meanwhile = load_meanwhile
    judge_source(court.connection, slow, court.source, court.now)

    assert court.states() == {0: "loaded"}


def test_rows_deleted_from_main_are_noticed(court: Court) -> None:
    """A row that somebody deletes from main makes the hour a mismatch, and a load mends it."""
    court.put(0)
    court.round()
    court.connection.execute("DELETE FROM shop.orders WHERE id = 2")

    assert court.round() == [("orders", 0)]
    court.judge()

    assert court.states() == {0: "loaded"}


def test_a_judged_quiet_hour_is_quiet_for_commands_too(court: Court) -> None:
    """What DMS has proved empty stays quiet when a command judges the hour without its evidence."""
    court.put(0)
    court.round()
    court.put_control("awsdms_status", f"srv,task,CHANGE PROCESSING,{after(2)},,,,,,,,{after(2)}\n")
    court.now = after(2)
    court.judge()

    results = judge_hours(court.connection, court.lake, court.source.tables[0], [at(0), at(1)], now=court.now)

    assert [result.state for result in results] == ["loaded", "quiet"]


def test_the_judge_says_that_it_ran(court: Court) -> None:
    """The heartbeat of the source is the moment of its last judgement."""
    court.judge()

    assert last_beat(court.connection, "judge:shop") == court.now


def test_a_waived_hour_is_left_alone_until_files_come(court: Court) -> None:
    """What a person accepted stays so, hour after hour; a file that comes after all is loaded by itself."""
    court.judge()
    court.connection.execute("UPDATE lake_assets.table_hours SET state = 'waived', note = 'waived by ann'")
    assert court.round() == []
    assert (court.states(), court.note(0)) == ({0: "waived"}, "waived by ann")

    court.put(0)

    assert court.round() == [("orders", 0)]
    assert court.states() == {0: "loaded"}


def test_nobody_sees_that_counts_differ_before_it_is_told(court: Court) -> None:
    """The state and the alerts are committed together, so that no load mends what nobody was told of."""
    court.put(0)
    court.round()
    court.connection.execute("DELETE FROM shop.orders WHERE ctid IN (SELECT ctid FROM shop.orders LIMIT 1)")
    seen = []

    def tell() -> None:
        state = "SELECT state FROM lake_assets.table_hours"
        with psycopg.connect(court.url) as other:
            seen.extend([court.connection.execute(state).fetchone(), other.execute(state).fetchone()])

    judge_source(court.connection, court.lake, court.source, court.now, tell=tell)

    assert seen == [("mismatch",), ("loaded",)]
    assert court.states() == {0: "mismatch"}


def test_an_hour_whose_file_vanished_is_told_and_never_asked_for(court: Court) -> None:
    """Rows wait for a person, not for a load; a new file is taken beside them, once; no folder is missed."""
    court.source = make_source(orders={"expect": "sparse"})
    key = court.put(0)
    court.round()
    court.bucket.delete(key)

    for _ in range(3):
        assert court.round() == []
        court.now += timedelta(days=1)
    assert (court.states()[0], court.findings()) == ("stale", {})
    assert court.note(0) == f"{key}: vanished from the lake since it was loaded; 3 rows of it stay in main"

    court.put(0, "4,new\n", minute=40)
    assert court.round() == [("orders", 0)]
    court.now += timedelta(hours=2)
    assert court.round() == []
    assert court.connection.execute("SELECT count(*) FROM shop.orders").fetchone() == (4,)


def test_a_source_that_vanished_as_a_whole_is_not_followed(court: Court) -> None:
    """Whatever the key says nothing is asked for; beyond `lake_retention` nobody misses hour or folder."""
    follow = {"expect": "sparse", "vanished": "follow"}
    court.source = make_source(orders=follow, items=follow)
    keys = [court.put(0, table=table) for table in ("orders", "items")]
    court.round()
    for key in keys:
        court.bucket.delete(key)

    assert court.round() == []
    assert (court.states()[0], court.states("items")[0], court.findings()) == ("stale", "stale", {})
    assert court.note(0).startswith("not one loaded file of shop is in the lake any more")

    old = follow | {"lake_retention": ONE_HOUR}
    court.source = make_source(orders=old, items=old)
    assert court.round() == []
    assert (court.states()[0], court.states("items")[0], court.findings()) == ("loaded", "loaded", {})


def test_an_hour_whose_file_was_removed_says_so(court: Court) -> None:
    """After the load that took its rows out of main, the missing hour's note still names the file."""
    court.source = make_source(orders={"vanished": "follow"})
    key = court.put(0)
    court.put(1)
    court.now += ONE_HOUR
    court.round()
    court.bucket.client.delete_object(Bucket=court.bucket.bucket, Key=key)
    court.round()
    court.now += ONE_HOUR

    court.judge()

    assert court.states()[0] == "missing"
    assert court.note(0) == f"{key}: removed from the lake since it was loaded (3 records)"


def test_a_sparse_hour_whose_file_was_removed_is_missing(court: Court) -> None:
    """Rows that went with a file are told where none was due too, until the file is back."""
    court.source = make_source(orders={"expect": "sparse", "vanished": "follow"})
    key = court.put(0)
    court.put(1)
    court.now += ONE_HOUR
    court.round()
    court.bucket.client.delete_object(Bucket=court.bucket.bucket, Key=key)
    court.round()
    court.load_hour(court.source.tables[0], at(0))
    court.judge()
    assert court.states()[0] == "missing"
    assert court.note(0) == f"{key}: removed from the lake since it was loaded (3 records)"

    court.put(0)
    court.round()

    assert (court.states()[0], court.note(0)) == ("loaded", "")


def test_a_file_without_records_may_be_removed_from_a_sparse_hour(court: Court) -> None:
    """No row went with it, so that nobody needs to look."""
    court.source = make_source(orders={"expect": "sparse", "vanished": "follow"})
    key = court.put(0, "")
    court.put(1)
    court.now += ONE_HOUR
    court.round()
    court.bucket.client.delete_object(Bucket=court.bucket.bucket, Key=key)

    court.round()

    assert court.states()[0] == "quiet"


@pytest.mark.parametrize(("seconds", "hours"), [(30.0, 1), (-1.0, 23)], ids=["small", "large"])
def test_old_hours_are_looked_at_each_time_or_each_day(
    court: Court, monkeypatch: pytest.MonkeyPatch, seconds: float, hours: int
) -> None:
    """Where listing all takes too long old hours are looked at once a day; until then findings stay open."""
    monkeypatch.setattr(source, "SWEEP_SECONDS", seconds)
    court.source = make_source(orders={"expect": "sparse"})
    court.bucket.put("shop/orders/readme.txt", b"hello")
    court.now = after(24 * 4)
    court.judge()
    court.put(5)
    for passed in range(1, hours, 21):
        court.now = after(24 * 4 + passed)
        court.judge()
        assert court.states()[5] == "quiet"
        assert "stranger" in court.findings()
    court.now = after(24 * 4 + hours)

    court.judge()

    assert court.states()[5] == "stale"


def test_the_table_that_waited_longest_is_looked_at_first(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is time for all hours of one table, it is the one whose last look is the oldest."""
    court.source = make_source(a={"expect": "sparse"}, b={"expect": "sparse"})
    court.now = after(24 * 4)
    court.judge()
    court.connection.execute(
        "UPDATE lake_assets.sweeps SET swept_at = swept_at - interval '1 hour' WHERE table_name = 'b'"
    )
    for table in ("a", "b"):
        court.put(5, table=table)
    minutes = count(step=60)
    monkeypatch.setattr(source, "monotonic", lambda: monotonic() + next(minutes))
    monkeypatch.setattr(source, "AT_ONCE", 1)

    court.judge()

    assert (court.states("a")[5], court.states("b")[5]) == ("quiet", "stale")


@pytest.mark.parametrize("judged", [True, False])
def test_hours_of_a_long_stop_have_their_evidence(court: Court, *, judged: bool) -> None:
    """What DMS says counts for every hour since the last judgement, or since the start if there was none."""
    court.put(0)
    if judged:
        court.judge()
    court.now = after(72)
    court.put_control("awsdms_status", f"srv,task,CHANGE PROCESSING,{court.now},,,,,,,,{court.now}\n")

    court.judge()

    assert set(court.states().values()) == {"stale", "quiet"}


def test_an_hour_missing_for_long_keeps_its_evidence(court: Court) -> None:
    """What is known of a missing hour while it is recent stays in its note, as it was last known."""
    court.source = make_source(orders={}, items={})
    court.judge()
    assert "the other hourly table of shop did not deliver either" in court.note(0)
    court.put(0, table="items")
    court.judge()
    note = court.note(0)
    for number in (72, 73):
        court.now = after(number)
        court.judge()

    assert "the other hourly table of shop delivered" in note
    assert court.note(0) == note


def test_an_hour_that_nobody_loads_is_told_to_dagster(court: Court) -> None:
    """A stale hour is news when it has been stale for almost an hour, and not before."""
    court.put(0)
    court.judge()
    stale_for = "UPDATE lake_assets.table_hours SET updated_at = %s"

    court.connection.execute(stale_for, [court.now - timedelta(minutes=49)])
    assert not any(court.judge().told.values())
    court.connection.execute(stale_for, [court.now - timedelta(minutes=51)])

    told = court.judge().told[court.source.tables[0]]
    assert [result.state for result in told] == ["stale"]

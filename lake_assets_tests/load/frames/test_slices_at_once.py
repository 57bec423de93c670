"""Proves that a write of DataFrames is all or nothing, for readers and for other writers at the same time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pandas as pd
import psycopg
import pytest

from lake_assets.exceptions import WarehouseError
from lake_assets.load.frames.slices import FrameSlice, read_slice, replace_slice
from lake_assets.postgres import connect

HOUR = datetime(2018, 9, 6, 10, tzinfo=UTC)
ONE_HOUR = timedelta(hours=1)
PATIENCE = 60  # seconds until a test that would hang fails
GOOD = pd.DataFrame({"id": [1, 2, 3]})
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

Write = Callable[..., int]


def hour(number: int, table: str = "t") -> FrameSlice:
    """Return an hour of shop.t."""
    first = HOUR + number * ONE_HOUR
    return FrameSlice("shop", table, "_lake_hour", windows=((first, first + ONE_HOUR),), stamp=first)


HOURS = FrameSlice("shop", "t", "_lake_hour", windows=((HOUR, HOUR + 3 * ONE_HOUR),))
WHOLE = FrameSlice("shop", "t")


def timed(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a DataFrame whose rows say that they are of the first hour."""
    return frame.assign(_lake_hour=HOUR)


@pytest.fixture
def write(warehouse_url: str) -> Write:
    """Return a way to write over a session of one's own."""

    def run(target: FrameSlice, frames: Any) -> int:
        with connect(warehouse_url, autocommit=True) as session:
            return replace_slice(session, target, frames).rows

    return run


def rows(connection: psycopg.Connection) -> list[int]:
    """Return the ids in shop.t, sorted."""
    return [row[0] for row in connection.execute("SELECT id FROM shop.t ORDER BY id")]


def wait_until_it_waits(connection: psycopg.Connection, later: Future[int]) -> None:
    """Wait until the other write waits for a lock."""
    while not connection.execute(WAITING).fetchone():
        assert not later.done()


def test_an_error_in_the_middle_leaves_the_old_rows(connection: psycopg.Connection, write: Write) -> None:
    """Whatever the iterator raises comes out as it is, and the hour is as it was."""

    def broken() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"id": [7]})
        raise LookupError("the source went away")

    for _ in range(2):
        write(hour(0), [GOOD])
        with pytest.raises(LookupError, match=r"the source went away"):
            write(hour(0), broken())

    assert rows(connection) == [1, 2, 3]


def test_a_lost_connection_leaves_the_old_rows(connection: psycopg.Connection, write: Write) -> None:
    """When the server ends the session in the middle of a write, the error says so; the next write works."""
    write(hour(0), [GOOD])

    def cut_off() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"id": [7]})
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() AND state LIKE 'idle in%'"
        )
        yield pd.DataFrame({"id": [8]})

    with pytest.raises(WarehouseError, match=r"shop.t: terminating connection due to administrator command"):
        write(hour(0), cut_off())

    assert rows(connection) == [1, 2, 3]
    assert write(hour(0), [GOOD]) == 3


@pytest.mark.parametrize("target", [hour(0), WHOLE], ids=["partition", "table"])
def test_a_reader_never_sees_a_count_in_between(
    connection: psycopg.Connection, write: Write, target: FrameSlice
) -> None:
    """Who counts the rows over and over sees the old DataFrames or the new ones, whole."""
    frames = [pd.DataFrame({"id": range(5_000)})] * 3
    write(target, frames)
    done = Event()

    def watch() -> set[int]:
        seen = set()
        while not done.is_set():
            row = connection.execute("SELECT count(*) FROM shop.t").fetchone()
            assert row
            seen.add(row[0])
        return seen

    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(watch)
        for number in range(6):
            write(target, iter([*frames, *([GOOD] if number % 2 else [])]))
        done.set()

    assert watcher.result() <= {15_000, 15_003}


def test_two_partitions_are_written_at_the_same_time(connection: psycopg.Connection, write: Write) -> None:
    """Each of two writes goes on while the other is in the middle, also where the table is new."""
    meeting = Barrier(2, timeout=PATIENCE)

    def frames(first: int) -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"id": [first]})
        meeting.wait()
        yield pd.DataFrame({"id": [first + 1]})
        meeting.wait()

    for _ in range(2):
        with ThreadPoolExecutor(2) as pool:
            writes = [pool.submit(write, hour(number), frames(10 * number)) for number in range(2)]
            assert [done.result() for done in writes] == [2, 2]

    assert rows(connection) == [0, 1, 10, 11]


@pytest.mark.parametrize(
    ("target", "other"),
    [(hour(0), hour(0)), (hour(0), HOURS), (HOURS, hour(0)), (WHOLE, WHOLE)],
    ids=["same partition", "range", "partition of a range", "table"],
)
def test_writers_of_the_same_rows_wait_for_each_other(
    connection: psycopg.Connection, write: Write, target: FrameSlice, other: FrameSlice
) -> None:
    """The later of two writes that share rows waits, and then replaces what the earlier one wrote."""

    def rows_for(written: FrameSlice, frame: pd.DataFrame) -> pd.DataFrame:
        return timed(frame) if written is HOURS else frame

    write(target, [rows_for(target, GOOD)])
    with ThreadPoolExecutor(1) as pool:

        def while_another_comes() -> Iterator[pd.DataFrame]:
            yield rows_for(target, GOOD)
            later.append(pool.submit(write, other, [rows_for(other, GOOD[:2])]))
            wait_until_it_waits(connection, later[0])
            assert rows(connection) == [1, 2, 3]
            yield rows_for(target, GOOD)

        later: list[Future[int]] = []
        assert write(target, while_another_comes()) == 6
        assert later[0].result(PATIENCE) == 2

    assert rows(connection) == [1, 2]


def test_first_writes_at_once_make_one_schema_and_each_table_once(
    connection: psycopg.Connection, write: Write
) -> None:
    """Writers that all find neither schema nor table do not stumble over each other."""
    targets = [hour(number, f"t{number % 3}") for number in range(9)]
    meeting = Barrier(len(targets), timeout=PATIENCE)

    def frames() -> Iterator[pd.DataFrame]:
        meeting.wait()
        yield GOOD

    for _ in range(2):
        with ThreadPoolExecutor(len(targets)) as pool:
            writes = [pool.submit(write, target, frames()) for target in targets]
            assert [done.result() for done in writes] == [3] * 9

    for table in ("t0", "t1", "t2"):
        assert connection.execute(f"SELECT count(*) FROM shop.{table}".encode()).fetchone() == (9,)


def test_a_stricter_default_isolation_doubles_nothing(connection: psycopg.Connection, write: Write) -> None:
    """Where the database's default is REPEATABLE READ, a writer that has waited sees what it waited for."""
    connection.execute(
        f"ALTER DATABASE {connection.info.dbname} "
        "SET default_transaction_isolation = 'repeatable read'".encode()
    )
    write(hour(0), [GOOD[:0]])
    with ThreadPoolExecutor(1) as pool:
        later: list[Future[int]] = []

        def while_another_comes() -> Iterator[pd.DataFrame]:
            yield GOOD
            later.append(pool.submit(write, hour(0), [GOOD]))
            wait_until_it_waits(connection, later[0])

        write(hour(0), while_another_comes())
        later[0].result(PATIENCE)

    assert rows(connection) == [1, 2, 3]


def test_a_user_of_few_rights_can_fill_a_table_that_is_there(
    connection: psycopg.Connection, write: Write, warehouse_url: str
) -> None:
    """SELECT, INSERT and DELETE are enough for a table that has the columns."""
    write(hour(0), [GOOD])
    user = connection.info.dbname  # a name of this test's own
    connection.execute(f"CREATE USER {user} PASSWORD 'secret'".encode())
    connection.execute(f"GRANT USAGE ON SCHEMA shop TO {user}".encode())
    connection.execute(f"GRANT SELECT, INSERT, DELETE ON shop.t TO {user}".encode())
    address = urlsplit(warehouse_url)
    theirs = urlunsplit(address._replace(netloc=f"{user}:secret@{address.hostname}:{address.port}"))

    with connect(theirs, autocommit=True) as session:
        for target, frame in ((hour(0), GOOD[:2]), (HOURS, timed(GOOD[:1])), (hour(1), GOOD)):
            replace_slice(session, target, [frame])
        with pytest.raises(WarehouseError, match=r"shop.t: must be owner of table t"):
            replace_slice(session, hour(0), [GOOD.assign(new=1)])
        with pytest.raises(WarehouseError, match=r"shop.other: permission denied for schema shop"):
            replace_slice(session, hour(0, "other"), [GOOD])
        assert len(read_slice(session, HOURS)) == 4

    connection.execute(f"DROP OWNED BY {user}".encode())
    connection.execute(f"DROP USER {user}".encode())

"""Proves `monitor.dms_control_tables`: which records of DMS's control tables count."""

from datetime import UTC, datetime

import pytest

from lake_assets.monitor import dms_control_tables as control
from lake_assets.monitor.dms_control_tables import Suspension, read_control_tables
from lake_assets_tests.fix_monitor import Court, after, at
from lake_assets_tests.monitor.test_testimony import STATUS_HEADER, status_of


def test_the_newest_word_of_each_table_and_task_counts(court: Court) -> None:
    """Of the records of a table or task the newest counts, in any order; what was taken back does not."""
    court.put_control(
        "awsdms_suspended_tables",
        "srv,t,shop,orders,Older,2018-09-06 09:05:00\n"
        "srv,t,shop,orders,Newer,2018-09-06T13:05:00+02:00\n"
        "srv,t,shop,orders,Oldest,2018-09-06 08:05:00\n"
        "I,srv,t,shop,items,Mended,2018-09-06 09:05:00\n"
        "D,srv,t,shop,items,Mended,2018-09-06 09:05:00\n",
    )
    court.put_control(
        "awsdms_status", f"{STATUS_HEADER}too,short\n{status_of(at(1))}{status_of(at(0), 'NOT RUNNING')}"
    )
    stopped = status_of(at(0), "not running", task="task2")
    court.put_control("awsdms_status", f"D,{status_of(at(2), 'NOT RUNNING')}I,{stopped}", folder="")

    said = read_control_tables(court.lake, "shop", court.now)

    suspended = datetime(2018, 9, 6, 11, 5, tzinfo=UTC)
    assert said.suspensions == (Suspension("shop", "orders", suspended, "Newer"),)
    assert (said.applied["task1"], said.stopped, said.troubles) == (at(1), ("task2",), ())


def test_only_so_much_of_a_control_table_is_read(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many files the newest are read, and a huge one is told and left aside."""
    monkeypatch.setattr(control, "MOST_FILES", 2)
    monkeypatch.setattr(control, "MOST_BYTES", 1000)
    for number, body in enumerate((status_of(at(0)), status_of(at(1), task="task2"), "x" * 1001)):
        court.now = after(number)
        court.put_control("awsdms_status", body)

    said = read_control_tables(court.lake, "shop", court.now)

    assert said.applied == {"task2": at(1)}
    (trouble,) = said.troubles
    assert trouble.endswith("20180906-121100000.csv: 1001 bytes are too many for a control table")

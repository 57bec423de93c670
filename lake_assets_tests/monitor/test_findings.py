"""Proves `findings` and `volume`: each oddity opens once, lasts while it is seen, and closes."""

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import psycopg
import pytest

from lake_assets.lake.objects import LakeObject, Listing, UnmatchedObject
from lake_assets.ledger.install import install
from lake_assets.monitor.dms_api import DmsReport, TableCount, TaskState
from lake_assets.monitor.dms_control_tables import ControlTables
from lake_assets.monitor.finding_rules import (
    dms_findings,
    folder_findings,
    hole_findings,
    silence,
    unmatched_findings,
)
from lake_assets.monitor.findings import Finding, Kind, settle_findings
from lake_assets.monitor.source import LOOKED_FOR
from lake_assets.monitor.testimony import Witnesses
from lake_assets.monitor.whole_lake import OF_WHOLE_LAKE
from lake_assets_tests.fix_monitor import ROWS, Court, after, at, make_source


def rows(court: Court, kind: str) -> list[bool]:
    """Tell of each finding of a kind whether it is open, oldest first."""
    found = court.connection.execute(
        "SELECT gone_at IS NULL FROM lake_assets.findings WHERE kind = %s ORDER BY id", [kind]
    )
    return [is_open for (is_open,) in found]


def test_an_unknown_table_is_found_and_goes_when_the_catalog_has_it(court: Court) -> None:
    """A folder the catalog does not know is one finding however often it is seen, until it is known."""
    court.put(0, table="gifts")
    court.judge()
    court.judge()
    assert "shop/gifts" in court.findings()["unknown_table"]
    assert rows(court, "unknown_table") == [True]

    court.source = make_source(orders={}, gifts={})
    court.judge()

    assert rows(court, "unknown_table") == [False]


def test_what_comes_back_is_found_again(court: Court) -> None:
    """A finding that closed opens anew, as one of its own."""
    for _ in range(2):
        court.bucket.put("shop/orders/readme.txt", b"hello")
        court.judge()
        court.bucket.delete("shop/orders/readme.txt")
        court.judge()

    assert rows(court, "stranger") == [False, False]


def test_a_table_without_a_folder_is_found(court: Court) -> None:
    """A catalog table whose folder never came is found until it comes, and told apart from one that went."""
    court.judge()
    assert "never came" in court.findings()["no_folder"]

    court.put(0)
    court.judge()

    assert "no_folder" not in court.findings()
    (gone,) = folder_findings(court.source, [], {"orders"})
    assert "its folder shop/orders is gone" in gone.note


def test_a_silent_source_is_one_finding(court: Court) -> None:
    """When no table brings anything the source is silent, since a certain hour; one file ends it."""
    court.source = make_source(orders={}, items={})
    court.put(0)
    court.now = after(3)
    court.judge()
    assert (
        "No file of any of the 2 tables of shop from 2018-09-06T11 on." in court.findings()["silent_source"]
    )

    court.put(2, table="items")
    court.judge()

    assert "silent_source" not in court.findings()


def test_a_hole_in_the_numbers_of_a_full_load_is_found(court: Court) -> None:
    """LOAD files without one in between are told; numbers are hexadecimal, and each segment has its own."""
    for name in ("LOAD00000009.csv", "LOAD0000000B.csv", "SEGMENT1_LOAD00000001.csv"):
        court.bucket.put(f"shop/orders/{name}", ROWS.encode())
    for number in range(1, 9):
        court.bucket.put(f"shop/orders/LOAD{number:08X}.csv", ROWS.encode())
    listed = court.lake.list_table("shop", court.source.tables[0])
    court.now = max(item.last_modified for item in listed.objects) + timedelta(hours=2)
    court.source = make_source(start=listed.objects[0].hour, orders={})

    court.judge()
    assert "LOAD0000000A of the full load is not there" in court.findings()["load_hole"]
    court.bucket.put("shop/orders/LOAD0000000A.csv", ROWS.encode())
    court.judge()

    assert "load_hole" not in court.findings()


def test_a_stranger_is_found(court: Court) -> None:
    """A file that belongs to no hour is a finding, with the reason."""
    court.bucket.put("shop/orders/readme.txt", b"hello")

    court.judge()

    assert "shop/orders/readme.txt is not loaded" in court.findings()["stranger"]


@pytest.mark.parametrize(
    ("weeks", "past", "odd"),
    [(4, 400, True), (8, 1, False), (3, 400, False), (4, 3, False)],
    ids=["fewer", "small", "young", "same"],
)
def test_odd_volumes_are_found(court: Court, weeks: int, past: int, *, odd: bool) -> None:
    """Far from the median of four weeks or more is odd; little difference, or little past, is not."""
    court.remember("orders", weeks=weeks, records=past)
    court.put(0)
    court.round()

    court.judge()

    assert ("volume" in court.findings()) is odd
    if odd:
        said = "shop.orders 2018-09-06T10 has 3 records; the same hour of the last 4 weeks had 400 (median)."
        assert court.findings()["volume"] == said


def test_hours_that_failed_are_no_measure(court: Court) -> None:
    """Neither are failed hours of past weeks a measure of others, nor is a failed hour odd itself."""
    court.remember("orders", weeks=3, records=400)
    court.remember("orders", weeks=5, records=400, number=-24 * 21, state="failed")
    court.remember("orders", weeks=8, records=400, number=1)
    court.put(0)
    court.put(1, "x,y,z\n")
    court.now = after(2)
    court.round()
    court.judge()

    assert court.states()[1] == "failed"
    assert "volume" not in court.findings()


def test_a_volume_within_its_usual_spread_is_not_odd(court: Court) -> None:
    """Where weeks differ much by themselves, a difference as great as theirs is none."""
    for week, records in enumerate((2, 90, 10, 60, 30), 1):
        court.connection.execute(
            "INSERT INTO lake_assets.table_hours "
            "(source, table_name, hour, state, files, records, loaded, run_id) "
            "VALUES ('shop', 'orders', %s, 'loaded', 1, %s, %s, 'r')",
            [court.source.start - week * timedelta(days=7), records, records],
        )
    court.put(0)
    court.round()

    court.judge()

    assert "volume" not in court.findings()


def test_only_what_was_looked_for_is_closed(connection: psycopg.Connection) -> None:
    """A finding stays open where nobody looked; one that lasts says what is to be said now."""
    install(connection)
    first, *_ = seen = [
        Finding("stranger", {"noted": "a is odd"}, "orders", subject="a"),
        Finding("stranger", {"noted": "b is odd"}, "orders", subject="b"),
        Finding("stranger", {"noted": "c is odd"}, "items", subject="c"),
        Finding("volume", {"noted": "few"}, "orders", at(0)),
    ]
    settle_findings(connection, "shop", seen, ("stranger", "volume"), at(0))
    unmatched: tuple[Kind, ...] = ("stranger",)
    settle_findings(connection, "crm", seen[:1], unmatched, at(0))
    for number in (1, 2):
        lasting = [replace(first, details={"noted": "a is odder"})]
        settle_findings(connection, "shop", lasting, unmatched, at(number), in_part=["items"])

    rows = connection.execute("SELECT source, note, gone_at FROM lake_assets.findings ORDER BY id").fetchall()
    assert rows == [
        ("shop", "a is odder", None),
        ("shop", "b is odd", at(1)),
        ("shop", "c is odd", None),
        ("shop", "few", None),
        ("crm", "a is odd", None),
    ]


def test_the_first_file_of_a_full_load_and_of_each_segment_is_missed() -> None:
    """Numbers are counted from 1, in hexadecimal digits, by themselves in each segment."""
    names = ["LOAD00000010", "SEGMENT1_LOAD00000002", *(f"LOAD{number:08X}" for number in range(2, 16))]
    objects = tuple(LakeObject(f"shop/orders/{name}.csv", "e", 1, at(0), at(0), "full") for name in names)

    found = [one.note for one in hole_findings(make_source(orders={}).tables[0], Listing(objects, ()))]

    assert [note.partition(" of the full load")[0] for note in found] == [
        "shop/orders/: LOAD00000001",
        "shop/orders/SEGMENT1_: LOAD00000001",
    ]


def test_many_strangers_are_named_and_counted() -> None:
    """Of more than twenty files that are not loaded the others are counted, be it one."""
    unmatched = tuple(UnmatchedObject(f"shop/orders/{number}.txt", "no time") for number in range(21))

    found = list(unmatched_findings(make_source(orders={}).tables[0], Listing((), unmatched)))

    assert (len(found), found[-1].note) == (21, "1 more files are not loaded.")


def test_a_source_of_which_nothing_is_due_is_not_silent() -> None:
    """Where no table is hourly an hour without files says nothing of the source."""
    due = [at(0), at(1)]

    assert not list(silence(Witnesses(make_source(orders={"expect": "sparse"})), due))
    assert list(silence(Witnesses(make_source(orders={})), due))


def test_a_table_in_a_nested_folder_has_the_folder_above() -> None:
    """A table whose `from` is a path is not missed, and the folder above it is not unknown."""
    source = make_source(orders={"folder": "sales/orders"})

    assert not list(folder_findings(source, ["sales"], {"orders"}))


def test_all_that_dms_says_is_a_finding() -> None:
    """Tasks that stand still, tables in error, endpoints that write otherwise and refusals are each told."""
    table = TableCount("A", "shop", "orders", "Table error", 5)
    report = DmsReport(
        (TaskState("A", "cdc", "failed", "no disk", None), TaskState("B", "new", "starting", "", None)),
        (table, replace(table, task="B", state="Full load")),
        {"to-lake": {"CsvDelimiter": ";"}},
        ("describe_endpoints: not authorized",),
    )
    control = ControlTables(stopped=("old",), troubles=("s3://lake/shop/awsdms_status/1.csv: damaged",))

    found = list(dms_findings(Witnesses(make_source(orders={}), control=control, dms=report)))

    assert [(one.kind, one.table_name, one.subject) for one in found] == [
        ("suspended_table", "orders", "A"),
        ("dms_task", "", "old"),
        ("dms_control", "", "s3://lake/shop/awsdms_status/1.csv: damaged"),
        ("dms_task", "", "cdc"),
        ("dms_endpoint", "", "to-lake: CsvDelimiter is ';', and `delimiter` in the catalog ','"),
        ("dms_task", "", "describe_endpoints"),
    ]
    assert "The DMS task cdc is failed: no disk." in [one.note for one in found]


def test_every_kind_of_a_source_is_looked_for() -> None:
    """What the judge of a source can find it also closes; the others are of no source."""
    assert set(LOOKED_FOR) == set(get_args(Kind)) - {*OF_WHOLE_LAKE, "old_definitions"}

"""Proves `whole_lake`: what is found out about the lake beyond its sources."""

from lake_assets.catalog.models import Catalog
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.monitor.dms_api import DmsReport, TableCount, TaskState
from lake_assets.monitor.source import Judgement
from lake_assets.monitor.whole_lake import judge_sources
from lake_assets_tests.fix_monitor import Court, at


def test_the_lake_is_judged_as_a_whole(court: Court) -> None:
    """Folders without a source are found, DMS's answer is kept and heard, the oldest heartbeat counts."""
    crm = court.source.model_copy(update={"name": "crm", "folder": "crm"})
    catalog = Catalog(sources=(court.source, crm))
    beat(court.connection, "judge:crm", at(-5))
    for key in ("erp/orders/20180906-101500000.csv", "notes/readme.txt"):
        court.bucket.put(key, b"1,a\n")
    task = TaskState("A", "cdc", "failed", "no disk", None)
    report = DmsReport((task,), (TableCount("A", "shop", "orders", "Full load", 5),))

    (judged,) = judge_sources(court.connection, court.lake, catalog, [court.source], court.now, report)

    assert isinstance(judged, Judgement)
    assert last_beat(court.connection, "judge") == at(-5)
    found = court.findings()
    assert "the folder erp (1 below it)" in found["unknown_source"]
    assert found["dms_task"] == "The DMS task cdc is failed: no disk."
    assert court.connection.execute("SELECT changes FROM lake_assets.dms_counts").fetchall() == [(5,)]
    unknown = "SELECT count(*) FROM lake_assets.findings WHERE kind = 'unknown_source'"
    assert court.connection.execute(unknown).fetchone() == (1,)


def found_in(court: Court) -> dict[tuple[str, str], str]:
    """Judge the lake as a whole, and give the open findings that are about no source, by kind and place."""
    catalog = Catalog(sources=(court.source,))
    list(judge_sources(court.connection, court.lake, catalog, [court.source], court.now, None))
    rows = court.connection.execute(
        "SELECT kind, subject, note FROM lake_assets.findings WHERE source = '' AND gone_at IS NULL"
    )
    top = court.lake.top
    return {(kind, subject.removeprefix(top)): note for kind, subject, note in rows}


def test_objects_of_no_table_are_told_by_place(court: Court) -> None:
    """At the top, in a source's folder, in hidden folders and in CdcPath, each place once."""
    court.put(0)
    for number in range(5):
        court.bucket.put(f"shop/export-{number}.csv", b"1,a\n")
    changes = "CDC_TXN-20180906101500123.csv"
    for key in ("LOAD00000001.csv", ".old/shop/x.csv", "shop/.keep/y.csv", f"cdc/{changes}"):
        court.bucket.put(key, b"1,a\n")
    for key in (f"shop/cdc/{changes}", f"erp/cdc/{changes}", "shop/_20180906-101500000.csv"):
        court.bucket.put(key, b"1,a\n")

    found = found_in(court)

    assert found.keys() == {
        ("loose_objects", ""),
        ("loose_objects", "/shop"),
        ("loose_objects", "/.old"),
        ("loose_objects", "/shop/.keep"),
        ("mixed_changes", "/cdc"),
        ("mixed_changes", "/shop/cdc"),
        ("mixed_changes", "/erp/cdc"),
    }
    assert found["loose_objects", "/shop"].startswith(f"{court.lake.top}/shop: 6 objects lie in no table's")
    assert (
        "shop/_20180906-101500000.csv, shop/export-0.csv, shop/export-1.csv, …"
        in found["loose_objects", "/shop"]
    )
    assert "Set PreserveTransactions=false" in found["mixed_changes", "/shop/cdc"]
    assert "unknown_table" not in court.findings()


def test_the_remedies_for_objects_of_no_table_work(court: Court) -> None:
    """Once they are moved into a table's folder or away, nothing is told any more."""
    court.put(0)
    court.bucket.put("shop/20180906-101500000.csv", b"1,a\n")
    assert found_in(court)

    court.bucket.put("shop/orders/20180906-101500000.csv", b"1,a\n")
    court.bucket.delete("shop/20180906-101500000.csv")

    assert not found_in(court)


def test_what_writers_and_dms_leave_behind_is_told_by_nobody(court: Court) -> None:
    """Markers, control tables, temporary folders, and the folder of the demo are no objects of a table."""
    court.put(0)
    for key in (
        "_SUCCESS",
        "shop/_SUCCESS",
        "shop/",
        "shop_$folder$",
        "shop/orders_$folder$",
        ".DS_Store",
        ".lake_assets/demo.json",
        "shop/.spark-staging/part-0.csv",
        "awsdms_status/20180906-101500000.csv",
        "shop/s3_validation_failures/x.csv",
        ".hidden/_SUCCESS",
        "shop/_temporary/0/part-0.csv",
    ):
        court.bucket.put(key, b"")

    assert not found_in(court)
    assert "unknown_table" not in court.findings()


def test_a_lake_a_folder_too_high_is_told(court: Court) -> None:
    """Where the tables of a source hold folders of tables, the right address is named."""
    for table in ("orders", "customers"):
        court.bucket.put(f"shop/orders/{table}/LOAD00000001.csv", b"1,a\n")
        court.bucket.put(f"shop/orders/{table}/20180906-101500000.csv", b"1,a\n")

    note = found_in(court)["wrong_level", "shop"]

    assert f"Set LAKE_ASSETS_LAKE={court.lake.top}/shop ." in note

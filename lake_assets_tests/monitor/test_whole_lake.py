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

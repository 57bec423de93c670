"""Proves `monitor_job`: Dagster is shown every hour, those included that nothing ever ran for."""

import base64
import re
from typing import Any

import dagster as dg
import pytest

from lake_assets.catalog.models import Catalog
from lake_assets.embedded.s3 import REGION, S3Server
from lake_assets.hours import partition_key
from lake_assets.orchestration.assets import ROW_COUNT
from lake_assets.orchestration.build import build_definitions
from lake_assets.orchestration.status_asset import STATUS, VOLUME
from lake_assets.settings import LakePlace
from lake_assets_tests.fix_monitor import Court, after, asked, at, make_source

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
ORDERS = dg.AssetKey(["shop", "orders"])


@pytest.fixture(autouse=True)
def environment(court: Court, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment as a deployment would."""
    monkeypatch.setenv("LAKE_ASSETS_LAKE", f"s3://{court.bucket.bucket}")
    monkeypatch.setenv("LAKE_ASSETS_WAREHOUSE", court.url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret_key)
    monkeypatch.setenv("AWS_REGION", REGION)


def definitions(court: Court) -> dg.Definitions:
    """Assemble what Dagster is to know of the court's source."""
    return build_definitions(Catalog(sources=(court.source,)), LakePlace(court.bucket.bucket))


def judge(court: Court, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Run the job as of the court's now."""
    config: dict[str, Any] = {"ops": {"judge_table_hours": {"config": {"now": court.now.isoformat()}}}}
    job = definitions(court).resolve_job_def("judge")
    return job.execute_in_process(instance=instance, run_config=QUIET | config, raise_on_error=False)


def evaluations(instance: dg.DagsterInstance, asset: dg.AssetKey, name: str) -> dict[str | None, bool]:
    """Give the newest evaluation of a check for each partition."""
    key = dg.AssetCheckKey(asset, name)
    records = instance.event_log_storage.get_asset_check_execution_history(key, limit=100)
    found: dict[str | None, bool] = {}
    for record in reversed(records):
        assert record.event
        assert record.event.dagster_event
        evaluation = record.event.dagster_event.asset_check_evaluation_data
        found[evaluation.partition] = evaluation.passed
    return found


def test_an_hour_nobody_ever_ran_is_red(court: Court, instance: dg.DagsterInstance) -> None:
    """A missing hour has a failed evaluation of the table's check, though no run ever touched the table."""
    court.now = after(2)

    assert judge(court, instance).success

    assert evaluations(instance, ORDERS, ROW_COUNT) == {
        partition_key(at(0)): False,
        partition_key(at(1)): False,
    }


def test_it_turns_green_once_the_cause_is_mended(court: Court, instance: dg.DagsterInstance) -> None:
    """When the file comes and is loaded, the hour's newest evaluation passes and the grid has no red cell."""
    judge(court, instance)
    court.put(0)
    judge(court, instance)
    (request,) = court.ask()
    job = definitions(court).resolve_implicit_global_asset_job_def()

    job.execute_in_process(
        instance=instance, tags=request.run.tags, run_config=QUIET, asset_selection=[ORDERS]
    )
    judge(court, instance)

    assert evaluations(instance, ORDERS, ROW_COUNT) == {partition_key(at(0)): True}
    metadata = latest_status(instance)
    assert metadata["states"].value == "all is well"
    assert "#d55e00" not in picture(metadata)


def latest_status(instance: dg.DagsterInstance) -> Any:
    """Give the metadata of the newest grid."""
    event = instance.get_latest_materialization_event(STATUS)
    assert event
    assert event.asset_materialization
    return event.asset_materialization.metadata


def picture(metadata: Any) -> str:
    """Give the grid's SVG."""
    found = re.fullmatch(r"!\[.*\]\(data:image/svg\+xml;base64,(.*)\)", metadata["grid"].value)
    assert found
    return base64.b64decode(found[1]).decode()


def test_the_grid_and_the_findings_are_shown(court: Court, instance: dg.DagsterInstance) -> None:
    """The asset lake_assets/status has the picture, what needs attention, and the open findings."""
    court.source = make_source(orders={}, refunds={})
    court.put(0, table="gifts")
    court.remember("left_the_catalog", weeks=3, records=0, state="missing")

    judge(court, instance)

    metadata = latest_status(instance)
    svg = picture(metadata)
    assert "shop.orders</text>" in svg
    assert '#d55e00"/><text' in svg
    assert metadata["need_attention"].value == 2
    findings = [str(record.data["finding"]) for record in metadata["findings"].records]
    assert any("shop/gifts" in finding for finding in findings)
    assert metadata["judged_at"].value == court.now.isoformat()


def test_an_odd_volume_is_a_warning(court: Court, instance: dg.DagsterInstance) -> None:
    """The check `volume` warns, with the figures, and fails no run."""
    court.put(0)
    court.round()
    court.remember("orders", weeks=5, records=4000)

    assert judge(court, instance).success

    assert evaluations(instance, STATUS, VOLUME) == {None: False}
    checked = definitions(court).resolve_asset_graph().asset_check_keys
    assert dg.AssetCheckKey(STATUS, VOLUME) in checked


def test_a_source_that_cannot_be_judged_fails_the_run_and_no_other(
    court: Court, instance: dg.DagsterInstance
) -> None:
    """If the lake does not answer for a source, the run fails with the reason; the heartbeat stays behind."""
    broken = court.source.tables[0].model_copy(
        update={
            "source": "bad",
            "files": court.source.files.model_copy(update={"layout": "{table}/{nonsense}/"}),
        }
    )
    bad = court.source.model_copy(update={"name": "bad", "tables": (broken,)})
    catalog = Catalog(sources=(bad, court.source))
    job = build_definitions(catalog, LakePlace(court.bucket.bucket)).resolve_job_def("judge")
    config: dict[str, Any] = {"ops": {"judge_table_hours": {"config": {"now": court.now.isoformat()}}}}

    result = job.execute_in_process(instance=instance, run_config=QUIET | config, raise_on_error=False)

    assert not result.success
    assert court.states() == {0: "missing"}
    assert court.connection.execute("SELECT name FROM lake_assets.heartbeats ORDER BY name").fetchall() == [
        ("judge:shop",)
    ]


def test_rows_that_are_gone_are_told_before_they_are_loaded_again(
    court: Court, instance: dg.DagsterInstance
) -> None:
    """The judge writes the alert itself: a load may mend the hour before anybody else has looked."""
    court.put(0)
    court.round()
    court.connection.execute("DELETE FROM shop.orders WHERE ctid IN (SELECT ctid FROM shop.orders LIMIT 1)")

    assert judge(court, instance).success

    told = "SELECT title FROM lake_assets.alert_messages"
    assert court.connection.execute(told).fetchall() == [("mismatch: shop.orders, 2018-09-06T10",)]
    assert asked(court.ask()) == [("orders", 0)]

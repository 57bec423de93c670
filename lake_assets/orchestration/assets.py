"""The Dagster assets: one per table of the catalog, partitioned by hour, each with its row-count check.

An asset loads every hour of its run's partition range through `load.loader`, tells Dagster of each hour, and
then checks each against lake and warehouse. Assets and asset checks:
https://docs.dagster.io/guides/build/assets and https://docs.dagster.io/guides/test/asset-checks.

What a load does belongs to `main`; jobs and resources to `definitions`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Any

import dagster as dg
from pydantic import Field

from lake_assets.catalog.models import Catalog, Source, Table
from lake_assets.checks.evidence import stretches, whole_days
from lake_assets.checks.row_count import check_hours
from lake_assets.hours import ONE_HOUR, from_partition_key, parse_hour, partition_key
from lake_assets.lake.objects import Listing
from lake_assets.lake.s3 import Lake
from lake_assets.load.report import LoadReport
from lake_assets.monitor.run_plan import HOURS_PER_RUN, step_of
from lake_assets.orchestration.dagster_internals import AssetCheckEvaluationTargetMaterializationData
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.orchestration.metadata import definition_metadata, hour_metadata
from lake_assets.progress import Settled, listener
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import describe, sentences, why

ROW_COUNT = "row_count"
POOL = "warehouse"
KEYS_PER_QUERY = 900  # an old SQLite takes at most 999 values in a statement

Event = dg.MaterializeResult[None] | dg.AssetCheckEvaluation | dg.Output[None]


class LoadConfig(dg.Config):
    """Which hours of a table to load, where they are no range of partitions."""

    hours: list[str] = Field(
        default=[], description="Only these hours, as 2018-09-06T10; the run's partitions if empty."
    )


def asset_key(table: Table) -> dg.AssetKey:
    """Give the key of a table's asset: [source, table]."""
    return dg.AssetKey([table.source, table.name])


def partitions_of(source: Source) -> dg.HourlyPartitionsDefinition:
    """Give a source's partitions: every hour from its start, the running one included, in UTC."""
    return dg.HourlyPartitionsDefinition(start_date=source.start, timezone="UTC", end_offset=1)


def lake_specs(source: Source) -> list[dg.AssetSpec]:
    """Describe the folders of the lake, which DMS writes and Dagster only watches."""
    return [
        dg.AssetSpec(
            key=["lake", source.name, table.name],
            group_name="lake",
            kinds={"s3", "csv"},
            description=f"The files AWS DMS writes for {table.qualified}, in the folder {table.folder!r}.",
            partitions_def=partitions_of(source),
        )
        for table in source.tables
    ]


def row_count_spec(source: Source, table: Table) -> dg.AssetCheckSpec:
    """Describe the row-count check of a table; with the asset's partitions, so each hour has a result."""
    return dg.AssetCheckSpec(
        name=ROW_COUNT,
        asset=asset_key(table),
        description=(
            "Lists the lake again and compares the recount of each file with the ledger, and the ledger with "
            "count(*) of main, for this hour."
        ),
        partitions_def=partitions_of(source),
    )


def table_asset(source: Source, table: Table) -> dg.AssetsDefinition:
    """Make the asset of one table.

    Args:
        source: the table's source.
        table: the table as the catalog has it.
    """
    owner = table.owner or source.owner

    @dg.asset(
        key=asset_key(table),
        deps=[dg.AssetKey(["lake", source.name, table.name])],
        partitions_def=partitions_of(source),
        backfill_policy=dg.BackfillPolicy.multi_run(HOURS_PER_RUN),
        check_specs=[row_count_spec(source, table)],
        io_manager_key="warehouse",
        group_name=table.group or source.name,
        kinds={"postgres", "table"},
        owners=[owner] if owner else None,
        description=table.description or f"{table.qualified}, loaded hourly from the lake ({table.load}).",
        metadata=definition_metadata(table),
        pool=POOL,
        output_required=False,  # a run of scattered hours tells of each by itself
    )
    def load_table(
        context: dg.AssetExecutionContext,
        config: LoadConfig,
        lake: LakeResource,
        warehouse: dg.ResourceParam[PostgresIOManager],
    ) -> Iterator[Event]:
        run = _TableRun(context, lake.lake(), warehouse, table, config.hours)
        yield from run.events()

    return load_table


def check_asset_hours(
    context: dg.OpExecutionContext | dg.AssetExecutionContext, table: Table, checked: Sequence[Verdict]
) -> Iterator[dg.AssetCheckEvaluation]:
    """Tell Dagster what the row-count check says of table-hours.

    Each evaluation names the materialization it is about, without which the UI takes it as out of date.
    """
    keys = [partition_key(result.hour) for result in checked]
    newest = _newest_materializations(context.instance, asset_key(table), keys)
    for key, result in zip(keys, checked, strict=True):
        target = newest.get(key)
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(table),
            check_name=ROW_COUNT,
            passed=result.passed,
            partition=key,
            description=describe(result),
            metadata=_check_metadata(result),
            blocking=False,
            target_materialization_data=target
            and AssetCheckEvaluationTargetMaterializationData(
                storage_id=target.storage_id, run_id=target.run_id, timestamp=target.timestamp
            ),
        )


def _newest_materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, keys: Sequence[str]
) -> dict[str | None, dg.EventLogRecord]:
    """Give the newest materialization of each partition that has one."""
    newest: dict[str | None, dg.EventLogRecord] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        ids = instance.event_log_storage.get_latest_storage_id_by_partition(
            asset, dg.DagsterEventType.ASSET_MATERIALIZATION, set(keys[start : start + KEYS_PER_QUERY])
        )
        if ids:
            wanted = dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(ids.values()))
            records = instance.fetch_materializations(wanted, limit=len(ids)).records
            newest |= {record.partition_key: record for record in records}
    return newest


def _check_metadata(result: Verdict) -> dict[str, Any]:
    """Say what the row-count check compared."""
    return {
        "state": result.state,
        "files": result.files,
        "records_in_lake": result.counts.records,
        "rows_in_main": result.in_main,
        "in_quarantine": result.counts.quarantined,
        "superseded": result.counts.superseded,
        "filtered": result.counts.filtered,
        "rows_added": result.counts.added,
        "findings": sentences(result.found) or "none",
    }


@dataclass(frozen=True)
class _TableRun:
    """One asset's part of a run: a range of hours, loaded and then checked."""

    context: dg.AssetExecutionContext
    lake: Lake
    warehouse: PostgresIOManager
    table: Table
    only: Sequence[str]
    unmatched: set[str] = field(default_factory=set)

    def events(self) -> Iterator[Event]:
        wanted = (
            map(parse_hour, self.only) if self.only else map(from_partition_key, self.context.partition_keys)
        )
        hours = sorted(set(wanted))
        metadata: dict[datetime, Any] = {}
        failed: list[LoadReport] = []
        with self.warehouse.table_loader(self.lake, self.table, self.context.run.run_id) as loader:
            for report in chain.from_iterable(self._load(loader, stretch) for stretch in stretches(hours)):
                if not report.is_well:
                    failed.append(report)
                else:
                    metadata[report.hour] = hour_metadata(loader.connection, self.lake, self.table, report)
            if failed or self.only:
                self._tell_loaded(metadata)
            else:
                yield from self._materialize(metadata)
            checked = check_hours(loader.connection, self.lake, self.table, hours)
        self._correct({report.hour for report in failed if report.error}, checked)
        evaluations = check_asset_hours(self.context, self.table, checked)
        if failed:
            for evaluation in evaluations:
                self.context.log_event(evaluation)
            raise dg.Failure(description=_describe(self.table, failed), allow_retries=False)
        yield from evaluations
        yield dg.Output(None, output_name=f"{step_of(self.table)}_{ROW_COUNT}")

    def _load(self, loader: Any, hours: Sequence[datetime]) -> Iterator[LoadReport]:
        first, end = whole_days(hours[0], hours[-1] + ONE_HOUR)
        listing = self.lake.list_table(self.table.source_folder, self.table, first, end)
        heard = listener()
        self._warn(listing)
        by_hour = listing.by_hour()
        days = {hour.date() for hour in by_hour}
        loader.progress = heard.read
        for hour in hours:
            report = loader.load(hour, by_hour.get(hour, ()), day_has_files=hour.date() in days)
            note = report.error or report.note
            heard.settled(Settled(self.table.qualified, hour, report.state, report.counts, note))
            yield report

    def _warn(self, listing: Listing) -> None:
        """Tell of objects that belong to no hour, each once in a run."""
        for item in listing.unmatched:
            if item.key not in self.unmatched:
                self.unmatched.add(item.key)
                url = self.lake.url(item.key)
                self.context.log.warning("Not loaded: %s: %s", url, item.reason)
                listener().unmatched(url, item.reason)

    def _correct(self, failed: set[datetime], checked: Sequence[Verdict]) -> None:
        """Tell the listener of hours whose check is red though their load was not, and why."""
        for result in checked:
            if not result.passed and result.hour not in failed:
                listener().settled(
                    Settled(self.table.qualified, result.hour, result.state, result.counts, why(result))
                )

    def _tell_loaded(self, metadata: dict[datetime, Any]) -> None:
        """Tell Dagster of the good hours of a run that fails for others, or whose hours are no range."""
        for hour, values in metadata.items():
            self.context.log_event(
                dg.AssetMaterialization(asset_key(self.table), partition=partition_key(hour), metadata=values)
            )

    def _materialize(self, metadata: dict[datetime, Any]) -> Iterator[dg.MaterializeResult[None]]:
        for hour, values in metadata.items():
            self.context.add_asset_metadata(
                values, asset_key=asset_key(self.table), partition_key=partition_key(hour)
            )
        yield dg.MaterializeResult(asset_key=asset_key(self.table))


def _describe(table: Table, failed: Sequence[LoadReport]) -> str:
    lines = [
        f"{table.qualified} {report.hour:%Y-%m-%dT%H}: {report.state}"
        + (f": {report.error}" if report.error else "")
        for report in failed
    ]
    return "\n".join(lines)


def build_assets(catalog: Catalog) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Make the assets of every table of the catalog, and of the lake folders above them."""
    return [
        *(spec for source in catalog.sources for spec in lake_specs(source)),
        *(table_asset(source, table) for source in catalog.sources for table in source.tables),
    ]

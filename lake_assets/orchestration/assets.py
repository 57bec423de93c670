"""The Dagster assets: one per table of the catalog, partitioned by hour, each with its row-count check.

An asset loads every hour of its run's partition range through `orchestration.table_hours`, tells Dagster of
each hour, and then checks each against lake and warehouse. Assets and asset checks:
https://docs.dagster.io/guides/build/assets and https://docs.dagster.io/guides/test/asset-checks.

What a load does belongs to `load`; jobs and resources to `orchestration.build`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg
import psycopg
from pydantic import Field

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Source, Table
from lake_assets.checks.row_count import check_hours
from lake_assets.escapes import escape_markdown, escape_unprintable
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import format_hour, from_partition_key, parse_hour, partition_key
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.install import install
from lake_assets.load.outcome import note_failure
from lake_assets.load.report import LoadReport
from lake_assets.monitor.run_plan import HOURS_PER_RUN, step_of
from lake_assets.orchestration.catalog_tag import refuse_older_copy, tables_of_run
from lake_assets.orchestration.dagster_internals import AssetCheckEvaluationTargetMaterializationData
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.orchestration.metadata import RawMetadata, definition_metadata
from lake_assets.orchestration.table_hours import load_hours
from lake_assets.progress import Settled, listener
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import describe, sentences, why

ROW_COUNT = "row_count"
POOL = "warehouse"
KEYS_PER_QUERY = 900  # an old SQLite takes at most 999 values in a statement

Event = dg.MaterializeResult[None] | dg.AssetCheckEvaluation | dg.Output[None]


class LoadConfig(dg.Config):
    """Which hours of a table to load, where they are no range of partitions, and by whose word."""

    hours: list[str] = Field(
        default=[], description="Only these hours, as 2018-09-06T10; the run's partitions if empty."
    )
    follow_vanished: str = Field(
        default="",
        description="Your name, if rows of files that vanished from the lake are to go; it is written down.",
    )


def asset_key(table: Table) -> dg.AssetKey:
    """Return the key of a table's asset: [source, table]."""
    return dg.AssetKey([table.source, table.name])


def partitions_of(source: Source) -> dg.HourlyPartitionsDefinition:
    """Return a source's partitions: every hour from its start, the running one included, in UTC."""
    return dg.HourlyPartitionsDefinition(start_date=source.start, timezone="UTC", end_offset=1)


def lake_specs(source: Source) -> list[dg.AssetSpec]:
    """Describe the folders of the lake, which DMS writes and Dagster only watches."""
    return [
        dg.AssetSpec(
            key=["lake", source.name, table.name],
            group_name="lake",
            kinds={"s3", "csv"},
            description=_describe_folder(table),
            partitions_def=partitions_of(source),
        )
        for table in source.tables
    ]


def _describe_folder(table: Table) -> str:
    folder = escape_markdown(table.folder)  # as whoever writes to the lake named it
    return f"The files AWS DMS writes for {table.qualified}, in the folder {folder}."


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


def table_asset(current: CurrentCatalog, source: Source, table: Table) -> dg.AssetsDefinition:
    """Make the asset of one table, which is loaded by the entry that it then has.

    Args:
        current: the catalog as it is when it is asked.
        source: the table's source.
        table: the table as the catalog has it now.
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
        entry = current.table(table)
        refuse_older_copy(
            context.run.tags, current, current.source(source), tables_of_run(context.run, source)
        )
        run = _TableRun(context=context, lake=lake.lake(), warehouse=warehouse, table=entry, config=config)
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
        yield dg.AssetCheckEvaluation(
            asset_key=asset_key(table),
            check_name=ROW_COUNT,
            passed=result.passed,
            partition=key,
            description=escape_markdown(describe(result)),  # which the UI reads as Markdown
            metadata=_check_metadata(result),
            blocking=False,
            target_materialization_data=_target(newest.get(key)),
        )


def _target(
    materialization: dg.EventLogRecord | None,
) -> AssetCheckEvaluationTargetMaterializationData | None:
    """Return how an evaluation names a materialization."""
    if materialization is None:
        return None
    return AssetCheckEvaluationTargetMaterializationData(
        storage_id=materialization.storage_id,
        run_id=materialization.run_id,
        timestamp=materialization.timestamp,
    )


def _newest_materializations(
    instance: dg.DagsterInstance, asset: dg.AssetKey, keys: Sequence[str]
) -> dict[str | None, dg.EventLogRecord]:
    """Return the newest materialization of each partition that has one."""
    newest: dict[str | None, dg.EventLogRecord] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        part = set(keys[start : start + KEYS_PER_QUERY])
        ids = instance.event_log_storage.get_latest_storage_id_by_partition(
            asset, dg.DagsterEventType.ASSET_MATERIALIZATION, part
        )
        if ids:
            wanted = dg.AssetRecordsFilter(asset_key=asset, storage_ids=list(ids.values()))
            for record in instance.fetch_materializations(wanted, limit=len(ids)).records:
                newest[record.partition_key] = record
    return newest


def _check_metadata(result: Verdict) -> dict[str, Any]:
    """Return what the row-count check compared."""
    return {
        "state": result.state,
        "files": result.files,
        "records_in_lake": result.counts.records,
        "rows_in_main": result.in_main,
        "in_quarantine": result.counts.quarantined,
        "superseded": result.counts.superseded,
        "filtered": result.counts.filtered,
        "rows_added": result.counts.added,
        "findings": escape_unprintable(sentences(result.found) or "none"),
    }


@dataclass(frozen=True)
class _TableRun:
    """One asset's part of a run: its hours, loaded and then checked.

    Attributes:
        context: Dagster's context of the step.
        lake: where the files are.
        warehouse: where they go.
        table: the table.
        config: which hours, where they are no range of partitions, and by whose word.
    """

    context: dg.AssetExecutionContext
    lake: Lake
    warehouse: PostgresIOManager
    table: Table
    config: LoadConfig

    def events(self) -> Iterator[Event]:
        """Load the hours, tell Dagster of each, and check them all.

        Raises:
            dg.Failure: an hour does not stand.
            LakeAssetsError: no hour can be loaded, or none from one on; each has it as its reason.
        """
        hours = self._hours()
        good: dict[datetime, RawMetadata] = {}
        failed: list[LoadReport] = []
        try:
            yield from self._load(hours, good, failed)
        except (LakeAssetsError, psycopg.Error) as error:
            settled = good.keys() | {report.hour for report in failed}
            self._note_failure([hour for hour in hours if hour not in settled], error)
            raise

    def _load(
        self, hours: Sequence[datetime], good: dict[datetime, RawMetadata], failed: list[LoadReport]
    ) -> Iterator[Event]:
        """Load the hours and check them; tell of each in `good` or `failed` once it is loaded."""
        followed_by = self.config.follow_vanished or None
        with self.warehouse.table_loader(
            self.lake, self.table, self.context.run.run_id, followed_by=followed_by
        ) as loader:
            for loaded in load_hours(loader, hours, self.context.log):
                if loaded.metadata is None:
                    failed.append(loaded.report)
                else:
                    good[loaded.report.hour] = loaded.metadata
            if failed or self.config.hours:
                self._tell_loaded(good)
            else:
                yield from self._materialize(good)
            checked = check_hours(loader.connection, self.lake, self.table, hours)
        self._correct({report.hour for report in failed if report.error}, checked)
        evaluations = check_asset_hours(self.context, self.table, checked)
        if failed:
            for evaluation in evaluations:
                self.context.log_event(evaluation)
            raise dg.Failure(description=_describe(self.table, failed), allow_retries=False)
        yield from evaluations
        yield dg.Output(None, output_name=f"{step_of(self.table)}_{ROW_COUNT}")

    def _hours(self) -> list[datetime]:
        """Return the hours to load, oldest first."""
        if self.config.hours:
            hours = {parse_hour(text) for text in self.config.hours}
        else:
            hours = {from_partition_key(key) for key in self.context.partition_keys}
        return sorted(hours)

    def _note_failure(self, hours: Sequence[datetime], error: Exception) -> None:
        """Write down of hours that the run did not come to why not, unless the warehouse is gone too."""
        if not hours:
            return
        run_id = self.context.run.run_id
        try:
            with self.warehouse.connect(run_id) as connection:
                install(connection)
                note_failure(connection, self.table, hours, error, run_id)
        except (LakeAssetsError, psycopg.Error):
            # The run's own error says what matters, and its hours are asked for again.
            self.context.log.warning("The ledger could not be told of this.")

    def _correct(self, failed: set[datetime], checked: Sequence[Verdict]) -> None:
        """Tell the listener of hours whose check is red though their load was not, and why."""
        for result in checked:
            if not result.passed and result.hour not in failed:
                outcome = Settled(
                    table=self.table.qualified,
                    hour=result.hour,
                    state=result.state,
                    counts=result.counts,
                    note=why(result),
                )
                listener().settled(outcome)

    def _tell_loaded(self, good: Mapping[datetime, RawMetadata]) -> None:
        """Tell Dagster of the good hours of a run that fails for others, or whose hours are no range."""
        for hour, metadata in good.items():
            event = dg.AssetMaterialization(
                asset_key(self.table), partition=partition_key(hour), metadata=metadata
            )
            self.context.log_event(event)

    def _materialize(self, good: Mapping[datetime, RawMetadata]) -> Iterator[dg.MaterializeResult[None]]:
        """Let the step's own materializations tell of the hours, which are its partitions."""
        for hour, metadata in good.items():
            self.context.add_asset_metadata(
                metadata, asset_key=asset_key(self.table), partition_key=partition_key(hour)
            )
        yield dg.MaterializeResult(asset_key=asset_key(self.table))


def _describe(table: Table, failed: Sequence[LoadReport]) -> str:
    """Return a line for each hour that does not stand."""
    lines = []
    for report in failed:
        line = f"{table.qualified} {format_hour(report.hour)}: {report.state}"
        lines.append(f"{line}: {escape_unprintable(report.error)}" if report.error else line)
    return "\n".join(lines)


def build_assets(current: CurrentCatalog) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """Make the assets of every table of the catalog, and of the lake folders above them."""
    catalog = current.built
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = []
    for source in catalog.sources:
        assets += lake_specs(source)
    for source in catalog.sources:
        assets += [table_asset(current, source, table) for table in source.tables]
    return assets

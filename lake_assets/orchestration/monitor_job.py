"""The job `judge`: every expected table-hour is judged and Dagster told, whether or not anything ran.

It also draws the grid of states on the asset `lake_assets/status`. What is judged and how belongs to `judge`;
when the job runs to `schedules`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dagster as dg
import psycopg
from pydantic import Field

from lake_assets.catalog.models import Catalog, Source, Table
from lake_assets.exceptions import LakeAssetsError
from lake_assets.hours import ONE_HOUR, floor_hour
from lake_assets.lake.s3 import Lake
from lake_assets.ledger.heartbeats import beat, last_beat
from lake_assets.ledger.install import install
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.findings import Finding, Kind, OpenFinding, read_findings, settle_findings
from lake_assets.monitor.grid_svg import as_markdown, count_attention, draw, read_grid
from lake_assets.monitor.source import HEARTBEAT, Judgement, judge_source
from lake_assets.monitor.testimony import note_counts
from lake_assets.orchestration.assets import check_asset_hours
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.states.decide import Verdict

STATUS = dg.AssetKey(["lake_assets", "status"])
VOLUME = "volume"
JUDGE = "judge_table_hours"
JUDGE_JOB = "judge"

MOST_TOLD = 2_000
"""Evaluations in a run; each takes Dagster some 10 ms."""

FEWEST_TOLD = 4
MOST_FINDINGS_SHOWN = 50

AskDms = Callable[[], DmsReport | None]
NoteAlerts = Callable[[psycopg.Connection, datetime], None]


class JudgeConfig(dg.Config):
    """Which sources to judge, and as of when."""

    sources: list[str] = Field(default=[], description="Names of sources; all of the catalog if empty.")
    now: str = Field(
        default="",
        description="The moment to judge as of, as 2018-09-06T10:15:00+00:00; the clock's if empty.",
    )


def _nobody_asks() -> None:
    """Leave DMS's API alone."""


def _nobody_notes(connection: psycopg.Connection, now: datetime) -> None:
    """Leave alerts to others."""


def status_spec() -> dg.AssetSpec:
    """Describe the asset that holds the grid of states; nothing computes it, the judge draws it."""
    return dg.AssetSpec(
        STATUS,
        group_name="lake_assets",
        kinds={"postgres"},
        description=(
            "The state of every table-hour of the last three days, as a picture, with the open findings. "
            "Newest first: see the latest materialization."
        ),
    )


def build_volume_check() -> dg.AssetChecksDefinition:
    """Make the check that warns of hours whose records are far from the same hour of past weeks."""

    @dg.asset_check(
        asset=STATUS,
        name=VOLUME,
        description="Warns of hours whose records are far from those of the same hour of past weeks.",
    )
    def volume(warehouse: dg.ResourceParam[PostgresIOManager]) -> dg.AssetCheckResult:
        with warehouse.connect() as connection:
            install(connection)
            odd = _odd(connection)
        return dg.AssetCheckResult(
            passed=not odd,
            severity=dg.AssetCheckSeverity.WARN,
            description=_verdict_on(odd),
            metadata=_figures(odd),
        )

    return volume


def _odd(connection: psycopg.Connection) -> list[OpenFinding]:
    return [finding for finding in read_findings(connection) if finding.kind == VOLUME]


def _verdict_on(odd: Sequence[OpenFinding]) -> str:
    return f"{len(odd)} hours are far from past weeks." if odd else "No hour is far from past weeks."


def _figures(odd: Sequence[OpenFinding]) -> dict[str, Any]:
    return {"hours": len(odd), "figures": dg.MetadataValue.md(_listed(odd))}


def status_of(connection: psycopg.Connection, catalog: Catalog, now: datetime) -> dg.AssetMaterialization:
    """Draw the grid as it is now, for the asset `lake_assets/status`.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        catalog: the tables.
        now: the present moment.
    """
    grid = read_grid(connection, catalog, floor_hour(now) + ONE_HOUR)
    attention = count_attention(connection, catalog)
    findings = read_findings(connection)
    judged = last_beat(connection, HEARTBEAT)
    return dg.AssetMaterialization(
        STATUS,
        metadata={
            "grid": dg.MetadataValue.md(as_markdown(draw(grid))),
            "need_attention": sum(attention.values()),
            "states": ", ".join(f"{count} {state}" for state, count in sorted(attention.items()))
            or "all is well",
            "findings": dg.MetadataValue.md(_listed(findings)),
            "judged_at": judged.isoformat() if judged else "never",
        },
    )


def _listed(findings: Sequence[OpenFinding]) -> str:
    shown = [
        f"- **{finding.kind}** {finding.note} (since {finding.found_at:%Y-%m-%dT%H:%M})"
        for finding in findings[:MOST_FINDINGS_SHOWN]
    ]
    if more := len(findings) - len(shown):
        shown.append(f"- and {more} more, in lake_assets.findings")
    return "\n".join(shown) or "none"


def judge_sources(
    connection: psycopg.Connection,
    lake: Lake,
    catalog: Catalog,
    sources: Sequence[Source],
    now: datetime,
    dms: DmsReport | None,
    note: NoteAlerts = _nobody_notes,
) -> Iterator[Judgement | str]:
    """Judge sources one after the other; of one that cannot be judged, give the reason.

    Args:
        connection: a session of the warehouse; the ledger must be installed.
        lake: the lake.
        catalog: all tables.
        sources: those to judge.
        now: the present moment.
        dms: what DMS's API says; None where it is not asked.
        note: writes down the alerts that are due.

    Raises:
        LakeAssetsError: the lake cannot be listed at all.
    """
    folders = lake.list_folders()
    _settle_unknown(connection, catalog, folders, now)
    if dms:
        note_counts(connection, dms, now)
    for source in sources:
        try:
            yield judge_source(
                connection,
                lake,
                source,
                now,
                folders=folders.get(source.folder, ()),
                dms=dms,
                tell=partial(note, connection, now),
            )
        except LakeAssetsError as error:
            yield f"{source.name}: {error}"
    beats = [last_beat(connection, f"{HEARTBEAT}:{source.name}") for source in catalog.sources]
    if all(beats) and beats:
        beat(connection, HEARTBEAT, min(moment for moment in beats if moment))


def _settle_unknown(
    connection: psycopg.Connection, catalog: Catalog, folders: Mapping[str, Sequence[str]], now: datetime
) -> None:
    """Find folders of the lake that hold tables, and are no source of the catalog."""
    known = {source.folder for source in catalog.sources}
    kind: Kind = "unknown_source"
    seen = [
        Finding(kind=kind, details={"folder": folder, "tables": len(tables)}, subject=folder)
        for folder, tables in folders.items()
        if tables and folder not in known
    ]
    settle_findings(connection, "", seen, (kind,), now)


def build_judge_job(
    catalog: Catalog, ask: AskDms = _nobody_asks, note: NoteAlerts = _nobody_notes
) -> dg.JobDefinition:
    """Make the job `judge`.

    Args:
        catalog: the tables.
        ask: asks DMS's API for its tasks, or gives None.
        note: writes down the alerts that are due, before what they tell of is mended.
    """

    @dg.op(
        name=JUDGE, description="Judges every table-hour that is over, by lake and ledger as they are now."
    )
    def judge_table_hours(
        context: dg.OpExecutionContext,
        config: JudgeConfig,
        lake: LakeResource,
        warehouse: dg.ResourceParam[PostgresIOManager],
    ) -> None:
        now = datetime.fromisoformat(config.now) if config.now else datetime.now(UTC)
        wanted = [source for source in catalog.sources if source.name in config.sources or not config.sources]
        faults: list[str] = []
        with warehouse.connect(context.run_id) as connection:
            install(connection)
            for judged in judge_sources(connection, lake.lake(), catalog, wanted, now, ask(), note):
                if isinstance(judged, str):
                    faults.append(judged)
                else:
                    _tell(context, judged)
            context.log_event(status_of(connection, catalog, now))
            context.log_event(_volume_evaluation(connection))  # type: ignore[arg-type] # its types do not say so
        if faults:
            raise dg.Failure(description="\n".join(faults), allow_retries=False)

    @dg.job(
        name=JUDGE_JOB,
        executor_def=dg.in_process_executor,
        description="Judges every expected table-hour, and draws the grid of states.",
    )
    def judge() -> None:
        judge_table_hours()

    return judge


def _volume_evaluation(connection: psycopg.Connection) -> dg.AssetCheckEvaluation:
    odd = _odd(connection)
    return dg.AssetCheckEvaluation(
        asset_key=STATUS,
        check_name=VOLUME,
        passed=not odd,
        severity=dg.AssetCheckSeverity.WARN,
        description=_verdict_on(odd),
        metadata=_figures(odd),
        blocking=False,
    )


def _tell(context: dg.OpExecutionContext, judgement: Judgement) -> None:
    """Tell Dagster of the table-hours that are news, the newest of each table if they are many."""
    told = {table: results for table, results in judgement.told.items() if results}
    most = max(FEWEST_TOLD, MOST_TOLD // max(1, len(told)))
    context.log.info(
        "%s: %s table-hours judged, %s written, %s tables with news.",
        judgement.source.name,
        judgement.judged,
        judgement.written,
        len(told),
    )
    for table, results in told.items():
        _tell_of_table(context, table, results[-most:])


def _tell_of_table(context: dg.OpExecutionContext, table: Table, results: Sequence[Verdict]) -> None:
    for evaluation in check_asset_hours(context, table, results):
        context.log_event(evaluation)  # type: ignore[arg-type] # its types do not say so

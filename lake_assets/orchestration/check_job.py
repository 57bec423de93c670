"""The job that checks table-hours without loading them.

Loading needs no job of its own: any selection of assets is one. What a check compares belongs to
`checks.row_count`; how an evaluation is told to `assets`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from lake_assets.catalog.models import Catalog, Source
from lake_assets.checks.row_count import check_hours
from lake_assets.hours import hours_between, parse_hour
from lake_assets.ledger.install import install
from lake_assets.orchestration.assets import check_asset_hours
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.progress import Settled, listener
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import why

UNSEEN_HOURS_TOLD = 168  # a week


class CheckConfig(dg.Config):
    """Which table-hours to check, and how."""

    tables: list[str] = Field(default=[], description="Tables as source.table; all of the catalog if empty.")
    first: str = Field(default="", description="First hour, as 2018-09-06T10; the source's start if empty.")
    end: str = Field(default="", description="Hour to stop before; the running hour if empty.")
    hours: list[str] = Field(default=[], description="Only these hours; the whole range if empty.")
    deep: bool = Field(default=False, description="Read the files' bytes and count their records again.")


def _hours(config: CheckConfig, source: Source) -> list[datetime]:
    if config.hours:
        return sorted(parse_hour(hour) for hour in config.hours)
    first = max(parse_hour(config.first), source.start) if config.first else source.start
    return list(hours_between(first, parse_hour(config.end) if config.end else datetime.now(UTC)))


def _worth_telling(checked: Sequence[Verdict]) -> list[Verdict]:
    """Leave out all but the newest of the hours for which neither lake nor ledger has anything.

    A source may have begun years before its first file, and each evaluation takes Dagster some 10 ms.
    """
    nothing = [result for result in checked if not result.files and not result.counts.records]
    old = {result.hour for result in nothing[:-UNSEEN_HOURS_TOLD]}
    return [result for result in checked if result.hour not in old]


def build_check_job(catalog: Catalog) -> dg.JobDefinition:
    """Make the job `check`: one evaluation of the row-count check per table-hour, nothing loaded."""

    @dg.op(
        name="check_table_hours",
        description="Compares lake, ledger and main, hour by hour, as they are now.",
    )
    def check_table_hours(
        context: dg.OpExecutionContext,
        config: CheckConfig,
        lake: LakeResource,
        warehouse: dg.ResourceParam[PostgresIOManager],
    ) -> None:
        with warehouse.connect() as connection:
            install(connection)
            for table in catalog.select(config.tables):
                hours = _hours(config, catalog.source_of(table))
                if not hours:
                    continue
                checked = check_hours(connection, lake.lake(), table, hours, deep=config.deep)
                for result in checked:
                    listener().settled(
                        Settled(table.qualified, result.hour, result.state, result.counts, why(result))
                    )
                told = checked if config.first or config.hours else _worth_telling(checked)
                for evaluation in check_asset_hours(context, table, told):
                    context.log_event(evaluation)  # type: ignore[arg-type] # its types do not say so

    @dg.job(
        name="check",
        executor_def=dg.in_process_executor,
        description="Checks table-hours against lake and warehouse as they are now, and loads nothing.",
    )
    def check() -> None:
        check_table_hours()

    return check

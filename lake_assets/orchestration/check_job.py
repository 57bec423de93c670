"""The job `check`: table-hours are checked without being loaded.

Loading needs no job of its own: any selection of assets is one. What a check compares belongs to
`checks.row_count`; how an evaluation is told to `assets`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Source, Table
from lake_assets.checks.row_count import check_hours
from lake_assets.exceptions import LakeAssetsError, LakeError
from lake_assets.hours import hours_between, parse_hour
from lake_assets.ledger.install import install
from lake_assets.orchestration.assets import check_asset_hours
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.orchestration.living_executor import living_executor
from lake_assets.progress import Settled, listener
from lake_assets.states.decide import Verdict
from lake_assets.states.sentences import why

UNSEEN_HOURS_TOLD = 168
"""A week: of the hours that neither lake nor ledger knows, this many are told to Dagster."""


class CheckConfig(dg.Config):
    """Which table-hours to check, and how."""

    tables: list[str] = Field(default=[], description="Tables as source.table; all of the catalog if empty.")
    first: str = Field(default="", description="First hour, as 2018-09-06T10; the source's start if empty.")
    end: str = Field(default="", description="Hour to stop before; the running hour if empty.")
    hours: list[str] = Field(default=[], description="Only these hours; the whole range if empty.")
    deep: bool = Field(default=False, description="Read the files again: count records, compare values.")

    def hours_of(self, source: Source) -> list[datetime]:
        """Return the hours of a source's tables to check, oldest first."""
        if self.hours:
            return sorted(parse_hour(hour) for hour in self.hours)
        first = source.start
        if self.first:
            first = max(parse_hour(self.first), source.start)
        end = parse_hour(self.end) if self.end else datetime.now(UTC)
        return list(hours_between(first, end))

    @property
    def names_its_hours(self) -> bool:
        """Whether somebody chose the hours, and so is told of each of them."""
        return bool(self.first or self.hours)


def build_check_job(current: CurrentCatalog) -> dg.JobDefinition:
    """Return the job `check`: one evaluation of the row-count check per table-hour, nothing loaded."""

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
        unlisted: dict[str, LakeAssetsError] = {}
        was_any_checked = False
        catalog = current.read()
        with warehouse.connect() as connection:
            install(connection)
            for table in catalog.select(config.tables):
                hours = config.hours_of(catalog.source_of(table))
                if not hours:
                    continue
                try:
                    checked = check_hours(connection, lake.lake(), table, hours, deep=config.deep)
                except LakeAssetsError as error:
                    # It is about this table's folder, and others may be listed well.
                    unlisted[table.qualified] = error
                    continue
                was_any_checked = True
                _tell_listener(table, checked)
                told = checked if config.names_its_hours else leave_out_unseen(checked)
                _tell_dagster(context, table, told)
        if unlisted and not was_any_checked:
            raise next(iter(unlisted.values()))  # no table's own
        if unlisted:
            raise LakeError("; ".join(f"{name}: {error}" for name, error in unlisted.items()))

    @dg.job(
        name="check",
        executor_def=living_executor,
        description="Checks table-hours against lake and warehouse as they are now, and loads nothing.",
    )
    def check() -> None:
        check_table_hours()

    return check


def _tell_listener(table: Table, checked: Sequence[Verdict]) -> None:
    for result in checked:
        outcome = Settled(table.qualified, result.hour, result.state, result.counts, note=why(result))
        listener().settled(outcome)


def _tell_dagster(context: dg.OpExecutionContext, table: Table, checked: Sequence[Verdict]) -> None:
    for evaluation in check_asset_hours(context, table, checked):
        context.log_event(evaluation)  # type: ignore[arg-type] # its types do not say so


def leave_out_unseen(checked: Sequence[Verdict]) -> list[Verdict]:
    """Return all but the older hours for which neither lake nor ledger has anything.

    A source may have begun years before its first file, and each evaluation takes Dagster some 10 ms.
    """
    unseen = [result.hour for result in checked if not result.files and not result.counts.records]
    old = set(unseen[:-UNSEEN_HOURS_TOLD])
    return [result for result in checked if result.hour not in old]

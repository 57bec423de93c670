"""The job `judge`: every expected table-hour is judged and Dagster told, whether or not anything ran.

What is judged and how belongs to `monitor`; the grid it draws to `status_asset`; when it runs to
`judge_schedule` and `overdue_sensor`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from lake_assets.catalog.current import CurrentCatalog
from lake_assets.catalog.models import Catalog, Source, Table
from lake_assets.escapes import escape_unprintable
from lake_assets.ledger.install import install
from lake_assets.monitor.dms_api import DmsReport
from lake_assets.monitor.source import Judgement
from lake_assets.monitor.whole_lake import NoteAlerts, NotJudged, judge_sources, leave_alerts
from lake_assets.orchestration.assets import check_asset_hours
from lake_assets.orchestration.catalog_tag import refuse_older_copy
from lake_assets.orchestration.io_manager import PostgresIOManager
from lake_assets.orchestration.lake_resource import LakeResource
from lake_assets.orchestration.living_executor import living_executor
from lake_assets.orchestration.status_asset import draw_status, evaluate_volume
from lake_assets.states.decide import Verdict

JUDGE = "judge_table_hours"
JUDGE_JOB = "judge"

MOST_TOLD = 2_000
"""Evaluations in a run; each takes Dagster some 10 ms."""

FEWEST_TOLD = 4
"""Evaluations of a table at least, however many tables have news: its newest hours are seen."""

AskDms = Callable[[], DmsReport | None]


class JudgeConfig(dg.Config):
    """Which sources to judge, and as of when."""

    sources: list[str] = Field(default=[], description="Names of sources; all of the catalog if empty.")
    now: str = Field(
        default="",
        description="The moment to judge as of, as 2018-09-06T10:15:00+00:00; the clock's if empty.",
    )

    def moment(self) -> datetime:
        """Return the moment to judge as of."""
        return datetime.fromisoformat(self.now) if self.now else datetime.now(UTC)

    def select(self, catalog: Catalog) -> list[Source]:
        """Return the sources of the catalog that are to be judged."""
        if not self.sources:
            return list(catalog.sources)
        return [source for source in catalog.sources if source.name in self.sources]


def _leave_dms_alone() -> None:
    """Ask nothing of DMS's API."""


def build_judge_job(
    current: CurrentCatalog, ask: AskDms = _leave_dms_alone, note: NoteAlerts = leave_alerts
) -> dg.JobDefinition:
    """Return the job `judge`.

    Args:
        current: the catalog as it is when it is asked.
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
        now = config.moment()
        not_judged: list[NotJudged] = []
        catalog = current.read()
        sources = config.select(catalog)
        for source in sources:
            refuse_older_copy(context.run.tags, current, source, [table.name for table in source.tables])
        with warehouse.connect(context.run_id) as connection:
            install(connection)
            results = judge_sources(connection, lake.lake(), catalog, sources, now, dms=ask(), note=note)
            for result in results:
                if isinstance(result, NotJudged):
                    not_judged.append(result)
                else:
                    _tell_dagster(context, result)
            context.log_event(draw_status(connection, catalog, now))
            context.log_event(evaluate_volume(connection))  # type: ignore[arg-type] # its types do not say so
        if not_judged:
            raise dg.Failure(description=_describe(not_judged), allow_retries=False)

    @dg.job(
        name=JUDGE_JOB,
        executor_def=living_executor,
        description="Judges every expected table-hour, and draws the grid of states.",
    )
    def judge() -> None:
        judge_table_hours()

    return judge


def _describe(not_judged: Sequence[NotJudged]) -> str:
    lines = [f"{result.source.name}: {escape_unprintable(str(result.error))}" for result in not_judged]
    return "\n".join(lines)


def _tell_dagster(context: dg.OpExecutionContext, judgement: Judgement) -> None:
    """Tell Dagster of the table-hours that are news, the newest of each table if they are many."""
    news = _news_of(judgement)
    context.log.info(
        "%s: %s table-hours judged, %s written, %s tables with news.",
        judgement.source.name,
        judgement.judged,
        judgement.written,
        len(news),
    )
    if not news:
        return
    most_of_a_table = max(FEWEST_TOLD, MOST_TOLD // len(news))
    for table, results in news.items():
        for evaluation in check_asset_hours(context, table, results[-most_of_a_table:]):
            context.log_event(evaluation)  # type: ignore[arg-type] # its types do not say so


def _news_of(judgement: Judgement) -> Mapping[Table, Sequence[Verdict]]:
    return {table: results for table, results in judgement.told.items() if results}

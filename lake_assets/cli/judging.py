"""The judge's work for the command line: all sources judged at once, and the findings that are open then.

What is judged and how belongs to `monitor`; who is told to `alerts`.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.text import Text

from lake_assets.cli.context import Context
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.escapes import escape_unprintable
from lake_assets.monitor.dms_api import DmsReport, ask_dms, make_dms_client
from lake_assets.monitor.findings import OpenFinding, read_findings
from lake_assets.monitor.whole_lake import OF_WHOLE_LAKE, NotJudged, judge_sources

FINDING_WIDTH = 15
"""Characters that the longest name of a kind takes."""


def judge_all(context: Context) -> list[NotJudged]:
    """Judge every source of the catalog, settle its findings, and return the sources that could not be."""
    sources = [source for source in context.catalog.sources if source.tables]
    with context.connect() as connection:
        results = judge_sources(
            connection,
            context.lake,
            context.catalog,
            sources,
            datetime.now(UTC),
            _ask_dms(context),
            is_watched=False,  # whoever has no daemon may not want one
        )
        return [result for result in results if isinstance(result, NotJudged)]


def _ask_dms(context: Context) -> DmsReport | None:
    tasks = context.settings.dms_tasks
    return ask_dms(make_dms_client(), tasks) if tasks else None


def open_findings(context: Context) -> list[OpenFinding]:
    """Return the open findings of the catalog's sources, and of the lake as a whole."""
    sources = {source.name for source in context.catalog.sources}
    with context.connect() as connection:
        found = read_findings(connection)
    return [one for one in found if one.source in sources or one.kind in OF_WHOLE_LAKE]


def show_findings(findings: Sequence[OpenFinding], not_judged: Sequence[NotJudged]) -> None:
    """Write on stderr what is odd beside the hours, and which sources could not be looked at."""
    console = stderr_console()
    for finding in findings:
        kind = (f"{finding.kind:<{FINDING_WIDTH}}", "yellow")
        print_line(console, Text.assemble(kind, f" {escape_unprintable(finding.note)}"))
    for result in not_judged:
        line = f"{result.source.name} could not be judged: {escape_unprintable(str(result.error))}"
        print_line(console, Text(line, "bold red"))


def finding_row(finding: OpenFinding) -> dict[str, object]:
    """Return a finding as --json writes it."""
    return {
        "kind": finding.kind,
        "source": finding.source,
        "table": finding.table_name or None,
        "hour": finding.hour,
        "subject": finding.subject or None,
        "note": finding.note,
        "found_at": finding.found_at,
    }

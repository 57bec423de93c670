"""`lake-assets discover`: catalog files written from what the lake holds. How is `lake_assets.discover`'s."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from lake_assets.cli.context import open_context
from lake_assets.cli.exit_status import exit_status
from lake_assets.cli.output.console import print_line, stderr_console
from lake_assets.cli.output.json_document import write_json
from lake_assets.cli.output.progress_bar import open_progress
from lake_assets.discover.lake_discovery import discover
from lake_assets.discover.preferences import Preferences
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.escapes import escape_unprintable
from lake_assets.pluralize import pluralize


def run(sources: Sequence[str], folder: Path | None, misfits: float, names: str, *, as_json: bool) -> int:
    """Describe sources of the lake, and return exit status 1 if something was left out or has drifted."""
    console = stderr_console()
    preferences = Preferences(most_misfits=misfits, keep_names=names == "keep")
    with open_context() as context, _progress_bar(console) as progress:
        written_to = folder or context.settings.catalog
        reports = discover(context.lake, written_to, sources, progress, preferences)
    for report in reports:
        _show(console, report)
    if as_json:
        write_json({"sources": [_as_row(report) for report in reports]})
    return exit_status(needs_attention=any(report.needs_attention for report in reports))


@contextmanager
def _progress_bar(console: Console) -> Iterator[Progress]:
    """Show how far it is, file by file, on a terminal."""
    with open_progress(console) as bar:
        task = bar.add_task("listing", total=None)

        def begins(source: str, files: int) -> None:
            bar.reset(task, description=f"reading {escape_unprintable(source)}", total=files)

        yield Progress(begins=begins, read=lambda: bar.advance(task))


def _show(console: Console, report: SourceReport) -> None:
    """Write what came of a source: a line, then what a person has to know of it."""
    outcome = "nothing new was written"
    if report.path:
        outcome = f"{pluralize(len(report.tables), 'table')} written to {report.path}"
    print_line(console, f"{report.source}: {outcome}")
    for note in report.notes:
        print_line(console, escape_unprintable(f"  {note}"))
    for what in report.left_out:
        print_line(console, Text.assemble(("  left out ", "yellow"), escape_unprintable(what)))
    for what in report.changed:
        print_line(console, Text.assemble(("  drift ", "yellow"), escape_unprintable(what)))
    if report.drift:
        _show_drift(console, report.drift)


def _show_drift(console: Console, diff: str) -> None:
    told = "  drift: the catalog differs from the lake; nothing of this was written"
    print_line(console, Text(told, "yellow"))
    for line in diff.splitlines():
        console.print(Text(escape_unprintable(line)), soft_wrap=True)


def _as_row(report: SourceReport) -> dict[str, object]:
    return {**vars(report), "path": str(report.path) if report.path else None}

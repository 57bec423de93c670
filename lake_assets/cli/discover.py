"""`lake-assets discover`: catalog files written from what the lake holds. How is `lake_assets.discover`'s."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from lake_assets.cli.answer import ALL_WELL, NEEDS_ATTENTION, write_json
from lake_assets.cli.context import open_context
from lake_assets.cli.display import one_line, say, talk
from lake_assets.discover.lake_discovery import discover
from lake_assets.discover.report import Progress as Steps
from lake_assets.discover.report import SourceReport
from lake_assets.pluralize import pluralize


def run(sources: Sequence[str], folder: Path | None, *, as_json: bool) -> int:
    """Describe sources of the lake; give exit status 1 if something was left out or has drifted."""
    console = talk()
    with open_context() as place, _bar(console) as steps:
        reports = discover(place.lake, folder or place.settings.catalog, sources, steps)
    for report in reports:
        _show(console, report)
    if as_json:
        write_json({"sources": [_as_row(report) for report in reports]})
    return NEEDS_ATTENTION if any(report.needs_attention for report in reports) else ALL_WELL


@contextmanager
def _bar(console: Console) -> Iterator[Steps]:
    """Show how far it is, file by file, on a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), MofNCompleteColumn())
    progress = Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=not console.is_terminal
    )
    with progress:
        task = progress.add_task("listing", total=None)

        def begins(source: str, files: int) -> None:
            progress.reset(task, description=f"reading {one_line(source)}", total=files)

        yield Steps(begins, lambda: progress.advance(task))


def _show(console: Console, report: SourceReport) -> None:
    """Say what came of a source: a line, then what a person has to know of it."""
    if report.path:
        say(console, f"{report.source}: {pluralize(len(report.tables), 'table')} written to {report.path}")
    else:
        say(console, f"{report.source}: nothing new was written")
    for note in report.notes:
        say(console, one_line(f"  {note}"))
    for what in report.left_out:
        say(console, Text.assemble(("  left out ", "yellow"), one_line(what)))
    for what in report.changed:
        say(console, Text.assemble(("  drift ", "yellow"), one_line(what)))
    if report.drift:
        say(
            console, Text("  drift: the catalog differs from the lake; nothing of this was written", "yellow")
        )
        for line in report.drift.splitlines():
            console.print(Text(one_line(line)), soft_wrap=True)


def _as_row(report: SourceReport) -> dict[str, object]:
    return {**vars(report), "path": str(report.path) if report.path else None}

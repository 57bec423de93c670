"""Proves `cli.output.progress_bar`: what is worked on is named as it is called."""

from io import StringIO

from rich.console import Console

from lake_assets.cli.output.progress_bar import open_progress


def test_a_name_is_no_markup() -> None:
    """A folder whose name looks like rich's markup is shown by that name."""
    written = StringIO()
    console = Console(file=written, force_terminal=True, no_color=True, width=100)

    with open_progress(console) as progress:
        progress.add_task("reading [link=http://host]shop[/link]", total=1)

    assert "reading [link=http://host]shop[/link]" in written.getvalue()

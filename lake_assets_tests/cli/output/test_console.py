"""Proves `cli.output.console`: lines that fit a terminal."""

from io import StringIO

from rich.console import Console

from lake_assets.cli.output.console import print_line


def test_a_terminal_gets_wrapped_lines_and_a_pipe_whole_ones() -> None:
    """A long line is wrapped in a terminal below its beginning, all of it; a pipe gets it whole."""
    told = {}
    for terminal in (True, False):
        console = Console(file=StringIO(), force_terminal=terminal, width=20, soft_wrap=True, no_color=True)
        print_line(console, "a line of 34 letters, in two pieces", indent=4)
        told[terminal] = [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]

    assert told[True] == ["    a line of 34", "    letters, in two", "    pieces"]
    assert told[False] == ["    a line of 34 letters, in two pieces"]


def test_a_command_is_never_wrapped() -> None:
    """A command that is told stays on one line in a terminal too, so that it can be copied."""
    console = Console(file=StringIO(), force_terminal=True, width=20, no_color=True)
    print_line(console, "  lake-assets load shop.orders --from 2018-09-06T10", indent=4)

    assert console.file.getvalue() == "      lake-assets load shop.orders --from 2018-09-06T10\n"  # type: ignore[attr-defined]

"""The help texts in `docs/commands.md`, made from the commands themselves.

`python -m lake_assets.cli.reference docs/commands.md` writes each between the marks that name its command.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from lake_assets.cli.main import main as lake_assets

PROGRAM = "lake-assets"

WIDTH = 100
"""Columns of the terminal whose help the page shows; the page's own lines are hardly longer."""

MARKS = re.compile(r"(<!-- help: (lake-assets[a-z ]*?) -->\n).*?(<!-- help: end -->)", re.DOTALL)


def command_names(group: click.Group = lake_assets, before: str = PROGRAM) -> Iterator[str]:
    """Yield the words of the program and of every command, such as `lake-assets quarantine list`."""
    yield before
    for name, command in group.commands.items():
        words = f"{before} {name}"
        if isinstance(command, click.Group):
            yield from command_names(command, words)
        else:
            yield words


def with_reference(page: str) -> str:
    """Return a page of the docs with the help of now between its marks.

    Args:
        page: the page's text, with marks such as `<!-- help: lake-assets load -->` and `<!-- help: end -->`.

    Raises:
        KeyError: a mark names a command that is not there.
    """
    return MARKS.sub(_marked_help, page)


def _marked_help(found: re.Match[str]) -> str:
    begin, words, end = found.groups()
    return f"{begin}```text\n{help_text(words)}\n```\n{end}"


def help_text(words: str) -> str:
    """Return the help of a command as a terminal of `WIDTH` columns shows it.

    Args:
        words: such as `lake-assets load`.

    Raises:
        KeyError: there is no such command.
    """
    command: click.Command = lake_assets
    context = _context(command, PROGRAM)
    for name in words.split()[1:]:
        if not isinstance(command, click.Group):
            raise KeyError(words)
        command = command.commands[name]
        context = _context(command, name, context)
    return click.unstyle(command.get_help(context))


def _context(command: click.Command, name: str, parent: click.Context | None = None) -> click.Context:
    return command.make_context(name, [], parent=parent, resilient_parsing=True, terminal_width=WIDTH)


@click.command()
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(page: Path) -> None:
    """Write the commands' help into PAGE, between its marks."""
    page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

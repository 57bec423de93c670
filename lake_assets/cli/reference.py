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
MARKS = re.compile(r"(<!-- help: (lake-assets[a-z ]*?) -->\n).*?(<!-- help: end -->)", re.DOTALL)


def command_names(group: click.Group = lake_assets, before: str = PROGRAM) -> Iterator[str]:
    """Give the words of the program and of every command, such as `lake-assets quarantine list`."""
    yield before
    for name, command in group.commands.items():
        words = f"{before} {name}"
        if isinstance(command, click.Group):
            yield from command_names(command, words)
        else:
            yield words


def with_reference(page: str) -> str:
    """Give a page of the docs with the help of now between its marks.

    Args:
        page: the page's text, with marks such as `<!-- help: lake-assets load -->` and `<!-- help: end -->`.

    Raises:
        KeyError: a mark names a command that is not there.
    """
    return MARKS.sub(lambda found: f"{found[1]}```text\n{help_text(found[2])}\n```\n{found[3]}", page)


def help_text(words: str) -> str:
    """Give the help of a command as a terminal of 100 columns shows it.

    Args:
        words: such as `lake-assets load`.
    """
    command: click.Command = lake_assets
    context = command.make_context(PROGRAM, [], resilient_parsing=True, terminal_width=WIDTH)
    for name in words.split()[1:]:
        if not isinstance(command, click.Group):
            raise KeyError(words)
        command = command.commands[name]
        context = command.make_context(name, [], parent=context, resilient_parsing=True, terminal_width=WIDTH)
    return click.unstyle(command.get_help(context))


@click.command()
@click.argument("page", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def main(page: Path) -> None:
    """Write the commands' help into PAGE, between its marks."""
    page.write_text(with_reference(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The two streams: lines for people on stderr, data on stdout. What the lines say belongs to others."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

PROGRAM = "lake-assets "


def stderr_console() -> Console:
    """Return the console that people are talked to on."""
    return Console(stderr=True, highlight=False)


def stdout_console() -> Console:
    """Return the console that data is written to; its lines are never cut."""
    return Console(highlight=False, soft_wrap=True)


def print_line(console: Console, text: str | Text, *, indent: int = 0) -> None:
    """Write a line: a terminal wraps it between words, anything else gets it whole.

    A line that is a command is never wrapped, for it is there to be copied.

    Args:
        console: where to.
        text: the line.
        indent: how many blanks stand before it, and before what is wrapped of it.
    """
    line = Text(text) if isinstance(text, str) else text
    is_command = line.plain.lstrip().startswith(PROGRAM)
    if console.is_terminal and not is_command:
        console.print(Padding(line, (0, 0, 0, indent), expand=False), soft_wrap=False)
    else:
        console.print(Text(" " * indent) + line, soft_wrap=True)


def mark(*, ok: bool) -> tuple[str, str]:
    """Return what a line begins with that says whether something is as it should be, and its style."""
    return ("OK  ", "green") if ok else ("BAD ", "bold red")

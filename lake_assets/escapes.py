"""Text of any origin, such as keys, cells and errors that quote them, as people may be shown it.

One way for each place where it is read: a line, Markdown, a shell. What is said of it is said elsewhere.
"""

import re
import shlex

BACKTICKS = re.compile("`+")

WITHOUT_MARKUP = re.compile(
    r"(?:(?:[^\W\d_]|\d+ )"  # a letter or a count: nothing that begins a list
    r"(?:[^\W_]|(?<=[^\W_])_(?=[^\W_])|[ ,;:().'%+/-])*)?"
    r"| *"
)
"""What is the same text in Markdown, addresses aside: words, and marks that have no meaning between them."""

ASCII_END = 0x80
"""Below it a shell takes \\xNN for a character; above, for a byte."""

BASIC_PLANE_END = 0x10000
"""Below it a character's number has four digits in an escape, from there on eight."""


def escape_unprintable(text: str) -> str:
    r"""Return text as one line on which all that is there is seen.

    Line ends, control characters, characters without width and those that turn the direction of text are
    shown as escapes, such as \n, \x1b, \u200b and \u202e; so is every blank but the common one.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escape(character) for character in text)


def _escape(character: str) -> str:
    return ascii(character)[1:-1]


def escape_markdown(text: str) -> str:
    """Return Markdown that shows text as it is: plain words as they are, all else as a span of code.

    Backslashes would not do: an address that they escape is still made a link by GitHub's Markdown, which
    Dagster's UI renders. A span of code has no links, images or HTML, and ends only at as many backticks as
    it began with (https://spec.commonmark.org/0.31.2/#code-spans).
    """
    line = escape_unprintable(text)
    has_address = "www." in line.lower() or "://" in line
    if WITHOUT_MARKUP.fullmatch(line) and not has_address:
        return line
    longest = max((len(run) for run in BACKTICKS.findall(line)), default=0)
    fence = "`" * (longest + 1)
    touches_fence = line[0] in " `" or line[-1] in " `"
    gap = " " if touches_fence else ""  # taken off by whoever renders it, on both sides
    return f"{fence}{gap}{line}{gap}{fence}"


def shell_word(text: str) -> str:
    """Return text as one word of a command line, to be read and copied by people.

    What is not printable stands as an escape in `$'…'`, which bash and zsh turn into what it stands for.
    """
    if text.isprintable():
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    word = "".join(
        character if character.isprintable() else _escape_for_shell(character) for character in escaped
    )
    return f"$'{word}'"


def _escape_for_shell(character: str) -> str:
    number = ord(character)
    if number < ASCII_END:
        return f"\\x{number:02x}"
    if number < BASIC_PLANE_END:
        return f"\\u{number:04x}"
    return f"\\U{number:08x}"

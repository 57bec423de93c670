"""Text of any origin as a sentence or a comment can hold it: on one line, printable, short.

What is said of a text is said elsewhere.
"""

LONGEST_SHOWN = 30  # characters of a cell, which a reader needs to find it again


def shown(value: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a text in quotes, on one line, and short."""
    is_long = len(value) > longest
    start = value
    if is_long:
        start = f"{value[:longest]}…"
    return "'" + printable(start) + "'"


def printable(text: str) -> str:
    """Return a text as a comment can hold it: what is no printable character is escaped."""
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()

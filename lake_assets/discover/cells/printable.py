"""A cell as a sentence or a comment can hold it: in quotes, on one line, short.

How it is escaped belongs to `escapes`; what is said of it is said elsewhere.
"""

from lake_assets.escapes import escape_unprintable

LONGEST_SHOWN = 30  # characters of a cell, which a reader needs to find it again


def shown(value: str, longest: int = LONGEST_SHOWN) -> str:
    """Return a text in quotes, on one line, and short."""
    is_long = len(value) > longest
    start = value
    if is_long:
        start = f"{value[:longest]}…"
    return "'" + escape_unprintable(start) + "'"

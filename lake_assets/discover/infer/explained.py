"""A choice with its reason, which becomes the comment behind it. What is chosen is chosen elsewhere."""

from typing import Any, NamedTuple


class Explained(NamedTuple):
    """A value, and why it was chosen."""

    value: Any
    why: str

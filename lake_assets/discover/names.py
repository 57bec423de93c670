"""Names the catalog takes (`catalog.values`), made from names of the lake that it may not take.

What makes two names the same thing (Dagster's steps, warehouse schemas) is told by the caller.
"""

import re
import unicodedata
from collections.abc import Callable, Container
from itertools import chain, count

from lake_assets.catalog.models import Catalog
from lake_assets.catalog.values import LONGEST_NAME, OUR_COLUMNS, SYSTEM_COLUMNS, is_reserved_schema


def plain_name(folder: str, otherwise: str, is_taken: Callable[[str], bool]) -> str:
    """Make the name of a source or table: letters, digits and _, at most 63 of them.

    Args:
        folder: its folder in the lake.
        otherwise: the name of what has no letter or digit in its name.
        is_taken: whether a name is another's already.
    """
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", folder)
        if not unicodedata.combining(character)
    )
    wish = (
        folder if re.fullmatch(r"[A-Za-z0-9_]+", folder) else re.sub(r"[^A-Za-z0-9_]+", "_", bare).strip("_")
    )
    return _free(wish or otherwise, is_taken)


def source_name(folder: str, is_taken: Callable[[str], bool]) -> str:
    """Make the name of a source, which is its warehouse schema too."""
    name = plain_name(folder, "source", lambda _: False)
    return _free(f"db_{name}" if is_reserved_schema(name) else name, is_taken)


def column_name(header: str, place: int, taken: Container[str]) -> str:
    """Make the name of a column: what the file calls it, if PostgreSQL can.

    Args:
        header: the file's name for it; may be empty.
        place: its place in the file, from 1.
        taken: names that others have.
    """
    wish = header.replace("\0", "") or f"column_{place}"
    if wish.startswith(OUR_COLUMNS) or wish in SYSTEM_COLUMNS:
        wish = f"column_{wish.strip('_')}"
    return _free(wish, lambda name: name in taken)


def _free(wish: str, is_taken: Callable[[str], bool]) -> str:
    """Give a name, cut to what PostgreSQL holds, with a number behind it if it is another's already."""
    for suffix in chain([""], (f"_{number}" for number in count(2))):
        name = wish.encode()[: LONGEST_NAME - len(suffix)].decode(errors="ignore") + suffix
        if not is_taken(name):
            return name
    raise AssertionError("there is no end to numbers")


class Taken:
    """Names that are somebody's already."""

    def __init__(self, catalog: Catalog) -> None:
        self.sources = {source.name for source in catalog.sources}
        self.files = {source.path.name for source in catalog.sources}
        self.tables: set[tuple[str, str]] = set()
        self.steps: set[str] = set()
        for table in catalog.tables:
            self.add(table.source, table.schema_name, table.name)
            for name, _, _ in table.all_children:
                self.add(table.source, table.schema_name, name)

    def add(self, source: str, schema: str, table: str) -> None:
        """Take the name of a table."""
        self.tables.add((schema, table))
        self.steps.add(f"{source}__{table}")

    def has(self, source: str, schema: str, table: str) -> bool:
        """Tell whether a table's name is taken in the warehouse or in Dagster."""
        return (schema, table) in self.tables or f"{source}__{table}" in self.steps

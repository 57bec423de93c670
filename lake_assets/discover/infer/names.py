"""Names the catalog takes (`catalog.values`), made from names of the lake that it may not take.

What makes two names the same thing (Dagster's steps, warehouse schemas) is told by the caller.
"""

import re
import unicodedata
from collections.abc import Callable, Container
from itertools import count

from lake_assets.catalog.models import Catalog
from lake_assets.catalog.values import LONGEST_NAME, OUR_COLUMNS, SYSTEM_COLUMNS, is_reserved_schema

_PLAIN = re.compile(r"[A-Za-z0-9_]+")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9_]+")
_SNAKE = re.compile(r"[a-z_][a-z0-9_]*")
_SPOKEN = {"#": "no", "%": "percent", "&": "and"}
_HUMPS = (re.compile(r"(?<=[a-z0-9])(?=[A-Z])"), re.compile(r"(?<=[A-Z])(?=[A-Z][a-z])"))
_NO_WORD = re.compile(r"_*\W+_*")


def plain_name(folder: str, otherwise: str, is_taken: Callable[[str], bool]) -> str:
    """Return the name of a source or table: letters, digits and _, at most 63 of them.

    Args:
        folder: its folder in the lake.
        otherwise: the name of what has no letter or digit in its name.
        is_taken: whether a name is another's already.
    """
    wish = folder
    if not _PLAIN.fullmatch(folder):
        wish = _NOT_PLAIN.sub("_", _without_accents(folder)).strip("_")
    return _first_free(wish or otherwise, is_taken)


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def source_name(folder: str, is_taken: Callable[[str], bool]) -> str:
    """Return the name of a source, which is its warehouse schema too."""
    name = plain_name(folder, "source", _is_free)
    wish = name
    if is_reserved_schema(name):
        wish = f"db_{name}"
    return _first_free(wish, is_taken)


def _is_free(_: str) -> bool:
    return False


def column_name(header: str, place: int, taken: Container[str]) -> str:
    """Return the name of a column: what the file calls it, if PostgreSQL can.

    Args:
        header: the file's name for it; may be empty.
        place: its place in the file, from 1.
        taken: names that others have.
    """
    wish = header.replace("\0", "") or f"column_{place}"
    if wish.startswith(OUR_COLUMNS) or wish in SYSTEM_COLUMNS:
        wish = f"column_{wish.strip('_')}"
    return _first_free(wish, taken.__contains__)


def snake_case(header: str) -> str:
    """Return what a file calls a column, spelled so that SQL needs no quotes for it.

    Letters of other scripts than the Latin stay, for PostgreSQL takes them; of Latin ones the accents go.

    Returns:
        Nothing where neither a letter nor a digit is left.
    """
    if _SNAKE.fullmatch(header):
        return header
    spelled = header
    for sign, word in _SPOKEN.items():
        spelled = spelled.replace(sign, f" {word} ")
    for border in _HUMPS:
        spelled = border.sub("_", spelled)
    spelled = _NO_WORD.sub("_", _without_accents(spelled)).strip("_").casefold()
    if spelled[:1].isdigit():
        return f"column_{spelled}"
    return spelled


def _first_free(wish: str, is_taken: Callable[[str], bool]) -> str:
    """Return a name, cut to what PostgreSQL holds, with a number behind it if it is another's already."""
    name = _cut(wish)
    numbers = count(2)
    while is_taken(name):
        suffix = f"_{next(numbers)}"
        name = _cut(wish, len(suffix)) + suffix
    return name


def _cut(name: str, room: int = 0) -> str:
    """Return as much of a name as PostgreSQL holds, with room for so many bytes behind it."""
    return name.encode()[: LONGEST_NAME - room].decode(errors="ignore")


class TakenNames:
    """Names that are somebody's already.

    Attributes:
        sources: of sources.
        files: of catalog files.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Take all names of a catalog."""
        self.sources = {source.name for source in catalog.sources}
        self.files = {source.path.name for source in catalog.sources}
        self._tables: set[tuple[str, str]] = set()
        self._steps: set[str] = set()
        for table in catalog.tables:
            self.add_table(table.source, table.schema_name, table.name)
            for name, _, _ in table.all_children:
                self.add_table(table.source, table.schema_name, name)

    def add_table(self, source: str, schema: str, table: str) -> None:
        """Take the name of a table."""
        self._tables.add((schema, table))
        self._steps.add(f"{source}__{table}")

    def has_table(self, source: str, schema: str, table: str) -> bool:
        """Return whether a table's name is taken in the warehouse or in Dagster."""
        return (schema, table) in self._tables or f"{source}__{table}" in self._steps

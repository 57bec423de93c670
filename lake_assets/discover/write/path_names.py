"""Names of the columns and child tables that are made of documents: from the keys of their paths.

Which paths those are is told by `documents`; what PostgreSQL takes for a name by `infer.names`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from lake_assets.catalog.values import LONGEST_NAME
from lake_assets.discover.infer.names import column_name, plain_name
from lake_assets.discover.write.catalog_yaml import write_path
from lake_assets.discover.write.proposals import Path, ProposedColumn

LEAST_ROOM = 8  # bytes of a child's own name: names that say something are longer
SUFFIX_ROOM = 3  # bytes for the `_2` that tells children of one name apart


@dataclass
class ColumnNames:
    """Names of the columns of one table, with whose they are.

    Attributes:
        owners: what each name belongs to, as a person knows it.
    """

    owners: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, columns: Sequence[ProposedColumn]) -> Self:
        """Return the names of a file's columns."""
        return cls({column.name: f"the file's column {column.source_name}" for column in columns})

    def name(self, prefix: str, path: Path) -> tuple[str, str]:
        """Name a column; return its name, and what is to be said if its plain name is another's."""
        wish = "_".join(filter(None, [prefix, _joined_keys(path)])) or "value"
        place = len(self.owners) + 1
        name = column_name(wish, place, self.owners)
        plain = column_name(wish, place, ())
        said = ""
        if name != plain:
            said = f"{plain} is {self.owners[plain]}"
        self.owners[name] = write_path(path) if path else name
        return name, said


def child_name(above: str, path: Path, column: str, is_taken: Callable[[str], bool]) -> str | None:
    """Return the name of a child table, without the name above; None where that leaves no room.

    Args:
        above: the whole name of the table above.
        path: where its elements lie.
        column: the file's column, after which an array that is a whole document is named.
        is_taken: whether another table has a whole name.
    """
    room = LONGEST_NAME - len(f"{above}__".encode())
    if room < LEAST_ROOM:
        return None

    def is_unfit(name: str) -> bool:
        return is_taken(f"{above}__{name}") or len(name) > room

    wish = _joined_keys(path) or column.removeprefix("array_")
    plain = plain_name(wish, "elements", lambda _: False)
    return plain_name(plain[: room - SUFFIX_ROOM], "elements", is_unfit)


def _joined_keys(path: Path) -> str:
    return "_".join(filter(None, map(_as_part, path)))


def _as_part(key: str) -> str:
    """Return a key as a part of a name: what is no letter, digit or _ is cut off or becomes _."""
    plain = re.sub(r"\W+", "_", key)
    if plain == key:
        return plain
    return plain.strip("_")

"""The names that the columns of headers get in the warehouse, each its own.

Which columns those are is told by `columns`, how one name is spelled by `names`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from lake_assets.discover.cells.printable import shown
from lake_assets.discover.infer.names import column_name, snake_case


class ColumnKey(NamedTuple):
    """What tells the columns of headers apart.

    Attributes:
        name: in the header.
        place: in the header, from 1; 0 where the name alone tells it.
    """

    name: str
    place: int = 0


class ColumnName(NamedTuple):
    """The name of a column in the warehouse.

    Attributes:
        name: the name.
        renamed: what is to be said where the plain name is another's; nothing elsewhere.
    """

    name: str
    renamed: str = ""


def name_columns(keys: Sequence[ColumnKey], *, keep_names: bool) -> dict[ColumnKey, ColumnName]:
    """Return a name of its own for each column; what a header spells as SQL does keeps its name.

    Args:
        keys: the columns, in the order of the files.
        keep_names: whether they are called as their files call them.
    """
    headers = {key.name for key in keys}
    owners: dict[str, str] = {}
    named: dict[ColumnKey, ColumnName] = {}
    order = {key: place for place, key in enumerate(keys, 1)}
    for key in sorted(keys, key=_plain_first):
        wish = key.name if keep_names else snake_case(key.name)
        place = key.place or order[key]
        plain = column_name(wish, place, ())
        taken = set(owners)
        if key.place:
            taken |= headers  # or the loader would find it by name, at another place
        name = column_name(wish, place, taken)
        renamed = ""
        if name != plain and plain in owners:
            renamed = f"{plain} is {shown(owners[plain])}"
        owners[name] = key.name
        named[key] = ColumnName(name=name, renamed=renamed)
    return named


def _plain_first(key: ColumnKey) -> tuple[bool, bool]:
    """Return what puts first the columns that are told by their names, and those whose names can stay."""
    return key.place > 0, snake_case(key.name) != key.name

"""Whether LAKE is the folder above the sources: tables that lie higher or lower than that are told of here.

Where tables lie is told by the files that DMS names: a table is the folder that holds some, or whose folders
are dates. A folder in which only full loads lie may also be one partition of its table (docs/layouts.md).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from lake_assets.exceptions import ConfigurationError
from lake_assets.lake.loose_objects import LakeLook
from lake_assets.lake.objects import FolderLook
from lake_assets.lake.placement import is_control, is_dms_name, is_hidden
from lake_assets.lake.s3 import Lake

MOST_TABLES = 20  # of a source that are looked into
MOST_BELOW = 3  # folders of a table that are looked into
DEEPEST = 3  # folders below a table's

_DATED = re.compile(r"20\d\d([-_]?\d\d)*|\d\d([-_]?\d\d([-_]?20\d\d)?)?|[^=/]+=.*")

Way = Literal["high", "low"]


@dataclass(frozen=True)
class WrongLevel:
    """A place of the lake that is not what its place says.

    Attributes:
        way: LAKE is too `high` (the place holds sources and no tables), or too `low` (it is a table).
        place: the folder below the lake's top; empty for the top itself.
        lake: what LAKE is.
        right: what LAKE should be; empty where there is no such folder.
        tables: folders that are tables, below the lake's top.
    """

    way: Way
    place: str
    lake: str
    right: str
    tables: tuple[str, ...]

    @property
    def source(self) -> str:
        """The folder right in the lake's that it is about."""
        return self.place.partition("/")[0]

    @property
    def sentence(self) -> str:
        """What is wrong and what to do."""
        shown = ", ".join(table or self.lake for table in self.tables)
        if self.way == "high":
            return (
                f"LAKE_ASSETS_LAKE={self.lake} is too high: {self.place} holds no tables, but folders of "
                f"tables ({shown}). Set LAKE_ASSETS_LAKE={self.right} . If they are folders of one table, "
                "write it into the catalog by hand, with a template as its `layout`."
            )
        if not self.right:
            return (
                f"LAKE_ASSETS_LAKE={self.lake} is too low: {shown} holds files of a table, and a table is a "
                f"folder in a source's folder. There is no folder above: put all of it into one for the "
                f"source ({self.lake}/SOURCE/…), by `BucketFolder` of the DMS endpoint."
            )
        return (
            f"LAKE_ASSETS_LAKE={self.lake} is too low: {shown} holds files of a table, and a table is a "
            f"folder in a source's folder. Set LAKE_ASSETS_LAKE={self.right} ."
        )


def find_wrong_levels(lake: Lake, look: LakeLook, declared: Collection[str] = ()) -> list[WrongLevel]:
    """Return the places of the lake that are too high or too low.

    Args:
        lake: the lake.
        look: what lies at its top.
        declared: folders of sources whose catalog says itself how deep tables lie.

    Raises:
        ConfigurationError: the bucket does not exist or may not be listed.
        LakeError: S3 cannot be reached, or answers with an error.
    """
    tables: list[str] = []
    found: list[WrongLevel] = []
    has_sources = False
    for source, inside in look.sources.items():
        folders = [folder for folder in look.tables[source] if not _DATED.fullmatch(folder)]
        depths = _depths(lake, source, folders)
        if depths:
            has_sources = True
        elif _is_table(inside):
            tables.append(source)
        wrong = None if source in declared else _too_high(lake, source, depths)
        if wrong:
            found.append(wrong)
    if has_sources or declared:
        return found
    if _is_table(look.top):
        return [_too_low(lake, "", steps=2)]
    return [_too_low(lake, name, steps=1) for name in tables]


def refuse_wrong_levels(wrong: Collection[WrongLevel]) -> None:
    """Raise if LAKE is a folder too high or too low.

    Raises:
        ConfigurationError: it is.
    """
    if wrong:
        raise ConfigurationError("\n".join(dict.fromkeys(each.sentence for each in wrong)))


def _is_table(look: FolderLook) -> bool:
    if any(map(is_dms_name, look.objects)):
        return True
    folders = [folder for folder in look.folders if not _is_passed_over(folder)]
    return bool(folders) and all(map(_DATED.fullmatch, folders))


def _is_passed_over(folder: str) -> bool:
    return is_hidden(folder) or is_control(folder)


def _depths(lake: Lake, source: str, tables: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return for tables of a source the folders below them to their files, where that can be told."""
    depths: dict[str, tuple[str, ...]] = {}
    for table in list(tables)[:MOST_TABLES]:
        folders = _folders_to_files(lake, f"{source}/{table}", DEEPEST)
        if folders is not None:
            depths[table] = folders
    return depths


def _folders_to_files(lake: Lake, path: str, left: int) -> tuple[str, ...] | None:
    """Return the folders below one down to the first that is a table; None if none is."""
    look = lake.look_in(path, all_pages=False)
    has_dates = any(map(_DATED.fullmatch, look.folders))
    if has_dates or any(map(is_dms_name, look.objects)):
        return ()
    if not left:
        return None
    folders = [folder for folder in look.folders if not _is_passed_over(folder)]
    for folder in folders[:MOST_BELOW]:
        below = _folders_to_files(lake, f"{path}/{folder}", left - 1)
        if below is not None:
            return (folder, *below)
    return None


def _too_high(lake: Lake, source: str, depths: Mapping[str, tuple[str, ...]]) -> WrongLevel | None:
    """Return that the tables of a source are no tables, if that is so of all of them."""
    if not depths or not all(depths.values()):
        return None
    table, folders = next(iter(depths.items()))
    above = (source, table, *folders)[: len(folders)]
    return WrongLevel(
        way="high",
        place=source,
        lake=lake.top,
        right=f"{lake.top}/{'/'.join(above)}",
        tables=tuple(_examples(source, depths)),
    )


def _examples(source: str, depths: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    for table, folders in list(depths.items())[:MOST_BELOW]:
        yield "/".join((source, table, *folders))


def _too_low(lake: Lake, place: str, steps: int) -> WrongLevel:
    return WrongLevel(way="low", place=place, lake=lake.top, right=lake.above(steps), tables=(place,))

"""Objects that lie in no table's folder: at the lake's top, right in a source's folder, in hidden folders.

Whoever looks at the folders of sources and tables sees none of them, so they are looked for here, by the same
few listings. Objects in a table's folder are `lake.layout`'s to place.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lake_assets.exceptions import LakeAssetsError
from lake_assets.lake.objects import FolderLook
from lake_assets.lake.placement import is_control, is_dms_name, is_mixed_changes, is_never_data, is_temporary
from lake_assets.lake.s3 import Lake, is_table_folder

EXAMPLES = 3  # keys that are named
MOST_LOOKED_INTO = 20  # tables of a source nobody has described

OUR_OWN = ".lake_assets"
"""The folder at the lake's top in which the demo notes what it wrote."""

LooseKind = Literal["loose", "mixed"]
"""`loose`: objects that are no table's. `mixed`: changes of all tables in one file (CdcPath)."""


@dataclass(frozen=True)
class LooseObjects:
    """Objects of one kind that lie in no table's folder, all in one place.

    Attributes:
        kind: what they are.
        place: their folder below the lake's top, without a slash behind it; empty for the top itself.
        count: how many were seen.
        is_all: whether there are no more of them.
        examples: the first of their keys, below the lake's top.
    """

    kind: LooseKind
    place: str
    count: int
    is_all: bool
    examples: tuple[str, ...]

    def details(self, lake: Lake) -> dict[str, Any]:
        """Return what a finding keeps of it."""
        return {
            "place": f"{lake.top}/{self.place}".rstrip("/"),
            "count": self.count,
            "is_all": self.is_all,
            "examples": list(self.examples),
        }


def loose_sentence(kind: LooseKind, details: Mapping[str, Any]) -> str:
    """Return what people read of objects that lie in no table's folder, and what to do.

    Args:
        kind: what they are.
        details: as `LooseObjects.details` gives them.
    """
    count = details["count"]
    at_least = "" if details["is_all"] else "at least "
    lie = "1 object lies" if count == 1 else f"{count:,} objects lie"
    named = ", ".join(details["examples"])
    more = ", …" if count > len(details["examples"]) else ""
    seen = f"{details['place']}: {at_least}{lie}"
    if kind == "loose":
        return (
            f"{seen} in no table's folder, so that nothing loads them: {named}{more}. Move them into their "
            "table's folder, or out of the lake."
        )
    return (
        f"{seen} there with the changes of all tables mixed (CdcPath and PreserveTransactions of the DMS "
        f"endpoint), so that nothing loads them: {named}{more}. Set PreserveTransactions=false there and "
        "reload the tables in DMS, which then writes changes into each table's folder; then move these "
        "files out of the lake."
    )


@dataclass(frozen=True)
class LakeLook:
    """What lies at the lake's top, and right in the folders there.

    Attributes:
        top: the lake's top.
        sources: the folders that may be sources, by name.
        failed: why others of them could not be listed, by name.
    """

    top: FolderLook
    sources: Mapping[str, FolderLook]
    failed: Mapping[str, LakeAssetsError]

    @property
    def tables(self) -> dict[str, tuple[str, ...]]:
        """The folders that may be tables, by source; see `Lake.list_folders`."""
        tables = {}
        for source, look in self.sources.items():
            tables[source] = tuple(filter(is_table_folder, look.folders))
        return tables

    def refuse_failed(self) -> None:
        """Refuse to go on where a folder could not be listed.

        Raises:
            LakeAssetsError: one could not.
        """
        for error in self.failed.values():
            raise error


def look_around(lake: Lake) -> LakeLook:
    """Look at the lake's top and into each folder there, without what lies in tables.

    A folder that cannot be listed is in no other's way.

    Raises:
        ConfigurationError: the bucket does not exist, or its top may not be listed.
        LakeError: S3 cannot be reached, or answers with an error about the top.
    """
    top = lake.look_in("")
    sources: dict[str, FolderLook] = {}
    failed: dict[str, LakeAssetsError] = {}
    for name in filter(is_table_folder, top.folders):
        try:
            sources[name] = lake.look_in(name)
        except LakeAssetsError as error:
            failed[name] = error
    return LakeLook(top=top, sources=sources, failed=failed)


def find_loose(lake: Lake, look: LakeLook, known: Mapping[str, Collection[str]]) -> Iterator[LooseObjects]:
    """Yield the objects that lie in no table's folder, a place at a time.

    Args:
        lake: where they lie.
        look: what lies at its top.
        known: the folders of the catalog's tables, by the folder of their source.
    """
    yield from _loose_in("", look.top)
    yield from _hidden(lake, "", look.top.folders)
    for source, inside in look.sources.items():
        # Of a source that nobody has described, its folder is told and not each object in it.
        if source in known or not look.tables[source]:
            yield from _loose_in(source, inside)
            yield from _hidden(lake, source, inside.folders)
        unknown = [folder for folder in look.tables[source] if folder not in known.get(source, ())]
        yield from _mixed_changes(lake, source, unknown)


def _loose_in(place: str, look: FolderLook) -> Iterator[LooseObjects]:
    """Yield what lies right in a folder where only folders are expected."""
    told = [name for name in look.objects if _is_told(name, look.folders)]
    mixed = [name for name in told if is_mixed_changes(name)]
    others = [name for name in told if not is_mixed_changes(name)]
    yield from _gathered("loose", place, others, is_all=look.is_whole)
    yield from _gathered("mixed", place, mixed, is_all=look.is_whole)


def _is_told(name: str, folders: Sequence[str]) -> bool:
    """Return whether an object is anything but a marker or what others leave behind."""
    is_hidden_data = is_dms_name(name.lstrip("._"))
    return name not in folders and (is_hidden_data or not is_never_data(name))


def _hidden(lake: Lake, place: str, folders: Iterable[str]) -> Iterator[LooseObjects]:
    """Yield what lies in the hidden folders of a place, which nobody else looks into."""
    for folder in folders:
        is_ours = not place and folder == OUR_OWN
        if not folder.startswith(".") or is_ours or is_temporary(folder):
            continue
        path = f"{place}/{folder}".lstrip("/")
        look = lake.look_below(path)
        told = [name for name in look.objects if _is_told_below(name)]
        yield from _gathered("loose", path, told, is_all=look.is_whole)


def _is_told_below(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return _is_told(name, ()) and not is_control(folder) and not is_temporary(folder)


def _mixed_changes(lake: Lake, source: str, folders: Sequence[str]) -> Iterator[LooseObjects]:
    """Yield the folders among those no catalog names that are DMS's CdcPath and no tables."""
    for folder in folders[:MOST_LOOKED_INTO]:
        path = f"{source}/{folder}"
        look = lake.look_in(path, all_pages=False)
        mixed = [name for name in look.objects if is_mixed_changes(name)]
        yield from _gathered("mixed", path, mixed, is_all=look.is_whole)


def _gathered(kind: LooseKind, place: str, names: Sequence[str], *, is_all: bool) -> Iterator[LooseObjects]:
    if not names:
        return
    keys = tuple(f"{place}/{name}".lstrip("/") for name in names[:EXAMPLES])
    yield LooseObjects(kind=kind, place=place, count=len(names), is_all=is_all, examples=keys)

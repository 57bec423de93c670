"""Full loads in a folder below their table's: of a partition of that table, or of another table altogether.

DMS puts full loads alone into the folder of a partition (docs/layouts.md), so a folder that has changes too
is a table's, and LAKE or the catalog's `from` is a folder too high. What is listed is `lake.s3`'s.
"""

from dataclasses import replace

from lake_assets.lake.dates import read_date_folder
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.lake.placement import CDC_NAME, is_control, is_hidden

MOST_ASKED = 3  # folders that are asked for changes: a table has dozens of partitions


def partitions_of(listing: Listing, folder: str) -> list[str]:
    """Return the folders below a table's that full loads of a listing lie in, none of them a date's."""
    found = {_folder_of(item.key, folder): None for item in listing.objects}
    return sorted(filter(_is_partition, found))


def has_strange_changes(listing: Listing, folder: str) -> bool:
    """Return whether files of changes lie where only those of a partition's full load may."""
    for item in listing.unmatched:
        _, _, name = item.key.rpartition("/")
        if CDC_NAME.fullmatch(name) and _is_partition(_folder_of(item.key, folder)):
            return True
    return False


def fault_partitions(listing: Listing, folder: str) -> Listing:
    """Return a listing in which full loads in folders below the table's must not be loaded."""
    objects: list[LakeObject] = []
    for item in listing.objects:
        below = _folder_of(item.key, folder)
        if _is_partition(below):
            fault = (
                f"It lies in {below!r}, and that folder or one beside it has changes of its own, as a table "
                "has and a partition has not. LAKE_ASSETS_LAKE, or `from` in the catalog, is too high."
            )
            objects.append(replace(item, fault=fault))
        else:
            objects.append(item)
    return replace(listing, objects=tuple(objects))


def _folder_of(key: str, folder: str) -> str:
    return key[len(folder) :].rpartition("/")[0]


def _is_partition(below: str) -> bool:
    if not below or is_hidden(below) or is_control(below):
        return False
    return read_date_folder(below) is None

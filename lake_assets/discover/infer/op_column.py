"""Which files without a header begin each record with DMS's Op, and how wide that leaves a table.

Changes have it unless the endpoint says otherwise; full loads only with IncludeOpForFullLoad (DMS guide,
"Indicating source DB operations in migrated S3 data"). Files with a header name it.
"""

from collections import Counter
from collections.abc import Sequence

from lake_assets.discover.survey.file_group import FileGroup

LEAST_PART = 0.05  # of a table's records that must have a width for it to be the table's
LEAST_LETTERS = 2  # records of a full load alone: one letter may be anything


def have_op(groups: Sequence[FileGroup]) -> list[bool]:
    """Return for each group without a header whether its records begin with Op."""
    with_op = _changes_with_op(groups)
    if any(group.kind == "cdc" for group in groups):
        with_op += _full_loads_like(with_op, groups)
    else:
        with_op += _full_loads_with_letters(groups, LEAST_LETTERS)
    return [group in with_op for group in groups]


def _changes_with_op(groups: Sequence[FileGroup]) -> list[FileGroup]:
    """Return files of changes that begin with a letter, and of no width that a full load without one has."""
    lettered = _full_loads_with_letters(groups)
    bare_widths = set()
    for group in groups:
        may_have_op = group in lettered or group.begins_with_nothing
        if group.kind == "full" and not may_have_op:
            bare_widths.add(group.width)
    found = []
    for group in groups:
        may_be_bare = group.width in bare_widths
        if group.kind == "cdc" and group.is_lettered() and not may_be_bare:
            found.append(group)
    return found


def _full_loads_like(changes: Sequence[FileGroup], groups: Sequence[FileGroup]) -> list[FileGroup]:
    """Return full loads that begin with a letter or nothing, and are as wide as changes with Op."""
    widths = {group.width for group in changes}
    with_nothing = [group for group in groups if group.begins_with_nothing]
    may_have_op = [*_full_loads_with_letters(groups), *with_nothing]
    return [group for group in may_have_op if group.width in widths]


def _full_loads_with_letters(groups: Sequence[FileGroup], least: int = 1) -> list[FileGroup]:
    """Return full loads of which every record begins with a letter, so many at least."""
    return [group for group in groups if group.kind == "full" and group.is_lettered(least=least)]


def widths_of(groups: Sequence[FileGroup], ops: Sequence[bool]) -> Counter[int]:
    """Return how many records have how many cells, Op left aside."""
    widths: Counter[int] = Counter()
    for group, op in zip(groups, ops, strict=True):
        widths[group.width - op] += group.records
    return widths


def due_width(groups: Sequence[FileGroup], ops: Sequence[bool]) -> int:
    """Return the number of columns with which the loader reads every group as it is meant to be read."""
    widths = widths_of(groups, ops)
    least = LEAST_PART * max(widths.total(), 1)
    often = [width for width in widths if widths[width] >= least]
    most = max(widths, key=lambda width: (widths[width], width))
    for due in [*sorted(often, reverse=True), most]:
        read_with_op = [_is_read_with_op(group, due) for group in groups]
        if read_with_op == list(ops):
            return due
    return most


def _is_read_with_op(group: FileGroup, due: int) -> bool:
    """Return whether the loader takes the first cells of files for Op, in a table of so many columns."""
    begins_with_nothing = group.begins_with_nothing and group.width == due + 1
    return begins_with_nothing or (group.width != due and group.is_lettered())

"""A table that the catalog has already: read as the catalog says, and reported where the lake differs.

Nothing of it is written. What its files hold is found out by `drift`.
"""

from collections.abc import Sequence
from pathlib import Path

from lake_assets.catalog.models import Table
from lake_assets.discover import paths
from lake_assets.discover.dialects import detect, differences
from lake_assets.discover.drift import Observed, gone_columns, misfits, new_columns, observe
from lake_assets.discover.emit import ColumnText
from lake_assets.discover.extend import Changes, show_drift
from lake_assets.discover.leaves import leaf_type, why_leaf
from lake_assets.discover.names import column_name
from lake_assets.discover.paths import unnamed
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.survey import Reader
from lake_assets.discover.why import plain, why_type
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.readers.detect import format_of

NEWEST = 2  # files that delimiter and quoting are told by


def compare(
    reader: Reader, table: Table, listing: Listing, report: SourceReport, path: Path, progress: Progress
) -> None:
    """Hold a table against its files, and put what differs into the report.

    Args:
        reader: where the files come from.
        table: as the catalog has it.
        listing: its files.
        report: where to say it.
        path: the catalog file.
        progress: whom to tell how far it is.
    """
    report.left_out += [f"{reader.lake.url(item.key)}: {item.reason}" for item in listing.unmatched]
    if not listing.objects:
        report.changed.append(f"{table.qualified}: its folder {plain(table.folder)!r} holds no file of data")
        return
    observed = observe(reader, table, listing.objects, progress.read)
    report.left_out += [f"{url}: {reason}" for url, reason in observed.unreadable]
    if not observed.files:
        return
    _tell_bad(table, observed, report)
    options = _options(reader, table, _readable(reader, listing, observed), report)
    if options:  # what else differs is told when the files are read as they are
        changes = Changes(files=options)
    else:
        added = _columns(table, observed)
        gone = _gone(table, observed, added, report)
        inside = unnamed(table, observed)
        report.changed += [f"{table.source}.{said}" for said in inside.elements]
        types = _types(table, observed, report)
        changes = Changes(types, [*added, *inside.columns], gone, children=inside.children)
    if changes:
        text = path.read_bytes().decode("utf-8-sig")
        report.drift += show_drift(text, str(path), table.name, changes)


def _tell_bad(table: Table, observed: Observed, report: SourceReport) -> None:
    if bad := observed.bad.total():
        (reason, _), *_ = observed.bad.most_common(1)
        said = f"{table.qualified}: {bad:,} of {bad + observed.records:,} records are bad ({reason})"
        (report.notes if observed.records else report.changed).append(said)


def _gone(
    table: Table, observed: Observed, added: Sequence[ColumnText], report: SourceReport
) -> tuple[str, ...]:
    """Say which columns no file has, or the newest has no more; give the former, by their names."""
    new = [column.source_name for column in added if column.source_name in observed.newest]
    for column, file in gone_columns(table, observed).items():
        renamed = f"; {plain(new[0])} came instead, so it may have been renamed" if len(new) == 1 else ""
        missing = f"{table.qualified}: the newest file has no column {plain(column)}"
        report.changed.append(f"{missing}; {plain(file)} is the last that has it{renamed}")
    if not observed.absent:
        return ()
    named = ", ".join(map(plain, sorted(observed.absent)))
    report.notes.append(f"{table.qualified}: no file has the column {named}")
    gone = tuple(column.name for column in table.columns if column.file_column in observed.absent)
    return gone if len(gone) < len(table.columns) else ()


def _readable(reader: Reader, listing: Listing, observed: Observed) -> list[LakeObject]:
    damaged = {url for url, _ in observed.unreadable}
    return [item for item in listing.objects if reader.lake.url(item) not in damaged]


def _options(
    reader: Reader, table: Table, objects: Sequence[LakeObject], report: SourceReport
) -> dict[str, str]:
    """Give the options of a table's newest files that are clearly others than the catalog's."""
    pairs = [(item.key, reader.head(item)) for item in objects[-NEWEST:]]
    heads = [head for key, head in pairs if format_of(key, head, table.files)[0] == "csv"]
    found = detect({table.name: heads}, table.files)[table.name]
    options: dict[str, str] = {}
    for key, (value, why) in differences(found, table.files).items():
        options[key] = value
        report.notes.append(
            f"{table.qualified}: {key} is {getattr(table.files, key)!r} in the catalog: {why}"
        )
    return options


def _types(table: Table, observed: Observed, report: SourceReport) -> dict[str, str]:
    types = {}
    for column, profile in misfits(table, observed):
        types[column.name] = profile.type_with(table.files.null)
        why = why_type(profile, table.files.null)
        report.notes.append(f"{table.qualified}.{plain(column.name)} is {column.type} in the catalog: {why}")
    for column, node in paths.misfits(table, observed):
        types[column.name] = leaf_type(node)
        why = why_leaf(node, node.count, "document") or f"{types[column.name]} is what it holds"
        report.notes.append(f"{table.qualified}.{plain(column.name)} is {column.type} in the catalog: {why}")
    return types


def _columns(table: Table, observed: Observed) -> list[ColumnText]:
    taken = {column.name for column in table.columns}
    columns = []
    for place, (source_name, profile) in enumerate(new_columns(table, observed).items(), len(taken) + 1):
        name = column_name(source_name, place, taken)
        taken.add(name)
        null = table.files.null
        columns.append(ColumnText(name, profile.type_with(null), source_name, None, why_type(profile, null)))
    return columns

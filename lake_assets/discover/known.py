"""A table that the catalog has already: read as the catalog says, and reported where the lake differs.

Nothing of it is written. What its files hold is found out by `drift`.
"""

from pathlib import Path

from lake_assets.catalog.models import Table
from lake_assets.discover.drift import Observed, misfits, new_columns, observe
from lake_assets.discover.emit import ColumnText
from lake_assets.discover.extend import show_drift
from lake_assets.discover.names import column_name
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.survey import Reader
from lake_assets.discover.why import plain, why_type
from lake_assets.lake.objects import Listing


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
    report.left_out += [f"{reader.lake.url(item.key)}: {item.reason}" for item in listing.strangers]
    observed = observe(reader, table, listing.objects, progress.read)
    report.left_out += [f"{url}: {reason}" for url, reason in observed.unreadable]
    if observed.files and observed.absent:
        gone = ", ".join(map(plain, sorted(observed.absent)))
        report.notes.append(f"{table.qualified}: no file has the column {gone}")
    types, columns = _types(table, observed, report), _columns(table, observed)
    if types or columns:
        text = path.read_bytes().decode("utf-8-sig")
        report.drift += show_drift(text, str(path), table.name, types, columns)


def _types(table: Table, observed: Observed, report: SourceReport) -> dict[str, str]:
    types = {}
    for column, profile in misfits(table, observed):
        types[column.name] = profile.type_with(table.files.null)
        why = why_type(profile, table.files.null)
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

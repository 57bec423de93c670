"""The steps of a source's way: its tables are listed, those of the catalog compared, new ones written.

Each step is a module of its own; here they follow each other.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from lake_assets.catalog.models import Table
from lake_assets.discover.compare.existing_tables import ExistingTable, compare_table
from lake_assets.discover.infer.file_options import ChosenOptions, most_common_options
from lake_assets.discover.source.catalog_file import CatalogFile
from lake_assets.discover.source.context import SourceContext
from lake_assets.discover.source.new_tables import NewTable, decide_new_tables
from lake_assets.discover.source.proposed_tables import propose_tables
from lake_assets.discover.survey.object_reader import AHEAD
from lake_assets.lake.objects import Listing


def discover_source(context: SourceContext, table_folders: Sequence[str]) -> None:
    """Hold the tables of a source that the catalog has against the lake, and write the others into it.

    Args:
        context: of the source; its report tells what came of it.
        table_folders: the folders in the source's folder.
    """
    if not table_folders:
        context.report.left_out.append(f"{context.folder} holds no folder, and a table is a folder.")
    existing = {}
    if context.existing:
        existing = {table.folder: table for table in context.existing.tables}
    new = [_unknown_table(context, folder) for folder in _new_folders(table_folders, existing)]
    with ThreadPoolExecutor(AHEAD) as pool:
        new_listings = list(pool.map(lambda table: _list(context, table), new))
        old_listings = list(pool.map(lambda table: _list(context, table), existing.values()))
    for listing in new_listings:
        context.report.leave_out((context.lake.url(item.key), item.reason) for item in listing.unmatched)
    objects = list(chain.from_iterable(listing.objects for listing in (*old_listings, *new_listings)))
    context.reader.read_ahead(objects)
    context.progress.begins(context.name, len(objects))
    _compare(context, list(existing.values()), old_listings)
    by_folder = {table.folder: listing for table, listing in zip(new, new_listings, strict=True)}
    _write_new(context, decide_new_tables(context, by_folder))


def _new_folders(folders: Sequence[str], existing: Mapping[str, Table]) -> list[str]:
    """Return the folders that no table of the catalog lies in."""
    known = {folder.partition("/")[0] for folder in existing}
    return [folder for folder in folders if folder not in known]


def _unknown_table(context: SourceContext, folder: str) -> Table:
    """Return a table of which nothing is known but its folder."""
    return Table(source=context.folder, name="x", folder=folder, columns=(), files=context.files)


def _list(context: SourceContext, table: Table) -> Listing:
    return context.lake.list_table(context.folder, table)


def _compare(context: SourceContext, tables: Sequence[Table], listings: Sequence[Listing]) -> None:
    """Hold the tables of the catalog against their files."""
    source = context.existing
    if source is None:
        return
    for table, listing in zip(tables, listings, strict=True):
        existing = ExistingTable(table=table, path=source.path, listing=listing)
        compare_table(existing, context.reader, context.report, context.progress, context.preferences)


def _write_new(context: SourceContext, tables: Sequence[NewTable]) -> None:
    """Write new tables into the catalog."""
    if not tables:
        return
    options = ChosenOptions(context.files)
    if context.existing is None:
        options = most_common_options({table.folder: table.options for table in tables})
    planned = propose_tables(context, tables, options.files)
    CatalogFile(context=context, options=options, tables=planned).write()

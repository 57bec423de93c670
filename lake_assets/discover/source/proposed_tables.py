"""New tables as the catalog shall have them: each under a name of its own, with what its documents make.

What the tables hold was decided in `new_tables`; whether the loader reads them so is asked in `catalog_file`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.infer.file_options import differing_options
from lake_assets.discover.infer.names import plain_name
from lake_assets.discover.source.context import SourceContext
from lake_assets.discover.source.new_tables import NewTable
from lake_assets.discover.write.date_order import with_dates
from lake_assets.discover.write.describe import Described, describe
from lake_assets.discover.write.documents import DocumentOpener
from lake_assets.discover.write.proposals import ProposedTable
from lake_assets.hours import floor_hour


@dataclass(frozen=True, eq=False)
class PlannedTable:
    """A new table on its way into the catalog.

    Attributes:
        found: what the lake has of it.
        proposed: the table as the catalog shall have it.
    """

    found: NewTable
    proposed: ProposedTable

    @property
    def folder(self) -> str:
        """The table's folder in the lake."""
        return self.found.folder

    @property
    def null(self) -> str:
        """The text that means NULL in its files."""
        return str(self.found.options.files.null)

    def with_proposed(self, proposed: ProposedTable) -> "PlannedTable":
        """Return the same with another proposal."""
        return replace(self, proposed=proposed)


def propose_tables(
    context: SourceContext, tables: Sequence[NewTable], files: FileOptions
) -> list[PlannedTable]:
    """Return tables as the catalog shall have them, by folder.

    Args:
        context: of their source.
        tables: what was found.
        files: how the source's files are written.
    """
    now = floor_hour(datetime.now(UTC))
    changes = context.existing is not None or any(map(_has_changes, tables))
    planned = []
    for table in sorted(tables, key=_plain_folders_first):
        name = plain_name(table.folder, "table", context.has_table)
        context.take_table(name)
        described = Described(
            survey=table.survey,
            columns=table.columns,
            name=name,
            rules=context.rules(table.options.files.null),
        )
        proposed = describe(described, now, changes=changes)
        proposed = replace(proposed, files=differing_options(table.options, files))
        proposed = with_dates(proposed, table.columns.profiles(), table.options.files.null)
        _report_narrowed(context, table, proposed)
        planned.append(PlannedTable(found=table, proposed=proposed))
    # Tables come before the tables of their documents, so that all tables have their names already.
    opened = [_with_documents(context, table) for table in planned]
    return sorted(opened, key=lambda table: table.folder)


def _has_changes(table: NewTable) -> bool:
    return any(item.kind == "cdc" for item in table.survey.objects)


def _plain_folders_first(table: NewTable) -> tuple[bool, str]:
    """Return what puts folders first whose names can stay as they are."""
    return not table.folder.isidentifier(), table.folder


def _report_narrowed(context: SourceContext, table: NewTable, proposed: ProposedTable) -> None:
    if len(proposed.columns) < len(table.columns.columns):
        why = proposed.settings["new_columns"].why
        context.report.left_out.append(f"{context.folder_of(table.folder)}: {why}")


def _with_documents(context: SourceContext, table: PlannedTable) -> PlannedTable:
    profiles = table.found.columns.profiles()
    null = table.found.options.files.null
    return table.with_proposed(open_documents(context, table.proposed, profiles, null))


def open_documents(
    context: SourceContext, table: ProposedTable, profiles: Mapping[str, ColumnProfile], null: str
) -> ProposedTable:
    """Return a table with what its documents make, under names that no other table has.

    Args:
        context: of its source.
        table: with the columns of its files.
        profiles: what they hold, by the file's name for them.
        null: the text that means NULL.
    """
    # What an earlier opening of the same table has made is its own.
    own = context.children.pop(table.name, set())

    def is_taken(name: str) -> bool:
        return name not in own and context.has_table(name)

    opener = DocumentOpener(table=table.name, is_taken=is_taken)
    opened = opener.open(table, profiles, null)
    context.children[table.name] = opener.made
    for name in opener.made:
        context.take_table(name)
    return opened

"""What every step of a source's way needs: where it reads, what it is called, whom it reports to.

The steps themselves are the other modules of this room.
"""

from dataclasses import dataclass, field
from pathlib import Path

from lake_assets.catalog.models import FileOptions, Source
from lake_assets.discover.cells.column_profile import TypeRules
from lake_assets.discover.infer.names import TakenNames, source_name
from lake_assets.discover.preferences import Preferences
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.lake.s3 import Lake


@dataclass(frozen=True)
class SourceContext:
    """A source on its way from the lake to the catalog.

    Attributes:
        reader: where its files come from.
        catalog: the catalog's folder.
        existing: the source as the catalog has it; None if it has none.
        taken: names that are somebody's already.
        progress: whom to tell how far it is.
        preferences: how to choose.
        report: what came of it.
        children: the whole names of the child tables that were made, by the name of their table.
    """

    reader: ObjectReader
    catalog: Path
    existing: Source | None
    taken: TakenNames
    progress: Progress
    preferences: Preferences
    report: SourceReport
    children: dict[str, set[str]] = field(default_factory=dict)

    @property
    def lake(self) -> Lake:
        """The lake."""
        return self.reader.lake

    @property
    def folder(self) -> str:
        """The source's folder in the lake."""
        return self.report.folder

    @property
    def name(self) -> str:
        """The source's name in the catalog."""
        return self.report.source

    @property
    def schema(self) -> str:
        """The source's schema in the warehouse."""
        if self.existing:
            return self.existing.schema_name
        return self.name

    @property
    def files(self) -> FileOptions:
        """How its files are written, as far as the catalog says."""
        if self.existing:
            return self.existing.files
        return FileOptions()

    def rules(self, null: str) -> TypeRules:
        """Return what types are chosen by where a text means NULL."""
        return TypeRules(null=null, most_misfits=self.preferences.most_misfits)

    def folder_of(self, table: str) -> str:
        """Return a table's folder as people are told of it."""
        return f"{self.folder}/{table}"

    def take_table(self, name: str) -> None:
        """Take the name of a table."""
        self.taken.add_table(self.name, self.schema, name)

    def has_table(self, name: str) -> bool:
        """Return whether a table's name is taken."""
        return self.taken.has_table(self.name, self.schema, name)


def make_context(
    lake: Lake,
    catalog: Path,
    folder: str,
    existing: Source | None,
    taken: TakenNames,
    progress: Progress,
    preferences: Preferences,
) -> SourceContext:
    """Return the context of a source, which has a name of its own from here on.

    Args:
        lake: where it is.
        catalog: the catalog's folder.
        folder: its folder in the lake.
        existing: the source as the catalog has it; None if it has none.
        taken: names that are somebody's already.
        progress: whom to tell how far it is.
        preferences: how to choose.
    """
    name = existing.name if existing else source_name(folder, taken.sources.__contains__)
    taken.sources.add(name)
    return SourceContext(
        reader=ObjectReader(lake),
        catalog=catalog,
        existing=existing,
        taken=taken,
        progress=progress,
        preferences=preferences,
        report=SourceReport(source=name, folder=folder),
    )

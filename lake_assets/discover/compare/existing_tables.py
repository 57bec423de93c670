"""A table that the catalog has already: read as the catalog says, and reported where the lake differs.

Nothing of it is written. What its files hold is found out by `observed`, what differs by `column_drift` and
`document_drift`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake_assets.catalog.models import Column, Table
from lake_assets.discover.cells.column_profile import TypeRules
from lake_assets.discover.compare.catalog_diff import Changes, show_drift
from lake_assets.discover.compare.column_drift import gone_columns, new_columns, unfit_columns
from lake_assets.discover.compare.document_drift import unfit_paths, unnamed_paths
from lake_assets.discover.compare.observed import Observed, observe
from lake_assets.discover.infer.dialects import detect_dialects
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.infer.file_options import differing_options
from lake_assets.discover.infer.names import column_name, snake_case
from lake_assets.discover.infer.path_types import path_type, why_path_type
from lake_assets.discover.preferences import USUAL, Preferences
from lake_assets.discover.report import Progress, SourceReport, say_bad
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.discover.write.comments import why_type
from lake_assets.discover.write.proposals import ProposedColumn
from lake_assets.escapes import escape_unprintable
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.readers.detect import format_of

NEWEST = 2  # files that delimiter and quoting are told by


@dataclass(frozen=True)
class ExistingTable:
    """A table of the catalog, and what the lake has of it.

    Attributes:
        table: as the catalog has it.
        path: the catalog file.
        listing: its files.
    """

    table: Table
    path: Path
    listing: Listing


def compare_table(
    existing: ExistingTable,
    reader: ObjectReader,
    report: SourceReport,
    progress: Progress,
    preferences: Preferences = USUAL,
) -> None:
    """Hold a table against its files, and put what differs into the report.

    Args:
        existing: the table.
        reader: where the files come from.
        report: where to say it.
        progress: whom to tell how far it is.
        preferences: how to choose.
    """
    table, listing = existing.table, existing.listing
    report.leave_out((reader.lake.url(item.key), item.reason) for item in listing.unmatched)
    if not listing.objects:
        folder = escape_unprintable(table.folder)
        report.changed.append(f"{table.qualified}: its folder {folder!r} holds no file of data")
        return
    observed = observe(reader, table, listing.objects, progress.read)
    report.leave_out(observed.unreadable)
    if observed.files:
        comparison = _Comparison(table=table, observed=observed, report=report, preferences=preferences)
        comparison.show(existing, reader)


@dataclass(frozen=True)
class _Comparison:
    """A table of the catalog beside what its files hold.

    Attributes:
        table: as the catalog has it.
        observed: what its files hold.
        report: where to say what differs.
        preferences: how to choose.
    """

    table: Table
    observed: Observed
    report: SourceReport
    preferences: Preferences

    @property
    def rules(self) -> TypeRules:
        """What types are chosen by."""
        return TypeRules(null=self.table.files.null, most_misfits=self.preferences.most_misfits)

    def show(self, existing: ExistingTable, reader: ObjectReader) -> None:
        """Report what differs, as a diff of the catalog file where it can be put so."""
        self._report_bad()
        changes = self._changes(reader, self._readable(reader, existing.listing))
        if changes:
            text = existing.path.read_bytes().decode("utf-8-sig")
            self.report.drift += show_drift(text, existing.path, self.table.name, changes)

    def _report_bad(self) -> None:
        bad, good = self.observed.bad, self.observed.records
        if not bad:
            return
        said = f"{self.table.qualified}: {say_bad(bad, good)}"
        if good:
            self.report.notes.append(said)
        else:
            self.report.changed.append(said)

    def _changes(self, reader: ObjectReader, objects: Sequence[LakeObject]) -> Changes:
        options = self._options(reader, objects)
        if options:  # what else differs is told when the files are read as they are
            return Changes(files=options)
        added = list(self._new_columns())
        gone = self._gone_columns(added)
        inside = unnamed_paths(self.table, self.observed)
        self.report.changed += [f"{self.table.source}.{said}" for said in inside.elements]
        return Changes(
            types=self._types(), columns=[*added, *inside.columns], gone=gone, children=inside.children
        )

    def _readable(self, reader: ObjectReader, listing: Listing) -> list[LakeObject]:
        damaged = {url for url, _ in self.observed.unreadable}
        return [item for item in listing.objects if reader.lake.url(item) not in damaged]

    def _options(self, reader: ObjectReader, objects: Sequence[LakeObject]) -> dict[str, str]:
        """Return the options of a table's newest files that are clearly others than the catalog's."""
        options: dict[str, str] = {}
        for key, choice in self._differing_options(reader, objects).items():
            options[key] = choice.value
            in_catalog = getattr(self.table.files, key)
            self._note(f"{self.table.qualified}: {key}", repr(in_catalog), choice.why)
        return options

    def _differing_options(self, reader: ObjectReader, objects: Sequence[LakeObject]) -> dict[str, Explained]:
        heads = []
        for item in objects[-NEWEST:]:
            head = reader.head(item)
            file_format, _ = format_of(item.key, head, self.table.files)
            if file_format == "csv":
                heads.append(head)
        found = detect_dialects({self.table.name: heads}, self.table.files)
        return differing_options(found[self.table.name], self.table.files)

    def _gone_columns(self, added: Sequence[ProposedColumn]) -> tuple[str, ...]:
        """Report the columns that the newest file has no more; return those that no file has, by name."""
        self._report_missing(added)
        absent = self.observed.absent
        if not absent:
            return ()
        named = ", ".join(map(escape_unprintable, sorted(absent)))
        self.report.notes.append(f"{self.table.qualified}: no file has the column {named}")
        gone = tuple(column.name for column in self.table.columns if column.file_column in absent)
        is_all = len(gone) == len(self.table.columns)
        if is_all:
            return ()
        return gone

    def _report_missing(self, added: Sequence[ProposedColumn]) -> None:
        new = [column.source_name for column in added if column.source_name in self.observed.newest]
        renamed = ""
        if len(new) == 1:
            renamed = f"; {escape_unprintable(new[0])} came instead, so it may have been renamed"
        for column, file in gone_columns(self.table, self.observed).items():
            missing = f"{self.table.qualified}: the newest file has no column {escape_unprintable(column)}"
            self.report.changed.append(
                f"{missing}; {escape_unprintable(file)} is the last that has it{renamed}"
            )

    def _types(self) -> dict[str, str]:
        """Return the types that columns should have, by their names, where theirs do not hold."""
        types = {}
        for column, profile in unfit_columns(self.table, self.observed, self.rules):
            types[column.name] = profile.type_with(self.rules)
            self._note_type(column, why_type(profile, self.rules))
        for column, node in unfit_paths(self.table, self.observed):
            types[column.name] = path_type(node)
            why = why_path_type(node, node.count, "document")
            self._note_type(column, why or f"{types[column.name]} is what it holds")
        return types

    def _note_type(self, column: Column, why: str) -> None:
        self._note(f"{self.table.qualified}.{escape_unprintable(column.name)}", column.type, why)

    def _note(self, what: str, in_catalog: str, why: str) -> None:
        self.report.notes.append(f"{what} is {in_catalog} in the catalog: {why}")

    def _new_columns(self) -> Iterator[ProposedColumn]:
        taken = {column.name for column in self.table.columns}
        found = new_columns(self.table, self.observed)
        for place, (source_name, profile) in enumerate(found.items(), len(taken) + 1):
            wish = source_name if self.preferences.keep_names else snake_case(source_name)
            name = column_name(wish, place, taken)
            taken.add(name)
            yield ProposedColumn(
                name=name,
                type=profile.type_with(self.rules),
                source_name=source_name,
                why=why_type(profile, self.rules),
            )

"""The catalog file of a source, written once its text is proved to read every file as it was read here.

How the text is spelled is `write`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lake_assets.catalog.schema import schema_text
from lake_assets.discover.compare.observed import observe
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.infer.file_options import ChosenOptions
from lake_assets.discover.report import say_bad
from lake_assets.discover.source.context import SourceContext
from lake_assets.discover.source.proposed_tables import PlannedTable, open_documents
from lake_assets.discover.write.append_tables import append_tables
from lake_assets.discover.write.catalog_yaml import SCHEMA_FILE, STEP, write_source, write_table
from lake_assets.discover.write.comments import table_misfits
from lake_assets.discover.write.describe import with_types_of
from lake_assets.discover.write.loader_check import Misread, find_misread, tables_of
from lake_assets.discover.write.proposals import ProposedSource
from lake_assets.escapes import escape_unprintable
from lake_assets.hours import format_hour
from lake_assets.pluralize import pluralize

EXPLANATION = (
    "Written by `lake-assets discover`. Edit it as you like: what stands here stays when it runs again."
)


@dataclass
class CatalogFile:
    """The catalog file of a source with its new tables.

    Attributes:
        context: of the source.
        options: how the source's files are written.
        tables: the new tables, by folder.
    """

    context: SourceContext
    options: ChosenOptions
    tables: list[PlannedTable]

    def write(self) -> None:
        """Write the file, or what a person has to put into it where that cannot be done for sure."""
        text = self._proved_text()
        path = self.context.existing.path if self.context.existing else self._new_path()
        if text is None:
            self._write_aside(path)
            return
        for table in self.tables:
            self._warn(table)
        _put(path, text)
        _put(path.with_name(SCHEMA_FILE), schema_text())
        report = self.context.report
        report.path = path
        report.tables = [f"{self.context.name}.{table.proposed.name}" for table in self.tables]

    def _proved_text(self) -> str | None:
        """Return the text of the file, with which the loader reads every file as the catalog says."""
        text = self._text()
        misread = self._misread(text)
        headers = self._headers_to_say(misread)
        if headers:
            self._say_headers(headers)
            text = self._text()
            misread = self._misread(text)
        if misread:
            self._describe_as_loaded(misread)
            text = self._text()
        return text

    def _text(self) -> str | None:
        """Return the file's text; None if tables cannot be added to it for sure."""
        proposed = [table.proposed for table in self.tables]
        existing = self.context.existing
        if existing:
            return append_tables(existing.path.read_bytes().decode(), proposed)
        source = ProposedSource(
            name=self.context.name,
            folder=self.context.folder,
            start=min(item.hour for table in self.tables for item in table.found.survey.objects),
            files=self.options.files,
            why=self.options.why,
            tables=proposed,
            comments=(EXPLANATION,),
        )
        return write_source(source)

    def _misread(self, text: str | None) -> list[Misread]:
        """Return the files that the loader would read otherwise."""
        if text is None:
            return []
        by_name = tables_of(text)
        misread: list[Misread] = []
        for table in self.tables:
            in_catalog = by_name[table.proposed.name]
            misread += find_misread(in_catalog, self.context.reader, table.found.survey, table.found.columns)
        return misread

    def _headers_to_say(self, misread: Sequence[Misread]) -> dict[str, bool]:
        """Return whether files have a header, by folder, where the loader errs and a table's are alike."""
        folders = {file.folder for file in misread if file.header}
        headers: dict[str, bool] = {}
        for table in self.tables:
            found = {reading.header for reading in table.found.columns.readings.values()}
            if table.folder in folders and len(found) == 1:
                headers[table.folder] = found.pop()
        return headers

    def _say_headers(self, headers: dict[str, bool]) -> None:
        """Say outright in the catalog whether files have a header."""
        why = "by their first records alone some files would be taken for the opposite"
        for place, table in enumerate(self.tables):
            if table.folder in headers:
                header = Explained(headers[table.folder], why)
                files = {**table.proposed.files, "header": header}
                self.tables[place] = table.with_proposed(replace(table.proposed, files=files))

    def _describe_as_loaded(self, misread: Sequence[Misread]) -> None:
        """Choose the types anew where the loader reads some files otherwise, by what it will read."""
        context = self.context
        context.report.left_out += [f"{file.url} {file.difference}" for file in misread if file.difference]
        in_catalog = {file.folder: file.table for file in misread}
        for place, table in enumerate(self.tables):
            if table.folder not in in_catalog:
                continue
            loaded = in_catalog[table.folder]
            null = loaded.files.null
            observed = observe(context.reader, loaded, table.found.survey.objects)
            retyped = with_types_of(table.proposed, observed.columns, context.rules(null))
            self.tables[place] = table.with_proposed(open_documents(context, retyped, observed.columns, null))

    def _new_path(self) -> Path:
        """Return the path of a file that is not there."""
        stem = self.context.name
        path = self.context.catalog / f"{stem}.yaml"
        number = 1
        while path.name in self.context.taken.files or path.exists():
            number += 1
            path = self.context.catalog / f"{stem}_{number}.yaml"
        self.context.taken.files.add(path.name)
        return path

    def _warn(self, table: PlannedTable) -> None:
        """Say what will not be loaded although it is in the catalog."""
        report = self.context.report
        folder = self.context.folder_of(table.folder)
        null = table.found.options.files.null
        if null:
            why = table.found.options.why.get("null", "")
            report.notes.append(f"{folder}: {escape_unprintable(null)} without quotes means NULL: {why}")
        report.notes += table_misfits(folder, table.found.columns, self.context.rules(table.null))
        bad, good = table.found.survey.bad, table.found.columns.records
        if bad:
            said = f"{folder}: {say_bad(bad, good)}"
            if good:
                report.notes.append(said)
            else:
                report.left_out.append(said)
        existing = self.context.existing
        if existing is None:
            return
        early = [item for item in table.found.survey.objects if item.hour < existing.start]
        if early:
            report.left_out.append(
                f"{folder} has {pluralize(len(early), 'file')} before {format_hour(existing.start)}, "
                f"the `start` of {existing.path}."
            )

    def _write_aside(self, path: Path) -> None:
        """Write tables beside a catalog file that cannot be added to for sure."""
        lines = ["tables:"]
        for table in self.tables:
            lines += write_table(table.proposed, STEP)
        aside = path.with_name(f"{path.stem}.discovered.yaml.txt")
        _put(aside, "\n".join(lines) + "\n")
        self.context.report.left_out.append(
            f"{path} is written in a way that tables cannot be added to for sure. Copy "
            f"{pluralize(len(self.tables), 'new table')} from {aside}."
        )


def _put(path: Path, text: str) -> None:
    """Write a file, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(text.encode())
    aside.replace(path)

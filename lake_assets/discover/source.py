"""The way of one source from its folders to its catalog file.

Each step is a module of its own; here they follow each other. Tables that the catalog has already are
`known`'s business.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from lake_assets.catalog.models import FileOptions, Source, Table
from lake_assets.discover.batches import sample
from lake_assets.discover.describe import describe, retyped
from lake_assets.discover.dialects import Written, choose_null, detect, differences, most_common
from lake_assets.discover.drift import observe
from lake_assets.discover.emit import SourceText, TableText, write_source, write_table
from lake_assets.discover.encodings import choose_encoding
from lake_assets.discover.extend import append_tables
from lake_assets.discover.known import compare
from lake_assets.discover.names import Taken, plain_name, source_name
from lake_assets.discover.open import Opening
from lake_assets.discover.profile import ColumnProfile
from lake_assets.discover.proof import Misread, prove
from lake_assets.discover.report import Progress, SourceReport
from lake_assets.discover.shape import Shape, judge_first_records, settle
from lake_assets.discover.survey import Reader, Survey
from lake_assets.exceptions import LakeError
from lake_assets.hours import floor_hour, format_hour
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.lake.s3 import Lake
from lake_assets.pluralize import pluralize
from lake_assets.readers.decode import is_utf8
from lake_assets.readers.detect import format_of

EXPLANATION = (
    "Written by `lake-assets discover`. Edit it as you like: what stands here stays when it runs again."
)
SAMPLED = 2  # files of each kind that a table's delimiter is told by


@dataclass
class SourceWork:
    """The way of one source from listing to file."""

    lake: Lake
    catalog: Path
    folder: str
    existing: Source | None
    taken: Taken
    progress: Progress

    def __post_init__(self) -> None:
        """Give the source a name."""
        self.reader = Reader(self.lake)
        name = (
            self.existing.name if self.existing else source_name(self.folder, self.taken.sources.__contains__)
        )
        self.taken.sources.add(name)
        self.schema = self.existing.schema_name if self.existing else name
        self.report = SourceReport(name, self.folder)
        self.children: dict[str, set[str]] = {}

    def run(self, table_folders: Sequence[str]) -> SourceReport:
        """Do all of it."""
        if not table_folders:
            self.report.left_out.append(f"{self.folder} holds no folder, and a table is a folder.")
        known = {table.folder: table for table in self.existing.tables} if self.existing else {}
        above = {folder.partition("/")[0] for folder in known}
        new = [folder for folder in table_folders if folder not in above]
        files = self.existing.files if self.existing else FileOptions()
        with ThreadPoolExecutor(Reader.AHEAD) as pool:
            listings = dict(zip(new, pool.map(lambda folder: self._list(folder, files), new), strict=True))
            old = dict(zip(known.values(), pool.map(self._list_known, known.values()), strict=True))
        for listing in listings.values():
            self._tell_strangers(listing)
        self.reader.read_ahead(
            [item for listing in chain(old.values(), listings.values()) for item in listing.objects]
        )
        total = sum(len(listing.objects) for listing in chain(listings.values(), old.values()))
        self.progress.begins(self.report.source, total)
        if self.existing:
            for table, listing in old.items():
                compare(self.reader, table, listing, self.report, self.existing.path, self.progress)
        self._describe(listings, files)
        return self.report

    def _list(self, folder: str, files: FileOptions) -> Listing:
        return self._list_known(Table(source=self.folder, name="x", folder=folder, columns=(), files=files))

    def _list_known(self, table: Table) -> Listing:
        return self.lake.list_table(self.folder, table)

    def _tell_strangers(self, listing: Listing) -> None:
        self.report.left_out += [f"{self.lake.url(item.key)}: {item.reason}" for item in listing.unmatched]

    def _describe(self, listings: Mapping[str, Listing], base: FileOptions) -> None:
        """Survey the new tables and write them."""
        for_all = base if self.existing else None
        written = detect({folder: self._heads(listing) for folder, listing in listings.items()}, for_all)
        surveys = []
        for folder, listing in listings.items():
            survey, written[folder] = self._survey(folder, listing, written[folder])
            if self._has_records(survey):
                surveys.append(survey)
        written = self._with_nulls(surveys, written, base)
        if not surveys:
            return
        source = Written(base) if self.existing else most_common(written)
        shapes = self._shapes(surveys)
        tables = self._name(surveys, shapes, written, source.files)
        self._write(source, surveys, shapes, tables)

    def _heads(self, listing: Listing) -> list[bytes]:
        heads: list[bytes] = []
        for kind in ("full", "cdc"):
            for item in [item for item in listing.objects if item.kind == kind][:SAMPLED]:
                heads.extend(self._head(item))
        return heads

    def _head(self, item: LakeObject) -> list[bytes]:
        try:
            head = self.reader.head(item)
            if format_of(item.key, head, FileOptions())[0] != "csv":
                return []  # of a format that has neither delimiter nor quoting
            sample(head, FileOptions())
        except LakeError:
            return []  # the survey meets the same error, and reports it
        return [head]

    def _survey(self, folder: str, listing: Listing, written: Written) -> tuple[Survey, Written]:
        """Read a table's files, and once more if they are in another encoding than was thought."""
        survey = self._read(folder, listing, written.files)
        if is_utf8(written.files.encoding) and (chosen := choose_encoding(survey)):
            written = written.with_option("encoding", *chosen)
            survey = self._read(folder, listing, written.files)
        for _ in listing.objects:
            self.progress.read()
        self.report.left_out += [f"{url}: {reason}" for url, reason in survey.unreadable]
        return survey, written

    def _read(self, folder: str, listing: Listing, files: FileOptions) -> Survey:
        survey = Survey(folder, listing.unmatched)
        for item in listing.objects:
            survey.read(self.reader, item, files)
        return survey

    def _with_nulls(
        self, surveys: Sequence[Survey], written: Mapping[str, Written], base: FileOptions
    ) -> dict[str, Written]:
        """Give the tables that have records with the text that means NULL in each."""
        columns = {
            survey.folder: [column for group in survey.groups.values() for column in group.columns]
            for survey in surveys
        }
        usual, usual_why = base.null, ""
        if not self.existing:
            found, usual_why = choose_null(chain.from_iterable(columns.values()))
            usual = found or ""
        described = {}
        for folder, some in columns.items():
            null, why = choose_null(some, usual)
            null, why = (usual, usual_why) if null is None else (null, why)
            described[folder] = written[folder].with_option("null", null, why)
        return described

    def _has_records(self, survey: Survey) -> bool:
        if survey.groups:
            return True
        what = pluralize(len(survey.empty), "empty file") if survey.empty else "no file of data"
        self.report.left_out.append(f"{self.folder}/{survey.folder}: {what}, so its columns are unknown")
        return False

    def _shapes(self, surveys: Sequence[Survey]) -> dict[str, Shape]:
        judged = {survey.folder: judge_first_records(survey) for survey in surveys}
        verdicts = [judgement.verdict for judgement, _ in judged.values()]
        with_header, without = verdicts.count("header"), verdicts.count("data")
        return {
            survey.folder: settle(survey, *judged[survey.folder], with_header=with_header, without=without)
            for survey in surveys
        }

    def _name(
        self,
        surveys: Sequence[Survey],
        shapes: Mapping[str, Shape],
        written: Mapping[str, Written],
        source: FileOptions,
    ) -> dict[str, TableText]:
        """Describe the tables, each under a name of its own, by folder."""
        now = floor_hour(datetime.now(UTC))
        changes = any(item.kind == "cdc" for survey in surveys for item in survey.objects)
        changes = changes or self.existing is not None
        tables = {}
        for survey in sorted(surveys, key=lambda survey: (not survey.folder.isidentifier(), survey.folder)):
            shape = shapes[survey.folder]
            name = plain_name(
                survey.folder, "table", lambda name: self.taken.has(self.report.source, self.schema, name)
            )
            self.taken.add(self.report.source, self.schema, name)
            null = written[survey.folder].files.null
            table = describe(survey, shape, name, null, now, changes=changes)
            tables[survey.folder] = replace(table, files=differences(written[survey.folder], source))
            if len(table.columns) < len(shape.columns):
                _, why = table.settings["new_columns"]
                self.report.left_out.append(f"{self.folder}/{survey.folder}: {why}")
        for folder, table in tables.items():
            profiles = {column.source_name: column.profile for column in shapes[folder].columns}
            tables[folder] = self._open(table, profiles, written[folder].files.null)
        return dict(sorted(tables.items()))

    def _open(self, table: TableText, profiles: Mapping[str, ColumnProfile], null: str) -> TableText:
        """Give a table with what its documents make; all tables have their names already."""
        source, schema, own = self.report.source, self.schema, self.children.pop(table.name, set())
        opening = Opening(table.name, lambda name: name not in own and self.taken.has(source, schema, name))
        opened = opening.open(table, profiles, null)
        self.children[table.name] = opening.made
        for name in opening.made:
            self.taken.add(source, schema, name)
        return opened

    def _write(
        self,
        source: Written,
        surveys: Sequence[Survey],
        shapes: Mapping[str, Shape],
        tables: Mapping[str, TableText],
    ) -> None:
        """Write the catalog file, once its text is proved to read every file as it was read here."""
        path = self.existing.path if self.existing else self._new_path()
        text = self._text(source, surveys, tables)
        misread = [] if text is None else prove(text, self.reader, surveys, shapes, tables)
        if misread and (settled := _with_headers(misread, shapes, tables)) != tables:
            tables = settled
            text = self._text(source, surveys, tables)
            misread = [] if text is None else prove(text, self.reader, surveys, shapes, tables)
        if misread:
            tables = self._as_loaded(misread, surveys, tables)
            text = self._text(source, surveys, tables)
        if text is None:
            self._propose(path, tables)
            return
        self._warn(surveys, shapes)
        _put(path, text)
        self.report.path = path
        self.report.tables = [f"{self.report.source}.{table.name}" for table in tables.values()]

    def _as_loaded(
        self,
        misread: Sequence[Misread],
        surveys: Sequence[Survey],
        tables: Mapping[str, TableText],
    ) -> dict[str, TableText]:
        """Choose the types anew where the loader reads some files otherwise, by what it will read."""
        self.report.left_out += [f"{file.url} {file.difference}" for file in misread if file.difference]
        objects = {survey.folder: survey.objects for survey in surveys}
        changed = dict(tables)
        for folder, table in {file.folder: file.table for file in misread}.items():
            observed = observe(self.reader, table, objects[folder])
            again = retyped(tables[folder], observed.columns, table.files.null)
            changed[folder] = self._open(again, observed.columns, table.files.null)
        return changed

    def _text(
        self, source: Written, surveys: Sequence[Survey], tables: Mapping[str, TableText]
    ) -> str | None:
        if self.existing:
            return append_tables(self.existing.path.read_bytes().decode(), list(tables.values()))
        start = min(item.hour for survey in surveys for item in survey.objects)
        name = self.report.source
        return write_source(
            SourceText(
                name, self.folder, start, source.files, source.why, list(tables.values()), (EXPLANATION,)
            )
        )

    def _new_path(self) -> Path:
        stem, number = self.report.source, 1
        path = self.catalog / f"{stem}.yaml"
        while path.name in self.taken.files or path.exists():
            number += 1
            path = self.catalog / f"{stem}_{number}.yaml"
        self.taken.files.add(path.name)
        return path

    def _warn(self, surveys: Sequence[Survey], shapes: Mapping[str, Shape]) -> None:
        """Say what will not be loaded although it is in the catalog."""
        for survey in surveys:
            bad, good = survey.bad.total(), shapes[survey.folder].records
            if bad:
                (reason, _), *_ = survey.bad.most_common(1)
                said = f"{self.folder}/{survey.folder}: {bad:,} of {bad + good:,} records are bad ({reason})"
                (self.report.notes if good else self.report.left_out).append(said)
            early = [item for item in survey.objects if self.existing and item.hour < self.existing.start]
            if self.existing and early:
                self.report.left_out.append(
                    f"{self.folder}/{survey.folder} has {pluralize(len(early), 'file')} before "
                    f"{format_hour(self.existing.start)}, the `start` of {self.existing.path}."
                )

    def _propose(self, path: Path, tables: Mapping[str, TableText]) -> None:
        """Write tables beside a catalog file that cannot be added to for sure."""
        lines = [line for table in tables.values() for line in write_table(table, "  ")]
        proposal = path.with_name(f"{path.stem}.discovered.yaml.txt")
        _put(proposal, "\n".join(["tables:", *lines]) + "\n")
        self.report.left_out.append(
            f"{path} is written in a way that tables cannot be added to for sure. Copy "
            f"{pluralize(len(tables), 'new table')} from {proposal}."
        )


def _with_headers(
    misread: Sequence[Misread], shapes: Mapping[str, Shape], tables: Mapping[str, TableText]
) -> dict[str, TableText]:
    """Say outright whether files have a header where the loader would err, and all of a table are alike."""
    changed = dict(tables)
    for folder in {file.folder for file in misread if file.header}:
        headers = {header for header, _ in shapes[folder].expected.values()}
        if len(headers) == 1:
            why = "by their first records alone some files would be taken for the opposite"
            files = {**tables[folder].files, "header": (headers.pop(), why)}
            changed[folder] = replace(tables[folder], files=files)
    return changed


def _put(path: Path, text: str) -> None:
    """Write a file, so that nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.new")
    aside.write_bytes(text.encode())
    aside.replace(path)

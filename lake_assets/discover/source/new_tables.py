"""Tables that the catalog does not have: every file read, and how they are written and read decided.

What they are called and how they are described is `proposed_tables`' business.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from lake_assets.catalog.models import FileOptions
from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.infer.columns import TableColumns, decide_columns
from lake_assets.discover.infer.dialects import detect_dialects
from lake_assets.discover.infer.encodings import choose_encoding
from lake_assets.discover.infer.explained import Explained
from lake_assets.discover.infer.file_options import ChosenOptions
from lake_assets.discover.infer.headers import FirstRecords, SourceHeaders, judge_first_records
from lake_assets.discover.infer.null_text import choose_null
from lake_assets.discover.source.context import SourceContext
from lake_assets.discover.survey.head_sample import sample
from lake_assets.discover.survey.object_reader import ObjectReader
from lake_assets.discover.survey.table_survey import TableSurvey
from lake_assets.exceptions import LakeError
from lake_assets.lake.objects import LakeObject, Listing
from lake_assets.pluralize import pluralize
from lake_assets.readers.decode import is_utf8
from lake_assets.readers.detect import format_of

SAMPLED = 2  # files of each kind that a table's delimiter is told by


@dataclass(frozen=True, eq=False)
class SurveyedTable:
    """A table whose files have been read.

    Attributes:
        survey: what they hold.
        options: how they are written.
    """

    survey: TableSurvey
    options: ChosenOptions

    @property
    def folder(self) -> str:
        """The table's folder in the lake."""
        return self.survey.folder

    def profiles(self) -> Iterator[ColumnProfile]:
        """Return what the columns of all groups of files hold."""
        for group in self.survey.groups.values():
            yield from group.columns


@dataclass(frozen=True, eq=False)
class NewTable(SurveyedTable):
    """A table of which everything is decided but its name.

    Attributes:
        columns: its columns, and how its files are read.
    """

    columns: TableColumns


def decide_new_tables(context: SourceContext, listings: Mapping[str, Listing]) -> list[NewTable]:
    """Read new tables and decide on them; those without a record are reported, and left out.

    Args:
        context: of their source.
        listings: the files of each, by folder.
    """
    surveyed = _with_nulls(context, list(_survey(context, listings)))
    judged = [judge_first_records(list(table.survey.groups.values())) for table in surveyed]
    headers = _count_headers(judged)
    tables = []
    for table, first_records in zip(surveyed, judged, strict=True):
        keep_names = context.preferences.keep_names
        columns = decide_columns(table.survey, first_records, headers, keep_names=keep_names)
        tables.append(NewTable(survey=table.survey, options=table.options, columns=columns))
    return tables


def _count_headers(judged: Sequence[FirstRecords]) -> SourceHeaders:
    verdicts = [first_records.judgement.verdict for first_records in judged]
    return SourceHeaders(with_header=verdicts.count("header"), without=verdicts.count("data"))


def _survey(context: SourceContext, listings: Mapping[str, Listing]) -> Iterator[SurveyedTable]:
    heads = {folder: _heads(context, listing) for folder, listing in listings.items()}
    dialects = detect_dialects(heads, context.files if context.existing else None)
    for folder, listing in listings.items():
        table = _survey_table(context, folder, listing, dialects[folder])
        if table.survey.groups:
            yield table
        else:
            _report_nothing(context, table.survey)


def _heads(context: SourceContext, listing: Listing) -> list[bytes]:
    """Return the beginnings of a table's first files of each kind."""
    heads: list[bytes] = []
    for kind in ("full", "cdc"):
        of_kind = (item for item in listing.objects if item.kind == kind)
        for item in islice(of_kind, SAMPLED):
            head = _csv_head(context.reader, item, context.files)
            if head is not None:
                heads.append(head)
    return heads


def _csv_head(reader: ObjectReader, item: LakeObject, files: FileOptions) -> bytes | None:
    """Return a file's beginning; None if it has neither delimiter nor quoting, or cannot be read."""
    try:
        head = reader.head(item)
        file_format, _ = format_of(item.key, head, files)
        if file_format != "csv":
            return None
        sample(head, files)
    except LakeError:
        return None  # the survey meets the same error, and reports it
    return head


def _survey_table(
    context: SourceContext, folder: str, listing: Listing, options: ChosenOptions
) -> SurveyedTable:
    """Read a table's files, and once more if they are in another encoding than was thought."""
    survey = _read(context.reader, folder, listing, options.files)
    chosen = None
    if is_utf8(options.files.encoding):
        chosen = choose_encoding(survey)
    if chosen is not None:
        options = options.with_option("encoding", chosen.value, chosen.why)
        survey = _read(context.reader, folder, listing, options.files)
    for _ in listing.objects:
        context.progress.read()
    context.report.leave_out(survey.unreadable)
    return SurveyedTable(survey=survey, options=options)


def _read(reader: ObjectReader, folder: str, listing: Listing, files: FileOptions) -> TableSurvey:
    survey = TableSurvey(folder, listing.unmatched)
    for item in listing.objects:
        survey.read(reader, item, files)
    return survey


def _report_nothing(context: SourceContext, survey: TableSurvey) -> None:
    what = "no file of data"
    if survey.empty:
        what = pluralize(len(survey.empty), "empty file")
    if survey.unreadable:
        what = "no file that can be read"
    folder = context.folder_of(survey.folder)
    context.report.left_out.append(f"{folder}: {what}, so its columns are unknown")


def _with_nulls(context: SourceContext, tables: Sequence[SurveyedTable]) -> list[SurveyedTable]:
    """Return tables with the text that means NULL in each, that of most columns where none is told."""
    usual = Explained(context.files.null, "")
    if not context.existing:
        of_all = choose_null(chain.from_iterable(table.profiles() for table in tables))
        usual = of_all or Explained("", "")
    with_nulls = []
    for table in tables:
        null = choose_null(table.profiles(), usual.value) or usual
        options = table.options.with_option("null", null.value, null.why)
        with_nulls.append(replace(table, options=options))
    return with_nulls

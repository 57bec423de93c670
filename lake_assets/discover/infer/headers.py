"""Whether the first records of a table's files name its columns.

A header that is taken for data costs nothing but good names; data that is taken for a header is lost. So a
first record is data unless something speaks for the opposite: what stands below it, other files, or the other
tables of the source (DMS writes a header into all files of an endpoint, or into none: AddColumnName). Files
whose first records share most of their names are judged together, whatever their order and letter case, for
columns come and go.
"""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from lake_assets.discover.cells.cell_classes import (
    FIGURES,
    FLOAT,
    NUMBER_CLASSES,
    ORDERED_DATES,
    ORDERED_MOMENTS,
    SIMPLE,
    TEXT,
    TRUTH,
    class_of,
    type_of,
)
from lake_assets.discover.cells.column_profile import ColumnProfile
from lake_assets.discover.infer.usual_names import count_usual, reads_like_name
from lake_assets.discover.survey.csv_cells import Cells
from lake_assets.discover.survey.file_group import FileGroup
from lake_assets.discover.survey.first_record import has_digits, is_no_name, is_year

Verdict = Literal["header", "data", "unsure"]

MOST_JUDGED = 5  # kinds of first records of one table; behind the most frequent ones come rows
OUTVOTED = 3  # names unlike what is below them, for each that is like it
LEAST_UNLIKE = 2  # of them beside words that nobody calls a column
MOST_ALIKE = 2  # tables of one kind for each of the other, to speak for the rest of the source
MANY_ALIKE = 10  # with a header for each without, and names need not be usual: DMS writes it to all or none
_NUMBERS = NUMBER_CLASSES | {FLOAT}
_TRUTHS = frozenset({"word", TRUTH})
_FIGURES = frozenset(SIMPLE) - {"uuid", "t", "f", *_TRUTHS}


@dataclass(frozen=True)
class Judgement:
    """What a first record is taken for, and why."""

    verdict: Verdict
    why: str


NAMED = Judgement("header", "JSON lines and Parquet name their columns")
NO_HEADER = Judgement("data", "the first records are data")
UNSURE = Judgement("unsure", "its cells and those below are texts alike")


@dataclass(frozen=True)
class FirstRecords:
    """What the first records of a table are taken for.

    Attributes:
        judgement: of those first records that most speaks for.
        groups: the groups of files that it speaks of.
    """

    judgement: Judgement
    groups: Sequence[FileGroup] = ()


@dataclass(frozen=True)
class SourceHeaders:
    """What the tables of a source are that tell it by themselves.

    Attributes:
        with_header: how many of them have a header.
        without: how many have none.
    """

    with_header: int
    without: int

    @property
    def most_have_one(self) -> bool:
        """Whether some have none, and far more have a header."""
        return self.with_header >= MOST_ALIKE * self.without > 0


def judge_first_records(groups: Sequence[FileGroup]) -> FirstRecords:
    """Judge the first records of a table by the table itself.

    Args:
        groups: all of the table.
    """
    named = [group for group in groups if group.key.named]
    if named:
        return FirstRecords(NAMED, _like_any(groups, named))
    judged = [FirstRecords(_judge(kin, groups), kin) for kin in _kin_of(groups)[:MOST_JUDGED]]
    for verdict in ("header", "unsure"):
        for found in judged:
            if found.judgement.verdict == verdict:
                return FirstRecords(found.judgement, _like_any(groups, found.groups))
    if judged:
        return judged[0]
    return FirstRecords(NO_HEADER)


def _kin_of(groups: Sequence[FileGroup]) -> list[list[FileGroup]]:
    """Return groups whose first records share most names together, those of the most files first."""
    families: list[list[FileGroup]] = []
    with_first = [group for group in groups if group.first is not None]
    for group in sorted(with_first, key=lambda group: group.files, reverse=True):
        family = next((family for family in families if _are_kin(group, family[0])), None)
        if family is None:
            families.append([group])
        else:
            family.append(group)
    return sorted(families, key=_count_files, reverse=True)


def _are_kin(group: FileGroup, model: FileGroup) -> bool:
    names, others = _name_set(group), _name_set(model)
    shared = len(names & others)
    return names == others or 2 * shared > max(len(names), len(others))


def _name_set(group: FileGroup) -> frozenset[str]:
    """Return the names in a first record, whatever their order and their letter case."""
    return frozenset(name.casefold() for name in group.names if name)


def _count_files(groups: Sequence[FileGroup]) -> int:
    return sum(group.files for group in groups)


def _like_any(groups: Sequence[FileGroup], models: Sequence[FileGroup]) -> list[FileGroup]:
    """Return the groups whose first record the loader will take for a header, given those of others."""
    alike = []
    for group in groups:
        is_alike = any(_has_names_of(group, model) for model in models)
        if group.key.named or is_alike:
            alike.append(group)
    return alike


def _has_names_of(group: FileGroup, model: FileGroup) -> bool:
    if group.first is None:
        return False
    known = set(map(str.casefold, model.names))
    hits = sum(name.casefold() in known for name in group.names)
    return 2 * hits >= len(group.names)


def _judge(kin: Sequence[FileGroup], groups: Sequence[FileGroup]) -> Judgement:
    """Judge first records that share most of their names by their own table.

    Args:
        kin: the groups whose files begin with them, those of the most files first.
        groups: all of the table.
    """
    if any(group.begins_with_op for group in kin):
        return Judgement("header", "it begins with Op")
    elsewhere = [group.with_first() for group in groups if group not in kin]
    below = _compare(_columns_below(kin, elsewhere))
    outvoted = max(LEAST_UNLIKE - 1, len(below.no_names)) if below.no_names else 0
    if below.alike and len(below.unlike) < OUTVOTED * len(below.alike):
        return Judgement("data", f"its {below.alike[0]!r} is like the cells below it")
    if below.no_names and len(below.unlike) <= outvoted:
        return Judgement("data", f"its {below.no_names[0]!r} is no name of a column")
    repeated = _repeated_names(kin)
    if _is_row_again(below.names, repeated, below.unlike):
        return Judgement("data", f"its {min(repeated)!r} stands again in that column below")
    if below.unlike:
        return Judgement("header", f"its {below.unlike[0]!r} is unlike the cells below it")
    return _judge_by_files(kin, groups)


def _repeated_names(groups: Sequence[FileGroup]) -> set[str]:
    repeated: set[str] = set()
    for group in groups:
        repeated.update(group.repeated_names)
    return repeated


def _is_row_again(names: Sequence[str], repeated: AbstractSet[str], unlike: Sequence[str]) -> bool:
    """Return whether cells that come again below speak louder than those that are unlike what is below."""
    usual = count_usual(names)
    all_are_usual = bool(unlike) and usual == len(names)
    if len(repeated) > len(unlike) and not all_are_usual:
        return True
    few_are_usual = 2 * usual < len(names)
    return bool(repeated) and len(unlike) == 1 and few_are_usual


def _judge_by_files(kin: Sequence[FileGroup], groups: Sequence[FileGroup]) -> Judgement:
    copies: set[str] = set()
    for group in kin:
        copies |= group.etags
    files, files_alike = _count_files(groups), _count_files(kin)
    if len(copies) > 1 and files_alike == files:
        return _judge_all_alike(kin, files)
    if 2 * files_alike < files:
        return Judgement("data", f"only one of {files} files begins with it")
    return UNSURE


def _judge_all_alike(kin: Sequence[FileGroup], files: int) -> Judgement:
    """Judge the first records of all files of a table, which share most of their names."""
    if len({group.names for group in kin}) == 1:
        return Judgement("header", f"all {files} files begin with it")
    by_size = sorted(map(_name_set, kin), key=len)
    # Where a word stands for another, as in rows, names alone tell nothing.
    only_more_or_less = all(fewer <= more for fewer, more in pairwise(by_size))
    fewest, most = len(by_size[0]), len(by_size[-1])
    have_most = fewest > 1 and 2 * fewest > most
    if only_more_or_less and have_most and all(group.records for group in kin):
        return Judgement("header", f"all {files} files begin with its names, or with most of them")
    return UNSURE


def judge_by_others(names: Cells, others: SourceHeaders) -> Judgement:
    """Judge a first record that its own table says nothing of.

    Args:
        names: its cells, without Op.
        others: what the other tables of the source are.
    """
    filled = [name for name in names if name]
    if any(map(is_no_name, filled)):
        return Judgement("data", "nothing tells it from the records below")
    against = _why_data(filled, others)
    if against is not None:
        return Judgement("data", against)
    in_favour = _why_header(filled, others)
    if in_favour is not None:
        return Judgement("header", in_favour)
    return Judgement("data", "nothing tells it from the records below, and in doubt it is a row")


def _why_data(names: Sequence[str], others: SourceHeaders) -> str | None:
    """Return what speaks for a row: other tables, or cells that read like no names."""
    if others.without and others.without >= MOST_ALIKE * others.with_header:
        return "the source's other tables have no header"
    if not all(map(reads_like_name, names)):
        return "nothing tells it from the records below"
    return None


def _why_header(names: Sequence[str], others: SourceHeaders) -> str | None:
    """Return what speaks for a header: other tables, or names that are usual."""
    usual = count_usual(names)
    if usual and others.with_header and not others.without:
        return "all of the source's other tables have one"
    if others.with_header >= MANY_ALIKE * max(1, others.without):
        return f"{others.with_header} of the source's other tables have one"
    is_list = len(names) <= 1  # of words, of which the first is rather one of them
    if is_list and not others.most_have_one:
        return None
    if 2 * usual >= len(names):
        return f"{usual} of {len(names)} names are usual for columns"
    return None


def _columns_below(
    kin: Sequence[FileGroup], elsewhere: Sequence[FileGroup]
) -> list[tuple[str, ColumnProfile]]:
    """Return each name of first records, with what stands below it in all files.

    Args:
        kin: the groups that begin with them, in which the name tells the column.
        elsewhere: all others, in which the place does, as in the first of the kin.
    """
    spelled: dict[tuple[str, int], str] = {}
    below: dict[tuple[str, int], ColumnProfile] = {}
    for group in kin:
        columns = group.columns[group.width - len(group.names) :]
        for key, name, column in zip(_keys_of(group.names), group.names, columns, strict=True):
            spelled.setdefault(key, name)
            below[key] = below.get(key, ColumnProfile()).joined(column)
    width = len(kin[0].names)
    for group in elsewhere:
        if group.width not in {width, width + 1}:
            continue
        columns = group.columns[group.width - width :]
        for key, column in zip(_keys_of(kin[0].names), columns, strict=True):
            below[key] = below[key].joined(column)
    return [(spelled[key], column) for key, column in below.items()]


def _keys_of(names: Cells) -> list[tuple[str, int]]:
    """Return what tells the columns of a first record apart: names, and how often each came before."""
    seen: Counter[str] = Counter()
    keys = []
    for name in names:
        folded = name.casefold()
        keys.append((folded, seen[folded]))
        seen[folded] += 1
    return keys


@dataclass
class _Comparison:
    """The names of a first record, held against the columns below.

    Attributes:
        names: all of them.
        alike: those that could be cells of their columns' types.
        unlike: those that could not.
        years: those that are years above figures, in a table by year.
        no_names: words that nobody calls a column, such as `null`; they tell nothing of the cells below.
    """

    names: list[str] = field(default_factory=list)
    alike: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    years: list[str] = field(default_factory=list)
    no_names: list[str] = field(default_factory=list)

    def add(self, name: str, column: ColumnProfile) -> None:
        """Hold a name against its column."""
        classes = column.examples.keys()
        self.names.append(name)
        if is_no_name(name):
            self.no_names.append(name)
            return
        if not name or not classes:
            return
        if is_year(name) and not _begins_with_years(column):
            self.years.append(name)
            return
        kind = class_of(name)
        if type_of(classes) == TEXT:
            if _is_above(kind, classes) or _is_word_above_figures(name, classes):
                self.unlike.append(name)
        elif type_of(classes | {kind}) == TEXT:
            self.unlike.append(name)
        else:
            self.alike.append(name)


def _compare(columns: Sequence[tuple[str, ColumnProfile]]) -> _Comparison:
    """Return how names and the columns below them compare."""
    comparison = _Comparison()
    for name, column in columns:
        comparison.add(name, column)
    steps = {int(later) - int(year) for year, later in pairwise(comparison.years)}
    if steps in ({1}, {-1}):
        comparison.unlike += comparison.years
    return comparison


def _begins_with_years(column: ColumnProfile) -> bool:
    return any(is_year(example.value) for example in column.examples.values())


def _is_above(kind: str, classes: AbstractSet[str]) -> bool:
    """Return whether a word stands above numbers, or above truth values, that no type keeps as they are."""
    above_numbers = classes <= _NUMBERS and kind not in {*_NUMBERS, FIGURES}
    above_truths = classes <= _TRUTHS and kind not in {*_TRUTHS, FIGURES}
    return above_numbers or above_truths


def _is_word_above_figures(name: str, classes: AbstractSet[str]) -> bool:
    are_no_numbers = bool(classes & {FIGURES, *ORDERED_DATES, *ORDERED_MOMENTS})
    return classes <= _FIGURES and are_no_numbers and not has_digits(name)
